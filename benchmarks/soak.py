"""Keep-alive requests for a long time, and what is left of them: `python -m benchmarks.soak [--http2]`.

A million requests each for the blocking client and the one under asyncio, unless told otherwise: `--requests 400000`
takes about a minute. HTTP/2 sends them over one connection.
Memory is compared between the 10 000th request, when everything has been used, and the end: it may grow by less than
4 MiB; descriptors not at all; what the garbage collector tracks by less than a thousandth.
In the end requests of this client and of a new one take turns, in processor time: those of the one that has served
so many may take at most a twentieth longer.
Ends with status 1 where one of it does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import sys
import time
from typing import Any, NamedTuple

from understudy import AsyncClient, Client, Limits

from .servers import running

WORKERS = 50
_GROWTH = 4 * 1024
_SLICES = 100
_TURNS = 41
"""How often the old client and the new one take turns in the end."""


class Speech(NamedTuple):
    """What is spoken."""

    server: str
    options: dict[str, Any]
    """What the client is told."""


HTTP1 = Speech("plain", {})
HTTP2 = Speech("plain-http2", {"http1": False, "http2": True})


class State(NamedTuple):
    """What the process has."""

    memory: int
    """Resident, in KiB."""
    descriptors: int
    objects: int

    @classmethod
    def now(cls) -> State:
        gc.collect()
        memory = 0
        if os.path.exists("/proc/self/statm"):
            with open("/proc/self/statm", encoding="ascii") as statm:
                memory = int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024
        descriptors = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
        return cls(memory, descriptors, len(gc.get_objects()))


class Account:
    """The states and times of one run, and the judgment over them."""

    def __init__(self, name: str, requests: int) -> None:
        self.name = name
        self.requests = requests
        self.times: list[float] = []
        self.ages: list[float] = []
        self.started: State | None = None
        self.ended: State | None = None
        self._from = time.process_time()

    def note(self) -> None:
        """A hundredth is done."""
        self.times.append(time.process_time() - self._from)
        done = len(self.times)
        if self.started is None and (done * self.requests >= _SLICES * 10_000 or done * 10 >= _SLICES):
            self.started = State.now()
        if done == _SLICES:
            self.ended = State.now()
        self._from = time.process_time()

    def take_turns(self, old: float, new: float) -> None:
        """Note the processor times of two turns that followed each other: of the old client, and of a new one."""
        self.ages.append(old / new)

    def judge(self) -> bool:
        """Print what became of it; return whether it is good."""
        first, last = self.started, self.ended
        if first is None or last is None:
            raise RuntimeError("nothing was noted")
        each = [seconds / (self.requests / _SLICES) * 1e6 for seconds in self.times]
        beginning, end = statistics.median(each[1:11]), statistics.median(each[-10:])
        age = statistics.median(self.ages)
        found = {
            f"memory {last.memory - first.memory:+} KiB of {first.memory}": last.memory - first.memory < _GROWTH,
            f"descriptors {last.descriptors - first.descriptors:+}": last.descriptors <= first.descriptors,
            f"objects {last.objects - first.objects:+} of {first.objects}": last.objects - first.objects
            # Timers and tasks of the moment are some dozens; what leaks with every request is thousands.
            <= max(250, first.objects // 1000),
            # A machine that has other work changes its pace; in turns, it does so for both.
            f"{beginning:.0f} us at first, {end:.0f} us at last; {age:.2f} of a new client": age <= 1.05
            # Too few requests measure the machine, not the client.
            or self.requests < 500_000,
        }
        for said, is_good in found.items():
            print(f"{self.name:<9} {self.requests} requests: {said}{'' if is_good else '  <-- TOO MUCH'}", flush=True)
        return all(found.values())


def blocking(url: str, requests: int, speech: Speech) -> bool:
    """One thread, one request after the other."""

    def send(client: Client, count: int) -> float:
        started = time.process_time()
        for number in range(count):
            if client.get(f"{url}/{number}").status_code != 200:
                raise AssertionError("not 200")
        return time.process_time() - started

    account = Account("blocking", requests)
    with Client(trust_env=False, **speech.options) as client, Client(trust_env=False, **speech.options) as new:
        for _ in range(_SLICES):
            send(client, requests // _SLICES)
            account.note()
        turn = requests // _SLICES // 20
        send(new, requests // _SLICES)  # its tables of header fields are full then, too
        for _ in range(_TURNS):
            account.take_turns(send(client, turn), send(new, turn))
        return account.judge()


async def under_asyncio(url: str, requests: int, speech: Speech) -> bool:
    """Fifty tasks at once."""
    account = Account("asyncio", requests)
    options = {"trust_env": False, "limits": Limits(max_connections=WORKERS, max_keepalive_connections=WORKERS)}
    options.update(speech.options)

    async def work(client: AsyncClient, count: int) -> None:
        for number in range(count):
            if (await client.get(f"{url}/{number}")).status_code != 200:
                raise AssertionError("not 200")

    async def send(client: AsyncClient, count: int) -> float:
        started = time.process_time()
        await asyncio.gather(*(work(client, count // WORKERS) for _ in range(WORKERS)))
        return time.process_time() - started

    async with AsyncClient(**options) as client, AsyncClient(**options) as new:
        for _ in range(_SLICES):
            await send(client, requests // _SLICES)
            account.note()
        turn = max(WORKERS, requests // _SLICES // 20)
        await send(new, requests // _SLICES)  # its tables of header fields are full then, too
        for _ in range(_TURNS):
            account.take_turns(await send(client, turn), await send(new, turn))
        return account.judge()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000, help="for each of the two clients")
    parser.add_argument("--http2", action="store_true", help="speak HTTP/2, and not HTTP/1.1")
    options = parser.parse_args()
    speech = HTTP2 if options.http2 else HTTP1
    with running(speech.server) as url:
        is_good = blocking(url, options.requests, speech)
        is_good = asyncio.run(under_asyncio(url, options.requests, speech)) and is_good
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
