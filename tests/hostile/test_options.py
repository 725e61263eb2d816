"""What a client was told holds for every connection (C49), every URL and challenge, and is shown to nobody."""

# trustme says part of its types in terms of a package that is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

import pytest

from understudy import ConnectError, ConnectTimeout, DigestAuth, Proxy, RemoteProtocolError, Timeout

from ..client.network.proxy_server import HTTPProxyServer, listening
from .authorities import authority, demanding_context, server_context, trusting
from .cases import GOOD, head
from .http2_server import Http2Server, ListeningServer
from .invariants import SECRET, Stopwatch, check_error, check_pool, in_time
from .server import HostileServer
from .steps import BeGood, Read, Reset, Send

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
def credentials(tmp_path: Path) -> dict[str, Any]:
    """What a server that wants to see a certificate is shown, and what its own is checked against; both as files."""
    trusted = tmp_path / "authority.pem"
    authority("trusted").cert_pem.write_to_path(str(trusted))
    shown = tmp_path / "client.pem"
    authority("trusted").issue_cert("client@api.test").private_key_and_cert_chain_pem.write_to_path(str(shown))
    return {"verify": str(trusted), "cert": str(shown), "trust_env": False}


@pytest.mark.parametrize("h2", [False, True], ids=["h1", "h2"])
async def test_c49_what_tls_was_told_holds_in_every_connection(
    h2: bool, side: Any, credentials: dict[str, Any]
) -> None:
    context = demanding_context()
    # A client that showed no certificate, or trusted somebody else, would fail at each of these connections.
    if h2:
        context.set_alpn_protocols(["h2"])
        dies = {3}

        def react(peer: Any, request: Any) -> None:
            if len(peer.server.peers) == 1 and request.stream_id in dies:
                peer.goaway(1)
            else:
                peer.respond(request.stream_id, body=b"good")

        serving: Any = ListeningServer(Http2Server(on_request=react), context)
    else:
        serving = HostileServer((Read(), Send(GOOD), Read(), Reset()), tls=context)
    with serving as server, listening(HTTPProxyServer()) as proxy:
        url = server.replace("localhost", "127.0.0.1") if h2 else server.url()
        for options in ({}, {"proxy": Proxy(f"http://127.0.0.1:{proxy}")}):
            transport = side.transport(**credentials, **options, http2=h2)
            async with side.client(transport=transport) as client:
                for _ in range(3):
                    assert (await side.call(client.get, url)).content == b"good"
                await side.close(transport)
                assert (await side.call(client.get, url)).content == b"good"
                check_pool(transport.snapshot())


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("x", b"/v1/x"),
        ("/x", b"/v1/x"),
        ("//evil.test/x", b"/v1/x"),
        ("\\\\evil.test\\x", None),
        ("?a=//evil.test", b"/v1/?a=//evil.test"),
        ("@evil.test/", b"/v1/@evil.test/"),
        (":80/", None),
        ("http:/evil.test", None),
    ],
)
async def test_c65_what_is_appended_to_a_base_stays_below_it(url: str, target: bytes | None, side: Any) -> None:
    with HostileServer() as server:
        async with side.client(base_url=server.url("/v1/")) as client:
            try:
                await side.call(client.get, url)
            except ValueError:
                # An InvalidURL or an UnsupportedProtocol.
                assert target is None
                assert not server.connections
                return
        asked = server.requests[0].split(b" ")[1]
        assert asked.startswith(b"/v1/")
        assert target in (None, asked)


async def test_c66_a_server_that_is_never_content_is_asked_twice(side: Any) -> None:
    def challenge(number: int) -> bytes:
        fields = b'WWW-Authenticate: Digest realm="r", nonce="%d", stale=true, qop="auth"' % number
        return b"HTTP/1.1 401 No\r\n" + fields + b"\r\nContent-Length: 0\r\n\r\n"

    steps = [step for number in range(10) for step in (Read(), Send(challenge(number)))]
    with HostileServer((*steps, BeGood())) as server:
        async with side.client(auth=DigestAuth("ada", SECRET)) as client:
            response = await side.call(client.get, server.url())

            assert response.status_code == 401
            check_pool(client._transport.snapshot())
        assert len(server.requests) <= 3
        assert SECRET.encode() not in server.heard


