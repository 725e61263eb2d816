"""The hook of pytest-recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from .tapes import VCR


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    """Register matchers, before the tape of a test is opened."""
