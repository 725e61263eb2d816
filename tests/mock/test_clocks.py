"""On the virtual clock time passes only when somebody sleeps."""

from __future__ import annotations

import time

import pytest

from understudy.mock import VirtualClock


def test_sleeping_takes_no_time_and_moves_the_clock() -> None:
    clock = VirtualClock()
    before, started = clock.monotonic(), time.perf_counter()

    clock.sleep(3600)
    clock.sleep(0)
    clock.advance(10)

    assert time.perf_counter() - started < 5
    assert clock.monotonic() - before == pytest.approx(3610, abs=5)
    assert clock.slept == [3600]
    assert repr(clock) == "<VirtualClock 3610 s ahead>"


@pytest.mark.anyio
async def test_tasks_wake_in_the_order_of_their_alarms() -> None:
    import anyio

    clock = VirtualClock()
    before = clock.monotonic()
    woken: list[int] = []

    async def sleep(seconds: int) -> None:
        await clock.asleep(seconds)
        woken.append(seconds)

    async with anyio.create_task_group() as tasks:
        for seconds in (30, 10, 0, 20):
            tasks.start_soon(sleep, seconds)

    assert woken == [0, 10, 20, 30]
    assert clock.monotonic() - before == pytest.approx(30, abs=0.5)


@pytest.mark.anyio
async def test_a_sleeper_that_is_cancelled_holds_nobody_up() -> None:
    import anyio

    clock = VirtualClock()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clock.asleep, 1)
        tasks.cancel_scope.cancel()
    await clock.asleep(2)

    assert clock.slept[-1] == 2
