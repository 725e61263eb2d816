"""Bodies of responses as callers read them, over what takes them off the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..bodies.streams import AsyncByteStream, SyncByteStream
from ..bridge import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .call import Call


class Receiver(Protocol):
    """Takes one body off the wire."""

    @property
    def call(self) -> Call:
        """The call whose response this is."""
        ...

    async def receive(self) -> bytes:
        """Return the next piece of the body, or `b""` after its end."""
        ...

    async def receive_all(self) -> bytes:
        """Return the rest of the body."""
        ...

    def end_by(self, moment: float) -> None:
        """Wait no longer than until a moment of `time.monotonic`."""
        ...

    def close(self) -> None:
        """Have nothing more to do with the body: what has not arrived is not wanted."""
        ...

    async def tell_closed(self) -> None:
        """Tell the trace, once, that the response is closed."""
        ...


class SyncBody(SyncByteStream):
    """A body for blocking code."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def end_by(self, moment: float) -> None:
        """Wait no longer than until a moment of `time.monotonic`; a `DeadlineExceeded` afterwards."""
        self._receiver.end_by(moment)

    def read_all(self) -> bytes:
        """Return the whole body."""
        return run(self._receiver.receive_all())

    def __iter__(self) -> Iterator[bytes]:
        receive = self._receiver.receive
        piece = run(receive())
        while piece:
            yield piece
            piece = run(receive())

    def close(self) -> None:
        self._receiver.close()
        if self._receiver.call.trace is not None:
            run(self._receiver.tell_closed())


class AsyncBody(AsyncByteStream):
    """A body for asynchronous code."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def end_by(self, moment: float) -> None:
        """Wait no longer than until a moment of `time.monotonic`; a `DeadlineExceeded` afterwards."""
        self._receiver.end_by(moment)

    async def aread_all(self) -> bytes:
        """Return the whole body."""
        return await self._receiver.receive_all()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        receive = self._receiver.receive
        piece = await receive()
        while piece:
            yield piece
            piece = await receive()

    async def aclose(self) -> None:
        self._receiver.close()
        if self._receiver.call.trace is not None:
            await self._receiver.tell_closed()
