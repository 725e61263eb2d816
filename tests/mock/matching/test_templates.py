"""Path templates match paths and convert what they find."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from understudy.mock import RouteError
from understudy.mock.matching.facts import split_path
from understudy.mock.matching.templates import PathTemplate

SOME_UUID = "12345678-1234-5678-1234-567812345678"


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/", "/", {}),
        ("/users", "/users", {}),
        ("/users/{id}", "/users/7", {"id": "7"}),
        ("/users/{id:int}", "/users/-7", {"id": -7}),
        ("/price/{p:float}", "/price/1.5", {"p": 1.5}),
        ("/{u:uuid}", f"/{SOME_UUID}", {"u": UUID(SOME_UUID)}),
        ("/{d:date}", "/2026-11-22", {"d": date(2026, 11, 22)}),
        ("/{slug:[a-z-]+}", "/a-b", {"slug": "a-b"}),
        ("/{n:[0-9]{2}}", "/42", {"n": "42"}),
        ("/files/{rest:path}", "/files/a/b.txt", {"rest": "a/b.txt"}),
        ("/files/{rest:path}", "/files/", {"rest": ""}),
        ("/files/{rest:path}/meta", "/files/a/b/meta", {"rest": "a/b"}),
        ("/report-{n:int}.{kind}", "/report-3.pdf", {"n": 3, "kind": "pdf"}),
        ("/static/*", "/static/js/app.js", {}),
        ("/static/**", "/static", {}),
        ("/a/*/c", "/a/b/c", {}),
        ("/*.js", "/app.js", {}),
        ("/caf%C3%A9", "/caf%c3%a9", {}),
        ("/%7Eada", "/~ada", {}),
        ("/{name}", "/a%2Fb", {"name": "a/b"}),
        ("/users/{id:int}", "/users/seven", None),
        ("/users/{id:int}", "/users/٣", None),
        ("/{d:date}", "/2026-13-45", None),
        ("/users/{id}", "/users/", None),
        ("/users/{id}", "/users", None),
        ("/users", "/users/", None),
        ("/users/", "/users", None),
        ("/Users", "/users", None),
        ("/files/{rest:path}/meta", "/files/meta", {"rest": ""}),
        ("/files/{rest:path}/meta", "/meta", None),
        ("/files/{rest:path}/meta", "/files/a/b", None),
    ],
)
def test_a_template_matches_a_path(template: str, path: str, values: dict[str, Any] | None) -> None:
    assert PathTemplate(template).match(split_path(path)) == values


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("/users/{id:imt}", r"unknown kind 'imt' in {id:imt}, did you mean {id:int}\?"),
        ("/users/{id:whatever}", "unknown kind 'whatever'.*known are str, int"),
        ("/users/{}", "is no template parameter"),
        ("/users/{1a}", "is no template parameter"),
        ("/users/{id", "a '{' without its '}'"),
        ("/users/id}", "a '}' without its '{'"),
        ("/{a}/{a}", "{a} stands there twice"),
        ("/{a:path}/{b:path}", "only one part"),
        ("/x{a:path}", "stands alone between slashes"),
        ("/{a:[}", "expression in {a:\\[} is not valid"),
    ],
)
def test_a_template_that_cannot_be_fails_with_the_mend(template: str, message: str) -> None:
    with pytest.raises(RouteError, match=message):
        PathTemplate(template)


def test_a_template_below_another_keeps_both_and_their_names() -> None:
    whole = PathTemplate.joined(PathTemplate("/v1/{tenant}"), PathTemplate("/users/{id:int}"))

    assert whole.match(("v1", "acme", "users", "3")) == {"tenant": "acme", "id": 3}
    assert whole.holes == {"tenant": "str", "id": "int"}


def test_a_template_takes_kinds_for_parameters_that_say_none() -> None:
    template = PathTemplate("/users/{id}", {"id": "int"})

    assert template.match(("users", "7")) == {"id": 7}
    assert template.match(("users", "x")) is None


def test_long_input_takes_linear_time() -> None:
    template = PathTemplate("/a/{rest:path}/{id:int}")

    assert template.match(("a", *["x"] * 200_000, "7" * 4000)) is not None
    assert template.match(("a", "1" * 1_000_000)) is None
