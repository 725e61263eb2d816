"""One Set-Cookie line: what it says, and whether its host may say it."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from understudy.client.errors import LocalProtocolError
from understudy.client.messages import set_cookie
from understudy.client.messages.set_cookie import (
    Cookie,
    Target,
    domain_matches,
    is_public_suffix,
    parse_date,
    path_matches,
    received_cookie,
)
from understudy.client.urls import URL

DATES = Path(__file__).parents[4] / "shared" / "data" / "http-state" / "tests" / "data" / "dates"
NOW = 1_333_238_400.0


def received(line: str, url: str = "https://www.example.org/a/b", now: float = NOW) -> Cookie | None:
    return received_cookie(line, Target(URL(url)), now)


def kept(line: str, url: str = "https://www.example.org/a/b") -> Cookie:
    cookie = received(line, url)
    assert cookie is not None
    return cookie


def at(*when: int) -> float:
    year, month, day, hour, minute, second = when
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("a=b", "a", "b"),
        ("a=b=c", "a", "b=c"),
        (" a \t= b ; x", "a", "b"),
        ("a=", "a", ""),
        ('a="b c"', "a", '"b c"'),
        ("a=b,c=d", "a", "b,c=d"),
        ("ü=é", "ü", "é"),
        ("a=b\tc", "a", "b\tc"),
    ],
)
def test_a_pair_is_a_name_and_a_value(line: str, name: str, value: str) -> None:
    cookie = kept(line)

    assert (cookie.name, cookie.value) == (name, value)


@pytest.mark.parametrize(
    "line", ["", ";", "a", "=b", " =b", "=", "a=b\r\nc", "a=\0b", "a=b; path=/\x1b", "a\x7f=b", "a=" + "x" * 4096]
)
def test_a_line_that_sets_nothing_safe_is_ignored(line: str) -> None:
    assert received(line) is None


def test_a_name_and_a_value_of_4096_bytes_are_the_largest() -> None:
    assert received("a=" + "x" * 4095) is not None
    assert received("a=" + "é" * 2048) is None


def test_flags_are_kept() -> None:
    cookie = kept("a=b; SECURE; httponly; SameSite=LAX")

    assert (cookie.secure, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    assert kept("a=b; samesite=nonsense").same_site is None
    assert (kept("a=b").secure, kept("a=b").http_only) == (False, False)


# When it ends


@pytest.mark.parametrize(
    ("attributes", "expires"),
    [
        ("", None),
        ("Max-Age=10", NOW + 10),
        ("max-age = 10 ", NOW + 10),
        ("Max-Age=0", 0.0),
        ("Max-Age=-1", 0.0),
        ("Max-Age=" + "9" * 1000, NOW + 400 * 86_400),
        ("Max-Age=-" + "9" * 1000, 0.0),
        ("Max-Age=1e3", None),
        ("Max-Age=", None),
        ("Max-Age=-", None),
        ("Max-Age=1-1", None),
        ("Max-Age=--1", None),
        ("Max-Age=+1", None),
        ("Max-Age=٣", None),
        ("Max-Age=1; Max-Age=2", NOW + 2),
        ("Expires=Sun, 01 Apr 2012 00:00:10 GMT", NOW + 10),
        ("Expires=Sun, 01 Apr 2012 00:00:10 GMT; Max-Age=20", NOW + 20),
        ("Max-Age=20; Expires=Sun, 01 Apr 2012 00:00:10 GMT", NOW + 20),
        ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", NOW + 400 * 86_400),
        ("Expires=Fri, 31 Dec 9999999 23:59:59 GMT", None),
        ("Expires=Mon, 01 Jan 1601 00:00:00 GMT", at(1601, 1, 1, 0, 0, 0)),
        ("Expires=Mon, 01 Jan 1600 00:00:00 GMT", None),
        ("Expires=nonsense", None),
        ("Expires=Sun, 01 Apr 2012 00:00:10 GMT; Expires=nonsense", NOW + 10),
        ("Max-Age=" + "0" * 2000, None),
    ],
)
def test_a_cookie_ends_when_it_says_and_never_raises(attributes: str, expires: float | None) -> None:
    assert kept(f"a=b; {attributes}").expires == expires


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", at(1994, 11, 6, 8, 49, 37)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", at(1994, 11, 6, 8, 49, 37)),
        ("Sun Nov  6 08:49:37 1994", at(1994, 11, 6, 8, 49, 37)),
        ("6 November 1994 8:49:37", at(1994, 11, 6, 8, 49, 37)),
        ("08:49:37 06 nov 69", at(2069, 11, 6, 8, 49, 37)),
        ("08:49:37x 06th novx 1970x", at(1970, 11, 6, 8, 49, 37)),
        ("", None),
        ("06 Nov 1994", None),
        ("08:49:37 Nov 1994", None),
        ("08:49:37 06 1994", None),
        ("08:49:37 06 Nov", None),
        ("24:00:00 06 Nov 1994", None),
        ("08:60:00 06 Nov 1994", None),
        ("08:49:60 06 Nov 1994", None),
        ("08:49:37 00 Nov 1994", None),
        ("08:49:37 31 Nov 1994", None),
        ("08:49:37 29 Feb 1994", None),
        ("08:49:371 06 Nov 1994", None),
        ("08:49:37 06 Nov 19941", None),
        ("08:49:37 06 Nov 1600", None),
    ],
)
def test_a_date_is_read_by_the_grammar_of_the_rfc(text: str, seconds: float | None) -> None:
    assert parse_date(text) == seconds


@pytest.mark.parametrize("name", ["examples.json", "bsd-examples.json"])
def test_public_dates_are_read_as_they_should_be(name: str) -> None:
    if not DATES.is_dir():
        pytest.skip("the public test vectors are not there: ../shared/data/http-state")

    lines = (DATES / name).read_text("utf-8").splitlines()
    for case in json.loads("\n".join(line for line in lines if not line.startswith("//"))):
        wanted = case["expected"] and parsedate_to_datetime(case["expected"]).timestamp()
        assert parse_date(case["test"]) == wanted, case


# Whom it is for


@pytest.mark.parametrize(
    ("host", "domain", "matches"),
    [
        ("example.org", "example.org", True),
        ("www.example.org", "example.org", True),
        ("wwwexample.org", "example.org", False),
        ("example.org", "www.example.org", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("1.127.0.0.1", "127.0.0.1", False),
        ("127.0.0.1", "0.0.1", False),
        ("::1", "1", False),
    ],
)
def test_a_domain_matches_itself_and_what_is_below_it(host: str, domain: str, matches: bool) -> None:
    assert domain_matches(host, domain) is matches


@pytest.mark.parametrize(
    ("path", "cookie_path", "matches"),
    [
        *(("/", "/", True), ("/a", "/", True), ("/a", "/a", True), ("/a/b", "/a", True), ("/a/b", "/a/", True)),
        *(("/ab", "/a", False), ("/a", "/a/", False), ("/", "/a", False)),
    ],
)
def test_a_path_matches_itself_and_what_is_below_it(path: str, cookie_path: str, matches: bool) -> None:
    assert path_matches(path, cookie_path) is matches


@pytest.mark.parametrize(
    ("url", "attributes", "path"),
    [
        ("https://e.org", "", "/"),
        ("https://e.org/a", "", "/"),
        ("https://e.org/a/", "", "/a"),
        ("https://e.org/a/b?c/d", "", "/a"),
        ("https://e.org/a/b", "Path=/x", "/x"),
        ("https://e.org/a/b", "Path=/x; Path=/y", "/y"),
        ("https://e.org/a/b", "Path=/x; Path=", "/a"),
        ("https://e.org/a/b", "Path=x", "/a"),
        ("https://e.org/%C3%BC/b", "", "/%C3%BC"),
    ],
)
def test_a_path_is_what_the_cookie_says_or_the_folder_of_the_request(url: str, attributes: str, path: str) -> None:
    assert kept(f"a=b; {attributes}", url).path == path


@pytest.mark.parametrize(
    ("domain", "given", "host_only"),
    [
        ("example.org", "example.org", False),
        (".example.org", "example.org", False),
        ("EXAMPLE.Org", "example.org", False),
        ("www.example.org", "www.example.org", False),
        ("", "www.example.org", True),
        ("other.org; domain=example.org", "example.org", False),
        ("example.org; domain=", "example.org", False),
    ],
)
def test_a_domain_at_or_above_the_host_is_given(domain: str, given: str, host_only: bool) -> None:
    cookie = kept(f"a=b; Domain={domain}")

    assert (cookie.domain, cookie.host_only) == (given, host_only)


@pytest.mark.parametrize(
    "domain",
    [
        *("org", ".org", "other.org", "ample.org", "sub.www.example.org", "example.org.", ".", "..", "..example.org"),
        *("..org", "www.example.org:443", "ex\u00e4mple.org", "*.example.org", "example.org; domain=other.org"),
    ],
)
def test_any_other_domain_is_refused(domain: str) -> None:
    assert received(f"a=b; Domain={domain}") is None


@pytest.mark.parametrize(
    ("url", "domain", "given"),
    [
        ("http://localhost/", "localhost", True),
        ("http://127.0.0.1/", "127.0.0.1", True),
        ("http://127.0.0.1/", "0.0.1", False),
        ("http://127.0.0.1/", "1", False),
        ("http://[::1]/", "::1", True),
        ("http://[::1]/", "[::1]", False),
        ("http://example/", "example", True),
        ("http://www.localhost/", "localhost", False),
    ],
)
def test_addresses_and_single_labels_are_for_their_own_host_only(url: str, domain: str, given: bool) -> None:
    cookie = received(f"a=b; Domain={domain}", url)

    assert (cookie is not None) is given
    assert cookie is None or cookie.host_only


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://example.co.uk/", "co.uk"),
        ("https://me.github.io/", "github.io"),
        ("https://example.com/", "com"),
        ("https://xn--85x722f.xn--55qx5d.cn/", "xn--55qx5d.cn"),
    ],
)
def test_public_suffixes_are_refused_with_the_list_installed(url: str, domain: str) -> None:
    assert received(f"a=b; Domain={domain}", url) is None


def test_a_public_suffix_may_have_cookies_of_its_own() -> None:
    cookie = kept("a=b; Domain=github.io", "https://github.io/")

    assert (cookie.domain, cookie.host_only) == ("github.io", True)


def test_without_the_list_only_single_labels_are_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    monkeypatch.setattr(set_cookie, "_listed", [])

    assert not is_public_suffix("co.uk")
    assert is_public_suffix("com")


def test_the_list_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def make() -> Any:
        made.append(object())
        return SimpleNamespace(is_public=lambda domain: domain == "co.uk")  # pyright: ignore

    monkeypatch.setitem(sys.modules, "publicsuffixlist", SimpleNamespace(PublicSuffixList=make))
    monkeypatch.setattr(set_cookie, "_listed", [])

    assert is_public_suffix("co.uk")
    assert not is_public_suffix("example.co.uk")
    assert len(made) == 1


# Where secrets may come from


@pytest.mark.parametrize(
    ("url", "is_kept"),
    [
        ("https://example.org/", True),
        ("wss://example.org/", True),
        ("http://example.org/", False),
        ("ws://example.org/", False),
        ("http://localhost/", True),
        ("http://a.localhost/", True),
        ("http://127.0.0.1/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]/", True),
        ("http://127.example.org/", False),
        ("http://notlocalhost/", False),
        ("http://10.0.0.1/", False),
    ],
)
def test_secure_cookies_come_from_secure_places_and_this_machine(url: str, is_kept: bool) -> None:
    assert (received("a=b; Secure", url) is not None) is is_kept


@pytest.mark.parametrize(
    ("line", "is_kept"),
    [
        ("__Secure-a=b; Secure", True),
        ("__Secure-a=b", False),
        ("__SECURE-a=b", False),
        ("__Host-a=b; Secure; Path=/", True),
        ("__Host-a=b; Path=/", False),
        ("__Host-a=b; Secure", False),
        ("__Host-a=b; Secure; Path=/a", False),
        ("__Host-a=b; Secure; Path=/; Domain=example.org", False),
        ("__Host-a=b; Secure; Path=/; Domain=www.example.org", False),
        ("__hOsT-a=b", False),
        ("__Hosta=b", True),
    ],
)
def test_prefixes_keep_their_promise(line: str, is_kept: bool) -> None:
    assert (received(line, "https://www.example.org/") is not None) is is_kept


def test_a_cookie_hides_its_value() -> None:
    assert repr(kept("a=hunter2; Domain=example.org")) == "<Cookie a=[secure] for example.org />"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("", "x", "is empty"),
        ("a;b", "x", "';' at position 1"),
        ("a=b", "x", "'='"),
        ("a b", "x", "' '"),
        ("a\r\nb", "x", r"\\r"),
        ("a", "x;y", "';'"),
        ("a", "x\r\nSet: y", r"\\r"),
        ("a", "x\0", r"\\x00"),
        ("a", " x", "' ' at position 0"),
        ("a", "x\n", r"\\n"),
        ("a", "x" * 4096, "4097 bytes"),
    ],
)
def test_what_no_cookie_field_can_carry_is_refused_without_showing_the_value(name: str, value: str, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said) as caught:
        Cookie(name, value).check()

    assert "xx" not in str(caught.value)


@pytest.mark.parametrize("piece", [";", "; ", "=", "a", "; domain=", ";expires=0:0:0 1 ", " ", "\t", '"', "; path=/"])
def test_a_line_of_a_megabyte_takes_linear_time(piece: str) -> None:
    line = "a=b" + piece * (1_000_000 // len(piece))

    started = time.process_time()
    received(line)

    assert time.process_time() - started < 5
