"""Many callers on one connection: tasks, cancelled and not, and threads."""

from __future__ import annotations

import asyncio
import random
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
import trustme
from hyperframe.frame import HeadersFrame, RstStreamFrame, SettingsFrame

from tests.hostile.http2_server import Http2Server, ListeningServer
from understudy.client import Client
from understudy.client.config import HTTP2, Limits
from understudy.client.errors import PoolTimeout, ReadTimeout, TransportError
from understudy.client.messages.request import Request
from understudy.client.network.backends.memory import AsyncMemoryNetwork
from understudy.client.network.http2.duties import _rounded
from understudy.client.transports.network import AsyncHTTPTransport, HTTPTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.hostile.http2_server import Http2Peer, Http2Request
    from understudy.client.messages.response import Response

TIMEOUTS = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}
CANCEL = 0x8


def get(path: str = "/", base: str = "http://h.test", **timeouts: float) -> Request:
    return Request("GET", base + path, extensions={"timeout": {**TIMEOUTS, **timeouts}})


def memory(server: Http2Server, **options: Any) -> AsyncHTTPTransport:
    return AsyncHTTPTransport(http1=False, http2=True, network=AsyncMemoryNetwork(server), **options)


async def read(transport: AsyncHTTPTransport, request: Request) -> bytes:
    response = await transport.handle_async_request(request)
    return await response.aread()


class Holding(Http2Server):
    """Answers when told to, with the path that was asked for."""

    def __init__(self) -> None:
        super().__init__(on_request=self._hold)
        self.held: list[tuple[Http2Peer, Http2Request]] = []

    def _hold(self, peer: Http2Peer, request: Http2Request) -> None:
        self.held.append((peer, request))

    def release(self, place: int = 0) -> None:
        peer, request = self.held.pop(place)
        peer.respond(request.stream_id, body=request[":path"].encode())


async def until(condition: Any) -> None:
    with anyio.fail_after(5):
        while not condition():
            await anyio.lowlevel.checkpoint()


@pytest.mark.anyio
async def test_a_hundred_tasks_share_a_connection_and_get_their_own_answers() -> None:
    server = Holding()
    transport = memory(server)
    answers: dict[int, bytes] = {}

    async def ask(number: int) -> None:
        answers[number] = await read(transport, get(f"/{number}"))

    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(ask, number)
        await until(lambda: len(server.held) == 100)
        order = random.Random(1)
        while server.held:
            server.release(order.randrange(len(server.held)))

    assert answers == {number: b"/%d" % number for number in range(100)}
    assert len(server.peers) == 1
    assert transport.snapshot().active == 0


