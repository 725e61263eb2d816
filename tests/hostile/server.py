"""A server on loopback that does to its clients what scripts say, and notes every byte that it is sent.

The first connection follows the first script, and so on; every connection after the last script is answered properly.
Threads and plain sockets: the server shares neither event loop nor code with the client under test.
"""

from __future__ import annotations

import re
import select
import socket
import struct
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .steps import (
    BeGood,
    CloseNotify,
    Cut,
    Drip,
    Echo,
    Flood,
    HalfClose,
    Listen,
    Read,
    ReadBody,
    ReadHead,
    Reset,
    Script,
    Send,
    Slices,
    Step,
    Tell,
    WaitFor,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from typing_extensions import Self

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
PATIENCE = 5.0
_LENGTH = re.compile(rb"^content-length: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)


class Ended(Exception):
    """The client has hung up, or the server was closed."""


class HostileServer:
    """Listens on a free port, or on a Unix socket, while it is entered."""

    def __init__(
        self, *scripts: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", uds: str | None = None
    ) -> None:
        self._scripts = scripts
        self._tls = tls
        self._lock = threading.Lock()
        self._events: dict[str, threading.Event] = {}
        self._listener = _listening(host, uds)
        self._threads: list[threading.Thread] = []
        self.is_over = threading.Event()
        self.connections: list[Connection] = []
        self.port = int(self._listener.getsockname()[1]) if uds is None else 0

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        for event in self._events.values():
            event.set()
        # Closing alone does not wake a thread that is in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self.connections):
            connection.stop()
        for thread in self._threads:
            thread.join(PATIENCE)
            if thread.is_alive():
                raise AssertionError(f"the hostile server does not end: {thread}")

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return a URL of this server."""
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}{path}"

    def event(self, name: str) -> threading.Event:
        """Return the event that a script tells, or waits for."""
        with self._lock:
            return self._events.setdefault(name, threading.Event())

    @property
    def requests(self) -> list[bytes]:
        """The heads of all requests, connection by connection."""
        return [head for connection in list(self.connections) for head in connection.heads]

    @property
    def heard(self) -> bytes:
        """Every byte that was received."""
        return b"".join(bytes(connection.heard) for connection in list(self.connections))

    @property
    def sent(self) -> int:
        """How many bytes were sent."""
        return sum(connection.sent for connection in list(self.connections))

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.is_over.is_set():
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            place = len(self.connections)
            script = self._scripts[place] if place < len(self._scripts) else (BeGood(),)
            connection = Connection(self, accepted)
            self.connections.append(connection)
            self._start(connection.run, script, self._tls)


def _listening(host: str, uds: str | None) -> socket.socket:
    if uds is None:
        return socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(uds)
    listener.listen()
    return listener


class Connection:
    """One connection, and what came over it."""

    def __init__(self, server: HostileServer, accepted: socket.socket) -> None:
        if accepted.family != getattr(socket, "AF_UNIX", None):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server = server
        self._socket = accepted
        self._ahead = b""
        self.heads: list[bytes] = []
        self.heard = bytearray()
        self.sent = 0
        self.is_ended = False
        """Whether the client has hung up."""
        self.tls_error: Exception | None = None
        self.certificate: Any = None
        """What the client has shown, where it was asked and has shown one."""

    def run(self, script: Script, tls: ssl.SSLContext | None) -> None:
        try:
            if tls is not None and not self._start_tls(tls):
                return
            for step in script:
                self.perform(step)
            self._end_tls()
        except (OSError, Ended):
            pass
        finally:
            self._socket.close()

    def stop(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if sys.platform == "win32":
            self._socket.close()  # shutting down wakes nobody there

    def perform(self, step: Step) -> None:
        """Do one step of the script."""
        if isinstance(step, (Send, Slices, Drip, Flood)):
            self._say(step)
        elif isinstance(step, (Read, ReadHead, ReadBody, Listen, BeGood)):
            self._hear(step)
        elif isinstance(step, Reset):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket.close()
        elif isinstance(step, CloseNotify):
            self._end_tls()
        elif isinstance(step, Cut):
            # Past OpenSSL, which would say goodbye.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            raise Ended
        elif isinstance(step, HalfClose):
            self._socket.shutdown(socket.SHUT_WR)
        elif isinstance(step, Echo):
            for _ in range(step.times):
                target = self.read_request()[0].split(b" ")[1]
                self.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(target), target))
        elif isinstance(step, Tell):
            self._server.event(step.event).set()
        elif isinstance(step, WaitFor):
            self._server.event(step.event).wait(PATIENCE)
        else:
            self._server.is_over.wait(PATIENCE)

    def _hear(self, step: Read | ReadHead | ReadBody | Listen | BeGood) -> None:
        if isinstance(step, Read):
            self.read_request()
        elif isinstance(step, ReadHead):
            self.read_head()
        elif isinstance(step, ReadBody):
            self.read_body(step.size)
        while isinstance(step, Listen):
            self.receive()
        while isinstance(step, BeGood):
            self.read_request()
            self.send(GOOD)

    def _say(self, step: Send | Slices | Drip | Flood) -> None:
        if isinstance(step, Send):
            self.send(step.data)
        elif isinstance(step, Slices):
            for start in range(0, len(step.data), step.size):
                self.send(step.data[start : start + step.size])
        elif isinstance(step, Flood):
            for _ in range(step.most // len(step.piece)):
                self.send(step.piece)
        else:
            for place in range(len(step.data)):
                self.send(step.data[place : place + 1])
                # What pauses between two bytes is also what notices a client that has left.
                if self._server.is_over.is_set() or select.select([self._socket], [], [], step.every)[0]:
                    self.receive()

    def read_head(self) -> bytes:
        """Return the next head."""
        data = self._ahead
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, _, self._ahead = data.partition(b"\r\n\r\n")
        self.heads.append(head + b"\r\n\r\n")
        return self.heads[-1]

    def read_request(self) -> tuple[bytes, bytes]:
        """Return the next head and the body that it announces."""
        head = self.read_head()
        if b"\r\ntransfer-encoding: chunked\r\n" in head.lower():
            while not self._ahead.endswith(b"0\r\n\r\n"):
                self._ahead += self.receive()
            body, self._ahead = self._ahead, b""
            return head, body
        matched = _LENGTH.search(head)
        length = int(matched.group(1)) if matched else 0
        return head, self.read_body(length)

    def read_body(self, length: int) -> bytes:
        """Return the next `length` bytes."""
        pieces = [self._ahead]
        missing = length - len(self._ahead)
        while missing > 0:
            pieces.append(self.receive())
            missing -= len(pieces[-1])
        body = b"".join(pieces)
        self._ahead = body[length:]
        return body[:length]

    def receive(self) -> bytes:
        """Return what comes next; raise `Ended` at the end."""
        try:
            data = self._socket.recv(65_536)
        except OSError:
            self.is_ended = True
            raise
        if not data:
            self.is_ended = True
            raise Ended
        if len(self.heard) < 1_000_000:
            self.heard += data
        return data

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)
        self.sent += len(data)

    def _start_tls(self, context: ssl.SSLContext) -> bool:
        self._socket.settimeout(PATIENCE)
        try:
            wrapped = context.wrap_socket(self._socket, server_side=True, suppress_ragged_eofs=False)
            self._socket = wrapped
            self.certificate = wrapped.getpeercert()
        except OSError as error:
            self.tls_error = error
            return False
        self._socket.settimeout(None)
        return True

    def _end_tls(self) -> None:
        unwrap = getattr(self._socket, "unwrap", None)
        if unwrap is not None:
            self._socket.settimeout(0.05)
            # ... which may be unwrapped already.
            with suppress(OSError, ValueError):
                self._socket = unwrap()
            self._socket.settimeout(None)
