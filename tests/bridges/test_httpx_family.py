"""Bridges to the real httpx and the real httpx2, in both directions."""

from __future__ import annotations

import gzip
import pickle
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable

import pytest

import understudy
from understudy import bridges, cassettes, mock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

LIBRARIES = ["httpx", "httpx2"]
ERRORS = [
    "ConnectTimeout",
    "ReadTimeout",
    "WriteTimeout",
    "PoolTimeout",
    "ConnectError",
    "ReadError",
    "WriteError",
    "CloseError",
    "LocalProtocolError",
    "RemoteProtocolError",
    "ProxyError",
    "UnsupportedProtocol",
    "DecodingError",
]


@pytest.fixture(params=LIBRARIES)
def theirs(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def outward(theirs: Any, transport: Any = None) -> Any:
    return getattr(bridges, f"to_{theirs.__name__}")(transport)


def inward(theirs: Any, transport: Any) -> Any:
    return getattr(bridges, f"from_{theirs.__name__}")(transport)


def raising(error: Exception) -> Callable[[Any], Any]:
    def handler(request: Any) -> Any:
        raise error

    return handler


def test_a_router_answers_their_client(theirs: Any) -> None:
    api = mock.Router()
    api.get("https://api.test/users/{id:int}").respond(json={"id": 7}, headers=[("Set-Cookie", "a=1")])

    with theirs.Client(transport=outward(theirs, api)) as client:
        response = client.get("https://api.test/users/7", params={"page": 2}, headers={"X-Tag": "one"})

    assert type(response) is theirs.Response
    assert response.json() == {"id": 7}
    assert dict(client.cookies) == {"a": "1"}
    call = api.calls.one(params={"page": "2"})
    assert call.request.headers["X-Tag"] == "one"


@pytest.mark.anyio
async def test_a_router_answers_their_asynchronous_client(theirs: Any) -> None:
    api = mock.Router()
    api.post("https://api.test/orders").respond(201, json={"id": 1})

    async def body() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async with theirs.AsyncClient(transport=outward(theirs, api)) as client:
        response = await client.post("https://api.test/orders", content=body())

    assert response.status_code == 201
    assert api.calls.one().request.content == b"one two"


def test_a_miss_reports_the_line_of_the_test_not_one_inside_their_client(theirs: Any) -> None:
    api = mock.Router()
    api.get("https://api.test/users").respond(200)

    with theirs.Client(transport=outward(theirs, api)) as client, pytest.raises(mock.UnmatchedRequest) as caught:
        client.get("https://api.test/user")

    assert "test_httpx_family.py" in str(caught.value).partition("closest")[0]


def test_what_stands_in_answers_their_client_too(theirs: Any) -> None:
    with theirs.Client(transport=outward(theirs)) as client, mock.Router() as api:
        api.get("https://api.test/").respond(text="from the router")

        assert client.get("https://api.test/").text == "from the router"


def test_bodies_cross_raw_and_their_client_decodes(theirs: Any) -> None:
    packed = gzip.compress(b"plain")
    transport = understudy.MockTransport(
        lambda _: understudy.Response(200, headers={"Content-Encoding": "gzip"}, stream=understudy.ByteStream(packed))
    )

    with (
        theirs.Client(transport=outward(theirs, transport)) as client,
        client.stream("GET", "https://api.test/") as response,
    ):
        raw = b"".join(response.iter_raw())
        decoded = client.get("https://api.test/").content

    assert raw == packed
    assert decoded == b"plain"


class Endless(understudy.SyncByteStream):
    """A body that is never over, and says when it was closed."""

    closed = False

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield b"piece"

    def close(self) -> None:
        self.closed = True


def test_a_body_that_is_left_early_is_closed_on_the_other_side(theirs: Any) -> None:
    body = Endless()
    transport = understudy.MockTransport(lambda _: understudy.Response(200, stream=body))

    client = theirs.Client(transport=outward(theirs, transport))
    with client.stream("GET", "https://api.test/") as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"piece"
        assert not body.closed

    assert body.closed


@pytest.mark.parametrize("name", ERRORS)
def test_our_errors_are_theirs_on_their_side(name: str, theirs: Any) -> None:
    planted = getattr(understudy, name)("planted")
    transport = understudy.MockTransport(raising(planted))

    client = theirs.Client(transport=outward(theirs, transport))
    with pytest.raises(getattr(theirs, name), match="planted") as caught:
        client.get("https://api.test/")

    assert type(caught.value) is getattr(theirs, name)
    assert caught.value.__cause__ is planted
    assert str(caught.value.request.url) == "https://api.test/"


@pytest.mark.parametrize("name", ERRORS)
def test_their_errors_are_ours_on_our_side(name: str, theirs: Any) -> None:
    planted = getattr(theirs, name)("planted")
    transport = theirs.MockTransport(raising(planted))

    client = understudy.Client(transport=inward(theirs, transport))
    with pytest.raises(getattr(understudy, name), match="planted") as caught:
        client.get("https://api.test/")

    assert type(caught.value) is getattr(understudy, name)
    assert str(caught.value.request.url) == "https://api.test/"
    pickle.loads(pickle.dumps(caught.value))


def test_errors_that_only_we_have_cross_as_their_nearest_ancestor(theirs: Any) -> None:
    transport = understudy.MockTransport(raising(understudy.IncompleteBody("cut")))

    client = theirs.Client(transport=outward(theirs, transport))
    with pytest.raises(theirs.RemoteProtocolError, match="cut"):
        client.get("https://api.test/")


@pytest.mark.anyio
async def test_their_transport_answers_our_asynchronous_client(theirs: Any) -> None:
    def handler(request: Any) -> Any:
        return theirs.Response(200, json={"path": request.url.path})

    transport = theirs.MockTransport(handler)

    async with understudy.AsyncClient(transport=inward(theirs, transport)) as client:
        response = await client.get("https://api.test/a%20b")

    assert response.json() == {"path": "/a b"}


def test_a_session_through_their_network_is_recorded_and_replayed(theirs: Any, tmp_path: Path) -> None:
    def handler(request: Any) -> Any:
        return theirs.Response(200, json={"you asked": request.url.path})

    behind = theirs.MockTransport(handler)
    tape = tmp_path / "tape.yaml"

    recording = cassettes.CassetteTransport(tape, "once", inner=inward(theirs, behind))
    with theirs.Client(transport=outward(theirs, recording)) as client:
        live = client.get("https://api.test/users").json()
    replaying = cassettes.CassetteTransport(tape, "none")
    with theirs.Client(transport=outward(theirs, replaying)) as client:
        replayed = client.get("https://api.test/users").json()

    assert live == replayed == {"you asked": "/users"}


def test_closing_one_side_closes_the_other(theirs: Any) -> None:
    closed: list[str] = []

    class Ours(understudy.BaseTransport):
        def close(self) -> None:
            closed.append("ours")

    class Theirs(theirs.BaseTransport):  # type: ignore[misc]  # either library
        def close(self) -> None:
            closed.append("theirs")

    theirs.Client(transport=outward(theirs, Ours())).close()
    understudy.Client(transport=inward(theirs, Theirs())).close()

    assert closed == ["ours", "theirs"]


@pytest.mark.anyio
async def test_closing_one_asynchronous_side_closes_the_other(theirs: Any) -> None:
    closed: list[str] = []

    class Ours(understudy.AsyncBaseTransport):
        async def aclose(self) -> None:
            closed.append("ours")

    class Theirs(theirs.AsyncBaseTransport):  # type: ignore[misc]  # either library
        async def aclose(self) -> None:
            closed.append("theirs")

    await theirs.AsyncClient(transport=outward(theirs, Ours())).aclose()
    await understudy.AsyncClient(transport=inward(theirs, Theirs())).aclose()

    assert closed == ["ours", "theirs"]


@pytest.mark.anyio
async def test_an_asynchronous_body_that_is_left_early_is_closed_on_the_other_side(theirs: Any) -> None:
    closed: list[str] = []

    def body(base: Any, name: str) -> Any:
        class Body(base):  # type: ignore[misc]  # either library
            async def __aiter__(self) -> AsyncIterator[bytes]:
                yield b"piece"

            async def aclose(self) -> None:
                closed.append(name)

        return Body()

    ours = understudy.MockTransport(lambda _: understudy.Response(200, stream=body(understudy.AsyncByteStream, "ours")))

    def answer(request: Any) -> Any:
        return theirs.Response(200, stream=body(theirs.AsyncByteStream, "theirs"))

    other = theirs.MockTransport(answer)

    for client in (
        theirs.AsyncClient(transport=outward(theirs, ours)),
        understudy.AsyncClient(transport=inward(theirs, other)),
    ):
        async with client, client.stream("GET", "https://api.test/"):
            pass

    assert closed == ["ours", "theirs"]


def test_what_is_no_transport_is_refused_at_once(theirs: Any) -> None:
    with pytest.raises(TypeError, match=f"from_{theirs.__name__} takes a transport, not dict"):
        inward(theirs, {})


@pytest.mark.parametrize(("wrong", "shown"), [("router", "str"), (mock.Router, "the class Router")])
def test_what_is_no_transport_of_ours_is_refused_at_once(wrong: Any, shown: str, theirs: Any) -> None:
    with pytest.raises(TypeError, match=f"to_{theirs.__name__} takes one of our transports.*not {shown}"):
        outward(theirs, wrong)


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    libraries = import_module("understudy.bridges.libraries")
    monkeypatch.setitem(sys.modules, "httpx", None)

    with pytest.raises(ImportError, match="pip install httpx"):
        libraries.library("httpx")


def test_after_alias_httpx_there_is_nothing_to_bridge() -> None:
    program = "import understudy; understudy.alias_httpx(); from understudy import bridges; bridges.to_httpx()"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "ImportError" in done.stderr
    assert "need no bridge" in done.stderr


def test_importing_the_bridges_imports_no_other_client() -> None:
    program = "import sys; import understudy.bridges; print({'httpx', 'httpx2', 'requests'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
