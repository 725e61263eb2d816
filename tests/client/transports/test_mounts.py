from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy import URL, InvalidURL, Request, Response
from understudy.client.transports.mounts import URLPattern, sorted_mounts

if TYPE_CHECKING:
    from ..conftest import Handler, Side


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("all://", "https://example.com/", True),
        ("all://", "http://localhost:8080/", True),
        ("", "https://example.com/", True),
        ("all://*", "https://example.com/", True),
        ("https://", "https://example.com/", True),
        ("https://", "http://example.com/", False),
        ("https://*", "https://example.com/", True),
        ("https:", "https://example.com/", True),
        ("https:", "http://example.com/", False),
        ("http://example.com", "http://example.com/a?b=c", True),
        ("http://example.com", "https://example.com/", False),
        ("http://example.com", "http://other.com/", False),
        ("http://example.com", "http://sub.example.com/", False),
        ("http://EXAMPLE.com", "http://example.COM/", True),
        ("all://example.com", "http://example.com:8080/", True),
        ("all://example.com:123", "https://example.com:123/", True),
        ("all://example.com:123", "https://example.com/", False),
        ("all://example.com:123", "https://example.com:456/", False),
        ("all://example.com:443", "https://example.com/", True),
        ("all://example.com:443", "http://example.com/", False),
        ("all://example.com:80", "http://example.com/", True),
        ("https://example.com:443", "https://example.com/", True),
        ("http://example.com:80", "http://example.com:8080/", False),
        ("all://*example.com", "https://example.com/", True),
        ("all://*example.com", "https://sub.example.com/", True),
        ("all://*example.com", "https://notexample.com/", False),
        ("all://*.example.com", "https://sub.example.com/", True),
        ("all://*.example.com", "https://deep.sub.example.com/", True),
        ("all://*.example.com", "https://example.com/", False),
        ("all://*.example.com", "https://notexample.com/", False),
        ("all://*.example.com", "https://example.com.evil.test/", False),
        ("all://*.example.com:8080", "https://sub.example.com:8080/", True),
        ("all://*.example.com:8080", "https://sub.example.com/", False),
        ("all://*:8080", "http://example.com:8080/", True),
        ("all://*:8080", "http://[::1]:8080/", True),
        ("all://*:8080", "http://example.com/", False),
        ("https://*:443", "https://example.com/", True),
        ("https://*:443", "http://example.com:443/", False),
        ("all://user:password@example.com:8080", "http://example.com:8080/", True),
        ("all://example.com.", "https://example.com/", True),
        ("all://example.com", "https://example.com./", True),
        ("all://*.example.com", "https://sub.example.com./", True),
        ("http://localhost:8080", "http://localhost:8080/", True),
        ("http://127.0.0.1", "http://127.0.0.1/", True),
        ("all://[::1]", "http://[::1]/", True),
        ("all://[::1]", "http://[0:0:0:0:0:0:0:1]/", True),
        ("all://[::1]:8080", "http://[::1]:8080/", True),
        ("all://[::1]:8080", "http://[::1]/", False),
        ("all://bücher.example", "https://xn--bcher-kva.example/", True),
        ("all://xn--bcher-kva.example", "https://bücher.example/", True),
        ("all://10.0.0.0/8", "http://10.1.2.3/", True),
        ("all://10.0.0.0/8", "http://11.0.0.1/", False),
        ("all://10.1.2.3/8", "http://10.9.9.9/", True),
        ("all://10.0.0.0/8", "http://example.com/", False),
        ("https://10.0.0.0/8", "http://10.1.2.3/", False),
        ("all://10.0.0.0:8080/8", "http://10.1.2.3:8080/", True),
        ("all://10.0.0.0:8080/8", "http://10.1.2.3/", False),
        ("all://[fd00::]/8", "http://[fd12::1]/", True),
        ("all://[fd00::]/8", "http://[fe80::1]/", False),
        ("all://[fd00::]/8", "http://10.1.2.3/", False),
        ("all://example.com/8", "http://example.com/", True),
        ("https://example.com/path", "https://example.com/elsewhere", True),
        ("memory://", "memory://anything/", True),
    ],
)
def test_a_pattern_covers_these_urls(pattern: str, url: str, matches: bool) -> None:
    assert URLPattern(pattern).matches(URL(url)) is matches


@pytest.mark.parametrize("pattern", ["example.com", "https", "*", "localhost:8080"])
def test_a_pattern_without_a_scheme_is_an_error_that_shows_how_it_is_written(pattern: str) -> None:
    with pytest.raises(ValueError, match=f"'all://{pattern}'".replace("*", r"\*")):
        URLPattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["all://[::1", "all://exa mple.com", "all://example.com:port", "all://*.", "all://*.:8080"]
)
def test_a_pattern_that_is_no_url_is_an_error(pattern: str) -> None:
    with pytest.raises(InvalidURL):
        URLPattern(pattern)


def test_a_range_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        URLPattern("all://10.0.0.0/99")


def test_a_star_alone_is_no_more_specific_than_nothing() -> None:
    given = ["all://*", "https://", "all://", "https://*"]

    assert [pattern.pattern for pattern in sorted_mounts(dict.fromkeys(given))] == [
        "https://",
        "https://*",
        "all://*",
        "all://",
    ]


def test_the_most_specific_pattern_comes_first() -> None:
    given = [
        "all://",
        "http://",
        "all://*.example.com",
        "all://*:123",
        "http://example.com",
        "https://example.com",
        "http://example.com:123",
        "all://api.example.com",
    ]

    assert [pattern.pattern for pattern in sorted_mounts(dict.fromkeys(given))] == [
        "http://example.com:123",
        "all://*:123",
        "all://api.example.com",
        "all://*.example.com",
        "https://example.com",
        "http://example.com",
        "http://",
        "all://",
    ]


def test_patterns_are_keys() -> None:
    assert URLPattern("all://") == URLPattern("all://")
    assert URLPattern("all://") != URLPattern("http://")
    assert URLPattern("all://") != "all://"
    assert len({URLPattern("all://"), URLPattern("all://")}) == 1
    assert repr(URLPattern("all://*.example.com")) == "URLPattern('all://*.example.com')"


# In a client


def naming(name: str) -> Handler:
    return lambda request: Response(200, text=name)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("url", "answers"),
    [
        ("https://example.com/", "example"),
        ("https://sub.example.com/", "below"),
        ("http://other.test/", "http"),
        ("https://other.test/", "own"),
        ("https://direct.test/", "own"),
    ],
)
async def test_a_mount_answers_what_it_is_mounted_at(side: Side, url: str, answers: str) -> None:
    client = side.client(
        naming("own"),
        mounts={
            "http://": side.transport(naming("http")),
            "all://*.example.com": side.transport(naming("below")),
            "https://example.com": side.transport(naming("example")),
            "all://direct.test": None,
        },
    )

    assert (await side.call(client.get, url)).text == answers


@pytest.mark.anyio
async def test_a_redirect_is_answered_by_the_mount_that_it_leads_to(side: Side) -> None:
    def leads(request: Request) -> Response:
        return Response(302, headers={"Location": "https://b.test/"})

    client = side.client(leads, mounts={"https://b.test": side.transport(naming("b"))}, follow_redirects=True)

    assert (await side.call(client.get, "https://a.test/")).text == "b"


@pytest.mark.anyio
async def test_a_mount_that_is_no_pattern_is_an_error_at_once(side: Side) -> None:
    with pytest.raises(ValueError, match="write the scheme as well"):
        side.client(naming("own"), mounts={"example.com": None})
