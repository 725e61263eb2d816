"""Texts in other charsets than UTF-8: read where somebody says which one it is, and turned back into the same bytes.

1. A charset counts where the Content-Type, a byte order mark, or the head of a page or an XML document names it,
   and only if it gives back every byte of the text.
   Nothing is guessed but UTF-16, every other byte of which is zero.
2. `utf-16` is what Windows writes: a mark, then the low byte first. With `le` or `be` behind it there is no such mark.
3. What is called ISO-8859-1 and holds quotes of Windows is Windows-1252, as everywhere on the web.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN = re.compile(
    r"iso-8859-(?:[1-9]|1[0134-6])|windows-125[0-8]|koi8-[ru]|macintosh|utf-16(?:le|be)?"
    r"|shift_jis|euc-jp|iso-2022-jp|euc-kr|gb2312|gbk|gb18030|big5"
)
_LATIN = "iso-8859-1"
_OTHER_NAMES = {
    **dict.fromkeys(("latin-1", "latin1", "iso8859-1", "iso_8859-1", "ascii", "us-ascii"), _LATIN),
    **dict.fromkeys(("shift-jis", "sjis", "x-sjis", "windows-31j"), "shift_jis"),
    **{f"cp125{digit}": f"windows-125{digit}" for digit in range(9)},
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
}
_CODECS = {"utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
_DECLARED = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_WITHIN = re.compile(rb"<[^>]*\b(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_HEAD = 1024
_FEWEST = 4
_CONTROLS = re.compile(rb"[\x80-\x9f]")
# Their bytes are those of other texts in UTF-8, too.
_DECEPTIVE = ("utf-16", "utf-16le", "utf-16be", "iso-2022-jp")


class Text(NamedTuple):
    """A text, and the charset that makes bytes of it; `None` is UTF-8."""

    text: str
    charset: str | None


def text_of(content: bytes, content_type: str) -> Text | None:
    """Return the text that a body is; `None` where it is none, or no charset that is named gives back its bytes."""
    found = _DECLARED.search(content_type) if ";" in content_type else None
    declared = "" if found is None else _named(found[1])
    if declared not in _DECEPTIVE:
        try:
            text = content.decode("utf-8")
            wide = None if declared or "\0" not in text else _wide(content)
            said = None if wide is None else _decoded(content, wide)
            return Text(text, None) if said is None else Text(said, wide)
        except UnicodeDecodeError:
            pass
    for charset in _charsets(content, declared):
        said = _decoded(content, charset)
        if said is not None:
            return Text(said, charset)
    return None


def encoded(text: str, charset: str | None) -> bytes:
    """Return the bytes of a text; `ValueError` where the charset is not known, or cannot say it."""
    if charset is None:
        return text.encode("utf-8")
    name = _named(charset)
    if _KNOWN.fullmatch(name) is None:
        raise ValueError(f"`charset:` is one such as {_LATIN}, windows-1252, shift_jis or utf-16, not {charset!r}")
    try:
        if name == "utf-16":
            return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
        return text.encode(_CODECS.get(name, name))
    except UnicodeEncodeError as error:
        raise ValueError(
            f"`charset: {charset}` has no {text[error.start : error.end]!r}, which the text holds: "
            "take another charset, here and in the Content-Type"
        ) from error


def _named(charset: str) -> str:
    lowered = charset.lower()
    return _OTHER_NAMES.get(lowered, lowered)


def _charsets(content: bytes, declared: str) -> Iterator[str]:
    """Yield what the charset of a body may be."""
    if content.startswith(codecs.BOM_UTF16_LE):
        yield "utf-16"
    elif content.startswith(codecs.BOM_UTF16_BE):
        yield "utf-16be"
    elif declared == "utf-16":
        # The byte that is zero is the high one, wherever the text is one of the west.
        yield "utf-16le" if content[1::2].count(0) > content[::2].count(0) else "utf-16be"
    else:
        found = None if declared else _WITHIN.search(content[:_HEAD])
        charset = declared if found is None else _named(found[1].decode("ascii", "replace"))
        if charset == _LATIN and _CONTROLS.search(content) is not None:
            yield "windows-1252"
        yield charset or _wide(content) or ""


def _wide(content: bytes) -> str | None:
    """Return the UTF-16 that bytes without any mark are, judged by their beginning."""
    high, low = content[1:_HEAD:2], content[: _HEAD - 1 : 2]
    for zeros, others, charset in ((high, low, "utf-16le"), (low, high, "utf-16be")):
        if len(zeros) >= _FEWEST and zeros.count(0) * 4 >= len(zeros) * 3 and not others.count(0):
            return charset
    return None


def looks_binary(text: str) -> bool:
    """Return whether what was read as text is none."""
    sample = text[:4096]
    odd = sum(1 for character in sample if character < " " and character not in "\t\n\r\x1b")
    return odd * 20 > len(sample)


def _decoded(content: bytes, charset: str) -> str | None:
    """Return a text that the charset turns back into the same bytes, or `None`."""
    if _KNOWN.fullmatch(charset) is None:
        return None
    try:
        text = content[2:].decode("utf-16-le") if charset == "utf-16" else content.decode(_CODECS.get(charset, charset))
        return text if encoded(text, charset) == content else None
    except ValueError:
        return None
