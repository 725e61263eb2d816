"""Bytes to text, text to lines, and both to pieces of one size, as a body arrives.

Which codecs: only those that turn bytes into text, by the names of the Python codec registry.
What a server names is looked up in the table of known names and never imported on its word;
codecs that are no charset of the web (`utf-7`, `idna`, `unicode_escape`, `rot13`, `zip`, ...) do not count as known.
Where the name is unknown, the body is read as UTF-8, with U+FFFD in the place of what is no UTF-8.

A byte order mark at the very beginning is dropped when the encoding is a Unicode one, as WHATWG's "decode" has it;
it does not overrule the declared charset, except for saying the byte order of `utf-16` and `utf-32`.
"""

from __future__ import annotations

import codecs
from typing import AnyStr, Generic

__all__ = [
    "ByteChunker",
    "Chunker",
    "LineDecoder",
    "TextChunker",
    "TextDecoder",
    "decode_text",
    "is_known_charset",
    "text_codec",
]

_LONGEST_NAME = 64
_REFUSED = frozenset(
    {"charmap", "idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)
# Codecs of the standard library that its table of aliases does not list.
_UNLISTED = frozenset(
    {
        *("cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_r", "koi8_t", "koi8_u", "utf_8_sig"),
        *("mac_arabic", "mac_croatian", "mac_farsi", "mac_romanian"),
    }
)
_DEFAULT = "utf-8"
_BIG_ENDIAN_MARKS = {"utf-16": codecs.BOM_UTF16_BE, "utf-32": codecs.BOM_UTF32_BE}


def is_known_charset(name: str) -> bool:
    """Return whether a charset that a server names is one that the body can be read in."""
    return text_codec(name) is not None


def text_codec(name: str, *, trusted: bool = False) -> str | None:
    """Return the canonical name of a text codec, or `None` where there is none of that name.

    A `trusted` name, one from the program and not from the network, may also be that of a codec registered by it.
    """
    if name in ("utf-8", "iso-8859-1", "ascii"):
        return name
    if len(name) > _LONGEST_NAME or not name.isascii():
        return None
    if not trusted:
        # `codecs.lookup` imports modules for names it does not know, and remembers every name it was asked for.
        from encodings import normalize_encoding
        from encodings.aliases import aliases

        known = normalize_encoding(name).lower()
        if known not in aliases and known not in _UNLISTED and known not in aliases.values():
            return None
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    if not getattr(found, "_is_text_encoding", True) or found.name.replace("_", "-") in _REFUSED:
        return None
    return found.name


def decode_text(content: bytes, encoding: str = _DEFAULT) -> str:
    """Return a whole body as text, by the rules at the top of this page."""
    codec = text_codec(encoding, trusted=True) or _DEFAULT
    text = content.decode(_ordered(codec, content) if codec in _BIG_ENDIAN_MARKS else codec, "replace")
    return text[1:] if text.startswith("\ufeff") else text


class TextDecoder:
    """Turns the bytes of a body into text, piece by piece."""

    def __init__(self, encoding: str = _DEFAULT) -> None:
        self._codec = text_codec(encoding, trusted=True) or _DEFAULT
        self._decoder: codecs.IncrementalDecoder | None = None
        self._start = b""
        self._is_at_start = True

    def decode(self, data: bytes) -> str:
        """Return the text of what has arrived whole; the rest of a split character waits."""
        if self._decoder is None:
            data = self._start + data
            if self._codec in _BIG_ENDIAN_MARKS and len(data) < len(_BIG_ENDIAN_MARKS[self._codec]):
                self._start = data
                return ""
            self._decoder = _incremental(self._codec, data)
        return self._without_mark(self._decoder.decode(data))

    def flush(self) -> str:
        """Return what is left at the end: U+FFFD for a character cut off."""
        if self._decoder is None:
            self._decoder = _incremental(self._codec, self._start)
            return self._without_mark(self._decoder.decode(self._start, True))
        return self._without_mark(self._decoder.decode(b"", True))

    def _without_mark(self, text: str) -> str:
        if self._is_at_start and text:
            self._is_at_start = False
            if text[0] == "\ufeff":
                return text[1:]
        return text


def _incremental(codec: str, start: bytes) -> codecs.IncrementalDecoder:
    name = _ordered(codec, start) if codec in _BIG_ENDIAN_MARKS else codec
    return codecs.getincrementaldecoder(name)("replace")


def _ordered(codec: str, start: bytes) -> str:
    """Return the codec whose byte order a mark tells; little-endian without one, as WHATWG has it.

    Python's own `utf-16` takes the machine's order, or refuses.
    """
    return f"{codec}-{'be' if start.startswith(_BIG_ENDIAN_MARKS[codec]) else 'le'}"


class LineDecoder:
    """Turns text into lines, without their ends, where `str.splitlines` would; each piece is looked at once."""

    def __init__(self) -> None:
        self._rest: list[str] = []
        self._ends_in_cr = False

    def decode(self, text: str) -> list[str]:
        """Return the lines that are complete; a CR at the very end waits for its LF."""
        if not text:
            return []
        if self._ends_in_cr:
            text = "\r" + text
        self._ends_in_cr = text[-1] == "\r"
        # The sentinel makes the last item what follows the last line end, be it empty or not.
        *lines, rest = (text[:-1] + "$" if self._ends_in_cr else text + "$").splitlines()
        if lines and self._rest:
            lines[0] = "".join(self._rest) + lines[0]
            self._rest.clear()
        if len(rest) > 1:
            self._rest.append(rest[:-1])
        return lines

    def flush(self) -> list[str]:
        """Return the last line, where the text does not end with a line end."""
        if not self._rest and not self._ends_in_cr:
            return []
        line = "".join(self._rest)
        self._rest.clear()
        self._ends_in_cr = False
        return [line]


class Chunker(Generic[AnyStr]):
    """Turns pieces of any size into pieces of one size, the last one excepted; without a size passes them through."""

    def __init__(self, empty: AnyStr, chunk_size: int | None = None) -> None:
        if chunk_size is not None and chunk_size < 1:
            raise ValueError(f"chunk_size={chunk_size}: a piece has at least one byte or character")
        self._empty: AnyStr = empty
        self._size = chunk_size
        self._kept: list[AnyStr] = []
        self._kept_size = 0

    def decode(self, piece: AnyStr) -> list[AnyStr]:
        """Return the pieces that are complete."""
        size = self._size
        if size is None:
            return [piece] if piece else []
        self._kept.append(piece)
        self._kept_size += len(piece)
        if self._kept_size < size:
            return []
        whole = self._joined()
        end = self._kept_size - self._kept_size % size
        self._kept = [whole[end:]]
        self._kept_size -= end
        return [whole[start : start + size] for start in range(0, end, size)]

    def flush(self) -> list[AnyStr]:
        """Return what is left."""
        rest = self._joined()
        self._kept = []
        self._kept_size = 0
        return [rest] if rest else []

    def _joined(self) -> AnyStr:
        return self._empty.join(self._kept)  # pyright: ignore[reportArgumentType]  # both are the same AnyStr


class ByteChunker(Chunker[bytes]):
    """Pieces of `chunk_size` bytes."""

    def __init__(self, chunk_size: int | None = None) -> None:
        super().__init__(b"", chunk_size)


class TextChunker(Chunker[str]):
    """Pieces of `chunk_size` characters."""

    def __init__(self, chunk_size: int | None = None) -> None:
        super().__init__("", chunk_size)
