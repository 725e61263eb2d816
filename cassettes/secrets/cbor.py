"""Secrets in CBOR: what JSON would hide is hidden, and the lengths before it are put right.

RFC 8949 says how values are spelled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .packed import DEEPEST, Packed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .members import Hider

_MEDIA = re.compile(r"[/+.-]cbor(?:-seq)?\Z")
# The kinds of values, by the first three bits of each (section 3.1).
_BYTES, _TEXT, _ARRAY, _MAP, _TAG = 2, 3, 4, 5, 6
# By the last five bits of the first byte: how many bytes of an argument follow.
_ARGUMENTS = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE = 31
_BREAK = 0xFF


def is_cbor(media: str) -> bool:
    """Return whether a media type is that of CBOR, or of a sequence of it."""
    return _MEDIA.search(media) is not None


def without_secrets(content: bytes, hider: Hider) -> bytes | None:
    """Return values without their secrets; `None` where this is no CBOR."""
    return _Cbor(content, hider).whole()


class _Cbor(Packed):
    def value(self, name: str | None, depth: int) -> bytes:
        if depth > DEEPEST:
            raise ValueError("nested too deep")
        start = self._at
        kind, argument = self._head()
        head = self._content[start : self._at]
        if kind == _TEXT:
            return self._text(self._string(kind, argument), start, name)
        if kind == _BYTES:
            self._string(kind, argument)
            return self._content[start : self._at]
        if kind == _ARRAY:
            return head + b"".join(self.value(name, depth + 1) for _ in self._counted(argument)) + self._end(argument)
        if kind == _MAP:
            return head + b"".join(self._member(depth) for _ in self._counted(argument)) + self._end(argument)
        if kind == _TAG and argument is not None:
            return head + self.value(name, depth + 1)
        if argument is None:
            raise ValueError("an end, or no end, of something that has none")
        return head

    def _member(self, depth: int) -> bytes:
        start = self._at
        kind, argument = self._head()
        text = self._string(kind, argument).decode("utf-8", "replace") if kind == _TEXT else None
        self._at = start
        return self.value(None, depth + 1) + self.value(text, depth + 1)

    def _head(self) -> tuple[int, int | None]:
        """Return the kind of what follows and its argument; `None` is no argument, but an end that will be said."""
        first = self._taken(1)[0]
        kind, info = first >> 5, first & 0x1F
        if info < 24:
            return kind, info
        if info in _ARGUMENTS:
            return kind, int.from_bytes(self._taken(_ARGUMENTS[info]), "big")
        if info != _INDEFINITE:
            raise ValueError("a byte that begins nothing")
        return kind, None

    def _string(self, kind: int, argument: int | None) -> bytes:
        """Return a string, which may be said in pieces."""
        if argument is not None:
            return self._taken(argument)
        pieces: list[bytes] = []
        for _ in self._counted(None):
            inner, length = self._head()
            if inner != kind or length is None:
                raise ValueError("a piece of another kind")
            pieces.append(self._taken(length))
        self._end(None)
        return b"".join(pieces)

    def _counted(self, argument: int | None) -> Iterator[None]:
        """Yield once for each of so many items, or for all before the end."""
        if argument is not None:
            for _ in range(argument):
                yield
        else:
            while self._content[self._at : self._at + 1] != bytes([_BREAK]):
                yield

    def _end(self, argument: int | None) -> bytes:
        return b"" if argument is not None else self._taken(1)

    def spelled(self, content: bytes) -> bytes:
        size = len(content)
        if size < 24:
            return bytes([_TEXT << 5 | size]) + content
        info = next(info for info, width in _ARGUMENTS.items() if size < 1 << 8 * width)
        return bytes([_TEXT << 5 | info]) + size.to_bytes(_ARGUMENTS[info], "big") + content
