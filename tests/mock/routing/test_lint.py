"""Routes that can never win are found from their definitions."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import pytest

from understudy import mock
from understudy.mock.routing.lint import covers, hides


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (mock.get("/a"), mock.get("/a")),
        (mock.route("*"), mock.get("https://a.test/x?y=1")),
        (mock.get("/**"), mock.get("/a/b/{c}")),
        (mock.get("/a/**"), mock.get("/a/{rest:path}")),
        (mock.get("/{x}"), mock.get("/{n:int}")),
        (mock.get("/{n:int}"), mock.get("/7")),
        (mock.get("/{n:int}"), mock.get("/{m:int}")),
        (mock.get("/a/**/z"), mock.get("/a/b/z")),
        (mock.route("GET,POST /a"), mock.post("/a")),
        (mock.get("https://*.test/"), mock.get("https://a.test/")),
        (mock.get("/", params={"a": "1"}), mock.get("/", params={"a": "1", "b": "2"})),
        (mock.get("/?a=1"), mock.get("/?a=1")),
        (mock.get("/", json__a=1), mock.get("/", json__a=1, headers={"x": "y"})),
    ],
    ids=repr,
)
def test_a_wider_route_covers_a_narrower_one(wide: mock.Route, narrow: mock.Route) -> None:
    assert covers(wide, narrow)
    assert hides(wide, narrow)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (mock.get("/a"), mock.route("/a")),
        (mock.get("/a"), mock.get("/b")),
        (mock.get("/a"), mock.get("/**")),
        (mock.get("/a/**"), mock.get("/**")),
        (mock.get("/{n:int}"), mock.get("/{x}")),
        (mock.get("/{n:int}"), mock.get("/a")),
        (mock.get("/a/{x}"), mock.get("/a")),
        (mock.get("/a/**/z"), mock.get("/a/**")),
        (mock.get("https://a.test/"), mock.get("/")),
        (mock.get("https://*.test/"), mock.get("https://a.example/")),
        (mock.get("https://*.test/"), mock.get("https://*.example/")),
        (mock.get("/?a=1"), mock.get("/", params={"a": "1"})),
        (mock.get("/", params={"a": mock.ANY}), mock.get("/", params={"a": "1"})),
        (mock.get("/", json__a=1), mock.get("/", json__a=2)),
        (mock.get("/", json__a=1), mock.get("/", json__b=1)),
        (mock.get("/", when=lambda request: True), mock.get("/", when=lambda request: True)),
    ],
    ids=repr,
)
def test_what_is_not_certain_is_not_reported(wide: mock.Route, narrow: mock.Route) -> None:
    assert not covers(wide, narrow)


@pytest.mark.parametrize(
    "first",
    [
        mock.get("/**", times=1),
        mock.get("/**", state="open"),
        mock.get("/**").respond(200).fall_through(),
        mock.get("/**", reply=lambda request: mock.NEXT),
    ],
)
def test_a_route_that_may_leave_requests_to_others_hides_nothing(first: mock.Route) -> None:
    assert not hides(first, mock.get("/a"))


@pytest.mark.parametrize(
    ("one", "two", "is_tied"),
    [
        (mock.get("/a", params={"p": "1"}), mock.get("/a", params={"q": "2"}), True),
        (mock.get("/a", params={"p": "1"}), mock.get("/a", params={"p": "2"}), False),
        (mock.get("/a", headers={"x": "1"}), mock.get("/a", params={"p": "2"}), True),
        (mock.get("/{x}/b"), mock.get("/a/{y}"), True),
        (mock.get("/{x}/b"), mock.get("/{y}/c"), False),
        (mock.get("/a", params={"p": "1"}), mock.post("/a", params={"q": "2"}), False),
        (mock.get("/a", params={"p": "1"}), mock.get("/a", params={"q": "2"}, priority=1), False),
        (mock.get("/a", params={"p": "1"}), mock.get("/a", params={"q": "2"}, times=2), False),
        (mock.get("/a", params__eq={"p": "1"}), mock.get("/a", params__eq={"q": "2"}), False),
        (mock.get("/a?p=1"), mock.get("/a?q=1"), False),
    ],
    ids=repr,
)
def test_routes_that_only_their_order_sets_apart_are_listed(one: mock.Route, two: mock.Route, is_tied: bool) -> None:
    router = mock.Router()
    router.add(one.copy(), two.copy())

    found = [line for line in router.lint() if "only their order decides" in line]

    assert bool(found) is is_tied
    assert not is_tied or found[0].startswith(f"{two.place}: {two.label} and {one.label} ({one.place}) answer some")


def test_where_the_order_is_meant_to_decide_there_are_no_ties() -> None:
    router = mock.Router(order="first")
    router.get("/a", params={"p": "1"})
    router.get("/a", params={"q": "2"})

    assert router.lint() == []
