"""What a pool shows of itself: to whoever looks, and in the error about a connection that did not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.lowlevel
import pytest

from understudy import (
    AsyncClient,
    AsyncHTTPTransport,
    AsyncMemoryNetwork,
    Client,
    HTTPTransport,
    Limits,
    MemoryNetwork,
    MockTransport,
    Response,
)
from understudy.client.network.snapshot import Holder, Kept, PoolSnapshot, together

if TYPE_CHECKING:
    from understudy import MemoryEnd

LIMITS = Limits(max_connections=10)
FULL = PoolSnapshot(
    limits=Limits(max_connections=2, max_connections_per_host=1),
    open=2,
    idle=1,
    holders=(Holder("GET http://a.test/", 1.25),),
    waiting=(Holder("GET http://a.test/2", 0.5), Holder("GET http://a.test/3", 0.25)),
    kept=(Kept("https://b.test:443", 8.0, 3.0), Kept("https://b.test:443", 8.0, None), Kept("http://c.test:80", 1, -1)),
)


def test_as_text_it_is_one_line() -> None:
    assert str(FULL) == (
        "1 active and 1 idle of at most 2 connections (1 per host), 2 requests waiting; "
        "held longest by GET http://a.test/ for 1.2 s"
    )


def test_its_repr_lists_what_runs_what_idles_and_who_waits() -> None:
    assert repr(FULL) == (
        "<PoolSnapshot: 1 active and 1 idle of at most 2 connections (1 per host), 2 requests waiting\n"
        "  runs   GET http://a.test/ for 1.2 s\n"
        "  idle   https://b.test:443, opened 8.0 s ago, kept for 3.0 s more\n"
        "  idle   https://b.test:443, opened 8.0 s ago\n"
        "  idle   http://c.test:80, opened 1.0 s ago, kept for 0.0 s more\n"
        "  waits  GET http://a.test/2 for 0.5 s\n"
        "  waits  GET http://a.test/3 for 0.2 s>"
    )


def test_of_very_many_some_are_listed() -> None:
    many = PoolSnapshot(Limits(max_connections=None), waiting=(Holder("GET http://a.test/", 1.0),) * 1000)

    assert repr(many).count("\n") == 21
    assert repr(many).endswith("  waits  and 980 more>")
    assert "any number of connections" in str(many)


def test_several_pools_are_shown_as_one() -> None:
    assert together(LIMITS, []) == PoolSnapshot(LIMITS)
    assert together(LIMITS, [FULL]) is FULL
    both = together(LIMITS, [FULL, FULL])
    assert (both.open, both.idle, both.active) == (4, 2, 2)
    assert both.holders == FULL.holders * 2
    assert both.limits is LIMITS


class Answering:
    """Answers requests, but those that want to wait."""

    def __init__(self, end: MemoryEnd) -> None:
        self.end = end

    def received(self, data: bytes) -> None:
        if b"/waits" in data:
            self.end.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        else:
            self.end.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def test_a_client_shows_its_connections() -> None:
    main = HTTPTransport(network=MemoryNetwork(Answering))
    other = HTTPTransport(network=MemoryNetwork(Answering))
    with Client(transport=main, mounts={"http://b.test": other, "http://c.test": main}) as client:
        assert client.pool.open == 0

        client.get("http://a.test/")
        client.get("http://b.test/")
        with client.stream("GET", "http://a.test/waits?secret"):
            pool = client.pool

        assert (pool.open, pool.idle) == (2, 1)
        assert [holder.request for holder in pool.holders] == ["GET http://a.test/waits"]
        assert [kept.origin for kept in pool.kept] == ["http://b.test:80"]
        assert "secret" not in repr(pool)
        assert pool.limits == main.snapshot().limits
    assert client.pool.open == 0


def test_a_client_without_a_network_has_no_connections() -> None:
    with Client(transport=MockTransport(lambda request: Response(200))) as client:
        assert client.pool == PoolSnapshot(client.pool.limits)


@pytest.mark.anyio
async def test_an_asynchronous_client_shows_who_waits() -> None:
    transport = AsyncHTTPTransport(network=AsyncMemoryNetwork(Answering), limits=Limits(max_connections=1))
    assert "at most" not in repr(transport)
    waiting: list[str] = []
    async with AsyncClient(transport=transport) as client, anyio.create_task_group() as tasks:
        assert client.pool.open == 0
        async with client.stream("GET", "http://a.test/waits"):
            for number in range(3):
                tasks.start_soon(client.get, f"http://{'ab'[number % 2]}.test/{number}")
                while len(client.pool.waiting) <= number:
                    await anyio.lowlevel.checkpoint()
            waiting = [holder.request for holder in client.pool.waiting]
            assert "3 requests waiting" in repr(transport)

    assert waiting == ["GET http://a.test/0", "GET http://b.test/1", "GET http://a.test/2"]


def test_an_asynchronous_client_can_be_looked_at_without_an_event_loop() -> None:
    async def get() -> None:
        await client.get("http://a.test/")

    client = AsyncClient(transport=AsyncHTTPTransport(network=AsyncMemoryNetwork(Answering)))
    anyio.run(get)

    assert client.pool.idle == 1
