"""What happens to a kept connection between two requests, and at the moment of the second (C16, C46, C53)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import AsyncClient, ReadError, RemoteProtocolError, WriteError

from .authorities import server_context, trusting
from .cases import EVIL, GOOD
from .invariants import check_error, check_pool
from .server import PATIENCE, HostileServer
from .steps import BeGood, CloseNotify, HalfClose, Listen, Read, ReadHead, Reset, Send, Tell, WaitFor

if TYPE_CHECKING:
    from .steps import Script

pytestmark = pytest.mark.anyio

WHILE_IDLE: dict[str, Script] = {
    "C16 a second response": (Send(EVIL), Tell("done"), Listen()),
    "C16 half a response": (Send(EVIL[:20]), Tell("done"), Listen()),
    "C16 one byte": (Send(b"\n"), Tell("done"), Listen()),
    "C46 FIN": (HalfClose(), Tell("done"), Listen()),
    "C46 RST": (Reset(), Tell("done")),
    "C46 408 and FIN": (Send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"), HalfClose(), Tell("done")),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", list(WHILE_IDLE))
async def test_what_a_server_does_while_idle_never_meets_the_next_request(name: str, method: str, side: Any) -> None:
    with HostileServer((Read(), Send(GOOD), WaitFor("go"), *WHILE_IDLE[name])) as server:
        async with side.client() as client:
            await side.call(client.get, server.url())
            server.event("go").set()
            assert server.event("done").wait(PATIENCE)

            response = await side.call(client.request, method, server.url("/second"))

            assert response.content == b"good"
            check_pool(client._transport.snapshot())
        assert len(server.connections) == 2
        assert [head.split(b" ")[1] for head in server.requests] == [b"/", b"/second"]


async def test_c46_the_closing_message_of_tls_ends_a_connection_too(side: Any) -> None:
    script = (Read(), Send(GOOD), WaitFor("go"), CloseNotify(), Tell("done"), WaitFor("end"))
    with HostileServer(script, tls=server_context("127.0.0.1")) as server:
        async with side.client(transport=side.transport(verify=trusting())) as client:
            await side.call(client.get, server.url())
            server.event("go").set()
            assert server.event("done").wait(PATIENCE)

            response = await side.call(client.post, server.url("/second"))

            assert response.content == b"good"
        server.event("end").set()
        assert len(server.connections) == 2


DEATHS: dict[str, Script] = {"FIN": (), "RST": (Reset(),)}


@pytest.mark.parametrize("death", list(DEATHS))
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_c53_an_idempotent_request_that_dies_with_its_kept_connection_is_sent_once_more(
    method: str, death: str, side: Any
) -> None:
    with HostileServer((Read(), Send(GOOD), Read(), *DEATHS[death])) as server:
        async with side.client() as client:
            await side.call(client.get, server.url())

            response = await side.call(client.request, method, server.url("/second"))

            assert response.content == b"good"
        first, died, again = server.requests
        assert died == again != first
        assert len(server.connections) == 2


@pytest.mark.parametrize("death", list(DEATHS))
@pytest.mark.parametrize(
    ("method", "body"), [("POST", b"x"), ("PATCH", b"x"), ("PUT", None)], ids=["POST", "PATCH", "a body sent once"]
)
async def test_c53_what_might_be_done_twice_is_sent_once(method: str, body: Any, death: str, side: Any) -> None:
    with HostileServer((Read(), Send(GOOD), Read(), *DEATHS[death])) as server:
        async with side.client() as client:
            await side.call(client.get, server.url())

            content = side.upload(iter([b"x"])) if body is None else body
            with pytest.raises((RemoteProtocolError, ReadError, WriteError)) as caught:
                await side.call(client.request, method, server.url("/second"), content=content)

            check_error(caught.value)
            check_pool(client._transport.snapshot())
            assert (await side.call(client.get, server.url())).content == b"good"
        assert [head.split(b" ")[0] for head in server.requests] == [b"GET", method.encode(), b"GET"]


async def test_c53_a_second_death_is_an_error(side: Any) -> None:
    with HostileServer((Read(), Send(GOOD), Read()), (Read(),)) as server:
        async with side.client() as client:
            await side.call(client.get, server.url())

            with pytest.raises(RemoteProtocolError) as caught:
                await side.call(client.get, server.url("/second"))

            check_error(caught.value)
            assert (await side.call(client.get, server.url())).content == b"good"
        assert len(server.requests) == 4


async def test_c53_a_connection_that_dies_after_a_first_byte_is_not_tried_again(side: Any) -> None:
    with HostileServer((Read(), Send(GOOD), Read(), Send(b"H"))) as server:
        async with side.client() as client:
            await side.call(client.get, server.url())

            with pytest.raises(RemoteProtocolError):
                await side.call(client.get, server.url("/second"))

        assert len(server.requests) == 2


async def test_c54c_an_answer_is_read_though_the_server_resets_after_it(side: Any) -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"
    with HostileServer((ReadHead(), Send(refusal), Reset())) as server:
        async with side.client() as client:
            try:
                response = await side.call(client.post, server.url(), content=bytes(32 * 1024 * 1024))
            except (WriteError, ReadError) as error:
                # The system may throw away what had arrived.
                check_error(error)
            else:
                assert response.status_code == 413

            check_pool(client._transport.snapshot())
            assert (await side.call(client.get, server.url())).content == b"good"


async def test_c54b_a_redirect_of_what_can_be_sent_once_is_an_error_and_not_an_empty_body(side: Any) -> None:
    moved = b"HTTP/1.1 307 Moved\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
    with HostileServer((Read(), Send(moved), BeGood())) as server:
        async with side.client(follow_redirects=True) as client:
            from understudy import StreamConsumed

            with pytest.raises(StreamConsumed):
                await side.call(client.post, server.url(), content=side.upload(iter([b"once"])))

            check_pool(client._transport.snapshot())
        assert len(server.requests) == 1


async def test_a_body_is_not_taken_for_whole_where_its_client_is_closed(anyio_backend: str) -> None:
    with HostileServer((Read(), Send(b"HTTP/1.1 200 OK\r\n\r\nhalf"), WaitFor("end"))) as server:
        async with AsyncClient(trust_env=False) as client, client.stream("GET", server.url()) as response:
            pieces = response.aiter_raw()
            assert await pieces.__anext__() == b"half"
            await client.aclose()
            with pytest.raises(ReadError) as caught:
                await pieces.__anext__()
        server.event("end").set()

    check_error(caught.value)
