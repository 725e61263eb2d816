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
        ("a" * 80, "a" * 81, "recorded '...aaaaaaaaaaaa'  now '...aaaaaaaaaaaaa'"),
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
