"""HTTP/2, many workers on one connection: this library and httpx2 against one server, turn by turn.

    python -m benchmarks.http2 [--workers 50] [--requests 4000] [--rounds 7]

The server is nginx, on a core of its own where the machine has two, speaking HTTP/2 with prior knowledge.
What counts is the median of the ratios of each round, of wall time and of this process's own time; the second says
more where the machine has other things to do.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from .nginx import nginx

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Took(NamedTuple):
    """Microseconds per request."""

    wall: float
    process: float


async def _run(client: Any, url: str, workers: int, requests: int) -> Took:

    async def work(count: int) -> None:
        for _ in range(count):
            response = await client.get(url)
            assert response.status_code == 200
            assert response.http_version == "HTTP/2"

    await work(1)
    wall, process = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work(requests // workers) for _ in range(workers)))
    each = requests // workers * workers / 1e6
    return Took((time.perf_counter() - wall) / each, (time.process_time() - process) / each)


def _with(make: Callable[[], Any]) -> Callable[[str, int, int], Coroutine[Any, Any, Took]]:
    async def run(url: str, workers: int, requests: int) -> Took:
        async with make() as client:
            return await _run(client, url, workers, requests)

    return run


def contenders() -> dict[str, Callable[[str, int, int], Coroutine[Any, Any, Took]]]:
    """Return who is there; peers that are not installed are left out."""
    import understudy

    found = {"understudy": _with(lambda: understudy.AsyncClient(http1=False, http2=True))}
    for name in ("httpx2", "httpx"):
        try:
            peer = __import__(name)
        except ImportError:
            print(f"{name} is not installed", file=sys.stderr)
            continue
        found[name] = _with(lambda peer=peer: peer.AsyncClient(http1=False, http2=True))
    return found


def main() -> None:
    """Print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=50)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    took: dict[str, list[Took]] = {}
    pinned = hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1 and shutil.which("taskset")
    with nginx(1 if pinned else None, http2=True) as url:
        if pinned:
            os.sched_setaffinity(0, {0})
        for _ in range(options.rounds):
            for name, run in contenders().items():
                took.setdefault(name, []).append(asyncio.run(run(f"{url}/json", options.workers, options.requests)))
    print(f"{options.workers} workers on one HTTP/2 connection, {options.requests} requests, microseconds per request:")
    for name, times in took.items():
        for kind in range(2):
            ratios = [ours[kind] / theirs[kind] for ours, theirs in zip(took["understudy"], times)]
            median = statistics.median(one[kind] for one in times)
            said = f"understudy takes {statistics.median(ratios):.2f} of it ({min(ratios):.2f} to {max(ratios):.2f})"
            print(f"  {name:12} {Took._fields[kind]:8} {median:8.1f}   {said}")


if __name__ == "__main__":
    main()
