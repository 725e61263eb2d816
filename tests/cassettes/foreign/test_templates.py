"""Templates (ERB) among the tapes of Ruby VCR."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from ..conftest import Stage

TAPES = Path(__file__).parents[1] / "tapes"
HOST = "http://127.0.0.1:18080"


def test_a_template_is_no_tape(stage: Stage) -> None:
    stage.path.write_text("http_interactions:\n- request: {method: get, uri: <%= host %>}\n", "utf-8")

    with pytest.raises(cassettes.CassetteDamaged, match=r"tape.yaml:2: .*template \(ERB\)"):
        cassettes.load(stage.path)


def test_pages_with_marks_of_their_own_are_no_templates() -> None:
    with cassettes.use(TAPES / "ruby_vcr_page.yml", "none"), understudy.Client() as client:
        assert "<b><%= row.name %></b>" in client.get(f"{HOST}/html").text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("- request: {method: get, uri: 'https://api.test/'}\n  response: {body: {string: '<%= token %>'}}\n", 2),
        ("- request: {method: get, uri: 'https://api.test/'}\n  response:\n    headers: {X-A: ['<%= a %>']}\n", 2),
        ("- request: {method: get, uri: '<%= a %>'}\n  response: {headers: {Content-Type: text/html}}\n", 2),
        ("- request: {}\n  response: null\n- request: {'<%= a %>': 1}\n  response: {}\n", 4),
        ("<% 2.times do %>\n- request: {}\n<% end %>\n", 2),
    ],
)
def test_templates_are_found_wherever_ruby_would_fill_them_in(stage: Stage, text: str, line: int) -> None:
    stage.path.write_text(f"http_interactions:\n{text}", "utf-8")

    with pytest.raises(cassettes.CassetteDamaged, match=r"template \(ERB\)") as caught:
        cassettes.load(stage.path)

    assert caught.value.line == line
