"""A server whose every connection ends in an accident (S3): documented errors, nobody's answer but one's own."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from understudy import Limits, Timeout, TransportError

from .cases import EVIL, FRAMING
from .invariants import check_error, check_pool, check_time, in_time
from .server import HostileServer
from .steps import BeGood, Drip, Echo, Flood, Read, Stall

if TYPE_CHECKING:
    from .steps import Script

pytestmark = pytest.mark.anyio

ACCIDENTS = [
    tuple(step for step in case.script if not isinstance(step, BeGood))
    for case in FRAMING
    if case.method == "GET" and not any(isinstance(step, (Flood, Stall, Drip)) for step in case.script)
]
WORKERS = 8
PATIENCE = 5.0


def scripts(chance: random.Random, count: int) -> list[Script]:
    """Return what each connection does: a few good answers, then an accident."""
    return [(Echo(chance.randrange(4)), *chance.choice(ACCIDENTS)) for _ in range(count)]


class Outcomes:
    """What requests came to."""

    def __init__(self) -> None:
        self.good = 0
        self.failed = 0
        self.slowest = 0.0

    def note(self, path: str, began: float, got: Any) -> None:
        self.slowest = max(self.slowest, time.monotonic() - began)
        if isinstance(got, TransportError):
            self.failed += 1
            return
        if isinstance(got, BaseException):
            raise got
        self.good += 1
        assert EVIL.partition(b"\r\n\r\n")[2] not in got.content
        if got.content.startswith(b"/request-"):
            assert got.content == path.encode()


async def ask_all(side: Any, client: Any, server: HostileServer, count: int) -> Outcomes:
    outcomes = Outcomes()
    paths = iter([f"/request-{number}" for number in range(count)])
    lock = threading.Lock()
    surprises: list[BaseException] = []

    async def ask(path: str) -> None:
        began = time.monotonic()
        try:
            got = await side.call(client.get, server.url(path))
        except TransportError as error:
            check_error(error)
            got = error
        with lock:
            outcomes.note(path, began, got)

    async def work() -> None:
        while True:
            with lock:
                path = next(paths, None)
            if path is None:
                return
            await ask(path)

    def run_work() -> None:
        coroutine = work()
        try:
            coroutine.send(None)
        except StopIteration:
            return
        except BaseException as error:
            surprises.append(error)
        coroutine.close()

    if side.is_blocking:
        threads = [threading.Thread(target=run_work) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        async with anyio.create_task_group() as tasks:
            for _ in range(WORKERS):
                tasks.start_soon(work)
    assert not surprises
    return outcomes


async def survive(side: Any, seed: int, count: int) -> None:
    chance = random.Random(seed)
    with HostileServer(*scripts(chance, count)) as server:
        transport = side.transport(trust_env=False, limits=Limits(max_connections=6))
        async with side.client(transport=transport, timeout=Timeout(PATIENCE, total=PATIENCE)) as client:
            outcomes = await ask_all(side, client, server, count)

            check_pool(transport.snapshot())
            assert outcomes.good + outcomes.failed == count
            assert min(outcomes.good, outcomes.failed) > count / 10
            check_time(outcomes.slowest, PATIENCE)
            assert transport.snapshot().open <= 6
    with HostileServer() as server:
        async with side.client() as client:
            assert (await side.call(client.get, server.url())).content == b"good"


@in_time
async def test_s3_chaos_is_survived(side: Any) -> None:
    await survive(side, 7, 150)


@in_time
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
async def test_s3_much_chaos_is_survived(side: Any, seed: int) -> None:
    await survive(side, seed, 5_000)


def test_there_are_enough_kinds_of_accidents() -> None:
    assert len(ACCIDENTS) >= 60
    assert all(isinstance(script[0], Read) for script in ACCIDENTS)
