"""Whether a silent server is still there: who asks, when, and what becomes of the requests."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from hyperframe.frame import HeadersFrame, PingFrame

from tests.hostile.http2_server import Http2Server, ListeningServer
from understudy.client.config import HTTP2
from understudy.client.errors import DeadlineExceeded, ReadError, TransportError
from understudy.client.messages.request import Request
from understudy.client.network import waits
from understudy.client.network.backends.memory import AsyncMemoryNetwork
from understudy.client.network.http2 import duties, sharing
from understudy.client.network.http2.heartbeat import Heartbeat
from understudy.client.transports.network import AsyncHTTPTransport, HTTPTransport

from .bodies import streamed

if TYPE_CHECKING:
    from tests.hostile.http2_server import Http2Peer, Http2Request

PATIENT = {"connect": 10.0, "read": 10.0, "write": 10.0, "pool": 10.0}


# Told the time


def test_a_server_is_asked_after_a_silence_and_given_up_after_another() -> None:
    heartbeat = Heartbeat(20.0, 5.0, now=100.0)

    assert heartbeat.pause(105.0) == 15.0
    assert not heartbeat.is_due(119.9)
    assert heartbeat.is_due(120.0)
    assert heartbeat.pause(130.0) == 0.0
    heartbeat.asked(120.0)
    assert not heartbeat.is_due(120.0)
    assert heartbeat.pause(121.0) == 4.0


def test_whatever_arrives_is_a_sign_of_life() -> None:
    heartbeat = Heartbeat(20.0, 5.0, now=100.0)

    assert not heartbeat.heard(110.0)
    assert heartbeat.pause(110.0) == 20.0
    heartbeat.asked(130.0)
    assert heartbeat.heard(131.0)
    assert heartbeat.pause(131.0) == 20.0


def test_who_comes_late_listens_for_a_moment_before_giving_up() -> None:
    heartbeat = Heartbeat(20.0, 5.0, now=100.0)
    heartbeat.asked(120.0)

    assert heartbeat.pause(999.0) > 0


# On a connection


def answer(peer: Http2Peer, request: Http2Request) -> None:
    peer.respond(request.stream_id)


def begin(peer: Http2Peer, request: Http2Request) -> None:
    peer.head(request.stream_id)


def sending(world: Any, server: Any, **settings: Any) -> Any:
    options: dict[str, Any] = {"ping_interval": 0.25, "ping_timeout": 0.5, **settings}
    return world.sender(server, http1=False, http2=HTTP2(**options))


class Counting(Http2Server):
    """Does something at each PING that it hears."""

    def __init__(self, at_ping: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.pings = 0
        self.at_ping = at_ping

    def heard(self, peer: Http2Peer, frame: Any) -> None:
        if isinstance(frame, PingFrame) and "ACK" not in frame.flags:
            self.pings += 1
            if self.at_ping is not None:
                self.at_ping(peer)


def test_a_silent_server_that_answers_is_waited_for(world: Any) -> None:
    def at_ping(peer: Http2Peer) -> None:
        if server.pings == 3:
            peer.respond(1)

    server = Counting(at_ping, on_request=None)

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.get() == b"ok"
        assert sender.pool.idle == 1

    world.run(body)

    assert server.pings == 3
    assert 0 < world.clock.now <= 0.75


def test_a_server_that_does_not_answer_is_given_up(world: Any) -> None:
    server = Counting(on_request=None, answers_pings=False)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(ReadError, match=r"did not answer a PING within 0\.5 s") as caught:
            await sender.send("POST", content=b"x")
        assert caught.value.request.method == "POST"
        assert sender.pool.open == 0
        server.on_request = answer
        assert await sender.get() == b"ok"

    world.run(body)

    assert server.pings == 1
    assert server.peers[0].was_closed
    assert len(server.peers) == 2


def test_a_body_that_stops_coming_is_asked_for_too(world: Any) -> None:
    def answer_in_part(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id)
        peer.data(request.stream_id, b"some")

    server = Counting(on_request=answer_in_part, answers_pings=False)

    async def body() -> None:
        sender = sending(world, server)
        response = await sender.send()
        with pytest.raises(TransportError, match="PING"):
            await sender.read(response)
        assert sender.pool.open == 0

    world.run(body)


def test_a_stuck_upload_asks_too(world: Any) -> None:
    server = Counting(gives_credit=False, answers_pings=False)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(TransportError, match="PING"):
            await sender.send("POST", content=b"x" * 100_000)
        assert sender.pool.open == 0

    world.run(body)


def test_nobody_is_asked_before_the_time_is_over_where_nobody_said_so(world: Any) -> None:
    server = Counting(on_request=None, answers_pings=False)

    async def body() -> None:
        sender = world.sender(server, http1=False, http2=True)
        with pytest.raises(TransportError, match="the peer says nothing for 1 s"):
            await sender.get()

    world.run(body)

    assert server.pings == 0


def test_a_timeout_that_is_shorter_comes_first(world: Any) -> None:
    server = Counting(on_request=None)

    async def body() -> None:
        sender = sending(world, server, ping_interval=2.0)
        with pytest.raises(TransportError, match="the peer says nothing for 1 s"):
            await sender.get()
        server.on_request = answer
        assert await sender.get() == b"ok"

    world.run(body)

    assert server.pings == 0
    assert len(server.peers) == 1


# Not told to ask


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_has_died_in_silence_costs_one_request(world: Any, method: str) -> None:
    def answer_once(peer: Http2Peer, request: Http2Request) -> None:
        peer.respond(request.stream_id, body=b"ok")
        peer.received = lambda data: None  # type: ignore[method-assign]  # nothing arrives there any more

    server = Http2Server(on_request=answer_once)

    async def body() -> None:
        sender = world.sender(server, http1=False, http2=True)
        assert await sender.get() == b"ok"
        with pytest.raises(TransportError, match="the peer says nothing for 1 s"):
            await sender.get()
        assert await sender.read(await sender.send(method)) == b"ok"
        assert sender.pool.open == 1

    world.run(body)

    assert [list(peer.requests) for peer in server.peers] == [[1], [1]]


def test_one_that_is_alive_is_used_again_although_a_request_had_no_answer(world: Any) -> None:
    server = Counting(on_request=None)

    async def body() -> None:
        sender = world.sender(server, http1=False, http2=True)
        # While the first one waits, the server says its settings.
        for _ in range(2):
            with pytest.raises(TransportError, match="the peer says nothing for 1 s"):
                await sender.get()
        server.on_request = answer
        assert await sender.get() == b"ok"

    world.run(body)

    assert server.pings == 1
    assert len(server.peers) == 1


def test_a_short_silence_means_nothing(world: Any) -> None:
    server = Counting(on_request=None)

    async def body() -> None:
        sender = world.sender(server, http1=False, http2=True)
        with pytest.raises(TransportError, match=r"the peer says nothing for 0\.05 s"):
            await sender.send(extensions={"timeout": {**PATIENT, "read": 0.05}})
        server.on_request = answer
        assert await sender.get() == b"ok"

    world.run(body)

    assert server.pings == 0
    assert len(server.peers) == 1


# Used again


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that can be set forward; waiting itself is the network's."""
    clock = SimpleNamespace(ahead=0.0)
    clock.monotonic = lambda: time.monotonic() + clock.ahead
    monkeypatch.setattr(duties, "time", clock)
    monkeypatch.setattr(sharing, "time", clock)
    monkeypatch.setattr(waits, "time", clock)
    return clock


