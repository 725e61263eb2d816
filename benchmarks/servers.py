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
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

_BLOCK = bytes(262_144)


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


async def _transfer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path = head.split(b" ", 2)[:2]
            if method == b"GET":
                size = int(path[1:])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                for _ in range(size // len(_BLOCK)):
                    writer.write(_BLOCK)
                    await writer.drain()
                writer.write(_BLOCK[: size % len(_BLOCK)])
                continue
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
            counted = 0
            if fields.get(b"transfer-encoding") == b"chunked":
                size = -1
                while size:
                    size = int(await reader.readline(), 16)
                    await reader.readexactly(size + 2)
                    counted += size
            else:
                counted = int(fields[b"content-length"])
                left = counted
                while left:
                    left -= len(await reader.read(min(left, 1_048_576)))
            said = b"%d" % counted
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
    writer.close()


async def serve(kind: str) -> None:
    """Serve until standard input ends, and so no longer than the process that measures."""
    loop = asyncio.get_running_loop()
    server: Any
    if kind == "transfer":
        server = await asyncio.start_server(_transfer, "127.0.0.1", 0, limit=1_048_576)
    else:
        server = await loop.create_server(_protocol(kind), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
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
