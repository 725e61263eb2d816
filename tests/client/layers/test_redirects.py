from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from understudy import (
    SECRET_HEADERS,
    URL,
    Auth,
    Headers,
    RemoteProtocolError,
    Request,
    Response,
    StreamConsumed,
    TooManyRedirects,
    UnsupportedProtocol,
)
from understudy.client.layers.redirects import redirect_method, redirect_url, refuse_downgrade

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..conftest import Side

STATUSES = (301, 302, 303, 307, 308)
SECRETS = ("Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key")


class Site:
    """Servers that know where each URL leads, and remember who asked."""

    def __init__(self, *, status: int = 302, **leads: str) -> None:
        self.status = status
        self.leads = {name.replace("__", ":"): target for name, target in leads.items()}
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        location = self.leads.get(str(request.url))
        if location is None:
            return Response(200, text="the end")
        return Response(self.status, headers={"Location": location}, text="elsewhere")


def site(leads: dict[str, str], status: int = 302) -> Site:
    made = Site(status=status)
    made.leads = leads
    return made


# What is followed, and what is not


@pytest.mark.anyio
async def test_without_a_word_a_redirect_is_returned_with_where_it_leads(side: Side) -> None:
    server = site({"https://a.test/": "/next?a=1"})
    client = side.client(server)

    response = await side.call(client.get, "https://a.test/")

    assert response.status_code == 302
    assert response.history == []
    assert response.next_request.method == "GET"
    assert response.next_request.url == "https://a.test/next?a=1"
    assert len(server.requests) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("status", STATUSES)
async def test_every_kind_of_redirect_is_followed_when_asked(side: Side, status: int) -> None:
    server = site({"https://a.test/": "/next"}, status)

    for client, options in (
        (side.client(server, follow_redirects=True), {}),
        (side.client(server), {"follow_redirects": True}),
    ):
        response = await side.call(client.get, "https://a.test/", **options)

        assert response.status_code == 200
        assert response.url == "https://a.test/next"
        assert response.next_request is None


@pytest.mark.anyio
async def test_a_request_may_refuse_what_its_client_follows(side: Side) -> None:
    client = side.client(site({"https://a.test/": "/next"}), follow_redirects=True)

    response = await side.call(client.get, "https://a.test/", follow_redirects=False)

    assert response.status_code == 302


@pytest.mark.anyio
async def test_next_request_can_be_sent_by_hand(side: Side) -> None:
    client = side.client(site({"https://a.test/": "/b", "https://a.test/b": "/c"}))

    response = await side.call(client.get, "https://a.test/")
    while response.next_request is not None:
        response = await side.send(client, response.next_request)

    assert response.url == "https://a.test/c"


@pytest.mark.anyio
@pytest.mark.parametrize("status", [200, 201, 300, 304])
async def test_a_location_in_any_other_response_leads_nowhere(side: Side, status: int) -> None:
    client = side.client(lambda _: Response(status, headers={"Location": "/next"}), follow_redirects=True)

    assert (await side.call(client.get, "https://a.test/")).status_code == status


@pytest.mark.anyio
async def test_a_redirect_that_says_no_location_is_returned(side: Side) -> None:
    client = side.client(lambda _: Response(302), follow_redirects=True)

    response = await side.call(client.get, "https://a.test/")

    assert response.status_code == 302
    assert response.next_request is None


# History


@pytest.mark.anyio
async def test_history_is_every_response_on_the_way_with_its_own_history(side: Side) -> None:
    client = side.client(site({"https://a.test/": "/b", "https://a.test/b": "/c"}), follow_redirects=True)

    response = await side.call(client.get, "https://a.test/")

    assert [str(earlier.url) for earlier in response.history] == ["https://a.test/", "https://a.test/b"]
    assert [len(earlier.history) for earlier in response.history] == [0, 1]
    for earlier in response.history:
        assert earlier.is_closed
        assert earlier.text == "elsewhere"
        assert earlier.elapsed.total_seconds() >= 0


