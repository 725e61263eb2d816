"""Responses that a server pushes: which are taken, what they may cost, and how they are read."""

from __future__ import annotations

import gc
import gzip
import pickle
import threading
from typing import TYPE_CHECKING, Any, Callable

import anyio
import anyio.lowlevel
import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
)

from tests.hostile.http2_server import Http2Request, Http2Server, ListeningServer
from understudy.client import AsyncClient, Client, Guards
from understudy.client.config import HTTP2
from understudy.client.errors import (
    IncompleteBody,
    LimitExceeded,
    LocalProtocolError,
    ReadTimeout,
    RemoteProtocolError,
    ResponseNotRead,
    StreamClosed,
    TransportError,
)
from understudy.client.messages.request import Request
from understudy.client.network.backends.memory import AsyncMemoryNetwork, MemoryNetwork
from understudy.client.transports.network import AsyncHTTPTransport, HTTPTransport

if TYPE_CHECKING:
    from tests.hostile.http2_server import Http2Peer

PROTOCOL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR, CANCEL = 0x1, 0x5, 0x6, 0x8
TIMEOUTS = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}

Fields = list[tuple[str, str]]


def asked(path: str = "/a.css", **others: str) -> Fields:
    """Return the header of a promised request."""
    fields = {"method": "GET", "scheme": "http", "authority": "h.test", "path": path, **others}
    return [(f":{name}", value) for name, value in fields.items()]


def promise(peer: Any, main: int, stream_id: int, fields: Fields | None = None) -> None:
    block = peer.encoder.encode(asked(f"/{stream_id}.css") if fields is None else fields)
    peer.send(PushPromiseFrame(main, promised_stream_id=stream_id, data=block, flags=["END_HEADERS"]))


def begin(peer: Http2Peer, request: Http2Request) -> None:
    peer.head(request.stream_id)


def codes(peer: Any) -> dict[int, int]:
    """Return what the client has reset, and why."""
    return {frame.stream_id: frame.error_code for frame in peer.heard(RstStreamFrame)}


class Pusher(Http2Server):
    """Promises what a test says with each first stream, answers, and leaves what was promised to the test."""

    def __init__(self, *promised: int, answers: bool = True) -> None:
        super().__init__(on_request=self.react)
        self.promised = promised
        self.answers = answers

    def react(self, peer: Http2Peer, request: Http2Request) -> None:
        for stream_id in self.promised:
            promise(peer, request.stream_id, stream_id)
        self.promised = ()
        if self.answers:
            peer.respond(request.stream_id)

    def heard(self, peer: Http2Peer, frame: Any) -> None:
        if isinstance(frame, RstStreamFrame) and frame.stream_id not in peer.requests:
            # It was the server that opened this stream.
            peer.requests[frame.stream_id] = Http2Request(frame.stream_id, [])


def pushing(world: Any, server: Any, **settings: Any) -> Any:
    return world.sender(server, http1=False, http2=HTTP2(push=True, **settings))


# What is taken


def test_a_pushed_response_is_offered_with_its_request(world: Any) -> None:
    server = Pusher(2, 4)

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        assert await sender.read(response) == b"ok"
        peer = server.peers[0]
        peer.respond(4, 404, b"", [("x-a", "4")])
        peer.respond(2, 200, b"body{}", [("content-type", "text/css")])
        css, gone = response.pushed
        assert css.request.method == "GET"
        assert str(css.request.url) == "http://h.test/2.css"
        assert await sender.read(css) == b"body{}"
        assert css.status_code == 200
        assert css.headers["content-type"] == "text/css"
        assert css.http_version == "HTTP/2"
        assert css.text == "body{}"
        assert css.raise_for_status() is css
        assert await sender.read(gone) == b""
        assert (gone.status_code, gone.headers["x-a"]) == (404, "4")
        assert response.pushed == [css, gone]
        assert await sender.get() == b"ok"
        assert sender.pool.idle == 1
        await sender.close()

    world.run(body)

    assert len(server.peers) == 1
    settings = server.peers[0].heard(SettingsFrame)[0].settings
    assert (settings[2], settings[3]) == (1, 100)
    assert codes(server.peers[0]) == {}
    assert server.peers[0].heard(GoAwayFrame)[0].last_stream_id == 4


