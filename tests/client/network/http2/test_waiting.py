"""Callers who wait for a connection that is being made, and that may serve all of them."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from tests.hostile.http2_server import Http2Server
from understudy.client.config import Limits
from understudy.client.errors import ConnectTimeout, PoolTimeout
from understudy.client.messages.request import Request
from understudy.client.network import pool
from understudy.client.network.backends.memory import AsyncMemoryNetwork
from understudy.client.transports.network import AsyncHTTPTransport

pytestmark = pytest.mark.anyio


class Hanging:
    """A network whose first connections are never made: `hang` of them, or all."""

    def __init__(self, hang: int | None = None) -> None:
        self._network = AsyncMemoryNetwork(Http2Server())
        self._hang = hang
        self.attempts = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    async def connect_tcp(self, host: str, port: int, timeout: float | None, **options: Any) -> Any:
        self.attempts += 1
        if self._hang is not None and self.attempts > self._hang:
            return await self._network.connect_tcp(host, port, timeout, **options)
        await anyio.sleep(60 if timeout is None else timeout)
        raise TimeoutError("no answer")


def over(network: Any, **options: Any) -> AsyncHTTPTransport:
    return AsyncHTTPTransport(http1=False, http2=True, network=network, **options)


async def ask_at_once(
    transport: AsyncHTTPTransport, count: int, url: str = "http://h.test/", **timeouts: float
) -> list[Any]:
    """Send so many requests, and return the bodies and errors that come of them."""
    outcome: list[Any] = []

    async def ask() -> None:
        request = Request("GET", url, extensions={"timeout": timeouts})
        try:
            response = await transport.handle_async_request(request)
            outcome.append(await response.aread())
        except (ConnectTimeout, PoolTimeout) as error:
            outcome.append(error)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(ask)
    return outcome


def kinds(outcome: list[Any]) -> set[type]:
    return {type(one) for one in outcome}


async def test_waiting_for_a_connection_that_hangs_is_waiting_to_be_connected() -> None:
    network = Hanging()

    outcome = await ask_at_once(over(network), 10, connect=0.05, pool=5.0)

    assert kinds(outcome) == {ConnectTimeout}
    assert all(error.retryable and error.request_sent is False for error in outcome)
    said = [str(error) for error in outcome if "the one that is being made for all who wait" in str(error)]
    assert len(said) >= 8
    assert all("1 active" in text and "runs" not in text and "Timeout(connect=...)" in text for text in said)
    assert network.attempts <= 2


async def test_another_attempt_is_made_beside_one_that_hangs_and_serves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_PATIENCE", 0.02)
    network = Hanging(hang=1)

    outcome = await ask_at_once(over(network), 10, connect=1.0, pool=5.0)

    assert outcome[:9] == [b"ok"] * 9
    assert isinstance(outcome[9], ConnectTimeout)  # the one whose connection it is
    assert network.attempts == 2


async def test_who_has_no_more_time_for_the_pool_makes_a_connection_of_its_own() -> None:
    network = Hanging(hang=1)

    outcome = await ask_at_once(over(network), 5, connect=1.0, pool=0.02)

    assert outcome[:4] == [b"ok"] * 4
    assert network.attempts >= 2


@pytest.mark.parametrize("limits", [Limits(max_connections=1), Limits(max_connections_per_host=1)], ids=repr)
async def test_where_there_is_no_room_for_another_one_the_pool_is_what_was_waited_for(limits: Limits) -> None:
    network = Hanging()

    outcome = await ask_at_once(over(network, limits=limits), 3, connect=0.2, pool=0.02)

    assert kinds(outcome) == {ConnectTimeout, PoolTimeout}
    assert sum(isinstance(one, PoolTimeout) for one in outcome) == 2
    assert network.attempts == 1


async def test_who_waits_for_a_connection_that_serves_one_goes_on_as_soon_as_that_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "_PATIENCE", 60.0)
    asked: list[Any] = []

    class Together:
        """Speaks HTTP/1.1, and answers once two have asked."""

        def __init__(self, end: Any) -> None:
            self._end = end

        def received(self, data: bytes) -> None:
            asked.append(self._end)
            if len(asked) == 2:
                for end in asked:
                    end.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    transport = AsyncHTTPTransport(http2=True, network=AsyncMemoryNetwork(Together, alpn="http/1.1"))

    assert await ask_at_once(transport, 2, "https://h.test/") == [b"ok", b"ok"]
