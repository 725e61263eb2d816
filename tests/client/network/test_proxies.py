"""The way through proxies: what goes to the proxy, what to the origin, and what refusals look like."""

# trustme says part of its types in terms of a package that is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import base64
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from understudy.client import ConnectError, ConnectTimeout, ProxyError, Retry
from understudy.client.network.proxy import Proxy

from .proxy_server import HTTPProxyServer, Origin, SOCKSProxyServer, listening, read_head

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Fetch = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.anyio


@pytest.fixture
def fetch(side: Any) -> Fetch:
    """Send one GET with a client of its own."""

    async def get(url: str, headers: dict[str, str] | None = None, **options: Any) -> Any:
        client = side.client(**options)
        try:
            return await side.call(client.get, url, headers=headers)
        finally:
            await side.close(client)

    return get


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "origin.test").configure_cert(context)
    return context


@pytest.fixture
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_an_http_request_is_forwarded_whole(fetch: Fetch) -> None:
    proxy = HTTPProxyServer()

    with listening(proxy) as port:
        response = await fetch("http://origin.test/path?a=1#f", proxy=f"http://127.0.0.1:{port}")

    assert response.text.startswith("forwarded: GET http://origin.test/path?a=1 HTTP/1.1\r\n")
    assert b"\r\nHost: origin.test\r\n" in proxy.heads[0]


async def test_name_and_password_go_to_the_proxy(fetch: Fetch) -> None:
    proxy = HTTPProxyServer()

    with listening(proxy) as port:
        await fetch("http://origin.test/", proxy=f"http://ada:s%40crt@127.0.0.1:{port}")

    credentials = base64.b64encode(b"ada:s@crt")
    assert b"\r\nProxy-Authorization: Basic %b\r\n" % credentials in proxy.heads[0]


async def test_an_https_request_goes_through_a_tunnel(
    fetch: Fetch, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    proxy, origin = HTTPProxyServer(), Origin(server_context)
    through = {"auth": ("ada", "secret"), "headers": {"X-Proxy": "yes"}}

    with listening(proxy) as proxy_port, listening(origin) as port:
        response = await fetch(
            f"https://origin.test:{port}/",
            headers={"Proxy-Authorization": "Basic bWluZQ=="},
            verify=client_context,
            proxy=Proxy(f"http://127.0.0.1:{proxy_port}", **through),  # type: ignore[arg-type]  # two kinds of values
        )

    assert response.status_code == 200
    assert proxy.heads[0].startswith(b"CONNECT origin.test:%d HTTP/1.1\r\nHost: origin.test:%d\r\n" % (port, port))
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"ada:secret") in proxy.heads[0]
    assert b"X-Proxy: yes" in proxy.heads[0]
    assert b"proxy" not in origin.heads[0].lower()


