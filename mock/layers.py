"""A router in its place: what stands behind it, and how one request is answered.

Theory of operation

1. Layers of routers are asked from the inside out; the first that has a route for the request answers it.
2. When none has, whatever other stand-in there is behind them (a cassette) is asked.
3. When there is nothing but the network behind, the innermost router's policy for unmatched requests decides.
4. Choosing a route and counting the call is one step under the router's lock; no lock is held while a reply is made.
5. A handler may return `NEXT`: the call is taken back, and the search goes on without that route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..client import AsyncBaseTransport, BaseTransport, DeadlineExceeded, ReadTimeout
from .call_log import Call
from .colors import ASYNCHRONOUS, BLOCKING, Color, run
from .errors import RouteError, UnmatchedRequest
from .facts import Facts
from .misses import Miss
from .places import Place, here
from .replies import NEXT, PassThrough

if TYPE_CHECKING:
    from ..client import Request, Response
    from .replies import Reply
    from .routers import Router
    from .routes import Route


class RouterLayer(AsyncBaseTransport, BaseTransport):
    """A router in front of a transport."""

    __slots__ = ("behind", "is_production", "router")

    def __init__(self, router: Router, behind: Any, is_production: bool) -> None:
        self.router = router
        self.behind = behind
        self.is_production = is_production

    def handle_request(self, request: Request) -> Response:
        return run(self.answer(request, BLOCKING))

    async def handle_async_request(self, request: Request) -> Response:
        return await self.answer(request, ASYNCHRONOUS)

    async def answer(self, request: Request, color: Color) -> Response:
        """Answer one request."""
        await color.read(request)
        facts = Facts(request)
        place = here()
        passed: tuple[Route, ...] = ()
        while True:
            layer: Any = self
            while isinstance(layer, RouterLayer):
                chosen = layer.router.choose(facts, passed)
                if chosen is not None:
                    break
                layer = layer.behind
            else:
                return await self._unmatched(facts, place, passed, color)
            route, reply, number = chosen
            if reply is None:
                raise self._miss(facts, place, passed, culprit=route)
            answer = await layer.perform(
                Call(request, route, number, layer.router.next_serial(), place, layer), reply, color
            )
            if answer is not None:
                return answer
            passed = (*passed, route)

    async def perform(self, call: Call, reply: Reply, color: Color) -> Response | None:
        """Play one reply; `None` when its handler leaves the request to others."""
        router = self.router
        router.note(call)
        try:
            hold = call.route.hold_
            if hold is not None:
                await hold.stop(call, color)
            if reply.delay:
                await self.pause(call.request, reply.delay, color)
            answer = await reply.produce(call, color)
        except BaseException as error:
            call.error = error
            raise
        finally:
            call.ended = router.clock.monotonic()
        if answer is NEXT:
            router.take_back(call)
            return None
        call.response = answer  # type: ignore[assignment]  # it is no NotMine
        return call.response

    async def pause(self, request: Request, seconds: float, color: Color) -> None:
        """Let time pass until the first byte of an answer, as far as the client's patience goes."""
        clock = self.router.clock
        timeout = request.extensions.get("timeout")
        limit = timeout.get("read") if timeout else None
        deadline = request.extensions.get("deadline")
        left = None if deadline is None else deadline - clock.monotonic()
        if left is not None and left < seconds and (limit is None or left <= limit):
            await color.sleep(clock, max(0.0, left))
            raise DeadlineExceeded(f"the call's time was up: this route answers after {seconds:g} s", request=request)
        if limit is not None and limit < seconds:
            await color.sleep(clock, limit)
            raise ReadTimeout(
                f"no data received within {limit:g} seconds: this route answers after {seconds:g} s", request=request
            )
        await color.sleep(clock, seconds)

    def production(self, request: Request, route: Route) -> Any:
        """Return the transport that really answers, for a route that passes its requests through."""
        if self.router.fallback is not None:
            return self.router.fallback
        behind = self.behind
        while isinstance(behind, RouterLayer):
            behind = behind.behind
        if behind is None:
            raise RouteError(
                f"{route!r} passes {request.method} {request.url.redacted} through, and nothing stands behind its router: "
                "give it one, `Router(fallback=HTTPTransport())`"
            )
        return behind

    async def _unmatched(self, facts: Facts, place: Place, passed: tuple[Route, ...], color: Color) -> Response:
        router = self.router
        if router.falls_back:
            return await color.send(router.fallback, facts.request)
        last = self
        while isinstance(last.behind, RouterLayer):
            last = last.behind
        if last.behind is not None and not last.is_production:
            return await color.send(last.behind, facts.request)
        policy = router.unmatched
        if policy is None:
            raise self._miss(facts, place, passed)
        if isinstance(policy, PassThrough):
            return await color.send(self.production(facts.request, router.stray), facts.request)
        call = Call(facts.request, router.stray, router.stray.used, router.next_serial(), place, self)
        answer = await self.perform(call, policy, color)
        if answer is None:
            raise self._miss(facts, place, passed)
        return answer

    def _miss(
        self, facts: Facts, place: Place, passed: tuple[Route, ...], culprit: Route | None = None
    ) -> UnmatchedRequest:
        routers: list[Router] = []
        layer: Any = self
        while isinstance(layer, RouterLayer):
            routers.append(layer.router)
            layer = layer.behind
        miss = Miss(facts, place, routers, passed, culprit)
        error = UnmatchedRequest(miss)
        for router in routers:
            router.misses.append(miss)
        return error

    def __repr__(self) -> str:
        return f"<{self.router!r} in front of {self.behind!r}>"
