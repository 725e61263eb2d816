"""Old values in the places of new ones, and every other byte as it is new."""

from __future__ import annotations

import pytest

from understudy.cassettes.yaml.splicing import stands_in, with_old_scalars


def test_values_are_taken_as_they_are_spelled() -> None:
    old = "a: {b: [1, '2'], c: \"x: y\"}\nd: 0.04\n"
    new = "a: {b: [7, '8'], c: zzz}\nd: 0.05  # a comment\ne: new\n"

    spliced = with_old_scalars(old, new, [("a", "b", 0), ("a", "b", 1), ("a", "c"), ("d",)])

    assert spliced == "a: {b: [1, '2'], c: \"x: y\"}\nd: 0.04  # a comment\ne: new\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a: 1\n", "a: 2\nb: see 2\n"),  # stands elsewhere, too
        ("a: 1\n", "a: |\n  two\n  lines\n"),
        ("a: |\n  two\n  lines\n", "a: 2\n"),
        ("a: x, y\n", "{a: 2}\n"),  # would mean something else there
        ("a: {b: 1}\n", "a: 2\n"),
        ("b: 1\n", "a: 2\n"),
    ],
)
def test_what_cannot_be_put_there_leaves_the_text_as_it_is_new(old: str, new: str) -> None:
    assert with_old_scalars(old, new, [("a",)]) == new
    assert with_old_scalars(old, new, []) == new


def test_one_value_that_has_to_stay_keeps_no_other_from_its_place() -> None:
    assert with_old_scalars("a: 1\nb: 3\n", "a: 2\nb: 4\nc: 2\n", [("a",), ("b",)]) == "a: 2\nb: 3\nc: 2\n"


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("12", "a 12 b", True),
        ("12", "/users/12", True),
        ("12", "112", False),
        ("12", "12.5", False),
        ("12", "0.12", False),
        ("12", "12.", True),
    ],
)
def test_a_word_is_no_part_of_another(word: str, text: str, expected: bool) -> None:
    assert stands_in(word, text) is expected
