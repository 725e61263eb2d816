"""Tapes as the commands take them: by name, by `FILE:LINE`, by folder; our own and those of other tools."""

from __future__ import annotations

import os
import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

import click

from ..cassette import Cassette
from ..contents import contents_of
from ..errors import CassetteError, CassetteMissing
from ..folders import tapes_within
from ..foreign import recognize
from ..tape import Tape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..contents import Contents
    from ..episodes import Episode

_PLACE = re.compile(r"(.+?):([0-9]+)\Z")


class Opened(NamedTuple):
    """A tape, and the interactions of it that were asked for."""

    path: str
    cassette: Cassette
    episodes: Sequence[Episode]


def opened(argument: str) -> Opened:
    """Return the tape that an argument names; with a line, only the interaction that stands there."""
    path, line = place_of(argument)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is old is told by `check`
        cassette = Cassette(path, "none")
    episodes = cassette._library.episodes
    if line is None:
        return Opened(path, cassette, episodes)
    return Opened(path, cassette, [episode_at(path, episodes, line)])


def place_of(argument: str) -> tuple[str, int | None]:
    """Return path and line of `FILE:LINE`; a file that has such a name is meant itself."""
    found = _PLACE.match(argument)
    if found is None or os.path.exists(argument):
        return argument, None
    return found[1], int(found[2])


def episode_at(path: str, episodes: Sequence[Episode], line: int) -> Episode:
    """Return the interaction that a line belongs to."""
    before = [episode for episode in episodes if episode.line <= line]
    if not before:
        first = f"the first one begins on line {episodes[0].line}" if episodes else "there are none"
        raise CassetteError("no interaction stands there", path=path, line=line, mend=f"In this file {first}.")
    return before[-1]


def tapes_in(arguments: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield every file that is named, and every one in the folders that are; whether it was named itself."""
    for argument in arguments:
        if not os.path.isdir(argument):
            yield argument, True
            continue
        for path in tapes_within(argument):
            yield path, False


def own_contents(path: str) -> Contents:
    """Return the bytes of a cassette that is to be changed, and where its documents are."""
    raw = Tape(path).read()
    if raw is None:
        raise CassetteMissing("there is no such cassette", path=path, mend="Name another file.")
    tape = recognize(raw, path)
    if tape is not None:
        raise CassetteError(
            f"this is a tape of {tape.tool}, which is read and never written to",
            path=path,
            mend=f"Convert it first: understudy cassette convert {path} NEW.yaml",
        )
    return contents_of(raw, path, may_be_torn=False)


def files(*, required: bool = True) -> click.Argument:
    """Return the argument for several tapes."""
    return click.Argument(["files"], nargs=-1, required=required, metavar="FILE...")
