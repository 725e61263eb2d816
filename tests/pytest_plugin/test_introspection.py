"""What a failed `==` between JSON documents says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from understudy.pytest_plugin.introspection import explained

if TYPE_CHECKING:
    from .conftest import Suite

pytest_plugins = ["pytester"]


def told(left: object, right: object, operator: str = "==", verbosity: int = 0) -> list[str] | None:
    # All that pytest 7 has, too.
    config: Any = SimpleNamespace(option=SimpleNamespace(verbose=verbosity))
    return explained(cast("pytest.Config", config), operator, left, right)


def test_each_place_is_named() -> None:
    left = {"items": [{"id": 1, "price": 3}, {"id": 2}], "extra": {"a": 1}}
    right = {"items": [{"id": 1, "price": 4}, {"id": 2}], "total": [7]}

    assert told(left, right) == [
        "JSON that differs in 3 places",
        "  $.items[0].price: 3, should be 4",
        "  $.total: missing, should be [7]",
        "  $.extra: {'a': 1}, should be missing",
        "  (-vv shows both in full)",
    ]


def test_many_places_are_cut() -> None:
    lines = told([[n] for n in range(30)], [[n + 1] for n in range(30)])

    assert lines is not None
    assert lines[-2] == "  ... and 10 more"


def test_long_values_are_cut() -> None:
    lines = told([["x" * 500]], [["y"]])

    assert lines is not None
    assert all(len(line) < 150 for line in lines)


@pytest.mark.parametrize(
    ("left", "right", "operator", "verbosity"),
    [
        ({"a": 1}, {"a": 2}, "==", 0),
        ({"a": [1]}, {"a": [2]}, "!=", 0),
        ({"a": [1]}, {"a": [2]}, "==", 2),
        ({"a": [1]}, [1], "==", 0),
        ({"a": [1]}, {"a": [1]}, "==", 0),
        ("a", "b", "==", 0),
    ],
)
def test_the_rest_is_left_to_pytest(left: object, right: object, operator: str, verbosity: int) -> None:
    assert told(left, right, operator, verbosity) is None


def test_a_failed_comparison_shows_it(suite: Suite) -> None:
    suite.write(
        """
        import understudy

        def test_json(http_mock):
            http_mock.get("https://api.test/users").respond(json={"users": [{"name": "Ada"}]})
            assert understudy.get("https://api.test/users").json() == {"users": [{"name": "Bob"}]}
        """
    )

    result = suite.run()

    result.stdout.fnmatch_lines(["*JSON that differs in 1 place*", "*$.users[[]0].name: 'Ada', should be 'Bob'*"])
