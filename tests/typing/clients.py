"""What users see of the clients' types: checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import understudy
from understudy import (
    URL,
    AsyncClient,
    Auth,
    BaseTransport,
    Client,
    Headers,
    Limits,
    MockTransport,
    QueryParams,
    Request,
    Response,
    Timeout,
    codes,
    stand_in,
)

if TYPE_CHECKING:
    import datetime
    from collections.abc import Generator
    from pathlib import Path

    from typing_extensions import Unpack, assert_type  # noqa: TC004 - this file is checked, never run


def statuses(response: Response) -> None:
    assert_type(response.status_code == codes.NOT_FOUND, bool)
    assert_type(response.status_code in (codes.OK, codes.CREATED), bool)
    assert_type(codes.OK.phrase, str)


def files_of_certificates(folder: Path) -> None:
    Client(verify=folder / "authority.pem", cert=(folder / "client.pem", folder / "client.key"))
    AsyncClient(verify=folder, cert=folder / "client.pem")


def functions_that_authenticate() -> None:
    Client(auth=lambda request: request)
    AsyncClient(auth=lambda request: Request(request.method, request.url))


def blocking() -> None:
    with Client(base_url="https://api.test", params={"a": 1}, headers={"X-Field": "1"}, timeout=5) as client:
        assert_type(client, Client)
        assert_type(client.get("/"), Response)
        assert_type(client.head("/"), Response)
        assert_type(client.options("/"), Response)
        assert_type(client.post("/", json={"a": [1]}), Response)
        assert_type(client.put("/", content=b""), Response)
        assert_type(client.patch("/", data={"a": "1", "b": ["2"]}), Response)
        assert_type(client.delete("/", auth=("me", "secret")), Response)
        assert_type(client.query("/", files={"a": ("a.txt", b"", "text/plain")}), Response)
        assert_type(client.request("PURGE", URL("/")), Response)
        assert_type(client.build_request("GET", "/"), Request)
        assert_type(client.send(client.build_request("GET", "/")), Response)
        with client.stream("GET", "/", timeout=None) as response:
            assert_type(response, Response)
        assert_type(client.headers, Headers)
        assert_type(client.params, QueryParams)
        assert_type(client.timeout, Timeout)
        assert_type(client.base_url, URL)
        assert_type(client.auth, "Auth | None")
        assert_type(client.is_closed, bool)
        client.timeout = 3
        client.timeout = (1, 2, 3, None)
        client.headers = {"X-Field": "1"}
        client.params = [("a", "1")]
        client.cookies = {"a": "1"}
        client.auth = ("me", "secret")
        client.base_url = "https://api.test"
        client.close()


async def asynchronous() -> None:
    async with AsyncClient(limits=Limits(max_connections=3), follow_redirects=True) as client:
        assert_type(client, AsyncClient)
        assert_type(await client.get("/"), Response)
        assert_type(await client.head("/"), Response)
        assert_type(await client.options("/"), Response)
        assert_type(await client.post("/", json=None), Response)
        assert_type(await client.put("/"), Response)
        assert_type(await client.patch("/"), Response)
        assert_type(await client.delete("/"), Response)
        assert_type(await client.query("/"), Response)
        assert_type(await client.request("GET", "/"), Response)
        assert_type(await client.send(client.build_request("GET", "/"), stream=True), Response)
        async with client.stream("GET", "/") as response:
            assert_type(response, Response)
            assert_type(response.aiter_bytes(), AsyncIterator[bytes])
            assert_type(response.aiter_text(), AsyncIterator[str])
            assert_type(response.aiter_lines(), AsyncIterator[str])
            assert_type(response.aiter_raw(), AsyncIterator[bytes])
            assert_type(await response.aread(), bytes)
        await client.aclose()


def wrong(client: Client) -> None:
    client.get("/", heders={})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # misspelt
    client.get("/", timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # no number
    client.get("/", auth="me")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # no pair
    Client(tranport=None)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # misspelt
    understudy.get("/", heders={})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # misspelt
    stand_in(42)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]  # no transport


class Wrapper:
    """What SDKs do: pass on what their callers may say, in the words of the client, from its face alone."""

    def __init__(
        self,
        *,
        auth: understudy.AuthTypes | None = None,
        cert: understudy.CertTypes | None = None,
        proxy: understudy.ProxyTypes | None = None,
        verify: understudy.VerifyTypes = True,
    ) -> None:
        self.client = Client(auth=auth, cert=cert, proxy=proxy, verify=verify)

    def send(
        self,
        url: understudy.URLTypes,
        *,
        params: understudy.QueryParamTypes | None = None,
        headers: understudy.HeaderTypes | None = None,
        cookies: understudy.CookieTypes | None = None,
        content: understudy.RequestContent | None = None,
        data: understudy.RequestData | None = None,
        files: understudy.RequestFiles | None = None,
        extensions: understudy.RequestExtensions | None = None,
        auth: understudy.AuthTypes | understudy.UseClientDefault | None = understudy.USE_CLIENT_DEFAULT,
        timeout: understudy.TimeoutTypes | understudy.UseClientDefault = understudy.USE_CLIENT_DEFAULT,
    ) -> Response:
        return self.client.post(
            url,
            params=params,
            headers=headers,
            cookies=cookies,
            content=content,
            data=data,
            files=files,
            extensions=extensions,
            auth=auth,
            timeout=timeout,
        )

    def pass_on(self, url: str, **options: Unpack[understudy.RequestOptions]) -> Response:
        options.setdefault("timeout", 10)
        options["headers"] = understudy.Headers(options.get("headers"))
        return self.client.get(url, **options)


async def pass_on(client: AsyncClient, url: str, **options: Unpack[understudy.RequestOptions]) -> Response:
    return await client.put(url, **options)


def passed_on_wrongly(wrapper: Wrapper) -> None:
    wrapper.pass_on("/", heders={})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]  # misspelt


def functions() -> None:
    assert_type(understudy.get("https://api.test", verify=False, trust_env=False), Response)
    assert_type(understudy.request("PURGE", "https://api.test", proxy="http://proxy.test"), Response)
    with understudy.stream("GET", "https://api.test") as response:
        assert_type(response, Response)


def responses(response: Response) -> None:
    assert_type(response.status_code, int)
    assert_type(response.content, bytes)
    assert_type(response.text, str)
    assert_type(response.json(), Any)
    assert_type(response.headers.get("a"), "str | None")
    assert_type(response.headers.get("a", "b"), str)
    assert_type(response.headers["a"], str)
    assert_type(response.history, "list[Response]")
    assert_type(response.next_request, "Request | None")
    assert_type(response.raise_for_status(), Response)
    assert_type(response.request, Request)
    assert_type(response.url, URL)
    assert_type(response.iter_bytes(10), Iterator[bytes])
    assert_type(response.iter_text(), Iterator[str])
    assert_type(response.iter_lines(), Iterator[str])
    assert_type(response.links, "dict[str | None, dict[str, str]]")
    assert_type(response.encoding, "str | None")


def elapsed(response: Response) -> datetime.timedelta:
    return response.elapsed


def standing_in(transport: MockTransport) -> None:
    with stand_in(transport) as given:
        assert_type(given, MockTransport)
    with stand_in("understudy.yaml") as opened:
        assert_type(opened, BaseTransport)


def errors(error: understudy.HTTPStatusError, network: understudy.ConnectError) -> None:
    assert_type(error.response, Response)
    assert_type(error.request, Request)
    caught: OSError = network
    assert_type(network.retryable, bool)
    assert_type(network.request_sent, "bool | None")
    print(caught)


class Token(Auth):
    """A flow as users write it."""

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        response = yield request
        assert_type(response, Response)


def hooks(hook: Callable[[Request], None]) -> Client:
    async def layer(request: Request, send: understudy.Send) -> Response:
        return await send(request)

    kept: understudy.Layer = layer
    return Client(event_hooks={"request": [hook]}, layers=[kept], auth=Token())
