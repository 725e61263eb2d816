"""Choosing the route that answers a request.

Rules, within one router

1. Priority, high first.
2. A route that is used up leaves the request to others; one that must never be called does not.
3. A route whose state is not the current one leaves the request to others.
4. The most specific route, as `Specificity` has it.
5. The latest.

`order="first"` and `"last"` decide by the time of registration instead of 4 and 5.
`"queue"` asks every fitting route once, in order, and then keeps to the last.
`"strict"` lets routes answer only in the order in which they stand.

A route that answers to the very same requests as an earlier one, without `times` or `state`, takes its place.
"""

from __future__ import annotations

import threading
import time
import warnings
from typing import TYPE_CHECKING, Any

from ...client import HTTPError
from ..calls.log import Call, Calls
from ..errors import RouteError, RouteWarning
from ..modes import MOCK, WIRE
from ..states import States
from ..values import show
from .index import RouteIndex, undecided
from .lint import hides, tie_told, ties, told
from .routes import Route

if TYPE_CHECKING:
    from ..clocks import MockClock
    from ..matching.facts import Facts
    from ..replies.bodies import PlayedStream
    from ..replies.kinds import Reply
    from .misses import Miss

_MISSES_MOST = 1_000
_HANDLER_ERRORS_MOST = 100
# Among more routes only those of one place are looked at for ties.
_PAIRED_MOST = 500
_RECENT_MOST = 2_000
"""How many routes a request without a route is compared with."""

ORDERS = ("specific", "first", "last", "queue", "strict")
Chosen = tuple[Route, "Reply | None", int]


