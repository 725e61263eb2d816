"""Explaining a choice: who would answer, in which order routes are asked, and why the others do not."""

from __future__ import annotations

import pytest

from understudy import Client, Request, mock


@pytest.fixture
def router() -> mock.Router:
    router = mock.Router(base_url="https://api.test/v1")
    router.get("/users/{id}", name="anybody").respond(404)
    router.get("/users/{id:int}", name="by number").respond(json={})
    router.get("/users/{id:int}", name="with a key", headers={"x-api-key": "t0psecret"}).respond(204)
    router.get("/users/7", name="once", times=1).respond(text="seven")
    return router


def verdicts(text: str) -> dict[str, str]:
    lines = text.splitlines()[2:]
    return {lines[place].split('"')[1]: lines[place + 1].strip() for place in range(0, len(lines), 2)}


def test_a_choice_is_explained_in_the_order_in_which_routes_are_asked(router: mock.Router) -> None:
    text = router.explain("GET /users/7?token=t0psecret")

    assert text.splitlines()[0].startswith(
        'GET https://api.test/v1/users/7?token=[secure] is answered by "once"   tests/mock/routing/test_explaining.py:'
    )
    assert text.splitlines()[2].endswith("   3+0 segments, host, 5 fields, 5 values")
    assert verdicts(text) == {
        "once": "answers: 200",
        "with a key": "does not fit: headers x-api-key=[secure]",
        "by number": "fits as well, and is asked later",
        "anybody": "fits as well, and is asked later",
    }
    assert "t0psecret" not in text
    assert not router.called


def test_what_is_used_up_says_so(router: mock.Router) -> None:
    with Client(transport=router) as client:
        client.get("https://api.test/v1/users/7")

    found = verdicts(router.explain(Request("GET", "https://api.test/v1/users/7")))

    assert found["once"].startswith("leaves it to others: used 1 of 1")
    assert found["by number"] == "answers: 200"
    assert router.call_count == 1


def test_a_request_without_a_route_gets_its_report(router: mock.Router) -> None:
    assert router.explain("/nobody").startswith("no route answers GET https://api.test/v1/nobody\n")
    assert router.miss_count == 0


def test_priority_prohibition_and_bodies_count() -> None:
    router = mock.Router()
    router.post("/orders", json={"a": 1}, priority=3).never()
    for _ in range(30):
        router.post("/orders").times(1)

    text = router.explain("POST /orders", json={"a": 1})

    assert "   priority 3, 1+0 segments, no host, " in text
    assert "     refuses: it must never be called" in text
    assert text.endswith("  ... and 11 more")
