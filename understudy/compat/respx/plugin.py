"""What pytest meets when it is told `-p understudy.compat.respx`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from ..aliases import let_import_give
from .api import mock
from .router import MockRouter

if TYPE_CHECKING:
    from collections.abc import Iterator

_FACADE = __name__.rpartition(".")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Let `import respx` give the facade, before any conftest.py can say it."""
    try:
        let_import_give("respx", sys.modules[_FACADE])
    except RuntimeError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "respx(assert_all_called=True, assert_all_mocked=True, base_url=None): settings of the fixture respx_mock",
    )


@pytest.fixture
def respx_mock(request: pytest.FixtureRequest) -> Iterator[MockRouter]:
    """The router of `respx.get(...)` in front of every client, or, by `@pytest.mark.respx(...)`, one with settings."""
    node: pytest.Item = request.node
    marker = node.get_closest_marker("respx")
    with mock if marker is None else MockRouter(**marker.kwargs) as router:
        yield router
