from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import understudy
from understudy import (
    AsyncBaseTransport,
    AsyncClient,
    AsyncHTTPTransport,
    BaseTransport,
    ByteStream,
    Client,
    ConnectError,
    HTTPTransport,
    InvalidURL,
    LocalProtocolError,
    MockTransport,
    ReadError,
    Request,
    Response,
    StreamClosed,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .conftest import Side

URL = "https://api.test/"
VERBS = ["get", "head", "options", "post", "put", "patch", "delete", "query"]


def echo(request: Request) -> Response:
    return Response(
        200,
        json={
            "method": request.method,
            "url": str(request.url),
            "type": request.headers.get("Content-Type", "").split(";")[0],
            "body": request.content.decode("latin-1"),
        },
    )


class Tracked(MockTransport):
    """A transport that counts how often it is entered and closed."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__(echo)
        self.entered = self.closed = 0
        self.error = error

    def __enter__(self) -> Any:
        self.entered += 1
        return self

    def close(self) -> None:
        self.closed += 1
        if self.error is not None:
            raise self.error

    async def __aenter__(self) -> Any:
        self.entered += 1
        return self

    async def aclose(self) -> None:
        self.close()


# Verbs


@pytest.mark.anyio
@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_sends_its_method(side: Side, verb: str) -> None:
    client = side.client(echo)

    response = await side.call(getattr(client, verb), URL)

    assert response.json()["method"] == verb.upper()
    assert response.is_closed


@pytest.mark.anyio
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("options", "kind", "body"),
    [
        ({"content": b"body"}, "", "body"),
        ({"json": {"a": 1}}, "application/json", '{"a":1}'),
        ({"data": {"a": "1"}}, "application/x-www-form-urlencoded", "a=1"),
        ({"files": {"a": ("a.txt", b"one")}}, "multipart/form-data", "one"),
    ],
)
async def test_every_verb_takes_a_body(side: Side, verb: str, options: Any, kind: str, body: str) -> None:
    client = side.client(echo)

    said = (await side.call(getattr(client, verb), URL, **options)).json()

    assert said["type"] == kind
    assert body in said["body"]


@pytest.mark.anyio
@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_takes_every_option(side: Side, verb: str) -> None:
    client = side.client(echo)

    response = await side.call(
        getattr(client, verb),
        URL,
        params={"a": "1"},
        headers={"X-Field": "1"},
        cookies={"b": "2"},
        auth=("me", "secret"),
        follow_redirects=True,
        timeout=3,
        extensions={"mine": 1},
    )

    request = response.request
    assert (request.url.query, request.headers["X-Field"], request.headers["Cookie"]) == (b"a=1", "1", "b=2")
    assert request.headers["Authorization"].startswith("Basic ")
    assert (request.extensions["timeout"]["read"], request.extensions["mine"]) == (3, 1)


@pytest.mark.anyio
@pytest.mark.parametrize("verb", [*VERBS, "request", "build_request"])
async def test_a_misspelt_option_is_an_error(side: Side, verb: str) -> None:
    client = side.client(echo)
    arguments = (URL,) if verb in VERBS else ("GET", URL)

    with pytest.raises(TypeError, match="heders"):
        await side.call(getattr(client, verb), *arguments, heders={})


@pytest.mark.anyio
async def test_any_method_can_be_sent(side: Side) -> None:
    client = side.client(echo)

    assert (await side.call(client.request, "purge", URL)).json()["method"] == "PURGE"


@pytest.mark.anyio
async def test_what_cannot_be_sent_is_an_error_before_the_transport(side: Side) -> None:
    def never(request: Request) -> Response:
        raise AssertionError("sent")

    client = side.client(never)

    with pytest.raises(InvalidURL):
        await side.call(client.get, "https://[oops")
    with pytest.raises(LocalProtocolError):
        await side.call(client.request, "GET /", URL)
    with pytest.raises(LocalProtocolError):
        await side.call(client.get, URL, headers={"X-Field": "a\nb"})
    with pytest.raises(TypeError):
        await side.call(client.get, None)


@pytest.mark.anyio
async def test_a_request_that_was_built_is_sent_as_it_is(side: Side) -> None:
    client = side.client(echo)
    request = client.build_request("POST", URL, json=1)
    request.headers["X-Late"] = "1"

    response = await side.send(client, request)

    assert response.request is request
    assert response.request.headers["X-Late"] == "1"


# Streaming


@pytest.mark.anyio
async def test_a_stream_is_read_by_the_caller_and_closed_at_the_end(side: Side) -> None:
    body = side.body(b"one ", b"two")
    client = side.client(lambda _: Response(200, stream=body))

    async with side.stream(client, "GET", URL) as response:
        assert body.reads == 0
        assert await side.items(response, "iter_bytes") == [b"one ", b"two"]

    assert body.closes == 1


@pytest.mark.anyio
async def test_a_stream_that_nobody_reads_is_closed(side: Side) -> None:
    body = side.body(b"body")
    client = side.client(lambda _: Response(200, stream=body))

    async with side.stream(client, "GET", URL) as response:
        pass

    assert (body.reads, body.closes) == (0, 1)
    with pytest.raises(StreamClosed):
        await side.read(response)


@pytest.mark.anyio
async def test_a_stream_is_closed_when_an_error_passes(side: Side) -> None:
    body = side.body(b"body")
    client = side.client(lambda _: Response(200, stream=body))

    with pytest.raises(ZeroDivisionError):
        async with side.stream(client, "GET", URL):
            raise ZeroDivisionError

    assert body.closes == 1


@pytest.mark.anyio
async def test_a_stream_takes_every_option(side: Side) -> None:
    client = side.client(echo)

    async with side.stream(
        client, "POST", URL, json={"a": 1}, params={"b": 2}, auth=("me", "secret"), follow_redirects=True, timeout=1
    ) as response:
        await side.read(response)

    assert response.json()["body"] == '{"a":1}'
    assert response.request.headers["Authorization"].startswith("Basic ")


@pytest.mark.anyio
async def test_an_asynchronous_stream_is_read_asynchronously_though_its_body_is_here(anyio_backend: str) -> None:
    transport = MockTransport(lambda request: Response(200, stream=ByteStream(b"body")))
    async with AsyncClient(transport=transport) as client, client.stream("GET", URL) as response:
        with pytest.raises(RuntimeError, match="aread"):
            response.read()
        with pytest.raises(RuntimeError, match="aiter"):
            list(response.iter_bytes())
        with pytest.raises(RuntimeError, match="aclose"):
            response.close()

        assert await response.aread() == response.read() == b"body"
        response.close()


@pytest.mark.anyio
async def test_a_stream_that_was_sent_by_hand_is_closed_by_the_caller(side: Side) -> None:
    body = side.body(b"body")
    client = side.client(lambda _: Response(200, stream=body))

    response = await side.send(client, client.build_request("GET", URL), stream=True)
    assert not response.is_closed

    await side.close(response)
    assert body.closes == 1


@pytest.mark.anyio
async def test_a_body_that_breaks_off_is_an_error_that_closes(side: Side) -> None:
    body = side.body(b"bo", error=ReadError("reset"))
    client = side.client(lambda _: Response(200, stream=body))

    with pytest.raises(ReadError) as caught:
        await side.call(client.get, URL)

    assert caught.value.request.url == URL
    assert body.closes == 1


# Life


@pytest.mark.anyio
async def test_a_client_may_be_used_without_being_entered(side: Side) -> None:
    transport = Tracked()
    client = side.client(transport=transport)
    assert not client.is_closed

    await side.call(client.get, URL)
    await side.close(client)

    assert client.is_closed
    assert (transport.entered, transport.closed) == (0, 1)


@pytest.mark.anyio
async def test_entering_and_leaving_enters_and_closes_transports(side: Side) -> None:
    transports = [Tracked(), Tracked()]
    client = side.client(transport=transports[0], mounts={"http://": transports[1], "all://direct.test": None})

    async with side.entered(client) as entered:
        assert entered is client
        assert not client.is_closed

    assert client.is_closed
    assert [(transport.entered, transport.closed) for transport in transports] == [(1, 1), (1, 1)]


@pytest.mark.anyio
async def test_closing_twice_is_fine(side: Side) -> None:
    transports = [Tracked(), Tracked()]
    client = side.client(transport=transports[0], mounts={"http://": transports[1], "all://direct.test": None})

    await side.close(client)
    await side.close(client)

    assert [transport.closed for transport in transports] == [1, 1]


@pytest.mark.anyio
async def test_closing_inside_the_block_is_fine(side: Side) -> None:
    async with side.entered(side.client(echo)) as client:
        await side.close(client)

    assert client.is_closed


@pytest.mark.anyio
async def test_a_closed_client_sends_nothing(side: Side) -> None:
    client = side.client(echo)
    request = client.build_request("GET", "https://me:hunter2@api.test/")
    await side.close(client)

    with pytest.raises(RuntimeError, match=r"cannot send GET https://me:\[secure\]@api\.test/: .* closed"):
        await side.call(client.get, request.url)
    with pytest.raises(RuntimeError, match="closed"):
        await side.send(client, request)
    with pytest.raises(RuntimeError, match="closed"):
        await side.send(client, request, stream=True)


@pytest.mark.anyio
async def test_a_client_is_entered_once(side: Side) -> None:
    async with side.entered(side.client(echo)) as client:
        with pytest.raises(RuntimeError, match="open already"):
            async with side.entered(client):
                pass


@pytest.mark.anyio
async def test_a_client_that_was_used_cannot_be_entered(side: Side) -> None:
    client = side.client(echo)
    await side.call(client.get, URL)

    with pytest.raises(RuntimeError, match="open already"):
        async with side.entered(client):
            pass


@pytest.mark.anyio
async def test_a_closed_client_cannot_be_entered(side: Side) -> None:
    client = side.client(echo)
    await side.close(client)

    with pytest.raises(RuntimeError, match="cannot be opened again"):
        async with side.entered(client):
            pass


@pytest.mark.anyio
async def test_an_error_does_not_spoil_the_client(side: Side) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/fails":
            raise ConnectError("planted")
        return Response(200)

    client = side.client(handler)
    with pytest.raises(ConnectError):
        await side.call(client.get, "https://api.test/fails")

    assert (await side.call(client.get, URL)).status_code == 200


def test_threads_may_share_a_client() -> None:
    client = understudy.Client(transport=MockTransport(echo))
    answers: list[str] = []

    def work(number: int) -> None:
        answers.extend(client.get(f"https://api.test/{number}").json()["url"] for _ in range(20))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(set(answers)) == [f"https://api.test/{number}" for number in range(4)]
    assert len(answers) == 80


@pytest.mark.anyio
async def test_tasks_may_share_a_client(anyio_backend: str) -> None:
    async def handler(request: Request) -> Response:
        await anyio.lowlevel.checkpoint()
        return echo(request)

    client = understudy.AsyncClient(transport=MockTransport(handler))
    answers: list[str] = []

    async def work(number: int) -> None:
        answers.append((await client.get(f"https://api.test/{number}")).json()["url"])

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(work, number)

    assert sorted(answers) == sorted(f"https://api.test/{number}" for number in range(20))


@pytest.mark.anyio
async def test_cancelling_a_stream_closes_it(anyio_backend: str) -> None:
    class Endless(understudy.AsyncByteStream):
        closed = 0

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"first"
            await anyio.sleep_forever()

        async def aclose(self) -> None:
            self.closed += 1

    body = Endless()
    client = understudy.AsyncClient(transport=MockTransport(lambda _: Response(200, stream=body)))

    with anyio.move_on_after(0.01) as scope:
        await client.get(URL)

    assert scope.cancelled_caught
    assert body.closed == 1


# Wrong from the start


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"tranport": None}, TypeError),
        ({"timeout": "5"}, TypeError),
        ({"timeout": -1}, ValueError),
        ({"auth": "Bearer hunter2"}, TypeError),
        ({"base_url": "https://[oops"}, InvalidURL),
        ({"base_url": 1}, TypeError),
        ({"headers": {"X Y": "1"}}, LocalProtocolError),
        ({"headers": "X: 1"}, TypeError),
        ({"params": 1}, TypeError),
        ({"event_hooks": {"requests": []}}, ValueError),
        ({"mounts": {"nonsense": None}}, ValueError),
        ({"proxy": "ftp://proxy.test"}, ValueError),
    ],
)
def test_what_is_wrong_is_said_when_the_client_is_made(side: Side, options: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        side.client(trust_env=False, **options)

    assert "hunter2" not in str(caught.value)


class OnlyBlocking(BaseTransport):
    """Answers blocking clients only."""


class OnlyAsynchronous(AsyncBaseTransport):
    """Answers asynchronous clients only."""


@pytest.mark.parametrize("where", ["transport", "mounts"])
def test_a_transport_of_the_wrong_color_is_an_error_at_once(side: Side, where: str) -> None:
    wrong: Any = OnlyAsynchronous() if side.is_blocking else OnlyBlocking()
    options: Any = {where: wrong if where == "transport" else {"all://": wrong}}

    with pytest.raises(TypeError, match=r"Only\w+ is no transport for (Async)?Client: it has no `handle_"):
        side.client(**options)


@pytest.mark.parametrize("wrong", [OnlyBlocking, MockTransport, print, "https://api.test/"])
def test_so_is_what_is_no_transport_at_all(side: Side, wrong: Any) -> None:
    with pytest.raises(TypeError, match="is no transport for"):
        side.client(transport=wrong)


def test_a_class_is_told_to_be_called() -> None:
    wrong: Any = MockTransport

    with pytest.raises(TypeError, match=r"the class MockTransport is no transport for Client: write MockTransport\("):
        Client(transport=wrong)


# Which network


class Network(MockTransport):
    """What would talk to the network, with the proxy that it would go through."""

    def __init__(self, **options: Any) -> None:
        super().__init__(lambda request: Response(200, text=str(options.get("proxy") and options["proxy"].url)))
        self.options = options


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put `Network` in the place of the network, and no proxy into the environment."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for client in (understudy.Client, understudy.AsyncClient):
        monkeypatch.setattr(client, "_network", Network)


@pytest.mark.anyio
@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("options", "environment", "through"),
    [
        ({}, {}, "None"),
        ({"proxy": "http://proxy.test"}, {}, "http://proxy.test"),
        ({}, {"HTTPS_PROXY": "http://env.test"}, "http://env.test"),
        ({}, {"HTTP_PROXY": "http://env.test"}, "None"),
        ({"trust_env": False}, {"ALL_PROXY": "http://env.test"}, "None"),
        ({"proxy": "http://proxy.test"}, {"ALL_PROXY": "http://env.test"}, "http://proxy.test"),
        ({}, {"ALL_PROXY": "http://env.test", "NO_PROXY": "api.test"}, "None"),
        ({"mounts": {"all://api.test": None}}, {"ALL_PROXY": "http://env.test"}, "None"),
        ({"proxy": "http://proxy.test", "mounts": {"all://api.test": None}}, {}, "None"),
        ({"proxy": "http://proxy.test", "mounts": {"all://other.test": None}}, {}, "http://proxy.test"),
        ({"proxy": "http://proxy.test", "transport": MockTransport(lambda _: Response(500))}, {}, "http://proxy.test"),
        ({"transport": MockTransport(lambda _: Response(200, text="own"))}, {"ALL_PROXY": "http://env.test"}, "own"),
    ],
)
async def test_which_proxy_a_request_goes_through(
    side: Side, monkeypatch: pytest.MonkeyPatch, options: Any, environment: dict[str, str], through: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    client = side.client(**options)

    assert (await side.call(client.get, URL)).text == through


@pytest.mark.usefixtures("no_network")
def test_what_the_network_is_told(side: Side) -> None:
    limits = understudy.Limits(max_connections=3)

    more: dict[str, Any] = {"pins": {}, "resolver": {"a.test": "127.0.0.1"}}
    told: dict[str, Any] = {
        "verify": False,
        "cert": "cert.pem",
        "http1": False,
        "http2": True,
        "limits": limits,
        "trust_env": False,
    }
    client = side.client(**told, **more)

    assert client._transport.options == {**told, **more}


def test_a_client_without_a_transport_of_its_own_talks_to_the_network(side: Side) -> None:
    kind = understudy.HTTPTransport if side.is_blocking else understudy.AsyncHTTPTransport

    assert isinstance(side.client(trust_env=False)._transport, kind)


def test_both_clients_have_the_same_methods_and_options() -> None:
    import inspect

    pairs = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
    for name, function in vars(understudy.Client).items():
        if inspect.isfunction(function):
            twin = vars(understudy.AsyncClient)[pairs.get(name, name)]
            assert list(inspect.signature(function).parameters) == list(inspect.signature(twin).parameters)


@pytest.mark.anyio
@pytest.mark.parametrize("by_block", [False, True])
async def test_a_transport_that_cannot_be_closed_keeps_none_of_the_others_open(side: Side, by_block: bool) -> None:
    closed: list[str] = []

    def transport(name: str, error: Exception) -> Any:
        made = side.transport(lambda _: Response(200))

        def close() -> None:
            closed.append(name)
            raise error

        setattr(made, "close" if side.is_blocking else "aclose", side.function(close))
        return made

    client = side.client(
        transport=transport("first", OSError("stuck")), mounts={"https://": transport("second", OSError("too"))}
    )

    with pytest.raises(OSError, match="stuck"):
        await (_leave(side, client) if by_block else side.close(client))

    assert closed == ["first", "second"]


async def _leave(side: Side, client: Any) -> None:
    async with side.entered(client):
        pass


@pytest.mark.anyio
async def test_a_client_that_cannot_be_entered_closes_what_it_has_entered(side: Side) -> None:
    good, bad = Tracked(), Tracked()

    def fail() -> None:
        raise OSError("no")

    setattr(bad, "__enter__" if side.is_blocking else "__aenter__", side.function(fail))
    client = side.client(transport=good, mounts={"https://": bad})

    with pytest.raises(OSError, match="no"):
        await _leave(side, client)

    assert (client.is_closed, good.entered, good.closed) == (True, 1, 1)


@pytest.mark.anyio
async def test_every_request_goes_through_send_as_httpx_spells_it(side: Side) -> None:
    # Libraries built on httpx override or patch `send`, with its parameters and no others.
    seen: list[dict[str, Any]] = []
    client = side.client(echo)
    original = client.send

    def send(request: Request, *, stream: bool = False, auth: Any = None, follow_redirects: Any = None) -> Any:
        seen.append({"stream": stream, "auth": auth, "follow_redirects": follow_redirects})
        return original(request, stream=stream, auth=auth, follow_redirects=follow_redirects)

    client.send = send
    await side.call(client.get, URL, follow_redirects=True)
    await side.call(client.request, "POST", URL, auth=("user", "password"))
    async with side.stream(client, "GET", URL) as response:
        await side.read(response)

    assert [call["stream"] for call in seen] == [False, False, True]
    assert seen[0]["follow_redirects"] is True
    assert seen[1]["auth"] == ("user", "password")


@pytest.mark.anyio
async def test_send_is_told_of_a_retry_where_the_call_says_one(side: Side) -> None:
    seen: list[Any] = []
    client = side.client(echo)
    original = client.send

    def send(request: Request, **options: Any) -> Any:
        seen.append(options.get("retry"))
        return original(request, **options)

    client.send = send
    await side.call(client.get, URL, retry=None)
    policy = understudy.Retry(attempts=2)
    async with side.stream(client, "GET", URL, retry=policy) as response:
        await side.read(response)

    assert seen == [None, policy]


@pytest.mark.anyio
async def test_what_the_server_said_is_readable_where_a_streamed_status_is_an_error(side: Side) -> None:
    body = side.body(b"no such ", b"user")
    client = side.client(lambda request: Response(404, stream=body))

    with pytest.raises(understudy.HTTPStatusError) as caught:
        async with side.stream(client, "GET", URL) as response:
            response.raise_for_status()

    assert caught.value.response.text == "no such user"
    assert body.closes == 1


@pytest.mark.anyio
async def test_another_response_that_is_an_error_leaves_the_streamed_one_alone(side: Side) -> None:
    body = side.body(b"never read")
    client = side.client(lambda request: Response(200, stream=body))

    with pytest.raises(understudy.HTTPStatusError):
        async with side.stream(client, "GET", URL):
            Response(404, request=Request("GET", URL)).raise_for_status()

    assert (body.given, body.closes) == (0, 1)


def test_a_client_shows_where_it_sends_and_whether_it_is_closed() -> None:
    client = Client(base_url="https://ada:s3cret@api.test/v1")

    assert repr(Client()) == "<Client>"
    assert repr(AsyncClient(base_url="https://api.test")) == "<AsyncClient of https://api.test>"
    assert repr(client) == "<Client of https://ada:[secure]@api.test/v1/>"
    client.close()
    assert repr(client) == "<Client of https://ada:[secure]@api.test/v1/, closed>"


def test_a_transport_that_was_not_used_shows_its_name() -> None:
    assert (repr(HTTPTransport()), repr(AsyncHTTPTransport())) == ("<HTTPTransport>", "<AsyncHTTPTransport>")
