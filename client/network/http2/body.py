"""A response's body as it comes over one stream of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from ...errors import RequestError, StreamClosed
from ..bodies import AsyncBody
from ..failures import READ, because, translate
from ..trace import tell

if TYPE_CHECKING:
    from ..call import Call
    from .sharing import SharedConnection
    from .stream import Stream


class Receiver:
    """Takes one body off its stream."""

    __slots__ = ("__weakref__", "_connection", "_has_begun", "_is_closed", "_is_told", "_stream")

    def __init__(self, connection: SharedConnection, stream: Stream) -> None:
        self._connection = connection
        self._stream = stream
        self._is_closed = False
        self._is_told = False
        self._has_begun = False
        call = stream.call
        call.receiver = ref(self, call.pool.orphans.append)

    async def receive(self) -> bytes:
        """Return the next piece of the body, or `b""` after its end."""
        stream = self._stream
        if self._is_closed:
            if stream.has_ended and not stream.chunks:
                return b""
            raise StreamClosed
        call = stream.call
        try:
            return await (self._receive() if call.trace is None else self._receive_traced())
        except BaseException as error:
            self.close()
            if call.trace is not None:
                await self.tell_closed()
            if isinstance(error, (OSError, RequestError)):
                translated = translate(error, READ, call.request, call.waits, begun=stream.begun)
                raise translated from because(translated, error)
            raise

    async def receive_all(self) -> bytes:
        """Return the rest of the body."""
        pieces: list[bytes] = []
        piece = await self.receive()
        while piece:
            pieces.append(piece)
            piece = await self.receive()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Have nothing more to do with the stream: what has not arrived is not wanted."""
        if not self._is_closed:
            connection, stream = self._connection, self._stream
            try:
                if connection.is_busy():
                    # It is the garbage collector who closes, in the middle of a step of this thread.
                    stream.call.pool.orphans.append(stream.call)
                elif not stream.has_ended and not stream.call.pool.postpones(stream.call):
                    connection.abandon(stream)
                    stream.call.done(reusable=connection.protocol.takes_requests)
            except BaseException:
                connection.condemn()
                stream.call.done(reusable=False)
                raise
            finally:
                self._is_closed = True

    async def flush(self) -> None:
        """Let the server know at once that nothing more is wanted, if nobody has told it yet."""
        await self._connection.flush_farewell(self._stream.call)

    def end_by(self, moment: float) -> None:
        """Wait no longer than until a moment of `time.monotonic`."""
        self._stream.call.waits.end_by(moment)

    async def tell_closed(self) -> None:
        """Tell the trace, once, that the response is closed."""
        if not self._is_told:
            self._is_told = True
            trace = self._stream.call.trace
            await tell(trace, "http2.response_closed.started", {"stream_id": self._stream.id})
            await tell(trace, "http2.response_closed.complete", {"return_value": None})

    @property
    def call(self) -> Call:
        """The call whose response this is."""
        return self._stream.call

    async def _receive(self) -> bytes:
        stream = self._stream
        connection = self._connection
        if not stream.chunks and not stream.has_ended:
            waits = stream.call.waits
            timeout = waits.read if waits.deadline is None else waits.left(waits.read)
            await connection.wait(stream, stream.call, timeout, _has_news)
        # Broken off in here, it concerns no other stream: this one is closed.
        with connection.lock:
            if stream.chunks:
                data = stream.take()
                connection.protocol.consumed(stream)
                return data
        if stream.has_ended:
            self._is_closed = True
            return b""
        raise connection.failed(stream)

    async def _receive_traced(self) -> bytes:
        trace = self._stream.call.trace
        if not self._has_begun:
            self._has_begun = True
            await tell(trace, "http2.receive_response_body.started", {"request": self._stream.call.request})
        try:
            piece = await self._receive()
        except BaseException as error:
            await tell(trace, "http2.receive_response_body.failed", {"exception": error})
            raise
        if not piece:
            await tell(trace, "http2.receive_response_body.complete", {"return_value": None})
        return piece


def _has_news(stream: Stream) -> bool:
    return bool(stream.chunks) or stream.has_ended or stream.ending is not None


class AsyncStreamBody(AsyncBody):
    """A body for asynchronous code, on a connection that others share."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(receiver)
        self._flush = receiver.flush

    async def aclose(self) -> None:
        self._receiver.close()
        await self._flush()
        if self._receiver.call.trace is not None:
            await self._receiver.tell_closed()
