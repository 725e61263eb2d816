"""Secrets that nobody knew as such when they were written: a code in an answer, sent as a token later on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..files.blobs import FOLDER
from ..matching.episodes import Episode
from .secrets_within import without_secrets

if TYPE_CHECKING:
    from ..matching.episodes import Place
    from ..secrets.redaction import Redactor
    from ..yaml.documents import Document

# What stands there shows nothing of a text that is not UTF-8.
_OPAQUE = (f"{FOLDER}/", "base64: ")
# Base64 has line breaks in the middle of a secret, and a secret of several lines has blanks before each.
_LINE_BREAK = re.compile(r"\n *")


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
