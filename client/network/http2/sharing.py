"""What the callers of one connection may ask of it; how they share it is said in `duties`."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING, Any

from ...errors import ReadError, RemoteProtocolError, RequestError, WriteError
from ..connection import Unanswered
from ..failures import READ, WRITE, translate
from .codes import CANCEL
from .duties import Duties

if TYPE_CHECKING:
    from ..call import Call
    from .stream import Stream

# As much as a server may have sent of streams that are closed, and into how many pieces TLS cuts that.
_MOST_LATE = 16_777_216
_MOST_LOOKS = 1_024
_LOOK_WAIT = 0.01
# How a connection ends that the server no longer wanted.
_DEATHS = (ReadError, WriteError, RemoteProtocolError)


class SharedConnection(Duties):
    """An open connection, as its pool and its callers see it."""

    async def open(self, timeout: float | None) -> None:
        """Send the connection's preface, on which the first request follows without waiting for an answer."""
        data = self._take_outgoing()
        await self._wire.write(data, timeout)

    def is_usable(self) -> bool:
        left = _MOST_LATE
        try:
            # What is left of streams that were closed early may stand before the end, which is what matters.
            while left > 0 and (taken := self._look_now()):
                left -= taken
        except BaseException:
            self.condemn()
            raise
        is_trusted = not self._is_doubted or self._wire.is_behind
        return is_trusted and self.protocol.takes_requests and not self._is_closed

    def _look_now(self) -> int:
        """Take in what has arrived since the connection was last used; return how much that was."""
        with self.lock:
            if self._is_closed or not self._is_idle():
                return 0
            self._is_looked_at = True
            self._reader = self
        data = self._wire.read_now()
        if data is None:
            self._end_look(is_reading=True)
            return 0
        self._receive(data)
        return len(data)

    async def look(self, call: Call) -> None:
        """Do the same where `is_usable` could not, or wait for what somebody else finds who is at it."""
        if self._is_looked_at:
            await self.wait(call, call, None, self._has_been_looked_at)
        if not self._wire.is_behind:
            return
        looks = _MOST_LOOKS
        try:
            # Half of a record of TLS is nothing to wait for.
            while looks and self._begin_look() and await self._read(_LOOK_WAIT):
                looks -= 1
        except BaseException:
            self._end_look()
            self._leave(self)
            raise
        self._end_look()

    def _begin_look(self) -> bool:
        with self.lock:
            if not self._is_idle() or not self.stream.is_readable():
                return False
            self._is_looked_at = True
            self._reader = self
        return True

    def _end_look(self, *, is_reading: bool = False) -> None:
        with self.lock:
            if is_reading:
                self._reader = None
            self._has_looked()
        if self._woken:
            self._publish()

    def _is_idle(self) -> bool:
        return self._reader is None and not self.protocol.streams and self.protocol.takes_requests

    def _has_been_looked_at(self, _: Call) -> bool:
        return not self._is_looked_at or self.protocol.dead is not None

    async def make_sure(self, call: Call) -> None:
        """Ask a server that has been silent for long whether it is there, before a request is entrusted to it."""
        heartbeat = self._heartbeat
        if heartbeat is None:
            return
        with self.lock:
            if not self.protocol.takes_requests or not heartbeat.is_due(time.monotonic()):
                return
            self.ping(heartbeat)
        waits = call.waits
        try:
            await self.wait(call, call, waits.left(waits.read), self._is_alive)
        except TimeoutError as error:
            waits.left(None)
            # The server may have more time for others than this caller has.
            raise self._unsent(error, call) from error
        except BaseException:
            call.done(reusable=self.protocol.takes_requests)
            raise

    def _is_alive(self, _: Any) -> bool:
        return self._heartbeat is None or self._heartbeat.asked_at is None or self.protocol.dead is not None

    def _unsent(self, error: Exception, call: Call) -> Unanswered:
        """Return what sends the call to another connection: nothing of the request has gone out on this one."""
        if isinstance(error, RequestError):
            # One for each call: it is going to carry its own request.
            error = copy.copy(error)
        translated = translate(error, READ, call.request, call.waits)
        translated.request_sent = False
        translated.retryable = True
        return Unanswered(translated, processed=False, is_unsent=True)

    def close(self) -> None:
        with self.whole:
            with self.lock:
                if self._is_closed:
                    return
                self._is_closed = True
                protocol = self.protocol
                protocol.say_goodbye()
                data = bytes(protocol.outgoing) if self._writer is None and self._write_error is None else b""
                protocol.outgoing.clear()
                protocol.end(ConnectionResetError("the connection was closed by this client"), is_ours=True)
                self._collect()
            if data:
                self._wire.write_now(data)
            self._wire.close()
            self._publish()

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"streams={len(self.protocol.streams)}"
        return f"<{type(self).__name__} {state} {self.stream!r}>"

    # What a stream's caller may ask for

    def abandon(self, stream: Stream) -> None:
        """Have nothing more to do with a stream; RST_STREAM goes out where it has not ended."""
        with self.whole:
            with self.lock:
                self.protocol.disown(stream)
                self.protocol.reset(stream, CANCEL)
                self._collect()
            self._publish()
            self._write_now()

    def failed(self, stream: Stream) -> Exception:
        """Return the error to raise for a stream that ended early."""
        ending = stream.ending
        if ending is None:
            raise RuntimeError("this stream has not failed")
        error = ending.error
        if isinstance(error, RequestError):
            # One for each stream: it is going to carry its own request.
            error = copy.copy(error)
        doing = READ if stream.has_sent_all or stream.head is not None else WRITE
        translated = translate(error, doing, stream.call.request, stream.call.waits, begun=stream.begun)
        if stream.head is not None or stream.seen_interims or stream.home is self.protocol.pushed:
            return translated
        if ending.processed is False:
            translated.retryable = True
            return Unanswered(translated, processed=False)
        if ending.processed is None and stream.id > 1 and type(translated) in _DEATHS:
            return Unanswered(translated)
        return translated

    def send_piece(self, stream: Stream, piece: bytes | memoryview, *, ends: bool) -> None:
        """Send a piece of a request's body, as far as there is room; `send_rest` follows when there is more."""
        with self.whole:
            with self.lock:
                self.protocol.offer(stream, piece, ends=ends)
                self._collect()
            self._publish()

    def send_rest(self) -> None:
        """Send what is left of pieces, the caller's and others', as far as there is room."""
        with self.whole:
            with self.lock:
                self.protocol.deal()
                self._collect()
            self._publish()

    def give_up_sending(self, stream: Stream) -> None:
        """Send no more of a request that was answered early."""
        with self.whole:
            with self.lock:
                self.protocol.give_up_sending(stream)
                self._collect()
            self._publish()

    def claim(self, stream: Stream) -> None:
        """Let a pushed response be read: it counts as a call on this connection until it has ended."""
        call = stream.call
        with self.whole:
            with self.lock:
                self.protocol.claim(stream)
            if call.entry is None and not _is_over(stream):
                call.pool.join(call, self)
                # It may have ended before the pool knew of it.
                if _is_over(stream):
                    call.done(reusable=self.protocol.takes_requests)

    def disclaim(self, stream: Stream) -> None:
        """Note that nobody is going to read a pushed response."""
        with self.whole, self.lock:
            self.protocol.claim(stream)

    async def flush(self, stream: Stream) -> None:
        """Write what is to go out, or leave it to the one who is writing already."""
        waits = stream.call.waits
        await self.wait(stream, stream.call, waits.left(waits.write), self._is_flushed)

    def _is_flushed(self, party: Any) -> bool:
        return not self.protocol.outgoing or self._writer is not None or self.protocol.dead is not None


def _is_over(stream: Stream) -> bool:
    return stream.has_ended or stream.ending is not None
