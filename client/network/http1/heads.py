"""What a parser of HTTP/1.1 responses is given and gives back, and how much of it is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from ...messages.headers import FieldIndex

MOST_HEAD = 262_144
MOST_LINE = 65_536
MOST_FIELDS = 256
MOST_CHUNK_LINE = 16_384


class Head(NamedTuple):
    """The beginning of a response: what the status line and the fields say, and what they say about the body."""

    status: int
    version: bytes
    reason: bytes
    fields: list[tuple[bytes, bytes]]
    by_name: FieldIndex
    """The same fields by lower-case name."""
    lines: list[bytes]
    """The head as it came, line by line: status line, fields, and two empty ones."""


class ChunkedReader(Protocol):
    """Decodes one body in the chunked coding."""

    @property
    def is_complete(self) -> bool:
        """Whether the body has ended."""
        ...

    @property
    def trailers(self) -> list[tuple[bytes, bytes]]:
        """The fields after the body; one list, filled when the body ends."""
        ...

    @property
    def leftover(self) -> bytes:
        """What came after the end of the body."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Return the part of the body that is in `data`; raise `RemoteProtocolError` where it breaks the rules."""
        ...
