from __future__ import annotations

import time

import pytest

from understudy import REAL_CLOCK, Clock, RealClock


def test_the_real_clock_tells_the_time_of_this_process() -> None:
    before = time.monotonic()

    told = REAL_CLOCK.monotonic()

    assert before <= told <= time.monotonic()


def test_sleeping_lets_the_time_pass() -> None:
    clock: Clock = RealClock()
    before = clock.monotonic()

    clock.sleep(0.02)

    assert clock.monotonic() - before >= 0.015


@pytest.mark.anyio
async def test_a_task_that_sleeps_lets_the_time_pass() -> None:
    clock: Clock = RealClock()
    before = clock.monotonic()

    await clock.asleep(0.02)

    assert clock.monotonic() - before >= 0.015  # event loops round, and clocks tick


def test_it_says_what_it_is() -> None:
    assert repr(REAL_CLOCK) == "RealClock()"
