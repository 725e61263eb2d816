from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from understudy.pytest_plugin.options import OPTIONS, allowed_hosts, blocks_network, record_mode

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]


def configured(pytester: pytest.Pytester, *arguments: str, ini: str = "") -> pytest.Config:
    (pytester.path / "pytest.ini").write_text(f"[pytest]\n{ini}\n", "utf-8")
    return pytester.parseconfig(*arguments)


def test_without_a_word_tapes_only_replay(pytester: pytest.Pytester) -> None:
    config = configured(pytester)

    assert record_mode(config, environment={}) == "none"
    assert not blocks_network(config)
    assert allowed_hosts(config) == ()


class Case(NamedTuple):
    """What each place says about recording, and which of them is heard."""

    expected: str
    arguments: tuple[str, ...] = ()
    marked: str | None = None
    ini: str = ""
    ci: str = ""


@pytest.mark.parametrize(
    "case",
    [
        Case("all", arguments=("--record-mode=all",), marked="once", ini="record_mode = new_episodes"),
        Case("once", marked="once", ini="record_mode = new_episodes"),
        Case("new_episodes", ini="record_mode = new_episodes"),
        Case("none", marked="once", ini="record_mode = new_episodes", ci="true"),
        Case("once", arguments=("--record-mode=once",), ci="true"),
        Case("none", arguments=("--record-mode=none",), marked="all"),
    ],
)
def test_the_command_line_decides_then_the_marker_then_the_file_and_ci_only_replays(
    pytester: pytest.Pytester, case: Case
) -> None:
    config = configured(pytester, *case.arguments, ini=case.ini)

    assert record_mode(config, case.marked, {"CI": case.ci}) == case.expected


def test_the_block_has_a_twin_in_the_file(pytester: pytest.Pytester) -> None:
    config = configured(pytester, ini="block_network = true\nallowed_hosts = localhost, 10.0.0.0/8")

    assert blocks_network(config)
    assert allowed_hosts(config) == ("localhost", "10.0.0.0/8")


@pytest.mark.parametrize("table", ["pytest", "pytest.ini_options"])
def test_hosts_may_be_a_list_in_toml(pytester: pytest.Pytester, table: str) -> None:
    pytester.makepyprojecttoml(f'[tool.{table}]\nallowed_hosts = ["localhost", "10.0.0.0/8"]')

    if table == "pytest.ini_options" or pytest.version_tuple >= (9,):
        assert allowed_hosts(pytester.parseconfig()) == ("localhost", "10.0.0.0/8")


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("localhost:8000", "'localhost:8000' is more than a host; write 'localhost', for every port"),
        ("https://api.test/users", "write 'api.test', for every port"),
        ("[::1]:8000", "write '::1', for every port"),
        ("10.0.0.0/99", "'10.0.0.0/99' is no host, no address and no network"),
        ("a.test b.test", "'a.test b.test' is no host; put commas between several"),
    ],
)
def test_what_can_be_no_host_is_wrong_use(pytester: pytest.Pytester, said: str, complaint: str) -> None:
    config = pytester.parseconfig(f"--allowed-hosts={said}")

    with pytest.raises(pytest.UsageError, match=re.escape(complaint)):
        allowed_hosts(config)


def test_what_may_be_a_host_is_let_pass(pytester: pytest.Pytester) -> None:
    said = "localhost,::1,fe80::/10,10.0.0.0/8,*.test,httpbin.*,/run/a socket,run/x.sock"

    assert allowed_hosts(pytester.parseconfig(f"--allowed-hosts={said}")) == tuple(said.split(","))


def test_the_command_line_is_before_the_file(pytester: pytest.Pytester) -> None:
    config = configured(pytester, "--block-network", "--allowed-hosts=a.test,,b.test", ini="allowed_hosts = c.test")

    assert blocks_network(config)
    assert allowed_hosts(config) == ("a.test", "b.test")


# What pytest 7 warns of by itself.
@pytest.mark.filterwarnings("ignore:A plugin raised an exception during an old-style hookwrapper teardown")
def test_an_unknown_mode_on_the_command_line_is_wrong_use(suite: Suite) -> None:
    suite.write("def test_nothing(): pass")

    result = suite.run("--record-mode=twice")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--record-mode: invalid choice: 'twice'*"])


def test_an_unknown_mode_in_the_file_is_wrong_use(suite: Suite) -> None:
    suite.write("def test_nothing(): pass")
    suite.write("[pytest]\nrecord_mode = twice", "pytest.ini")

    result = suite.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *record mode 'twice': one of none, once, new_episodes, all, update"])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("record_mode = onec", "record mode 'onec': *; did you mean 'once'[?]"),
        ("unused = fial", "unused = 'fial': *; did you mean 'fail'[?]"),
        ("mock_mode = wir", "mock_mode = 'wir': *; did you mean 'wire'[?]"),
    ],
)
def test_a_word_in_the_file_that_is_nearly_right_is_wrong_use_that_names_the_right_one(
    suite: Suite, line: str, expected: str
) -> None:
    suite.write("def test_nothing(): pass")
    suite.write(f"[pytest]\n{line}", "pytest.ini")

    result = suite.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{expected}"])


def test_help_shows_every_option_and_its_twin(suite: Suite) -> None:
    result = suite.run("--help")

    text = result.stdout.str()
    assert "tapes, mocks and the network (understudy):" in text
    for option in OPTIONS:
        assert option.flag in text
        assert f"  {option.name} (" in text


def test_options_of_pytest_recording_are_left_to_it(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.write("", "pytest_recording/__init__.py")
    suite.write(
        """
        def pytest_addoption(parser):
            group = parser.getgroup("recording")
            group.addoption("--record-mode", default=None)
            group.addoption("--block-network", action="store_true", default=False)
            group.addoption("--allowed-hosts", default=None)
        """,
        "pytest_recording/plugin.py",
    )
    suite.write("def test_mode(request): assert request.config.getoption('record_mode') == 'once'")
    monkeypatch.setattr(sys, "path", [str(suite.path), *sys.path])

    result = suite.run("-p", "pytest_recording.plugin", "--record-mode=once", "--block-network")

    result.assert_outcomes(passed=1)
