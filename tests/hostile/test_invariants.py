"""A client that is late is found out, however patient these tests are with a busy machine."""

from __future__ import annotations

import pytest

from .invariants import GRACE, Late, Stopwatch, in_time

pytestmark = pytest.mark.anyio


class Watch:
    """Shows times that were fixed beforehand."""

    def __init__(self, *times: float) -> None:
        self.times = list(times)

    def __call__(self) -> float:
        return self.times.pop(0)


@pytest.mark.parametrize("took", [0.0, 1.0, 1.0 + GRACE])
def test_what_ends_within_the_grace_is_in_time(took: float) -> None:
    with Stopwatch(1.0, Watch(5.0, 5.0 + took)):
        pass


def test_what_ends_after_the_grace_is_late() -> None:
    with pytest.raises(Late, match=r"took 1.31 s, more than 1.00 s"), Stopwatch(1.0, Watch(0.0, 1.31)):
        pass


async def test_a_machine_that_was_late_is_given_another_chance() -> None:
    watch = Watch(0.0, 9.0, 9.0, 9.1)

    @in_time
    async def test() -> None:
        with Stopwatch(1.0, watch):
            pass

    await test()

    assert not watch.times


async def test_a_client_that_is_late_every_time_is_not() -> None:
    watch = Watch(*(float(second // 2 * 2) for second in range(100)))

    @in_time
    async def test() -> None:
        with Stopwatch(1.0, watch):
            watch()

    with pytest.raises(Late):
        await test()
    assert len(watch.times) == 100 - 4 * 3


async def test_whatever_else_fails_fails_at_once() -> None:
    calls: list[int] = []

    @in_time
    async def test() -> None:
        calls.append(1)
        raise AssertionError("not about time")

    with pytest.raises(AssertionError, match="not about time"):
        await test()
    assert len(calls) == 1
