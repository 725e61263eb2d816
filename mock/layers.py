"""A router in its place: what stands behind it, and how one request is answered.

Theory of operation

1. Layers of routers are asked from the inside out; the first that has a route for the request answers it.
2. When none has, whatever other stand-in there is behind them (a cassette) is asked.
3. When there is nothing but the network behind, the innermost router's policy for unmatched requests decides.
4. Choosing a route and counting the call is one step under the router's lock; no lock is held while a reply is made.
5. A handler may return `NEXT`: the call is taken back, and the search goes on without that route.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from ..client import (
    AsyncBaseTransport,
    BaseTransport,
    DeadlineExceeded,
    ReadTimeout,
    RemoteProtocolError,
    RequestNotRead,
)
from .calls.log import Answering, Call
from .calls.sabotage import post
from .colors import ASYNCHRONOUS, BLOCKING, Color, run
from .errors import RouteError, UnmatchedRequest
from .matching.facts import Facts
from .modes import WIRE
from .places import NOWHERE, Place, here
from .replies.kinds import NEXT
from .replies.sugar import PassThrough
from .routing.misses import COMPARED_MOST, Miss
from .routing.routes import Route
from .sendable import check_framing, check_scheme
from .wire.playing import AskedAgain, leaves_body, play_on_wire

if TYPE_CHECKING:
    from ..client import Clock, Request, RequestError, Response
    from .replies.kinds import Reply
    from .routing.resolution import Chosen, Script

Passed = tuple[Route, ...]

STRAY = Route("*", name="unmatched requests", place=NOWHERE)

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class RouterLayer(AsyncBaseTransport, BaseTransport):
    """A script of routes in front of a transport."""

    __slots__ = ("behind", "is_production", "stage")

    def __init__(self, stage: Script, behind: Any, is_production: bool) -> None:
        self.stage: Script = stage
        self.behind: Any = behind
        self.is_production: bool = is_production

    def handle_request(self, request: Request) -> Response:
        return run(self.answer(request, BLOCKING))

    async def handle_async_request(self, request: Request) -> Response:
        return await self.answer(request, ASYNCHRONOUS)

    async def answer(self, request: Request, color: Color, place: Place | None = None) -> Response:
        """Answer one request; `place` is where it was made, by default the nearest line outside this library."""
        is_unread = False
        try:
            _ = request.content
        except RequestNotRead:
            is_unread = True
            if not self._plays_wire():
                await color.read(request)
        facts = Facts(request)
        place = place or here()
        passed: Passed = ()
        is_second = False
        saboteur = post.saboteur
        struck = None if saboteur is None else saboteur.strike(request)
        while True:
            try:
                layer, chosen = self._choose(facts, place, passed, counts=struck is None)
            except RequestNotRead:
                # A criterion wants to look at the body.
                await color.read(request)
                continue
            if chosen is None:
                if is_unread:
                    await color.read(request)
                return await self._unmatched(facts, place, passed, color)
            route, reply, number = chosen
            check_scheme(request, facts.scheme)
            if not (is_unread and layer.is_on_wire(route) and leaves_body(reply)):
                content = await color.read(request) if is_unread else request.content
                if content or is_unread:
                    check_framing(request, content)
            if reply is None:
                raise self._miss(facts, place, passed, culprit=route)
            call = Call(request, route, place, layer, number=number)
            if saboteur is not None:
                saboteur.note(call)
                reply, struck = struck or reply, None
            try:
                answer = await layer.perform(call, route, reply, color, is_second=is_second)
            except AskedAgain as again:
                call.error = RemoteProtocolError(f"{again}", request=request)
                is_second = True
                continue
            if answer is not None:
                return answer
            passed = (*passed, route)

    def _choose(self, facts: Facts, place: Place, passed: Passed, *, counts: bool) -> tuple[RouterLayer, Chosen | None]:
        layer: Any = self
        while isinstance(layer, RouterLayer):
            try:
                chosen = layer.stage.choose(facts, passed, counts=counts)
            except RequestNotRead:
                raise
            except Exception as error:
                call = Call(facts.request, STRAY, place, layer, number=0)
                layer.stage.handler_failed(call, error, "what a route asks of a request")
                raise
            if chosen is not None:
                return layer, chosen
            layer = layer.behind
        return self, None

    def _plays_wire(self) -> bool:
        layer: Any = self
        while isinstance(layer, RouterLayer):
            if layer.stage.plays_wire:
                return True
            layer = layer.behind
        return False

    def is_on_wire(self, route: Route) -> bool:
        """Whether a route's replies go over the wire."""
        return (route.mode or self.stage.mode) == WIRE

    async def perform(
        self, call: Call, route: Route, reply: Reply, color: Color, *, is_second: bool = False
    ) -> Response | None:
        """Play one reply; `None` when its handler leaves the request to others."""
        stage = self.stage
        stage.begin(call, route)
        try:
            if route.held_by is not None:
                await route.held_by.stop(call, color)
            if reply.delay:
                await self.pause(call.request, reply.delay, color)
            now = reply.now
            if stage.plays_wire and self.is_on_wire(route):
                answer = await play_on_wire(call, reply, color, is_second=is_second)
            else:
                answer = await reply.produce(call, color) if now is None else now(call)
        except BaseException as error:
            call.error = error
            raise
        finally:
            call.ended = stage.clock.monotonic()
            if not stage.records_bodies and call.error is not None:
                call.let_bodies_go()
        if answer is NEXT:
            stage.take_back(call, route)
            return None
        response: Response = answer  # type: ignore[assignment]  # it is not NEXT, which is the only other
        call.response = response
        if not stage.records_bodies:
            call.let_bodies_go()
        return response

    async def pause(self, request: Request, seconds: float, color: Color, doing: str = "answers after") -> None:
        """Let time pass until the server says something, as far as the client's patience goes."""
        clock = self.stage.clock
        timeout = request.extensions.get("timeout")
        limit = timeout.get("read") if timeout else None
        deadline = request.extensions.get("deadline")
        left = None if deadline is None else deadline - clock.monotonic() + self.stage.ahead_of(deadline)
        told = "says nothing more" if seconds == inf else f"{doing} {seconds:g} s"
        if left is not None and left < seconds and (limit is None or left <= limit):
            await color.sleep(clock, max(0.0, left))
            raise _sent(DeadlineExceeded(f"the call's time was up: this route {told}", request=request))
        if limit is not None and limit < seconds:
            await color.sleep(clock, limit)
            raise _sent(ReadTimeout(f"no data received within {limit:g} seconds: this route {told}", request=request))
        if seconds == inf:
            raise RuntimeError(
                f"this would wait for ever: this route {told}, and the client has no timeout; "
                "give it one, such as timeout=5"
            )
        await color.sleep(clock, seconds)

    @property
    def clock(self) -> Clock:
        """The clock of the router; the client's own waits may ask it, too."""
        return self.stage.clock

    def production(self, request: Request, route: Answering) -> Any:
        """Return the transport that really answers, for a route that passes its requests through."""
        if self.stage.fallback is not None:
            return self.stage.fallback
        behind = self.behind
        while isinstance(behind, RouterLayer):
            behind = behind.behind
        if behind is None:
            raise RouteError(
                f"{route.label} passes {request.method} {request.url.redacted} through, and nothing stands behind its "
                "router: give it something, `Router(fallback=HTTPTransport())`"
            )
        return behind

    async def _unmatched(self, facts: Facts, place: Place, passed: Passed, color: Color) -> Response:
        stage = self.stage
        if stage.falls_back:
            return await color.send(stage.fallback, facts.request)
        last = self
        while isinstance(last.behind, RouterLayer):
            last = last.behind
        if last.behind is not None and not last.is_production:
            return await color.send(last.behind, facts.request)
        policy = stage.unmatched
        if isinstance(policy, PassThrough):
            return await color.send(self.production(facts.request, STRAY), facts.request)
        if policy is not None:
            check_scheme(facts.request, facts.scheme)
            check_framing(facts.request, facts.request.content)
            route = STRAY.copy()
            answer = await self.perform(Call(facts.request, route, place, self, number=0), route, policy, color)
            if answer is not None:
                return answer
        raise self._miss(facts, place, passed)

    def _miss(self, facts: Facts, place: Place, passed: Passed, culprit: Route | None = None) -> UnmatchedRequest:
        stages: list[Script] = []
        layer: Any = self
        while isinstance(layer, RouterLayer):
            stages.append(layer.stage)
            layer = layer.behind
        routes = stages[0].recent_routes
        obstacles: dict[int, str] = {}
        for number, stage in enumerate(stages):
            if number:
                routes += stage.recent_routes
            obstacles.update(stage.obstacles(passed, COMPARED_MOST))
        miss = Miss(facts, place, routes, obstacles, culprit, stages[0].written_as)
        for stage in stages:
            stage.note_miss(miss)
        return UnmatchedRequest(miss)

    def __repr__(self) -> str:
        return f"<{self.stage!r} in front of {self.behind!r}>"


def _sent(error: RequestError) -> RequestError:
    """Return an error that says of its request what is so of one that waits for an answer."""
    error.request_sent = True
    return error
