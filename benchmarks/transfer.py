"""100 MB down and up from a file, beside aiohttp and urllib3: `python -m benchmarks.transfer`.

Each measurement is a process of its own, so that its peak memory is its own; the clients take turns, the median counts.
The server is another process; where the system allows it, server and client have one core each.
A client that is not installed is skipped with a line.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

from .servers import running

SIZE = 100_000_000
_PIECE = 65_536


def _understudy_down(url: str, _: str) -> int:
    import understudy

    with understudy.Client(trust_env=False) as client, client.stream("GET", f"{url}/{SIZE}") as response:
        return sum(map(len, response.iter_raw()))


def _understudy_up(url: str, path: str) -> int:
    import understudy

    with understudy.Client(trust_env=False, timeout=60) as client, open(path, "rb") as file:
        return int(client.post(url, content=file).text)


def _urllib3_down(url: str, _: str) -> int:
    import urllib3

    response = urllib3.PoolManager().request("GET", f"{url}/{SIZE}", preload_content=False)
    return sum(map(len, response.stream(_PIECE)))


def _urllib3_up(url: str, path: str) -> int:
    import urllib3

    with open(path, "rb") as file:
        fields = {"Content-Length": str(os.path.getsize(path))}
        return int(urllib3.PoolManager().request("POST", url, body=file, headers=fields).data)


async def _async_understudy_down(url: str, _: str) -> int:
    import understudy

    got = 0
    async with understudy.AsyncClient(trust_env=False) as client, client.stream("GET", f"{url}/{SIZE}") as response:
        async for piece in response.aiter_raw():
            got += len(piece)
    return got


async def _async_understudy_up(url: str, path: str) -> int:
    import understudy

    async with understudy.AsyncClient(trust_env=False, timeout=60) as client:
        with open(path, "rb") as file:  # noqa: ASYNC230  # as aiohttp does it
            return int((await client.post(url, content=file)).text)


async def _aiohttp_down(url: str, _: str) -> int:
    import aiohttp

    got = 0
    async with aiohttp.ClientSession() as session, session.get(f"{url}/{SIZE}") as response:
        async for piece in response.content.iter_any():
            got += len(piece)
    return got


async def _aiohttp_up(url: str, path: str) -> int:
    import aiohttp

    async with aiohttp.ClientSession() as session:
        with open(path, "rb") as file:  # noqa: ASYNC230  # its documentation does
            async with session.post(url, data=file) as response:
                return int(await response.text())


WORK: dict[tuple[str, str], tuple[tuple[str, Callable[[str, str], Any]], ...]] = {
    ("blocking", "download"): (("understudy", _understudy_down), ("urllib3", _urllib3_down)),
    ("blocking", "upload"): (("understudy", _understudy_up), ("urllib3", _urllib3_up)),
    ("asyncio", "download"): (("understudy", _async_understudy_down), ("aiohttp", _aiohttp_down)),
    ("asyncio", "upload"): (("understudy", _async_understudy_up), ("aiohttp", _aiohttp_up)),
}


def once(kind: str, way: str, name: str, url: str, path: str) -> None:
    """Do the work in this process, after a small one of the same kind; print milliseconds and KiB."""
    work = dict(WORK[kind, way])[name]
    globals()["SIZE"], size = 1000, SIZE
    with tempfile.NamedTemporaryFile() as small:
        small.write(bytes(1000))
        small.flush()
        _do(work, url, small.name)
    globals()["SIZE"] = size
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    got = _do(work, url, path)
    seconds = time.perf_counter() - started
    if got != size:
        raise AssertionError(f"{got} of {size} bytes")
    print(seconds * 1e3, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)


def _do(work: Callable[[str, str], Any], url: str, path: str) -> int:
    result = work(url, path)
    return int(asyncio.run(result) if asyncio.iscoroutine(result) else result)


def measured(kind: str, way: str, name: str, url: str, path: str) -> tuple[float, int]:
    """Return milliseconds and KiB of one run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.transfer", "--once", kind, way, name, url, path]
    milliseconds, kib = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(milliseconds), int(kib)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transfer", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--once", nargs=5, help="one measurement (the benchmark starts it itself)")
    options = parser.parse_args()
    if options.once:
        once(*options.once)
        return
    with running("transfer", pinned=True) as url, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_bytes(bytes(SIZE))
        for (kind, way), works in WORK.items():
            names = [name for name, _ in works if importlib.util.find_spec(name)]
            runs: dict[str, list[tuple[float, int]]] = {name: [] for name in names}
            for turn in range(options.rounds):
                for name in names if turn % 2 else reversed(names):
                    runs[name].append(measured(kind, way, name, url, str(path)))
            for name, values in runs.items():
                milliseconds = statistics.median(value for value, _ in values)
                peak = max(kib for _, kib in values)
                print(f"{kind:<9} {way:<9} {name:<11} {milliseconds:>6.0f} ms, {peak / 1024:>5.1f} MiB beyond start")
            for name in names[1:]:
                ratio = statistics.median(mine / its for (mine, _), (its, _) in zip(runs["understudy"], runs[name]))
                print(f"{kind:<9} {way:<9} understudy takes {ratio:.2f} of {name}")


if __name__ == "__main__":
    main()
