"""Plain data written as YAML that people like to read and every parser reads alike.

1. Nothing is written plain that YAML 1.1 or 1.2 would take for anything but this text:
   `no`, `12:30`, `2026-01-01` get quotes.
2. Text of several lines is a literal block; text that a block cannot hold exactly is one quoted line,
   and so is text with blanks at line ends, which editors strip, unless its hash stands beside it.
3. Mappings are blocks. Short sequences of scalars, and short mappings of scalars inside sequences, stand on one line.
4. What `reader.read` makes of it is what was given; so does PyYAML, but for spellings of floats.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from ..data.numbers import Number
from ..data.plain import is_mapping, is_sequence

WIDTH = 100

_BLOCK_PLAIN = re.compile(
    r"[A-Za-z0-9_/.+($;^\\\xa1-\u2027\u202a-\ud7ff][^\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]*\Z"
)
LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/($;^\\")
DIGITS = frozenset("0123456789")
_FIRST = LETTERS | DIGITS | frozenset("_.+")
LONGEST_WORD = len("false")
_FLOW_PLAIN = re.compile(r"[A-Za-z0-9_/.+][A-Za-z0-9_/.+@*()=;~&<>|$^%-]*(?: [A-Za-z0-9_/.+@*()=;~&<>|$^%-]+)*\Z")
# Whatever looks like a number, a time or a date to some version of YAML.
NOT_TEXT = re.compile(
    r"""[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:\Z|[Tt \t])
      | [-+]?\.?[0-9][0-9_,.:]*(?:[eE][-+]?[0-9]*)?\Z
      | [-+]?0[xob][0-9a-fA-F_]*\Z
      | [-+]?\.(?:inf|nan)\Z
      | (?:y|n|yes|no|on|off|true|false|null|nan|inf)\Z
      | \.\.\. | ---
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NOT_IN_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\x1b": "\\e"}


class Flow(dict[str, Any]):
    """A mapping to be written on one line."""


class Lines(list[Any]):
    """A sequence to be written with one item on each line."""


class Checked(str):
    """A text whose hash stands beside it: who strips blanks at its line ends is found out."""

    __slots__ = ()


def write(value: dict[str, Any]) -> str:
    """Return a mapping as YAML in block style, ended by a newline."""
    lines: list[str] = []
    _mapping(value, "", lines, "")
    lines.append("")
    return "\n".join(lines)


def _mapping(mapping: dict[str, Any], indent: str, lines: list[str], lead: str) -> None:
    """Write the members, the first one behind `lead`: the indentation, or the dash of a sequence."""
    for name, value in mapping.items():
        kind: Any = value.__class__
        if kind is str and "\n" not in value:
            lines.append(f"{lead}{key(name)}: {scalar(value)}")
        elif kind is int:
            lines.append(f"{lead}{key(name)}: {value}")
        else:
            _value(value, f"{lead}{key(name)}:", indent, lines)
        lead = indent


def _value(value: Any, lead: str, indent: str, lines: list[str]) -> None:
    """Write one value behind `lead`, what follows on further lines deeper than `indent`."""
    kind: Any = value.__class__
    if kind is str or kind is Checked:
        if "\n" in value and (block := _literal(value, indent + "  ")) is not None:
            lines.append(f"{lead} {block}")
        else:
            lines.append(f"{lead} {scalar(value)}")
    elif kind is dict:
        if value:
            lines.append(lead)
            _mapping(value, indent + "  ", lines, indent + "  ")
        else:
            lines.append(lead + " {}")
    elif kind is list:
        line = flow_of_scalars(value, WIDTH - len(lead))
        if line is not None:
            lines.append(f"{lead} {line}")
        else:
            lines.append(lead)
            _sequence(value, indent + "  ", lines)
    elif kind is Flow:
        lines.append(f"{lead} {flow(value)}")
    elif kind is Lines:
        lines.append(lead)
        _sequence(value, indent + "  ", lines)
    else:
        lines.append(f"{lead} {constant(value)}")


def _sequence(items: list[Any], indent: str, lines: list[str]) -> None:
    for item in items:
        kind: Any = item.__class__
        if kind is dict:
            line = flow_of_members(item, WIDTH - len(indent) - 2)
            if line is not None:
                lines.append(f"{indent}- {line}")
            else:
                _mapping(item, indent + "  ", lines, indent + "- ")
        else:
            _value(item, indent + "-", indent, lines)


