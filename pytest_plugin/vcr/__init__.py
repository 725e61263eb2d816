"""What suites of pytest-recording and pytest-vcr are used to: `@pytest.mark.vcr`, `vcr_config` and their kin.

Registered where neither of the two is installed, nor another plugin whose marker that is: their markers, fixtures and
options then work on our clients, and their tapes are replayed where they lie.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

RIVALS = ("pytest_recording", "pytest_vcr", "cassetter")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let `conftest.py` have the hook of pytest-recording."""
    if is_wanted():
        from . import hookspecs

        pluginmanager.add_hookspecs(hookspecs)


def is_wanted() -> bool:
    """Whether no plugin whose names these are is there."""
    return not any(find_spec(rival) is not None for rival in RIVALS)
