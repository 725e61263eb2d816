"""Annotations of GitHub Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from .conftest import Suite

pytest_plugins = ["pytester"]

SUITE = """
import pytest
import understudy

def test_miss(http_mock):
    http_mock.get("https://api.test/users").respond(json=[])
    understudy.get("https://api.test/user")

@pytest.mark.cassette
def test_missing():
    pass

def test_other():
    assert False
"""


def test_misses_are_annotations_at_the_line_of_their_test(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    suite.write(SUITE)

    result = suite.run()

    result.assert_outcomes(failed=2, errors=1)
    found = [line for line in result.outlines if line.startswith("::error")]
    assert len(found) == 2
    result.stdout.fnmatch_lines_random(
        [
            "::error file=test_suite.py,line=5,title=UnmatchedRequest in test_miss::no route answers GET *%0A*",
            "::error file=test_suite.py,line=9,title=CassetteMissing in test_missing::*%0A*",
        ]
    )


def test_elsewhere_there_are_none(suite: Suite) -> None:
    suite.write(SUITE)

    result = suite.run()

    result.stdout.no_fnmatch_line("::error*")
