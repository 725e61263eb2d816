"""The table of accidents is complete, and what it names is there."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from .cases import ALL
from .http2_cases import ALL as ALL_HTTP2

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = Path(__file__).parents[1]

NUMBERS = [
    *(f"C{number}" for number in range(10, 30)),
    "C35b",
    *(f"C{number}" for number in range(36, 55)),
    "C54b",
    *(f"C{number}" for number in range(55, 73)),
    "C79",
    "C83",
    "S3",
    "S6",
]
TABLES: dict[str, Sequence[Any]] = {"hostile/cases.py": ALL, "hostile/http2_cases.py": ALL_HTTP2}
CALLERS = {"side", "world", "fetch", "caller"}
"""The parameters that run a test with blocking code, under asyncio and under trio."""


class Row(NamedTuple):
    """One accident."""

    number: str
    sentence: str
    protocols: frozenset[str]
    tests: tuple[str, ...]


def rows() -> list[Row]:
    found: list[Row] = []
    for line in (Path(__file__).parent / "table.md").read_text(encoding="utf-8").splitlines():
        if re.match(r"\| [CS]\d", line):
            number, sentence, protocols, tests = (cell.strip() for cell in line.strip("|").split("|"))
            found.append(Row(number, sentence, frozenset(protocols.split()), tuple(re.findall(r"`([^`]+)`", tests))))
    return found


@functools.cache
def functions(path: str) -> dict[str, set[str]]:
    """Return the tests of a file, each with the names of its parameters."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {
        node.name: {argument.arg for argument in node.args.args}
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def runs_for_all_callers(test: str) -> bool:
    path, _, name = test.partition("::")
    return path in TABLES or bool(CALLERS & functions(path)[name])


def test_every_number_has_its_row() -> None:
    assert [row.number for row in rows()] == NUMBERS


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_a_row_says_what_happens_and_names_tests_that_are_there(row: Row) -> None:
    assert row.sentence
    assert row.protocols <= {"h1", "h2", "-"}
    assert row.tests
    for test in row.tests:
        path, _, name = test.partition("::")
        if path in TABLES:
            assert any(case.number.startswith(name) for case in TABLES[path]), test
        else:
            assert name in functions(path), test


@pytest.mark.parametrize(
    "row",
    [row for row in rows() if row.protocols != frozenset("-") and not row.number.startswith("S")],
    ids=lambda row: row.number,
)
def test_a_row_is_shown_for_all_three_kinds_of_callers(row: Row) -> None:
    assert any(runs_for_all_callers(test) for test in row.tests)


@pytest.mark.parametrize("row", [row for row in rows() if "h2" in row.protocols], ids=lambda row: row.number)
def test_what_concerns_http2_is_shown_over_http2(row: Row) -> None:
    assert any("http2" in test or "h2" in functions_of(test) for test in row.tests)


def functions_of(test: str) -> set[str]:
    """Return the parameters of a test; `h2` is one that runs it over both protocols."""
    path, _, name = test.partition("::")
    return set() if path in TABLES else functions(path)[name]


@pytest.mark.parametrize("path", TABLES)
def test_every_case_of_a_table_is_in_a_row(path: str) -> None:
    named = {test.partition("::")[2] for row in rows() for test in row.tests if test.startswith(path)}

    assert {case.number for case in TABLES[path] if not any(case.number.startswith(name) for name in named)} == set()
