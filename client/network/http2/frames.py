"""Frames as bytes: what they are made of, and how they are cut out of a stream (RFC 9113, sections 4 and 6)."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from ...errors import LimitExceeded
from .codes import ENHANCE_YOUR_CALM, FRAME_SIZE_ERROR, PROTOCOL_ERROR, ConnectionFailure

if TYPE_CHECKING:
    from collections.abc import Iterable

DATA = 0x0
HEADERS = 0x1
PRIORITY = 0x2
RST_STREAM = 0x3
SETTINGS = 0x4
PUSH_PROMISE = 0x5
PING = 0x6
GOAWAY = 0x7
WINDOW_UPDATE = 0x8
CONTINUATION = 0x9

END_STREAM = 0x1
ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
WITH_PRIORITY = 0x20

# The settings' identifiers.
HEADER_TABLE_SIZE = 0x1
ENABLE_PUSH = 0x2
MAX_CONCURRENT_STREAMS = 0x3
INITIAL_WINDOW_SIZE = 0x4
MAX_FRAME_SIZE = 0x5
MAX_HEADER_LIST_SIZE = 0x6

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
LARGEST_WINDOW = 2**31 - 1
FIRST_WINDOW = 65_535
SMALLEST_MAX_FRAME = 2**14
LARGEST_MAX_FRAME = 2**24 - 1

_HEAD = Struct(">HBBBL")
_SETTING = Struct(">HL")
_NUMBER = Struct(">L")
_TWO_NUMBERS = Struct(">LL")
_WITHOUT_RESERVED_BIT = 0x7FFF_FFFF

MOST_CONTINUATIONS = 64


class Frame(NamedTuple):
    """A frame that has arrived."""

    kind: int
    flags: int
    stream_id: int
    payload: bytes


def frame_head(kind: int, flags: int, stream_id: int, length: int) -> bytes:
    """Return the nine bytes that come before a payload of `length` bytes."""
    return _HEAD.pack(length >> 8, length & 0xFF, kind, flags, stream_id)


def settings_frame(settings: Iterable[tuple[int, int]]) -> bytes:
    """Return a SETTINGS frame."""
    payload = b"".join(_SETTING.pack(name, value) for name, value in settings)
    return frame_head(SETTINGS, 0, 0, len(payload)) + payload


def headers_frames(stream_id: int, block: bytes, most: int, *, ends_stream: bool) -> bytes:
    """Return a header block as one HEADERS frame and as many CONTINUATION frames as it takes."""
    flags = END_STREAM if ends_stream else 0
    if len(block) <= most:
        return frame_head(HEADERS, flags | END_HEADERS, stream_id, len(block)) + block
    pieces = [block[start : start + most] for start in range(0, len(block), most)]
    framed = [frame_head(HEADERS, flags, stream_id, most), pieces[0]]
    for piece in pieces[1:-1]:
        framed += (frame_head(CONTINUATION, 0, stream_id, len(piece)), piece)
    framed += (frame_head(CONTINUATION, END_HEADERS, stream_id, len(pieces[-1])), pieces[-1])
    return b"".join(framed)


def number_frame(kind: int, stream_id: int, number: int) -> bytes:
    """Return a RST_STREAM or WINDOW_UPDATE frame."""
    return frame_head(kind, 0, stream_id, 4) + _NUMBER.pack(number)


def goaway_frame(last: int, code: int, said: bytes = b"") -> bytes:
    """Return a GOAWAY frame."""
    return frame_head(GOAWAY, 0, 0, 8 + len(said)) + _TWO_NUMBERS.pack(last, code) + said


def read_settings(payload: bytes) -> list[tuple[int, int]]:
    """Return the pairs in a SETTINGS frame, in their order."""
    if len(payload) % 6:
        raise ConnectionFailure(FRAME_SIZE_ERROR, f"a SETTINGS frame of {len(payload)} bytes")
    return list(_SETTING.iter_unpack(payload))


def read_number(frame: Frame, name: str) -> int:
    """Return what a RST_STREAM or WINDOW_UPDATE frame holds."""
    if len(frame.payload) != 4:
        raise ConnectionFailure(FRAME_SIZE_ERROR, f"a {name} frame of {len(frame.payload)} bytes")
    number: int = _NUMBER.unpack(frame.payload)[0]
    return number


def read_goaway(frame: Frame) -> tuple[int, int, bytes]:
    """Return the last stream that may have been processed, the error code, and what the server has to say about it."""
    if len(frame.payload) < 8:
        raise ConnectionFailure(FRAME_SIZE_ERROR, f"a GOAWAY frame of {len(frame.payload)} bytes")
    last, code = _TWO_NUMBERS.unpack_from(frame.payload)
    return last & _WITHOUT_RESERVED_BIT, code, frame.payload[8:]


def read_promise(payload: bytes) -> tuple[int, bytes]:
    """Return the stream that a PUSH_PROMISE frame promises, and its header block."""
    if len(payload) < 4:
        raise ConnectionFailure(FRAME_SIZE_ERROR, f"a PUSH_PROMISE frame of {len(payload)} bytes")
    number: int = _NUMBER.unpack_from(payload)[0]
    return number & _WITHOUT_RESERVED_BIT, payload[4:]


def unpadded(frame: Frame) -> bytes:
    """Return the payload of a DATA, HEADERS or PUSH_PROMISE frame without its padding and priority."""
    payload = frame.payload
    start, end = 0, len(payload)
    if frame.flags & PADDED:
        if not payload:
            raise ConnectionFailure(FRAME_SIZE_ERROR, "a padded frame without the length of its padding")
        start = 1
        end -= payload[0]
    if frame.kind == HEADERS and frame.flags & WITH_PRIORITY:
        start += 5
    if end < start:
        raise ConnectionFailure(PROTOCOL_ERROR, "a frame with more padding than there is room for")
    return payload[start:end]


class FrameReader:
    """Cuts frames out of bytes as they come; holds at most one frame that is not complete."""

    __slots__ = ("_buffer", "_most", "_place")

    def __init__(self, most: int) -> None:
        self._buffer = b""
        self._place = 0
        self._most = most

    def feed(self, data: bytes) -> None:
        """Take in what has arrived."""
        rest = self._buffer[self._place :]
        self._buffer = rest + data if rest else data
        self._place = 0

    def next(self) -> Frame | None:
        """Return the next frame that is complete; refuse a longer one than was agreed before it is there."""
        buffer, place = self._buffer, self._place
        if len(buffer) - place < 9:
            return None
        high, low, kind, flags, stream_id = _HEAD.unpack_from(buffer, place)
        length = high << 8 | low
        if length > self._most:
            raise ConnectionFailure(FRAME_SIZE_ERROR, f"a frame of {length} bytes, where {self._most} were agreed")
        end = place + 9 + length
        if len(buffer) < end:
            return None
        self._place = end
        return Frame(kind, flags, stream_id & _WITHOUT_RESERVED_BIT, buffer[place + 9 : end])

    def begins_like(self, text: bytes) -> bool:
        """Whether what has not been cut yet begins with `text`."""
        return self._buffer.startswith(text, self._place)


class HeaderBlock:
    """A header block that is spread over several frames."""

    __slots__ = ("_most", "_pieces", "_size", "flags", "kind", "stream_id")

    def __init__(self, frame: Frame, most_list: int) -> None:
        # Whatever coding is chosen for a list of this size, its block does not need more.
        self._most = most_list + most_list // 2
        self.kind: int = frame.kind
        self.stream_id: int = frame.stream_id
        self.flags: int = frame.flags
        self._pieces = [unpadded(frame)]
        self._size = len(self._pieces[0])

    def add(self, frame: Frame) -> bytes | None:
        """Take in a CONTINUATION frame; return the whole block when it was the last one."""
        self._pieces.append(frame.payload)
        self._size += len(frame.payload)
        if self._size > self._most or len(self._pieces) > max(MOST_CONTINUATIONS, self._most >> 12):
            said = f"a header block in {len(self._pieces)} frames, of {self._size} bytes"
            error = LimitExceeded(f"the server sent {said}", limit=self._most, value=self._size)
            raise ConnectionFailure(ENHANCE_YOUR_CALM, said, error)
        return b"".join(self._pieces) if frame.flags & END_HEADERS else None