@pytest.mark.anyio
async def test_another_connection_is_made_when_the_streams_run_out() -> None:
    def hello(peer: Http2Peer) -> None:
        peer.settings({3: 10})

    server = Holding()
    server.hello = hello
    transport = memory(server)

    async def ask(number: int) -> None:
        await read(transport, get(f"/{number}"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, 0)
        await until(lambda: server.held)
        server.release()
        await until(lambda: not transport.snapshot().active)
        for number in range(25):
            tasks.start_soon(ask, number)
        await until(lambda: len(server.held) == 25)
        assert [len(peer.requests) for peer in server.peers] == [11, 10, 5]
        while server.held:
            server.release()

    assert transport.snapshot().active == 0


@pytest.mark.anyio
async def test_fewer_streams_than_thought_are_waited_for() -> None:
    server = Holding()
    transport = memory(server, limits=Limits(max_connections=1))
    answers: list[bytes] = []

    async def ask(number: int) -> None:
        answers.append(await read(transport, get(f"/{number}")))

    async with anyio.create_task_group() as tasks:
        for number in range(6):
            tasks.start_soon(ask, number)
        await until(lambda: len(server.held) == 6)
        server.peers[0].settings({3: 2})
        for number in range(6, 9):
            tasks.start_soon(ask, number)
        for _ in range(9):
            await until(lambda: server.held)
            server.release()

    assert sorted(answers) == [b"/%d" % number for number in range(9)]
    assert transport.snapshot().active == 0
    assert len(server.peers) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("are_said", [True, False])
async def test_nobody_but_the_first_goes_ahead_of_the_settings(are_said: bool) -> None:
    server = Holding()
    server.hello, server.acknowledges = None, False
    transport = memory(server, limits=Limits(max_connections=1))
    outcome: list[Any] = []

    async def ask() -> None:
        await read(transport, get("/first"))

    async def ask_too() -> None:
        try:
            outcome.append(await read(transport, get("/second", pool=5.0 if are_said else 0.05)))
        except PoolTimeout as error:
            outcome.append(str(error))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await until(lambda: server.held)
        tasks.start_soon(ask_too)
        for _ in range(10):
            await anyio.lowlevel.checkpoint()
        assert len(server.peers[0].requests) == 1
        if are_said:
            # One stream is what the first has: the second waits for it, since there may be no other connection.
            server.peers[0].settings({3: 1})
            for _ in range(10):
                await anyio.lowlevel.checkpoint()
            assert len(server.peers[0].requests) == 1
            server.release()
            await until(lambda: server.held)
            server.release()
        else:
            await until(lambda: outcome)
            server.peers[0].settings()
            server.release()

    assert outcome[0] == b"/second" if are_said else "does not say how many streams it takes" in outcome[0]
    assert transport.snapshot().active == 0


@pytest.mark.anyio
async def test_a_server_is_never_given_more_than_it_takes() -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if sum(held_peer is peer for held_peer, _ in server.held) >= 7:
            refused.append(request[":path"])
            peer.reset(request.stream_id, 0x7)
        else:
            server.held.append((peer, request))

    def hello(peer: Http2Peer) -> None:
        peer.settings({3: 7})

    refused: list[str] = []
    server = Holding()
    server.on_request = answer
    server.hello = hello
    transport = memory(server, limits=Limits(max_connections=5))
    answers: list[bytes] = []

    async def ask(number: int) -> None:
        answers.append(await read(transport, get(f"/{number}")))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for number in range(200):
                tasks.start_soon(ask, number)
            await until(lambda: len(server.held) == 35)
            while len(answers) < 200:
                while server.held:
                    server.release()
                await anyio.lowlevel.checkpoint()

    assert sorted(answers) == sorted(b"/%d" % number for number in range(200))
    assert refused == []
    assert len(server.peers) == 5
    assert transport.snapshot().active == 0


@pytest.mark.anyio
async def test_a_server_that_takes_no_streams_is_waited_for() -> None:
    server = Holding()
    transport = memory(server, limits=Limits(max_connections=1))
    answers: list[Any] = []

    async def ask() -> None:
        answers.append(await read(transport, get("/")))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await until(lambda: server.held)
            server.peers[0].settings({3: 0})
            for _ in range(10):
                await anyio.lowlevel.checkpoint()
            tasks.start_soon(ask)
            for _ in range(10):
                await anyio.lowlevel.checkpoint()
            assert len(server.held) == 1
            server.peers[0].settings({3: 2})
            await until(lambda: len(server.held) == 2)
            server.release()
            server.release()

    assert answers == [b"/", b"/"]
    assert len(server.peers) == 1


@pytest.mark.anyio
async def test_each_stream_has_its_own_timeout_whoever_reads() -> None:
    server = Holding()
    transport = memory(server)
    ended: list[str] = []

    async def ask(path: str, seconds: float) -> None:
        start = time.monotonic()
        with pytest.raises(ReadTimeout):
            await read(transport, get(path, read=seconds))
        assert time.monotonic() - start >= seconds
        ended.append(path)

    async def drip() -> None:
        """Keep the reader busy with a stream that is alive, until the others have ended."""
        await until(lambda: len(server.held) == 3)
        peer, request = next(item for item in server.held if item[1][":path"] == "/busy")
        peer.head(request.stream_id)
        while len(ended) < 2:
            await anyio.sleep(0.01)
            peer.data(request.stream_id, b"x")
        peer.data(request.stream_id, ends=True)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, "/long", 0.1)
            tasks.start_soon(ask, "/short", 0.04)
            tasks.start_soon(drip)
            assert set(await read(transport, get("/busy", read=9.0))) == set(b"x")

    assert sorted(ended) == ["/long", "/short"]
    assert transport.snapshot().active == 0
    assert [request.reset_code for request in server.peers[0].requests.values()].count(CANCEL) == 2


