"""A request's head as bytes, and how its body goes after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...bodies.streams import ByteStream
from ...errors import LocalProtocolError
from .framing import CHUNKED

if TYPE_CHECKING:
    from ...messages.request import Request
    from ..via import Via

_SPECIAL = frozenset({b"connection", b"content-length", b"expect", b"host", b"transfer-encoding"})
_KNOWN_NAMES_MOST = 1024
# As written by the caller -> lower-case where it frames the message, b"" where it does not.
_known: dict[bytes, bytes] = {}
_NOT_IN_A_TARGET = frozenset(range(0x21)) | {0x7F}


class RequestPlan(NamedTuple):
    """What to send."""

    head: bytes
    content: bytes | None
    """The whole body where it is in memory; `None` where it is a stream."""
    length: int
    """How many bytes of body were announced; `CHUNKED` for the chunked coding."""
    expects_continue: bool
    keep_alive: bool


def plan_request(request: Request, via: Via | None = None) -> RequestPlan:
    """Return how `request` goes over the wire, straight or by way of a proxy.

    Raises `LocalProtocolError` where HTTP/1.1 cannot say it.
    """
    fields = request.headers.raw
    if via is not None:
        fields = via.applied(fields)
    special: dict[bytes, bytes] = {}
    for name, value in fields:
        lower = _known.get(name)
        if lower is None:
            lower = _learn(name)
        if lower:
            special[lower] = value if lower not in special else special[lower] + b", " + value
    stream = request.stream
    content = b"".join(stream) if type(stream) is ByteStream else None
    length = _announced_length(special, content)
    if b"host" not in special:
        fields.insert(0, (b"Host", request.url.netloc))
    if content is None or (content and b"content-length" not in special):
        _announce(fields, special, length)
    lines = [name + b": " + value for name, value in fields]
    head = b"%b %b HTTP/1.1\r\n%b\r\n\r\n" % (
        request.method.encode("ascii"),
        target_of(request, via),
        b"\r\n".join(lines),
    )
    # Headers are checked when they are set; this is for those that came in by another way.
    if head.count(b"\n") != len(lines) + 2 or head.count(b"\r") != len(lines) + 2:
        raise LocalProtocolError("a header of this request holds a CR or LF", request=request)
    return RequestPlan(
        head,
        content,
        length,
        b"expect" in special and special[b"expect"].lower() == b"100-continue",
        b"connection" not in special or b"close" not in special[b"connection"].lower(),
    )


def target_of(request: Request, via: Via | None = None) -> bytes:
    """Return what stands in the request line.

    That is the `target` extension, the whole URL for a proxy that forwards, an authority for CONNECT, or path and
    query.
    """
    target = request.extensions.get("target")
    if target is None:
        if via is not None and via.absolute:
            url = request.url
            return b"%b://%b%b" % (url.raw_scheme, url.netloc, url.raw_path)
        return request.url.raw_path if request.method != "CONNECT" else _authority(request)
    if isinstance(target, str):
        target = target.encode("ascii")
    if not isinstance(target, bytes) or not target or not _NOT_IN_A_TARGET.isdisjoint(target):
        raise LocalProtocolError(f"the extension target={target!r} is not a request target", request=request)
    return target


def _authority(request: Request) -> bytes:
    origin = request.url.origin
    host = b"[%b]" % request.url.raw_host if b":" in request.url.raw_host else request.url.raw_host
    return b"%b:%d" % (host, origin.port or 80)


def _announced_length(special: dict[bytes, bytes], content: bytes | None) -> int:
    said = special.get(b"content-length")
    coding = special.get(b"transfer-encoding")
    if coding is not None:
        if said is not None:
            raise LocalProtocolError("a request has a Content-Length or a Transfer-Encoding, not both")
        if coding.lower() != b"chunked":
            raise LocalProtocolError(f"the only transfer coding that can be sent is chunked, not {coding!r}")
        return CHUNKED
    if said is None:
        return CHUNKED if content is None else len(content)
    if not said.isdigit():
        raise LocalProtocolError(f"Content-Length {said!r} is not a number of bytes")
    if content is not None and int(said) != len(content):
        raise LocalProtocolError(f"the body has {len(content)} bytes, but Content-Length says {int(said)}")
    return int(said)


def _announce(fields: list[tuple[bytes, bytes]], special: dict[bytes, bytes], length: int) -> None:
    """Add the field that frames the body, where the caller left it out."""
    if b"content-length" in special or b"transfer-encoding" in special:
        return
    if length == CHUNKED:
        fields.append((b"Transfer-Encoding", b"chunked"))
    else:
        fields.append((b"Content-Length", b"%d" % length))


def _learn(name: bytes) -> bytes:
    lower = name.lower()
    frames = lower if lower in _SPECIAL else b""
    if len(name) <= 64:
        if len(_known) >= _KNOWN_NAMES_MOST:
            _known.clear()
        _known[name] = frames
    return frames
