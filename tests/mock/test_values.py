"""Comparing what a route wants with what a request has."""

from __future__ import annotations

import re
from collections import ChainMap, OrderedDict, defaultdict
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from understudy.mock import ABSENT, ANY, Difference, Unordered, differences
from understudy.mock.values import Subset, kind_of, leaves, show

NAN = float("nan")


class Close:
    """Equal to what lies near, as `pytest.approx` and dirty-equals do it."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float) and abs(other - self.value) < 0.1

    __hash__ = None  # type: ignore[assignment]  # only compared


class MetaEqual(type):
    """A class that compares by itself, as dirty-equals' classes do."""

    def __eq__(cls, other: object) -> bool:
        return isinstance(other, str)

    __hash__ = type.__hash__


class IsText(metaclass=MetaEqual):
    """Equal to any text."""


def is_even(value: int) -> bool:
    return value % 2 == 0


@pytest.mark.parametrize(
    ("want", "got"),
    [
        (1, 1),
        (1, 1.0),
        (True, True),
        (None, None),
        ("a", "a"),
        (NAN, NAN),
        (10**30, 10**30),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        ((1, 2), [1, 2]),
        (ANY, None),
        (ABSENT, ABSENT),
        ({"a": 1, "b": ABSENT}, {"a": 1}),
        ({"a": ANY}, {"a": {"deep": 1}}),
        (re.compile("^a.c$"), "abc"),
        (re.compile("7"), 172),
        (re.compile(b"b"), b"abc"),
        (re.compile("b"), b"abc"),
        (int, 3),
        (float, 3),
        (bool, True),
        (type(None), None),
        (is_even, 4),
        (Close(1.0), 1.05),
        (IsText, "x"),
        (Unordered([1, 2, 3]), [3, 1, 2]),
        (Unordered([ANY, 1]), [1, 2]),
        (Unordered([{"sku": "b", "qty": ANY}, {"sku": re.compile("^a")}]), [{"sku": "a1"}, {"sku": "b", "qty": 2}]),
        (Subset({"a": {"b": 1}}), {"a": {"b": 1, "c": 2}, "d": 3}),
        (Subset([{"a": 1}]), [{"a": 1, "b": 2}]),
        (Subset({"a": Unordered([{"b": 1}, {"b": 2}])}), {"a": [{"b": 2, "c": 3}, {"b": 1, "c": 3}]}),
    ],
)
def test_these_are_equal(want: object, got: object) -> None:
    assert differences(want, got) == []


@pytest.mark.parametrize(
    ("want", "got", "where"),
    [
        (1, True, ()),
        (True, 1, ()),
        (0, False, ()),
        (1, "1", ()),
        (1, None, ()),
        (NAN, 1.0, ()),
        (1.0, NAN, ()),
        ({"a": 1}, {"a": 2}, ("a",)),
        ({"a": 1}, {"a": 1, "b": 2}, ("b",)),
        ({"a": 1}, [], ()),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, ("a", "b", 1)),
        ([1], [1, 2], (1,)),
        ([1, 2], [1], (1,)),
        ([1], {"0": 1}, ()),
        (ANY, ABSENT, ()),
        (ABSENT, None, ()),
        ({"a": ABSENT}, {"a": None}, ("a",)),
        (int, True, ()),
        (int, 1.5, ()),
        (int, ABSENT, ()),
        (re.compile("^b"), "abc", ()),
        (re.compile("b"), None, ()),
        (re.compile(b"b"), 5, ()),
        (is_even, 3, ()),
        (IsText, 3, ()),
        (Unordered([1, 2]), [1, 2, 2], (2,)),
        (Unordered([1, 2]), [1], ()),
        (Unordered([1]), "1", ()),
        (Subset({"a": 1}), {"b": 1}, ("a",)),
    ],
)
def test_these_differ_at_one_place(want: object, got: object, where: tuple[Any, ...]) -> None:
    found = differences(want, got)

    assert [difference.where for difference in found] == [where]


