"""`URL`: its parts, its copies, and what it shows."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from understudy.client.errors import InvalidURL, UnsupportedProtocol
from understudy.client.urls import URL, Origin, QueryParams


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "not the URL"


def test_a_url_shows_all_its_parts() -> None:
    url = URL("https://jo%40email.com:a%20secret@müller.example:1234/pa%20th?search=ab#anchor%20link")

    assert url.scheme == "https"
    assert url.raw_scheme == b"https"
    assert url.username == "jo@email.com"
    assert url.password == "a secret"
    assert url.userinfo == b"jo%40email.com:a%20secret"
    assert url.host == "müller.example"
    assert url.raw_host == b"xn--mller-kva.example"
    assert url.port == 1234
    assert url.netloc == b"xn--mller-kva.example:1234"
    assert url.path == "/pa th"
    assert url.query == b"search=ab"
    assert url.params == QueryParams({"search": "ab"})
    assert url.raw_path == b"/pa%20th?search=ab"
    assert url.fragment == "anchor link"
    assert url.origin == Origin("https://müller.example:1234")
    assert url.is_absolute_url
    assert not url.is_relative_url


def test_a_relative_url_lacks_scheme_and_host() -> None:
    url = URL("/path?x=1")

    assert (url.scheme, url.host, url.netloc, url.raw_host, url.userinfo, url.port) == ("", "", b"", b"", b"", None)
    assert url.raw_path == b"/path?x=1"
    assert url.is_relative_url
    assert not url.is_absolute_url


@pytest.mark.parametrize(
    ("text", "is_absolute"), [("https://x", True), ("//x", False), ("mailto:x", False), ("", False)]
)
def test_a_url_with_scheme_and_host_is_absolute(text: str, is_absolute: bool) -> None:
    assert URL(text).is_absolute_url is is_absolute
    assert URL(text).is_relative_url is not is_absolute


def test_an_empty_path_reads_as_a_slash() -> None:
    assert URL("https://x").path == "/"
    assert URL("https://x").raw_path == b"/"
    assert URL("https://x?a").raw_path == b"/?a"
    assert str(URL("https://x")) == "https://x"
    assert URL("").raw_path == b"/"


@pytest.mark.parametrize(
    ("text", "port", "netloc"),
    [
        ("https://x:443", None, b"x"),
        ("https://x:444", 444, b"x:444"),
        ("http://x:80", None, b"x"),
        ("https://[::1]:80", 80, b"[::1]:80"),
        ("https://[::1]", None, b"[::1]"),
    ],
)
def test_a_default_port_is_left_out(text: str, port: int | None, netloc: bytes) -> None:
    assert URL(text).port == port
    assert URL(text).netloc == netloc


def test_an_empty_query_is_not_the_absence_of_one() -> None:
    assert URL("https://x?") != URL("https://x")
    assert URL("https://x?").raw_path == b"/?"
    assert URL("https://x?").query == b""


def test_a_url_is_made_of_a_url_or_a_string() -> None:
    url = URL("https://x/a")

    assert URL(url) == url
    assert URL(Text("https://x/b")) == "https://x/b"
    assert url.join(Text("c")) == "https://x/c"


@pytest.mark.parametrize("given", [b"https://x", 1, None, ["https://x"]])
def test_a_url_is_made_of_nothing_else(given: Any) -> None:
    with pytest.raises(TypeError, match="a str or a URL, not of"):
        URL(given)
    with pytest.raises(TypeError, match="a str or a URL, not of"):
        URL("https://x").join(given)


@pytest.mark.parametrize(
    ("components", "text"),
    [
        ({"scheme": "https", "host": "x", "path": "/"}, "https://x/"),
        ({"scheme": "HTTPS", "host": "X", "port": 444, "path": "/a b"}, "https://x:444/a%20b"),
        ({"host": "x"}, "//x"),
        ({"path": "a", "params": {"b": 1}}, "a?b=1"),
        ({"scheme": "https", "netloc": b"x:99", "raw_path": b"/a?b", "fragment": "c"}, "https://x:99/a?b#c"),
        ({"url": "https://x", "username": "u", "password": "p"}, "https://u:p@x"),
    ],
)
def test_a_url_is_made_of_its_parts(components: dict[str, Any], text: str) -> None:
    assert str(URL(**components)) == text


BASE = "https://u:p@example.com:99/a?b=2#c"


@pytest.mark.parametrize(
    ("components", "text"),
    [
        ({}, BASE),
        ({"scheme": "http"}, "http://u:p@example.com:99/a?b=2#c"),
        ({"scheme": "foo"}, "foo://u:p@example.com:99/a?b=2#c"),
        ({"scheme": ""}, "//u:p@example.com:99/a?b=2#c"),
        ({"scheme": None}, "//u:p@example.com:99/a?b=2#c"),
        ({"host": "Y"}, "https://u:p@y:99/a?b=2#c"),
        ({"host": "bücher.example"}, "https://u:p@xn--bcher-kva.example:99/a?b=2#c"),
        ({"host": "::1"}, "https://u:p@[::1]:99/a?b=2#c"),
        ({"host": "[::1]"}, "https://u:p@[::1]:99/a?b=2#c"),
        ({"host": "fe80::1%eth0"}, "https://u:p@[fe80::1%25eth0]:99/a?b=2#c"),
        ({"host": "127.1"}, "https://u:p@127.0.0.1:99/a?b=2#c"),
        ({"port": 443}, "https://u:p@example.com/a?b=2#c"),
        ({"port": None}, "https://u:p@example.com/a?b=2#c"),
        ({"port": 1}, "https://u:p@example.com:1/a?b=2#c"),
        ({"netloc": b"y"}, "https://u:p@y/a?b=2#c"),
        ({"netloc": b"y:98"}, "https://u:p@y:98/a?b=2#c"),
        ({"netloc": b"[::1]:98"}, "https://u:p@[::1]:98/a?b=2#c"),
        ({"netloc": "ü".encode()}, "https://u:p@xn--tda:99/a?b=2#c".replace(":99", "")),
        ({"username": "v w", "password": "p:q@r"}, "https://v%20w:p%3Aq%40r@example.com:99/a?b=2#c"),
        ({"username": "v"}, "https://v@example.com:99/a?b=2#c"),
        ({"password": "q"}, "https://:q@example.com:99/a?b=2#c"),
        ({"username": "v%20w"}, "https://v%20w@example.com:99/a?b=2#c"),
        ({"username": None}, "https://example.com:99/a?b=2#c"),
        ({"userinfo": b"v:q r"}, "https://v:q%20r@example.com:99/a?b=2#c"),
        ({"userinfo": b""}, "https://example.com:99/a?b=2#c"),
        ({"path": "/x y/../z%20é"}, "https://u:p@example.com:99/z%20%C3%A9?b=2#c"),
        ({"path": ""}, "https://u:p@example.com:99?b=2#c"),
        ({"path": None}, "https://u:p@example.com:99?b=2#c"),
        ({"path": "//evil.example"}, "https://u:p@example.com:99//evil.example?b=2#c"),
        ({"path": "/\\evil.example"}, "https://u:p@example.com:99/%5Cevil.example?b=2#c"),
        ({"query": b"x=1 2#3"}, "https://u:p@example.com:99/a?x=1%202%233#c"),
        ({"query": b"\xff"}, "https://u:p@example.com:99/a?%FF#c"),
        ({"query": b""}, "https://u:p@example.com:99/a?#c"),
        ({"query": None}, "https://u:p@example.com:99/a#c"),
        ({"raw_path": b"/x?y"}, "https://u:p@example.com:99/x?y#c"),
        ({"raw_path": b"/x y\xc3\xa9?"}, "https://u:p@example.com:99/x%20y%C3%A9?#c"),
        ({"raw_path": b"/x"}, "https://u:p@example.com:99/x#c"),
        ({"raw_path": None}, "https://u:p@example.com:99#c"),
        ({"params": {"x": [1, 2], "y": None}}, "https://u:p@example.com:99/a?x=1&x=2&y=#c"),
        ({"params": "x=1 2"}, "https://u:p@example.com:99/a?x=1+2#c"),
        ({"params": {}}, "https://u:p@example.com:99/a#c"),
        ({"params": None}, "https://u:p@example.com:99/a#c"),
        ({"fragment": "x y#z"}, "https://u:p@example.com:99/a?b=2#x%20y#z"),
        ({"fragment": ""}, "https://u:p@example.com:99/a?b=2#"),
        ({"fragment": None}, "https://u:p@example.com:99/a?b=2"),
    ],
)
def test_a_copy_has_the_parts_it_is_given(components: dict[str, Any], text: str) -> None:
    url = URL(BASE)

    assert str(url.copy_with(**components)) == text
    assert str(URL(BASE, **components)) == text
    assert str(url) == BASE


def test_a_default_port_follows_the_scheme() -> None:
    assert str(URL("https://x:80").copy_with(scheme="http")) == "http://x"
    assert str(URL("https://[fe80::1%2525]:80").copy_with(scheme="http")) == "http://[fe80::1%2525]"


def test_a_relative_url_gets_an_authority() -> None:
    assert str(URL("/a").copy_with(scheme="https", host="x")) == "https://x/a"
    assert str(URL("//x/a").copy_with(netloc=b"")) == "/a"


@pytest.mark.parametrize(
    ("components", "words"),
    [
        ({"scheme": "ht tp"}, "scheme 'ht tp'"),
        ({"scheme": "1a"}, "scheme '1a'"),
        ({"host": ""}, "host: there is none"),
        ({"host": None}, "host: there is none"),
        ({"netloc": b""}, "host: there is none"),
        ({"host": "a/b"}, "'/' cannot be part of a host"),
        ({"host": "a@b"}, "'@' cannot be part of a host"),
        ({"host": "a:80"}, "IPv6"),
        ({"host": "a\\b"}, "cannot be part of a host"),
        ({"host": "a\r\nb"}, "cannot be part of a host"),
        ({"netloc": b"u@y"}, "'@' cannot be part of a host"),
        ({"netloc": b"y:z"}, "port"),
        ({"port": -1}, "port -1"),
        ({"port": 65536}, "port 65536"),
        ({"path": "a"}, "starts with '/'"),
        ({"path": "/a?b"}, "path: '\\?' and '#'"),
        ({"path": "/a#b"}, "path: '\\?' and '#'"),
        ({"raw_path": b"a"}, "starts with '/'"),
        ({"fragment": "\ud800"}, "fragment: .* surrogate"),
        ({"path": "/" + "a" * 65536}, "65536 are allowed"),
    ],
)
def test_a_part_that_would_be_read_as_another_is_refused(components: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidURL, match=words):
        URL("https://example.com").copy_with(**components)


@pytest.mark.parametrize("path", ["//evil.example", "a:b"])
def test_a_relative_path_cannot_become_a_host_or_a_scheme(path: str) -> None:
    with pytest.raises(InvalidURL, match="would be read as"):
        URL(path=path)


def test_an_opaque_host_is_read_again_where_the_scheme_is_one_of_https() -> None:
    with pytest.raises(InvalidURL, match="cannot be part of a host"):
        URL("http+unix://%2Frun%2Fx/a").copy_with(scheme="http")


@pytest.mark.parametrize("url", ["http://ada@x/", "http://x:81/"])
def test_a_user_and_a_port_are_not_left_without_their_host(url: str) -> None:
    with pytest.raises(InvalidURL, match="give the host as well"):
        URL(url).copy_with(host=None)


@pytest.mark.parametrize(
    ("components", "words"),
    [
        ({"bogus": 1}, "'bogus' is not a part of a URL; there are scheme, "),
        ({"param": {}}, "'param' is not a part of a URL; .*; did you mean 'params'"),
        ({"host": b"x"}, "'host' must be str, not bytes"),
        ({"port": "1"}, "'port' must be int, not str"),
        ({"port": True}, "'port' must be int, not bool"),
        ({"query": "x"}, "'query' must be bytes, not str"),
        ({"password": 1234}, "'password' must be str, not int"),
    ],
)
def test_a_part_of_the_wrong_type_is_refused(components: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        URL("https://x", **components)


def test_copies_have_changed_parameters() -> None:
    url = URL("https://x?a=1&b=2&a=3")

    assert str(url.copy_set_param("a", 4)) == "https://x?a=4&b=2"
    assert str(url.copy_add_param("b", "c d")) == "https://x?a=1&b=2&a=3&b=c+d"
    assert str(url.copy_remove_param("a")) == "https://x?b=2"
    assert str(url.copy_remove_param("a").copy_remove_param("b")) == "https://x"
    assert str(url.copy_merge_params({"a": "5", "c": None})) == "https://x?a=5&b=2&c="


def test_a_url_equals_its_text_however_it_is_written() -> None:
    url = URL("https://example.com/a")

    assert url == URL("HTTPS://EXAMPLE.com:443/a")
    assert url == "https://example.com/a"
    assert url == "https://EXAMPLE.com:443/a"
    assert url != "https://example.com/b"
    assert url != "https://exa mple.com/a"
    assert url != URL("https://example.com/a/")
    assert url != 1


def test_equal_urls_have_equal_hashes() -> None:
    assert {URL("https://x/a"): 1}[URL("HTTPS://X:443/a")] == 1
    assert hash(URL("https://x/a")) == hash("https://x/a")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://x/a", "https://x/a"),
        ("https://u@x/a", "https://[secure]@x/a"),
        ("https://u:p@x:99/a", "https://u:[secure]@x:99/a"),
        ("https://:p@x/a", "https://:[secure]@x/a"),
        ("https://u:@x/a", "https://[secure]@x/a"),
        ("https://u:p@x/u:p@x?//u:p@x", "https://u:[secure]@x/u:p@x?//u:[secure]@x"),
        ("https://x/a?token=p&b=c", "https://x/a?token=[secure]&b=c"),
        ("/a", "/a"),
    ],
)
def test_the_password_is_hidden_where_a_url_is_shown(text: str, shown: str) -> None:
    assert repr(URL(text)) == f"URL({shown!r})"
    assert URL(text).redacted == shown
    assert str(URL(text)) == text


def test_a_url_pickles_and_copies() -> None:
    url = URL("https://u:p@xn--bcher-kva.example:99/a%20b?c#d")

    assert pickle.loads(pickle.dumps(url)) == url
    assert copy.copy(url) is url
    assert copy.deepcopy([url])[0] is url


def test_a_url_cannot_be_changed() -> None:
    url: Any = URL("https://x")

    for part in ("scheme", "host", "path", "anything"):
        with pytest.raises(AttributeError):
            setattr(url, part, "y")


def test_the_raw_parts_come_as_one_tuple() -> None:
    raw = URL("https://jo:secret@example.org:8443/a%20b?c#d").raw

    assert raw.raw_host == b"example.org"
    assert tuple(raw) == (b"https", b"example.org", 8443, b"/a%20b?c")


def test_libraries_that_look_inside_find_the_parts() -> None:
    text = "https://jo:secret@xn--mller-kva.de:8443/a%20b?c#d"

    inside = URL(text)._uri_reference

    assert tuple(inside) == ("https", "jo:secret", "xn--mller-kva.de", 8443, "/a%20b", "c", "d")
    assert str(inside) == text
    assert "secret@" not in repr(inside)
    assert str(URL("/a")._uri_reference) == "/a"


@pytest.mark.parametrize(
    ("text", "userinfo", "password"),
    [
        ("https://a:b:c@x", b"a:b:c", "b:c"),
        ("https://a::@x", b"a::", ":"),
        ("https://a:b%3Ac@x", b"a:b%3Ac", "b:c"),
    ],
)
def test_what_is_valid_in_a_password_stays_as_it_is_written(text: str, userinfo: bytes, password: str) -> None:
    url = URL(text)

    assert (str(url), url.userinfo, url.password) == (text, userinfo, password)


@pytest.mark.parametrize("text", ["http://", "https:", "http:///path", "https://:443/", "http://user@/"])
def test_no_host_is_also_what_httpx_raises_for_it(text: str) -> None:
    for kind in (InvalidURL, UnsupportedProtocol):
        with pytest.raises(kind, match="host: there is none"):
            URL(text)
