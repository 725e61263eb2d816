"""One body for three worlds: blocking code, asyncio and trio."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import trio

from understudy.client.bridge import run
from understudy.client.messages.request import Request
from understudy.client.network.backends.memory import AsyncMemoryNetwork, MemoryNetwork
from understudy.client.transports.network import AsyncHTTPTransport, HTTPTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from understudy.client.messages.response import Response

TIMEOUTS = {"connect": 1.0, "read": 1.0, "write": 1.0, "pool": 1.0}


class InstantClock:
    """A clock on which waiting takes no time, and moves it forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        import anyio.lowlevel

        self.now += seconds
        await anyio.lowlevel.checkpoint()


@dataclass
class Sender:
    """A transport of either color behind the same asynchronous methods."""

    transport: Any
    network: MemoryNetwork

    async def send(self, method: str = "GET", url: str = "http://h.test/", **options: Any) -> Response:
        extensions = {"timeout": TIMEOUTS, **options.pop("extensions", {})}
        return await self.send_request(Request(method, url, extensions=extensions, **options))

    async def send_request(self, request: Request) -> Response:
        if isinstance(self.transport, HTTPTransport):
            return self.transport.handle_request(request)
        answer: Response = await self.transport.handle_async_request(request)
        return answer

    async def read(self, response: Response) -> bytes:
        return response.read() if isinstance(self.transport, HTTPTransport) else await response.aread()

    async def close_response(self, response: Response) -> None:
        if isinstance(self.transport, HTTPTransport):
            response.close()
        else:
            await response.aclose()

    async def get(self, url: str = "http://h.test/", **options: Any) -> bytes:
        return await self.read(await self.send("GET", url, **options))

    async def close(self) -> None:
        if isinstance(self.transport, HTTPTransport):
            self.transport.close()
        else:
            await self.transport.aclose()

    @property
    def pool(self) -> Any:
        return self.transport.snapshot()


@dataclass
class World:
    """Blocking code, asyncio or trio."""

    name: str
    clock: InstantClock = field(default_factory=InstantClock)

    def run(self, body: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any) -> Any:
        if self.name == "blocking":
            return run(body(*arguments))
        if self.name == "asyncio":
            return asyncio.run(body(*arguments))
        return trio.run(body, *arguments)

    def sender(self, server: Callable[[Any], Any], **options: Any) -> Sender:
        network: MemoryNetwork
        if self.name == "blocking":
            network = MemoryNetwork(server, clock=self.clock)
            return Sender(HTTPTransport(network=network, **options), network)
        network = AsyncMemoryNetwork(server, clock=self.clock)
        return Sender(AsyncHTTPTransport(network=network, **options), network)


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def world(request: pytest.FixtureRequest) -> World:
    """Run each test in all three worlds."""
    name = request.param
    if not isinstance(name, str):
        raise TypeError(name)
    return World(name)
