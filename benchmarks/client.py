"""What the client costs above the network: import, `Client()`, building messages, a million requests. Beside httpx2.

    pip install httpx2 && python benchmarks/client.py
    python benchmarks/client.py --requests 1000000

Rounds alternate, so that a slow moment of the machine hits everybody; ratios are of rounds beside one another,
by time on the processor. Imports are of fresh interpreters, each with nothing but the module to import.
The requests go to a callable `MockTransport`, blocking and under asyncio; what counts there is that memory stays flat.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Callable

CACHE = tempfile.mkdtemp()
ROOT = str(Path(__file__).parent.parent)
sys.path.insert(0, ROOT)

OURS, THEIRS = "understudy", "httpx2"
BODY = {"id": 7, "name": "Ada", "tags": ["a", "b"], "score": 0.5}
URL = "https://api.test/users/7"


def ratios(name: str, ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> None:
    """Print what a round takes, and the median and spread of the ratios of neighboring rounds."""
    pairs: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            other = theirs()
            pairs.append((ours(), other))
        else:
            mine = ours()
            pairs.append((mine, theirs()))
    found = sorted(mine / other for mine, other in pairs)
    mine, other = (median(each) * 1e6 for each in zip(*pairs))
    spread = f"ratio {median(found):.3f}  ({found[0]:.3f} to {found[-1]:.3f})"
    print(f"{name:<34} {mine:10,.1f} us   {other:12,.1f} us   {spread}")


def importing(module: str, statement: str) -> Callable[[], float]:
    """Return a measurement of an import in an interpreter of its own, without the interpreter's start."""
    code = "import time; before = time.process_time(); {}; print(time.process_time() - before)"

    def run() -> float:
        # Compiled once, as an installed package is.
        environment = {**os.environ, "PYTHONPATH": ROOT, "PYTHONPYCACHEPREFIX": os.path.join(CACHE, module)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", code.format(statement)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return float(done.stdout)

    run()
    return run


def repeated(function: Callable[[], Any], times: int) -> Callable[[], float]:
    """Return a measurement of one call."""

    def run() -> float:
        started = time.process_time()
        for _ in range(times):
            function()
        return (time.process_time() - started) / times

    return run


def messages(module: Any) -> Callable[[], Any]:
    """Return a function that builds a request and a response, and reads its JSON."""
    client = module.Client()

    def build() -> Any:
        request = client.build_request("POST", URL, json=BODY, headers={"X-Request-Id": "1"}, params={"page": 1})
        return module.Response(200, json=BODY, request=request).json()

    return build


def million(count: int) -> None:
    """Send requests through a callable transport, and print how much memory there is on the way."""
    import understudy

    def answer(request: understudy.Request) -> understudy.Response:
        return understudy.Response(200, json=BODY)

    steps = max(count // 10, 1)

    def report(kind: str, done: int, started: float) -> None:
        gc.collect()
        each = (time.process_time() - started) / done * 1e6
        print(f"{kind:<12} {done:>9,} requests  {_resident():8.1f} MiB  {each:6.1f} us each")

    with understudy.Client(transport=understudy.MockTransport(answer)) as client:
        started = time.process_time()
        for done in range(1, count + 1):
            client.get(URL)
            if done % steps == 0 or done == min(10_000, steps):
                report("blocking", done, started)

    async def main() -> None:
        async with understudy.AsyncClient(transport=understudy.MockTransport(answer)) as client:
            started = time.process_time()
            for done in range(1, count + 1):
                await client.get(URL)
                if done % steps == 0 or done == min(10_000, steps):
                    report("asyncio", done, started)

    asyncio.run(main())


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--requests", type=int, default=0, help="send so many requests instead, and look at memory")
    arguments = parser.parse_args()
    if arguments.requests:
        return million(arguments.requests)
    ours, theirs = importlib.import_module(OURS), importlib.import_module(THEIRS)
    rounds = arguments.rounds
    print(f"{'':<34} {OURS:>13}   {THEIRS:>15}")
    # Ours loads its names when they are first used, so the second line is what a program pays that uses them.
    for name, what in (("import", "import {0}"), ("import, and look at Client", "import {0}; {0}.Client")):
        ratios(name, importing(OURS, what.format(OURS)), importing(THEIRS, what.format(THEIRS)), rounds)
    ratios("Client()", repeated(ours.Client, 500), repeated(theirs.Client, 5), rounds)
    ratios(
        "build_request, Response, .json()", repeated(messages(ours), 2_000), repeated(messages(theirs), 2_000), rounds
    )
    return None


if __name__ == "__main__":
    main()
