"""JSON bodies as lines of YAML, made at once and proven while they are made.

Most bodies are JSON of one line whose texts need no escapes.
Their lines are made here, and with each line the piece of JSON that it stands for:
where the pieces give the body, byte for byte, the lines say it.
That is a third of the time of parsing, rendering, writing and reading back.
The lines are those that `yaml.writer` writes, which the tests compare.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..data.json_text import MAX_DEPTH
from ..data.numbers import number
from ..secrets.members import PAIRED_VALUES
from ..yaml.fast_values import holds_odd
from ..yaml.writer import (
    WIDTH,
    constant,
    flow_of_members,
    flow_of_scalars,
    key,
    scalar,
)
from .json_tables import columns_of, rows, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..secrets.redaction import Redactor
    from .json_tables import Columns

_decoded = json.JSONDecoder(parse_float=number).raw_decode
_CONSTANTS = {None: "null", True: "true", False: "false"}
_INDENT = "    "
_ESCAPES = (b"\\", b"\n", b"\t")
_DEEPEST = len(_INDENT) + 2 * MAX_DEPTH
_MARK = "0x4a534f4e"  # which no text is written as: it would be in quotes
_MOST_NAMES = 1_000
_LONGEST_NAME = 100


class Block:
    """The lines that stand below the `json:` of a message; a short mark is written in their place, and replaced."""

    __slots__ = ("content", "lines", "style")

    def __init__(self, content: str, style: str, lines: str) -> None:
        self.content: str = content
        self.style: str = style
        self.lines: str = lines

    def __eq__(self, other: object) -> bool:
        return other == _MARK

    def __hash__(self) -> int:
        return hash(_MARK)

    def __repr__(self) -> str:
        return _MARK


def with_blocks(text: str, document: dict[str, Any]) -> str:
    """Return the text of a document with the lines of its blocks in the place of their marks."""
    parts = text.split(f"\n  json: {_MARK}\n")
    if len(parts) == 1:
        return text
    blocks = [body.lines for message in document.values() if isinstance(body := message.get("json"), Block)]
    lines = [part for pair in zip(parts, blocks) for part in (pair[0], "\n  json:\n", pair[1], "\n")]
    return "".join([*lines, parts[-1]])


def block(content: bytes, redactor: Redactor) -> Block | None:
    """Return the lines for a JSON text without secrets; `None` where it takes a closer look."""
    if content[:1] not in b"{[" or b"\\" in content or b"\n" in content or b"\t" in content:
        return None
    try:
        text = content.decode("utf-8")
        if b"\x7f" in content or holds_odd(content, text) or not redactor.leaves(text):
            return None
        data, end = _decoded(text)  # which refuses the other control characters
        if not data or end != len(text):
            return None
        style = "python" if '": ' in text[: text.find('":') + 3] else ""
        lines = _Lines(redactor, *((", ", ": ") if style else (",", ":")))
        if data.__class__ is dict:
            lines.mapping(data, _INDENT, _INDENT)
        elif flow_of_scalars(data, WIDTH) is None:
            lines.sequence(data, _INDENT)
        if lines.holds_values and redactor.hides_pairs(text):
            return None
    except (ValueError, RecursionError):
        return None
    return Block(text, style, "\n".join(lines.lines)) if "".join(lines.pieces) == text else None


class _Lines:
    """Lines of YAML, and the pieces of JSON that they stand for."""

    def __init__(self, redactor: Redactor, comma: str, colon: str) -> None:
        self._redactor = redactor
        self._starts = redactor.harmless_names[comma]
        self.lines: list[str] = []
        self.pieces: list[str] = []
        self.holds_values = False
        self._comma = comma
        self._colon = colon

    def mapping(self, mapping: dict[str, Any], indent: str, lead: str) -> None:
        """Add the members, the first one behind `lead`: the indentation, or the dash of a sequence."""
        lines, pieces, known = self.lines, self.pieces, self._starts[indent]
        if len(indent) > _DEEPEST:
            raise ValueError("nested too deep")
        line, opening = len(lines), len(pieces)
        for name, value in mapping.items():
            kind: Any = value.__class__
            start, piece = known.get(name) or self._start(name, indent)
            if kind is str:
                lines.append(f"{start} {text_of(value)}")
                pieces.append(f'{piece}"{value}"')
            elif kind is int:
                lines.append(f"{start} {value}")
                pieces.append(f"{piece}{value}")
            else:
                pieces.append(piece)
                self._value(value, start, indent)
        lines[line] = lead + lines[line][len(indent) :]
        pieces[opening] = "{" + pieces[opening][len(self._comma) :]
        pieces.append("}")

    def _start(self, name: str, indent: str) -> tuple[str, str]:
        """Return how a line and a piece of JSON begin with a name whose values are no secrets."""
        if self._redactor.hides(name):
            raise ValueError("a secret")
        start = f"{indent}{key(name)}:", f'{self._comma}"{name}"{self._colon}'
        if name in PAIRED_VALUES:
            self.holds_values = True
            return start
        known = self._starts[indent]
        if len(known) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
            known[name] = start
        return start

    def sequence(self, items: list[Any], indent: str) -> None:
        """Add the items."""
        if len(indent) > _DEEPEST:
            raise ValueError("nested too deep")
        between, harmless = "[", self._starts[""]
        columns = columns_of(items, WIDTH - len(indent) - 2)
        if columns is not None and self._table(items[0], columns, indent):
            return
        for item in items:
            self.pieces.append(between)
            if item.__class__ is not dict or not item:
                self._value(item, f"{indent}-", indent)
            elif (line := flow_of_members(item, WIDTH - len(indent) - 2)) is not None:
                for name in item:
                    if name not in harmless:
                        self._start(name, "")
                self.lines.append(f"{indent}- {line}")
                self.pieces.append(self._spelled(item))
            else:
                self.mapping(item, f"{indent}  ", f"{indent}- ")
            between = self._comma
        self.pieces.append("]")

    def _table(self, names: Iterable[str], columns: Columns, indent: str) -> bool:
        """Add items that have the same names; `False` where it takes a look at each."""
        if len(indent) + 2 > _DEEPEST:
            raise ValueError("nested too deep")
        known = self._starts[f"{indent}  "]
        starts = [known.get(name) or self._start(name, f"{indent}  ") for name in names]
        made = rows(columns, starts, self._comma, f"{indent}- ")
        if made is None:
            return False
        self.lines.append(made[0])
        self.pieces += ("[", made[1], "]")
        return True

    def _value(self, value: Any, lead: str, indent: str) -> None:
        kind: Any = value.__class__
        if kind is dict and value:
            self.lines.append(lead)
            self.mapping(value, f"{indent}  ", f"{indent}  ")
            return
        said: str | None
        if kind is list:
            holds_objects = value and value[0].__class__ is dict and value[0]
            said = None if holds_objects else flow_of_scalars(value, WIDTH - len(lead))
            if said is None:
                self.lines.append(lead)
                self.sequence(value, f"{indent}  ")
                return
        elif kind is dict:
            said = "{}"
        else:
            said = scalar(value) if kind is str else constant(value)
        self.lines.append(f"{lead} {said}")
        self.pieces.append(self._spelled(value))

    def _spelled(self, value: Any) -> str:
        """Return a short value as JSON."""
        kind: Any = value.__class__
        if kind is str:
            return f'"{value}"'
        if kind is dict:
            members = [f'"{name}"{self._colon}{self._spelled(item)}' for name, item in value.items()]
            return f"{{{self._comma.join(members)}}}"
        if kind is list:
            return f"[{self._comma.join(map(self._spelled, value))}]"
        return _CONSTANTS[value] if value is None or kind is bool else repr(value)
