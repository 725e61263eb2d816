"""Certificate pins: which public keys a host may have, beside what the authorities say.

1. A pin is the SHA-256 of a certificate's SubjectPublicKeyInfo, as in RFC 7469: it survives a new certificate for the
   same key.
2. The certificate of the host itself counts, and no other of its chain: who pins an authority can trust only it, with
   `verify="authority.pem"`.
3. Pins come on top of `verify`. With `verify=False` they are all that is left, which is enough for a server that has
   signed its certificate itself.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any, Union

from ..urls import URL
from .der import public_key_info

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PinTypes = Union[str, "Iterable[str]"]

_SHOWN = 2


class WrongKey(OSError):
    """The server has another key than those that its host is pinned to."""


def pin_of(certificate: bytes) -> str:
    """Return the pin of a certificate in DER: `sha256/` and 44 characters of base64."""
    digest = hashlib.sha256(public_key_info(certificate)).digest()
    return f"sha256/{base64.b64encode(digest).decode('ascii')}"


class Pins:
    """The keys that each host may have."""

    def __init__(self, said: Mapping[str, PinTypes]) -> None:
        self._exact: dict[str, frozenset[str]] = {}
        self._below: dict[str, frozenset[str]] = {}
        if not hasattr(said, "items"):
            raise TypeError(f"pins={said!r}: a mapping of hosts to pins, such as {{'api.example.com': 'sha256/...'}}")
        for host, pins in said.items():
            # What is no host would never be met, and pin nothing.
            if not isinstance(host, str) or any(sign in host.removeprefix("*.") for sign in "*/@"):
                raise ValueError(f"pins={{{host!r}: ...}}: say a host alone, such as 'api.test', or '*.api.test'")
            each = frozenset(_checked(pin) for pin in ([pins] if isinstance(pins, str) else pins))
            if not each:
                raise ValueError(f"pins={{{host!r}: []}}: no key at all is allowed; leave the host out to allow any")
            if host.startswith("*."):
                self._below["." + _known_as(host[2:])] = each
            else:
                self._exact[_known_as(host)] = each

    def pins_of(self, host: str) -> frozenset[str] | None:
        """Return the pins that hold for a host, the most specific ones; `None` where any key is allowed."""
        host = host.lower().rstrip(".")  # a name with a dot at its end is the same host
        found = self._exact.get(host)
        place = host.find(".")
        while found is None and place >= 0:
            found = self._below.get(host[place:])
            place = host.find(".", place + 1)
        return found

    def check(self, host: str, tls: Any) -> None:
        """Raise `WrongKey` unless the connection is to a server with a key that its host may have."""
        wanted = self.pins_of(host)
        if wanted is None:
            return
        certificate = tls.getpeercert(binary_form=True) if tls is not None else None
        if certificate is None:
            raise WrongKey(f"{host} is pinned to {_shown(wanted)}, and the server has shown no certificate")
        try:
            found = pin_of(certificate)
        except ValueError as error:
            raise WrongKey(
                f"{host} is pinned to {_shown(wanted)}, and the server's certificate is none: {error}"
            ) from error
        if found not in wanted:
            raise WrongKey(f"the key of {host} is {found}, and it is pinned to {_shown(wanted)}")

    def __repr__(self) -> str:
        hosts = [*self._exact, *(f"*{host}" for host in self._below)]
        return f"<Pins of {', '.join(hosts)}>"


def _shown(pins: frozenset[str]) -> str:
    some = sorted(pins)
    more = f" or {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
    return " or ".join(some[:_SHOWN]) + more


def _known_as(host: str) -> str:
    return URL(f"https://{host}").raw_host.decode("ascii").rstrip(".")


def _checked(pin: str) -> str:
    """Return a pin as it is compared; OkHttp writes one slash after `sha256`, curl two."""
    name, _, value = pin.partition("/") if isinstance(pin, str) else ("", "", "")
    value = value.removeprefix("/") if len(value) == 45 else value
    try:
        digest = base64.b64decode(value, validate=True) if name == "sha256" else b""
    except binascii.Error:
        digest = b""
    # Python 3.9 overlooks a sign too many.
    if len(digest) != hashlib.sha256().digest_size or len(value) != 44:
        raise ValueError(
            f"not a pin: {pin!r}; a pin is 'sha256/' and the base64 of a SHA-256, as the error about a wrong key says"
        )
    return f"sha256/{value}"
