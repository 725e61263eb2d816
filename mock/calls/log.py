"""What was asked of a mock and what it answered: single calls, and collections of them that can be queried.

A log keeps the last `most` calls and the exact number of all of them, so that a million calls need no more memory
than ten thousand.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Callable, Protocol, overload

from ..habits import OF_CALLS, no_such
from ..matching.criteria import HostCriterion, PathCriterion
from ..matching.facts import Facts
from ..matching.matchers import match
from ..matching.queries import step_fits
from ..signals import Signal
from .bodiless import BodilessRequest, BodilessResponse
from .near_calls import nearest

if TYPE_CHECKING:
    from ...client import Clock, Request, Response
    from ..colors import Color
    from ..matching.criteria import Criterion
    from ..matching.matchers import Matcher
    from ..places import Place
    from ..replies.bodies import PlayedStream
    from ..states import States


# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class Answering(Protocol):
    """What is known about the route that answered a call."""

    name: str | None
    place: Place

    @property
    def label(self) -> str:
        """The route in one line."""
        ...

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What it wants of a request."""
        ...

    @property
    def call_count(self) -> int:
        """How often it was called."""
        ...

    @property
    def original(self) -> Any:
        """The route that it is a copy of, or itself."""
        ...


class Stage(Protocol):
    """Where calls happen: what they need while they are answered."""

    @property
    def clock(self) -> Clock:
        """The clock."""
        ...

    @property
    def state(self) -> States:
        """The states."""
        ...

    @property
    def open_streams(self) -> dict[int, tuple[PlayedStream, Call]]:
        """The streamed bodies that are on their way."""
        ...

    def handler_failed(self, call: Call, error: Exception, source: str) -> None:
        """Note that a handler raised."""
        ...


class Front(Protocol):
    """The layer through which a call came."""

    @property
    def stage(self) -> Stage:
        """Where it happens."""
        ...

    async def pause(self, request: Request, seconds: float, color: Color, doing: str = ...) -> None:
        """Let time pass, as far as the client's patience goes."""
        ...

    def production(self, request: Request, route: Answering) -> Any:
        """Return the transport that really answers."""
        ...


class Call:
    """One request that a route answered."""

    __slots__ = ("_front", "ended", "error", "number", "place", "request", "response", "route", "serial", "started")

    def __init__(self, request: Request, route: Answering, place: Place, front: Front, *, number: int) -> None:
        self.request: Request = request
        self.route: Answering = route
        self.number: int = number
        """The number of the call to its route, from 0."""
        self.serial: int = 0
        """The number of the call among all calls of its router, from 0."""
        self.place: Place = place
        """Where the code under test made the call."""
        self.response: Response | None = None
        self.error: BaseException | None = None
        self.started: float = front.stage.clock.monotonic()
        self.ended: float | None = None
        self._front = front

    @property
    def n(self) -> int:
        """The number of the call to its route, from 1."""
        return self.number + 1

    @property
    def has_response(self) -> bool:
        """Whether the call was answered, rather than ended by an exception."""
        return self.response is not None

    @property
    def elapsed(self) -> float | None:
        """Seconds until the response was there, on the router's clock."""
        return None if self.ended is None else self.ended - self.started

    @property
    def path_params(self) -> dict[str, Any]:
        """The values of the template parameters of the route."""
        facts = Facts(self.request)
        values: dict[str, Any] = {}
        for criterion in self.route.criteria:
            if isinstance(criterion, PathCriterion):
                values.update(criterion.template.match(facts.segments) or {})
            elif isinstance(criterion, HostCriterion):
                values.update(criterion.host.match(facts.host) or {})
        return values

    @property
    def clock(self) -> Clock:
        """The clock on which this call takes its time."""
        return self._front.stage.clock

    @property
    def state(self) -> States:
        """The states of the router."""
        return self._front.stage.state

    def let_bodies_go(self) -> None:
        """Keep of the request and the response everything but their bodies."""
        self.request = BodilessRequest(self.request)
        if self.response is not None:
            self.response = BodilessResponse(self.response, self.request)

    # For replies.

    def production(self) -> Any:
        """Return the transport that stands behind the mock."""
        return self._front.production(self.request, self.route)

    async def pause(self, seconds: float, color: Color, doing: str = "answers after") -> None:
        """Let time pass, as far as the client's patience goes; `doing` is what takes it, for the message."""
        await self._front.pause(self.request, seconds, color, doing)

    def stream_opened(self, stream: PlayedStream) -> None:
        """Note that a streamed body is on its way."""
        self._front.stage.open_streams[id(stream)] = (stream, self)

    def stream_closed(self, stream: PlayedStream) -> None:
        """Note that a streamed body has been closed."""
        self._front.stage.open_streams.pop(id(stream), None)

    def handler_failed(self, error: Exception, source: str) -> None:
        """Note that a handler raised."""
        self._front.stage.handler_failed(self, error, source)

    def __repr__(self) -> str:
        answer = self.response if self.response is not None else self.error
        return f"<Call {self.request.method} {self.request.url.redacted} -> {answer!r}>"


