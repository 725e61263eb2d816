"""How long one request may wait for what: its timeouts, and the deadline over all of them."""

from __future__ import annotations

import time
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..errors import DeadlineExceeded

if TYPE_CHECKING:
    from collections.abc import Mapping


class Waits:
    """The timeouts of one request, from its extensions."""

    __slots__ = ("connect", "deadline", "pool", "read", "write")

    def __init__(self, extensions: Mapping[str, Any]) -> None:
        timeouts = extensions.get("timeout") or _NONE
        self.connect: float | None
        self.read: float | None
        self.write: float | None
        self.pool: float | None
        try:
            self.connect, self.read, self.write, self.pool = _all_four(timeouts)
        except KeyError:
            self.connect, self.read, self.write, self.pool = _all_four({**_NONE, **timeouts})
        self.deadline: float | None = extensions.get("deadline")

    def left(self, timeout: float | None) -> float | None:
        """Return how long to wait, at most `timeout` seconds; raise `DeadlineExceeded` when the call is out of time."""
        if self.deadline is None:
            return timeout
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded("the time for the whole call is over")
        return left if timeout is None or left < timeout else timeout

    def end_by(self, moment: float) -> None:
        """Bring the deadline forward to a moment of `time.monotonic`, where it is not earlier already."""
        if self.deadline is None or moment < self.deadline:
            self.deadline = moment

    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline


def patience(waits: Waits, most: float | None, waited: float = 0.0) -> float | None:
    """Return how long to wait for a connection, after `waited` seconds, before looking again.

    `most` is the longest such wait where others make one that may serve all, which is waiting to be connected as well;
    `None` where one waits for room.
    """
    if most is None:
        return None if waits.pool is None else waits.pool - waited
    return min([most, *(bound - waited for bound in (waits.pool, waits.connect) if bound is not None)])


_KINDS = ("connect", "read", "write", "pool")
_NONE: dict[str, float | None] = dict.fromkeys(_KINDS)
_all_four = itemgetter(*_KINDS)
