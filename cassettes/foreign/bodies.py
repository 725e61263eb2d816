"""What recorders of other tools stored, as responses that this one can play."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...client import Response
from ..data.codings import CODINGS, undone
from ..data.plain import is_mapping
from ..interactions import RecordedRequest, RecordedResponse

if TYPE_CHECKING:
    from ..secrets.redaction import Fields

# Decoded by most recorders, and never true of what they stored.
_DROPPED = ("transfer-encoding",)

_VERSION = re.compile(r"h?([123])(?:\.([01]))?(?![0-9.])")


def mapping(value: Any) -> dict[str, Any]:
    """Return a value that must be a mapping."""
    if not is_mapping(value):
        raise ValueError(f"a mapping is missing where {value!r:.40} stands")
    return value


def sent(method: Any, url: Any, headers: Fields, content: bytes) -> RecordedRequest:
    """Return a request, decoded where it is encoded as it says."""
    coding = next((value for name, value in headers if name.lower() == "content-encoding"), "")
    content, encoding = undone(content, coding)
    return RecordedRequest(str(method).upper(), str(url), headers, content, encoding=encoding)


def received(status: Any, headers: Fields, content: bytes, reason: Any, version: str) -> RecordedResponse:
    """Return a response, decoded where it is encoded as it says.

    Many recorders decode a body and leave the word: it was encoded once, and is again when it is played.
    """
    headers = [(name, value) for name, value in headers if name.lower() not in _DROPPED]
    coding = next((value.strip().lower() for name, value in headers if name.lower() == "content-encoding"), "")
    encoding = "gzip" if coding == "x-gzip" else coding
    if encoding not in CODINGS or not content:
        encoding = ""  # one that nobody knows, or several: the body stays as it came, if it came like that
    if coding and content:
        try:
            decoded = Response(200, headers={"content-encoding": coding}, content=content).content
        except Exception:  # whatever a decoder says: this is decoded already
            if not encoding:
                headers = [(name, value) for name, value in headers if name.lower() != "content-encoding"]
        else:
            content = decoded if encoding else content
    return RecordedResponse(
        status=int(status),
        headers=headers,
        content=content,
        reason=str(reason) if reason else None,
        version=_version(version),
        encoding=encoding or None,
    )


def _version(said: str) -> str:
    """Return the version of HTTP: tools write `1.1`, `2.0`, `h2`, `h3-29`, or that they do not know."""
    found = _VERSION.match(said)
    if found is None:
        return "1.1"
    return f"1.{found[2] or 1}" if found[1] == "1" else found[1]
