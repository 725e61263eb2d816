"""The router: a transport that answers from routes.

Resolution, in one router: priority, high first; then routes that are not used up; then those whose state is the current one;
then the most specific; then the latest. `order` changes the last two.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from ..client import REAL_CLOCK, AsyncBaseTransport, BaseTransport, HTTPError, stand_in
from .call_log import Call, Calls
from .checks import conclude, findings
from .clocks import VirtualClock
from .errors import RouteError
from .facts import Facts
from .handlers import annotated_kinds, bound_handler
from .index import RouteIndex
from .layers import RouterLayer
from .places import here
from .replies import PassThrough, Reply, reply_from
from .routes import Route
from .states import States
from .targets import Target, parse_target
from .templates import Piece, Rest
from .values import show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Self

    from ..client import Clock, Request, Response
    from .bodies import PlayedStream
    from .misses import Miss

Handler = TypeVar("Handler", bound=Callable[..., Any])
ORDERS = ("specific", "first", "last", "queue", "strict")
Chosen = tuple[Route, "Reply | None", int]


class Router(AsyncBaseTransport, BaseTransport):
    """A transport that answers requests from routes.

        with mock.Router(base_url="https://api.test") as api:
            api.get("/users/{id:int}").respond(json={"name": "Ada"})
            ...

    Give it to a client (`Client(transport=router)`), mount it, wrap it, or enter it: then it stands in for every client.
    Leaving checks that every request was answered and every route was used.

    `fallback` answers what no route does; so does `unmatched`, which is "error", "pass" (to what stands behind),
    a function of the request, or anything that `reply=` takes.
    `order` is how one of several fitting routes is chosen: "specific", "first", "last", "queue" or "strict".
    `clock` is "virtual" (delays take no time), "real", or a clock. `keep` is how many calls are remembered.
    """

    def __init__(
        self,
        base_url: Any = None,
        *,
        fallback: Any = None,
        unmatched: Any = None,
        order: str = "specific",
        clock: Any = "virtual",
        keep: int | None = 10_000,
    ) -> None:
        self.place = here()
        self.base = None if base_url is None else _base(str(base_url))
        self.fallback = _transport(fallback)
        self.unmatched: Reply | None = _policy(unmatched)
        self.falls_back = fallback is not None and unmatched is None
        if order not in ORDERS:
            raise RouteError(f"`order` is one of {', '.join(ORDERS)}, not {show(order)}")
        self.order = order
        self.clock: Clock = _clock(clock)
        self.calls = Calls("this router", keep)
        self.state = States()
        self.misses: list[Miss] = []
        self.handler_errors: list[tuple[Call, Exception, str]] = []
        self.open_streams: dict[int, tuple[PlayedStream, Call]] = {}
        self.routes: list[Route] = []
        self.stray = Route("*", name="unmatched requests", place=self.place, optional=True)
        self._lock = threading.Lock()
        self._index = RouteIndex()
        self._new: list[Route] = []
        self._known: dict[Any, list[Route]] = {}
        self._ranks: dict[Route, Any] = {}
        self._serial = 0
        self._entered: list[stand_in[Any]] = []

    # The script

    def route(self, target: Any = None, *matchers: Any, **options: Any) -> Route:
        """Add a route: `router.route("GET /users/{id:int}", headers={"x-key": ANY})`."""
        return self.add(Route(target, *matchers, **options))

    def get(self, url: Any = None, *matchers: Any, **options: Any) -> Route:
        """Add a route for GET."""
        return self.route(url, *matchers, method="GET", **options)

    def post(self, url: Any = None, *matchers: Any, **options: Any) -> Route:
        """Add a route for POST."""
        return self.route(url, *matchers, method="POST", **options)

    def put(self, url: Any = None, *matchers: Any, **options: Any) -> Route:
        """Add a route for PUT."""
        return self.route(url, *matchers, method="PUT", **options)

    def patch(self, url: Any = None, *matchers: Any, **options: Any) -> Route:
        """Add a route for PATCH."""
        return self.route(url, *matchers, method="PATCH", **options)

    def delete(self, url: Any = None, *matchers: Any, **options: Any) -> Route:
        """Add a route for DELETE."""
        return self.route(url, *matchers, method="DELETE", **options)

    def head(self, url: Any = None, *matchers: Any, **options: Any) -> Route:
        """Add a route for HEAD."""
        return self.route(url, *matchers, method="HEAD", **options)

    def options(self, url: Any = None, *matchers: Any, **options: Any) -> Route:
        """Add a route for OPTIONS."""
        return self.route(url, *matchers, method="OPTIONS", **options)

    def query(self, url: Any = None, *matchers: Any, **options: Any) -> Route:
        """Add a route for QUERY."""
        return self.route(url, *matchers, method="QUERY", **options)

    def handler(self, target: Any = None, *matchers: Any, **options: Any) -> Callable[[Handler], Handler]:
        """Turn a function, sync or async, into the reply of a route.

            @router.handler("GET /users/{id:int}")
            def user(id: int, request):
                return {"id": id}

        It asks by name for template parameters, `request`, `call`, `route`, `n` and `state`, and returns anything that
        `reply=` takes, or `mock.NEXT`.
        """

        def decorate(function: Handler) -> Handler:
            from .casting import refuse_test

            refuse_test(function)
            route = Route(target, *matchers, kinds=annotated_kinds(function), **options)
            route.reply(bound_handler(function, *_template_of(route)))
            self.add(route)
            return function

        return decorate

    def add(self, *routes: Route) -> Route:
        """Add free routes; returns the last."""
        if not routes:
            raise RouteError("add(...) takes one route or more")
        for route in routes:
            if not isinstance(route, Route):
                raise RouteError(f"add(...) takes routes, such as `mock.get(url)`, not {show(route)}")
            if route in self._ranks or route in self._new:
                raise RouteError(f"{route!r} is in this router already")
            route.joins(self, self.base)
            with self._lock:
                self.routes.append(route)
                self._new.append(route)
        return routes[-1]

    def __getitem__(self, name: str) -> Route:
        """Return the route of that name."""
        for route in reversed(self.routes):
            if route.name == name:
                return route
        from difflib import get_close_matches

        names = [route.name for route in self.routes if route.name is not None]
        near = get_close_matches(str(name), names, 1)
        raise KeyError(
            f"no route is named {name!r}" + (f", did you mean {near[0]!r}?" if near else f"; named are {names}")
        )

    # Looking

    @property
    def called(self) -> bool:
        """Whether any request was answered."""
        return self.calls.called

    @property
    def call_count(self) -> int:
        """How many requests were answered."""
        return self.calls.call_count

    def reset(self) -> None:
        """Forget all calls, misses and states; the routes stay."""
        with self._lock:
            self.calls.reset()
            self.misses.clear()
            self.handler_errors.clear()
            self.open_streams.clear()
            self.state.reset()
            for route in self.routes:
                route.reset()

    def verify(self) -> None:
        """Check what leaving checks: every request answered, every route used as it says; raises `AssertionError`."""
        self._settle()
        conclude(findings(self), None)

    # Choosing

    def choose(self, facts: Facts, passed: tuple[Route, ...] = ()) -> Chosen | None:
        """Return the route for a request, its reply and the number of the call, and count it; one step, under a lock.

        The reply is `None` where the route says that this call is a mistake.
        """
        with self._lock:
            if self._new:
                self._settle()
            candidates = self._index.candidates(facts)
            if len(candidates) > 1:
                candidates = sorted(candidates, key=self._ranks.__getitem__)
            if self.order == "strict":
                candidates = self._in_turn(candidates)
            route = self._fitting(candidates, facts, passed)
            if route is None:
                return None
            if route.is_forbidden:
                return (route, None, route.used)
            number = route.used
            reply = route.plan.pick(number)
            route.used = number + 1
            if route.transitions:
                self.state.enter(route.transitions)
            return (route, reply, number)

    def _fitting(self, candidates: list[Route], facts: Facts, passed: tuple[Route, ...]) -> Route | None:
        used: Route | None = None
        for route in candidates:
            if route.is_exhausted or route in passed:
                continue
            if route.transitions and not self.state.allow(route.transitions):
                continue
            for criterion in route.criteria:
                if criterion.differences(facts):
                    break
            else:
                if self.order != "queue" or route.used == 0:
                    return route
                used = route
        return used

    def _in_turn(self, candidates: list[Route]) -> list[Route]:
        """Return the routes whose turn it is, for `order="strict"`."""
        turn: list[Route] = []
        for route in self.routes:
            if route.is_exhausted:
                continue
            turn.append(route)
            if route.used < route.least:
                break
        return [route for route in turn if route in candidates]

    def _settle(self) -> None:
        """File new routes; what was chained to their definition is said by now."""
        for route in self._new:
            place = len(self._ranks)
            self._ranks[route] = _rank(route, self.order, place)
            for transition in route.transitions:
                self.state.mention(transition)
            if self.order == "specific" and route.most is None and not route.transitions:
                self._replace(route)
            self._index.add(route)
        self._new = []

    def _replace(self, route: Route) -> None:
        """Let a route take the place of an earlier one that answers to the very same requests."""
        twins = self._known.setdefault(route.identity, [])
        for twin in twins:
            self._index.remove(twin)
            twin.replaced_by = route
        twins[:] = [route]

    # What happens

    def next_serial(self) -> int:
        """Return the number of the next call."""
        self._serial += 1
        return self._serial - 1

    def note(self, call: Call) -> None:
        """Put a call into the logs."""
        with self._lock:
            self.calls.add(call)
            call.route.log(call)

    def take_back(self, call: Call) -> None:
        """Forget a call whose handler said that it was not for it."""
        with self._lock:
            call.route.used -= 1
            self.calls.discount(call)
            call.route.calls.discount(call)

    def handler_failed(self, call: Call, error: Exception, source: str) -> None:
        """Remember an error of a handler that is no simulated failure of HTTP."""
        if not isinstance(error, HTTPError):
            self.handler_errors.append((call, error, source))

    # As a transport

    def in_front_of(self, transport: Any, *, production: bool = True) -> RouterLayer:
        """Return this router in front of a transport."""
        return RouterLayer(self, transport, production)

    def handle_request(self, request: Request) -> Response:
        return RouterLayer(self, None, True).handle_request(request)

    async def handle_async_request(self, request: Request) -> Response:
        return await RouterLayer(self, None, True).handle_async_request(request)

    # As a stand-in for every client

    def __enter__(self) -> Self:
        layer = stand_in(self)
        layer.__enter__()
        self._entered.append(layer)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._entered.pop().__exit__(exc_type, exc_value, traceback)
        with self._lock:
            self._settle()
        conclude(findings(self, after=exc_value), exc_value)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.__exit__(exc_type, exc_value, traceback)

    def __iter__(self) -> Iterator[Route]:
        return iter(list(self.routes))

    def __repr__(self) -> str:
        return f"<Router of {len(self.routes)} route{'s' * (len(self.routes) != 1)}, {self.place}>"


def _rank(route: Route, order: str, place: int) -> Any:
    """Return what routes are sorted by; the lowest is asked first."""
    if order == "specific":
        return (-route.priority, tuple(-part for part in route.specificity), -place)
    if order == "last":
        return (-route.priority, -place)
    return (-route.priority, place)


def _template_of(route: Route) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the names of a route's template parameters, and their kinds."""
    kinds: dict[str, str] = {}
    if route.target.host is not None:
        kinds.update(dict.fromkeys(route.target.host.names, "str"))
    if route.target.path is not None:
        for segment in route.target.path.segments:
            if isinstance(segment, Piece):
                kinds.update({hole.name: hole.kind for hole in segment.holes})
            elif isinstance(segment, Rest) and segment.hole is not None:
                kinds[segment.hole.name] = "path"
    return tuple(kinds), kinds


