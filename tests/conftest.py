"""What every test may use."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run each asynchronous test under asyncio and under trio."""
    name = request.param
    if not isinstance(name, str):
        raise TypeError(name)
    return name
