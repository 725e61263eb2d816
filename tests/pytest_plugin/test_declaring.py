"""A suite keeps the names that it has chosen, wherever it chose them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy.pytest_plugin.options import OF_PYTEST_VCR, OPTIONS

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]

OWN = """
    def pytest_addoption(parser):
        parser.addoption("--verify", default="nothing")
        parser.addoption("--unused", action="store_true")
        parser.addini("expired", "days", default="3")
    """
IN_USE = """
    from understudy.pytest_plugin.options import expired, unused, verifies

    def test_options(request):
        config = request.config
        assert config.getoption("--verify") == "signatures"
        assert config.getoption("unused") is True
        assert config.getini("expired") == "7"
        assert (verifies(config), unused(config), expired(config)) == (True, "ignore", "ignore")
    """
INI = "[pytest]\nexpired = 7\nunderstudy_expired = ignore\ntestpaths = tests\n"


@pytest.mark.once
@pytest.mark.parametrize("more", [(), ("-n1",)])
def test_a_suite_that_has_options_of_the_same_names_keeps_them(suite: Suite, more: tuple[str, ...]) -> None:
    suite.write(OWN, "tests/conftest.py")
    suite.write(IN_USE, "tests/test_suite.py")
    suite.write(INI, "pytest.ini")

    result = suite.run_apart(
        "--verify=signatures", "--unused", "--understudy-verify", "--understudy-unused=ignore", *more
    )

    result.assert_outcomes(passed=1)


def test_a_plugin_that_comes_after_this_one_keeps_its_names(suite: Suite) -> None:
    suite.write(OWN, "checking.py")
    suite.write(IN_USE)
    suite.write(INI, "pytest.ini")

    result = suite.run_apart(
        "-p", "understudy.pytest_plugin", "-p", "checking", "test_suite.py",
        "--verify=signatures", "--unused", "--understudy-verify", "--understudy-unused=ignore",
    )  # fmt: skip

    result.assert_outcomes(passed=1)


def test_help_says_what_ours_are_called_then(suite: Suite) -> None:
    suite.write(OWN, "conftest.py")

    text = suite.run("--help").stdout.str()

    assert "  --understudy-verify " in text
    assert "  --verify=VERIFY" in text
    assert "  understudy_expired (" in text


def test_help_shows_them_where_a_conftest_is_broken(suite: Suite) -> None:
    suite.write("import nothing_of_this_name", "conftest.py")

    assert "  --record-mode=" in suite.run_apart("--help").stdout.str()


@pytest.mark.parametrize("flag", [option.flag for option in (*OPTIONS, *OF_PYTEST_VCR) if not option.is_switch])
def test_a_value_apart_from_its_option_is_no_file_in_which_to_look_for_conftests(suite: Suite, flag: str) -> None:
    """Without a path, the `conftest.py` of `testpaths` is read; with one, that beside the path."""
    suite.write("def pytest_addoption(parser): parser.addoption('--verify')", "tests/conftest.py")
    suite.write("def test_own(request): assert request.config.getoption('--verify') == 'signatures'", "tests/test_a.py")
    suite.write("[pytest]\ntestpaths = tests\n", "pytest.ini")
    value = {"--unused": "report", "--expired": "report", "--replay-chunks": "whole", "--mock-mode": "wire"}.get(
        flag, "all"
    )

    result = suite.run("--verify", "signatures", flag, value, "--collect-only", "-q")

    assert "tests/test_a.py::test_own" in result.stdout.str()


def test_a_conftest_may_name_the_plugin_itself(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    suite.write(
        f"pytest_plugins = ['understudy.pytest_plugin']\n{OWN.replace(chr(10) + '    ', chr(10))}", "conftest.py"
    )
    suite.write(IN_USE)
    suite.write(INI, "pytest.ini")

    result = suite.pytester.runpytest_subprocess(
        "--verify=signatures", "--unused", "--understudy-verify", "--understudy-unused", "ignore", "test_suite.py"
    )

    result.assert_outcomes(passed=1)
