"""Replay in real time, on a clock that tells how long was waited."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import mock

if TYPE_CHECKING:
    from ..conftest import Stage

STREAM = """--- # GET /events -> 200
request:
  method: GET
  url: https://api.test/events
response:
  status: 200
  text: one two three
  took: 7.0
  chunks: [4@0.5, 4@1.0, 5@7.0]
...
"""
SLOW = """--- # GET /slow -> 200
request:
  method: GET
  url: https://api.test/slow
response:
  status: 200
  text: done
  took: 6.0
...
--- # GET /dead -> ReadTimeout
request:
  method: GET
  url: https://api.test/dead
error:
  type: ReadTimeout
  took: 5.0
...
"""


def pieces(stage: Stage, url: str, timeout: float = 9) -> list[bytes]:
    with stage.client.stream("GET", url, timeout=timeout) as response:
        return list(response.iter_raw())


def test_by_default_no_time_passes_and_pieces_are_the_recorded_ones(stage: Stage) -> None:
    stage.written(STREAM)
    clock = mock.VirtualClock()

    with stage.use("none", clock=clock):
        assert pieces(stage, "https://api.test/events") == [b"one ", b"two ", b"three"]

    assert clock.slept == []


def test_at_speed_one_every_piece_comes_when_it_came(stage: Stage) -> None:
    stage.written(STREAM)
    clock = mock.VirtualClock()

    with stage.use("none", speed=1, clock=clock):
        assert pieces(stage, "https://api.test/events") == [b"one ", b"two ", b"three"]

    assert clock.slept == [0.5, 0.5, 6.0]


@pytest.mark.anyio
async def test_at_speed_two_it_takes_half_the_time_for_tasks_as_well(stage: Stage) -> None:
    stage.written(STREAM, SLOW)
    clock = mock.VirtualClock()

    with stage.use("none", speed=2, clock=clock):
        async with stage.async_client.stream("GET", "https://api.test/events", timeout=9) as response:
            assert [piece async for piece in response.aiter_raw()] == [b"one ", b"two ", b"three"]
        assert (await stage.async_client.get("https://api.test/slow", timeout=9)).text == "done"

    assert clock.slept == [0.25, 0.25, 3.0, 3.0]


def test_a_silence_longer_than_the_patience_times_out_when_the_patience_ends(stage: Stage) -> None:
    stage.written(STREAM, SLOW)
    clock = mock.VirtualClock()

    with stage.use("none", speed=1, clock=clock):
        with pytest.raises(understudy.ReadTimeout, match="next piece of the recorded body came after 6 s"):
            pieces(stage, "https://api.test/events", timeout=5)
        with pytest.raises(understudy.ReadTimeout, match="the recorded one took 6 s"):
            stage.client.get("https://api.test/slow", timeout=5)
        with pytest.raises(understudy.ReadTimeout):
            stage.client.get("https://api.test/dead", timeout=9)

    assert clock.slept == [0.5, 0.5, 5, 5, 5.0]


@pytest.mark.anyio
async def test_a_task_too_is_timed_out_in_the_middle_of_a_body(stage: Stage) -> None:
    stage.written(STREAM)

    with stage.use("none", speed=1, clock=mock.VirtualClock()), pytest.raises(understudy.ReadTimeout):
        await stage.async_client.get("https://api.test/events", timeout=5)


def test_delays_of_routes_take_their_time_as_well(stage: Stage) -> None:
    stage.written(header="cassette: 1\nroutes:\n- GET https://api.test/a: {status: 204, delay: 3}\n")
    clock = mock.VirtualClock()

    with stage.use("none", speed=1, clock=clock):
        assert stage.client.get("https://api.test/a").status_code == 204

    assert sum(clock.slept) == 3


def test_a_body_can_come_in_one_piece(stage: Stage) -> None:
    stage.written(STREAM)

    with stage.use("none", chunks="whole"):
        assert pieces(stage, "https://api.test/events") == [b"one two three"]


def test_fuzzed_pieces_depend_on_the_seed_alone_and_are_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.written(STREAM)
    caplog.set_level(logging.INFO, "understudy.cassettes")

    def fuzzed(seed: str) -> list[bytes]:
        with stage.use("none", chunks=seed):
            return pieces(stage, "https://api.test/events")

    found = {seed: fuzzed(seed) for seed in ("fuzz", "fuzz:0", "fuzz:1", "fuzz:2", "fuzz:3")}

    assert found["fuzz"] == found["fuzz:0"] == fuzzed("fuzz")
    assert len({tuple(cuts) for cuts in found.values()}) > 1
    assert {b"".join(cuts) for cuts in found.values()} == {b"one two three"}
    assert f"{stage.path}:2: chunks='fuzz:0' cuts 13 bytes into" in caplog.messages[0]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [({"chunks": "fuz"}, "one of recorded, whole"), ({"speed": -1}, "`speed` is 0"), ({"speed": True}, "`speed` is 0")],
)
def test_wrong_words_are_refused_at_the_call(stage: Stage, settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        stage.use("none", **settings)
