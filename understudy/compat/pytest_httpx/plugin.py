"""What pytest meets when it is told `-p understudy.compat.pytest_httpx`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from ...client import stand_in
from ..aliases import let_import_give
from .registry import HTTPXMock, Options, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

_FACADE = __name__.rpartition(".")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Let `import pytest_httpx` give the facade, before any conftest.py can say it."""
    try:
        let_import_give("pytest_httpx", sys.modules[_FACADE])
    except RuntimeError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        "httpx_mock(*, assert_all_responses_were_requested=True, assert_all_requests_were_expected=True, "
        "can_send_already_matched_responses=False, should_mock=lambda request: True): settings of httpx_mock",
    )


@pytest.fixture
def httpx_mock(request: pytest.FixtureRequest) -> Iterator[HTTPXMock]:
    """A registry of answers in front of every client, for this test."""
    said: dict[str, Any] = {}
    # The nearest marker comes first, and wins key by key.
    for marker in request.node.iter_markers("httpx_mock"):
        said = {**marker.kwargs, **said}
    registry = HTTPXMock(Options(**said))
    with stand_in(Stage(registry), everywhere=True):
        yield registry
    registry.verify()
