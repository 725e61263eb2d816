"""One HTTP/2 connection, call by call, in blocking code, asyncio and trio."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable

import pytest
from hpack import Decoder
from hyperframe.frame import DataFrame, Frame, HeadersFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame

from tests.hostile.http2_server import Http2Server
from understudy.client.config import HTTP2, Limits
from understudy.client.errors import (
    DeadlineExceeded,
    LocalProtocolError,
    ReadTimeout,
    RemoteProtocolError,
    StreamClosed,
    TransportError,
    WriteTimeout,
)
from understudy.client.messages.headers import Headers
from understudy.client.messages.request import Request
from understudy.client.network.http2.frames import INITIAL_WINDOW_SIZE, settings_frame
from understudy.client.network.http2.heads import Head
from understudy.client.network.http2.protocol import Protocol

from .bodies import streamed

if TYPE_CHECKING:
    from tests.hostile.http2_server import Http2Peer, Http2Request

NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, CANCEL = 0x0, 0x1, 0x3, 0x5, 0x8


def sending(world: Any, server: Any, **options: Any) -> Any:
    return world.sender(server, http1=False, http2=True, **options)


def test_a_request_becomes_one_header_block_and_its_response_says_http2(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        response = await sender.send(
            "GET", "http://h.test:8080/p?q=1", headers={"Connection": "close", "X-Case": "Y", "TE": "gzip"}
        )

        assert response.status_code == 200
        assert response.http_version == "HTTP/2"
        assert response.extensions["stream_id"] == 1
        assert await sender.read(response) == b"ok"
        assert sender.pool.idle == 1

    world.run(body)

    assert server.peers[0].requests[1].fields == [
        (":method", "GET"),
        (":authority", "h.test:8080"),
        (":scheme", "http"),
        (":path", "/p?q=1"),
        ("x-case", "Y"),
    ]


def test_requests_share_one_connection_one_stream_each(world: Any) -> None:
    server = Http2Server(
        on_request=lambda peer, request: peer.respond(request.stream_id, body=request[":path"].encode())
    )

    async def body() -> None:
        sender = sending(world, server)
        for number in range(5):
            assert await sender.get(f"http://h.test/{number}") == b"/%d" % number

    world.run(body)

    assert len(server.peers) == 1
    assert list(server.peers[0].requests) == [1, 3, 5, 7, 9]


def test_a_body_goes_out_with_its_length(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.read(await sender.send("POST", content=b"hello")) == b"ok"

    world.run(body)

    request = server.peers[0].requests[1]
    assert request.body == b"hello"
    assert request["content-length"] == "5"


def test_an_announced_length_is_kept_and_a_wrong_one_refused(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(LocalProtocolError, match="the body has 5 bytes"):
            await sender.send("POST", content=b"hello", headers={"Content-Length": "6"})
        assert await sender.get() == b"ok"
        assert sender.pool.active == 0

    world.run(body)


@pytest.mark.parametrize(
    ("lengths", "said"),
    [
        (["6"], "the body has 5 bytes"),
        (["five"], "not a number"),
        (["5", "6"], "two lengths"),
    ],
)
def test_a_length_that_was_changed_since_is_looked_at_again(world: Any, lengths: list[str], said: str) -> None:
    async def body() -> None:
        request = Request("POST", "http://h.test/", content=b"hello")
        request.headers = Headers([("Content-Length", length) for length in lengths])
        with pytest.raises(LocalProtocolError, match=said):
            await sending(world, Http2Server()).send_request(request)

    world.run(body)


def test_a_length_that_was_taken_away_is_said_all_the_same(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        request = Request("POST", "http://h.test/", content=b"hello")
        del request.headers["Content-Length"]
        await sending(world, server).send_request(request)

    world.run(body)

    assert server.peers[0].requests[1]["content-length"] == "5"


def test_the_target_is_what_the_caller_asks_for(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        await sender.send("OPTIONS", extensions={"target": b"*"})
        await sender.send(extensions={"target": "/raw|path"})
        for target in (b"", b"/a b", b"/a\x7f", 5):
            with pytest.raises(LocalProtocolError, match="is not a request target"):
                await sender.send(extensions={"target": target})

    world.run(body)

    assert [request[":path"] for request in server.peers[0].requests.values()] == ["*", "/raw|path"]


@pytest.mark.parametrize(("pieces", "announced", "said"), [((b"ab",), 5, "ended after 2"), ((b"abc",), 2, "more than")])
def test_a_stream_that_does_not_keep_its_length_is_reset(
    world: Any, pieces: tuple[bytes, ...], announced: int, said: str
) -> None:
    server = Http2Server()
    pieces_given, stream = streamed(world, *pieces)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(LocalProtocolError, match=said):
            await sender.send("POST", stream=stream, headers={"Content-Length": str(announced)})
        assert await sender.get() == b"ok"
        assert sender.pool.active == 0

    world.run(body)

    assert server.peers[0].requests[1].reset_code == CANCEL
    assert pieces_given.was_closed


@pytest.mark.parametrize(
    ("method", "headers"), [("CONNECT", {}), ("GET", {"Upgrade": "websocket", "Connection": "upgrade"})]
)
def test_what_http2_cannot_say_is_refused(world: Any, method: str, headers: dict[str, str]) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(LocalProtocolError, match="http2=False"):
            await sender.send(method, headers=headers)
        assert await sender.get() == b"ok"

    world.run(body)


def test_a_host_header_becomes_the_authority_and_credentials_are_never_indexed(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        await sender.get(
            headers={"Host": "virtual.test", "Authorization": "Bearer x", "Cookie": "a=b", "TE": "trailers"}
        )

    world.run(body)

    assert server.peers[0].requests[1].fields == [
        (":method", "GET"),
        (":authority", "virtual.test"),
        (":scheme", "http"),
        (":path", "/"),
        ("authorization", "Bearer x"),
        ("cookie", "a=b"),
        ("te", "trailers"),
    ]
    head = server.peers[0].heard(HeadersFrame)[0]
    indexable = {str(field[0]): field.indexable for field in _decoded(head.data)}
    assert not indexable["authorization"]
    assert not indexable["cookie"]
    assert indexable["te"]


def test_a_long_value_goes_out_as_it_is_and_the_rest_compressed() -> None:
    fields = [(b"x-long", b"a" * 10_000), (b"x-short", b"a" * 100)]
    protocol = Protocol()
    protocol.outgoing.clear()
    call: Any = None

    protocol.open(call, Head((), b"/", fields), ends=True)

    block = bytes(protocol.outgoing[9:])
    assert b"a" * 10_000 in block
    assert len(block) < 10_100
    assert Decoder().decode(block, raw=True) == [(b":path", b"/"), *fields]


def test_a_large_head_goes_out_in_several_frames() -> None:
    protocol = Protocol()
    protocol.outgoing.clear()
    call: Any = None

    fields = [(b"x-%d" % number, b"\xff" * 1000) for number in range(60)]
    protocol.open(call, Head((), b"/", fields), ends=True)

    kinds: list[str] = []
    data = bytes(protocol.outgoing)
    while data:
        frame, length = Frame.parse_frame_header(memoryview(data[:9]))
        kinds.append(type(frame).__name__)
        assert length <= 16_384
        assert ("END_HEADERS" in frame.flags) == (len(data) == 9 + length)
        data = data[9 + length :]
    assert kinds[0] == "HeadersFrame"
    assert set(kinds[1:]) == {"ContinuationFrame"}


def test_the_end_of_a_body_needs_no_room_where_the_server_has_taken_it_all_back() -> None:
    protocol = Protocol()
    protocol.receive(SettingsFrame(0).serialize())
    call: Any = None
    stream = protocol.open(call, Head((), b"/", [(b"x-a", b"b")]), ends=False)
    protocol.send_data(stream, b"x" * 100)
    protocol.receive(SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 10}).serialize())
    protocol.outgoing.clear()

    assert protocol.send_data(stream, b"y") == 0
    assert protocol.send_data(stream, b"", ends=True) == 0

    assert stream.has_sent_all
    assert protocol.outgoing == b"\0\0\0\0\1\0\0\0\1"


def test_a_frame_with_thousands_of_windows_is_worked_off_once() -> None:
    protocol = Protocol()
    protocol.receive(SettingsFrame(0).serialize())
    call: Any = None
    streams = [protocol.open(call, Head((), b"/", [(b"x-a", b"b")]), ends=False) for _ in range(100)]
    protocol.touched.clear()

    protocol.receive(settings_frame([(INITIAL_WINDOW_SIZE, 70_000 + number) for number in range(2_000)]))

    assert protocol.dead is None
    assert {protocol.room_for(stream) for stream in streams} == {65_535}
    assert {stream.window_out for stream in streams} == {71_999}
    assert protocol.touched == streams


# Bodies of responses


def test_a_large_response_is_read_under_both_windows(world: Any) -> None:
    whole = b"0123456789abcdef" * (20 * 65_536)
    left: dict[str, Any] = {"place": 0}

    def pour(peer: Http2Peer) -> None:
        """Send as much as both windows have room for."""
        place, size = left["place"], min(left["connection"], left["stream"], len(whole) - left["place"])
        for start in range(place, place + size, 16_384):
            end = min(start + 16_384, place + size)
            peer.data(1, whole[start:end], ends=end == len(whole))
        left["place"] += size
        left["connection"] -= size
        left["stream"] -= size

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        updates = peer.heard(WindowUpdateFrame)
        left.update(connection=65_535 + updates[0].window_increment, stream=peer.heard(SettingsFrame)[0].settings[4])
        peer.head(1, fields=[("content-length", str(len(whole)))])
        pour(peer)

    class Server(Http2Server):
        def heard(self, peer: Http2Peer, frame: Any) -> None:
            if isinstance(frame, WindowUpdateFrame) and left["place"]:
                left["stream" if frame.stream_id else "connection"] += frame.window_increment
                pour(peer)

    async def body() -> None:
        sender = sending(world, Server(on_request=answer))
        assert await sender.get() == whole
        assert sender.pool.active == 0

    world.run(body)


def test_a_response_in_pieces_is_given_as_it_comes_and_frees_its_stream_at_the_end(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id)
        peer.data(request.stream_id, b"one")
        held.append((peer, request.stream_id))

    held: list[Any] = []

    async def body() -> None:
        sender = sending(world, Http2Server(on_request=answer))
        response = await sender.send()
        assert sender.pool.active == 1
        peer, stream = held[0]
        peer.data(stream, b"two", ends=True)
        assert await sender.read(response) == b"onetwo"
        assert sender.pool.active == 0

    world.run(body)


def test_empty_frames_are_nothing_of_a_body(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id)
        for data in (b"", b"o", b"", b"", b"k"):
            peer.data(request.stream_id, data)
        peer.data(request.stream_id, ends=True)

    async def body() -> None:
        assert await sending(world, Http2Server(on_request=answer)).get() == b"ok"

    world.run(body)


def test_trailers_come_with_the_response(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id)
        peer.data(request.stream_id, b"ok")
        peer.fields(request.stream_id, [("x-checksum", "1")], ends=True)

    async def body() -> None:
        sender = sending(world, Http2Server(on_request=answer))
        response = await sender.send()
        assert await sender.read(response) == b"ok"
        assert response.extensions["trailers"] == [(b"x-checksum", b"1")]
        assert response.trailers["x-checksum"] == "1"

    world.run(body)


def test_interim_responses_reach_the_hook(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id, 103, [("link", "</a.css>")])
        peer.respond(request.stream_id)

    heard: list[Any] = []

    def hook(status: int, headers: Any) -> Any:
        heard.append((status, headers["link"]))
        return None

    async def body() -> None:
        sender = sending(world, Http2Server(on_request=answer))
        assert await sender.get(extensions={"informational": hook}) == b"ok"

    world.run(body)

    assert heard == [(103, "</a.css>")]


def test_interim_responses_during_an_upload_reach_the_hook(world: Any) -> None:
    server = Http2Server(on_head=lambda peer, request: peer.head(request.stream_id, 103))
    heard: list[int] = []

    def hook(status: int, headers: Any) -> None:
        heard.append(status)

    async def ahook(status: int, headers: Any) -> None:
        heard.append(status)

    async def body() -> None:
        sender = sending(world, server)
        asked = {"informational": hook if world.name == "blocking" else ahook}
        response = await sender.send("POST", content=b"x" * 200_000, extensions=asked)
        assert await sender.read(response) == b"ok"

    world.run(body)

    assert heard == [103]


MALFORMED: dict[str, list[tuple[str, str]]] = {
    "no status": [("x-a", "b")],
    "two statuses": [(":status", "200"), (":status", "200")],
    "a late status": [("x-a", "b"), (":status", "200")],
    "a request's pseudo-header": [(":status", "200"), (":path", "/")],
    "no number": [(":status", "2x0")],
    "below 100": [(":status", "099")],
    "another protocol": [(":status", "101")],
    "upper case": [(":status", "200"), ("X-A", "b")],
    "no name": [(":status", "200"), ("", "b")],
    "of the connection": [(":status", "200"), ("connection", "close")],
    "chunked": [(":status", "200"), ("transfer-encoding", "chunked")],
    "a line break": [(":status", "200"), ("x-a", "b\r\nset-cookie: c")],
    "a NUL": [(":status", "200"), ("x-a", "b\0")],
    "space before": [(":status", "200"), ("x-a", " b")],
    "two lengths": [(":status", "200"), ("content-length", "1"), ("content-length", "2")],
    "no length": [(":status", "200"), ("content-length", "+1")],
    "300 fields": [(":status", "200"), *((f"x-{number}", "") for number in range(300))],
}


@pytest.mark.parametrize("fields", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_response_ends_its_stream_and_no_other(world: Any, fields: list[tuple[str, str]]) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/bad":
            peer.fields(request.stream_id, fields)
        else:
            peer.respond(request.stream_id)

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError) as caught:
            await sender.get("http://h.test/bad")
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) <= 300
        assert sender.pool.active == 0
        assert await sender.get() == b"ok"

    world.run(body)

    assert len(server.peers) == 1
    assert server.peers[0].requests[1].reset_code == PROTOCOL_ERROR


def two_heads(peer: Http2Peer) -> None:
    peer.head(1)
    peer.head(1)


def more_than_the_window(peer: Http2Peer) -> None:
    peer.head(1)
    peer.raw(0, bytes(20_000), stream_id=1)


BREACHES: dict[str, tuple[Callable[[Http2Peer], None], int]] = {
    "data before the head": (lambda peer: peer.data(1, b"x"), PROTOCOL_ERROR),
    "two heads": (two_heads, PROTOCOL_ERROR),
    "an interim at the end": (lambda peer: peer.fields(1, [(":status", "103")], ends=True), PROTOCOL_ERROR),
    "more than the window": (more_than_the_window, FLOW_CONTROL_ERROR),
}


@pytest.mark.parametrize(("act", "code"), BREACHES.values(), ids=BREACHES)
def test_a_breach_of_the_rules_ends_its_stream_and_no_other(
    world: Any, act: Callable[[Http2Peer], None], code: int
) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request.stream_id == 1:
            act(peer)
        else:
            peer.respond(request.stream_id)

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = world.sender(server, http1=False, http2=HTTP2(stream_window=16_384))
        with pytest.raises(RemoteProtocolError):
            await sender.get()
        assert await sender.get() == b"ok"
        assert sender.pool.active == 0

    world.run(body)

    assert len(server.peers) == 1
    assert server.peers[0].requests[1].reset_code == code


def test_nothing_follows_the_end_of_a_response(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.respond(request.stream_id)
        peer.head(request.stream_id)

    server = Http2Server(on_head=answer, on_request=None)

    async def body() -> None:
        # Large enough not to go out with its head.
        await sending(world, server).send("POST", content=b"x" * 200_000)

    world.run(body)

    assert server.peers[0].requests[1].reset_code == STREAM_CLOSED


def test_a_head_may_come_with_a_priority(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.send(
            HeadersFrame(1, peer.encoder.encode([(":status", "200")]), flags=["END_HEADERS", "PRIORITY", "END_STREAM"])
        )

    async def body() -> None:
        assert await sending(world, Http2Server(on_request=answer)).get() == b""

    world.run(body)


@pytest.mark.parametrize(("length", "said"), [("5", "after 2 of 5 bytes"), ("1", "more than the 1 bytes")])
def test_a_length_that_lies_ends_the_stream(world: Any, length: str, said: str) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.respond(request.stream_id, fields=[("content-length", length)] if request.stream_id == 1 else [])

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError, match=said):
            await sender.get()
        assert await sender.get() == b"ok"
        assert sender.pool.active == 0

    world.run(body)

    assert len(server.peers) == 1


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("GET", 204)])
def test_a_response_without_a_body_may_announce_one(world: Any, method: str, status: int) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.respond(request.stream_id, status, b"", [("content-length", "10")])

    async def body() -> None:
        sender = sending(world, Http2Server(on_request=answer))
        response = await sender.send(method)
        assert response.status_code == status
        assert await sender.read(response) == b""

    world.run(body)


# Leaving early


def test_an_abandoned_download_is_reset_and_its_bytes_do_not_use_up_the_connection(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] != "/large":
            peer.respond(request.stream_id)
            return
        peer.head(request.stream_id)
        for _ in range(100):
            peer.data(request.stream_id, b"x" * 16_384)

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = sending(world, server)
        for _ in range(15):
            response = await sender.send("GET", "http://h.test/large")
            await sender.close_response(response)
            assert sender.pool.active == 0
        assert await sender.get() == b"ok"

    world.run(body)

    peer = server.peers[0]
    assert len(server.peers) == 1
    assert [request.reset_code for request in peer.requests.values()] == [CANCEL] * 15 + [None]
    # 24 MB were sent to a window of 16: what nobody wanted was given back all the same.
    assert any(frame.stream_id == 0 for frame in peer.heard(WindowUpdateFrame)[1:])


def test_what_arrives_late_for_a_stream_that_was_given_up_is_ignored(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request.stream_id == 1:
            peer.head(1)
        else:
            peer.data(1, b"late")
            peer.fields(1, [("x-late", "trailers")], ends=True)
            peer.reset(1, 0)
            peer.credit(1, 10)
            peer.respond(request.stream_id, fields=[("x-late", "trailers")])

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = sending(world, server)
        await sender.close_response(await sender.send())
        response = await sender.send()
        assert response.headers["x-late"] == "trailers"

    world.run(body)

    assert len(server.peers) == 1
    assert len(server.peers[0].heard(RstStreamFrame)) == 1


def test_a_silent_stream_times_out_alone(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] != "/silent":
            peer.respond(request.stream_id)

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(ReadTimeout, match=r"Timeout\(read="):
            await sender.get("http://h.test/silent")
        assert sender.pool.active == 0
        assert await sender.get() == b"ok"

    world.run(body)

    assert len(server.peers) == 1
    assert server.peers[0].requests[1].reset_code == CANCEL


@pytest.mark.parametrize("ends", ["silently", "with its stream"])
def test_a_body_that_breaks_off_tells_what_the_answer_was(world: Any, ends: str) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id, 201, [("content-length", "30")])
        peer.data(request.stream_id, b"x" * 12)
        if ends == "with its stream":
            peer.reset(request.stream_id, CANCEL)

    async def body() -> None:
        sender = sending(world, Http2Server(on_request=answer))
        with pytest.raises(TransportError, match=r"answered 201 Created, but .* after 12 of 30 bytes"):
            await sender.get()

    world.run(body)


# Uploads


def test_a_large_upload_waits_for_both_windows(world: Any) -> None:
    server = Http2Server()
    content = bytes(range(256)) * 2_000

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.read(await sender.send("POST", content=content)) == b"ok"

    world.run(body)

    assert server.peers[0].requests[1].body == content
    assert max(len(frame.data) for frame in server.peers[0].heard(DataFrame)) <= 16_384


def test_a_streamed_upload_goes_out_piece_by_piece(world: Any) -> None:
    server = Http2Server()
    pieces, stream = streamed(world, b"one", b"", b"two", b"x" * 100_000)

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.read(await sender.send("POST", stream=stream)) == b"ok"

    world.run(body)

    peer = server.peers[0]
    assert peer.requests[1].body == b"onetwo" + b"x" * 100_000
    assert [frame.data for frame in peer.heard(DataFrame)][:2] == [b"one", b"two"]
    assert pieces.was_closed


def test_a_window_that_never_opens_is_a_write_timeout_of_that_stream(world: Any) -> None:
    server = Http2Server(gives_credit=False, on_request=lambda peer, request: peer.respond(request.stream_id))

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(WriteTimeout, match=r"Timeout\(write="):
            await sender.send("POST", content=b"x" * 200_000)
        assert await sender.get() == b"ok"
        assert sender.pool.active == 0

    world.run(body)

    assert len(server.peers) == 1
    assert server.peers[0].requests[1].reset_code == CANCEL


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_final_response_ends_the_upload(world: Any, in_memory: bool) -> None:
    def refuse(peer: Http2Peer, request: Http2Request) -> None:
        if not request.is_complete and request[":method"] == "POST":
            peer.respond(request.stream_id, 413, b"too large")

    server = Http2Server(
        on_head=refuse, on_request=lambda peer, request: peer.respond(request.stream_id), gives_credit=False
    )
    pieces, stream = streamed(world, *[b"x" * 65_536] * 100)

    async def body() -> None:
        sender = sending(world, server)
        options: dict[str, Any] = {"content": b"x" * 6_553_600} if in_memory else {"stream": stream}
        response = await sender.send("POST", **options)
        assert response.status_code == 413
        assert await sender.read(response) == b"too large"
        assert sender.pool.active == 0
        assert await sender.get() == b"ok"

    world.run(body)

    assert len(server.peers) == 1
    assert server.peers[0].requests[1].reset_code == NO_ERROR
    assert in_memory or pieces.given < 3


def test_a_refusal_that_is_not_complete_stops_the_upload_and_is_read(world: Any) -> None:
    def refuse(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(1, 403)

    server = Http2Server(on_head=refuse, gives_credit=False)

    async def body() -> None:
        sender = sending(world, server)
        response = await sender.send("POST", content=b"x" * 200_000)
        assert response.status_code == 403
        server.peers[0].data(1, b"no", ends=True)
        assert await sender.read(response) == b"no"
        assert sender.pool.active == 0

    world.run(body)

    assert server.peers[0].requests[1].reset_code == NO_ERROR


def test_a_server_may_answer_while_it_listens(world: Any) -> None:
    def echo(peer: Http2Peer, request: Http2Request) -> None:
        if len(request.body) == 3:
            peer.head(1)
        peer.data(1, bytes(request.body[-3:]), ends=request.is_complete)

    server = Http2Server(on_data=echo, on_request=lambda peer, request: peer.data(1, ends=True))
    _, stream = streamed(world, b"one", b"two", b"six")

    async def body() -> None:
        sender = sending(world, server)
        response = await sender.send("POST", stream=stream)
        assert await sender.read(response) in (b"onetwosixsix", b"onetwosix")

    world.run(body)

    assert server.peers[0].requests[1].body == b"onetwosix"


def test_expectations_hold_the_body_back(world: Any) -> None:
    def agree(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/no":
            peer.respond(request.stream_id, 413, b"")
        elif request[":path"] == "/yes":
            peer.head(request.stream_id, 100)

    server = Http2Server(on_head=agree)

    async def body() -> None:
        sender = sending(world, server)
        expecting = {"headers": {"Expect": "100-continue"}, "content": b"hello"}
        assert (await sender.send("POST", "http://h.test/no", **expecting)).status_code == 413
        assert await sender.read(await sender.send("POST", "http://h.test/yes", **expecting)) == b"ok"
        assert await sender.read(await sender.send("POST", "http://h.test/silent", **expecting)) == b"ok"

    world.run(body)

    assert [bytes(request.body) for request in server.peers[0].requests.values()] == [b"", b"hello", b"hello"]


def test_the_agreement_is_told_before_the_body_is_touched(world: Any) -> None:
    server = Http2Server(on_head=lambda peer, request: peer.head(request.stream_id, 100))
    pieces, stream = streamed(world, b"hello")
    told: list[tuple[int, int]] = []

    def hook(status: int, headers: Any) -> None:
        told.append((status, pieces.given))

    async def body() -> None:
        asked = {"informational": hook}
        await sending(world, server).send("POST", headers={"Expect": "100-continue"}, stream=stream, extensions=asked)

    world.run(body)

    assert told == [(100, 0)]


# Tracing


def test_trace_tells_each_step(world: Any) -> None:
    told: list[str] = []

    def trace(name: str, info: Any) -> None:
        told.append(name)

    async def atrace(name: str, info: Any) -> None:
        told.append(name)

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id)
        peer.data(request.stream_id, b"o")
        held.append(peer)

    held: list[Http2Peer] = []

    async def body() -> None:
        sender = sending(world, Http2Server(on_request=answer))
        listener = trace if world.name == "blocking" else atrace
        response = await sender.send("POST", content=b"x", extensions={"trace": listener})
        held[0].data(1, b"k", ends=True)
        assert await sender.read(response) == b"ok"
        await sender.close_response(response)

    world.run(body)

    http2 = [name for name in told if name.startswith("http2")]
    assert http2 == [
        f"http2.{step}.{moment}"
        for step in (
            "send_connection_init",
            "send_request_headers",
            "send_request_body",
            "receive_response_headers",
            "receive_response_body",
            "response_closed",
        )
        for moment in ("started", "complete")
    ]


def test_a_body_that_breaks_off_is_told_as_a_failure(world: Any) -> None:
    told: list[str] = []

    def trace(name: str, info: Any) -> None:
        told.append(name)

    async def atrace(name: str, info: Any) -> None:
        told.append(name)

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id)
        peer.reset(request.stream_id, CANCEL)

    async def body() -> None:
        sender = sending(world, Http2Server(on_request=answer))
        response = await sender.send(extensions={"trace": trace if world.name == "blocking" else atrace})
        with pytest.raises(RemoteProtocolError):
            await sender.read(response)

    world.run(body)

    assert told[-4:] == [
        "http2.receive_response_body.started",
        "http2.receive_response_body.failed",
        "http2.response_closed.started",
        "http2.response_closed.complete",
    ]


def test_whoever_takes_a_body_off_the_wire_says_until_when(world: Any) -> None:
    server = Http2Server(on_request=lambda peer, request: peer.head(request.stream_id))

    async def body() -> None:
        sender = sending(world, server)
        response = await sender.send()
        response.stream.end_by(time.monotonic())
        with pytest.raises(DeadlineExceeded):
            await sender.read(response)

    world.run(body)


def test_a_response_closed_early_says_so(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id)

    async def body() -> None:
        sender = sending(world, Http2Server(on_request=answer))
        response = await sender.send()
        await sender.close_response(response)
        with pytest.raises(StreamClosed):
            await sender.read(response)

    world.run(body)


def _decoded(data: bytes) -> list[Any]:
    return list(Decoder().decode(data))


def test_a_request_that_cannot_be_sent_costs_the_others_nothing(world: Any) -> None:
    async def body() -> None:
        sender = sending(world, Http2Server())
        await sender.get()
        with pytest.raises(LocalProtocolError):
            await sender.send("GET", headers={"Upgrade": "x"})

        assert await sender.get() == b"ok"
        assert len(sender.network.connections) == 1

    world.run(body)


def test_a_connection_that_allows_no_streams_any_more_makes_room_for_another_one(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id)
        peer.settings({SettingsFrame.MAX_CONCURRENT_STREAMS: 0})
        peer.data(request.stream_id, b"ok", ends=True)

    async def body() -> None:
        sender = sending(world, Http2Server(on_request=answer), limits=Limits(max_connections_per_host=1))
        assert await sender.get() == b"ok"
        assert await sender.get() == b"ok"
        assert len(sender.network.connections) == 2

    world.run(body)


def test_an_idle_connection_that_comes_to_allow_no_streams_is_replaced(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        await sender.get()
        server.peers[0].settings({SettingsFrame.MAX_CONCURRENT_STREAMS: 0})

        assert await sender.read(await sender.send("POST", content=b"x")) == b"ok"
        assert len(sender.network.connections) == 2
        assert sender.pool.open == 1

    world.run(body)
