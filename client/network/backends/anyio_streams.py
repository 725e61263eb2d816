"""The network under trio, and under whatever else anyio runs on: non-blocking sockets that anyio waits for.

The sockets are the standard library's, so that `close` needs no event loop and cannot be cancelled.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any, NoReturn

import anyio
import anyio.lowlevel

from .addresses import STAGGER, Address, about_socket, all_failed, bound, in_order, look_up, open_socket, open_unix
from .readiness import MOST_READ, is_readable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from .addresses import Finder, Resolver
    from .base import NetworkStream, SocketOption


async def resolve(host: str, port: int) -> list[Address]:
    """Ask the system, in a worker thread."""
    return in_order(await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM))


class AnyioBackend:
    """The network for `AsyncClient` under trio."""

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
        with anyio.move_on_after(timeout):
            addresses, dns_seconds = await look_up(self._resolver, host, port)
            winner = await _Race(addresses, local_address, socket_options).run(host)
            return AnyioStream(winner, dns_seconds=dns_seconds)
        raise TimeoutError(f"no answer from {host!r}")

    async def connect_unix(
        self, path: str, timeout: float | None, *, socket_options: Sequence[SocketOption] = ()
    ) -> NetworkStream:
        with anyio.move_on_after(timeout):
            await anyio.lowlevel.checkpoint()
            return AnyioStream(await open_unix(path, socket_options, anyio.sleep))
        raise TimeoutError(f"no answer from {path!r}")

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    def waiter(self) -> AnyioWaiter:
        return AnyioWaiter()

    def __repr__(self) -> str:
        return "AnyioBackend()"


class AnyioWaiter:
    """An anyio event."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self, timeout: float | None) -> bool:
        with anyio.move_on_after(timeout):
            await self._event.wait()
        return self._event.is_set()


class _Race:
    """Connection attempts side by side, one task each."""

    def __init__(
        self, addresses: Sequence[Address], local_address: str | None, socket_options: Sequence[SocketOption]
    ) -> None:
        self._addresses = addresses
        self._local_address = local_address
        self._socket_options = socket_options
        self._winner: socket.socket | None = None
        self._failures: list[tuple[Address, BaseException]] = []
        self._surprise: Exception | None = None

    async def run(self, host: str) -> socket.socket:
        """Return the first socket that connected."""
        try:
            async with anyio.create_task_group() as tasks:
                for place, address in enumerate(self._addresses):
                    settled = anyio.Event()
                    tasks.start_soon(self._attempt, address, settled, tasks)
                    if place + 1 < len(self._addresses):
                        with anyio.move_on_after(STAGGER):
                            await settled.wait()
        except BaseException:
            if self._winner is not None:
                self._winner.close()
            raise
        if self._surprise is not None:
            raise self._surprise
        if self._winner is None:
            raise all_failed(host, self._failures)
        return self._winner

    async def _attempt(self, address: Address, settled: anyio.Event, tasks: Any) -> None:
        opened = None
        try:
            opened = open_socket(address, local_address=self._local_address, socket_options=self._socket_options)
            await _connect(opened, address.sockaddr)
        except OSError as error:
            if opened is not None:
                opened.close()
            self._failures.append((address, error))
            settled.set()
            return
        except Exception as error:
            # Not the network's: an audit hook that forbids it, say. It leaves as it is, and not inside a group.
            if opened is not None:
                opened.close()
            self._surprise = error
            tasks.cancel_scope.cancel()
            return
        except BaseException:
            if opened is not None:
                opened.close()
            raise
        if self._winner is None:
            self._winner = opened
            tasks.cancel_scope.cancel()
        else:
            opened.close()


async def _connect(opened: socket.socket, sockaddr: tuple[Any, ...]) -> None:
    try:
        opened.connect(sockaddr)
    except BlockingIOError:
        await anyio.wait_writable(opened)
        code = opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            import os

            raise OSError(code, os.strerror(code)) from None


