"""What the network would refuse to send, a mock refuses as well: with the same errors, before anything is answered.

Most of it is refused where a request is made. What is left shows only when a body that streams has been read,
or is the transport's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..client import LocalProtocolError, UnsupportedProtocol

if TYPE_CHECKING:
    from ..client import Request

_SCHEMES = frozenset({"http", "https", "ws", "wss"})


def check_scheme(request: Request, scheme: str) -> None:
    """Refuse a URL that no transport of the network is for."""
    if scheme not in _SCHEMES:
        said = f"{scheme}: URLs have no transport on the network" if scheme else "the URL has no scheme"
        raise UnsupportedProtocol(f"{said}: write http:// or https://", request=request)


def check_framing(request: Request, content: bytes) -> None:
    """Refuse a body that its own header fields contradict."""
    for name, value in request.headers.raw:
        kind = name.lower()
        if kind == b"content-length" and value != b"%d" % len(content):
            raise LocalProtocolError(
                f"the body has {len(content)} bytes, and Content-Length says {value.decode('latin-1')}",
                request=request,
            )
        if kind == b"transfer-encoding" and value.lower() != b"chunked":
            raise LocalProtocolError(
                f"the only transfer coding that can be sent is chunked, not {value!r}", request=request
            )