@pytest.mark.anyio
async def test_bodies_on_the_way_are_taken_off_the_wire(side: Side) -> None:
    body = side.body(b"else", b"where")

    def handler(request: Request) -> Response:
        if request.url.path == "/next":
            return Response(200)
        return Response(302, headers={"Location": "/next"}, stream=body)

    client = side.client(handler, follow_redirects=True)
    async with side.stream(client, "GET", "https://a.test/") as response:
        assert (body.reads, body.closes) == (1, 1)
        assert response.history[0].text == "elsewhere"


@pytest.mark.anyio
async def test_large_bodies_on_the_way_are_closed_instead(side: Side) -> None:
    body = side.body(*[b"x" * 16_384] * 100)

    def handler(request: Request) -> Response:
        if request.url.path == "/next":
            return Response(200)
        return Response(302, headers={"Location": "/next"}, stream=body)

    client = side.client(handler, follow_redirects=True)
    response = await side.call(client.get, "https://a.test/")

    assert response.status_code == 200
    assert (body.given, body.closes) == (5, 1)
    assert response.history[0].content == b""


# Limits


@pytest.mark.anyio
async def test_twenty_redirects_are_enough(side: Side) -> None:
    leads = {f"https://a.test/{step}": f"/{step + 1}" for step in range(21)}
    client = side.client(site(leads), follow_redirects=True)

    response = await side.call(client.get, "https://a.test/1")

    assert len(response.history) == 20
    with pytest.raises(TooManyRedirects):
        await side.call(client.get, "https://a.test/0")


@pytest.mark.anyio
@pytest.mark.parametrize("loop", [{"https://a.test/": "/"}, {"https://a.test/": "/b", "https://a.test/b": "/"}])
async def test_a_loop_comes_to_an_end(side: Side, loop: dict[str, str]) -> None:
    server = site(loop)
    client = side.client(server, follow_redirects=True)

    with pytest.raises(TooManyRedirects, match=r"exceeded 20 redirects.*max_redirects") as caught:
        await side.call(client.get, "https://a.test/")

    assert len(server.requests) == 21
    assert caught.value.request.url.host == "a.test"


@pytest.mark.anyio
async def test_redirects_ask_the_jar_that_the_client_has_now(side: Side) -> None:
    server = site({"https://a.test/": "/next"})
    client = side.client(server, follow_redirects=True, cookies={"jar": "old"})
    await side.call(client.get, "https://a.test/")

    client.cookies = {"jar": "new"}
    await side.call(client.get, "https://a.test/")

    assert [request.headers["Cookie"] for request in server.requests] == ["jar=old"] * 2 + ["jar=new"] * 2


@pytest.mark.anyio
async def test_the_limit_can_be_set(side: Side) -> None:
    leads = {f"https://a.test/{step}": f"/{step + 1}" for step in range(3)}

    with pytest.raises(TooManyRedirects, match="exceeded 2 redirects"):
        await side.call(
            side.client(site(leads), follow_redirects=True, max_redirects=2).get,
            "https://a.test/0",
        )
    with pytest.raises(TooManyRedirects, match="exceeded 0 redirects"):
        await side.call(
            side.client(site(leads), follow_redirects=True, max_redirects=0).get,
            "https://a.test/0",
        )


@pytest.mark.anyio
async def test_a_url_that_grows_without_end_comes_to_an_end(side: Side) -> None:
    def handler(request: Request) -> Response:
        return Response(302, headers={"Location": f"{request.url}{'x' * 9_000}"})

    client = side.client(handler, follow_redirects=True)

    with pytest.raises((TooManyRedirects, RemoteProtocolError)) as caught:
        await side.call(client.get, "https://a.test/")

    assert len(str(caught.value)) < 200_000


@pytest.mark.anyio
async def test_the_response_that_is_not_followed_is_closed(side: Side) -> None:
    body = side.body(b"elsewhere")
    client = side.client(
        lambda _: Response(302, headers={"Location": "/"}, stream=body), follow_redirects=True, max_redirects=0
    )

    with pytest.raises(TooManyRedirects):
        await side.call(client.get, "https://a.test/")

    assert body.closes == 1


# The method


