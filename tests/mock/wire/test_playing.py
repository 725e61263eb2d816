"""Wire mode: what the client's real stack makes of replies that come as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest

import understudy
from understudy import AsyncClient, Client, Response, Timeout, mock
from understudy.mock import RouteError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

URL = "https://api.test/"
VERSIONS = ["HTTP/1.1", "HTTP/2"]


class World:
    """A client of one color, behind methods of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def ask(self, router: mock.Router, method: str = "GET", url: str = URL, **options: Any) -> Response:
        pieces = options.pop("pieces", None)
        settings = {"timeout": options.pop("timeout", 5.0)}
        if self.kind == "blocking":
            with Client(transport=router, **settings) as client:
                content = options.pop("content", None) if pieces is None else iter(pieces)
                return client.request(method, url, content=content, **options)

        async def main() -> Response:
            async with AsyncClient(transport=router, **settings) as client:
                content = options.pop("content", None) if pieces is None else generated(pieces)
                return await client.request(method, url, content=content, **options)

        return anyio.run(main, backend=self.kind)


async def generated(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def router() -> mock.Router:
    return mock.Router(mode="wire")


def test_a_reply_arrives_as_the_stack_parses_it(world: World, router: mock.Router, version: str) -> None:
    router.get(URL).respond(
        418, json={"a": 1}, headers=[("X-A", "1"), ("X-A", "2")], cookies={"sid": "7"}, http_version=version
    )

    response = world.ask(router)

    assert (response.status_code, response.json(), response.http_version) == (418, {"a": 1}, version)
    assert response.headers.get_list("x-a") == ["1", "2"]
    assert response.cookies["sid"] == "7"
    assert response.extensions["network_stream"] is not None
    assert response.request.url == URL
    assert router.calls.one().response is not None


@pytest.mark.parametrize("url", ["http://api.test/", "https://api.test:8443/"])
def test_every_scheme_and_port_is_served(world: World, router: mock.Router, version: str, url: str) -> None:
    router.get(url).respond(text="here", http_version=version)

    assert world.ask(router, url=url).text == "here"


@pytest.mark.parametrize(
    ("words", "method", "status", "content"),
    [
        ({"text": "body"}, "HEAD", 200, b""),
        ({"status": 204}, "GET", 204, b""),
        ({"status": 304}, "GET", 304, b""),
        ({"stream": [b"a", b"", b"bc"]}, "GET", 200, b"abc"),
        ({"content": b"x" * 300_000}, "GET", 200, b"x" * 300_000),
        ({"stream": [b"y" * 200_000] * 3}, "GET", 200, b"y" * 600_000),
        ({"text": "small", "encoding": "gzip"}, "GET", 200, b"small"),
        ({"json": [], "encoding": "br"}, "GET", 200, b"[]"),
        ({"content": b""}, "GET", 200, b""),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_bodies_of_every_kind_come_through(
    world: World, router: mock.Router, version: str, words: dict[str, Any], method: str, status: int, content: bytes
) -> None:
    router.route(URL).respond(**words, http_version=version)

    response = world.ask(router, method)

    assert (response.status_code, response.content) == (status, content)


def test_a_body_of_unknown_length_ends_with_the_connection_in_http_1_0(world: World, router: mock.Router) -> None:
    router.get(URL).stream([b"a", b"b"], http_version="HTTP/1.0")

    response = world.ask(router)

    assert (response.content, response.http_version) == (b"ab", "HTTP/1.0")


def test_trailers_follow_the_body(world: World, router: mock.Router, version: str) -> None:
    router.get(URL).respond(text="body", trailers={"X-Sum": "9"}, http_version=version)

    response = world.ask(router)

    assert response.text == "body"
    assert response.trailers["x-sum"] == "9"


def test_a_reason_is_told_in_http_1_1(world: World, router: mock.Router) -> None:
    router.get(URL).respond(299, reason="Short and Stout")

    assert world.ask(router).reason_phrase == "Short and Stout"


@pytest.mark.parametrize("size", [0, 5, 200_000])
def test_uploads_arrive_and_are_logged(world: World, router: mock.Router, version: str, size: int) -> None:
    router.post(URL).respond(201, http_version=version)
    body = bytes(size)

    assert world.ask(router, "POST", content=body).status_code == 201
    assert router.calls.last.request.content == body


def test_a_streamed_upload_goes_out_piece_by_piece_and_is_logged(
    world: World, router: mock.Router, version: str
) -> None:
    router.post(URL).respond(201, http_version=version)

    assert world.ask(router, "POST", pieces=[b"a" * 70_000, b"b", b"c" * 3]).status_code == 201
    assert router.calls.one().request.content == b"a" * 70_000 + b"bccc"


def test_a_matcher_that_wants_the_body_gets_it(world: World, router: mock.Router) -> None:
    router.post(URL, json={"a": 1}).respond(201)
    router.post(URL, json={"a": 2}).respond(202)

    assert world.ask(router, "POST", pieces=[b'{"a"', b": 2}"]).status_code == 202
    assert router.calls.last.request.content == b'{"a": 2}'


def test_a_handler_that_wants_the_body_gets_it(world: World, router: mock.Router) -> None:
    @router.handler("POST https://api.test/")
    def echo(request: understudy.Request) -> bytes:  # pyright: ignore[reportUnusedFunction]
        return request.content[::-1]

    assert world.ask(router, "POST", pieces=[b"ab", b"cd"]).content == b"dcba"


def test_expect_continue_is_answered(world: World, router: mock.Router) -> None:
    router.post(URL).respond(201)
    response = world.ask(router, "POST", content=b"x" * 10, headers={"Expect": "100-continue"})

    assert response.status_code == 201
    assert router.clock.slept == []


def test_an_early_answer_ends_the_upload(world: World, router: mock.Router) -> None:
    router.post(URL).respond(413, text="too large", early=True)
    taken: list[int] = []

    def endless() -> Iterator[bytes]:
        for number in range(10_000):
            taken.append(number)
            yield b"x" * 70_000

    async def endless_async() -> AsyncIterator[bytes]:
        for piece in endless():
            yield piece

    if world.kind == "blocking":
        with Client(transport=router) as client:
            response = client.post(URL, content=endless())
    else:

        async def main() -> Response:
            async with AsyncClient(transport=router) as client:
                return await client.post(URL, content=endless_async())

        response = anyio.run(main, backend=world.kind)

    assert (response.status_code, response.text) == (413, "too large")
    assert len(taken) < 10


def test_one_route_may_be_on_the_wire_and_others_not(world: World) -> None:
    router = mock.Router()
    router.get(URL + "wire", mode="wire").respond(text="bytes")
    router.get(URL + "mock").respond(text="objects")
    other = mock.Router(mode="wire")
    other.get(URL, mode="mock").respond()

    assert "network_stream" in world.ask(router, url=URL + "wire").extensions
    assert "network_stream" not in world.ask(router, url=URL + "mock").extensions
    assert "network_stream" not in world.ask(other).extensions


def test_handlers_sequences_and_exceptions_go_as_always(world: World, router: mock.Router) -> None:
    router.get(URL).respond(404)
    router.get(URL, priority=1, times=1, reply=lambda: mock.NEXT)
    router.post(URL, reply=[503, ValueError("own"), Response(202, text="copy")])

    assert world.ask(router).status_code == 404
    assert world.ask(router, "POST").status_code == 503
    with pytest.raises(ValueError, match="own"):
        world.ask(router, "POST")
    assert world.ask(router, "POST").text == "copy"


def test_a_handler_may_answer_with_a_fault_and_with_a_delay(world: World, router: mock.Router) -> None:
    router.get(URL, reply=lambda: mock.reply(200, delay=2, text="slow"))
    router.post(URL, reply=lambda: mock.reply(fault="reset", at=3, content=b"abcdef"))

    assert world.ask(router).text == "slow"
    assert router.clock.slept == [2]
    with pytest.raises(understudy.ReadError):
        world.ask(router, "POST")


@pytest.mark.parametrize("mode", ["mock", "wire"])
def test_delays_and_drips_take_virtual_time_and_run_into_timeouts(world: World, mode: str) -> None:
    router = mock.Router(mode=mode)
    router.get(URL + "slow").respond(delay=30)
    router.get(URL + "drip").stream([b"a", b"b", b"c"], every=3)

    with pytest.raises(understudy.ReadTimeout):
        world.ask(router, url=URL + "slow", timeout=5)
    with pytest.raises(understudy.ReadTimeout, match="a piece every 3 s"):
        world.ask(router, url=URL + "drip", timeout=2)
    assert world.ask(router, url=URL + "drip", timeout=4).text == "abc"
    assert router.clock.slept == [5, 2, 3, 3]


@pytest.mark.parametrize("mode", ["mock", "wire"])
def test_the_time_for_the_whole_call_ends_a_drip(world: World, mode: str) -> None:
    router = mock.Router(mode=mode)
    router.get(URL).stream([b"a"] * 100, every=3)

    with pytest.raises(understudy.DeadlineExceeded):
        world.ask(router, timeout=Timeout(5, total=10))
    assert router.clock.slept[:3] == [3, 3, 3]
    assert sum(router.clock.slept) == pytest.approx(10, abs=0.9)


def test_a_silent_server_takes_the_clients_read_timeout(world: World, router: mock.Router, version: str) -> None:
    router.get(URL).fault("read-timeout", http_version=version)

    with pytest.raises(understudy.ReadTimeout):
        world.ask(router, timeout=7)
    assert router.clock.slept == [7]


def test_connecting_takes_the_clients_connect_timeout(world: World, router: mock.Router) -> None:
    router.get(URL).fault("connect-timeout")

    with pytest.raises(understudy.ConnectTimeout):
        world.ask(router, timeout=Timeout(9, connect=4))
    assert router.clock.slept == [4]


@pytest.mark.parametrize("name", ["read-timeout", "write-timeout"])
def test_what_would_wait_for_ever_is_told(world: World, router: mock.Router, name: str) -> None:
    router.get(URL).fault(name)

    with pytest.raises(RuntimeError, match=r"this would wait for ever: .* give it one, such as timeout=5"):
        world.ask(router, timeout=None)


@pytest.mark.parametrize("name", ["goaway", "refused-stream"])
def test_what_the_stack_sends_again_by_itself_is_another_call(world: World, router: mock.Router, name: str) -> None:
    route = router.get(URL).fault(name).then(text="again", http_version="HTTP/2")

    assert world.ask(router).text == "again"
    assert route.call_count == 2
    assert isinstance(route.calls[0].error, understudy.RemoteProtocolError)


def test_it_sends_again_only_once(world: World, router: mock.Router) -> None:
    route = router.get(URL).fault("goaway")

    with pytest.raises(understudy.RemoteProtocolError, match="took its leave") as caught:
        world.ask(router)
    assert route.call_count == 2
    assert caught.value.request.url == URL


def test_it_never_sends_again_what_it_cannot(world: World, router: mock.Router) -> None:
    route = router.post(URL).fault("goaway")

    with pytest.raises(understudy.RemoteProtocolError):
        world.ask(router, "POST", pieces=[b"once"])
    assert route.call_count == 1


def test_the_client_retries_a_fault_as_it_does_in_production(world: World, router: mock.Router) -> None:
    route = router.get(URL).fault("reset", at=2, content=b"abc").then(fault="disconnect").then(text="done")

    def attempts(count: int) -> list[str]:
        found: list[str] = []
        for _ in range(count):
            try:
                found.append(world.ask(router).text)
            except understudy.HTTPError as error:
                found.append(type(error).__name__)
        return found

    assert attempts(3) == ["ReadError", "RemoteProtocolError", "done"]
    assert route.call_count == 3


def test_a_fault_spoils_the_response_that_was_said_before(world: World, router: mock.Router) -> None:
    router.get(URL).respond(content=b"x" * 1000).fault("truncate", at=400)
    router.post(URL).respond(json={"a": "b" * 100}, encoding="gzip").fault("corrupt-body")
    router.put(URL).stream([b"ab", b"cd", b"ef"]).fault("reset", at=3)
    router.patch(URL).respond(content=b"x" * 100_000).fault("truncate", at=70_000)

    with pytest.raises(understudy.IncompleteBody) as caught:
        world.ask(router)
    assert (caught.value.received, caught.value.expected) == (400, 1000)
    with pytest.raises(understudy.DecodingError):
        world.ask(router, "POST")
    with pytest.raises(understudy.ReadError):
        world.ask(router, "PUT")
    with pytest.raises(understudy.IncompleteBody) as of_several_pieces:
        world.ask(router, "PATCH")
    assert of_several_pieces.value.received == 70_000


@pytest.mark.parametrize("mode", ["mock", "wire"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_every_coding_can_be_damaged(mode: str, encoding: str) -> None:
    router = mock.Router(mode=mode)
    router.get(URL).respond(json={"name": "Ada"}, encoding=encoding).fault("corrupt-body")

    with pytest.raises(understudy.DecodingError):
        World("blocking").ask(router)


@pytest.mark.parametrize("mode", ["mock", "wire"])
def test_what_arrives_before_a_fault_can_be_read(mode: str) -> None:
    router = mock.Router(mode=mode)
    router.get(URL).respond(content=b"abcdef").fault("reset", at=4)

    with Client(transport=router) as client, client.stream("GET", URL) as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"abcd"
        with pytest.raises(understudy.ReadError):
            next(pieces)


@pytest.mark.anyio
async def test_a_body_that_is_left_early_is_let_go(router: mock.Router) -> None:
    closed: list[str] = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            for _ in range(100):
                yield b"x" * 10_000
        finally:
            closed.append("yes")

    router.get(URL).stream(pieces)
    async with (
        AsyncClient(transport=router) as client,
        client.stream("GET", URL) as response,
    ):
        async for _ in response.aiter_raw():
            break

    assert closed == ["yes"]
    router.verify()


def test_a_generator_is_closed_when_the_reader_stops_early(router: mock.Router) -> None:
    closed: list[str] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append("yes")

    router.get(URL).stream(pieces)
    with Client(transport=router) as client, client.stream("GET", URL) as response:
        assert next(response.iter_raw()) == b"a"

    assert closed == ["yes"]
    router.verify()


def test_a_response_that_is_never_closed_is_told(router: mock.Router) -> None:
    router.get(URL).stream([b"a", b"b"])
    client = Client(transport=router)
    response = client.send(client.build_request("GET", URL), stream=True)

    with pytest.raises(AssertionError, match="was never closed"):
        router.verify()
    response.close()


def test_a_generator_that_raises_raises_in_the_reader(world: World, router: mock.Router) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"
        raise LookupError("own")

    router.get(URL).stream(pieces)

    with pytest.raises(LookupError, match="own"):
        world.ask(router)


@pytest.mark.anyio
async def test_many_tasks_at_once(router: mock.Router, version: str) -> None:
    def path(request: understudy.Request) -> Any:
        return {"path": request.url.path}

    router.get(URL + "{n:int}", reply=path)
    found: dict[int, Any] = {}

    async with AsyncClient(transport=router) as client, anyio.create_task_group() as tasks:

        async def one(number: int) -> None:
            found[number] = (await client.get(f"{URL}{number}")).json()["path"]

        for number in range(50):
            tasks.start_soon(one, number)

    assert found == {number: f"/{number}" for number in range(50)}
    assert len(router.calls) == 50


def test_a_router_may_really_take_its_time() -> None:
    router = mock.Router(mode="wire", clock="real")
    router.get(URL).stream([b"a", b"b"], every=0.001)

    assert World("blocking").ask(router).text == "ab"
    assert World("trio").ask(router).text == "ab"
    assert router.clock.slept == [0.001, 0.001]


def test_redirects_retries_and_cookies_are_the_clients_own(router: mock.Router, version: str) -> None:
    router.get(URL + "old").redirect("/new", cookies={"seen": "1"}, http_version=version)
    router.get(URL + "new", cookies={"seen": "1"}).respond(text="here", http_version=version)

    with Client(transport=router, follow_redirects=True) as client:
        assert client.get(URL + "old").text == "here"
    assert [call.response.status_code for call in router.operations[0] if call.response] == [302, 200]


BAD: list[tuple[Any, str]] = [
    (lambda: mock.Router(mode="wired"), "`mode` is 'mock' or 'wire', not 'wired'"),
    (lambda: mock.get(URL, mode=True), "`mode` is 'mock' or 'wire', not True"),
    (lambda: mock.get(URL).fault("bad-chunk", http_version="HTTP/2"), "'bad-chunk' is a fault of HTTP/1.1"),
    (lambda: mock.get(URL).fault("goaway", http_version="HTTP/1.1"), "'goaway' is a fault of HTTP/2"),
    (lambda: mock.get(URL).fault("truncate", content=b""), "strikes in the body, and this response has none"),
    (lambda: mock.get(URL).fault("truncate", at="5"), "`at` takes how many bytes of the body arrive, not '5'"),
    (lambda: mock.get(URL).fault("reset", code=5), "only HTTP/2 has codes"),
    (lambda: mock.get(URL).fault("dns", json={}), "json cannot be said beside the fault 'dns'"),
    (lambda: mock.get(URL).stream([b"a"]).fault("corrupt-body"), "damages a body that is in memory"),
    (lambda: mock.get(URL).stream([b"a"]).fault("slow-drip"), "a stream drips with every="),
]


@pytest.mark.parametrize(("write", "message"), BAD)
def test_what_cannot_go_wrong_so_fails_where_it_is_written(write: Any, message: str) -> None:
    with pytest.raises(RouteError, match=message):
        write()


def test_the_wire_does_not_speak_http_3(router: mock.Router) -> None:
    router.get(URL).respond(http_version="HTTP/3")

    with pytest.raises(RouteError, match="wire mode speaks"):
        World("blocking").ask(router)


def test_a_fault_shows_what_it_is() -> None:
    assert repr(mock.reply(fault="truncate", at=3)) == "<reply fails: truncate after 3 bytes>"


def test_a_head_request_meets_a_spoiled_body_as_one_without_body(world: World, router: mock.Router) -> None:
    router.route(URL).respond(content=b"abc").fault("corrupt-body")

    assert world.ask(router, "HEAD").content == b""


@pytest.mark.parametrize("mode", ["mock", "wire"])
def test_a_slow_drip_ends_where_the_clients_patience_does(mode: str) -> None:
    router = mock.Router(mode=mode)
    router.get(URL).respond(content=b"abcd").fault("slow-drip", every=3)

    assert World("blocking").ask(router, timeout=5).content == b"abcd"
    with pytest.raises(understudy.ReadTimeout):
        World("blocking").ask(router, timeout=2)
    assert router.clock.slept == [3, 3, 3, 2]
