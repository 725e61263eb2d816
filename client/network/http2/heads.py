"""The heads of requests in HPACK (RFC 7541), which requests of one connection have mostly in common.

1. What stands before and behind the path is encoded once, and said again as long as the table of the connection is
   as it was: nothing that comes later may have entered it.
2. The path is another one in each request: it is said as it stands, and never enters the table,
   where it would push out what is worth remembering.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from hpack import Encoder

_PATH = 0x04  # a literal that is not remembered, whose name is the fourth of the static table (section 6.2.2)
_LONGEST_IN_ONE_BYTE = 0x7F
_MOST_REMEMBERED = 64


class Head(NamedTuple):
    """What a request says before its body."""

    before: tuple[tuple[bytes, bytes], ...]
    """The pseudo-header fields in front of the path."""
    path: bytes
    fields: list[tuple[bytes, bytes]]


class HeadEncoder:
    """What one side of a connection says, and remembers of it."""

    def __init__(self) -> None:
        self._encoder = Encoder()
        self._table_sizes: tuple[int, ...] = ()  # set by the server since the last head: the smallest, and the last
        self._remembered: dict[tuple[Any, ...], bytes] = {}

    def set_table_size(self, size: int) -> None:
        """Note how much of the heads the server allows to be remembered."""
        self._table_sizes = (min((size, *self._table_sizes)), size)

    def encode(self, head: Head) -> bytes:
        """Return the block for a head."""
        if self._table_sizes:
            self._resize_table()
        return self._said(head.before) + _literal_path(head.path) + self._said(tuple(head.fields))

    def _said(self, fields: tuple[Any, ...]) -> bytes:
        known = self._remembered.get(fields)
        if known is not None:
            return known
        count, newest = self._table()
        said = self._encoder.encode(fields)
        entries, first = self._table()
        if entries != count or first is not newest or len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        else:
            self._remembered[fields] = said
        return said

    def _table(self) -> tuple[int, object]:
        """Return how much is in the table, and the latest of it: whatever enters it changes one of the two."""
        entries = self._encoder.header_table.dynamic_entries
        return len(entries), entries[0] if entries else None

    def _resize_table(self) -> None:
        """Have the next head say the smallest size and the last one (section 4.2).

        Left to itself the encoder says them all, and none where the last one is a repetition.
        """
        for size in self._table_sizes:
            if size != self._encoder.header_table_size:
                self._encoder.header_table_size = size
        self._table_sizes = ()
        self._remembered.clear()


def _literal_path(path: bytes) -> bytes:
    size = len(path)
    if size < _LONGEST_IN_ONE_BYTE:
        return b"%c%c%b" % (_PATH, size, path)
    length = [_LONGEST_IN_ONE_BYTE]  # section 5.1
    left = size - _LONGEST_IN_ONE_BYTE
    while left > 0x7F:
        length.append(left & 0x7F | 0x80)
        left >>= 7
    length.append(left)
    return b"%c%b%b" % (_PATH, bytes(length), path)
