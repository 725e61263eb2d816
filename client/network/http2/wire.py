"""The bytes under a connection that many callers share: read by one of them and written by another at the same time.

1. Blocking code shares a connection between threads. A `socket` can be read and written at once, an `SSLSocket`
   cannot: OpenSSL's state is one. So the socket never blocks here; threads wait for it outside the lock, and OpenSSL
   is asked inside it.
2. A socket that another thread waits for is shut down, and closed by the last one to leave: its number must not be
   given to another socket meanwhile.
3. Asynchronous code can be cancelled while it writes, and ends at once. Under asyncio that loses nothing: the transport
   has taken everything before the first wait. Of this library's sockets under trio the stream keeps what did not go
   out, for the next one who writes. Of any other stream nobody knows how much of a frame went out, and the connection
   is broken; the last frames of a task that is cancelled already get a moment.
"""

from __future__ import annotations

import contextlib
import math
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Protocol, TypeVar

from ..backends.readiness import wait_for
from ..connection import is_cancellation

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ..backends.base import NetworkStream

    Result = TypeVar("Result")

READ_SIZE = 262_144
WRITE_SIZE = 65_536
_GRACE = 0.25
_MOST_STEPS = 4


class Wire(Protocol):
    """What a connection needs of its bytes; a `NetworkStream` has more of it."""

    can_be_shared: bool
    """Whether it can be read and written by two callers at once."""
    takes_at_once: bool
    """Whether a write that is interrupted has sent everything all the same, which needs nobody."""
    can_be_tried: bool
    """Whether `read_now` and `write_now` do anything."""
    is_behind: bool
    """Whether `read_now`, asked last, left something that has arrived: only `read` can take it."""

    async def read(self, max_bytes: int, timeout: float | None) -> bytes | None:
        """Return what has arrived, `None` when the time is over.

        Cancelled or out of time, it loses nothing and can be called again.
        """
        ...

    async def write(self, data: bytes, timeout: float | None) -> None:
        """Send at most `WRITE_SIZE` bytes."""
        ...

    def unsent(self) -> int | None:
        """Return how much of an interrupted write goes out with the next one; `None` where it is lost."""
        ...

    def read_now(self) -> bytes | None:
        """Return what has arrived, `b""` at the end, `None` when nothing has or nobody can say without waiting."""
        ...

    def write_now(self, data: bytes) -> int:
        """Send what can be sent without waiting, and return how much that was; never raises an `OSError`."""
        ...

    def close(self) -> None:
        """Free the socket."""
        ...


def wire_for(stream: NetworkStream, *, is_async: bool) -> Wire:
    """Return the wire over a stream."""
    if is_async:
        return AsyncWire(stream)
    connected = stream.get_extra_info("socket")
    tls = stream.get_extra_info("ssl_object")
    if isinstance(connected, socket.socket) and (tls is None or tls is connected):
        return ThreadedWire(stream, connected, is_tls=tls is not None)
    return PlainWire(stream, can_be_shared=connected is None)


class PlainWire:
    """A stream as it is, for blocking code: in memory, or TLS that this library keeps between two sockets."""

    takes_at_once = False
    can_be_tried = True
    is_behind = False

    def __init__(self, stream: NetworkStream, *, can_be_shared: bool) -> None:
        self._stream = stream
        self.can_be_shared = can_be_shared

    async def read(self, max_bytes: int, timeout: float | None) -> bytes | None:
        try:
            return await self._stream.read(max_bytes, timeout)
        except TimeoutError:
            return None

    async def write(self, data: bytes, timeout: float | None) -> None:
        await self._stream.write(data, timeout)

    def unsent(self) -> int | None:
        return None

    def read_now(self) -> bytes | None:
        if not self._stream.is_readable():
            return None
        data = _step(self.read(READ_SIZE, 0))
        return data  # in two steps, or mypy takes it for another type

    def write_now(self, data: bytes) -> int:
        return 0 if _step(self._stream.write(data, 0)) == b"" else len(data)

    def close(self) -> None:
        self._stream.close()


