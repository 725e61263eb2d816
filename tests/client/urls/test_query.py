"""The parameters of a query: an immutable mapping in which a name may stand several times."""

from __future__ import annotations

import copy
import enum
import pickle
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from understudy.client.errors import InvalidURL
from understudy.client.urls import QueryParams


class Color(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("given", "pairs"),
    [
        (None, []),
        ("", []),
        ("a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
        (b"a=1", [("a", "1")]),
        (b"a=%C3%A9", [("a", "é")]),
        (b"a=\xff", [("a", "\ufffd")]),
        ("a&b=&=c", [("a", ""), ("b", ""), ("", "c")]),
        ("a=1&&b=2&", [("a", "1"), ("b", "2")]),
        ("a=b=c", [("a", "b=c")]),
        ("a=1;b=2", [("a", "1;b=2")]),
        ("?a=1", [("?a", "1")]),
        ("a+b=c+d", [("a b", "c d")]),
        ("a%20b=c%2Bd%zz", [("a b", "c+d%zz")]),
        ("a=%ff", [("a", "\ufffd")]),
        ({"a": "1", "b": 2}, [("a", "1"), ("b", "2")]),
        ({"a": [1, 2], "b": (3,), "c": []}, [("a", "1"), ("a", "2"), ("b", "3")]),
        (MappingProxyType({"a": 1}), [("a", "1")]),
        ({1: 2}, [("1", "2")]),
        ([("a", 1), ("b", 2), ("a", 3)], [("a", "1"), ("b", "2"), ("a", "3")]),
        ((("a", 1),), [("a", "1")]),
        ([["a", 1]], [("a", "1")]),
        ([("a", ["x", "y"])], [("a", "x"), ("a", "y")]),
        ((pair for pair in [("a", 1)]), [("a", "1")]),
        (QueryParams("a=1&a=2"), [("a", "1"), ("a", "2")]),
    ],
)
def test_parameters_are_made_of_whatever_holds_pairs(given: Any, pairs: list[tuple[str, str]]) -> None:
    assert QueryParams(given).multi_items() == pairs


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (1, "1"),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        (b"\xc3\xa9", "é"),
        (Decimal("1.10"), "1.10"),
        (Color.RED, "red"),
        (Level.HIGH, "3"),
    ],
)
def test_each_value_becomes_text(value: Any, text: str) -> None:
    assert QueryParams({"a": value})["a"] == text
    assert QueryParams(a=value)["a"] == text
    assert QueryParams([("a", value)])["a"] == text


@pytest.mark.parametrize("value", [{"b": 1}, [[1]], {1, 2}, [{"b": 1}], iter([1])])
def test_nested_values_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="HTTP knows no nesting"):
        QueryParams({"a": value})


@pytest.mark.parametrize("given", [1, ["ab"], [b"ab"], [("a",)], [("a", 1, 2)], [1], object()])
def test_what_holds_no_pairs_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match="query parameters"):
        QueryParams(given)


def test_there_is_one_way_to_give_them_at_a_time() -> None:
    with pytest.raises(TypeError, match="merge"):
        QueryParams({"a": 1}, b=2)
    with pytest.raises(TypeError, match="one positional argument"):
        QueryParams("a", "b")


def test_as_a_mapping_they_show_the_first_value_of_each_name() -> None:
    params = QueryParams("a=1&b=2&a=3")
    number: Any = 1

    assert isinstance(params, Mapping)
    assert dict(params) == {"a": "1", "b": "2"}
    assert list(params) == ["a", "b"]
    assert list(params.keys()) == ["a", "b"]
    assert list(params.values()) == ["1", "2"]
    assert list(params.items()) == [("a", "1"), ("b", "2")]
    assert len(params) == 2
    assert params["a"] == "1"
    assert params.get("a") == "1"
    assert params.get("z") is None
    assert params.get("z", "?") == "?"
    assert "a" in params
    assert "z" not in params
    assert number not in params
    with pytest.raises(KeyError):
        params["z"]


