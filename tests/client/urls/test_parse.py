"""How a text becomes the parts of a URL, and how a reference is resolved against a base."""

from __future__ import annotations

import contextlib
import time

import pytest

from understudy.client.errors import InvalidURL
from understudy.client.urls import URL
from understudy.client.urls import parse as parsing

# RFC 3986 section 5.4, whose base is this one. `http:g` is the answer of the lenient parsers, which browsers are.
BASE = "http://a/b/c/d;p?q"
NORMAL_EXAMPLES = {
    "g:h": "g:h",
    "g": "http://a/b/c/g",
    "./g": "http://a/b/c/g",
    "g/": "http://a/b/c/g/",
    "/g": "http://a/g",
    "//g": "http://g",
    "?y": "http://a/b/c/d;p?y",
    "g?y": "http://a/b/c/g?y",
    "#s": "http://a/b/c/d;p?q#s",
    "g#s": "http://a/b/c/g#s",
    "g?y#s": "http://a/b/c/g?y#s",
    ";x": "http://a/b/c/;x",
    "g;x": "http://a/b/c/g;x",
    "g;x?y#s": "http://a/b/c/g;x?y#s",
    "": "http://a/b/c/d;p?q",
    ".": "http://a/b/c/",
    "./": "http://a/b/c/",
    "..": "http://a/b/",
    "../": "http://a/b/",
    "../g": "http://a/b/g",
    "../..": "http://a/",
    "../../": "http://a/",
    "../../g": "http://a/g",
}
ABNORMAL_EXAMPLES = {
    "../../../g": "http://a/g",
    "../../../../g": "http://a/g",
    "/./g": "http://a/g",
    "/../g": "http://a/g",
    "g.": "http://a/b/c/g.",
    ".g": "http://a/b/c/.g",
    "g..": "http://a/b/c/g..",
    "..g": "http://a/b/c/..g",
    "./../g": "http://a/b/g",
    "./g/.": "http://a/b/c/g/",
    "g/./h": "http://a/b/c/g/h",
    "g/../h": "http://a/b/c/h",
    "g;x=1/./y": "http://a/b/c/g;x=1/y",
    "g;x=1/../y": "http://a/b/c/y",
    "g?y/./x": "http://a/b/c/g?y/./x",
    "g?y/../x": "http://a/b/c/g?y/../x",
    "g#s/./x": "http://a/b/c/g#s/./x",
    "g#s/../x": "http://a/b/c/g#s/../x",
    "http:g": "http://a/b/c/g",
}


@pytest.mark.parametrize(("reference", "target"), [*NORMAL_EXAMPLES.items(), *ABNORMAL_EXAMPLES.items()])
def test_references_resolve_as_in_the_rfc(reference: str, target: str) -> None:
    assert str(URL(BASE).join(reference)) == target


@pytest.mark.parametrize(
    ("base", "reference", "target"),
    [
        ("https://x", "a", "https://x/a"),
        ("https://x", "/a", "https://x/a"),
        ("https://x", "?a", "https://x?a"),
        ("https://x", "./a:b", "https://x/a:b"),
        ("https://x/a", "1a:b", "https://x/1a:b"),
        ("https://x/b#f", "", "https://x/b"),
        ("https://u:p@x:8443/a", "b", "https://u:p@x:8443/b"),
        ("https://u:p@x:8443/a", "//y/b", "https://y/b"),
        ("https://x:8443/a", "http://y:443", "http://y:443"),
        ("http://x", "//y:80/z", "http://y/z"),
        ("https://x/a", "https:b", "https://x/b"),
        ("https://x/a", "HTTPS:/b", "https://x/b"),
        ("https://x/a", "b c?d e#f g", "https://x/b%20c?d%20e#f%20g"),
        ("https://x/a", "é", "https://x/%C3%A9"),
        ("https://x/a/", "%2e%2e/b", "https://x/a/%2e%2e/b"),
        ("https://x/a", "/.//y", "https://x//y"),
        ("https://x/a", "..//y", "https://x//y"),
        ("https://x/a", "b\\c", "https://x/b%5Cc"),
        ("https://x/a", "\\b", "https://x/%5Cb"),
        ("https://x/a", "b\tc", "https://x/b%09c"),
        ("https://x/a", "mailto:jo@y", "mailto:jo@y"),
        ("/x/y", "z", "/x/z"),
        ("x/y", "../z", "x/../z"),
        ("", "a", "a"),
        ("mailto:jo", "ann", "mailto:ann"),
        ("foo:/a/b", ".//c", "foo:/a//c"),
        ("/x/y", "../z", "/z"),
        ("/x/y", "./z/.", "/x/z/"),
        ("/x/y", "../../../z", "/z"),
        ("foo://h/a", "b", "foo://h/b"),
        ("foo:/a/b", "foo:c", "foo:c"),
        ("https://x/a", "https://y/b", "https://y/b"),
    ],
)
def test_join_keeps_the_authority_it_was_given(base: str, reference: str, target: str) -> None:
    joined = URL(base).join(reference)

    assert str(joined) == target
    assert URL(base).join(URL(str(joined))) == joined or not joined.is_absolute_url


