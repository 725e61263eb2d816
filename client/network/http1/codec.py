"""What a parser of HTTP/1.1 responses must do, and which one is used.

The bytes of a head are cut out of the stream before any parser sees them (`reader`), and bodies with a length need no parser
at all. What is left is small: a head, and the chunked coding.
"""

from __future__ import annotations

import os
from typing import NamedTuple, Protocol

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
    special: dict[bytes, list[bytes]] | None
    """The values of the fields that frame the message, by lower-case name; `None` when there are none."""


class ChunkedReader(Protocol):
    """Decodes one body in the chunked coding."""

    is_complete: bool
    trailers: list[tuple[bytes, bytes]]
    leftover: bytes
    """What came after the end of the body."""

    def feed(self, data: bytes) -> bytes:
        """Return the part of the body that is in `data`; raise `RemoteProtocolError` where it breaks the rules."""
        ...


class Codec(Protocol):
    """Parses responses."""

    name: str

    def parse_head(self, raw: bytes) -> Head:
        """Parse a head that ends with an empty line; raise `RemoteProtocolError` where it breaks the rules."""
        ...

    def chunked(self) -> ChunkedReader:
        """Return a decoder for one body."""
        ...


def choose() -> Codec:
    """Return the codec to use: this library's own, or with `UNDERSTUDY_HTTP1=h11` the one that h11 must agree with."""
    asked = os.environ.get("UNDERSTUDY_HTTP1", "")
    if asked == "h11":
        from .h11_codec import H11Codec

        return H11Codec()
    if asked not in ("", "plain"):
        raise ValueError(f"UNDERSTUDY_HTTP1={asked!r}: the codecs are 'plain' (the default) and 'h11'")
    from .plain_codec import PLAIN

    return PLAIN
