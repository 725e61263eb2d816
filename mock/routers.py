"""The router: a transport that answers from routes."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from ..client import AsyncBaseTransport, BaseTransport, stand_in
from .calls.operations import Operation, grouped_calls
from .crud import Crud
from .errors import RouteError
from .habits import OF_ROUTERS, no_such
from .layers import RouterLayer
from .modes import WIRE, checked_mode, standard_mode
from .mounts import transport_for
from .places import here
from .replies.handlers import annotated_kinds, bound, named
from .replies.kinds import Ask
from .replies.sugar import Handle
from .router_words import checked_base, checked_clock, checked_keep, checked_transport, policy, refuse_test, template_of
from .routing.checks import conclude, findings
from .routing.resolution import Script
from .routing.routes import Route
from .values import show

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from types import TracebackType

    from typing_extensions import Self

    from ..client import Request, Response
    from .application import RouterApp
    from .matching.targets import Target
    from .places import Place
    from .replies.kinds import Reply
    from .routing.misses import Miss
    from .serving import Server

Handler = TypeVar("Handler", bound=Callable[..., Any])

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class Router(Script, AsyncBaseTransport, BaseTransport):
    """A transport that answers requests from routes.

        with mock.Router(base_url="https://api.test") as api:
            api.get("/users/{id:int}").respond(json={"name": "Ada"})
            ...

    Give it to a client (`Client(transport=router)`), mount it, wrap it, or enter it to stand in for every client.
    Leaving checks that every request was answered and every route was used.

    `fallback` answers what no route does; so does `unmatched`, which is "error", "pass" (to what stands behind),
    a function of the request, or anything that `reply=` takes.
    `order` is how one of several fitting routes is chosen: "specific", "first", "last", "queue" or "strict".
    `clock` is "virtual" (delays take no time), "real", or a clock.
    `keep` is how many calls are remembered, by the router and by each of its routes; `record_bodies=False` remembers
    them without their bodies.
    `mode="wire"` sends every reply as bytes through the client's real stack, so that faults are those of production.
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
        mode: str | None = None,
        record_bodies: bool = True,
    ) -> None:
        super().__init__(order, checked_clock(clock), checked_keep(keep))
        self.records_bodies = record_bodies
        self.mode: str = checked_mode(mode) or standard_mode()
        self.plays_wire: bool = self.mode == WIRE
        self.place: Place = here()
        self.base: Target | None = None if base_url is None else checked_base(str(base_url))
        self._base_url = "https://any.host" if base_url is None else str(base_url).rstrip("/")
        self._base_path = "" if self.base is None or self.base.path is None else self.base.path.text.rstrip("/")
        self.calls.base = self._base_path
        self.fallback: Any = checked_transport(fallback)
        self.unmatched: Reply | None = policy(unmatched)
        self.falls_back: bool = fallback is not None and unmatched is None
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
            refuse_test(function)
            route = Route(target, *matchers, kinds=annotated_kinds(function), **options)
            route.reply(Handle(bound(function, template_of(route)), named(function)))
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
            if route.router is self:
                raise RouteError(f"{route!r} is in this router already")
            route.joins(self, self.base)
            self.enter_route(route)
        return routes[-1]

    def remove(self, *routes: Route | str) -> Route:
        """Take routes out, given themselves or by name; returns the last, which may be added again.

        What answers from now on is what would have without them, and the end does not ask whether they were used.
        """
        if not routes:
            raise RouteError("remove(...) takes one route or more, or their names")
        found = [self[route] if isinstance(route, str) else route for route in routes]
        for route in found:
            if route not in self:
                raise RouteError(f"{show(route)} is not in this router: remove(...) takes its routes, or their names")
        for route in found:
            self.take_route(route)
        return found[-1]

    def mount(self, url: Any, app: Any, **options: Any) -> Route:
        """Let an ASGI or WSGI application, or a transport, answer everything below a URL."""
        target = str(url).rstrip("/") + "/**"
        return self.route(target, optional=True, **options).reply(Ask(transport_for(app)))

    def crud(self, url: str, items: list[dict[str, Any]] | None = None, *, id: str = "id") -> Crud:
        """Add a resource that remembers: list, create, read, replace, change, delete."""
        resource = Crud(url, items, id=id)
        self.add(*resource.routes)
        return resource

    @contextmanager
    def expect_unmatched(self) -> Generator[list[Miss], None, None]:
        """Expect requests that no route answers; at least one, in the block. Returns the list of them."""
        before, count, more = len(self.misses), self.miss_count, self.more_misses
        found: list[Miss] = []
        try:
            yield found
        finally:  # the error of the last of them may be on its way
            found += self.misses[before:]
            for miss in found:
                miss.is_settled = True
            self.more_misses: int = more
        if self.miss_count == count:
            raise AssertionError("every request was answered, and one without a route was expected")

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

    def __contains__(self, route: object) -> bool:
        """Whether there is a route of that name, or this very route."""
        return any(own.name == route if isinstance(route, str) else own is route for own in self.routes)

    # Looking

    @property
    def called(self) -> bool:
        """Whether any request was answered."""
        return self.calls.called

    @property
    def call_count(self) -> int:
        """How many requests were answered."""
        return self.calls.call_count

    @property
    def operations(self) -> list[Operation]:
        """What was asked for logically: each with its redirects, auth round trips and retries."""
        return grouped_calls(self.calls)

    def explain(self, asked: Any, **options: Any) -> str:
        """Return which route would answer, and why that one; nothing is counted.

        `asked` is a request, or text such as `"POST /orders"`; the options are those of `Request`.
        """
        from .routing.explaining import asked_for, explained

        return explained(self, asked_for(asked, self._base_url, options))

    def reset(self) -> None:
        """Forget all calls, misses and states; the routes stay."""
        self.forget()

    def verify(self) -> None:
        """Check what leaving checks: every request answered, every route used as it says; raises `AssertionError`."""
        self.settle()
        conclude(findings(self), None)

    # As a transport

    def in_front_of(self, transport: Any, *, production: bool = True) -> RouterLayer:
        """Return this router in front of a transport."""
        return RouterLayer(self, transport, production)

    def handle_request(self, request: Request) -> Response:
        return RouterLayer(self, None, True).handle_request(request)

    async def handle_async_request(self, request: Request) -> Response:
        return await RouterLayer(self, None, True).handle_async_request(request)

    def close(self) -> None:
        """Close the fallback; the routes stay."""
        close = getattr(self.fallback, "close", None)
        if close is not None:
            close()

    async def aclose(self) -> None:
        """Close the fallback; the routes stay."""
        close = getattr(self.fallback, "aclose", None)
        if close is not None:
            await close()

    # For those who are no client of ours

    def asgi(self) -> RouterApp:
        """Return this router as an ASGI application: `uvicorn.run(router.asgi())`."""
        from .application import RouterApp

        return RouterApp(self)

    @contextmanager
    def serve(self, *, host: str = "127.0.0.1", port: int = 0, clock: Any = "real") -> Generator[Server]:
        """Answer on a port of this machine for as long as the block lasts, by default a free one: for any program.

            with router.serve() as server:
                subprocess.run(["curl", server.url + "/users/1"])

        Needs uvicorn (`pip install 'understudy[serve]'`). Delays take real time, unless `clock` says otherwise.
        Leaving checks what leaving the router itself checks.
        """
        from .serving import Server

        before, self.clock = self.clock, checked_clock(clock)
        server = Server(self.asgi(), host=host, port=port, path=self._base_path)
        try:
            with server:
                yield server
        except BaseException as error:
            conclude(findings(self, after=error), error)
            raise
        finally:
            self.clock = before
        self.verify()

    # As a stand-in for every client

    def __enter__(self) -> Self:
        self._play()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._end(exc_value)

    async def __aenter__(self) -> Self:
        self._play()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._end(exc_value)

    def _play(self) -> None:
        layer = stand_in(self)
        layer.__enter__()
        self._entered.append(layer)
        _playing.set((*_playing.get(), self))

    def _end(self, error: BaseException | None) -> None:
        if not self._entered:
            raise RouteError(f"{self!r} was left without having been entered")
        # Several contexts and threads may have entered this router: each leaves its own layer.
        layer = next((layer for layer in reversed(self._entered) if layer._is_mine()), self._entered[-1])
        self._entered.remove(layer)
        layer.__exit__()
        later = _left(self)
        self.settle()
        conclude(findings(self, after=error), error)
        if later is not None and error is None:
            raise RouteError(
                f"{self!r} was left before {later!r}, which was entered after it: leave routers in reverse order, "
                "as `with` blocks inside one another do"
            )

    def __iter__(self) -> Iterator[Route]:
        return iter(list(self.routes))

    if not TYPE_CHECKING:  # a checker knows by itself what is not there

        def __getattr__(self, name):
            raise no_such(self, name, OF_ROUTERS)

    def __repr__(self) -> str:
        return f"<Router of {len(self.routes)} route{'s' * (len(self.routes) != 1)}, {self.place}>"


_playing: ContextVar[tuple[Router, ...]] = ContextVar("understudy_playing_routers", default=())
"""The routers that stand in here, outermost first."""


def _left(router: Router) -> Router | None:
    """Note that a router was left; return the one that was entered after it and still plays, if there is one."""
    playing = _playing.get()
    if router not in playing:
        # Entered in another context, such as that of a fixture.
        return None
    place = len(playing) - 1 - playing[::-1].index(router)
    _playing.set(playing[:place] + playing[place + 1 :])
    after = [other for other in playing[place + 1 :] if other._entered]
    return after[-1] if after else None
