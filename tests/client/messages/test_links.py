from __future__ import annotations

import pytest

from understudy import Response
from understudy.client.messages.links import parse_links


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        ("<https://api.test/2>", [{"url": "https://api.test/2"}]),
        ('<https://api.test/2>; rel="next"', [{"url": "https://api.test/2", "rel": "next"}]),
        ("<https://api.test/2>; rel=next", [{"url": "https://api.test/2", "rel": "next"}]),
        ("<https://api.test/2>; rel='next'", [{"url": "https://api.test/2", "rel": "next"}]),
        ("<https://api.test/2>;rel=next;", [{"url": "https://api.test/2", "rel": "next"}]),
        ("< https://api.test/2 > ; REL = next", [{"url": "https://api.test/2", "rel": "next"}]),
        (
            '<https://api.test/2>; rel="next", <https://api.test/9>; rel=last; type="text/html"',
            [
                {"url": "https://api.test/2", "rel": "next"},
                {"url": "https://api.test/9", "rel": "last", "type": "text/html"},
            ],
        ),
        ("<a>,<b>", [{"url": "a"}, {"url": "b"}]),
        ("<https://api.test/?a=1,2;b>; rel=next", [{"url": "https://api.test/?a=1,2;b", "rel": "next"}]),
        ('<a>; title="one, two; \\"three\\" <b>"; rel=x', [{"url": "a", "title": 'one, two; "three" <b>', "rel": "x"}]),
        ('<a>; title="a\\\\b"', [{"url": "a", "title": "a\\b"}]),
        ("<a>; crossorigin", [{"url": "a", "crossorigin": ""}]),
        ("<a>; rel=first; rel=second", [{"url": "a", "rel": "first"}]),
        ("no link at all", []),
        ("<never ended; rel=next", []),
        ("junk, <a>; rel=next", [{"url": "a", "rel": "next"}]),
        ('<a>; title="never ended, <b>', [{"url": "a", "title": "never ended, <b>"}]),
        ('<a>; title="ends in a backslash\\', [{"url": "a", "title": "ends in a backslash\\"}]),
        ("<a>; rel=", [{"url": "a", "rel": ""}]),
        ("<a>;;; =x; rel=next", [{"url": "a", "rel": "next"}]),
    ],
)
def test_links_are_read_as_servers_write_them(value: str, expected: list[dict[str, str]]) -> None:
    assert parse_links(value) == expected


def test_reading_takes_time_in_proportion_to_the_field() -> None:
    value = "<a>; " + '";,' * 100_000

    links = parse_links(value)

    assert links[0]["url"] == "a"


def test_a_response_has_its_links_by_what_they_are() -> None:
    response = Response(200, headers=[("Link", '<https://api.test/2>; rel="next"'), ("Link", "<https://api.test/9>")])

    assert response.links == {
        "next": {"url": "https://api.test/2", "rel": "next"},
        "https://api.test/9": {"url": "https://api.test/9"},
    }


def test_a_response_without_links_has_none() -> None:
    assert Response(200).links == {}
