"""The pool at work: reuse, replacement, queues, threads, and what it says when there is no room."""

from __future__ import annotations

import gc
import pickle
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from tests.hostile.http2_server import Http2Server
from understudy.client.bodies.streams import AsyncByteStream, SyncByteStream
from understudy.client.bridge import run
from understudy.client.clock import REAL_CLOCK
from understudy.client.config import Limits
from understudy.client.errors import (
    ConnectError,
    ConnectTimeout,
    DeadlineExceeded,
    PoolTimeout,
    ReadError,
    RemoteProtocolError,
    UnsupportedProtocol,
)
from understudy.client.messages.request import Request
from understudy.client.network.backends.memory import MemoryNetwork
from understudy.client.network.http2.outgoing import Outgoing
from understudy.client.network.pool_state import PoolState
from understudy.client.transports.network import HTTPTransport

from .conftest import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok"


class Server:
    """Answers each request with the next of `answers`; the last one again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.heard: list[bytes] = []

    def __call__(self, end: Any) -> Any:
        server = self

        class Peer:
            def received(self, data: bytes) -> None:
                server.heard.append(data)
                answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                if callable(answer):
                    answer(end)
                else:
                    end.send(answer)

        return Peer()


def silent(end: Any) -> None:
    """Say nothing."""


def closing(end: Any) -> None:
    end.close()


def resetting(end: Any) -> None:
    end.reset()


def test_one_connection_serves_one_request_after_another(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(OK))
        for _ in range(3):
            assert await sender.get() == b"ok"
        assert len(sender.network.connections) == 1
        assert (sender.pool.open, sender.pool.idle) == (1, 1)

    world.run(body)


@pytest.mark.parametrize("death", [closing, resetting])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_a_connection_that_dies_unanswered_is_replaced_for_idempotent_requests(
    world: Any, method: str, death: Any
) -> None:
    server = Server(OK, death, OK)

    async def body() -> None:
        sender = world.sender(server)
        await sender.get()
        response = await sender.send(method)
        assert response.status_code == 200
        assert len(sender.network.connections) == 2

    world.run(body)

    assert server.heard[1] == server.heard[2]


@pytest.mark.parametrize("death", [closing, resetting])
def test_a_post_is_not_sent_twice(world: Any, death: Any) -> None:
    server = Server(OK, death, OK)

    async def body() -> None:
        sender = world.sender(server)
        await sender.get()
        with pytest.raises((RemoteProtocolError, ReadError)) as caught:
            await sender.send("POST", content=b"x")
        assert caught.value.request_sent
        assert not caught.value.retryable
        assert sender.pool.open == 0

    world.run(body)

    assert len(server.heard) == 2


def test_a_second_death_is_an_error(world: Any) -> None:
    server = Server(OK, closing)

    async def body() -> None:
        sender = world.sender(server)
        await sender.get()
        with pytest.raises(RemoteProtocolError, match="without answering"):
            await sender.get()

    world.run(body)

    assert len(server.heard) == 3


def test_a_body_that_can_be_read_once_is_not_sent_twice(world: Any) -> None:
    server = Server(OK, closing)

    async def body() -> None:
        sender = world.sender(server)
        await sender.get()
        pieces: Any = iter([b"x"])
        if world.name != "blocking":

            async def later() -> Any:
                yield b"x"

            pieces = later()
        with pytest.raises(RemoteProtocolError):
            await sender.send("PUT", content=pieces)

    world.run(body)


def test_a_death_after_the_first_byte_is_an_error(world: Any) -> None:
    def half(end: Any) -> None:
        end.send(b"HTTP/1.1 2")
        end.close()

    server = Server(OK, half)

    async def body() -> None:
        sender = world.sender(server)
        await sender.get()
        with pytest.raises(RemoteProtocolError, match="in the middle of the response head"):
            await sender.get()

    world.run(body)

    assert len(server.heard) == 2


def test_a_full_pool_says_who_holds_it(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(ENDLESS), limits=Limits(max_connections=1, max_connections_per_host=1))
        held = await sender.send(url="http://h.test/slow?token=secret")
        extensions = {"timeout": {"pool": 0.001, "read": 1.0}}
        with pytest.raises(PoolTimeout) as caught:
            await sender.send(extensions=extensions)
        said = str(caught.value)
        assert "GET http://h.test/: no connection became free for 0.001 s" in said
        assert "1 active and 0 idle of at most 1 connections (1 per host), 1 request waiting" in said
        assert "held longest by GET http://h.test/slow for 0." in said
        assert "secret" not in said
        assert not sender.pool.waiting
        pool = caught.value.pool
        assert [holder.request for holder in pool.holders] == ["GET http://h.test/slow"]
        assert [waiter.request for waiter in pool.waiting] == ["GET http://h.test/"]
        assert repr(pickle.loads(pickle.dumps(caught.value)).pool) == repr(pool)
        await sender.close_response(held)
        assert sender.pool.open == 0

    world.run(body)


def test_who_waits_gets_the_connection_that_is_freed(world: Any) -> None:
    if world.name == "blocking":
        pytest.skip("blocking code waits in threads: see below")

    async def body() -> None:
        sender = world.sender(Server(ENDLESS, OK), limits=Limits(max_connections=1))
        held = await sender.send()
        got: list[bytes] = []

        async def wait_and_get() -> None:
            got.append(await sender.get())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait_and_get)
            tasks.start_soon(wait_and_get)
            await anyio.wait_all_tasks_blocked()
            assert len(sender.pool.waiting) == 2
            await sender.close_response(held)
        assert got == [b"ok", b"ok"]

    world.run(body)


def test_threads_share_a_pool() -> None:
    transport = HTTPTransport(network=MemoryNetwork(Server(OK)), limits=Limits(max_connections=4))
    wrong: list[Any] = []

    def work() -> None:
        for number in range(50):
            request = Request("GET", f"http://{'ab'[number % 2]}.test/", extensions={"timeout": {"pool": 10}})
            answer = transport.handle_request(request).read()
            if answer != b"ok":
                wrong.append(answer)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    pool = transport.snapshot()
    assert pool.active == 0
    assert not pool.waiting
    assert pool.open <= 4


def test_a_thread_waits_for_a_connection_of_another() -> None:
    transport = HTTPTransport(network=MemoryNetwork(Server(ENDLESS, OK)), limits=Limits(max_connections=1))
    held = transport.handle_request(Request("GET", "http://h.test/"))
    got: list[bytes] = []

    def work() -> None:
        got.append(transport.handle_request(Request("GET", "http://h.test/")).read())

    thread = threading.Thread(target=work)
    thread.start()
    while not transport.snapshot().waiting:
        time.sleep(0)
    held.close()
    thread.join()

    assert got == [b"ok"]


def test_a_server_says_how_long_it_keeps_a_connection(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = OK.replace(b"\r\n\r\n", b"\r\nKeep-Alive: timeout=10, max=100\r\n\r\n")

    async def body() -> None:
        sender = world.sender(Server(said), limits=Limits(keepalive_expiry=None))
        await sender.get()
        now = time.monotonic()
        pool = pool_of(sender)
        monkeypatch.setattr(pool, "_now", lambda: now + 8)
        await sender.get()
        assert len(sender.network.connections) == 1
        monkeypatch.setattr(pool, "_now", lambda: now + 20)
        await sender.get()
        assert len(sender.network.connections) == 2

    world.run(body)


def pool_of(sender: Any) -> Any:
    transport = sender.transport
    return transport._pool if isinstance(transport, HTTPTransport) else transport._homes.pool()


def test_connections_are_told_apart_by_origin_and_server_name(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(OK))
        for url in ("http://a.test/", "http://b.test/", "http://a.test:81/", "http://a.test/"):
            await sender.get(url)
        await sender.get("http://a.test/", extensions={"sni_hostname": "other"})
        assert [(end.host, end.port) for end in sender.network.connections] == [
            ("a.test", 80),
            ("b.test", 80),
            ("a.test", 81),
            ("a.test", 80),
        ]

    world.run(body)


def test_connecting_is_tried_again_as_often_as_asked(world: Any) -> None:
    attempts: list[int] = []

    def refuse(end: Any) -> Any:
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionRefusedError("refused")
        return Server(OK)(end)

    async def body() -> None:
        with pytest.raises(ConnectError, match="no connection: refused") as caught:
            await world.sender(refuse).get()
        assert caught.value.retryable
        assert caught.value.request_sent is False
        attempts.clear()
        assert await world.sender(refuse, retries=2).get() == b"ok"

    world.run(body)

    assert world.clock.now == 0.5


def test_between_attempts_to_connect_nobody_sleeps_past_the_deadline(world: Any) -> None:
    def refuse(end: Any) -> Any:
        raise ConnectionRefusedError("refused")

    async def body() -> None:
        with pytest.raises((ConnectError, DeadlineExceeded)):
            await world.sender(refuse, retries=3).get(extensions={"deadline": time.monotonic() + 0.2})

    world.run(body)

    assert world.clock.now <= 0.4


class Failing(SyncByteStream, AsyncByteStream):
    """A body that ends with an error of the caller's own."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __iter__(self) -> Iterator[bytes]:
        yield b"a"
        raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