@pytest.mark.parametrize(
    ("status", "changes"),
    [
        (301, {"POST": "GET"}),
        (302, dict.fromkeys(("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"), "GET")),
        (303, dict.fromkeys(("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "QUERY"), "GET")),
        (307, {}),
        (308, {}),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "PURGE"])
def test_the_method_changes_as_in_httpx(method: str, status: int, changes: dict[str, str]) -> None:
    assert redirect_method(method, status) == changes.get(method, method)


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_request_that_changed_its_method_has_no_body_and_no_word_of_one(side: Side, status: int) -> None:
    server = site({"https://a.test/": "/next"}, status)
    client = side.client(server, follow_redirects=True)

    await side.call(
        client.post,
        "https://a.test/",
        content=b"body",
        headers={
            "Content-Type": "text/plain",
            "Content-Encoding": "identity",
            "Content-Language": "en",
            "Expect": "100-continue",
            "X-Kept": "1",
        },
    )

    following = server.requests[1]
    assert (following.method, following.content) == ("GET", b"")
    assert not [name for name in following.headers if name.startswith(("content-", "transfer-", "expect"))]
    assert following.headers["X-Kept"] == "1"


def in_a_list(body: bytes) -> list[bytes]:
    return [body]


@pytest.mark.anyio
@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("kind", [bytes, bytes.decode, io.BytesIO, in_a_list])
async def test_a_request_that_keeps_its_method_keeps_its_body(side: Side, status: int, kind: Any) -> None:
    server = site({"https://a.test/": "https://b.test/"}, status)
    client = side.client(server, follow_redirects=True)

    await side.call(client.put, "https://a.test/", content=kind(b"body"), headers={"Content-Type": "text/plain"})

    following = server.requests[1]
    assert (following.method, following.content) == ("PUT", b"body")
    assert following.headers["Content-Type"] == "text/plain"
    assert following.headers.get("Content-Length", "4") == "4"


class Unread(Site):
    """Servers that answer before they have read the request's body, as a transport may."""

    def transport(self, side: Side) -> Any:
        transport = side.transport(self)
        if side.is_blocking:
            transport.handle_request = self.blocking  # type: ignore[method-assign]  # the handler without its reading
        else:
            transport.handle_async_request = self.asynchronous  # type: ignore[method-assign]  # the same
        return transport

    def blocking(self, request: Request) -> Response:
        list(request.stream)  # type: ignore[arg-type]  # sent over the wire, and gone
        return self(request)

    async def asynchronous(self, request: Request) -> Response:
        async for _ in request.stream:  # type: ignore[union-attr]  # the same
            pass
        return self(request)


@pytest.mark.anyio
@pytest.mark.parametrize("status", [307, 308])
async def test_a_body_that_can_be_sent_once_is_an_error_and_never_an_empty_body(side: Side, status: int) -> None:
    server = Unread(status=status)
    server.leads = {"https://a.test/": "/next"}
    client = side.client(transport=server.transport(side), follow_redirects=True)

    with pytest.raises(StreamConsumed, match=r"PUT https://a\.test/next must be sent again"):
        await side.call(client.put, "https://a.test/", content=side.pieces(b"body"))

    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_a_stream_of_the_users_that_does_not_say_whether_it_can_be_sent_again_is_not(side: Side) -> None:
    server = Unread(status=307)
    server.leads = {"https://a.test/": "/next"}
    client = side.client(transport=server.transport(side), follow_redirects=True)

    with pytest.raises(StreamConsumed):
        await side.call(client.post, "https://a.test/", content=side.body(b"body"))


@pytest.mark.anyio
async def test_such_a_body_does_not_matter_when_the_redirect_is_not_followed(side: Side) -> None:
    server = Unread(status=307)
    server.leads = {"https://a.test/": "/next"}
    client = side.client(transport=server.transport(side))

    response = await side.call(client.put, "https://a.test/", content=side.pieces(b"body"))

    assert response.status_code == 307
    assert response.next_request.url == "https://a.test/next"


@pytest.mark.anyio
async def test_nor_when_the_next_request_has_no_body(side: Side) -> None:
    server = Unread(status=303)
    server.leads = {"https://a.test/": "/next"}
    client = side.client(transport=server.transport(side), follow_redirects=True)

    assert (await side.call(client.post, "https://a.test/", content=side.pieces(b"body"))).status_code == 200


# Secrets


class Crossing(NamedTuple):
    """A hop to another origin."""

    name: str
    start: str
    to: str


CROSSINGS = [
    Crossing("host", "https://a.test/", "https://b.test/"),
    Crossing("subdomain", "https://a.test/", "https://sub.a.test/"),
    Crossing("parent domain", "https://sub.a.test/", "https://a.test/"),
    Crossing("port", "https://a.test/", "https://a.test:8443/"),
    Crossing("port to the default", "https://a.test:8443/", "https://a.test/"),
    Crossing("downgrade", "https://a.test/", "http://a.test/"),
    Crossing("upgrade with a port", "http://a.test:8080/", "https://a.test/"),
    Crossing("upgrade to a port", "http://a.test/", "https://a.test:8443/"),
    Crossing("upgrade and host", "http://a.test/", "https://b.test/"),
    Crossing("network path", "https://a.test/", "//b.test/"),
    Crossing("userinfo that looks like the host", "https://a.test/", "https://a.test@b.test/"),
    Crossing("trailing dot", "https://a.test/", "https://a.test./"),
    Crossing("address", "http://127.0.0.1/", "http://localhost/"),
]


@pytest.mark.anyio
@pytest.mark.parametrize("crossing", CROSSINGS, ids=[crossing.name for crossing in CROSSINGS])
@pytest.mark.parametrize("status", STATUSES)
async def test_no_secret_travels_to_another_origin(side: Side, crossing: Crossing, status: int) -> None:
    server = site({crossing.start: crossing.to}, status)
    client = side.client(server, follow_redirects=True)

    await side.call(client.get, crossing.start, headers={**dict.fromkeys(SECRETS, "hunter2"), "X-Kept": "1"})

    assert all(server.requests[0].headers[name] == "hunter2" for name in SECRETS)
    arrived = server.requests[1]
    assert arrived.headers["X-Kept"] == "1"
    assert b"hunter2" not in b"".join(value for _, value in arrived.headers.raw)


@pytest.mark.anyio
@pytest.mark.parametrize("name", sorted(SECRET_HEADERS))
@pytest.mark.parametrize("write", [str.lower, str.upper, str.title, str.swapcase])
async def test_whatever_its_case_a_secret_is_a_secret(side: Side, name: str, write: Any) -> None:
    server = site({"https://a.test/": "https://b.test/"})
    client = side.client(server, follow_redirects=True)

    await side.call(client.get, "https://a.test/", headers={write(name): "hunter2"})

    assert "hunter2" not in str(server.requests[1].headers.raw)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("start", "to"),
    [
        ("https://a.test/", "/next"),
        ("https://a.test/", "https://a.test/next"),
        ("https://a.test/", "https://A.TEST:443/next"),
        ("http://a.test:80/", "http://a.test/next"),
        ("https://a.test:8443/", "//a.test:8443/next"),
    ],
)
async def test_within_an_origin_secrets_go_on(side: Side, start: str, to: str) -> None:
    server = site({str(URL(start)): to})
    client = side.client(server, follow_redirects=True)

    await side.call(client.get, start, headers={"Authorization": "Bearer hunter2", "X-Api-Key": "hunter2"})

    assert server.requests[1].headers["Authorization"] == "Bearer hunter2"
    assert server.requests[1].headers["X-Api-Key"] == "hunter2"


@pytest.mark.anyio
@pytest.mark.parametrize("to", ["https://a.test/", "https://a.test:443/next"])
async def test_from_http_to_https_of_the_same_host_they_may_go_on(side: Side, to: str) -> None:
    server = site({"http://a.test/": to})
    client = side.client(server, follow_redirects=True, cookies={"session": "kept"})

    await side.call(
        client.get, "http://a.test/", headers={"Authorization": "Bearer kept", "Proxy-Authorization": "Basic hunter2"}
    )

    assert server.requests[1].headers["Authorization"] == "Bearer kept"
    assert server.requests[1].headers["Cookie"] == "session=kept"
    assert "Proxy-Authorization" not in server.requests[1].headers


class Signed(Auth):
    """A flow that puts its secret into several fields."""

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        request.headers["Authorization"] = "Bearer hunter2"
        request.headers["X-Api-Key"] = "hunter2"
        yield request


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("client_options", "options", "url"),
    [
        ({"headers": {"Authorization": "hunter2"}}, {}, "https://a.test/"),
        ({}, {"headers": [(b"AUTHORIZATION", b"hunter2")]}, "https://a.test/"),
        ({"auth": ("me", "hunter2")}, {}, "https://a.test/"),
        ({}, {"auth": ("me", "hunter2")}, "https://a.test/"),
        ({}, {"auth": Signed()}, "https://a.test/"),
        ({}, {}, "https://me:hunter2@a.test/"),
        ({"base_url": "https://me:hunter2@a.test/"}, {}, ""),
        ({}, {"cookies": {"session": "hunter2"}}, "https://a.test/"),
        ({}, {"headers": {"Cookie": "session=hunter2"}}, "https://a.test/"),
    ],
)
async def test_whichever_door_a_secret_came_in_by(side: Side, client_options: Any, options: Any, url: str) -> None:
    basic = "bWU6aHVudGVyMg=="
    server = Site()

    def handler(request: Request) -> Response:
        server.requests.append(request)
        if request.url.host == "a.test":
            return Response(302, headers={"Location": "https://b.test/"})
        return Response(200)

    client = side.client(handler, follow_redirects=True, **client_options)
    await side.call(client.get, url, **options)

    first, second = (f"{request.url} {request.headers.raw}" for request in server.requests)
    assert "hunter2" in first or basic in first
    assert "hunter2" not in second
    assert basic not in second


@pytest.mark.anyio
async def test_a_secret_that_was_dropped_does_not_come_back(side: Side) -> None:
    server = site({"https://a.test/": "https://b.test/", "https://b.test/": "https://a.test/again"})
    client = side.client(server, follow_redirects=True)

    await side.call(client.get, "https://a.test/", auth=("me", "hunter2"), headers={"X-Api-Key": "hunter2"})

    assert [request.url.host for request in server.requests] == ["a.test", "b.test", "a.test"]
    assert ["Authorization" in request.headers for request in server.requests] == [True, False, False]
    assert ["X-Api-Key" in request.headers for request in server.requests] == [True, False, False]


@pytest.mark.anyio
async def test_a_client_may_name_more_secrets(side: Side) -> None:
    server = site({"https://a.test/": "https://b.test/"})
    client = side.client(server, follow_redirects=True, secret_headers=["X-Tenant-Secret"])

    await side.call(client.get, "https://a.test/", headers={"x-tenant-secret": "hunter2", "Authorization": "hunter2"})

    assert "hunter2" not in str(server.requests[1].headers.raw)


@pytest.mark.anyio
async def test_host_is_that_of_the_new_origin(side: Side) -> None:
    server = site({"https://a.test/": "https://b.test:8443/"})
    client = side.client(server, follow_redirects=True)

    await side.call(client.get, "https://a.test/", headers={"Host": "virtual.test"})

    assert server.requests[0].headers["Host"] == "virtual.test"
    assert server.requests[1].headers["Host"] == "b.test:8443"
    assert server.requests[1].headers.get_list("Host") == ["b.test:8443"]


@pytest.mark.anyio
async def test_a_host_that_the_caller_says_stays_within_the_origin(side: Side) -> None:
    server = site({"https://a.test/": "/next"})
    client = side.client(server, follow_redirects=True)

    await side.call(client.get, "https://a.test/", headers={"Host": "virtual.test"})

    assert server.requests[1].headers["Host"] == "virtual.test"


@pytest.mark.anyio
async def test_nobody_is_told_where_the_request_came_from(side: Side) -> None:
    server = site({"https://a.test/": "https://b.test/"})
    client = side.client(server, follow_redirects=True)

    await side.call(client.get, "https://a.test/")

    assert "Referer" not in server.requests[1].headers


@pytest.mark.anyio
async def test_extensions_travel_on(side: Side) -> None:
    server = site({"https://a.test/": "https://b.test/"})
    client = side.client(server, follow_redirects=True, timeout=3)

    await side.call(client.get, "https://a.test/", extensions={"mine": 1})

    assert server.requests[1].extensions["mine"] == 1
    assert server.requests[1].extensions["timeout"]["read"] == 3


# A policy


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("to", "kept"),
    [("https://a.test:81/", {"sni_hostname"}), ("https://b.test/", set[str]()), ("/next", {"sni_hostname"})],
)
async def test_what_was_said_of_one_url_is_not_said_of_another(side: Side, to: str, kept: set[str]) -> None:
    server = site({"https://a.test/": to})
    client = side.client(server, follow_redirects=True)

    await side.call(client.get, "https://a.test/", extensions={"target": b"*", "sni_hostname": "a.internal"})

    assert {"target", "sni_hostname"} & set(server.requests[0].extensions) == {"target", "sni_hostname"}
    assert {"target", "sni_hostname"} & set(server.requests[1].extensions) == kept


