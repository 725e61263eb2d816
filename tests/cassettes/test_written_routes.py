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


def test_replies_are_said_in_short_by_fault_and_by_error(stage: Stage) -> None:
    stage.written(
        header="cassette: 1\nbase_url: https://api.test\nroutes:\n"
        "- GET /text: hello\n- GET /status: 204\n- GET /nothing:\n"
        "- GET /events: {sse: [{event: a, data: '1'}]}\n- GET /reset: {fault: reset}\n"
        "- GET /late: {error: ReadTimeout}\n- GET /lost: {error: {type: ConnectError, message: no way}}\n"
        "- route: POST /orders/1/pay\n  state: open -> paid\n  respond: {json: {paid: true}}\n"
        "- route: GET /orders/1\n  state: paid\n  respond: {json: {is: paid}}\n"
        "- GET /orders/1: {json: {is: open}}\n"
    )

    with stage.use("none"):
        get = stage.client.get
        assert get("https://api.test/text").text == "hello"
        assert get("https://api.test/status").status_code == 204
        assert get("https://api.test/nothing").status_code == 200
        assert get("https://api.test/events").text == "event: a\ndata: 1\n\n"
        with pytest.raises(understudy.ReadError):
            get("https://api.test/reset")
        with pytest.raises(understudy.ReadTimeout):
            get("https://api.test/late")
        with pytest.raises(understudy.ConnectError, match="no way"):
            get("https://api.test/lost")


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        ("ReadTimout", "did you mean ReadTimeout"),
        ("{type: 3}", "known are"),
        ("KeyError", "is no error of a transport"),
    ],
)
def test_an_error_that_no_transport_raises_is_refused(stage: Stage, error: str, problem: str) -> None:
    stage.written(header=f"cassette: 1\nroutes:\n- GET /late: {{error: {error}}}\n")

    with pytest.raises(cassettes.CassetteDamaged, match=f":3:3: .*{problem}"):
        cassettes.load(stage.path)


def test_headers_files_and_base64_are_written_as_in_recordings(stage: Stage) -> None:
    (stage.path.parent / "tea.txt").write_text("a file")
    stage.written(
        header="""cassette: 1
base_url: https://api.test
routes:
  - GET /fields: {headers: {x-number: 1, x-no: no, set-cookie: [a=1, b=2]}}
  - GET /file: {file: tea.txt}
  - GET /binary: {base64: AAEC}
"""
    )

    with stage.use("none"):
        fields = stage.client.get("https://api.test/fields").headers
        assert (fields["x-number"], fields["x-no"]) == ("1", "no")
        assert fields.get_list("set-cookie") == ["a=1", "b=2"]
        assert stage.client.get("https://api.test/file").text == "a file"
        assert stage.client.get("https://api.test/binary").content == b"\0\1\2"


@pytest.mark.parametrize(
    ("routes", "line", "problem"),
    [
        ("base_url: /v1\nroutes: [GET /x: 200]", 2, "`base_url` takes a URL"),
        ("routes:\n  - GET https://a.test/: {file: ../secret.txt}", 3, "leads out of the folder of the cassette"),
        ("routes:\n  - GET https://a.test/: {file: /etc/passwd}", 3, "leads out of the folder of the cassette"),
        ("routes:\n  - GET https://a.test/: {file: link/passwd}", 3, "leads out of the folder of the cassette"),
        ("routes:\n  - GET https://a.test/: {file: none.txt}", 3, "the file none.txt is missing"),
        ("routes:\n  - GET https://a.test/: {base64: '!'}", 3, "holds no base64"),
        ("routes:\n  - GET https://a.test/: {headers: {a: {b: 1}}}", 3, "a field has a text as its value"),
    ],
)
def test_routes_reach_nothing_outside_the_folder_and_fail_in_one_family(
    stage: Stage, routes: str, line: int, problem: str
) -> None:
    (stage.path.parent / "link").symlink_to("/etc")
    stage.written(header=f"cassette: 1\n{routes}\n")

    with pytest.raises(cassettes.CassetteDamaged, match=problem) as caught, stage.use("none"):
        raise AssertionError

    assert caught.value.line == line


def test_a_miss_names_the_closest_route_too(stage: Stage) -> None:
    stage.written(header=HEADER)

    with stage.use("none"), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.get("https://api.test/users/ada")

    assert str(caught.value).splitlines()[:2] == [
        f"{stage.path}: no route and no recording answers GET https://api.test/users/ada: "
        "the cassette holds no interactions (mode none)",
        f"  closest of 4 routes: GET /users/{{id:int}}   {stage.path}:5   4 of 5 hold",
    ]
    assert "    NO  path: want /users/{id:int}, got /users/ada" in str(caught.value)
    assert caught.value.mend == "Write a route for it; or record it with mode='new_episodes'."
