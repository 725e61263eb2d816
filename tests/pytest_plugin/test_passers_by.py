from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from understudy.pytest_plugin.passers_by import CLIENTS, imported, told

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]


def from_a_file(name: str) -> ModuleType:
    module = ModuleType(name)
    module.__file__ = f"{name}/__init__.py"
    return module


@pytest.fixture(autouse=True)
def none_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CLIENTS:
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_an_alias_of_httpx_is_no_other_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", ModuleType("httpx"))
    monkeypatch.setitem(sys.modules, "requests", from_a_file("requests"))

    assert imported() == ["requests"]


@pytest.mark.parametrize(
    ("clients", "says"),
    [
        (["requests"], "requests is imported here, and what it sends meets no tape without understudy.bridges"),
        (
            ["httpx", "requests"],
            "httpx and requests are imported here, and what they send meets no tape without "
            "`import understudy; understudy.alias_httpx()` at the top of the root conftest.py or understudy.bridges",
        ),
    ],
)
def test_each_is_told_with_what_leads_it_to_the_tapes(clients: list[str], says: str) -> None:
    assert told(clients) == says


TAPE = """\
cassette: 1
...
--- # GET / -> 200
request: {method: GET, url: "https://api.test/"}
response: {status: 200, text: hello}
...
"""


@pytest.mark.parametrize("marker", ["cassette", "vcr"])
def test_a_run_says_that_its_tests_went_by_their_tapes(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, marker: str
) -> None:
    monkeypatch.setitem(sys.modules, "requests", from_a_file("requests"))
    for name in ("test_by", "test_fails", "test_asks", "test_misses"):
        suite.write(TAPE, f"cassettes/test_suite/{name}.yaml")
    suite.write(
        f"""
        import pytest
        import understudy

        pytestmark = pytest.mark.{marker}

        def test_by():
            pass

        def test_fails():
            raise ConnectionError("no such host")

        def test_asks():
            assert understudy.get("https://api.test/").text == "hello"

        def test_misses():
            understudy.get("https://api.test/other")
        """
    )

    result = suite.run()

    result.stdout.fnmatch_lines(
        [
            "untouched: 2 tests asked nothing of the tape that is there",
            "  requests is imported here, and what it sends meets no tape without understudy.bridges",
        ]
    )
