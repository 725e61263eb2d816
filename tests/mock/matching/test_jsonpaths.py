"""JSONPath without filters."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.mock import RouteError
from understudy.mock.matching.jsonpaths import JSONPath

DOCUMENT: dict[str, Any] = {
    "items": [{"id": 1, "tags": ["a"]}, {"id": 2, "odd name": True}],
    "total": 3,
    "it's": {"id": 9},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", [((), DOCUMENT)]),
        ("$.total", [(("total",), 3)]),
        ("$['total']", [(("total",), 3)]),
        ('$["total"]', [(("total",), 3)]),
        (r"$['it\'s'].id", [(("it's", "id"), 9)]),
        ("$.items[0].id", [(("items", 0, "id"), 1)]),
        ("$.items[-1].id", [(("items", 1, "id"), 2)]),
        ("$.items[*].id", [(("items", 0, "id"), 1), (("items", 1, "id"), 2)]),
        ("$.items.*.id", [(("items", 0, "id"), 1), (("items", 1, "id"), 2)]),
        ("$.items[0:1].id", [(("items", 0, "id"), 1)]),
        ("$.items[:].id", [(("items", 0, "id"), 1), (("items", 1, "id"), 2)]),
        ("$..id", [(("items", 0, "id"), 1), (("items", 1, "id"), 2), (("it's", "id"), 9)]),
        ("$.items[1]['odd name']", [(("items", 1, "odd name"), True)]),
        ("$.items[9]", []),
        ("$.missing", []),
        ("$.total.deeper", []),
        ("$.total[0]", []),
        ("$.total[0:1]", []),
        ("$.total.*", []),
    ],
)
def test_a_path_finds_places_and_values_in_document_order(path: str, found: list[Any]) -> None:
    assert JSONPath(path).find(DOCUMENT) == found


@pytest.mark.parametrize(
    ("path", "message"),
    [("items", r"write '\$\.items'\?"), ("$.a[", "not valid at '\\['"), ("$.a[?(@.b)]", "filters are not supported")],
)
def test_a_path_that_is_none_is_refused(path: str, message: str) -> None:
    with pytest.raises(RouteError, match=message):
        JSONPath(path)