def test_all_values_are_there_in_order() -> None:
    params = QueryParams("a=1&b=2&a=3")

    assert params.get_list("a") == ["1", "3"]
    assert params.get_list("z") == []
    assert params.multi_items() == [("a", "1"), ("b", "2"), ("a", "3")]
    assert str(params) == "a=1&b=2&a=3"


def test_what_they_hand_out_does_not_change_them() -> None:
    params = QueryParams("a=1&a=2")

    params.get_list("a").append("3")
    params.multi_items().clear()

    assert str(params) == "a=1&a=2"


def test_they_are_true_when_there_is_one() -> None:
    assert QueryParams("a")
    assert not QueryParams()


def test_set_puts_one_value_where_the_name_first_stood() -> None:
    params = QueryParams("a=1&b=2&a=3")

    assert str(params.set("a", 4)) == "a=4&b=2"
    assert str(params.set("c", True)) == "a=1&b=2&a=3&c=true"
    assert str(params.set("b")) == "a=1&b=&a=3"
    assert str(params.set("a", ["x", "y"])) == "a=x&a=y&b=2"
    assert str(params) == "a=1&b=2&a=3"


def test_add_appends_one_more_value() -> None:
    params = QueryParams("a=1&b=2")

    assert str(params.add("a", 3)) == "a=1&b=2&a=3"
    assert str(params.add("a", [3, None])) == "a=1&b=2&a=3&a="
    assert str(params) == "a=1&b=2"


def test_remove_takes_every_value_of_the_name() -> None:
    params = QueryParams("a=1&b=2&a=3")

    assert str(params.remove("a")) == "b=2"
    assert params.remove("z") == params
    assert str(params) == "a=1&b=2&a=3"


@pytest.mark.parametrize(
    ("new", "merged"),
    [
        ({"a": 9}, "a=9&b=2"),
        ({"b": [8, 9]}, "a=1&b=8&b=9&a=3"),
        ("c=4&a=5", "a=5&b=2&c=4"),
        ("c=4&c=5", "a=1&b=2&a=3&c=4&c=5"),
        (None, "a=1&b=2&a=3"),
    ],
)
def test_merge_replaces_the_names_it_is_given(new: Any, merged: str) -> None:
    assert str(QueryParams("a=1&b=2&a=3").merge(new)) == merged


def test_they_cannot_be_changed() -> None:
    params = QueryParams("a=1")

    with pytest.raises(RuntimeError, match=r"params\.merge"):
        params.update({"a": "2"})
    with pytest.raises(RuntimeError, match=r"params\.set"):
        params["a"] = "2"
    assert str(params) == "a=1"


def test_the_order_does_not_matter_to_equality() -> None:
    assert QueryParams("a=1&b=2") == QueryParams("b=2&a=1")
    assert QueryParams("a=1&a=2") == QueryParams("a=2&a=1")
    assert hash(QueryParams("a=1&b=2")) == hash(QueryParams("b=2&a=1"))
    assert QueryParams("a=1") != QueryParams("a=1&a=1")
    assert QueryParams("a=1") != QueryParams("a=2")


def test_a_string_is_no_parameters() -> None:
    assert QueryParams("a=1") != "a=1"
    assert QueryParams("a=1") != {"a": "1"}


def test_as_text_they_are_a_form() -> None:
    params = QueryParams({"a b": "c d", "e": "é&=+/~-._*'()!%41"})

    assert str(params) == "a+b=c+d&e=%C3%A9%26%3D%2B%2F~-._%2A%27%28%29%21%2541"
    assert repr(params) == f"QueryParams({str(params)!r})"


def test_half_a_surrogate_pair_cannot_be_sent() -> None:
    with pytest.raises(InvalidURL, match="surrogate"):
        str(QueryParams({"a": "\ud800"}))


def test_they_pickle_and_copy() -> None:
    params = QueryParams("a=1&b=2&a=3")

    assert pickle.loads(pickle.dumps(params)).multi_items() == params.multi_items()
    assert copy.deepcopy(params) == params
