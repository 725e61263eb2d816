"""The clock that every wait of the client asks.

Timeouts, backoff, `Retry-After`, keep-alive expiry and pool waits measure time with a `Clock`.
The real one is the default; tests may install a virtual one, on which thirty seconds pass in no time.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and lets it pass.

    `monotonic` never goes back and is comparable only with itself.
    Both `sleep` and `asleep` return once `seconds` have passed on this clock.
    Safe to use from several threads.
    """

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Suspend the calling task, under asyncio or trio."""
        ...


class RealClock:
    """The clock on the wall, as far as a program can see it."""

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        import anyio

        await anyio.sleep(seconds)

    def __repr__(self) -> str:
        return "RealClock()"


REAL_CLOCK = RealClock()
