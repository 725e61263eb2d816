"""Proxies on loopback that note what they are told, and a server behind them."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Generator[int]:
    """Call `serve` with each connection, in a thread of its own; yield the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    opened: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            opened.append(connection)
            threading.Thread(target=run, args=(connection,), daemon=True).start()

    def run(connection: socket.socket) -> None:
        try:
            serve(connection)
        except OSError:
            pass
        finally:
            connection.close()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        with suppress(OSError):
            # Closing alone does not wake a thread that is in accept(); where this does not, it does.
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(1)
        for connection in opened:
            connection.close()


def read_head(connection: socket.socket) -> bytes:
    """Return bytes up to the end of a head; empty at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(1)
        if not more:
            return b""
        data += more
    return data


@dataclass
class Origin:
    """A server that answers with the head it was sent."""

    context: ssl.SSLContext | None = None
    heads: list[bytes] = field(default_factory=list[bytes])

    def __call__(self, connection: socket.socket) -> None:
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection:
            while True:
                head = read_head(connection)
                if not head:
                    return
                self.heads.append(head)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(head), head))


@dataclass
class HTTPProxyServer:
    """A proxy that forwards and tunnels, or says what it is told to say to CONNECT."""

    answer: bytes = b"HTTP/1.1 200 Connected\r\n\r\n"
    context: ssl.SSLContext | None = None
    heads: list[bytes] = field(default_factory=list[bytes])

    def __call__(self, connection: socket.socket) -> None:
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
        with connection:
            while True:
                head = read_head(connection)
                if not head:
                    return
                self.heads.append(head)
                if head.startswith(b"CONNECT "):
                    connection.sendall(self.answer)
                    if self.answer.startswith(b"HTTP/1.1 200"):
                        tunnel(connection, head.split()[1].decode())
                    return
                said = b"forwarded: " + head
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))


def tunnel(connection: socket.socket, authority: str) -> None:
    """Carry bytes both ways until one end closes. Every name is this machine."""
    with socket.create_connection(("127.0.0.1", int(authority.rpartition(":")[2]))) as origin:
        back = threading.Thread(target=carry, args=(origin, connection), daemon=True)
        back.start()
        carry(connection, origin)
        back.join(1)


def spelled(address: bytes) -> bytes:
    """Return an address as it is written."""
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address).encode()


def carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
    except OSError:
        pass
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@dataclass
class SOCKSProxyServer:
    """A SOCKS5 proxy; `credentials` are asked for when given, `reply` is the code of the answer to CONNECT."""

    credentials: tuple[bytes, bytes] | None = None
    reply: int = 0
    wanted: list[tuple[bytes, int]] = field(default_factory=list[tuple[bytes, int]])

    def __call__(self, connection: socket.socket) -> None:
        def take(count: int) -> bytes:
            data = b""
            while len(data) < count:
                more = connection.recv(count - len(data))
                if not more:
                    raise OSError("closed")
                data += more
            return data

        _, count = take(2)
        methods = take(count)
        method = 0 if self.credentials is None else 2
        if method not in methods:
            connection.sendall(b"\x05\xff")
            return
        # One byte at a time: no client may count on whole messages.
        connection.sendall(b"\x05")
        connection.sendall(bytes([method]))
        if self.credentials is not None:
            name = take(take(2)[1])
            password = take(take(1)[0])
            granted = (name, password) == self.credentials
            connection.sendall(b"\x01" + (b"\x00" if granted else b"\x01"))
            if not granted:
                return
        kind = take(4)[3]
        host = take(take(1)[0]) if kind == 3 else spelled(take(4 if kind == 1 else 16))
        port = int.from_bytes(take(2), "big")
        self.wanted.append((host, port))
        connection.sendall(b"\x05" + bytes([self.reply]) + b"\x00\x01" + bytes(6))
        if not self.reply:
            tunnel(connection, f"x:{port}")
