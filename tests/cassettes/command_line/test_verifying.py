from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

RECORDING = """\
--- # {method} {path} -> 200
request:
  method: {method}
  url: {url}{path}
response:
  status: 200
  headers:
    Content-Type: application/json
  json: {{id: 1, name: Ada}}
...
"""


class Handler(BaseHTTPRequestHandler):
    """Answers as it did when it was recorded, but for `/changed`; and remembers what it was asked."""

    asked: list[str]

    def answer(self) -> None:
        vars(self.server)["asked"].append(f"{self.command} {self.path} {self.headers['authorization']}")
        said = {"id": 1, "name": "Ada"}
        content = json.dumps({"id": "1"} if self.path == "/changed" else said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_DELETE = answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[HTTPServer]:
    """The real thing."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = HTTPServer(("127.0.0.1", 0), Handler)
    vars(running)["asked"] = []
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def recorded(server: HTTPServer, write: Callable[..., Path]) -> Callable[..., Path]:
    """Write a cassette of requests to the real thing."""

    def writing(*requests: str) -> Path:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        split = [request.split() for request in requests]
        return write("tape.yaml", *[RECORDING.format(method=method, path=path, url=url) for method, path in split])

    return writing


def test_a_server_that_answers_as_it_did_is_fine(run: Callable[..., Any], recorded: Callable[..., Path]) -> None:
    tape = recorded("GET /users")

    printed = run("verify", tape)

    assert printed.status == 0
    assert printed.lines == [f"{tape}: 1 sent, 0 breaking, 0 additive, 0 value"]


def test_what_would_break_a_program_is_told_and_ends_with_1(
    run: Callable[..., Any], recorded: Callable[..., Path]
) -> None:
    tape = recorded("GET /users", "GET /changed")

    printed, quiet = run("verify", tape), run("verify", "-q", tape)

    assert (printed.status, quiet.status) == (1, 1)
    assert printed.lines[0] == f"{tape}:16  GET /changed"
    assert any(line.startswith("    breaking  json.id") for line in printed.lines)
    assert any(line.startswith("    breaking  json.name") for line in printed.lines)
    assert quiet.lines == printed.lines[:-1]


def test_what_may_change_something_is_sent_only_where_that_is_said(
    run: Callable[..., Any], recorded: Callable[..., Path], server: HTTPServer
) -> None:
    tape = recorded("DELETE /users")

    printed = run("verify", tape)

    assert printed.lines[0] == f"{tape}:6  DELETE /users  not sent: DELETE may change something"
    assert printed.lines[1].endswith("1 not sent")
    assert vars(server)["asked"] == []
    assert run("verify", "--unsafe", tape).status == 0
    assert vars(server)["asked"] == ["DELETE /users None"]


def test_what_no_tape_holds_is_given(
    run: Callable[..., Any], recorded: Callable[..., Path], server: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "0123")
    tape = recorded("GET /users?key=__REDACTED_key_1__")

    skipped = run("verify", tape)
    run("verify", tape, "--auth", "ada", "pw", "--secret", "__REDACTED_key_1__", "KEY")
    run("verify", tape, "-h", "Authorization", "Bearer x", "--secret", "__REDACTED_key_1__", "KEY")

    assert "its URL holds a secret" in skipped.out
    assert vars(server)["asked"] == ["GET /users?key=0123 Basic YWRhOnB3", "GET /users?key=0123 Bearer x"]


def test_a_secret_that_is_not_set_is_wrong_use(run: Callable[..., Any], tape: Path) -> None:
    printed = run("verify", tape, "--secret", "__REDACTED_key_1__", "NO_SUCH_VARIABLE_HERE")

    assert printed.status == 2
    assert "the environment variable NO_SUCH_VARIABLE_HERE is not set" in printed.err


def test_a_secret_that_is_named_wrong_is_wrong_use(
    run: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "0123")

    printed = run("verify", tape, "--secret", "authorization", "KEY")

    assert printed.status == 2
    assert "as query.key, header.authorization or 'api.example.com header.authorization', not 'authorization'" in (
        " ".join(printed.err.split())
    )


def test_everything_can_be_had_as_json(run: Callable[..., Any], recorded: Callable[..., Path]) -> None:
    printed = run("verify", "--json", recorded("GET /changed"))

    (result,) = json.loads(printed.out)
    assert printed.status == 1
    assert result["sent"] == 1
    assert result["requests"][0]["request"] == "GET /changed"


def test_a_server_that_is_gone_has_changed_nothing_and_ends_with_2(run: Callable[..., Any], tape: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    tape.write_text(tape.read_text("utf-8").replace("https://api.test", f"http://127.0.0.1:{port}"), encoding="utf-8")

    printed, quiet = run("verify", tape), run("verify", "-q", tape)

    assert (printed.status, quiet.status) == (2, 2)
    assert printed.lines[0].startswith(f"{tape}:6  GET /users  no answer: ConnectError: GET http://127.0.0.1:{port}/")
    assert printed.lines[-1] == f"{tape}: 1 sent, 0 breaking, 0 additive, 0 value; 1 without an answer; 2 not sent"
    assert quiet.lines == printed.lines[:1]


def test_a_tape_that_cannot_be_read_does_not_keep_the_others(
    run: Callable[..., Any], recorded: Callable[..., Path], tmp_path: Path
) -> None:
    path = recorded()
    broken, other = tmp_path / "broken.yaml", tmp_path / "other.json"
    broken.write_text("cassette: 9\n...\n")
    other.write_text('[{"interactions": 1}]')

    printed = run("verify", broken, path.parent)

    assert printed.status == 2
    assert "of version 9" in printed.err
    assert "other.json" not in printed.err
    assert f"{path}: " in printed.out
