"""A cassette as an ASGI application, in front of callers of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import ASGITransport, AsyncClient, ConnectError, MockTransport, ReadTimeout, Request, Response
from understudy.cassettes import CassetteTransport
from understudy.cassettes.serving import JOURNAL, Application

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

TAPE = """\
cassette: 1
routes:
  - GET https://api.test/health: 204
  - GET https://api.test/slow: {fault: read-timeout}
  - GET https://api.test/down: {fault: connect-refused}
...
--- # GET /users -> 200
request: {method: GET, url: 'https://api.test/users'}
response:
  status: 200
  headers:
    Location: https://api.test/next?page=2
    Set-Cookie: a=1; Domain=api.test; Path=/
    Connection: close
  json: {from: api}
...
--- # GET /users -> 200
request: {method: GET, url: 'https://other.test:8443/orders'}
response: {status: 200, json: {from: other}}
...
"""
ORIGINS = ["https://api.test", "https://other.test:8443"]


def client_of(app: Application, base_url: str = "http://127.0.0.1:8000") -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app), base_url=base_url)


@pytest.fixture
def app(tmp_path: Path) -> Application:
    path = tmp_path / "tape.yaml"
    path.write_text(TAPE, "utf-8")
    return Application(CassetteTransport(path, "none", repeats="last"), ORIGINS)


async def test_it_stands_for_the_hosts_that_are_recorded(app: Application) -> None:
    async with client_of(app) as client:
        users = (await client.get("/users")).json()
        orders = (await client.get("/orders")).json()
        health = await client.get("/health")
    async with client_of(app, "http://other.test:8443") as client:
        again = (await client.get("/orders")).json()

    assert users == {"from": "api"}
    assert orders == again == {"from": "other"}
    assert health.status_code == 204


async def test_redirects_and_cookies_lead_back_to_it(app: Application) -> None:
    async with client_of(app) as client:
        response = await client.get("/users", follow_redirects=False)

    assert response.headers["Location"] == "/next?page=2"
    assert response.headers["Set-Cookie"] == "a=1; Path=/"
    assert "Connection" not in response.headers


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [("/nothing", 501, "no recording answers GET"), ("/slow", 504, "ReadTimeout"), ("/down", 502, "ConnectError")],
)
async def test_what_goes_wrong_is_a_status_and_a_text(path: str, status: int, told: str, app: Application) -> None:
    async with client_of(app) as client:
        response = await client.get(path)

    assert response.status_code == status
    assert told in response.text


async def test_the_journal_is_a_page_and_json(app: Application) -> None:
    async with client_of(app) as client:
        await client.get("/users")
        await client.get("/nothing?x=<b>")
        page = await client.get(JOURNAL)
        data = (await client.get(JOURNAL, headers={"Accept": "application/json"})).json()
        same = (await client.get(JOURNAL, params={"json": ""})).json()

    assert "2 requests, 1 without an answer" in page.text
    assert "<b>" not in page.text
    assert [(each["method"], each["status"]) for each in data["journal"]] == [("GET", 200), ("GET", 501)]
    assert data["origins"] == ORIGINS
    assert same["misses"] == 1


async def test_a_proxy_sends_everything_to_its_target_and_records_it(tmp_path: Path) -> None:
    seen: list[Request] = []

    async def answer(request: Request) -> Response:
        seen.append(request)
        return Response(201, json={"got": request.content.decode()})

    async def body() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    transport = CassetteTransport(tmp_path / "tape.yaml", "new_episodes", inner=MockTransport(answer))
    told: list[str] = []
    app = Application(
        transport, ["https://api.test/v1/"], is_proxy=True, told=lambda entry: told.append(f"{entry.status}")
    )
    async with client_of(app) as client:
        headers = {"Connection": "keep-alive", "X-Tag": "1"}
        response = await client.post("/orders?a=1", content=body(), headers=headers)

    assert response.json() == {"got": "one two"}
    (request,) = seen
    assert str(request.url) == "https://api.test/v1/orders?a=1"
    assert request.headers["Host"] == "api.test"
    assert request.headers["X-Tag"] == "1"
    assert "Connection" not in request.headers
    assert told == ["201"]
    assert transport.cassette.recorded == ["POST /v1/orders -> 201"]


@pytest.mark.parametrize(("error", "status"), [(ConnectError("no"), 502), (ReadTimeout("slow"), 504)])
async def test_a_target_that_fails_is_a_status(error: Exception, status: int, tmp_path: Path) -> None:
    def fail(request: Request) -> Response:
        raise error

    app = Application(MockTransport(fail), ["https://api.test"], is_proxy=True)
    async with client_of(app) as client:
        assert (await client.get("/")).status_code == status


async def test_an_application_for_nobody_says_so() -> None:
    app = Application(MockTransport(lambda request: Response(200)), [], is_proxy=True)
    async with client_of(app) as client:
        assert "no host at all" in (await client.get("/")).text


async def test_the_rest_of_asgi_is_answered() -> None:
    app = Application(MockTransport(lambda request: Response(200)), [])
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    incoming = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Any:
        return next(incoming)

    await app({"type": "lifespan"}, receive, send)
    incoming = iter([{"type": "websocket.connect"}])
    await app({"type": "websocket", "path": "/"}, receive, send)
    incoming = iter([{"type": "http.disconnect"}])
    await app({"type": "http", "path": "/", "method": "GET", "headers": []}, receive, send)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]
    assert not app.journal
