"""The report of a miss: complete, bounded, without secrets, and never an exception itself."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from understudy import Client, Request, Response, UnsupportedProtocol, mock, request
from understudy.mock import ABSENT, ANY

URL = "https://api.test"


def report(router: mock.Router, method: str, url: str, **options: Any) -> str:
    with pytest.raises(mock.UnmatchedRequest) as caught:
        Client(transport=router).request(method, url, **options)
    return str(caught.value)


def test_a_report_judges_every_criterion_of_the_closest_routes() -> None:
    router = mock.Router(base_url=URL)
    router.post(
        "/shops/{shop}/orders",
        name="create order",
        place=mock.Place("shop.yaml", 14),
        headers={"x-key": re.compile("^[a-f]+$")},
        params={"dry": ABSENT},
        json__has={"currency": "EUR"},
        json__items__0__qty__gte=1,
    )

    text = report(
        router,
        "POST",
        f"{URL}/shops/acme/order?dry=1",
        headers={"x-key": "abc"},
        json={"currency": "USD", "items": [{"qty": "2"}]},
    )

    lines = text.split("\n")
    assert lines[0] == "no route answers POST https://api.test/shops/acme/order?dry=1"
    assert re.fullmatch(r"  called at tests/mock/routing/test_misses\.py:\d+ in report\(\)", lines[1])
    assert lines[3:] == [
        'closest: "create order"   shop.yaml:14   5 of 9 hold',
        "  ok  method POST, scheme https, host api.test, port 443, headers x-key=/^[a-f]+$/",
        "  NO  path: want /shops/{shop}/orders, got /shops/acme/order   (segment 3 differs)",
        "  NO  params dry: want nothing, got '1'",
        "  NO  json $.currency: want 'EUR', got 'USD'",
        "  NO  json $.items[0].qty: want at least 1, got '2'",
        "",
        "to answer it, write in shop.yaml, under `routes:`",
        "  - POST https://api.test/shops/acme/order?dry=1: {json: {}}",
    ]


@pytest.mark.parametrize(
    ("target", "asked", "note"),
    [
        ("/users", "/users/", "they differ only by the slash at the end"),
        ("/Users", "/users", "they differ only by case"),
        ("/a/b", "/a/c", "segment 2 differs"),
        ("/A/b", "/a/c", "segment 1 differs"),
        ("/users/:id", "/users/7", "segment 2 differs; a hole is written {name}"),
        ("/users/<int:id>", "/users/7", "segment 2 differs; a hole is written {name}"),
        ("/a/{x}", "/a", "1 segment, not 2"),
        ("/a/{x}", "/a/b/c", "3 segments, not 2"),
        ("/{x}/a", "/b", "1 segment, not 2"),
        ("/v1/users/{id:int}", "/v1/v1/users/7", "the request has /v1 twice"),
        ("/users/{id:int}", "/v1/users/7", "the request has /v1 before it"),
        ("/users", "/api/v1/users", "the request has /api/v1 before it"),
        ("/v1/v1/users", "/v1/users", "the route has /v1 twice"),
        ("/api/users", "/users", "the route has /api before it"),
        ("/a/{x}", "/a/", "segment 2 is empty"),
        ("/a/{x:int}", "/a/b", "segment 2 is no int"),
        ("/{x}/{day:date}", "/a/2026-99-99", "segment 2 is no date"),
        ("/{x:[0-9]+}", "/a", "segment 1 does not fit"),
        ("/{x}-{y:int}", "/a-b", "segment 1 does not fit"),
        ("/a/**", "/b", "got /b"),
    ],
)
def test_a_report_says_what_is_different_about_paths_that_look_alike(target: str, asked: str, note: str) -> None:
    router = mock.Router()
    router.get(target)

    assert note in report(router, "GET", URL + asked)


def never(request: Request) -> bool:
    return False


@pytest.mark.parametrize(
    ("criterion", "line"),
    [
        ({"json__count__ne": 3}, "json $.count: want not 3, got 3"),
        ({"json__count__in": [1, 2]}, "json $.count: want one of 1, 2, got 3"),
        ({"json__sizes__any": 1}, "json $.sizes: want some item 1, got [2]"),
        ({"json__sizes__all": 1}, "json $.sizes[0]: want 1, got 2"),
        ({"json__jsonpath": ("$.nothing", 1)}, "json: want at $.nothing 1, got nothing   (nothing at $.nothing)"),
        ({"json__nothing__gte": 3}, "json $.nothing: want at least 3, got nothing"),
        ({"when": never}, "when: want never() to say yes, got False"),
    ],
)
def test_a_report_says_each_lookup_in_words(criterion: dict[str, Any], line: str) -> None:
    router = mock.Router()
    router.post("/", **criterion)

    assert f"  NO  {line}" in report(router, "POST", URL, json={"count": 3, "sizes": [2]}).split("\n")


def test_a_report_says_in_words_what_holds() -> None:
    router = mock.Router()
    router.post("/", params={}, json__sizes__all=2, json__jsonpath="$.count", json__count__in=[3], json__count__ne=3)

    text = report(router, "POST", URL, json={"count": 3, "sizes": [2]})

    for words in ("params none at all", "every item 2", "json at $.count present", "json $.count one of 3"):
        assert words in text


def test_the_closest_route_is_the_one_with_the_fewest_differences() -> None:
    router = mock.Router()
    router.post("/", json={"a": 0, "b": 0, "c": 3}, name="far")
    router.post("/", json={"a": 1, "b": 2, "c": 0}, name="near")
    router.post("/", json={"a": 0, "b": 0, "c": 0}, name="farther")

    assert 'closest of 3 routes: "near"' in report(router, "POST", URL, json={"a": 1, "b": 2, "c": 3})


def test_a_body_that_is_asked_for_instead_of_given_is_told_apart() -> None:
    router = mock.Router()
    router.get(f"{URL}/users", json={"id": 1})

    assert report(router, "GET", f"{URL}/users").split("\n")[5:7] == [
        "  NO  json: want {'id': 1}, got nothing   (there is no body)",
        "      `json=` of a route is what the request must have; `.respond(json=...)` is what it gets",
    ]
    assert "is what it gets" not in report(router, "GET", f"{URL}/users", json={"id": 2})


def test_a_report_without_routes_says_so() -> None:
    assert "there are no routes at all; `mock.get(...)` by itself adds none" in report(mock.Router(), "GET", URL)


@pytest.mark.parametrize("url", ["/orders", "api.test/orders", "api.test:8000/orders"])
def test_a_request_without_scheme_is_told_so_and_no_route_is_proposed(url: str) -> None:
    text = report(mock.Router(), "GET", url)
    with pytest.raises(UnsupportedProtocol, match=f"has no scheme.*'{url}'"):
        Client(transport=mock.Router(unmatched=404)).get(url)

    assert text.endswith(
        "\nno route could answer it: the URL has no scheme: write http:// or https://, or give the client a `base_url`"
    )


def test_a_report_shows_what_kept_a_fitting_route_from_answering() -> None:
    router = mock.Router()
    router.get("/once", reply=200, times=1)
    router.get("/paid", state="paid")
    router.post("/pay", state="open -> paid")
    client = Client(transport=router)
    client.get(f"{URL}/once")

    assert "NO  used 1 of 1, last at tests/mock/routing/test_misses.py" in report(router, "GET", f"{URL}/once")
    assert "NO  state must be 'open', and is 'paid'" in report(router, "POST", f"{URL}/pay")


def test_a_report_leaves_out_what_is_far_away_and_counts_it() -> None:
    router = mock.Router()
    router.get("https://api.test/users")
    router.post("https://elsewhere.test/completely/different")

    text = report(router, "GET", f"{URL}/user")

    assert "closest of 2 routes: GET https://api.test/users" in text
    assert "elsewhere" not in text


def test_a_report_is_bounded_however_large_the_request_is() -> None:
    router = mock.Router()
    router.post("/", json={str(number): number for number in range(1_000)}, headers={"x-long": "y" * 10_000})

    text = report(
        router, "POST", f"{URL}/", json={str(number): "x" * 1_000 for number in range(1_000)}, headers={"x-long": "z"}
    )

    assert "... and 994 more in json" in text
    assert len(text) < 4_000


def test_a_report_masks_secrets_of_both_sides() -> None:
    router = mock.Router()
    router.post(
        "/",
        headers={"authorization": "Bearer wanted-s3cret", "x-api-key": "wanted-s3cret"},
        params={"access_token": "wanted-s3cret"},
        cookies={"sid": "wanted-s3cret"},
        json__has={"user": {"password": "wanted-s3cret"}},
        auth="Bearer wanted-s3cret",
        form={"client_secret": "wanted-s3cret"},
    )

    text = report(
        router,
        "POST",
        "https://ada:s3cret@api.test/?access_token=s3cret",
        headers={"authorization": "Bearer s3cret", "x-api-key": "s3cret", "cookie": "sid=s3cret"},
        json={"user": {"password": "s3cret"}},
    )

    assert "s3cret" not in text
    assert "(they differ, and are not shown)" in text


def test_routes_and_calls_show_no_secrets() -> None:
    router = mock.Router()
    route = router.get("https://api.test/?token=s3cret", headers={"authorization": "Bearer s3cret"})
    Client(transport=router).get("https://api.test/?token=s3cret", headers={"authorization": "Bearer s3cret"})

    shown = f"{route!r} {router!r} {router.calls!r} {router.calls.last!r}"

    assert "Bearer" not in shown
    assert "token=s3cret" not in repr(route)
    assert mock.route("https://api.test/?token=s3cret").label == "https://api.test/?token=[secure]"


def test_a_report_masks_secrets_of_criteria_that_hold_and_of_the_url() -> None:
    router = mock.Router()
    router.get(
        "/a",
        headers={"authorization": "Basic czNjcmV0OnMzY3JldA=="},
        params={"token": "s3cret"},
        params__api_key__startswith="s3cret",
        extensions={"password": "s3cret", "user": {"keys": [{"api_key": "s3cret"}]}},
        extensions__secret__regex="s3cret",
    )

    text = report(
        router,
        "GET",
        "https://s3cret:s3cret@api.test/b?token=s3cret&api_key=s3cret",
        extensions={"password": "s3cret", "secret": "s3cret", "user": {"keys": [{"api_key": "s3cret"}]}},
    )

    assert "s3cret" not in text
    assert "czNjcmV0" not in text
    # A route for the masks would answer nothing; this one can be pasted.
    assert 'router.get("https://api.test/b").respond()' in text


class Hostile:
    """Breaks whatever touches it."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("do not compare me")

    def __repr__(self) -> str:
        raise RuntimeError("do not show me")

    __hash__ = None  # type: ignore[assignment]  # only compared


