"""Routes that can never win are found from their definitions."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import pytest

from understudy import mock
from understudy.mock.lint import covers, hides


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
