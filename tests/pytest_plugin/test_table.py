"""The table of accidents is complete, and what it names is there."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parents[1]


class Row(NamedTuple):
    """One accident."""

    number: str
    sentence: str
    tests: tuple[str, ...]


def rows() -> list[Row]:
    found: list[Row] = []
    for line in (Path(__file__).parent / "table.md").read_text(encoding="utf-8").splitlines():
        if re.match(r"\| P\d", line):
            number, sentence, tests = (cell.strip() for cell in line.strip("|").split(" | "))
            found.append(Row(number, sentence, tuple(re.findall(r"`([^`]+)`", tests))))
    return found


@functools.cache
def functions(path: str) -> set[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_every_number_has_its_row() -> None:
    assert [row.number for row in rows()] == [f"P{number:02}" for number in range(1, 11)]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_a_row_says_what_happens_and_names_tests_that_are_there(row: Row) -> None:
    assert row.sentence
    assert row.tests
    for test in row.tests:
        path, _, name = test.partition("::")
        assert name in functions(path), test
