"""The canonical parts of a URL, and which of them can stand together."""

from __future__ import annotations

import pytest

from understudy.client.errors import InvalidURL
from understudy.client.urls.parts import NO_AUTHORITY, Authority, Parts, assemble, without_dot_segments


def test_the_wire_finds_what_it_needs() -> None:
    parts = Parts("https", Authority("user:pass", "example.com", 8443), "/a", "b=c", "d")

    assert parts.text == "https://user:pass@example.com:8443/a?b=c#d"
    assert parts.raw_scheme == b"https"
    assert parts.raw_path == b"/a?b=c"
    assert parts.authority.raw_host == b"example.com"
    assert parts.authority.netloc == b"example.com:8443"


def test_an_empty_path_is_a_slash_on_the_wire_alone() -> None:
    parts = Parts("https", Authority("", "example.com", None), "", "a", None)

    assert parts.text == "https://example.com?a"
    assert parts.raw_path == b"/?a"


def test_no_authority_is_not_an_empty_one() -> None:
    assert Parts("file", Authority("", "", None), "/a", None, None).text == "file:///a"
    assert Parts("file", NO_AUTHORITY, "/a", None, None).text == "file:/a"


@pytest.mark.parametrize(
    ("scheme", "authority", "path", "words"),
    [
        ("https", Authority("", "x", None), "a", "starts with '/'"),
        ("file", Authority("", "", None), "a", "starts with '/'"),
        ("https", NO_AUTHORITY, "/a", "write https://host/path"),
        ("https", Authority("", "", None), "/a", "write https://host/path"),
        ("", Authority("", "", None), "/a", "after '//'"),
        ("", Authority("u", None, None), "/a", "only a user or a port"),
        ("foo", Authority("", "", 80), "/a", "only a user or a port"),
        ("", NO_AUTHORITY, "//a", "single '/'"),
        ("foo", NO_AUTHORITY, "//a", "single '/'"),
        ("", NO_AUTHORITY, "a:b", "write './'"),
        ("", NO_AUTHORITY, "x" * 100 + ":b", r"path 'x{75}\.\.\.'"),
    ],
)
def test_parts_that_would_be_read_as_others_are_refused(
    scheme: str, authority: Authority, path: str, words: str
) -> None:
    with pytest.raises(InvalidURL, match=words):
        assemble(scheme, authority, path, None, None)


@pytest.mark.parametrize("path", ["", "a", "a/b:c", "./a:b", ":a", "1a:b", "/a:b"])
def test_a_relative_path_that_reads_as_itself_is_accepted(path: str) -> None:
    assert assemble("", NO_AUTHORITY, path, None, None).text == path


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("/a/b/c/./../../g", "/a/g"),  # RFC 3986 section 5.2.4's own example
        ("/", "/"),
        ("/.", "/"),
        ("/..", "/"),
        ("/a/.", "/a/"),
        ("/a/..", "/"),
        ("/a/b/..", "/a/"),
        ("/../a", "/a"),
        ("/a//..", "/a/"),
        ("//..", "/"),
        ("/a/.../b", "/a/.../b"),
    ],
)
def test_dot_segments_are_resolved_as_in_the_rfc(path: str, resolved: str) -> None:
    assert without_dot_segments(path) == resolved
