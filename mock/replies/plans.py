"""A route's replies in order, and what comes after the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import RouteError
from ..values import show

if TYPE_CHECKING:
    from .kinds import Reply

REPEAT, CYCLE, FAIL, FALL_THROUGH = "repeat", "cycle", "fail", "fall_through"


class Plan:
    """Which reply the n-th call gets; a question of arithmetic, so that asking changes nothing."""

    __slots__ = ("_steps", "ending", "length")

    def __init__(self, reply: Reply) -> None:
        self._steps: list[tuple[int, Reply]] = [(1, reply)]
        self.length: int = 1
        self.ending: str = REPEAT

    def then(self, reply: Reply) -> None:
        """Put one more reply behind the last."""
        self.length += 1
        self._steps.append((self.length, reply))

    @property
    def last(self) -> Reply:
        """The reply that was said last."""
        return self._steps[-1][1]

    def replace_last(self, reply: Reply) -> None:
        """Put another reply in the place of the last."""
        self._steps[-1] = (self._steps[-1][0], reply)

    def repeat(self, times: int) -> None:
        """Give the last reply `times` times."""
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            raise RouteError(f"`repeat` takes how often, 1 or more, not {show(times)}")
        self.length += times - 1
        self._steps[-1] = (self.length, self._steps[-1][1])

    def pick(self, number: int) -> Reply | None:
        """Return the reply to call `number`, from 0; `None` when the plan has none left."""
        if number >= self.length:
            if self.ending == REPEAT:
                return self._steps[-1][1]
            if self.ending != CYCLE:
                return None
            number %= self.length
        for end, reply in self._steps:
            if number < end:
                return reply
        return None

    @property
    def replies(self) -> list[Reply]:
        """Every reply once."""
        return [reply for _, reply in self._steps]

    def describe(self) -> str:
        """Return the plan in a few words."""
        start = 0
        words: list[str] = []
        for end, reply in self._steps:
            words.append(reply.describe() + (f" x{end - start}" if end - start > 1 else ""))
            start = end
        return ", ".join(words)
