"""The cases of the table that no other test of this folder shows; `table.md` says which shows what."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
import copy
import pickle
import re
import socket
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import understudy
from understudy import AsyncClient, Client, mock
from understudy.mock import ANY, match

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

URL = "https://api.test"
PLAIN = "http://api.test"


def asked(router: mock.Router, method: str = "GET", url: str = URL, **options: Any) -> understudy.Response:
    with Client(transport=router) as client:
        return client.request(method, url, **options)


def test_m03_loopback_is_no_exception() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, mock.Router() as router:
        router.get(f"{URL}/live", optional=True).pass_through()
        listening.settimeout(0)

        with router.expect_unmatched(), pytest.raises(mock.UnmatchedRequest):
            understudy.get(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_m05_requests_among_many_routes_are_quick(count: int) -> None:
    router = mock.Router(keep=10)
    for number in range(count):
        router.get(f"{URL}/things/{number}", optional=True).respond(text=str(number))
    client = Client(transport=router)

    started = time.process_time()
    found = [client.get(f"{URL}/things/{number * 7 % count}").text for number in range(count // 10)]

    # The long form: a thousand requests among ten thousand routes within two seconds.
    assert time.process_time() - started < 2
    assert found == [str(number * 7 % count) for number in range(count // 10)]


@pytest.mark.parametrize("count", [0, 1_000])
def test_m05_the_choice_is_the_same_among_few_routes_and_many(count: int) -> None:
    router = mock.Router()
    router.get(f"{URL}/a/{{id}}").respond(text="any")
    for number in range(count):
        router.get(f"{URL}/a/x{number}", optional=True).respond(404)
    router.get(f"{URL}/a/{{id:int}}", params={"p": "1"}).respond(text="whole numbers")
    router.get(f"{URL}/a/7").respond(text="seven")

    assert [asked(router, url=f"{URL}/a/{rest}").text for rest in ("7", "8?p=1", "8")] == [
        "seven",
        "whole numbers",
        "any",
    ]


@pytest.mark.parametrize(
    ("headers", "want"),
    [
        ({"X-KEY": "v"}, {"x-key": "v"}),
        ({"x-key": "v"}, {"X-Key": "v"}),
        ([("X-A", "1"), ("x-a", "2")], {"x-a": ["1", "2"]}),
        ({b"X-A": b"1"}, {"x-a": "1"}),
        ({"X-A": "1"}, {"x-a": re.compile("^[0-9]$")}),
        ({"X-A": "Zoë".encode()}, {"x-a": "Zoë"}),
        ({"X-A": "Zoë".encode("latin-1")}, {"x-a": "Zoë"}),
    ],
    ids=repr,
)
def test_m08_headers_are_compared_as_http_has_them(headers: Any, want: Any) -> None:
    router = mock.Router()
    router.get(URL, headers=want).respond(text="fits")

    assert asked(router, headers=headers).text == "fits"


@pytest.mark.parametrize(
    ("body", "want", "fits"),
    [
        (b'{"b": 2, "a": 1}', {"a": 1, "b": 2}, True),
        (b'{"a": 1.0}', {"a": 1}, True),
        (b'{"a": true}', {"a": 1}, False),
        (b'{"a": 1}', {"a": True}, False),
        (b'{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}, True),
        (b'{"a": 1, "a": 2}', {"a": 2}, True),
        (b'{"a": NaN}', {"a": 1}, False),
        (b'{"a": ', {"a": 1}, False),
        (b"\xff\xfe", {"a": 1}, False),
        (b"", {"a": 1}, False),
        (b"[" * 100_000, [], False),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_m09_json_is_compared_by_value(body: bytes, want: Any, fits: bool) -> None:
    router = mock.Router(unmatched=404)
    router.post(URL, json=want).respond(200)

    assert asked(router, "POST", content=body).status_code == (200 if fits else 404)


def test_m10_a_body_that_was_matched_can_still_be_read(tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"from a file")
    router = mock.Router()
    router.post(URL, content__regex=b"^from").respond(201)
    with file.open("rb") as opened:
        bodies: list[Any] = [b"from memory", iter([b"from ", b"pieces"]), opened]

        for body in bodies:
            assert asked(router, "POST", content=body).status_code == 201

    assert [call.request.content for call in router.calls] == [b"from memory", b"from pieces", b"from a file"]


def test_m10_a_large_body_is_not_copied() -> None:
    router = mock.Router(keep=1)
    router.post(URL, content__startswith=b"x").respond(201)
    body = b"x" * 32_000_000
    with Client(transport=router) as client:
        client.post(URL, content=b"x")
        tracemalloc.start()
        client.post(URL, content=body)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert most < 1_000_000


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError])
def test_m11_what_is_no_exception_passes_through_handlers(error: type[BaseException]) -> None:
    def handler() -> None:
        raise error

    router = mock.Router()
    router.get(URL, reply=handler)

    with pytest.raises(error):
        asked(router)
    router.verify()


@pytest.mark.anyio
async def test_m18_a_thousand_tasks_are_counted_exactly() -> None:
    router = mock.Router()
    route = router.get(f"{URL}/{{n:int}}").respond(delay=1)
    limited = router.get(f"{URL}/{{n:int}}", times=300).respond(201)

    async with AsyncClient(transport=router) as client, anyio.create_task_group() as tasks:
        for number in range(1_000):
            tasks.start_soon(client.get, f"{URL}/{number}")

    assert (limited.call_count, route.call_count, len(router.calls)) == (300, 700, 1_000)
    assert sorted(call.path_params["n"] for call in router.calls) == list(range(1_000))
    assert sorted(call.serial for call in router.calls) == list(range(1_000))


@pytest.mark.anyio
async def test_m21_a_router_is_left_by_cancelling_too() -> None:
    class Cancelled(Exception):
        pass

    router = mock.Router()
    router.get(URL).respond()

    with anyio.move_on_after(0), router:
        await anyio.sleep(60)
    with pytest.raises(Cancelled), router:
        raise Cancelled

    with mock.Router(unmatched=204) as other:
        assert understudy.get(URL).status_code == 204
        assert other is not router


def test_m22_nothing_is_patched() -> None:
    import http.client
    import ssl

    modules = (socket, ssl, http.client, understudy.client)
    kinds = (socket.socket, Client, AsyncClient, understudy.HTTPTransport)
    before = [{name: id(value) for name, value in vars(each).items()} for each in (*modules, *kinds)]

    with mock.Router(unmatched=204):
        understudy.get(URL)
        during = [{name: id(value) for name, value in vars(each).items()} for each in (*modules, *kinds)]

    assert during == before


def test_m23_copies_of_routes_show_no_secrets() -> None:
    route = mock.post(
        "https://user.test/?token=t0psecret",
        auth=("ada", "t0psecret"),
        headers={"authorization": "t0psecret"},
        json={"password": "t0psecret"},
    ).respond()

    for each in (route, copy.copy(route), copy.deepcopy(route), route.copy()):
        assert "t0psecret" not in repr(each)
        assert "t0psecret" not in str(each.criteria)


def test_m23_a_route_cannot_be_pickled_by_accident() -> None:
    route = mock.get(URL, headers={"authorization": "t0psecret"}, when=lambda request: True)

    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(route)


@pytest.mark.parametrize("mode", ["mock", "wire"])
@pytest.mark.parametrize(
    ("send", "error"),
    [
        (lambda client: client.get(PLAIN, headers={"x": "a\r\nb: c"}), understudy.LocalProtocolError),
        (lambda client: client.get("ftp://api.test/"), understudy.UnsupportedProtocol),
        (lambda client: client.get("/"), understudy.UnsupportedProtocol),
        (lambda client: client.get("https:///"), understudy.InvalidURL),
        (
            lambda client: client.post(PLAIN, content=iter([b"abc"]), headers={"content-length": "2"}),
            understudy.LocalProtocolError,
        ),
        (
            lambda client: client.post(PLAIN, content=b"abc", headers={"transfer-encoding": "gzip"}),
            understudy.LocalProtocolError,
        ),
        (lambda client: client.post(PLAIN, content=iter(["abc"])), TypeError),
    ],
)
def test_m16_what_the_network_refuses_is_refused(
    mode: str, send: Callable[[Client], Any], error: type[Exception]
) -> None:
    refused: list[type[BaseException]] = []
    for transport in (understudy.HTTPTransport(network=understudy.MemoryNetwork(Deaf)), accepting(mode)):
        with Client(transport=transport, timeout=0.01) as client, pytest.raises(error) as caught:
            send(client)
        refused.append(caught.type)

    assert refused[0] is refused[1]


@pytest.mark.parametrize("unmatched", [204, lambda request: 204])
def test_m16_a_policy_for_unmatched_requests_refuses_the_same(unmatched: Any) -> None:
    with pytest.raises(understudy.UnsupportedProtocol, match="ftp: URLs have no transport"):
        asked(mock.Router(unmatched=unmatched), url="ftp://api.test/")
    with pytest.raises(understudy.UnsupportedProtocol, match="the URL has no scheme: write http://"):
        asked(mock.Router(unmatched=unmatched), url="/")


class Deaf:
    """A server that hears nothing and says nothing."""

    def __init__(self, end: Any) -> None:
        self.end = end


def accepting(mode: str) -> mock.Router:
    router = mock.Router(mode=mode)
    router.route().respond(204)
    return router


# The acceptance list


def test_a_cookie_pattern_wants_all_that_it_names() -> None:
    router = mock.Router(unmatched=404)
    router.get(URL, cookies={"a": "1", "b": "2"}).respond(200)

    assert asked(router, headers={"Cookie": "a=1"}).status_code == 404
    assert asked(router, headers={"Cookie": "b=2; c=3; a=1"}).status_code == 200


def test_the_empty_path_is_the_root_and_a_trailing_slash_is_another_place() -> None:
    assert match(url="https://api.test").matches(understudy.Request("GET", "https://api.test/"))
    assert match(url="https://api.test/").matches(understudy.Request("GET", "https://api.test"))
    assert not match(path="/a").matches(understudy.Request("GET", "https://api.test/a/"))


@pytest.mark.parametrize(
    ("target", "criteria", "fitting", "failing"),
    [
        (URL, {}, ["", "?a=1"], []),
        (f"{URL}/?a=1&b=2", {}, ["?b=2&a=1"], ["", "?a=1", "?a=1&b=2&c=3"]),
        (URL, {"params": {"a": "1"}}, ["?a=1", "?b=2&a=1"], ["", "?a=2"]),
        (URL, {"params__eq": {}}, [""], ["?a=1"]),
        (URL, {"params": {"a": ANY}}, ["?a=", "?a=1"], ["", "?b=1"]),
        (URL, {"params": {"a": mock.ABSENT}}, ["", "?b=1"], ["?a=1", "?a="]),
        (URL, {"params": {"a": mock.Unordered(["1", "2"])}}, ["?a=2&a=1"], ["?a=1"]),
    ],
)
def test_a_query_is_free_exact_or_a_subset(
    target: str, criteria: dict[str, Any], fitting: list[str], failing: list[str]
) -> None:
    router = mock.Router(unmatched=404)
    router.get(target, **criteria).respond(200)

    assert {query: asked(router, url=f"{URL}/{query}").status_code for query in [*fitting, *failing]} == {
        **dict.fromkeys(fitting, 200),
        **dict.fromkeys(failing, 404),
    }


@pytest.mark.parametrize("color", ["blocking", "asyncio", "trio"])
@pytest.mark.parametrize("mode", ["mock", "wire"])
def test_a_timeout_against_a_delay_takes_no_time(color: str, mode: str) -> None:
    router = mock.Router(mode=mode)
    router.get(URL).respond(delay=3600)

    async def main() -> None:
        async with AsyncClient(transport=router, timeout=600) as client:
            await client.get(URL)

    started = time.process_time()
    with pytest.raises(understudy.ReadTimeout):
        asked_slowly(router) if color == "blocking" else anyio.run(main, backend=color)

    assert router.clock.slept == [600]
    assert time.process_time() - started < 2


def asked_slowly(router: mock.Router) -> None:
    with Client(transport=router, timeout=600) as client:
        client.get(URL)


def test_redirects_credentials_and_retries_are_attempts_of_one_operation() -> None:
    router = mock.Router(base_url=URL)
    router.get("/old").redirect("/new", 307)
    router.get("/new", auth=("ada", "pw")).respond(503).then(text="here")
    settings: dict[str, Any] = {"auth": ("ada", "pw"), "follow_redirects": True}

    with Client(transport=router, retry=understudy.Retry(attempts=2, statuses={503}), **settings) as client:
        assert client.get(f"{URL}/old").text == "here"

    (operation,) = router.operations
    assert operation.statuses == [307, 503, 200]


@pytest.mark.parametrize("status", [302, 303, 307, 308])
def test_a_redirect_changes_the_method_as_in_production(status: int) -> None:
    router = mock.Router(base_url=URL)
    router.post("/old").redirect("/new", status)
    router.route("/new").respond(200)

    with Client(transport=router, follow_redirects=True) as client:
        client.post(f"{URL}/old", json={"a": 1})

    last = router.calls.last.request
    assert (last.method, last.content) == (("GET", b"") if status in (302, 303) else ("POST", b'{"a":1}'))


def test_an_asynchronous_generator_serves_many_calls() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"

    async def main() -> list[bytes]:
        router = mock.Router()
        router.get(URL).stream(pieces)
        async with AsyncClient(transport=router) as client:
            return [(await client.get(URL)).content for _ in range(3)]

    assert asyncio.run(main()) == [b"a"] * 3


def test_a_generator_that_was_given_serves_many_calls() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"a"

    router = mock.Router()
    router.get(URL).stream(pieces())

    assert [asked(router).content for _ in range(3)] == [b"a"] * 3
