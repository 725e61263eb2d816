"""JSON Schema, as far as bodies of APIs need it."""

# The tables hold schemas of every shape.
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

import pytest

from understudy.mock import RouteError
from understudy.mock.matching.schemas import Schema

ORDER = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["id", "items"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "properties": {"qty": {"type": "number"}}},
        },
        "note": {"type": ["string", "null"], "maxLength": 5, "pattern": "^[a-z]*$"},
        "kind": {"enum": ["web", "shop"]},
        "version": {"const": 2},
    },
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (ORDER, {"id": 1, "items": [{"qty": 1.5}], "note": None, "kind": "web", "version": 2}),
        (ORDER, {"id": 1.0, "items": [{}], "note": "abc"}),
        (True, object()),
        ({}, None),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"anyOf": [{"type": "string"}, {"minimum": 5}]}, 7),
        ({"oneOf": [{"type": "string"}, {"type": "number"}]}, "x"),
        ({"allOf": [{"minimum": 1}, {"maximum": 3}]}, 2),
        ({"not": {"type": "string"}}, 5),
        ({"multipleOf": 3, "exclusiveMinimum": 0, "exclusiveMaximum": 10}, 9),
        ({"uniqueItems": True, "maxItems": 2}, [1, 2]),
        ({"uniqueItems": False}, [1, 1]),
        ({"multipleOf": 0.01}, 19.99),
        ({"multipleOf": 0.01}, 1e300),
        ({"minLength": 1}, "a"),
        ({"minLength": 1}, 5),
        ({"minimum": 1}, True),
        ({"items": {"type": "string"}}, "no list"),
    ],
)
def test_these_fit(schema: Any, value: object) -> None:
    assert Schema(schema).differences(value, ()) == []


@pytest.mark.parametrize(
    ("schema", "value", "where", "told"),
    [
        (ORDER, [], (), "object"),
        (ORDER, {"items": [{}]}, ("id",), "required"),
        (ORDER, {"id": 0, "items": [{}]}, ("id",), "at least 1"),
        (ORDER, {"id": True, "items": [{}]}, ("id",), "integer"),
        (ORDER, {"id": 1.5, "items": [{}]}, ("id",), "integer"),
        (ORDER, {"id": float("inf"), "items": [{}]}, ("id",), "integer"),
        (ORDER, {"id": 1, "items": []}, ("items",), "items, at least 1"),
        (ORDER, {"id": 1, "items": [{"qty": "2"}]}, ("items", 0, "qty"), "number"),
        (ORDER, {"id": 1, "items": [{}], "note": "abcdef"}, ("note",), "characters, at most 5"),
        (ORDER, {"id": 1, "items": [{}], "note": "A"}, ("note",), "matching '^[a-z]*$'"),
        (ORDER, {"id": 1, "items": [{}], "kind": "x"}, ("kind",), "one of ['web', 'shop']"),
        (ORDER, {"id": 1, "items": [{}], "extra": 1}, ("extra",), "ABSENT"),
        ({"const": 2}, 3, (), "2"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 7, (), "at least one of 2 schemas"),
        ({"oneOf": [{"minimum": 1}, {"maximum": 9}]}, 5, (), "exactly one of 2 schemas"),
        ({"not": {"type": "integer"}}, 5, (), "not what the schema excludes"),
        ({"uniqueItems": True}, [1, 1], (), "unique items: True"),
        ({"uniqueItems": True}, [{"a": 1, "b": 2}, {"b": 2, "a": 1}], (), "unique items: True"),
        ({"multipleOf": 0.01}, 0.005, (), "a multiple of 0.01"),
        ({"multipleOf": 2}, float("nan"), (), "a multiple of 2"),
    ],
)
def test_these_do_not_fit_and_say_where(schema: Any, value: object, where: tuple[Any, ...], told: str) -> None:
    found = Schema(schema).differences(value, ())

    assert [difference.where for difference in found] == [where]
    want: Any = found[0].want
    assert (want.describe() if hasattr(want, "describe") else repr(want)) == told


class Model:
    """Validates by itself, as pydantic's models do."""

    @staticmethod
    def model_validate(value: object) -> object:
        if value != {"a": 1}:
            raise ValueError("a must be 1\nfor further information visit ...")
        return value


def test_something_that_validates_by_itself_decides() -> None:
    schema = Schema(Model)

    assert schema.differences({"a": 1}, ()) == []
    assert schema.differences({"a": 2}, ())[0].note == "a must be 1"
    assert schema.describe() == "schema Model"


class Validator:
    """Says yes or no, as cerberus does."""

    def validate(self, value: object) -> bool:
        return value == {"a": 1}


class Shape:
    """Lists what is wrong, and raises it where it loads, as marshmallow does."""

    def validate(self, value: object) -> dict[str, list[str]]:
        return {} if value == {"a": 1} else {"a": ["missing"]}

    def load(self, value: object) -> object:
        if self.validate(value):
            raise ValueError("a: missing")
        return value


@pytest.mark.parametrize(("schema", "told"), [(Validator(), "it says no"), (Shape(), "a: missing")])
def test_a_validator_that_raises_nothing_is_believed(schema: Any, told: str) -> None:
    assert Schema(schema).differences({"a": 1}, ()) == []
    assert [each.note for each in Schema(schema).differences({}, ())] == [told]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"properties": {"a": {"tpye": "x"}}}, "'tpye' at #/properties/a is not known here, did you mean 'type'"),
        ({"$dynamicRef": "#"}, "use a `jsonschema` validator"),
        ({"items": 5}, "at #/items there is 5"),
        ({"anyOf": [{"type": "strin"}]}, "at #/anyOf/0 is none of"),
        ({"items": {"pattern": "("}}, r"the pattern '\(' at #/items is no regular expression"),
        ({"pattern": 5}, "the pattern 5 at # is no regular expression"),
        ("object", "`schema` takes a JSON Schema"),
        ({"minimum": "3"}, "'minimum' at # takes a number, not '3'"),
        ({"items": {"maxLength": -1}}, "'maxLength' at #/items takes a whole number, 0 or more, not -1"),
        ({"multipleOf": 0}, "'multipleOf' at # takes a number, more than 0, not 0"),
        ({"required": "id"}, "'required' at # takes a list of names, not 'id'"),
        ({"required": True}, "'required' at # takes a list of names, not True"),
        ({"properties": ["id"]}, "'properties' at # takes a dict of schemas"),
        ({"enum": "ab"}, "'enum' at # takes a list of values"),
        ({"anyOf": []}, "'anyOf' at # takes a list of schemas"),
        ({"uniqueItems": "yes"}, "'uniqueItems' at # takes True or False"),
    ],
)
def test_a_schema_that_is_not_understood_is_refused(schema: Any, message: str) -> None:
    with pytest.raises(RouteError, match=message.replace("$", r"\$")):
        Schema(schema)