@pytest.mark.anyio
async def test_the_reader_may_be_cancelled_and_another_one_reads_on() -> None:
    server = Holding()
    transport = memory(server)
    answers: list[bytes] = []

    async def ask(path: str) -> None:
        answers.append(await read(transport, get(path)))

    for victims in (1, 2):
        async with anyio.create_task_group() as tasks:
            scopes: list[anyio.CancelScope] = []

            async def doomed(scopes: list[anyio.CancelScope] = scopes) -> None:
                with anyio.CancelScope() as scope:
                    scopes.append(scope)
                    await read(transport, get("/doomed"))

            for _ in range(victims):
                tasks.start_soon(doomed)
            await until(lambda wanted=victims: len(server.held) == wanted)
            tasks.start_soon(ask, "/kept")
            await until(lambda wanted=victims: len(server.held) == wanted + 1)
            for scope in scopes:
                scope.cancel()
            await anyio.lowlevel.checkpoint()
            server.release(victims)
        server.held.clear()

    assert answers == [b"/kept", b"/kept"]
    assert transport.snapshot().active == 0
    assert len(server.peers) == 1
    assert len(server.peers[0].heard(RstStreamFrame)) == 3


@pytest.mark.anyio
async def test_a_cut_connection_fails_every_stream_on_it_at_once() -> None:
    server = Holding()
    transport = memory(server)
    failures: list[BaseException] = []

    async def ask(number: int) -> None:
        try:
            response = await transport.handle_async_request(
                Request("POST", f"http://h.test/{number}", content=b"x", extensions={"timeout": TIMEOUTS})
            )
            await response.aread()
        except TransportError as error:
            failures.append(error)

    start = time.monotonic()
    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(ask, number)
        await until(lambda: len(server.held) == 100)
        server.peers[0].end.reset()

    assert len(failures) == 100
    assert len({id(failure) for failure in failures}) == 100
    assert time.monotonic() - start < 4.0  # well before any timeout
    assert transport.snapshot().open == 0


@pytest.mark.anyio
async def test_a_response_that_nobody_reads_holds_up_no_other() -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/ignored":
            peer.head(request.stream_id)
            for _ in range(128):
                peer.data(request.stream_id, b"x" * 16_384)
        else:
            peer.respond(request.stream_id)

    transport = memory(Http2Server(on_request=answer))

    ignored = [await transport.handle_async_request(get("/ignored")) for _ in range(12)]

    assert await read(transport, get()) == b"ok"
    for response in ignored:
        await response.aclose()
    assert transport.snapshot().active == 0


@pytest.mark.anyio
async def test_an_upload_goes_on_when_the_connection_has_room_again_whoever_reads() -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] != "/held":
            peer.respond(request.stream_id)

    server = Http2Server(on_request=answer, gives_credit=False)
    transport = memory(server)
    upload = Request("POST", "http://h.test/", content=b"x" * 100_000, extensions={"timeout": TIMEOUTS})

    async def widen(peer: Http2Peer) -> None:
        await until(lambda: 5 in peer.requests and len(peer.requests[5].body) == 65_535)
        for stream in (5, 0):
            peer.credit(stream, 100_000)
            for _ in range(10):  # so that one comes after the other has been looked at
                await anyio.lowlevel.checkpoint()

    with anyio.fail_after(4):
        await read(transport, get())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read, transport, get("/held"))
            await until(lambda: 3 in server.peers[0].requests)
            tasks.start_soon(widen, server.peers[0])
            assert await read(transport, upload) == b"ok"
            tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_a_stuck_upload_holds_up_no_other() -> None:
    server = Http2Server(gives_credit=False)
    transport = memory(server)
    outcome: list[str] = []

    async def upload() -> None:
        request = Request(
            "POST", "http://h.test/", content=b"x" * 65_600, extensions={"timeout": {**TIMEOUTS, "write": 0.1}}
        )
        try:
            await read(transport, request)
        except TransportError as error:
            outcome.append(type(error).__name__)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(upload)
        await until(lambda: server.peers and len(server.peers[0].requests) == 1)
        assert await read(transport, get()) == b"ok"

    assert outcome == ["WriteTimeout"]
    assert transport.snapshot().active == 0


