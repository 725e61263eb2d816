"""The network under trio: what the contract of all backends does not say."""

from __future__ import annotations

import socket

import anyio
import pytest
import trio

from understudy.client.network.backends.anyio_streams import AnyioStream


def test_closing_a_stream_that_waits_for_either_direction_is_an_error_of_the_network() -> None:
    near, far = socket.socketpair()
    near.setblocking(False)

    async def body() -> None:
        stream = AnyioStream(near)

        async def close() -> None:
            await trio.testing.wait_all_tasks_blocked(0.01)
            stream.close()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(close)
            with pytest.raises(ConnectionResetError):
                await stream.write_until_readable(memoryview(bytes(10_000_000)), 60.0)

    with far:
        trio.run(body)
