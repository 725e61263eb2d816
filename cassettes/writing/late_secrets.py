"""Secrets that nobody knew as such when they were written: a code in an answer, sent as a token later on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..contents import contents_of
from ..files.blobs import FOLDER
from ..matching.episodes import Episode, Place
from .secrets_within import without_secrets

if TYPE_CHECKING:
    from ..contents import Contents
    from ..files.tape import Tape
    from ..secrets.redaction import Redactor
    from ..yaml.documents import Document

# What stands there shows nothing of a text that is not UTF-8.
_OPAQUE = (f"{FOLDER}/", "base64: ")
# Base64 has line breaks in the middle of a secret, and a secret of several lines has blanks before each.
_LINE_BREAK = re.compile(r"\n *")


def hide_late(tape: Tape, known: Contents, redactor: Redactor) -> None:
    """Take secrets out of what was written to a tape before anybody knew them; what it held before is its author's."""
    place = Place(tape.path)
    old = {document.ended(known.data) for document in known.episodes}
    gone: list[tuple[bytes, bytes]] = []

    def hidden(raw: bytes) -> bytes:
        contents = contents_of(raw, tape.path, may_be_torn=True)
        data, episodes = contents.data, contents.episodes
        if not episodes:
            return raw
        texts = [
            text if (text := each.ended(data)) in old else without_late(data, each, redactor, place)
            for each in episodes
        ]
        place.blobs.flush()
        said = b"".join([data[: episodes[0].start], *texts, data[episodes[-1].stop :]])
        gone.append((data, said))
        return raw if said == data else tape.with_its_line_ends(said)

    try:
        tape.change(hidden)
    finally:
        place.blobs.release()
    for before, after in gone:
        place.blobs.remove_unnamed(before, after)


def without_late(data: bytes, document: Document, redactor: Redactor, place: Place) -> bytes:
    """Return a document without the secrets that the redactor knows by now; files that it then names wait in `place`.

    One that holds none is returned as it stands.
    """
    whole = document.ended(data)
    text = whole.decode("utf-8")
    shown = (_LINE_BREAK.sub(between, text) for between in ("", "\n"))
    if not any(word in text for word in _OPAQUE) and not any(map(redactor.knows_one_in, shown)):
        return whole
    redacted = without_secrets(Episode(data, document, 1, place), redactor)
    return data[document.start : document.mark] + redacted.text.encode("utf-8") if redacted.places else whole
