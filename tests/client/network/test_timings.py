"""The network says where the time of each request went, whatever protocol it spoke and whatever happened on the way."""

from __future__ import annotations

import ssl
from typing import Any

import anyio.lowlevel
import pytest
import trustme

from tests.hostile.http2_server import Http2Server
from understudy import AsyncClient, AsyncHTTPTransport, Client, Limits, MockTransport, Response, Timings
from understudy.client.network.backends.memory import AsyncMemoryNetwork

from .proxy_server import HTTPProxyServer, Origin, SOCKSProxyServer, listening

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PHASES = ("queue", "dns", "connect", "tls", "send", "first_byte", "download", "total")


def happened(timings: Timings) -> list[str]:
    """Return the phases that there were, all of which took some time and no more than the whole."""
    found = timings.as_dict()
    assert all(0 <= seconds <= found["total"] + 0.001 for seconds in found.values()), found
    return [name for name in PHASES if name in found]


def close(end: Any) -> None:
    end.close()


class Answering:
    """Answers every request in memory."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def __call__(self, end: Any) -> Any:
        server = self

        class Peer:
            def received(self, data: bytes) -> None:
                answer = server.answers.pop(0) if server.answers else OK
                if callable(answer):
                    answer(end)
                else:
                    end.send(answer)

        return Peer()


def test_a_new_connection_is_made_and_a_kept_one_is_not(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Answering())
        first, second = await sender.send(), await sender.send()
        assert happened(first.timings) == ["connect", "send", "first_byte", "download", "total"]
        assert happened(second.timings) == ["send", "first_byte", "download", "total"]
        assert (first.timings.reused, second.timings.reused) == (False, True)
        assert (first.timings.attempt, second.timings.attempt) == (1, 1)

    world.run(body)


def test_the_download_is_known_once_the_body_is_read_or_closed(world: Any) -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"

    async def body() -> None:
        sender = world.sender(Answering(chunks, chunks))
        response = await sender.send()
        assert happened(response.timings) == ["connect", "send", "first_byte", "total"]
        sender.network.connections[0].send(b"0\r\n\r\n")
        await sender.read(response)
        assert response.timings.download is not None
        left = await sender.send()
        await sender.close_response(left)
        assert left.timings.download is not None

    world.run(body)


def test_a_request_that_was_sent_again_says_so(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Answering(OK, close))
        await sender.get()
        response = await sender.send()
        assert response.timings.attempt == 2
        assert not response.timings.reused
        assert "connect" in happened(response.timings)

    world.run(body)


def test_a_trace_and_an_upload_change_nothing(world: Any) -> None:
    async def body() -> None:
        def trace(name: str, info: Any) -> None:
            pass

        sender = world.sender(Answering(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK))
        for options in ({"content": b"x" * 100_000}, {"extensions": {"trace": trace}}):
            response = await sender.send("POST", **options)
            await sender.read(response)
            assert {"send", "first_byte", "download", "total"} <= set(happened(response.timings))

    world.run(body)


def test_http2_is_stamped_as_well(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Http2Server(), http1=False, http2=True)
        first, second = await sender.send(), await sender.send()
        for response in (first, second):
            assert await sender.read(response) == b"ok"
        assert happened(first.timings) == ["connect", "send", "first_byte", "download", "total"]
        assert happened(second.timings) == ["send", "first_byte", "download", "total"]
        assert (first.timings.reused, second.timings.reused) == (False, True)

    world.run(body)


@pytest.mark.anyio
async def test_waiting_for_a_connection_is_a_phase() -> None:
    network = AsyncMemoryNetwork(Answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
    transport = AsyncHTTPTransport(network=network, limits=Limits(max_connections=1))
    responses: list[Response] = []
    async with AsyncClient(transport=transport) as client:

        async def get() -> None:
            responses.append(await client.get("http://h.test/"))

        async with client.stream("GET", "http://h.test/") as held, anyio.create_task_group() as tasks:
            tasks.start_soon(get)
            while not transport.snapshot().waiting:
                await anyio.lowlevel.checkpoint()
            network.connections[0].send(b"0\r\n\r\n")
            await held.aread()

    assert held.timings.queue is None
    assert happened(responses[0].timings) == ["queue", "send", "first_byte", "download", "total"]
    assert responses[0].timings.reused


@pytest.mark.anyio
async def test_tls_names_and_proxies_are_phases(side: Any) -> None:
    authority: Any = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server_context)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)

    async def timings(url: str, **options: Any) -> Timings:
        client = side.client(**options)
        try:
            response = await side.call(client.get, url)
        finally:
            await side.close(client)
        found: Timings = response.timings
        return found

    with (
        listening(Origin(server_context)) as secure,
        listening(HTTPProxyServer()) as proxy,
        listening(SOCKSProxyServer()) as socks,
    ):
        straight = await timings(f"https://localhost:{secure}/", verify=trust)
        tunneled = await timings(f"https://localhost:{secure}/", verify=trust, proxy=f"http://127.0.0.1:{proxy}")
        socked = await timings(f"https://localhost:{secure}/", verify=trust, proxy=f"socks5://127.0.0.1:{socks}")

    assert happened(straight) == [name for name in PHASES if name != "queue"]
    assert happened(tunneled) == happened(socked) == [name for name in PHASES if name not in ("queue", "dns")]


def test_what_does_not_come_over_the_network_has_a_total_at_most() -> None:
    with Client(transport=MockTransport(lambda request: Response(200, text="x"))) as client:
        timings = client.get("http://h.test/").timings

    assert timings == Timings(total=timings.total)
    assert timings.total is not None
