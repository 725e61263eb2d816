"""JSON as plain data that can be turned back into the very same bytes.

A body is stored as YAML only if its data, rendered in one of a few known styles, give back every byte of it.
Duplicate keys, odd spacing, numbers or escapes that no style explains: then it is stored as the text it is.

A style is named by words: a layout (`python`, `indent2`, `indent4`, `tabs`; compact where none is named), escapes
(`ascii`, `html`, `slash`) and `newline` where one ends the text.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any, Callable

from .numbers import Number, number

_LAYOUTS = ("", "python", "indent2", "indent4", "tabs")
_INDENTS = {"indent2": "  ", "indent4": "    ", "tabs": "\t"}
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
MAX_DEPTH = 60


class _Numbers:
    """Counts the numbers that Python would spell otherwise, for they cost the fast encoder."""

    def __init__(self) -> None:
        self.found = False

    def __call__(self, token: str) -> float | Number:
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
        if "\\u0000" in text or _is_too_deep(text):
            return None
        usual = _usual(text)
        if usual is not None:
            return usual
        numbers = _Numbers()
        value = json.loads(text, parse_float=numbers, parse_constant=_refuse_constant)
        style = _style(text)
        if _render(value, style, numbers.found) != content:
            return None
        if _HALF_PAIR.search(text):
            _render(value, "", numbers.found)  # an escape that stands for half a character stands in no YAML
        return value, style
    except (ValueError, RecursionError):
        return None


def loose(content: bytes) -> Any:
    """Return the data in a JSON text, whatever its spelling; `None` where it is no JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def rendered_anew(data: Any) -> bytes:
    """Return data as a JSON text in the usual style; in escapes where it holds half a character."""
    try:
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(data).encode("ascii")


def _usual(text: str) -> tuple[Any, str] | None:
    """Try the two styles that most programs write, with the standard library's fast code alone."""
    if "NaN" in text or "Infinity" in text:
        return None
    value = json.loads(text)
    if json.dumps(value, ensure_ascii=False, separators=(",", ":")) == text:
        return value, ""
    return (value, "python") if ": " in text and json.dumps(value, ensure_ascii=False) == text else None


def render(value: Any, style: str = "") -> bytes:
    """Return the data as a JSON text in this style."""
    try:
        return _render(value, style, False)
    except TypeError:  # a `Number`, which the standard library cannot spell
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
    if text.count("[") + text.count("{") < MAX_DEPTH:
        return False
    depth = deepest = 0
    # A text that was cut has no end: whoever looked for it would begin anew at each quote inside.
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"?|[][{}]', text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in "]}":
            depth -= 1
    return deepest >= MAX_DEPTH


def _render(value: Any, style: str, has_numbers: bool) -> bytes:
    said = words(style)
    indent: str | None = None
    separators = (",", ":")
    for word in said:
        if word == "python":
            separators = (", ", ": ")
        elif word in _LAYOUTS:
            indent, separators = _INDENTS[word], (",", ": ")
    is_ascii = "ascii" in said
    if has_numbers or indent is not None:
        spell: Callable[[str], str] = encode_basestring_ascii if is_ascii else encode_basestring
        text = _Speller(spell, separators, indent).said(value, "\n")
    else:
        text = json.dumps(value, ensure_ascii=is_ascii, separators=separators)
    if "html" in said:
        text = re.sub("[<>&\u2028\u2029]", lambda found: _HTML[found[0]], text)
    if "slash" in said:
        text = text.replace("/", "\\/")
    return (text + "\n" if "newline" in said else text).encode("utf-8")


class _Speller:
    """Spells JSON; unlike `json.dumps` each number as it was written."""

    def __init__(self, spell: Callable[[str], str], separators: tuple[str, str], indent: str | None) -> None:
        self._spell = spell
        self._comma, self._colon = separators
        self._indent = indent

    def said(self, value: Any, line: str) -> str:
        kind: Any = value.__class__
        if kind is str:
            return self._spell(value)
        if kind is dict:
            deeper = line if self._indent is None else line + self._indent
            spell, said, colon = self._spell, self.said, self._colon
            parts = [spell(name) + colon + said(item, deeper) for name, item in value.items()]
            return self._framed(parts, "{}", line)
        if kind is list:
            deeper = line if self._indent is None else line + self._indent
            return self._framed([self.said(item, deeper) for item in value], "[]", line)
        return _CONSTANTS[value] if value is None or kind is bool else repr(value)

    def _framed(self, parts: list[str], frame: str, line: str) -> str:
        if not parts:
            return frame
        if self._indent is None:
            return frame[0] + self._comma.join(parts) + frame[1]
        deeper = line + self._indent
        return frame[0] + deeper + (self._comma + deeper).join(parts) + line + frame[1]


_CONSTANTS: dict[object, str] = {None: "null", True: "true", False: "false"}
