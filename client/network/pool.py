"""The pool's driver: it locks, waits, connects, closes and wakes as `PoolState` decides.

1. The lock protects the state and nothing else; nothing that may wait happens under it.
2. A call owns what it holds. Whatever happens to it (an answer, an error, cancellation at any `await`) ends in one
   synchronous `release` or `abandon`, after which the state owes it nothing.
3. Before a connection is used again it is asked whether anything has arrived meanwhile; no other connection is
   looked at.
4. A request is sent again, once, on a fresh connection, when a connection that had served before died without a word,
   if the method is idempotent. Where the server has certainly not looked at the request, any method is sent again, at
   most three times: at once, then after moments that grow and that chance lengthens, so that those who were sent away
   together do not come back together. Either way the body must be there to be sent again, or not have been touched.
5. A response that is gone without having been closed gives its connection back when somebody needs one, or makes one.
6. While a connection is being made that may serve all, the others wait for it, and that is waiting to be connected. In
   each second of it one of them begins another attempt, so that a connection that hangs does not hold up everybody.
   Whose time for the pool is over makes one itself.
7. An interrupt may break off a step between any two lines. What it leaves of the state is mended (`mending`) before
   the lock is, what had been decided is done all the same, and the call of whom it struck gives back what it holds.
8. So may the garbage collector, which closes generators, and what they read. What it gives back in the middle of a step
   of its own thread is taken back after that step.
9. A finalizer or a signal handler may even send a request there. It goes over a connection of its own, of which the
   pool knows nothing (`aside`): nobody could wait for the step to end.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import ConnectTimeout, PoolTimeout
from ..messages.request import Request
from .aside import send_aside
from .call import Call
from .connection import BodyFailed, Crowded, Unanswered
from .failures import because, described
from .mending import mend
from .origin import origin_of
from .pool_state import PoolState
from .snapshot import PoolSnapshot, snapshot
from .waits import Waits, patience

if TYPE_CHECKING:
    from collections.abc import Callable
    from weakref import ref

    from ..config import Limits
    from ..messages.response import Response
    from .connect import Connector
    from .connection import Connection
    from .origin import Origin
    from .pool_state import Ticket

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY", "PROPFIND", "REPORT", "SEARCH"})
# A server that keeps a connection for n seconds closes it after n seconds: be there before.
_MARGIN = 0.9
_MOST_REFUSALS = 3
_FIRST_PAUSE = 0.05
# How long a connection may take that others wait for, before one of them begins another.
_PATIENCE = 1.0


class Pool:
    """Connections, and the calls that want them."""

    def __init__(
        self,
        connector: Connector,
        limits: Limits,
        *,
        is_async: bool,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connector = connector
        self._backend = connector.backend
        self._expiry = limits.keepalive_expiry
        self._is_async = is_async
        self._now = now
        # What is stamped on the way is in real time: beside moments of another clock it would mean nothing.
        self._tells_times = now is time.monotonic
        # Not a `Lock`, at which a finalizer would wait for the very thread that it interrupts.
        self._lock: Any = threading.RLock()
        self._state: PoolState[Connection] = PoolState(limits)
        self._whole = _Whole(self._state, now)
        # Filled by the garbage collector, from any thread and between any two lines, also from under the lock.
        self.orphans: deque[ref[Any] | Call] = deque()

    async def send(self, request: Request) -> Response:
        """Send the request over a connection of its origin, once there is one."""
        origin = origin_of(request)
        now = self._now()
        if self._lock._is_owned():
            return await send_aside(self._connector, origin, request, now, is_async=self._is_async)
        call = Call(origin, request, self, now, is_async=self._is_async)
        try:
            if self._acquire(call, now):
                call.begin()
            else:
                # As `_wait` does: thousands may stand here, and each object is one more for the garbage collector.
                self._reap()
                bound = self._patience(call)
                is_woken = await call.waiter.wait(bound)  # type: ignore[union-attr]  # it is there
                call.begin()
                await self._has_waited(call, now, None if is_woken else bound)
            while True:
                connection: Connection | None = None if call.entry is None else call.entry.connection
                if connection is None or not connection.is_usable():
                    connection = await self._connection_of(call)
                try:
                    response = await connection.send(call)
                except Crowded:
                    await self._move(call)
                    continue
                except BodyFailed as failed:
                    raise failed.error from failed.error.__cause__
                except Unanswered as unanswered:
                    if not _may_repeat(call, unanswered):
                        raise unanswered.error from because(unanswered.error, unanswered.__cause__)
                else:
                    response.extensions["timings"] = call.stamps if self._tells_times else None
                    if response.status_code == 417 and "expect" in request.headers and request.is_replayable:
                        return await self._without_expectation(response, call)
                    return response
                call.stamps.attempt = getattr(call.stamps, "attempt", 1) + 1
                await self._pause(call)
                await self._renew(call)
        except BaseException:
            self._abandon(call)
            raise

    def release(self, call: Call, *, reusable: bool, idle_timeout: float | None = None) -> None:
        """Take the call's connection back."""
        try:
            now = self._now()
            if call.entry is not None:
                call.stamps.ended = now
            expiry = self._expiry
            if idle_timeout is not None and (expiry is None or idle_timeout * _MARGIN < expiry):
                expiry = idle_timeout * _MARGIN
            state = self._state
            with self._lock:
                try:
                    state.release(call, now, reusable=reusable, expires_at=None if expiry is None else now + expiry)
                except BaseException:
                    mend(state, now)
                    raise
            if state.closed or state.woken:
                self._settle()
        except BaseException:
            self._abandon(call)
            raise

    def postpones(self, call: Call) -> bool:
        """Say whether this thread is in the middle of a step; if so, the call is taken back after it."""
        is_busy: bool = self._lock._is_owned()
        if is_busy:
            late: Any = _Late(self, call)
            self._state.closed.append(late)
        return is_busy

    def close(self) -> None:
        """Close every connection; calls that are still being served fail."""
        self._reap()
        with self._lock, self._whole:
            self._state.close_all()
        self._settle()

    def close_idle(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock, self._whole:
            self._state.close_idle()
        self._settle()

    def set_capacity(self, connection: Connection, capacity: int) -> None:
        """Note that a connection can serve `capacity` calls at once from now on."""
        with self._lock, self._whole:
            entry = self._state.entry_of(connection)
            if entry is not None:
                self._state.set_capacity(entry, capacity, self._now())
        self._settle()

    def join(self, call: Call, connection: Connection) -> None:
        """Count a call on a connection that it has not asked for: the server began it."""
        with self._lock, self._whole:
            entry = self._state.entry_of(connection)
            if entry is not None:
                self._state.join(call, entry)

    def retire(self, connection: Connection) -> None:
        """Note that a connection takes no new calls."""
        with self._lock, self._whole:
            entry = self._state.entry_of(connection)
            if entry is not None:
                self._state.retire(entry, self._now())
        self._settle()

    def snapshot(self) -> PoolSnapshot:
        """Return what the pool looks like now."""
        with self._lock:
            return snapshot(self._state, self._now())

    def __repr__(self) -> str:
        return f"<Pool {self.snapshot()}>"

    # Within

    def _acquire(self, call: Call, now: float) -> bool:
        """Give the call a connection, or leave to make one; return false where it has to wait for that."""
        state = self._state
        origin: Origin = call.key  # type: ignore[assignment]  # what this pool's keys are
        with self._lock:
            try:
                # Asked of an origin once, when it is new.
                may_share = origin not in state.origins and self._connector.may_share(origin)
                granted = state.acquire(call, now, may_share=may_share)
                if not granted:
                    call.waiter = self._backend.waiter()
            except BaseException:
                mend(state, now)
                raise
        if state.closed:
            self._settle()
        return granted

    async def _connection_of(self, call: Call) -> Connection:
        while True:
            entry = call.entry
            if entry is None:
                raise RuntimeError("this call holds no connection")
            connection: Connection | None = entry.connection
            if connection is None:
                call.stamps.is_reused = False
                self._reap()
                connection = await self._connector.connect(call.key, call)  # type: ignore[arg-type]  # an Origin
                try:
                    call.stamps.ready = now = self._now()
                    with self._lock, self._whole:
                        self._state.connected(call, connection, now, capacity=connection.capacity)
                    self._settle()
                except BaseException:
                    if entry.connection is not connection:
                        connection.close()
                    raise
                return connection
            if connection.is_usable():
                return connection
            await self._renew(call)

    async def _renew(self, call: Call) -> None:
        with self._lock, self._whole:
            granted = self._state.renew(call, self._now())
            if not granted:
                call.waiter = self._backend.waiter()
        self._settle()
        if not granted:
            await self._wait(call)

    async def _without_expectation(self, refused: Response, call: Call) -> Response:
        """Repeat a request whose expectation could not be met, without it (RFC 9110, section 10.1.1)."""
        stream: Any = refused.stream
        if self._is_async:
            await stream.aclose()
        else:
            stream.close()
        request = call.request
        fields = [field for field in request.headers.raw if field[0].lower() != b"expect"]
        again = Request(
            request.method, request.url, headers=fields, stream=request.stream, extensions=request.extensions
        )
        response = await self.send(again)
        stamps = response.extensions.get("timings")
        if stamps is not None:
            stamps.attempt = getattr(stamps, "attempt", 1) + getattr(call.stamps, "attempt", 1)
        response.request = request
        return response

    async def _move(self, call: Call) -> None:
        """Leave the call's connection to the others on it, and get another one."""
        self.release(call, reusable=True)
        if not self._acquire(call, self._now()):
            await self._wait(call)

    async def _pause(self, call: Call) -> None:
        if call.refusals < 2:
            return
        from random import random

        pause = _FIRST_PAUSE * (call.refusals - 1) * (1 + random())
        await self._backend.sleep(call.waits.left(pause) or 0.0)

    async def _wait(self, call: Call) -> None:
        self._reap()
        began = self._now()
        waiter = call.waiter
        bound = self._patience(call)
        is_woken = waiter is not None and await waiter.wait(bound)
        await self._has_waited(call, began, None if is_woken else bound)

    def _patience(self, call: Call) -> float | None:
        waits = Waits(call.request.extensions)
        return waits.left(patience(waits, _PATIENCE if self._state.is_probing(call.key) else None))

    async def _has_waited(self, call: Call, began: float, in_vain: float | None) -> None:
        """Note how long a call has waited, after going on with it where it was `in_vain` for so many seconds."""
        if in_vain is not None:
            await self._wait_on(call, in_vain)
        call.stamps.ready = now = self._now()
        call.stamps.queue = now - began

    async def _wait_on(self, call: Call, waited: float) -> None:
        """Go on after `waited` seconds in vain: make another connection, wait longer, or raise what the clock says."""
        waits = call.waits
        state = self._state
        while True:
            self._reap()
            with self._lock, self._whole:
                is_being_made = state.is_probing(call.key)
                is_late = waits.pool is not None and waited >= waits.pool
                is_unconnected = is_being_made and waits.connect is not None and waited >= waits.connect
                # One may have come in the last moment.
                if call.entry is None and is_being_made and not is_unconnected:
                    state.hurry(call, beside=None if is_late else int(waited / _PATIENCE))
                is_served = call.entry is not None
                if not is_served:
                    call.waiter = self._backend.waiter()
            self._settle()
            if is_served:
                return
            waits.left(None)
            if is_late or is_unconnected:
                raise self._waited_in_vain(call, is_unconnected=is_unconnected)
            bound = patience(waits, _PATIENCE if is_being_made else None, waited)
            if call.waiter is None or await call.waiter.wait(waits.left(bound)):
                return
            waited += bound or 0.0

    def _waited_in_vain(self, call: Call, *, is_unconnected: bool) -> ConnectTimeout | PoolTimeout:
        said = self.snapshot()
        waits = call.waits
        error: ConnectTimeout | PoolTimeout
        if is_unconnected:
            error = ConnectTimeout(
                f"{described(call.request)}: no connection: the one that is being made for all who wait is not there "
                f"after {waits.connect:g} s; {said}; allow more with Timeout(connect=...)",
                request=call.request,
            )
            error.retryable = True
        else:
            error = PoolTimeout(
                f"{described(call.request)}: no connection became free for {waits.pool:g} s; {said}; close or read the "
                "responses that hold them, or allow more with Limits(max_connections=...) or Timeout(pool=...)",
                request=call.request,
            )
            error.pool = said
        error.request_sent = False
        return error

    def _reap(self) -> None:
        """Take back what responses held that are gone."""
        found: list[ref[Any] | Call] = []
        while self.orphans:
            with suppress(IndexError):  # another thread may be at it
                found.append(self.orphans.popleft())
        if found:
            gone = {id(one) for one in found}
            with self._lock:
                held = list(self._state.holders)
            for call in held:
                if isinstance(call, Call) and not gone.isdisjoint((id(call), id(getattr(call, "receiver", None)))):
                    self._abandon(call)

    def _abandon(self, call: Call) -> None:
        """Take back whatever the call has, or wants."""
        with self._lock, self._whole:
            self._state.abandon(call, self._now())
        self._settle()

    def _settle(self) -> None:
        """Close and wake as the state has decided."""
        state = self._state
        closed: list[Connection] = []
        woken: list[Ticket[Connection]] = []
        try:
            with self._lock:
                closed, state.closed = state.closed, closed
                woken, state.woken = state.woken, woken
            woken.reverse()  # whoever came first is woken first
            _perform(closed, woken)
        except BaseException:
            _perform(closed, woken)
            raise


class _Whole:
    """Around a step, under the lock: mends what is left where the step breaks off."""

    __slots__ = ("_now", "_state")

    def __init__(self, state: PoolState[Connection], now: Callable[[], float]) -> None:
        self._state = state
        self._now = now

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            mend(self._state, self._now())


class _Late:
    """A call to be taken back after a step, among the connections that the step has closed."""

    __slots__ = ("_call", "_pool")

    def __init__(self, pool: Pool, call: Call) -> None:
        self._pool = pool
        self._call = call

    def close(self) -> None:
        self._pool._abandon(self._call)


def _perform(closed: list[Connection], woken: list[Ticket[Connection]]) -> None:
    """Wake and close, so that what is still in the lists after an interrupt is what is still to be done."""
    while woken:
        ticket = woken[-1]
        waiter = ticket.waiter if isinstance(ticket, Call) else None
        if waiter is not None:
            waiter.set()
        del woken[-1]
    while closed:
        closed[-1].close()
        del closed[-1]


def _may_repeat(call: Call, unanswered: Unanswered) -> bool:
    """Say whether the request may be sent again, and count it."""
    if not (call.request.is_replayable or unanswered.is_unsent):
        return False
    if unanswered.processed is False:
        call.refusals += 1
        return call.refusals <= _MOST_REFUSALS
    if call.has_died or call.request.method not in _IDEMPOTENT:
        return False
    call.has_died = True
    return True
