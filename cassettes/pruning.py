"""Recordings taken out of a cassette: the rest stays as it is, byte for byte."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .contents import contents_of
from .episodes import Episode, Place
from .errors import CassetteError
from .folders import no_such_file
from .foreign import recognize
from .tape import Tape

if TYPE_CHECKING:
    from collections.abc import Iterable


def prune(path: str | os.PathLike[str], lines: Iterable[int]) -> list[tuple[int, str]]:
    """Take the recordings that begin on these lines out of a cassette; return the line and summary of each.

    The file is written in one step. Raises `CassetteError`, with nothing removed, where no recording begins on a line.
    """
    if isinstance(lines, int):
        raise TypeError(f"prune takes several lines: say [{lines}]")
    name, numbers = os.fspath(path), list(lines)
    for line in numbers:
        if not isinstance(line, int) or isinstance(line, bool):
            raise TypeError(f"prune takes the numbers of lines, such as `interaction.line`, not {line!r:.60}")
    wanted = set(numbers)
    tape = Tape(name)
    raw = tape.read()
    if raw is None:
        raise no_such_file(name)
    foreign = recognize(raw, name)
    if foreign is not None:
        raise CassetteError(
            f"this is a tape of {foreign.tool}, which is read and never written to",
            path=name,
            mend="Convert it once with understudy.cassettes.convert(source, target), and take them out of that file.",
        )
    contents = contents_of(raw, name, may_be_torn=False)
    place = Place(name)
    episodes = [Episode(contents.data, span, number, place) for number, span in enumerate(contents.episodes, 1)]
    going = [episode for episode in episodes if episode.line in wanted]
    unknown = sorted(wanted - {episode.line for episode in going})
    if unknown:
        raise CassetteError(
            "no recording begins on this line; nothing was removed",
            path=name,
            line=unknown[0],
            mend="The file has changed since: look with `understudy cassette ls`.",
        )
    head = b"" if contents.head is None else contents.head.whole(contents.data)
    left = [episode.document.whole(contents.data) for episode in episodes if episode not in going]
    data = b"".join(text if not text or text.endswith(b"\n") else text + b"\n" for text in (head, *left))
    contents_of(data, name, may_be_torn=False)
    tape.replace(data.replace(b"\n", b"\r\n") if b"\r\n" in raw else data)
    place.blobs.release()
    place.blobs.remove_unnamed(contents.data, data)
    return [(episode.line, episode.summary) for episode in going]
