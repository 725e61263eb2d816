"""Calls are kept, counted, queried, asserted and awaited."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

import understudy
from understudy import AsyncClient, Client, ConnectError, mock
from understudy.mock import match

URL = "https://api.test/"


@pytest.fixture
def router() -> mock.Router:
    router = mock.Router(base_url="https://api.test")
    router.post("/login", name="login").respond(200)
    router.post("/orders", name="create order").respond(201)
    router.get("/orders/{id:int}", name="order").respond(json={})
    router.get("/down").error(ConnectError)
    return router


@pytest.fixture
def used(router: mock.Router) -> mock.Router:
    client = Client(transport=router)
    client.post(f"{URL}login")
    client.post(f"{URL}orders", json={"sku": "a"})
    client.get(f"{URL}orders/7")
    with pytest.raises(ConnectError):
        client.get(f"{URL}down")
    return router


def test_a_call_knows_its_request_route_answer_and_place(used: mock.Router) -> None:
    call = used.calls[2]

    assert call.request.url.path == "/orders/7"
    assert call.route is used["order"]
    assert call.response is not None
    assert call.response.status_code == 200
    assert call.has_response
    assert call.path_params == {"id": 7}
    assert (call.n, call.number, call.serial) == (1, 0, 2)
    assert call.place.path == __file__
    assert call.place.function == "used"
    assert call.elapsed is not None
    assert repr(call) == "<Call GET https://api.test/orders/7 -> <Response [200 OK]>>"


def test_a_call_that_failed_has_its_error(used: mock.Router) -> None:
    call = used.calls.last

    assert isinstance(call.error, ConnectError)
    assert not call.has_response


def test_calls_are_a_sequence(used: mock.Router) -> None:
    calls = used.calls

    assert len(calls) == calls.call_count == used.call_count == 4
    assert used.called
    assert [call.request.method for call in calls] == ["POST", "POST", "GET", "GET"]
    assert calls.first is calls[0]
    assert calls.last is calls[-1]
    assert calls[1:3] == [calls[1], calls[2]]
    assert list(reversed(calls)) == list(calls)[::-1]
    assert repr(calls) == "<4 calls of this router>"
    with pytest.raises(IndexError, match="this router has 4 calls, and none at 9"):
        calls[9]


def test_calls_that_never_were_say_so(router: mock.Router) -> None:
    assert not router.called
    with pytest.raises(IndexError, match="this router was not called"):
        _ = router.calls.last


def test_calls_are_queried_in_the_words_of_the_grammar(used: mock.Router) -> None:
    assert len(used.calls.where(method="POST")) == 2
    assert used.calls.one(path="/orders", json__has={"sku": "a"}) is used.calls[1]
    assert used.calls.one(match(method="GET") & match(path__endswith="7")) is used.calls[2]
    assert used.calls.where(lambda request: request.method == "PUT") == []
    used.calls.assert_any(path="/login")
    used.calls.assert_one(json__sku="a")
    used.calls.assert_none(method="DELETE")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda calls: calls.one(method="POST"), "2 calls of this router fit, not one: method POST"),
        (lambda calls: calls.one(method="PUT"), "no call of this router fits: method PUT"),
        (lambda calls: calls.assert_any(method="PUT"), "no call of this router fits: method PUT"),
        (lambda calls: calls.assert_none(path="/login"), "1 call of this router fit, and none should: path /login"),
        (lambda calls: calls.assert_order("create order", "login"), "step 2 of 2, 'login', did not come after"),
    ],
)
def test_an_assertion_that_fails_lists_the_calls(used: mock.Router, ask: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(message)) as caught:
        ask(used.calls)

    assert "  2. POST https://api.test/orders -> 201" in str(caught.value)
    assert "  4. GET https://api.test/down -> ConnectError" in str(caught.value)


def test_an_assertion_that_nothing_fits_says_what_the_nearest_call_has_instead(used: mock.Router) -> None:
    with pytest.raises(AssertionError) as caught:
        used.calls.one(path="/orders", json__has={"sku": "b"})

    assert str(caught.value).splitlines()[-2:] == ["call 2 comes nearest", "  NO  json $.sku: want 'b', got 'a'"]
    with pytest.raises(AssertionError) as caught:
        used.calls.assert_any(method="PUT")
    assert "comes nearest" not in str(caught.value)


def test_order_is_asserted_by_route_name_target_matcher_and_predicate(used: mock.Router) -> None:
    used.calls.assert_order("login", "create order", "order")
    used.calls.assert_order("POST /login", "GET /orders/{id}")
    used.calls.assert_order(used["login"], match(json__sku="a"), lambda request: request.url.path == "/orders/7")
    with pytest.raises(AssertionError, match="step 1 of 1"):
        used.calls.assert_order("nobody")
    with pytest.raises(AssertionError, match="step 1 of 1"):
        used.calls.assert_order(mock.get("/x"))
    with pytest.raises(mock.RouteError, match="a step is a route"):
        used.calls.assert_order(5)


def test_a_path_is_asked_for_as_routes_have_it_below_the_base_url() -> None:
    with mock.Router(base_url="https://api.test/v2") as api:
        api.get("/users/{id:int}").respond(json={})
        api.post("https://auth.test/token").respond(json={})
        understudy.post("https://auth.test/token")
        understudy.get("https://api.test/v2/users/7")

    api.calls.assert_order("POST /token", "GET /users/{id}")
    api.calls.assert_order("POST https://auth.test/token", "/v2/users/7")
    assert api.calls.one(path="/users/7") is api.calls.one(path="/v2/users/7") is api.calls[1]
    api.calls.assert_one(path="/token")
    with pytest.raises(AssertionError, match="fit, and none should: path /v2/users"):
        api.calls.assert_none(path="/users/{id}")
    with pytest.raises(AssertionError, match="step 1 of 1"):
        api.calls.assert_order("GET https://auth.test/users/7")


def test_a_full_log_keeps_the_last_calls_and_counts_all() -> None:
    router = mock.Router(keep=3)
    route = router.get("/{n:int}", reply=200)
    client = Client(transport=router)
    for number in range(10):
        client.get(f"{URL}{number}")

    assert router.calls.call_count == route.call_count == 10
    assert [call.request.url.path for call in router.calls] == ["/7", "/8", "/9"]
    assert router.calls[9].request.url.path == "/9"
    assert len(router.calls[5:9]) == 2
    with pytest.raises(IndexError, match="call 2 is no longer kept: only the last 3 of 10 are"):
        router.calls[2]


@pytest.mark.anyio
async def test_calls_are_awaited() -> None:
    import anyio

    router = mock.Router()
    hook = router.post("/hook", reply=204)

    async def work() -> None:
        async with AsyncClient(transport=router) as client:
            for _ in range(2):
                await client.post(f"{URL}hook")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        assert await hook.calls.wait(2) is hook.calls[1]

    assert await hook.calls.wait(1) is hook.calls[0]
    with pytest.raises(AssertionError, match="had 2 calls in 0 s, not 3"):
        await hook.calls.wait(3, timeout=0)


@pytest.mark.anyio
async def test_calls_of_another_thread_are_awaited() -> None:
    router = mock.Router()
    hook = router.post("/hook", reply=204)
    go = threading.Event()

    def work() -> None:
        go.wait()
        Client(transport=router).post(f"{URL}hook")

    thread = threading.Thread(target=work)
    thread.start()
    go.set()
    await hook.calls.wait()
    thread.join()

    assert hook.called


def test_calls_of_another_thread_are_waited_for() -> None:
    router = mock.Router()
    hook = router.post("/hook", reply=204)
    thread = threading.Thread(target=lambda: Client(transport=router).post(f"{URL}hook"))
    thread.start()

    call = hook.calls.wait_blocking(1)
    thread.join()

    assert call.request.url.path == "/hook"
    with pytest.raises(AssertionError, match="had 1 call in 0 s, not 2"):
        hook.calls.wait_blocking(2, timeout=0)
    assert hook.calls._waiting == []


def test_calls_are_looked_at_while_other_threads_call() -> None:
    router = mock.Router(keep=5)
    route = router.get("/a", reply=204)
    client = Client(transport=router)

    def work() -> None:
        for _ in range(100):
            client.get(f"{URL}a")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        count = len(route.calls)
        assert len(list(route.calls)) == len(route.calls[-5:]) == len(route.calls.where(path="/a")) or count < 5
        assert count == 0 or route.last.request.url.path == "/a"
    for thread in threads:
        thread.join()

    assert (len(route.calls), len(list(route.calls))) == (400, 5)


def test_several_threads_wait_for_calls() -> None:
    router = mock.Router()
    hook = router.post("/hook", reply=204)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda count=count: found.append(hook.calls.wait_blocking(count).n))
        for count in range(1, 9)
    ]
    for thread in threads:
        thread.start()

    for _ in threads:
        Client(transport=router).post(f"{URL}hook")
    for thread in threads:
        thread.join()

    assert sorted(found) == [*range(1, 9)]
    assert hook.calls._waiting == []


def test_routes_are_found_by_name(router: mock.Router) -> None:
    assert router["login"].name == "login"
    assert [route.name for route in router][:2] == ["login", "create order"]
    with pytest.raises(KeyError, match="no route is named 'lgin', did you mean 'login'"):
        router["lgin"]
    with pytest.raises(KeyError, match="no route is named 'zzz'; named are"):
        router["zzz"]


def test_operations_group_what_one_call_became() -> None:
    router = mock.Router(base_url="https://api.test")
    router.get("/old").redirect("/new")
    router.get("/new").respond(text="here")
    client = Client(transport=router, follow_redirects=True)

    client.get(f"{URL}old")
    client.get(f"{URL}new")

    first, second = router.operations
    assert first.statuses == [302, 200]
    assert second.statuses == [200]
    assert len(first) == 2
    assert first[0] is router.calls[0]
    assert list(first) == first[:]
    assert first.request.url.path == "/old"
    assert first.response is not None
    assert first.response.text == "here"
    assert repr(first) == "<Operation GET https://api.test/old -> 302, 200>"


def test_a_log_without_bodies_keeps_everything_else() -> None:
    router = mock.Router(record_bodies=False)
    router.post("https://api.test/orders", json={"a": 1}).respond(201, text="made", headers={"x-a": "1"})
    router.get("https://api.test/down").error(ConnectError)

    with Client(transport=router) as client:
        made = client.post("https://api.test/orders", json={"a": 1}, headers={"x-b": "2"})
        with pytest.raises(ConnectError):
            client.get("https://api.test/down")

    assert made.text == "made"
    call = router.calls.one(method="POST", headers={"x-b": "2"})
    assert call.response is not None
    assert (call.response.status_code, call.response.headers["x-a"]) == (201, "1")
    assert [len(operation) for operation in router.operations] == [1, 1]
    messages: list[Any] = [call.request, call.response]
    for message in messages:
        with pytest.raises(RuntimeError, match="record_bodies=True"):
            _ = message.content
        with pytest.raises(RuntimeError, match="record_bodies=True"):
            message.read()
    with pytest.raises(RuntimeError, match="record_bodies=True"):
        router.calls.where(json={"a": 1})


@pytest.mark.anyio
async def test_a_stream_plays_on_when_its_bodies_are_not_recorded() -> None:
    router = mock.Router(record_bodies=False)
    router.get("https://api.test/").stream([b"a", b"b"], every=3)

    async with AsyncClient(transport=router, timeout=5) as client:
        assert (await client.get("https://api.test/")).content == b"ab"


def test_routes_remember_as_many_calls_as_their_router() -> None:
    router = mock.Router(keep=3)
    route = router.get("https://api.test/").respond()

    with Client(transport=router) as client:
        for _ in range(10):
            client.get("https://api.test/")

    assert (route.call_count, len(list(route.calls)), len(list(router.calls))) == (10, 3, 3)
    with pytest.raises(IndexError, match="only the last 3 of 10"):
        _ = route.calls[0]


def test_a_call_without_bodies_takes_little_memory() -> None:
    import tracemalloc

    router = mock.Router(record_bodies=False, keep=None)
    router.post("https://api.test/").respond(content=b"y" * 10_000)
    with Client(transport=router) as client:
        client.post("https://api.test/", content=b"x")
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(1_000):
            client.post("https://api.test/", content=b"x" * 10_000)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert (after - before) / 1_000 < 4_000


@pytest.mark.parametrize("keep", [0, 1, None])
def test_a_call_that_a_handler_left_to_others_is_not_counted_whatever_is_kept(keep: int | None) -> None:
    router = mock.Router(keep=keep)
    router.get(URL).respond(200)
    first = router.get(URL, priority=1).reply(lambda request: mock.NEXT).optional()

    with Client(transport=router) as client:
        client.get(URL)
        client.get(URL)

    assert first.call_count == 0
    assert router.call_count == 2
    assert [call.route is first for call in router.calls] == [False] * min(2, 2 if keep is None else keep)
