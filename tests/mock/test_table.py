"""The table of what a mock must do is complete, and what it names is there."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parents[1]

NUMBERS = [
    *(f"M{number:02}" for number in range(1, 26)),
    *(f"A{number:02}" for number in range(1, 25)),
    *(f"X{number:02}" for number in range(1, 17)),
]


class Row(NamedTuple):
    """One number."""

    number: str
    sentence: str
    shown_by: tuple[str, ...]


def rows() -> list[Row]:
    found: list[Row] = []
    for line in (Path(__file__).parent / "table.md").read_text(encoding="utf-8").splitlines():
        if re.match(r"\| [AMX]\d", line):
            number, sentence, shown_by = (cell.strip() for cell in line.strip("|").split("|"))
            found.append(Row(number, sentence, tuple(re.findall(r"`([^`]+)`", shown_by))))
    return found


@functools.cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_every_number_has_its_row() -> None:
    assert [row.number for row in rows()] == NUMBERS


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_a_row_says_what_must_be_seen_and_names_what_shows_it(row: Row) -> None:
    assert row.sentence
    assert row.shown_by
    for shown in row.shown_by:
        path, _, name = shown.partition("::")
        assert name in functions_of(path) if name else (TESTS.parent / path).is_file(), shown
