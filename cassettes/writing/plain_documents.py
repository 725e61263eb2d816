"""The documents that most recordings are, written line by line and proven while they are written.

Most interactions are short members and a body whose lines are made already (`json_blocks`).
Their text is what `interactions.to_text` writes, which the tests compare.
A line is right where the reader makes of its value what it was made of: one look at each value,
in the place of reading the whole document back.
"""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from ..bodies.json_blocks import Block
from ..yaml import fast_reader, fast_values
from ..yaml.fast_values import UnusualLine
from ..yaml.writer import key, scalar

_FIELDS = ("headers", "trailers")
_SHORT = 100


def plain_text(document: dict[str, Any], summary: str) -> str | None:
    """Return the text of a document, its blocks included; `None` where it takes a closer look."""
    lines = [f"--- # {summary}"]
    for name, message in document.items():
        lines.append(f"{name}:")
        for member, value in message.items():
            kind: Any = value.__class__
            if kind is Block:
                lines += (f"  {member}:", value.lines)
            elif kind is dict and value and member in _FIELDS:
                lines.append(f"  {member}:")
                lines += [_line_of("    ", field, said) for field, said in value.items()]
            else:
                lines.append(_line_of("  ", member, value))
    lines.append("...\n")
    return "\n".join(lines) if "" not in lines and lines[0].isascii() and lines[0].isprintable() else None


def _line_of(indent: str, name: str, value: Any) -> str:
    """Return the line of a member; nothing where it is none that every reader takes for the same."""
    kind: Any = value.__class__
    if kind is int or (kind is str and len(value) <= _SHORT):
        return _short_line(indent, name, value)
    return _line(indent, name, value)


def _line(indent: str, name: str, value: Any) -> str:
    kind: Any = value.__class__
    if kind is str and "\n" not in value:
        said, meant = scalar(value), encode_basestring(value)
    elif kind is int or kind is float:
        said = meant = repr(value)
    else:
        return ""
    if not (said.isascii() and said.isprintable()):
        return ""
    try:
        is_proven = fast_values.scalar(said, ",", ":") == meant
    except (UnusualLine, ValueError):
        return ""
    start = _start(name) if is_proven else ""
    return f"{indent}{start} {said}" if start else ""


_short_line = lru_cache(maxsize=1024)(_line)  # most fields say the same in each response


@lru_cache(maxsize=1024)
def _start(name: str) -> str:
    """Return how a line begins; nothing where the name is not read back."""
    start = f"{key(name)}:"
    return start if fast_reader.read(f"{start} text\n") == {name: "text"} else ""
