"""`understudy cassette convert`: tapes of other tools into cassettes, and everything into HAR."""

from __future__ import annotations

import os

import click

from ..converting import convert as convert_tape
from ..errors import CassetteError, NotACassette
from ..folders import converted_name, tapes_within
from .terminal import counted, err, line, out


@click.command(short_help="Write a tape into a new cassette, or a HAR file.")
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
def convert(source: str, target: str) -> int:
    """Write a tape into a new file: a cassette, or a HAR file where TARGET ends with .har.

    Where SOURCE is a folder, every tape in it is converted into the folder TARGET.
    Secrets are redacted on the way. What exists is never overwritten.
    """
    if not os.path.isdir(source):
        _convert(source, target)
        return 0
    trouble = False
    taken: set[str] = set()
    for path in tapes_within(source):
        try:
            _convert(path, os.path.join(target, converted_name(os.path.relpath(path, source), taken)))
        except NotACassette:
            continue
        except CassetteError as error:
            line(err(), ("error: ", "bold red"), str(error))
            trouble = True
    return 2 if trouble else 0


def _convert(source: str, target: str) -> None:
    existed = os.path.exists(target)
    try:
        count = convert_tape(source, target)
    except BaseException:
        # A half of a tape is worse than none.
        if not existed and os.path.exists(target):
            os.unlink(target)
        raise
    line(out(), (target, "cyan"), f"  {counted(count, 'interaction')}")
