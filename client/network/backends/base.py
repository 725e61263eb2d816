"""What the network has to offer: two small protocols that every backend implements.

`HTTPTransport(network=...)` takes any `NetworkBackend`: custom name resolution, fault injection, in-memory servers and
egress rules are objects with these methods.

Theory of operation

1. Everything that may take time is `async def`. A backend for blocking code blocks instead of suspending, so that
   `bridge.run` can drive it; a backend for an event loop suspends.
2. Whatever frees something is synchronous: `close` returns at once and never fails. Cancellation may strike at any
   `await`; nothing that must happen stands behind one.
3. Failures are the standard library's: `TimeoutError` when `timeout` seconds passed, another `OSError` for everything
   that the network or TLS did. One table (`..failures`) makes them this library's errors.
4. `timeout` is in seconds; `None` waits for ever; it bounds the one call that it is given to.
5. A stream is used by at most one reader and one writer at a time. A `read` that was cancelled or timed out has lost
   nothing, and whatever else may follow. After any other call that was cancelled, timed out or failed, a stream is only
   good for `close`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Union

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Sequence

SocketOption = Union[tuple[int, int, int], tuple[int, int, bytes], tuple[int, int, None, int]]
"""The arguments of one `socket.setsockopt` call."""


class UncleanEOF(ConnectionError):
    """The peer's bytes ended without the closing message of TLS: somebody may have cut them short."""


class NetworkStream(Protocol):
    """A connection: bytes in, bytes out.

    It may have a method more: `send_now(data)`, synchronous, sends as much as the system takes at once if nothing is
    being sent, and never raises. TLS uses it for its closing message.
    """

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        """Return what has arrived, at least one byte and at most `max_bytes`; `b""` after the peer's last byte.

        Raises `UncleanEOF` where TLS lets a cut be told from an end.
        """
        ...

    async def write(self, data: bytes, timeout: float | None) -> None:
        """Send all of `data`; return when the system has taken it, which is before the peer has it."""
        ...

    async def write_until_readable(self, data: memoryview, timeout: float | None) -> int:
        """Send `data`, but stop early when the peer has said something that `read` would return without waiting.

        Returns how many bytes were taken. Fewer than all means that there is something to read.
        """
        ...

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None, timeout: float | None) -> NetworkStream:
        """Return this connection with TLS inside; after it, this stream belongs to the one returned.

        On failure or cancellation the connection is closed.
        """
        ...

    def close(self) -> None:
        """Free the socket at once. May be called at any time, in any state, more than once; never raises."""
        ...

    def is_readable(self) -> bool:
        """Say without waiting whether bytes or the end have arrived, or the stream is closed or broken.

        An idle HTTP/1.1 connection of which this is true must not be used again.
        """
        ...

    def get_extra_info(self, name: str) -> Any:
        """Return what `name` means here, or `None`: `ssl_object client_addr server_addr socket is_readable`.

        `dns_seconds` is how long the host's name took to resolve, where somebody had to be asked.
        """
        ...


class Waiter(Protocol):
    """A flag that one caller waits for, once, and another sets."""

    def set(self) -> None:
        """Wake the caller that waits. Returns at once; may be called from any thread that may use the backend."""
        ...

    def wait(self, timeout: float | None) -> Awaitable[bool]:
        """Return whether the flag was set before `timeout` seconds had passed, once that is known."""
        ...


class NetworkBackend(Protocol):
    """A way to reach other machines, to wait, and to wake who waits."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None,
        *,
        local_address: str | None = None,
        socket_options: Sequence[SocketOption] = (),
    ) -> NetworkStream:
        """Resolve `host` and connect to the address that answers first."""
        ...

    async def connect_unix(
        self, path: str, timeout: float | None, *, socket_options: Sequence[SocketOption] = ()
    ) -> NetworkStream:
        """Connect to a Unix domain socket."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def waiter(self) -> Waiter:
        """Return a new flag, not set."""
        ...
