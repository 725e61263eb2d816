"""A clock on which time passes only when somebody sleeps.

Thirty seconds of a route's delay, or of a client's backoff, are over at once, and `slept` tells how long they were.
Tasks that sleep at the same time wake in the order of their alarms, as on a real clock.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from typing import TYPE_CHECKING, Union

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
        self._alarms: list[tuple[float, int]] = []
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
        with self._lock:
            self.slept.append(seconds)
            alarm = (self.monotonic() + seconds, next(self._numbers))
            heapq.heappush(self._alarms, alarm)
        try:
            # Time passes only once the others had their turns: those about to sleep set their alarms,
            # and those that have just woken may set one that is earlier than this.
            calm = 0
            while calm < _TURNS:
                await checkpoint()
                calm = calm + 1 if self._alarms[0] == alarm else 0
            with self._lock:
                self._ahead = max(self._ahead, alarm[0] - time.monotonic())
        finally:
            with self._lock:
                self._alarms.remove(alarm)
                heapq.heapify(self._alarms)

    def __repr__(self) -> str:
        return f"<VirtualClock {self._ahead:g} s ahead>"


MockClock = Union[VirtualClock, RecordedClock]
