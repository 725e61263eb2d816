"""Which reply the n-th call gets."""

from __future__ import annotations

from understudy.mock import reply
from understudy.mock.replies.plans import CYCLE, FAIL, FALL_THROUGH, Plan


def test_a_plan_is_asked_by_number_and_never_changes() -> None:
    first, second = reply(503), reply(200)
    plan = Plan(first)
    plan.repeat(2)
    plan.then(second)

    assert [plan.pick(number) for number in range(5)] == [first, first, second, second, second]
    plan.ending = CYCLE
    assert [plan.pick(number) for number in range(5)] == [first, first, second, first, first]
    for ending in (FAIL, FALL_THROUGH):
        plan.ending = ending
        assert [plan.pick(number) for number in range(2, 5)] == [second, None, None]
    assert plan.replies == [first, second]
    assert plan.describe() == "503 x2, 200"


def test_what_is_added_to_a_copy_is_not_added_to_the_plan() -> None:
    plan = Plan(reply(503))
    plan.repeat(2)
    twin = plan.copy()
    twin.then(reply(200))
    twin.ending = FAIL

    assert twin.describe() == "503 x2, 200"
    assert (plan.describe(), plan.length, plan.ending) == ("503 x2", 2, "repeat")
