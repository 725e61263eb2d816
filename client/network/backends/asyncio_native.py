"""The network under asyncio, uvloop included: a Protocol of our own.

Theory of operation

1. Bytes arrive in `data_received` and wait in a list until `read` takes them. Beyond `_HIGH` bytes reading is paused
   until the list is empty, so that a slow reader slows the peer down.
2. `write` hands bytes to the transport, which mostly sends them at once, and waits only while the transport says that
   too much is queued.
3. No call has a timer or cancel scope of its own. Each direction has one timer, armed lazily: a wait notes when it
   wants to end; a timer that fires early arms itself again for the time noted then, and one that finds nobody waiting
   lets itself go. A request that is answered in time costs no timer at all.
4. `close` aborts the transport: synchronous, and possible on a loop that no longer runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections import deque
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from .addresses import STAGGER, Address, all_failed, bound, in_order, look_up, open_socket, open_unix
from .readiness import probe

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from .addresses import Finder, Resolver
    from .base import NetworkStream, SocketOption

_HIGH = 1_048_576
_WRITE_SIZE = 262_144
_READ_SIZE = 65_536
# Beyond so many different waits each has a timer of its own, which is gone with it: where calls have deadlines, no two
# are equally patient.
_MOST_LINES = 64


async def resolve(host: str, port: int) -> list[Address]:
    """Ask the system, in a thread of the loop's executor."""
    return in_order(await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM))


class AsyncioBackend:
    """The network for `AsyncClient` under asyncio."""

    def __init__(self, *, resolver: Resolver | Finder | None = None) -> None:
        self._resolver: Resolver = bound(resolver, resolve)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None,
        *,
        local_address: str | None = None,
        socket_options: Sequence[SocketOption] = (),
    ) -> NetworkStream:
        dns_seconds: float | None = None

        async def connect() -> socket.socket:
            nonlocal dns_seconds
            addresses, dns_seconds = await look_up(self._resolver, host, port)
            race = _Race(addresses, local_address, socket_options)
            return await race.run(host)

        stream = await _stream(await _within(timeout, connect, f"no answer from {host!r}"))
        stream.dns_seconds = dns_seconds
        return stream

    async def connect_unix(
        self, path: str, timeout: float | None, *, socket_options: Sequence[SocketOption] = ()
    ) -> NetworkStream:
        async def connect() -> socket.socket:
            return await open_unix(path, socket_options, asyncio.sleep)

        return await _stream(await _within(timeout, connect, f"no answer from {path!r}"))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def waiter(self) -> AsyncioWaiter:
        return AsyncioWaiter()

    def __repr__(self) -> str:
        return "AsyncioBackend()"


class AsyncioWaiter(asyncio.Future[bool]):
    """A future that is its own flag: where thousands wait, each object is one more for the garbage collector."""

    __slots__ = ("_is_set",)

    def __init__(self) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._is_set: bool = False

    def set(self) -> None:
        self._is_set = True
        if not self.done():
            self.set_result(True)

    def wait(self, timeout: float | None) -> asyncio.Future[bool]:
        loop = self.get_loop()
        if self.done():
            # Set before, or waited for in vain before: what has become of it since.
            known: asyncio.Future[bool] = loop.create_future()
            known.set_result(self._is_set)
            return known
        if timeout is not None:
            patience = _patience.get(loop)
            if patience is None:
                patience = _patience[loop] = _Patience()
            patience.bound(self, timeout, loop)
        return self


class _Patience:
    """Ends waits that last too long, with one timer for all that are equally patient.

    Ten thousand tasks that wait for a connection would otherwise arm and cancel ten thousand timers.
    """

    __slots__ = ("_lines",)

    def __init__(self) -> None:
        # For each timeout the ends of the waits, and those who wait: in two lines, and not in a line of pairs.
        self._lines: dict[float, tuple[deque[float], deque[asyncio.Future[bool]]]] = {}

    def bound(self, future: asyncio.Future[bool], timeout: float, loop: asyncio.AbstractEventLoop) -> None:
        """Let `future` be false after `timeout` seconds, if nothing else has made it true."""
        line = self._lines.get(timeout)
        deadline = loop.time() + timeout
        if line is None and len(self._lines) >= _MOST_LINES:
            timer = loop.call_at(deadline, _give_up, future)
            future.add_done_callback(lambda _: timer.cancel())
            return
        if line is None:
            line = self._lines[timeout] = (deque(), deque())
            loop.call_at(deadline, self._on_timer, timeout, loop)
        ends, waiting = line
        # Whoever came first mostly goes first: what is done at the front need not be kept until the timer comes.
        while waiting and waiting[0].done():
            waiting.popleft()
            ends.popleft()
        waiting.append(future)
        ends.append(deadline)

    def _on_timer(self, timeout: float, loop: asyncio.AbstractEventLoop) -> None:
        ends, waiting = self._lines[timeout]
        now = loop.time()
        while waiting and (waiting[0].done() or ends[0] <= now):
            future = waiting.popleft()
            ends.popleft()
            _give_up(future)
        if waiting:
            loop.call_at(ends[0], self._on_timer, timeout, loop)
        else:
            del self._lines[timeout]


