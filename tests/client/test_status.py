"""Status codes by name, old names and lower-case ones included."""

from __future__ import annotations

import pytest

from understudy.client.status import codes

NOTHING: set[str] = set()


def test_a_code_is_an_int_that_prints_as_its_number() -> None:
    assert int(codes.NOT_FOUND) == 404
    assert codes.NOT_FOUND in (404, 405)
    assert f"{codes.NOT_FOUND}" == str(codes.NOT_FOUND) == "404"
    assert codes(404) is codes["NOT_FOUND"] is codes.NOT_FOUND


def test_lower_case_names_are_there_for_users_of_requests() -> None:
    lower = {name: getattr(codes, name.lower()) for name in codes.__members__}

    assert lower["OK"] == 200
    assert lower["REQUEST_ENTITY_TOO_LARGE"] == 413
    assert all(lower[name] == member for name, member in codes.__members__.items())


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        ("REQUEST_ENTITY_TOO_LARGE", "CONTENT_TOO_LARGE", 413),
        ("REQUEST_URI_TOO_LONG", "URI_TOO_LONG", 414),
        ("REQUESTED_RANGE_NOT_SATISFIABLE", "RANGE_NOT_SATISFIABLE", 416),
        ("UNPROCESSABLE_ENTITY", "UNPROCESSABLE_CONTENT", 422),
    ],
)
def test_names_that_rfc_9110_replaced_are_aliases(old: str, new: str, number: int) -> None:
    assert codes[old] is codes[new]
    assert codes[old].name == new
    assert codes[old] == number


def test_a_reason_phrase_is_empty_for_codes_that_nobody_registered() -> None:
    assert codes.get_reason_phrase(200) == "OK"
    assert codes.get_reason_phrase(413) == "Content Too Large"
    assert codes.get_reason_phrase(299) == ""


def test_every_code_has_a_phrase() -> None:
    assert all(code.phrase for code in codes)


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        (100, {"informational"}),
        (199, {"informational"}),
        (200, {"success"}),
        (299, {"success"}),
        (300, {"redirect"}),
        (399, {"redirect"}),
        (400, {"client_error", "error"}),
        (499, {"client_error", "error"}),
        (500, {"server_error", "error"}),
        (599, {"server_error", "error"}),
        (99, NOTHING),
        (600, NOTHING),
    ],
)
def test_a_code_is_of_the_kind_its_first_digit_says(code: int, kinds: set[str]) -> None:
    names = ("informational", "success", "redirect", "client_error", "server_error", "error")

    assert {name for name in names if getattr(codes, f"is_{name}")(code)} == kinds
