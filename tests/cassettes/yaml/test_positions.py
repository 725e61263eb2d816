"""Where values stand in a text."""

from __future__ import annotations

import pytest

from understudy.cassettes.yaml.positions import position

TEXT = """# a comment
a: 1
b:
  - x
  - {c: [1, 2], d: }
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (2, 1)),
        (("a",), (2, 1)),
        (("b",), (3, 1)),
        (("b", 1), (5, 5)),
        (("b", 1, "c"), (5, 6)),
        (("b", 1, "c", 1), (5, 13)),
        (("b", 1, "d", "nothing"), (5, 17)),
        (("b", 7), (3, 1)),
        (("a", "nothing"), (2, 1)),
        (("a", 0), (2, 1)),
        (("nothing",), (2, 1)),
    ],
)
def test_a_path_leads_to_the_line_and_column_of_its_last_step(
    path: tuple[str | int, ...], place: tuple[int, int]
) -> None:
    assert position(TEXT, *path) == place


def test_nothing_at_all_stands_at_the_beginning() -> None:
    assert position("", "a") == (1, 1)