def test_a_connection_that_was_silent_for_long_is_asked_before_it_is_used(world: Any, later: Any) -> None:
    server = Counting()

    async def body() -> None:
        sender = sending(world, server, ping_interval=20.0)
        await sender.get()
        later.ahead = 19.0
        await sender.get()
        assert server.pings == 0
        later.ahead = 40.0
        await sender.get()
        assert server.pings == 1
        await sender.get()
        assert server.pings == 1
        assert sender.pool.idle == 1

    world.run(body)

    assert len(server.peers) == 1
    kinds = [type(frame) for frame in server.peers[0].frames if isinstance(frame, (HeadersFrame, PingFrame))]
    assert kinds == [HeadersFrame, HeadersFrame, PingFrame, HeadersFrame, HeadersFrame]


def test_a_connection_that_is_gone_is_replaced_before_anything_is_sent(world: Any, later: Any) -> None:
    server = Counting(answers_pings=False)
    pieces, stream = streamed(world, b"once")

    async def body() -> None:
        sender = sending(world, server, ping_interval=20.0)
        await sender.get()
        later.ahead = 21.0
        assert await sender.read(await sender.send("POST", stream=stream)) == b"ok"
        assert sender.pool.open == 1

    world.run(body)

    assert [list(peer.requests) for peer in server.peers] == [[1], [1]]
    assert server.peers[0].was_closed
    assert server.peers[1].requests[1].body == b"once"
    assert pieces.given == 1


