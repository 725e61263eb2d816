"""A relay that spoils a connection: later, slower, in slices, only so many bytes, reset, or closed late.

    with HostileServer() as server, Relay(server.port, Toxics(latency=0.01)) as relay:
        client.get(relay.url())

What comes from the server is spoiled; what goes to it is passed on as it is.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self


class Toxics(NamedTuple):
    """What is wrong with the way."""

    latency: float = 0.0
    """Seconds that the first bytes of each answer are late."""
    slices: int = 65_536
    """Bytes a packet."""
    bandwidth: float | None = None
    """Bytes a second."""
    most: int | None = None
    """Bytes after which the connection is ended."""
    resets: bool = False
    """Whether it is ended with RST."""
    slow_close: float = 0.0
    """Seconds between the server's end and the one that the client sees."""


class Relay:
    """Passes connections on to a port of this machine, while it is entered."""

    def __init__(self, port: int, toxics: Toxics) -> None:
        self._target = port
        self._toxics = toxics
        self._is_over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._opened: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port = int(self._listener.getsockname()[1])

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for opened in list(self._opened):
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]  # a bound method
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._is_over.is_set():
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._opened += [near, far]
                self._start(self._pass_on, near, far)

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        left = self._toxics.most
        with near, far, suppress(OSError):
            while left is None or left > 0:
                ready = select.select([near, far], [], [])[0]
                if near in ready:
                    asked = near.recv(65_536)
                    if not asked:
                        return
                    far.sendall(asked)
                if far in ready:
                    said = far.recv(65_536)
                    if not said:
                        self._is_over.wait(self._toxics.slow_close)
                        return
                    said = said if left is None else said[:left]
                    left = left if left is None else left - len(said)
                    self._spoil(near, said)
            if self._toxics.resets:
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _spoil(self, near: socket.socket, said: bytes) -> None:
        toxics = self._toxics
        self._is_over.wait(toxics.latency)
        for start in range(0, len(said), toxics.slices):
            piece = said[start : start + toxics.slices]
            near.sendall(piece)
            if toxics.bandwidth is not None:
                self._is_over.wait(len(piece) / toxics.bandwidth)
