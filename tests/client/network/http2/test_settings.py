"""What a client can say about HTTP/2, and what follows on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import anyio
import pytest
from hyperframe.frame import SettingsFrame, WindowUpdateFrame

from tests.hostile.http2_server import Http2Peer, Http2Server
from understudy.client.config import HTTP2
from understudy.client.errors import LimitExceeded, RemoteProtocolError
from understudy.client.messages.request import Request
from understudy.client.network.backends.memory import AsyncMemoryNetwork
from understudy.client.transports.network import AsyncHTTPTransport

if TYPE_CHECKING:
    from tests.hostile.http2_server import Http2Request
    from understudy.client.network.backends.base import NetworkStream

HEADER_TABLE = 0x1
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_HEADER_LIST = 0x3, 0x4, 0x5, 0x6
FRAME_SIZE_ERROR, ENHANCE_YOUR_CALM = 0x6, 0xB


def speaking(world: Any, server: Any, **settings: Any) -> Any:
    return world.sender(server, http1=False, http2=HTTP2(**settings))


def test_what_is_set_is_said_to_the_server(world: Any) -> None:
    server = Http2Server()
    settings = {
        "stream_window": 100_000,
        "connection_window": 200_000,
        "max_frame_size": 20_000,
        "max_header_list_size": 30_000,
    }

    async def body() -> None:
        assert await speaking(world, server, **settings).get() == b"ok"

    world.run(body)

    said = server.peers[0].heard(SettingsFrame)[0].settings
    assert (said[INITIAL_WINDOW], said[MAX_FRAME], said[MAX_HEADER_LIST]) == (100_000, 20_000, 30_000)
    assert MAX_CONCURRENT_STREAMS not in said
    updates = server.peers[0].heard(WindowUpdateFrame)
    assert [(update.stream_id, update.window_increment) for update in updates] == [(0, 200_000 - 65_535)]


def test_the_smallest_window_of_a_connection_needs_no_words(world: Any) -> None:
    server = Http2Server()

    async def body() -> None:
        assert await speaking(world, server, connection_window=65_535).get() == b"ok"

    world.run(body)

    assert server.peers[0].heard(WindowUpdateFrame) == []


def test_small_windows_are_given_back_as_a_body_is_read(world: Any) -> None:
    whole = b"0123456789abcdef" * 65_536
    left: dict[int, int] = {0: 65_535, 1: 16_384}
    sent = 0

    def pour(peer: Http2Peer) -> None:
        nonlocal sent
        while sent < len(whole) and (size := min(left[0], left[1], 16_384, len(whole) - sent)):
            for stream_id in left:
                left[stream_id] -= size
            peer.data(1, whole[sent : sent + size], ends=sent + size == len(whole))
            sent += size

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(1)
        pour(peer)

    class Server(Http2Server):
        def heard(self, peer: Http2Peer, frame: Any) -> None:
            if isinstance(frame, WindowUpdateFrame) and sent:
                left[frame.stream_id] += frame.window_increment
                pour(peer)

    async def body() -> None:
        sender = speaking(world, Server(on_request=answer), stream_window=16_384, connection_window=65_535)
        assert await sender.get() == whole
        assert sender.pool.idle == 1

    world.run(body)


def large_frame(peer: Http2Peer) -> None:
    peer.raw(0, bytes(16_385), stream_id=1)


def large_header(peer: Http2Peer) -> None:
    peer.head(1, fields=[("x-a", "b" * 2_000)])


def large_block(peer: Http2Peer) -> None:
    peer.raw(1, b"\x88", stream_id=1)
    peer.raw(9, b"\0\1a\1b" * 1_000, stream_id=1)


BREACHES: dict[str, tuple[dict[str, Any], Callable[[Http2Peer], None], type[RemoteProtocolError], int]] = {
    "a frame": ({"max_frame_size": 16_384}, large_frame, RemoteProtocolError, FRAME_SIZE_ERROR),
    "a header": ({"max_header_list_size": 2_000}, large_header, LimitExceeded, ENHANCE_YOUR_CALM),
    "a header block": ({"max_header_list_size": 2_000}, large_block, LimitExceeded, ENHANCE_YOUR_CALM),
}


@pytest.mark.parametrize(("settings", "act", "error", "code"), BREACHES.values(), ids=BREACHES)
def test_more_than_was_agreed_is_refused(
    world: Any, settings: dict[str, Any], act: Callable[[Http2Peer], None], error: type[RemoteProtocolError], code: int
) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if peer is server.peers[0]:
            act(peer)
        else:
            peer.respond(request.stream_id)

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = speaking(world, server, **settings)
        with pytest.raises(error):
            await sender.get()
        assert await sender.get() == b"ok"

    world.run(body)

    assert server.peers[0].goodbye == code


def test_a_larger_header_is_read_where_that_is_allowed(world: Any) -> None:
    large = [(f"x-{number}", "b" * 1_000) for number in range(100)]

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        block = peer.encoder.encode([(":status", "200"), *large], huffman=False)
        peer.raw(1, block[:16_000], stream_id=1)
        for start in range(16_000, len(block), 4_000):
            last = start + 4_000 >= len(block)
            peer.raw(9, block[start : start + 4_000], flags=4 if last else 0, stream_id=1)
        peer.data(1, b"ok", ends=True)

    async def body() -> None:
        sender = speaking(world, Http2Server(on_request=answer), max_header_list_size=1_000_000)
        response = await sender.send()
        assert response.headers["x-99"] == "b" * 1_000
        assert await sender.read(response) == b"ok"

    world.run(body)


@pytest.mark.anyio
async def test_a_client_may_use_fewer_streams_than_the_server_takes() -> None:
    held: list[tuple[Http2Peer, Http2Request]] = []

    def hold(peer: Http2Peer, request: Http2Request) -> None:
        held.append((peer, request))
        if len(held) == 7:
            are_there.set()

    are_there = anyio.Event()
    server = Http2Server(on_request=hold)
    settings = HTTP2(max_concurrent_streams=3)
    transport = AsyncHTTPTransport(http1=False, http2=settings, network=AsyncMemoryNetwork(server))

    async def ask() -> None:
        response = await transport.handle_async_request(
            Request("GET", "http://h.test/", extensions={"timeout": {"read": 10.0, "pool": 10.0}})
        )
        await response.aread()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for _ in range(7):
                tasks.start_soon(ask)
            await are_there.wait()
            for peer, request in held:
                peer.respond(request.stream_id)

    assert sorted(len(peer.requests) for peer in server.peers) == [1, 3, 3]
    assert transport.snapshot().active == 0


# Writing that does not end


class StuckNetwork:
    """A network whose connections take their preface, and then nothing."""

    def __init__(self, network: AsyncMemoryNetwork) -> None:
        self._network = network
        self.streams: list[StuckStream] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)

    async def connect_tcp(self, *place: Any, **options: Any) -> Any:
        stream = StuckStream(await self._network.connect_tcp(*place, **options))
        self.streams.append(stream)
        return stream


class StuckStream:
    def __init__(self, stream: NetworkStream) -> None:
        self._stream = stream
        self._writes = 0
        self.is_closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def write(self, data: bytes, timeout: float | None) -> None:
        self._writes += 1
        if self._writes > 1:
            await anyio.sleep(60)
        await self._stream.write(data, timeout)

    def close(self) -> None:
        self.is_closed = True
        self._stream.close()


@pytest.mark.anyio
async def test_who_is_cancelled_while_the_peer_takes_nothing_is_cancelled_and_the_connection_given_up() -> None:
    network = StuckNetwork(AsyncMemoryNetwork(Http2Server()))
    stuck: Any = network
    transport = AsyncHTTPTransport(http1=False, http2=True, network=stuck)

    with anyio.fail_after(10):
        with anyio.move_on_after(0.05) as scope:
            await transport.handle_async_request(
                Request("GET", "http://h.test/", extensions={"timeout": {"write": 30.0}})
            )

    assert scope.cancelled_caught
    assert transport.snapshot().open == 0
    assert [stream.is_closed for stream in network.streams] == [True]


TABLE_SIZES = [(50, 0), (100, 100), (0, 4_096), (4_096, 65_536), (0, 65_536, 50), (4_096, 100, 4_096), (200, 50, 100)]


@pytest.mark.parametrize("first", [0, 50, 4_096])
@pytest.mark.parametrize("sizes", TABLE_SIZES, ids=str)
def test_a_server_may_resize_the_table_of_headers_as_often_as_it_likes(
    world: Any, first: int, sizes: tuple[int, ...]
) -> None:
    changes = iter([(first,), sizes, ()])

    def answer(peer: Http2Peer, request: Http2Request) -> None:
        for size in next(changes):
            peer.settings({HEADER_TABLE: size})
            # What the server's side of the compression holds the client to.
            peer.decoder.max_allowed_table_size = size
        peer.respond(request.stream_id, body=request[":path"].encode())

    server = Http2Server(on_request=answer)

    async def body() -> None:
        sender = speaking(world, server)
        for path in ("/first", "/second", "/third"):
            assert await sender.get(f"http://h.test{path}") == path.encode()

    world.run(body)

    assert len(server.peers) == 1
