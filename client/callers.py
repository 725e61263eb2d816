"""The two kinds of callers, blocking and asynchronous: the only place above the network where they differ.

The layers between a client and its transport are written once, as `async def`, over a `Caller`:
`BLOCKING` never suspends, so that `bridge.run` can drive it; `ASYNCHRONOUS` awaits.
"""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any, Callable, Protocol

from .bodies.streams import AsyncByteStream, ByteStream, SyncByteStream
from .errors import DeadlineExceeded, TransportError
from .messages.body import _closing

if TYPE_CHECKING:
    from .clock import Clock
    from .messages.request import Request
    from .messages.response import Response

# What a redirect or a challenge says in its body is seldom read; more than this is not worth a connection.
DRAIN_LIMIT = 65_536


class Caller(Protocol):
    """What code above the network needs to wait for."""

    async def read(self, response: Response) -> None:
        """Read the whole body and close."""
        ...

    async def close(self, response: Response) -> None:
        """Close the response."""
        ...

    async def drain(self, response: Response) -> None:
        """Take a body that nobody asked for off the wire, undecoded, so that its connection can be used again.

        What was read stays readable. A body longer than `DRAIN_LIMIT`, one that fails, and one that somebody has begun
        to read is closed instead, and stays empty: nobody asked for it, so nobody is told.
        """
        ...

    async def read_request(self, request: Request) -> None:
        """Read the request's body into memory."""
        ...

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function of the user's."""
        ...

    async def sleep(self, clock: Clock, seconds: float) -> None:
        """Let time pass on the clock."""
        ...


class BlockingCaller:
    """A thread that waits for its answer."""

    async def read(self, response: Response) -> None:
        response.read()

    async def close(self, response: Response) -> None:
        response.close()

    async def drain(self, response: Response) -> None:
        if response.is_closed or response.is_stream_consumed or not isinstance(response.stream, SyncByteStream):
            return response.close()
        parts: list[bytes] = []
        length = 0
        try:
            for part in response.stream:
                parts.append(part)
                length += len(part)
                if length > DRAIN_LIMIT:
                    parts.clear()
                    break
        except TransportError as error:
            if isinstance(error, DeadlineExceeded):
                raise
            parts.clear()
        response.close()
        _keep(response, b"".join(parts))

    async def read_request(self, request: Request) -> None:
        request.read()

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        answer = function(*arguments)
        if isinstance(answer, CoroutineType):
            answer.close()
            raise TypeError(f"{_name(function)} is asynchronous: a blocking Client calls only plain functions")
        return answer

    async def sleep(self, clock: Clock, seconds: float) -> None:
        clock.sleep(seconds)


class AsynchronousCaller:
    """A task that awaits its answer."""

    async def read(self, response: Response) -> None:
        await response.aread()

    async def close(self, response: Response) -> None:
        await response.aclose()

    async def drain(self, response: Response) -> None:
        if response.is_closed or response.is_stream_consumed or not isinstance(response.stream, AsyncByteStream):
            return await response.aclose()
        parts: list[bytes] = []
        length = 0
        try:
            async with _closing(response.stream.__aiter__()) as stream:
                async for part in stream:
                    parts.append(part)
                    length += len(part)
                    if length > DRAIN_LIMIT:
                        parts.clear()
                        break
        except TransportError as error:
            if isinstance(error, DeadlineExceeded):
                raise
            parts.clear()
        await response.aclose()
        _keep(response, b"".join(parts))

    async def read_request(self, request: Request) -> None:
        await request.aread()

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        answer = function(*arguments)
        return await answer if hasattr(answer, "__await__") else answer

    async def sleep(self, clock: Clock, seconds: float) -> None:
        await clock.asleep(seconds)


BLOCKING = BlockingCaller()
ASYNCHRONOUS = AsynchronousCaller()


def _keep(response: Response, raw: bytes) -> None:
    """Let a closed response be read from memory."""
    response.stream = ByteStream(raw)
    response._drained = raw


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