async def test_a_proxy_inside_tls_has_settings_of_its_own(
    fetch: Fetch, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    proxy, origin = HTTPProxyServer(), Origin()

    with listening(origin), listening(proxy_in_tls := HTTPProxyServer(context=server_context)) as port:
        response = await fetch(
            "http://origin.test/", proxy=Proxy(f"https://localhost:{port}", ssl_context=client_context)
        )

    assert response.text.startswith("forwarded: GET http://origin.test/")
    assert len(proxy_in_tls.heads) == 1
    assert proxy.heads == []


async def test_the_proxys_certificate_is_verified_although_the_origins_are_not(
    fetch: Fetch, server_context: ssl.SSLContext
) -> None:
    with listening(HTTPProxyServer(context=server_context)) as port, pytest.raises(OSError, match="certificate"):
        await fetch("http://origin.test/", verify=False, proxy=f"https://localhost:{port}")


async def test_a_refused_tunnel_is_an_error_with_the_response(fetch: Fetch) -> None:
    answer = (
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n"
        b"Content-Length: 5\r\n\r\nwho??"
    )

    refusal = pytest.raises(ProxyError, match=r"refused a tunnel to origin\.test:443: 407")
    with listening(HTTPProxyServer(answer=answer)) as port, refusal as caught:
        await fetch("https://origin.test/", proxy=f"http://127.0.0.1:{port}")

    assert caught.value.response is not None
    assert caught.value.response.status_code == 407
    assert caught.value.response.read() == b"who??"
    assert "auth=(name, password)" in str(caught.value)
    assert caught.value.request.url == "https://origin.test/"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("Basic realm=x", "does not accept this name and password"), ("Digest realm=x, nonce=y", "it wants Digest")],
)
async def test_a_refused_password_is_told_from_one_that_is_wanted_otherwise(
    fetch: Fetch, wanted: str, said: str
) -> None:
    answer = f"HTTP/1.1 407 No\r\nProxy-Authenticate: {wanted}\r\nContent-Length: 0\r\n\r\n".encode()

    with listening(HTTPProxyServer(answer=answer)) as port, pytest.raises(ProxyError, match=said):
        await fetch("https://origin.test/", proxy=f"http://bob:wrong@127.0.0.1:{port}")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x16\x03\x01garbage", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\nevil", id="more than its head"),
        pytest.param(b"HTTP/1.1 20x OK\r\n\r\n", id="a status that is none"),
        pytest.param(b"HTTP/1.1 103 Early\r\n\r\n" * 20, id="interim responses without end"),
        pytest.param(b"HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\n\r\n", id="a redirect"),
    ],
)
async def test_whatever_else_a_proxy_says_to_connect_is_an_error(fetch: Fetch, answer: bytes) -> None:
    with listening(HTTPProxyServer(answer=answer)) as port, pytest.raises(ProxyError) as caught:
        await fetch("https://origin.test/", proxy=f"http://127.0.0.1:{port}")

    assert len(str(caught.value)) <= 300


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_socks_proxies_get_the_name_and_resolve_it(fetch: Fetch, scheme: str) -> None:
    proxy, origin = SOCKSProxyServer(credentials=(b"ada", b"secret")), Origin()

    with listening(proxy) as proxy_port, listening(origin) as port:
        response = await fetch(
            f"http://name-only-the-proxy-knows.test:{port}/", proxy=f"{scheme}://ada:secret@127.0.0.1:{proxy_port}"
        )

    assert response.text.startswith("GET / HTTP/1.1\r\n")
    assert proxy.wanted == [(b"name-only-the-proxy-knows.test", port)]


@pytest.mark.parametrize(
    ("proxy", "userinfo", "why"),
    [
        pytest.param(SOCKSProxyServer(credentials=(b"a", b"b")), "", "authenticate", id="wants a name"),
        pytest.param(SOCKSProxyServer(credentials=(b"a", b"b")), "a:x@", "name and password", id="wrong password"),
        pytest.param(SOCKSProxyServer(reply=5), "", "connection refused", id="nobody there"),
    ],
)
async def test_a_socks_proxy_that_refuses_is_an_error(
    fetch: Fetch, proxy: SOCKSProxyServer, userinfo: str, why: str
) -> None:
    with listening(proxy) as port, pytest.raises(ProxyError, match=why) as caught:
        await fetch("http://origin.test/", proxy=f"socks5://{userinfo}127.0.0.1:{port}")

    assert "a:x" not in str(caught.value)


async def test_no_proxy_hears_the_zone_of_an_address(fetch: Fetch, server_context: ssl.SSLContext) -> None:
    tunnels, socks = HTTPProxyServer(), SOCKSProxyServer()

    with listening(tunnels) as http_port, listening(socks) as socks_port, listening(Origin(server_context)) as port:
        for proxy in (f"http://127.0.0.1:{http_port}", f"socks5://127.0.0.1:{socks_port}"):
            response = await fetch(f"https://[fe80::1%25eth0]:{port}/", proxy=proxy, verify=False)
            assert response.status_code == 200
        forwarded = await fetch("http://[fe80::1%25eth0]/", proxy=f"http://127.0.0.1:{http_port}")

    assert tunnels.heads[0].startswith(b"CONNECT [fe80::1]:%d HTTP/1.1\r\nHost: [fe80::1]:%d\r\n" % (port, port))
    assert socks.wanted == [(b"fe80::1", port)]
    assert forwarded.text.startswith("forwarded: GET http://[fe80::1]/ HTTP/1.1\r\nHost: [fe80::1]\r\n")