@pytest.mark.anyio
async def test_a_policy_may_refuse_to_follow(side: Side) -> None:
    asked: list[tuple[int, str]] = []

    def policy(response: Response, request: Request) -> bool:
        asked.append((response.status_code, str(request.url)))
        return request.url.host == "a.test"

    server = site({"https://a.test/": "/b", "https://a.test/b": "https://b.test/"})
    client = side.client(server, follow_redirects=True, redirect_policy=side.function(policy))
    response = await side.call(client.get, "https://a.test/")

    assert asked == [(302, "https://a.test/b"), (302, "https://b.test/")]
    assert response.status_code == 302
    assert response.url == "https://a.test/b"
    assert response.next_request.url == "https://b.test/"
    assert len(response.history) == 1


@pytest.mark.anyio
async def test_a_policy_that_raises_closes_the_response(side: Side) -> None:
    body = side.body(b"elsewhere")

    def policy(response: Response, request: Request) -> bool:
        raise PermissionError("planted")

    client = side.client(
        lambda _: Response(302, headers={"Location": "/"}, stream=body), follow_redirects=True, redirect_policy=policy
    )

    with pytest.raises(PermissionError):
        await side.call(client.get, "https://a.test/")
    assert body.closes == 1


@pytest.mark.anyio
async def test_a_downgrade_can_be_refused(side: Side) -> None:
    server = site({"https://a.test/": "http://a.test/", "http://b.test/": "https://b.test/"})
    client = side.client(server, follow_redirects=True, redirect_policy=refuse_downgrade)

    assert (await side.call(client.get, "https://a.test/")).status_code == 302
    assert (await side.call(client.get, "http://b.test/")).status_code == 200