async def test_c68_no_secret_is_in_anything_that_is_shown(side: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cookie = f"Set-Cookie: sid={SECRET}-set; Path=/\r\n".encode()
    answer = b"HTTP/1.1 200 OK\r\n" + cookie + b"Content-Length: 4\r\n\r\ngood"
    with HostileServer((Read(), Send(answer), Read(), Send(b"nonsense"))) as proxy:
        through = f"http://proxy:{SECRET}-proxy@127.0.0.1:{proxy.port}"
        transport = side.transport(proxy=through, trust_env=False)
        headers = {"Authorization": f"{SECRET}-1", "X-Api-Key": f"{SECRET}-2", "Proxy-Authorization": f"{SECRET}-3"}
        url = f"http://ada:{SECRET}-4@origin.test/?q=1"
        async with side.client(transport=transport, headers=headers, cookies={"c": f"{SECRET}-5"}) as client:
            response = await side.call(client.get, url)
            with pytest.raises(RemoteProtocolError) as caught:
                await side.call(client.get, url)

            check_error(caught.value)
            shown = [
                *(
                    response,
                    response.request,
                    response.headers,
                    response.request.headers,
                    response.url,
                    response.cookies,
                ),
                *(client, client.headers, client.cookies, client._transport, Proxy(through), caught.value),
                *(transport.snapshot(), response.request.extensions, response.timings),
            ]
            for thing in shown:
                assert SECRET not in repr(thing), type(thing)
            assert SECRET not in str(transport.snapshot())
    assert SECRET not in caplog.text
    assert proxy.heard.count(SECRET.encode()) >= 4


NOWHERE: dict[str, dict[str, Any]] = {
    "a local address that is not ours": {"local_address": "192.0.2.7"},
    "no addresses": {"resolver": {"h.test": []}},
    "very many addresses": {"resolver": {"h.test": [f"127.1.{n // 250}.{n % 250 + 1}" for n in range(1000)]}},
    "nobody can be reached there": {"resolver": {"h.test": "255.255.255.255"}},
    "one family without a route": {"resolver": {"h.test": ["2001:db8::1", "127.0.0.1"]}},
}


def failing(host: str, port: int) -> Any:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


@in_time
@pytest.mark.parametrize("name", [*NOWHERE, "a resolver that fails"])
async def test_c83_where_no_way_leads_is_a_connect_error_in_time(name: str, side: Any) -> None:
    options = NOWHERE.get(name, {"resolver": failing})
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    transport = side.transport(trust_env=False, **{"resolver": {"h.test": "127.0.0.1"}, **options})
    async with side.client(transport=transport, timeout=Timeout(2.0, connect=0.4)) as client:
        with Stopwatch(0.4), pytest.raises((ConnectError, ConnectTimeout)) as caught:
            await side.call(client.get, f"http://h.test:{port}/")

        check_error(caught.value)
        assert caught.value.request_sent is False
        check_pool(transport.snapshot())
        assert transport.snapshot().open == 0


async def test_a_server_without_a_certificate_for_the_name_is_reached_by_another_one(side: Any) -> None:
    context = server_context("a.test")
    asked: list[str | None] = []

    def note(tls: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        asked.append(name)

    context.sni_callback = note
    with HostileServer(tls=context) as server:
        async with side.client(transport=side.transport(verify=trusting())) as client:
            with pytest.raises(ConnectError):
                await side.call(client.get, server.url())
            response = await side.call(client.get, server.url(), extensions={"sni_hostname": "a.test"})
            assert response.content == b"good"

    assert asked == [None, "a.test"]


async def test_socket_options_and_the_near_end_are_as_said(side: Any) -> None:
    options: dict[str, Any] = {
        "local_address": "127.0.0.2",
        "socket_options": [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)],
    }
    with HostileServer((Read(), Send(head(b"Content-Length: 9") + b"good"), BeGood())) as server:
        transport = side.transport(trust_env=False, **options)
        async with side.client(transport=transport) as client, side.stream(client, "GET", server.url()) as response:
            stream = response.extensions["network_stream"]
            assert stream.get_extra_info("client_addr")[0] == "127.0.0.2"
            opened = stream.get_extra_info("socket")
            assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