@pytest.mark.parametrize("error", [FileNotFoundError("gone"), ReadError("of another request"), ValueError("no")])
@pytest.mark.parametrize("options", [{}, {"http1": False, "http2": True}])
def test_what_a_body_fails_with_is_the_callers_own(world: Any, options: Any, error: Exception) -> None:
    async def body() -> None:
        sender = world.sender(Http2Server() if options else Server(silent), **options)
        with pytest.raises(type(error)) as caught:
            await sender.send("POST", stream=Failing(error))
        assert caught.value is error
        assert caught.value.__cause__ is None
        assert sender.pool.active == 0

    world.run(body)


def test_an_attempt_that_takes_too_long_is_a_connect_timeout(world: Any) -> None:
    def never(end: Any) -> Any:
        raise TimeoutError("no answer from 'h.test'")

    async def body() -> None:
        with pytest.raises(ConnectTimeout, match="for 1 s; allow more with Timeout"):
            await world.sender(never).get()

    world.run(body)


@pytest.mark.parametrize("url", ["ftp://u:s3cret@h.test/", "mailto:me", "/r?token=s3cret", "foo://h.test:80/"])
def test_a_url_that_no_connection_can_serve_is_refused(world: Any, url: str) -> None:
    async def body() -> None:
        sender = world.sender(Server(OK))
        with pytest.raises(UnsupportedProtocol, match="http://") as caught:
            await sender.get(url)
        assert "s3cret" not in str(caught.value)
        assert sender.pool.open == 0

    world.run(body)