def _give_up(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(False)


_patience: WeakKeyDictionary[asyncio.AbstractEventLoop, _Patience] = WeakKeyDictionary()


async def _within(timeout: float | None, connect: Any, what: str) -> socket.socket:
    """Run `connect`, which closes what it opened when cancelled; at most `timeout` seconds."""
    task = asyncio.ensure_future(connect())
    try:
        done, _ = await asyncio.wait([task], timeout=timeout)
        if done:
            return cast("socket.socket", task.result())
    except BaseException:
        _discard(task)
        raise
    _discard(task)
    raise TimeoutError(what)


def _discard(task: asyncio.Future[socket.socket]) -> None:
    """Cancel the attempt, and close its socket should it have won after all."""
    task.add_done_callback(_close_result)
    task.cancel()


def _close_result(task: asyncio.Future[socket.socket]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result().close()


class _Race:
    """Connection attempts side by side, one task each."""

    def __init__(
        self, addresses: Sequence[Address], local_address: str | None, socket_options: Sequence[SocketOption]
    ) -> None:
        self._addresses = addresses
        self._local_address = local_address
        self._socket_options = socket_options

    async def run(self, host: str) -> socket.socket:
        """Return the first socket that connected."""
        if len(self._addresses) == 1:
            return await self._attempt(self._addresses[0])
        running: dict[asyncio.Task[socket.socket], Address] = {}
        failures: list[tuple[Address, BaseException]] = []
        waiting = list(reversed(self._addresses))
        try:
            while waiting or running:
                if waiting:
                    address = waiting.pop()
                    running[asyncio.ensure_future(self._attempt(address))] = address
                done, _ = await asyncio.wait(
                    running, timeout=STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    address = running[task]
                    error = task.exception()
                    if error is None:
                        del running[task]
                        return task.result()
                    del running[task]
                    failures.append((address, error))
        finally:
            for task in running:
                _discard(task)
        raise all_failed(host, failures)

    async def _attempt(self, address: Address) -> socket.socket:
        opened = open_socket(address, local_address=self._local_address, socket_options=self._socket_options)
        try:
            await asyncio.get_running_loop().sock_connect(opened, address.sockaddr)
        except BaseException:
            opened.close()
            raise
        return opened


async def _stream(connected: socket.socket) -> AsyncioStream:
    loop = asyncio.get_running_loop()
    try:
        _, stream = await loop.create_connection(lambda: AsyncioStream(loop, connected), sock=connected)
    except BaseException:
        connected.close()
        raise
    return stream


class _Gate:
    """Where one caller waits for one kind of event, with one timer for all its waits."""

    __slots__ = ("_deadline", "_future", "_loop", "_timer", "_what")

    def __init__(self, loop: asyncio.AbstractEventLoop, what: str) -> None:
        self._loop = loop
        self._what = what
        self._future: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def opening(self, timeout: float | None) -> asyncio.Future[None]:
        """Return what is done when the gate opens, and fails with `TimeoutError` after `timeout` seconds.

        Not a coroutine: whoever reads awaits it in its own.
        """
        loop = self._loop
        self._future = future = loop.create_future()
        if timeout is None:
            self._deadline = 0.0
            return future
        self._deadline = deadline = loop.time() + timeout
        timer = self._timer
        if timer is None:
            self._timer = loop.call_at(deadline, self._on_timer)
        elif deadline < timer.when():
            timer.cancel()
            self._timer = loop.call_at(deadline, self._on_timer)
        return future

    def open(self) -> None:
        """Let the caller that waits go on, if there is one."""
        future = self._future
        if future is not None:
            self._future = None
            if not future.done():
                future.set_result(None)

    def dispose(self) -> None:
        """Let the timer go."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        self._timer = None
        future = self._future
        if future is None or future.done() or not self._deadline:
            return
        if self._loop.time() >= self._deadline:
            future.set_exception(TimeoutError(self._what))
        else:
            self._timer = self._loop.call_at(self._deadline, self._on_timer)


class AsyncioStream(asyncio.Protocol):
    """A connected socket under asyncio."""

    dns_seconds: float | None = None
    takes_at_once = True

    def __init__(self, loop: asyncio.AbstractEventLoop, connected: socket.socket) -> None:
        self._loop = loop
        self._socket = connected
        self._transport: asyncio.Transport | None = None
        self._chunks: list[bytes] = []
        self._size = 0
        self._eof = False
        self._error: Exception | None = None
        self._closed = False
        self._reading_paused = False
        self._writing_paused = False
        self._probe: Callable[[], object] | None = None
        self._reader = _Gate(loop, "the peer says nothing")
        self._writer = _Gate(loop, "the peer takes nothing")

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        self._reader.open()
        if self._writing_paused:
            self._writer.open()
        if self._size > _HIGH and not self._reading_paused and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        self._eof = True
        self._reader.open()
        self._writer.open()
        return True  # the transport stays open for writing: a half-closed server may still be answered

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and self._error is None:
            self._error = exc
        if not self._closed:
            self._take_last_words()
            self._eof = self._closed = True
        self._reader.open()
        self._writer.open()
        self._reader.dispose()
        self._writer.dispose()

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        self._writer.open()

    # What the library calls

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        if not self._chunks:
            if self._closed or self._eof:
                return self._ended()
            await self._reader.opening(timeout)
            if not self._chunks:
                return self._ended()
        return self._take(max_bytes)

    async def write(self, data: bytes, timeout: float | None) -> None:
        if self._closed or self._transport is None:
            raise self._broken()
        self._transport.write(data)
        while self._writing_paused:
            await self._writer.opening(timeout)
            if self._closed:
                raise self._broken()

    async def write_until_readable(self, data: memoryview, timeout: float | None) -> int:
        if self._closed or self._transport is None:
            raise self._broken()
        taken = 0
        is_constant = type(data.obj) is bytes
        piece: bytes | memoryview
        while taken < len(data) and not self._chunks and not self._eof and not self._closed:
            if self._probed():
                # The loop comes to that only while somebody waits.
                await self._reader.opening(timeout)
                continue
            # The transport keeps what it cannot send: little at a time, and no view of what its owner may change.
            piece = data[taken : taken + _WRITE_SIZE]
            if not is_constant:
                piece = bytes(piece)
            self._transport.write(piece)
            taken += len(piece)
            while self._writing_paused and not self._chunks and not self._eof:
                await self._writer.opening(timeout)
        if self._closed and not self._chunks:
            raise self._broken()
        return taken

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None, timeout: float | None) -> NetworkStream:
        from .tls_stream import TLSStream

        return await TLSStream.client(self, context, hostname, timeout)

    def send_now(self, data: bytes) -> None:
        transport = self._transport
        if transport is not None and not self._closed and not transport.get_write_buffer_size():
            # Past the transport, which might keep it for later, when it is closed.
            with contextlib.suppress(OSError):
                self._socket.send(data)

    def close(self) -> None:
        if self._transport is None or self._closed:
            return
        self._closed = True
        self._reader.open()
        self._writer.open()
        self._reader.dispose()
        self._writer.dispose()
        try:
            if not self._loop.is_closed():
                self._transport.abort()
                return
        except RuntimeError:
            # The loop of another thread, which has been closed in this moment.
            pass
        self._close_without_loop()

    def is_readable(self) -> bool:
        if self._chunks or self._eof or self._closed or self._socket.fileno() < 0:
            return True
        # Bytes of the last request that the peer has answered without taking them.
        if self._writing_paused:
            return True
        # What the system has and the loop has not seen yet counts as well.
        return self._probed()

    def get_extra_info(self, name: str) -> Any:
        if name == "is_readable":
            return self.is_readable()
        if name == "dns_seconds":
            return self.dns_seconds
        if self._transport is None or name not in _EXTRA:
            return None
        return self._transport.get_extra_info(_EXTRA[name])

    def __repr__(self) -> str:
        return f"<AsyncioStream {'closed' if self._closed else f'fd={self._socket.fileno()}'}>"

    # Within

    def _probed(self) -> bool:
        look = self._probe
        if look is None:
            look = self._probe = probe(self._socket)
        return bool(look())

    def _take_last_words(self) -> None:
        """Take what the peer has said before a write failed: asyncio closes the socket without looking at it."""
        with contextlib.suppress(OSError):
            while self._size <= _HIGH and (data := self._socket.recv(_READ_SIZE)):
                self._chunks.append(data)
                self._size += len(data)

    def _take(self, max_bytes: int) -> bytes:
        chunks = self._chunks
        if self._size <= max_bytes:
            data = chunks.pop() if len(chunks) == 1 else b"".join(chunks)
            chunks.clear()
        else:
            # Whole chunks where they fit: what stays behind is not copied again and again.
            count = size = 0
            while size + len(chunks[count]) <= max_bytes:
                size += len(chunks[count])
                count += 1
            if count:
                data = chunks[0] if count == 1 else b"".join(chunks[:count])
                del chunks[:count]
            else:
                data = chunks[0][:max_bytes]
                chunks[0] = chunks[0][max_bytes:]
        self._size -= len(data)
        if self._reading_paused and not chunks and self._transport is not None and not self._closed:
            self._reading_paused = False
            self._transport.resume_reading()
        return data

    def _ended(self) -> bytes:
        if self._error is not None:
            raise self._error
        if not self._eof:
            # By this side, which is not to be taken for the end of what the peer had to say.
            raise ConnectionAbortedError(errno.ECONNABORTED, "the connection was closed while it was in use")
        return b""

    def _broken(self) -> OSError:
        error = self._error
        return error if isinstance(error, OSError) else ConnectionResetError("the connection is closed")

    def _close_without_loop(self) -> None:
        # A transport needs its loop to close. The socket does not, and the transport must not complain later.
        self._socket.close()
        if "_sock" in getattr(self._transport, "__dict__", {}):
            with contextlib.suppress(AttributeError):
                setattr(self._transport, "_sock", None)  # noqa: B010  # not in the interface of a transport


_EXTRA = {"client_addr": "sockname", "server_addr": "peername", "socket": "socket"}