# Where a Location leads


def leads(location: str | bytes, start: str = "https://a.test:8443/dir/page?q=1") -> str:
    raw = location.encode("utf-8") if isinstance(location, str) else location
    response = Response(302, headers=Headers.received([(b"Location", raw)]))
    return str(redirect_url(Request("GET", start), response))


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/x", "https://a.test:8443/x"),
        ("x", "https://a.test:8443/dir/x"),
        ("../x", "https://a.test:8443/x"),
        ("../../../x", "https://a.test:8443/x"),
        ("?y=2", "https://a.test:8443/dir/page?y=2"),
        ("", "https://a.test:8443/dir/page?q=1"),
        ("#part", "https://a.test:8443/dir/page?q=1#part"),
        ("//b.test/x", "https://b.test/x"),
        ("HTTP://B.test/", "http://b.test/"),
        ("https://b.test", "https://b.test"),
        ("https://b.test:443/", "https://b.test/"),
        ("https://b.test/a b", "https://b.test/a%20b"),
        ("https://b.test/ü", "https://b.test/%C3%BC"),
        (b"https://b.test/\xfc", "https://b.test/%C3%BC"),
        ("https://bücher.test/", "https://xn--bcher-kva.test/"),
        ("https://b.test/%2e%2e/x", "https://b.test/%2e%2e/x"),
        ("https:/y", "https://a.test:8443/y"),
        ("https:y", "https://a.test:8443/dir/y"),
        ("https:?y", "https://a.test:8443/dir/page?y"),
        ("HTTPS:/y", "https://a.test:8443/y"),
        ("https://:443/y", "https://a.test/y"),
        ("HTTP://:8080/y", "http://a.test:8080/y"),
        ("https://:8443", "https://a.test:8443"),
    ],
)
def test_a_location_is_read_as_browsers_read_it(location: str | bytes, url: str) -> None:
    assert URL(leads(location)) == URL(url)


