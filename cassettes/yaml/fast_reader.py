"""The YAML that `writer` writes, turned into JSON line by line.

1. What the recorder writes says nothing that JSON cannot say: each line of it becomes a piece of a JSON text,
   which the standard library then reads. That is a fifth of the time that a YAML parser needs.
2. A body that is JSON (`json:`) is wanted as JSON: `read_messages` hands it on as text, and nothing builds its data.
3. Whatever else a person may have written makes both functions return `UNUSUAL`, and the real parser reads it.
   Both agree on everything that this one accepts.
"""

from __future__ import annotations

import json
from itertools import chain
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final

from ..data import json_text
from ..data.numbers import Number, number
from .fast_values import FIRST, NOTHING, WORDS, UnusualLine, is_clean, scalar
from .line_starts import Machine, Outside, State

if TYPE_CHECKING:
    from collections.abc import Iterator


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


_HEADERS = {"|": "", "|-": "-", "|+": "+", "|2": "", "|2-": "-", "|2+": "+"}
_FEW_DIGITS = 18
_NO_LINES: list[str] = []
_DOCUMENT = Machine(0, ",", ":")
_MESSAGES = Machine(0, ",", ":", takes_bodies=True)
_BODIES = {"": Machine(4, ",", ":"), "python": Machine(4, ", ", ": ")}


def read(text: str) -> Any:
    """Return the document in `text` as plain data, or `UNUSUAL`."""
    try:
        return _loads(_Lines(text, text.encode("utf-8")).document(_DOCUMENT))
    except (UnusualLine, ValueError, IndexError, RecursionError):
        return UNUSUAL


def read_messages(raw: bytes) -> Any:
    """Return an interaction as plain data, with each body of a `json:` that fills lines `Rendered`; or `UNUSUAL`."""
    try:
        lines = _Lines(raw.decode("utf-8"), raw)
        data = _loads(lines.document(_MESSAGES))
    except (UnusualLine, ValueError, IndexError, RecursionError):
        return UNUSUAL
    for name, body in lines.bodies.items():
        data[name]["json"] = body
    return data


def _integer(token: str) -> int | Number:
    return Number(token) if token == "-0" else int(token)


_decoded = json.JSONDecoder(parse_float=number).raw_decode
_decoded_with_zeros = json.JSONDecoder(parse_float=number, parse_int=_integer).raw_decode


def _loads(text: str) -> Any:
    # Perhaps there is a minus zero, which an `int` cannot say.
    value, end = _decoded_with_zeros(text) if "-0" in text else _decoded(text)
    if end != len(text):
        raise UnusualLine
    return value


class _Lines:
    def __init__(self, text: str, raw: bytes) -> None:
        if not is_clean(raw, text):
            raise UnusualLine
        if text.startswith("---"):
            first, _, text = text.partition("\n")
            if first[3:5] not in ("", " #"):
                raise UnusualLine
        if text.endswith("\n...\n"):
            text = text[:-4]
        self._is_simple = "\\" not in text and "\t" not in text
        self._has_comments = "#" in text
        self._lines = text.split("\n")
        if not self._lines[-1]:
            self._lines.pop()
        self._literals: Iterator[list[str]] = iter(())
        if "|" in text:
            self._lines, literals = _without_literals(self._lines)
            self._literals = iter(literals)
        self.bodies: dict[str, Rendered] = {}

    def document(self, machine: Machine) -> str:
        """Return the document as JSON."""
        rest: Iterator[str] = iter(self._lines)
        out: list[str] = []
        state, line = self._block(machine.start(), rest, out)
        while line is not None:
            assert state.outer is not None  # it is a body: a member of a message
            self.bodies[state.outer.name[1:-1]], line = self._body(rest)
            if line is not None:
                rest = chain((line,), rest)
            state, line = self._block(state, rest, out)
        out.append(state.closed())
        if out[0][0] != "{":
            raise UnusualLine
        return "".join(out)

    def _body(self, rest: Iterator[str]) -> tuple[Rendered, str | None]:
        """Return a body, and the line behind it."""
        style = "python" if "  style: python" in self._lines[-8:] else ""
        out: list[str] = []
        state, line = self._block(_BODIES[style].start(), rest, out)
        out.append(state.closed())
        return Rendered("".join(out), style), line

    def _block(self, state: State, rest: Iterator[str], out: list[str]) -> tuple[State, str | None]:
        """Add what the lines say as JSON; return the last state, and the line outside of the block or above a body."""
        # Without escapes and tabs, what is quoted stands for itself.
        quote, usual = ('"', FIRST) if self._is_simple else ("", NOTHING)
        has_comments = self._has_comments
        comma, colon = state.machine.comma, state.machine.colon
        line = None
        try:
            for line in rest:
                start, between, value = line.partition(": ")
                if between:
                    likely, lead, following = state.last
                    if start == likely:
                        state = following
                    else:
                        lead, state, begun = state.next(start)
                        value = begun + value
                else:
                    lead, state, value = state.alone(line)
                    if not value:
                        out.append(lead)
                        if state.is_body:
                            return state, line
                        continue
                first = value[0]
                if first == quote and '"' not in value[1:-1] and value[-1] == quote and value != quote:
                    out.append(lead + value)
                elif (
                    first in usual
                    and '"' not in value
                    and value[-1] not in " :"
                    and (":" not in value or ": " not in value)
                    and (first not in "tfn" or value not in WORDS)
                    and not (has_comments and " #" in value)
                ):
                    out.append(f'{lead}"{value}"')
                elif value.isdigit() and first != "0" and len(value) < _FEW_DIGITS and value.isascii():
                    out.append(lead + value)
                else:
                    out.append(lead + self._other(value, comma, colon))
        except Outside:
            return state, line
        return state, None

    def _other(self, value: str, comma: str, colon: str) -> str:
        """Return a value that takes a closer look as JSON."""
        return _literal(value, next(self._literals, _NO_LINES)) if value[0] == "|" else scalar(value, comma, colon)


def _without_literals(lines: list[str]) -> tuple[list[str], list[list[str]]]:
    """Return the lines that are in no literal block; and the lines of each block, without their indentation."""
    kept: list[str] = []
    literals: list[list[str]] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        kept.append(line)
        stripped = line.lstrip(" ")
        dash = 2 if stripped.startswith("- ") else 0
        _, between, value = stripped.partition(": ")
        if (value if between else stripped[dash:]) in _HEADERS:
            # What belongs to an item is deeper than its dash, what belongs to a member deeper than its name.
            column = len(line) - len(stripped) + (dash if between else 0) + 2
            lead, start = " " * column, at
            while at < len(lines) and (lines[at].startswith(lead) or not lines[at]):
                at += 1
            literals.append([inner[column:] for inner in lines[start:at]])
    return kept, literals


def _literal(header: str, lines: list[str]) -> str:
    """Return a literal block as JSON."""
    ending = _HEADERS.get(header)
    if ending is None:
        raise UnusualLine
    blank = 0
    while lines and not lines[-1]:
        lines.pop()
        blank += 1
    # Blanks at the start need the digit, blank lines of other widths a closer look.
    if not lines or (lines[0][:1] in ("", " ", "\t")) != (header[1:2] == "2") or lines[0].isspace():
        raise UnusualLine
    if ending != "+" and blank:
        raise UnusualLine
    text = "\n".join(lines)
    if ending != "-":
        text += "\n" * (1 + blank if ending == "+" else 1)
    return encode_basestring(text)
