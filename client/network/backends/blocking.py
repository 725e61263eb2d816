"""The network for blocking code: plain sockets, and TLS where OpenSSL reads the socket itself."""

from __future__ import annotations

import _socket
import contextlib
import errno
import os
import selectors
import socket
import sys
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from .addresses import (
    STAGGER,
    Address,
    about_socket,
    all_failed,
    bound,
    look_up,
    open_socket,
    open_unix,
    told_by,
)
from .lookups import addresses_by
from .readiness import (
    FIRST_WAIT,
    LONGEST_WAIT,
    MOST_READ,
    SYSTEM_BOUNDS,
    bound_reads,
    is_readable,
    probe,
    wait_for,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from .addresses import Finder, Resolver
    from .base import NetworkStream, SocketOption

_IN_PROGRESS = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)}
_PIECE = 0.25
_deadline: ContextVar[float | None] = ContextVar("understudy_connecting_until", default=None)


async def resolve(host: str, port: int) -> list[Address]:
    """Ask the system, for as long as the attempt to connect may take."""
    return addresses_by(_deadline.get(), host, port)


class BlockingBackend:
    """The network for `Client`: every method blocks the calling thread, and none suspends."""

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
        deadline = None if timeout is None else time.monotonic() + timeout
        token = _deadline.set(deadline)
        try:
            addresses, dns_seconds = await look_up(self._resolver, host, port)
        finally:
            _deadline.reset(token)
        # A function of the user's own may have taken its time.
        if dns_seconds is not None and deadline is not None and time.monotonic() >= deadline:
            raise TimeoutError(f"the name {host!r} was not resolved")
        race = _Race(addresses, deadline, local_address, socket_options)
        try:
            return Stream(race.run(host), dns_seconds=dns_seconds)
        finally:
            race.close_losers()

    async def connect_unix(
        self, path: str, timeout: float | None, *, socket_options: Sequence[SocketOption] = ()
    ) -> NetworkStream:
        deadline = None if timeout is None else time.monotonic() + timeout

        async def sleep(seconds: float) -> None:
            left = seconds if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no answer from {path!r}")
            time.sleep(min(seconds, left))  # noqa: ASYNC251  # blocking is what this backend is for

        return Stream(await open_unix(path, socket_options, sleep))

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251  # blocking is what this backend is for

    def waiter(self) -> BlockingWaiter:
        return BlockingWaiter()

    def __repr__(self) -> str:
        return "BlockingBackend()"


