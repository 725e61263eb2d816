"""The story of a call: who answers, which layers it passes, what is logged and shown of it."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import sys
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import (
    URL,
    ConnectError,
    HTTPStatusError,
    Request,
    Response,
)
from understudy.client import journal

if TYPE_CHECKING:
    from .conftest import Side


NOTHING: Any = None


def ok(request: Request) -> Response:
    return Response(200, text=f"{request.method} {request.url}")


@pytest.mark.anyio
async def test_a_client_may_raise_for_every_status(side: Side) -> None:
    client = side.client(lambda request: Response(int(request.url.path[1:]), text="why"), raise_for_status=True)

    assert (await side.call(client.get, "https://api.test/204")).status_code == 204
    with pytest.raises(HTTPStatusError) as caught:
        await side.call(client.get, "https://api.test/503")
    assert caught.value.response.text == "why"


@pytest.mark.anyio
async def test_the_body_of_an_error_is_there_although_the_response_was_to_be_streamed(side: Side) -> None:
    client = side.client(lambda _: Response(503, stream=side.body(b"why")), raise_for_status=True)

    with pytest.raises(HTTPStatusError) as caught:
        async with side.stream(client, "GET", "https://api.test/"):
            raise AssertionError("never entered")

    assert caught.value.response.text == "why"
    assert caught.value.response.is_closed


SECRETS = {
    "password": "hunter2-password",
    "auth": "hunter2-auth",
    "cookie": "hunter2-cookie",
    "api key": "hunter2-key",
    "proxy": "hunter2-proxy",
    "query": "hunter2-query",
}


def leaks(text: str) -> list[str]:
    return [name for name, secret in SECRETS.items() if secret in text]


@pytest.mark.anyio
async def test_no_secret_is_shown_or_logged(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def handler(request: Request) -> Response:
        if request.url.path == "/fails":
            raise ConnectError("no route")
        return Response(401, headers={"Set-Cookie": f"session={SECRETS['cookie']}"})

    client = side.client(
        handler,
        base_url=f"https://me:{SECRETS['password']}@api.test/",
        auth=("me", SECRETS["auth"]),
        headers={"X-Api-Key": SECRETS["api key"], "Proxy-Authorization": f"Basic {SECRETS['proxy']}"},
        cookies={"session": SECRETS["cookie"]},
    )
    url = f"/users?token={SECRETS['query']}"
    response = await side.call(client.get, url)
    with pytest.raises(HTTPStatusError) as status_error:
        response.raise_for_status()
    with pytest.raises(ConnectError) as connect_error:
        await side.call(client.get, "/fails", params={"token": SECRETS["query"]})
    await side.close(client)
    with pytest.raises(RuntimeError) as closed_error:
        await side.call(client.get, "/users")

    shown = [client, client.headers, client.auth, client.base_url, response, response.headers]
    shown += [response.request.headers, response.request.url.copy_with(query=None), connect_error.value]
    shown += [closed_error.value, understudy.Proxy(f"http://me:{SECRETS['proxy']}@proxy.test")]
    for thing in shown:
        assert leaks(repr(thing)) == []
        if isinstance(thing, Exception):
            assert leaks(str(thing)) == []
    # A query is part of what was asked: a request and the error about its answer show it, nothing logs it.
    for thing in (repr(response.request), str(status_error.value), repr(status_error.value)):
        assert leaks(thing) in ([], ["query"])
    assert len(caplog.records) >= 1
    assert leaks(caplog.text) == []


@pytest.mark.anyio
async def test_every_response_is_logged_in_one_line(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="understudy")

    def handler(request: Request) -> Response:
        if request.url.path == "/":
            return Response(302, headers={"Location": "/next?token=secret"})
        return Response(200, extensions={"http_version": b"HTTP/2"})

    client = side.client(handler, follow_redirects=True)
    await side.call(client.get, "https://me:secret@api.test:8443/")

    assert [record.getMessage() for record in caplog.records if record.name == "understudy"] == [
        'HTTP Request: GET https://api.test:8443/ "HTTP/1.1 302 Found"',
        'HTTP Request: GET https://api.test:8443/next?... "HTTP/2 200 OK"',
    ]


@pytest.mark.anyio
async def test_a_path_cannot_look_like_another_line_of_the_log(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="understudy")

    await side.call(side.client(ok).get, "https://api.test/a%0AHTTP Request: GET https://bank.test/")

    (record,) = [record for record in caplog.records if record.name == "understudy"]
    assert "\n" not in record.getMessage()


@pytest.mark.anyio
async def test_nothing_is_logged_when_nobody_listens(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="understudy")

    await side.call(side.client(ok).get, "https://api.test/")

    assert [record for record in caplog.records if record.name == "understudy"] == []


@pytest.mark.anyio
async def test_a_program_without_logging_has_no_log(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_loggers", [])
    monkeypatch.delitem(sys.modules, "logging")

    assert (await side.call(side.client(ok).get, "https://api.test/")).status_code == 200
    assert journal._loggers == []


@pytest.mark.anyio
async def test_a_body_of_the_wrong_color_is_an_error_that_says_so(side: Side) -> None:
    other = type(side)("asyncio" if side.is_blocking else "blocking")
    client = side.client(lambda _: Response(200, stream=other.body(b"body")))

    with pytest.raises(TypeError, match="MockTransport answered with a body of type"):
        await side.call(client.get, "https://api.test/")


@pytest.mark.anyio
async def test_a_response_is_closed_when_a_policy_for_cookies_fails(side: Side) -> None:
    class Broken(DefaultCookiePolicy):
        def set_ok(self, cookie: Any, request: Any) -> bool:
            raise KeyError("set_ok")

    bodies = [side.body(b"a"), side.body(b"b")]
    answers = [Response(200, headers={"Set-Cookie": "a=b"}, stream=body) for body in bodies]
    client = side.client(lambda _: answers.pop(0), cookies=CookieJar(Broken()))

    for options in ({}, {"auth": ("user", "password")}):
        with pytest.raises(KeyError, match="set_ok"):
            await side.call(client.get, "https://api.test/", **options)

    assert [(body.reads, body.closes) for body in bodies] == [(0, 1), (0, 1)]


@pytest.mark.anyio
async def test_a_response_knows_how_long_it_took(side: Side) -> None:
    client = side.client(lambda _: Response(200, stream=side.body(b"body")))

    async with side.stream(client, "GET", "https://api.test/") as response:
        with pytest.raises(RuntimeError, match="elapsed"):
            response.elapsed  # noqa: B018 - a property

    assert response.elapsed.total_seconds() > 0


@pytest.mark.anyio
async def test_the_choice_of_a_transport_can_be_overridden(side: Side) -> None:
    # Code that mocks httpx does it so.
    client = side.client(lambda request: Response(500))

    def choose(url: URL) -> Any:
        return side.transport(lambda request: Response(200, text=url.host))

    client._transport_for_url = choose

    response = await side.call(client.get, "https://api.test/")

    assert response.text == "api.test"


@pytest.mark.anyio
async def test_a_subclass_can_choose_the_transport(side: Side) -> None:
    class Chooser(type(side.client())):  # type: ignore[misc]  # of either kind
        def _transport_for_url(self, url: URL) -> Any:
            return side.transport(lambda request: Response(200, text=url.host))

    chooser: Any = Chooser()
    response = await side.call(chooser.get, "https://api.test/")

    assert response.text == "api.test"


@pytest.mark.anyio
async def test_a_subclass_can_make_its_transports_itself(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    # As caches do, and whatever sends through another library.
    made: list[str] = []
    kind: Any = side.client().__class__

    class Cached(kind):  # type: ignore[misc]  # of either kind
        def _init_transport(self, **told: Any) -> Any:
            made.append(type(kind._init_transport(self, **told)).__name__)
            return side.transport(ok)

        def _init_proxy_transport(self, proxy: understudy.Proxy, **told: Any) -> Any:
            made.append(f"{kind._init_proxy_transport(self, proxy, **told).proxy.url} {told['http2']}")
            return side.transport(ok)

    monkeypatch.setenv("HTTPS_PROXY", "proxy.test:8080")
    client: Any = Cached(http2=True)
    given: Any = Cached(transport=side.transport(ok), proxy="http://proxy.test")

    assert (await side.call(client.get, "https://api.test/")).status_code == 200
    assert (await side.call(given.get, "https://api.test/")).status_code == 200
    network = "HTTPTransport" if side.is_blocking else "AsyncHTTPTransport"
    assert made == [network, "http://proxy.test:8080 True", "MockTransport", "http://proxy.test False"]


@pytest.mark.anyio
@pytest.mark.parametrize("place", ["class", "transport"])
async def test_a_method_of_the_network_that_an_instrument_wraps_is_called(
    side: Side, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    class Wrapped:
        """A method that counts, and otherwise passes for the one within, as wrapt's proxies do."""

        def __init__(self, method: Any) -> None:
            self.method = method

        def __get__(self, owner: Any, kind: Any = None) -> Any:
            return type(self)(self.method.__get__(owner, kind))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.method, name)

        def __call__(self, *arguments: Any) -> Any:
            seen.append(arguments[-1].method)
            return self.method(*arguments)

    seen: list[str] = []
    client = side.client()
    places: dict[str, Any] = {"class": client._transport.__class__, "transport": client._transport}
    wrapped = places[place]
    monkeypatch.setattr(wrapped, client._method, Wrapped(getattr(wrapped, client._method)))

    with pytest.raises(ConnectError):
        await side.call(client.get, "http://127.0.0.1:1/")

    assert seen == ["GET"]


