"""JSON bodies whose lines are made at once, and those that take a closer look."""

from __future__ import annotations

import json
from typing import Any

import pytest

from understudy.cassettes.bodies import json_blocks
from understudy.cassettes.bodies.json_blocks import Block, block, with_blocks
from understudy.cassettes.secrets.redaction import Redactor
from understudy.cassettes.secrets.rules import Rules
from understudy.cassettes.yaml import writer as yaml_writer

ITEM: dict[str, Any] = {"id": 1, "name": "a long name, " * 9, "price": 12.5, "in": {"x": None, "y": []}, "no": {}}


@pytest.mark.parametrize(
    "data",
    [
        {"items": [ITEM, ITEM], "total": 2, "is": True, "tags": ["a", "b"], "rows": [[1], ["x" * 99], []]},
        [ITEM, {"id": 2}, {}, "text", 3, None, [ITEM], -1.5],
        {"a": ""},
    ],
)
@pytest.mark.parametrize("style", ["", "python"])
def test_blocks_are_what_the_writer_writes(data: Any, style: str) -> None:
    separators = (", ", ": ") if style else (",", ":")

    found = block(json.dumps(data, separators=separators).encode(), Redactor())

    assert found is not None
    assert found.style == style
    document = {"request": {"json": found, "took": 1}}
    assert with_blocks(yaml_writer.write(document), document) == yaml_writer.write(
        {"request": {"json": data, "took": 1}}
    )


@pytest.mark.parametrize(
    "column",
    [
        ["alpha one", "bravo two", "charlie three", "delta four"],
        ["alpha one", "bravo: two", "charlie three", "delta four"],
        ["alpha one", "bravo #two", "charlie three", "delta four"],
        ["alpha one", "bravo two ", "charlie three", "delta four"],
        ["alpha one:", "bravo two:", "charlie three ", "delta four:"],
        ["alpha one", "no", "", "delta four"],
        ["alpha one", "2026-11-29T10:00:00Z", "12:30:15 or so", "- delta four"],
        ["2026-11-29T10:00:00Z", "2026-11-30T10:00:00Z", "2026-12-01T10:00:00Z", "2026-12-02T10:00:00Z"],
        ["2026-11-29T10:00:00Z", "2026-11-30 and later", "1 thing or more", "0x1234567890"],
        [1, 2, 30, -4],
        [1, 2.5, None, True],
        [False, "alpha one", None, "no"],
        [1, [2], {"three": 3}, None],
        [{"a": 1}, {"a": 2}, {"a": 3}, {"a": "x" * 99}],
    ],
    ids=str,
)
@pytest.mark.parametrize("style", ["", "python"])
def test_tables_are_what_the_writer_writes(column: list[Any], style: str) -> None:
    data = [{"value": value, "what makes lines": "long " * 30, "and": value} for value in column]
    separators = (", ", ": ") if style else (",", ":")

    found = block(json.dumps(data, separators=separators).encode(), Redactor())

    assert found is not None
    document = {"response": {"json": found}}
    assert with_blocks(yaml_writer.write(document), document) == yaml_writer.write({"response": {"json": data}})


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        b"[1,2]",
        b'"text"',
        b'{"a":1',
        b'{"a":"\xff"}',
        b'{"a":"\xc2\x85"}',
        b'{"a":"\x7f"}',
        b'{"a":"\\n"}',
        b'{"a": 1,"b":2}',
        b'{"a":1}\n',
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"token":"x"}',
        b'[{"token":"x"},{"name":"' + b"x" * 99 + b'"}]',
        b'{"a":' * 80 + b"1" + b"}" * 80,
        b"[" * 80 + b'"' + b"x" * 200 + b'"' + b"]" * 80,
        b"[" * 61 + b",".join([b'{"name":"' + b"x" * 99 + b'"}'] * 4) + b"]" * 61,
    ],
)
def test_what_is_out_of_the_ordinary_takes_a_closer_look(content: bytes) -> None:
    assert block(content, Redactor()) is None


def test_names_that_somebody_hides_and_secrets_that_are_known_take_a_closer_look() -> None:
    knowing = Redactor()
    knowing.learn("a-long-secret", "token")

    assert block(b'{"iban":"x"}', Redactor(Rules(names=frozenset({"iban"})))) is None
    assert block(b'{"a":"x a-long-secret"}', knowing) is None
    assert block(b'{"a":"x"}', knowing) is not None


@pytest.mark.parametrize(
    "text",
    [
        "https://api.test/?page=1&token=abc",
        "token=abc",
        "https://ada:secret@api.test/",
        "<token>abc</token>",
        "<a token='abc'>",
        "https://api.test/?to=https%3A%2F%2Fapi.test%2F%3Ftoken%3Dabc",
    ],
)
def test_texts_that_hold_secrets_take_a_closer_look(text: str) -> None:
    assert block(f'{{"a":"{text}"}}'.encode(), Redactor()) is None
    assert block(b'{"a":"https://api.test/?page=1&note=abc=="}', Redactor()) is not None


def test_names_that_are_remembered_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_blocks, "_MOST_NAMES", 2)
    redactor = Redactor()
    long = "x" * 1_000

    assert block(f'{{"{long}":1,"a":1,"b":1,"c":1}}'.encode(), redactor) is not None
    assert block(b'{"a":1,"b":1,"c":1}', redactor) is not None
    assert list(redactor.harmless_names[","]["    "]) == ["a", "b"]


def test_a_body_that_says_the_mark_of_a_block_stays_where_it_is() -> None:
    body = Block('{"a":1}', "", "    a: 1")

    for said in ({"json": repr(body)}, {"text": f"x\n  json: {body!r}\n"}):
        document = {"request": said, "response": {"json": body}}
        written = with_blocks(yaml_writer.write(document), document)
        assert written == yaml_writer.write({"request": said, "response": {"json": {"a": 1}}})
    assert {body: 1} == {repr(body): 1}
