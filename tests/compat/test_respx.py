"""The facade of respx: what its documentation shows, and what was surprising and is not any more."""

# `route % 204` is a statement in respx, and its handlers are lambdas.
# pyright: basic, reportUnusedExpression=false

from __future__ import annotations

import datetime
import io
import re
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest

import understudy
from understudy import AsyncClient, Client, ConnectError, MockTransport, Request, Response
from understudy.compat import respx
from understudy.compat.respx.kinds import Lookup
from understudy.compat.respx.models import AllMockedAssertionError, Call, SideEffectsExhausted
from understudy.compat.respx.patterns import M

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytest_plugins = ["pytester"]
# A process of its own needs no other plugins, which take most of the time to load.
LEAN = ("-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider")

BASE = "https://api.test"


def fits(*patterns: Any, **lookups: Any) -> Any:
    """Return a judge of requests: whether a pattern of these words matches."""
    pattern = M(*patterns, **lookups)
    return lambda method="GET", url=BASE, **options: bool(pattern.match(Request(method, url, **options)))


# Starting and stopping


@respx.mock
def test_a_decorated_test_plays_with_the_module() -> None:
    route = respx.get(f"{BASE}/").mock(return_value=Response(204))

    assert understudy.get(f"{BASE}/").status_code == 204
    assert route.called
    assert route.call_count == respx.calls.call_count == 1
    assert respx.calls.last.request is route.calls[0].request


def test_after_a_decorated_test_nothing_is_left() -> None:
    assert len(respx.routes) == 0
    assert not respx.calls


@respx.mock(base_url=BASE)
def test_a_decorator_with_settings_gives_its_router(respx_mock: Any) -> None:
    respx_mock.get("/users") % 418

    assert understudy.get(f"{BASE}/users").status_code == 418


@pytest.mark.anyio
@respx.mock
async def test_a_decorated_coroutine_plays_too() -> None:
    respx.get(f"{BASE}/").respond(json={"id": 7})

    async with AsyncClient() as client:
        assert (await client.get(f"{BASE}/")).json() == {"id": 7}


@pytest.mark.anyio
async def test_a_router_is_an_asynchronous_context_manager() -> None:
    async with respx.mock(base_url=BASE) as api, AsyncClient() as client:
        api.get("/") % 204

        assert (await client.get(f"{BASE}/")).status_code == 204


def test_start_and_stop_by_hand() -> None:
    router = respx.mock(assert_all_called=False)
    router.start()
    route = router.get(BASE) % 204
    assert understudy.get(BASE).status_code == 204

    router.stop(clear=False, reset=False)

    assert route.called
    assert list(router.routes) == [route]


def test_routes_from_before_the_block_are_there_again_after_it_as_they_were() -> None:
    router = respx.mock(assert_all_called=False)
    shared = router.get(f"{BASE}/users", name="users") % 200
    lists = router.calls, shared.calls

    with router:
        router["users"] % 404
        router.get(f"{BASE}/more") % 201
        assert understudy.get(f"{BASE}/users").status_code == 404

    assert list(router.routes) == [shared]
    assert shared.return_value is not None
    assert shared.return_value.status_code == 200
    assert not shared.called
    assert lists == ([], [])  # those that a test may have kept
    assert lists[0] is router.calls
    assert lists[1] is shared.calls


def test_a_rollback_brings_back_the_calls_of_its_snapshot() -> None:
    with respx.mock as router:
        route = router.get(BASE)
        understudy.get(BASE)
        router.snapshot()
        understudy.get(BASE)
        router.rollback()

        assert (router.calls.call_count, route.call_count) == (1, 1)


def test_an_inner_router_goes_before_an_outer_one_and_leaves_it_the_rest() -> None:
    with respx.mock() as outer, respx.mock() as inner:
        outer.get(f"{BASE}/") % 200
        inner.get(f"{BASE}/") % 418
        rest = outer.get(f"{BASE}/rest") % 202
        outer.routes[0].calls.record(Request("GET", BASE), None)

        assert understudy.get(BASE).status_code == 418
        assert understudy.get(f"{BASE}/rest").status_code == 202
        assert rest.called
        assert len(inner.calls) == 1


def test_a_route_that_was_never_called_fails_the_block() -> None:
    with pytest.raises(AssertionError, match=r"some routes were not called!(.|\n)*'/never'"), respx.mock() as api:
        api.get(f"{BASE}/never")


