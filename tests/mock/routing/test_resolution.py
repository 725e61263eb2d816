"""Which of several routes answers."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from understudy import Client, Request, mock
from understudy.mock import RouteWarning

URL = "https://api.test"


def answers(router: mock.Router, *paths: str) -> list[str]:
    client = Client(transport=router)
    return [client.get(URL + path).text for path in paths]


@pytest.mark.parametrize("reverse", [False, True])
def test_the_more_specific_route_wins_in_both_orders_of_registration(reverse: bool) -> None:
    script: list[tuple[Any, str]] = [
        ("*", "any"),
        ("/users/**", "below"),
        ("/users/{id}", "one"),
        ("/users/me", "me"),
        (f"{URL}/users/me", "me there"),
        (f"{URL}/users/me?full=1", "me there in full"),
    ]
    router = mock.Router()
    for target, text in reversed(script) if reverse else script:
        router.get(target, reply=text)

    assert answers(router, "/x", "/users/a/b", "/users/7", "/users/me", "/users/me?full=1") == [
        "any",
        "below",
        "one",
        "me there",
        "me there in full",
    ]
    assert str(router.routes[0].specificity)


def test_a_rest_may_be_nothing_and_a_hole_wants_its_kind() -> None:
    router = mock.Router()
    router.get("/files/**", reply="files")
    router.get("/days/{other}", reply="no day")
    router.get("/days/{day:date}", reply="a day")
    router.get("/search", params__eq={"page": mock.ANY}, reply="a page")

    assert answers(router, "/files", "/files/a/b", "/days/2026-11-29", "/days/2026-13-29", "/search?page=7") == [
        "files",
        "files",
        "a day",
        "no day",
        "a page",
    ]


def test_of_equally_specific_routes_the_latest_wins() -> None:
    router = mock.Router()
    router.get("/users/{id}", reply="first")
    router.get("/users/{name}", reply="second")

    assert answers(router, "/users/7") == ["second"]


def test_priority_goes_before_specificity() -> None:
    router = mock.Router()
    router.get("/users/me", reply="exact")
    router.get("/users/**", reply="maintenance", priority=1)

    assert answers(router, "/users/me") == ["maintenance"]


def test_a_route_that_is_used_up_leaves_requests_to_others() -> None:
    router = mock.Router()
    router.get("/a", reply="always")
    router.get("/a", reply="twice", times=2)

    assert answers(router, "/a", "/a", "/a") == ["twice", "twice", "always"]


def test_the_same_route_again_replaces_the_first_which_then_is_not_missed() -> None:
    with mock.Router() as router:
        first = router.get("/a", reply="first")
        second = router.get("/a", reply="second")

        assert Client().get(f"{URL}/a").text == "second"

    assert first.replaced_by is second
    assert "is replaced by the same at" in router.lint()[0]


def test_routes_that_only_look_the_same_do_not_replace_each_other() -> None:
    router = mock.Router()
    router.route(mock.match(headers={"authorization": "Bearer a"}), reply="a")
    router.route(mock.match(headers={"authorization": "Bearer b"}), reply="b")
    for number in range(20):  # matchers that nobody keeps: one may lie where another one lay
        router.get("/", mock.match(params={"n": str(number)}), reply=str(number))
    client = Client(transport=router)

    assert client.get(f"{URL}/c", headers={"authorization": "Bearer a"}).text == "a"
    assert [client.get(URL, params={"n": number}).text for number in range(20)] == list(map(str, range(20)))
    assert all(route.replaced_by is None for route in router)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("specific", ["exact", "exact", "exact"]),
        ("first", ["any", "any", "any"]),
        ("last", ["exact", "exact", "exact"]),
        ("queue", ["any", "exact", "exact"]),
    ],
)
@pytest.mark.filterwarnings("ignore::understudy.mock.RouteWarning")
def test_the_order_of_a_router_can_be_that_of_registration(order: str, expected: list[str]) -> None:
    router = mock.Router(order=order)
    router.get("/**", reply="any")
    router.get("/a", reply="exact")

    assert answers(router, "/a", "/a", "/a") == expected


def test_a_strict_router_wants_requests_in_the_order_of_its_routes() -> None:
    router = mock.Router(order="strict")
    router.get("/a", reply="a", times=1)
    router.get("/b", reply="b", optional=True)
    router.get("/c", reply="c", times=1)
    client = Client(transport=router)

    with pytest.raises(mock.UnmatchedRequest):
        client.get(f"{URL}/c")
    assert answers(router, "/a", "/c") == ["a", "c"]


def test_a_router_finds_its_way_among_many_routes() -> None:
    router = mock.Router()
    for number in range(800):
        router.get(f"{URL}/things/{number}", reply=str(number))
        router.get(f"{URL}/search?page={number}", reply=f"page {number}")
        router.get(f"https://host{number}.test/", reply=f"host {number}")

    client = Client(transport=router)

    assert client.get(f"{URL}/things/799").text == "799"
    assert client.get(f"{URL}/search?page=234").text == "page 234"
    assert client.get("https://host17.test").text == "host 17"


def test_counts_are_exact_when_many_threads_call() -> None:
    router = mock.Router(keep=100)
    route = router.get("/a", reply=200)
    limited = router.get("/a", reply=201, times=50)

    def work() -> None:
        client = Client(transport=router)
        for _ in range(25):
            client.get(f"{URL}/a")

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (limited.call_count, route.call_count, router.call_count) == (50, 350, 400)
    assert len(list(router.calls)) == 100


def test_a_route_that_can_never_win_is_told_at_its_own_line() -> None:
    router = mock.Router(order="first")
    router.get("/users/**", reply="all")
    router.get("/users/me", reply="me", place=mock.Place("shop.yaml", 7))

    with pytest.warns(RouteWarning, match="/users/me can never answer: GET /users/\\*\\*") as caught:
        answers(router, "/users/me")

    assert (caught[0].filename, caught[0].lineno) == ("shop.yaml", 7)


def test_a_later_override_is_no_mistake() -> None:
    router = mock.Router()
    router.get("/users/me", reply="me")
    router.get("/users/**", reply="all", priority=1)

    assert answers(router, "/users/me") == ["all"]
    assert "GET /users/me can never answer" not in "".join(router.lint()) or router.routes[0].used == 0


def test_reset_forgets_calls_and_states_and_keeps_the_routes() -> None:
    router = mock.Router()
    router.get("/a", reply="once", times=1, state="new -> old")
    assert answers(router, "/a") == ["once"]

    router.reset()

    assert answers(router, "/a") == ["once"]
    assert router.call_count == 1


def test_a_matcher_may_send_a_request_and_add_a_route() -> None:
    answers: list[int] = []

    def is_known(request: Request) -> bool:
        router.get("https://auth.test/", reply=204)
        return Client(transport=router).get("https://auth.test/").status_code == 204

    router = mock.Router()
    router.get("https://api.test/", when=is_known)

    # In a thread, so that the test ends where they wait for each other.
    thread = threading.Thread(
        target=lambda: answers.append(Client(transport=router).get("https://api.test/").status_code), daemon=True
    )
    thread.start()
    thread.join(10)

    assert answers == [200]
