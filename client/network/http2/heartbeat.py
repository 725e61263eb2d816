"""Whether a silent server is still there: when to ask it, and when to give it up. No I/O and no clock.

Whatever arrives is a sign of life, not only the answer to a PING, which may have to wait behind a long body.
"""

from __future__ import annotations

# What a caller who comes late, because something kept it busy, listens all the same before it gives up: the answer may
# have been there for long.
_LEAST_PATIENCE = 0.1


class Heartbeat:
    """When a connection was last heard of, and what follows."""

    __slots__ = ("_heard_at", "_interval", "asked_at", "timeout")

    def __init__(self, interval: float, timeout: float, now: float) -> None:
        self._interval = interval
        self.timeout: float = timeout
        self._heard_at = now
        self.asked_at: float | None = None
        """Since when an answer is overdue; `None` where nobody has asked."""

    def heard(self, now: float) -> bool:
        """Note a sign of life; return whether somebody has asked for one."""
        self._heard_at = now
        was_asked = self.asked_at is not None
        self.asked_at = None
        return was_asked

    def asked(self, now: float) -> None:
        """Note that a PING goes out."""
        self.asked_at = now

    def is_due(self, now: float) -> bool:
        """Whether it is time to ask, and nobody has."""
        return self.asked_at is None and now >= self._heard_at + self._interval

    def pause(self, now: float) -> float:
        """Return how long to listen before the next step, which is to ask, or to give up."""
        if self.asked_at is not None:
            return max(_LEAST_PATIENCE, self.asked_at + self.timeout - now)
        return max(0.0, self._heard_at + self._interval - now)
