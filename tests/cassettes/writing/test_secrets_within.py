"""Where an interaction that stands on a tape holds what would be hidden today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy.cassettes import load
from understudy.cassettes.secrets.redaction import Redactor
from understudy.cassettes.writing.secrets_within import without_secrets

if TYPE_CHECKING:
    from ..conftest import Stage

EPISODE = """--- # GET / -> 200
request:
  method: GET
  url: https://api.test/
response:
  status: 200
  headers:
    Content-Type: {type}
  {body}
...
"""
PART = "--x\\r\\nContent-Disposition: form-data; name=password\\r\\n\\r\\nhunter2-hunter2\\r\\n--x--\\r\\n"
# {"password": "hunter2-hunter2"} in MessagePack.
PACKED = "gahwYXNzd29yZK9odW50ZXIyLWh1bnRlcjI="


@pytest.mark.parametrize(
    ("kind", "body", "place"),
    [
        ("application/json", "json: {password: hunter2-hunter2}", "json.password"),
        ("text/plain", "text: password=hunter2-hunter2", "text"),
        ("application/yaml", 'text: "user: ada\\npassword: hunter2\\n"', "text"),
        ("text/x-log", "text: '2026-11-29 login password: hunter2-hunter2'", "text"),
        ("multipart/form-data; boundary=x", f'text: "{PART}"', "text"),
        ("application/msgpack", f"base64: {PACKED}", "base64"),
    ],
)
def test_a_secret_is_found_in_every_kind_of_body(stage: Stage, kind: str, body: str, place: str) -> None:
    path = stage.written(EPISODE.format(type=kind, body=body))

    redacted = without_secrets(load(path)._library.episodes[0], Redactor())

    assert redacted.places == [f"response.{place}"]
    assert "hunter2" not in redacted.text


def test_nothing_is_found_where_nothing_is_hidden(stage: Stage) -> None:
    path = stage.written(EPISODE.format(type="text/plain", body="text: 'user: ada'"))

    assert without_secrets(load(path)._library.episodes[0], Redactor()).places == []
