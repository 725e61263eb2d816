"""The mock that respx users know, in front of our clients.

    from understudy.compat import respx

    @respx.mock
    def test_users():
        route = respx.get("https://api.test/users").respond(json=[])
        understudy.get("https://api.test/users")
        assert route.called

Names, signatures, lookups and the order of routes are those of respx 0.23; what was surprising is mended:
an inner router goes before an outer one, `cookies=` wants all cookies that it names, JSON may hold `ANY` at any depth,
a base URL ends where a segment of the path ends, and holds for both sides of `|`; side effects that are used up leave
the call to `return_value`, or fail with an error that says so, where respx raises `StopIteration`;
and a request that no route answers says which routes were near, and what did not fit.

As a pytest plugin (`-p understudy.compat.respx`) it brings the fixture `respx_mock` and the marker `respx`, and lets
`import respx` give this package, so that a suite runs as it is. It wants respx itself not to be installed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from . import models, patterns, router, transports
from .api import (
    add,
    calls,
    clear,
    delete,
    get,
    head,
    mock,
    options,
    patch,
    pop,
    post,
    put,
    request,
    reset,
    route,
    routes,
    start,
    stop,
)
from .handlers import ASGIHandler, SetCookie, WSGIHandler
from .models import MockResponse, Route
from .router import MockRouter, Router

__version__ = "0.23.1"
"""The version of respx whose surface this is."""

if TYPE_CHECKING or "pytest" in sys.modules:
    # Fixtures and hooks are found by their names here; without pytest nobody looks for them.
    from . import fixtures as fixtures
    from .plugin import pytest_configure as pytest_configure
    from .plugin import pytest_load_initial_conftests as pytest_load_initial_conftests
    from .plugin import respx_mock as respx_mock

__all__ = [
    "ASGIHandler",
    "MockResponse",
    "MockRouter",
    "Route",
    "Router",
    "SetCookie",
    "WSGIHandler",
    "add",
    "calls",
    "clear",
    "delete",
    "get",
    "head",
    "mock",
    "models",
    "options",
    "patch",
    "patterns",
    "pop",
    "post",
    "put",
    "request",
    "reset",
    "route",
    "router",
    "routes",
    "start",
    "stop",
    "transports",
]