def _base(text: str) -> Target:
    base = parse_target(text)
    if base.scheme is None or base.host is None or base.methods is not None or base.query is not None:
        raise RouteError(f"`base_url` takes a URL such as 'https://api.test/v1', not {text!r}")
    return base


def _transport(fallback: Any) -> Any:
    if fallback is None or hasattr(fallback, "handle_request") or hasattr(fallback, "handle_async_request"):
        return fallback
    raise RouteError(f"`fallback` takes a transport, such as HTTPTransport(), not {show(fallback)}")


def _policy(unmatched: Any) -> Reply | None:
    if unmatched is None or (unmatched == "error" and isinstance(unmatched, str)):
        return None
    if isinstance(unmatched, str):
        if unmatched == "pass":
            return PassThrough()
        raise RouteError(
            f"`unmatched` is 'error', 'pass', a function or a reply; not {unmatched!r} (a text is said as (200, 'text'))"
        )
    return reply_from(unmatched)


def _clock(clock: Any) -> Clock:
    if clock == "virtual":
        return VirtualClock()
    if clock == "real":
        return REAL_CLOCK
    if not hasattr(clock, "monotonic") or not hasattr(clock, "sleep"):
        raise RouteError(
            f"`clock` is 'virtual', 'real', or a clock with monotonic, sleep and asleep; not {show(clock)}"
        )
    given: Clock = clock
    return given
