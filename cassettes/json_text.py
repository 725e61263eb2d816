"""JSON as plain data that can be turned back into the very same bytes.

A body is stored as YAML only if its data, rendered in one of a few known styles, give back every byte of it.
Duplicate keys, odd spacing, numbers or escapes that no style explains: then it is stored as the text it is.

A style is named by words: a layout (`python`, `indent2`, `indent4`, `tabs`; compact where none is named), escapes
(`ascii`, `html`, `slash`) and `newline` where one ends the text.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring, encode_basestring_ascii  # type: ignore[attr-defined]  # missing in typeshed
from typing import Any, Callable

from .numbers import Number, number

_LAYOUTS = ("", "python", "indent2", "indent4", "tabs")
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_MAX_DEPTH = 60


class _Numbers:
    """Counts the numbers that Python would spell otherwise, for they cost the fast encoder."""

    def __init__(self) -> None:
        self.found = False

    def __call__(self, token: str) -> float:
        value = number(token)
        if type(value) is Number:
            self.found = True
        return value


def _refuse_constant(token: str) -> Any:
    raise ValueError(f"{token} is no JSON")


def parse(content: bytes) -> tuple[Any, str] | None:
    """Return the data in a JSON text and the style to render it in, or `None` where no style gives the same bytes."""
    try:
        text = content.decode("utf-8")
        numbers = _Numbers()
        value = json.loads(text, parse_float=numbers, parse_constant=_refuse_constant)
        style = _style(text)
        if _render(value, style, numbers.found) != content or _is_too_deep(text) or "\\u0000" in text:
            return None
        return value, style
    except (ValueError, RecursionError):
        return None


def render(value: Any, style: str = "") -> bytes:
    """Return the data as a JSON text in this style."""
    return _render(value, style, True)


def words(style: str) -> list[str]:
    """Return the words of a style; a `ValueError` names one that does not exist."""
    known = {*_LAYOUTS, "ascii", "html", "slash", "newline"}
    said = style.split()
    for word in said:
        if word not in known:
            raise ValueError(f"a JSON style has no word {word!r}; known are {', '.join(sorted(known - {''}))}")
    return said


def _style(text: str) -> str:
    """Return the one style that this text may be in, judged by a few looks."""
    said: list[str] = []
    inner = text.rstrip("\n")
    line_end = inner.find("\n")
    if line_end >= 0:
        if inner[line_end + 1 : line_end + 2] == "\t":
            said.append("tabs")
        else:
            said.append("indent4" if inner[line_end + 1 : line_end + 5] == "    " else "indent2")
    elif '": ' in inner or '", "' in inner or ", " in inner[:200]:
        said.append("python")
    if "\\u" in inner and inner.isascii():
        said.append("ascii" if re.search(r"\\u(?!00[01]|00[23][6ceCE]|202[89])", inner) else "")
    if "\\u003" in inner or "\\u0026" in inner or "\\u202" in inner:
        said.append("html")
    if "\\/" in inner:
        said.append("slash")
    if len(inner) != len(text):
        said.append("newline")
    return " ".join(filter(None, said))


def _is_too_deep(text: str) -> bool:
    """Judge cheaply whether data nest deeper than a cassette may: only what has many brackets is counted."""
    if text.count("[") + text.count("{") < _MAX_DEPTH:
        return False
    depth = deepest = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[][{}]', text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in "]}":
            depth -= 1
    return deepest >= _MAX_DEPTH


def _render(value: Any, style: str, has_numbers: bool) -> bytes:
    said = words(style)
    indent: int | str | None = None
    separators = (",", ":")
    for word in said:
        if word == "python":
            separators = (", ", ": ")
        elif word in _LAYOUTS:
            indent, separators = {"indent2": 2, "indent4": 4, "tabs": "\t"}[word], (",", ": ")
    is_ascii = "ascii" in said
    if has_numbers or indent is not None:
        encode: Callable[[str], str] = encode_basestring_ascii if is_ascii else encode_basestring
        text = _encode(value, encode, separators, "" if indent is None else _step(indent), "\n", indent is not None)
    else:
        text = json.dumps(value, ensure_ascii=is_ascii, separators=separators)
    if "html" in said:
        text = re.sub("[<>&\u2028\u2029]", lambda found: _HTML[found[0]], text)
    if "slash" in said:
        text = text.replace("/", "\\/")
    return (text + "\n" if "newline" in said else text).encode("utf-8")


def _step(indent: int | str) -> str:
    return " " * indent if isinstance(indent, int) else indent


def _encode(
    value: Any, encode: Callable[[str], str], separators: tuple[str, str], step: str, line: str, is_indented: bool
) -> str:
    """Return a JSON text; unlike `json.dumps` it spells each number as it was written."""
    kind = type(value)
    if kind is str:
        return encode(value)
    if kind is dict or kind is list:
        if not value:
            return "{}" if kind is dict else "[]"
        deeper = line + step
        if kind is dict:
            colon = separators[1]
            parts = [
                encode(name)
                + colon
                + (encode(item) if type(item) is str else _encode(item, encode, separators, step, deeper, is_indented))
                for name, item in value.items()
            ]
        else:
            parts = [_encode(item, encode, separators, step, deeper, is_indented) for item in value]
        left, right = ("{", "}") if kind is dict else ("[", "]")
        if is_indented:
            return left + deeper + (separators[0] + deeper).join(parts) + line + right
        return left + separators[0].join(parts) + right
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    return repr(value)
