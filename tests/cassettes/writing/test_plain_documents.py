"""Documents that are written line by line, and those that take a closer look."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.cassettes.bodies.json_blocks import Block, block, with_blocks
from understudy.cassettes.interactions import to_text
from understudy.cassettes.secrets.redaction import Redactor
from understudy.cassettes.writing.plain_documents import plain_text
from understudy.cassettes.yaml import fast_reader

REQUEST = {"method": "GET", "url": "https://api.test/users?page=2"}
HEADERS = {"Content-Type": "application/json", "Content-Length": "12", "ETag": '"abc"', "Date": "yes: no # comment"}
texts = st.text() | st.sampled_from(
    ["null", "1.0", "-", "a: b", "a #b", "'", "| x", "2026-11-29", " a", "a ", "é", "\u2028"]
)
values = texts | st.integers() | st.floats() | st.booleans() | st.none() | st.lists(texts, max_size=2)


def written(document: dict[str, Any]) -> str:
    return with_blocks(to_text(document, "GET /users -> 200"), document)


def test_what_most_documents_are_is_written_as_the_writer_writes_it() -> None:
    body = block(b'{"users":["ada","grace"],"total":2}', Redactor())
    response = {"status": 200, "headers": HEADERS, "json": body, "took": 0.132}
    document: dict[str, Any] = {"request": REQUEST, "response": response}

    assert plain_text(document, "GET /users -> 200") == written(document)
    assert isinstance(body, Block)


@pytest.mark.parametrize(
    "response",
    [
        {"status": 200, "text": "one\ntwo  \n"},
        {"status": 200, "headers": {}},
        {"status": 200, "headers": {"Set-Cookie": ["a=1", "b=2"]}},
        {"status": 200, "headers": {"Server": "caf\xe9"}},
        {"status": 200, "closed_early": True},
        {"status": 200, "took": float("nan")},
        {"status": 200, "text": "\x7f"},
    ],
)
def test_what_is_said_otherwise_takes_a_closer_look(response: dict[str, Any]) -> None:
    assert plain_text({"request": REQUEST, "response": response}, "GET /users -> 200") is None


@pytest.mark.once
@given(st.dictionaries(texts, texts), st.dictionaries(texts, values))
def test_whatever_is_written_line_by_line_is_what_the_writer_writes_and_is_read_back(
    headers: dict[str, str], members: dict[str, Any]
) -> None:
    document: dict[str, Any] = {"request": {**REQUEST, "headers": headers}, "response": {"status": 200, **members}}

    text = plain_text(document, "GET /users -> 200")

    if text is not None:
        assert text == written(document)
        assert fast_reader.read(text) == document