class AnyioStream:
    """A connected non-blocking socket."""

    __slots__ = ("_dns_seconds", "_socket", "takes_at_once", "unsent")

    def __init__(self, connected: socket.socket, *, dns_seconds: float | None = None) -> None:
        self._socket = connected
        self._dns_seconds = dns_seconds
        self.takes_at_once: bool = False
        """Whether a write that is cancelled has taken everything all the same: set where callers share this."""
        self.unsent: bytes = b""
        """What it has taken and the system has not; it goes out before whatever is written next."""

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        max_bytes = min(max_bytes, MOST_READ)
        # A peer that is always ahead must not keep other tasks from running. First, because nothing may be awaited once
        # bytes have been taken: a reader that is cancelled then would lose them for others who share the connection.
        await anyio.lowlevel.checkpoint()
        try:
            return self._socket.recv(max_bytes)
        except BlockingIOError:
            pass
        with anyio.move_on_after(timeout):
            while True:
                await self._wait(anyio.wait_readable)
                try:
                    return self._socket.recv(max_bytes)
                except BlockingIOError:
                    continue
        raise TimeoutError("the peer says nothing")

    async def write(self, data: bytes, timeout: float | None) -> None:
        rest = memoryview(self.unsent + data if self.unsent else data)
        self.unsent = b""
        if not self.takes_at_once:
            # Others get their turn when something is read. Here they would come between the look whether a kept
            # connection still stands and the request that trusts it.
            await anyio.lowlevel.checkpoint_if_cancelled()
        try:
            while True:
                with contextlib.suppress(BlockingIOError):
                    rest = rest[self._socket.send(rest) :]
                if not rest:
                    return
                with anyio.move_on_after(timeout) as scope:
                    await self._wait(anyio.wait_writable)
                if scope.cancelled_caught:
                    raise TimeoutError("the peer takes nothing")
        except BaseException:
            if self.takes_at_once:
                self.unsent = bytes(rest)
            raise

    async def write_until_readable(self, data: memoryview, timeout: float | None) -> int:
        sent = 0
        await anyio.lowlevel.checkpoint()
        while sent < len(data) and not is_readable(self._socket):
            try:
                sent += self._socket.send(data[sent:])
            except BlockingIOError:
                await self._wait_for_either(timeout)
        return sent

    async def _wait_for_either(self, timeout: float | None) -> None:
        happened = False
        failure: OSError | None = None

        async def watch(wait: Any, tasks: Any) -> None:
            nonlocal happened, failure
            try:
                await self._wait(wait)
            except OSError as error:
                # It leaves as it is, and not inside a group.
                failure = error
            happened = True
            tasks.cancel_scope.cancel()

        with anyio.move_on_after(timeout):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(watch, anyio.wait_readable, tasks)
                tasks.start_soon(watch, anyio.wait_writable, tasks)
        if failure is not None:
            raise failure
        if not happened:
            raise TimeoutError("the peer takes nothing")

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None, timeout: float | None) -> NetworkStream:
        from .tls_stream import TLSStream

        return await TLSStream.client(self, context, hostname, timeout)

    def send_now(self, data: bytes) -> None:
        if not self.unsent:
            with contextlib.suppress(OSError):
                self._socket.send(data)

    def close(self) -> None:
        if self._socket.fileno() < 0:
            return
        try:
            # Whoever waits for this socket is woken; without a running loop nobody does.
            anyio.notify_closing(self._socket)
        except (RuntimeError, OSError, anyio.NoEventLoopError):
            pass
        finally:
            self._socket.close()

    def is_readable(self) -> bool:
        return is_readable(self._socket)

    def get_extra_info(self, name: str) -> Any:
        if name == "is_readable":
            return self.is_readable()
        if name == "dns_seconds":
            return self._dns_seconds
        return about_socket(self._socket, name)

    def __repr__(self) -> str:
        return f"<AnyioStream {'closed' if self._socket.fileno() < 0 else f'fd={self._socket.fileno()}'}>"

    async def _wait(self, wait: Any) -> None:
        if self._socket.fileno() < 0:
            _closed()
        try:
            await wait(self._socket)
        except anyio.ClosedResourceError:
            _closed()


def _closed() -> NoReturn:
    raise ConnectionResetError("the connection is closed")
