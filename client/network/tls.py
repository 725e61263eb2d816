"""TLS settings become contexts: when first needed, once per settings, shared by the whole process.

Reading the certificate authorities takes tens of milliseconds and a megabyte; programs make clients by the dozen.
A context that is shared is never changed again: whatever differs, ALPN included, is part of what it is known by.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Union, cast

from . import forks

if TYPE_CHECKING:
    import ssl

CertTypes = Union[str, "tuple[str, str]", "tuple[str, str, str]"]

OF_THE_SYSTEM = "truststore"
"""The value of `verify` that trusts whom the operating system trusts; a file of that name is `"./truststore"`."""

_NO_TRUSTSTORE = (
    "verify='truststore' needs the package truststore: pip install 'understudy[truststore]' (Python 3.10 or later); "
    "a file of that name is './truststore'"
)
_NO_VERIFY = "verify={!r}: True, False, a path to certificate authorities, or an ssl.SSLContext"
_SHARED_MOST = 32
# ssl.OP_IGNORE_UNEXPECTED_EOF, a name that Python 3.9 does not have yet.
_IGNORE_UNEXPECTED_EOF = 0x80
_shared: OrderedDict[Any, ssl.SSLContext] = OrderedDict()


def create_ssl_context(
    verify: ssl.SSLContext | str | bool = True, cert: CertTypes | None = None, trust_env: bool = True
) -> ssl.SSLContext:
    """Return a new context for connecting to servers.

    `verify` is `True` for the usual authorities (certifi's, or with `trust_env` those that `SSL_CERT_FILE` or
    `SSL_CERT_DIR` name), `"truststore"` for those of the operating system (with the extra of that name), `False` for no
    verification at all, a path to a file or folder of authorities, or a context, which is returned as it is.
    `cert` is the client's own certificate: a path, or `(certificate, key)`, or `(certificate, key, password)`.
    """
    import ssl

    context = verify if isinstance(verify, ssl.SSLContext) else _context(verify, trust_env)
    if cert is not None:
        _present(context, cert)
    return context


def _context(verify: Any, trust_env: bool) -> ssl.SSLContext:
    import ssl

    if verify is False:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif verify is True:
        file, folder = _authorities(trust_env)
        context = ssl.create_default_context(cafile=file, capath=folder)
    elif verify == OF_THE_SYSTEM:
        context = _system_context()
    elif isinstance(verify, (str, os.PathLike)):
        context = _trusting(os.fspath(verify))
    else:
        raise TypeError(_NO_VERIFY.format(verify))
    # Python 3.9 allows TLS 1.0.
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    _tell_cuts_from_ends(context)
    return context


def _tell_cuts_from_ends(context: ssl.SSLContext) -> None:
    """Let a connection that was cut be an error, as in every Python but 3.9, which takes it for one that ended."""
    if context.options & _IGNORE_UNEXPECTED_EOF:
        context.options &= ~_IGNORE_UNEXPECTED_EOF


def _authorities(trust_env: bool) -> tuple[str | None, str | None]:
    file, folder = _named_by_environment() if trust_env else (None, None)
    if file or folder:
        return (file, None) if file else (None, folder)
    import certifi

    return certifi.where(), None


def _named_by_environment() -> tuple[str | None, str | None]:
    return os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")


def _trusting(path: str) -> ssl.SSLContext:
    import ssl

    if os.path.isdir(path):
        return ssl.create_default_context(capath=path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"verify={path!r}: there is no such file or folder of certificate authorities")
    try:
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise ssl.SSLError(error.errno, f"verify={path!r}: not a file of certificates: {error.args[-1]}") from error


def _system_context() -> ssl.SSLContext:
    import ssl
    from importlib import import_module

    try:
        truststore: Any = import_module("truststore")
    except ImportError as missing:
        raise ImportError(_NO_TRUSTSTORE) from missing
    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return context


def _is_context(verify: object) -> bool:
    """Whether this is an SSL context; where nobody has loaded that module, it is none."""
    if "ssl" not in sys.modules:
        return False
    import ssl  # which another thread may have begun to load: then it is waited for

    return isinstance(verify, ssl.SSLContext)


def _check_certificate(cert: CertTypes) -> None:
    """Refuse what is no certificate; what is in its files is looked at when they are needed."""
    if isinstance(cert, (str, os.PathLike)):
        paths: tuple[Any, ...] = (cert,)
    elif isinstance(cert, tuple) and len(cert) in (2, 3):
        paths = cert[:2]
    else:
        raise TypeError("cert=...: a path, (certificate, key) or (certificate, key, password)")
    for path in paths:
        if path is not None and not os.path.exists(path):
            raise FileNotFoundError(f"cert={os.fspath(path)!r}: there is no such file")


def _present(context: ssl.SSLContext, cert: CertTypes) -> None:
    import ssl

    parts: tuple[Any, ...] = (cert,) if isinstance(cert, (str, os.PathLike)) else cert
    certificate: Any = parts[0]
    key, password = (*parts[1:], None, None)[:2]
    for path in (certificate, key):
        if path is not None and not os.path.isfile(path):
            raise FileNotFoundError(f"cert={os.fspath(path)!r}: there is no such file")
    said = f"cert={os.fspath(certificate)!r}"

    def ask() -> str:
        # OpenSSL would ask whoever sits at the terminal.
        raise OSError(f"{said}: the key is encrypted: its password is the third of cert=(certificate, key, password)")

    try:
        context.load_cert_chain(certificate, key, ask if password is None else password)
    except ssl.SSLError as error:
        what = "not PEM, or not the password of the key"
        if error.reason == "KEY_VALUES_MISMATCH":
            what = "the certificate and the key do not belong together"
        raise ssl.SSLError(error.errno, f"{said}: {what}: {error.args[-1]}") from error


def _state_of(file: Any) -> tuple[int, ...] | None:
    """Return what changes when a file is written anew: certificates are, long before a process ends."""
    if file is None or isinstance(file, bool):
        return None
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev


def _as_text(said: Any) -> Any:
    """Return a path as text, and anything else as it is."""
    return os.fspath(cast("os.PathLike[str]", said)) if isinstance(said, os.PathLike) else said


class TLSSettings:
    """What a transport was told about TLS; its contexts are made when the first https connection is."""

    __slots__ = ("_alpn", "_cert", "_context", "_trust_env", "_verify")

    def __init__(
        self, verify: ssl.SSLContext | str | bool, cert: CertTypes | None, trust_env: bool, alpn: tuple[str, ...]
    ) -> None:
        # What is wrong with the settings shows when the client is made, not at the first request.
        if verify == OF_THE_SYSTEM:
            from importlib.util import find_spec

            if find_spec("truststore") is None:
                raise ImportError(_NO_TRUSTSTORE)
        elif isinstance(verify, (str, os.PathLike)) and not os.path.exists(verify):
            raise FileNotFoundError(
                f"verify={os.fspath(verify)!r}: there is no such file or folder of certificate authorities"
            )
        elif not isinstance(verify, (bool, str, os.PathLike)) and not _is_context(verify):
            raise TypeError(_NO_VERIFY.format(verify))
        if cert is not None:
            _check_certificate(cert)
        self._verify: ssl.SSLContext | str | bool = _as_text(verify)
        self._cert: CertTypes | None = _as_text(cert)
        self._trust_env = trust_env
        self._alpn = alpn
        self._context: ssl.SSLContext | None = None

    @property
    def is_ready(self) -> bool:
        """Whether `context` returns at once, instead of reading files first."""
        return self._context is not None or (self._cert is None and not isinstance(self._verify, (bool, str)))

    def context(self) -> ssl.SSLContext:
        """Return the context to connect with."""
        if self._context is None:
            self._context = self._shared_context()
        elif not isinstance(self._verify, (bool, str)):
            # Others may have set it up for another protocol since.
            self._context.set_alpn_protocols(list(self._alpn))
        return self._context

    def _shared_context(self) -> ssl.SSLContext:
        if not isinstance(self._verify, (bool, str)):
            # The caller's own, shared with whomever the caller likes.
            context = create_ssl_context(self._verify, self._cert, self._trust_env)
            context.set_alpn_protocols(list(self._alpn))
            _tell_cuts_from_ends(context)
            return context
        environment = _named_by_environment() if self._trust_env and self._verify is True else (None, None)
        files = (self._verify, *((self._cert,) if isinstance(self._cert, str) else self._cert or ())[:2], *environment)
        key = (self._verify, self._cert, environment, self._alpn, tuple(map(_state_of, files)))
        with forks.tls_lock:
            known = _shared.get(key)
            if known is not None:
                _shared.move_to_end(key)
                context = known
            else:
                context = create_ssl_context(self._verify, self._cert, self._trust_env)
                context.set_alpn_protocols(list(self._alpn))
                _shared[key] = context
                while len(_shared) > _SHARED_MOST:
                    _shared.popitem(last=False)
        return context
