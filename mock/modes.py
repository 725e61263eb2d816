"""The two ways to play a reply: as a response, or as bytes that the client's real stack parses."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from .errors import RouteError
from .values import show

if TYPE_CHECKING:
    from collections.abc import Generator

MOCK, WIRE = "mock", "wire"
_standard: list[str] = [MOCK]


def standard_mode() -> str:
    """Return the mode of routers that do not say one."""
    return _standard[-1]


@contextmanager
def playing(mode: str) -> Generator[None, None, None]:
    """Let routers that are made in this block play so, unless they say how: the option `--mock-mode` of the plugin."""
    _standard.append(checked_mode(mode) or MOCK)
    try:
        yield
    finally:
        _standard.pop()


def checked_mode(mode: object) -> str | None:
    """Return a mode, or say which there are."""
    if mode is not None and mode not in (MOCK, WIRE):
        raise RouteError(f"`mode` is 'mock' or 'wire', not {show(mode)}")
    return None if mode is None else str(mode)
