"""One connection that many callers share, without a thread or a task of its own.

Theory of operation

1. `Protocol` knows HTTP/2 and waits for nothing. Here is what waits. Every look at the protocol and every change of
   it happens under one lock and without an `await`, so that threads and tasks find it whole, and cancellation strikes
   nothing in half.
2. There are two duties: writing what is to go out, and reading. A caller that has to wait (for a head, a piece of a
   body, room in a window) first takes on a duty that nobody performs, and does it for all; when both are taken, it
   waits for its turn or its news on a flag of its own. Whoever leaves wakes one that waits, so that no duty is left
   while somebody needs it. So each caller waits with its own timeout, whatever it does meanwhile, and a connection
   that nobody waits for costs nothing. Nobody wakes a reader, but what it reads: one that waits for anything else, for
   what is to go out to be written, reads for a moment only.
3. A reader hands what has arrived to all streams, whose buffers are bounded by their windows, before it looks at its
   own.
4. A stream is given back to the pool when the server has said everything, or when its caller has had enough: then
   RST_STREAM goes out at once where that needs no waiting, else with whatever is written next.
5. A connection is looked at before it is used again. What has arrived meanwhile (GOAWAY, the end) is taken in first.
6. When writing fails the server may have said why: reading goes on for a second at most.
7. With a `Heartbeat` the one who reads for all also asks, by PING, whether a silent server is still there. Nobody asks
   while nobody waits, because there is nobody to do it; so a connection that was silent for long is asked before it is
   used again.
8. A caller whose time is over, and who has heard nothing at all, not even for others, leaves a PING and a doubt: no
   new request goes out on the connection before something has been heard. Otherwise one that has died in silence
   would cost request after request.
9. An interrupt (Ctrl-C, a signal handler that raises) may strike between any two lines. A duty bears the name of who
   performs it until what came of it is known: who leaves with a duty of its own has been interrupted in it, and the
   connection is *condemned*. So it is when a step that changes the protocol breaks off (`_Whole`). What is to be told
   to the pool and to those who wait is kept until it has been told, for whoever comes next to tell.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from typing import TYPE_CHECKING, Any, Callable

from ...config import DEFAULT_HTTP2
from ...errors import RequestError
from ..call import Call
from ..connection import is_cancellation
from ..failures import WRITE, because, translate
from .heartbeat import Heartbeat
from .protocol import Protocol
from .wire import READ_SIZE, WRITE_SIZE, wire_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...config import HTTP2
    from ..backends.base import NetworkBackend, NetworkStream, Waiter
    from ..call import Owner
    from .stream import Stream

_LAST_WORDS_WAIT = 1.0
_GOODBYE_WAIT = 0.2
_SHORTEST_WAIT = 0.001
_LAST_LOOK = 0.01
_BRIEFLY = 0.05
# Shorter silences mean nothing.
_LEAST_SILENCE = 0.1


class Duties:
    """An open connection, and what its callers do for each other."""

    def __init__(
        self,
        stream: NetworkStream,
        backend: NetworkBackend,
        *,
        is_async: bool,
        settings: HTTP2 = DEFAULT_HTTP2,
        wants_http1: Callable[[], None] | None = None,
    ) -> None:
        self.stream = stream
        self.protocol: Protocol = Protocol(settings)
        self._heartbeat: Heartbeat | None = None
        if settings.ping_interval is not None:
            self._heartbeat = Heartbeat(settings.ping_interval, settings.ping_timeout, time.monotonic())
        # Not a `Lock`, at which a finalizer would wait for the very thread that it interrupts.
        self.lock: Any = threading.RLock()
        self._backend = backend
        self._wire = wire_for(stream, is_async=is_async)
        self._wants_http1 = wants_http1
        self.capacity: int = self.protocol.most_streams if self._wire.can_be_shared else 1
        self._pool: Owner | None = None
        self._waiting: dict[Any, Waiter] = {}  # a stream or a call -> the flag that it waits for
        self._called: set[Any] = set()  # who has been woken for a duty and has not come yet
        self._woken: dict[Waiter, None] = {}  # the flags that are to be set once the pool knows
        self._reader: object | None = None  # who performs the duty
        self._writer: object | None = None
        self._write_error: OSError | None = None
        self.whole: _Whole = _Whole(self)
        self._is_settled = False  # the server has said how many streams it takes
        self._is_retired = False
        self._is_looked_at = False  # before it is used again
        self._is_closed = False
        self._heard = 0  # how often something has arrived
        self._is_doubted = False

    def is_busy(self) -> bool:
        """Say whether this thread is in the middle of a step."""
        is_busy: bool = self.lock._is_owned()
        return is_busy

    async def wait(self, party: Any, call: Call, timeout: float | None, is_ready: Callable[[Any], bool]) -> None:
        """Return when `is_ready(party)`, taking on duties meanwhile; `TimeoutError` after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        left = timeout
        heard = self._heard
        has_looked = False
        try:
            while True:
                data = b""
                waiter: Waiter | None = None
                is_over = False
                bound = left
                with self.lock:
                    if is_ready(party):
                        is_last_writer = self._is_stuck()
                        self._hand_over()
                        break
                    if left is not None and left <= 0:
                        if has_looked or self._reader is not None:
                            raise self._in_vain(timeout, heard)
                        # It may be this side that was late, and the answer there.
                        has_looked = True
                        self._reader = party
                        bound = left = _LAST_LOOK
                    elif self.protocol.outgoing and self._writer is None and self._write_error is None:
                        self._writer = party
                        data = self._take_outgoing()
                    elif self._reader is None:
                        self._reader = party
                        bound = self._time_to_read(party, left)
                    else:
                        waiter = self._waiting[party] = self._backend.waiter()
                if data:
                    await self._write(data, call)
                elif waiter is None:
                    # On the network's clock, which may be another one.
                    is_over = not await self._read(bound) and bound == left
                    has_looked = has_looked or is_over
                else:
                    await self._sleep(party, waiter, left)
                left = 0.0 if is_over else _until(deadline)
            if is_last_writer or (self.protocol.outgoing and not self.protocol.streams):
                # Nobody else is going to.
                await self.flush_farewell(call)
        except BaseException:
            self._leave(party)
            raise

    def _time_to_read(self, party: Any, left: float | None) -> float | None:
        """Return how long to read: a moment, where it is another one's writing that is waited for; holding the lock."""
        is_brief = self.protocol.line and self.protocol.is_held_up(party) and (left is None or left > _BRIEFLY)
        return _BRIEFLY if is_brief else left

    def _in_vain(self, timeout: float | None, heard: int) -> TimeoutError:
        """Return what ends a wait of `timeout` seconds, and doubt a server of which nothing was heard meanwhile.

        The caller holds the lock.
        """
        if self._heard == heard and timeout is not None and timeout >= _LEAST_SILENCE and not self._is_doubted:
            self._is_doubted = True
            self.protocol.ping()
        return TimeoutError("the peer says nothing")

    def _is_stuck(self) -> bool:
        """Whether something is to go out, and the only one who is there listens for the answer; holding the lock."""
        is_free = self._writer is None and self._write_error is None
        return self._reader is not None and not self._waiting and is_free and bool(self.protocol.outgoing)

    def _leave(self, party: object) -> None:
        """Leave nothing behind that others would wait for, after an error."""
        with self.lock:
            is_broken = party in (self._reader, self._writer)
            self._called.discard(party)
            self._waiting.pop(party, None)
            # It may have been woken in the last moment, for a duty: somebody else does it.
            self._hand_over()
        if is_broken:
            self.condemn()
        else:
            self._publish()

    def condemn(self) -> None:
        """Give the connection up after an interrupt, which may have left anything half done: bytes, streams, duties.

        To the others on it, it has died: what can be sent again is.
        """
        # Not even what is to be ended may be found.
        with contextlib.suppress(Exception), self.lock:
            self._end_at_once()
        self._wire.close()
        self._publish()

    def _end_at_once(self) -> None:
        """Let nobody write or ask anything any more; the caller holds the lock."""
        self._is_closed = True
        self.protocol.outgoing.clear()
        self.protocol.end(ConnectionResetError("an interrupt struck the connection"))
        self._woken.update(dict.fromkeys(self._waiting.values()))
        self._waiting.clear()

    async def flush_farewell(self, call: Call) -> None:
        """Write what `abandon` could not write without waiting; that it arrives matters less than time.

        Where others wait, or have just been called to a duty, one of them does it. Where somebody only listens, a
        server that takes nothing is borne as long as in any writing: it costs them, too.
        """
        party = object()
        is_stuck = True
        try:
            while is_stuck:
                with self.lock:
                    is_busy = self._writer is not None or self._write_error is not None
                    if is_busy or not self.protocol.outgoing or self._is_closed:
                        return
                    if (self._called or self._waiting) and not self._wire.takes_at_once:
                        self._hand_over()
                        return
                    self._writer = party
                    data = self._take_outgoing()
                    timeout = _GOODBYE_WAIT if self._reader is None else _time_to_write(call)
                if self._wire.takes_at_once:
                    # There is nothing to wait for, not even where much is queued already.
                    self._wire.write_now(data)
                    self._has_written()
                else:
                    await self._write_data(data, timeout)
                with self.lock:
                    is_stuck = self._is_stuck()
                    self._hand_over()
        except BaseException:
            self._leave(party)
            raise

    def offer(self, main: Stream, stream: Stream) -> None:
        """Let whoever reads the response of `main` have the one that came with it; the caller holds the lock."""
        raise NotImplementedError("a connection that accepts pushed responses must say who gets them")

    # The duties

    def _take_outgoing(self) -> bytes:
        outgoing = self.protocol.outgoing
        if len(outgoing) <= WRITE_SIZE:
            data = bytes(outgoing)
            outgoing.clear()
        else:
            data = bytes(outgoing[:WRITE_SIZE])
            del outgoing[:WRITE_SIZE]
        return data

    async def _write(self, data: bytes, call: Call) -> None:
        waits = call.waits
        try:
            timeout = waits.left(waits.write)
        except RequestError:
            timeout = 0.0
        error = await self._write_data(data, timeout)
        if isinstance(error, TimeoutError):
            translated = translate(error, WRITE, call.request, waits)
            raise translated from because(translated, error)

    async def _write_data(self, data: bytes, timeout: float | None) -> OSError | None:
        """Do the duty of writing; return what went wrong."""
        failure: OSError | None = None
        try:
            await self._wire.write(data, timeout)
        except TimeoutError as error:
            failure = error
            self._break(ConnectionAbortedError("the server took nothing more, and the connection was given up"))
        except OSError as error:
            self._write_error = failure = error
        except BaseException as error:
            if is_cancellation(error):
                if not self._wire.takes_at_once and not self._leaves_rest():
                    self._break(ConnectionAbortedError("sending was interrupted in the middle of a frame"))
                self._has_written()
            raise
        self._has_written()
        return failure

    def _leaves_rest(self) -> bool:
        """Leave what a cancelled write has not sent to whoever writes next; `False` where it cannot be left."""
        unsent = self._wire.unsent()
        if unsent:
            with self.lock:
                if self._reader is not None and not self._waiting:
                    # The only one who is there listens, perhaps for the answer to this.
                    return False
                if not self.protocol.outgoing:
                    # Something has to be written for the rest to go out.
                    self.protocol.ping()
        return unsent is not None

    def _has_written(self) -> None:
        with self.lock:
            self._wake(self.protocol.line)
            self._writer = None
        if self._woken:
            self._publish()

    async def _read(self, left: float | None) -> bool:
        """Do the duty of reading; return whether anything has happened in time."""
        data: bytes | None = None
        error: OSError | None = None
        heartbeat = self._heartbeat
        asked_at: float | None = None
        if self._write_error is not None:
            left = _LAST_WORDS_WAIT if left is None else min(left, _LAST_WORDS_WAIT)
            heartbeat = None
        elif heartbeat is not None:
            asked_at = heartbeat.asked_at
            pause = heartbeat.pause(time.monotonic())
            if left is None or pause < left:
                left = pause
            else:
                heartbeat = None
        try:
            data = await self._wire.read(READ_SIZE, left)
        except OSError as caught:
            error = caught
        except BaseException as caught:
            if is_cancellation(caught):
                self._has_read()
            raise
        if data is None and error is None and self._write_error is None:
            if heartbeat is not None:
                self._beat(heartbeat, asked_at)
            self._has_read()
            return heartbeat is not None
        self._receive(data or b"", self._write_error or error)
        if self.protocol.dead is not None:
            await self._end()
        return True

    def _has_read(self) -> None:
        with self.lock:
            self._reader = None
            self._hand_over()

    def _beat(self, heartbeat: Heartbeat, asked_at: float | None) -> None:
        """Ask a silent server whether it is there; give it up when it was asked (at `asked_at`) before this silence."""
        with self.lock:
            if heartbeat.asked_at is None:
                self.ping(heartbeat)
            is_gone = asked_at is not None and heartbeat.asked_at == asked_at
        if is_gone:
            waited = f"{heartbeat.timeout:g} s"
            self._break(ConnectionAbortedError(f"the server did not answer a PING within {waited}, and was given up"))

    def ping(self, heartbeat: Heartbeat) -> None:
        """Ask the server for a sign of life; the caller holds the lock."""
        heartbeat.asked(time.monotonic())
        self.protocol.ping()

    async def _sleep(self, party: Any, waiter: Waiter, left: float | None) -> None:
        try:
            is_awake = await waiter.wait(None if left is None else _rounded(left))
        finally:
            self._called.discard(party)
        if not is_awake:
            with self.lock:
                if self._waiting.pop(party, None) is None:
                    # Woken in the last moment, perhaps for a duty: somebody else does it.
                    self._hand_over()

    def _hand_over(self) -> None:
        """Wake one who waits, if there is a duty that nobody performs; the caller holds the lock."""
        if self._waiting and (self._reader is None or (self.protocol.outgoing and self._writer is None)):
            party = next(iter(self._waiting))
            self._called.add(party)
            self._waiting[party].set()
            del self._waiting[party]

    def _receive(self, data: bytes, error: OSError | None = None) -> None:
        with self.lock:
            heartbeat = self._heartbeat
            if data:
                self._heard += 1
                self._is_doubted = False
                self.protocol.receive(data)
            else:
                self.protocol.end(error)
            self._collect(is_alive=bool(data) and heartbeat is not None and heartbeat.heard(time.monotonic()))
            # Not before: what the next reader reads comes after this.
            self._reader = None
            if self._is_looked_at:
                # In the same step: who waits for that would read in the place of who has looked.
                self._has_looked()
        self._publish()

    def _has_looked(self) -> None:
        """Wake those who wait until somebody has looked at an idle connection; the caller holds the lock."""
        self._is_looked_at = False
        # All of them, and not one who then wakes the next: it may come to wait for an answer before.
        if self._waiting:
            self._wake_calls()
        self._hand_over()

    def _break(self, error: OSError) -> None:
        """Give the connection up."""
        with self.lock:
            self.protocol.end(error)
            self.protocol.outgoing.clear()
            self._collect()
        self._wire.close()
        self._publish()

    async def _end(self) -> None:
        """Say why, if it is this side that ends the connection, and close it."""
        with self.lock:
            is_silent = self._writer is not None or self._write_error is not None
            self._writer = self
        try:
            while self.protocol.outgoing and not is_silent:
                await self._wire.write(self._take_outgoing(), _GOODBYE_WAIT)
        except OSError:
            pass
        finally:
            self._wire.close()

    def _write_now(self) -> None:
        """Send what is to go out, as far as that needs no waiting; where somebody waits, it is that one's duty."""
        with self.lock:
            if self._writer is not None or self._write_error is not None or not self.protocol.outgoing:
                return
            if self._waiting:
                self._hand_over()
                return
            if not self._wire.can_be_tried:
                return
            self._writer = self
            data = self._take_outgoing()
        sent = self._wire.write_now(data)
        with self.lock:
            self.protocol.outgoing[:0] = data[sent:]
            self._writer = None
            is_stuck = sent == len(data) and self._is_stuck()
            self._hand_over()
        if is_stuck:
            self._write_now()

    # What has happened

    def _collect(self, *, is_alive: bool = False) -> None:
        """Note who is to be woken; the caller holds the lock.

        `is_alive`: the server has answered whoever wanted to know whether it is there.
        """
        protocol = self.protocol
        waiting = self._waiting
        if protocol.promised:
            promised, protocol.promised = protocol.promised, []
            for main, stream in promised:
                self.offer(main, stream)
        if waiting:
            self._wake(protocol.touched)
            has_changed = self._is_settled != protocol.has_settings or self.capacity != protocol.most_streams
            self._is_settled = protocol.has_settings
            if is_alive or protocol.finished or has_changed or not protocol.takes_requests:
                self._wake_calls()
        protocol.touched.clear()

    def _wake_calls(self) -> None:
        """Note that those are to be woken who wait for a stream of their own, or for a sign of life."""
        self._wake([party for party in self._waiting if isinstance(party, Call)])

    def _wake(self, parties: Iterable[Any]) -> None:
        """Note that these are to be woken, as far as they wait; the caller holds the lock."""
        for party in parties:
            waiter = self._waiting.get(party)
            if waiter is not None:
                self._woken[waiter] = None
                del self._waiting[party]

    def _publish(self) -> None:
        """Tell the pool, and then the callers, who are going to ask it; outside the lock."""
        try:
            self._announce()
        except BaseException:
            # An interrupt; there may be nobody to come next.
            self._announce()
            raise

    def _announce(self) -> None:
        woken = list(self._woken)
        protocol = self.protocol
        self._tell_pool()
        if protocol.finished:
            takes_requests = protocol.takes_requests
            for stream in list(protocol.finished):
                if stream.has_ended:
                    stream.call.done(reusable=takes_requests)
                protocol.finished.pop(stream, None)
        for waiter in woken:
            waiter.set()
            self._woken.pop(waiter, None)

    def _tell_pool(self) -> None:
        """Tell the pool how many calls this connection serves from now on."""
        protocol = self.protocol
        pool = self._pool
        if pool is None:
            return
        most = protocol.most_streams
        if self._wire.can_be_shared and most != self.capacity:
            pool.set_capacity(self, most)
            self.capacity = most
        if not protocol.takes_requests and not self._is_retired:
            if protocol.wants_http1 and self._wants_http1 is not None:
                self._wants_http1()
            pool.retire(self)
            self._is_retired = True


class _Whole:
    """Around a step that changes the protocol: one that breaks off condemns the connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Duties) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._connection.condemn()


def _time_to_write(call: Call) -> float | None:
    waits = call.waits
    try:
        left = waits.left(waits.write)
    except RequestError:
        return _GOODBYE_WAIT
    return None if left is None else max(left, _GOODBYE_WAIT)


def _until(deadline: float | None) -> float | None:
    return None if deadline is None else deadline - time.monotonic()


def _rounded(seconds: float) -> float:
    """Return a little less, by an eighth at most, so that waits share timers: whoever wakes early waits again."""
    fraction, exponent = math.frexp(max(seconds, _SHORTEST_WAIT))
    return math.ldexp(int(fraction * 16), exponent - 4)
