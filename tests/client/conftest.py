"""One body for every client test: the fixture `side` is a blocking client's world, or that of asyncio, or of trio.

A test that takes `side` runs three times; the blocking one runs under asyncio, which it does not use.

    @pytest.mark.anyio
    async def test_a_relative_url_is_appended_to_the_base(side: Side) -> None:
        client = side.client(answer, base_url="https://api.test/v1")

        response = await side.call(client.get, "users")
"""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Callable, Protocol

import pytest

from understudy import AsyncByteStream, AsyncClient, Client, MockTransport, Request, SyncByteStream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

Handler = Callable[[Request], Any]

SIDES = {"blocking": "asyncio", "asyncio": "asyncio", "trio": "trio"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with `side` for every kind of caller, other asynchronous tests for both event loops."""
    is_asynchronous = "anyio_backend" in metafunc.fixturenames
    if "side" in metafunc.fixturenames and is_asynchronous:
        metafunc.parametrize(("side", "anyio_backend"), list(SIDES.items()), ids=list(SIDES), indirect=True)
    elif "side" in metafunc.fixturenames:
        metafunc.parametrize("side", ["blocking", "asynchronous"], indirect=True)
    elif is_asynchronous:
        metafunc.parametrize("anyio_backend", ["asyncio", "trio"], indirect=True)


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop that belongs to the run of the test."""
    return str(request.param)


@pytest.fixture
def side(request: pytest.FixtureRequest) -> Side:
    """The kind of caller that this run of the test is."""
    return Side(str(request.param))


class Body(Protocol):
    """A body that counts how often it is read and closed."""

    reads: int
    closes: int
    given: int


class BlockingBody(SyncByteStream):
    """Pieces, and an error after them where one is planted."""

    def __init__(self, pieces: tuple[bytes, ...], error: BaseException | None) -> None:
        self.pieces, self.error = pieces, error
        self.reads = self.closes = self.given = 0

    def __iter__(self) -> Iterator[bytes]:
        self.reads += 1
        for piece in self.pieces:
            self.given += 1
            yield piece
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.closes += 1


class AsynchronousBody(AsyncByteStream):
    """The same for an asynchronous client."""

    def __init__(self, pieces: tuple[bytes, ...], error: BaseException | None) -> None:
        self.pieces, self.error = pieces, error
        self.reads = self.closes = self.given = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.reads += 1
        for piece in self.pieces:
            self.given += 1
            yield piece
        if self.error is not None:
            raise self.error

    async def aclose(self) -> None:
        self.closes += 1


class Side:
    """What differs between a blocking test and an asynchronous one."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.is_blocking = kind == "blocking"

    def client(self, handler: Handler | None = None, **options: Any) -> Any:
        """Return a client of this kind, over the network or over a handler."""
        if handler is not None:
            options["transport"] = self.transport(handler)
        return Client(**options) if self.is_blocking else AsyncClient(**options)

    def transport(self, handler: Handler) -> MockTransport:
        """Return a transport that answers with what the handler returns."""
        return MockTransport(handler)

    def function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as users of this kind write it: `async def` where they may."""
        if self.is_blocking:
            return function

        async def asynchronous(*arguments: Any) -> Any:
            return function(*arguments)

        return asynchronous

    def body(self, *pieces: bytes, error: BaseException | None = None) -> Any:
        """Return a body that is still to be streamed, and counts."""
        return BlockingBody(pieces, error) if self.is_blocking else AsynchronousBody(pieces, error)

    def pieces(self, *pieces: bytes) -> Any:
        """Return a generator: a request's body that can be sent once."""
        if self.is_blocking:
            return (piece for piece in pieces)
        return _later(pieces)

    async def call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call a method of a client, and await what it returns where that is how it is called."""
        answer = function(*arguments, **options)
        return await answer if inspect.isawaitable(answer) else answer

    async def send(self, client: Any, request: Request, **options: Any) -> Any:
        """Send a request that was built by hand."""
        return await self.call(client.send, request, **options)

    async def read(self, message: Any) -> bytes:
        """Read a request or a response to its end."""
        content: bytes = message.read() if self.is_blocking else await message.aread()
        return content

    async def close(self, closable: Any) -> None:
        """Close a client, a response or a transport."""
        if self.is_blocking:
            closable.close()
        else:
            await closable.aclose()

    async def items(self, response: Any, how: str, *arguments: Any, **options: Any) -> list[Any]:
        """Return everything that `iter_bytes` and its siblings yield, or their asynchronous twins."""
        if self.is_blocking:
            return list(getattr(response, how)(*arguments, **options))
        return [item async for item in getattr(response, f"a{how}")(*arguments, **options)]

    @asynccontextmanager
    async def stream(self, client: Any, method: str, url: str, **options: Any) -> AsyncGenerator[Any]:
        """Stream a response."""
        if self.is_blocking:
            with client.stream(method, url, **options) as response:
                yield response
        else:
            async with client.stream(method, url, **options) as response:
                yield response

    @asynccontextmanager
    async def entered(self, manager: Any) -> AsyncGenerator[Any]:
        """Enter a client or a transport."""
        if self.is_blocking:
            with manager as value:
                yield value
        else:
            async with manager as value:
                yield value


async def _later(pieces: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
