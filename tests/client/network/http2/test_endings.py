"""How streams and connections end before their time, and what becomes of the requests on them."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, Callable

import pytest
from hyperframe.frame import ContinuationFrame, HeadersFrame, PushPromiseFrame, SettingsFrame

from tests.hostile.http2_server import Http2Server
from understudy.client.config import HTTP2, Limits
from understudy.client.errors import (
    IncompleteBody,
    LimitExceeded,
    ReadError,
    RemoteProtocolError,
    WriteError,
)
from understudy.client.network.http2.connection import HTTP2Connection

from .bodies import streamed

if TYPE_CHECKING:
    from tests.hostile.http2_server import Http2Peer, Http2Request
    from understudy.client.network.call import Call

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR = 0, 1, 2, 3, 5, 6
REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, ENHANCE_YOUR_CALM, HTTP_1_1_REQUIRED = 0x7, 0x8, 0x9, 0xB, 0xD

Act = Callable[[Any, int], None]


def sending(world: Any, server: Any, **options: Any) -> Any:
    return world.sender(server, http1=False, http2=True, **options)


def first_time(act: Act) -> Http2Server:
    """Return a server that does this with the first request on its first connection, and answers every other one."""

    def react(peer: Http2Peer, request: Http2Request) -> None:
        if peer is server.peers[0] and request.stream_id == 1:
            act(peer, request.stream_id)
        else:
            peer.respond(request.stream_id)

    server = Http2Server(on_request=react)
    return server


def refuse(peer: Any, stream: int) -> None:
    peer.reset(stream, REFUSED_STREAM)


def leave(peer: Any, stream: int) -> None:
    peer.goaway(0, NO_ERROR)


def leave_and_close(peer: Any, stream: int) -> None:
    peer.goaway(0, ENHANCE_YOUR_CALM, b"too many pings")
    peer.end.close()


def leave_gracefully(peer: Any, stream: int) -> None:
    peer.goaway(2**31 - 1, NO_ERROR)
    peer.goaway(0, NO_ERROR)


# What was certainly not looked at


@pytest.mark.parametrize("act", [refuse, leave, leave_and_close, leave_gracefully])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_not_processed_goes_again_on_another_connection(world: Any, act: Act, method: str) -> None:
    server = first_time(act)

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.read(await sender.send(method, content=b"x")) == b"ok"
        assert sender.pool.active == 0
        assert sender.pool.open == 1

    world.run(body)

    assert len(server.peers) == 2
    assert server.peers[0].was_closed


def test_what_cannot_be_sent_again_fails_and_says_that_it_was_not_processed(world: Any) -> None:
    server = first_time(refuse)
    _, stream = streamed(world, b"once")

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError, match="REFUSED_STREAM; it has not looked at the request"):
            await sender.send("POST", stream=stream)
        assert sender.pool.active == 0

    world.run(body)


REFUSALS: dict[str, Act] = {"reset": refuse, "goaway": leave, "goaway and the end": leave_and_close}


@pytest.mark.parametrize("act", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_three_refusals_are_borne_each_on_a_connection_of_its_own(world: Any, act: Act, method: str) -> None:
    def react(peer: Http2Peer, request: Http2Request) -> None:
        if len(server.peers) <= 3:
            act(peer, request.stream_id)
        else:
            peer.respond(request.stream_id, body=bytes(request.body))

    server = Http2Server(on_request=react)

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.read(await sender.send(method, content=b"the same")) == b"the same"
        assert sender.pool.open == 1

    world.run(body)

    assert [list(peer.requests) for peer in server.peers] == [[1]] * 4
    assert all(peer.requests[1].body == b"the same" for peer in server.peers)
    # At once, then after 50 to 100 and 100 to 200 ms.
    assert 0.15 <= world.clock.now <= 0.3


@pytest.mark.parametrize("act", REFUSALS.values(), ids=REFUSALS)
def test_a_fourth_refusal_is_an_error_that_says_that_the_request_may_go_again(world: Any, act: Act) -> None:
    server = Http2Server(on_request=lambda peer, request: act(peer, request.stream_id))

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError, match=r"REFUSED_STREAM|took its leave before it looked") as caught:
            await sender.send("POST", content=b"x")
        assert caught.value.retryable
        assert "only where that is safe" not in str(caught.value)
        assert sender.pool.open == 0

    world.run(body)

    assert len(server.peers) == 4


def test_a_body_that_can_be_read_once_moves_on_where_nothing_of_it_was_sent(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Http2Server()
    pieces, stream = streamed(world, b"once")

    async def look(connection: HTTP2Connection, call: Call) -> None:
        """Let the farewell come after the pool has looked, and before the request goes out."""
        if len(server.peers) == 1 and server.peers[0].requests:
            server.peers[0].goaway(1)
            connection.is_usable()

    monkeypatch.setattr(HTTP2Connection, "look", look)

    async def body() -> None:
        sender = sending(world, server)
        await sender.get()
        assert await sender.read(await sender.send("POST", stream=stream)) == b"ok"
        assert sender.pool.open == 1

    world.run(body)

    assert pieces.given == 1
    assert len(server.peers) == 2
    assert server.peers[1].requests[1].body == b"once"


def test_streams_that_goaway_includes_finish_and_no_new_ones_begin(world: Any) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if len(server.peers) == 1:
            peer.head(request.stream_id)
            peer.goaway(request.stream_id)
        else:
            peer.respond(request.stream_id)

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = sending(world, server)
        first = await sender.send()
        assert await sender.get() == b"ok"
        server.peers[0].data(1, b"late", ends=True)
        assert await sender.read(first) == b"late"
        assert sender.pool.open == 1

    world.run(body)

    assert len(server.peers) == 2
    assert list(server.peers[0].requests) == [1]


@pytest.mark.parametrize("way", ["goaway", "close", "reset", "goaway and close", "nonsense"])
def test_a_connection_that_ended_while_idle_is_not_used(world: Any, way: str) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.get() == b"ok"
        peer = server.peers[0]
        if "goaway" in way:
            peer.goaway(1)
        if "close" in way:
            peer.end.close()
        if way == "reset":
            peer.end.reset()
        if way == "nonsense":
            peer.data(7, b"for nobody")
        # Not even a POST meets the end of it.
        assert await sender.read(await sender.send("POST", content=b"x")) == b"ok"
        assert sender.pool.open == 1

    world.run(body)

    assert len(server.peers) == 2
    assert list(server.peers[0].requests) == [1]


def test_what_arrives_while_idle_is_taken_in(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.get() == b"ok"
        server.peers[0].ping()
        server.peers[0].settings({3: 10})
        assert await sender.get() == b"ok"

    world.run(body)

    assert len(server.peers) == 1


def test_http11_required_says_so_where_http11_is_not_allowed(world: Any) -> None:
    server = Http2Server(on_request=lambda peer, request: peer.reset(request.stream_id, HTTP_1_1_REQUIRED))

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError, match=r"HTTP_1_1_REQUIRED; .* use http2=False"):
            await sender.get()

    world.run(body)


# What may have been processed


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (INTERNAL_ERROR, "INTERNAL_ERROR; the fault is the server's"),
        (CANCEL, "CANCEL; it has lost interest"),
        (ENHANCE_YOUR_CALM, "ENHANCE_YOUR_CALM; it gets too much"),
        (NO_ERROR, "NO_ERROR; it may have processed"),
        (0xABC, "code 0xabc; the fault"),
    ],
)
def test_a_stream_that_was_reset_says_why_and_the_connection_lives(world: Any, code: int, said: str) -> None:
    server = first_time(lambda peer, stream: peer.reset(stream, code))

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError, match=said) as caught:
            await sender.get()
        assert caught.value.request.url == "http://h.test/"
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
        assert await sender.get() == b"ok"

    world.run(body)

    assert len(server.peers) == 1


def test_a_body_that_was_reset_gives_what_came_and_then_says_how_much_that_was(world: Any) -> None:
    def act(peer: Any, stream: int) -> None:
        peer.head(stream, fields=[("content-length", "10")])
        peer.data(stream, b"half")
        peer.reset(stream, INTERNAL_ERROR)

    server = first_time(act)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(IncompleteBody, match="after 4 of 10 bytes: the server reset") as caught:
            await sender.get()
        assert (caught.value.received, caught.value.expected) == (4, 10)
        assert await sender.get() == b"ok"
        assert sender.pool.active == 0

    world.run(body)


def test_no_error_after_the_response_is_no_error(world: Any) -> None:
    def enough(peer: Http2Peer, request: Http2Request) -> None:
        if request.stream_id == 1:
            peer.respond(1, 200, b"enough")
            peer.reset(1, NO_ERROR)

    server = Http2Server(on_head=enough, on_request=lambda peer, request: peer.respond(request.stream_id))

    async def body() -> None:
        sender = sending(world, server)
        response = await sender.send("POST", content=b"x" * 200_000)
        assert await sender.read(response) == b"enough"
        assert await sender.get() == b"ok"

    world.run(body)

    assert len(server.peers) == 1


@pytest.mark.parametrize("way", ["close", "reset"])
def test_a_connection_cut_on_its_first_request_is_an_error(world: Any, way: str) -> None:
    server = first_time(lambda peer, stream: getattr(peer.end, way)())

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises((RemoteProtocolError, ReadError)):
            await sender.get()
        assert sender.pool.open == 0
        assert await sender.get() == b"ok"

    world.run(body)


@pytest.mark.parametrize(("method", "again"), [("GET", True), ("POST", False)])
def test_a_connection_cut_later_is_replaced_where_that_is_safe(world: Any, method: str, again: bool) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if peer is server.peers[0] and request.stream_id == 3:
            peer.end.close()
        else:
            peer.respond(request.stream_id)

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.get() == b"ok"
        if again:
            assert await sender.get() == b"ok"
        else:
            with pytest.raises(RemoteProtocolError, match="without answering"):
                await sender.send(method, content=b"x")
        assert sender.pool.active == 0

    world.run(body)


def test_a_server_that_takes_nothing_more_may_have_said_why(world: Any) -> None:
    def refuse(peer: Http2Peer, request: Http2Request) -> None:
        peer.respond(request.stream_id, 413, b"too large")
        raise BrokenPipeError("accident")

    async def body() -> None:
        sender = sending(world, Http2Server(on_data=refuse))
        response = await sender.send("POST", content=b"x" * 200_000)
        assert (response.status_code, await sender.read(response)) == (413, b"too large")
        assert sender.pool.open == 0

    world.run(body)


def test_where_it_says_nothing_the_failure_is_that_of_writing(world: Any) -> None:
    def refuse(peer: Http2Peer, request: Http2Request) -> None:
        raise BrokenPipeError("accident")

    async def body() -> None:
        sender = sending(world, Http2Server(on_data=refuse))
        for read in (0.3, 5.0, None):
            began = world.clock.monotonic()
            with pytest.raises(WriteError, match="accident"):
                await sender.send("POST", content=b"x" * 200_000, extensions={"timeout": {"read": read}})
            assert world.clock.monotonic() - began <= 1.0
        assert sender.pool.open == 0

    world.run(body)


def test_a_body_that_was_cut_is_incomplete(world: Any) -> None:
    def act(peer: Any, stream: int) -> None:
        peer.head(stream)
        peer.data(stream, b"half")
        peer.end.close()

    server = first_time(act)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(IncompleteBody, match="after 4 bytes: the server closed the connection"):
            await sender.get()
        assert sender.pool.open == 0

    world.run(body)


def test_a_goodbye_with_a_reason_is_in_the_error(world: Any) -> None:
    def act(peer: Any, stream: int) -> None:
        peer.goaway(stream, ENHANCE_YOUR_CALM, b"too_many\0pings")
        peer.end.close()

    server = first_time(act)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError, match=r"ENHANCE_YOUR_CALM \('too_many\\x00pings'\); it gets too much"):
            await sender.send("POST", content=b"x")

    world.run(body)


def test_a_server_that_speaks_http11_is_recognized(world: Any) -> None:
    def hello(peer: Http2Peer) -> None:
        peer.end.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    async def body() -> None:
        sender = sending(world, Http2Server(hello=hello))
        with pytest.raises(RemoteProtocolError, match=r"answered in HTTP/1\.1"):
            await sender.get()

    world.run(body)


# Settings


def test_a_server_that_takes_no_more_streams_gets_no_more(world: Any) -> None:
    def hello(peer: Http2Peer) -> None:
        peer.settings({3: 0})

    server = Http2Server(hello=hello)

    async def body() -> None:
        sender = sending(world, server, limits=Limits(max_connections=1))
        # The first request does not wait for the server's settings.
        for _ in range(3):
            assert await sender.get() == b"ok"
        assert sender.pool.active == 0

    world.run(body)

    assert [list(peer.requests) for peer in server.peers] == [[1], [1], [1]]


@pytest.mark.parametrize(
    "settings", [{5: 0}, {5: 1}, {5: 2**24}, {4: 2**31}, {2: 1}], ids=["no frame", "1", "2**24", "2**31", "push"]
)
def test_impossible_settings_end_the_connection(world: Any, settings: dict[int, int]) -> None:
    def hello(peer: Http2Peer) -> None:
        peer.send(SettingsFrame(0)) if len(server.peers) else peer.raw(
            4, b"".join(name.to_bytes(2, "big") + value.to_bytes(4, "big") for name, value in settings.items())
        )

    server = Http2Server(hello=hello)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError):
            await sender.get()
        assert await sender.get() == b"ok"

    world.run(body)

    assert server.peers[0].goodbye


def windows_beyond_all_bounds(peer: Any, stream: int) -> None:
    peer.credit(stream, 1)
    peer.settings({4: 2**31 - 1})


def more_than_the_window(peer: Any, stream: int) -> None:
    peer.head(stream)
    peer.raw(0, bytes(70_000), stream_id=stream)


def padding_without_its_length(peer: Any, stream: int) -> None:
    peer.head(stream)
    peer.raw(0, flags=8, stream_id=stream)


BREACHES: dict[str, tuple[Act, int]] = {
    "windows": (windows_beyond_all_bounds, FLOW_CONTROL_ERROR),
    "more than the window": (more_than_the_window, FLOW_CONTROL_ERROR),
    "padding": (padding_without_its_length, FRAME_SIZE_ERROR),
    "PRIORITY of nobody": (lambda peer, stream: peer.raw(2, bytes(4), stream_id=101), FRAME_SIZE_ERROR),
    "short GOAWAY": (lambda peer, stream: peer.raw(7, bytes(4)), FRAME_SIZE_ERROR),
}


@pytest.mark.parametrize(("act", "code"), BREACHES.values(), ids=BREACHES)
def test_a_breach_of_the_rules_ends_the_connection(world: Any, act: Act, code: int) -> None:
    server = first_time(act)

    async def body() -> None:
        http2 = HTTP2(connection_window=65_535, max_frame_size=2**20)
        sender = world.sender(server, http1=False, http2=http2)
        with pytest.raises(RemoteProtocolError):
            await sender.get()
        assert await sender.get() == b"ok"

    world.run(body)

    assert [peer.goodbye for peer in server.peers] == [code, None]


def test_a_server_that_does_not_begin_with_its_settings_is_left(world: Any) -> None:
    server = Http2Server(hello=lambda peer: peer.ping())

    async def body() -> None:
        with pytest.raises(RemoteProtocolError, match="did not begin with its settings"):
            await sending(world, server).get()

    world.run(body)

    assert server.peers[0].goodbye == PROTOCOL_ERROR


@pytest.mark.parametrize("settings", [{1: 0}, {1: 2**32 - 1}, {4: 0}, {5: 2**24 - 1}, {6: 0}])
def test_odd_settings_are_obeyed(world: Any, settings: dict[int, int]) -> None:
    def hello(peer: Http2Peer) -> None:
        peer.settings(settings)

    async def body() -> None:
        sender = sending(world, Http2Server(hello=hello))
        for _ in range(3):
            assert await sender.get(headers={"X-Long": "y" * 100}) == b"ok"

    world.run(body)


def test_a_window_that_shrinks_below_nothing_is_waited_for(world: Any) -> None:
    def shrink(peer: Http2Peer, request: Http2Request) -> None:
        peer.settings({4: 10})

    def widen(peer: Http2Peer, request: Http2Request) -> None:
        if len(request.body) > 60_000 and not widened:
            widened.append(True)
            peer.settings({4: 1_000_000})
            peer.credit(0, 1_000_000)

    widened: list[bool] = []
    server = Http2Server(on_head=shrink, on_data=widen, gives_credit=False)

    async def body() -> None:
        sender = sending(world, server)
        assert await sender.read(await sender.send("POST", content=b"x" * 200_000)) == b"ok"

    world.run(body)

    assert len(server.peers[0].requests[1].body) == 200_000


# Floods


def bomb(peer: Any, stream: int) -> None:
    """Index one field of 4 000 bytes, and refer to it until the list is 64 MB long."""
    peer.raw(
        1,
        peer.encoder.encode([(":status", "200"), ("x-bomb", "b" * 3_900)]) + b"\xbe" * 16_000,
        flags=4,
        stream_id=stream,
    )


def endless_continuation(peer: Any, stream: int) -> None:
    peer.send(HeadersFrame(stream, b"\x88"), *[ContinuationFrame(stream, b"")] * 100)


def large_continuation(peer: Any, stream: int) -> None:
    peer.send(HeadersFrame(stream, b"\x88"), *[ContinuationFrame(stream, b"\0\1a\1b" * 3_000)] * 20)


def flood(send: Callable[[Any, int], None], times: int) -> Act:
    def act(peer: Any, stream: int) -> None:
        for _ in range(times):
            send(peer, stream)

    return act


def empty_after_head(peer: Any, stream: int) -> None:
    peer.head(stream)
    flood(lambda peer, stream: peer.data(stream), 1_100)(peer, stream)


FLOODS: dict[str, tuple[Act, int]] = {
    "HPACK bomb": (bomb, ENHANCE_YOUR_CALM),
    "CONTINUATION": (endless_continuation, ENHANCE_YOUR_CALM),
    "large CONTINUATION": (large_continuation, ENHANCE_YOUR_CALM),
    "PING": (flood(lambda peer, stream: peer.ping(), 10_100), ENHANCE_YOUR_CALM),
    "SETTINGS": (flood(lambda peer, stream: peer.raw(4), 10_100), ENHANCE_YOUR_CALM),
    "WINDOW_UPDATE": (flood(lambda peer, stream: peer.credit(0, 1), 10_100), ENHANCE_YOUR_CALM),
    "PRIORITY": (flood(lambda peer, stream: peer.raw(2, bytes(5), stream_id=1), 10_100), ENHANCE_YOUR_CALM),
    "unknown": (flood(lambda peer, stream: peer.raw(0xEE), 10_100), ENHANCE_YOUR_CALM),
    "empty DATA": (empty_after_head, ENHANCE_YOUR_CALM),
}


@pytest.mark.parametrize(("act", "code"), FLOODS.values(), ids=FLOODS)
def test_a_flood_ends_the_connection(world: Any, act: Act, code: int) -> None:
    server = first_time(act)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(LimitExceeded) as caught:
            await sender.get()
        assert caught.value.limit
        assert sender.pool.open == 0
        assert await sender.get() == b"ok"

    world.run(body)

    assert server.peers[0].goodbye == code
    assert server.peers[0].was_closed


def test_interim_responses_without_end_are_a_flood_of_their_stream(world: Any) -> None:
    server = first_time(flood(lambda peer, stream: peer.head(stream, 103), 20))

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(LimitExceeded, match="more than 16 interim"):
            await sender.get()
        assert await sender.get() == b"ok"

    world.run(body)

    assert len(server.peers) == 1


def test_a_server_that_resets_everything_is_left(world: Any) -> None:
    server = Http2Server(on_request=lambda peer, request: peer.reset(request.stream_id, INTERNAL_ERROR))

    async def body() -> None:
        sender = sending(world, server)
        for _ in range(101):
            with pytest.raises(RemoteProtocolError):
                await sender.get()

    world.run(body)

    assert len(server.peers) == 2


@pytest.mark.parametrize(
    "block", [b"\x80", b"\x3f\xff\xff\x7f", b"\xff" * 50_000, b"\x88\x00\x83\xff\xff\xff\x01a", b"\x88\xff\x80"]
)
def test_a_header_that_cannot_be_decompressed_ends_the_connection(world: Any, block: bytes) -> None:
    server = first_time(lambda peer, stream: peer.raw(1, block, flags=4, stream_id=stream))

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError, match="COMPRESSION_ERROR"):
            await sender.get()
        assert await sender.get() == b"ok"

    world.run(body)

    assert server.peers[0].goodbye == COMPRESSION_ERROR


def test_pushed_responses_are_refused(world: Any) -> None:
    def act(peer: Any, stream: int) -> None:
        peer.send(PushPromiseFrame(stream, promised_stream_id=2, data=b"\x88", flags=["END_HEADERS"]))

    server = first_time(act)

    async def body() -> None:
        sender = sending(world, server)
        with pytest.raises(RemoteProtocolError, match="push"):
            await sender.get()

    world.run(body)

    assert server.peers[0].goodbye == PROTOCOL_ERROR


def test_closing_the_client_says_goodbye(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        sender = sending(world, server)
        await sender.get()
        await sender.close()

    world.run(body)

    assert server.peers[0].goodbye == NO_ERROR
    assert server.peers[0].was_closed


def test_closing_the_client_fails_what_is_being_served(world: Any) -> None:
    server = Http2Server(on_request=lambda peer, request: peer.head(request.stream_id))

    async def body() -> None:
        sender = sending(world, server)
        response = await sender.send()
        await sender.close()
        with pytest.raises(ReadError, match="closed by this client"):
            await sender.read(response)
        assert sender.pool.open == 0

    world.run(body)
