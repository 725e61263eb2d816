"""Server-sent events, streams, GraphQL and whole applications behind a URL. Run with pytest."""

from __future__ import annotations

from typing import Any

import understudy
from understudy import mock


def test_events_arrive_one_by_one() -> None:
    with mock.Router() as ai:
        ai.post("https://ai.test/chat").sse([{"data": "He"}, {"data": "llo"}, {"event": "done"}], every=0.02)

        with understudy.stream("POST", "https://ai.test/chat") as response:
            lines = [line for line in response.iter_lines() if line]

    assert lines == ["data: He", "data: llo", "event: done"]


def test_graphql_goes_by_operation_and_variables() -> None:
    query = "query GetUser($id: ID!) { user(id: $id) { name } }"
    answer = {"data": {"user": {"name": "Ada"}}}

    with mock.post("https://api.test/graphql", graphql={"operation": "GetUser", "variables": {"id": 7}}, reply=answer):
        sent = {"query": query, "variables": {"id": 7}}

        assert understudy.post("https://api.test/graphql", json=sent).json() == answer


def auth(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """A WSGI application."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"token for " + environ["PATH_INFO"].encode()]


def test_an_application_answers_below_its_url() -> None:
    with mock.Router() as services:
        services.mount("https://auth.test", auth)

        assert understudy.post("https://auth.test/ada").text == "token for /ada"
