"""Redirects over real connections (C55 to C64): what the second server is sent, byte by byte, and what is refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from understudy import InvalidURL, RemoteProtocolError, TooManyRedirects, UnsupportedProtocol

from .cases import MIB, OK
from .invariants import SECRET, check_pool
from .server import HostileServer
from .steps import BeGood, Flood, Listen, Read, Send

pytestmark = pytest.mark.anyio


def moved(location: str, status: int = 302, body: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d Moved\r\nLocation: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        status,
        location.encode(),
        len(body),
        body,
    )


SECRETS: dict[str, dict[str, Any]] = {
    "a header": {"headers": {"authorization": f"Bearer {SECRET}"}},
    "auth": {"auth": ("ada", SECRET)},
    "a Cookie header": {"headers": {"COOKIE": f"sid={SECRET}"}},
    "cookies": {"cookies": {"sid": SECRET}},
    "Proxy-Authorization": {"headers": {"Proxy-Authorization": f"Basic {SECRET}"}},
    "an API key": {"headers": {"X-Api-Key": SECRET}},
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("door", list(SECRETS))
async def test_c55_c57_c58_another_origin_is_told_no_secret_nor_the_first_one_afterwards(
    door: str, status: int, side: Any
) -> None:
    options = dict(SECRETS[door])
    client_options = {"cookies": options.pop("cookies")} if "cookies" in options else {}
    # Another port is another origin.
    with HostileServer() as other, HostileServer((Read(), Send(moved(other.url(), status)), BeGood())) as first:
        other._scripts = ((Read(), Send(moved(first.url("/back"), status)), BeGood()),)
        async with side.client(follow_redirects=True, **client_options) as client:
            response = await side.call(client.get, first.url(), **options)

            assert response.content == b"good"
            check_pool(client._transport.snapshot())

        told = (SECRET.encode(), base64.b64encode(f"ada:{SECRET}".encode()))
        asked, back = first.requests
        assert any(secret in asked for secret in told)
        assert not any(secret in other.heard for secret in told)
        if door != "cookies":
            # What was dropped stays dropped; a jar chooses for each hop anew.
            assert not any(secret in back for secret in told)
        assert b"\r\nreferer:" not in (first.heard + other.heard).lower()


@pytest.mark.parametrize(
    ("status", "method", "body"), [(301, b"GET", b""), (302, b"GET", b""), (303, b"GET", b""), (307, b"POST", b"{}")]
)
async def test_c59_a_body_travels_as_a_whole_or_not_at_all(status: int, method: bytes, body: bytes, side: Any) -> None:
    with HostileServer((Read(), Send(moved("/there", status)), BeGood())) as server:
        async with side.client(follow_redirects=True) as client:
            await side.call(client.post, server.url(), content=b"{}", headers={"Content-Type": "application/json"})

        again = server.requests[1]
        assert again.startswith(method + b" /there ")
        assert (b"content-type" in again.lower()) == bool(body)
        assert (b"\r\ncontent-length: 2\r\n" in again.lower()) == bool(body)
        assert server.heard.endswith(body if body else b"\r\n\r\n")


async def test_c62_a_loop_ends_after_twenty_hops(side: Any) -> None:
    around = (*(step for _ in range(40) for step in (Read(), Send(moved("/around")))), Listen())
    with HostileServer(around) as server:
        async with side.client(follow_redirects=True) as client:
            with pytest.raises(TooManyRedirects) as caught:
                await side.call(client.get, server.url())

            assert caught.value.request.url.path == "/around"
            check_pool(client._transport.snapshot())
        assert len(server.requests) == 21


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "http://[::1",
        "http:///x",
        "http://a@b@c:99999/",
        "http://exa mple.test/",
    ],
)
async def test_c63_a_location_leads_nowhere_else(location: str, side: Any) -> None:
    with HostileServer((Read(), Send(moved(location)), BeGood())) as server:
        async with side.client(follow_redirects=True) as client:
            with pytest.raises((UnsupportedProtocol, InvalidURL, RemoteProtocolError)):
                await side.call(client.get, server.url())

            check_pool(client._transport.snapshot())
            assert (await side.call(client.get, server.url())).content == b"good"
        assert len(server.requests) == 2


async def test_c64_a_fragment_is_kept_and_never_sent(side: Any) -> None:
    with HostileServer((Read(), Send(moved("/there")), BeGood())) as server:
        async with side.client(follow_redirects=True) as client:
            response = await side.call(client.get, server.url("/here#part"))

        assert response.url.fragment == "part"
        assert b"part" not in server.heard


async def test_c33_the_endless_body_of_a_redirect_is_not_read(side: Any) -> None:
    endless = b"HTTP/1.1 302 Moved\r\nLocation: /there\r\nTransfer-Encoding: chunked\r\n\r\n"
    with HostileServer((Read(), Send(endless), Flood(b"10000\r\n" + bytes(65_536) + b"\r\n", 512 * MIB))) as server:
        async with side.client(follow_redirects=True) as client:
            response = await side.call(client.get, server.url())

            assert response.content == b"good"
            check_pool(client._transport.snapshot())
        assert server.sent < 16 * MIB


async def test_c32_a_stream_that_is_left_early_costs_its_connection_and_nothing_else(side: Any) -> None:
    with HostileServer(
        (Read(), Send(OK + b"Content-Length: 999999999\r\n\r\n"), Flood(bytes(65_536), 900 * MIB))
    ) as server:
        async with side.client() as client:
            async with side.stream(client, "GET", server.url()) as response:
                assert await side.first_piece(response)

            check_pool(client._transport.snapshot())
            assert (await side.call(client.get, server.url())).content == b"good"
        assert server.sent < 16 * MIB