def test_a_route_that_was_not_called_tells_of_the_client_that_passed_it_by(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ModuleType("httpx")
    real.__file__ = "httpx/__init__.py"
    monkeypatch.setitem(sys.modules, "httpx", real)

    with pytest.raises(AssertionError, match=r"its requests pass by: write .*alias_httpx\(\)"), respx.mock() as api:
        api.get("https://api.test/never")


def test_the_failure_of_a_block_is_not_hidden_by_its_checks() -> None:
    router = respx.mock()
    router.get(f"{BASE}/never")

    with pytest.raises(ZeroDivisionError), router:
        raise ZeroDivisionError


def test_a_request_without_a_route_says_what_was_near() -> None:
    with respx.mock(assert_all_called=False) as api:
        api.get(f"{BASE}/users", headers={"X-Key": "1"})
        api.post("https://other.test")

        with pytest.raises(AllMockedAssertionError) as caught:
            understudy.get(f"{BASE}/user", headers={"X-Key": "1"})

        told = str(caught.value)
        assert told.startswith(f"RESPX: <Request('GET', '{BASE}/user')> not mocked!")
        assert told.index("not <path eq '/users'>") < told.index("other.test")
        assert not api.calls


def test_requests_without_a_route_can_be_answered_with_nothing() -> None:
    with respx.mock(assert_all_mocked=False) as api:
        response = understudy.get(BASE)

        assert (response.status_code, response.content) == (200, b"")
        assert api.calls.last.response.status_code == 200


# Routes


def test_routes_are_asked_in_their_order() -> None:
    with respx.mock(assert_all_called=False) as api:
        api.get(path__startswith="/") % 200
        api.get(f"{BASE}/users") % 404

        assert understudy.get(f"{BASE}/users").status_code == 200


def test_the_same_pattern_is_the_same_route() -> None:
    router = respx.Router()

    one = router.get(f"{BASE}/users")
    other = router.get(f"{BASE}/users")

    assert one is other
    assert len(router.routes) == 1


def test_a_route_that_is_added_again_keeps_its_calls_and_answers_anew() -> None:
    with respx.mock as router:
        one = router.get(f"{BASE}/users", name="users").respond(404)
        understudy.get(f"{BASE}/users")

        other = router.get(f"{BASE}/users")

        assert understudy.get(f"{BASE}/users").status_code == 200
        assert other is one
        assert one.call_count == 2
        assert one.name is None
        assert "users" not in router.routes


@pytest.mark.parametrize("spoil", [{"side_effect": ConnectError}, {"side_effect": [Response(500)]}, None], ids=str)
def test_what_a_route_did_before_it_was_added_again_is_over(spoil: Any) -> None:
    with respx.mock as router:
        route = router.get(f"{BASE}/users")
        route.pass_through() if spoil is None else route.mock(**spoil)

        assert router.get(f"{BASE}/users", name="users") is route

        assert understudy.get(f"{BASE}/users").status_code == 200


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"json": {"a": 1, "b": [{"c": 1, "d": 2}]}}, {"json": {"b": [{"d": 2, "c": 1}], "a": 1}}),
        ({"json__at": {"a": 1, "b": 2}}, {"json__at": {"b": 2, "a": 1}}),
        ({"params": {"a": 1, "b": 2}}, {"params": "b=2&a=1"}),
        ({"headers": {"A": "1", "B": "2"}}, {"headers": {"b": "2", "a": "1"}}),
        ({"data": {"a": 1, "b": 2}}, {"data": {"b": 2, "a": 1}}),
    ],
    ids=["json", "a place in json", "params", "headers", "data"],
)
def test_the_order_of_members_makes_no_other_route(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert M(**one) == M(**other)


def test_the_order_of_equal_parameters_makes_another_route() -> None:
    assert M(params=[("a", 1), ("a", 2)]) != M(params=[("a", 2), ("a", 1)])
    assert M(json=[1, 2]) != M(json=[2, 1])


def test_a_name_that_is_given_again_changes_its_route() -> None:
    router = respx.Router()
    first = router.get(f"{BASE}/users", name="users") % 200

    second = router.post(f"{BASE}/users", name="users") % 201

    assert first is second
    assert router["users"].pattern == M(method="POST", url=f"{BASE}/users")


def test_a_name_that_is_given_to_the_pattern_of_another_route_leaves_one_of_them() -> None:
    router = respx.Router()
    named = router.get(f"{BASE}/users", name="users")
    router.get(f"{BASE}/people", name="people")

    assert router.get(f"{BASE}/people", name="users") is named

    assert list(router.routes) == [named]
    assert "people" not in router.routes


def test_a_route_may_get_a_name_later_and_another_one() -> None:
    router = respx.Router()
    route = router.get(BASE)

    for name in ("home", "start"):
        assert router.get(BASE, name=name) is route
        assert router[name] is route
        assert route.name == name

    assert "home" not in router.routes


def test_all_routes_can_be_taken_out() -> None:
    router = respx.Router()
    route = router.get(BASE, name="home")
    held = {route: "a route can be a key"}

    router.clear()

    assert list(router.routes) == []
    assert "home" not in router.routes
    assert held[route]


def test_routes_are_found_by_name_and_taken_out() -> None:
    router = respx.Router()
    route = router.get(BASE, name="home")

    assert route.name == "home"
    assert "home" in router.routes
    assert route in router.routes
    assert router.pop("home") is route
    assert router.pop("home", None) is None
    with pytest.raises(KeyError):
        router.pop("home")


def test_a_router_of_its_own_is_a_handler_of_a_transport() -> None:
    router = respx.Router()
    router.get(f"{BASE}/?page=1") % {"json": {"page": 1}}

    with Client(transport=MockTransport(router.handler)) as client:
        assert client.get(BASE, params={"page": 1}).json() == {"page": 1}
        with pytest.raises(AllMockedAssertionError):
            client.get(BASE, params={"page": 2})


@pytest.mark.anyio
async def test_a_router_of_its_own_is_an_asynchronous_handler() -> None:
    router = respx.Router()
    router.route().mock(side_effect=lambda request: Response(200, text=request.method))

    async with AsyncClient(transport=MockTransport(router.async_handler)) as client:
        assert (await client.put(BASE)).text == "PUT"


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_every_verb_has_its_word(method: str) -> None:
    router = respx.Router()
    getattr(router, method)(BASE) % 204

    response = router.handler(Request(method.upper(), BASE))

    assert response.status_code == 204


@pytest.mark.parametrize("base", ["https://api.test/v1", "https://api.test/v1/"])
def test_paths_are_below_the_base_url(base: str) -> None:
    router = respx.Router(base_url=base)
    router.get("/users/", name="slash") % 200
    router.get("users", name="bare") % 201
    router.get(path__regex=r"^/items/(?P<id>\d+)$", name="regex") % 202
    router.get("https://elsewhere.test/", name="absolute") % 203
    asked = [f"{BASE}/v1/users/", f"{BASE}/v1/users", f"{BASE}/v1/items/7", "https://elsewhere.test/"]

    assert [router.handler(Request("GET", url)).status_code for url in asked] == [200, 201, 202, 203]
    with pytest.raises(AllMockedAssertionError):
        router.handler(Request("GET", f"{BASE}/v10/users"))


def test_a_base_url_is_the_root_of_its_paths() -> None:
    router = respx.Router(base_url=f"{BASE}/v1")
    router.get(path="/") % 204

    assert router.handler(Request("GET", f"{BASE}/v1")).status_code == 204


def test_a_base_url_holds_for_joined_patterns_and_for_routes_without_a_path() -> None:
    router = respx.Router(base_url=f"{BASE}/v1")
    router.route(M(method="GET") | M(method="HEAD")) % 200
    router.post() % 201

    assert router.handler(Request("HEAD", f"{BASE}/v1/a")).status_code == 200
    assert router.handler(Request("POST", f"{BASE}/v1")).status_code == 201
    with pytest.raises(AllMockedAssertionError):
        router.handler(Request("GET", f"{BASE}/v12"))


def test_a_base_url_holds_for_each_side_of_joined_paths() -> None:
    router = respx.Router(base_url=f"{BASE}/v1")
    router.route(M(path="/a") | M(path="/b")) % 200
    router.route(~M(path="/c")) % 201

    assert router.handler(Request("GET", f"{BASE}/v1/b")).status_code == 200
    assert router.handler(Request("GET", f"{BASE}/v1/d")).status_code == 201
    for url in (f"{BASE}/v1/c", f"{BASE}/d"):
        with pytest.raises(AllMockedAssertionError):
            router.handler(Request("GET", url))


def test_a_base_url_that_ends_in_a_slash_wants_it() -> None:
    router = respx.Router(base_url=f"{BASE}/v1/")
    router.get() % 200

    assert router.handler(Request("GET", f"{BASE}/v1/")).status_code == 200
    with pytest.raises(AllMockedAssertionError):
        router.handler(Request("GET", f"{BASE}/v1"))


def test_a_base_url_holds_for_whole_urls_and_gives_way_to_what_a_route_says() -> None:
    router = respx.Router(base_url=f"{BASE}/v1")
    router.get(url__regex="users$") % 200
    router.post(scheme="http") % 201
    router.put(host="other.test") % 202

    assert router.handler(Request("GET", f"{BASE}/v1/users")).status_code == 200
    assert router.handler(Request("POST", "http://api.test:8080/v1")).status_code == 201
    assert router.handler(Request("PUT", "http://other.test/a")).status_code == 202
    with pytest.raises(AllMockedAssertionError):
        router.handler(Request("GET", "https://other.test/v1/users"))


# Answers


def test_responses_in_all_words_of_respond() -> None:
    with respx.mock() as api:
        cookie = respx.SetCookie("b", "2", path="/", max_age=60, http_only=True, same_site="lax")
        api.get(BASE).respond(
            201,
            headers=[("X-A", "1"), cookie],
            cookies={"a": "1"},
            json={"id": 7},
            content_type="application/vnd.api+json",
            http_version="HTTP/2",
        )

        response = understudy.get(BASE)

        assert response.status_code == 201
        assert response.headers["Content-Type"] == "application/vnd.api+json"
        assert response.headers.get_list("Set-Cookie") == [
            "b=2; Path=/; Max-Age=60; HttpOnly; SameSite=lax",
            "a=1",
        ]
        assert response.http_version == "HTTP/2"
        assert response.json() == {"id": 7}


@pytest.mark.parametrize("pieces", [[b"one ", b"two"], (b"one ", b"two"), b"one two"])
def test_a_stream_is_any_iterable_of_bytes(pieces: Any) -> None:
    with respx.mock() as api:
        api.get(BASE).respond(stream=pieces)

        answers = [understudy.get(BASE) for _ in range(2)]

    assert [answer.text for answer in answers] == ["one two", "one two"]
    assert not answers[0].headers


@pytest.mark.anyio
async def test_a_stream_is_a_generator_of_either_kind() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    with respx.mock() as api:
        api.get(f"{BASE}/once").respond(stream=(piece for piece in (b"one ", b"two")))
        api.get(f"{BASE}/later").respond(stream=pieces())

        assert understudy.get(f"{BASE}/once").text == "one two"
        async with AsyncClient() as client:
            assert (await client.get(f"{BASE}/later")).text == "one two"


def test_cookies_may_be_pairs_and_a_response_is_of_its_class() -> None:
    response = respx.MockResponse(cookies=[("a", "1"), respx.SetCookie("b", "2")])

    assert isinstance(response, respx.MockResponse)
    assert response.headers.multi_items() == [("set-cookie", "a=1"), ("set-cookie", "b=2")]


def test_a_cookie_in_all_its_words() -> None:
    when = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)

    cookie = respx.SetCookie("a", "1", domain="api.test", expires=when, secure=True, partitioned=True)

    assert cookie == ("Set-Cookie", "a=1; Domain=api.test; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Secure; Partitioned")


