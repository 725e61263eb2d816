"""The two kinds of callers, blocking and asynchronous: the only place above the network where they differ.

The layers between a client and its transport are written once, as `async def`, over a `Caller`:
`BLOCKING` never suspends, so that `bridge.run` can drive it; `ASYNCHRONOUS` awaits.
"""

from __future__ import annotations

from time import monotonic
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Callable, Protocol

from .bodies.streams import AsyncByteStream, ByteStream, SyncByteStream
from .errors import DeadlineExceeded, TransportError
from .messages.body import _closing

if TYPE_CHECKING:
    from .clock import Clock
    from .messages.response import Response

# What a redirect or a challenge says in its body is seldom read; more than this is not worth a connection.
DRAIN_LIMIT = 65_536
DRAIN_SECONDS = 0.1


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

        What was read stays readable. A body longer than `DRAIN_LIMIT`, one that takes longer than `DRAIN_SECONDS`, one
        that fails, and one that somebody has begun to read is closed instead, and stays empty: nobody asked for it, so
        nobody is told.
        """
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
        drain = _Drain(response)
        try:
            for part in response.stream:
                if not drain.takes(part):
                    break
        except TransportError as error:
            drain.failed(error)
        finally:
            response.close()
        drain.keep()

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
        drain = _Drain(response)
        try:
            async with _closing(response.stream.__aiter__()) as stream:
                async for part in stream:
                    if not drain.takes(part):
                        break
        except TransportError as error:
            drain.failed(error)
        finally:
            await response.aclose()
        drain.keep()

    async def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        answer = function(*arguments)
        return await answer if hasattr(answer, "__await__") else answer

    async def sleep(self, clock: Clock, seconds: float) -> None:
        await clock.asleep(seconds)


BLOCKING = BlockingCaller()
ASYNCHRONOUS = AsynchronousCaller()


class _Drain:
    """A body that is taken off the wire because the next request needs the connection, within bounds."""

    __slots__ = ("_length", "_parts", "_response", "_until")

    def __init__(self, response: Response) -> None:
        self._response = response
        self._parts: list[bytes] = []
        self._length = 0
        self._until = monotonic() + DRAIN_SECONDS
        # A body of the network stops waiting by itself; whatever else sends pieces is looked at after each.
        end_by = getattr(response.stream, "end_by", None)
        if end_by is not None:
            end_by(self._until)

    def takes(self, part: bytes) -> bool:
        """Take a piece in; return whether another one may come."""
        self._parts.append(part)
        self._length += len(part)
        # One piece is taken whenever it comes: a machine may be busy, and it is here now.
        if self._length <= DRAIN_LIMIT and (len(self._parts) == 1 or monotonic() < self._until):
            return True
        self._parts.clear()
        return False

    def failed(self, error: TransportError) -> None:
        """Forget a body that failed; only the end of the time for the whole call is the caller's business."""
        if isinstance(error, DeadlineExceeded):
            request = self._response._request
            deadline = None if request is None else request.extensions.get("deadline")
            if deadline is not None and monotonic() >= deadline:
                raise error
        self._parts.clear()

    def keep(self) -> None:
        """Let the closed response be read from memory."""
        raw = b"".join(self._parts)
        self._response.stream = ByteStream(raw)
        self._response._drained = raw


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
