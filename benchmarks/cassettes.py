"""Recording and replaying 10 KB of JSON, beside vcrpy and cassetter: `python -m benchmarks.cassettes`.

Each library records with a client that it knows (vcrpy: httpx, cassetter: httpx2) from a server in a process of its
own, and replays what it has recorded. All that is compared is measured in turns, round after round, in processor time
of this process: what a library costs the program that uses it. Printed are medians, and how far the ratios lie apart.

- *replaying one*: a request answered from an open cassette, each time another one, spread over the whole cassette.
- *opening*: until requests can be answered.
- *open and replay one*: both, for the request in the middle.
- *recording adds*: a recorded request without the same request unrecorded, for the first hundred of a cassette;
  what a library writes at the end is shared out.
- *json, there and back*: parsing that body and rendering it again, a hundred times: what the machine is worth.

The body is of few long values: cassetter refuses cassettes of more than 250,000 YAML nodes, so 1,000 interactions may
have 250 each. A library that is not installed is skipped with a line. `--memory` records and replays 1 GiB.
`--kinds` replays other kinds of bodies and requests, each for the first time, with understudy alone.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import http.server
import importlib
import importlib.util
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

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
MEBIBYTE = 1024 * 1024
_RECORDED = 100


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers every request with the same body, in one write; `/big` with as many MiB as it says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        big = int(self.path.partition("/big/")[2] or 0)
        kind = "octet-stream" if big else "json"
        length = big * MEBIBYTE or len(CONTENT)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/{kind}\r\nContent-Length: {length}\r\n\r\n".encode()
        self.wfile.write(head if big else head + CONTENT)
        for number in range(big):
            self.wfile.write(number.to_bytes(4, "big") * (MEBIBYTE // 4))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def serve() -> None:
    """Serve until the process ends, and print the port first."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    print(server.server_port, flush=True)
    server.serve_forever()


@contextlib.contextmanager
def served() -> Generator[str]:
    """Run a server in another process, and give its URL."""
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


