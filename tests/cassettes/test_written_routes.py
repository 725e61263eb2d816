"""Routes written by hand in the first document, alone and in front of recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from .conftest import Stage

HEADER = """cassette: 1
base_url: https://api.test
routes:
  - GET /health: 204
  - GET /users/{id:int}: {json: {name: Ada}}
  - POST /orders: [503, {status: 201, json: {id: 1}}]
  - route: GET /search
    match: {params: {q: tea}}
    respond: {text: found}
"""
RECORDED = """--- # GET /users -> 200
request:
  method: GET
  url: https://api.test/users
response:
  status: 200
  text: recorded
...
"""


def test_a_file_with_only_routes_is_a_mock(stage: Stage) -> None:
    stage.written(header=HEADER)

    with stage.use():
        assert stage.client.get("https://api.test/health").status_code == 204
        assert stage.client.get("https://api.test/users/7").json() == {"name": "Ada"}
        assert [stage.client.post("https://api.test/orders").status_code for _ in range(2)] == [503, 201]
        assert stage.client.get("https://api.test/search?q=tea").text == "found"
        with pytest.raises(cassettes.NoMatch):
            stage.client.get("https://api.test/search?q=coffee")

    assert stage.text == HEADER


def test_routes_answer_first_and_recordings_the_rest(stage: Stage) -> None:
    stage.written(RECORDED, header=HEADER)

    with stage.use("none"):
        assert stage.client.get("https://api.test/health").status_code == 204
        assert stage.client.get("https://api.test/users").text == "recorded"


def test_new_episodes_are_recorded_behind_the_routes(stage: Stage) -> None:
    stage.written(RECORDED, header=HEADER)

    with stage.use("new_episodes"):
        stage.client.get("https://api.test/health")
        stage.client.get("https://api.test/more")

    assert [request.url.path for request in stage.server.asked] == ["/more"]
    assert stage.text.startswith(HEADER + RECORDED + "--- # GET /more -> 200\n")


@pytest.mark.anyio
async def test_a_transport_of_its_own_has_the_routes_too(stage: Stage) -> None:
    stage.written(header=HEADER)

    async with understudy.AsyncClient(transport=cassettes.CassetteTransport(stage.path, "none")) as client:
        assert (await client.get("https://api.test/users/7")).json() == {"name": "Ada"}
    with understudy.Client(transport=cassettes.CassetteTransport(stage.path, "none")) as blocking:
        assert blocking.get("https://api.test/users/7").json() == {"name": "Ada"}


@pytest.mark.parametrize(
    ("routes", "line", "problem"),
    [
        ("routes: 1\n", 2, "is a list"),
        ("routes:\n  - GET /users: {jsn: 1}\n", 3, "jsn"),
        ("routes:\n  - GET /users: {json: 1}\n    POST /users: 2\n", 3, "one target"),
        ("routes:\n  - GET /ok: 200\n  - route: GET /users\n    tims: 2\n", 4, "did you mean `times:`"),
        ("routes:\n  - GET /users\n", 3, "a route is"),
        ("routes:\n  - route: GET /users\n    match: 1\n", 3, "`match:` is a mapping"),
        ("routes:\n  - GET /users/{id:nonsense}: 200\n", 3, "nonsense"),
    ],
)
def test_a_wrong_route_is_an_error_with_its_line(stage: Stage, routes: str, line: int, problem: str) -> None:
    stage.written(header="cassette: 1\n" + routes)

    with pytest.raises(cassettes.CassetteDamaged, match=problem) as caught, stage.use():
        raise AssertionError

    assert caught.value.line == line
