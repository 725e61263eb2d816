"""Redirects over real connections (C55 to C64): what the second server is sent, byte by byte, and what is refused."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

import pytest

from understudy import (
    DeadlineExceeded,
    InvalidURL,
    NetRCAuth,
    RemoteProtocolError,
    Timeout,
    TooManyRedirects,
    UnsupportedProtocol,
    refuse_downgrade,
)

from .authorities import server_context, trusting
from .cases import MIB, OK
from .invariants import SECRET, Stopwatch, check_error, check_pool, in_time
from .server import HostileServer
from .steps import BeGood, Drip, Flood, Listen, Read, Send

if TYPE_CHECKING:
    from pathlib import Path

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


async def test_c56_out_of_tls_goes_no_secret_and_where_that_is_refused_nothing(side: Any) -> None:
    options: dict[str, Any] = {"headers": {"Authorization": SECRET, "Cookie": SECRET}, "follow_redirects": True}
    with HostileServer() as plain:
        away = (Read(), Send(moved(plain.url("/there"))), BeGood())
        with HostileServer(away, away, tls=server_context("127.0.0.1")) as secure:
            async with side.client(transport=side.transport(verify=trusting()), **options) as client:
                assert (await side.call(client.get, secure.url())).content == b"good"
            assert SECRET.encode() not in plain.heard
            assert len(plain.requests) == 1

            options["redirect_policy"] = refuse_downgrade
            async with side.client(transport=side.transport(verify=trusting()), **options) as client:
                assert (await side.call(client.get, secure.url())).status_code == 302
                check_pool(client._transport.snapshot())
            assert len(plain.requests) == 1
        assert all(SECRET.encode() in head for head in secure.requests)


@in_time
async def test_c62_the_deadline_covers_every_hop(side: Any) -> None:
    hop = (Read(), Drip(moved("/on")))
    with HostileServer(hop, hop, hop, hop) as server:
        async with side.client(follow_redirects=True, timeout=Timeout(2.0, total=0.2)) as client:
            with Stopwatch(0.2), pytest.raises(DeadlineExceeded) as caught:
                await side.call(client.get, server.url())

            check_error(caught.value)
            check_pool(client._transport.snapshot())


async def test_c67_a_password_of_netrc_stays_at_its_host(side: Any, tmp_path: Path) -> None:
    file = tmp_path / "netrc"
    file.write_text(f"machine 127.0.0.1 login ada password {SECRET}\n", encoding="ascii")
    file.chmod(0o600)
    told = base64.b64encode(f"ada:{SECRET}".encode())
    with HostileServer() as other:
        away = (Read(), Send(moved(other.url("/there", host="localhost"))))
        with HostileServer(away) as first:
            async with side.client(follow_redirects=True, auth=NetRCAuth(file)) as client:
                assert (await side.call(client.get, first.url())).content == b"good"
        assert told in first.heard
    assert told not in other.heard
    assert b"authorization" not in other.heard.lower()


@pytest.mark.parametrize(
    "location", ["/" + "a/../" * 12_000, "/" + "%41" * 20_000, "//" + "a." * 30_000, "/?" + "&" * 60_000]
)
async def test_c70_a_long_location_takes_linear_time(location: str, side: Any) -> None:
    with HostileServer((Read(), Send(moved(location)), BeGood())) as server:
        async with side.client(follow_redirects=True) as client:
            began = time.process_time()
            try:
                response = await side.call(client.get, server.url())
            except (RemoteProtocolError, InvalidURL) as error:
                assert len(str(error)) < 400  # noqa: PT017  # either is fine, and neither takes long
            else:
                assert response.content == b"good"
            assert time.process_time() - began < 1.0
            check_pool(client._transport.snapshot())


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
