"""Three kinds of client for one body of a test, and the invariants that hold after every accident.

A test that takes `side` runs with a blocking client, and with an asynchronous one under asyncio and under trio.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import threading
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Callable

import pytest

from understudy import AsyncClient, AsyncHTTPTransport, Client, HTTPTransport

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

SIDES = {"blocking": "asyncio", "asyncio": "asyncio", "trio": "trio"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "side" in metafunc.fixturenames:
        metafunc.parametrize(("side", "anyio_backend"), list(SIDES.items()), ids=list(SIDES), indirect=True)
    elif "anyio_backend" in metafunc.fixturenames:
        metafunc.parametrize("anyio_backend", ["asyncio", "trio"], indirect=True)


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """The kind of caller that this run of the test is; nothing may be left of it."""
    before = Census.take()

    yield Side(str(request.param))

    Census.expect(before)


class Census:
    """What a process has: file descriptors and threads."""

    def __init__(self, descriptors: set[str], threads: set[int]) -> None:
        self.descriptors = descriptors
        self.threads = threads

    @classmethod
    def take(cls) -> Census:
        found: set[str] = set()
        if os.path.isdir("/proc/self/fd"):
            for name in os.listdir("/proc/self/fd"):
                try:
                    target = os.readlink(f"/proc/self/fd/{name}")
                except OSError:
                    continue
                # Event loops have eventpolls, pipes and socket pairs of their own; a leak is a socket that was counted
                # here as well, so the loops' are created before, by the fixture of the event loop.
                if target.startswith("socket:"):
                    found.add(f"{name} {target}")
        named = {
            thread.ident or 0
            for thread in threading.enumerate()
            if not thread.name.startswith(("asyncio_", "Trio thread", "trio-"))
        }
        return cls(found, named)

    @classmethod
    def expect(cls, before: Census) -> None:
        """Fail unless sockets and threads are gone soon: at once, but for servers on a busy machine."""
        until = time.monotonic() + 5
        while True:
            now = cls.take()
            left = sorted(now.descriptors - before.descriptors)
            threads = now.threads - before.threads
            if not left and not threads:
                return
            if time.monotonic() > until:
                break
            time.sleep(0.005)
        gc.collect()
        raise AssertionError(f"left behind: sockets {left}, threads {threads}")


class Side:
    """What differs between a blocking test and an asynchronous one."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.is_blocking = kind == "blocking"

    def transport(self, **options: Any) -> Any:
        return HTTPTransport(**options) if self.is_blocking else AsyncHTTPTransport(**options)

    @asynccontextmanager
    async def client(
        self, *, transport: Any = None, transport_options: Any = None, **options: Any
    ) -> AsyncGenerator[Any]:
        """Enter a client over a transport of its own, in which the environment has no say."""
        transport = transport or self.transport(**{"trust_env": False, **(transport_options or {})})
        options = {"timeout": 2.0, "trust_env": False, **options, "transport": transport}
        if self.is_blocking:
            with Client(**options) as blocking:
                yield blocking
        else:
            async with AsyncClient(**options) as client:
                yield client

    async def call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call a method of a client, and await what it returns where that is how it is called."""
        answer = function(*arguments, **options)
        return await answer if inspect.isawaitable(answer) else answer

    async def read(self, response: Any) -> bytes:
        content: bytes = response.read() if self.is_blocking else await response.aread()
        return content

    async def close(self, closable: Any) -> None:
        if self.is_blocking:
            closable.close()
        else:
            await closable.aclose()

    @asynccontextmanager
    async def stream(self, client: Any, method: str, url: str, **options: Any) -> AsyncGenerator[Any]:
        if self.is_blocking:
            with client.stream(method, url, **options) as response:
                yield response
        else:
            async with client.stream(method, url, **options) as response:
                yield response

    async def first_piece(self, response: Any) -> bytes:
        """Return the first piece of a body, and leave the rest."""
        piece: bytes
        if self.is_blocking:
            piece = next(response.iter_raw())
            return piece
        pieces = response.aiter_raw()
        piece = await pieces.__anext__()
        await pieces.aclose()
        return piece

    def upload(self, pieces: Iterator[bytes]) -> Any:
        """Return a body that can be sent once."""
        if self.is_blocking:
            return pieces

        async def later() -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

        return later()

    def tracer(self, told: Callable[[str], None]) -> Callable[..., Any]:
        """Return a `trace` extension that tells `told` the name of each step."""
        if self.is_blocking:

            def blocking(name: str, info: dict[str, Any]) -> None:
                told(name)

            return blocking

        async def trace(name: str, info: dict[str, Any]) -> None:
            told(name)

        return trace

    def tasks(self) -> int:
        """Count the tasks of asyncio."""
        return len(asyncio.all_tasks()) if self.kind == "asyncio" else 0

    async def pause(self, seconds: float = 0.0) -> None:
        """Let the event loop turn."""
        if self.is_blocking:
            time.sleep(seconds)  # noqa: ASYNC251  # the blocking client has no loop to hold up
        else:
            import anyio

            await anyio.sleep(seconds)
