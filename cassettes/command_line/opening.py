"""Tapes as the commands take them: by name, by `FILE:LINE`, by folder; our own and those of other tools."""

from __future__ import annotations

import os
import warnings
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from ..errors import CassetteError, NotACassette
from ..files.folders import expanded, no_tape_in, place_of, tapes_within
from ..using import load
from .terminal import err, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..cassette import Cassette
    from ..matching.episodes import Episode


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
        cassette = load(path)
    episodes = cassette._library.episodes
    if line is None:
        return Opened(path, cassette, episodes)
    return Opened(path, cassette, [episode_at(path, episodes, line)])


def episode_at(path: str, episodes: Sequence[Episode], line: int) -> Episode:
    """Return the interaction that a line belongs to."""
    before = [episode for episode in episodes if episode.line <= line]
    if not before:
        first = f"the first one begins on line {episodes[0].line}" if episodes else "there are none"
        raise CassetteError("no interaction stands there", path=path, line=line, mend=f"In this file {first}.")
    return before[-1]


def tapes_in(arguments: Iterable[str], *, may_be_none: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield every file that is named, and every one in the folders that are; whether it was named itself.

    A pattern that no shell has expanded, as on Windows, names the files that it fits.
    A folder without a tape is a mistake, unless there `may_be_none`.
    """
    for argument in chain.from_iterable(map(expanded, arguments)):
        if not os.path.isdir(argument):
            yield argument, True
            continue
        found = False
        for path in tapes_within(argument):
            found = True
            yield path, False
        if not (found or may_be_none):
            raise no_tape_in(argument)


def complained(error: CassetteError, *, is_named: bool) -> bool:
    """Tell what is wrong with one of several tapes; what nobody has named, and is no tape, is passed over."""
    if not is_named and isinstance(error, NotACassette):
        return False
    line(err(), ("error: ", "bold red"), str(error))
    return True
