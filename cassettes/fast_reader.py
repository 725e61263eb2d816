"""The YAML that `yaml_writer` writes, read line by line.

A document of ours uses few of YAML's ways to say things, and one regular expression takes its lines apart:
a tenth of the time that a YAML parser needs.
Whatever else a person may have written makes `read` return `UNUSUAL`, and the real parser reads it;
both agree on everything that this one accepts.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from .numbers import Number, number


class Unusual:
    """The type of `UNUSUAL`: written in a way that this reader does not know."""


UNUSUAL: Final = Unusual()

_LINES = re.compile(
    r"^( *)(- |-$)?(?:([A-Za-z_][\w./+@-]*|\"[^\"\\\n]+\"):(?:$| (?=[^ \n]))|(?=[^ \n]))?(.*)$", re.MULTILINE
)
_PLAIN = re.compile(r"[A-Za-z0-9_/.+($;^\\\xa1-\u2027\u202a-\ud7ff][^\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff]*\Z")
_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/.+($;^\\")
_TOKENS = re.compile(
    r"""(?P<open>[{\[]) | (?P<close>[}\]]) | (?P<comma>,\ ) | (?P<colon>:\ )
      | (?P<quoted>"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*" | '[^']*')
      | (?P<plain>[A-Za-z0-9_/.+-][A-Za-z0-9_/.+@*()=;~&<>|$^%-]*(?:\ [A-Za-z0-9_/.+@*()=;~&<>|$^%-]+)*)""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = {"null": None, "true": True, "false": False}
_HEADERS = {"|": "", "|-": "-", "|+": "+", "|2": "", "|2-": "-", "|2+": "+"}
_MAX_DEPTH = 90


def read(text: str) -> Any:
    """Return the document in `text` as plain data, or `UNUSUAL`."""
    if text.startswith("---"):
        first, _, text = text.partition("\n")
        if first[3:5] not in ("", " #"):
            return UNUSUAL
    try:
        return _Lines(text[:-4] if text.endswith("\n...\n") else text).document()
    except (_UnusualLine, ValueError, IndexError):
        return UNUSUAL


class _UnusualLine(Exception):
    """A line that has to be read by the real parser."""


class _Lines:
    def __init__(self, text: str) -> None:
        self._raw = text.split("\n")
        if self._raw and not self._raw[-1]:
            self._raw.pop()
        self._lines: list[tuple[str, str, str, str]] = _LINES.findall(text)
        del self._lines[len(self._raw) :]

    def document(self) -> Any:
        value, end = self._mapping(0, 0, 0)
        if end != len(self._raw):
            raise _UnusualLine
        return value

    def _mapping(self, at: int, column: int, depth: int, first: bool = False) -> tuple[dict[str, Any], int]:
        """Return the mapping whose members stand in this column, and the line behind it."""
        if depth > _MAX_DEPTH:
            raise _UnusualLine
        found: dict[str, Any] = {}
        lines, count = self._lines, len(self._raw)
        while at < count:
            indent, dash, name, rest = lines[at]
            width = len(indent)
            if first:
                first = False
            elif width != column or dash:
                if width < column:
                    break
                raise _UnusualLine
            if not name or name in found:
                raise _UnusualLine
            if name[0] == '"':
                name = name[1:-1]
                if name in found:
                    raise _UnusualLine
            if rest:
                head = rest[0]
                if head == "|":
                    found[name], at = self._literal(at, rest, column)
                    continue
                found[name] = _scalar(rest, head)
                at += 1
            else:
                found[name], at = self._nested(at + 1, column, depth)
        if not found:
            raise _UnusualLine
        return found, at

    def _nested(self, at: int, column: int, depth: int) -> tuple[Any, int]:
        """Return what stands below a key or a dash."""
        indent, dash, _, _ = self._lines[at]
        width = len(indent)
        if width <= column or at >= len(self._raw):
            raise _UnusualLine
        if dash:
            return self._sequence(at, width, depth + 1)
        return self._mapping(at, width, depth + 1)

    def _sequence(self, at: int, column: int, depth: int) -> tuple[list[Any], int]:
        if depth > _MAX_DEPTH:
            raise _UnusualLine
        found: list[Any] = []
        lines, count = self._lines, len(self._raw)
        while at < count:
            indent, dash, name, rest = lines[at]
            width = len(indent)
            if width != column or not dash:
                if width < column:
                    break
                raise _UnusualLine
            item: Any
            if name:
                item, at = self._mapping(at, column + 2, depth + 1, first=True)
                found.append(item)
            elif not rest:
                item, at = self._nested(at + 1, column, depth)
                found.append(item)
            elif rest[0] == "|":
                item, at = self._literal(at, rest, column)
                found.append(item)
            else:
                found.append(_scalar(rest, rest[0]))
                at += 1
        return found, at

    def _literal(self, at: int, header: str, column: int) -> tuple[str, int]:
        """Return the text of a literal block, and the line behind it."""
        ending = _HEADERS.get(header)
        if ending is None:
            raise _UnusualLine
        lead = " " * (column + 2)
        raw = self._raw
        at += 1
        lines: list[str] = []
        while at < len(raw) and (raw[at].startswith(lead) or not raw[at]):
            lines.append(raw[at][column + 2 :])
            at += 1
        blank = 0
        while lines and not lines[-1]:
            lines.pop()
            blank += 1
        # Blanks at the start need the digit, blank lines of other widths a closer look.
        if not lines or (lines[0][:1] in ("", " ", "\t")) != (header[1:2] == "2") or lines[0].isspace():
            raise _UnusualLine
        if ending != "+" and blank and at < len(raw):
            raise _UnusualLine
        text = "\n".join(lines)
        if ending == "-":
            return text, at
        return text + "\n" * (1 + blank if ending == "+" else 1), at