class ThreadedWire:
    """A socket that one thread reads while another one writes."""

    can_be_shared = True
    takes_at_once = False
    can_be_tried = True
    is_behind = False

    def __init__(self, stream: NetworkStream, connected: socket.socket, *, is_tls: bool) -> None:
        self._stream = stream
        self._socket: Any = connected
        self._is_tls = is_tls
        # Around OpenSSL, and around the two below; a finalizer may need it where this thread has it.
        self._lock = threading.RLock()
        self._users: set[int] = set()  # the threads that wait for the socket
        self._is_closed = False
        connected.setblocking(False)

    async def read(self, max_bytes: int, timeout: float | None) -> bytes | None:
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            self._enter()
            write = False
            while True:
                is_ahead = not write and self._is_tls and self._socket.pending()
                if not is_ahead and not self._wait(deadline, write=write):
                    return None
                done, wanted = self._try(self._socket.recv, max_bytes)
                if done is not None:
                    return bytes(done)
                write = wanted == "write"
        finally:
            self._leave()

    async def write(self, data: bytes, timeout: float | None) -> None:
        rest = memoryview(data)
        try:
            self._enter()
            while rest:
                sent, wanted = self._try(self._socket.send, rest)
                if sent is None:
                    deadline = None if timeout is None else time.monotonic() + timeout
                    if not self._wait(deadline, write=wanted != "read"):
                        raise TimeoutError("the peer takes nothing")
                else:
                    rest = rest[sent:]
        finally:
            self._leave()

    def unsent(self) -> int | None:
        return None

    def read_now(self) -> bytes | None:
        with contextlib.suppress(OSError):
            if not self._stream.is_readable():
                return None
        try:
            self._enter()
            done, _ = self._try(self._socket.recv, READ_SIZE)
        except OSError:
            return b""
        finally:
            self._leave()
        return None if done is None else bytes(done)

    def write_now(self, data: bytes) -> int:
        try:
            self._enter()
            sent, _ = self._try(self._socket.send, data)
        except OSError:
            return len(data)
        finally:
            self._leave()
        return sent or 0

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            # Whoever closes does not wait, even if an interrupt has kept it from noting that.
            self._users.discard(threading.get_ident())
            if self._users:
                with contextlib.suppress(OSError):
                    # Not SSLSocket's own, which would go on in plain text.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            self._close_unused()

    def _close_unused(self) -> None:
        """Close the socket unless somebody waits for it, or it is closed; the caller holds the lock."""
        if not self._users and self._socket.fileno() >= 0:
            self._stream.close()

    def _try(self, operation: Any, argument: Any) -> tuple[Any, str]:
        """Return what the operation returned, or `None` and what it waits for."""
        if not self._is_tls:
            try:
                return operation(argument), ""
            except BlockingIOError:
                return None, ""
        import ssl

        from ..backends.tls_stream import clear, is_unclean

        with self._lock:
            if self._is_closed:
                raise ConnectionResetError("the connection is closed")
            try:
                return operation(argument), ""
            except ssl.SSLWantReadError:
                return None, "read"
            except ssl.SSLWantWriteError:
                return None, "write"
            except ssl.SSLError as error:
                if not is_unclean(error):
                    raise
                raise clear(error) from error

    def _wait(self, deadline: float | None, *, write: bool) -> bool:
        """Return whether the socket was ready in time."""
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        is_ready = any(wait_for(self._socket, read=not write, write=write, timeout=left))
        if is_ready and self._is_closed:
            raise ConnectionResetError("the connection is closed")
        return is_ready

    def _enter(self) -> None:
        with self._lock:
            if self._is_closed:
                raise ConnectionResetError("the connection is closed")
            self._users.add(threading.get_ident())

    def _leave(self) -> None:
        with self._lock:
            self._users.discard(threading.get_ident())
            if self._is_closed:
                self._close_unused()


class AsyncWire:
    """A stream that one task reads while another one writes."""

    can_be_shared = True

    def __init__(self, stream: NetworkStream) -> None:
        self._stream = stream
        self._carrier = carrier = _carrier(stream)
        # By its name, because not every backend is imported everywhere.
        kind = type(carrier).__name__
        self.takes_at_once: bool = kind == "AsyncioStream"
        # Only of these it is known that reading loses nothing when it has to be stopped.
        self.can_be_tried: bool = kind in ("AsyncioStream", "MemoryStream")
        self._keeps_unsent = kind == "AnyioStream"
        if self._keeps_unsent:
            carrier.takes_at_once = True
        self.is_behind: bool = False
        self.close: Callable[[], None] = stream.close

    async def read(self, max_bytes: int, timeout: float | None) -> bytes | None:
        try:
            return await self._stream.read(max_bytes, timeout)
        except TimeoutError:
            return None

    async def write(self, data: bytes, timeout: float | None) -> None:
        if self.takes_at_once or self._keeps_unsent:
            await self._stream.write(data, timeout)
            return
        import anyio
        import anyio.lowlevel

        if anyio.current_effective_deadline() != -math.inf:
            await self._stream.write(data, timeout)
            return
        # A loop that is busy, and not the peer, may be why even the next step takes long.
        before = anyio.current_time()
        await anyio.lowlevel.cancel_shielded_checkpoint()
        now = anyio.current_time()
        last = now + _GRACE + _MOST_STEPS * (now - before)
        with anyio.CancelScope(shield=True, deadline=last):
            await self._stream.write(data, timeout)
            return
        await anyio.lowlevel.checkpoint_if_cancelled()

    def unsent(self) -> int | None:
        return len(self._carrier.unsent) if self._keeps_unsent else None

    def read_now(self) -> bytes | None:
        data: bytes | None = None
        self.is_behind = self._stream.is_readable()
        if self.is_behind and self.can_be_tried:
            data = _step(self._stream.read(READ_SIZE, None))
            # What the system has, and the event loop has not seen yet.
            self.is_behind = data is None
        return data

    def write_now(self, data: bytes) -> int:
        # Asynchronous streams that can be tried take everything at once.
        if self.can_be_tried:
            _step(self._stream.write(data, None))
        return len(data)


def _carrier(stream: Any) -> Any:
    """Return what carries the bytes in the end."""
    from ..backends.tls_stream import TLSStream

    while isinstance(stream, TLSStream):
        stream = stream._inner
    return stream


def _step(coroutine: Coroutine[Any, Any, Result]) -> Result | bytes | None:
    """Run a coroutine up to where it would wait; return what it returned, `b""` where it failed.

    What ends the program, such as Ctrl-C, goes on to do so.
    """
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: Result = finished.value
        return result
    except OSError:
        return b""
    except BaseException as error:
        if isinstance(error, Exception) or is_cancellation(error):
            return None
        raise
    coroutine.close()
    return None