@pytest.mark.parametrize("url", ["/r", "h.test/r", "localhost:8000/r"])
def test_a_url_without_scheme_says_what_to_write(world: Any, url: str) -> None:
    async def body() -> None:
        with pytest.raises(UnsupportedProtocol, match="has no scheme: write http:// or https://"):
            await world.sender(Server(OK)).get(url)

    world.run(body)


def test_a_closed_pool_opens_again(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(OK))
        await sender.get()
        await sender.close()
        await sender.close()
        assert sender.network.connections[0].is_closed
        assert await sender.get() == b"ok"
        await sender.close()

    world.run(body)


def test_closing_a_pool_fails_what_it_serves(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(ENDLESS))
        response = await sender.send()
        await sender.close()
        with pytest.raises(ReadError):
            await sender.read(response)
        assert sender.pool.open == 0

    world.run(body)


def test_the_pool_can_be_looked_at(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(ENDLESS))
        await sender.send(url="http://h.test/a")
        pool = sender.pool
        assert pool.holders[0].request == "GET http://h.test/a"
        assert pool.holders[0].seconds < 5
        assert "1 active and 0 idle" in repr(pool_of(sender))
        assert "HTTPTransport" in repr(sender.transport)
        assert "served=1 open" in repr(next(iter(pool_of(sender)._state.entries.values())).connection)
        pool_of(sender).close_idle()
        assert sender.pool.open == 1

    world.run(body)


