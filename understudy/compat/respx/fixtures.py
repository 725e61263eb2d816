"""`from respx.fixtures import session_event_loop as event_loop`, for session fixtures under an old pytest-asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def session_event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop for the whole session."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
