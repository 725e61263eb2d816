"""A network inside the process: no sockets, no threads, both ends scriptable.

A server here is a function that is called for each connection and returns a *peer*, an object whose methods are
called when something happens at the other end, and that answers through the `MemoryEnd` it was given:

    class Hello:
        def __init__(self, end):
            self.end = end

        def received(self, data):
            self.end.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello")

    transport = HTTPTransport(network=MemoryNetwork(Hello))

Theory of operation

1. What the client writes reaches the peer within `write`; what the peer sends is there for the client's next `read`.
   So blocking clients need no second thread, and every run is the same.
2. A client that waits for a peer that says nothing waits on the network's clock: on a virtual clock no time passes.
   Blocking code that would wait for ever gets a `RuntimeError`, because nothing could ever wake it. In asynchronous
   code a peer may answer later, from any task of the loop.
3. A peer that has something to say only when it is wanted defines `wanted`, which the client's `read` awaits when
   nothing has arrived: so a server runs in the client's own flow, and whatever it raises is raised there.
4. A peer that takes nothing more says `pause`: the client's writes wait until it says `resume`.
5. With `alpn` TLS is not played: an https connection is as if the handshake had agreed on that protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Protocol

from ...clock import REAL_CLOCK

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from ...clock import Clock
    from .base import NetworkStream, SocketOption, Waiter


class Peer(Protocol):
    """The other end of a connection in memory. Every method is optional."""

    def received(self, data: bytes) -> None:
        """Take what the client has written; an `OSError` is what the client's write fails with."""
        ...

    async def wanted(self, timeout: float | None) -> None:
        """Send something, if there is anything to send: the client waits for it, at most `timeout` seconds.

        For blocking clients it must not suspend.
        """
        ...

    def ended(self) -> None:
        """Note that the client has closed the connection."""
        ...


class MemoryEnd:
    """A server's hold on one connection."""

    __slots__ = ("host", "path", "port", "stream")

    def __init__(self, stream: MemoryStream, host: str | None, port: int | None, path: str | None) -> None:
        self.stream: MemoryStream = stream
        self.host: str | None = host
        self.port: int | None = port
        self.path: str | None = path

    @property
    def is_closed(self) -> bool:
        """Whether the client has closed the connection."""
        return self.stream.is_closed

    def send(self, data: bytes) -> None:
        """Send bytes to the client; nothing when the client is gone."""
        self.stream.deliver(data)

    def close(self) -> None:
        """End the connection in order: the client reads what was sent, and then the end."""
        self.stream.deliver_end(None)

    def reset(self) -> None:
        """Break the connection: the client reads what was sent, and then `ConnectionResetError`."""
        self.stream.deliver_end(ConnectionResetError("connection reset by peer"))

    def pause(self) -> None:
        """Take nothing more: the client's writes wait."""
        self.stream.pause()

    def resume(self) -> None:
        """Take what the client writes again."""
        self.stream.resume()


