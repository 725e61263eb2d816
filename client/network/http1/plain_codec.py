"""HTTP/1.1 responses parsed strictly, in linear time, with the string methods that C made fast.

Theory of operation

1. RFC 9112 lets a recipient be lenient in many places. Every leniency is a place where two programs can read the
   same bytes differently, which is how responses are smuggled; so there is none here but obsolete line folding
   (section 5.2), which becomes one space, control characters other than NUL, CR and LF in values, which are kept,
   and a missing reason phrase.
2. A line ends with CR LF. A lone CR or LF anywhere in a head or around a chunk is an error.
3. Status lines and names seen once are remembered, in bounded tables, so that the usual ones are checked once per
   process. What is found by name, in lower case, is put together on the way: `Headers` and framing look there.
4. Nothing is searched twice: what is incomplete is kept as it is, with the place up to which it was looked at.
5. A server repeats itself: of a head that has the lines of the one before it on its connection but for a few values
   (dates, lengths, tags, numbers), only these are read. Whatever is not as simple as that is read from the beginning.
"""

from __future__ import annotations

import re
from itertools import compress
from operator import ne
from typing import TYPE_CHECKING, Any

from ...errors import LimitExceeded, RemoteProtocolError
from .heads import MOST_CHUNK_LINE, MOST_FIELDS, MOST_HEAD, MOST_LINE, ChunkedReader, Head

if TYPE_CHECKING:
    from ...messages.headers import FieldIndex

_STATUS_LINE = re.compile(rb"(HTTP/1\.[01]) ([1-9][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?\Z")
_NOT_A_TOKEN = re.compile(rb"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\Z")

_VALUE_MOST = 4_096  # a longer one is read from the beginning, where the limits are

_KNOWN_MOST = 1024
_KNOWN_LONGEST = 64
# As received -> what it says: version, status and reason; the name in lower case.
_known_status: dict[bytes, tuple[int, bytes, bytes]] = {}
_known_names: dict[bytes, str] = {}

# 1 MiB of chunk headers is a lot; more than 100 times the data they frame is an attack.
_OVERHEAD_FREE = 1_048_576
_OVERHEAD_RATIO = 100


class PlainCodec:
    """The parser that is used unless another one is asked for."""

    name = "plain"

    def parse_head(self, raw: bytes, like: Head | None = None) -> Head:
        lines = raw.split(b"\r\n")
        if like is not None and len(lines) == len(like.lines):
            head = _varied(like, lines)
            if head is not None:
                return head
        _check(raw, lines)
        status, version, reason = _known_status.get(lines[0]) or _learn_status(lines[0])
        fields, index = parse_fields(lines[1:-2])
        return Head(status, version, reason, fields, index, lines)

    def chunked(self) -> ChunkedReader:
        return PlainChunkedReader()


PLAIN = PlainCodec()


def parse_fields(lines: list[bytes]) -> tuple[list[tuple[bytes, bytes]], FieldIndex]:
    """Return the fields on `lines`, as they are and by lower-case name."""
    if len(lines) > MOST_FIELDS:
        raise LimitExceeded(
            f"the response has {len(lines)} header lines, more than {MOST_FIELDS}", limit=MOST_FIELDS, value=len(lines)
        )
    fields: list[tuple[bytes, bytes]] = []
    index: FieldIndex = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        lower = _known_names.get(name)
        if lower is None or not colon:
            if line[:1] in (b" ", b"\t"):
                return parse_fields(_unfolded(lines))
            if not colon:
                raise RemoteProtocolError(f"a header line without a colon: {shown(line)}")
            lower = _learn_name(name)
        value = value.strip(b" \t")
        fields.append((name, value))
        if lower in index:
            before = index[lower]
            index[lower] = [*(before if isinstance(before, list) else (before,)), value]
        else:
            index[lower] = value
    return fields, index


def _varied(like: Head, lines: list[bytes]) -> Head | None:
    """Return what `lines` say, where they are those of `like` but for some values; else `None`."""
    known = like.fields
    if len(known) != len(lines) - 3:
        return None  # a folded line
    fields, index = known.copy(), like.by_name.copy()
    for place in compress(range(len(lines)), map(ne, lines, like.lines)):
        if not 0 < place <= len(known):
            return None  # another status
        name = known[place - 1][0]
        found, colon, value = lines[place].partition(b":")
        lower = _known_names.get(name)
        if found != name or not colon or lower is None or type(index[lower]) is list:
            return None
        if len(value) > _VALUE_MOST or b"\r" in value or b"\n" in value or 0 in value:
            return None
        index[lower] = value = value.strip(b" \t")
        fields[place - 1] = (name, value)
    return Head(like.status, like.version, like.reason, fields, index, lines)


def shown(line: bytes) -> str:
    """Return the beginning of `line`, safe to print."""
    return repr(bytes(line[:60]))[1:] + ("..." if len(line) > 60 else "")


def _check(raw: bytes, lines: list[bytes]) -> None:
    """Refuse what no line of a head may hold."""
    # One pass: beside the CR LF between the lines there must be no CR, no LF and no NUL.
    if len(raw) - len(raw.translate(None, b"\r\n\0")) != 2 * len(lines) - 2:
        if 0 in raw:
            raise RemoteProtocolError("the response head holds a NUL byte")
        raise RemoteProtocolError("the response head holds a CR or LF that does not end a line")
    if len(raw) > MOST_LINE:
        longest = max(map(len, lines))
        if longest > MOST_LINE:
            raise LimitExceeded(
                f"a header line has {longest} bytes, more than {MOST_LINE}", limit=MOST_LINE, value=longest
            )


