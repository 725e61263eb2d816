"""Cookies beside the standard library's `http.cookiejar`: made from it, and seen by it."""

from __future__ import annotations

import pickle
import urllib.request
from http.cookiejar import CookieJar, DefaultCookiePolicy, MozillaCookieJar
from typing import TYPE_CHECKING, Any

import pytest

from understudy.client.messages.cookie_jar import standard_cookie
from understudy.client.messages.cookies import Cookies
from understudy.client.messages.request import Request
from understudy.client.messages.response import Response
from understudy.client.messages.set_cookie import Cookie

if TYPE_CHECKING:
    from pathlib import Path


def answered(url: str, line: str) -> Response:
    return Response(200, headers={"Set-Cookie": line}, request=Request("GET", url))


def sent(cookies: Cookies, url: str) -> str | None:
    request = Request("GET", url)
    cookies.set_cookie_header(request)
    return request.headers.get("Cookie")


def some() -> Cookies:
    cookies = Cookies({"everywhere": "1"})
    cookies.extract_cookies(answered("https://example.org/", "host=2; Secure; HttpOnly; SameSite=Lax"))
    cookies.extract_cookies(answered("https://example.org/", "wide=3; Domain=example.org; Max-Age=1000"))
    return cookies


def test_the_view_shows_every_cookie_as_the_standard_library_writes_it() -> None:
    seen = {cookie.name: cookie for cookie in some().jar}

    assert [seen[name].domain for name in ("everywhere", "host", "wide")] == ["", "example.org", ".example.org"]
    assert (seen["host"].secure, seen["host"].has_nonstandard_attr("HttpOnly")) == (True, True)
    assert seen["host"].get_nonstandard_attr("SameSite") == "Lax"
    assert (seen["host"].discard, seen["wide"].discard) == (True, False)
    assert isinstance(seen["wide"].expires, int)


def test_the_view_is_live_in_both_directions() -> None:
    cookies = Cookies()
    jar = cookies.jar
    assert isinstance(jar, CookieJar)
    assert len(jar) == 0

    cookies["a"] = "1"
    jar.set_cookie(standard_cookie(Cookie("b", "2", domain="example.org")))
    jar.set_cookie(standard_cookie(Cookie("c", "3", domain="example.org", host_only=True, path="/x")))

    assert [cookie.name for cookie in jar] == list(cookies) == ["a", "b", "c"]
    assert sent(cookies, "http://www.example.org/x") == "a=1; b=2"
    assert sent(cookies, "http://example.org/x") == "c=3; a=1; b=2"
    jar.clear(".example.org", "/", "b")
    jar.clear("example.org")
    assert list(cookies) == ["a"]
    jar.clear_session_cookies()
    assert not cookies
    with pytest.raises(KeyError):
        jar.clear("example.org", "/", "b")


def test_the_view_works_in_urllib() -> None:
    cookies = some()
    request = urllib.request.Request("https://example.org/")

    cookies.jar.add_cookie_header(request)

    said = request.get_header("Cookie")
    assert said is not None
    assert set(said.split("; ")) == {"everywhere=1", "host=2", "wide=3"}


def test_the_view_can_be_pickled() -> None:
    assert {cookie.name for cookie in pickle.loads(pickle.dumps(some().jar))} == {"everywhere", "host", "wide"}


def test_cookies_made_from_a_jar_mean_the_same() -> None:
    cookies = Cookies(some().jar)

    # The order is the jar's: of creation, but sorted by domain before Python 3.10.
    assert sorted((sent(cookies, "https://example.org/") or "").split("; ")) == ["everywhere=1", "host=2", "wide=3"]
    assert sorted((sent(cookies, "http://www.example.org/") or "").split("; ")) == ["everywhere=1", "wide=3"]


def test_a_cookie_of_localhost_is_found_again() -> None:
    jar = CookieJar()
    jar.set_cookie(standard_cookie(Cookie("a", "1", domain="localhost.local", host_only=True)))

    assert sent(Cookies(jar), "http://localhost:8000/") == "a=1"


def test_a_jar_that_is_given_is_told_of_every_change(tmp_path: Path) -> None:
    jar = MozillaCookieJar(tmp_path / "cookies.txt")
    cookies = Cookies(jar)
    assert cookies.jar is jar

    cookies.extract_cookies(answered("https://example.org/", "a=1; Max-Age=1000"))
    cookies.extract_cookies(answered("https://example.org/", "b=2; Domain=example.org; Max-Age=1000"))
    cookies.set("c", "3")
    cookies.delete("c")
    cookies.extract_cookies(answered("https://example.org/", "d=4"))
    cookies.extract_cookies(answered("https://example.org/", "d=; Max-Age=0"))
    assert sorted(cookie.name for cookie in jar) == ["a", "b"]
    jar.save()

    again = MozillaCookieJar(tmp_path / "cookies.txt")
    again.load()
    assert {(cookie.name, cookie.value, cookie.domain) for cookie in again} == {
        ("a", "1", "example.org"),
        ("b", "2", ".example.org"),
    }
    assert sent(Cookies(again), "http://www.example.org/") == "b=2"


