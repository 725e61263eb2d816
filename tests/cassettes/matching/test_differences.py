"""How two values are told apart in a line."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.cassettes.bodies.multiparts import Part
from understudy.cassettes.matching.differences import lines


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, None, "recorded 1  now None"),
        ("a" * 80, "b", f"recorded '{'a' * 56}...  now 'b'"),
        ("a" * 80 + "x1", "a" * 80 + "y2", "recorded '...aaaaaaaaaaaax1'  now '...aaaaaaaaaaaay2'"),
        ("o" * 80, "o" * 81, "recorded '...oooooooooooo'  now '...ooooooooooooo'"),
        (b"123", b"1234", "recorded 3 bytes  now 4 bytes, which differ from byte 4 on"),
        (b"\xff", "text", "recorded 1 bytes  now 'text'"),
        (Part("f", "a.txt", None, b"1"), Part("f", None, None, b"\xff"), "recorded '1' (a.txt)  now 1 bytes"),
        ([Part("f", None, None, b"1")] * 2, Part("f", None, "a/b", b"2"), "recorded 2 parts  now '2' (a/b)"),
    ],
)
def test_values_are_shown_from_where_they_begin_to_differ(old: Any, new: Any, expected: str) -> None:
    assert lines({"x": old}, {"x": new}) == [f"    x  {expected}"]


def test_what_is_missing_is_nothing_and_not_none() -> None:
    assert lines({"x": None}, {}) == ["    x  recorded None  now nothing"]
    assert lines({}, {"long-name": 1, "y": 2}) == [
        "    long-name  recorded nothing  now 1",
        "    y          recorded nothing  now 2",
    ]


@pytest.mark.parametrize(("old", "new"), [(True, 1), (0, False), (1e16, 10**16)])
def test_what_python_finds_equal_and_json_does_not_is_a_difference(old: Any, new: Any) -> None:
    assert lines({"x": old}, {"x": new}) == [f"    x  recorded {old!r}  now {new!r}"]


def test_what_is_no_number_is_no_difference() -> None:
    assert lines({"x": float("nan")}, {"x": float("nan")}) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("8c0e6f0a-6a6e-4ef8-9a9f-222222222222", "8c0e6f0a-6a6e-4ef8-9a9f-111111111111", "two UUIDs"),
        ("2026-11-29T13:00:00Z", "2026-11-29T13:00:01Z", "two times"),
        ("0123456789abcdef", "fedcba9876543210", "two hexadecimal numbers"),
        (1_764_000_000, 1_764_000_001, "two moments"),
        ("req_4Hn2bVzk81LmQx", "req_9Zp7cWqj35TtRy", "two identifiers"),
    ],
)
def test_what_has_one_form_looks_random(old: Any, new: Any, expected: str) -> None:
    assert lines({"json.a": old}, {"json.a": new})[0].endswith(f"  (looks random: {expected})")


@pytest.mark.parametrize(("old", "new"), [(2, 3), ("tea", "coffee"), ("2026-11-29T13:00:00Z", "tomorrow")])
def test_what_says_something_does_not_look_random(old: Any, new: Any) -> None:
    assert "random" not in lines({"json.a": old}, {"json.a": new})[0]