def test_unordered_finds_the_pairing_even_where_the_greedy_choice_fails() -> None:
    wanted = Unordered([ANY, 1])

    assert differences(wanted, [1, "anything"]) == []


def test_unordered_pairs_many_equal_items_at_once() -> None:
    assert differences(Unordered([1] * 1500), [1] * 1500) == []


def test_unordered_refuses_text() -> None:
    with pytest.raises(TypeError, match="a list of items, not str"):
        Unordered("abc")


def test_a_difference_notes_the_kind_of_json_that_was_wrong() -> None:
    (found,) = differences({"qty": 2}, {"qty": "2"})

    assert found == Difference(("qty",), 2, "2", "string, not number")


def test_any_is_equal_to_everything_that_is_there() -> None:
    assert ANY == 1
    assert ANY == {"a": []}
    assert not ANY == ABSENT  # noqa: SIM201  # both operators are spelled out
    assert ANY != ABSENT
    assert repr(ANY) == "ANY"
    assert repr(ABSENT) == "ABSENT"
    assert not ABSENT


def test_leaves_count_what_is_constrained() -> None:
    assert leaves({"a": 1, "b": [1, 2], "c": {}}) == 4
    assert leaves(Unordered([1, 2])) == 2
    assert leaves("x") == 1


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "null"), (True, "boolean"), (1.5, "number"), ("", "string"), ([], "list"), ({}, "object"), (b"", "bytes")],
)
def test_kinds_go_by_their_json_names(value: object, kind: str) -> None:
    assert kind_of(value) == kind


class Rude:
    """Cannot be shown."""

    def __repr__(self) -> str:
        raise ValueError("no")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (ANY, "anything"),
        (ABSENT, "absent"),
        (re.compile("^a"), "/^a/"),
        (int, "int"),
        (is_even, "is_even() to be true"),
        ({"a": [ANY]}, "{'a': [anything]}"),
        (Unordered([1]), "[1] in any order"),
        (Subset({"a": 1}), "at least {'a': 1}"),
        ("x" * 1000, "'" + "x" * 118 + "…"),
        (Rude(), "<Rude whose repr raises ValueError>"),
    ],
)
def test_anything_can_be_shown_in_bounded_space(value: object, shown: str) -> None:
    assert show(value) == shown


class Pair(NamedTuple):
    """A list to JSON."""

    x: int
    y: Any


FIRST: dict[str, Any] = {"a": 1}
MORE: dict[str, Any] = {"b": [True]}
KINDS: list[Any] = [
    OrderedDict(a=1, b=[True]),
    defaultdict(int, {"a": ANY, "b": [True]}),
    MappingProxyType({"a": int, "b": (True,)}),
    ChainMap(FIRST, MORE),
]


@pytest.mark.parametrize("want", KINDS)
def test_every_kind_of_dict_is_compared_as_a_dict_is(want: Any) -> None:
    assert differences(want, {"a": 1, "b": [True]}) == []
    assert [each.where for each in differences(want, {"a": 1, "b": [1]})] == [("b", 0)]
    assert [each.note for each in differences(want, {"a": 1, "b": [True], "c": 1})] == ["not wanted"]
    assert Subset(want).differences({"a": 1, "b": [True], "c": 1}, ()) == []


def test_every_kind_of_list_is_compared_as_a_list_is() -> None:
    assert differences({"at": Pair(1, ANY)}, {"at": [1, 2]}) == []
    assert [each.where for each in differences(Pair(1, 2), [1, 3])] == [(1,)]


def test_a_dict_with_an_opinion_of_its_own_decides() -> None:
    class Loose(dict[str, Any]):
        def __eq__(self, other: object) -> bool:
            return isinstance(other, dict)

        __hash__ = None

    assert differences(Loose(a=1), {"b": 2}) == []
