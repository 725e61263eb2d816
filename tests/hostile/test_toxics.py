"""A good server at the end of a bad way, and hostile proxies (C52, C61)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import (
    ConnectError,
    DeadlineExceeded,
    IncompleteBody,
    ProxyError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    Timeout,
    TransportError,
)

from .cases import head
from .invariants import SECRET, Stopwatch, check_error, check_pool, in_time
from .server import HostileServer
from .steps import BeGood, Drip, Flood, Listen, Read, ReadHead, Reset, Send, Slices, Stall
from .toxics import Relay, Toxics

if TYPE_CHECKING:
    from .steps import Script

pytestmark = pytest.mark.anyio

LARGE = bytes(range(256)) * 400
ANSWER = head(b"Content-Length: %d" % len(LARGE)) + LARGE

HARMLESS = {
    "latency": Toxics(latency=0.02),
    "slices": Toxics(slices=7),
    "bandwidth": Toxics(slices=8192, bandwidth=2_000_000),
    "slow close": Toxics(slow_close=0.05),
}


@pytest.mark.parametrize("name", list(HARMLESS))
async def test_a_bad_way_delays_and_changes_nothing(name: str, side: Any) -> None:
    with HostileServer((Read(), Send(ANSWER), BeGood())) as server, Relay(server.port, HARMLESS[name]) as relay:
        async with side.client() as client:
            assert (await side.call(client.get, relay.url())).content == LARGE
            check_pool(client._transport.snapshot())
            assert (await side.call(client.get, relay.url())).content == b"good"
        assert len(server.connections) == 1


FATAL: dict[str, tuple[Toxics, Timeout, tuple[type[TransportError], ...]]] = {
    "cut in the head": (Toxics(most=10), Timeout(2.0), (RemoteProtocolError,)),
    "cut in the body": (Toxics(most=1000), Timeout(2.0), (IncompleteBody,)),
    "reset in the body": (Toxics(most=1000, resets=True), Timeout(2.0), (ReadError, IncompleteBody)),
    "too late": (Toxics(latency=1.0), Timeout(2.0, read=0.05), (ReadTimeout,)),
    "too slow": (Toxics(slices=100, bandwidth=10_000), Timeout(2.0, total=0.15), (DeadlineExceeded,)),
}


@in_time
@pytest.mark.parametrize("name", list(FATAL))
async def test_a_way_that_ends_is_an_error_in_time(name: str, side: Any) -> None:
    toxics, timeout, errors = FATAL[name]
    with HostileServer((Read(), Send(ANSWER), Listen())) as server, Relay(server.port, toxics) as relay:
        async with side.client(timeout=timeout) as client:
            with Stopwatch(0.15), pytest.raises(errors) as caught:
                await side.call(client.get, relay.url())

            check_error(caught.value)
            check_pool(client._transport.snapshot())
            assert (await side.call(client.get, server.url(), timeout=5.0)).content == b"good"


MIB = 1024 * 1024
HOSTILE_PROXIES: dict[str, tuple[Script, type[TransportError]]] = {
    "407": ((ReadHead(), Send(b"HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nno"), Listen()), ProxyError),
    "302": ((ReadHead(), Send(b"HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\n\r\n"), Listen()), ProxyError),
    "200 and a body": ((ReadHead(), Send(head() + b"HTTP/1.1 200 OK\r\n\r\nEVIL"), Listen()), ProxyError),
    "garbage": ((ReadHead(), Send(b"\0\1garbage\r\n\r\n"), Listen()), ProxyError),
    "an endless head": ((ReadHead(), Send(b"HTTP/1.1 200 OK\r\n"), Flood(b"X: y\r\n" * 999, 32 * MIB)), ProxyError),
    "an endless refusal": ((ReadHead(), Send(b"HTTP/1.1 503 No\r\n\r\n"), Flood(bytes(65_536), 99 * MIB)), ProxyError),
    "endless interim responses": ((ReadHead(), Flood(b"HTTP/1.1 103 E\r\n\r\n" * 64, 8 * MIB)), ProxyError),
    "a close": ((ReadHead(),), ProxyError),
    "a reset": ((ReadHead(), Reset()), ConnectError),
    "a slow refusal": ((ReadHead(), Slices(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"), Listen()), ProxyError),
    "a drip": ((ReadHead(), Drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 999)), DeadlineExceeded),
    "silence": ((ReadHead(), Stall()), DeadlineExceeded),
}


@in_time
@pytest.mark.parametrize("name", list(HOSTILE_PROXIES))
async def test_c61_c52_a_hostile_proxy_is_an_error_and_its_words_are_nobody_elses(name: str, side: Any) -> None:
    script, error = HOSTILE_PROXIES[name]
    timeout = Timeout(2.0, total=0.15) if error is DeadlineExceeded else Timeout(2.0)
    with HostileServer(script) as server:
        proxy = f"http://ada:{SECRET}@127.0.0.1:{server.port}"
        transport = side.transport(proxy=proxy, trust_env=False)
        async with side.client(transport=transport, timeout=timeout, headers={"X-Own": "origin"}) as client:
            with Stopwatch(0.15 if error is DeadlineExceeded else 2.0), pytest.raises(TransportError) as caught:
                await side.call(client.get, "https://origin.test/path")

            assert isinstance(caught.value, error), repr(caught.value)
            check_error(caught.value)
            check_pool(transport.snapshot())
            assert transport.snapshot().open == 0
        assert server.requests[0].startswith(b"CONNECT origin.test:443 HTTP/1.1\r\n")
        assert b"X-Own" not in server.heard
        assert b"/path" not in server.heard
        assert server.sent < 16 * MIB
