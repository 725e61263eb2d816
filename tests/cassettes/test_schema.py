"""The JSON Schema for editors knows exactly the words that the reader knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from understudy.cassettes import interactions, settings, written_routes
from understudy.cassettes.data import paths
from understudy.mock.replies import words as reply_words

SCHEMA: Any = json.loads((Path(settings.__file__).parent / "cassette.schema.json").read_text(encoding="utf-8"))


def test_the_schema_knows_the_words_of_both_kinds_of_documents() -> None:
    author = SCHEMA["$defs"]["author"]["properties"]
    interaction = SCHEMA["$defs"]["interaction"]["properties"]

    assert set(author) == set(settings.KNOWN)
    assert set(interaction["request"]["properties"]) == interactions.REQUEST_WORDS
    assert set(interaction["response"]["properties"]) == interactions.RESPONSE_WORDS
    assert author["repeats"]["enum"] == list(settings.REPEATS)
    assert author["order"]["enum"] == list(settings.ORDERS)


def test_the_schema_knows_the_words_of_routes() -> None:
    words = SCHEMA["$defs"]["words"]["properties"]
    route = SCHEMA["$defs"]["route"]["then"]["properties"]

    assert set(words) == {*reply_words.WORDS, "base64"}
    assert set(route) == set(written_routes._LONG)


def test_the_schema_knows_where_parts_are_fields_and_styles() -> None:
    field, place = re.compile(SCHEMA["$defs"]["field"]["pattern"]), re.compile(SCHEMA["$defs"]["place"]["pattern"])
    style = re.compile(SCHEMA["$defs"]["style"]["pattern"])

    assert all(field.match(name) for name in (*settings.FIELDS, "header.X-A", "json.a.b"))
    assert all(place.match(f"{name}.x") for name in (*paths.PLACES, "headers"))
    assert not any(place.match(text) for text in ("json", "json.", "jsn.a", "body"))
    assert all(style.match(text) for text in ("", "python", "indent2 ascii newline"))
    assert not style.match("python wide")
