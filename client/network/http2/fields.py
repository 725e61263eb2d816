"""Header fields as HTTP/2 has them: what a request says, and what a response may say (RFC 9113, section 8).

1. Names go out in lower case. What belongs to one connection (`Connection`, `Keep-Alive`, `Transfer-Encoding`, ...)
   has no meaning here and is left out; so is `Host`, which becomes `:authority`, so that there is one of them and no
   second one to disagree with it. `TE` says `trailers` or nothing.
2. Credentials are marked as never to be indexed, so that nothing on the way compresses them with what others may
   choose.
3. A response with a name in upper case, a field that belongs to a connection, a pseudo-header field that is unknown,
   repeated, late or missing, or an unfit character is malformed: its stream is reset and nobody sees it. Field lines
   that were seen once are remembered, in a bounded table, so that the usual ones are checked once per process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...errors import LimitExceeded, LocalProtocolError
from ..http1.plain_codec import shown
from .codes import PROTOCOL_ERROR, StreamFailure
from .heads import Head

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...messages.request import Request
    from ..via import Via

MOST_FIELDS = 256

_OF_A_CONNECTION = frozenset(
    {b"connection", b"host", b"http2-settings", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
_NEVER_IN_A_RESPONSE = _OF_A_CONNECTION - {b"host"}
_OF_A_REQUEST = frozenset({b":method", b":scheme", b":authority", b":path"})
_CREDENTIALS = frozenset({b"authorization", b"proxy-authorization"})
_SHORT_COOKIE = 20  # RFC 7541, section 7.1.3: short values can be guessed

_NOT_IN_A_NAME = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9a-z]")
_NOT_IN_A_VALUE = re.compile(rb"[\x00\r\n]|\A[ \t]|[ \t]\Z")
_KNOWN_MOST = 1024
_KNOWN_LONGEST = 64
_known_names: dict[bytes, bytes] = {}  # as the caller wrote it -> in lower case, b"" where it is left out
_known_received: set[bytes] = set()


def request_head(request: Request, via: Via | None = None) -> tuple[Head, int | None, bool]:
    """Return the head to send, the announced length, and whether the server is to agree to the body first."""
    method = request.method
    fields = request.headers.raw
    if via is not None:
        fields = via.applied(fields)
    url = request.url
    authority = url.netloc
    length: int | None = None
    expects = False
    said: list[Any] = []
    for name, value in fields:
        lower = _known_names.get(name)
        if lower is None:
            lower = _learn(name)
        if not lower:
            authority = _of_the_connection(name, value, authority, request)
            continue
        if lower == b"te":
            if value.lower() != b"trailers":
                continue
        elif lower == b"content-length":
            length = _announced(value, length)
        elif lower == b"expect":
            expects = value.lower() == b"100-continue"
        elif lower in _CREDENTIALS or (lower == b"cookie" and len(value) < _SHORT_COOKIE):
            said.append(_never_indexed(lower, value))
            continue
        said.append((lower, value))
    if method == "CONNECT":
        raise LocalProtocolError("CONNECT makes a tunnel of a whole connection: use http2=False", request=request)
    target = request.extensions.get("target")
    path = url.raw_path if target is None else _checked_target(target, request)
    before = ((b":method", method.encode("ascii")), (b":authority", authority), (b":scheme", url.raw_scheme))
    return Head(before, path, said), length, expects


def response_head(fields: Iterable[tuple[bytes, bytes]]) -> tuple[int, list[tuple[bytes, bytes]], int | None]:
    """Return status, fields and announced length of a response; `StreamFailure` where it is malformed."""
    status = 0
    length: int | None = None
    plain: list[tuple[bytes, bytes]] = []
    for name, value in fields:
        if name[:1] == b":":
            if plain or name != b":status" or status:
                raise _malformed(f"the pseudo-header field {shown(name)} has no place where it stands")
            status = _status(value)
            continue
        if name not in _known_received:
            _learn_received(name)
        if _NOT_IN_A_VALUE.search(value):
            raise _malformed(f"the value of {shown(name)} holds what no value may hold")
        if name == b"content-length":
            length = _received_length(value, length)
        plain.append((name, value))
    if not status:
        raise _malformed("the response has no :status")
    if status == 101:
        raise _malformed("the server switches protocols, which HTTP/2 cannot")
    _check_count(plain)
    return status, plain, length


def promise_head(
    fields: Iterable[tuple[bytes, bytes]],
) -> tuple[dict[bytes, bytes], list[tuple[bytes, bytes]], int | None]:
    """Return pseudo-header fields, fields and length of a promised request; `StreamFailure` where it is malformed."""
    said: dict[bytes, bytes] = {}
    rest = list(fields)
    while rest and rest[0][0] in _OF_A_REQUEST and rest[0][0] not in said:
        name, value = rest.pop(0)
        said[name] = value
    if len(said) < len(_OF_A_REQUEST):
        raise _malformed("a promise does not say what it is for")
    plain = response_trailers(rest)
    length: int | None = None
    for name, value in plain:
        if name == b"content-length":
            length = _received_length(value, length)
    return said, plain, length


def response_trailers(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the fields after a body; `StreamFailure` where they are malformed."""
    plain: list[tuple[bytes, bytes]] = []
    for name, value in fields:
        if name not in _known_received:
            _learn_received(name)
        if _NOT_IN_A_VALUE.search(value):
            raise _malformed(f"the value of {shown(name)} holds what no value may hold")
        plain.append((name, value))
    _check_count(plain)
    return plain


