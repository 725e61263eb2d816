"""Many callers at once, a third of them cancelled: `python -m benchmarks.load [--http2]`.

Every request carries a number of its own that the server sends back, so that an answer that reached the wrong caller
is seen. After each round the pool must be empty of calls, every socket must be an idle connection that the pool knows,
no stream and no task may be left, and the same client goes on working.
HTTP/1.1 has 100 connections for 10 000 callers, HTTP/2 has ten, of 100 streams each.
Ends with a traceback at the first promise that does not hold. `--short` takes two seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import random
import threading
import time
from collections import Counter
from typing import Any, Callable, NamedTuple

from understudy import AsyncClient, AsyncHTTPTransport, Client, HTTPTransport, Limits, TransportError

from .servers import running

PATIENT = {"timeout": 60.0}


class Speech(NamedTuple):
    """What is spoken, and over how many connections."""

    server: str
    connections: int
    options: dict[str, Any]
    """What the transport is told."""


HTTP1 = Speech("echo", 100, {})
HTTP2 = Speech("echo-http2", 10, {"http1": False, "http2": True})


def sockets() -> int:
    """Count the TCP sockets of this process."""
    found = 0
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        try:
            found += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except OSError:
            continue
    return found


async def ask(client: AsyncClient, url: str, number: int) -> None:
    """Ask for a number, and insist on getting that one."""
    response = await client.get(f"{url}/{number}")
    if response.content != b"/%d" % number:
        raise AssertionError(f"asked for {number}, got {response.content!r}")


def cancelled_share() -> str | None:
    """Return how a caller is interrupted: 30 of 100, in three ways."""
    chance = random.random()
    return "task" if chance < 0.1 else "wait_for" if chance < 0.2 else "scope" if chance < 0.3 else None


async def round_of_asyncio(client: AsyncClient, url: str, tasks: int, first: int, span: float) -> Counter[str]:
    """Start all tasks at once, and interrupt some of them at some moment of the round."""
    import anyio

    ended: Counter[str] = Counter()
    loop = asyncio.get_running_loop()

    async def one(number: int, how: str | None, after: float) -> None:
        try:
            if how == "wait_for":
                await asyncio.wait_for(ask(client, url, number), after)
            elif how == "scope":
                with anyio.move_on_after(after) as scope:
                    await ask(client, url, number)
                if scope.cancelled_caught:
                    ended["cancelled"] += 1
                    return
            else:
                await ask(client, url, number)
            ended["answered"] += 1
        except (asyncio.TimeoutError, asyncio.CancelledError):  # two classes before Python 3.11
            ended["cancelled"] += 1

    running_tasks: list[asyncio.Task[None]] = []
    for number in range(first, first + tasks):
        how = cancelled_share()
        after = random.random() * span
        task = loop.create_task(one(number, how, after))
        if how == "task":
            loop.call_later(after, task.cancel)
        running_tasks.append(task)
    for result in await asyncio.gather(*running_tasks, return_exceptions=True):
        # A task that was cancelled before its first step counts as cancelled too.
        if isinstance(result, asyncio.CancelledError):
            ended["cancelled"] += 1
        elif result is not None:
            raise result
    return ended


async def under_asyncio(url: str, speech: Speech, tasks: int, rounds: int) -> None:
    """Run all rounds with one client, and look at what is left after each."""
    before = sockets()
    transport = AsyncHTTPTransport(limits=Limits(max_connections=speech.connections), **speech.options)
    async with AsyncClient(transport=transport, trust_env=False, **PATIENT) as client:  # type: ignore[arg-type]  # numbers
        span = tasks / 4000
        for turn in range(rounds):
            started = time.perf_counter()
            ended = await round_of_asyncio(client, url, tasks, turn * 2 * tasks, span)
            span = time.perf_counter() - started
            expect(sum(ended.values()) == tasks, f"{ended} of {tasks}")
            # What was aborted is closed at the loop's next turn.
            await asyncio.sleep(0.05)
            settled(transport, sockets() - before)
            expect(len(asyncio.all_tasks()) == 1, f"tasks left: {asyncio.all_tasks()}")
            await asyncio.gather(*(ask(client, url, turn * 2 * tasks + tasks + number) for number in range(500)))
            settled(transport, sockets() - before)
            told("asyncio", turn, ended, started)
    await asyncio.sleep(0.05)
    expect(sockets() == before, f"{sockets() - before} sockets left")


async def under_trio(url: str, speech: Speech, tasks: int, rounds: int) -> None:
    """Do the same with trio's own cancellation."""
    import trio

    before = sockets()
    transport = AsyncHTTPTransport(limits=Limits(max_connections=speech.connections), **speech.options)
    async with AsyncClient(transport=transport, trust_env=False, **PATIENT) as client:  # type: ignore[arg-type]  # numbers
        span = tasks / 2000
        for turn in range(rounds):
            ended: Counter[str] = Counter()
            started = time.perf_counter()
            until = span

            async def one(number: int, is_cancelled: bool, ended: Counter[str] = ended, until: float = until) -> None:
                with trio.move_on_after(random.random() * until if is_cancelled else 3600) as scope:
                    await ask(client, url, number)
                ended["cancelled" if scope.cancelled_caught else "answered"] += 1

            async with trio.open_nursery() as nursery:
                for number in range(tasks):
                    nursery.start_soon(one, turn * tasks + number, random.random() < 0.3)
            span = time.perf_counter() - started
            expect(sum(ended.values()) == tasks, f"{ended} of {tasks}")
            settled(transport, sockets() - before)
            told("trio", turn, ended, started)
    expect(sockets() == before, f"{sockets() - before} sockets left")