@pytest.mark.parametrize(
    "reference",
    [
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "//evil.example\\x@good.example",
        "/\t/evil.example",
        "/\n\\evil.example",
        "\t//evil.example",
        " //evil.example",
        "\x00//evil.example",
        "ht\ttp://evil.example",
        "http:\\\\evil.example",
        "https:/\\evil.example",
        "http:/evil.example",
        "http:evil.example",
        "https:///evil.example",
        "https:\t//evil.example",
        "///evil.example",
        "////evil.example",
        "///",
        "//",
        "//?x",
        "//[::1",
        "//user@",
        "//:80",
        "http://",
    ],
)
def test_a_location_that_browsers_follow_elsewhere_is_refused(reference: str) -> None:
    with pytest.raises(InvalidURL):
        URL("https://good.example/a").join(reference)


def test_the_base_may_be_relative_and_still_refuses_two_readings() -> None:
    with pytest.raises(InvalidURL, match="browsers would read another host"):
        URL("/\\evil.example")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://x/a/./b/../c", "https://x/a/c"),
        ("https://x/..", "https://x/"),
        ("https://x/.", "https://x/"),
        ("https://x/a/..", "https://x/"),
        ("https://x/a/.", "https://x/a/"),
        ("https://x/../../a", "https://x/a"),
        ("https://x//a//../b", "https://x//a/b"),
        ("https://x/...", "https://x/..."),
        ("https://x/.a/..b", "https://x/.a/..b"),
        ("https://x/a?b/../c", "https://x/a?b/../c"),
        ("//x/a/../b", "//x/b"),
        ("/a/../b", "/a/../b"),
        ("a/../b", "a/../b"),
        ("mailto:a/../b", "mailto:a/../b"),
        ("file:///a/../b", "file:///a/../b"),
    ],
)
def test_dot_segments_go_where_there_is_a_host(text: str, written: str) -> None:
    assert str(URL(text)) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://x/a b?c d#e f", "https://x/a%20b?c%20d#e%20f"),
        ("https://x/a\nb?c\rd#e\tf", "https://x/a%0Ab?c%0Dd#e%09f"),
        ("https://x/a\x00?\x01#\x1fb", "https://x/a%00?%01#%1Fb"),
        ("https://x/\x7f\x80", "https://x/%7F%C2%80"),
        ("https://x/ ", "https://x/%20"),
        ("https://x/日本?日本#日本", "https://x/%E6%97%A5%E6%9C%AC?%E6%97%A5%E6%9C%AC#%E6%97%A5%E6%9C%AC"),
        ("https://x/a%20b%2fc%2Fd%zz%", "https://x/a%20b%2fc%2Fd%zz%"),
        ("https://x/a%zz b", "https://x/a%zz%20b"),
        ("https://x/a\\b?c\\d#e\\f", "https://x/a%5Cb?c\\d#e\\f"),
        ("https://x/?a='b'|c&d[]=e:f/g?h", "https://x/?a='b'|c&d[]=e:f/g?h"),
        ("https://x/?", "https://x/?"),
        ("https://x/#", "https://x/#"),
        ("https://x/#a#b", "https://x/#a#b"),
        ("https://us er:p@ss@x/", "https://us%20er:p%40ss@x/"),
        ("https://:p@x", "https://:p@x"),
        ("https://u:@x", "https://u:@x"),
        ("https://@x", "https://x"),
        ("https://:@x", "https://:@x"),
        ("https://x:", "https://x"),
        ("https://x:443", "https://x"),
        ("https://x:0443", "https://x"),
        ("https://x:0", "https://x:0"),
        ("http://x:443", "http://x:443"),
        ("ws://x:80", "ws://x"),
        ("wss://x:443", "wss://x"),
        ("ftp://x:21", "ftp://x"),
        ("foo://x:80", "foo://x:80"),
        ("all://", "all://"),
        ("all://*.example.com:8080", "all://*.example.com:8080"),
        ("file:///etc/hosts", "file:///etc/hosts"),
        ("localhost:8000/x", "localhost:8000/x"),
        ("127.0.0.1:8000/x", "127.0.0.1:8000/x"),
        ("data:text/plain,a b", "data:text/plain,a%20b"),
        ("c:\\dir", "c:%5Cdir"),
    ],
)
def test_a_url_is_written_in_one_way(text: str, written: str) -> None:
    url = URL(text)

    assert str(url) == written
    assert str(URL(written)) == written


