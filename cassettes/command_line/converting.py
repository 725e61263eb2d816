"""`understudy cassette convert`: tapes of other tools into cassettes, and everything into HAR."""

from __future__ import annotations

import functools
import os
from typing import Any

import click

from ..converting import convert as convert_tape
from ..errors import CassetteError, SecretFound
from ..files.folders import converted_name
from ..settings import Settings
from .opening import complained, tapes_in
from .terminal import counted, line, out


@click.command(short_help="Write a tape into a new cassette, or a HAR file.")
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@click.option("--redact", multiple=True, metavar="RULE", help="Hide this as well: a name, json.PATH, or /expression/.")
@click.option(
    "--allow-secret", "allow_secrets", multiple=True, metavar="ID", help="This is no secret, whatever it looks like."
)
def convert(source: str, target: str, redact: tuple[str, ...], allow_secrets: tuple[str, ...]) -> int:
    """Write a tape into a new file: a cassette, or a HAR file where TARGET ends with .har.

    Where SOURCE is a folder, every tape in it is converted into the folder TARGET.
    Secrets are redacted on the way. What exists is never overwritten.
    """
    try:
        Settings().changed(redact=redact, allow_secrets=allow_secrets)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    write = functools.partial(_convert, redact=redact, allow_secrets=allow_secrets)
    if not os.path.isdir(source):
        write(source, target)
        return 0
    if target.endswith(".har"):
        raise click.UsageError("a folder is converted into a folder of cassettes, and not into one HAR file")
    trouble = False
    taken: set[str] = set()
    for path, _ in tapes_in([source]):
        try:
            write(path, os.path.join(target, converted_name(os.path.relpath(path, source), taken)))
        except CassetteError as error:
            trouble |= complained(error, is_named=False)
    return 2 if trouble else 0


def _convert(source: str, target: str, **rules: Any) -> None:
    existed = os.path.exists(target)
    try:
        count = convert_tape(source, target, **rules)
    except SecretFound as error:
        error.mend = f"{error.mend}\nHere: --redact RULE, or --allow-secret ID."
        raise
    except BaseException:
        # A half of a tape is worse than none.
        if not existed and os.path.exists(target):
            os.unlink(target)
        raise
    line(out(), (target, "cyan"), f"  {counted(count, 'interaction')}")
