"""Free routes: made by a function, not yet part of any router."""

from __future__ import annotations

from typing import Any

from .routes import Route


def route(target: Any = None, *matchers: Any, **options: Any) -> Route:
    """Make a free route: `@mock.route("GET https://api.test/users/{id:int}", reply={"id": 1})`.

    It decorates a test, a coroutine, a fixture or a class; it is a context manager; or `router.add(...)` takes it.
    """
    return Route(target, *matchers, **options)


def get(url: Any = None, *matchers: Any, **options: Any) -> Route:
    """Make a free route for GET."""
    return Route(url, *matchers, method="GET", **options)


def post(url: Any = None, *matchers: Any, **options: Any) -> Route:
    """Make a free route for POST."""
    return Route(url, *matchers, method="POST", **options)


def put(url: Any = None, *matchers: Any, **options: Any) -> Route:
    """Make a free route for PUT."""
    return Route(url, *matchers, method="PUT", **options)


def patch(url: Any = None, *matchers: Any, **options: Any) -> Route:
    """Make a free route for PATCH."""
    return Route(url, *matchers, method="PATCH", **options)


def delete(url: Any = None, *matchers: Any, **options: Any) -> Route:
    """Make a free route for DELETE."""
    return Route(url, *matchers, method="DELETE", **options)


def head(url: Any = None, *matchers: Any, **options: Any) -> Route:
    """Make a free route for HEAD."""
    return Route(url, *matchers, method="HEAD", **options)


def options(url: Any = None, *matchers: Any, **options: Any) -> Route:
    """Make a free route for OPTIONS."""
    return Route(url, *matchers, method="OPTIONS", **options)


def query(url: Any = None, *matchers: Any, **options: Any) -> Route:
    """Make a free route for QUERY."""
    return Route(url, *matchers, method="QUERY", **options)