@pytest.mark.parametrize("text", ["foo://user@", "foo://:80", "foo://user@/x"])
def test_a_user_or_a_port_without_a_host_is_refused(text: str) -> None:
    with pytest.raises(InvalidURL, match="host: there is none"):
        URL(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://", "write https://host/path"),
        ("http:x", "write http://host/path"),
        ("//", "after '//'"),
        ("https://x:y", "port: .* is not a number"),
        ("https://x:65536", "port: over 65535"),
        (" https://x", r"starts with ' '.*\.strip\(\)"),
        ("https://x/\n", r"ends with '\\n'.*\.strip\(\)"),
        ("https://a\\b", "backslash"),
        ("https://x/\ud800", "surrogate"),
        ("https://x/" + "a" * 65536, "65546 characters, and 65536 are allowed"),
        ("https://x/" + "é" * 20000, "120010 characters once encoded, and 65536 are allowed"),
    ],
)
def test_the_message_says_what_is_wrong_and_what_to_do(text: str, words: str) -> None:
    with pytest.raises(InvalidURL, match=words) as caught:
        URL(text)

    assert len(str(caught.value)) <= 300


def test_the_longest_url_has_64_kib() -> None:
    text = "https://x/" + "a" * 65526

    assert len(str(URL(text))) == 65536
    with pytest.raises(InvalidURL):
        URL(text + "a")


def test_equal_texts_are_parsed_once() -> None:
    parts = parsing.parse("https://example.com/once")

    assert parsing.parse("https://example.com/" + "once") is parts
    assert parsing.join(parts, "b") is parsing.join(parts, "b")


def test_long_texts_do_not_stay_in_memory() -> None:
    text = "https://example.com/" + "a" * 3000

    assert parsing.parse(text) is not parsing.parse(text)
    assert parsing.join(parsing.parse(text), "b") is not parsing.join(parsing.parse(text), "b")


@pytest.mark.parametrize(
    "unit", ["/../", "/./", "/", "%", "%41", "@", "[", "?", "#", "&=", "\\", "é", " ", "a:", ".", "\t"]
)
@pytest.mark.parametrize("head", ["", "/", "https://x/", "https://x/?", "https://x/#", "a:"])
def test_a_hostile_url_is_read_or_refused_at_once(head: str, unit: str) -> None:
    text = (head + unit * 65536)[:65536]

    started = time.thread_time()
    with contextlib.suppress(InvalidURL):
        _ = URL("https://example.com/a/b").join(text).params
    elapsed = time.thread_time() - started

    assert elapsed < 1, "the time on the processor must stay linear in the length"


def test_a_megabyte_is_refused_before_it_is_read() -> None:
    started = time.thread_time()
    with pytest.raises(InvalidURL):
        URL("https://" + "a" * 1_000_000)
    elapsed = time.thread_time() - started

    assert elapsed < 0.1