REFUSALS = {
    "until the close": b"HTTP/1.1 403 No\r\n\r\n",
    "in chunks": b"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n",
    "with a length": b"HTTP/1.1 403 No\r\nContent-Length: 9\r\n\r\n",
}


@pytest.mark.parametrize("framed", list(REFUSALS))
async def test_what_a_proxy_says_when_it_refuses_is_read_however_it_comes(fetch: Fetch, framed: str) -> None:
    pieces = [b"4\r\nnot \r\n", b"5\r\nnow!!\r\n0\r\n\r\n"] if framed == "in chunks" else [b"not ", b"now!!"]

    def refuse(connection: socket.socket) -> None:
        read_head(connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (REFUSALS[framed], *pieces):
            connection.sendall(piece)

    with listening(refuse) as port, pytest.raises(ProxyError) as caught:
        await fetch("https://origin.test/", proxy=f"http://127.0.0.1:{port}")

    assert caught.value.response is not None
    assert caught.value.response.content == b"not now!!"


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_hangs_up_instead_of_answering_is_asked_again_by_a_policy(side: Any, scheme: str) -> None:
    asked: list[bytes] = []

    def hang_up(connected: socket.socket) -> None:
        asked.append(connected.recv(65_536))

    with listening(hang_up) as port:
        retry = Retry(attempts=3, backoff=0)
        client = side.client(proxy=f"{scheme}://ada:secret@127.0.0.1:{port}", retry=retry)
        with pytest.raises(ProxyError, match=rf"the proxy {scheme}://127\.0\.0\.1:{port} closed the conn") as caught:
            await side.call(client.post, "https://origin.test/")
        await side.close(client)

    assert caught.value.request_sent is False
    assert caught.value.retryable
    assert len(asked) == 3


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
@pytest.mark.parametrize("origin", ["http", "https"])
async def test_a_proxy_that_is_not_there_is_named(fetch: Fetch, scheme: str, origin: str) -> None:
    with listening(HTTPProxyServer()) as port:
        pass

    with pytest.raises(ConnectError) as caught:
        await fetch(f"{origin}://origin.test/", proxy=f"{scheme}://ada:secret@127.0.0.1:{port}")

    said = str(caught.value)
    assert f"no connection to the proxy {scheme}://127.0.0.1:{port}: " in said
    assert said.endswith("check host and port, and that the proxy runs")
    assert "secret" not in said
    assert caught.value.retryable
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert not isinstance(caught.value.__cause__, ConnectError)


async def test_a_proxy_that_says_nothing_is_named(fetch: Fetch) -> None:
    def listen(connection: socket.socket) -> None:
        while connection.recv(1000):
            pass

    with listening(listen) as port:
        for scheme in ("http", "socks5"):
            with pytest.raises(ConnectTimeout, match=rf"no connection to the proxy {scheme}://127\.0\.0\.1:{port}: "):
                await fetch("https://origin.test/", proxy=f"{scheme}://127.0.0.1:{port}", timeout=0.05)


async def test_whom_a_proxy_shows_is_to_be_trusted_by_settings_of_its_own(
    fetch: Fetch, server_context: ssl.SSLContext
) -> None:
    with listening(HTTPProxyServer(context=server_context)) as port, pytest.raises(ConnectError) as caught:
        await fetch("http://origin.test/", proxy=f"https://127.0.0.1:{port}")

    assert str(caught.value).endswith("pass proxy=Proxy(url, ssl_context=...)")
