"""What a mocked request costs: understudy beside respx and a callable MockTransport of httpx2, in one run.

    pip install respx httpx httpx2 && python benchmarks/mock.py

Every contestant makes the same GET with one long-lived client and reads the JSON.
Rounds alternate, so that a slow moment of the machine hits everybody; the best round counts.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).parent.parent))

import understudy
from understudy import mock

Contest = Callable[[], Any]
URL = "https://api.test/users/7"
BODY = {"id": 7, "name": "Ada"}


def ours(routes: int) -> Contest:
    """Return a mocked request of ours, beside so many other routes."""
    router = mock.Router(keep=1_000)
    for number in range(routes - 1):
        router.get(f"https://api.test/things/{number}/parts").respond(json=BODY)
    router.get("https://api.test/users/{id:int}").respond(json=BODY)
    client = understudy.Client(transport=router)
    return lambda: client.get(URL).json()


def ours_standing_in() -> Contest:
    """Return a mocked request of ours, the router standing in for a client's own transport."""
    router = mock.Router(keep=1_000)
    router.get("https://api.test/users/{id:int}").respond(json=BODY)
    router.__enter__()
    client = understudy.Client()
    return lambda: client.get(URL).json()


def our_callable() -> Contest:
    """Return a request of ours to a bare function."""
    client = understudy.Client(transport=understudy.MockTransport(lambda request: understudy.Response(200, json=BODY)))
    return lambda: client.get(URL).json()


def respx_router(routes: int) -> Contest:
    """Return a request that respx answers."""
    import httpx
    import respx

    router = respx.Router(assert_all_called=False)
    for number in range(routes - 1):
        router.get(f"https://api.test/things/{number}/parts").respond(json=BODY)
    router.get(url__regex=r"https://api.test/users/\d+").respond(json=BODY)
    client = httpx.Client(transport=httpx.MockTransport(router.handler))
    return lambda: client.get(URL).json()


def callable_mock(name: str) -> Contest:
    """Return a request that a function answers, in httpx or httpx2."""
    import importlib

    module: Any = importlib.import_module(name)
    client = module.Client(transport=module.MockTransport(lambda request: module.Response(200, json=BODY)))
    return lambda: client.get(URL).json()


def best_of(contests: dict[str, Contest], rounds: int, count: int) -> dict[str, float]:
    """Return the best seconds per request of each contestant, over alternating rounds."""
    best = dict.fromkeys(contests, float("inf"))
    for run in contests.values():
        for _ in range(50):
            run()
    for _ in range(rounds):
        for name, run in contests.items():
            gc.collect()
            start = time.perf_counter()
            for _ in range(count):
                run()
            best[name] = min(best[name], (time.perf_counter() - start) / count)
    return best


def main() -> None:
    """Run the contest and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--most", type=int, default=100_000, help="the largest number of routes")
    given = parser.parse_args()
    contests: dict[str, Contest] = {
        "understudy, 1 route": ours(1),
        "understudy, 1 route, standing in": ours_standing_in(),
        "understudy, callable MockTransport": our_callable(),
        "understudy, 1 000 routes": ours(1_000),
        f"understudy, {given.most:,} routes".replace(",", " "): ours(given.most),
    }
    peers: dict[str, Callable[[], Contest]] = {
        "respx, 1 route": lambda: respx_router(1),
        "respx, 1 000 routes": lambda: respx_router(1_000),
        "httpx, callable MockTransport": lambda: callable_mock("httpx"),
        "httpx2, callable MockTransport": lambda: callable_mock("httpx2"),
    }
    for name, make in peers.items():
        try:
            contests[name] = make()
        except ImportError as error:
            print(f"{name}: not installed ({error})")
    best = best_of(contests, given.rounds, given.count)
    own = best["understudy, 1 route"]
    for name, seconds in best.items():
        print(f"{name:40} {seconds * 1e6:9.1f} us   {seconds / own:7.2f} of ours")


if __name__ == "__main__":
    main()