class MemoryNetwork:
    """A network backend whose connections lead to Python objects.

    `server` is called with a `MemoryEnd` for each connection, and returns its peer or raises `OSError` to refuse.
    `clock` is what waiting takes time on. With `alpn`, "http/1.1" or "h2", connections to https go without TLS.
    This one is for blocking clients; `AsyncMemoryNetwork` is for asynchronous ones.
    """

    is_async = False

    def __init__(
        self, server: Callable[[MemoryEnd], Any], *, clock: Clock = REAL_CLOCK, alpn: str | None = None
    ) -> None:
        self._server = server
        self._clock = clock
        self._alpn = alpn
        self.connections: list[MemoryEnd] = []
        """Every connection ever made, closed ones included, oldest first."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None,
        *,
        local_address: str | None = None,
        socket_options: Sequence[SocketOption] = (),
    ) -> NetworkStream:
        return self._connect(host, port, None)

    async def connect_unix(
        self, path: str, timeout: float | None, *, socket_options: Sequence[SocketOption] = ()
    ) -> NetworkStream:
        return self._connect(None, None, path)

    async def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def waiter(self) -> Waiter:
        from .blocking import BlockingWaiter

        return BlockingWaiter()

    def _connect(self, host: str | None, port: int | None, path: str | None) -> MemoryStream:
        stream = MemoryStream(self._clock, self.waiter if self.is_async else None, self._alpn)
        end = MemoryEnd(stream, host, port, path)
        stream.peer = self._server(end)
        self.connections.append(end)
        return stream

    def __repr__(self) -> str:
        return f"<{type(self).__name__} connections={len(self.connections)}>"


class AsyncMemoryNetwork(MemoryNetwork):
    """A `MemoryNetwork` for asynchronous clients, under any event loop."""

    is_async = True

    async def sleep(self, seconds: float) -> None:
        await self._clock.asleep(seconds)

    def waiter(self) -> Waiter:
        from ..homes import backend_for
        from ..loops import running_loop

        return backend_for(running_loop()).waiter()


class MemoryStream:
    """The client's end of a connection in memory."""

    __slots__ = (
        "_alpn",
        "_buffer",
        "_clock",
        "_ended",
        "_error",
        "_is_paused",
        "_make_waiter",
        "_waiters",
        "is_closed",
        "peer",
    )

    def __init__(self, clock: Clock, make_waiter: Callable[[], Waiter] | None, alpn: str | None = None) -> None:
        self.peer: Any = None
        self._alpn = alpn
        self._make_waiter = make_waiter  # none for blocking clients
        self.is_closed: bool = False
        self._clock = clock
        self._buffer = bytearray()
        self._ended = False
        self._error: OSError | None = None
        self._is_paused = False
        self._waiters: list[Waiter] = []

    # What the client calls

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        if not self.is_readable():
            wanted = getattr(self.peer, "wanted", None)
            if wanted is not None:
                await wanted(timeout)
        if not self.is_readable():
            await self._wait(timeout, "the peer says nothing")
        if self.is_closed:
            raise ConnectionResetError("the connection is closed")
        if self._buffer:
            data = bytes(self._buffer[:max_bytes])
            del self._buffer[:max_bytes]
            return data
        if self._error is not None:
            raise self._error
        if self._ended:
            return b""
        raise TimeoutError("the peer says nothing")

    async def write(self, data: bytes, timeout: float | None) -> None:
        self._check_writable()
        if self._is_paused:
            await self._wait(timeout, "the peer takes nothing")
            self._check_writable()
            if self._is_paused:
                raise TimeoutError("the peer takes nothing")
        self._hand_over(bytes(data))

    async def write_until_readable(self, data: memoryview, timeout: float | None) -> int:
        if self.is_readable():
            return 0
        self._check_writable()
        if self._is_paused:
            await self._wait(timeout, "the peer takes nothing")
            if self.is_readable():
                return 0
            if self._is_paused:
                raise TimeoutError("the peer takes nothing")
        self._hand_over(bytes(data))
        return len(data)

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None, timeout: float | None) -> NetworkStream:
        if self._alpn is not None:
            return self
        from .tls_stream import TLSStream

        return await TLSStream.client(self, context, hostname, timeout)

    def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self._wake()
        ended = getattr(self.peer, "ended", None)
        if ended is not None:
            ended()

    def is_readable(self) -> bool:
        return bool(self._buffer) or self._ended or self.is_closed

    def get_extra_info(self, name: str) -> Any:
        if name == "ssl_object" and self._alpn is not None:
            return AgreedProtocol(self._alpn)
        return self.is_readable() if name == "is_readable" else None

    def __repr__(self) -> str:
        return f"<MemoryStream {'closed' if self.is_closed else 'open'}>"

    # What the server's end calls

    def deliver(self, data: bytes) -> None:
        """Let the client read `data`."""
        if not self._ended and not self.is_closed:
            self._buffer += data
            self._wake()

    def deliver_end(self, error: OSError | None) -> None:
        """Let the client read the end, or fail with `error`."""
        if not self._ended:
            self._ended = True
            self._error = error
            self._wake()

    def pause(self) -> None:
        """Make the client's writes wait."""
        self._is_paused = True

    def resume(self) -> None:
        """Let the client's writes go on."""
        self._is_paused = False
        self._wake()

    # Within

    def _check_writable(self) -> None:
        if self.is_closed:
            raise ConnectionResetError("the connection is closed")
        if self._ended and self._error is not None:
            raise BrokenPipeError("the peer has broken the connection")

    def _hand_over(self, data: bytes) -> None:
        received = getattr(self.peer, "received", None)
        if received is not None and data:
            received(data)

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.set()

    async def _wait(self, timeout: float | None, what: str) -> None:
        """Wait until something has happened to this connection."""
        make_waiter = self._make_waiter
        if make_waiter is None:
            if timeout is None:
                raise RuntimeError(f"{what}, there is no timeout, and nothing else runs: this would wait for ever")
            self._clock.sleep(timeout)
            raise TimeoutError(what)
        if timeout is not None and self._clock is not REAL_CLOCK:
            await self._clock.asleep(timeout)
            return
        waiter = make_waiter()
        self._waiters.append(waiter)
        try:
            if not await waiter.wait(timeout):
                raise TimeoutError(what)
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)


class AgreedProtocol:
    """All that is left of TLS where it is not played: the protocol that both sides have agreed on."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def selected_alpn_protocol(self) -> str:
        """Return the protocol's name."""
        return self._name
