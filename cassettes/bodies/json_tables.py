"""Lists of objects that all have the same names, made into lines of YAML column by column.

Most lists in the answers of an API are such tables: what one look at a column tells is not asked of every value.
The lines, and the JSON beside them, are those that `json_blocks` makes of one object after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Callable

from ..data.numbers import Number
from ..yaml.writer import DIGITS, LETTERS, LONGEST_WORD, NOT_TEXT, constant, scalar

Columns = list[Sequence[Any]]

_FEWEST = 4
_TEXTS: set[type] = {str}
_NUMBERS: set[type] = {int}
_SCALARS: set[type] = {str, int, float, bool, type(None), Number}
_NOT_LAST = frozenset(" :")  # of a plain text
_values: Callable[[dict[str, Any]], Iterable[Any]] = dict[str, Any].values
_DATES = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[^\n]*\n)+\Z")


def columns_of(items: Sequence[Any], room: int) -> Columns | None:
    """Return the values of each name, where all items have the same names, and none is short enough for one line."""
    if len(items) < _FEWEST or items[-1].__class__ is not dict or {*map(type, items)} != {dict}:
        return None
    objects: Sequence[dict[str, Any]] = items
    names = tuple(objects[0])
    if not names or {*map(tuple, objects)} != {names}:
        return None
    columns: Columns = list(zip(*map(_values, objects)))
    # A name takes its place in the line, and at least four characters beside it.
    if len("".join(names)) + 4 * len(names) > room:
        return columns
    long = [column for column in columns if column[0].__class__ is str and len(column[0]) > room]
    return columns if any({*map(type, column)} == _TEXTS and min(map(len, column)) > room for column in long) else None


def rows(columns: Columns, starts: Iterable[tuple[str, str]], comma: str, lead: str) -> tuple[str, str] | None:
    """Return the lines of all items, and their JSON; `None` where an item holds lists or objects.

    `starts` says how the line of each member begins, and, behind a comma, its JSON; an item begins with `lead`.
    """
    said: Columns = []
    meant: Columns = []
    before_said: list[str] = []
    before_meant: list[str] = []
    said_mark = meant_mark = ""
    for (start, name), column in zip(starts, columns):
        # A mark that ends the value of one member stands before the next one.
        said_end, meant_end = said_mark, meant_mark
        said_mark = meant_mark = ""
        kinds = {*map(type, column)}
        if kinds == _TEXTS:
            said_mark, texts = _texts(column)
            meant_mark = '"'
            said.append(texts)
            meant.append(column)
        elif kinds == _NUMBERS:
            said.append(tuple(map(str, column)))
            meant.append(said[-1])
        elif kinds <= _SCALARS:
            said.append([text_of(value) if value.__class__ is str else constant(value) for value in column])
            meant.append([f'"{value}"' if value.__class__ is str else constant(value) for value in column])
        else:
            return None
        before_said.append(f"{said_end}\n{start} {said_mark}")
        before_meant.append(f"{meant_end}{name}{meant_mark}")
    first_said = f"{lead}{before_said[0][1 + len(lead) :]}"
    first_meant = f"{{{before_meant[0][len(comma) :]}"
    before_said[0] = f"{said_mark}\n{first_said}"
    before_meant[0] = f"{meant_mark}}}{comma}{first_meant}"
    return (
        _woven(first_said, before_said, said, said_mark),
        _woven(first_meant, before_meant, meant, f"{meant_mark}}}"),
    )


def _woven(first: str, before: Sequence[str], columns: Columns, ending: str) -> str:
    """Return the values of the first row, each behind what stands before it, then those of the second, and so on.

    Before the first one of all stands `first`.
    """
    width = 2 * len(before)
    row: list[Any] = [None] * width
    row[::2] = before
    parts = row * len(columns[0])
    for number, column in enumerate(columns):
        parts[2 * number + 1 :: width] = column
    parts[0] = first
    parts.append(ending)
    return "".join(parts)


def text_of(value: str) -> str:
    """Return a text without escapes as it stands behind a name: plain where nobody could misread it, else in quotes."""
    first = value[:1] if len(value) > LONGEST_WORD else ""
    if first in LETTERS:
        is_plain = True
    elif first in DIGITS:
        is_plain = not NOT_TEXT.match(value)
    else:
        return scalar(value)
    if (
        is_plain
        and value[-1] not in " :"
        and (":" not in value or ": " not in value)
        and ("#" not in value or " #" not in value)
    ):
        return value
    return f'"{value}"'


def _texts(column: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return the mark that all values stand between, if any, and the values between them."""
    if not [None for value in column if len(value) <= LONGEST_WORD or value[0] not in LETTERS]:
        whole = "".join(column)
        has_marks = "#" in whole or (":" in whole and ": " in whole)
        lasts = {value[-1] for value in column}
        if not has_marks and lasts.isdisjoint(_NOT_LAST):
            return "", column
        if lasts <= _NOT_LAST:
            return '"', column
    elif column[0][:1] in DIGITS and _DATES.match("\n".join([*column, ""])):
        return '"', column
    return "", list(map(text_of, column))
