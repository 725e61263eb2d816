"""Many uploads on one connection: whoever waits for room gets it in turn."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame

from tests.client.network.conftest import World
from tests.hostile.http2_server import Http2Server, ListeningServer
from understudy.client.config import HTTP2
from understudy.client.errors import WriteTimeout
from understudy.client.messages.request import Request
from understudy.client.network.backends.memory import AsyncMemoryNetwork
from understudy.client.network.http2.heads import Head
from understudy.client.network.http2.protocol import Protocol
from understudy.client.transports.network import AsyncHTTPTransport, HTTPTransport

from .bodies import streamed
from .test_sharing import TIMEOUTS, SlowNetwork, get, read, until

if TYPE_CHECKING:
    from tests.hostile.http2_server import Http2Peer, Http2Request
    from understudy.client.network.http2.stream import Stream

INITIAL_WINDOW_SIZE = SettingsFrame.INITIAL_WINDOW_SIZE
FIRST_WINDOW = 65_535
UPLOADS = 16
SIZE = 20_000
DROP = 1_000


def used_up(*, first: int = 1_000_000) -> tuple[Protocol, list[Stream]]:
    """Return a connection whose window is used up, and three streams on it whose own windows are not."""
    protocol = Protocol()
    protocol.receive(SettingsFrame(0, settings={INITIAL_WINDOW_SIZE: first}).serialize())
    call: Any = SimpleNamespace(request=Request("POST", "http://h.test"))
    streams = [protocol.open(call, Head((), b"/", [(b"x-a", b"b")]), ends=False) for _ in range(4)]
    protocol._window_out = 0
    protocol.outgoing.clear()
    return protocol, streams[1:]


def credit(protocol: Protocol, more: int, stream_id: int = 0) -> list[int]:
    """Give room, and return the streams that had some of it, in their order."""
    protocol.outgoing.clear()
    protocol.receive(WindowUpdateFrame(stream_id, window_increment=more).serialize())
    sent: list[int] = []
    out = bytes(protocol.outgoing)
    while out:
        frame, length = DataFrame.parse_frame_header(memoryview(out[:9]))
        sent.append(frame.stream_id)
        out = out[9 + length :]
    return sent


def test_room_is_given_in_turn() -> None:
    protocol, streams = used_up()
    one, two, three = (stream.id for stream in streams)
    for stream in streams:
        protocol.offer(stream, b"x" * 40_000, ends=True)

    assert credit(protocol, 10) == [one]
    assert credit(protocol, 10) == [two]
    assert credit(protocol, 40_000) == [three, one, two]
    assert credit(protocol, 16_384) == [three]


def test_a_stream_without_room_of_its_own_holds_up_no_other_and_comes_behind_them() -> None:
    protocol, streams = used_up(first=50)
    one, two, three = streams
    for stream in streams:
        protocol.offer(stream, b"x" * 1_000, ends=True)
    assert credit(protocol, 10_000) == [one.id, two.id, three.id]

    assert credit(protocol, 10, two.id) == [two.id]
    protocol._window_out = 0
    assert credit(protocol, 500, three.id) == []
    assert credit(protocol, 500, one.id) == []
    assert credit(protocol, 600) == [three.id, one.id]

    assert [len(stream.rest) for stream in streams] == [850, 940, 450]


def test_what_has_been_refused_sends_no_more_though_there_is_room() -> None:
    protocol, streams = used_up()
    for stream in streams:
        protocol.offer(stream, b"x" * 1_000, ends=True)
    refusal = HeadersFrame(streams[0].id, Encoder().encode([(":status", "413")]), flags=["END_HEADERS"])

    protocol.receive(refusal.serialize())

    assert credit(protocol, 5_000) == [stream.id for stream in streams[1:]]


def test_a_stream_that_is_given_up_leaves_the_line() -> None:
    protocol, streams = used_up()
    for stream in streams:
        protocol.offer(stream, b"x" * 1_000, ends=True)

    protocol.reset(streams[0])
    protocol.give_up_sending(streams[1])

    assert credit(protocol, 5_000) == [streams[2].id]
    assert not protocol.line


@pytest.mark.parametrize("piece", [b"", b"x" * 100])
def test_nothing_is_sent_on_a_stream_that_has_ended_while_its_next_piece_was_made(piece: bytes) -> None:
    protocol, streams = used_up()
    protocol.receive(RstStreamFrame(streams[0].id, 8).serialize())
    protocol._window_out = 5_000

    protocol.offer(streams[0], piece, ends=True)

    assert not protocol.outgoing
    assert not protocol.line


def test_a_buffer_can_be_used_again_once_it_has_gone_out() -> None:
    protocol, streams = used_up()
    protocol._window_out = 5_000
    buffer = bytearray(b"x" * 100)

    protocol.offer(streams[0], memoryview(buffer), ends=False)

    buffer.clear()
    assert protocol.outgoing.endswith(b"x" * 100)


def test_nobody_goes_ahead_of_those_in_line() -> None:
    protocol, streams = used_up()
    protocol.offer(streams[0], b"x" * 1_000, ends=True)
    protocol._window_out = 5_000

    assert protocol.room_for(streams[1]) == 0
    protocol.offer(streams[1], b"y" * 1_000, ends=True)

    assert protocol.outgoing.index(b"x" * 1_000) < protocol.outgoing.index(b"y" * 1_000)


class Dripping(Http2Server):
    """Takes many uploads at once, each in a wide window of its own, and opens the connection's window drop by drop."""

    def __init__(self) -> None:
        super().__init__(gives_credit=False, hello=lambda peer: peer.settings({INITIAL_WINDOW_SIZE: 1_000_000}))
        self.on_head = self.on_data = self._drip
        self.spread = 0

    def _drip(self, peer: Http2Peer, _: Http2Request) -> None:
        taken = [len(request.body) for request in peer.requests.values()][1:]
        if len(taken) == UPLOADS:
            self.spread = max(self.spread, max(taken) - min(taken))
            peer.credit(0, DROP)


