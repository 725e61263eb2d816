"""A route's replies in order, and what comes after the last one."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from ..errors import RouteError
from ..values import show

if TYPE_CHECKING:
    from typing_extensions import Self

    from .kinds import Reply

REPEAT, CYCLE, FAIL, FALL_THROUGH = "repeat", "cycle", "fail", "fall_through"


class Plan:
    """Which reply the n-th call gets; a question of arithmetic, so that asking changes nothing."""

    __slots__ = ("_ends", "ending", "length", "replies")

    def __init__(self, reply: Reply) -> None:
        self.replies: list[Reply] = [reply]
        """Every reply once."""
        self._ends: list[int] = [1]
        """How many calls each reply and those before it are for."""
        self.length: int = 1
        """How many calls there are replies for."""
        self.ending: str = REPEAT

    def copy(self) -> Self:
        """Return the same replies, to which others can be added."""
        twin = type(self)(self.replies[0])
        twin.replies = [*self.replies]
        twin._ends = [*self._ends]
        twin.length = self.length
        twin.ending = self.ending
        return twin

    def then(self, reply: Reply) -> None:
        """Put one more reply behind the last."""
        self.length += 1
        self.replies.append(reply)
        self._ends.append(self.length)

    @property
    def last(self) -> Reply:
        """The reply that was said last."""
        return self.replies[-1]

    def replace_last(self, reply: Reply) -> None:
        """Put another reply in the place of the last."""
        self.replies[-1] = reply

    def repeat(self, times: int) -> None:
        """Give the last reply `times` times."""
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            raise RouteError(f"`repeat` takes how often, 1 or more, not {show(times)}")
        self.length += times - 1
        self._ends[-1] = self.length

    def pick(self, number: int) -> Reply | None:
        """Return the reply to call `number`, from 0; `None` when the plan has none left."""
        if number >= self.length:
            if self.ending == REPEAT:
                return self.last
            if self.ending != CYCLE:
                return None
            number %= self.length
        return self.replies[bisect_right(self._ends, number)]

    def describe(self) -> str:
        """Return the plan in a few words."""
        start = 0
        words: list[str] = []
        for end, reply in zip(self._ends, self.replies):
            words.append(reply.describe() + (f" x{end - start}" if end - start > 1 else ""))
            start = end
        return ", ".join(words)