def test_a_route_without_an_answer_answers_200() -> None:
    with respx.mock() as api:
        api.get(BASE)

        assert understudy.get(BASE).status_code == 200


@pytest.mark.parametrize("wrong", ["204", True, None, [204]])
def test_what_is_no_answer_is_refused_where_it_is_written(wrong: Any) -> None:
    with pytest.raises(TypeError, match="takes a status code"):
        respx.Route() % wrong


def test_a_return_value_must_be_a_response() -> None:
    with pytest.raises(TypeError, match="is not an instance of"):
        respx.Route().return_value = 204  # type: ignore[assignment]  # the mistake


def test_side_effects_follow_each_other_and_then_the_return_value() -> None:
    with respx.mock() as api:
        route = api.get(BASE)
        effects = [Response(503), ConnectError]
        route.side_effect = effects
        assert route.side_effect is effects
        route.return_value = Response(200)

        assert understudy.get(BASE).status_code == 503
        with pytest.raises(ConnectError, match="Mock Error") as caught:
            understudy.get(BASE)
        assert [understudy.get(BASE).status_code for _ in range(2)] == [200, 200]
        assert str(caught.value.request.url) == BASE
        assert route.call_count == 4


def test_an_error_is_raised_with_its_request_and_its_call_has_no_response() -> None:
    error = ConnectError("the cable")

    with respx.mock() as api:
        route = api.get(BASE).mock(side_effect=error)
        with pytest.raises(ConnectError) as caught:
            understudy.get(BASE)

        assert caught.value is error
        assert str(error.request.url) == BASE
        assert not route.calls.last.has_response
        with pytest.raises(ValueError, match="has no response"):
            route.calls.last.response  # noqa: B018  # raises


