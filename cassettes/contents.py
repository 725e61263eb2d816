"""What a cassette file holds, checked for damage when it is opened."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

from .errors import CassetteDamaged, CassetteError, CassetteWarning
from .settings import Settings, settings_from
from .yaml.documents import normalized, scan
from .yaml.reader import read

if TYPE_CHECKING:
    from .yaml.documents import Document


class Contents(NamedTuple):
    """A cassette in bytes, and where its documents are.

    `torn` is what a crash left of a last interaction; only a mode that records may go on without it.
    Where it `lacks_marks`, a formatter has taken the end marks away, and who adds to the file puts them back first.
    """

    data: bytes
    head: Document | None
    episodes: list[Document]
    settings: Settings
    torn: Document | None = None
    lacks_marks: bool = False

    def with_marks(self) -> bytes:
        """Return the bytes with an end mark behind each interaction."""
        head = b"" if self.head is None else self.head.whole(self.data)
        return b"".join([head, *(document.ended(self.data) for document in self.episodes)])


NOTHING = Contents(b"", None, [], Settings())


def contents_of(raw: bytes, path: str, *, may_be_torn: bool) -> Contents:
    """Return what a file holds; raises `CassetteDamaged`, with the line, where it is no whole cassette."""
    contents = _contents(raw, path)
    torn = contents.torn
    if torn is not None:
        if not may_be_torn:
            raise _cut(contents.data, torn, path, "the last interaction")
        warnings.warn(
            CassetteWarning(
                f"{path}:{torn.line(contents.data)}: the last interaction was cut in the middle; it is dropped, "
                "and recorded again when it happens again"
            ),
            stacklevel=2,
        )
    return contents


def whole_size(raw: bytes, path: str) -> int:
    """Return how many bytes of a file are whole: not all, where a crash has cut its last interaction."""
    try:
        contents = _contents(raw, path)
    except CassetteError:
        return len(raw)  # somebody has to look at it
    if contents.torn is None:
        return len(raw)
    lines = contents.data.count(b"\n", 0, contents.torn.start)
    return len(raw) - len(raw.split(b"\n", lines)[lines])


def _contents(raw: bytes, path: str) -> Contents:
    data = normalized(raw, path)
    head, *episodes = scan(data, path)
    text = head.text(data).decode("utf-8")
    settings = settings_from(read(text, path), text, path)
    if _lacks_marks(head, episodes, settings):
        return Contents(data, head, episodes, settings, lacks_marks=True)
    for document in episodes[:-1]:
        if not document.is_closed:
            raise _cut(data, document, path, "an interaction")
    if not episodes and not head.is_closed and settings.recorder is not None:
        raise _cut(data, head, path, "the first document")
    if not episodes or episodes[-1].is_closed:
        return Contents(data, head, episodes, settings)
    return Contents(data, head, episodes[:-1], settings, episodes[-1])


def _lacks_marks(head: Document, episodes: list[Document], settings: Settings) -> bool:
    """Return whether somebody has taken the end marks of interactions away that are complete.

    A crash leaves one interaction without, the last; and a first document that the recorder wrote has an end mark
    from the beginning.
    """
    if head.is_closed or any(document.is_closed for document in episodes):
        return False
    return len(episodes) > (0 if settings.recorder is not None else 1)


def _cut(data: bytes, document: Document, path: str, what: str) -> CassetteDamaged:
    if document.text(data).partition(b"\n")[2].startswith(b"route:"):
        return CassetteDamaged(
            "a route stands behind the first document",
            path=path,
            line=document.line(data),
            mend="Write it in the first document, under `routes:`; what follows it is recorded.",
        )
    return CassetteDamaged(
        f"{what} is cut in the middle: it has no line `...` at its end",
        path=path,
        line=document.line(data),
        mend="Restore the file from version control; or delete what begins on that line and record it again with "
        "mode='new_episodes'; or, if nothing is missing, end it with a line `...`.",
    )