def test_a_report_survives_matchers_that_break() -> None:
    router = mock.Router()
    router.get("/a", headers={"x": Hostile()}, when=lambda request: 1 / 0)

    text = report(router, "GET", f"{URL}/b", headers={"x": "1"})

    assert "RuntimeError" in text
    assert "ZeroDivisionError" in text


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from([ANY, ABSENT, int]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@examples(60)
@given(
    want=values,
    content=st.binary(max_size=30),
    header=st.text("abc;=,/", max_size=12),
    path=st.text("ab%/{}", max_size=8),
    kind=st.sampled_from(
        ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "a;b"]
    ),
)
def test_no_request_and_no_route_make_a_report_fail(
    want: object, content: bytes, header: str, path: str, kind: str
) -> None:
    router = mock.Router()
    router.post("/a", json=want, headers={"x": header}, cookies={"a": "1"})
    router.post("/a/{b}", form={"a": ANY}, files={"f": ANY}, graphql="X")
    router.post("/", content=content, text__contains="a", xml__exists=True, name="n", times=(0, 3))
    router.route("PUT //*.test/**", extensions={"a": want}, auth=("a", "b"))

    with pytest.raises(mock.UnmatchedRequest) as caught:
        Client(transport=router).post(
            f"{URL}/x/{path.strip('/')}/y",
            content=content,
            headers={"x": header.strip(), "content-type": kind, "cookie": header.strip()},
        )

    assert "its report could not be made" not in str(caught.value)
    assert str(caught.value).startswith("no route answers POST")


