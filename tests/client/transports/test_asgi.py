from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from understudy import AsyncClient, DeadlineExceeded, IncompleteBody, Response
from understudy.client.transports import asgi
from understudy.client.transports.asgi import ASGITransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio

START = {"type": "http.response.start", "status": 200, "headers": [(b"x-one", b"1")]}


def body(part: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": part, "more_body": more}


def client_for(app: Any, **options: Any) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app, **options), base_url="http://app.test", timeout=None)


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send(START)
    await send(body(b"hello"))


async def echo(scope: Any, receive: Any, send: Any) -> None:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message["body"])
        if not message["more_body"]:
            break
    await send(START)
    await send(body(b"|".join(parts)))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "_GRACE", 0.005)


async def test_a_response_is_what_the_application_sends() -> None:
    async with client_for(hello) as client:
        response = await client.get("/")

    assert (response.status_code, response.headers["x-one"], response.text) == (200, "1", "hello")


async def test_the_application_is_told_about_the_request() -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await hello(scope, receive, send)

    async with client_for(app, root_path="/api", client=("10.0.0.1", 99)) as client:
        await client.get("https://app.test/caf%C3%A9%2F?q=1", headers={"X-Two": "2"})

    (scope,) = scopes
    assert (scope["type"], scope["method"], scope["http_version"], scope["scheme"]) == ("http", "GET", "1.1", "https")
    assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/caf\u00e9/", b"/caf%C3%A9%2F", b"q=1")
    assert (scope["server"], scope["client"], scope["root_path"]) == (("app.test", 443), ("10.0.0.1", 99), "/api")
    assert (b"x-two", b"2") in scope["headers"]


async def test_a_body_in_memory_is_one_message() -> None:
    async with client_for(echo) as client:
        assert (await client.post("/", content=b"abc")).content == b"abc"


async def test_a_streamed_body_is_sent_as_it_comes() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"c"

    async with client_for(echo) as client:
        assert (await client.post("/", content=parts())).content == b"ab|c|"


async def test_an_application_need_not_read_the_body() -> None:
    closed: list[bool] = []

    async def parts() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"ab"
        finally:
            closed.append(True)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await hello(scope, receive, send)

    async with client_for(app) as client:
        assert (await client.post("/", content=parts())).content == b"hello"

    assert closed == [True]


async def test_a_body_for_blocking_clients_is_refused() -> None:
    async with client_for(hello) as client:
        with pytest.raises(RuntimeError, match="blocking stream"):
            await client.post("/", content=iter([b"abc"]))


async def test_the_response_streams_while_the_application_runs() -> None:
    said: list[str] = []
    proceed = anyio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send(body(b"one", more=True))
        said.append("sent one")
        await proceed.wait()
        await send(body(b"two"))

    async with client_for(app) as client, client.stream("GET", "/") as response:
        parts = response.aiter_bytes()
        assert await parts.__anext__() == b"one"
        await anyio.wait_all_tasks_blocked()
        assert said == ["sent one"]
        proceed.set()
        assert await parts.__anext__() == b"two"
        with pytest.raises(StopAsyncIteration):
            await parts.__anext__()


async def test_a_reader_that_stops_makes_the_application_wait() -> None:
    sent: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        for number in range(100):
            await send(body(b"x" * 10_000, more=True))
            sent.append(number)
        await send(body(b""))

    async with client_for(app) as client, client.stream("GET", "/") as response:
        await anyio.wait_all_tasks_blocked()
        assert len(sent) < 8
        assert len(await response.aread()) == 1_000_000
        assert len(sent) == 100


async def test_what_the_application_does_after_its_response_is_done_when_the_client_goes_on() -> None:
    done: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await hello(scope, receive, send)
        assert (await receive())["type"] == "http.request"
        assert (await receive())["type"] == "http.disconnect"
        done.append("background")

    async with client_for(app) as client:
        await client.get("/")
        assert done == ["background"]


async def test_closing_a_response_disconnects_the_application() -> None:
    seen: list[str] = []
    ended = anyio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(START)
        await send(body(b"one", more=True))
        seen.append((await receive())["type"])
        try:
            await send(body(b"two", more=True))
        except OSError as error:
            seen.append(str(error))
        ended.set()

    async with client_for(app) as client:
        async with client.stream("GET", "/"):
            pass
        await ended.wait()

    assert seen == ["http.disconnect", "the client has disconnected"]


async def test_an_application_that_only_sends_ends_when_its_client_goes() -> None:
    ended = anyio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        try:
            while True:
                await send(body(b"tick", more=True))
        finally:
            ended.set()

    async with client_for(app) as client:
        async with client.stream("GET", "/") as response:
            assert (await response.aiter_bytes().__anext__()).startswith(b"tick")
        await ended.wait()


async def test_closing_the_client_ends_what_still_runs() -> None:
    ended: list[bool] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    async with client_for(app) as client:
        await client.send(client.build_request("GET", "/"), stream=True)
        assert ended == []

    assert ended == [True]


async def test_an_application_that_never_ran_can_be_ended() -> None:
    transport = ASGITransport(hello)
    client = AsyncClient(transport=transport, base_url="http://app.test")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await client.get("/")

    await client.aclose()
    assert scope.cancelled_caught


