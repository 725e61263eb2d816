"""Secrets in MessagePack: what JSON would hide is hidden, and the lengths before it are put right.

https://github.com/msgpack/msgpack/blob/master/spec.md says how values are spelled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .packed import DEEPEST, Packed

if TYPE_CHECKING:
    from .members import Hider

_MEDIA = re.compile(r"[/+.-]msgpack\Z")
# By the first byte: how many bytes of a length follow; strings, bytes, arrays and maps.
_STRINGS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BYTES = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}
# Of an extension, a byte that says its type follows the length.
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
# By the first byte: how many bytes belong to it; constants, numbers, and extensions of a fixed length.
_FIXED = {
    **{0xC0: 0, 0xC2: 0, 0xC3: 0},
    **{0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8},
    **{0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17},
}


def is_msgpack(media: str) -> bool:
    """Return whether a media type is that of MessagePack."""
    return _MEDIA.search(media) is not None


def without_secrets(content: bytes, hider: Hider) -> bytes | None:
    """Return values without their secrets; `None` where this is no MessagePack."""
    return _MessagePack(content, hider).whole()


class _MessagePack(Packed):
    def value(self, name: str | None, depth: int) -> bytes:
        if depth > DEEPEST:
            raise ValueError("nested too deep")
        start = self._at
        first = self._taken(1)[0]
        if 0xA0 <= first <= 0xBF or first in _STRINGS:
            text = self._taken(first & 0x1F if first <= 0xBF else self._number(_STRINGS[first]))
            return self._text(text, start, name)
        if 0x80 <= first <= 0x8F or first in _MAPS:
            count = first & 0x0F if first <= 0x8F else self._number(_MAPS[first])
            return b"".join([self._content[start : self._at], *(self._member(depth) for _ in range(count))])
        if 0x90 <= first <= 0x9F or first in _ARRAYS:
            count = first & 0x0F if first <= 0x9F else self._number(_ARRAYS[first])
            return b"".join([self._content[start : self._at], *(self.value(name, depth + 1) for _ in range(count))])
        if first in _BYTES:
            self._taken(self._number(_BYTES[first]))
        elif first in _EXTENSIONS:
            self._taken(self._number(_EXTENSIONS[first]) + 1)
        elif 0x7F < first < 0xE0:
            if first not in _FIXED:
                raise ValueError("a byte that begins nothing")
            self._taken(_FIXED[first])
        return self._content[start : self._at]

    def _member(self, depth: int) -> bytes:
        start = self._at
        name = self.value(None, depth + 1)
        spelled = self._content[start : self._at]
        is_string = 0xA0 <= spelled[0] <= 0xBF or spelled[0] in _STRINGS
        text = spelled[1 + _STRINGS.get(spelled[0], 0) :].decode("utf-8", "replace") if is_string else None
        return name + self.value(text, depth + 1)

    def _number(self, size: int) -> int:
        return int.from_bytes(self._taken(size), "big")

    def spelled(self, content: bytes) -> bytes:
        size = len(content)
        if size < 0x20:
            return bytes([0xA0 | size]) + content
        first = next(first for first, width in _STRINGS.items() if size < 1 << 8 * width)
        return bytes([first]) + size.to_bytes(_STRINGS[first], "big") + content
