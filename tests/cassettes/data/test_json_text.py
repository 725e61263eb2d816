"""JSON that is kept as data where one style gives back every byte, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.cassettes.data import json_text

DATA: dict[str, Any] = {"a": [1, 2.5, {"b": None}], "c": {}, "d": [], "e": True, "f": "x"}


@pytest.mark.parametrize(
    ("content", "style"),
    [
        (json.dumps(DATA, separators=(",", ":")).encode(), ""),
        (json.dumps(DATA).encode(), "python"),
        (json.dumps(DATA, indent=2).encode(), "indent2"),
        (json.dumps(DATA, indent=4).encode(), "indent4"),
        (json.dumps(DATA, indent="\t").encode() + b"\n", "tabs newline"),
        (b'{"a":12.50,"b":-0.0,"c":1E5}', ""),
        (b'{"a": [12.50, 1E5]}', "python"),
        (b'{"a":"\\u00e9"}', "ascii"),
        (b'{"a":"\\ud83d\\ude00"}', "ascii"),
        (b'{"a":"\\u003cb\\u003e"}', "html"),
        (b'{"a":"\\/b"}', "slash"),
        (b"[]\n", "newline"),
        (b'{"n":null}', ""),
    ],
)
def test_usual_styles_are_recognized_and_rendered(content: bytes, style: str) -> None:
    parsed = json_text.parse(content)

    assert parsed is not None
    assert parsed[1] == style
    assert json_text.render(*parsed) == content


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":1,"a":2}',
        b'{"a" :1}',
        b"{} ",
        b'{"a":NaN}',
        b"[Infinity]",
        b'["\\u0000"]',
        b'["\\ud800"]',
        b'{"\\uDE00\\ud83d":1}',
        b'{"a":1E5,"b":"\\udfff"}',
        b'["\xff"]',
        b"[1",
        b"[" * 70 + b"]" * 70,
        b'{"a":' * 70 + b'"]"' + b"}" * 70,
    ],
)
def test_what_no_style_gives_back_is_refused(content: bytes) -> None:
    assert json_text.parse(content) is None


def test_many_brackets_side_by_side_are_not_deep() -> None:
    content = b"[" + b",".join([b'{"a":"]]}[["}'] * 70) + b"]"

    parsed = json_text.parse(content)

    assert parsed is not None
    assert json_text.render(*parsed) == content


def test_data_are_read_whatever_their_spelling_and_rendered_in_the_usual_one() -> None:
    assert json_text.loose(b'{"a" : 1}') == {"a": 1}
    assert json_text.loose(b"[" * 100_000) is None
    assert json_text.loose(b"no") is None
    assert json_text.rendered_anew({"a": "\u00e9"}) == '{"a":"\u00e9"}'.encode()
    assert json_text.rendered_anew(["\ud800"]) == b'["\\ud800"]'


def test_a_style_with_a_word_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="no word 'wide'; known are ascii, "):
        json_text.render({}, "python wide")