class Calls(Sequence[Call]):
    """Calls in their order: a sequence, with queries in the words of the matcher grammar.

    `calls.one(path="/orders", json__has={"sku": "a"})`, `calls.where(method="POST")`,
    `calls.assert_none(host="x.test")`.
    """

    __slots__ = ("_count", "_kept", "_lock", "_name", "_waiting", "base", "most")

    def __init__(self, name: str, most: int | None, base: str = "") -> None:
        self.most: int | None = most
        """How many of them are kept."""
        self.base: str = base
        """The path of the router's base URL: what is asked for by a path is that path, or one below this."""
        self._name = name
        self._kept: deque[Call] = deque(maxlen=most)
        self._count = 0
        self._lock = threading.Lock()  # around the two above, which are looked at while other threads add
        self._waiting: list[tuple[int, Signal]] = []

    # A sequence of what is kept

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        if isinstance(index, slice):
            with self._lock:
                count, kept = self._count, list(self._kept)
            dropped = count - len(kept)
            return [kept[place - dropped] for place in range(count)[index] if place >= dropped]
        with self._lock:
            count, size = self._count, len(self._kept)
            place = index + count if index < 0 else index
            if count - size <= place < count:
                return self._kept[place - count + size]
        if not 0 <= place < count:
            raise IndexError(f"{self._name} has {times(count)}, and none at {index}")
        raise IndexError(f"call {index} is no longer kept: only the last {size} of {count} are")

    def __iter__(self) -> Iterator[Call]:
        return iter(self._all())

    def __reversed__(self) -> Iterator[Call]:
        return reversed(self._all())

    def _all(self) -> list[Call]:
        with self._lock:
            return list(self._kept)

    # Looking

    @property
    def called(self) -> bool:
        """Whether there was any call."""
        return self._count > 0

    @property
    def call_count(self) -> int:
        """How many calls there were."""
        return self._count

    @property
    def first(self) -> Call:
        """The first call."""
        return self[0]

    @property
    def last(self) -> Call:
        """The last call."""
        if not self._count:
            raise IndexError(f"{self._name} was not called")
        return self[-1]

    def where(self, *matchers: Matcher | Callable[[Request], Any], **criteria: Any) -> list[Call]:
        """Return the calls whose request fits."""
        wanted = self._wanted(matchers, criteria)
        return [call for call in self._all() if any(each.holds(Facts(call.request)) for each in wanted)]

    def _wanted(self, matchers: Any, criteria: dict[str, Any]) -> list[Matcher]:
        """Return what a call has to fit, one of which is enough."""
        wanted = [match(*matchers, **criteria)]
        path = criteria.get("path")
        if self.base and isinstance(path, str) and path.startswith("/"):
            wanted.append(match(*matchers, **{**criteria, "path": self.base + path}))
        return wanted

    def one(self, *matchers: Matcher | Callable[[Request], Any], **criteria: Any) -> Call:
        """Return the only call whose request fits; an `AssertionError` when there is none or another."""
        found = self.where(*matchers, **criteria)
        if not found:
            raise AssertionError(self._told(f"no call of {self._name} fits", matchers, criteria))
        if len(found) > 1:
            raise AssertionError(self._told(f"{times(len(found))} of {self._name} fit, not one", matchers, criteria))
        return found[0]

    def assert_any(self, *matchers: Matcher | Callable[[Request], Any], **criteria: Any) -> None:
        """Assert that at least one call's request fits."""
        if not self.where(*matchers, **criteria):
            raise AssertionError(self._told(f"no call of {self._name} fits", matchers, criteria))

    def assert_one(self, *matchers: Matcher | Callable[[Request], Any], **criteria: Any) -> None:
        """Assert that exactly one call's request fits."""
        self.one(*matchers, **criteria)

    def assert_none(self, *matchers: Matcher | Callable[[Request], Any], **criteria: Any) -> None:
        """Assert that no call's request fits."""
        found = self.where(*matchers, **criteria)
        if found:
            raise AssertionError(
                self._told(f"{times(len(found))} of {self._name} fit, and none should", matchers, criteria)
            )

    def assert_order(self, *steps: Any) -> None:
        """Assert that these happened in this order, whatever came between.

        A step is a route, the name of a route, a target such as `"POST /orders"`, or a matcher.
        A path may be the whole one, or one below the router's base URL, as for `path=` of the other questions.
        """
        place = 0
        kept = self._all()
        for number, step in enumerate(steps, 1):
            while place < len(kept) and not step_fits(step, kept[place].request, kept[place].route, self.base):
                place += 1
            if place == len(kept):
                raise AssertionError(
                    f"step {number} of {len(steps)}, {step!r}, did not come after the steps before it\n{self._listed()}"
                )
            place += 1

    # Waiting

    async def wait(self, count: int = 1, *, timeout: float = 5.0) -> Call:
        """Wait until there have been `count` calls, and return the last of those; asynchronous code only.

        `timeout` is in real time: what is waited for is code that really runs.
        """
        signal = self._signal(count)
        if not signal.given:
            await signal.await_(timeout)
        return self._arrived(count, timeout, signal)

    def wait_blocking(self, count: int = 1, *, timeout: float = 5.0) -> Call:
        """Wait until other threads have made `count` calls, and return the last of those."""
        signal = self._signal(count)
        signal.wait(timeout)
        return self._arrived(count, timeout, signal)

    def _signal(self, count: int) -> Signal:
        signal = Signal()
        self._waiting.append((count, signal))
        self._wake()
        return signal

    def _arrived(self, count: int, timeout: float, signal: Signal) -> Call:
        self._waiting.remove((count, signal))
        if self._count < count:
            raise AssertionError(
                f"{self._name} had {times(self._count)} in {timeout:g} s, not {count}\n{self._listed()}"
            )
        return self[count - 1]

    # For the router

    def add(self, call: Call) -> None:
        """Note a call."""
        with self._lock:
            self._kept.append(call)
            self._count += 1
        if self._waiting:
            self._wake()

    def discount(self, call: Call) -> None:
        """Forget a call whose handler said that it was not for it."""
        with self._lock:
            kept = self._kept
            # The latest first: that is where it nearly always is.
            place = next((place for place in range(len(kept) - 1, -1, -1) if kept[place] is call), None)
            if place is not None:
                del kept[place]
            if place is not None or self._count > len(kept):
                self._count -= 1

    def reset(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._kept.clear()
            self._count = 0

    def __getstate__(self) -> tuple[str, int | None, str, list[Call], int]:
        return self._name, self.most, self.base, self._all(), self._count

    def __setstate__(self, state: tuple[str, int | None, str, list[Call], int]) -> None:
        name, most, base, kept, count = state
        self.__init__(name, most, base)  # type: ignore[misc]  # the lock and who waits do not travel
        self._kept.extend(kept)
        self._count = count

    def _wake(self) -> None:
        for count, signal in list(self._waiting):
            if self._count >= count:
                signal.give()

    def _told(self, message: str, matchers: Any, criteria: Any) -> str:
        wanted = self._wanted(matchers, criteria)[-1]
        lines = [f"{message}: {wanted.describe()}", self._listed()]
        if message.startswith("no "):
            lines += nearest(wanted, [(call.serial + 1, call.request) for call in self._all()])
        return "\n".join(lines)

    def _listed(self) -> str:
        return listed(self._all(), self._count)

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            raise no_such(self, name, OF_CALLS)

    def __repr__(self) -> str:
        return f"<{times(self._count)} of {self._name}>"


def times(count: int) -> str:
    """Return "no calls", "1 call", "2 calls"."""
    return "no calls" if count == 0 else f"{count} call{'s' * (count != 1)}"


def listed(calls: list[Call], count: int | None = None, most: int = 20) -> str:
    """Return a list of calls, one a line, for messages."""
    if not calls:
        return "there were no calls"
    dropped = (count if count is not None else len(calls)) - min(len(calls), most)
    lines = [f"  ... {dropped} earlier"] if dropped else []
    for call in calls[-most:]:
        answer = call.response.status_code if call.response is not None else type(call.error).__name__
        lines.append(
            f"  {call.serial + 1}. {call.request.method} {call.request.url.redacted} -> {answer}   {call.place}"
        )
    return "\n".join(["the calls were", *lines])
