"""`understudy cassette ls`: what is on a tape, one line for each interaction."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

from ..errors import CassetteError
from .opening import Opened, complained, opened, tapes_in
from .terminal import counted, line, out, seconds, size, status_color

if TYPE_CHECKING:
    from rich.console import Console

    from ..interactions import Interaction
    from ..matching.episodes import Episode

_DIGITS = 3


@click.command(short_help="List what is on tapes, one line for each interaction.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-m", "--method", "methods", multiple=True, metavar="METHOD", help="Only requests of this method.")
@click.option(
    "-s", "--status", "statuses", multiple=True, metavar="STATUS", help="Only this status, such as 404 or 5xx."
)
@click.option("-u", "--url", "part", metavar="TEXT", help="Only URLs that contain this.")
def ls(files: tuple[str, ...], methods: tuple[str, ...], statuses: tuple[str, ...], part: str | None) -> int:
    """List the interactions of tapes, or of all tapes in a folder."""
    for status in statuses:
        _check_status(status)
    console, trouble = out(), False
    shown = 0
    for path, is_named in tapes_in(files):
        try:
            tape = opened(path)
            kept = [episode for episode in tape.episodes if _is_wanted(episode.interaction, methods, statuses, part)]
            if shown:
                console.print()
            _print(console, tape, kept)
            shown += 1
        except CassetteError as error:
            trouble |= complained(error, is_named=is_named)
    return 2 if trouble else 0


def _is_wanted(interaction: Interaction, methods: tuple[str, ...], statuses: tuple[str, ...], part: str | None) -> bool:
    if methods and interaction.request.method not in {method.upper() for method in methods}:
        return False
    if part is not None and part not in interaction.request.url:
        return False
    return not statuses or any(_has_status(interaction, status.lower()) for status in statuses)


def _check_status(said: str) -> None:
    # Where there was no answer, the name of the error stands in its place.
    is_name = said.isidentifier() and len(said) > _DIGITS
    if not is_name and re.fullmatch(r"[0-9xX]{3}", said) is None:
        raise click.UsageError(f"{said!r} is no status: say 404, 5xx, or the name of an error, such as ReadTimeout")


def _has_status(interaction: Interaction, wanted: str) -> bool:
    said = outcome(interaction)[0].lower()
    return len(said) == len(wanted) and all(sign in ("x", digit) for sign, digit in zip(wanted, said))


def _print(console: Console, tape: Opened, kept: list[Episode]) -> None:
    settings = tape.cassette.settings
    facts = [counted(len(tape.episodes), "interaction")]
    if settings.routes:
        facts.append(f"{counted(len(settings.routes), 'route')} before them")
    if settings.recorded:
        facts.append(f"recorded on {settings.recorded}")
    if tape.cassette.is_expired:
        facts.append("expired")
    if settings.recorder == "another tool":
        facts.append("of another tool")
    line(console, (tape.path, "bold"), (f"  {', '.join(facts)}", "dim"))
    rows = [_row(tape.path, episode) for episode in kept]
    widths = [max((len(row[column][0]) for row in rows), default=0) for column in range(5)]
    for row in rows:
        cells: list[str | tuple[str, str]] = []
        for width, (text, style), is_number in zip(widths, row, (False, False, False, True, True)):
            if width:
                cells += [(text.rjust(width) if is_number else text.ljust(width), style), "  "]
        line(console, *cells, row[5][0])


def _row(path: str, episode: Episode) -> list[tuple[str, str]]:
    interaction = episode.interaction
    said, style = outcome(interaction)
    answer = interaction.response
    length = "" if answer is None else size(body_size(episode))
    return [
        (f"{path}:{episode.line}", "cyan"),
        (interaction.request.method, "bold"),
        (said, style),
        (length, "default"),
        (seconds(interaction.took), "dim"),
        (interaction.request.url, "default"),
    ]


def body_size(episode: Episode) -> int:
    """Return how long the body of a response is, also where it is in a file."""
    answer = episode.interaction.response
    if answer is None:
        return 0
    return os.path.getsize(episode.blobs.path(answer.file)) if isinstance(answer.file, str) else len(answer.content)


def outcome(interaction: Interaction) -> tuple[str, str]:
    """Return what came of a request in one word, and its style."""
    if interaction.response is None:
        return (interaction.error.type if interaction.error is not None else "", "bold red")
    status = interaction.response.status
    return str(status), "bold red" if interaction.error is not None else status_color(status)
