"""What can be asked about a request."""

from __future__ import annotations

from typing import Any

import pytest

from understudy import Request
from understudy.mock import ABSENT
from understudy.mock.matching.facts import Facts, parse_query, split_path


def facts(**options: Any) -> Facts:
    return Facts(Request("POST", "https://API.test:8443/a%20b/c?x=1&x=2&y", **options))


def test_the_url_is_taken_apart() -> None:
    found = facts()

    assert (found.method, found.scheme, found.host, found.port) == ("POST", "https", "api.test", 8443)
    assert found.segments == ("a b", "c")
    assert found.path == "/a b/c"
    assert found.url == "https://api.test:8443/a%20b/c?x=1&x=2&y"
    assert found.params() == [("x", "1"), ("x", "2"), ("y", "")]
    assert found.get("host") == "api.test"
    assert Facts(Request("GET", "http://a.test")).port == 80
    assert split_path("") == split_path("/") == ("",)
    assert parse_query("") == []


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("text/plain", "ä".encode(), "ä"),
        ('text/plain; charset="latin-1"', "ä".encode("latin-1"), "ä"),
        ("text/plain; charset=nonsense", "ä".encode(), "ä"),
        ("text/plain", b"\xff", "\ufffd"),
    ],
)
def test_text_goes_by_the_charset(kind: str, content: bytes, text: str) -> None:
    assert facts(content=content, headers={"content-type": kind}).get("text") == text


def test_what_is_not_there_is_absent() -> None:
    found = facts(content=b"not json", headers={"cookie": "a=1; nonsense; b=2=3"})

    assert found.get("json") is ABSENT
    assert found.get("xml") is ABSENT
    assert found.get("graphql") is ABSENT
    assert found.get("auth") is ABSENT
    assert found.get("form") == []
    assert found.get("files") == []
    assert found.get("cookies") == [("a", "1"), ("b", "2=3")]


@pytest.mark.parametrize(
    ("query", "operation"),
    [
        ("query Get { a }", "Get"),
        ("mutation Make($a: Int) { a }", "Make"),
        ("subscription S @live { a }", "S"),
        ("query { a }", None),
        ("fragment F on T { a }", None),
    ],
)
def test_graphql_names_its_operation(query: str, operation: str | None) -> None:
    assert facts(json={"query": query}).get("graphql")["operation"] == operation


def test_graphql_with_broken_variables_is_none() -> None:
    request = Request("GET", "https://a.test/", params={"query": "{ a }", "variables": "{"})

    assert Facts(request).get("graphql") is ABSENT
