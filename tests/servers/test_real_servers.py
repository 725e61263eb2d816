"""Real servers and proxies: what scripts in Python might have wrong together with the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest

from understudy import AsyncClient, AsyncHTTPTransport, Client, HTTPTransport, Limits, ProxyError, RemoteProtocolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .conftest import Nginx, Secured

    Fetch = Callable[..., Awaitable[Any]]

pytestmark = pytest.mark.anyio


class Fetcher:
    """A client of either color behind one method."""

    def __init__(self, is_blocking: bool) -> None:
        self.is_blocking = is_blocking
        self.opened: list[Any] = []

    def open(self, **options: Any) -> Any:
        options = {"trust_env": False, **options}
        transport = HTTPTransport(**options) if self.is_blocking else AsyncHTTPTransport(**options)
        settings: dict[str, Any] = {"transport": transport, "trust_env": False, "timeout": 5.0}
        client: Any = Client(**settings) if self.is_blocking else AsyncClient(**settings)
        self.opened.append(client)
        return client

    async def __call__(self, client: Any, method: str, url: str, **options: Any) -> Any:
        answer = client.request(method, url, **options)
        return answer if self.is_blocking else await answer

    async def close(self) -> None:
        for client in self.opened:
            pool = client._transport.snapshot()
            assert pool.active == 0, str(pool)
            if self.is_blocking:
                client.close()
            else:
                await client.aclose()


@pytest.fixture(params=["blocking", "asynchronous"])
async def fetch(request: pytest.FixtureRequest, anyio_backend: str) -> Any:
    fetcher = Fetcher(request.param == "blocking")
    yield fetcher
    await fetcher.close()


@pytest.mark.parametrize("secure", [False, True])
async def test_nginx_closes_after_three_requests_and_nobody_notices(nginx: Nginx, fetch: Any, secure: bool) -> None:
    client = fetch.open(verify=nginx.trust)
    base = nginx.secure if secure else nginx.plain

    for number in range(20):
        response = await fetch(client, "GET", f"{base}/echo?{number}", headers={"X-Test": "y"})
        assert response.text == f"GET /echo?{number} y"


async def test_nginx_sends_files_whole(nginx: Nginx, fetch: Any) -> None:
    client = fetch.open(verify=nginx.trust)

    for base in (nginx.plain, nginx.secure):
        assert (await fetch(client, "GET", f"{base}/large")).content == bytes(range(256)) * 10_000
        text = await fetch(client, "GET", f"{base}/text.txt")
        assert text.headers["Content-Encoding"] == "gzip"
        assert text.text == "plain text\n" * 1000
        plain = {"Accept-Encoding": "identity"}
        assert (await fetch(client, "HEAD", f"{base}/large", headers=plain)).headers["Content-Length"] == "2560000"
        assert (await fetch(client, "GET", f"{base}/empty")).status_code == 204
        moved = await fetch(client, "GET", f"{base}/moved", follow_redirects=True)
        assert moved.text.startswith("GET /echo")
        part = await fetch(client, "GET", f"{base}/large", headers={**plain, "Range": "bytes=5-9"})
        assert (part.status_code, part.content) == (206, bytes(range(5, 10)))


async def test_nginx_refuses_a_large_upload_and_is_heard(nginx: Nginx, fetch: Any) -> None:
    client = fetch.open(verify=nginx.trust)

    for base in (nginx.plain, nginx.secure):
        response = await fetch(client, "POST", f"{base}/echo", content=bytes(20_000_000))

        assert response.status_code == 413
        assert (await fetch(client, "GET", f"{base}/echo")).text.startswith("GET")


async def test_nginx_hangs_up(nginx: Nginx, fetch: Any) -> None:
    client = fetch.open()

    with pytest.raises(RemoteProtocolError):
        await fetch(client, "GET", f"{nginx.plain}/hangup")

    assert (await fetch(client, "GET", f"{nginx.plain}/echo")).status_code == 200


async def test_many_tasks_share_nginx_over_few_connections(nginx: Nginx) -> None:
    limits = Limits(max_connections=5)
    texts: set[str] = set()
    transport = AsyncHTTPTransport(verify=nginx.trust, limits=limits, trust_env=False)
    async with AsyncClient(transport=transport, trust_env=False, timeout=20.0) as client:

        async def one(number: int) -> None:
            texts.add((await client.get(f"{nginx.secure}/echo?{number}")).text)

        async with anyio.create_task_group() as tasks:
            for number in range(200):
                tasks.start_soon(one, number)

    assert texts == {f"GET /echo?{number} " for number in range(200)}


async def test_nginx_says_goodbye_after_three_requests_over_http2_and_nobody_notices(nginx: Nginx, fetch: Any) -> None:
    client = fetch.open(verify=nginx.trust, http2=True)

    for number in range(20):
        response = await fetch(client, "GET", f"{nginx.secure}/echo?{number}")
        assert (response.http_version, response.text) == ("HTTP/2", f"GET /echo?{number} ")
    assert (await fetch(client, "GET", f"{nginx.secure}/large")).content == bytes(range(256)) * 10_000
    assert (await fetch(client, "POST", f"{nginx.secure}/echo", content=bytes(20_000_000))).status_code == 413


async def test_nghttpd_sends_files_uploads_and_trailers(nghttpd: Secured, fetch: Any) -> None:
    client = fetch.open(verify=nghttpd.trust, http2=True, http1=False)

    for _ in range(3):
        response = await fetch(client, "GET", f"{nghttpd.url}/small")
        assert (response.http_version, response.content) == ("HTTP/2", b"small")
        assert response.trailers["x-sum"] == "5"
        assert (await fetch(client, "GET", f"{nghttpd.url}/large")).content == bytes(range(256)) * 10_000
        sent = bytes(range(256)) * 5_000
        assert (await fetch(client, "POST", f"{nghttpd.url}/small", content=sent)).content == sent
        assert (await fetch(client, "GET", f"{nghttpd.url}/nowhere")).status_code == 404
    assert client.pool.open == 1


async def test_many_tasks_share_nghttpd(nghttpd: Secured) -> None:
    transport = AsyncHTTPTransport(verify=nghttpd.trust, http2=True, trust_env=False)
    contents: list[bytes] = []
    async with AsyncClient(transport=transport, trust_env=False, timeout=20.0) as client:

        async def one(number: int) -> None:
            content = b"%d" % number
            if (await client.post(f"{nghttpd.url}/small", content=content)).content == content:
                contents.append(content)

        async with anyio.create_task_group() as tasks:
            for number in range(200):
                tasks.start_soon(one, number)
        assert not client.pool.active

    assert len(contents) == 200


@pytest.mark.parametrize("proxy", ["tinyproxy", "microsocks"])
async def test_a_real_proxy_forwards_and_tunnels(
    proxy: str, nginx: Nginx, fetch: Any, request: pytest.FixtureRequest
) -> None:
    client = fetch.open(proxy=request.getfixturevalue(proxy), verify=nginx.trust)

    for base in (nginx.plain, nginx.secure, nginx.plain, nginx.secure):
        assert (await fetch(client, "GET", f"{base}/echo?x")).text == "GET /echo?x "
        assert (await fetch(client, "GET", f"{base}/large")).content == bytes(range(256)) * 10_000


@pytest.mark.parametrize("proxy", ["tinyproxy", "microsocks"])
async def test_a_real_proxy_refuses_a_wrong_password(
    proxy: str, nginx: Nginx, fetch: Any, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(proxy).replace("lovelace", "wr0ng")
    client = fetch.open(proxy=url, verify=nginx.trust)

    with pytest.raises(ProxyError) as caught:
        await fetch(client, "GET", f"{nginx.secure}/echo")

    assert "wr0ng" not in str(caught.value)