async def churn(tasks_count: int, *, seed: int) -> None:
    """Ask from many tasks and cancel three of ten: nothing leaks, no answer goes to another."""
    order = random.Random(seed)
    server = Http2Server(on_request=lambda peer, request: waiting.append((peer, request)))
    waiting: list[tuple[Http2Peer, Http2Request]] = []
    transport = memory(server, limits=Limits(max_connections=4))
    wrong: list[bytes] = []
    right = 0
    done = False

    async def serve() -> None:
        while not done:
            batch, waiting[:] = list(waiting), []
            order.shuffle(batch)
            for peer, request in batch:
                peer.head(request.stream_id)
                peer.data(request.stream_id, request[":path"].encode(), ends=True)
            await asyncio.sleep(0)

    async def ask(number: int) -> None:
        nonlocal right
        answer = await read(transport, get(f"/{number}", pool=60.0))
        if answer == b"/%d" % number:
            right += 1
        else:
            wrong.append(answer)

    server_task = asyncio.ensure_future(serve())
    asked = [asyncio.ensure_future(ask(number)) for number in range(tasks_count)]
    doomed = [task for task in asked if order.random() < 0.3]
    for task in doomed:
        await asyncio.sleep(0)
        task.cancel()
    results = await asyncio.gather(*asked, return_exceptions=True)
    done = True
    await server_task

    assert not wrong
    assert right + sum(isinstance(result, asyncio.CancelledError) for result in results) == tasks_count
    snapshot = transport.snapshot()
    assert snapshot.active == 0
    assert not snapshot.holders
    assert not snapshot.waiting
    assert await asyncio.wait_for(alone(transport, waiting), 5) == b"/last"


async def alone(transport: AsyncHTTPTransport, waiting: list[tuple[Http2Peer, Http2Request]]) -> bytes:
    asked = asyncio.ensure_future(read(transport, get("/last")))
    await until(lambda: waiting)
    peer, request = waiting.pop()
    peer.respond(request.stream_id, body=b"/last")
    return await asked


def test_a_thousand_tasks_of_which_a_third_is_cancelled() -> None:
    asyncio.run(churn(1_000, seed=7))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_ten_thousand_tasks_of_which_a_third_is_cancelled(seed: int) -> None:
    asyncio.run(churn(10_000, seed=seed))


def test_waits_of_nearly_the_same_length_share_a_timer() -> None:
    asked = [5.0 - number / 1_000_000 for number in range(10_000)] + [0.0, 1e-9, 0.001, 1.0, 299.0]

    rounded = [_rounded(seconds) for seconds in asked]

    assert len(set(rounded)) < 8
    assert all(seconds * 7 / 8 <= wait <= max(seconds, 0.001) for seconds, wait in zip(asked, rounded))


class SlowNetwork:
    """A network that holds up a writer, after its bytes have arrived, while `is_held`."""

    def __init__(self, network: AsyncMemoryNetwork) -> None:
        self._network = network
        self.is_held = False
        self.bounds: list[float | None] = []
        self.goes_on = anyio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    async def connect_tcp(self, *place: Any, **options: Any) -> Any:
        return SlowStream(await self._network.connect_tcp(*place, **options), self)


class SlowStream:
    def __init__(self, stream: Any, network: SlowNetwork) -> None:
        self._stream = stream
        self._network = network

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def write(self, data: bytes, timeout: float | None) -> None:
        await self._stream.write(data, timeout)
        if self._network.is_held:
            self._network.is_held = False
            await self._network.goes_on.wait()


class StuckNetwork(SlowNetwork):
    """A network that takes nothing while `is_held`."""

    async def connect_tcp(self, *place: Any, **options: Any) -> Any:
        return StuckStream(await self._network.connect_tcp(*place, **options), self)


class StuckStream(SlowStream):
    async def write(self, data: bytes, timeout: float | None) -> None:
        if self._network.is_held:
            self._network.bounds.append(timeout)
            raise TimeoutError
        await self._stream.write(data, timeout)


@pytest.mark.anyio
async def test_closing_waits_no_longer_for_a_server_that_takes_nothing_than_writing_does() -> None:
    network: Any = StuckNetwork(
        AsyncMemoryNetwork(Http2Server(on_request=lambda peer, asked: peer.head(asked.stream_id)))
    )
    transport = AsyncHTTPTransport(http1=False, http2=True, network=network)
    outcome: list[str] = []

    async def listen(response: Response) -> None:
        with pytest.raises(TransportError, match="took nothing more"):
            await response.aread()
        outcome.append("ended")

    with anyio.fail_after(4):
        listened = await transport.handle_async_request(get())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen, listened)
            response = await transport.handle_async_request(get(write=3.0))
            for _ in range(10):  # the other one takes the reading on
                await anyio.lowlevel.checkpoint()
            network.is_held = True
            await response.aclose()

    assert network.bounds == [3.0]
    assert outcome == ["ended"]
    assert transport.snapshot().active == 0


