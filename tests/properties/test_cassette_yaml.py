"""What is written as YAML is read back as it was, by every parser; what is JSON keeps every byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from understudy.cassettes.data import json_text
from understudy.cassettes.errors import CassetteError
from understudy.cassettes.yaml import reader as yaml_reader
from understudy.cassettes.yaml import writer as yaml_writer

_TRAPS = [
    "no",
    "y",
    "1e3",
    "12:30",
    "0123",
    "~",
    "2026-01-01",
    "1_000",
    "<<",
    "=",
    "...",
    "---",
    "0x1f",
    ".5",
    "+1",
    "null",
]
_TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.text(" \n\t\r-:#a1|>'\"&*!%@`{}[],?~\x85\u2028\ufeff", max_size=12)
    | st.sampled_from(_TRAPS)
)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS
_DATA: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=15,
)


@pytest.mark.once
@examples(150)
@given(st.dictionaries(_TEXTS, _DATA, min_size=1, max_size=3))
def test_plain_data_are_read_as_they_were_written_by_libyaml_and_by_python(data: dict[str, Any]) -> None:
    text = yaml_writer.write(data)

    for parser in (None, yaml.SafeLoader):
        read = yaml_reader.read(text, None, 1, parser)
        assert repr(read) == repr(data)


@examples(100)
@given(st.dictionaries(_TEXTS, _TEXTS, min_size=1, max_size=5))
def test_text_means_the_same_to_plain_pyyaml(data: dict[str, str]) -> None:
    assert yaml.safe_load(yaml_writer.write(data)) == data


@examples(100)
@given(_DATA, st.sampled_from([None, 2, 4, "\t"]), st.booleans(), st.sampled_from(["", "\n"]))
def test_json_as_programs_write_it_keeps_every_byte(data: Any, indent: Any, is_ascii: bool, end: str) -> None:
    content = (json.dumps(data, indent=indent, ensure_ascii=is_ascii) + end).encode()

    parsed = json_text.parse(content)

    assert parsed is None or json_text.render(*parsed) == content


@examples(100)
@given(st.text('{}[]":,.0123456789eE+-truefalsn\\u \n', max_size=30))
def test_text_that_looks_like_json_is_kept_or_refused(text: str) -> None:
    parsed = json_text.parse(text.encode())

    if parsed is not None:
        assert json_text.render(*parsed) == text.encode()
        document = {"json": parsed[0]}
        assert repr(yaml_reader.read(yaml_writer.write(document), None)) == repr(document)


@examples(150)
@given(st.text(" \n\t-:#a|>'\"&*!%@`{}[],?~<=.0123\x00\x85", max_size=60))
def test_no_text_makes_the_reader_raise_anything_but_its_own_error(text: str) -> None:
    problem: CassetteError | None = None

    try:
        yaml_reader.read(text, "tape.yaml")
    except CassetteError as error:
        problem = error

    assert problem is None or (problem.path == "tape.yaml" and problem.line is not None)
