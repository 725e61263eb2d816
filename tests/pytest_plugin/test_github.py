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


def test_signs_that_end_a_property_are_escaped_in_the_name_of_a_test(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    suite.write(
        """
        import pytest, understudy

        @pytest.mark.parametrize("path", ["a,b:c%"])
        def test_miss(http_mock, path):
            understudy.get(f"https://api.test/{path}")
        """
    )

    suite.run().stdout.fnmatch_lines(
        ["::error *,title=UnmatchedRequest in test_miss[[]a%2Cb%3Ac%25]::no route answers*"]
    )


def test_elsewhere_there_are_none(suite: Suite) -> None:
    suite.write(SUITE)

    result = suite.run()

    result.stdout.no_fnmatch_line("::error*")
