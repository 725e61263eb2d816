"""Old and new recordings of one request: what means the same, and what is kept of the old one."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.cassettes.data import paths
from understudy.cassettes.writing.sticky import Comparison

MONDAY, TUESDAY = "2026-11-23T10:00:00Z", "2026-11-24T10:00:00Z"


def document(response: dict[str, Any]) -> dict[str, Any]:
    return {"request": {"method": "GET", "url": "https://api.test/"}, "response": response}


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({"status": 200, "json": {"at": MONDAY}}, {"status": 200, "json": {"at": TUESDAY}}, True),
        ({"status": 200, "json": {"at": MONDAY}}, {"status": 200, "json": {"at": "today"}}, False),
        ({"status": 200, "json": {"a": 1, "b": 2}}, {"status": 200, "json": {"b": 2, "a": 1}}, False),
        ({"status": 200, "json": [1]}, {"status": 200, "json": [1, 2]}, False),
        ({"status": 200, "json": {"rank": 1}}, {"status": 200, "json": {"rank": 2}}, True),
        ({"status": 200, "json": {"rank": 1}}, {"status": 200, "json": {"rank": "2"}}, False),
        ({"status": 200, "headers": {"Date": "x"}}, {"status": 200, "headers": {"Date": "y"}}, True),
        ({"status": 200, "headers": {"X": "x"}}, {"status": 200, "headers": {"X": "y"}}, False),
        ({"status": 200, "headers": [["X", "x"]]}, {"status": 200, "headers": [["X", "x"]]}, True),
        ({"status": 200, "headers": [["X", "x"]]}, {"status": 200, "headers": {"X": "x"}}, False),
        ({"status": 200, "took": 0.1}, {"status": 200, "took": 0.7}, True),
        ({"status": 200, "sha256": "a" * 16}, {"status": 200, "sha256": "b" * 16}, False),
        ({"status": 200, "sse": [{"at": 0.1, "data": "x"}]}, {"status": 200, "sse": [{"at": 0.2, "data": "x"}]}, True),
        ({"status": 200, "sse": [{"at": 0.1, "data": "x"}]}, {"status": 200, "sse": [{"data": "y"}]}, False),
        ({"status": 200, "json": {"at": "home"}}, {"status": 200, "json": {"at": "work"}}, False),
        ({"status": 200}, {"status": 200, "text": "x"}, False),
        ({"base64": "iVCBACyDAPeYIu7zp+xT8lbL"}, {"base64": "iVCBAPwsxq76YLugzRDjJi7f"}, False),
        ({"status": 200, "json": {"id": 1234}}, {"status": 200, "json": {"id": 5678}}, False),
    ],
)
def test_what_means_the_same(old: dict[str, Any], new: dict[str, Any], same: bool) -> None:
    comparison = Comparison((paths.parse("json.rank"),), "")

    assert comparison.means_the_same(document(old), document(new)) is same


@pytest.mark.parametrize(("old", "new"), [([], {}), ({}, []), (document({}), {"request": 1, "response": []})])
def test_what_is_no_interaction_means_nothing(old: Any, new: Any) -> None:
    assert not Comparison((), "").means_the_same(old, new)


def test_a_changed_answer_keeps_the_old_values_that_say_nothing() -> None:
    old = f"request: {{}}\nresponse:\n  status: 200\n  json:\n    at: {MONDAY}\n    name: Ada\n  took: 0.2\n"
    new = f"request: {{}}\nresponse:\n  status: 200\n  json:\n    at: {TUESDAY}\n    name: Grace\n  took: 0.7\n"

    assert Comparison((), "").reconciled(old, new) == old.replace("Ada", "Grace")


def test_a_changed_answer_keeps_the_old_values_that_its_author_calls_volatile() -> None:
    lines = "request: {{}}\nresponse:\n  json:\n    id: {}\n    rows:\n      - {{n: {}}}\n    name: {}\n"
    volatile = (paths.parse("json.id"), paths.parse("json.rows.*.n"))

    said = Comparison(volatile, "").reconciled(lines.format(81203, 12, "Ada"), lines.format(99117, 40, "Grace"))

    assert said == lines.format(81203, 12, "Grace")


def test_a_value_that_the_program_sends_back_is_the_new_one() -> None:
    old = f"request: {{}}\nresponse: {{status: 200, json: {{at: '{MONDAY}', name: Ada}}}}\n"
    new = f"request: {{}}\nresponse: {{status: 200, json: {{at: '{TUESDAY}', name: Grace}}}}\n"

    assert Comparison((), TUESDAY).reconciled(old, new) == new


def test_a_value_that_also_stands_where_it_means_something_is_the_new_one() -> None:
    old = f"request: {{}}\nresponse: {{status: 200, json: {{at: '{MONDAY}', note: 'on {MONDAY}', name: Ada}}}}\n"
    new = f"request: {{}}\nresponse: {{status: 200, json: {{at: '{TUESDAY}', note: 'on {TUESDAY}', name: Grace}}}}\n"

    assert Comparison((), "").reconciled(old, new) == new


def test_an_old_text_that_nobody_can_read_relates_nothing() -> None:
    assert Comparison((), "", [("[\n", "a: b\n"), (None, "a: b\n")]).means_the_same({}, {})


def test_an_answer_that_became_slow_is_told() -> None:
    old = "request: {}\nresponse:\n  status: 200\n  text: a\n  took: 0.2\n"
    new = "request: {}\nresponse:\n  status: 200\n  text: b\n  took: 6.5\n"

    assert Comparison((), "").reconciled(old, new) == new


def test_what_is_no_mapping_is_written_as_it_is_new() -> None:
    assert Comparison((), "").reconciled("- 1\n", "- 2\n") == "- 2\n"


def test_short_values_that_say_nothing_are_kept_in_headers_and_numbers_of_moments() -> None:
    old = """request: {}
response:
  status: 200
  headers:
    x-runtime: "0.044"
    x-ratelimit-remaining: "91"
  json:
    name: Ada
    created: 1795907868
"""
    new = old.replace("0.044", "0.1").replace('"91"', '"4711"').replace("1795907868", "1795999999")

    assert Comparison((), "").reconciled(old, new.replace("Ada", "Grace") + "  took: 0.001\n...\n") == (
        old.replace("Ada", "Grace") + "...\n"
    )
    assert Comparison((), "").reconciled(old, new) == old


@pytest.mark.parametrize(
    ("was", "now"), [("", "  took: 0.002\n"), ("  took: 0.002\n", ""), ("", ""), ("", "  took: 2\n")]
)
def test_a_short_time_is_kept_also_where_there_was_none(was: str, now: str) -> None:
    old = f"request: {{}}\nresponse:\n  status: 200\n  text: a\n{was}...\n"
    new = f"request: {{}}\nresponse:\n  status: 200\n  text: b\n{now}...\n"

    expected = new if now == "  took: 2\n" else old.replace("text: a", "text: b")
    assert Comparison((), "").reconciled(old, new) == expected