ADVISED = {
    "router": "with mock.Router(base_url='https://api.test') as router:\n    {advice}\n    send()",
    "@mock": "{advice}\n@mock.get('https://other.test/', optional=True).respond()\ndef test():\n    send()\ntest()",
    "with mock": "with mock.get('https://other.test/', optional=True).respond():\n    {advice}\n        send()",
}


@pytest.mark.parametrize("written_as", ADVISED)
@pytest.mark.parametrize(
    ("method", "options"),
    [("GET", {}), ("POST", {"json": {"a": 1}}), ("PROPFIND", {"headers": {"accept": "text/json"}})],
)
def test_what_to_write_is_what_answers_the_request(method: str, options: dict[str, Any], written_as: str) -> None:
    answers: list[Response] = []

    def send() -> None:
        answers.append(request(method, f"{URL}/users/7?page=2", **options))

    code = ADVISED[written_as]
    names = {"mock": mock, "send": send}
    with pytest.raises(mock.UnmatchedRequest) as caught:
        exec(code.format(advice="if True:" if written_as == "with mock" else ""), names)
    advice = str(caught.value).rpartition("write\n  ")[2]

    exec(code.format(advice=advice), names)

    assert advice.startswith(f"{written_as}.")
    assert [answer.status_code for answer in answers] == [200]


