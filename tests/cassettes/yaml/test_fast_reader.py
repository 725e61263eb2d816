"""The reader of what the recorder writes: as the YAML parser reads it, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from understudy.cassettes.bodies.kinds import Reader
from understudy.cassettes.yaml import fast_reader
from understudy.cassettes.yaml import reader as yaml_reader
from understudy.cassettes.yaml import writer as yaml_writer

ITEM: dict[str, Any] = {"id": 1, "name": "a long name, " * 9, "price": 12.5, "tags": ["a", "b"], "in": {"x": None}}

READ = [
    "a: 1\n",
    "---\na: 1\n",
    "--- # GET / -> 200\na: 1\n...\n",
    "a: 1",
    "a:\n  - b: 1\n    c: 2\n  - b: 3\n    c: 4\n  - d\n  - b: 5\n",
    "a:\n  -\n    - 1\n    - 2\n  -\n    b: 1\n",
    "a:\n  - |\n    text\n    more\n  - b\nc: |-\n  end\n",
    "a: |2\n    indented\n  and less\nb: |+\n  kept\n\n",
    'a: {b: 1, c: {d: [2, \'x\'], e: "f"}, "g h": -1.50}\nb: []\nc: {}\n',
    'a: "x\\ny \\"z\\""\n',
    "a: -0\nb: 0\nc: 12.50\nd: 1E5\ne: -7\nf: 123456789012345678901234567890\n",
    "a: null\nb: true\nc: false\nd: nullable\n",
    'a: C:\\temp\nb: say "it"\nc: \'say "it"\'\n',
    'a: "tab\there"\n',
    'a: \u00fcber\nb: "\u00fc, \U0001f600"\n',
    "a: http://x/y?z=1#w\nb: 2026\n",
]

LEFT = [
    "a: 1\na: 2\n",
    "a:\n  - b: 1\n    b: 2\n",
    "a:\n  - b: 1\n    b: 2\n  - c: 1\n",
    "a:\n  - b: 1\n   c: 2\n",
    "a:\n  b: 1\n  - c\n",
    "a:\n  - b\n  c: 1\n",
    "a: |\n",
    "a: |3\n   x\n",
    "a: |\n\n  x\n",
    "a: |\n  x\n\nb: 1\n",
    "- a\n",
    "a:\n",
    "a: \n",
    "a: 'it''s'\n",
    "a: 'x\n",
    'a: "x" y\n',
    'a: "x"y"\n',
    'a: "\\u00e9"\n',
    "a: -x\n",
    "a: b: c\n",
    "a: b #c\n",
    "a: b:\n",
    "a: @b\n",
    "a: {b}\n",
    "a: {b: 1, b: 2}\n",
    "a: {[b]: 1}\n",
    "a: {b: 1,}\n",
    "a: [1, ]\n",
    "a: [1 2\n",
    "a: [1] 2\n",
    "a: [1}\n",
    "a: {b: {c: -x}}\n",
    "a: {b: [: ]}\n",
    "a: [" + "1" * 4_001 + "]\n",
    "a: " + "1" * 4_001 + "\n",
    "a: " + "[" * 95 + "]" * 95 + "\n",
    "".join(f"{'  ' * depth}a:\n" for depth in range(95)) + "  " * 95 + "b: 1\n",
    "a: \x07\n",
    'a: "\u2028"\n',
    'a: "\x85"\n',
    "\u00fc: 1\n:\n",
    "--- !x\na: 1\n",
    "a\n",
    "? a\n",
]


@pytest.mark.parametrize("text", READ)
def test_what_the_recorder_writes_is_read_as_the_parser_reads_it(text: str) -> None:
    expected = repr(yaml_reader.read(text, None))

    assert repr(fast_reader.read(text)) == expected == repr(yaml_reader.read(text, None, 1, yaml.SafeLoader))


@pytest.mark.parametrize("text", LEFT)
def test_everything_else_is_left_to_the_parser(text: str) -> None:
    assert fast_reader.read(text) is fast_reader.UNUSUAL
    assert fast_reader.read_messages(text.encode("utf-8")) is fast_reader.UNUSUAL


@pytest.mark.parametrize("style", ["", "python", "indent2"])
def test_bodies_are_handed_on_as_text_and_rendered_in_their_style(style: str) -> None:
    data = {"items": [ITEM, ITEM, {**ITEM, "more": [ITEM]}], "total": 3}
    said = {"status": 200, "json": data, **({"style": style} if style else {})}
    document = {"request": {"method": "POST", "url": "https://api.test/", "json": {"a": 1}}, "response": said}
    text = yaml_writer.write(document)

    found = fast_reader.read_messages(text.encode("utf-8"))
    plain = fast_reader.read(text)

    assert plain == document
    for name in ("request", "response"):
        assert isinstance(found[name]["json"], fast_reader.Rendered)
        assert Reader(None).content(found[name], "") == Reader(None).content(plain[name], "")


def test_a_body_that_stands_twice_is_left_to_the_parser() -> None:
    text = "response:\n  json:\n    a: 1\n  json:\n    a: 2\n"

    assert fast_reader.read_messages(text.encode("utf-8")) is fast_reader.UNUSUAL


@pytest.mark.parametrize("end", ["", "  took: 0.5\n", "  style: python\n  took: 0.5\n", "error:\n  type: ReadError\n"])
@pytest.mark.parametrize("last", ["x: 1\n", "x:\n      - |\n        a: b\n\n        c\n", "x: |-\n      a: b\n"])
def test_a_body_ends_where_something_less_deep_begins(last: str, end: str) -> None:
    deeper = last.replace("\n  ", "\n    ")
    text = f"request:\n  json:\n    {last}response:\n  status: 200\n  json:\n    - {deeper}{end}"

    found = fast_reader.read_messages(text.encode("utf-8"))
    plain = yaml_reader.read(text, None)

    for name in ("request", "response"):
        assert Reader(None).content(found[name], "") == Reader(None).content(plain[name], "")
    assert list(found) == list(plain)
    assert found["response"].get("took") == plain["response"].get("took")


@pytest.mark.parametrize("text", ["a: \x07\n", 'a: "\x7f"\n', "a: \x00\n"])
def test_control_characters_are_seen_in_long_texts_too(text: str) -> None:
    long = f"b: {'x' * 10_000}\n"

    assert fast_reader.read(long) == {"b": "x" * 10_000}
    assert fast_reader.read(long + text) is fast_reader.UNUSUAL
