"""The network under asyncio: what the contract of all backends does not say."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import pytest

from understudy.client.network.backends.asyncio_native import AsyncioBackend, AsyncioWaiter


def timers(loop: Any) -> int:
    return sum(not handle.cancelled() for handle in loop._scheduled)


def test_waits_of_many_lengths_leave_few_timers() -> None:
    async def body() -> int:
        loop = asyncio.get_running_loop()
        for number in range(500):
            waiter = AsyncioWaiter()
            waiting = waiter.wait(60 + number / 1000)
            waiter.set()
            assert await waiting
            await asyncio.sleep(0)
        return timers(loop)

    assert asyncio.run(body()) <= 64


def test_a_wait_beside_many_others_ends_in_time_too() -> None:
    async def body() -> list[bool]:
        waiters = [AsyncioWaiter() for _ in range(200)]
        return await asyncio.gather(*[waiter.wait(0.01 + number / 1e6) for number, waiter in enumerate(waiters)])

    assert asyncio.run(body()) == [False] * 200


def test_a_connection_that_was_reset_leaves_no_timer() -> None:
    async def body() -> int:
        with socket.create_server(("127.0.0.1", 0)) as server:
            stream = await AsyncioBackend().connect_tcp("127.0.0.1", server.getsockname()[1], 5.0)
            far, _ = server.accept()
        reading = asyncio.ensure_future(stream.read(10, 600.0))
        await asyncio.sleep(0)
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
        with pytest.raises(ConnectionResetError):
            await reading
        stream.close()
        return timers(asyncio.get_running_loop())

    assert asyncio.run(body()) == 0
