"""What has changed in JSON data, and how bad it is."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.cassettes.data.shapes import differences

UUIDS = "5f0c1c62-3c1e-4d57-9a57-0a4f6d3c8c11", "91be1c62-3c1e-4d57-9a57-0a4f6d3c8c11"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2.5}, [("json.a", "value", "1", "2.5")]),
        ({"a": 1}, {"a": "1"}, [("json.a", "breaking", "number 1", 'string "1"')]),
        ({"a": True}, {"a": 1}, [("json.a", "breaking", "boolean true", "number 1")]),
        ({"a": 1}, {"a": None}, [("json.a", "breaking", "number 1", "null")]),
        ({"a": None}, {"a": {"b": 1}}, [("json.a", "additive", "null", "object")]),
        ({"a": 1, "b": 2}, {"a": 1}, [("json.b", "breaking", "number", "gone")]),
        ({"a": 1}, {"a": 1, "b": []}, [("json.b", "additive", "nothing", "list")]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {}}}, [("json.a.b.c", "breaking", "number", "gone")]),
        ({"id": UUIDS[0]}, {"id": UUIDS[1]}, []),
        ({"id": UUIDS[0]}, {"id": "7"}, [("json.id", "breaking", "UUID", 'string "7"')]),
        ({"at": "2026-11-22T10:00:00Z"}, {"at": "2026-11-23T11:00:00Z"}, []),
        ({"a": "x" * 60}, {"a": "y"}, [("json.a", "value", '"' + "x" * 36 + "...", '"y"')]),
        ([], [1], []),
        ([1, 2, 3], [4], []),
        ([1, 2], [1, "2"], [("json.*", "breaking", "number", "number or string")]),
        ([1, None], [1], []),
        ([{"a": 1}, {"a": 1, "b": 2}], [{"a": 3}], []),
        ([{"a": 1}], [{"a": 1}, {}], [("json.*.a", "breaking", "number in every element", "missing in some")]),
        ([{"a": 1}], [{"a": "x"}], [("json.*.a", "breaking", "number", "string")]),
        ([{"a": [{"b": 1}]}], [{"a": [{"b": 1, "c": 2}]}], [("json.*.a.*.c", "additive", "nothing", "number")]),
        ({"a": 1}, [1], [("json", "breaking", "object", "list")]),
        ([{"a": 1}], [2], [("json.*", "breaking", "object", "number")]),
    ],
)
def test_changes_are_told_by_place_and_kind(old: Any, new: Any, found: list[tuple[str, str, str, str]]) -> None:
    assert [tuple(difference) for difference in differences(old, new)] == found


@pytest.mark.parametrize("words", [("at",), ("", "at"), ("list", "at"), ("list", "0", "at"), ("*", "at")])
def test_what_is_ignored_is_compared_by_its_type_alone(words: tuple[str, ...]) -> None:
    old = {"at": "2026-11-22T10:00:00Z", "list": [{"at": "2026-11-22T10:00:00Z"}]}
    new = {"at": "today", "list": [{"at": "today"}]}

    places = [difference.place for difference in differences(old, new, [words])]

    expected: dict[tuple[str, ...], list[str]] = {("at",): ["json.list.*.at"], ("", "at"): []}
    assert places == expected.get(words, ["json.at"])
    assert [difference.kind for difference in differences({"at": "x"}, {"at": 1}, [("at",)])] == ["breaking"]
