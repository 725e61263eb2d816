from __future__ import annotations

import pytest

from understudy.client.command_line.json_layout import laid_out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.50", "12.50"),
        ("[1e400,-0.0]", "[\n  1e400,\n  -0.0\n]"),
        ('{"a":1,"a":2}', '{\n  "a": 1,\n  "a": 2\n}'),
        ('["\\u00e9\\"",{}]', '[\n  "\\u00e9\\"",\n  {}\n]'),
        ("12345678901234567890123456789", "12345678901234567890123456789"),
        ("[[],[[]]]", "[\n  [],\n  [\n    []\n  ]\n]"),
    ],
)
def test_numbers_escapes_and_repeated_names_stay(text: str, expected: str) -> None:
    assert laid_out(text) == expected


@pytest.mark.parametrize("text", ["", "{", "[1,]", "hello", '{"a": 1} {"b": 2}', "[" * 100_000])
def test_what_is_no_json_is_left_alone(text: str) -> None:
    assert laid_out(text) is None