def test_a_location_that_names_only_a_port_stays_on_the_host() -> None:
    assert leads("https://:444/x", start="https://[2001:db8::1]:8443/") == "https://[2001:db8::1]:444/x"


@pytest.mark.parametrize(
    "location",
    [
        "http:///x",
        "https://:/x",
        "https://:port/x",
        "https://user@:443/x",
        "https://",
        "https://?x",
        "http:/y",
        "//",
        "//[::1",
        "/\\evil.test",
        "\\\\evil.test/x",
        "https:\\\\evil.test/",
        "https:/\\evil.test/",
        "https://b.test\\@evil.test/",
        "https://b.test:99999/",
        "https://b.test:port/",
        "https://xn--/",
        "https://b.te\x7fst/",
        f"https://b.test/{'x' * 70_000}",
    ],
)
def test_what_is_no_url_is_the_servers_fault(location: str) -> None:
    with pytest.raises(RemoteProtocolError, match=r"the redirect from GET .* leads to an invalid URL") as caught:
        leads(location)

    assert caught.value.request.url.host == "a.test"
    assert caught.value.__cause__ is not None
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://a.test/",
        "javascript:alert(1)",
        "data:text/html,x",
        "ws://a.test/",
        "gopher://x:70/",
    ],
)
def test_nothing_leads_out_of_http(location: str) -> None:
    with pytest.raises(UnsupportedProtocol, match="only http:// and https:// are followed") as caught:
        leads(location)

    assert caught.value.request.url.host == "a.test"


