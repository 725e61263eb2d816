"""An asynchronous client in an event loop of uvloop's: whatever it does with sockets is not asyncio's own doing."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, Callable

import pytest

from understudy import AsyncClient, AsyncHTTPTransport, IncompleteBody, Limits, ReadTimeout, Timeout

from .authorities import server_context, trusting
from .cases import GOOD, OK, head
from .http2_server import Http2Server, ListeningServer
from .invariants import check_error, check_pool
from .server import PATIENCE, HostileServer
from .steps import BeGood, Cut, Echo, Listen, Read, ReadHead, Send, Stall, Tell

uvloop: Any = pytest.importorskip("uvloop", reason="uvloop is not installed")

LARGE = bytes(range(256)) * 8_000


def on_uvloop(body: Callable[[], Any]) -> None:
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    try:
        loop.run_until_complete(body())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    gc.collect()


def client_of(**options: Any) -> AsyncClient:
    return AsyncClient(transport=AsyncHTTPTransport(trust_env=False, **options), trust_env=False, timeout=5.0)


@pytest.mark.parametrize("secure", [False, True])
def test_connections_are_kept_and_many_tasks_share_them(secure: bool) -> None:
    async def body() -> None:
        async with client_of(verify=trusting(), limits=Limits(max_connections=5)) as client:
            responses = await asyncio.gather(*[client.get(server.url(f"/{number}")) for number in range(100)])
            assert [response.content for response in responses] == [b"/%d" % number for number in range(100)]
            assert "tls" in responses[0].timings.as_dict() or not secure
            check_pool(client.pool)
            assert client.pool.idle <= 5

    with HostileServer(*[(Echo(1000),)] * 5, tls=server_context("127.0.0.1") if secure else None) as server:
        on_uvloop(body)

        assert len(server.connections) <= 5


def test_much_goes_both_ways() -> None:
    async def body() -> None:
        async with client_of() as client:
            response = await client.post(server.url(), content=LARGE)
            assert response.content == LARGE
            refused = await client.post(server.url(), content=bytes(32_000_000))
            assert (refused.status_code, refused.content) == (413, b"no")
            check_pool(client.pool)

    answer = head(b"Content-Length: %d" % len(LARGE)) + LARGE
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"
    with HostileServer((Read(), Send(answer), ReadHead(), Send(refusal), Stall())) as server:
        on_uvloop(body)


def test_silence_cuts_and_cancellation_leave_nothing() -> None:
    async def body() -> None:
        async with client_of(verify=trusting()) as client:
            with pytest.raises(ReadTimeout) as silent:
                await client.get(server.url(), timeout=Timeout(5.0, read=0.05))
            check_error(silent.value)
            with pytest.raises(IncompleteBody) as cut:
                await client.get(server.url())
            check_error(cut.value)
            waiting = asyncio.ensure_future(client.get(server.url()))
            heard = server.event("heard")
            assert await asyncio.get_running_loop().run_in_executor(None, heard.wait, PATIENCE)
            waiting.cancel()
            await asyncio.wait([waiting])
            assert waiting.cancelled()
            check_pool(client.pool)
            assert (await client.get(server.url())).content == b"good"

    scripts = (
        (Read(), Listen()),
        (Read(), Send(OK + b"\r\nhalf"), Cut()),
        (Read(), Tell("heard"), Listen()),
        (BeGood(),),
    )
    with HostileServer(*scripts, tls=server_context("127.0.0.1")) as server:
        on_uvloop(body)


def test_a_kept_connection_that_dies_is_replaced() -> None:
    async def body() -> None:
        async with client_of() as client:
            await client.get(server.url())
            response = await client.get(server.url())
            assert (response.content, response.timings.attempt) == (b"good", 2)

    with HostileServer((Read(), Send(GOOD), Read())) as server:
        on_uvloop(body)


def test_http2_is_shared_as_elsewhere() -> None:
    server = Http2Server(on_request=lambda peer, request: peer.respond(request.stream_id, body=bytes(request.body)))
    context = server_context("localhost")
    context.set_alpn_protocols(["h2"])

    async def body() -> None:
        async with client_of(verify=trusting(), http2=True) as client:
            contents = [b"%d" % number * 10_000 for number in range(50)]
            responses = await asyncio.gather(*[client.post(url, content=content) for content in contents])
            assert [response.content for response in responses] == contents
            assert {response.http_version for response in responses} == {"HTTP/2"}
            check_pool(client.pool)

    with ListeningServer(server, context) as url:
        on_uvloop(body)
    assert len(server.peers) == 1