def _learn_status(line: bytes) -> tuple[int, bytes, bytes]:
    matched = _STATUS_LINE.match(line)
    if matched is None:
        raise RemoteProtocolError(f"not an HTTP/1.1 status line: {shown(line)}")
    version, status, reason = matched.groups()
    said = (int(status), version, reason or b"")
    _remember(_known_status, line, said)
    return said


def _learn_name(name: bytes) -> str:
    if not name or _NOT_A_TOKEN.search(name):
        raise RemoteProtocolError(f"not a header name: {shown(name)}")
    lower = name.decode("ascii").lower()
    _remember(_known_names, name, lower)
    return lower


def _remember(known: dict[bytes, Any], line: bytes, meaning: Any) -> None:
    if len(line) <= _KNOWN_LONGEST:
        if len(known) >= _KNOWN_MOST:
            known.clear()
        known[line] = meaning


def _unfolded(lines: list[bytes]) -> list[bytes]:
    """Return `lines` with obsolete folding undone: each continuation is joined by one space."""
    groups: list[list[bytes]] = []
    for line in lines:
        if line[:1] not in (b" ", b"\t"):
            groups.append([line.rstrip(b" \t")])
        elif groups:
            groups[-1].append(line.strip(b" \t"))
        else:
            raise RemoteProtocolError("the first header line begins with whitespace")
    return [b" ".join(group) for group in groups]


class PlainChunkedReader:
    """Decodes one body in the chunked coding (RFC 9112, section 7.1)."""

    __slots__ = (
        "_buffer",
        "_overhead",
        "_payload",
        "_remaining",
        "_searched",
        "_tail",
        "is_complete",
        "leftover",
        "trailers",
    )

    def __init__(self) -> None:
        self.is_complete: bool = False
        self.trailers: list[tuple[bytes, bytes]] = []
        self.leftover: bytes = b""
        self._buffer = b""
        self._searched = 0
        self._tail = bytearray()
        # Bytes of the current chunk still to come, its CR LF included; 0 before a chunk's line, -1 in the trailers.
        self._remaining = 0
        self._overhead = 0
        self._payload = 0

    def feed(self, data: bytes) -> bytes:
        """Return the part of the body that is in `data`."""
        if self._remaining < 0:
            self._read_trailers(data)
            return b""
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        pieces: list[bytes] = []
        place = 0
        size = len(data)
        while place < size and self._remaining >= 0:
            remaining = self._remaining
            if not remaining:
                end = data.find(b"\r\n", place + self._searched)
                if end < 0:
                    self._wait_for_line(data[place:])
                    place = size
                    break
                self._searched = 0
                chunk = self._chunk_size(data[place:end])
                place = end + 2
                self._remaining = chunk + 2 if chunk else -1
            elif remaining > 2:
                piece = data[place : place + remaining - 2]
                pieces.append(piece)
                place += len(piece)
                self._payload += len(piece)
                self._remaining = remaining - len(piece)
            else:
                place = self._end_chunk(data, place)
        if self._remaining < 0:
            self._read_trailers(data[place:])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _end_chunk(self, data: bytes, place: int) -> int:
        """Check the CR LF after a chunk, of which one byte may be missing yet."""
        ending = b"\r\n"[2 - self._remaining :]
        found = data[place : place + len(ending)]
        if found != ending[: len(found)]:
            raise RemoteProtocolError(f"a chunk is not followed by CR LF but by {shown(found)}")
        self._remaining -= len(found)
        return place + len(found)

    def _wait_for_line(self, line: bytes) -> None:
        if len(line) > MOST_CHUNK_LINE:
            raise LimitExceeded(
                f"a chunk's first line has more than {MOST_CHUNK_LINE} bytes", limit=MOST_CHUNK_LINE, value=len(line)
            )
        self._buffer = line
        self._searched = max(0, len(line) - 1)

    def _chunk_size(self, line: bytes) -> int:
        matched = _CHUNK_LINE.match(line)
        if matched is None:
            raise RemoteProtocolError(f"not a chunk size: {shown(line)}")
        if len(line) > MOST_CHUNK_LINE:
            raise LimitExceeded(
                f"a chunk's first line has more than {MOST_CHUNK_LINE} bytes", limit=MOST_CHUNK_LINE, value=len(line)
            )
        self._overhead += len(line) + 4
        if self._overhead > _OVERHEAD_FREE and self._overhead > self._payload * _OVERHEAD_RATIO:
            raise LimitExceeded(
                f"{self._overhead} bytes of chunk headers frame {self._payload} bytes of body",
                limit=_OVERHEAD_RATIO,
                value=self._overhead,
            )
        return int(matched.group(1), 16)

    def _read_trailers(self, data: bytes) -> None:
        tail = self._tail
        searched = max(0, len(tail) - 3)
        tail += data
        if tail.startswith(b"\r\n"):
            self.is_complete = True
            self.leftover = bytes(tail[2:])
            return
        end = tail.find(b"\r\n\r\n", searched)
        if end >= 0:
            raw = bytes(tail[: end + 4])
            self.leftover = bytes(tail[end + 4 :])
            lines = raw.split(b"\r\n")
            _check(raw, lines)
            self.trailers.extend(parse_fields(lines[:-2])[0])
            self.is_complete = True
        elif len(tail) > MOST_HEAD:
            raise LimitExceeded(f"the trailers have more than {MOST_HEAD} bytes", limit=MOST_HEAD, value=len(tail))