def flow_of_scalars(items: list[Any], room: int) -> str | None:
    """Return a sequence of scalars on one line, where they are scalars and there is room."""
    if not items:
        return "[]"
    if 3 * len(items) > room:
        return None
    parts: list[str] = []
    for item in items:
        part = _short(item, room)
        if part is None:
            return None
        parts.append(part)
        room -= len(part) + 2
    return f"[{', '.join(parts)}]"


def flow_of_members(mapping: dict[str, Any], room: int) -> str | None:
    """Return a mapping on one line, where it holds scalars and empty things alone and there is room."""
    for item in mapping.values():
        if item.__class__ is str and len(item) > room:
            return None
    least = 0
    for name, item in mapping.items():
        kind: Any = item.__class__
        if kind is str:
            least += len(name) + len(item) + 4
        elif (kind is dict or kind is list) and item:
            return None
        else:
            least += len(name) + 5
        if least > room:
            return None
    parts: list[str] = []
    for name, item in mapping.items():
        part = _short(item, room)
        if part is None:
            return None
        part = f"{key(name)}: {part}"
        parts.append(part)
        room -= len(part) + 2
        if room < 0:
            return None
    return f"{{{', '.join(parts)}}}"


def _short(item: Any, room: int) -> str | None:
    kind: Any = item.__class__
    if kind is str or kind is Checked:
        part = flow_scalar(item) if len(item) <= room and "\n" not in item else None
    elif kind is dict or kind is list or kind is Flow:
        part = None if item else "[]" if kind is list else "{}"
    else:
        part = constant(item)
    return part if part is not None and len(part) <= room else None


def flow(value: Any) -> str:
    """Return any value on one line."""
    if is_mapping(value):
        return "{" + ", ".join(f"{key(name)}: {flow(item)}" for name, item in value.items()) + "}"
    if is_sequence(value):
        return "[" + ", ".join(map(flow, value)) + "]"
    return flow_scalar(value) if isinstance(value, str) else constant(value)


def constant(value: Any) -> str:
    """Return null, a truth or a number as it is written."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    return value.token if isinstance(value, Number) else repr(value)


@lru_cache(maxsize=4096)
def key(name: str) -> str:
    """Return the text as a key of a block mapping."""
    return name if _FLOW_PLAIN.match(name) and not NOT_TEXT.match(name) else _quoted(name)


def scalar(text: str) -> str:
    """Return the text as one line: plain where nobody could misread it, else in quotes."""
    is_simple = text.isascii() and text.isprintable()
    # Of what begins with a letter, only a few short words are no text.
    if is_simple and len(text) > LONGEST_WORD and text[0] in LETTERS:
        is_text = True
    else:
        begins = text[:1] in _FIRST if is_simple else _BLOCK_PLAIN.match(text) is not None
        is_text = begins and not NOT_TEXT.match(text)
    if is_text and ": " not in text and " #" not in text and text[-1] not in " :":
        return text
    return f'"{text}"' if is_simple and '"' not in text and "\\" not in text else _quoted(text)


def flow_scalar(text: str) -> str:
    """Return the text as part of a line in flow style, where commas and brackets mean something."""
    return text if _FLOW_PLAIN.match(text) and not NOT_TEXT.match(text) else _quoted(text)


def _quoted(text: str) -> str:
    if text.isascii() and text.isprintable():
        if '"' not in text and "\\" not in text:
            return f'"{text}"'
        if "'" not in text:
            return f"'{text}'"
        return json.dumps(text)
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    known = _ESCAPES.get(character)
    if known is not None:
        return known
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _literal(text: str, indent: str) -> str | None:
    """Return the text as a literal block, or `None` where a block would not give it back exactly."""
    if _NOT_IN_BLOCK.search(text) or text.isspace():
        return None
    if text.__class__ is not Checked and (" \n" in text or "\t\n" in text or text[-1] in " \t"):
        return None
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    # Without the digit, blanks at the start would count as indentation.
    header = "|2" if body[0] in " \n\t" else "|"
    header += "-" if ends == 0 else "" if ends == 1 else "+"
    lines = [indent + line if line else "" for line in body.split("\n")]
    return header + "\n" + "\n".join(lines) + "\n" * (ends - 1 if ends > 1 else 0)