def test_a_status_is_a_side_effect_too() -> None:
    with respx.mock() as api:
        api.get(BASE).side_effect = [503, 201]

        assert [understudy.get(BASE).status_code for _ in range(2)] == [503, 201]


def test_a_row_of_side_effects_begins_anew_where_a_snapshot_was_taken() -> None:
    router = respx.mock(assert_all_called=False)
    router.get(BASE).side_effect = (Response(status) for status in (201, 202))

    for _ in range(2):
        with router:
            assert [understudy.get(BASE).status_code for _ in range(2)] == [201, 202]


def test_side_effects_that_are_used_up_say_so() -> None:
    with respx.mock() as api:
        api.get(BASE).mock(side_effect=[Response(200)])
        understudy.get(BASE)

        with pytest.raises(SideEffectsExhausted, match="was called 2 times"):
            understudy.get(BASE)


def test_a_function_is_given_the_groups_and_the_route() -> None:
    with respx.mock() as api:

        @api.route(method="GET", url__regex=rf"{BASE}/(?P<user>\w+)/", name="user")
        def answer(request: Request, route: Any, user: str) -> Response:
            return Response(200, json={"user": user, "before": route.call_count})

        assert understudy.get(f"{BASE}/ada/").json() == {"user": "ada", "before": 0}
        assert understudy.get(f"{BASE}/bob/").json() == {"user": "bob", "before": 1}
        assert answer.__name__ == "answer"


