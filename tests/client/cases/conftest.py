"""A server in memory for cases whose wire is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import AsyncHTTPTransport, AsyncMemoryNetwork, HTTPTransport, MemoryNetwork

if TYPE_CHECKING:
    from understudy import MemoryEnd

    from ..conftest import Side


class Wire:
    """A server that answers every request with what a test says, and remembers every byte."""

    def __init__(self) -> None:
        self.received = b""
        self.connections = 0
        self.ends: list[MemoryEnd] = []
        self.answers: dict[bytes, bytes] = {}
        """What is answered to a target; what is not here is answered with 200."""
        self.patience: list[float | None] = []
        """How long the client was ready to wait, each time that it did."""

    def client(self, side: Side, **options: Any) -> Any:
        """Return a client of this kind whose network ends here."""
        transport: Any
        if side.is_blocking:
            transport = HTTPTransport(network=MemoryNetwork(self.connect))
        else:
            transport = AsyncHTTPTransport(network=AsyncMemoryNetwork(self.connect))
        return side.client(transport=transport, **options)

    def connect(self, end: MemoryEnd) -> Connection:
        """Begin a connection."""
        self.connections += 1
        self.ends.append(end)
        return Connection(self, end)

    def hang_up(self) -> None:
        """Close every connection."""
        for end in self.ends:
            end.close()


class Connection:
    """One connection to the server."""

    def __init__(self, wire: Wire, end: MemoryEnd) -> None:
        self.wire = wire
        self.end = end
        self.buffer = b""

    def received(self, data: bytes) -> None:
        self.wire.received += data
        self.buffer += data
        if b"\r\n\r\n" in self.buffer:
            target = self.buffer.split(b" ")[1]
            self.buffer = b""  # bodies come in the same write
            self.end.send(self.wire.answers.get(target, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))

    async def wanted(self, timeout: float | None) -> None:
        self.wire.patience.append(timeout)


@pytest.fixture
def wire() -> Wire:
    """A server in memory."""
    return Wire()
