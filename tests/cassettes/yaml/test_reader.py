"""The reader, given what nobody should trust."""

from __future__ import annotations

import sys
import time

import pytest
import yaml

from understudy.cassettes.errors import CassetteDamaged
from understudy.cassettes.yaml import fast_reader
from understudy.cassettes.yaml.reader import parser_class, read

GADGETS = [
    "!!python/object/apply:os.system ['true']",
    "!!python/object/new:os.system [true]",
    "!!python/object:os.system {}",
    "!!python/name:os.system",
    "!!python/module:os",
    "!!python/tuple [1]",
    "!!binary '***'",
    "!!timestamp 2026-01-01",
    "!!set {a}",
    "!!str plain",
    "!custom x",
    "! x",
]


@pytest.mark.parametrize("gadget", GADGETS)
def test_tags_are_refused_and_nothing_is_imported_or_run(gadget: str) -> None:
    read("warm: up", None)
    seen: list[str] = []
    watching = [True]

    def watch(event: str, _: object) -> None:
        if watching[0] and event.startswith(("import", "exec", "os.system", "subprocess", "open")):
            seen.append(event)

    sys.addaudithook(watch)
    with pytest.raises(CassetteDamaged, match="a tag") as caught:
        read(f"a: 1\nb: {gadget}\n", "tape.yaml")
    watching[0] = False

    assert caught.value.line == 2
    assert seen == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &x [1]\n", "an anchor"),
        ("a: *x\n", "an alias|undefined alias"),
        ("a: &a [*a]\n", "an anchor"),
        ("<<: {a: 1}\n", "a merge key"),
        ("a: 1\na: 2\n", "'a' for the second time"),
        ("? [a]\n: 1\n", "no text"),
        ("? {a: 1}\n: 1\n", "no text"),
        ("a: 1\n--- b\n", "another document"),
        ("a: [\n", "not valid YAML"),
        ("\ta: 1\n", "not valid YAML"),
        ("a: '\x07'\n", "not valid YAML"),
        ("a: " + "[" * 10_000, "nested deeper|nesting depth"),  # libyaml 0.2.6 counts on its own
        ("a: " + "{a: " * 10_000, "nested deeper"),
        ("a: [" + "1," * 400_001 + "]\n", "more than 400000 values"),
    ],
    ids=range(14),
)
def test_what_no_cassette_may_hold_is_an_error_with_a_line(text: str, problem: str) -> None:
    started = time.process_time()

    with pytest.raises(CassetteDamaged, match=problem) as caught:
        read(text, "tape.yaml")

    assert caught.value.line is not None
    assert time.process_time() - started < 30


def test_a_billion_laughs_are_refused_at_the_first() -> None:
    text = 'a0: &a0 "lol"\n' + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))

    with pytest.raises(CassetteDamaged, match="an anchor"):
        read(text, None)


@pytest.mark.parametrize("parser", [None, yaml.SafeLoader])
@pytest.mark.parametrize(
    "text", ["no", "on", "0123", "12:30", "1_000", "2026-01-01", "~", "0x1f", ".5", "+1", "1e", "=", "<<"]
)
def test_plain_scalars_that_are_no_json_stay_the_text_they_are(text: str, parser: object) -> None:
    assert read(f"a: {text}\n", None, 1, parser) == {"a": text}


@pytest.mark.parametrize("text", ["null", "true", "false", "0", "-1", "1.5", "1e5", "12.50"])
def test_json_scalars_are_what_json_says(text: str) -> None:
    value = read(f"a: {text}\n", None)["a"]

    assert not isinstance(value, str)
    assert repr(value) in (text, "None", "True", "False", "100000.0")


def test_numbers_keep_their_spelling() -> None:
    assert [repr(value) for value in read("[12.50, 1E400, -0, 123456789012345678901234567890]", None)] == [
        "12.50",
        "1E400",
        "-0",
        "123456789012345678901234567890",
    ]


def test_the_parser_in_python_takes_over_where_libyaml_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml.cyaml", None)
    monkeypatch.delattr(yaml, "cyaml", raising=False)

    assert parser_class() is yaml.SafeLoader


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n",
        "a:\n  b: 'x'\n  c: [1, {d: e}]\n",
        'a:\n  - {b: 1}\n  - c: |\n      x\n      y\n    d: "q"\n',
        "a: |2-\n   x\nb: |+\n  y\n\n",
        '"a b": "c\\n"\n',
    ],
)
def test_the_fast_reader_agrees_with_the_parser(text: str) -> None:
    assert fast_reader.read(text) == read(text, None)
    assert fast_reader.read(f"--- # comment\n{text}...\n") == read(text, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a: b: c\n",
        "a: x # y\n",
        "a: 'it''s'\n",
        "a: &x 1\n",
        "a: !!str 1\n",
        "a: 1\na: 2\n",
        "a:\n",
        "a: |\n",
        "a: >\n  x\n",
        'a: "\\x41"\n',
        "a:\n- 1\n",
        "a: [1,2]\n",
        " a: 1\n",
        "--- a: 1\n",
        "a: ?\n",
        "a: {b: 1\n",
        "a:\n    b: 1\n  c: 2\n",
    ],
)
def test_the_fast_reader_leaves_everything_unusual_to_the_parser(text: str) -> None:
    assert fast_reader.read(text) is fast_reader.UNUSUAL
