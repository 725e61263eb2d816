"""From what went wrong on the wire to the error that the caller sees: one table.

Backends raise the standard library's errors; which of this library's they become depends on what was being done.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple

from ..errors import (
    ConnectError,
    ConnectTimeout,
    DeadlineExceeded,
    NetworkError,
    ReadError,
    ReadTimeout,
    RequestError,
    TimeoutException,
    WriteError,
    WriteTimeout,
)
from ..status import codes

if TYPE_CHECKING:
    from ..messages.request import Request
    from .waits import Waits

CONNECT = "connect"
WRITE = "write"
READ = "read"

# What was being done -> (the clock's error, the wire's error, what came of it in words).
_TABLE: dict[str, tuple[type[TimeoutException], type[NetworkError], str]] = {
    CONNECT: (ConnectTimeout, ConnectError, "no connection"),
    WRITE: (WriteTimeout, WriteError, "sending the request failed"),
    READ: (ReadTimeout, ReadError, "receiving the response failed"),
}

_MOST = 300

# What OpenSSL says of certificates: of their dates, and of names and addresses that are not theirs.
_DATED = (9, 10)
_NAMED_OTHERWISE = (62, 64)
_WANTS_CERTIFICATE = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
_ALPN_ALERT = "alert no application protocol"


class Begun(NamedTuple):
    """What had come of a response when receiving the rest of it failed."""

    status: int
    received: int
    expected: int | None

    def told(self) -> str:
        """Return how messages go on after the request."""
        return f" answered {f'{self.status} {codes.get_reason_phrase(self.status)}'.rstrip()}, but "

    def how_far(self) -> str:
        """Return how messages say what was being done."""
        of = "" if self.expected is None else f" of {self.expected}"
        return f"receiving the body failed after {self.received}{of} bytes"


def described(request: Request) -> str:
    """Return the request as messages show it: without userinfo, query and fragment, which may hold secrets."""
    url = request.url
    port = "" if url.port is None else f":{url.port}"
    path = url.raw_path.split(b"?", 1)[0].decode("ascii", "replace")
    if len(path) > 80:
        path = path[:77] + "..."
    host = url.host if ":" not in url.host else f"[{url.host}]"
    return f"{request.method} {url.scheme}://{host}{port}{path}"


def translate(
    error: BaseException, doing: str, request: Request, waits: Waits, *, to: str = "", begun: Begun | None = None
) -> RequestError:
    """Return the error to raise from `error`.

    `to` is what was being connected to, where it is not the URL's host; `begun` is what there is of the response.
    """
    where = described(request) + (": " if begun is None else begun.told())
    if isinstance(error, RequestError):
        if getattr(error, "_request", None) is None:
            error.request = request
            error.args = (f"{where}{error}"[:_MOST],)
        translated: RequestError = error
    else:
        what = (_TABLE[doing][2] if begun is None else begun.how_far()) + to
        if isinstance(error, (TimeoutError, socket.timeout)):
            translated = _out_of_time(error, doing, where + what, request, waits)
        else:
            kind = _TABLE[doing][1]
            translated = kind(f"{where}{what}: {_said(error)}{_hint(error, to)}"[:_MOST], request=request)
    if doing == CONNECT:
        translated.request_sent = False
        translated.retryable = not isinstance(translated, DeadlineExceeded)
    else:
        translated.request_sent = True
    return translated


def unread(kept: int, error: OSError, waits: Waits) -> OSError:
    """Return the error where a server that has sent `kept` bytes of its response takes nothing more of the request.

    More time for writing would not help, so nothing is said of it.
    """
    if not isinstance(error, (TimeoutError, socket.timeout)) or waits.is_over() or waits.write is None:
        return error
    return WriteTimeout(
        f"the server has sent {kept} bytes of its response, as many as are kept during an upload, and takes nothing "
        f"more for {waits.write:g} s: it may wait until they are read, which is after the upload; send less at once"
    )


def because(translated: BaseException, error: BaseException | None) -> BaseException | None:
    """Return what `translated` is raised from: an error that is its own cause would never end for who follows them."""
    return translated.__cause__ if translated is error else error


def _out_of_time(error: BaseException, doing: str, what: str, request: Request, waits: Waits) -> TimeoutException:
    kind = _TABLE[doing][0]
    if waits.is_over():
        return DeadlineExceeded(
            f"{what}: the time for the whole call is over; allow more with Timeout(total=...)", request=request
        )
    seconds = getattr(waits, doing)
    if seconds is None:
        # The system's own patience, not ours.
        return kind(f"{what}: {_said(error)}", request=request)
    said = _said(error)
    if "handshake operation timed out" in said:  # the words of the module ssl, which begin with a line of C
        said = "the TLS handshake does not end"
    return kind(f"{what}: {said} for {seconds:g} s; allow more with Timeout({doing}=...)"[:_MOST], request=request)


def _said(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text if text.isprintable() else repr(text)


def proxy_called(name: str) -> str:
    """Return how messages say that it was a proxy that was being connected to."""
    return f" to the proxy {name}"


def socket_at(path: str) -> str:
    """Return how messages say that it was a Unix socket that was being connected to."""
    return f" to the Unix socket {path!r}"


def _hint(error: BaseException, to: str) -> str:
    """Return what to do about an error, where that can be said."""
    about_tls = _hint_about_certificate(error, to) or _hint_about_tls(error)
    if about_tls:
        return about_tls
    if isinstance(error, socket.gaierror):
        return "; check how the host is spelled, and that this machine can resolve names"
    if to.startswith(socket_at("")[:-2]):
        return "; check uds=, and that the server runs"
    if isinstance(error, ConnectionRefusedError):
        runs = "proxy" if to else "server"
        return f"; nothing listens there: check host and port, and that the {runs} runs"
    return ""


def _hint_about_certificate(error: BaseException, to: str) -> str:
    code = getattr(error, "verify_code", None)
    if code is None:
        return ""
    if code in _DATED:
        return "; check the clock of this machine, and have the certificate renewed"
    if code in _NAMED_OTHERWISE:
        return "; check the host" + ("" if to else ", or ask for another name: extensions={'sni_hostname': ...}")
    mend = "proxy=Proxy(url, ssl_context=...)" if to else "verify='authority.pem'"
    return f"; to trust another authority pass {mend}"


def _hint_about_tls(error: BaseException) -> str:
    if speaks_no_tls(error):
        return "; what listens there speaks no TLS: is it http:// that is meant, or another port?"
    if getattr(error, "reason", None) == _WANTS_CERTIFICATE:
        return "; it wants to see a certificate of this client: cert=(file, key)"
    if _ALPN_ALERT in str(error):
        return "; it speaks none of the protocols that it was offered: check http1= and http2="
    return ""


def speaks_no_tls(error: BaseException | None) -> bool:
    """Whether this is what OpenSSL says of bytes that are no TLS at all; its words differ from release to release."""
    return getattr(error, "reason", None) in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
