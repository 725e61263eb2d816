"""One HTTP/2 connection, call by call, in blocking code, asyncio and trio."""

from __future__ import annotations

from typing import Any

from tests.hostile.http2_server import Http2Server


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
