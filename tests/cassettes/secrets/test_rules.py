"""What authors want hidden: names, places, patterns, functions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from ..conftest import Stage


@pytest.mark.parametrize(
    "redact", ["json.customer.mail", "/[a-z]+@shop[.]test/", "mail", re.compile(r"ada@\S+?(?=\W*$)")]
)
def test_a_place_a_pattern_or_a_name_hides_a_value_and_still_matches(stage: Stage, redact: Any) -> None:
    body = {"customer": {"mail": "ada@shop.test", "name": "Ada"}}

    with stage.use("once", redact=[redact]):
        stage.client.post("https://api.test/users", json=body)
    with stage.use("none", redact=redact):
        stage.client.post("https://api.test/users", json=body)

    assert "ada@" not in stage.text
    assert "__REDACTED_secret_1__" in stage.text
    assert "name: Ada" in stage.text


def test_the_first_document_says_the_same_in_yaml(stage: Stage) -> None:
    stage.written(
        header='cassette: 1\nredact: [json.items.*.iban, json..pin, query.id, header.x-id, form.id, "/cus_[0-9]+/"]\n'
    )
    stage.server.reply = lambda request: understudy.Response(
        200,
        headers={"x-id": "header-value", "x-other": "cus_123 and cus_456"},
        json={"items": [{"iban": "DE02", "id": 7}, {"iban": 12, "deep": {"pin": 1234.5, "flag": [True, None, "x"]}}]},
    )

    with stage.use("once"):
        stage.client.post("https://api.test/users?id=41&ref=41", data={"id": "form-value", "ref": "kept"})
    with stage.use("none"):
        again = stage.client.post("https://api.test/users?id=99&ref=41", data={"id": "other", "ref": "kept"})

    assert not [
        secret
        for secret in ("DE02", "12,", "1234", "id=41", "header-value", "form-value", "cus_1")
        if secret in stage.text
    ]
    assert "ref=41" in stage.text
    assert "ref: kept" in stage.text
    assert again.json()["items"][1] == {"iban": 0, "deep": {"pin": 0, "flag": [True, None, "x"]}}
    assert again.json()["items"][0]["id"] == 7


def test_a_hidden_member_hides_what_is_in_it(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200, json={"card": {"number": 4111, "holder": ["Ada", ""]}}
    )

    with stage.use("once", redact=["json.card"]):
        stage.client.get("https://api.test/card")

    assert cassettes.load(stage.path).interactions[0].response is not None
    assert "4111" not in stage.text
    assert "Ada" not in stage.text


def test_json_in_a_spelling_of_its_own_hides_its_places_too(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, content=b'{ "mail":"ada@shop.test" ,\n"n":1}')

    with stage.use("once", redact=["json.mail"]):
        stage.client.get("https://api.test/users")

    assert "ada@" not in stage.text


@pytest.mark.parametrize(
    "content",
    [
        b'{ "ssn":123456789 }',
        b'{"ssn":123456789}\r\n',
        b'{"n":NaN,"ssn":123456789}',
        b'{"half":"\\ud800","ssn":[123456789]}',
        '{"ssn":123456789}'.encode("utf-16"),
    ],
)
def test_numbers_are_hidden_in_json_of_any_spelling(stage: Stage, content: bytes) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200, content=content, headers={"content-type": "application/json"}
    )

    with stage.use("once", redact=["ssn"]):
        stage.client.get("https://api.test/users")
    with stage.use("none"):
        replayed = stage.client.get("https://api.test/users")

    assert "6789" not in stage.text
    assert replayed.json()["ssn"] in (0, [0])


def test_json_of_an_odd_spelling_keeps_it_where_nothing_is_hidden_in_it(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, content=b'{ "n":1, "token":"a-long-secret"}')

    with stage.use("once", redact=["ssn", "json.mail"]):
        stage.client.get("https://api.test/users")

    assert """text: '{ "n":1, "token":"__REDACTED_token_1__"}'""" in stage.text


def test_a_pattern_never_cuts_a_mark_in_two(stage: Stage) -> None:
    with stage.use("once", redact=[re.compile("[0-9]+"), re.compile("[A-Z]+")]):
        stage.client.get("https://api.test/users?token=a-long-secret&n=12")

    assert "?token=__REDACTED_token_1__&n=__REDACTED_secret_1__" in stage.text


def without_mail(message: Any) -> Any:
    return replace(message, content=re.sub(rb"\w+@\w+", b"nobody", message.content))


def test_a_function_of_the_author_changes_what_is_written_and_what_is_compared(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, text="hello ada@shop")

    with stage.use("once", redact=[without_mail]):
        live = stage.client.post("https://api.test/users", content=b"from ada@shop")
    with stage.use("none", redact=without_mail):
        again = stage.client.post("https://api.test/users", content=b"from grace@shop")

    assert live.text == "hello ada@shop"
    assert again.text == "hello nobody"
    assert "ada" not in stage.text


def broken(message: Any) -> Any:
    raise KeyError("mail")


def test_a_function_that_fails_leaves_nothing_written_and_is_named(stage: Stage) -> None:
    message = r"redact=broken raised KeyError: 'mail'; nothing was written"
    with pytest.raises(cassettes.CassetteError, match=message), stage.use("once", redact=[broken]):
        assert stage.client.get("https://api.test/users").status_code == 200

    assert not stage.path.exists()


def forgetful(message: Any) -> None:
    del message


def test_a_function_that_returns_something_else_is_named(stage: Stage) -> None:
    nothing = stage.use("once", redact=[forgetful])
    with pytest.raises(cassettes.CassetteError, match=r"returned None for a RecordedRequest"), nothing:
        stage.client.get("https://api.test/users")


@pytest.mark.parametrize(
    ("redact", "problem"),
    [
        (["/(/"], "no regular expression"),
        (["/x*/"], "matches nothing at all"),
        (["  "], "an empty name"),
        (["jsn.iban"], "did you mean json.iban"),
        (["JSON.customer.iban"], "did you mean json.customer.iban"),
        (["heders.x-iban"], "did you mean headers.x-iban"),
        ([3], "names, paths, patterns and functions, not 3"),
    ],
)
def test_a_rule_that_says_nothing_is_refused_at_the_call(stage: Stage, redact: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        stage.use("once", redact=redact)


def test_a_name_may_have_a_dot_in_it(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, json={"user.iban": "DE02", "former.iban": "DE03"})

    with stage.use("once", redact=["user.iban", "former.iban"]):
        stage.client.get("https://api.test/users")

    assert "DE0" not in stage.text