def under_threads(url: str, speech: Speech, threads: int, each: int, *, closing: bool) -> None:
    """Let threads share one client with a third of the connections; `closing` pulls them away now and then."""
    before = sockets()
    transport = HTTPTransport(limits=Limits(max_connections=threads // 3), **speech.options)
    ended: Counter[str] = Counter()
    lock = threading.Lock()
    failures: list[BaseException] = []
    is_over = threading.Event()

    def work(place: int) -> None:
        mine: Counter[str] = Counter()
        try:
            for number in range(place * each, (place + 1) * each):
                try:
                    said = client.get(f"{url}/{number}").content
                except TransportError:
                    expect(closing, "an error, though nobody closes anything")
                    mine["failed"] += 1
                else:
                    expect(said == b"/%d" % number, f"asked for {number}, got {said!r}")
                    mine["answered"] += 1
        except BaseException as error:
            failures.append(error)
        with lock:
            ended.update(mine)

    def close() -> None:
        while not is_over.wait(0.01):
            transport.close()

    started = time.perf_counter()
    with Client(transport=transport, trust_env=False, **PATIENT) as client:  # type: ignore[arg-type]  # numbers
        workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
        closer = threading.Thread(target=close)
        if closing:
            closer.start()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(300)
            expect(not worker.is_alive(), "a thread hangs")
        is_over.set()
        if closing:
            closer.join()
        if failures:
            raise failures[0]
        expect(sum(ended.values()) == threads * each, f"{ended} of {threads * each}")
        settled(transport, sockets() - before)
    expect(sockets() == before, f"{sockets() - before} sockets left")
    told(f"{threads} threads{', closing' if closing else ''}", 0, ended, started)


def settled(transport: Any, open_sockets: int) -> None:
    """Fail unless nobody holds or awaits a connection, and every socket is an idle one."""
    pool = transport.snapshot()
    expect(pool.active == 0 and not pool.waiting and not pool.holders, f"slots leaked: {pool}")
    for connection in connections(transport):
        streams = getattr(connection, "protocol", NoStreams)
        expect(not streams.streams and not streams.pushed, f"streams leaked: {connection!r}")
    if os.path.isdir("/proc/self/fd"):
        expect(open_sockets == pool.open, f"{open_sockets} sockets for {pool.open} connections")


class NoStreams:
    """What a connection that speaks HTTP/1.1 has of them."""

    streams: Any = ()
    pushed: Any = ()


def connections(transport: Any) -> list[Any]:
    """Return the connections in a transport's pool, of the running event loop where there is one."""
    pool = transport._homes.pool() if hasattr(transport, "_homes") else transport._pool
    return [entry.connection for entry in pool._state.entries.values()]


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def told(what: str, turn: int, ended: Counter[str], started: float) -> None:
    said = ", ".join(f"{count} {name}" for name, count in sorted(ended.items()))
    print(
        f"{what:<20} round {turn + 1:>2}: {said} in {time.perf_counter() - started:.2f} s; nothing leaked", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--short", action="store_true", help="500 tasks, 2 rounds, 64 threads of 20 requests")
    parser.add_argument("--http2", action="store_true", help="speak HTTP/2, and not HTTP/1.1")
    options = parser.parse_args()
    speech = HTTP2 if options.http2 else HTTP1
    tasks, rounds, each = (500, 2, 20) if options.short else (options.tasks, options.rounds, 2000)
    with running(speech.server) as url:
        asyncio.run(under_asyncio(url, speech, tasks, rounds))
        if importlib.util.find_spec("trio"):
            run_trio(under_trio, url, speech, tasks, rounds)
        under_threads(url, speech, 64, each, closing=False)
        under_threads(url, speech, 64, each, closing=True)


def run_trio(body: Callable[..., Any], *arguments: Any) -> None:
    import trio

    trio.run(body, *arguments)


if __name__ == "__main__":
    main()