def _never_indexed(name: bytes, value: bytes) -> Any:
    from hpack import NeverIndexedHeaderTuple

    return NeverIndexedHeaderTuple(name, value)


def _learn(name: bytes) -> bytes:
    lower = name.lower()
    if lower in _OF_A_CONNECTION:
        lower = b""
    if len(name) <= _KNOWN_LONGEST:
        if len(_known_names) >= _KNOWN_MOST:
            _known_names.clear()
        _known_names[name] = lower
    return lower


def _of_the_connection(name: bytes, value: bytes, authority: bytes, request: Request) -> bytes:
    """Return the authority, which `Host` may name."""
    lower = name.lower()
    if lower == b"host":
        return value
    if lower == b"upgrade":
        raise LocalProtocolError("HTTP/2 cannot switch to another protocol: use http2=False", request=request)
    return authority


def _announced(value: bytes, before: int | None) -> int:
    if not value.isdigit():
        raise LocalProtocolError(f"Content-Length {value!r} is not a number of bytes")
    length = int(value)
    if before is not None and before != length:
        raise LocalProtocolError(f"this request announces two lengths, {before} and {length}")
    return length


def _checked_target(target: Any, request: Request) -> bytes:
    raw = target.encode("ascii", "replace") if isinstance(target, str) else target
    if not isinstance(raw, bytes) or not raw or min(raw) <= 0x20 or 0x7F in raw:
        raise LocalProtocolError(f"the extension target={target!r} is not a request target", request=request)
    return raw


def _malformed(said: str) -> StreamFailure:
    return StreamFailure(PROTOCOL_ERROR, said)


def _learn_received(name: bytes) -> None:
    if not name or _NOT_IN_A_NAME.search(name):
        raise _malformed(f"not a header name in HTTP/2: {shown(name)}")
    if name in _NEVER_IN_A_RESPONSE:
        raise _malformed(f"{shown(name)} has no place in HTTP/2")
    if len(name) <= _KNOWN_LONGEST:
        if len(_known_received) >= _KNOWN_MOST:
            _known_received.clear()
        _known_received.add(name)


def _status(value: bytes) -> int:
    if len(value) != 3 or not value.isdigit() or value < b"100":
        raise _malformed(f"not a status: {shown(value)}")
    return int(value)


def _received_length(value: bytes, before: int | None) -> int:
    if not value.isdigit() or len(value) > 18:
        raise _malformed(f"not a Content-Length: {shown(value)}")
    length = int(value)
    if before is not None and before != length:
        raise _malformed(f"the response announces two lengths, {before} and {length}")
    return length


def _check_count(fields: list[tuple[bytes, bytes]]) -> None:
    if len(fields) > MOST_FIELDS:
        said = f"the response has {len(fields)} header fields, more than {MOST_FIELDS}"
        raise StreamFailure(PROTOCOL_ERROR, said, LimitExceeded(said, limit=MOST_FIELDS, value=len(fields)))
