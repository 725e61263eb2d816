"""Expect: 100-continue (C19), and what a server says before it stops listening."""

from __future__ import annotations

from typing import Any

import pytest

from understudy import Limits, Timeout, TransportError

from .http2_server import Http2Server, ListeningServer
from .invariants import check_error, check_pool
from .server import PATIENCE, HostileServer
from .steps import BeGood, HalfClose, Listen, Read, ReadHead, Reset, Send, Tell

pytestmark = pytest.mark.anyio

REFUSED = b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno"
EXPECTING: dict[str, Any] = {"headers": {"Expect": "100-continue", "X-Kept": "yes"}}


@pytest.mark.parametrize("body", [b"content", bytes(1_000_000)], ids=["small", "large"])
async def test_c19_an_expectation_that_cannot_be_met_is_dropped_once(body: bytes, side: Any) -> None:
    with HostileServer((ReadHead(), Send(REFUSED), Listen())) as server:
        async with side.client() as client:
            response = await side.call(client.post, server.url("/up"), content=body, **EXPECTING)

            assert (response.status_code, response.content) == (200, b"good")
            assert response.request.headers["Expect"] == "100-continue"
            assert response.timings.attempt == 2
            check_pool(client._transport.snapshot())
        first, again = server.requests
        assert b"Expect: 100-continue\r\n" in first
        assert again == first.replace(b"Expect: 100-continue\r\n", b"")
        assert len(server.connections) == 2


async def test_c19_a_refusal_that_is_not_read_leaves_its_place_to_what_is_sent_again(side: Any) -> None:
    with HostileServer((ReadHead(), Send(REFUSED[:-2]), Listen())) as server:
        one = {"limits": Limits(max_connections=1)}
        async with side.client(transport_options=one, timeout=Timeout(PATIENCE, pool=0.5)) as client:
            response = await side.call(client.post, server.url(), content=b"content", **EXPECTING)

            assert (response.status_code, response.content) == (200, b"good")


async def test_c19_what_is_refused_again_is_returned(side: Any) -> None:
    with HostileServer((ReadHead(), Send(REFUSED), Listen()), (Read(), Send(REFUSED), Listen())) as server:
        async with side.client() as client:
            response = await side.call(client.post, server.url(), content=b"content", **EXPECTING)

            assert (response.status_code, response.content) == (417, b"no")
        assert len(server.requests) == 2


async def test_c19_what_can_be_sent_once_is_not_sent_again(side: Any) -> None:
    with HostileServer((ReadHead(), Send(REFUSED), Listen())) as server:
        async with side.client() as client:
            content = side.upload(iter([b"once"]))
            response = await side.call(client.post, server.url(), content=content, **EXPECTING)

            assert (response.status_code, response.content) == (417, b"no")
        assert len(server.requests) == 1
        assert b"once" not in server.heard


async def test_c19_without_an_expectation_417_is_an_answer_like_others(side: Any) -> None:
    with HostileServer((Read(), Send(REFUSED), BeGood())) as server:
        async with side.client() as client:
            assert (await side.call(client.post, server.url(), content=b"content")).status_code == 417

        assert len(server.requests) == 1


async def test_c19_over_http2_as_well(side: Any) -> None:
    def react(peer: Any, request: Any) -> None:
        if ("expect", "100-continue") in request.fields:
            peer.respond(request.stream_id, 417, b"no")

    server = Http2Server(on_head=react, on_request=lambda peer, request: peer.respond(request.stream_id))
    with ListeningServer(server) as url:
        transport = side.transport(trust_env=False, http1=False, http2=True)
        async with side.client(transport=transport) as client:
            response = await side.call(client.post, url, content=b"content", **EXPECTING)

            assert (response.status_code, response.content) == (200, b"ok")
            check_pool(transport.snapshot())
    assert [bytes(request.body) for request in server.peers[0].requests.values()] == [b"", b"content"]


UNASKED = b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"


@pytest.mark.parametrize("ending", [(Reset(),), (HalfClose(), Listen())], ids=["reset", "closed"])
async def test_a_server_that_refuses_before_it_listens_is_heard(ending: Any, side: Any) -> None:
    # Waiting in the trace until the server has said all it will say makes the order certain.
    with HostileServer((Send(UNASKED), *ending[:1], Tell("said"), *ending[1:])) as server:

        def wait(name: str) -> None:
            if name == "connection.connect_tcp.complete":
                assert server.event("said").wait(PATIENCE)

        async with side.client() as client:
            try:
                response = await side.call(client.get, server.url(), extensions={"trace": side.tracer(wait)})
            except TransportError as error:
                # After a reset the system may throw away what had arrived.
                assert ending == (Reset(),)
                check_error(error)
            else:
                assert (response.status_code, response.content) == (503, b"no")
            check_pool(client._transport.snapshot())
            assert (await side.call(client.get, server.url())).content == b"good"
