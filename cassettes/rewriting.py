"""Changing a cassette: read whole, written whole, in one step, and only what was read.

1. What is not changed is copied byte for byte, comments included; end marks that a formatter took are put back.
2. The new bytes are read back before they are written: what cannot be read does not get into the file.
3. A file that somebody else has changed meanwhile is left alone.
4. Line ends stay what they were.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .contents import contents_of
from .errors import CassetteError
from .files.folders import no_such_file
from .files.tape import Tape
from .foreign.tapes import recognize
from .matching.episodes import Episode, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .contents import Contents
    from .files.blobs import Blobs


class Rewriting:
    """One cassette that is to be changed: its first document, and its interactions."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._tape = Tape(path)
        raw = self._tape.read()
        if raw is None:
            raise no_such_file(path)
        foreign = recognize(raw, path)
        if foreign is not None:
            raise CassetteError(
                f"this is a tape of {foreign.tool}, which is read and never written to",
                path=path,
                mend=f"Convert it first: understudy cassette convert {path} NEW.yaml",
            )
        self._raw = raw
        self.contents: Contents = contents_of(raw, path, may_be_torn=False)
        place = Place(path)
        self.blobs: Blobs = place.blobs
        data = self.contents.data
        self.episodes: list[Episode] = [
            Episode(data, span, number, place) for number, span in enumerate(self.contents.episodes, 1)
        ]

    @property
    def head(self) -> bytes:
        """The first document, byte for byte."""
        head = self.contents.head
        return b"" if head is None else head.whole(self.contents.data)

    def whole(self, episode: Episode) -> bytes:
        """Return an interaction with the comments before it, byte for byte."""
        return episode.document.ended(self.contents.data)

    def write(self, head: bytes, documents: Sequence[bytes]) -> bool:
        """Put a changed file in the place of the old one; return whether there was a difference."""
        data = b"".join(text if not text or text.endswith(b"\n") else text + b"\n" for text in (head, *documents))
        if data == self.contents.data:
            return False
        contents_of(data, self.path, may_be_torn=False)
        if Tape(self.path).read() != self._raw:
            raise CassetteError(
                "another program has changed the file meanwhile; nothing was written",
                path=self.path,
                mend="Run this again.",
            )
        self._tape.replace(data.replace(b"\n", b"\r\n") if b"\r\n" in self._raw else data)
        self.blobs.release()  # what is new is named now, and tidying up may begin
        self.blobs.remove_unnamed(self.contents.data, data)
        return True

    def remove(self) -> None:
        """Remove the file, and the bodies that only it names."""
        os.unlink(self.path)
        self.blobs.remove_unnamed(self.contents.data, b"")
