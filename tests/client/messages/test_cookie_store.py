"""The store: in bounds, in order, and without what has expired."""

from __future__ import annotations

import time

import pytest

from understudy.client.messages.cookie_store import MOST_COOKIES, MOST_PER_DOMAIN, CookieStore
from understudy.client.messages.set_cookie import Cookie, Target
from understudy.client.urls import URL


def cookie(name: str, value: str = "x", domain: str = "example.org", **flags: object) -> Cookie:
    return Cookie(name, value, domain=domain, **flags)  # type: ignore[arg-type]  # shorthand for this page


def names(store: CookieStore, url: str, now: float = 0, *, scoped_only: bool = False) -> list[str]:
    return [found.name for found in store.for_target(Target(URL(url)), now, scoped_only=scoped_only)]


def test_cookies_go_to_their_domain_and_below_or_to_their_host_only() -> None:
    store = CookieStore()
    store.add(cookie("wide"), 0)
    store.add(cookie("narrow", host_only=True), 0)
    store.add(cookie("below", domain="www.example.org"), 0)
    store.add(cookie("everywhere", domain=""), 0)

    assert names(store, "http://example.org/") == ["wide", "narrow", "everywhere"]
    assert names(store, "http://www.example.org:8080/") == ["wide", "below", "everywhere"]
    assert names(store, "http://notexample.org/") == ["everywhere"]
    assert names(store, "http://notexample.org/", scoped_only=True) == []


def test_a_host_with_a_dot_at_its_end_is_another_host() -> None:
    store = CookieStore()
    store.add(cookie("a"), 0)
    store.add(cookie("everywhere", domain=""), 0)

    assert names(store, "http://example.org./") == ["everywhere"]


def test_an_address_is_only_itself() -> None:
    store = CookieStore()
    store.add(cookie("part", domain="0.0.1"), 0)
    store.add(cookie("whole", domain="127.0.0.1"), 0)
    store.add(cookie("six", domain="::1"), 0)

    assert names(store, "http://127.0.0.1/") == ["whole"]
    assert names(store, "http://[::1]/") == ["six"]


def test_secure_cookies_go_to_secure_places() -> None:
    store = CookieStore()
    store.add(cookie("a", secure=True), 0)
    store.add(cookie("b", domain="localhost", secure=True), 0)

    assert names(store, "http://example.org/") == []
    assert names(store, "https://example.org/") == names(store, "wss://example.org/") == ["a"]
    assert names(store, "http://localhost/") == ["b"]


def test_longer_paths_come_first_and_then_older_cookies() -> None:
    store = CookieStore()
    for name, path in (("c", "/"), ("b", "/a"), ("a", "/a/b"), ("d", "/"), ("no", "/x")):
        store.add(cookie(name, path=path), 0)

    assert names(store, "http://example.org/a/b") == ["a", "b", "c", "d"]


def test_a_cookie_that_replaces_another_keeps_its_place() -> None:
    store = CookieStore()
    store.add(cookie("a", "1"), 0)
    store.add(cookie("b", "2"), 0)

    store.add(cookie("a", "3"), 0)

    found = store.for_target(Target(URL("http://example.org/")), 0)
    assert [(one.name, one.value) for one in found] == [("a", "3"), ("b", "2")]
    assert store.count == 2


def test_an_expired_cookie_removes_the_one_it_replaces() -> None:
    store = CookieStore()
    store.add(cookie("a"), 100)
    store.add(cookie("a", path="/other"), 100)

    store.add(cookie("a", expires=100.0), 100)
    store.add(cookie("never there", expires=1.0), 100)
    store.add(cookie("never there", domain="other.org", expires=1.0), 100)

    assert [one.path for one in store] == ["/other"]
    assert store.count == 1


def test_expired_cookies_are_gone_when_anybody_looks() -> None:
    store = CookieStore()
    store.add(cookie("a", expires=10.0), 0)
    store.add(cookie("b", expires=20.0), 0)
    store.add(cookie("c"), 0)

    assert names(store, "http://example.org/", now=9.9) == ["a", "b", "c"]
    assert names(store, "http://example.org/", now=10) == ["b", "c"]
    store.purge(20)
    assert store.count == 1
    assert names(store, "http://example.org/", now=1e12) == ["c"]


def test_a_crowded_domain_loses_what_is_not_secure_and_longest_unused() -> None:
    store = CookieStore()
    store.add(cookie("secure", secure=True), 0)
    store.add(cookie("used", path="/used"), 0)
    for number in range(MOST_PER_DOMAIN - 2):
        store.add(cookie(f"n{number}", path="/n"), 0)
    store.for_target(Target(URL("http://example.org/used")), 0)

    for number in range(MOST_PER_DOMAIN - 3):
        store.add(cookie(f"m{number}"), 0)

    left = {one.name for one in store}
    assert store.count == len(left) == MOST_PER_DOMAIN
    assert {"secure", "used"} <= left


def test_a_flood_of_one_domain_leaves_the_others_alone() -> None:
    store = CookieStore()
    store.add(cookie("kept", domain="other.org"), 0)

    started = time.process_time()
    for number in range(10_000):
        store.add(cookie(f"n{number}"), 0)

    assert time.process_time() - started < 5
    assert store.count == MOST_PER_DOMAIN + 1
    assert [one.name for one in store if one.domain == "other.org"] == ["kept"]


def test_a_flood_of_domains_stays_within_the_bound() -> None:
    store = CookieStore()

    started = time.process_time()
    for number in range(2 * MOST_COOKIES):
        store.add(cookie("a", domain=f"d{number}.org"), 0)
        assert store.count <= MOST_COOKIES

    assert time.process_time() - started < 5
    assert store.count == sum(1 for _ in store) > MOST_COOKIES * 0.9
    assert names(store, f"http://d{2 * MOST_COOKIES - 1}.org/") == ["a"]
    assert names(store, "http://d0.org/") == []


def test_what_has_no_domain_neither_goes_nor_counts() -> None:
    store = CookieStore()
    for number in range(MOST_COOKIES + 1):
        store.add(cookie(f"given{number}", domain=""), 0)

    for number in range(MOST_COOKIES + 1):
        store.add(cookie("a", domain=f"d{number}.org"), 0)

    given = [one for one in store if not one.domain]
    assert len(given) == MOST_COOKIES + 1
    assert MOST_COOKIES * 0.9 < store.count - len(given) <= MOST_COOKIES


@pytest.mark.parametrize(
    ("setting", "is_overshadowed"),
    [
        ({}, True),
        ({"domain": "www.example.org"}, True),
        ({"path": "/login/x"}, True),
        ({"path": "/"}, False),
        ({"name": "other"}, False),
        ({"domain": "other.org"}, False),
    ],
)
def test_a_secure_cookie_is_not_covered_from_an_insecure_place(setting: dict[str, str], is_overshadowed: bool) -> None:
    store = CookieStore()
    store.add(cookie("a", path="/login", secure=True), 0)
    store.add(cookie("other", path="/login"), 0)

    asked = {"name": "a", "path": "/login", **setting}

    assert store.is_overshadowed(cookie(**asked)) is is_overshadowed
