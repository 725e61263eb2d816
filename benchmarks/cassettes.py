"""Recording and replaying 10 KB of JSON, beside vcrpy and cassetter: `python -m benchmarks.cassettes`.

Each library records with a client that it knows (vcrpy: httpx, cassetter: httpx2) from a server in this process, and
replays what it has recorded. What counts is the time of one replayed request, all different, and of opening a cassette;
for recording, what it adds to the live request. The body is of few long values:
cassetter refuses cassettes of more than 250,000 YAML nodes, so 1,000 interactions may have 250 each.
A library that is not installed is skipped with a line.
"""

from __future__ import annotations

import argparse
import http.server
import importlib
import importlib.util
import json
import logging
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable

ITEMS = [
    {
        "id": number,
        "name": f"Tea number {number}",
        "url": f"https://api.example.com/v1/items/{number}",
        "created": "2026-11-22T16:59:06Z",
        "description": "A fine tea from the slopes of the mountains. " * 13,
    }
    for number in range(14)
]
CONTENT = json.dumps({"items": ITEMS, "total": 14}, separators=(",", ":")).encode()


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers every request with the same body, in one write."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
        self.wfile.write(head.encode() + CONTENT)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Contender:
    """A client, and how it opens a cassette."""

    def __init__(self, name: str, client: Any, opened: Callable[[str, str], Any]) -> None:
        self.name = name
        self.client = client
        self.opened = opened


def contenders() -> list[Contender]:
    """Return understudy, and the peers that are installed."""
    import understudy
    from understudy import cassettes

    ours: Any = cassettes.use
    found = [Contender("understudy", understudy.Client(), ours)]
    for name, client in (("cassetter", "httpx2"), ("vcr", "httpx")):
        if importlib.util.find_spec(name) is None or importlib.util.find_spec(client) is None:
            print(f"{name} is not installed: skipped")
            continue
        module: Any = importlib.import_module(name)
        peer: Any = importlib.import_module(client)

        def opened(path: str, mode: str, module: Any = module) -> Any:
            return module.use_cassette(path, record_mode=mode)

        found.append(Contender(name, peer.Client(), opened))
    return found


def session(client: Any, base: str, numbers: range) -> float:
    """Send requests, and return the microseconds for each."""
    started = time.perf_counter()
    for number in numbers:
        client.get(f"{base}/items/{number}").read()
    return (time.perf_counter() - started) / len(numbers) * 1e6


def measure(one: Contender, base: str, folder: Path, count: int, rounds: int) -> dict[str, float]:
    """Return what recording adds, what opening costs, and what a replayed request costs, in microseconds."""
    path = folder / f"{one.name}-{count}.yaml"
    numbers = range(count)
    live = session(one.client, base, numbers)
    with one.opened(str(path), "once"):
        recorded = session(one.client, base, numbers)
    opening: list[float] = []
    replaying: list[float] = []
    played = range(min(count, 100 if one.name == "vcr" else 1000))
    for _ in range(rounds):
        started = time.perf_counter()
        with one.opened(str(path), "none"):
            opening.append((time.perf_counter() - started) * 1e6)
            replaying.append(session(one.client, base, played))
    return {
        "live": live,
        "recording adds": recorded - live,
        "opening": statistics.median(opening),
        "replaying one": statistics.median(replaying),
    }


def main() -> None:
    """Print a table for each size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        for size in options.sizes:
            print(f"\n{size} interactions of {len(CONTENT)} bytes, microseconds")
            ours: dict[str, float] | None = None
            for one in contenders():
                try:
                    found = measure(one, base, Path(folder), size, options.rounds)
                except Exception as error:  # a peer that cannot is part of the result
                    print(f"  {one.name:<12} {type(error).__name__}: {str(error)[:90]!r}")
                    continue
                ours = ours or found
                shown = "  ".join(
                    f"{name} {value:,.0f} ({ours[name] / value:.3f})" if value > 0 else f"{name} {value:,.0f}"
                    for name, value in found.items()
                )
                print(f"  {one.name:<12} {shown}")
    print("\nin brackets: understudy's time as a part of this one")


if __name__ == "__main__":
    main()