async def test_cancelling_a_request_cancels_its_application() -> None:
    running = anyio.Event()
    ended: list[bool] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        running.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    client = client_for(app)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.get, "/")
        await running.wait()
        tasks.cancel_scope.cancel()
    await client.aclose()

    assert ended == [True]


async def fail_at_once(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("at once")


async def fail_in_the_middle(scope: Any, receive: Any, send: Any) -> None:
    await send(START)
    await send(body(b"one", more=True))
    raise ValueError("in the middle")


async def fail_afterwards(scope: Any, receive: Any, send: Any) -> None:
    await hello(scope, receive, send)
    raise ValueError("afterwards")


async def return_at_once(scope: Any, receive: Any, send: Any) -> None:
    return None


@pytest.mark.parametrize("app", [fail_at_once, fail_in_the_middle, fail_afterwards])
async def test_an_exception_of_the_application_is_raised_to_the_client(app: Any) -> None:
    async with client_for(app) as client:
        with pytest.raises(ValueError, match=r"at once|in the middle|afterwards"):
            await client.get("/")


@pytest.mark.parametrize("raises", [True, False])
@pytest.mark.parametrize("before", [[], [START, body(b"one", more=True)]])
async def test_the_verdict_of_a_test_passes_through_the_application(before: list[Any], raises: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in before:
            await send(message)
        pytest.fail("must not be called")

    async with client_for(app, raise_app_exceptions=raises) as client:
        with pytest.raises(pytest.fail.Exception, match="must not be called"):
            await client.get("/")


async def test_an_application_that_fails_while_it_is_cancelled_harms_nobody() -> None:
    running = anyio.Event()

    async def fail() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ValueError("on the way out")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/":
            return await hello(scope, receive, send)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fail)
            running.set()
            await anyio.sleep_forever()

    async with client_for(app) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.get, "/long")
            await running.wait()
            tasks.cancel_scope.cancel()
        assert (await client.get("/")).text == "hello"


@pytest.mark.parametrize("app", [fail_at_once, return_at_once])
async def test_no_response_is_a_500_where_exceptions_stay_inside(app: Any) -> None:
    async with client_for(app, raise_app_exceptions=False) as client:
        response = await client.get("/")

    assert (response.status_code, response.content) == (500, b"")


async def test_half_a_response_is_an_incomplete_body_where_exceptions_stay_inside() -> None:
    async with client_for(fail_in_the_middle, raise_app_exceptions=False) as client:
        with pytest.raises(IncompleteBody, match="in the middle of its response") as caught:
            await client.get("/")

    assert isinstance(caught.value.__cause__, ValueError)


async def test_a_late_exception_is_not_seen_where_exceptions_stay_inside() -> None:
    async with client_for(fail_afterwards, raise_app_exceptions=False) as client:
        assert (await client.get("/")).text == "hello"


async def test_an_application_that_returns_without_a_response_is_wrong() -> None:
    async with client_for(return_at_once) as client:
        with pytest.raises(RuntimeError, match=r"without a response to GET http://app\.test/"):
            await client.get("/")


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([START, START], "started its response twice"),
        ([body(b"early")], "before the start"),
        ([START, body(b""), body(b"")], "after the end"),
    ],
)
async def test_messages_out_of_order_are_refused(messages: list[Any], complaint: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.unknown"})
        for message in messages:
            await send(message)

    async with client_for(app) as client:
        with pytest.raises(RuntimeError, match=complaint):
            await client.get("/")


async def test_the_answer_to_head_has_no_body() -> None:
    async with client_for(hello) as client:
        assert (await client.head("/")).content == b""


async def test_the_deadline_of_a_call_is_kept() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await anyio.sleep_forever()

    async with client_for(app) as client:
        with pytest.raises(DeadlineExceeded):
            await client.get("/", extensions={"deadline": time.monotonic() + 0.01})


async def test_a_deadline_that_is_far_is_no_hindrance() -> None:
    async with client_for(hello) as client:
        assert (await client.get("/", extensions={"deadline": time.monotonic() + 60})).text == "hello"


async def test_the_application_sees_the_context_of_the_call() -> None:
    here: ContextVar[str] = ContextVar("here")
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(here.get())
        await hello(scope, receive, send)

    here.set("test")
    async with client_for(app) as client:
        await client.get("/")

    assert seen == ["test"]


async def test_what_has_ended_is_forgotten() -> None:
    transport = ASGITransport(hello)

    async with AsyncClient(transport=transport, base_url="http://app.test") as client:
        for _ in range(10):
            await client.get("/")
        assert transport._running == set()


async def test_an_application_is_shown_by_its_name() -> None:
    class App:
        pass

    assert repr(ASGITransport(hello)) == "<ASGITransport hello>"
    assert repr(ASGITransport(App())) == "<ASGITransport App>"  # type: ignore[arg-type]  # pyright: ignore  # never called


async def test_a_response_can_be_handled_by_hand() -> None:
    response: Response = await ASGITransport(hello).handle_async_request(
        AsyncClient().build_request("GET", "http://app.test/")
    )

    assert await response.aread() == b"hello"
