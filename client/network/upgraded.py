"""The `network_stream` of a response: the connection as callers see it, for upgrades and tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..bridge import run

if TYPE_CHECKING:
    import ssl

    from .backends.base import NetworkStream


class SyncNetworkStream:
    """A connection for blocking code."""

    def __init__(self, stream: NetworkStream, ahead: bytes = b"") -> None:
        self._stream = stream
        self._ahead = ahead  # arrived with the response that began the tunnel

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return at least one byte and at most `max_bytes`; `b""` after the last."""
        if self._ahead:
            data, self._ahead = self._ahead[:max_bytes], self._ahead[max_bytes:]
            return data
        return run(self._stream.read(max_bytes, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`."""
        run(self._stream.write(buffer, timeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> SyncNetworkStream:
        """Return the connection with TLS inside."""
        return SyncNetworkStream(run(self._stream.start_tls(ssl_context, server_hostname, timeout)))

    def get_extra_info(self, info: str) -> Any:
        """Return `ssl_object`, `client_addr`, `server_addr`, `socket` or `is_readable`."""
        return self._stream.get_extra_info(info)

    def __repr__(self) -> str:
        return f"<SyncNetworkStream {self._stream!r}>"


class AsyncNetworkStream:
    """A connection for asynchronous code."""

    def __init__(self, stream: NetworkStream, ahead: bytes = b"") -> None:
        self._stream = stream
        self._ahead = ahead  # arrived with the response that began the tunnel

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return at least one byte and at most `max_bytes`; `b""` after the last."""
        if self._ahead:
            data, self._ahead = self._ahead[:max_bytes], self._ahead[max_bytes:]
            return data
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of `buffer`."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        self._stream.close()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncNetworkStream:
        """Return the connection with TLS inside."""
        return AsyncNetworkStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """Return `ssl_object`, `client_addr`, `server_addr`, `socket` or `is_readable`."""
        return self._stream.get_extra_info(info)

    def __repr__(self) -> str:
        return f"<AsyncNetworkStream {self._stream!r}>"
