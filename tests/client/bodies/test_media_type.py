"""Content-Type taken apart."""

from __future__ import annotations

import time

import pytest

from understudy.client.bodies.media_type import charset_of, parse_media_type


@pytest.mark.parametrize(
    ("said", "kind", "parameters"),
    [
        ("", "", {}),
        ("text/html", "text/html", {}),
        (" Text/HTML ", "text/html", {}),
        ("text/html;charset=UTF-8", "text/html", {"charset": "UTF-8"}),
        ('text/html ; Charset = "utf-8" ; x=y', "text/html", {"charset": "utf-8", "x": "y"}),
        (r'a/b; x="a\"b\\c;charset=no"; charset=yes', "a/b", {"x": r'a"b\c;charset=no', "charset": "yes"}),
        ("a/b; charset=one; charset=two", "a/b", {"charset": "one"}),
        ('a/b; x="unfinished', "a/b", {"x": "unfinished"}),
        ("a/b; x=; y", "a/b", {"x": ""}),
        ("a/b;;; ;x=1", "a/b", {"x": "1"}),
        ("; x=1", "", {"x": "1"}),
    ],
)
def test_a_media_type_has_parameters(said: str, kind: str, parameters: dict[str, str]) -> None:
    assert parse_media_type(said) == (kind, parameters)


@pytest.mark.parametrize(
    ("said", "charset"),
    [
        (None, None),
        ("", None),
        ("text/html", None),
        ("text/html; x=y", None),
        ("text/html; charset=", None),
        ("text/html; charset=ISO-8859-1", "iso-8859-1"),
        ("text/html; charset='utf-8'", "utf-8"),
        ('text/html; charset="utf-8"', "utf-8"),
    ],
)
def test_a_charset_is_lower_case_or_none(said: str | None, charset: str | None) -> None:
    assert charset_of(said) == charset


@pytest.mark.parametrize("piece", ["; x", ";", '; x="', ";x=y", "; ", " ", "x", '\\"', ";=", '; x="a\\'])
def test_a_hostile_content_type_takes_linear_time(piece: str) -> None:
    said = "a/b;" + piece * (200_000 // len(piece))

    started = time.process_time()
    parse_media_type(said)

    assert time.process_time() - started < 5
