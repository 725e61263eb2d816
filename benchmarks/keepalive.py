"""Keep-alive GETs of small JSON, beside other clients: `python -m benchmarks.keepalive`.

The server is a process of its own that writes the same bytes for every request, so that the client is what is measured;
where the system allows it, server and client have one core each.
The clients take turns in every round, so that a slow moment of the machine meets all of them; the median counts.
A client that is not installed is skipped with a line: `pip install -e '.[bench]'` brings them all.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator

    Get = Callable[[str], Any]
    AsyncGet = Callable[[str], Awaitable[Any]]

CONTENT = b'{"id": 1, "name": "Ada", "languages": ["English", "French"]}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nServer: bench\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(CONTENT), CONTENT)
)
WORKERS = 50


class Answering(asyncio.Protocol):
    """Writes one answer for the end of each request's head."""

    def __init__(self) -> None:
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        *heads, self.rest = (self.rest + data).split(b"\r\n\r\n")
        self.transport.write(ANSWER * len(heads))


async def serve() -> None:
    """Serve until standard input ends, and so no longer than the process that measures."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def cores() -> tuple[set[int], set[int]] | None:
    """Return a core for the client and one for the server, where processes can be pinned to them."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    usable = sorted(os.sched_getaffinity(0))
    return ({usable[0]}, {usable[1]}) if len(usable) > 1 else None


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The server's URL, while it runs."""
    command = [sys.executable, "-m", "benchmarks.keepalive", "--serve"]
    pinned = cores()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server has no pipes")
        if pinned:
            os.sched_setaffinity(process.pid, pinned[1])
            os.sched_setaffinity(0, pinned[0])
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/users/1"
        process.stdin.close()


@contextlib.contextmanager
def blocking(name: str) -> Iterator[Get]:
    """A blocking client's way to get a URL and read its JSON."""
    if name == "http.client":
        import http.client
        import json

        connections: dict[str, http.client.HTTPConnection] = {}

        def get(url: str) -> Any:
            host, path = url[len("http://") :].split("/", 1)
            connection = connections.setdefault(host, http.client.HTTPConnection(host))
            connection.request("GET", f"/{path}")
            return json.loads(connection.getresponse().read())

        try:
            yield get
        finally:
            for connection in connections.values():
                connection.close()
    else:
        with importlib.import_module(name).Client() as client:
            yield lambda url: client.get(url).json()


@contextlib.asynccontextmanager
async def asynchronous(name: str) -> AsyncIterator[AsyncGet]:
    """An asynchronous client's way to get a URL and read its JSON."""
    if name == "aiohttp":
        import aiohttp

        async with aiohttp.ClientSession() as session:

            async def get_in_session(url: str) -> Any:
                async with session.get(url) as response:
                    return await response.json()

            yield get_in_session
    else:
        module = importlib.import_module(name)
        limits = module.Limits(max_connections=WORKERS, max_keepalive_connections=WORKERS)
        async with module.AsyncClient(limits=limits) as client:

            async def get(url: str) -> Any:
                return (await client.get(url)).json()

            yield get


def blocking_round(name: str, url: str, requests: int) -> float:
    """Return the microseconds that one request takes, one after the other."""
    with blocking(name) as get:
        for _ in range(20):
            get(url)
        started = time.perf_counter()
        for _ in range(requests):
            get(url)
        return (time.perf_counter() - started) / requests * 1e6


def asynchronous_round(name: str, url: str, requests: int) -> float:
    """Return the microseconds of wall clock per request, with all workers busy."""

    async def measured() -> float:
        async with asynchronous(name) as get:

            async def work(times: int) -> None:
                for _ in range(times):
                    await get(url)

            await asyncio.gather(*(work(2) for _ in range(WORKERS)))
            each = max(1, requests // WORKERS)
            started = time.perf_counter()
            await asyncio.gather(*(work(each) for _ in range(WORKERS)))
            return (time.perf_counter() - started) / (each * WORKERS) * 1e6

    return asyncio.run(measured())


def installed(names: tuple[str, ...]) -> list[str]:
    """Return the clients that are here, and say which are not."""
    found: list[str] = []
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            print(f"skipped: {name} is not installed")
        else:
            found.append(name)
    return found


def label(name: str) -> str:
    if name == "http.client":
        return name
    return f"{name} {importlib.metadata.version(name)}"


def compare(title: str, names: list[str], measure: Callable[[str], float], rounds: int) -> None:
    """Measure in alternating rounds and print the medians and their ratios."""
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            times[name].append(measure(name))
    medians = {name: statistics.median(values) for name, values in times.items()}
    own = medians["understudy"]
    print(f"\n{title:<24} {'median':>9}  {'lowest':>9}  times understudy")
    for name, median in sorted(medians.items(), key=lambda pair: pair[1]):
        print(f"{label(name):<24} {median:>6.0f} us  {min(times[name]):>6.0f} us  {median / own:>6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keepalive", description=__doc__)
    parser.add_argument("--requests", type=int, default=2_000, help="requests per client and round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help="be the server (the benchmark starts it itself)")
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    print(f"CPython {platform.python_version()}, {os.cpu_count()} cores, {options.rounds} rounds")
    one = installed(("understudy", "http.client", "httpx", "httpx2"))
    many = [name for name in one if name != "http.client"] + installed(("aiohttp",))
    with server() as url:
        compare("blocking, one by one", one, lambda name: blocking_round(name, url, options.requests), options.rounds)
        title = f"asyncio, {WORKERS} workers"
        compare(title, many, lambda name: asynchronous_round(name, url, options.requests), options.rounds)


if __name__ == "__main__":
    main()
