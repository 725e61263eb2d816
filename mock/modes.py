"""The two ways to play a reply: as a response, or as bytes that the client's real stack parses."""

from __future__ import annotations

from .errors import RouteError
from .values import show

MOCK, WIRE = "mock", "wire"


def checked_mode(mode: object) -> str | None:
    """Return a mode, or say which there are."""
    if mode is not None and mode not in (MOCK, WIRE):
        raise RouteError(f"`mode` is 'mock' or 'wire', not {show(mode)}")
    return None if mode is None else str(mode)
