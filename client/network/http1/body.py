"""A response's body as it comes over the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from ...bodies.streams import AsyncByteStream, SyncByteStream
from ...errors import IncompleteBody, RequestError, StreamClosed
from ..backends.base import UncleanEOF
from ..failures import READ, Begun, because, translate
from ..trace import tell
from .framing import UNTIL_CLOSE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ..backends.base import NetworkStream
    from ..call import Call
    from .heads import ChunkedReader

# What asyncio receives at once, so that nothing is cut and copied; sockets that are read directly take less.
_READ_SIZE = 262_144


class Receiver:
    """Takes one body off a connection, and gives the connection back after its last byte."""

    __slots__ = (
        "__weakref__",
        "_accepts_unclean_end",
        "_call",
        "_chunked",
        "_idle_timeout",
        "_is_closed",
        "_is_told",
        "_length",
        "_pending",
        "_received",
        "_reusable",
        "_status",
        "_stream",
    )

    def __init__(
        self,
        stream: NetworkStream,
        call: Call,
        status: int,
        length: int,
        chunked: ChunkedReader | None,
        pending: bytes,
        *,
        reusable: bool,
        idle_timeout: float | None,
        accepts_unclean_end: bool,
    ) -> None:
        self._stream = stream
        self._accepts_unclean_end = accepts_unclean_end
        self._call = call
        self._status = status
        self._length = length
        self._chunked = chunked
        self._pending = pending
        self._reusable = reusable
        self._idle_timeout = idle_timeout
        self._received = 0
        self._is_closed = False
        self._is_told = False
        # Not `__del__`, in which Python would pass over an interrupt.
        call.receiver = ref(self, call.pool.orphans.append)

    async def receive(self) -> bytes:
        """Return the next piece of the body, or `b""` after its end, when the connection has left already."""
        if self._is_closed:
            if self._is_complete:
                return b""
            raise StreamClosed
        call = self._call
        try:
            if self._pending or self._length <= 0 or call.trace is not None or call.waits.deadline is not None:
                return await (self._receive() if call.trace is None else self._receive_traced())
            # The middle of a long body with a length: nothing to decode, and nothing to end.
            data = await self._stream.read(_READ_SIZE, call.waits.read)
            received = self._received + len(data)
            if data and received < self._length:
                self._received = received
                return data
            self._pending = data
            return await self._receive() if data else self._ended()
        except BaseException as error:
            self.close()
            if call.trace is not None:
                await self.tell_closed()
            if isinstance(error, UncleanEOF):
                cut = self._incomplete("the connection was cut without TLS's closing message")
                raise translate(cut, READ, call.request, call.waits, begun=self._begun) from error
            if isinstance(error, (OSError, RequestError)):
                translated = translate(error, READ, call.request, call.waits, begun=self._begun)
                raise translated from because(translated, error)
            raise

    async def receive_all(self) -> bytes:
        """Return the rest of the body."""
        pieces: list[bytes] = []
        piece = await self.receive()
        while piece:
            pieces.append(piece)
            if self._is_closed:
                break
            piece = await self.receive()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Give the connection back: for another call after the last byte, else to be closed."""
        if not self._is_closed:
            # First, so that closing again after an interrupt is not for nothing.
            self._call.give_up()
            self._is_closed = True

    def end_by(self, moment: float) -> None:
        """Wait no longer than until a moment of `time.monotonic`."""
        self._call.waits.end_by(moment)

    async def tell_closed(self) -> None:
        """Tell the trace, once, that the response is closed."""
        if not self._is_told:
            self._is_told = True
            await tell(self._call.trace, "http11.response_closed.started", {})
            await tell(self._call.trace, "http11.response_closed.complete", {"return_value": None})

    @property
    def call(self) -> Call:
        """The call that this body answers."""
        return self._call

    @property
    def _is_complete(self) -> bool:
        if self._chunked is not None:
            return self._chunked.is_complete
        return self._received == self._length

    @property
    def _begun(self) -> Begun:
        return Begun(self._status, self._received, self._expected)

    @property
    def _expected(self) -> int | None:
        return self._length if self._length >= 0 else None

    async def _receive(self) -> bytes:
        waits = self._call.waits
        if self._length == 0:
            # Only where somebody traces: what is complete with its head is a `ByteStream` otherwise.
            self._reusable = self._reusable and not self._pending
            self._finish()
            return b""
        while True:
            data = self._pending
            if data:
                self._pending = b""
            else:
                timeout = waits.read if waits.deadline is None else waits.left(waits.read)
                try:
                    data = await self._stream.read(_READ_SIZE, timeout)
                except UncleanEOF:
                    if self._length != UNTIL_CLOSE or not self._accepts_unclean_end:
                        raise
                if not data:
                    return self._ended()
            piece = self._decoded(data)
            self._received += len(piece)
            if self._is_complete:
                self._finish()
            if piece or self._is_closed:
                return piece

    async def _receive_traced(self) -> bytes:
        trace = self._call.trace
        if not self._received:
            await tell(trace, "http11.receive_response_body.started", {"request": self._call.request})
        try:
            piece = await self._receive()
        except BaseException as error:
            await tell(trace, "http11.receive_response_body.failed", {"exception": error})
            raise
        if self._is_closed:
            await tell(trace, "http11.receive_response_body.complete", {"return_value": None})
        return piece

    def _decoded(self, data: bytes) -> bytes:
        """Return the part of `data` that belongs to the body."""
        chunked = self._chunked
        if chunked is not None:
            piece = chunked.feed(data)
            if chunked.leftover:
                self._reusable = False
            return piece
        if self._length == UNTIL_CLOSE:
            return data
        left = self._length - self._received
        if len(data) > left:
            self._reusable = False
            return data[:left]
        return data

    def _finish(self) -> None:
        self._call.done(reusable=self._reusable, idle_timeout=self._idle_timeout)
        self._is_closed = True

    def _ended(self) -> bytes:
        if self._length == UNTIL_CLOSE:
            self._length = self._received
            self._reusable = False
            self._finish()
            return b""
        raise self._incomplete("the server closed the connection")

    def _incomplete(self, why: str) -> IncompleteBody:
        expected = self._expected
        of = "" if expected is None else f" of {expected}"
        return IncompleteBody(
            f"the body ended after {self._received}{of} bytes: {why}", received=self._received, expected=expected
        )


class TunnelBody(SyncByteStream, AsyncByteStream):
    """What stands for the body where the connection has become a tunnel: empty; closing it ends the tunnel."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        return iter(())

    async def __aiter__(self) -> AsyncIterator[bytes]:
        nothing: tuple[bytes, ...] = ()
        for piece in nothing:
            yield piece

    def close(self) -> None:
        self._call.give_up()

    async def aclose(self) -> None:
        self._call.give_up()