class Script:
    """Routes, the choice between them, and what happened: all of a router that is no transport."""

    def __init__(self, order: str, clock: MockClock, keep: int | None) -> None:
        if order not in ORDERS:
            raise RouteError(f"`order` is one of {', '.join(ORDERS)}, not {show(order)}")
        self.order = order
        self.clock = clock
        self.written_as: str = "router"
        """What adds a route to this one in the code of tests; a report of a miss says it."""
        self.calls: Calls = Calls("this router", keep)
        self.state: States = States()
        self.routes: list[Route] = []
        self.misses: list[Miss] = []
        """The first requests without a route; `miss_count` is how many there were."""
        self.miss_count: int = 0
        self.more_misses: int = 0
        """How many there were beyond those that are kept, and have not been told."""
        self.records_bodies = True
        self.handler_errors: list[tuple[Call, Exception, str]] = []
        self.open_streams: dict[int, tuple[PlayedStream, Call]] = {}
        self.fallback: Any = None
        self.falls_back = False
        """Whether a request without a route goes to the fallback."""
        self.mode: str = MOCK
        self.plays_wire: bool = False
        """Whether any reply may go over the wire."""
        self.unmatched: Reply | None = None
        """What answers a request without a route; `None` raises."""
        # A matcher may be a function that sends a request itself, or adds a route.
        self._lock = threading.RLock()
        self._index = RouteIndex()
        self._new: list[Route] = []
        self._known: dict[object, Route] = {}
        self._ranks: dict[Route, Any] = {}
        self._filed = 0
        self._serial = 0
        self._hidden: list[tuple[Route, Route]] = []
        self._ahead: dict[int, tuple[float, float]] = {}
        self._recent: tuple[Route, ...] = ()

    def enter_route(self, route: Route) -> None:
        """Put a route behind those that are there."""
        with self._lock:
            self.routes.append(route)
            self._new.append(route)
            route.keep(self.calls.most)
            self.plays_wire = self.plays_wire or route.mode == WIRE

    def take_route(self, route: Route) -> None:
        """Take a route out, as if it had never been here; what it was called for is still known."""
        with self._lock:
            self._settle()
            self._index.remove(route)
            self.routes.remove(route)
            self._recent = ()
            hidden, self._hidden = self._hidden, []
            for pair in hidden:
                if route not in pair:
                    self._hidden.append(pair)
            del self._ranks[route]
            for other in self.routes:
                if other.replaced_by is route:
                    other.replaced_by = route.replaced_by
                    if route.replaced_by is None:
                        self._index.add(other)
                        self._known[route.identity] = other
            if self._known.get(route.identity) is route:
                del self._known[route.identity]
            route.leaves()

    # Choosing

    def choose(self, facts: Facts, passed: tuple[Route, ...] = (), *, counts: bool = True) -> Chosen | None:
        """Return the route for a request, its reply and the number of the call, and count it; one step, under a lock.

        Without `counts` the request never reaches the route.
        The reply is `None` where the route takes this call for a mistake.
        """
        if self._new:
            self.settle()
            if self._hidden:
                self.warn()
        with self._lock:
            candidates = self._index.candidates(facts)
            if len(candidates) > 1:
                candidates = sorted(candidates, key=self._ranks.__getitem__)
            if self.order == "strict":
                candidates = self._in_turn(candidates)
            route = self._fitting(candidates, facts, passed)
            if route is None:
                return None
            number = route.used
            if route.is_forbidden:
                return (route, None, number)
            reply = route.plan.pick(number - route.begun)
            if reply is not None and counts:
                route.used = number + 1
                if route.transitions:
                    self.state.enter(route.transitions)
            return (route, reply, number)

    def ranked(self, facts: Facts) -> list[Route]:
        """Return the routes that a request may meet, in the order in which they are asked."""
        self.settle()
        with self._lock:
            return sorted(self._index.candidates(facts), key=self._ranks.__getitem__)

    def _fitting(self, candidates: list[Route], facts: Facts, passed: tuple[Route, ...]) -> Route | None:
        used: Route | None = None
        for route in candidates:
            if route.is_exhausted or (passed and route in passed):
                continue
            if route.transitions and not self.state.allow(route.transitions):
                continue
            # What the index has found out already is not asked again.
            for criterion in route.open_criteria:
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

    def settle(self) -> None:
        """File the routes that are new."""
        with self._lock:
            self._settle()

    def _settle(self) -> None:
        # Only now is everything said that is chained to a route's definition.
        for route in self._new:
            self._ranks[route] = _rank(route, self.order, self._filed)
            self._filed += 1
            for transition in route.transitions:
                self.state.mention(transition)
            if self.order == "specific" and route.most is None and not route.transitions:
                self._replace(route)
            self._index.add(route)
            route.open_criteria = undecided(route.criteria)
        added, self._new = self._new, []
        if self.order != "strict" and len(self.routes) > 1:
            # A later route that hides an earlier one overrides it; an earlier one that hides a later one is a mistake.
            self._hidden += [pair for route in added for pair in self._lint(route) if self._is_later(pair[1], pair[0])]

    def _is_later(self, route: Route, other: Route) -> bool:
        return bool(abs(self._ranks[route][-1]) > abs(self._ranks[other][-1]))

    def _lint(self, route: Route) -> list[tuple[Route, Route]]:
        """Return the pairs (hiding, hidden) that a new route is part of."""
        found: list[tuple[Route, Route]] = []
        for other in self._index.lookalikes(route):
            if other is not route and other.replaced_by is None and route.replaced_by is None:
                first, last = sorted((route, other), key=self._ranks.__getitem__)
                if last.used == 0 and self.order != "queue" and hides(first, last):
                    found.append((first, last))
        return found

    def warn(self) -> None:
        """Tell about routes that can never win, at their own lines."""
        with self._lock:
            pairs, self._hidden = self._hidden, []
        for first, last in pairs:
            place = last.place
            warnings.warn_explicit(told(first, last), RouteWarning, place.path, place.line)

    def lint(self) -> list[str]:
        """Return what is odd about the routes: those that can never win or were replaced, and ties."""
        self.settle()
        found: list[str] = []
        for route in self.routes:
            if route.replaced_by is not None:
                found.append(f"{route.place}: {route.label} is replaced by the same at {route.replaced_by.place}")
                continue
            for first, last in self._lint(route):
                if last is route:
                    found.append(f"{route.place}: {told(first, last)}")
            found += [f"{route.place}: {tie_told(route, other)}" for other in self._tied(route)]
        return found

    def _tied(self, route: Route) -> list[Route]:
        """Return the earlier routes from which only the order sets a route apart."""
        if self.order != "specific":
            return []
        others = self.routes if len(self.routes) <= _PAIRED_MOST else self._index.lookalikes(route)
        return [
            other
            for other in others
            if other is not route and other.replaced_by is None and self._is_later(route, other) and ties(route, other)
        ]

    def _replace(self, route: Route) -> None:
        """Let a route take the place of an earlier one that answers to the very same requests."""
        twin = self._known.get(route.identity)
        if twin is not None:
            self._index.remove(twin)
            twin.replaced_by = route
        self._known[route.identity] = route

    def obstacles(self, passed: tuple[Route, ...], most: int) -> dict[int, str]:
        """Return why routes were passed by although they may fit, by their `id`."""
        found: dict[int, str] = {}
        for route in self.routes[-most:]:
            if route.is_exhausted:
                last = f", last at {route.last.place}" if route.called else ""
                found[id(route)] = f"{route.exhaustion}{last}"
            elif route.transitions and not self.state.allow(route.transitions):
                found[id(route)] = self._state_told(route)
            elif route in passed:
                found[id(route)] = "its handler returned NEXT"
        return found

    def _state_told(self, route: Route) -> str:
        return "; ".join(
            f"{each.name} must be {each.needs!r}, and is {self.state.get(each.name)!r}"
            for each in route.transitions
            if each.needs is not None
        )

    # What happens

    def begin(self, call: Call, route: Route) -> None:
        """Put a call into the logs."""
        with self._lock:
            call.serial = self._serial
            self._serial += 1
            self.calls.add(call)
            route.log(call)

    def note_miss(self, miss: Miss) -> None:
        """Remember a request that no route answered."""
        with self._lock:
            self.miss_count += 1
            if len(self.misses) < _MISSES_MOST:
                self.misses.append(miss)
            else:
                self.more_misses += 1

    @property
    def recent_routes(self) -> tuple[Route, ...]:
        """The latest routes, as many as a report compares; the same object until there are more."""
        recent, latest = self._recent, self.routes[-_RECENT_MOST:]
        if len(recent) != len(latest) or (recent and recent[-1] is not latest[-1]):
            self._recent = recent = tuple(latest)
        return recent

    def take_back(self, call: Call, route: Route) -> None:
        """Forget a call whose handler said that it was not for it."""
        with self._lock:
            route.used -= 1
            self.state.leave(route.transitions)
            self.calls.discount(call)
            route.calls.discount(call)

    def handler_failed(self, call: Call, error: Exception, source: str) -> None:
        """Remember an error of a handler that is no simulated failure of HTTP."""
        if not isinstance(error, HTTPError) and len(self.handler_errors) < _HANDLER_ERRORS_MOST:
            self.handler_errors.append((call, error, source))

    def ahead_of(self, deadline: float) -> float:
        """Return how far the clock was ahead of the real one, which deadlines are on, when this one was first seen."""
        # Known by the object, not by the number: where clocks tick slowly, calls after each other have equal deadlines.
        known = self._ahead.get(id(deadline))
        if known is None:
            if len(self._ahead) > 1_000:
                self._ahead.clear()
            known = self._ahead[id(deadline)] = (deadline, self.clock.monotonic() - time.monotonic())
        return known[1]

    def forget(self) -> None:
        """Forget everything that happened; the routes stay."""
        with self._lock:
            self.calls.reset()
            self.misses.clear()
            self.miss_count = self.more_misses = 0
            self.handler_errors.clear()
            self.open_streams.clear()
            self.state.reset()
            for route in self.routes:
                route.reset()


def _rank(route: Route, order: str, place: int) -> Any:
    """Return what routes are sorted by; the lowest is asked first."""
    if order == "specific":
        return (-route.priority, tuple(-part for part in route.specificity), -place)
    if order == "last":
        return (-route.priority, -place)
    return (-route.priority, place)
