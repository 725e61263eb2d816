"""HTTP/2 with an accident at every step: nothing leaks, and the next request works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import anyio
import pytest
from hyperframe.frame import HeadersFrame, PushPromiseFrame

from tests.client.network.test_torture import KINDS, Accidents, have_accident
from tests.hostile.http2_server import Http2Request, Http2Server
from understudy.client.config import HTTP2

from .bodies import streamed

if TYPE_CHECKING:
    from tests.hostile.http2_server import Http2Peer


async def get(sender: Any) -> None:
    assert await sender.get() == b"ok"


async def get_twice(sender: Any) -> None:
    await get(sender)
    await get(sender)


async def read_slowly(sender: Any) -> None:
    response = await sender.send("GET", "http://h.test/slow")
    sender.server.peers[-1].data(1, b"k", ends=True)
    assert await sender.read(response) == b"ok"


async def read_part(sender: Any) -> None:
    response = await sender.send("GET", "http://h.test/slow")
    await sender.close_response(response)
    await get(sender)


async def post_much(sender: Any) -> None:
    assert await sender.read(await sender.send("POST", content=b"x" * 300_000)) == b"ok"


async def post_pieces(sender: Any) -> None:
    _, stream = streamed(sender.world, b"one", b"two")
    assert await sender.read(await sender.send("POST", stream=stream)) == b"ok"


async def many_at_once(sender: Any) -> None:
    if sender.is_blocking:
        return await get(sender)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(sender.get)
    return None


async def read_what_was_pushed(sender: Any) -> None:
    response = await sender.send("GET", "http://h.test/page")
    await sender.read(response)
    peer = sender.server.peers[-1]
    last = max((frame.stream_id for frame in peer.heard(HeadersFrame)), default=1)
    if response.pushed and last == 1:
        peer.respond(2, body=b"x" * 40_000)
        peer.head(4)
        assert len(await sender.read(response.pushed[0])) == 40_000
        await sender.close_response(response.pushed[1])
    await get(sender)


def answer(peer: Http2Peer, request: Http2Request) -> None:
    if request[":path"] == "/page" and request.stream_id == 1:
        for stream_id in (2, 4):
            peer.requests[stream_id] = Http2Request(stream_id, [])
            fields = [(":method", "GET"), (":scheme", "http"), (":authority", "h.test"), (":path", "/pushed")]
            block = peer.encoder.encode(fields)
            peer.send(PushPromiseFrame(1, promised_stream_id=stream_id, data=block, flags=["END_HEADERS"]))
    if request[":path"] == "/slow":
        peer.head(request.stream_id)
        peer.data(request.stream_id, b"o")
    else:
        peer.respond(request.stream_id)


SCENARIOS: dict[str, Callable[[Any], Any]] = {
    "a request": get,
    "a connection used again": get_twice,
    "a body in pieces": read_slowly,
    "an abandoned body": read_part,
    "an upload": post_much,
    "a streamed upload": post_pieces,
    "a crowd": many_at_once,
    "a pushed response": read_what_was_pushed,
}


# How HTTP/2 is spoken: without and with a PING before a connection is used again.
SETTINGS: dict[str, HTTP2] = {
    "usual": HTTP2(push=True),
    "asking": HTTP2(push=True, ping_interval=1e-9, ping_timeout=1.0),
}


async def run_once(world: Any, act: Callable[[Any], Any], settings: HTTP2, kind: str, at: int) -> bool:
    """Run a scenario with an accident; return whether there was one."""
    server = Http2Server(on_request=answer)
    sender = world.sender(server, http1=False, http2=settings)
    sender.server, sender.world, sender.is_blocking = server, world, world.name == "blocking"
    network = Accidents(sender.network, kind, at)
    sender.transport._network = network

    await have_accident(network, act, sender)

    pool = sender.pool
    assert pool.active == 0, pool
    assert not pool.waiting
    assert not pool.holders
    still_open = [stream for stream in network.streams if not stream.stream.is_closed]
    assert len(still_open) == pool.idle
    network.at = -1
    assert await sender.get("http://next.test/") == b"ok"
    assert await sender.get() == b"ok"
    await sender.close()
    assert sender.pool.open == 0
    assert all(stream.stream.is_closed for stream in network.streams)
    return network.happened


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_accident_leaks_a_connection_or_breaks_the_next_request(world: Any, scenario: str, settings: str) -> None:
    for kind in KINDS[world.name]:

        async def every_step(kind: str = kind) -> int:
            at = 1
            while await run_once(world, SCENARIOS[scenario], SETTINGS[settings], kind, at):
                at += 1
                assert at < 500
            return at

        assert world.run(every_step) > 3
