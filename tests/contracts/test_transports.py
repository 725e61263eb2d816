"""The contract of `client/transports/base.py`, checked on every transport there is.

A factory makes a transport that answers as `answer` says; each check runs on each of them, blocking, under asyncio and
under trio. A new transport is one more factory.
"""

from __future__ import annotations

import gzip
import sys
import threading
import types
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import anyio
import pytest

from understudy import (
    AsyncByteStream,
    AsyncClient,
    Client,
    ConnectError,
    MockTransport,
    Request,
    Response,
    SyncByteStream,
    TransportError,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

BASE = "http://api.test"
WORLDS = {"blocking": "asyncio", "asyncio": "asyncio", "trio": "trio"}
LARGE = bytes(range(256)) * 512


class Answer(NamedTuple):
    """What a server says."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def answer(method: str, path: str, body: bytes) -> Answer:
    """Say what the server behind every transport of this suite says."""
    if path.startswith("/status/"):
        status = int(path.rpartition("/")[2])
        has_body = status not in (204, 304)
        return Answer(status, [("X-Status", str(status))], b"body" if has_body else b"")
    if path == "/redirect":
        return Answer(302, [("Location", "/echo"), ("Set-Cookie", "a=1")], b"")
    if path == "/gzip":
        return Answer(200, [("Content-Encoding", "gzip")], gzip.compress(b"plain"))
    if path == "/large":
        return Answer(200, [], LARGE)
    if path == "/fails":
        raise ConnectError("planted")
    return Answer(200, [("X-Method", method)], body)


def handler(request: Request) -> Response:
    status, headers, body = answer(request.method, request.url.path, request.content)
    return Response(status, headers=headers, content=body)


# The transports

Factory = Callable[["Path", bool], "AbstractContextManager[Any]"]


@contextmanager
def callable_mock(folder: Path, is_blocking: bool) -> Generator[Any]:
    yield MockTransport(handler)


@contextmanager
def callable_mock_that_waits(folder: Path, is_blocking: bool) -> Generator[Any]:
    async def waiting(request: Request) -> Response:
        await anyio.lowlevel.checkpoint()
        return handler(request)

    yield MockTransport(waiting)


@contextmanager
def router(folder: Path, is_blocking: bool) -> Generator[Any]:
    mock = pytest.importorskip("understudy.mock", reason="the router is not there yet")

    api = mock.Router()
    api.route().reply(handler)
    yield api


@contextmanager
def router_on_the_wire(folder: Path, is_blocking: bool) -> Generator[Any]:
    mock = pytest.importorskip("understudy.mock", reason="the router is not there yet")

    api = mock.Router(mode="wire")
    api.route().reply(handler)
    yield api


@contextmanager
def router_in_front(folder: Path, is_blocking: bool) -> Generator[Any]:
    mock = pytest.importorskip("understudy.mock", reason="the router is not there yet")

    api = mock.Router(fallback=MockTransport(handler))
    api.get("http://elsewhere.test/").respond(500)
    yield api


@contextmanager
def cassette_that_records(folder: Path, is_blocking: bool) -> Generator[Any]:
    cassettes = pytest.importorskip("understudy.cassettes", reason="cassettes are not there yet")

    yield cassettes.CassetteTransport(folder / "contract.yaml", "once", inner=MockTransport(handler))


@contextmanager
def cassette_that_passes_on(folder: Path, is_blocking: bool) -> Generator[Any]:
    from understudy import cassettes

    yield cassettes.CassetteTransport(folder / "contract.yaml", "once", inner=MockTransport(handler), live="api.test")


@contextmanager
def file_of_transports(folder: Path, is_blocking: bool) -> Generator[Any]:
    from understudy import cassettes

    module: Any = types.ModuleType("application_of_the_contract")
    module.app = wsgi_app if is_blocking else asgi_app
    sys.modules[module.__name__] = module
    path = folder / "understudy.yaml"
    path.write_text('transports: {"*": block, api.test: {app: "application_of_the_contract:app"}}\n', "utf-8")
    try:
        yield cassettes.open(path)
    finally:
        del sys.modules[module.__name__]


@contextmanager
def application(folder: Path, is_blocking: bool) -> Generator[Any]:
    import understudy

    name = "WSGITransport" if is_blocking else "ASGITransport"
    if name not in understudy.__all__:
        pytest.skip(f"{name} is not there yet")
    yield getattr(understudy, name)(wsgi_app if is_blocking else asgi_app)


@contextmanager
def network(folder: Path, is_blocking: bool) -> Generator[Any]:
    backends = pytest.importorskip("understudy.client.network.backends.memory", reason="no network in memory yet")
    from understudy import AsyncHTTPTransport, HTTPTransport

    if is_blocking:
        yield HTTPTransport(network=backends.MemoryNetwork(Peer))
    else:
        yield AsyncHTTPTransport(network=backends.AsyncMemoryNetwork(Peer))


def there_and_back(library: str) -> Factory:
    """The network through the bridge to another client, and through the bridge from it."""

    @contextmanager
    def make(folder: Path, is_blocking: bool) -> Generator[Any]:
        pytest.importorskip(library)
        from understudy import bridges

        with network(folder, is_blocking) as transport:
            outward = getattr(bridges, f"to_{library}")(transport)
            yield getattr(bridges, f"from_{library}")(outward)

    return make


FACTORIES: dict[str, Factory] = {
    "callable mock": callable_mock,
    "callable mock that waits": callable_mock_that_waits,
    "router": router,
    "router on the wire": router_on_the_wire,
    "router with a fallback": router_in_front,
    "cassette that records": cassette_that_records,
    "cassette that passes on": cassette_that_passes_on,
    "file of transports": file_of_transports,
    "application": application,
    "network": network,
    "httpx and back": there_and_back("httpx"),
    "httpx2 and back": there_and_back("httpx2"),
    "requests and back": there_and_back("requests"),
}
ONLY_BLOCKING = ("requests and back",)
ONLY_ASYNCHRONOUS = ("callable mock that waits",)
# Those that copy a response made by hand, whose body is decoded already, and with it lose the word of its coding.
GIVE_DECODED_COPIES: tuple[str, ...] = ()
# Those that themselves say which request failed, without a client above them.
NAME_THE_REQUEST = ("network", "httpx and back", "httpx2 and back", "requests and back")


def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
    length = environ.get("CONTENT_LENGTH")
    body = environ["wsgi.input"].read(*([int(length)] if length else []))
    status, headers, content = answer(environ["REQUEST_METHOD"], environ["PATH_INFO"], body)
    start_response(f"{status} Whatever", [*headers, ("Content-Length", str(len(content)))])
    return [content]


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    status, headers, content = answer(scope["method"], scope["path"], body)
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": content[:1], "more_body": True})
    await send({"type": "http.response.body", "body": content[1:]})


class Peer:
    """A server at the other end of a connection in memory."""

    def __init__(self, end: Any) -> None:
        import h11

        self.h11: Any = h11
        self.end = end
        self.state: Any = h11.Connection(h11.SERVER)
        self.request: Any = None
        self.body = b""

    def received(self, data: bytes) -> None:
        self.state.receive_data(data)
        while True:
            event = self.state.next_event()
            if event in (self.h11.NEED_DATA, self.h11.PAUSED) or isinstance(event, self.h11.ConnectionClosed):
                return
            if isinstance(event, self.h11.Request):
                self.request, self.body = event, b""
            elif isinstance(event, self.h11.Data):
                self.body += bytes(event.data)
            elif isinstance(event, self.h11.EndOfMessage):
                self.respond()

    def respond(self) -> None:
        path = self.request.target.decode().partition("?")[0]
        if path == "/fails":
            self.end.reset()
            return
        status, headers, content = answer(self.request.method.decode(), path, self.body)
        if status not in (204, 304):
            headers = [*headers, ("Content-Length", str(len(content)))]
        events = [self.h11.Response(status_code=status, headers=headers)]
        events += [self.h11.Data(data=content)] if content else []
        for event in [*events, self.h11.EndOfMessage()]:
            data = self.state.send(event)
            if data:
                self.end.send(data)
        self.state.start_next_cycle()


# What a check needs


class Subject:
    """A transport under test, and how it is called."""

    def __init__(self, name: str, transport: Any, is_blocking: bool) -> None:
        self.name = name
        self.transport = transport
        self.is_blocking = is_blocking

    @property
    def stream_kind(self) -> type[Any]:
        return SyncByteStream if self.is_blocking else AsyncByteStream

    def request(self, path: str, method: str = "GET", **options: Any) -> Request:
        return Request(method, f"{BASE}{path}", **options)

    async def send(self, request: Request) -> Response:
        transport = self.transport
        response: Response = (
            transport.handle_request(request) if self.is_blocking else await transport.handle_async_request(request)
        )
        return response

    async def read(self, response: Response) -> bytes:
        return response.read() if self.is_blocking else await response.aread()

    async def fetch(self, request: Request) -> bytes:
        return await self.read(await self.send(request))

    async def close_response(self, response: Response) -> None:
        if self.is_blocking:
            response.close()
        else:
            await response.aclose()

    async def close(self) -> None:
        if self.is_blocking:
            self.transport.close()
        else:
            await self.transport.aclose()

    def body(self, *pieces: bytes) -> Any:
        return BlockingBody(pieces) if self.is_blocking else AsynchronousBody(pieces)


class BlockingBody(SyncByteStream):
    """A body that counts its readers."""

    def __init__(self, pieces: tuple[bytes, ...]) -> None:
        self.pieces = pieces
        self.reads = 0

    def __iter__(self) -> Iterator[bytes]:
        self.reads += 1
        yield from self.pieces


class AsynchronousBody(AsyncByteStream):
    """The same for asynchronous transports."""

    def __init__(self, pieces: tuple[bytes, ...]) -> None:
        self.pieces = pieces
        self.reads = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.reads += 1
        for piece in self.pieces:
            yield piece


class Case(NamedTuple):
    """A transport, and the kind of caller that it is given."""

    name: str
    world: str


CASES = [
    Case(name, world)
    for name in FACTORIES
    for world in WORLDS
    if not (name in ONLY_ASYNCHRONOUS and world == "blocking")
    if not (name in ONLY_BLOCKING and world != "blocking")
]


@pytest.fixture(params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest) -> Any:
    """One transport after the other, for one kind of caller after the other."""
    return request.param


@pytest.fixture
def anyio_backend(case: Case) -> str:
    """The event loop that belongs to the caller."""
    return WORLDS[case.world]


@pytest.fixture
async def subject(case: Case, tmp_path: Path) -> AsyncIterator[Subject]:
    """The transport, made and in the end closed."""
    is_blocking = case.world == "blocking"
    with FACTORIES[case.name](tmp_path, is_blocking) as transport:
        made = Subject(case.name, transport, is_blocking)
        yield made
        await made.close()


# The checks

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("status", [200, 201, 204, 301, 304, 400, 404, 418, 500, 503, 599])
async def test_every_status_is_a_response(subject: Subject, status: int) -> None:
    response = await subject.send(subject.request(f"/status/{status}"))

    assert response.status_code == status
    assert response.headers["X-Status"] == str(status)
    assert await subject.read(response) == (b"" if status in (204, 304) else b"body")


async def test_nothing_is_interpreted(subject: Subject) -> None:
    response = await subject.send(subject.request("/redirect"))

    assert response.status_code == 302
    assert (response.headers["Location"], response.headers["Set-Cookie"]) == ("/echo", "a=1")
    assert response.history == []
    await subject.read(response)


async def test_a_content_coding_stays_where_it_is(subject: Subject) -> None:
    response = await subject.send(subject.request("/gzip"))

    if subject.name not in GIVE_DECODED_COPIES:
        assert response.headers["Content-Encoding"] == "gzip"
    assert await subject.read(response) == b"plain"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])
async def test_every_method_and_its_body_arrive(subject: Subject, method: str) -> None:
    response = await subject.send(subject.request("/echo", method, content=b"body"))

    assert response.headers["X-Method"] == method
    assert await subject.read(response) == b"body"


async def test_the_request_is_not_changed(subject: Subject) -> None:
    request = subject.request(
        "/echo?a=1", "POST", json={"a": 1}, headers={"X-Field": "1"}, extensions={"timeout": {"read": 5.0}, "mine": 1}
    )
    before = (request.method, str(request.url), request.headers.raw, dict(request.extensions), request.content)

    await subject.fetch(request)

    after = (request.method, str(request.url), request.headers.raw, dict(request.extensions), request.content)
    assert after == before


async def test_the_same_request_can_be_sent_again(subject: Subject) -> None:
    request = subject.request("/echo", "POST", content=b"body")

    assert [await subject.fetch(request) for _ in range(2)] == [b"body", b"body"]


async def test_the_requests_stream_is_read_once(subject: Subject) -> None:
    body = subject.body(b"one ", b"", b"two")

    assert await subject.fetch(subject.request("/echo", "POST", content=body)) == b"one two"
    assert body.reads == 1


async def test_the_stream_is_of_the_callers_kind(subject: Subject) -> None:
    response = await subject.send(subject.request("/large"))

    assert isinstance(response.stream, subject.stream_kind)
    assert await subject.read(response) == LARGE


async def test_a_response_may_be_closed_unread(subject: Subject) -> None:
    response = await subject.send(subject.request("/large"))

    await subject.close_response(response)
    await subject.close_response(response)

    assert await subject.fetch(subject.request("/echo", "POST", content=b"next")) == b"next"


async def test_calls_may_be_made_while_earlier_responses_are_still_being_read(subject: Subject) -> None:
    responses = [await subject.send(subject.request("/echo", "POST", content=b"%d" % number)) for number in range(5)]

    assert [await subject.read(response) for response in reversed(responses)] == [b"4", b"3", b"2", b"1", b"0"]


async def test_many_callers_at_once_get_each_their_own_answer(subject: Subject) -> None:
    answers: dict[int, list[bytes]] = {number: [] for number in range(4)}

    def thread(number: int) -> None:
        for _ in range(5):
            request = subject.request("/echo", "POST", content=b"%d" % number)
            answers[number].append(subject.transport.handle_request(request).read())

    async def task(number: int) -> None:
        for _ in range(5):
            answers[number].append(await subject.fetch(subject.request("/echo", "POST", content=b"%d" % number)))

    if subject.is_blocking:
        threads = [threading.Thread(target=thread, args=(number,)) for number in answers]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    else:
        async with anyio.create_task_group() as tasks:
            for number in answers:
                tasks.start_soon(task, number)

    assert answers == {number: [b"%d" % number] * 5 for number in range(4)}


async def test_closing_twice_is_fine(subject: Subject) -> None:
    await subject.fetch(subject.request("/echo"))

    await subject.close()
    await subject.close()


async def test_after_closing_a_call_raises_or_works_anew(subject: Subject) -> None:
    await subject.close()

    try:
        content = await subject.fetch(subject.request("/echo", "POST", content=b"body"))
    except RuntimeError:
        return

    assert content == b"body"


async def test_an_error_of_the_transport_names_its_request(subject: Subject) -> None:
    request = subject.request("/fails")

    if subject.name in NAME_THE_REQUEST:
        with pytest.raises(TransportError) as caught:
            await subject.fetch(request)
        assert caught.value.request is request


async def test_under_a_client_every_error_names_its_request(subject: Subject) -> None:
    client: Any = (Client if subject.is_blocking else AsyncClient)(transport=subject.transport)
    request = subject.request("/fails")

    with pytest.raises(TransportError) as caught:
        _ = client.send(request) if subject.is_blocking else await client.send(request)

    assert caught.value.request is request
