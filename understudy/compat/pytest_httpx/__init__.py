"""The fixture that pytest-httpx users know, in front of our clients.

    def test_users(httpx_mock):
        httpx_mock.add_response(url="https://api.test/users", json=[])

        assert understudy.get("https://api.test/users").json() == []

Load it as a pytest plugin (`-p understudy.compat.pytest_httpx`): it brings the fixture `httpx_mock` and the marker
`httpx_mock`, and lets `import pytest_httpx` give this package, so that a suite runs as it is.
It wants pytest-httpx itself not to be installed.

Names, signatures and the order of answers are those of pytest-httpx 0.36; what was surprising is mended:
names of headers have no case, `https://api.test` and `https://api.test/` are one URL, `match_data` needs no files,
and a request without an answer says what did not fit of each.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .registry import HTTPXMock, IteratorStream

__version__ = "0.36.2"
"""The version of pytest-httpx whose surface this is."""

if TYPE_CHECKING or "pytest" in sys.modules:
    # Fixtures and hooks are found by their names here; without pytest nobody looks for them.
    from .plugin import httpx_mock as httpx_mock
    from .plugin import pytest_configure as pytest_configure
    from .plugin import pytest_load_initial_conftests as pytest_load_initial_conftests

__all__ = ["HTTPXMock", "IteratorStream"]