def test_a_scheme_of_the_users_own_may_stay_as_it_is() -> None:
    assert leads("/x", "memory://a/") == "memory://a/x"
    assert leads("memory://b/", "memory://a/") == "memory://b/"


@pytest.mark.parametrize(
    ("start", "location", "fragment"),
    [
        ("https://a.test/#here", "/x", "here"),
        ("https://a.test/#here", "/x#there", "there"),
        ("https://a.test/#here", "https://b.test/", "here"),
        ("https://a.test/", "/x", ""),
    ],
)
def test_a_fragment_is_inherited(start: str, location: str, fragment: str) -> None:
    assert URL(leads(location, start)).fragment == fragment


@pytest.mark.anyio
async def test_a_fragment_is_not_sent(side: Side) -> None:
    server = site({"https://a.test/#here": "/x"})
    client = side.client(server, follow_redirects=True)

    await side.call(client.get, "https://a.test/#here")

    assert server.requests[1].url.raw_path == b"/x"


@pytest.mark.anyio
@pytest.mark.parametrize("location", ["https://[oops", "javascript:alert(1)"])
async def test_a_location_that_cannot_be_followed_matters_only_when_it_should_be(side: Side, location: str) -> None:
    body = side.body(b"elsewhere")
    client = side.client(lambda _: Response(302, headers={"Location": location}, stream=body))

    response = await side.call(client.get, "https://a.test/")
    assert response.next_request is None
    assert response.text == "elsewhere"

    body.closes = 0
    with pytest.raises((RemoteProtocolError, UnsupportedProtocol)):
        await side.call(client.get, "https://a.test/", follow_redirects=True)
    assert body.closes == 1


@pytest.mark.anyio
async def test_two_locations_lead_nowhere(side: Side) -> None:
    headers = [("Location", "/x"), ("Location", "/y")]
    client = side.client(lambda _: Response(302, headers=headers), follow_redirects=True)

    with pytest.raises(RemoteProtocolError, match="2 places at once"):
        await side.call(client.get, "https://a.test/")


@pytest.mark.anyio
async def test_one_location_said_twice_is_one(side: Side) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/x":
            return Response(200)
        return Response(302, headers=[("Location", "/x"), ("location", "/x")])

    client = side.client(handler, follow_redirects=True)

    assert (await side.call(client.get, "https://a.test/")).status_code == 200


@pytest.mark.anyio
async def test_a_password_in_a_location_is_in_no_error(side: Side) -> None:
    client = side.client(
        lambda _: Response(302, headers={"Location": "ftp://me:hunter2@b.test/"}), follow_redirects=True
    )

    with pytest.raises(UnsupportedProtocol) as caught:
        await side.call(client.get, "https://me:hunter2@a.test/")

    assert "hunter2" not in str(caught.value)
