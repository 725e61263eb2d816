"""A suite written by a test, run by a pytest of its own."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
import yaml

import understudy

if TYPE_CHECKING:
    from pathlib import Path

# Loaded before an inner run of pytest, which forgets the modules that it was first to load.
# The half of yaml that is C would then go on to raise the errors of the one that is forgotten, which nobody can catch.
PRELOADED = (understudy.Client, understudy.cassettes, understudy.mock, yaml)


class Suite:
    """A folder with test files, and the command `pytest` in it."""

    # A process of its own, and each of its workers, loads all plugins that are installed: these take most of the time.
    LEAN = ("-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:randomly", "-p", "no:cacheprovider")

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def write(self, source: str, name: str = "test_suite.py") -> Path:
        """Write a file, without the indentation that it has in the test."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), "utf-8")
        return path

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in this process."""
        return self.pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self.pytester.runpytest_subprocess(*self.LEAN, *arguments)


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """An empty suite; nobody else's settings reach it."""
    for name in ("CI", "GITHUB_ACTIONS", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    # Python takes a file that was written again within a second, as long as before, for the one that it has compiled.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return Suite(pytester)
