"""Routes as decorators: of tests, coroutines, fixtures and classes; stacked ones play in one router.

The decorated function keeps its signature, so that fixtures and parametrize go on as before.
Each run plays with copies of the routes, in a router of its own.
"""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import RouteError
from .places import Place
from .routers import Router

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .routes import Route

Decorated = TypeVar("Decorated")
_MARK = "__understudy_cast__"


class Cast:
    """The routes of one decorated function, in the order in which they are read."""

    __slots__ = ("routes", "wrapper")

    def __init__(self, route: Route) -> None:
        self.routes = [route]
        self.wrapper: Any = None

    @contextmanager
    def playing(self) -> Iterator[None]:
        """Stand in for every client with copies of the routes."""
        router = Router()
        acting = [(route, route.copy()) for route in self.routes]
        for _, copy in acting:
            router.add(copy)
        tokens = [(route, route.act(copy)) for route, copy in acting]
        try:
            with router:
                yield
        finally:
            for route, token in reversed(tokens):
                route.retire(token)


def cast(route: Route, function: Any) -> Any:
    """Return a function that plays with a route."""
    if route.router is not None:
        raise RouteError(
            f"{route!r} belongs to a router, and routes of a router decorate nothing: write `with router:` instead"
        )
    if isinstance(function, type):
        return _cast_class(route, function)
    if not callable(function) or not hasattr(function, "__name__"):
        kind = type(function).__name__
        if "ixture" in kind:
            raise RouteError("put the mock's decorator below `@pytest.fixture`, next to the function")
        raise RouteError(f"a route decorates a function or a class, not {kind}")
    _refuse_handler(route, function)
    known: Cast | None = getattr(function, _MARK, None)
    if known is not None and known.wrapper is function:
        known.routes.insert(0, route)
        return function
    own = Cast(route)
    own.wrapper = _wrapped(own, function)
    setattr(own.wrapper, _MARK, own)
    return own.wrapper


def _wrapped(own: Cast, function: Any) -> Any:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_coroutine(*args: Any, **kwargs: Any) -> Any:
            with own.playing():
                return await function(*args, **kwargs)

        return run_coroutine
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def run_async_generator(*args: Any, **kwargs: Any) -> Any:
            with own.playing():
                async for value in function(*args, **kwargs):
                    yield value

        return run_async_generator
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def run_generator(*args: Any, **kwargs: Any) -> Any:
            with own.playing():
                yield from function(*args, **kwargs)

        return run_generator

    @functools.wraps(function)
    def run_function(*args: Any, **kwargs: Any) -> Any:
        with own.playing():
            return function(*args, **kwargs)

    return run_function


def _cast_class(route: Route, kind: type[Any]) -> type[Any]:
    names = [name for name, value in vars(kind).items() if name.startswith("test") and callable(value)]
    if not names:
        raise RouteError(f"the class {kind.__name__} has no methods that start with 'test'")
    for name in names:
        setattr(kind, name, cast(route, vars(kind)[name]))
    return kind


def _refuse_handler(route: Route, function: Any) -> None:
    """Refuse a function that is surely meant as a reply."""
    if function.__name__.startswith("test"):
        return
    parameters = list(inspect.signature(function).parameters.values())
    names = set(route.target.path.names if route.target.path is not None else ())
    first = parameters[0].annotation if parameters else None
    is_request = getattr(first, "__name__", first) in ("Request", "understudy.Request")
    if is_request or (
        parameters
        and names
        and {parameter.name for parameter in parameters} <= {*names, "request"}
        and names & {p.name for p in parameters}
    ):
        raise RouteError(
            f"{function.__name__}() looks like a reply to {route.label}, and a route decorates tests: "
            f"write `@router.handler({route.target.text!r})` over it"
        )


def refuse_test(function: Any) -> None:
    """Refuse a test where a handler is wanted."""
    name = getattr(function, "__name__", "")
    if isinstance(function, type) or not callable(function):
        raise RouteError(f"a handler is a function, not {type(function).__name__}")
    if name.startswith("test"):
        code = getattr(function, "__code__", None)
        where = f" ({Place(code.co_filename, code.co_firstlineno)})" if code is not None else ""
        raise RouteError(
            f"{name}{where} is a test, and a handler is a reply: write `@mock.route(...).respond(...)` over a test"
        )