class BlockingWaiter:
    """A lock that is held until the flag is set: the cheapest thing that one thread can wait for."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        try:  # noqa: SIM105  # `suppress` takes longer than all the rest
            self._lock.release()
        except RuntimeError:
            pass  # it is set already, or in this moment by another thread

    async def wait(self, timeout: float | None) -> bool:
        return self._lock.acquire(timeout=-1 if timeout is None else min(timeout, threading.TIMEOUT_MAX))


class _Race:
    """Connection attempts side by side on non-blocking sockets."""

    def __init__(
        self,
        addresses: Sequence[Address],
        deadline: float | None,
        local_address: str | None,
        socket_options: Sequence[SocketOption],
    ) -> None:
        self._waiting = list(reversed(addresses))
        self._deadline = deadline
        self._local_address = local_address
        self._socket_options = socket_options
        self._running: dict[socket.socket, Address] = {}
        self._failures: list[tuple[Address, BaseException]] = []

    def run(self, host: str) -> socket.socket:
        """Return the first socket that connected."""
        with selectors.DefaultSelector() as selector:
            while self._waiting or self._running:
                if self._waiting:
                    self._start_next(selector)
                while self._running:
                    ready = selector.select(self._pause())
                    winner = self._settle(selector, [key.fileobj for key, _ in ready])
                    if winner is not None:
                        return winner
                    if self._waiting:
                        break  # either the head start is over, or an attempt failed: the next one goes
        raise all_failed(host, self._failures)

    def close_losers(self) -> None:
        for opened in self._running:
            opened.close()

    def _pause(self) -> float | None:
        left = None
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                tried = ", ".join(str(address.sockaddr[0]) for address in self._running.values())
                raise TimeoutError(f"no answer from {tried}")
        if self._waiting:
            return STAGGER if left is None else min(STAGGER, left)
        return _settable(left)

    def _start_next(self, selector: selectors.BaseSelector) -> None:
        address = self._waiting.pop()
        try:
            opened = open_socket(address, local_address=self._local_address, socket_options=self._socket_options)
        except OSError as error:
            self._failures.append((address, error))
            return
        self._running[opened] = address
        code = opened.connect_ex(address.sockaddr)
        if code and code not in _IN_PROGRESS:
            self._lose(opened, told_by(code))
        else:
            selector.register(opened, selectors.EVENT_WRITE)

    def _settle(self, selector: selectors.BaseSelector, ready: Sequence[Any]) -> socket.socket | None:
        for opened in ready:
            selector.unregister(opened)
            code = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                self._lose(opened, told_by(code))
                continue
            del self._running[opened]
            won: socket.socket = opened
            return won
        return None

    def _lose(self, opened: socket.socket, error: OSError) -> None:
        self._failures.append((self._running.pop(opened), error))
        opened.close()


class BlockingStream:
    """A connected socket, plain or wrapped by OpenSSL.

    It may be closed by one thread while another one waits in it. Closing the descriptor then would wake nobody, and its
    number would soon be another connection's: the socket is shut down, which wakes the other thread, and that thread
    closes. Either it sees `_is_closed`, or whoever closes sees that it is there.
    """

    __slots__ = (
        "_ahead",
        "_dns_seconds",
        "_is_bounded_by_system",
        "_is_closed",
        "_is_reading",
        "_is_writing",
        "_probe",
        "_socket",
        "_timeout",
        "_tls",
    )

    def __init__(self, connected: socket.socket, *, tls: bool = False, dns_seconds: float | None = None) -> None:
        self._socket = connected
        self._dns_seconds = dns_seconds
        self._tls = tls
        self._probe: Callable[[], object] | None = None
        # Not of a TLS connection: OpenSSL would take the end of a wait for a reason to wait again.
        # Nor of the sockets of gevent and eventlet, which wait in a loop of their own, and know Python's timeouts only.
        self._is_bounded_by_system = SYSTEM_BOUNDS and not tls and isinstance(connected, _socket.socket)
        self._timeout: float | None = None
        self._ahead = b""  # read while writing, and not asked for yet
        self._is_closed = self._is_reading = self._is_writing = False
        connected.settimeout(None)

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        if self._ahead:
            data, self._ahead = self._ahead[:max_bytes], self._ahead[max_bytes:]
            return data
        self._is_reading = True
        try:
            if timeout != self._timeout or self._is_closed:
                self._limit(timeout)
            return self._socket.recv(max_bytes if max_bytes < MOST_READ else MOST_READ)
        except BlockingIOError:
            return self._read_late(max_bytes, timeout)
        except OSError as error:
            if not self._tls or not _is_unclean(error):
                raise
            raise _cleared(error) from error
        finally:
            self._is_reading = False
            if self._is_closed:
                self._leave()

    def _read_late(self, max_bytes: int, timeout: float | None) -> bytes:
        """Go on where the system has ended the first moment of a wait."""
        left = 0.0
        if self._is_bounded_by_system and timeout is not None:
            left = timeout - FIRST_WAIT
        deadline = time.monotonic() + left
        while left > 0 and any(wait_for(self._socket, timeout=left)):
            with contextlib.suppress(BlockingIOError):
                return self._socket.recv(min(max_bytes, MOST_READ), socket.MSG_DONTWAIT)
            left = deadline - time.monotonic()
        raise TimeoutError("the peer says nothing")

    async def write(self, data: bytes, timeout: float | None) -> None:
        self._is_writing = True
        try:
            if not self._is_bounded_by_system:
                self._write_in_time(data, timeout)
                return
            try:
                sent = self._socket.send(data, socket.MSG_DONTWAIT)
            except BlockingIOError:
                sent = 0
            if sent < len(data):
                self._write_rest(memoryview(data)[sent:], timeout)
        finally:
            self._is_writing = False
            if self._is_closed:
                self._leave()

    def _write_rest(self, rest: memoryview, timeout: float | None) -> None:
        """Send what the system did not take at once. A slow peer that takes something at times is alive."""
        while rest:
            if not any(wait_for(self._socket, read=False, write=True, timeout=timeout)):
                raise TimeoutError("the peer takes nothing")
            with contextlib.suppress(BlockingIOError):
                rest = rest[self._socket.send(rest, socket.MSG_DONTWAIT) :]

    def _write_in_time(self, data: bytes, timeout: float | None) -> None:
        if timeout != self._timeout or self._is_closed:
            self._limit(timeout)
        sent = self._socket.send(data)
        if sent < len(data):
            # `sendall` would bound all of it by one timeout.
            rest = memoryview(data)
            while sent < len(data):
                sent += self._socket.send(rest[sent:])

    async def write_until_readable(self, data: memoryview, timeout: float | None) -> int:
        self._is_writing = True
        try:
            self._check_open()
            self._socket.setblocking(False)
            sent = self._send_until_readable(data, timeout)
            self._check_open()
            self._socket.setblocking(True)
            if not self._is_bounded_by_system:
                self._timeout = None
            return sent
        finally:
            self._is_writing = False
            if self._is_closed:
                self._leave()

    def _send_until_readable(self, data: memoryview, timeout: float | None) -> int:
        sent = 0
        while sent < len(data) and not self._ahead:
            if is_readable(self._socket) and self._look_ahead():
                break
            write = True
            try:
                sent += self._socket.send(data[sent:])
                continue
            except BlockingIOError:
                pass
            except OSError as error:
                wanted = _wants(error)
                if not wanted:
                    raise
                write = wanted == "write"
            readable, writable = wait_for(self._socket, write=write, timeout=timeout)
            if readable and self._look_ahead():
                break
            if not readable and not writable:
                raise TimeoutError("the peer takes nothing")
        return sent

    def _look_ahead(self) -> bool:
        """Take in what has arrived; return whether that is something to read, or the end."""
        try:
            self._ahead = self._socket.recv(65_536)
        except BlockingIOError:
            return False
        except OSError as error:
            # TLS has messages of its own, which are nothing to read.
            if _wants(error):
                return False
            if not _is_unclean(error):
                raise
            raise _cleared(error) from error
        return True

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None, timeout: float | None) -> NetworkStream:
        if self._tls:
            from .tls_stream import TLSStream

            return await TLSStream.client(self, context, hostname, timeout)
        try:
            self._check_open()
            if self._is_bounded_by_system:
                bound_reads(self._socket, None)
            self._socket.settimeout(_settable(timeout))
            from .sessions import session_for

            wrapped = context.wrap_socket(
                self._socket,
                server_hostname=hostname,
                suppress_ragged_eofs=False,
                session=session_for(context, hostname),
            )
            if wrapped.version() is None:
                # Where the system forgets the peer of a reset connection, Python takes it for one not made yet.
                wrapped.close()
                raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        except BaseException as error:
            _close_half_wrapped(error)
            self.close()
            raise
        return self.__class__(wrapped, tls=True)

    def close(self) -> None:
        self._is_closed = True
        if self._is_reading or self._is_writing:
            with contextlib.suppress(OSError):
                # Not that of an SSLSocket, which would take OpenSSL away from the thread that is in it.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        else:
            if self._tls:
                from .sessions import keep_session

                keep_session(self._socket)  # type: ignore[arg-type]  # an SSLSocket
                with contextlib.suppress(OSError, ValueError):
                    # Says goodbye, and does not wait for an answer.
                    self._socket.settimeout(0)
                    self._socket.unwrap()  # type: ignore[attr-defined]  # an SSLSocket
            self._socket.close()

    def _leave(self) -> None:
        """Close what another thread wanted closed."""
        if not self._is_reading and not self._is_writing:
            self._socket.close()
        raise ConnectionAbortedError(errno.ECONNABORTED, "the connection was closed while it was in use")

    def is_readable(self) -> bool:
        if self._ahead or self._is_closed or self._socket.fileno() < 0:
            return True
        if self._tls and self._socket.pending():  # type: ignore[attr-defined]  # an SSLSocket
            return True
        look = self._probe
        if look is None:
            look = self._probe = probe(self._socket)
        return bool(look())

    def get_extra_info(self, name: str) -> Any:
        if name == "ssl_object":
            return self._socket if self._tls else None
        if name == "is_readable":
            return self.is_readable()
        if name == "dns_seconds":
            return self._dns_seconds
        if name == "socket" and self._is_bounded_by_system and self._socket.fileno() >= 0:
            # Whoever gets it expects it to wait for as long as it is told to.
            bound_reads(self._socket, None)
            self._timeout = None
        return about_socket(self._socket, name)

    def __repr__(self) -> str:
        state = "closed" if self._socket.fileno() < 0 else f"fd={self._socket.fileno()}"
        return f"<BlockingStream {'TLS ' if self._tls else ''}{state}>"

    def _limit(self, timeout: float | None) -> None:
        """Bound each wait from now on: for reading only, where the system does it."""
        self._check_open()
        if self._is_bounded_by_system:
            bound_reads(self._socket, timeout)
        else:
            self._socket.settimeout(_settable(timeout))
        self._timeout = timeout

    def _check_open(self) -> None:
        if self._is_closed:
            raise ConnectionAbortedError(errno.ECONNABORTED, "the connection is closed")


class WindowsStream(BlockingStream):
    """A connected socket where shutting down wakes nobody: who waits looks now and then whether it has been closed."""

    __slots__ = ()

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        wait = _Wait(timeout)
        while True:
            try:
                return await super().read(max_bytes, wait.piece)
            except (TimeoutError, socket.timeout):
                if not wait.goes_on():
                    raise

    def _write_in_time(self, data: bytes, timeout: float | None) -> None:
        rest = memoryview(data)
        wait = _Wait(timeout)
        while rest:
            self._limit(wait.piece)
            try:
                rest = rest[self._socket.send(rest) :]
                wait = _Wait(timeout)
            except (TimeoutError, socket.timeout):
                if not wait.goes_on():
                    raise


Stream: type[BlockingStream] = WindowsStream if sys.platform == "win32" else BlockingStream


class _Wait:
    """A wait of some seconds, in pieces."""

    __slots__ = ("_until", "piece")

    def __init__(self, timeout: float | None) -> None:
        self._until = None if timeout is None else time.monotonic() + timeout
        self.piece: float = _PIECE if timeout is None else min(timeout, _PIECE)

    def goes_on(self) -> bool:
        """Return whether there is more to wait for after this piece."""
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                return False
            self.piece = min(left, _PIECE)
        return True


def _settable(timeout: float | None) -> float | None:
    """Return a timeout that is not too long for sockets and selectors."""
    return None if timeout is None else min(timeout, LONGEST_WAIT)


def _close_half_wrapped(error: BaseException) -> None:
    """Close the `SSLSocket` that `wrap_socket` had given the descriptor to before it failed.

    Python closes it after most failures only: after a reset before the handshake, or an interrupt in it, nobody holds
    it but the frames of the traceback, and the connection would be open for as long as these live.
    """
    import ssl

    trace = error.__traceback__
    while trace is not None:
        left = trace.tb_frame.f_locals.get("self")
        if isinstance(left, ssl.SSLSocket):
            left.close()
        trace = trace.tb_next


def _wants(error: OSError) -> str:
    import ssl

    if isinstance(error, ssl.SSLWantReadError):
        return "read"
    return "write" if isinstance(error, ssl.SSLWantWriteError) else ""


def _is_unclean(error: OSError) -> bool:
    from .tls_stream import is_unclean

    return is_unclean(error)


def _cleared(error: OSError) -> OSError:
    from .tls_stream import clear

    return clear(error)
