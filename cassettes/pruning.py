"""Recordings taken out of a cassette: the rest stays as it is, byte for byte."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .errors import CassetteError
from .rewriting import Rewriting

if TYPE_CHECKING:
    from collections.abc import Iterable


def prune(path: str | os.PathLike[str], lines: Iterable[int]) -> list[tuple[int, str]]:
    """Take the recordings that begin on these lines out of a cassette; return the line and summary of each.

    The file is written in one step. Raises `CassetteError`, with nothing removed, where no recording begins on a line,
    and where another program has changed the file meanwhile.
    """
    if isinstance(lines, int):
        raise TypeError(f"prune takes several lines: say [{lines}]")
    name, numbers = os.fspath(path), list(lines)
    for line in numbers:
        if not isinstance(line, int) or isinstance(line, bool):
            raise TypeError(f"prune takes the numbers of lines, such as `interaction.line`, not {line!r:.60}")
    wanted = set(numbers)
    rewriting = Rewriting(name)
    going = [episode for episode in rewriting.episodes if episode.line in wanted]
    unknown = sorted(wanted - {episode.line for episode in going})
    if unknown:
        raise CassetteError(
            "no recording begins on this line; nothing was removed",
            path=name,
            line=unknown[0],
            mend="The file has changed since: look with `understudy cassette ls`.",
        )
    rewriting.write(
        rewriting.head, [rewriting.whole(episode) for episode in rewriting.episodes if episode not in going]
    )
    return [(episode.line, episode.summary) for episode in going]
