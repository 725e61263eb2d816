"""The servers that soak, load and transfer talk to: each in a process of its own, ended with the one that started it.

`echo` answers with the request's path, some answers late, some in two pieces; `plain` answers at once;
`transfer` sends as many bytes as the path says, and counts what it is sent.
`echo-http2` and `plain-http2` do what their namesakes do, over HTTP/2.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator


class Plain(asyncio.Protocol):
    """Answers every request with its own path, at once."""

    def __init__(self) -> None:
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        *heads, self.rest = (self.rest + data).split(b"\r\n\r\n")
        for head in heads:
            self.answer(head.split(b" ", 2)[1])

    def answer(self, path: bytes) -> None:
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(path), path))


class Echo(Plain):
    """Does the same, but takes its time now and then, and stops in the middle."""

    def answer(self, path: bytes) -> None:
        chance = random.random()
        if chance < 0.5:
            super().answer(path)
            return
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(path)
        loop = asyncio.get_running_loop()
        if chance < 0.75:
            loop.call_later(chance / 100, self.transport.write, head + path)
        else:
            self.transport.write(head + path[:1])
            loop.call_later((1 - chance) / 100, self.transport.write, path[1:])


class Transfer:
    """Sends as many bytes as a GET's path says, and says how many a POST had, with as little work as that can be done.

    The client is what is measured: what is sent to it comes from a file, by the system (`sendfile`),
    and what it sends is not kept, and goes to one place again and again.
    """

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._zeros = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the process
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            threading.Thread(target=self._serve, args=(self._socket.accept()[0],), daemon=True).start()

    def _serve(self, end: socket.socket) -> None:
        place = memoryview(bytearray(1_048_576))
        received = b""
        with end, contextlib.suppress(ConnectionError):
            while piece := end.recv(65_536):
                received += piece
                head, is_whole, received_body = received.partition(b"\r\n\r\n")
                if not is_whole:
                    continue
                received = b""
                method, path = head.split(b" ", 2)[:2]
                if method == b"GET":
                    size = int(path[1:])
                    end.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                    self._send(end, size)
                    continue
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
                size = int(fields[b"content-length"])
                left = size - len(received_body)
                while left and (count := end.recv_into(place)):
                    left -= count
                said = b"%d" % (size - left)
                end.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))

    def _send(self, end: socket.socket, size: int) -> None:
        self._zeros.truncate(size)
        end.sendfile(self._zeros, 0, size)


async def serve(kind: str) -> None:
    """Serve until standard input ends, and so no longer than the process that measures."""
    loop = asyncio.get_running_loop()
    if kind == "transfer":
        port = Transfer().port
    else:
        server = await loop.create_server(_protocol(kind), "127.0.0.1", 0, backlog=1024)
        port = server.sockets[0].getsockname()[1]
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def _protocol(kind: str) -> type[asyncio.Protocol]:
    if kind in ("echo", "plain"):
        return Echo if kind == "echo" else Plain
    from . import http2_servers

    return {"echo-http2": http2_servers.Echo, "plain-http2": http2_servers.Plain}[kind]


@contextlib.contextmanager
def running(kind: str, *, pinned: bool = False) -> Generator[str]:
    """The URL of a server of this kind, while it runs; pinned, it has the second core, and the caller the first."""
    command = [sys.executable, "-m", "benchmarks.servers", kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server has no pipes")
        try:
            if pinned and hasattr(os, "sched_getaffinity") and len(usable := sorted(os.sched_getaffinity(0))) > 1:
                os.sched_setaffinity(process.pid, {usable[1]})
                os.sched_setaffinity(0, {usable[0]})
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
