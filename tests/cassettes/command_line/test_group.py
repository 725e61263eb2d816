from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy.cassettes.command_line import group

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_help_lists_every_subcommand_with_a_whole_sentence(run: Callable[..., Any]) -> None:
    printed = run("--help")

    assert printed.status == 0
    for name in group.SUBCOMMANDS:
        (line,) = [line for line in printed.lines if line.startswith(f"  {name} ")]
        assert line.endswith(".")
        assert not line.endswith("...")


@pytest.mark.parametrize("name", group.SUBCOMMANDS)
def test_every_subcommand_has_help(run: Callable[..., Any], name: str) -> None:
    printed = run(name, "--help")

    assert printed.status == 0
    assert printed.out.startswith(f"Usage: understudy cassette {name} ")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["shwo"], "no subcommand 'shwo': did you mean show?"),
        (["zzz"], "no subcommand 'zzz': there are ls, show,"),
        (["show"], "Missing argument 'FILE[:LINE]'"),
        (["ls", "x.yaml", "--nope"], "No such option"),
    ],
)
def test_wrong_use_is_told_and_ends_with_2(run: Callable[..., Any], arguments: list[str], complaint: str) -> None:
    printed = run(*arguments)

    assert (printed.status, printed.out) == (2, "")
    assert complaint in printed.err


@pytest.mark.parametrize(
    ("name", "more"),
    [("show", ()), ("explain", ("GET", "/")), ("redact", ()), ("fix", ("--ignore", "json.a")), ("merge", ("x.yaml",))],
)
def test_a_file_that_is_not_there_is_one_error_without_a_traceback(
    run: Callable[..., Any], tmp_path: Path, name: str, more: tuple[str, ...]
) -> None:
    missing = tmp_path / "missing.yaml"
    arguments = (tmp_path / "new.yaml", missing) if name == "merge" else (missing, *more)

    printed = run(name, *arguments)

    assert printed.status == 2
    assert printed.err.startswith(f"error: {missing}: there is no such ")
    assert "Traceback" not in printed.err


def test_a_folder_where_a_file_is_meant_is_an_error(run: Callable[..., Any], tmp_path: Path) -> None:
    printed = run("show", tmp_path)

    assert printed.status == 2
    assert printed.err == f"error: {tmp_path}: this is a folder, and one tape is wanted here\nName a file in it.\n"


def test_asking_and_being_interrupted_is_left_to_the_dispatcher(monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    @click.command
    def interrupted() -> None:
        raise click.Abort

    with pytest.raises(KeyboardInterrupt):
        group.run(interrupted, [], "understudy cassette")
