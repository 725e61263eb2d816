"""What docs/command_line.md promises is there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from understudy.cassettes.command_line import group
from understudy.client.command_line import doctor, failures, request

DOCUMENTED = (Path(__file__).parents[3] / "docs" / "command_line.md").read_text("utf-8")
# Words of other programs.
_FOREIGN = {"--data-raw", "--cassette-report", "--dry-run"}


def names_of(command: click.Command) -> set[str]:
    """The options of a command."""
    return {name for parameter in command.params for name in parameter.opts}


def cassette_command(name: str) -> click.Command:
    """A subcommand of `understudy cassette`."""
    found = group.cassette.get_command(click.Context(group.cassette), name)
    assert found is not None
    return found


def test_every_option_in_the_table_of_requests_exists() -> None:
    table = DOCUMENTED[DOCUMENTED.index("| what | option |") : DOCUMENTED.index("### Where the time goes")]

    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", table))

    assert len(named) > 20
    assert named <= names_of(request.command)


def test_every_option_of_a_request_is_documented() -> None:
    missing = {name for name in names_of(request.command) if name.startswith("--") and name not in DOCUMENTED}

    assert missing <= {"--help"}


@pytest.mark.parametrize("name", group.SUBCOMMANDS)
def test_every_subcommand_is_documented(name: str) -> None:
    assert re.search(rf"`{name}\b|understudy cassette {name}\b", DOCUMENTED)


def test_every_option_in_an_example_of_a_subcommand_exists() -> None:
    for name, rest in re.findall(r"understudy cassette ([a-z]+)([^\n`]*)", DOCUMENTED):
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)) - _FOREIGN
        assert named <= names_of(cassette_command(name)), name


def test_every_exit_status_is_documented() -> None:
    for status in range(failures.FILE_TROUBLE + 1):
        assert f"\n| {status} |" in DOCUMENTED
    assert "`understudy doctor URL`" in DOCUMENTED
    assert doctor.doctor.name == "doctor"