def test_a_function_that_returns_nothing_leaves_the_request_to_the_next_route() -> None:
    with respx.mock(assert_all_called=False) as api:
        undecided = api.route(host="api.test").mock(side_effect=lambda request: None)
        api.get(BASE) % 204

        assert understudy.get(BASE).status_code == 204
        assert not undecided.called


@pytest.mark.anyio
async def test_a_function_may_be_asynchronous() -> None:
    async def answer(request: Request) -> Response:
        return Response(200, text="later")

    with respx.mock() as api:
        api.get(BASE).side_effect = answer
        async with AsyncClient() as client:
            assert (await client.get(BASE)).text == "later"
        with pytest.raises(TypeError, match="asynchronous side effect"):
            understudy.get(BASE)


@pytest.mark.anyio
async def test_what_an_asynchronous_function_raises_is_a_call_too() -> None:
    async def fail(request: Request) -> Response:
        raise ConnectError("the cable")

    with respx.mock() as api:
        route = api.get(BASE).mock(side_effect=fail)
        async with AsyncClient() as client:
            with pytest.raises(ConnectError, match="the cable"):
                await client.get(BASE)

        assert not route.calls.last.has_response
        assert api.calls.call_count == 1


def test_a_function_that_returns_something_else_is_a_mistake_of_the_test() -> None:
    with respx.mock(assert_all_called=False) as api:
        api.get(BASE).side_effect = lambda request: {}

        with pytest.raises(TypeError, match="returned dict, not a Response"):
            understudy.get(BASE)
        assert not api.calls


def test_requests_pass_through_to_the_transport_behind() -> None:
    behind = MockTransport(lambda request: Response(200, text="behind"))

    with respx.mock(assert_all_called=False) as api, Client(transport=behind) as client:
        route = api.route(host="api.test").pass_through()
        api.route().mock(side_effect=lambda request: request)

        assert client.get(BASE).text == client.get("https://other.test").text == "behind"
        assert route.is_pass_through
        assert route.called


@pytest.mark.anyio
async def test_requests_of_asynchronous_code_pass_through_too() -> None:
    behind = MockTransport(lambda request: Response(200, text="behind"))

    async with respx.mock() as api, AsyncClient(transport=behind) as client:
        api.route(host="api.test").pass_through()

        assert (await client.get(BASE)).text == "behind"


def test_one_response_is_good_for_many_calls() -> None:
    with respx.mock() as api:
        api.get(BASE).return_value = Response(200, content=b"again")

        assert [understudy.get(BASE).content for _ in range(3)] == [b"again"] * 3


def test_applications_answer() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("201 Created", [("Content-Length", "4")])
        return [environ["PATH_INFO"].encode()]

    with respx.mock() as api:
        api.route(host="api.test").mock(side_effect=respx.WSGIHandler(app))

        response = understudy.get(f"{BASE}/abc")

        assert (response.status_code, response.text) == (201, "/abc")