@pytest.mark.anyio
async def test_what_instruments_put_around_each_request_is_called_by_clients_that_are_there_already(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watched(self: Any, request: Request) -> Any:
        seen.append(request.url.path)
        return send(self, request)

    seen: list[str] = []
    client = side.client(
        lambda request: Response(200 if request.url.path == "/b" else 302, headers={"Location": "/b"}),
        follow_redirects=True,
    )
    kind: Any = client.__class__
    send = kind._send_single_request
    monkeypatch.setattr(kind, "_send_single_request", watched)

    response = await side.call(client.get, "https://api.test/a")

    assert (response.status_code, seen) == (200, ["/a", "/b"])


@pytest.mark.anyio
async def test_a_function_around_the_reading_of_a_response_is_called(side: Side) -> None:
    def wrapped(response: Any, name: str) -> Response:
        read = getattr(response, name)

        def noting() -> Any:
            seen.append(name)
            return read()

        setattr(response, name, noting)
        return response  # type: ignore[no-any-return]

    seen: list[str] = []
    name = "read" if side.is_blocking else "aread"
    client = side.client(lambda _: wrapped(Response(200, stream=understudy.ByteStream(b"abc")), name))

    response = await side.call(client.get, "https://api.test/")

    assert (response.content, seen) == (b"abc", [name])


@pytest.mark.anyio
async def test_hooks_are_called_wherever_they_were_added(side: Side) -> None:
    seen: list[str] = []
    client = side.client(ok)

    def note(request: Request) -> None:
        seen.append(request.method)

    await side.call(client.get, "https://api.test/")
    client.event_hooks["request"].append(side.function(note))
    await side.call(client.get, "https://api.test/")

    assert seen == ["GET"]


@pytest.mark.anyio
async def test_an_auth_that_is_set_later_counts_from_then_on(side: Side) -> None:
    said: list[str | None] = []

    def note(request: Request) -> Response:
        said.append(request.headers.get("Authorization"))
        return Response(200)

    client = side.client(note)

    await side.call(client.get, "https://api.test/")
    client.auth = ("user", "password")
    await side.call(client.get, "https://api.test/")
    client.auth = None
    await side.call(client.get, "https://api.test/")
    await side.call(client.get, "https://name:word@api.test/")

    assert [value is None for value in said] == [True, False, True, False]


@pytest.mark.anyio
async def test_a_response_that_comes_twice_brings_no_history_along(side: Side) -> None:
    there = Response(200, text="there")
    client = side.client(
        lambda request: there if request.url.path == "/there" else Response(302, headers={"Location": "/there"}),
        follow_redirects=True,
    )

    first = (await side.call(client.get, "https://api.test/")).history
    second = (await side.call(client.get, "https://api.test/there")).history

    assert (len(first), second) == (1, [])


@pytest.mark.anyio
async def test_what_is_no_request_cannot_be_sent(side: Side) -> None:
    nothing: Any = "GET"

    with pytest.raises(TypeError, match="send takes a Request"):
        await side.call(side.client(ok).send, nothing)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="counts what CPython's garbage collector counts")
def test_a_request_that_waits_for_its_turn_is_few_objects() -> None:
    """Ten thousand of them are what the collector walks over, again and again."""

    async def made(client: understudy.AsyncClient, url: str, count: int) -> int:
        await asyncio.sleep(0)  # lets go of what was gathered last
        gc.collect()
        gc.disable()
        before = gc.get_count()[0]
        tasks = [asyncio.ensure_future(client.get(url)) for _ in range(count)]
        try:
            await asyncio.sleep(0)
            return gc.get_count()[0] - before
        finally:
            gc.enable()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def main() -> float:
        with socket.create_server(("127.0.0.1", 0)) as server:  # which answers nobody
            url = f"http://127.0.0.1:{server.getsockname()[1]}/"
            async with understudy.AsyncClient(limits=understudy.Limits(max_connections=1)) as client:
                await made(client, url, 1)  # what is made once for all
                return await made(client, url, 500) / 500

    # Before 3.11, and where coverage is measured, the frames of coroutines count for themselves.
    has_frames = sys.version_info < (3, 11) or sys.gettrace() is not None
    assert asyncio.run(main()) < (21 if has_frames else 16)
