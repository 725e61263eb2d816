"""The lines of a JSON body that are made at once are those that the writer would write, and give back the body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from understudy.cassettes.bodies import json_blocks
from understudy.cassettes.secrets.redaction import Redactor
from understudy.cassettes.yaml import fast_reader
from understudy.cassettes.yaml import writer as yaml_writer

_TRAPS = ["", "no", "null", "12:30", "2026-01-01", "a: b", "a #b", "longer: than", "ends in ", "A: ", "-", "---", "ü"]
_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(_TRAPS)
_NAMES = st.sampled_from(["id", "name", "a b", "null", "x-y", "1", "", "ü", "#"])
_DATA: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=15,
)
# A long text makes lines too long for one.
_BODIES = st.tuples(st.lists(_DATA, max_size=6), st.integers(0, 100)).map(
    lambda pair: [*pair[0], "x" * pair[1]]
) | st.dictionaries(_NAMES, _DATA, max_size=6)


_COLUMNS: list[st.SearchStrategy[Any]] = [
    st.integers(),
    _TEXTS,
    st.text("abc :#", min_size=6, max_size=9),
    st.dates().map(lambda day: f"{day}T12:00:00Z"),
    st.floats(allow_nan=False, allow_infinity=False) | st.none() | st.booleans() | _TEXTS,
    st.just("x" * 99),
    _DATA,
]


@st.composite
def _tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return objects of the same names: values of one kind under each, or of any."""
    names = draw(st.lists(st.sampled_from(["id", "a b", "100%", "%s", "x" * 60]), min_size=1, unique=True))
    columns = {name: draw(st.sampled_from(_COLUMNS)) for name in names}
    return [{name: draw(column) for name, column in columns.items()} for _ in range(draw(st.integers(3, 6)))]


@pytest.mark.once
@examples(200)
@given(_BODIES | _tables() | _tables().map(lambda items: {"items": items}), st.booleans())
def test_blocks_are_what_the_writer_writes_and_give_back_the_body(data: Any, is_python: bool) -> None:
    separators = (", ", ": ") if is_python else (",", ":")
    content = json.dumps(data, ensure_ascii=False, separators=separators).encode()

    found = json_blocks.block(content, Redactor())

    if found is not None:
        style = {"style": found.style} if found.style else {}
        document = {"response": {"json": found, **style}}
        text = json_blocks.with_blocks(yaml_writer.write(document), document)
        assert text == yaml_writer.write({"response": {"json": data, **style}})
        read = fast_reader.read_messages(text.encode())
        assert read is fast_reader.UNUSUAL or read["response"]["json"].content(found.style) == content


@examples(100)
@given(st.text('{}[]":,.0123456789eE+-truefalsnN \n', max_size=30).map(lambda text: "{" + text + "}"))
def test_what_only_looks_like_json_makes_no_block(text: str) -> None:
    found = json_blocks.block(text.encode(), Redactor())

    if found is not None:
        assert json.dumps(json.loads(text), separators=(",", ":")) == text or found.style or '"' in text
        document = {"response": {"json": found}}
        written = json_blocks.with_blocks(yaml_writer.write(document), document)
        read = fast_reader.read_messages(written.encode())
        assert read["response"]["json"].text == text or found.style
