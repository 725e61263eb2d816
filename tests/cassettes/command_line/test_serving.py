"""`understudy serve` and `understudy proxy`, as processes of their own."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

import understudy
from understudy import cassettes
from understudy.cassettes.command_line import serving
from understudy.cassettes.command_line.advising import advise_proxy, advise_server
from understudy.cassettes.serving import Application
from understudy.cassettes.transport import CassetteTransport

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

TAPE = """\
cassette: 1
routes:
  - GET https://api.test/health: {json: fine}
...
--- # GET /users -> 200
request: {method: GET, url: 'https://api.test/users'}
response: {status: 200, json: {name: Ada}}
...
"""


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "tape.yaml"
    path.write_text(TAPE, "utf-8")
    return path


class Running:
    """A command that serves; what it has printed is there when it has ended."""

    def __init__(self, process: subprocess.Popen[str], url: str, first: str) -> None:
        self.process = process
        self.url = url
        self.output = first


@contextmanager
def running(*arguments: str) -> Generator[Running]:
    # Tests that a shell runs in the background have inherited that SIGINT is ignored; so would the process.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "import sys; from understudy.cassettes.command_line import serving; "
        f"sys.exit(serving.{arguments[0]}(sys.argv[1:]))"
    )
    command = [sys.executable, "-u", "-W", "always", "-c", program, *arguments[1:], "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            second = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+", second)
            assert found is not None, first + second + process.stdout.read()
            made = Running(process, found[0], first + second)
            yield made
            process.send_signal(signal.SIGINT)
            made.output += process.communicate(timeout=30)[0]
        finally:
            process.kill()


def test_any_client_is_answered_from_a_file(tape: Path) -> None:
    with running("serve", str(tape)) as server:
        assert understudy.get(f"{server.url}/users").json() == {"name": "Ada"}
        assert understudy.get(f"{server.url}/users").json() == {"name": "Ada"}
        assert understudy.get(f"{server.url}/health").json() == "fine"
        assert understudy.get(f"{server.url}/nothing").status_code == 501
        assert understudy.get(f"{server.url}/__understudy__?json").json()["misses"] == 1

    assert server.process.returncode == 0
    assert f"serving {tape}, 1 recording and 1 route" in server.output
    assert "GET /users -> 200" in server.output
    assert "no recording answers GET" in server.output
    assert f"understudy proxy --record {tape} --target https://api.test" in server.output
    assert "4 requests, 1 without an answer, 0 never asked for" in server.output


def test_a_file_that_has_changed_is_read_again(tape: Path) -> None:
    with running("serve", str(tape)) as server:
        assert understudy.get(f"{server.url}/health").json() == "fine"
        tape.write_text(TAPE.replace("fine", "changed"), "utf-8")
        assert understudy.get(f"{server.url}/health").json() == "changed"
        tape.write_text("cassette: [", "utf-8")
        assert understudy.get(f"{server.url}/health").json() == "changed"

    assert "not reloaded: " in server.output


class Echo(BaseHTTPRequestHandler):
    """Answers with the path, and keeps the connection."""

    protocol_version = "HTTP/1.1"

    is_waiting: ClassVar[threading.Event]
    may_end: ClassVar[threading.Event]

    def do_GET(self) -> None:
        if self.path == "/never":
            self.is_waiting.set()
            self.may_end.wait()
        content = self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def target() -> Iterator[str]:
    Echo.is_waiting, Echo.may_end = threading.Event(), threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    Echo.may_end.set()
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_a_proxy_that_a_script_ends_finishes_its_tape(target: str, tmp_path: Path) -> None:
    tape = tmp_path / "recorded.yaml"

    with running("proxy", "--record", str(tape), "--target", target, "--mode", "all") as server:
        understudy.get(f"{server.url}/users")
        server.process.terminate()
        server.output += server.process.communicate(timeout=60)[0]

    assert server.process.returncode == 0
    assert "1 request, 1 interaction recorded" in server.output
    assert len(cassettes.load(tape)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["recorded.yaml"]


@pytest.mark.once
@pytest.mark.parametrize("times", [1, 2])
def test_a_proxy_that_is_interrupted_waits_for_no_server(target: str, tmp_path: Path, times: int) -> None:
    tape = tmp_path / "recorded.yaml"
    with running("proxy", "--record", str(tape), "--target", target) as server:
        understudy.get(f"{server.url}/users")
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as waiting:
            waiting.sendall(b"GET /never HTTP/1.1\r\nHost: test\r\n\r\n")
            assert Echo.is_waiting.wait(60)
            for _ in range(times - 1):
                server.process.send_signal(signal.SIGINT)
            server.process.send_signal(signal.SIGINT)
            server.output += server.process.communicate(timeout=60)[0]

    assert server.process.returncode in (0, -signal.SIGINT)
    assert "Traceback" not in server.output
    assert "GET /never -> interrupted" in server.output
    assert [interaction.summary for interaction in cassettes.load(tape).interactions] == ["GET /users -> 200"]


def test_a_proxy_records_what_any_client_does(target: str, tmp_path: Path) -> None:
    tape = tmp_path / "recorded.yaml"

    with running("proxy", "--record", str(tape), "--target", f"{target}/v1") as server:
        assert understudy.get(f"{server.url}/users").text == "/v1/users"
        assert understudy.get(f"{server.url}/users?page=2").text == "/v1/users?page=2"

    assert server.process.returncode == 0
    assert "2 requests, 2 interactions recorded" in server.output
    assert "ResourceWarning" not in server.output  # the connection to the target is closed
    assert [each.request.url for each in cassettes.load(tape).interactions] == [
        f"{target}/v1/users",
        f"{target}/v1/users?page=2",
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("serve", "{missing}"), "there is no such file"),
        (("serve", "{tape}", "--port", "99999"), "cannot listen|port"),
        (("serve", "{tape}", "--speed", "-1"), "`speed` is 0"),
        (("proxy", "--record", "x.yaml", "--target", "ftp://a.test"), "--target takes the URL of a server"),
        (("proxy", "--record", "x.yaml"), "Missing option '--target'"),
    ],
)
def test_wrong_use_is_told_in_a_line(
    arguments: tuple[str, ...], told: str, tape: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *rest = (argument.format(tape=tape, missing=tmp_path / "none.yaml") for argument in arguments)

    status = getattr(serving, name)(rest)

    said = capsys.readouterr()
    assert status == 2
    assert re.search(told, said.err + said.out)


@pytest.mark.anyio
async def test_a_miss_of_a_server_says_what_helps_a_server(tmp_path: Path) -> None:
    tape = tmp_path / "tape.yaml"
    tape.write_text(TAPE.replace("/users'", "/users?page=1'"), "utf-8")
    app = Application(
        CassetteTransport(tape, "none"),
        ["https://api.test"],
        advise=lambda error: advise_server(error, "tape.yaml", "https://api.test"),
    )

    async with understudy.AsyncClient(transport=understudy.ASGITransport(app), base_url="https://api.test") as client:
        told = (await client.get("/users?page=2")).text

    assert "no route and no recording answers GET https://api.test/users?page=2 (1 interaction, 0 played)\n" in told
    assert "say `ignore: [query.page]` in the first document; or record it with" in told
    assert "with `understudy proxy --record tape.yaml --target https://api.test`." in told
    assert "code" not in told


@pytest.mark.parametrize(
    ("mend", "server", "proxy"),
    [
        (
            "Say `repeats: last` in the first document or `repeats='last'` in code; "
            "record the further request with mode='new_episodes'.",
            "Say `repeats: last` in the first document or `--repeats last`; "
            "record the further request with `understudy proxy --record 'my tape.yaml' --target URL`.",
            "Say `repeats: last` in the first document; record the further request with `--mode new_episodes`.",
        ),
        (
            "If it may be repeated, say `repeats='last'` in code.",
            "If it may be repeated, say `--repeats last`.",
            "If it may be repeated, say `repeats='last'` in code.",
        ),
        (
            "If it has changed, record with mode='update'.",
            "If it has changed, record with `understudy proxy --record 'my tape.yaml' --target URL --mode update`.",
            "If it has changed, record with `--mode update`.",
        ),
        (
            "Say `ignore: [a]` in the first document, or match= and ignore= in code.",
            "Say `ignore: [a]` in the first document.",
            "Say `ignore: [a]` in the first document.",
        ),
        (
            "Convert this tape with understudy.cassettes.convert(source, target).",
            "Convert this tape with `understudy cassette convert SOURCE TARGET`.",
            "Convert this tape with `understudy cassette convert SOURCE TARGET`.",
        ),
    ],
)
def test_advice_names_options_of_the_command_line(mend: str, server: str, proxy: str) -> None:
    one, other = (cassettes.CassetteError("nothing answers (mode none)", mend=mend) for _ in range(2))

    advise_server(one, "my tape.yaml", None)
    advise_proxy(other)

    assert (one.problem, one.mend) == ("nothing answers", server)
    assert other.mend == proxy