@pytest.mark.anyio
async def test_closing_in_a_cancelled_task_gives_a_server_that_takes_nothing_a_moment_only() -> None:
    network: Any = SlowNetwork(
        AsyncMemoryNetwork(Http2Server(on_request=lambda peer, asked: peer.head(asked.stream_id)))
    )
    transport = AsyncHTTPTransport(http1=False, http2=True, network=network)
    request = Request("GET", "http://h.test/", extensions={"timeout": dict.fromkeys(TIMEOUTS)})

    with anyio.fail_after(10):
        first = await transport.handle_async_request(request)
        # Somebody who only listens, so that closing waits as long as the call may write.
        listening = await transport.handle_async_request(request)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(aread_in_vain, listening)
            for _ in range(10):
                await anyio.lowlevel.checkpoint()
            network.is_held = True
            with anyio.CancelScope() as scope:
                scope.cancel()
                await first.aclose()

    assert transport.snapshot().open == 0


async def aread_in_vain(response: Response) -> None:
    with pytest.raises(TransportError):
        await response.aread()


@pytest.mark.anyio
async def test_a_writer_who_is_answered_before_it_has_written_sends_what_others_have_left_to_it() -> None:
    network: Any = SlowNetwork(AsyncMemoryNetwork(Http2Server()))
    transport = AsyncHTTPTransport(http1=False, http2=True, network=network)
    answers: list[str] = []

    async def ask(path: str) -> None:
        await read(transport, get(path))
        answers.append(path)

    with anyio.fail_after(4):
        await ask("/first")
        network.is_held = True
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, "/writer")
            await until(lambda: not network.is_held)
            tasks.start_soon(ask, "/reader")
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            # The reader has taken in the writer's answer, and listens for its own, which nobody has asked for yet.
            network.goes_on.set()

    assert sorted(answers) == ["/first", "/reader", "/writer"]
    assert transport.snapshot().active == 0


def post(path: str = "/") -> Request:
    return Request("POST", f"http://h.test{path}", content=b"x", extensions={"timeout": TIMEOUTS})


@pytest.mark.anyio
async def test_the_end_is_seen_behind_what_is_left_of_a_stream_that_was_closed_early() -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/large":
            peer.head(request.stream_id)
            for _ in range(100):
                peer.data(request.stream_id, bytes(16_384))
        else:
            peer.respond(request.stream_id)

    server = Http2Server(on_request=answer)
    transport = memory(server)

    large = await transport.handle_async_request(get("/large"))
    await large.aclose()
    server.peers[0].end.close()

    assert await read(transport, post()) == b"ok"
    assert len(server.peers) == 2


class UntriedNetwork(SlowNetwork):
    """A network of which nobody can say without waiting what has arrived."""

    async def connect_tcp(self, *place: Any, **options: Any) -> Any:
        return UntriedStream(await self._network.connect_tcp(*place, **options), self)


class UntriedStream(SlowStream):
    async def read(self, max_bytes: int, timeout: float | None) -> Any:
        await anyio.lowlevel.checkpoint()
        return await self._stream.read(max_bytes, timeout)


@pytest.mark.anyio
async def test_nobody_sends_while_another_one_finds_out_that_the_server_has_hung_up() -> None:
    server = Http2Server()
    network: Any = UntriedNetwork(AsyncMemoryNetwork(server))
    transport = AsyncHTTPTransport(http1=False, http2=True, network=network)
    answers: list[bytes] = []

    async def ask() -> None:
        answers.append(await read(transport, post()))

    await ask()
    server.peers[0].end.close()
    with anyio.fail_after(4):
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(ask)

    assert answers == [b"ok"] * 6
    assert len(server.peers[0].requests) == 1
    assert transport.snapshot().active == 0


@pytest.mark.anyio
async def test_whoever_looks_may_be_cancelled_and_the_others_go_on() -> None:
    server = Http2Server()
    network: Any = UntriedNetwork(AsyncMemoryNetwork(server))
    transport = AsyncHTTPTransport(http1=False, http2=True, network=network)
    answers: list[bytes] = []
    scope = anyio.CancelScope()

    async def doomed() -> None:
        with scope:
            await read(transport, post())

    async def ask() -> None:
        answers.append(await read(transport, post()))

    await ask()
    server.peers[0].ping()
    with anyio.fail_after(4):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(doomed)
            await anyio.lowlevel.checkpoint()
            tasks.start_soon(ask)
            scope.cancel()

    assert answers == [b"ok"] * 2
    assert transport.snapshot().active == 0


