"""HTTP/1.1 beside other clients, against nginx: `python -m benchmarks.http1`.

Small JSON over one kept connection (heads that repeat but for the date; then with two fields that differ in each),
fifty workers, ten thousand tasks at once over a hundred connections, and a download of 100 MB, each turn by turn in one
process, so that a slow moment of the machine meets all clients.
What counts is the ratio of the medians within one run: of the time that passed, and of the processor time that the
client's process took, kernel included, which a busy machine and a core's waking up disturb less.
`UNDERSTUDY_HTTP1=h11` measures the cautious parser.
Server and client have a core each where there are two. `--same-core` puts both on one: without the time that a core
takes to wake up, the clients' own work is most of what is measured.
A client that is not installed is skipped with a line: `pip install -e '.[bench]' urllib3 pycurl` brings them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import importlib.util
import os
import platform
import shutil
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from .nginx import MEGABYTES, nginx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Work = Callable[[], Any]
    AsyncWork = Callable[[], Awaitable[Any]]

Spent = tuple[float, float]
"""The time that passed, and that for which this process was busy."""


@contextlib.contextmanager
def blocking(name: str, url: str) -> Iterator[dict[str, Work]]:
    """What a blocking client does here: a `get` of a small path, and the `download`."""
    if name in ("understudy", "httpx2", "httpx"):
        module: Any = importlib.import_module(name)
        with module.Client() as client:

            def stream() -> int:
                with client.stream("GET", f"{url}/large") as response:
                    return sum(len(piece) for piece in response.iter_bytes())

            yield {"get": lambda path="/json": client.get(url + path).content, "download": stream}
    elif name == "urllib3":
        import urllib3  # type: ignore[import-not-found,unused-ignore]  # a peer, installed for benchmarks only

        pool: Any = urllib3.PoolManager()

        def fetch() -> int:
            response = pool.request("GET", f"{url}/large", preload_content=False)
            return sum(len(piece) for piece in response.stream(65_536))

        yield {"get": lambda path="/json": pool.request("GET", url + path).data, "download": fetch}
        pool.clear()
    elif name == "http.client":
        import http.client

        connection = http.client.HTTPConnection(url[len("http://") :])

        def get(path: str = "/json") -> bytes:
            connection.request("GET", path, headers={"Accept": "*/*", "User-Agent": "benchmark"})
            return connection.getresponse().read()

        yield {"get": get}
        connection.close()
    else:
        yield {"get": _curl(url)}


def _curl(url: str) -> Work:
    """What libcurl needs to do the same: the status, the header fields and the body, as Python objects."""
    import io

    curl: Any = importlib.import_module("pycurl")
    handle = curl.Curl()
    handle.setopt(curl.HTTPHEADER, ["Accept: */*", "User-Agent: benchmark"])

    def get(path: str = "/json") -> bytes:
        body, lines = io.BytesIO(), list[bytes]()
        handle.setopt(curl.URL, url + path)
        handle.setopt(curl.WRITEDATA, body)
        handle.setopt(curl.HEADERFUNCTION, lines.append)
        handle.perform()
        handle.getinfo(curl.RESPONSE_CODE)
        dict([line.split(b": ", 1) for line in lines[1:-1]])
        return body.getvalue()

    return get


@contextlib.asynccontextmanager
async def asynchronous(name: str, url: str) -> AsyncIterator[dict[str, AsyncWork]]:
    """What an asynchronous client does here: `json` once, and the `download`."""
    if name == "aiohttp":
        import aiohttp

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100)) as session:

            async def get() -> None:
                async with session.get(f"{url}/json") as response:
                    await response.read()

            async def fetch() -> int:
                async with session.get(f"{url}/large") as response:
                    return sum([len(piece) async for piece in response.content.iter_any()])

            yield {"json": get, "download": fetch}
    else:
        module: Any = importlib.import_module(name)
        limits = module.Limits(max_connections=100, max_keepalive_connections=100)
        async with module.AsyncClient(limits=limits, timeout=60.0) as client:

            async def stream() -> int:
                async with client.stream("GET", f"{url}/large") as response:
                    return sum([len(piece) async for piece in response.aiter_bytes()])

            yield {"json": lambda: client.get(f"{url}/json"), "download": stream}


def installed(*names: str) -> list[str]:
    """Return those clients that are here, and say which are not."""
    found = [name for name in names if importlib.util.find_spec(name.partition(".")[0])]
    for name in sorted(set(names) - set(found)):
        print(f"skipped: {name} is not installed")
    return found


def report(title: str, unit: str, times: dict[str, list[Spent]]) -> None:
    passed = {name: statistics.median(spent[0] for spent in values) for name, values in times.items()}
    busy = {name: statistics.median(spent[1] for spent in values) for name, values in times.items()}
    print(f"\n{title:<38} {'median':>8} {'lowest':>8} {'highest':>8} {'busy':>11}   understudy takes    busy")
    for name, median in sorted(passed.items(), key=lambda pair: pair[1]):
        low, high = min(times[name])[0], max(times[name])[0]
        ratios = f"{passed['understudy'] / median:>6.2f} of it {busy['understudy'] / busy[name]:>11.2f}"
        print(f"  {name:<36} {median:>8.1f} {low:>8.1f} {high:>8.1f} {busy[name]:>8.1f} {unit} {ratios}")


def compare_blocking(url: str, requests: int, rounds: int) -> None:
    names = installed("understudy", "http.client", "pycurl", "urllib3", "httpx2", "httpx")
    with contextlib.ExitStack() as stack:
        clients = {name: stack.enter_context(blocking(name, url)) for name in names}
        times: dict[str, list[Spent]] = {name: [] for name in names}
        varied: dict[str, list[Spent]] = {name: [] for name in names}
        downloads: dict[str, list[Spent]] = {name: [] for name in names if "download" in clients[name]}
        for turn in range(-1, rounds):
            for name in names:
                for spent, path in ((times[name], "/json"), (varied[name], "/varied")):
                    seconds = _timed(partial(clients[name]["get"], path), requests)
                    if turn >= 0:
                        spent.append(_scaled(seconds, 1e6 / requests))
            for name, spent in downloads.items():
                seconds = _timed(clients[name]["download"], 1)
                if turn >= 0:
                    spent.append(_scaled(seconds, 1e3))
    report("blocking, one GET after another", "us", times)
    report("the same, every head another", "us", varied)
    report(f"blocking, download of {MEGABYTES} MB", "ms", downloads)


def _timed(work: Work, times: int) -> Spent:
    gc.collect()
    started, busy = time.perf_counter(), time.process_time()
    for _ in range(times):
        work()
    return time.perf_counter() - started, time.process_time() - busy


def _scaled(spent: Spent, factor: float) -> Spent:
    return spent[0] * factor, spent[1] * factor


async def compare_asynchronous(url: str, requests: int, rounds: int) -> None:
    names = installed("understudy", "aiohttp", "httpx2", "httpx")
    async with contextlib.AsyncExitStack() as stack:
        clients = {name: await stack.enter_async_context(asynchronous(name, url)) for name in names}
        for title, tasks, each, few in (
            ("asyncio, 50 workers", 50, max(1, requests // 50), names),
            ("asyncio, 100 tasks, 100 connections", 100, 1, names[:2]),
            ("asyncio, 10 000 tasks, 100 connections", 10_000, 1, names[:2]),
        ):
            times: dict[str, list[Spent]] = {name: [] for name in few}
            for turn in range(-1, rounds):
                for name in few:
                    seconds = await _gathered(clients[name]["json"], tasks, each)
                    if turn >= 0:
                        times[name].append(_scaled(seconds, 1e6 / (tasks * each)))
            report(title, "us", times)
        downloads: dict[str, list[Spent]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                seconds = await _gathered(clients[name]["download"], 1, 1)
                downloads[name].append(_scaled(seconds, 1e3))
        report(f"asyncio, download of {MEGABYTES} MB", "ms", downloads)


async def _gathered(work: AsyncWork, tasks: int, each: int) -> Spent:
    async def some() -> None:
        for _ in range(each):
            await work()

    gc.collect()
    started, busy = time.perf_counter(), time.process_time()
    await asyncio.gather(*[some() for _ in range(tasks)])
    return time.perf_counter() - started, time.process_time() - busy


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http1", description=__doc__)
    parser.add_argument("--requests", type=int, default=2_000, help="requests per client and round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--same-core", action="store_true", help="client and server on one core")
    parser.add_argument("--uvloop", action="store_true", help="run the asynchronous clients on uvloop")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    pinned = len(cores) > 1 and shutil.which("taskset") is not None
    codec = os.environ.get("UNDERSTUDY_HTTP1", "plain")
    print(f"CPython {platform.python_version()}, {len(cores)} cores, parser: {codec}, {options.rounds} rounds")
    with nginx(cores[0 if options.same_core else 1] if pinned else None) as url:
        if pinned:
            os.sched_setaffinity(0, {cores[0]})
        compare_blocking(url, options.requests, options.rounds)
        compare = compare_asynchronous(url, options.requests, options.rounds)
        if options.uvloop:
            uvloop: Any = importlib.import_module("uvloop")
            uvloop.run(compare)
        else:
            asyncio.run(compare)


if __name__ == "__main__":
    main()