def test_a_caller_with_less_patience_goes_elsewhere_and_leaves_the_connection_to_others(world: Any, later: Any) -> None:
    server = Counting(answers_pings=False)

    async def body() -> None:
        sender = sending(world, server, ping_interval=20.0, ping_timeout=30.0)
        await sender.get()
        server.on_request = begin
        held = await sender.send()
        server.on_request = answer
        later.ahead = 21.0
        assert await sender.get() == b"ok"
        server.peers[0].data(3, b"late", ends=True)
        assert await sender.read(held) == b"late"
        assert sender.pool.open == 1

    world.run(body)

    assert [list(peer.requests) for peer in server.peers] == [[1, 3], [1]]


def test_asking_ends_with_the_time_for_the_whole_call(world: Any, later: Any) -> None:
    def at_ping(peer: Http2Peer) -> None:
        later.ahead += 60.0

    server = Counting(at_ping, answers_pings=False)

    async def body() -> None:
        sender = sending(world, server, ping_interval=20.0, ping_timeout=500.0)
        await sender.get()
        later.ahead = 21.0
        extensions = {"timeout": PATIENT, "deadline": later.monotonic() + 30.0}
        with pytest.raises(DeadlineExceeded):
            await sender.send_request(Request("GET", "http://h.test/", extensions=extensions))
        assert sender.pool.active == 0

    world.run(body)

    assert list(server.peers[0].requests) == [1]


# Many callers


@pytest.mark.anyio
async def test_one_asks_for_all_and_all_fail_when_nobody_answers() -> None:
    server = Counting(on_request=None, answers_pings=False)
    settings = HTTP2(ping_interval=0.05, ping_timeout=0.1)
    transport = AsyncHTTPTransport(http1=False, http2=settings, network=AsyncMemoryNetwork(server))
    failures: list[str] = []

    async def ask(number: int) -> None:
        with pytest.raises(ReadError) as caught:
            await transport.handle_async_request(
                Request("POST", f"http://h.test/{number}", content=b"x", extensions={"timeout": PATIENT})
            )
        failures.append(str(caught.value))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(ask, number)

    assert len(failures) == 50
    assert all("PING within 0.1 s" in failure for failure in failures)
    assert server.pings < 50
    assert transport.snapshot().open == 0


@pytest.mark.anyio
async def test_those_who_would_use_a_silent_connection_wait_for_one_answer() -> None:
    def at_ping(peer: Http2Peer) -> None:
        waiting.append(peer)

    waiting: list[Any] = []
    server = Counting(at_ping, answers_pings=False)
    # Every look at the connection finds that it was silent for too long.
    settings = HTTP2(ping_interval=1e-9, ping_timeout=5.0)
    transport = AsyncHTTPTransport(http1=False, http2=settings, network=AsyncMemoryNetwork(server))
    answers: list[bytes] = []

    async def ask() -> None:
        response = await transport.handle_async_request(
            Request("GET", "http://h.test/", extensions={"timeout": PATIENT})
        )
        answers.append(await response.aread())

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(ask)
            while len(answers) < 5:
                while waiting:
                    waiting.pop().send(PingFrame(0, opaque_data=bytes(8), flags=["ACK"]))
                await anyio.lowlevel.checkpoint()

    assert answers == [b"ok"] * 5
    assert len(server.peers) == 1
    assert transport.snapshot().active == 0
    await transport.aclose()


@pytest.mark.parametrize("answers", [True, False])
def test_threads_ask_on_a_socket(answers: bool) -> None:
    def at_ping(peer: Http2Peer) -> None:
        if answers and server.pings >= 3:
            for stream_id in set(peer.requests) - answered:
                answered.add(stream_id)
                peer.respond(stream_id)

    answered: set[int] = set()
    server = Counting(at_ping, on_request=None, answers_pings=answers)
    settings = HTTP2(ping_interval=0.05, ping_timeout=10.0 if answers else 0.2)
    outcome: list[str] = []

    with ListeningServer(server) as base:
        transport = HTTPTransport(http1=False, http2=settings)

        def work() -> None:
            try:
                response = transport.handle_request(Request("GET", base, extensions={"timeout": PATIENT}))
                outcome.append(response.read().decode())
            except ReadError as error:
                outcome.append("PING" if "PING" in str(error) else str(error))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert transport.snapshot().active == 0
        transport.close()

    assert outcome == (["ok"] * 3 if answers else ["PING"] * 3)