def test_nothing_is_pushed_where_nobody_said_so(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        response = await world.sender(server, http1=False, http2=True).send()
        assert response.pushed == []

    world.run(body)

    assert server.peers[0].heard(SettingsFrame)[0].settings[2] == 0


def test_what_is_promised_during_the_body_is_there_after_it(world: Any) -> None:
    server = Pusher(answers=False)

    async def body() -> None:
        sender = pushing(world, server)
        server.on_request = begin
        response = await sender.send()
        assert response.pushed == []
        peer = server.peers[0]
        promise(peer, 1, 2)
        peer.data(1, b"ok", ends=True)
        assert await sender.read(response) == b"ok"
        assert len(response.pushed) == 1

    world.run(body)


def test_a_pushed_response_that_is_read_holds_its_connection(world: Any) -> None:
    server = Pusher(2)

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        await sender.read(response)
        assert sender.pool.idle == 1
        peer = server.peers[0]
        peer.head(2)
        peer.data(2, b"one")
        (css,) = response.pushed
        stream = css.iter_bytes() if world.name == "blocking" else css.aiter_bytes()
        assert (next(stream) if world.name == "blocking" else await stream.__anext__()) == b"one"
        assert sender.pool.active == 1
        assert "2.css" in str(sender.pool)
        peer.data(2, b"two", ends=True)
        rest = list(stream) if world.name == "blocking" else [piece async for piece in stream]
        assert rest == [b"two"]
        assert sender.pool.idle == 1

    world.run(body)


def test_a_head_that_has_not_come_is_waited_for(world: Any) -> None:
    server = Pusher(2)

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        (css,) = response.pushed
        assert repr(css) == "<PushedResponse [GET http://h.test/2.css]>"
        if world.name == "blocking":
            with pytest.raises(ReadTimeout, match=r"GET http://h\.test/2\.css: .* for 1 s"):
                assert css.status_code
        else:
            with pytest.raises(ResponseNotRead, match=r"status_code with it: call `await response\.aread\(\)` first"):
                assert css.status_code
            with pytest.raises(ReadTimeout, match=r"GET http://h\.test/2\.css: .* for 1 s"):
                await css.aread()
        assert sender.pool.active == 0
        with pytest.raises(AttributeError, match="'PushedResponse' object has no attribute 'nothing'"):
            assert css.nothing

    world.run(body)

    assert codes(server.peers[0]) == {2: CANCEL}


def test_a_head_that_is_there_is_known_before_the_body_is_read(world: Any) -> None:
    server = Pusher(2)

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        peer = server.peers[0]
        peer.head(2, 203, [("x-a", "b")])
        await sender.get()
        (css,) = response.pushed
        assert css.headers["x-a"] == "b"
        assert css.status_code == 203
        assert repr(css).startswith("<PushedResponse [203 ")
        peer.data(2, b"body{}", ends=True)
        assert await sender.read(css) == b"body{}"
        assert sender.pool.idle == 1

    world.run(body)


@pytest.mark.parametrize("how", ["bytes", "text", "lines", "raw"])
def test_a_pushed_body_is_decoded_as_its_head_says(world: Any, how: str) -> None:
    whole = gzip.compress("ä\nö".encode("latin-1"), mtime=0)
    server = Pusher(2)
    expected: Any = {"bytes": [b"\xe4\n\xf6"], "text": ["ä\nö"], "lines": ["ä", "ö"], "raw": [whole]}[how]

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        fields = [("content-encoding", "gzip"), ("content-type", "text/css; charset=latin-1")]
        server.peers[0].respond(2, 200, whole, fields)
        (css,) = response.pushed
        if world.name == "blocking":
            assert list(getattr(css, f"iter_{how}")()) == expected
        else:
            assert [piece async for piece in getattr(css, f"aiter_{how}")()] == expected
        assert sender.pool.active == 0

    world.run(body)


def test_the_settings_of_the_client_hold_for_what_is_pushed(world: Any) -> None:
    server = Pusher(2)
    options: dict[str, Any] = {"http1": False, "http2": HTTP2(push=True)}
    guarded: dict[str, Any] = {"guards": Guards(max_response_size=10), "default_encoding": "latin-1"}

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        Pusher.react(server, peer, request)
        peer.respond(2, 200, b"more than 10 bytes")

    server.on_request = answer

    def blocking() -> None:
        transport = HTTPTransport(network=MemoryNetwork(server), **options)
        with Client(transport=transport, trust_env=False, **guarded) as client:
            (css,) = client.get("http://h.test/").pushed
            assert css.default_encoding == "latin-1"
            with pytest.raises(LimitExceeded, match="max_response_size=10"):
                css.read()

    async def body() -> None:
        if world.name == "blocking":
            blocking()
            return
        transport = AsyncHTTPTransport(network=AsyncMemoryNetwork(server), **options)
        async with AsyncClient(transport=transport, trust_env=False, **guarded) as client:
            (css,) = (await client.get("http://h.test/")).pushed
            with pytest.raises(LimitExceeded, match="max_response_size=10"):
                await css.aread()

    world.run(body)


def test_a_pushed_response_can_be_pickled_once_it_is_read(world: Any) -> None:
    server = Pusher(2)

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        server.peers[0].respond(2, 200, b"body{}")
        (css,) = response.pushed
        await sender.read(css)
        copy = pickle.loads(pickle.dumps(css))
        assert (copy.status_code, copy.content) == (200, b"body{}")

    world.run(body)


def test_a_promise_may_come_in_pieces_and_padded(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        block = peer.encoder.encode(asked("/split"))
        first = PushPromiseFrame(request.stream_id, promised_stream_id=2, data=block[:3])
        peer.send(first, ContinuationFrame(request.stream_id, block[3:], flags=["END_HEADERS"]))
        block = peer.encoder.encode(asked("/padded"))
        promised = (4).to_bytes(4, "big")
        peer.raw(5, b"\x05" + promised + block + bytes(5), flags=0x4 | 0x8, stream_id=request.stream_id)
        peer.respond(request.stream_id)

    async def body() -> None:
        sender = pushing(world, Http2Server(on_request=answer))
        response = await sender.send()
        await sender.read(response)
        assert [pushed.request.url.path for pushed in response.pushed] == ["/split", "/padded"]

    world.run(body)


def test_a_virtual_host_pushes_for_itself(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        promise(peer, 1, 2, asked(authority="virtual.test:80"))
        promise(peer, 1, 4, asked(authority="h.test"))
        peer.respond(1)

    server = Pusher()
    server.on_request = answer

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send(headers={"Host": "virtual.test"})
        await sender.read(response)
        assert [pushed.request.url.host for pushed in response.pushed] == ["virtual.test"]

    world.run(body)

    assert codes(server.peers[0]) == {4: PROTOCOL_ERROR}


# What is refused


REFUSED: dict[str, Fields] = {
    "another host": asked(authority="other.test"),
    "another port": asked(authority="h.test:8080"),
    "another scheme": asked(scheme="https"),
    "userinfo": asked(authority="a@h.test"),
    "no host": asked(authority=""),
    "no URL": asked(authority="h.test:port"),
    "no path": asked(path="a.css"),
    "not safe": asked(method="POST"),
    "not known": asked(method="\xe9"),
    "a body": [*asked(), ("content-length", "1")],
    "no length": [*asked(), ("content-length", "x")],
    "nothing": [],
    "no scheme": [field for field in asked() if field[0] != ":scheme"],
    "twice": [*asked(), (":path", "/b")],
    "late": [*asked()[:3], ("x-a", "b"), asked()[3]],
    "a status": [*asked(), (":status", "200")],
    "upper case": [*asked(), ("X-A", "b")],
    "of the connection": [*asked(), ("connection", "close")],
    "not ASCII": asked(path="/\xe9"),
    "a line break": [*asked(), ("x-a", "b\r\nc: d")],
}


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED)
def test_a_promise_that_must_not_be_is_reset_and_nothing_else(world: Any, fields: Fields) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request.stream_id == 1:
            promise(peer, 1, 2, fields)
            peer.respond(2, 200, b"who asked?")
        peer.respond(request.stream_id)

    server = Pusher()
    server.on_request = answer

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        assert await sender.read(response) == b"ok"
        assert response.pushed == []
        assert await sender.get() == b"ok"

    world.run(body)

    assert codes(server.peers[0]) == {2: PROTOCOL_ERROR}
    assert len(server.peers) == 1


def promise_after_the_end(peer: Any) -> None:
    peer.respond(1)
    promise(peer, 1, 2)


def promise_twice(peer: Any) -> None:
    promise(peer, 1, 2)
    promise(peer, 1, 2)


def promise_backwards(peer: Any) -> None:
    promise(peer, 1, 4)
    promise(peer, 1, 2)


def promise_on_what_was_pushed(peer: Any) -> None:
    promise(peer, 1, 2)
    promise(peer, 2, 4)


FATAL: dict[str, tuple[Callable[[Any], None], int]] = {
    "an odd stream": (lambda peer: promise(peer, 1, 3), PROTOCOL_ERROR),
    "no stream": (lambda peer: promise(peer, 1, 0), PROTOCOL_ERROR),
    "the same stream": (promise_twice, PROTOCOL_ERROR),
    "an older stream": (promise_backwards, PROTOCOL_ERROR),
    "for nobody": (lambda peer: promise(peer, 9, 2), PROTOCOL_ERROR),
    "for what was pushed": (promise_on_what_was_pushed, PROTOCOL_ERROR),
    "after the end": (promise_after_the_end, STREAM_CLOSED),
    "for the connection": (lambda peer: peer.raw(5, (2).to_bytes(4, "big"), flags=4), PROTOCOL_ERROR),
    "too short": (lambda peer: peer.raw(5, b"\0\0", flags=4, stream_id=1), FRAME_SIZE_ERROR),
    "a head for nobody": (lambda peer: peer.head(2), PROTOCOL_ERROR),
    "data for nobody": (lambda peer: peer.data(2, b"x"), PROTOCOL_ERROR),
    "a reset for nobody": (lambda peer: peer.reset(2, 8), PROTOCOL_ERROR),
    "credit for nobody": (lambda peer: peer.credit(2, 8), PROTOCOL_ERROR),
}


@pytest.mark.parametrize(("act", "code"), FATAL.values(), ids=FATAL)
def test_a_promise_that_cannot_be_ends_the_connection(world: Any, act: Callable[[Any], None], code: int) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if peer is server.peers[0]:
            act(peer)
        else:
            peer.respond(request.stream_id)

    server = Pusher()
    server.on_request = answer

    async def body() -> None:
        sender = pushing(world, server)
        if act is promise_after_the_end:
            assert await sender.get() == b"ok"
        else:
            with pytest.raises(RemoteProtocolError, match="broke the rules"):
                await sender.get()
        assert sender.pool.open == 0
        assert await sender.get() == b"ok"

    world.run(body)

    assert server.peers[0].goodbye == code


# What it may cost


def test_only_so_many_are_kept(world: Any) -> None:
    server = Pusher(2, 4, 6)

    async def body() -> None:
        sender = pushing(world, server, max_pushed=2)
        response = await sender.send()
        await sender.read(response)
        assert [pushed.request.url.path for pushed in response.pushed] == ["/2.css", "/4.css"]
        server.peers[0].respond(2)
        assert await sender.read(response.pushed[0]) == b"ok"

    world.run(body)

    assert server.peers[0].heard(SettingsFrame)[0].settings[3] == 2
    assert codes(server.peers[0]) == {6: CANCEL}


def test_what_came_with_an_older_response_makes_room(world: Any) -> None:
    server = Pusher(2, 4)

    async def body() -> None:
        sender = pushing(world, server, max_pushed=2)
        older = await sender.send()
        await sender.read(older)
        server.peers[0].respond(2, 200, b"complete")
        server.promised = (6,)
        newer = await sender.send()
        await sender.read(newer)
        server.peers[0].respond(6, 200, b"newer")
        assert await sender.read(newer.pushed[0]) == b"newer"
        with pytest.raises(LocalProtocolError, match="dropped before anybody asked"):
            await sender.read(older.pushed[0])
        server.peers[0].respond(4, 200, b"kept")
        assert await sender.read(older.pushed[1]) == b"kept"
        assert sender.pool.active == 0

    world.run(body)


def test_only_so_much_is_kept_unasked(world: Any) -> None:
    server = Pusher(2, 4)

    async def body() -> None:
        sender = pushing(world, server, max_pushed_size=40_000)
        response = await sender.send()
        await sender.read(response)
        peer = server.peers[0]
        peer.respond(2, 200, b"x" * 30_000)
        peer.head(4)
        peer.data(4, b"y" * 16_000)
        await sender.get()
        one, other = response.pushed
        with pytest.raises(LimitExceeded, match="more than 40000 bytes") as caught:
            await sender.read(other)
        assert caught.value.limit == 40_000
        assert caught.value.request.url.path == "/4.css"
        assert await sender.read(one) == b"x" * 30_000
        assert sender.pool.active == 0
        assert await sender.get() == b"ok"

    world.run(body)

    assert codes(server.peers[0]) == {4: CANCEL}


def test_what_came_with_an_older_response_makes_room_for_bytes(world: Any) -> None:
    server = Pusher(2)

    async def body() -> None:
        sender = pushing(world, server, max_pushed_size=20_000)
        older = await sender.send()
        server.peers[0].respond(2, 200, b"x" * 16_000)
        server.promised = (4,)
        newer = await sender.send()
        server.peers[0].respond(4, 200, b"y" * 16_000)
        await sender.get()
        assert await sender.read(newer.pushed[0]) == b"y" * 16_000
        with pytest.raises(LocalProtocolError, match="dropped"):
            await sender.read(older.pushed[0])

    world.run(body)


def test_what_is_being_read_is_bounded_by_its_window_alone(world: Any) -> None:
    server = Pusher(2)

    async def body() -> None:
        sender = pushing(world, server, max_pushed_size=0)
        response = await sender.send()
        peer = server.peers[0]
        peer.head(2)
        await sender.get()
        (css,) = response.pushed
        pieces = css.iter_bytes() if world.name == "blocking" else css.aiter_bytes()
        # Asked for by the first look; the bytes come after it.
        connection = css._receiver._connection
        connection.claim(css._receiver._stream)
        peer.data(2, b"x" * 16_000, ends=True)
        got = b"".join(pieces) if world.name == "blocking" else b"".join([piece async for piece in pieces])
        assert got == b"x" * 16_000
        assert sender.pool.idle == 1

    world.run(body)


# What nobody asks for


def test_closing_a_response_early_drops_what_came_with_it(world: Any) -> None:
    server = Pusher(2, 4, answers=False)

    async def body() -> None:
        sender = pushing(world, server)
        server.on_head = begin
        response = await sender.send()
        one, other = response.pushed
        server.peers[0].head(4)
        server.peers[0].data(4, b"wanted", ends=True)
        assert await sender.read(other) == b"wanted"
        await sender.close_response(response)
        with pytest.raises(LocalProtocolError, match="dropped"):
            await sender.read(one)
        assert sender.pool.active == 0

    world.run(body)

    assert codes(server.peers[0]) == {1: CANCEL, 2: CANCEL}


def test_a_response_that_fails_takes_along_what_came_with_it(world: Any) -> None:
    server = Pusher(2)

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        Pusher.react(server, peer, request)

    async def body() -> None:
        sender = pushing(world, server)
        server.answers = False
        server.on_request = answer
        with pytest.raises(ReadTimeout):
            await sender.send()
        server.answers = True
        assert await sender.get() == b"ok"

    world.run(body)

    assert codes(server.peers[0]) == {1: CANCEL, 2: CANCEL}


def test_a_promise_that_was_on_its_way_when_its_response_was_given_up_is_refused(world: Any) -> None:
    server = Pusher(answers=False)

    async def body() -> None:
        sender = pushing(world, server)
        with pytest.raises(ReadTimeout):
            await sender.send()
        promise(server.peers[0], 1, 2)
        server.peers[0].respond(2)
        server.answers = True
        assert await sender.get() == b"ok"

    world.run(body)

    assert codes(server.peers[0]) == {1: CANCEL, 2: CANCEL}
    assert len(server.peers) == 1


def test_what_nobody_can_ask_for_is_dropped_with_the_next_request(world: Any) -> None:
    server = Pusher(2)

    async def body() -> None:
        sender = pushing(world, server)
        await sender.get()
        gc.collect()
        await sender.get()

    world.run(body)

    assert codes(server.peers[0]) == {2: CANCEL}


def test_a_pushed_response_that_is_closed_is_reset(world: Any) -> None:
    server = Pusher(2, 4)

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        server.peers[0].respond(4)
        await sender.get()
        for pushed in response.pushed:
            await sender.close_response(pushed)
            with pytest.raises(StreamClosed):
                await sender.read(pushed)
        await sender.get()
        assert sender.pool.idle == 1

    world.run(body)

    assert codes(server.peers[0]) == {2: CANCEL}


# How it ends


def test_a_pushed_response_that_the_server_resets_is_an_error_of_its_own(world: Any) -> None:
    server = Pusher(2, 4)

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        peer = server.peers[0]
        peer.reset(2, 7)
        peer.head(4)
        peer.data(4, b"some")
        peer.reset(4, 2)
        await sender.get()
        one, other = response.pushed
        with pytest.raises(RemoteProtocolError, match="REFUSED_STREAM"):
            await sender.read(one)
        with pytest.raises(IncompleteBody, match="INTERNAL_ERROR"):
            await sender.read(other)
        assert sender.pool.idle == 1

    world.run(body)

    assert len(server.peers) == 1


def test_a_malformed_pushed_response_is_reset(world: Any) -> None:
    server = Pusher(2)

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        server.peers[0].fields(2, [("x-a", "no status")])
        await sender.get()
        with pytest.raises(RemoteProtocolError, match="no :status"):
            await sender.read(response.pushed[0])
        assert await sender.get() == b"ok"

    world.run(body)

    assert codes(server.peers[0]) == {2: PROTOCOL_ERROR}


def test_what_was_whole_outlives_its_connection_and_what_was_not_is_an_error(world: Any) -> None:
    server = Pusher(2, 4)

    async def body() -> None:
        sender = pushing(world, server)
        response = await sender.send()
        server.peers[0].respond(2)
        server.peers[0].head(4)
        await sender.get()
        await sender.close()
        whole, part = response.pushed
        assert await sender.read(whole) == b"ok"
        with pytest.raises(TransportError, match="closed"):
            await sender.read(part)
        assert sender.pool.open == 0

    world.run(body)


# Many callers


@pytest.mark.anyio
async def test_tasks_read_what_was_pushed_all_at_once() -> None:
    server = Pusher(*range(2, 42, 2))
    transport = AsyncHTTPTransport(http1=False, http2=HTTP2(push=True), network=AsyncMemoryNetwork(server))
    bodies: dict[str, bytes] = {}

    async def read(pushed: Any) -> None:
        bodies[pushed.request.url.path] = await pushed.aread()

    response = await transport.handle_async_request(Request("GET", "http://h.test/", extensions={"timeout": TIMEOUTS}))
    await response.aread()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for pushed in response.pushed:
                tasks.start_soon(read, pushed)
            await anyio.lowlevel.checkpoint()
            for stream_id in range(40, 0, -2):
                server.peers[0].respond(stream_id, body=b"%d" % stream_id)
                await anyio.lowlevel.checkpoint()

    assert bodies == {f"/{stream_id}.css": b"%d" % stream_id for stream_id in range(2, 42, 2)}
    assert transport.snapshot().idle == 1


def test_threads_read_what_was_pushed_on_a_socket() -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        authority = request[":authority"]
        for stream_id in range(2, 22, 2):
            promise(peer, 1, stream_id, asked(f"/{stream_id}", authority=authority))
        peer.respond(1)
        for stream_id in range(20, 0, -2):
            peer.respond(stream_id, body=b"%d" % stream_id * 9_999)

    server = Pusher()
    server.on_request = answer
    bodies: dict[str, bytes] = {}

    with ListeningServer(server) as base:
        transport = HTTPTransport(http1=False, http2=HTTP2(push=True))
        response = transport.handle_request(Request("GET", base, extensions={"timeout": TIMEOUTS}))
        response.read()

        def work(pushed: Any) -> None:
            assert pushed.status_code == 200
            bodies[pushed.request.url.path] = pushed.read()

        threads = [threading.Thread(target=work, args=(pushed,)) for pushed in response.pushed]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert transport.snapshot().active == 0
        transport.close()

    assert bodies == {f"/{stream_id}": b"%d" % stream_id * 9_999 for stream_id in range(2, 22, 2)}
    assert not server.peers[0].heard(DataFrame)
    assert len(server.peers[0].heard(HeadersFrame)) == 1
