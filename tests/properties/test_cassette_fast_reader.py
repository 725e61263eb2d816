"""What the fast reader accepts, the YAML parser reads alike, whatever a person has done to the file."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from understudy.cassettes.data import json_text
from understudy.cassettes.data.plain import is_mapping
from understudy.cassettes.errors import CassetteError
from understudy.cassettes.yaml import fast_reader
from understudy.cassettes.yaml import reader as yaml_reader
from understudy.cassettes.yaml import writer as yaml_writer

_TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.text(" \n\t:-#'\"\\ab0{[|é\xa0\u2028\ufeff", max_size=8)
    | st.sampled_from(["no", "null", "1e3", "-0", "0123", "...", "a b c", "a: b", "A fine tea. ", "2026-01-01", "1.50"])
)
_NAMES = st.sampled_from(["id", "name", "a.b", "json", "style", "-", "ü", "null", "1", "a b", 'q"'])
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS
)
_DATA: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)
# A second value makes room for long lines, which are no longer written on one.
_BODIES = st.tuples(_DATA, st.integers(0, 90)).map(lambda pair: [pair[0], "x" * pair[1], pair[0]])
_EDITS = st.tuples(
    st.sampled_from(["delete", "insert", "repeat", "swap", "indent", "outdent"]),
    st.integers(0, 400),
    st.text(" \n\t:-#'\"\\a0{}[],|&*!~\x07\x85\u2028", min_size=1, max_size=2),
)


def edited(text: str, edit: tuple[str, int, str]) -> str:
    """Return the text as after a slip of the hand."""
    kind, at, added = edit
    lines = text.split("\n")
    line, at = at % len(lines), at % (len(text) + 1)
    if kind == "delete":
        return text[:at] + text[at + 1 :]
    if kind == "insert":
        return text[:at] + added + text[at:]
    if kind == "repeat":
        lines.insert(line, lines[line])
    elif kind == "swap":
        lines[line], lines[0] = lines[0], lines[line]
    else:
        lines[line] = "  " + lines[line] if kind == "indent" else lines[line][2:]
    return "\n".join(lines)


def by_the_parser(text: str, parser: Any = None) -> str:
    """Return what the YAML parser makes of a text."""
    try:
        return repr(yaml_reader.read(text, None, 1, parser))
    except CassetteError:
        return "an error"


@examples(80)
@given(st.dictionaries(_NAMES, _BODIES | _DATA, min_size=1, max_size=3))
def test_what_is_written_is_read_fast_or_left_to_the_parser(data: dict[str, Any]) -> None:
    text = yaml_writer.write(data)

    found = fast_reader.read(text)

    assert found is fast_reader.UNUSUAL or repr(found) == repr(data)


@examples(150)
@given(st.dictionaries(_NAMES, _BODIES | _DATA, min_size=1, max_size=3), st.lists(_EDITS, min_size=1, max_size=3))
def test_what_was_edited_by_hand_is_read_as_the_parser_reads_it_or_left_to_it(
    data: dict[str, Any], edits: list[tuple[str, int, str]]
) -> None:
    text = yaml_writer.write(data)
    for edit in edits:
        text = edited(text, edit)

    found = fast_reader.read(text)

    if found is not fast_reader.UNUSUAL:
        assert repr(found) == by_the_parser(text) == by_the_parser(text, yaml.SafeLoader)


@examples(80)
@given(_BODIES | _DATA, st.sampled_from(["", "python", "indent2", "ascii"]), st.lists(_EDITS, max_size=1))
def test_bodies_are_rendered_as_their_data_would_be(data: Any, style: str, edits: list[tuple[str, int, str]]) -> None:
    said = {"status": 200, "json": data, **({"style": style} if style else {}), "took": 0.5}
    text = yaml_writer.write({"response": said})
    for edit in edits:
        text = edited(text, edit)

    found = fast_reader.read_messages(text.encode("utf-8"))
    plain = fast_reader.read(text)

    if found is fast_reader.UNUSUAL:
        assert plain is fast_reader.UNUSUAL
        return
    for name, body in rendered(found).items():
        word = str(found[name].get("style", ""))
        told = word if word in ("python", "indent2", "ascii") else ""
        assert body.content(told) == json_text.render(plain[name]["json"], told)
        found[name]["json"] = plain[name]["json"]
    assert repr(found) == repr(plain)


def rendered(document: dict[str, Any]) -> dict[str, fast_reader.Rendered]:
    """Return the bodies that were handed on as text."""
    found: dict[str, fast_reader.Rendered] = {}
    for name, message in document.items():
        body: Any = message.get("json") if is_mapping(message) else None
        if isinstance(body, fast_reader.Rendered):
            found[name] = body
    return found