@pytest.mark.anyio
async def test_asynchronous_applications_answer() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    async with respx.mock() as api, AsyncClient() as client:
        api.route(host="api.test").mock(side_effect=respx.ASGIHandler(app))

        assert (await client.get(f"{BASE}/abc")).text == "/abc"


# Calls


def test_calls_can_be_asserted_and_unpacked() -> None:
    with respx.mock(assert_all_called=False) as api:
        one, other = api.get(BASE) % 204, api.post(BASE)
        understudy.get(BASE)
        request, response = api.calls.last

        assert isinstance(api.calls.last, Call)
        assert response is not None
        assert (request.method, response.status_code) == ("GET", 204)
        one.calls.assert_called_once()
        one.calls.assert_called()
        other.calls.assert_not_called()
        with pytest.raises(AssertionError, match="to have been called"):
            other.calls.assert_called()
        with pytest.raises(AssertionError, match="Called 0 times"):
            other.calls.assert_called_once()
        with pytest.raises(AssertionError, match=r"to not have been called(.|\n)*GET https://api.test"):
            one.calls.assert_not_called()
        api.reset()
        assert not one.called
        assert not api.calls


# Patterns


def test_methods_schemes_hosts_and_ports() -> None:
    assert fits(method="get")("GET")
    assert fits(method__in=["PUT", "patch"])("PATCH")
    assert not fits(method__in=["PUT"])("GET")
    assert fits(scheme="https", host="API.test", port=443)()
    assert not fits(scheme__in=["http"])()
    assert fits(host__regex=r"^(api|www)\.test$")()
    assert fits(port__in=[8_080, 443])()


@pytest.mark.parametrize(
    ("pattern", "url", "expected"),
    [
        ("https://api.test", "https://api.test/", True),
        ("https://api.test", "https://api.test/a?b=1", True),
        ("https://api.test?a=1", "https://api.test/a?b=1", False),
        ("https://api.test/", "https://api.test:8443/", True),
        ("https://ada:secret@api.test/", "https://api.test/", True),
        ("https://api.test/?", "https://api.test/?a=1", True),
        ("https://api.test/", "https://api.test", True),
        ("https://api.test/", "http://api.test/", False),
        ("https://api.test:8443/", "https://api.test:8443/", True),
        ("https://api.test:8443/", "https://api.test/", False),
        ("//api.test/a", "http://api.test/a", True),
        ("all://api.test/a", "http://api.test/a", True),
        ("https://*.api.test/", "https://a.b.api.test/", True),
        ("https://*.api.test/", "https://api.test/", False),
        ("https://*api.test/", "https://api.test/", True),
        ("https://*api.test/", "https://notapi.test/", False),
        ("https://[::1]/", "https://[::1]/", True),
        ("/a", "https://anywhere.test/a", True),
        ("https://api.test/a b", "https://api.test/a%20b", True),
        ("https://api.test/?a=1&b=2", "https://api.test/?b=2&a=1", True),
        ("https://api.test/?a=1", "https://api.test/?a=1&b=2", False),
        ("https://api.test/", "https://api.test/?a=1", True),
        (re.compile(r"api\.test/\d+$"), "https://api.test/12", True),
    ],
)
def test_urls(pattern: Any, url: str, expected: bool) -> None:
    assert fits(url=pattern)(url=url) is expected


def test_urls_with_lookups() -> None:
    assert fits(url__eq="https://api.test/a?b=1")(url="https://api.test/a?b=1")
    assert fits(url__eq="https://api.test")(url="https://api.test/")
    assert fits(url__startswith="https://api.")()
    assert fits(path__in=["/a", "/b"])(url=f"{BASE}/b")
    assert not fits(path="/a")(url=f"{BASE}/a/b")


def test_other_words_go_before_the_same_part_of_a_url() -> None:
    assert fits(url=f"{BASE}/a?x=1", path="/b")(url=f"{BASE}/b?x=1")
    assert not fits(url=f"{BASE}/a", path="/b")(url=f"{BASE}/a")
    assert fits(url=f"{BASE}/?a=1", params={"b": "2"})(url=f"{BASE}/?b=2&c=3")
    assert not fits(url=f"{BASE}/?a=1", params={})(url=f"{BASE}/?b=2")
    assert fits(M(path="/b"), url=f"{BASE}/a")(url=f"{BASE}/b")