@pytest.mark.anyio
async def test_all_who_waited_for_whoever_looked_go_on_though_nobody_is_answered() -> None:
    server = Holding()
    network: Any = UntriedNetwork(AsyncMemoryNetwork(server))
    transport = AsyncHTTPTransport(http1=False, http2=True, network=network)

    with anyio.fail_after(4):
        async with anyio.create_task_group() as tasks:
            for count in (1, 2, 5):
                for number in range(count):
                    tasks.start_soon(read, transport, get(f"/{number}"))
                await until(lambda count=count: len(server.held) == count)
                while server.held:
                    server.release()
                await until(lambda: not transport.snapshot().active)
                server.peers[0].ping()

    assert len(server.peers) == 1


# Sockets


@pytest.mark.anyio
async def test_whoever_is_cancelled_on_a_socket_loses_no_bytes_of_others(anyio_backend_name: str) -> None:
    server = Http2Server(
        on_request=lambda peer, asked: peer.respond(asked.stream_id, body=asked[":path"].encode() * 999)
    )
    order = random.Random(3)
    wrong: list[bytes] = []

    with ListeningServer(server) as base:
        transport = AsyncHTTPTransport(http1=False, http2=True)

        async def ask(path: str) -> None:
            body = await read(transport, get(path, base))
            if body != path.encode() * 999:
                wrong.append(body[:40])

        async def doomed(path: str) -> None:
            with anyio.move_on_after(order.random() * 0.002):
                await ask(path)

        async def work(name: int) -> None:
            for turn in range(20):
                await (doomed if order.random() < 0.5 else ask)(f"/{name}/{turn}")

        await ask("/first")
        async with anyio.create_task_group() as tasks:
            for name in range(20):
                tasks.start_soon(work, name)
        snapshot = transport.snapshot()
        await transport.aclose()

    assert wrong == []
    assert snapshot.active == 0
    if anyio_backend_name == "asyncio":
        # Elsewhere a machine that is busy enough can interrupt a frame, and then the connection is given up.
        assert len(server.peers) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("way", ["goaway", "close"])
async def test_a_socket_that_ended_while_idle_is_not_used(way: str) -> None:
    server = Http2Server()

    with ListeningServer(server) as base:
        transport = AsyncHTTPTransport(http1=False, http2=True)
        assert await read(transport, get("/", base)) == b"ok"
        peer = server.peers[0]
        if way == "goaway":
            peer.goaway(1)
        peer.end.close()
        await anyio.sleep(0.01)
        answer = await transport.handle_async_request(
            Request("POST", base, content=b"x", extensions={"timeout": TIMEOUTS})
        )
        assert await answer.aread() == b"ok"
        assert transport.snapshot().open == 1
        await transport.aclose()

    assert len(server.peers) == 2


