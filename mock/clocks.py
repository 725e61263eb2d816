"""A clock on which time passes only when somebody sleeps.

Thirty seconds of a route's delay, or of a client's backoff, are over at once, and `slept` tells how long they were.
Tasks that sleep at the same time wake in the order of their alarms, as on a real clock.
"""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable, Union

if TYPE_CHECKING:
    from ..client import Clock

# How many turns the other tasks get before time passes.
_TURNS = 5


class RecordedClock:
    """Another clock, with an account of what was slept on it."""

    def __init__(self, clock: Clock) -> None:
        self.slept: list[float] = []
        self._clock = clock

    def monotonic(self) -> float:
        """Return the other clock's time."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep on the other clock."""
        self.slept.append(seconds)
        self._clock.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Sleep on the other clock."""
        self.slept.append(seconds)
        await self._clock.asleep(seconds)

    def __repr__(self) -> str:
        return f"<RecordedClock {self._clock!r}>"


class VirtualClock:
    """A clock that is ahead of the real one by all that was slept on it.

    >>> clock = VirtualClock()
    >>> clock.sleep(30)
    >>> clock.slept
    [30]
    """

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._ahead = 0.0
        self._lock = threading.Lock()
        self._alarms: list[_Alarm] = []
        self._numbers = itertools.count()

    def monotonic(self) -> float:
        """Return the real monotonic time plus what was slept."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody sleeping."""
        with self._lock:
            self._ahead += seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass; the calling thread goes on at once."""
        if seconds > 0:
            with self._lock:
                self.slept.append(seconds)
                self._ahead += seconds

    async def asleep(self, seconds: float) -> None:
        """Let time pass; other tasks whose alarms are earlier wake first."""
        from anyio.lowlevel import checkpoint

        if seconds <= 0:
            await checkpoint()
            return
        alarm = _Alarm(self.monotonic() + seconds, next(self._numbers))
        with self._lock:
            self.slept.append(seconds)
            heapq.heappush(self._alarms, alarm)
        try:
            # Time passes only once the others had their turns: those about to sleep set their alarms,
            # and those that have just woken may set one that is earlier than this.
            calm = 0
            while calm < _TURNS:
                with self._lock:
                    is_first = self._first() is alarm
                    if not is_first:
                        alarm.expect()
                if is_first:
                    await checkpoint()
                    calm += 1
                else:
                    await alarm.turn()
                    calm = 0
            with self._lock:
                self._ahead = max(self._ahead, alarm.when - time.monotonic())
        finally:
            with self._lock:
                alarm.is_over = True
                following = self._first()
            if following is not None:
                following.wake()

    def _first(self) -> _Alarm | None:
        """Return the earliest alarm, without those that are over; the caller holds the lock."""
        alarms = self._alarms
        while alarms and alarms[0].is_over:
            heapq.heappop(alarms)
        return alarms[0] if alarms else None

    def __repr__(self) -> str:
        return f"<VirtualClock {self._ahead:g} s ahead>"


class _Alarm:
    """One task's sleep: only the earliest of all looks at the clock, the others wait for their turn."""

    __slots__ = ("_event", "_number", "_set_soon", "_thread", "is_over", "when")

    def __init__(self, when: float, number: int) -> None:
        self.when = when
        self.is_over = False
        self._number = number
        self._event: Any = None
        self._thread = threading.get_ident()
        self._set_soon = _threadsafe()

    def __lt__(self, other: _Alarm) -> bool:
        return (self.when, self._number) < (other.when, other._number)

    def expect(self) -> None:
        """Be ready to be woken."""
        from anyio import Event

        self._event = Event()

    async def turn(self) -> None:
        """Wait to be woken."""
        await self._event.wait()

    def wake(self) -> None:
        """Say that it is this one's turn, from any thread."""
        event = self._event
        if event is None:
            return
        if self._thread == threading.get_ident():
            event.set()
        else:
            with suppress(RuntimeError):  # its loop has ended, and with it the sleep
                self._set_soon(event.set)


def _threadsafe() -> Callable[[Callable[[], object]], object]:
    """Return what has a function called in this task's thread, for other threads."""
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        with suppress(RuntimeError, AttributeError):  # it does not run here; or is being imported, by another thread
            soon: Callable[[Callable[[], object]], object] = trio.lowlevel.current_trio_token().run_sync_soon
            return soon
    import asyncio

    return asyncio.get_running_loop().call_soon_threadsafe


MockClock = Union[VirtualClock, RecordedClock]
