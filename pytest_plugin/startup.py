"""The start of a run: what is the plugin's own, and what stands in for plugins that are absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .options import sweeps
from .session import begin
from .vcr import is_wanted

if TYPE_CHECKING:
    import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Make the run ready."""
    begin(config)
    if sweeps(config):
        from . import sweeping

        config.pluginmanager.register(sweeping, "understudy.sweeping")
    if is_wanted():
        from .vcr.hooks import register

        register(config)