@pytest.fixture(params=["plain", "TLS"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[Http2Server, str, Any]]:
    """A server on a socket, with and without TLS."""
    server = Http2Server(
        on_request=lambda peer, asked: peer.respond(asked.stream_id, body=asked[":path"].encode() * 99)
    )
    authority: Any = trustme.CA()
    context: Any = None
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    if request.param == "TLS":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        context.set_alpn_protocols(["h2"])
    with ListeningServer(server, context) as base:
        yield server, base, trusting


@pytest.mark.anyio
@pytest.mark.parametrize("way", ["goaway", "close"])
async def test_a_socket_that_ended_while_the_event_loop_was_busy_is_not_used(
    place: tuple[Http2Server, str, Any], way: str
) -> None:
    server, base, trusting = place
    transport = AsyncHTTPTransport(http1=base.startswith("https"), http2=True, verify=trusting)
    large = Request("GET", f"{base}/{'x' * 8_000}", extensions={"timeout": TIMEOUTS})
    # Left unread, and more than the loop takes in at once.
    for _ in range(2):
        response = await transport.handle_async_request(large)
        await response.aclose()
    peer = server.peers[0]
    if way == "goaway":
        peer.goaway(3)
    peer.end.close()
    time.sleep(0.05)  # noqa: ASYNC251  # what keeps the loop from seeing it

    again = Request("POST", base, content=b"x", extensions={"timeout": TIMEOUTS})
    assert await read(transport, again) == b"/" * 99
    assert transport.snapshot().open == 1
    await transport.aclose()

    assert [len(peer.requests) for peer in server.peers] == [2, 1]


def endless_windows(peer: Http2Peer) -> None:
    peer.settings({SettingsFrame.INITIAL_WINDOW_SIZE: 2**31 - 1})
    peer.credit(0, 2**30)


async def pieces(size: int) -> AsyncIterator[bytes]:
    while True:
        yield bytes(size)


async def cancel_later(scope: anyio.CancelScope) -> None:
    await anyio.sleep(0.3)
    scope.cancel()


@pytest.mark.parametrize("others", [2, 4])  # one of them listens
@pytest.mark.parametrize("size", [10_000, 100_000])
@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_who_is_cancelled_while_it_sends_ends_at_once_and_leaves_the_connection_to_the_others(
    place: tuple[Http2Server, str, Any], loop: str, size: int, others: int
) -> None:
    server, base, trusting = place
    goes_on = threading.Event()

    def stop_listening(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/upload":
            goes_on.wait(10)

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/open":
            peer.head(request.stream_id)
        elif request[":path"] != "/silent":
            peer.respond(request.stream_id)

    async def body() -> None:
        transport = AsyncHTTPTransport(http1=base.startswith("https"), http2=True, verify=trusting)
        opened = await transport.handle_async_request(get("/open", base))
        async with anyio.create_task_group() as tasks:
            for _ in range(others):
                tasks.start_soon(read, transport, get("/silent", base))
            with anyio.fail_after(10), anyio.CancelScope() as scope:
                tasks.start_soon(cancel_later, scope)
                await transport.handle_async_request(Request("POST", f"{base}/upload", content=pieces(size)))
            # Although much is queued, and others wait for their turn to write.
            with anyio.fail_after(3):
                await opened.aclose()
            goes_on.set()
            again = Request("POST", base, content=b"x", extensions={"timeout": TIMEOUTS})
            assert await read(transport, again) == b"ok"
            assert len(server.peers) == 1
            tasks.cancel_scope.cancel()
        await transport.aclose()

    server.hello, server.on_head, server.on_request = endless_windows, stop_listening, answer
    try:
        anyio.run(body, backend=loop)
    finally:
        goes_on.set()


def test_who_is_cancelled_while_trio_sends_leaves_nobody_waiting_for_what_did_not_go_out(
    place: tuple[Http2Server, str, Any],
) -> None:
    server, base, trusting = place
    goes_on = threading.Event()

    def stop_listening(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/upload":
            goes_on.wait(10)

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] != "/listening" or len(server.peers) > 1:
            peer.respond(request.stream_id)

    async def body() -> None:
        transport = AsyncHTTPTransport(http1=base.startswith("https"), http2=True, verify=trusting)
        assert await read(transport, get("/first", base)) == b"ok"
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read, transport, get("/listening", base))
                with anyio.CancelScope() as scope:
                    tasks.start_soon(cancel_later, scope)
                    await transport.handle_async_request(Request("POST", f"{base}/upload", content=pieces(100_000)))
        await transport.aclose()

    server.hello, server.on_head, server.on_request = endless_windows, stop_listening, answer
    try:
        anyio.run(body, backend="trio")
    finally:
        goes_on.set()

    # The connection was given up, and the one who listened has asked again on another.
    assert len(server.peers) == 2


def test_forty_threads_share_a_connection(place: tuple[Http2Server, str, Any]) -> None:
    server, base, trusting = place
    transport = HTTPTransport(http1=base.startswith("https"), http2=True, verify=trusting)
    wrong: list[Any] = []

    def work(name: int) -> None:
        for turn in range(25):
            path = f"/{name}/{turn}"
            try:
                body = transport.handle_request(get(path, base)).read()
                if body != path.encode() * 99:
                    wrong.append(body[:40])
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert wrong == []
    assert len(server.peers) == 1
    assert len(server.peers[0].heard(HeadersFrame)) == 1_000
    assert transport.snapshot().active == 0
    transport.close()


def test_a_thread_that_waits_is_woken_when_the_client_is_closed(place: tuple[Http2Server, str, Any]) -> None:
    server, base, trusting = place
    server.on_request = None
    transport = HTTPTransport(http1=base.startswith("https"), http2=True, verify=trusting)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            transport.handle_request(get("/", base))
        except TransportError as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not (server.peers and len(server.peers[0].requests) == 3):
        time.sleep(0.005)
    transport.close()
    for thread in threads:
        thread.join(5)

    assert len(failures) == 3
    assert transport.snapshot().open == 0


def test_threads_time_out_each_for_itself(place: tuple[Http2Server, str, Any]) -> None:
    server, base, trusting = place
    held: list[tuple[Http2Peer, Http2Request]] = []

    def hold(peer: Http2Peer, request: Http2Request) -> None:
        held.append((peer, request))

    server.on_request = hold
    transport = HTTPTransport(http1=base.startswith("https"), http2=True, verify=trusting)
    ended: list[float] = []
    patient: list[bytes] = []

    def work(seconds: float) -> None:
        start = time.monotonic()
        with pytest.raises(ReadTimeout):
            transport.handle_request(get("/", base, read=seconds))
        if time.monotonic() - start >= seconds:
            ended.append(seconds)

    def wait() -> None:
        patient.append(transport.handle_request(get("/patient", base, read=30.0)).read())

    threads = [threading.Thread(target=work, args=(seconds,)) for seconds in (0.3, 0.1, 0.2)]
    waiting = threading.Thread(target=wait)
    for thread in (waiting, *threads):
        thread.start()
    for thread in threads:
        # While one of them is answered by nobody, and may be the one who reads for all.
        thread.join(10)
    assert sorted(ended) == [0.1, 0.2, 0.3]
    for peer, request in held:
        if request[":path"] == "/patient":
            peer.respond(request.stream_id, body=b"worth it")
    waiting.join(10)

    assert patient == [b"worth it"]
    assert transport.snapshot().active == 0
    transport.close()


def test_who_waits_for_another_thread_to_look_goes_on_when_it_has_looked() -> None:
    server = Http2Server(on_request=lambda peer, request: peer.respond(request.stream_id, body=b"ok"))
    transport = HTTPTransport(http1=False, http2=True)
    answers: list[bytes] = []
    comes, has_looked = threading.Event(), threading.Event()
    with ListeningServer(server) as base:
        transport.handle_request(get(base=base)).read()
        pool: Any = transport._pool
        (entry,) = pool._state.entries.values()
        connection = entry.connection
        other = threading.Thread(target=lambda: answers.append(transport.handle_request(get(base=base)).read()))
        real_read, real_look, real_publish = connection._wire.read_now, connection.look, connection._publish

        def read_now() -> Any:
            connection._wire.read_now = real_read
            other.start()  # it finds somebody at it
            comes.wait(5)
            return real_read()

        async def look(call: Any) -> None:
            comes.set()
            has_looked.wait(5)
            await real_look(call)

        def publish() -> None:
            connection._publish = real_publish
            real_publish()
            has_looked.set()
            other.join(1)

        server.peers[0].ping()
        while not connection.stream.is_readable():
            time.sleep(0)
        connection._wire.read_now, connection.look, connection._publish = read_now, look, publish

        assert connection.is_usable()
        answered = answers.copy()
        transport.close()
        other.join(5)

    assert answered == [b"ok"]


@pytest.mark.parametrize("who", ["server", "client"])
def test_sixty_four_threads_share_a_client_over_as_many_connections_as_it_takes(who: str) -> None:
    server = Crowded(64, streams=10 if who == "server" else 100)
    limits = Limits(max_connections=20)
    settings = HTTP2() if who == "server" else HTTP2(max_concurrent_streams=10)
    transport = HTTPTransport(http1=False, http2=settings, limits=limits, trust_env=False)
    wrong: list[Any] = []

    with ListeningServer(server) as base, Client(transport=transport, trust_env=False, timeout=30.0) as client:

        def work(name: int) -> None:
            try:
                for path in (f"/held/{name}", *(f"/{name}/{turn}" for turn in range(10))):
                    answer = client.get(base + path).content
                    if answer != path.encode():
                        wrong.append((path, answer))
            except Exception as error:
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        assert wrong == []
        assert transport.snapshot().active == 0
        connections = transport.snapshot().open
    assert connections == len(server.peers) == 7
    assert max(server.most.values()) == 10
    assert sum(len(peer.requests) for peer in server.peers) == 64 * 11


class Crowded(Http2Server):
    """Answers the first requests once there are as many as it waits for, and counts what each connection has open."""

    def __init__(self, crowd: int, streams: int) -> None:
        super().__init__(on_request=self._answer, hello=lambda peer: peer.settings({3: streams}))
        self.most: dict[int, int] = {}
        self._crowd = crowd
        self._held: list[tuple[Http2Peer, Http2Request]] = []
        self._lock = threading.RLock()

    def _answer(self, peer: Http2Peer, request: Http2Request) -> None:
        with self._lock:
            if not request[":path"].startswith("/held/"):
                peer.respond(request.stream_id, body=request[":path"].encode())
                return
            self._held.append((peer, request))
            if len(self._held) < self._crowd:
                return
            for held_peer, held in self._held:
                place = id(held_peer)
                self.most[place] = self.most.get(place, 0) + 1
                held_peer.respond(held.stream_id, body=held[":path"].encode())
            self._held.clear()
