"""`understudy cassette verify`: whether the real server still answers as it was recorded."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from ...client import Client
from ..errors import CassetteError
from ..filling import Filling
from ..verifying import SAFE, Verification
from ..verifying import verify as verified
from .opening import complained, tapes_in
from .terminal import line, out

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"breaking": "bold red", "additive": "yellow", "value": "dim"}


@click.command(short_help="Ask the real server, and tell what it answers differently.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--auth", nargs=2, default=None, metavar="<USER PASS>", help="Basic authentication, which no tape holds.")
@click.option(
    "-h", "--headers", nargs=2, multiple=True, metavar="<NAME VALUE>", help="A header field, which no tape holds."
)
@click.option(
    "--secret",
    "secrets",
    nargs=2,
    multiple=True,
    metavar="<PLACE VARIABLE>",
    help="What was redacted: its place, one of one host, or its mark, and the name of an environment variable, "
    "as in header.authorization API_TOKEN, 'api.example.com query.key' API_KEY, __REDACTED_token_1__ API_TOKEN.",
)
@click.option("--unsafe", is_flag=True, help="Also send what may change something on the server.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=10.0, show_default=True, metavar="SECONDS"
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print only what is breaking, and what was not answered.")
def verify(
    files: tuple[str, ...],
    auth: tuple[str, str] | None,
    headers: tuple[tuple[str, str], ...],
    secrets: tuple[tuple[str, str], ...],
    unsafe: bool,
    timeout: float,
    as_json: bool,
    quiet: bool,
) -> int:
    """Send the recorded GET, HEAD and OPTIONS requests to the real server, and compare the answers by structure.

    Nothing is written. Exit status 1 where a difference would break a program: a field is gone, a type has changed;
    2 where a server did not answer, or a file cannot be read.
    """
    values = _values(secrets)
    results: list[Verification] = []
    trouble = False
    with Client(auth=auth, headers=list(headers), timeout=timeout) as client:
        for path, is_named in tapes_in(files):
            methods = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE") if unsafe else SAFE
            try:
                results.append(verified(path, client=client, secrets=values, methods=methods))
            except CassetteError as error:  # what the others say is worth knowing, too
                trouble |= complained(error, is_named=is_named)
    trouble |= any(result.unanswered for result in results)
    if as_json:
        click.echo(json.dumps([result.as_data() for result in results], indent=2, ensure_ascii=False))
    else:
        console = out()
        for result in results:
            _print(console, result, quiet=quiet)
    return 2 if trouble else 0 if all(results) else 1


def _values(secrets: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return what was redacted; values come from the environment, for command lines can be read by everybody."""
    missing = [variable for _, variable in secrets if variable not in os.environ]
    if missing:
        raise click.UsageError(f"the environment variable {missing[0]} is not set")
    values = {name: os.environ[variable] for name, variable in secrets}
    try:
        Filling(values)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return values


def _print(console: Console, result: Verification, *, quiet: bool) -> None:
    for checked in result.checked:
        drifts = [drift for drift in checked.drifts if drift.kind == "breaking" or not quiet]
        if not drifts and (checked.unanswered is None if quiet else not checked._remark(_mend)):
            continue
        why = (checked._remark(_mend), "dim" if checked.unanswered is None else "bold red")
        line(console, (f"{result.path}:{checked.interaction.line}", "cyan"), f"  {checked.name}", why)
        width = max((len(drift.place) for drift in drifts), default=0)
        for drift in drifts:
            line(
                console,
                (f"    {drift.kind:<9}", _STYLES[drift.kind]),
                f" {drift.place:<{width}}  ",
                (drift.recorded, "red"),
                (" -> ", "dim"),
                (drift.live, "green"),
            )
    if quiet:
        return
    line(console, (f"{result.path}: {result.sent} sent, {result._counts}", "bold"))


def _mend(wanted: str) -> str:
    return f"--secret '{wanted}' VARIABLE"