def test_forgetting_what_a_given_jar_no_longer_has_is_fine() -> None:
    jar = CookieJar()
    cookies = Cookies(jar)
    cookies["a"] = "1"

    jar.clear()
    del cookies["a"]

    assert not cookies


def test_the_jar_of_a_requests_session_keeps_its_domains() -> None:
    jar = pytest.importorskip("requests").cookies.RequestsCookieJar()
    jar.set("a", "1", domain="example.org")

    cookies = Cookies(jar)

    assert cookies.jar is jar
    assert sent(cookies, "https://example.org/") == "a=1"
    assert sent(cookies, "https://other.test/") is None


def test_a_jar_that_overrides_extract_cookies_decides_itself_what_it_takes() -> None:
    class TakesNothing(CookieJar):
        def extract_cookies(self, response: Any, request: Any) -> None:
            """Take nothing."""

    class Lists(CookieJar):
        def extract_cookies(self, response: Any, request: Any) -> None:
            asked.append(request.full_url)
            super().extract_cookies(response, request)

    asked: list[str] = []
    nothing, listed = Cookies(TakesNothing()), Cookies(Lists())
    for cookies in (nothing, listed):
        cookies.extract_cookies(answered("https://example.org/x", "a=1; Path=/"))

    assert not nothing
    assert sent(listed, "https://example.org/") == "a=1"
    assert asked == ["https://example.org/x"]


def test_a_cookie_that_a_program_gives_a_domain_is_written_as_it_was_given() -> None:
    cookies = Cookies()
    cookies.set("plain", "1", domain="example.org")
    cookies.set("dotted", "2", domain=".example.org")

    seen = {cookie.name: (cookie.domain, cookie.domain_specified, cookie.domain_initial_dot) for cookie in cookies.jar}
    assert seen == {"plain": ("example.org", True, False), "dotted": (".example.org", True, True)}
    assert set((sent(Cookies(cookies.jar), "http://www.example.org/") or "").split("; ")) == {"plain=1", "dotted=2"}


def test_what_replaces_a_cookie_replaces_it_in_the_jar_too() -> None:
    jar = CookieJar()
    cookies = Cookies(jar)
    cookies.set("a", "1", domain="example.org")
    cookies.extract_cookies(answered("https://example.org/", "a=2; Domain=example.org"))

    assert [(cookie.domain, cookie.value) for cookie in jar] == [(".example.org", "2")]


class KeepsNothing(DefaultCookiePolicy):
    def set_ok(self, cookie: Any, request: Any) -> bool:
        return False


@pytest.mark.parametrize("policy", [DefaultCookiePolicy(allowed_domains=[]), KeepsNothing()])
def test_the_policy_of_a_jar_may_keep_nothing(policy: DefaultCookiePolicy) -> None:
    jar = CookieJar(policy)
    viewed = Cookies()
    viewed.jar.set_policy(policy)

    for cookies in (Cookies(jar), Cookies(Cookies(jar)), viewed):
        cookies.extract_cookies(answered("https://example.org/", "a=1"))
        assert not cookies
    assert not list(jar)


def test_the_policy_of_a_jar_is_asked_for_each_host() -> None:
    cookies = Cookies(CookieJar(DefaultCookiePolicy(allowed_domains=["example.org", "localhost.local"])))
    cookies.set("mine", "1", domain="other.test")
    for url in ("https://ada:secret@example.org/", "https://other.test/", "http://localhost:8000/"):
        cookies.extract_cookies(answered(url, "a=1"))

    assert sent(cookies, "https://example.org/x?y") == "a=1"
    assert sent(cookies, "http://localhost/") == "a=1"
    assert sent(cookies, "https://other.test/") is None


def test_a_policy_that_is_set_later_is_asked_from_then_on() -> None:
    jar = CookieJar()
    cookies = Cookies(jar)
    cookies.extract_cookies(answered("https://example.org/", "a=1"))

    jar.set_policy(DefaultCookiePolicy(blocked_domains=["example.org"]))
    cookies.extract_cookies(answered("https://example.org/", "b=2"))

    assert dict(cookies) == {"a": "1"}
    assert sent(cookies, "https://example.org/") is None
