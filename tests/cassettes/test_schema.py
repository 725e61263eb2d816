"""The JSON Schema for editors knows exactly the words that the reader knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from understudy.cassettes import interactions, settings

SCHEMA: Any = json.loads((Path(settings.__file__).parent / "cassette.schema.json").read_text(encoding="utf-8"))


def test_the_schema_knows_the_words_of_both_kinds_of_documents() -> None:
    author = SCHEMA["$defs"]["author"]["properties"]
    interaction = SCHEMA["$defs"]["interaction"]["properties"]

    assert set(author) == set(settings.KNOWN)
    assert set(interaction["request"]["properties"]) == interactions.REQUEST_WORDS
    assert set(interaction["response"]["properties"]) == interactions.RESPONSE_WORDS
    assert author["repeats"]["enum"] == list(settings.REPEATS)
    assert author["order"]["enum"] == list(settings.ORDERS)
