"""What lives longer than a request: threads, caches, interrupts, clocks, the end of the interpreter: C78 to C85."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from understudy import (
    Client,
    DigestAuth,
    HTTPError,
    HTTPTransport,
    Limits,
    MemoryNetwork,
    MockTransport,
    Request,
    Response,
    Retry,
)
from understudy.client.messages import fields
from understudy.client.network import origin
from understudy.client.urls import parse

from ...hostile.http2_server import Http2Server
from ..interrupting import Interrupter, at_lines, first_of
from .conftest import Wire

if TYPE_CHECKING:
    from ..conftest import Side

THREADS = 16
REQUESTS = 50


def test_c78_threads_share_a_client_that_one_of_them_closes() -> None:
    wire = Wire()
    client = Client(transport=HTTPTransport(network=MemoryNetwork(wire.connect)))
    outcomes: list[str] = []
    after: list[str] = []
    half, closed = threading.Event(), threading.Event()

    def sent() -> str:
        try:
            return str(client.get("http://h.test/").status_code)
        except (HTTPError, RuntimeError) as error:
            return type(error).__name__

    def work() -> None:
        for _ in range(REQUESTS):
            outcomes.append(sent())
            if len(outcomes) > THREADS * REQUESTS // 2:
                half.set()
        closed.wait(30)
        after.append(sent())

    def close() -> None:
        half.wait(30)
        client.close()
        closed.set()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(THREADS)]
    threads.append(threading.Thread(target=close, daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert not [thread for thread in threads if thread.is_alive()]
    assert len(outcomes) == THREADS * REQUESTS
    assert outcomes.count("200") >= THREADS * REQUESTS // 2
    assert after == ["RuntimeError"] * THREADS


def test_c80_nothing_that_is_remembered_grows_without_end() -> None:
    auth, retry = DigestAuth("ada", "password"), Retry(backoff=0)

    def answer(request: Request) -> Response:
        if "Authorization" in request.headers:
            return Response(200)
        return Response(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'})

    with Client(transport=MockTransport(answer), auth=auth, retry=retry, cookies=False) as client:
        for number in range(1_500):
            client.get(f"http://host-{number}.test/", headers={f"X-{number}": "1"})

    assert len(auth._sessions) <= 256
    assert len(retry._tokens) <= 1_025
    assert parse._parse_cached.cache_info().currsize <= 1_024
    assert len(fields.lowered) <= 1_024


def test_c80_nor_does_what_the_network_remembers() -> None:
    wire = Wire()

    with Client(transport=HTTPTransport(network=MemoryNetwork(wire.connect))) as client:
        for number in range(1_500):
            client.get(f"http://host-{number}.test/", headers={"Connection": "close"})

    assert len(origin._known) <= 1_024


class Scene(NamedTuple):
    """In what a request is interrupted."""

    before: str | None = None
    """What was asked for before."""
    options: dict[str, Any] = {}  # noqa: RUF012  # never changed
    """What the transport is told."""
    hangs_up: bool = False
    """Whether the server hangs up before the request."""
    target: str = "/"


SCENES: dict[str, Scene] = {
    "on a new connection": Scene(),
    "on a kept one": Scene("http://h.test/"),
    "in the place of another": Scene("http://other.test/", {"limits": Limits(max_connections=1)}),
    "where the kept one has expired": Scene("http://h.test/", {"limits": Limits(keepalive_expiry=0)}),
    "where the kept one has died": Scene("http://h.test/", hangs_up=True),
    "where none is kept": Scene(options={"limits": Limits(max_keepalive_connections=0)}),
    "with a body in chunks": Scene("http://h.test/", {"limits": Limits(max_connections=1)}, target="/chunked"),
    "with a body that comes later": Scene("http://h.test/", {"limits": Limits(max_connections=1)}, target="/later"),
    "over HTTP/2": Scene(options={"http1": False, "http2": True}),
    "over a kept connection of HTTP/2": Scene("http://h.test/", {"http1": False, "http2": True}),
}


def network_of(scene: Scene, wire: Wire) -> MemoryNetwork:
    if "http2" in scene.options:
        return MemoryNetwork(Http2Server(on_request=lambda peer, request: peer.respond(request.stream_id, body=b"")))
    wire.answers[b"/chunked"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    wire.answers[b"/later"] = b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + bytes(70_000)
    return MemoryNetwork(wire.connect)


def interrupted(scene: Scene, at: int) -> tuple[int, str, Any]:
    """Interrupt a request; return how many lines it came to, the answer to another one, and the pool."""
    wire = Wire()
    transport = HTTPTransport(network=network_of(scene, wire), **scene.options)
    client = Client(transport=transport, timeout=0.2)
    if scene.before is not None:
        client.get(scene.before)
    if scene.hangs_up:
        wire.hang_up()
    interrupter = Interrupter(at)
    try:
        with interrupter.on():
            client.get(f"http://h.test{scene.target}")
    except KeyboardInterrupt:
        assert interrupter.lines == at
    if sys.version_info < (3, 10):
        gc.collect(1)  # the interrupt and what it struck may hold each other
    return interrupter.lines, client.get("http://h.test/").text, transport.snapshot()


@at_lines
@pytest.mark.parametrize("scene", list(SCENES))
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_c82_an_interrupt_at_any_line_leaves_a_client_that_works(scene: str, every: int) -> None:
    interrupted(SCENES[scene], 0)  # what is loaded when first used is loaded now
    lines, _, _ = interrupted(SCENES[scene], 0)

    assert lines > 100
    for at in range(first_of(every), lines, every):
        _, text, pool = interrupted(SCENES[scene], at)

        assert text == "", at
        assert (pool.active, pool.holders, pool.waiting) == (0, (), ()), at


def test_c84_a_wall_clock_that_jumps_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()
    year = 365 * 86_400.0
    real = time.time

    with Client(transport=HTTPTransport(network=MemoryNetwork(wire.connect))) as client:
        for jump in (0.0, year, -year):
            monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
            with client.deadline(30):
                assert client.get("http://h.test/").status_code == 200

    assert wire.connections == 1


ABANDONED = """
import asyncio, sys
import understudy
from understudy import AsyncClient, Client, Headers, HTTPTransport, MemoryNetwork, Request

class Server:
    def __init__(self, end):
        self.end = end
    def received(self, data):
        self.end.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\nhalf")

client = Client(transport=HTTPTransport(network=MemoryNetwork(Server)))
response = client.send(Request("GET", "http://h.test/"), stream=True)
reader = response.iter_raw()
next(reader)
context = client.stream("GET", "http://h.test/")
opened = context.__enter__()

async def main():
    global kept
    kept = AsyncClient(transport=understudy.AsyncHTTPTransport(network=understudy.AsyncMemoryNetwork(Server)))
    await kept.send(Request("GET", "http://h.test/"), stream=True)
    kept.get("http://h.test/").close()

asyncio.run(main())
"""


def test_c85_what_is_left_open_at_the_end_of_the_interpreter_harms_nobody() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore::ResourceWarning", "-c", ABANDONED],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


@pytest.mark.anyio
async def test_requests_leave_no_memory_behind(side: Side) -> None:
    # The long form is `python benchmarks/client.py --requests 1000000`.
    client = side.client(lambda request: Response(200, json={"id": 7}))

    async def send(times: int) -> int:
        for _ in range(times):
            (await side.call(client.get, "https://api.test/users/7", params={"page": 1})).json()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = await send(300)
        after = await send(500)
    finally:
        tracemalloc.stop()

    # Requests that left one small object each would leave more.
    assert after - before < 24_576, after - before
