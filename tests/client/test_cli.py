from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy.client import cli

if TYPE_CHECKING:
    from collections.abc import Sequence


def greet(arguments: Sequence[str]) -> int:
    """Say hello.

    Not part of the summary.
    """
    print("hello", *arguments)
    return 3 if arguments else 0


def interrupt(_: Sequence[str]) -> int:
    """Press Ctrl-C."""
    raise KeyboardInterrupt


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commands that work and one whose extra is missing."""
    module = sys.modules[__name__]
    monkeypatch.setitem(sys.modules, "planted_commands", module)
    entries = {
        "greet": EntryPoint("greet", "planted_commands:greet", cli.GROUP),
        "interrupt": EntryPoint("interrupt", "planted_commands:interrupt", cli.GROUP),
        "paint": EntryPoint("paint", "colors_that_are_not_installed:main", cli.GROUP),
    }
    monkeypatch.setattr(cli, "_commands", lambda: entries)


@pytest.mark.usefixtures("commands")
def test_a_command_gets_its_arguments_and_gives_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["greet", "--to", "you"])

    assert status == 3
    assert capsys.readouterr().out == "hello --to you\n"


@pytest.mark.usefixtures("commands")
def test_the_arguments_are_those_of_the_process_by_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["understudy", "greet"])

    status = cli.main()

    assert status == 0
    assert capsys.readouterr().out == "hello\n"


@pytest.mark.usefixtures("commands")
@pytest.mark.parametrize(("arguments", "expected"), [(["--help"], 0), (["-h"], 0), (["help"], 0), ([], 2)])
def test_help_lists_every_command_with_its_first_line(
    arguments: list[str], expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main(arguments)

    assert status == expected
    lines = capsys.readouterr().out.splitlines()
    assert "usage: understudy URL [OPTIONS]" in lines
    assert "       understudy COMMAND [ARGUMENTS]" in lines
    assert "  greet      Say hello" in lines
    assert lines[-1] == (
        "  paint      (the module colors_that_are_not_installed is missing: "
        "`pip install 'understudy[all]'` brings what every command needs)"
    )


@pytest.mark.usefixtures("commands")
def test_help_names_the_extras_that_are_missing_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli._EXTRAS, "colors_that_are_not_installed", "cli")

    assert cli.main(["--help"]) == 0

    assert capsys.readouterr().out.splitlines()[-3:] == [
        "  paint      (needs the extra cli)",
        "",
        "`pip install 'understudy[cli]'` brings what is missing",
    ]


def test_help_without_commands_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "GROUP", "a.group.without.members")

    assert cli.main(["--help"]) == 0
    assert "no commands are installed" in capsys.readouterr().out


def test_the_version_is_that_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"understudy {understudy.__version__}\n"


@pytest.mark.usefixtures("commands")
def test_an_unknown_command_is_an_error_that_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["great"])

    assert status == 2
    assert capsys.readouterr().err.startswith("understudy great: no such command; did you mean `understudy greet`?\n")


@pytest.mark.usefixtures("commands")
def test_nothing_is_suggested_where_nothing_is_near(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["zzz"]) == 2
    assert capsys.readouterr().err.startswith("understudy zzz: no such command\nusage:")


@pytest.mark.usefixtures("commands")
def test_a_missing_extra_breaks_only_its_own_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["paint"]) == 2
    assert "understudy paint: the module colors_that_are_not_installed is missing" in capsys.readouterr().err
    assert cli.main(["greet"]) == 0


@pytest.mark.usefixtures("commands")
def test_interrupting_a_command_is_no_traceback() -> None:
    assert cli.main(["interrupt"]) == 130


def test_a_reader_that_closes_the_pipe_early_is_no_traceback() -> None:
    program = "import sys; from understudy.client.cli import main; sys.stdin.read(); sys.exit(main(['--help']))"

    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, complaints = process.communicate()

    assert process.returncode == cli.PIPE_CLOSED
    assert complaints == b""


def test_the_command_is_a_module_too() -> None:
    done = subprocess.run([sys.executable, "-m", "understudy", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout == f"understudy {understudy.__version__}\n"