def _scalar(text: str, head: str) -> Any:
    if head in "{[":
        return _flow(text)
    if head in "\"'":
        return _quoted(text, head)
    if head in "-0123456789":
        return _number(text)
    if text in _WORDS:
        return _WORDS[text]
    return _plain(text)


def _plain(text: str) -> str:
    if ": " in text or " #" in text or text[-1] in " :\t":
        raise _UnusualLine
    # Long plain texts are mostly ASCII, where two questions to C are faster than a look at every character.
    if text[0] in _FIRST and text.isascii() and text.isprintable():
        return text
    if not _PLAIN.match(text):
        raise _UnusualLine
    return text


def _quoted(text: str, quote: str) -> str:
    inner = text[1:-1]
    if len(text) < 2 or text[-1] != quote:
        raise _UnusualLine
    if quote == "'":
        if "'" in inner:
            raise _UnusualLine
        return inner
    if "\\" not in inner and '"' not in inner:
        return inner
    if "\\u" in inner or "\\/" in inner:
        raise _UnusualLine
    unquoted: str = json.loads(text)
    return unquoted


def _number(text: str) -> Any:
    found = _NUMBER.match(text)
    if found is None:
        if text[0] == "-":
            raise _UnusualLine
        return _plain(text)
    if found.lastindex is None:
        if len(text) > 4_000:
            raise _UnusualLine
        return Number(text) if text == "-0" else int(text)
    return number(text)


def _flow(text: str) -> Any:
    """Return a sequence or mapping on one line."""
    tokens = [(found.lastgroup, found[0]) for found in _TOKENS.finditer(text)]
    if sum(len(token) for _, token in tokens) != len(text):
        raise _UnusualLine
    value, end = _flow_value(tokens, 0, 0)
    if end != len(tokens):
        raise _UnusualLine
    return value


def _flow_value(tokens: list[tuple[str | None, str]], at: int, depth: int) -> tuple[Any, int]:
    kind, token = tokens[at]
    if kind == "quoted":
        return _quoted(token, token[0]), at + 1
    if kind == "plain":
        if token in _WORDS:
            return _WORDS[token], at + 1
        return (_number(token) if token[0] in "-0123456789" else token), at + 1
    if kind != "open" or depth > _MAX_DEPTH:
        raise _UnusualLine
    return _flow_sequence(tokens, at + 1, depth) if token == "[" else _flow_mapping(tokens, at + 1, depth)


def _flow_sequence(tokens: list[tuple[str | None, str]], at: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    if tokens[at][1] == "]":
        return found, at + 1
    while True:
        value, at = _flow_value(tokens, at, depth + 1)
        found.append(value)
        if tokens[at] == ("close", "]"):
            return found, at + 1
        if tokens[at][0] != "comma":
            raise _UnusualLine
        at += 1


def _flow_mapping(tokens: list[tuple[str | None, str]], at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    if tokens[at][1] == "}":
        return found, at + 1
    while True:
        kind, name = tokens[at]
        if kind == "quoted":
            name = _quoted(name, name[0])
        elif kind != "plain":
            raise _UnusualLine
        if tokens[at + 1][0] != "colon" or name in found or name == "<<":
            raise _UnusualLine
        found[name], at = _flow_value(tokens, at + 2, depth + 1)
        if tokens[at] == ("close", "}"):
            return found, at + 1
        if tokens[at][0] != "comma":
            raise _UnusualLine
        at += 1
