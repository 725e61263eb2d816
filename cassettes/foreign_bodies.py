"""What recorders of other tools stored, as responses that this one can play."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..client import Response
from .interactions import CODINGS, RecordedResponse
from .plain import is_mapping

if TYPE_CHECKING:
    from .redaction import Fields

# Decoded by most recorders, and never true of what they stored.
_DROPPED = ("transfer-encoding",)

_VERSIONS = {"h2": "2", "h3": "3", "2.0": "2", "3.0": "3"}


def mapping(value: Any) -> dict[str, Any]:
    """Return a value that must be a mapping."""
    if not is_mapping(value):
        raise ValueError(f"a mapping is missing where {value!r:.40} stands")
    return value


def received(status: Any, headers: Fields, content: bytes, reason: Any, version: str) -> RecordedResponse:
    """Return a response: decoded where it is encoded as it says, and without that word where it is not."""
    headers = [(name, value) for name, value in headers if name.lower() not in _DROPPED]
    coding = next((value.strip().lower() for name, value in headers if name.lower() == "content-encoding"), None)
    encoding: str | None = None
    if coding is not None and content:
        try:
            content, encoding = _decoded(content, coding), "gzip" if coding == "x-gzip" else coding
        except Exception:  # whatever a decoder says: the recorder stored the body decoded
            headers = [(name, value) for name, value in headers if name.lower() != "content-encoding"]
    return RecordedResponse(
        status=int(status),
        headers=headers,
        content=content,
        reason=str(reason) if reason else None,
        version=_VERSIONS.get(version, version if version[:1].isdigit() else "1.1"),
        encoding=encoding if encoding in CODINGS else None,
    )


def _decoded(content: bytes, coding: str) -> bytes:
    if coding not in (*CODINGS, "x-gzip"):
        raise ValueError(coding)
    return Response(200, headers={"content-encoding": coding}, content=content).content