class Contender:
    """A client, how it opens a cassette, and what was measured of both, in microseconds."""

    def __init__(self, name: str, client: Any, opened: Callable[[str, str], Any]) -> None:
        self.name = name
        self.client = client
        self.opened = opened
        self.found: dict[str, list[float]] = {}

    def session(self, base: str, numbers: Sequence[int]) -> float:
        """Send requests, and return the time that each took."""
        started = time.process_time()
        for number in numbers:
            self.client.get(f"{base}/items/{number}").read()
        return (time.process_time() - started) / len(numbers) * 1e6

    def say(self, what: str, value: float) -> None:
        """Keep a figure of one round."""
        self.found.setdefault(what, []).append(value)

    def record(self, base: str, path: Path, numbers: Sequence[int]) -> None:
        """Record requests, and keep what that added to them."""
        gc.collect()  # what others have left behind is not ours to pay for
        live = self.session(base, numbers)
        path.unlink(missing_ok=True)
        started = time.process_time()
        with self.opened(str(path), "once"):
            for number in numbers:
                self.client.get(f"{base}/items/{number}").read()
        recorded = (time.process_time() - started) / len(numbers) * 1e6
        self.say("live", live)
        self.say("recording adds", recorded - live)

    def replay(self, base: str, path: Path, count: int, plays: int) -> None:
        """Open a cassette, and play some requests from all over it."""
        numbers = range(0, count, max(count // plays, 1))
        gc.collect()
        started = time.process_time()
        with self.opened(str(path), "none"):
            self.say("opening", (time.process_time() - started) * 1e6)
            self.say("replaying one", self.session(base, numbers))
        started = time.process_time()
        with self.opened(str(path), "none"):
            self.client.get(f"{base}/items/{count // 2}").read()
        self.say("open and replay one", (time.process_time() - started) * 1e6)


def there_and_back() -> float:
    """Return what it takes to parse the body and to render it, in microseconds: a measure of the machine."""
    started = time.process_time()
    for _ in range(100):
        json.dumps(json.loads(CONTENT), separators=(",", ":"))
    return (time.process_time() - started) / 100 * 1e6


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


def measure(base: str, folder: Path, count: int, rounds: int) -> list[Contender]:
    """Let all record and replay in turns; who cannot is left out, with a line."""
    running = contenders()
    ours = running[0]
    for turn in range(rounds + 1):
        ours.say("json, there and back", there_and_back())
        for one in list(running):
            path = folder / f"{one.name}-{count}.yaml"
            try:
                if turn == 0:
                    one.record(base, path, range(count))
                    one.found.clear()
                else:
                    one.record(base, folder / "again.yaml", range(_RECORDED))
                    one.replay(base, path, count, min(count, 50 if one.name == "vcr" else 500))
            except Exception as error:  # a peer that cannot is part of the result
                print(f"  {one.name:<12} {type(error).__name__}: {str(error)[:90]!r}")
                running.remove(one)
    return running


def show(found: list[Contender]) -> None:
    """Print what was measured: medians, and the ratio of ours to each other's, with its range over the rounds."""
    ours = found[0]
    for what in ours.found:
        print(f"  {what}")
        for one in [one for one in found if what in one.found]:
            line = f"    {one.name:<12} {statistics.median(one.found[what]):>12,.0f}"
            if one is not ours:
                ratios = sorted(mine / other for mine, other in zip(ours.found[what], one.found[what]))
                line += f"   understudy {statistics.median(ratios):.3f} of it ({ratios[0]:.3f} to {ratios[-1]:.3f})"
            print(line)


def measure_memory(base: str, folder: Path, mebibytes: int) -> None:
    """Record and replay one long body, and print how much memory that took."""
    import resource

    import understudy
    from understudy import cassettes

    path = folder / "big.yaml"
    with understudy.Client(timeout=60) as client:
        client.get(f"{base}/items/1").read()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for mode in ("once", "none"):
            size = 0
            with cassettes.use(path, mode=mode), client.stream("GET", f"{base}/big/{mebibytes}") as response:
                for piece in response.iter_raw():
                    size += len(piece)
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
            print(f"  mode {mode}: {size / MEBIBYTE:,.0f} MiB, peak memory grew by {grown:.1f} MiB")


SMALL = (
    b'{"id":7,"name":"Darjeeling","price":1250,"stock":{"berlin":3,"paris":0},"tags":["black","spring"],"next":null}'
)
PAGE = "<p>A fine tea from the slopes of the mountains, \u00fcber 2 000 m.</p>\n".encode() * 140
# What a recording holds, and what is sent beside it.
KINDS: dict[str, tuple[str, bytes, dict[str, Any]]] = {
    "JSON, 10 KB": ("application/json", CONTENT, {}),
    "JSON, 10 KB, every recording of another shape": ("application/json", b"", {}),
    "JSON, 110 bytes": ("application/json", SMALL, {}),
    "text, 10 KB": ("text/html; charset=utf-8", PAGE, {}),
    "JSON, 110 bytes, in requests, too": ("application/json", SMALL, {"content": SMALL}),
    "the same with ignore: json.name": ("application/json", SMALL, {"content": SMALL}),
}


def body_of(content: bytes, number: int) -> bytes:
    """Return a body; where there is none, one with names of its own, so that nothing of it was seen before."""
    if content:
        return content
    items = [{(f"{name}_{number}" if name != "id" else name): value for name, value in item.items()} for item in ITEMS]
    return json.dumps({"items": items, "total": number}, separators=(",", ":")).encode()


def measure_kinds(folder: Path, count: int, rounds: int) -> None:
    """Print what it takes to replay one recording of each kind, blocking and asynchronous."""
    import asyncio

    import understudy
    from understudy import cassettes

    for name, (kind, content, sent) in KINDS.items():
        path = folder / f"{len(name)}.yaml"
        method = "POST" if sent else "GET"
        urls = [f"https://api.example.com/v1/items/{number}" for number in range(count)]
        settings: Any = {"ignore": ["json.name"]} if "ignore" in name else {}

        def answer(request: Any, kind: str = kind, content: bytes = content) -> Any:
            number = int(request.url.path.rpartition("/")[2])
            return understudy.Response(200, headers={"Content-Type": kind}, content=body_of(content, number))

        inner = understudy.MockTransport(answer)
        transport = cassettes.CassetteTransport(path, inner=inner, **settings)
        with understudy.Client(transport=transport) as client:
            for url in urls:
                client.request(method, url, **sent)

        async def replay(urls: Sequence[str] = urls, method: str = method, sent: dict[str, Any] = sent) -> float:
            async with understudy.AsyncClient() as client:
                started = time.process_time()
                for url in urls:
                    await client.request(method, url, **sent)
                return (time.process_time() - started) / count * 1e6

        blocking: list[float] = []
        asynchronous: list[float] = []
        for _ in range(rounds):
            with cassettes.use(path, mode="none", **settings), understudy.Client() as client:
                started = time.process_time()
                for url in urls:
                    client.request(method, url, **sent)
                blocking.append((time.process_time() - started) / count * 1e6)
            with cassettes.use(path, mode="none", **settings):
                asynchronous.append(asyncio.run(replay()))
        figures = f"{statistics.median(blocking):>6,.0f} {statistics.median(asynchronous):>6,.0f}"
        print(f"  {name:<48} {figures}   (at best {min(blocking):,.0f} and {min(asynchronous):,.0f})")


def main() -> None:
    """Print a table for each size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--kinds", action="store_true")
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    logging.disable(logging.INFO)
    if options.kinds:
        print(f"replaying one of 500, microseconds of processor time, blocking and asyncio, {options.rounds} rounds")
        with tempfile.TemporaryDirectory() as folder:
            measure_kinds(Path(folder), 500, options.rounds)
        return
    with served() as base, tempfile.TemporaryDirectory() as folder:
        if options.memory:
            measure_memory(base, Path(folder), options.mebibytes)
            return
        for size in options.sizes:
            rounds = f"{options.rounds} rounds"
            print(f"\n{size} interactions of {len(CONTENT)} bytes, microseconds of processor time, {rounds}")
            show(measure(base, Path(folder), size, options.rounds))


if __name__ == "__main__":
    main()
