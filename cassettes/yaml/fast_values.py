"""One value on one line of YAML, turned into JSON: plain or quoted text, numbers, words, what stands in brackets.

What is written in a way that `writer` does not use raises `UnusualLine`, and the YAML parser reads it.
The text holds no control characters but tabs: its reader has looked.
"""

from __future__ import annotations

import json
import re
from itertools import repeat
from json.encoder import encode_basestring
from operator import contains

# In ASCII, everything but these stands for itself in a quoted text of JSON and of YAML, and may stand in a plain one.
_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A}) + b"\x7f"
# A text that is longer is searched for each of them: the processor looks at many bytes at once.
_SHORT = 2_560
# Beyond ASCII: what YAML takes for a control character, a line end or a blank.
_ODD = re.compile("[\x80-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_PLAIN = re.compile(r"[A-Za-z0-9_/.+($;^\\\xa1-\ud7ff][^\t]*\Z")
FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/.+($;^")
NOTHING: frozenset[str] = frozenset()
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
_MAX_DIGITS = 4_000
_TOKENS = re.compile(
    r"""(?P<open>[{\[]) | (?P<close>[}\]]) | (?P<comma>,\ ) | (?P<colon>:\ )
      | (?P<quoted>"(?:[^"\\]|\\["\\/bfnrt])*"? | '[^']*')
      | (?P<plain>[A-Za-z0-9_/.+-][A-Za-z0-9_/.+@*()=;~&<>|$^%-]*(?:\ [A-Za-z0-9_/.+@*()=;~&<>|$^%-]+)*)""",
    re.VERBOSE,
)
# The last line is for whatever is no such member: from there on nothing is.
_MEMBERS = re.compile(
    r"""([A-Za-z_][A-Za-z0-9_.-]*):[ ]
        ("[^"\\]*"|[A-Za-z0-9_/.+-][A-Za-z0-9_/.+@*()=;~&<>|$^%-]*(?:[ ][A-Za-z0-9_/.+@*()=;~&<>|$^%-]+)*|\[\]|\{\})
        (?:,[ ](?!\})|(?=\}\Z))
      | (?!\}\Z).+""",
    re.VERBOSE,
)
WORDS = frozenset({"null", "true", "false"})
MAX_DEPTH = 90


class UnusualLine(Exception):
    """A line that has to be read by the real parser."""


def is_clean(raw: bytes, text: str) -> bool:
    """Return whether a text, given as bytes, too, holds nothing but tabs, line ends and visible characters."""
    if len(raw) > _SHORT:
        has_controls = any(map(contains, repeat(raw), _CONTROLS))
    else:
        has_controls = len(raw.translate(None, _CONTROLS)) != len(raw)
    return not has_controls and not holds_odd(raw, text)


def holds_odd(raw: bytes, text: str) -> bool:
    """Return whether a text, given as bytes, too, holds what YAML takes for invisible, beyond ASCII."""
    return len(text) != len(raw) and _ODD.search(text) is not None


def is_plain(text: str) -> bool:
    """Return whether a plain text ends at the end of the line, and is text."""
    return ": " not in text and " #" not in text and text[-1] not in " :" and text not in WORDS


def scalar(text: str, comma: str, colon: str) -> str:
    """Return one value of a line as JSON."""
    head = text[0]
    if head in "{[":
        return _flat(text, comma, colon) or _Brackets(text, comma, colon).whole()
    if head in "\"'":
        return _quoted(text, head)
    if text in WORDS or (head in "-0123456789" and _is_number(text)):
        return text
    if not is_plain(text) or not _PLAIN.match(text):
        raise UnusualLine
    return encode_basestring(text)


def _is_number(text: str) -> bool:
    if _NUMBER.match(text) is None:
        if text[0] == "-":
            raise UnusualLine
        return False
    if len(text) > _MAX_DIGITS:
        raise UnusualLine
    return True


def _quoted(text: str, quote: str) -> str:
    inner = text[1:-1]
    if len(text) < 2 or text[-1] != quote:
        raise UnusualLine
    if quote == "'":
        if "'" in inner:
            raise UnusualLine
        return encode_basestring(inner)
    if "\\" in inner:
        if "\\u" in inner or "\\/" in inner:
            raise UnusualLine
        inner = json.loads(text, strict=False)
    elif '"' in inner:
        raise UnusualLine
    return encode_basestring(inner)


def _flat(text: str, comma: str, colon: str) -> str | None:
    """Return a mapping of words, numbers and short texts as JSON; `None` where it is anything else."""
    found = _MEMBERS.findall(text, 1)
    length = 2 * len(found)
    out: list[str] = []
    names: set[str] = set()
    for name, value in found:
        if not name:
            return None
        length += len(name) + len(value) + 2
        names.add(name)
        first = value[0]
        is_bare = first in '"[{' or value in WORDS or (first in "-0123456789" and _is_number(value))
        out.append(f'"{name}"{colon}{value}' if is_bare else f'"{name}"{colon}"{value}"')
    if length != len(text) or text[-1] != "}" or len(names) != len(out) or "\t" in text:
        return None
    return f"{{{comma.join(out)}}}"


class _Brackets:
    """A sequence or mapping on one line, taken apart into tokens."""

    def __init__(self, text: str, comma: str, colon: str) -> None:
        self._tokens = [(found.lastgroup, found[0]) for found in _TOKENS.finditer(text)]
        if sum([len(token) for _, token in self._tokens]) != len(text):
            raise UnusualLine
        self._comma = comma
        self._colon = colon
        self._out: list[str] = []

    def whole(self) -> str:
        """Return the JSON."""
        if self._value(0, 0) != len(self._tokens):
            raise UnusualLine
        return "".join(self._out)

    def _value(self, at: int, depth: int) -> int:
        """Add the value that begins with this token, and return the number of the token behind it."""
        kind, token = self._tokens[at]
        if kind == "open":
            if depth > MAX_DEPTH:
                raise UnusualLine
            self._out.append(token)
            return self._members(at + 1, depth) if token == "{" else self._items(at + 1, depth)
        if kind == "plain":
            is_bare = token in WORDS or (token[0] in "-0123456789" and _is_number(token))
            self._out.append(token if is_bare else f'"{token}"')
        elif kind == "quoted":
            self._out.append(_quoted(token, token[0]))
        else:
            raise UnusualLine
        return at + 1

    def _items(self, at: int, depth: int) -> int:
        while self._tokens[at] != ("close", "]"):
            at = self._between(self._value(at, depth + 1), "]")
        self._out.append("]")
        return at + 1

    def _members(self, at: int, depth: int) -> int:
        names: set[str] = set()
        while self._tokens[at] != ("close", "}"):
            kind, token = self._tokens[at]
            name = _quoted(token, token[0]) if kind == "quoted" else f'"{token}"'
            if kind not in ("quoted", "plain") or self._tokens[at + 1][0] != "colon" or name in names:
                raise UnusualLine
            names.add(name)
            self._out.append(name + self._colon)
            at = self._between(self._value(at + 2, depth + 1), "}")
        self._out.append("}")
        return at + 1

    def _between(self, at: int, end: str) -> int:
        """Pass over a comma, which another value follows."""
        kind, token = self._tokens[at]
        if kind == "comma" and self._tokens[at + 1][0] != "close":
            self._out.append(self._comma)
            return at + 1
        if (kind, token) != ("close", end):
            raise UnusualLine
        return at
