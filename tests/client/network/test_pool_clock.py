"""Keep-alive expires on the clock that a transport is given: in no time, on a virtual one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import AsyncClient, AsyncHTTPTransport, AsyncMemoryNetwork, Client, HTTPTransport, Limits, MemoryNetwork
from understudy.mock import VirtualClock

if TYPE_CHECKING:
    from understudy import MemoryEnd

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LIMITS = Limits(keepalive_expiry=5.0)


class Peers:
    """Counts the connections; each answers every request."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, end: MemoryEnd) -> Any:
        self.count += 1
        return Peer(end)


class Peer:
    def __init__(self, end: MemoryEnd) -> None:
        self._end = end

    def received(self, data: bytes) -> None:
        if data.endswith(b"\r\n\r\n"):
            self._end.send(OK)


def test_a_connection_is_kept_for_as_long_as_the_clock_says() -> None:
    peers, clock = Peers(), VirtualClock()
    transport = HTTPTransport(network=MemoryNetwork(peers), limits=LIMITS, clock=clock)

    with Client(transport=transport) as client:
        seen: list[int] = []
        for wait in (0.0, 4.0, 6.0, 4.9):
            clock.advance(wait)
            client.get("http://api.test/")
            seen.append(peers.count)

    assert seen == [1, 1, 2, 2]


@pytest.mark.anyio
async def test_the_same_for_asynchronous_clients() -> None:
    peers, clock = Peers(), VirtualClock()
    transport = AsyncHTTPTransport(network=AsyncMemoryNetwork(peers), limits=LIMITS, clock=clock)

    async with AsyncClient(transport=transport) as client:
        await client.get("http://api.test/")
        clock.advance(6.0)
        await client.get("http://api.test/")

    assert peers.count == 2


def test_moments_of_two_clocks_are_not_told_as_times() -> None:
    transport = HTTPTransport(network=MemoryNetwork(Peers()), limits=LIMITS, clock=VirtualClock())

    with Client(transport=transport) as client:
        timings = client.get("http://h.test/").timings

    assert list(timings.as_dict()) == ["total"]
    assert timings.as_dict()["total"] < 60


def test_what_is_no_clock_is_refused_when_the_transport_is_made() -> None:
    with pytest.raises(TypeError, match="clock='virtual': a clock"):
        HTTPTransport(clock="virtual")  # type: ignore[arg-type]  # the mistake
