"""What a request needs a connection to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import UnsupportedProtocol

if TYPE_CHECKING:
    from ..messages.request import Request
    from ..urls import URL

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SECURE = {"https", "wss"}


class Origin(NamedTuple):
    """What a connection is good for: everything about it that differs within one transport.

    What else authenticates (verify, certificates, ALPN, proxy, local address, Unix socket) belongs to the transport,
    and each transport has a pool of its own.
    """

    scheme: str
    host: str
    port: int
    sni: str | None = None

    @property
    def is_secure(self) -> bool:
        """Whether the connection is inside TLS."""
        return self.scheme in _SECURE

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}" + (f" (SNI {self.sni})" if self.sni else "")


_KNOWN_MOST = 1024
_known: dict[tuple[tuple[str, bytes, int | None], str | None], Origin] = {}


def origin_of(request: Request) -> Origin:
    """Return what the request needs a connection to; equal ones are the same object, while there are not too many."""
    key = (request.url._parts.endpoint, request.extensions.get("sni_hostname"))
    origin = _known.get(key)
    if origin is None:
        origin = _origin_of(request)
        if len(_known) >= _KNOWN_MOST:
            _known.clear()
        _known[key] = origin
    return origin


def _origin_of(request: Request) -> Origin:
    url = request.url
    scheme = url.scheme
    port = url.port
    if port is None:
        if scheme not in _PORTS:
            raise _unsupported(request)
        port = _PORTS[scheme]
    elif scheme not in _PORTS:
        raise _unsupported(request)
    host = url.raw_host.decode("ascii")
    if not host:
        raise UnsupportedProtocol(f"the URL has no host ({_asked(request)})", request=request)
    sni = request.extensions.get("sni_hostname")
    if not isinstance(sni, (str, bytes, type(None))):
        raise TypeError(f"sni_hostname={sni!r}: the name of a server, as text")
    return Origin(scheme, host, port, sni.decode("ascii") if isinstance(sni, bytes) else sni)


def _unsupported(request: Request) -> UnsupportedProtocol:
    scheme = request.url.scheme
    if not scheme or _is_port(request.url):
        said = "the URL has no scheme: write http:// or https://"
    else:
        said = (
            f"the network speaks http:// and https://; for {scheme}:// mount a transport, mounts={{'{scheme}://': ...}}"
        )
    return UnsupportedProtocol(f"{said} ({_asked(request)})", request=request)


def _is_port(url: URL) -> bool:
    """Whether a URL such as `localhost:8000/users` only looks as if `localhost` were its scheme."""
    return not url.raw_host and url.path[:1].isdigit()


def _asked(request: Request) -> str:
    return f"{request.method} {request.url.redacted[:80]!r}"
