"""The call that nearly was the one that an assertion asks for, and what it has otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..matching.differing import difference_lines, differences
from ..matching.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...client import Request
    from ..matching.matchers import Matcher

_COMPARED_MOST = 200
_SHOWN_MOST = 6


def nearest(matcher: Matcher, calls: Sequence[tuple[int, Request]]) -> list[str]:
    """Return the nearest of the last calls and its differences, as lines; nothing where none has anything in common.

    Calls come with the numbers that they have in the list of all of them.
    """
    best: tuple[int, list[str]] | None = None
    for number, request in calls[-_COMPARED_MOST:]:
        facts = Facts(request)
        found = [(criterion.field, differences(criterion, facts)) for criterion in matcher.criteria]
        wrong = sum(bool(several) for _, several in found)
        if wrong < len(found) and (best is None or wrong < best[0]):
            lines = [line for field, several in found for each in several for line in difference_lines(field, each)]
            best = (wrong, [f"call {number} comes nearest", *lines[:_SHOWN_MOST]])
    return [] if best is None else best[1]
