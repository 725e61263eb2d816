"""What vcrpy's filters leave of a request."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.pytest_plugin.vcr.filters import filters_of
from understudy.pytest_plugin.vcr.requests import VCRRequest

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic eA=="}
JSON = {"Content-Type": "application/json; charset=utf-8"}


def filtered(said: dict[str, Any], body: bytes | None = None, headers: Any = None, method: str = "POST") -> VCRRequest:
    """Return a request as filters leave it."""
    request = VCRRequest(method, "https://api.test/a?key=1&page=2", body, headers or FORM)
    for change in filters_of(said):
        change(request)
    return request


def starred(key: str, value: str, request: VCRRequest) -> str:
    """Return as many stars."""
    assert request.method == "POST"
    assert key in ("key", "pw", "authorization")
    return "*" * len(value)


@pytest.mark.parametrize(
    ("entry", "uri"),
    [
        ("key", "https://api.test/a?page=2"),
        (("key", None), "https://api.test/a?page=2"),
        (("key", "XX"), "https://api.test/a?key=XX&page=2"),
        (("key", starred), "https://api.test/a?key=%2A&page=2"),
        ("other", "https://api.test/a?key=1&page=2"),
    ],
)
def test_parameters_of_the_query(entry: Any, uri: str) -> None:
    assert filtered({"filter_query_parameters": [entry]}).uri == uri


def test_header_fields() -> None:
    assert "authorization" not in filtered({"filter_headers": ["authorization", "x-none"]}).headers
    assert filtered({"filter_headers": [("authorization", starred)]}).headers["authorization"] == "*" * 10


@pytest.mark.parametrize(
    ("entry", "headers", "body", "left"),
    [
        ("pw", FORM, b"user=u&pw=abc", b"user=u"),
        (("pw", "X"), FORM, b"user=u&pw=abc", b"user=u&pw=X"),
        ("none", FORM, b"user=u+v", b"user=u+v"),
        ("pw", JSON, b'{"user":"u","pw":"abc"}', b'{"user": "u"}'),
        (("pw", starred), JSON, b'{"user":"u","pw":"abc"}', b'{"user": "u", "pw": "***"}'),
        ("none", JSON, b'{"user":"u"}', b'{"user":"u"}'),
        ("pw", JSON, b"[1]", b"[1]"),
        ("pw", JSON, b"{", b"{"),
        ("pw", JSON, None, None),
    ],
)
def test_what_is_posted(entry: Any, headers: Any, body: bytes | None, left: bytes | None) -> None:
    assert filtered({"filter_post_data_parameters": [entry]}, body, headers).body == left


def test_what_is_put_stays() -> None:
    assert filtered({"filter_post_data_parameters": ["pw"]}, b"pw=1", method="PUT").body == b"pw=1"
