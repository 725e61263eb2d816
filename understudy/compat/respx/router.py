"""Routers: routes in their order, in front of every client while they are started."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Callable, overload

from ...client import AsyncBaseTransport, BaseTransport, Request, Response, stand_in
from ..aliases import who_passes_by
from ..signatures import signature_of
from .models import (
    AllMockedAssertionError,
    Call,
    CallList,
    PassThrough,
    Route,
    SideEffectsExhausted,
    answer_from,
)
from .patterns import Field, M, Match, Pattern, merged, parse_url_patterns
from .route_list import RouteList

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class Router:
    """Routes, asked in the order in which they were added: `Client(transport=MockTransport(router.handler))`."""

    def __init__(
        self, *, assert_all_called: bool = True, assert_all_mocked: bool = True, base_url: str | None = None
    ) -> None:
        self._assert_all_called = assert_all_called
        self._assert_all_mocked = assert_all_mocked
        self._bases: list[Field] = [] if base_url is None else parse_url_patterns(base_url)
        self._snapshots: list[tuple[RouteList, list[Call]]] = []
        self.routes: RouteList = RouteList()
        self.calls: CallList = CallList(name=self)

    # The routes

    def __getitem__(self, name: str) -> Route:
        return self.routes[name]

    def route(self, *patterns: Pattern, name: str | None = None, **lookups: Any) -> Route:
        """Add a route, or return that which wants the same."""
        return self.add(Route(*patterns, **lookups), name=name)

    def add(self, route: Route, *, name: str | None = None) -> Route:
        """Add a route made by hand."""
        if not isinstance(route, Route):
            raise ValueError(f"add(...) takes a Route, not {route!r}")
        route.moved(merged(self._bases, route.pattern))
        return self.routes.add(route, name)

    def request(self, method: str, url: Any = None, *, name: str | None = None, **lookups: Any) -> Route:
        """Add a route for one method, or several (`method__in=[...]` goes with `route`)."""
        return self.route(M(method=method), url=url, name=name, **lookups)

    def get(self, url: Any = None, *, name: str | None = None, **lookups: Any) -> Route:
        """Add a route for GET."""
        return self.request("GET", url, name=name, **lookups)

    def post(self, url: Any = None, *, name: str | None = None, **lookups: Any) -> Route:
        """Add a route for POST."""
        return self.request("POST", url, name=name, **lookups)

    def put(self, url: Any = None, *, name: str | None = None, **lookups: Any) -> Route:
        """Add a route for PUT."""
        return self.request("PUT", url, name=name, **lookups)

    def patch(self, url: Any = None, *, name: str | None = None, **lookups: Any) -> Route:
        """Add a route for PATCH."""
        return self.request("PATCH", url, name=name, **lookups)

    def delete(self, url: Any = None, *, name: str | None = None, **lookups: Any) -> Route:
        """Add a route for DELETE."""
        return self.request("DELETE", url, name=name, **lookups)

    def head(self, url: Any = None, *, name: str | None = None, **lookups: Any) -> Route:
        """Add a route for HEAD."""
        return self.request("HEAD", url, name=name, **lookups)

    def options(self, url: Any = None, *, name: str | None = None, **lookups: Any) -> Route:
        """Add a route for OPTIONS."""
        return self.request("OPTIONS", url, name=name, **lookups)

    def pop(self, name: str, default: Any = ...) -> Any:
        """Remove the route of this name and return it."""
        return self.routes.pop(name, default)

    def clear(self) -> None:
        """Remove all routes."""
        self.routes.clear()

    def reset(self) -> None:
        """Forget all calls; the routes stay."""
        self.calls.reset()
        for route in self.routes:
            route.reset()

    def snapshot(self) -> None:
        """Keep the routes and calls as they are now, for `rollback`."""
        self._snapshots.append((RouteList(self.routes), list(self.calls)))
        for route in self.routes:
            route.snapshot()

    def rollback(self) -> None:
        """Go back to the last `snapshot`; without one all routes and calls go."""
        routes, calls = self._snapshots.pop() if self._snapshots else (RouteList(), [])
        self.routes.become(routes)
        self.calls[:] = calls
        for route in self.routes:
            route.rollback()

    def assert_all_called(self) -> None:
        """Fail if a route was never called."""
        unused = [route for route in self.routes if not route.called]
        if unused:
            told = "".join(f"\n  {route!r}" for route in unused)
            raise AssertionError(f"RESPX: some routes were not called!{told}{who_passes_by()}")

    # Answering

    def handler(self, request: Request) -> Response:
        """Answer a request of blocking code."""
        request.read()
        for route in list(self.routes):
            match = route.wants(request)
            if match:
                answer = self._effect(route, request, match)
                if inspect.isawaitable(answer):
                    getattr(answer, "close", lambda: None)()
                    raise TypeError(f"{route!r} has an asynchronous side effect, and was asked by blocking code")
                response = self._recorded(route, request, answer)
                if response is not None:
                    return response
        return self._unmatched(request)

    async def async_handler(self, request: Request) -> Response:
        """Answer a request of asynchronous code."""
        await request.aread()
        for route in list(self.routes):
            match = route.wants(request)
            if match:
                answer = self._effect(route, request, match)
                if inspect.isawaitable(answer):
                    try:
                        answer = await answer
                    except Exception:
                        self._note(route, request, None)
                        raise
                response = self._recorded(route, request, answer)
                if response is not None:
                    return response
        return self._unmatched(request)

    resolve = handler
    aresolve = async_handler

    def _effect(self, route: Route, request: Request, match: Match) -> Any:
        try:
            return route.effect(request, match)
        except SideEffectsExhausted:
            raise  # nothing was left to happen
        except Exception:
            self._note(route, request, None)
            raise

    def _recorded(self, route: Route, request: Request, value: Any) -> Response | None:
        try:
            response = answer_from(value, request, route)
        except PassThrough:
            self._note(route, request, None)
            raise
        if response is not None:
            self._note(route, request, response)
        return response

    def _unmatched(self, request: Request) -> Response:
        if self._assert_all_mocked:
            raise AllMockedAssertionError(f"RESPX: {request!r} not mocked!{self._nearest(request)}")
        response = Response(200, request=request)
        self.calls.record(request, response)
        return response

    def _nearest(self, request: Request) -> str:
        """Say, for each of the nearest routes, what did not fit."""
        judged: list[tuple[int, Route, list[Pattern]]] = []
        for route in self.routes:
            wishes = list(route.pattern.wishes())
            failed = [wish for wish in wishes if not wish.match(request)]
            judged.append((len(wishes) - len(failed), route, failed))
        judged.sort(key=lambda each: -each[0])
        lines = [f"\n  {route!r}: not {', '.join(map(repr, failed))}" for _, route, failed in judged[:3]]
        return "".join(lines) or " There are no routes."

    def _note(self, route: Route, request: Request, response: Response | None) -> None:
        route.calls.record(request, response)
        self.calls.record(request, response)

    def record(self, request: Request, *, response: Response | None = None, route: Route | None = None) -> None:
        """Note a call that was answered elsewhere."""
        self.calls.record(request, response)
        if route is not None:
            route.calls.record(request, response)


class MockRouter(Router):
    """A router that stands in for every client: as a context manager, a decorator, or between `start` and `stop`."""

    def __init__(
        self,
        *,
        assert_all_called: bool = True,
        assert_all_mocked: bool = True,
        base_url: str | None = None,
        using: str | None = "httpcore",
    ) -> None:
        super().__init__(assert_all_called=assert_all_called, assert_all_mocked=assert_all_mocked, base_url=base_url)
        # respx says here what is patched; nothing is, so that every answer is right.
        self.using = using
        self._started: list[stand_in[Any]] = []

    @overload
    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]: ...
    @overload
    def __call__(
        self,
        func: None = None,
        *,
        assert_all_called: bool | None = None,
        assert_all_mocked: bool | None = None,
        base_url: str | None = None,
        using: str | None = None,
    ) -> MockRouter: ...
    def __call__(self, func: Any = None, **settings: Any) -> Any:
        """Decorate a test, or return another router with settings of its own."""
        if func is None:
            said = {name: value for name, value in settings.items() if value is not None}
            return type(self)(**said)
        return self._decorated(func)

    def _decorated(self, func: Callable[..., Any]) -> Callable[..., Any]:
        signature = signature_of(func)
        takes_router = "respx_mock" in signature.parameters

        given: dict[str, Any] = {"respx_mock": self} if takes_router else {}

        @functools.wraps(func)
        async def awaiting(*args: Any, **options: Any) -> Any:
            with self:
                return await func(*args, **options, **given)

        @functools.wraps(func)
        def calling(*args: Any, **options: Any) -> Any:
            with self:
                return func(*args, **options, **given)

        wrapper: Any = awaiting if inspect.iscoroutinefunction(func) else calling
        if takes_router:
            # pytest would look for a fixture of that name.
            left = [each for name, each in signature.parameters.items() if name != "respx_mock"]
            wrapper.__signature__ = signature.replace(parameters=left)
        decorated: Callable[..., Any] = wrapper
        return decorated

    def start(self) -> None:
        """Stand in for every client of the process."""
        self.snapshot()
        layer = stand_in(_Stage(self), everywhere=True)
        layer.__enter__()
        self._started.append(layer)

    def stop(self, clear: bool = True, reset: bool = True, quiet: bool = False) -> None:
        """Stand in no longer: check that every route was called, then go back to what was before `start`."""
        if self._started:
            self._started.pop().__exit__()
        try:
            if self._assert_all_called and not quiet:
                self.assert_all_called()
        finally:
            if clear:
                self.rollback()
            if reset:
                self.reset()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        # A failure of the test's own is the one to be seen.
        self.stop(quiet=exc_type is not None)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.__exit__(exc_type, exc_value, traceback)

    def __repr__(self) -> str:
        return f"<MockRouter of {len(self.routes)} route{'s' * (len(self.routes) != 1)}>"


class _Stage(BaseTransport, AsyncBaseTransport):
    """A started router in front of a transport."""

    def __init__(self, router: Router, behind: Any = None, *, production: bool = True) -> None:
        self._router = router
        self._behind = behind
        self._production = production

    def in_front_of(self, transport: Any, *, production: bool = True) -> _Stage:
        return _Stage(self._router, transport, production=production)

    def handle_request(self, request: Request) -> Response:
        try:
            return self._router.handler(request)
        except PassThrough as passed:
            sent = passed.request
        except AllMockedAssertionError:
            # An outer router may know it.
            if self._production:
                raise
            sent = request
        response: Response = self._behind.handle_request(sent)
        return response

    async def handle_async_request(self, request: Request) -> Response:
        try:
            return await self._router.async_handler(request)
        except PassThrough as passed:
            sent = passed.request
        except AllMockedAssertionError:
            if self._production:
                raise
            sent = request
        response: Response = await self._behind.handle_async_request(sent)
        return response
