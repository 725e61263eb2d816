"""A router as an ASGI application, called in this process."""

from __future__ import annotations

from typing import Any

import pytest

from understudy import ASGITransport, AsyncClient, mock

pytestmark = pytest.mark.anyio


@pytest.fixture
def router() -> mock.Router:
    return mock.Router(base_url="https://api.test/v1")


def client_for(router: mock.Router, base_url: str = "http://127.0.0.1:8000") -> AsyncClient:
    return AsyncClient(transport=ASGITransport(router.asgi()), base_url=base_url)


async def test_it_stands_for_the_hosts_that_its_routes_name(router: mock.Router) -> None:
    router.get("/users/{id:int}").respond(json={"name": "Ada"})
    router.get("http://other.test:8080/x").respond(text="other")
    router.get("https://[::1]/six").respond(text="six")
    router.get("https://*.wild.test/wild", optional=True)

    async with client_for(router) as client:
        assert (await client.get("/v1/users/7")).json() == {"name": "Ada"}
        assert (await client.get("/x")).text == "other"
        assert (await client.get("/six")).text == "six"
        assert (await client.get("/wild", headers={"Host": "a.wild.test"})).status_code == 501

    assert [str(call.request.url) for call in router.calls] == [
        "https://api.test/v1/users/7",
        "http://other.test:8080/x",
        "https://[::1]/six",
    ]


async def test_the_host_field_says_which_host_is_meant() -> None:
    router = mock.Router()
    router.get("http://one.test/").respond(text="one")
    router.get("http://two.test/").respond(text="two")
    router.get("/anywhere").respond(text="any")

    async with client_for(router, "http://two.test") as client:
        assert (await client.get("/")).text == "two"
        assert (await client.get("/anywhere")).text == "any"
    assert router.calls.last.request.url == "http://two.test/anywhere"


async def test_requests_arrive_whole(router: mock.Router) -> None:
    router.post("/orders?dry=1", json={"sku": "tea"}, headers={"x-key": "k"}).respond(
        201, text="made", headers=[("X-A", "1"), ("X-A", "2")], cookies={"sid": "1"}
    )

    async with client_for(router) as client:
        made = await client.post("/v1/orders", params={"dry": "1"}, json={"sku": "tea"}, headers={"X-Key": "k"})

    assert (made.status_code, made.text) == (201, "made")
    assert made.headers.get_list("x-a") == ["1", "2"]
    assert made.cookies["sid"] == "1"
    assert str(router.calls.last.place) == "127.0.0.1:123"


async def test_streams_and_heads_are_played(router: mock.Router) -> None:
    router.get("/stream").stream([b"a", b"b", b"c"])
    router.head("/stream").respond(text="abc")

    async with client_for(router) as client:
        assert (await client.get("/v1/stream")).content == b"abc"
        head = await client.head("/v1/stream")

    assert (head.content, head.headers["Content-Length"]) == (b"", "3")
    router.verify()


async def test_a_miss_is_answered_with_its_report(router: mock.Router) -> None:
    router.get("http://other.test/far/away").respond()
    router.get("/users/{id:int}").respond()

    async with client_for(router) as client:
        missed = await client.get("/v1/users/ada")

    assert missed.status_code == 501
    assert missed.text.startswith("no route answers GET https://api.test/v1/users/ada\n  called at 127.0.0.1:123\n")
    assert "want /v1/users/{id:int}, got /v1/users/ada" in missed.text
    with pytest.raises(AssertionError, match="no route answers GET"):
        router.verify()


async def test_a_router_without_routes_says_so() -> None:
    async with client_for(mock.Router()) as client:
        assert "there are no routes at all" in (await client.get("/")).text


async def test_looking_for_the_host_counts_nothing(router: mock.Router) -> None:
    route = router.get("/once", times=1).respond(text="first")

    async with client_for(router) as client:
        assert (await client.get("/v1/once")).text == "first"
        assert (await client.get("/v1/once")).status_code == 501
    assert route.call_count == 1


async def test_what_goes_wrong_is_told(router: mock.Router) -> None:
    @router.handler("/broken")
    def broken() -> Any:  # pyright: ignore[reportUnusedFunction]
        raise LookupError("own")

    router.get("/refused").fault("connect-refused")
    router.get("/late").fault("read-timeout")

    async with client_for(router) as client:
        found = {path: await client.get(f"/v1/{path}") for path in ("broken", "refused", "late")}

    assert [(each.status_code, each.text) for each in found.values()] == [
        (500, "LookupError: own\n"),
        (502, "ConnectError: connection refused (mocked)\n"),
        (504, "ReadTimeout: no data was received in time (mocked)\n"),
    ]
    with pytest.raises(AssertionError, match="raised for GET"):
        router.verify()


async def called(app: Any, scope: dict[str, Any], *received: dict[str, Any]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    waiting = list(received)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_it_starts_up_and_shuts_down(router: mock.Router) -> None:
    sent = await called(
        router.asgi(), {"type": "lifespan"}, {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}
    )

    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_web_sockets_are_refused(router: mock.Router) -> None:
    sent = await called(router.asgi(), {"type": "websocket"}, {"type": "websocket.connect"})

    assert sent[0]["type"] == "websocket.close"


async def test_a_caller_that_has_gone_is_let_go(router: mock.Router) -> None:
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "headers": []}

    assert await called(router.asgi(), scope, {"type": "http.disconnect"}) == []
    assert not router.called


async def test_an_old_client_without_a_host_field_is_served_too(router: mock.Router) -> None:
    router.get("/").respond(text="here")
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/v1/",
        "headers": [],
        "server": ("127.0.0.1", 80),
    }

    sent = await called(router.asgi(), scope, {"type": "http.request"})

    assert sent[0]["status"] == 200


async def test_a_path_that_the_server_has_decoded_is_understood(router: mock.Router) -> None:
    router.get("/ü%20%3F").respond(text="here")
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/v1/ü ?", "headers": []}

    sent = await called(router.asgi(), scope, {"type": "http.request"})

    assert sent[0]["status"] == 200


async def test_nonsense_is_refused(router: mock.Router) -> None:
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"a b")]}

    sent = await called(router.asgi(), scope, {"type": "http.request"})

    assert sent[0]["status"] == 400
    assert repr(router.asgi()).startswith("<RouterApp of <Router")
