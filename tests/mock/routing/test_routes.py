"""Routes: what they aim at, how often they answer, and what is wrong with them where it is written."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
import traceback
from typing import Any

import pytest

from understudy import URL as RealURL
from understudy import Client, Response, mock
from understudy.mock import ANY, RouteError, match

URL = "https://api.test"


def fits(route: mock.Route, method: str, url: str, **options: Any) -> bool:
    router = mock.Router(unmatched=404)
    router.add(route.respond(200))
    return Client(transport=router).request(method, url, **options).status_code == 200


@pytest.mark.parametrize(
    ("route", "method", "url"),
    [
        (mock.route("GET https://api.test/a"), "GET", f"{URL}/a"),
        (mock.route("get,head https://api.test/a"), "HEAD", f"{URL}/a"),
        (mock.route("GET|HEAD /a"), "HEAD", f"{URL}/a"),
        (mock.route("* https://api.test/*"), "PUT", f"{URL}/a/b"),
        (mock.route("*"), "PUT", "http://x.test/?a=1"),
        (mock.route("GET *"), "GET", "http://x.test/a"),
        (mock.route("//api.test/a"), "GET", "http://api.test/a"),
        (mock.route("//*/a"), "GET", "http://other.test/a"),
        (mock.route("https://*.test/a"), "GET", "https://a.b.test/a"),
        (mock.route("http://api.test:8080/a"), "GET", "http://api.test:8080/a"),
        (mock.route("/a?b=1&c="), "GET", f"{URL}/a?c=&b=1"),
        (mock.route("?b=1"), "GET", f"{URL}/a?b=1"),
        (mock.route(RealURL("https://api.test/a")), "GET", f"{URL}/a"),
        (mock.route(re.compile(r"/users/\d+$")), "GET", f"{URL}/users/7"),
        (mock.route(match(method="PUT") | match(path="/a")), "GET", f"{URL}/a"),
        (mock.route(lambda request: request.url.path == "/a"), "GET", f"{URL}/a"),
        (mock.route(url="https://api.test/a", method="GET"), "GET", f"{URL}/a"),
        (mock.route(path="/a/{b}"), "GET", f"{URL}/a/1"),
        (mock.route(method=["GET", "PUT"], host="api.test"), "PUT", URL),
        (mock.route(), "ANYTHING", URL),
        (mock.query("https://api.test/s"), "QUERY", f"{URL}/s"),
        (mock.put("/a"), "PUT", f"{URL}/a"),
        (mock.patch("/a"), "PATCH", f"{URL}/a"),
        (mock.delete("/a"), "DELETE", f"{URL}/a"),
        (mock.head("/a"), "HEAD", f"{URL}/a"),
        (mock.options("/a"), "OPTIONS", f"{URL}/a"),
    ],
    ids=repr,
)
def test_a_route_can_be_aimed_in_many_ways(route: mock.Route, method: str, url: str) -> None:
    assert fits(route, method, url)


def test_an_aimed_route_misses_the_rest() -> None:
    assert not fits(mock.get("/a"), "POST", f"{URL}/a")
    assert not fits(mock.route("https://api.test/a"), "GET", "http://api.test/a")
    assert not fits(mock.route("https://api.test/a"), "GET", "https://api.test:8443/a")
    assert not fits(mock.route("/a?b=1"), "GET", f"{URL}/a")
    assert not fits(mock.route(re.compile("^x")), "GET", f"{URL}/users/7")


def test_every_verb_of_a_router_makes_a_route_for_it() -> None:
    router = mock.Router(base_url=URL)
    client = Client(transport=router, base_url=URL)
    for verb in ("get", "post", "put", "patch", "delete", "head", "options", "query"):
        route = getattr(router, verb)(f"/{verb}", reply=200)

        assert client.request(verb.upper(), f"/{verb}").status_code == 200
        assert route.call_count == 1


def test_a_base_url_goes_before_paths_and_leaves_whole_urls_alone() -> None:
    router = mock.Router(base_url="https://api.test/v1/", unmatched=404)
    router.get("/users/{id}", reply="user")
    router.get("/", reply="root")
    router.get("https://other.test/", reply="other")
    router.post(reply="any post")
    client = Client(transport=router)

    assert client.get(f"{URL}/v1/users/7").text == "user"
    assert client.get(f"{URL}/v1/").text == "root"
    assert client.get("https://other.test").text == "other"
    assert client.post(f"{URL}/v1/anything/below").text == "any post"
    assert client.post(f"{URL}/v2").status_code == 404
    assert client.get("https://elsewhere.test/v1/users/7").status_code == 404


@pytest.mark.parametrize(
    ("make", "least", "most"),
    [
        (lambda route: route, 1, None),
        (lambda route: route.times(3), 3, 3),
        (lambda route: route.times((1, 2)), 1, 2),
        (lambda route: route.times([0, ANY]), 0, None),
        (lambda route: route.times(ANY), 1, None),
        (lambda route: route.once(), 1, 1),
        (lambda route: route.optional(), 0, None),
        (lambda route: route.never(), 0, 0),
    ],
)
def test_a_route_says_how_often_it_answers(make: Any, least: int, most: int | None) -> None:
    route = make(mock.get("/"))

    assert (route.least, route.most) == (least, most)


def test_a_route_shows_what_it_is_and_where_it_was_written() -> None:
    route = mock.get("https://api.test/a", name="a")

    assert re.fullmatch(r'<Route "a", no calls, tests/mock/routing/test_routes\.py:\d+>', repr(route))
    assert route.label == '"a"'
    assert mock.route("GET,HEAD /a").label == "GET,HEAD /a"
    assert mock.get("/a").label == "GET /a"
    assert mock.route(method="GET").label == "GET"
    assert mock.route().label == "any request"
    assert mock.get("/a", place=mock.Place("shop.yaml", 3)).place.line == 3


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: mock.get(""), "a target is empty"),
        (lambda: mock.get("users"), "'users' is neither a URL nor a path: write 'https://users' or '/users'"),
        (lambda: mock.route("GET"), "'GET' is a method without a URL: write 'GET *'"),
        (lambda: mock.route("G@T /a"), "starts with 'G@T', which is no method"),
        (lambda: mock.get("/a b"), "has a blank in its URL: write %20"),
        (lambda: mock.route("GET /a b"), "has a blank in its URL: write %20"),
        (lambda: mock.get("/a#b"), "has a fragment"),
        (lambda: mock.get("https:///a"), "has no host"),
        (lambda: mock.get("https://a.test:http/"), "has the port 'http'"),
        (lambda: mock.get("https://a.test:99999/"), "has the port '99999'"),
        (lambda: mock.get("https://u:p@a.test/"), "use `auth=(user, password)`"),
        (lambda: mock.get("https://a b.test/"), "has a blank in its URL: write %20"),
        (lambda: mock.get("/a?x={n}"), "a template in its query"),
        (lambda: mock.get("/{id:imt}"), "did you mean {id:int}?"),
        (lambda: mock.get(5), "a target is text, a URL, a compiled regular expression or a matcher"),
        (lambda: mock.get("POST /a"), "the method is said twice"),
        (lambda: mock.get("/a", path="/b"), "`path` is said twice"),
        (lambda: mock.get("https://a.test/", host="b.test"), "`host` is said twice"),
        (lambda: mock.get("/a", tmes=2), "unknown field 'tmes' in `tmes=`, did you mean 'times'?"),
        (lambda: mock.get("/a", times=-1), "`times` takes a number of calls"),
        (lambda: mock.get("/a", times=(3, 1)), "`times` takes (at least, at most)"),
        (lambda: mock.get("/a", times="2"), "`times` takes a number of calls"),
        (lambda: mock.get("/a", times=True), "`times` takes a number of calls"),
        (lambda: mock.get("/a", priority="high"), "`priority` takes a whole number"),
        (lambda: mock.get("/a", state=5), "`state` takes 'open'"),
        (lambda: mock.get("/a", state="a -> b -> c"), "is no change of state"),
        (lambda: mock.get("/a", state="a ->"), "is no change of state"),
        (lambda: mock.get("/a", state="a > b"), "is no change of state"),
        (lambda: mock.get("/a", state="a => b"), "is no change of state"),
        (lambda: mock.get("/a", state={"x": ""}), "a state is text"),
        (lambda: mock.get("/a").respond("404"), "a status is a number, and '404' is text: write 404, or text='404'"),
        (lambda: mock.get("/a").respond().then("503"), "a status is a number"),
        (lambda: mock.get("/a").respond(content={"a": 1}), "say JSON with json=, not {'a': 1}"),
        (lambda: mock.Router(base_url="/v1"), "`base_url` takes a URL"),
        (lambda: mock.Router(base_url="GET https://a.test"), "`base_url` takes a URL"),
        (lambda: mock.Router(order="random"), "`order` is one of specific, first"),
        (lambda: mock.Router(unmatched="passs"), "`unmatched` is 'error', 'pass'"),
        (lambda: mock.Router(fallback=5), "`fallback` takes a transport"),
        (lambda: mock.Router(clock=5), "`clock` is 'virtual', 'real'"),
    ],
)
def test_whatever_is_wrong_with_a_route_fails_where_it_is_written(write: Any, message: str) -> None:
    with pytest.raises(RouteError, match=re.escape(message)):
        write()


def test_respx_spellings_are_valid() -> None:
    route = mock.route(
        method="POST", host="api.test", path__regex=r"^/v\d", params__contains={"a": "1"}, json__a__0__b=2
    )

    assert fits(route, "POST", f"{URL}/v1?a=1", json={"a": [{"b": 2}]})


def answers(router: mock.Router, count: int) -> list[int]:
    with Client(transport=router) as client:
        return [client.get(f"{URL}/a").status_code for _ in range(count)]


def test_replies_that_are_said_later_begin_with_the_first() -> None:
    router = mock.Router(base_url=URL)
    route = router.get("/a").respond(200)

    asked = answers(router, 2)
    route.respond(503).then(429)
    asked += answers(router, 3)
    route.reply([500, 200]).fall_through()
    asked += answers(router, 2)

    assert asked == [200, 200, 503, 429, 429, 500, 200]
    assert route.is_exhausted
    router.reset()
    assert answers(router, 1) == [500]


def test_replies_are_said_as_in_respx_too() -> None:
    router = mock.Router(base_url=URL)
    route = router.get("/a")

    route.return_value = Response(404)
    asked = answers(router, 1)
    route.side_effect = [503, Response(200)]
    asked += answers(router, 2)

    assert asked == [404, 503, 200]


@pytest.mark.parametrize(
    ("make", "name", "told"),
    [
        (mock.Router, "add_response", r"a Router has no 'add_response': write `router\.route\(\.\.\.\)\.respond"),
        (mock.Router, "gte", "a Router has no 'gte', did you mean 'get'?"),
        (lambda: mock.Router().calls, "assert_called_once", r"a Calls has no .*: write `calls\.assert_one\(\)`"),
        (lambda: mock.get(URL), "assert_not_called", r"has no .*: write `route\.calls\.assert_none\(\)`"),
        (lambda: mock.get(URL), "return_value", r"has no 'return_value': write `route\.respond"),
        (mock.Router, "xyzzy_xyzzy", "a Router has no 'xyzzy_xyzzy'$"),
        (mock.Router, "__wrapped__", "'Router' object has no attribute '__wrapped__'"),
    ],
)
def test_what_has_another_name_elsewhere_says_its_name_here(make: Any, name: str, told: str) -> None:
    with pytest.raises(AttributeError, match=told):
        getattr(make(), name)


def test_a_name_that_is_said_to_be_meant_stands_alone() -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(mock.Router(), "gett")  # noqa: B009 - a type checker would find it as an attribute

    # Python adds what it takes to be meant itself, when it shows such an error.
    shown = traceback.format_exception_only(caught.type, caught.value)
    assert shown == ["AttributeError: a Router has no 'gett', did you mean 'get'?\n"]
