"""Routes as decorators: of tests, coroutines, fixtures and classes; stacked ones play in one router.

The decorated function keeps its signature, so that fixtures and parametrize go on as before.
Each run plays with copies of the routes, in a router of its own.
"""

from __future__ import annotations

import functools
import inspect
import threading
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from .errors import RouteError
from .routers import Router
from .routing.routes import Route
from .signatures import parameters_of

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType

    from typing_extensions import Self

    from .calls.log import Calls

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_MARK = "__understudy_cast__"
_lock = threading.Lock()  # held while a route gets its context variable

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class FreeRoute(Route):
    """A route of no router yet: a decorator, a context manager, or something for `router.add`."""

    _acting: ContextVar[FreeRoute] | None = None
    _router: Router | None = None

    def __call__(self, function: Decorated) -> Decorated:
        """Decorate a test, a coroutine, a fixture or a class."""
        decorated: Decorated = cast(self, function)
        return decorated

    def __enter__(self) -> Self:
        if self.router is not None:
            raise RouteError(f"{self!r} is playing already: enter its router, or a copy, `with route.copy():`")
        self.reset()
        self._router = Router()
        self._router.written_as = "with mock"
        self._router.add(self)
        self._router.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        router, self._router = self._router, None
        self.router: object = None
        if router is not None:
            router.__exit__(exc_type, exc_value, traceback)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.__exit__(exc_type, exc_value, traceback)

    def copy(self) -> Self:
        twin = super().copy()
        twin._acting = None
        twin._router = None
        return twin

    # While a decorated test runs, its copy is the one that is called.

    @property
    def acting(self) -> Route:
        """The copy that plays right now in this context; the route itself when none does."""
        return self if self._acting is None else self._acting.get(self)

    @property
    def calls(self) -> Calls:
        acting = self.acting
        return super().calls if acting is self else acting.calls

    @contextmanager
    def acted_by(self, copy: FreeRoute) -> Generator[None, None, None]:
        """Let a copy play in this context."""
        with _lock:
            acting = self._acting = self._acting or ContextVar("understudy_acting_route")
        token = acting.set(copy)
        try:
            yield
        finally:
            # A generator fixture may be closed in another context than it was begun in.
            with suppress(ValueError):
                acting.reset(token)


class Scene:
    """One run of a decorated function."""

    __slots__ = ("_acting", "_router", "_routes")

    def __init__(self, routes: list[FreeRoute]) -> None:
        self._routes = routes
        self._router = Router()
        self._router.written_as = "@mock"
        self._acting = ExitStack()

    def __enter__(self) -> None:
        for route in self._routes:
            copy = route.copy()
            self._router.add(copy)
            self._acting.enter_context(route.acted_by(copy))
        self._router.__enter__()

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        with self._acting:
            self._router.__exit__(exc_type, exc_value, traceback)


class Cast:
    """The routes of one decorated function, in the order in which they are read."""

    __slots__ = ("routes", "wrapper")

    def __init__(self, route: FreeRoute) -> None:
        self.routes: list[FreeRoute] = [route]
        self.wrapper: Any = None

    def playing(self) -> Scene:
        """Return a block in which copies of the routes stand in for every client."""
        return Scene(self.routes)


def cast(route: FreeRoute, function: Any) -> Any:
    """Return a function that plays with a route."""
    if route.router is not None:
        raise RouteError(
            f"{route!r} belongs to a router, and routes of a router decorate nothing: write `with router:` instead"
        )
    if isinstance(function, type):
        return _cast_class(route, function)
    kind = type(function).__name__
    if kind.startswith("FixtureFunction"):
        raise RouteError("put the mock's decorator below `@pytest.fixture`, next to the function")
    if not callable(function) or not hasattr(function, "__name__"):
        raise RouteError(f"a route decorates a function or a class, not {kind}")
    _refuse_handler(route, function)
    known = _known(function)
    if known is not None:
        known.routes.insert(0, route)
        return function
    return _made(Cast(route), function)


def _known(function: Any) -> Cast | None:
    """Return the routes that a function plays with already."""
    known: Cast | None = getattr(function, _MARK, None)
    return known if known is not None and known.wrapper is function else None


def _made(own: Cast, function: Any) -> Any:
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


def _cast_class(route: FreeRoute, kind: type[Any]) -> type[Any]:
    # Those of base classes are tests of this class as well, and stay as they are in the others.
    tests = {name: inspect.getattr_static(kind, name) for name in dir(kind) if name.startswith("test")}
    methods = {name: value for name, value in tests.items() if callable(getattr(value, "__func__", value))}
    if not methods:
        raise RouteError(f"the class {kind.__name__} has no methods that start with 'test'")
    for name, value in methods.items():
        binding: Any = value.__class__
        play = cast if name in vars(kind) else _cast_inherited
        if binding in (staticmethod, classmethod):
            setattr(kind, name, binding(play(route, value.__func__)))
        else:
            setattr(kind, name, play(route, value))
    return kind


def _cast_inherited(route: FreeRoute, function: Any) -> Any:
    """Return a test of a base class for this class; its route goes before those of the base."""
    known = _known(function)
    own = Cast(route)
    if known is not None:
        own.routes = [*known.routes, route]
        function = function.__wrapped__
    return _made(own, function)


def _refuse_handler(route: Route, function: Any) -> None:
    """Refuse a function that is surely meant as a reply."""
    if function.__name__.startswith("test"):
        return
    parameters = parameters_of(function)
    names = set(route.target.path.holes if route.target.path is not None else ())
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