def post(size: int, base: str = "http://h.test") -> Request:
    return Request("POST", base, content=b"x" * size, extensions={"timeout": TIMEOUTS})


@pytest.mark.anyio
async def test_tasks_that_upload_get_on_at_the_same_pace() -> None:
    server = Dripping()
    transport = AsyncHTTPTransport(http1=False, http2=True, network=AsyncMemoryNetwork(server))
    await read(transport, post(FIRST_WINDOW))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for _ in range(UPLOADS):
                tasks.start_soon(read, transport, post(SIZE))

    assert [len(request.body) for request in server.peers[0].requests.values()] == [FIRST_WINDOW] + [SIZE] * UPLOADS
    assert server.spread == DROP


def test_threads_that_upload_get_on_at_the_same_pace() -> None:
    server = Dripping()
    transport = HTTPTransport(http1=False, http2=True)

    with ListeningServer(server) as base:
        transport.handle_request(post(FIRST_WINDOW, base)).read()
        threads = [
            threading.Thread(target=lambda: transport.handle_request(post(SIZE, base)).read()) for _ in range(UPLOADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        transport.close()

    assert [len(request.body) for request in server.peers[0].requests.values()] == [FIRST_WINDOW] + [SIZE] * UPLOADS
    assert server.spread == DROP


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("size", "said"),
    [
        (16_384, "sent 16384 bytes of its response, .* takes nothing more for 0.1 s: .* send less at once$"),
        (100, "the peer says nothing for 0.1 s; allow more"),
    ],
)
async def test_a_server_that_waits_for_its_answer_to_be_read_is_told_of(size: int, said: str) -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        peer.head(request.stream_id)
        peer.data(request.stream_id, bytes(size))

    server = Http2Server(gives_credit=False, on_head=answer)
    transport = AsyncHTTPTransport(http1=False, http2=HTTP2(stream_window=16_384), network=AsyncMemoryNetwork(server))
    request = Request("POST", "http://h.test", content=bytes(100_000), extensions={"timeout": {"write": 0.1}})

    with pytest.raises(WriteTimeout, match=said):
        await transport.handle_async_request(request)

    assert transport.snapshot().active == 0


@pytest.mark.anyio
async def test_an_upload_that_listens_goes_on_when_another_one_has_written() -> None:
    def answer(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] != "/writer":
            peer.respond(request.stream_id)
        if request[":method"] == "POST":
            peer.respond(writers[0].stream_id)

    def note(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/writer":
            writers.append(request)

    def hello(peer: Http2Peer) -> None:
        peer.settings({INITIAL_WINDOW_SIZE: 1_000_000})
        peer.credit(0, 1_000_000)

    server = Http2Server(gives_credit=False, hello=hello, on_request=answer)
    network: Any = SlowNetwork(AsyncMemoryNetwork(server))
    transport = AsyncHTTPTransport(http1=False, http2=True, network=network)
    await read(transport, get("/first"))
    patient = {"timeout": TIMEOUTS}
    writers: list[Http2Request] = []
    server.on_head = note

    with anyio.fail_after(30):
        network.is_held = True
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read, transport, get("/writer"))
            await until(lambda: not network.is_held)
            pieces = streamed(World("asyncio"), *[b"x" * 50_000] * 10)[1]
            tasks.start_soon(read, transport, Request("POST", "http://h.test", stream=pieces, extensions=patient))
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            # What the upload has sent fills what is to go out: it listens, and nothing is going to be said.
            network.goes_on.set()

    assert transport.snapshot().active == 0