def test_params() -> None:
    url = f"{BASE}/?a=1&a=2&b="

    assert fits(params={"b": ""})(url=url)
    assert fits(params=[("a", "1"), ("a", 2)])(url=url)
    assert not fits(params=[("a", "2"), ("a", "1")])(url=url)
    assert fits(params={"a": ["1", ANY]})(url=url)
    assert not fits(params__eq={"b": ""})(url=url)
    assert fits(params="a=1&a=2")(url=url)
    assert not fits(params={"c": ANY})(url=url)


def test_headers_and_cookies_want_all_that_they_name() -> None:
    assert fits(headers={"x-KEY": "1"})(headers={"X-Key": "1", "Y": "2"})
    assert fits(headers={"X-Key": ANY})(headers={"X-Key": "1"})
    assert not fits(headers={"X-Key": ANY})()
    both = {"Cookie": "a=1; b=2"}
    assert fits(cookies={"a": "1"})(headers=both)
    assert not fits(cookies={"a": "1", "b": "2"})(headers={"Cookie": "a=1"})
    assert fits(cookies__eq={"a": "1", "b": "2"})(headers=both)
    assert not fits(cookies__eq={"a": "1"})(headers=both)


def test_bodies() -> None:
    assert fits(content=b"abc")("POST", content=b"abc")
    assert fits(content__contains="b")("POST", content=b"abc")
    assert fits(data={"a": 1, "b": ["x", "y"]})("POST", data={"a": "1", "b": ["x", "y"]})
    assert fits(data__contains={"a": "1"})("POST", data={"a": "1", "b": "2"})
    assert not fits(data={"a": "1"})("POST", data={"a": "1", "b": "2"})
    file = {"file": ("a.txt", b"text")}
    assert fits(files={"file": b"text"}, data={"a": "1"})("POST", files=file, data={"a": "1"})
    assert fits(files={"file": ("a.txt", ANY)})("POST", files=file)
    assert fits(files={"file": io.BytesIO(b"text")})("POST", files=file)
    assert not fits(files={"file": ("b.txt", b"text")})("POST", files=file)
    assert not fits(files={"file": ANY})("POST", data={"a": "1"})


def test_json() -> None:
    body = {"items": [{"id": 7, "name": "x"}], "n": None}

    assert fits(json=body)("POST", json=body)
    assert fits(json={"items": [{"id": ANY, "name": "x"}], "n": None})("POST", json=body)
    assert fits(json="{}")("POST", json="{}")
    assert not fits(json="{}")("POST", json={})
    assert fits(json=None)("POST", content=b"null")
    assert not fits(json=None)()
    assert fits(json__n=None)("POST", json=body)
    assert not fits(json__n=None)("POST", json={"n": 0})
    assert fits(json=(1, True))("POST", json=[1, True])
    assert not fits(json=[1, 1])("POST", json=[1, True])
    assert not fits(json={"n": 1.0})("POST", json={"n": 1})
    assert fits(json__items__0__id=7)("POST", json=body)
    assert not fits(json__items__1__id=7)("POST", json=body)
    assert not fits(json={})("POST", content=b"not json")
    assert not fits(json__a=1)("POST", content=b"not json")


def test_patterns_join() -> None:
    either = M(host="a.test") | M(host="b.test")

    assert fits(either & M(method="GET"))(url="https://b.test")
    assert not fits(either, method="GET")(url="https://c.test")
    assert fits(~either)(url="https://c.test")
    assert repr(either) == "(<host eq 'a.test'> or <host eq 'b.test'>)"
    assert repr(~either).startswith("not (")
    assert repr(M()) == "<any request>"
    assert M(method="GET", host="a") == M(host="a", method="GET")
    assert M(json__a=1) == M(json__a=1) != M(json__a=2)
    assert either == (M(host="a.test") | M(host="b.test"))
    assert ~either == ~either
    assert len({M(host="a"), M(host="a"), M(host__regex="a"), M(host__regex="a")}) == 2


def test_an_unknown_word_is_an_error_with_the_nearest_right_one() -> None:
    with pytest.raises(KeyError, match="did you mean 'headers'"):
        M(header={"a": "1"})
    with pytest.raises(KeyError, match="there are"):
        M(xyz=1)
    with pytest.raises(ValueError, match="there is no lookup 'matches'"):
        M(path__matches="/")
    with pytest.raises(NotImplementedError, match="there are only headers__contains, headers__eq, headers__in"):
        M(headers__regex="a")
    with pytest.raises(TypeError, match="a URL is text"):
        M(url=M(path="/"))
    with pytest.raises(TypeError, match="JSON has no bytes"):
        M(json=b"{}")
    with pytest.raises(TypeError, match="M takes patterns"):
        M("GET")  # type: ignore[arg-type]  # the mistake
    with pytest.raises(ValueError, match="port='https'"):
        M(port="https")
    with pytest.raises(ValueError, match="add"):
        respx.Router().add("GET")  # type: ignore[arg-type]  # the mistake
    with pytest.raises(NotImplementedError):
        respx.Route().pattern = M(path="/")
    assert Lookup("in") is Lookup.IN