def test_connections_tell_the_pool_what_they_can_do(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(ENDLESS))
        response = await sender.send()
        pool = pool_of(sender)
        connection = next(iter(pool._state.entries.values())).connection
        pool.set_capacity(connection, 2)
        other = await sender.send()
        assert len(sender.network.connections) == 1
        pool.retire(connection)
        pool.retire(object())
        pool.set_capacity(object(), 1)
        await sender.send()
        assert len(sender.network.connections) == 2
        await sender.close_response(response)
        await sender.close_response(other)

    world.run(body)


def test_a_response_that_is_gone_gives_its_connection_back_when_somebody_needs_one(world: Any) -> None:
    server = Server(ENDLESS, OK)

    async def body() -> None:
        sender = world.sender(server, limits=Limits(max_connections=1))
        response = await sender.send("GET")
        assert sender.pool.active == 1
        del response
        gc.collect()

        assert await sender.get() == b"ok"
        assert len(sender.network.connections) == 2
        assert sender.pool.active == 0

    world.run(body)


@pytest.mark.usefixtures("small_heap")
def test_responses_that_are_gone_do_not_add_up_where_nothing_bounds_them(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(ENDLESS), limits=Limits(max_connections=None))
        for _ in range(20):
            await sender.send("GET")
            gc.collect()

        assert sender.pool.open <= 2

    world.run(body)


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_who_waits_in_vain_gets_what_a_response_held_that_is_gone_meanwhile(kind: str) -> None:
    async def body() -> None:
        real: Any = REAL_CLOCK
        sender = World(kind, real).sender(Server(ENDLESS, OK), limits=Limits(max_connections=1))
        held = [await sender.send("GET")]

        async def let_go() -> None:
            await anyio.sleep(0.02)
            held.clear()
            gc.collect()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(let_go)
            assert await sender.get(extensions={"timeout": {"pool": 0.1}}) == b"ok"

    anyio.run(body, backend=kind)


def test_nothing_is_held_after_closing_by_responses_that_are_gone(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(ENDLESS))
        await sender.send("GET")
        gc.collect()

        await sender.close()

        assert sender.pool.open == 0

    world.run(body)


class Litter:
    """Part of a circle: what it holds is closed by the garbage collector, in the middle of whatever runs."""

    def __init__(self, sender: Any) -> None:
        self.itself = self
        self.reading = self.read(sender)
        next(self.reading)

    @staticmethod
    def read(sender: Any) -> Iterator[bytes]:
        response = sender.transport.handle_request(Request("GET", "http://h.test/endless"))
        try:
            yield from response.stream
        finally:
            response.close()


def endless(peer: Any, request: Any) -> None:
    if request[":path"] == "/endless":
        peer.head(request.stream_id)
        peer.data(request.stream_id, b"ok")
    else:
        peer.respond(request.stream_id)


@pytest.mark.usefixtures("small_heap")
@pytest.mark.parametrize("step", ["acquire", "release", "open"])
@pytest.mark.parametrize("options", [{}, {"http1": False, "http2": True}], ids=["http1", "http2"])
def test_the_garbage_collector_may_close_a_response_in_the_middle_of_any_step(
    monkeypatch: pytest.MonkeyPatch, options: Any, step: str
) -> None:
    server: Any = Http2Server(on_request=endless) if options else Server(ENDLESS, ENDLESS, OK)
    sender = World("blocking").sender(server, limits=Limits(max_connections=3), **options)
    owner: Any = Outgoing if step == "open" else PoolState
    plain = getattr(owner, step)

    def struck(*arguments: Any, **options: Any) -> Any:
        gc.collect()
        answer = plain(*arguments, **options)
        gc.collect()
        return answer

    def work() -> None:
        # Two, because each step is struck before and after.
        litter = [Litter(sender), Litter(sender)]
        monkeypatch.setattr(owner, step, struck)
        del litter
        assert run(sender.get()) == b"ok"
        monkeypatch.undo()
        assert run(sender.get()) == b"ok"
        gc.collect()
        assert run(sender.get("http://other.test/")) == b"ok"
        done.append(True)

    done: list[bool] = []
    working = threading.Thread(target=work, daemon=True)
    gc.disable()
    try:
        working.start()
        working.join(60)
    finally:
        gc.enable()

    assert done, "the thread waits for itself"
    assert not sender.pool.holders
    run(sender.close())
