"""The client does the same over a mock as over a server: redirects, cookies, credentials, decoding, streams, errors.

One set of routes answers three times: as objects, as bytes in memory, and on a port of this machine.
"""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import pytest

import understudy
from understudy import Client, HTTPTransport, mock

if TYPE_CHECKING:
    from collections.abc import Iterator

Say = Callable[[Client], Any]


def add_routes(router: mock.Router) -> None:
    """Say everything that the cases ask for."""
    # Relative, so that it is the same whatever the host is called.
    for status in (301, 302, 303, 307, 308):
        router.route(f"/to/{status}", optional=True).redirect("/echo", status)
    router.route("/echo", optional=True).reply(echo)
    router.get("/chain/{n:int}", optional=True).reply(chain)
    router.get("/loop", optional=True).redirect("/loop")
    router.get("/nowhere", optional=True).redirect("ftp://nowhere.test/")
    router.get("/cookies/set", optional=True).respond(cookies=["a=1; Path=/", "b=2; Path=/cookies", "c=; Max-Age=0"])
    router.get("/cookies/drop", optional=True).respond(cookies=["a=; Path=/; Max-Age=0"])
    router.get("/cookies/redirect", optional=True).redirect("/echo", cookies={"seen": "1"})
    router.get("/basic", auth=("ada", "pw"), optional=True).respond(text="welcome")
    router.get("/basic", optional=True).respond(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    router.get("/digest", headers__authorization__startswith="Digest ", optional=True).respond(text="welcome")
    router.get("/digest", optional=True).respond(
        401, headers={"WWW-Authenticate": 'Digest realm="x", nonce="n", qop="auth", algorithm=SHA-256'}
    )
    for coding in ("gzip", "deflate", "br", "zstd", "identity"):
        router.get(f"/coded/{coding}", optional=True).respond(json={"coding": coding}, encoding=coding)
    router.get("/coded/broken", optional=True).respond(content=b"no gzip", headers={"Content-Encoding": "gzip"})
    texts = [("utf-8", "ä€"), ("latin-1", "äö"), ("utf-16", "ä"), ("shift_jis", "猫"), ("nonsense", "a")]
    for charset, text in texts:
        body = text.encode("ascii" if charset == "nonsense" else charset)
        router.get(f"/text/{charset}", optional=True).respond(
            content=body, content_type=f"text/plain; charset={charset}"
        )
    router.get("/lines", optional=True).stream([b"one\ntw", b"o\r\nthree"])
    router.get("/events", optional=True).sse(["one", {"data": {"n": 2}, "event": "tick", "id": "7"}])
    router.get("/large", optional=True).respond(content=b"x" * 300_000)
    for status in (200, 204, 304, 400, 404, 418, 429, 500, 503):
        router.route(f"/status/{status}", optional=True).respond(status)
    router.get("/flaky", optional=True).respond(503, headers={"Retry-After": "0"}).then(text="well").cycle()
    router.get("/json", optional=True).respond(json={"a": [1, None, "ä"]})
    router.get("/not-json", optional=True).respond(text="<html>", content_type="application/json")
    router.head("/head", optional=True).respond(content=b"x" * 10, headers={"X-Head": "1"})
    router.get("/cut", optional=True).respond(content=b"x" * 1000).fault("truncate", at=10)


def echo(request: understudy.Request) -> Any:
    return {
        "method": request.method,
        "query": request.url.query.decode(),
        "body": request.content.decode("latin-1"),
        "type": request.headers.get("content-type", "").partition(";")[0],
        "cookie": request.headers.get("cookie"),
        "x": request.headers.get_list("x-a"),
    }


def chain(n: int) -> Any:
    return {"end": n} if n == 0 else mock.reply(redirect=f"/chain/{n - 1}")


def followed(method: str, path: str, **options: Any) -> Say:
    def say(client: Client) -> Any:
        response = client.request(method, path, follow_redirects=True, **options)
        answer = response.json() if response.content else None
        return answer, [step.status_code for step in response.history]

    return say


def seen(path: str, method: str = "GET", **options: Any) -> Say:
    def say(client: Client) -> Any:
        response = client.request(method, path, **options)
        kept = {name: response.headers.get(name) for name in ("content-type", "content-length", "x-head")}
        return response.status_code, response.content, response.text, response.encoding, kept

    return say


def raised_for(status: int) -> Say:
    return lambda client: client.get(f"/status/{status}").raise_for_status()


def after_cookies(client: Client) -> Any:
    client.get("/cookies/set")
    first = [client.get(path).json()["cookie"] for path in ("/echo",)]
    client.get("/cookies/drop")
    return first, sorted(client.cookies.keys())


def lines(client: Client) -> Any:
    with client.stream("GET", "/lines") as response:
        return list(response.iter_lines())


def events(client: Client) -> Any:
    with client.stream("GET", "/events") as response:
        return [(event.event, event.data, event.id) for event in understudy.EventSource(response)]


def pieces(client: Client) -> Any:
    with client.stream("GET", "/large") as response:
        return [len(piece) for piece in response.iter_bytes(100_000)]


def half(client: Client) -> Any:
    with client.stream("GET", "/large") as response:
        next(response.iter_bytes(10))
    return client.get("/json").json()


def upload(client: Client) -> Any:
    return client.post("/echo", content=iter([b"ab", b"cd"])).json()


CASES: dict[str, Say] = {
    **{
        f"{method} {status}": followed(method, f"/to/{status}", content=b"body" if method == "POST" else None)
        for method in ("GET", "POST", "HEAD")
        for status in (301, 302, 303, 307, 308)
    },
    "a redirect that is not followed": lambda client: client.get("/to/302").headers["location"],
    "a chain of redirects": followed("GET", "/chain/5"),
    "a redirect for ever": followed("GET", "/loop"),
    "a redirect to nowhere": followed("GET", "/nowhere"),
    "cookies": after_cookies,
    "a cookie of a redirect": followed("GET", "/cookies/redirect"),
    "cookies of a request": lambda client: client.get("/echo", cookies={"own": "1"}).json()["cookie"],
    "basic": seen("/basic", auth=("ada", "pw")),
    "basic, refused": seen("/basic", auth=("ada", "wrong")),
    "digest": seen("/digest", auth=understudy.DigestAuth("ada", "pw")),
    **{
        f"coded {coding}": seen(f"/coded/{coding}")
        for coding in ("gzip", "deflate", "br", "zstd", "identity", "broken")
    },
    **{f"text in {charset}": seen(f"/text/{charset}") for charset in ("utf-8", "latin-1", "utf-16", "shift_jis")},
    "text in nonsense": seen("/text/nonsense"),
    **{f"status {status}": seen(f"/status/{status}") for status in (200, 204, 304, 400, 404, 418, 429, 500, 503)},
    **{f"raised for {status}": raised_for(status) for status in (304, 404, 500)},
    "query": lambda client: client.get("/echo", params={"a": "1 2", "b": ["x", "y"]}).json()["query"],
    "form": lambda client: client.post("/echo", data={"a": "ä", "b": "1"}).json(),
    "json": lambda client: client.post("/echo", json={"a": [1, None]}).json(),
    "text": lambda client: client.put("/echo", content="ä").json(),
    "files": lambda client: client.post("/echo", files={"f": ("n.txt", b"data")}).json()["type"],
    "an upload in pieces": upload,
    "fields": lambda client: client.get("/echo", headers=[("X-A", "1"), ("X-A", "2")]).json()["x"],
    "head": seen("/head", "HEAD"),
    "lines": lines,
    "events": events,
    "pieces": pieces,
    "leaving early": half,
    "a retry": lambda client: client.get("/flaky", retry=understudy.Retry(2, backoff=0)).text,
    "json that is none": lambda client: client.get("/not-json").json(),
    "a body that is cut": lambda client: client.get("/cut"),
    "what is not there": lambda client: client.get("/json").json()["b"],
}


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Client]]:
    """One client for each way to be answered; the routes know no host, and all clients call theirs the same."""
    kinds: dict[str, mock.Router] = {"mock": mock.Router(), "wire": mock.Router(mode="wire"), "server": mock.Router()}
    for router in kinds.values():
        add_routes(router)
    with kinds["server"].serve() as server:
        settings: dict[str, Any] = {"timeout": 20, "trust_env": False, "base_url": server.url}
        made = {name: Client(transport=router, **settings) for name, router in kinds.items() if name != "server"}
        made["server"] = Client(transport=HTTPTransport(trust_env=False), **settings)
        yield made
        for client in made.values():
            client.close()


def outcome(client: Client, say: Say) -> Any:
    client.cookies.clear()
    try:
        return say(client)
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("name", CASES)
def test_a_client_cannot_tell_a_mock_from_a_server(name: str, clients: dict[str, Client]) -> None:
    found = {kind: outcome(client, CASES[name]) for kind, client in clients.items()}

    assert found["mock"] == found["wire"] == found["server"]


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 60
