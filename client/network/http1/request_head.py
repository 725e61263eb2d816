"""A request's head as bytes, and how its body goes after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...bodies.streams import ByteStream
from ...errors import LocalProtocolError
from ...messages.headers import Headers
from ...messages.request import METHODS_WITH_BODY
from .framing import CHUNKED

if TYPE_CHECKING:
    from ...messages.headers import FieldIndex, Fields
    from ...messages.request import Request
    from ..via import Via

_SPECIAL = ("connection", "content-length", "expect", "host", "transfer-encoding")
_STARTS = {method: f"{method} ".encode("ascii") for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")}
_COALESCED = 65_536
_NOT_IN_A_TARGET = frozenset(range(0x21)) | {0x7F}


class RequestPlan:
    """What to send."""

    __slots__ = ("content", "expects_continue", "goes_at_once", "head", "head_of_nothing", "keep_alive", "length")

    def __init__(
        self,
        head: bytes,
        content: bytes | None,
        length: int,
        fields: _Fields,
        goes_at_once: bool,
        head_of_nothing: bytes | None = None,
    ) -> None:
        self.head: bytes = head
        self.head_of_nothing: bytes | None = head_of_nothing
        """What goes out instead, should the stream have nothing in it; `None` where a length or coding was announced.

        Caches and other transports hand requests on as streams, those without a body too, and many a server refuses
        a GET that announces one.
        """
        self.content: bytes | None = content
        """The whole body where it is in memory; `None` where it is a stream."""
        self.length: int = length
        """How many bytes of body were announced; `CHUNKED` for the chunked coding."""
        self.expects_continue: bool = fields.expects_continue
        self.keep_alive: bool = fields.keep_alive
        self.goes_at_once: bool = goes_at_once
        """Whether head and body go out in one write."""


class _Fields:
    """What is worked out from a request's fields once, for all requests that have the same ones."""

    __slots__ = ("announced", "expects_continue", "has_host", "keep_alive", "lines", "tail")

    def __init__(self, lines: bytes, special: dict[str, bytes]) -> None:
        self.lines: bytes = lines
        self.announced: int | None = _announced_length(special)
        """How many bytes of body they say there are; `CHUNKED` for the chunked coding, `None` where they do not say."""
        self.has_host: bool = "host" in special
        self.expects_continue: bool = "expect" in special and special["expect"].lower() == b"100-continue"
        self.keep_alive: bool = "connection" not in special or b"close" not in special["connection"].lower()
        self.tail: bytes = b" HTTP/1.1\r\n%b\r\n" % lines
        """What stands behind the target where nothing has to be added: version, fields and empty line."""


def plan_request(request: Request, via: Via | None = None) -> RequestPlan:
    """Return how `request` goes over the wire, straight or by way of a proxy.

    Raises `LocalProtocolError` where HTTP/1.1 cannot say it.
    """
    headers = request.headers
    if via is not None:
        headers = Headers.received(via.applied(headers.raw))
    fields = headers.remembered(_worked_out)
    stream = request.stream
    content = stream.held if type(stream) is ByteStream else None
    if via is None and request.method in _STARTS and "target" not in request.extensions:
        start = _STARTS[request.method] + request.url._parts.raw_path
    else:
        start = b"%b %b" % (request.method.encode("ascii"), target_of(request, via))
    announced = fields.announced
    if announced is None:
        length = CHUNKED if content is None else len(content)
    else:
        length = announced
        if content is not None and length not in (len(content), CHUNKED):
            raise LocalProtocolError(f"the body has {len(content)} bytes, but Content-Length says {length}")
    goes_at_once = (
        content is not None and length != CHUNKED and len(content) <= _COALESCED and not fields.expects_continue
    )
    if fields.has_host and (announced is not None or content == b""):
        return RequestPlan(start + fields.tail, content, length, fields, goes_at_once)
    lines = fields.lines
    if not fields.has_host:
        lines = b"Host: %b\r\n%b" % (request.url.netloc, lines)
    head_of_nothing = None
    if announced is None and content is None:
        # RFC 9110, section 8.6: methods that anticipate a body say that there is none.
        length_of_nothing = b"Content-Length: 0\r\n" if request.method in METHODS_WITH_BODY else b""
        # A body that waits for 100 Continue is not looked at before.
        if not fields.expects_continue:
            head_of_nothing = b"%b HTTP/1.1\r\n%b%b\r\n" % (start, lines, length_of_nothing)
        lines += b"Transfer-Encoding: chunked\r\n"
    elif announced is None and content:
        lines += b"Content-Length: %d\r\n" % length
    head = b"%b HTTP/1.1\r\n%b\r\n" % (start, lines)
    return RequestPlan(head, content, length, fields, goes_at_once, head_of_nothing)


def _worked_out(fields: Fields, index: FieldIndex) -> _Fields:
    special: dict[str, bytes] = {}
    for name in _SPECIAL:
        if name in index:
            value = index[name]
            special[name] = value if isinstance(value, bytes) else b", ".join(value)
    if type(index.get("host")) is list:
        raise LocalProtocolError("a request has one Host, not several")
    if "host" in special and fields[0][0].lower() != b"host":
        # RFC 9110, section 7.2: it ought to be the first, wherever the caller wrote it.
        fields = sorted(fields, key=lambda field: field[0].lower() != b"host")
    lines = b"\r\n".join([b": ".join(field) for field in fields]) + b"\r\n" if fields else b""
    # Headers are checked when they are set; this is for those that came in by another way.
    if lines.count(b"\n") != len(fields) or lines.count(b"\r") != len(fields):
        raise LocalProtocolError("a header of this request holds a CR or LF")
    return _Fields(lines, special)


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


def _announced_length(special: dict[str, bytes]) -> int | None:
    said = special.get("content-length")
    coding = special.get("transfer-encoding")
    if coding is not None:
        if said is not None:
            raise LocalProtocolError("a request has a Content-Length or a Transfer-Encoding, not both")
        if coding.lower() != b"chunked":
            raise LocalProtocolError(f"the only transfer coding that can be sent is chunked, not {coding!r}")
        return CHUNKED
    if said is None:
        return None
    if not said.isdigit():
        raise LocalProtocolError(f"Content-Length {said!r} is not a number of bytes")
    return int(said)
