"""The YAML that `yaml_writer` writes, turned into JSON line by line.

1. What the recorder writes says nothing that JSON cannot say: each line of it becomes a piece of a JSON text,
   which the standard library then reads. That is a fifth of the time that a YAML parser needs.
2. A body that is JSON (`json:`) is wanted as JSON: `read_messages` hands it on as text, and nothing builds its data.
3. Whatever else a person may have written makes both functions return `UNUSUAL`, and the real parser reads it.
   Both agree on everything that this one accepts.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import Any, Final, NamedTuple

from . import json_text
from .fast_values import FIRST, MAX_DEPTH, UnusualLine, is_clean, is_plain, scalar
from .numbers import Number, number


class Unusual:
    """The type of `UNUSUAL`: written in a way that this reader does not know."""


UNUSUAL: Final = Unusual()


class Rendered:
    """The JSON text of a body, in one style of `json_text`."""

    __slots__ = ("style", "text")

    def __init__(self, text: str, style: str) -> None:
        self.text: str = text
        self.style: str = style

    def content(self, style: str) -> bytes:
        """Return the body in this style."""
        return self.text.encode("utf-8") if style == self.style else json_text.render(_loads(self.text), style)


_LINE = re.compile(r"( *)(- |-\Z)?(?:([A-Za-z_][\w./+@-]*|\"[^\"\\]+\"):(?:\Z| (?=[^ ]))|(?=[^ ]))?(.*)\Z", re.DOTALL)
_HEADERS = {"|": "", "|-": "-", "|+": "+", "|2": "", "|2-": "-", "|2+": "+"}
_NOWHERE = -9
_FEW_DIGITS = 18


# The columns of the dash (-1 where there is none) and of the key; the key in JSON, alone and behind a comma.
_Head = tuple[int, int, str, str]


class _Style(NamedTuple):
    """How to separate; and what was found out about lines with a key: up to the key, and those that end with it."""

    comma: str
    colon: str
    heads: dict[str, _Head]
    bares: dict[str, _Head]


_COMPACT = _Style(",", ":", {}, {})
_PYTHON = _Style(", ", ": ", {}, {})
_MOST_HEADS = 10_000
_LONGEST_HEAD = 100


def read(text: str) -> Any:
    """Return the document in `text` as plain data, or `UNUSUAL`."""
    try:
        return _loads(_Lines(text, text.encode("utf-8"), False).document())
    except (UnusualLine, ValueError, IndexError, RecursionError):
        return UNUSUAL


def read_messages(raw: bytes) -> Any:
    """Return an interaction as plain data, with each body of a `json:` that fills lines `Rendered`; or `UNUSUAL`."""
    try:
        lines = _Lines(raw.decode("utf-8"), raw, True)
        data = _loads(lines.document())
    except (UnusualLine, ValueError, IndexError, RecursionError):
        return UNUSUAL
    for name, body in lines.bodies.items():
        data[name]["json"] = body
    return data


def _integer(token: str) -> int | Number:
    return Number(token) if token == "-0" else int(token)


_decoded = json.JSONDecoder(parse_float=number).decode
_decoded_with_zeros = json.JSONDecoder(parse_float=number, parse_int=_integer).decode


def _loads(text: str) -> Any:
    # Perhaps there is a minus zero, which an `int` cannot say.
    return _decoded_with_zeros(text) if "-0" in text else _decoded(text)


class _Nest:
    """The JSON so far, and the mappings and sequences that are open in it, each two columns deeper than the last."""

    __slots__ = ("_base", "_comma", "_is_waiting", "_outer", "column", "end", "is_item", "members", "names", "out")

    def __init__(self, base: int, comma: str) -> None:
        self.out: list[str] = []
        self.names: list[str] = []
        self.column = base - 2
        self.end = ""
        self.members = _NOWHERE  # the column in which a line is one more member of the innermost mapping
        self.is_item = False  # whether that mapping is one of a sequence
        self._outer: list[tuple[str, list[str]]] = []
        self._is_waiting = True
        self._base = base
        self._comma = comma

    @property
    def owner(self) -> str:
        """The name under which the innermost mapping stands."""
        return self._outer[-1][1][-1][1:-2]

    def wait(self) -> None:
        """Let the next line begin the value of this one."""
        self._is_waiting = True
        self.members = _NOWHERE

    def go(self, dash: int, place: int, key: str) -> bool:
        """Open or close what lies between the last line and one with these columns; `False` where it lies outside."""
        column, end = (place, "}") if dash < 0 else (dash, "]")
        if self._is_waiting:
            if column != self.column + 2:
                raise UnusualLine
            self._open(end)
            self._is_waiting = False
        elif column < self._base:
            return False
        else:
            while self.column > column:
                self._close()
            if self.column != column or self.end != end:
                raise UnusualLine
            self.out.append(self._comma)
        if key and dash >= 0:
            self._open("}")
        self.members = self.column if self.end == "}" else _NOWHERE
        self.is_item = self._outer[-1][0] == "]"
        return True

    def again(self) -> list[str]:
        """End one mapping and begin another of the same sequence; return its names."""
        if len(set(self.names)) != len(self.names):
            raise UnusualLine
        self.names = []
        return self.names

    def whole(self) -> str:
        """Return the JSON, when there are no more lines."""
        if self._is_waiting:
            raise UnusualLine
        while self._outer:
            self._close()
        return "".join(self.out)

    def _open(self, end: str) -> None:
        if len(self._outer) >= MAX_DEPTH:
            raise UnusualLine
        self._outer.append((self.end, self.names))
        self.column += 2
        self.end, self.names = end, []
        self.out.append("{" if end == "}" else "[")

    def _close(self) -> None:
        if len(set(self.names)) != len(self.names):
            raise UnusualLine
        self.out.append(self.end)
        self.end, self.names = self._outer.pop()
        self.column -= 2


class _Lines:
    def __init__(self, text: str, raw: bytes, takes_bodies: bool) -> None:
        if not is_clean(raw, text):
            raise UnusualLine
        if text.startswith("---"):
            first, _, text = text.partition("\n")
            if first[3:5] not in ("", " #"):
                raise UnusualLine
        if text.endswith("\n...\n"):
            text = text[:-5]
        elif text.endswith("\n"):
            text = text[:-1]
        # Without these, what is quoted stands for itself.
        self._is_simple = "\\" not in text and "\t" not in text
        self._lines = text.split("\n")
        self._takes_bodies = takes_bodies
        self.bodies: dict[str, Rendered] = {}

    def document(self) -> str:
        """Return the document as JSON."""
        text, end = self._block(0, 0, _COMPACT)
        if end != len(self._lines) or text[0] != "{":
            raise UnusualLine
        return text

    def _block(self, at: int, base: int, style: _Style) -> tuple[str, int]:
        """Return what stands in this column from this line on, as JSON, and the line behind it."""
        lines, count, is_simple, usual = self._lines, len(self._lines), self._is_simple, FIRST
        comma, colon, heads, bares = style
        nest = _Nest(base, comma)
        out, names, members, between = nest.out, nest.names, _NOWHERE, f"}}{comma}{{"
        while at < count:
            line = lines[at]
            head, _, rest = line.partition(": ")
            known = heads.get(head) if rest else bares.get(line)
            if known is None:
                known, rest = _head(line, style)
            dash, place, key, lead = known
            if place == members and dash < 0:
                names.append(key)
            elif place == members and key and nest.is_item:
                out.append(between)
                names, lead = nest.again(), key
                names.append(key)
            elif nest.go(dash, place, key):
                names, members, lead = nest.names, nest.members, key
                if key:
                    names.append(key)
            else:
                break
            at += 1
            if not rest:
                out.append(lead)
                at = self._below(at, key, nest)
                members = nest.members
            elif is_simple and rest[0] == '"' and rest.find('"', 1) == len(rest) - 1:
                out.append(f"{lead}{rest}")
            elif is_simple and rest[0] in usual and '"' not in rest and is_plain(rest):
                out.append(f'{lead}"{rest}"')
            elif rest.isdigit() and rest[0] != "0" and len(rest) < _FEW_DIGITS and rest.isascii():
                out.append(lead + rest)
            else:
                text, at = self._literal(at, rest, nest.column) if rest[0] == "|" else (scalar(rest, comma, colon), at)
                out.append(lead + text)
        return nest.whole(), at

    def _below(self, at: int, key: str, nest: _Nest) -> int:
        """Let a value come on the lines that follow; a body is taken whole, and the line behind it returned."""
        if key != '"json":' or nest.column != 2 or not self._takes_bodies:
            nest.wait()
            return at
        is_python = "  style: python" in self._lines[-8:]
        text, at = self._block(at, 4, _PYTHON if is_python else _COMPACT)
        self.bodies[nest.owner] = Rendered(text, "python" if is_python else "")
        nest.out.append("null")
        return at

    def _literal(self, at: int, header: str, column: int) -> tuple[str, int]:
        """Return a literal block as JSON, and the line behind it."""
        ending = _HEADERS.get(header)
        if ending is None:
            raise UnusualLine
        lead = " " * (column + 2)
        raw = self._lines
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
            raise UnusualLine
        if ending != "+" and blank and at < len(raw):
            raise UnusualLine
        text = "\n".join(lines)
        if ending != "-":
            text += "\n" * (1 + blank if ending == "+" else 1)
        return encode_basestring(text), at


def _head(line: str, style: _Style) -> tuple[_Head, str]:
    """Return what stands at the start of a line, and what follows."""
    found = _LINE.match(line)
    if found is None:
        raise UnusualLine
    indent, dash, name, rest = found.groups()
    place = len(indent)
    if name is None:
        if dash is None:
            raise UnusualLine
        return (place, place + 2, "", ""), rest
    key = (name if name[0] == '"' else f'"{name}"') + style.colon
    lead = style.comma + key
    known = (-1, place, key, lead) if dash is None else (place, place + 2, key, lead)
    if not rest:
        _remember(style.bares, line, known)
    else:
        _remember(style.heads, line[: -len(rest) - 2], known)
    return known, rest


def _remember(heads: dict[str, _Head], head: str, known: _Head) -> None:
    if len(heads) < _MOST_HEADS and len(head) < _LONGEST_HEAD:
        heads[head] = known