def test_what_to_write_is_python_where_the_closest_route_is() -> None:
    router = mock.Router()
    router.route("GET /other/far/away", place=mock.Place("routes.yml", 3)).optional()
    router.get(f"{URL}/users").optional()

    assert report(router, "GET", f"{URL}/user").endswith(f'write\n  router.get("{URL}/user").respond()')
    told = report(router, "GET", f"{URL}/other/far/awai")
    assert told.endswith(f"write in routes.yml, under `routes:`\n  - GET {URL}/other/far/awai: 200")


@pytest.mark.parametrize(
    ("criteria", "sent", "line"),
    [
        ({"json": {"a": "1"}}, {"data": {"a": "1"}}, "got {'a': '1'}   (the body is a form, not JSON)"),
        ({"json": 1}, {"content": "<a/>", "headers": {"Content-Type": "text/xml"}}, "(the body is text/xml, not JSON)"),
        ({"json": {"a": 1}}, {"content": "{'a': 1}"}, "(the body is not JSON: Expecting property name enclosed in"),
        ({"json": 1}, {"content": "[" * 100_000}, "(the body is not JSON: "),
        ({"graphql": "Q"}, {"content": "Q"}, "(the body is not GraphQL)"),
        ({"form": {"a": "1"}}, {"json": {"a": "1"}}, "form a: want '1', got nothing   (the body is application/json)"),
        ({"form": {"a": "1"}}, {"content": "a=1"}, "form a: want '1', got nothing   (the body is of no type)"),
        ({"form": {"a": "1"}}, {}, "form a: want '1', got nothing   (there is no body)"),
        ({"form": {"a": "1"}}, {"data": {"b": "1"}}, "form a: want '1', got nothing"),
        ({"files": {"doc": b"1"}}, {"files": {"file": b"1"}}, "files doc: want b'1', got nothing   (there is 'file')"),
        ({"params": {"page_size": 9}}, {"params": {"pageSize": 9}}, "got nothing   (there is 'pageSize')"),
        ({"headers": {"X-Key": ANY}}, {"headers": {"X-Keys": "1"}}, "want anything, got nothing   (there is 'x-keys')"),
    ],
)  # fmt: skip
def test_a_report_says_what_there_is_in_the_place_of_what_is_missing(
    criteria: dict[str, Any], sent: dict[str, Any], line: str
) -> None:
    router = mock.Router()
    router.post("/", **criteria)

    assert line in report(router, "POST", URL, **sent)


@pytest.mark.parametrize(
    ("criteria", "sent", "lines"),
    [
        (
            {"json": {"text": "x" * 500 + "abc" + "y" * 500}},
            {"json": {"text": "x" * 500 + "abd" + "y" * 500}},
            [
                "want …'xxxxxxxxxxxxxxxxxxabcyyy",
                "got  …'xxxxxxxxxxxxxxxxxxabdyyy",
                "(they differ from character 502 on)",
            ],
        ),
        (
            {"content": b"x" * 200},
            {"content": b"x" * 150},
            ["want …b'" + "x" * 70 + "'", "got  …b'" + "x" * 20 + "'", "(they differ from byte 150 on)"],
        ),
        ({"text": "x" * 40 + "a"}, {"content": "x" * 40 + "b"}, [f"want '{'x' * 40}a'", f"got  '{'x' * 40}b'"]),
    ],
)
def test_a_report_shows_where_two_long_texts_differ(
    criteria: dict[str, Any], sent: dict[str, Any], lines: list[str]
) -> None:
    router = mock.Router()
    router.post("/", **criteria)

    text = report(router, "POST", URL, **sent)

    assert [line for line in lines if line not in text] == []


def test_a_report_masks_secrets_wherever_they_stand() -> None:
    router = mock.Router()
    router.post("/", auth=("ada", "wanted-s3cret"), json={"passwords": "-", "password": ["wanted-s3cret"]})
    router.post("/", json__password__0="wanted-s3cret", auth__ne="x")

    said = {"password": ["s3cret"], "token": "s3cret"}

    assert "s3cret" not in report(router, "POST", URL, auth=("ada", "s3cret"), json=said)
    assert "s3cret" not in report(router, "POST", URL, auth=("eva", "s3cret"), data=said)
    assert "auth 0: want 'ada', got 'eva'" in report(router, "POST", URL, auth=("eva", "s3cret"), data=said)
