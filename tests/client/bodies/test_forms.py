"""Forms: names and values as browsers write them."""

from __future__ import annotations

import enum
import io
from typing import Any

import pytest

from understudy.client.bodies.forms import encode_form, form_fields, is_form


class Color(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        ({}, True),
        ({"a": "b"}, True),
        ([("a", "b")], True),
        ([["a", "b"]], True),
        ((), True),
        ([b"ab"], False),
        (["ab", "cd"], False),
        (b"ab", False),
        ("ab", False),
        (7, False),
    ],
)
def test_a_form_is_a_mapping_or_pairs(data: Any, is_one: bool) -> None:
    assert is_form(data) is is_one


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ({"a": "b"}, b"a=b"),
        ({"a": "b c&d=e+f/ü"}, b"a=b+c%26d%3De%2Bf%2F%C3%BC"),
        ({"ü ": ""}, b"%C3%BC+="),
        ({"a": ["1", 2, None], "b": ()}, b"a=1&a=2&a="),
        ({"t": True, "f": False, "n": None, "i": 7, "x": 1.5}, b"t=true&f=false&n=&i=7&x=1.5"),
        ([("a", "1"), ("b", "2"), ("a", "3")], b"a=1&b=2&a=3"),
        ({"a": b"\xff"}, b"a=%FF"),
        ({b"a": "b", 7: "c"}, b"a=b&7=c"),
        ({Color.RED: Color.RED, Level.HIGH: [Level.HIGH]}, b"red=red&3=3"),
        ({}, b""),
    ],
)
def test_a_form_is_percent_encoded_utf_8(data: Any, body: bytes) -> None:
    assert encode_form(data) == body


def test_a_form_is_flat() -> None:
    with pytest.raises(TypeError, match="'a' is a mapping: forms are flat"):
        form_fields({"a": {"b": "c"}})
    with pytest.raises(TypeError, match="name is str, not tuple"):
        form_fields([(("a",), "b")])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"b"}, "'a' holds a set: a field has one value, or a list of values"),
        ((part for part in "b"), "'a' holds a generator"),
        ([["b"]], "'a' holds a list"),
        (io.BytesIO(b"b"), "'a' is an open file: send it as files={'a': file}"),
    ],
)
def test_what_is_no_value_of_a_field_is_refused(value: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        form_fields({"a": value})
