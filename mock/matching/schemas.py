"""JSON Schema, the keywords that describe the shape of an API's bodies; and anything that validates by itself.

`schema=` takes a JSON Schema as a dict, or an object that knows how to check a value:
a pydantic model or `TypeAdapter`, a `jsonschema` validator, a marshmallow schema,
whatever has `model_validate`, `validate_python`, or `validate` that raises or returns `False`.
A keyword that is not known here, or says what it cannot, fails when it is written,
so that nobody trusts a check that is not made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Callable

from ..errors import RouteError
from ..values import ABSENT, Condition, Difference, Differences, Where, differences, is_list, is_mapping, kind_of, show


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "array": _is_list,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: (
        value.is_integer() if isinstance(value, float) else isinstance(value, int) and not isinstance(value, bool)
    ),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "object": _is_object,
    "string": _is_string,
}


def _is_multiple(value: float, bound: float) -> bool:
    """Whether a number is a multiple as it is written: 0.07 is one of 0.01, whatever binary fractions make of it."""
    try:
        return Fraction(repr(value)) % Fraction(repr(bound)) == 0
    except ValueError:  # nan and inf
        return False


def _are_unique(items: list[Any]) -> bool:
    return len({json.dumps(item, sort_keys=True, default=repr) for item in items}) == len(items)


_BOUNDS: dict[str, tuple[type[Any] | tuple[type[Any], ...], str, Callable[[Any, Any], bool]]] = {
    "exclusiveMaximum": ((int, float), "less than", lambda value, bound: value < bound),
    "exclusiveMinimum": ((int, float), "more than", lambda value, bound: value > bound),
    "maxItems": (list, "items, at most", lambda value, bound: len(value) <= bound),
    "maxLength": (str, "characters, at most", lambda value, bound: len(value) <= bound),
    "maximum": ((int, float), "at most", lambda value, bound: value <= bound),
    "minItems": (list, "items, at least", lambda value, bound: len(value) >= bound),
    "minLength": (str, "characters, at least", lambda value, bound: len(value) >= bound),
    "minimum": ((int, float), "at least", lambda value, bound: value >= bound),
    "multipleOf": ((int, float), "a multiple of", _is_multiple),
    "pattern": (str, "matching", lambda value, bound: re.search(bound, value) is not None),
    "uniqueItems": (list, "unique items:", lambda value, bound: not bound or _are_unique(value)),
}
_NESTED = {"additionalProperties", "items", "not"}
_LISTS = {"allOf", "anyOf", "oneOf"}
_NOTES = {"$id", "$schema", "title", "description", "examples", "default", "format", "deprecated", "$comment"}
_KNOWN = {"type", "const", "enum", "properties", "required", *_BOUNDS, *_NESTED, *_LISTS, *_NOTES}

_SAID: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"), ("a number", _TYPES["number"])),
    **dict.fromkeys(
        ("maxItems", "maxLength", "minItems", "minLength"),
        ("a whole number, 0 or more", lambda value: _TYPES["integer"](value) and value >= 0),
    ),
    **dict.fromkeys(_LISTS, ("a list of schemas", lambda value: is_list(value) and len(value) > 0)),
    "enum": ("a list of values", is_list),
    "multipleOf": ("a number, more than 0", lambda value: _TYPES["number"](value) and value > 0),
    "properties": ("a dict of schemas", is_mapping),
    "required": ("a list of names", lambda value: is_list(value) and all(map(_is_string, value))),
    "uniqueItems": ("True or False", _TYPES["boolean"]),
}
"""What a keyword takes."""


class Schema(Condition):
    """Wants a value that a schema accepts."""

    __slots__ = ("_answers", "_own", "_schema")

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._own = None if isinstance(schema, (Mapping, bool)) else _validator_of(schema)
        # The others return what they have made of the value, which may be False.
        self._answers = getattr(self._own, "__name__", "") == "validate"
        if self._own is None:
            _check(schema, "#")

    def differences(self, got: object, where: Where) -> Differences:
        if self._own is None:
            return _judged(self._schema, got, where)
        try:
            said = self._own(got)
        except Exception as error:
            return [Difference(where, self, got, str(error).partition("\n")[0][:200])]
        return [Difference(where, self, got, "it says no")] if said is False and self._answers else []

    def describe(self) -> str:
        return f"schema {show(self._schema)}"


def _validator_of(schema: Any) -> Callable[[Any], object]:
    # Of marshmallow's two, `load` raises, and `validate` returns what is wrong.
    last = ("load", "validate") if hasattr(schema, "validate") else ()
    for name in ("model_validate", "validate_python", *last):
        method = getattr(schema, name, None)
        if callable(method):
            return method  # type: ignore[no-any-return]  # whatever it is, it is called
    raise RouteError(
        "`schema` takes a JSON Schema as a dict, or something with model_validate(), validate_python() or validate(); "
        f"not {show(schema)}"
    )


def _check(schema: Any, where: str) -> None:
    if isinstance(schema, bool):
        return
    if not is_mapping(schema):
        raise RouteError(f"a JSON Schema is a dict, or True or False; at {where} there is {show(schema)}")
    for keyword, value in schema.items():
        _check_keyword(keyword, value, where)
        if keyword == "properties":
            for name, inner in value.items():
                _check(inner, f"{where}/properties/{name}")
        elif keyword in _NESTED:
            _check(value, f"{where}/{keyword}")
        elif keyword in _LISTS:
            for place, inner in enumerate(value):
                _check(inner, f"{where}/{keyword}/{place}")


def _check_keyword(keyword: Any, value: Any, where: str) -> None:
    if keyword not in _KNOWN:
        from difflib import get_close_matches

        near = get_close_matches(str(keyword), _KNOWN, 1)
        hint = f", did you mean {near[0]!r}?" if near else "; use a `jsonschema` validator for the whole language"
        raise RouteError(f"the JSON Schema keyword {keyword!r} at {where} is not known here{hint}")
    if keyword in _SAID:
        wanted, fits = _SAID[keyword]
        if not fits(value):
            raise RouteError(f"the JSON Schema keyword {keyword!r} at {where} takes {wanted}, not {show(value)}")
    elif keyword == "type":
        for name in value if is_list(value) else [value]:
            if name not in _TYPES:
                raise RouteError(f"the JSON Schema type {name!r} at {where} is none of {', '.join(_TYPES)}")
    elif keyword == "pattern":
        try:
            re.compile(value)
        except (TypeError, re.error) as error:
            raise RouteError(f"the pattern {value!r} at {where} is no regular expression: {error}") from error


def _judged(schema: Any, got: object, where: Where) -> Differences:
    if isinstance(schema, bool):
        return [] if schema else [Difference(where, ABSENT, got, "the schema forbids it")]
    found = _own_kind(schema, got, where)
    if not found:
        found = [*_object(schema, got, where), *_array(schema, got, where), *_combined(schema, got, where)]
    return found


def _own_kind(schema: Mapping[str, Any], got: object, where: Where) -> Differences:
    kinds = schema.get("type")
    if kinds is not None:
        names = kinds if is_list(kinds) else [kinds]
        if not any(_TYPES[name](got) for name in names):
            return [Difference(where, _Words(" or ".join(names)), got, kind_of(got))]
    if "const" in schema and differences(schema["const"], got):
        return [Difference(where, schema["const"], got)]
    if "enum" in schema and all(differences(value, got) for value in schema["enum"]):
        return [Difference(where, _Words(f"one of {show(schema['enum'])}"), got)]
    found: Differences = []
    for keyword, bound in schema.items():
        if keyword in _BOUNDS:
            kind, words, holds = _BOUNDS[keyword]
            if isinstance(got, kind) and not isinstance(got, bool) and not holds(got, bound):
                found.append(Difference(where, _Words(f"{words} {show(bound)}"), got))
    return found


def _object(schema: Mapping[str, Any], got: object, where: Where) -> Differences:
    if not is_mapping(got):
        return []
    known: Mapping[str, Any] = schema.get("properties", {})
    found: Differences = []
    for name in schema.get("required", ()):
        if name not in got:
            found.append(Difference((*where, name), _Words("required"), ABSENT))
    for name, value in got.items():
        inner = known.get(name, schema.get("additionalProperties", True))
        found += _judged(inner, value, (*where, name))
    return found


def _array(schema: Mapping[str, Any], got: object, where: Where) -> Differences:
    if not is_list(got) or "items" not in schema:
        return []
    return [found for place, item in enumerate(got) for found in _judged(schema["items"], item, (*where, place))]


def _combined(schema: Mapping[str, Any], got: object, where: Where) -> Differences:
    found = [difference for inner in schema.get("allOf", ()) for difference in _judged(inner, got, where)]
    for keyword, words in (("anyOf", "at least one"), ("oneOf", "exactly one")):
        if keyword in schema:
            fitting = sum(not _judged(inner, got, where) for inner in schema[keyword])
            if fitting == 0 or (keyword == "oneOf" and fitting > 1):
                found.append(
                    Difference(where, _Words(f"{words} of {len(schema[keyword])} schemas"), got, f"fits {fitting}")
                )
    if "not" in schema and not _judged(schema["not"], got, where):
        found.append(Difference(where, _Words("not what the schema excludes"), got))
    return found


class _Words(Condition):
    """Stands in a difference for what a keyword wants."""

    __slots__ = ("_words",)

    def __init__(self, words: str) -> None:
        self._words = words

    def differences(self, got: object, where: Where) -> Differences:
        return []

    def describe(self) -> str:
        return self._words
