"""What a mocked request costs: understudy beside respx and a callable MockTransport of httpx2, in one run.

    pip install respx httpx httpx2 && python benchmarks/mock.py

Every contestant makes the same GET with one long-lived client and reads the JSON.
Rounds alternate, so that a slow moment of the machine hits everybody; ratios are of rounds beside one another.
`--calls 1000000` looks at memory instead.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).parent.parent))

import understudy
from understudy import mock

Contest = Callable[[], Any]
PLAYING: dict[str, Any] = {}
"""Routers that stand in for every client, in their own contestant's rounds only."""
URL = "https://api.test/users/7"
BODY = {"id": 7, "name": "Ada"}


def ours(routes: int, mode: str = "mock") -> Contest:
    """Return a mocked request of ours, beside so many other routes."""
    router = mock.Router(keep=1_000, mode=mode)
    for number in range(routes - 1):
        router.get(f"https://api.test/things/{number}/parts").respond(json=BODY)
    router.get("https://api.test/users/{id:int}").respond(json=BODY)
    client = understudy.Client(transport=router)
    return lambda: client.get(URL).json()


def ours_standing_in(name: str) -> Contest:
    """Return a mocked request of ours, the router standing in for a client's own transport."""
    router = PLAYING[name] = mock.Router(keep=1_000)
    router.get("https://api.test/users/{id:int}").respond(json=BODY)
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


def measured(contests: dict[str, Contest], rounds: int, count: int) -> dict[str, list[float]]:
    """Return the processor's seconds per request of each contestant, one for each of alternating rounds."""
    found: dict[str, list[float]] = {name: [] for name in contests}
    for name, run in contests.items():
        with PLAYING.get(name) or nullcontext():
            for _ in range(50):
                run()
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, run in contests.items():
            gc.collect()
            with PLAYING.get(name) or nullcontext():
                start = time.process_time()
                for _ in range(count):
                    run()
                seconds = time.process_time() - start
            found[name].append(seconds / count)
    return found


def against(found: dict[str, list[float]], name: str, other: str) -> str:
    """Return the median of the rounds' ratios, and the middle half of them."""
    ratios = sorted(one / two for one, two in zip(found[name], found[other]))
    low, middle, high = (ratios[len(ratios) * quarter // 4] for quarter in (1, 2, 3))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def contest(rounds: int, count: int, most: int) -> None:
    """Run all contestants in alternation and print the table."""
    largest = f"understudy, {most} routes"
    contests: dict[str, Contest] = {
        "understudy, 1 route": ours(1),
        "understudy, 1 route, standing in": ours_standing_in("understudy, 1 route, standing in"),
        "understudy, 1 route, on the wire": ours(1, mode="wire"),
        "understudy, callable MockTransport": our_callable(),
        "understudy, 1 000 routes": ours(1_000),
        largest: ours(most),
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
    found = measured(contests, rounds, count)
    print(f"processor time of one request, median of {rounds} rounds of {count}; ours with 1 route against it")
    for name, seconds in found.items():
        median = sorted(seconds)[len(seconds) // 2]
        print(f"{name:38} {median * 1e6:9.1f} us   {against(found, 'understudy, 1 route', name)}")
    for name in ("understudy, 1 000 routes", largest):
        print(f"{name} against 1 route: {against(found, name, 'understudy, 1 route')}")


def idle(rounds: int = 15, count: int = 100_000) -> None:
    """Print what finding out costs that nothing stands in."""
    transport = understudy.HTTPTransport()
    answering = understudy.answering
    seconds: list[float] = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(count):
            answering(transport)
        seconds.append((time.process_time() - start) / count)
    print(f"no active layer: {sorted(seconds)[rounds // 2] * 1e6:.3f} us a request ({rounds} rounds of {count})")


def resident() -> float:
    """Return how much memory this process has, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def many(calls: int) -> None:
    """Print how memory goes while one router answers very many calls."""
    router = mock.Router(keep=1_000)
    router.post("https://api.test/users/{id:int}").respond(json=BODY)
    start = time.process_time()
    with understudy.Client(transport=router) as client:
        for number in range(calls + 1):
            if number % (calls // 10) == 0:
                print(
                    f"{number:10,} calls   {resident():7.1f} MB   {time.process_time() - start:6.1f} s".replace(
                        ",", " "
                    )
                )
            client.post(URL, json=BODY)
    assert router.call_count == calls + 1


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--most", type=int, default=100_000, help="the largest number of routes")
    parser.add_argument("--calls", type=int, help="only: memory over so many calls, such as 1000000")
    given = parser.parse_args()
    if given.calls:
        many(given.calls)
        return
    idle()
    contest(given.rounds, given.count, given.most)


if __name__ == "__main__":
    main()
