"""What a parser of HTTP/1.1 responses must do, and which one is used.

The bytes of a head are cut out of the stream before any parser sees them (`head_reader`), and bodies with a length
need no parser at all. What is left is small: a head, and the chunked coding.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from .plain_codec import PLAIN

if TYPE_CHECKING:
    from .heads import ChunkedReader, Head


class Codec(Protocol):
    """Parses responses."""

    name: str

    def parse_head(self, raw: bytes, like: Head | None = None) -> Head:
        """Parse a head that ends with an empty line; raise `RemoteProtocolError` where it breaks the rules.

        `like` is one that was read before, and that this one may be much like. What is returned does not depend on it.
        """
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
    return PLAIN