# As a plugin

SUITE = """
import pytest
import httpx, respx
from respx.fixtures import session_event_loop
from respx.patterns import M
from respx.transports import MockTransport

@pytest.fixture(scope="session")
def loop_is_closed(session_event_loop):
    return session_event_loop.is_closed()

def test_decorated_with_a_loop(loop_is_closed):
    assert not loop_is_closed

@respx.mock
def test_decorated():
    respx.get("https://api.test/").mock(return_value=httpx.Response(204))
    assert httpx.get("https://api.test/").status_code == 204

def test_fixture(respx_mock):
    respx_mock.get("https://api.test/") % 418
    assert httpx.get("https://api.test/").status_code == 418

@pytest.mark.respx(base_url="https://api.test", assert_all_called=False)
def test_marker(respx_mock):
    respx_mock.get("/a")
    respx_mock.route(M(path="/b")) % 201
    assert httpx.get("https://api.test/b").status_code == 201

def test_fixture_without_a_marker_is_the_router_of_the_module(respx_mock):
    respx_mock.get("https://api.test/never")
    respx.get("https://api.test/") % 418
    assert httpx.get("https://api.test/").status_code == 418

@pytest.mark.respx
def test_unused(respx_mock):
    respx_mock.get("https://api.test/")
"""


def test_a_suite_of_respx_runs_as_it_is(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import understudy; understudy.alias_httpx()\nimport respx\n")
    pytester.makepyfile(SUITE)

    result = pytester.runpytest_subprocess(*LEAN, "-p", "understudy.compat.respx", "--strict-markers")

    result.assert_outcomes(passed=6, errors=1)
    result.stdout.fnmatch_lines(["*some routes were not called!*"])


def test_beside_the_real_respx_the_plugin_refuses_to_guess(pytester: pytest.Pytester) -> None:
    pytester.mkpydir("respx")
    pytester.syspathinsert()

    result = pytester.runpytest_subprocess(*LEAN, "-p", "understudy.compat.respx")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*respx is installed here*uninstall respx*"])


@pytest.mark.anyio
async def test_the_transport_that_respx_has_deprecated_asks_a_router() -> None:
    router = respx.Router()
    router.get(BASE) % 204
    with pytest.warns(DeprecationWarning, match=r"httpx\.MockTransport\(router\.handler\)"):
        transport, bare = respx.transports.MockTransport(router=router), respx.transports.MockTransport()

    with Client(transport=transport) as client:
        assert client.get(BASE).status_code == 204
    async with AsyncClient(transport=transport) as asynchronous:
        assert (await asynchronous.get(BASE)).status_code == 204
    with pytest.raises(TypeError, match="no `handler`"):
        bare.handle_request(Request("GET", BASE))
    with pytest.raises(TypeError, match="no `async_handler`"):
        await bare.handle_async_request(Request("GET", BASE))


async def _pieces() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


@pytest.mark.anyio
async def test_streamed_bodies_are_read_before_they_are_matched() -> None:
    async with respx.mock() as api, AsyncClient() as client:
        api.post(BASE, content=b"ab") % 201

        assert (await client.post(BASE, content=_pieces())).status_code == 201


class Shown:
    """Counts how often it is shown."""

    times = 0

    def __repr__(self) -> str:
        type(self).times += 1
        return "shown"


def test_adding_a_route_does_not_take_apart_those_that_are_there() -> None:
    router = respx.MockRouter()
    router.get(BASE, params={"a": Shown()})
    router.get(BASE, params={"b": 0})
    shown = Shown.times

    for number in range(10):
        router.get(BASE, params={"b": number})

    assert Shown.times == shown
    assert len(router.routes) == 11


@respx.mock
def test_an_exception_that_is_raised_often_does_not_grow() -> None:
    respx.get(BASE).mock(side_effect=ConnectError("down"))

    lengths: list[int] = []
    for _ in range(3):
        with pytest.raises(ConnectError) as caught:
            understudy.get(BASE)
        lengths.append(len(caught.traceback))

    assert lengths == [lengths[0]] * 3


def test_json_that_is_nested_too_deeply_fits_nothing() -> None:
    assert not fits(json=[])("POST", content="[" * 100_000)
