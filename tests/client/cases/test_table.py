"""The table of accidents is complete, and what it names is there."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from .test_given import CASES

TESTS = Path(__file__).parents[2]
NUMBERS = [
    *(f"C{number:02}" for number in range(1, 10)),
    *(f"C{number}" for number in range(30, 36)),
    *(f"C{number}" for number in range(73, 86) if number not in (79, 83)),
]


class Row(NamedTuple):
    """One accident."""

    number: str
    sentence: str
    tests: list[str]


def rows() -> list[Row]:
    found: list[Row] = []
    for line in (Path(__file__).parent / "table.md").read_text(encoding="utf-8").splitlines():
        if re.match(r"\| C\d", line):
            number, sentence, tests = (cell.strip() for cell in line.strip("|").split("|"))
            found.append(Row(number, sentence, re.findall(r"`([^`]+)`", tests)))
    return found


@functools.cache
def functions(path: str) -> set[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_every_number_has_its_row() -> None:
    assert [row.number for row in rows()] == NUMBERS


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_a_row_names_tests_that_are_there(row: Row) -> None:
    assert row.sentence
    assert row.tests
    for test in row.tests:
        path, _, name = test.partition("::")
        if re.fullmatch(r"C\d+", name):
            assert name == row.number
            assert any(case.number == name for case in CASES)
        else:
            assert name in functions(path), test


def test_every_case_has_a_row() -> None:
    assert {case.number for case in CASES} <= set(NUMBERS)
