"""Free routes: made by a function, not yet part of any router."""

from __future__ import annotations

from typing import Any

from .casting import FreeRoute


def route(target: Any = None, *matchers: Any, **options: Any) -> FreeRoute:
    """Make a free route: `@mock.route("GET https://api.test/users/{id:int}", reply={"id": 1})`.

    It decorates a test, a coroutine, a fixture or a class; it is a context manager; or `router.add(...)` takes it.
    """
    return FreeRoute(target, *matchers, **options)


def get(url: Any = None, *matchers: Any, **options: Any) -> FreeRoute:
    """Make a free route for GET."""
    return FreeRoute(url, *matchers, method="GET", **options)


def post(url: Any = None, *matchers: Any, **options: Any) -> FreeRoute:
    """Make a free route for POST."""
    return FreeRoute(url, *matchers, method="POST", **options)


def put(url: Any = None, *matchers: Any, **options: Any) -> FreeRoute:
    """Make a free route for PUT."""
    return FreeRoute(url, *matchers, method="PUT", **options)


def patch(url: Any = None, *matchers: Any, **options: Any) -> FreeRoute:
    """Make a free route for PATCH."""
    return FreeRoute(url, *matchers, method="PATCH", **options)


def delete(url: Any = None, *matchers: Any, **options: Any) -> FreeRoute:
    """Make a free route for DELETE."""
    return FreeRoute(url, *matchers, method="DELETE", **options)


def head(url: Any = None, *matchers: Any, **options: Any) -> FreeRoute:
    """Make a free route for HEAD."""
    return FreeRoute(url, *matchers, method="HEAD", **options)


def options(url: Any = None, *matchers: Any, **options: Any) -> FreeRoute:
    """Make a free route for OPTIONS."""
    return FreeRoute(url, *matchers, method="OPTIONS", **options)


def query(url: Any = None, *matchers: Any, **options: Any) -> FreeRoute:
    """Make a free route for QUERY."""
    return FreeRoute(url, *matchers, method="QUERY", **options)
