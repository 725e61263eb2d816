"""What happens to the tapes when the last test has run: `--verify`, `--expired`, `--unused=delete`."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from understudy.pytest_plugin import network_block

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Suite

pytest_plugins = ["pytester"]


class API(BaseHTTPRequestHandler):
    """Answers with what it is told to."""

    answer: ClassVar[dict[str, object]] = {}
    wanted: ClassVar[str | None] = None

    def do_GET(self) -> None:
        content = json.dumps(self.answer).encode()
        self.send_response(200 if self.wanted in (None, self.headers["authorization"]) else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    API.answer, API.wanted = {"id": 7, "name": "Ada"}, None
    server = ThreadingHTTPServer(("127.0.0.1", 0), API)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def recorded(suite: Suite, url: str, paths: tuple[str, ...] = ("/users",)) -> None:
    asked = "\n            ".join(f'understudy.get("{url}{path}")' for path in paths)
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.cassette
        def test_users():
            {asked}
        """
    )
    suite.run("--record-mode=once").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("answer", "status", "line"),
    [
        ({"id": 8, "name": "Bob"}, pytest.ExitCode.OK, "*1 request sent, 0 breaking, 0 additive, * value*"),
        ({"id": 7, "name": "Ada", "new": 1}, pytest.ExitCode.OK, "*additive*json.new*"),
        ({"id": 7}, pytest.ExitCode.TESTS_FAILED, "*BREAKING*json.name*"),
    ],
)
def test_tapes_are_compared_with_the_real_server(
    answer: dict[str, object], status: int, line: str, suite: Suite, url: str
) -> None:
    recorded(suite, url)
    API.answer = answer

    result = suite.run("--verify", "--block-network")

    result.assert_outcomes(passed=1)
    assert result.ret == status
    result.stdout.fnmatch_lines(["cassettes/test_suite/test_users.yaml: 1 request sent*"])
    result.stdout.fnmatch_lines([line])
    assert network_block._active == []  # what let the comparison through is gone


def age(suite: Suite) -> None:
    """Let the tape have expired."""
    path = suite.path / "cassettes" / "test_suite" / "test_users.yaml"
    text = path.read_text("utf-8")
    assert "recorded: " in text
    head = text.replace("recorded: ", "expires: 1d\nrecorded: 2020-01-01 # ", 1)
    path.write_text(head, "utf-8")


def test_a_tape_that_is_gone_when_it_is_to_be_compared_fails_the_run(suite: Suite, url: str) -> None:
    recorded(suite, url)
    suite.write(
        f"""
        import os, pytest, understudy

        @pytest.mark.cassette
        def test_users(cassette):
            understudy.get("{url}/users")
            os.unlink(cassette.path)
        """
    )

    result = suite.run("--verify")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["verify: *test_users.yaml: there is no such file"])


def test_a_tape_that_has_expired_is_compared_where_warnings_are_errors(suite: Suite, url: str) -> None:
    recorded(suite, url)
    age(suite)
    API.answer = {"id": 7}

    result = suite.run("--verify", "-W", "error")

    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*BREAKING*json.name*"])


@pytest.mark.parametrize(
    ("option", "status"),
    [
        ((), pytest.ExitCode.OK),
        (("--expired=fail",), pytest.ExitCode.TESTS_FAILED),
        (("-o", "expired=fail"), pytest.ExitCode.TESTS_FAILED),
        (("--expired=ignore",), pytest.ExitCode.OK),
    ],
)
def test_tapes_that_have_expired_are_told(option: tuple[str, ...], status: int, suite: Suite, url: str) -> None:
    recorded(suite, url)
    age(suite)

    result = suite.run("--block-network", "-W", "error", *option)

    result.assert_outcomes(passed=1)
    assert result.ret == status
    told = [
        "expired: 1 tape; record again with --record-mode=update",
        "  cassettes/test_suite/test_users.yaml  recorded on 2020-01-01",
    ]
    if "--expired=ignore" in option:
        result.stdout.no_fnmatch_line(told[0])
    else:
        result.stdout.fnmatch_lines(told)


def test_what_is_unused_is_deleted_on_request(suite: Suite, url: str) -> None:
    recorded(suite, url, ("/one", "/two", "/three"))
    folder = suite.path / "cassettes" / "test_suite"
    recorded(suite, url, ("/one", "/three"))
    assert suite.run("--unused=fail", "--block-network").ret == 1
    (folder / "test_gone.yaml").write_bytes((folder / "test_users.yaml").read_bytes())

    result = suite.run("--unused=delete", "--block-network")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "deleted: 2 recordings or tapes that no test played or has",
            "  cassettes/test_suite/test_users.yaml:*  GET /two -> 200",
            "  cassettes/test_suite/test_gone.yaml",
        ]
    )
    written = (folder / "test_users.yaml").read_text("utf-8")
    assert "/one" in written
    assert "/two" not in written
    assert "/three" in written
    assert not (folder / "test_gone.yaml").exists()
    suite.run("--unused=fail", "--block-network").assert_outcomes(passed=1)


@pytest.mark.parametrize("mode", ["all", "update"])
def test_recording_anew_calls_nothing_unused_and_update_drops_what_is(mode: str, suite: Suite, url: str) -> None:
    recorded(suite, url, ("/one", "/two"))
    recorded(suite, url, ("/one",))

    result = suite.run(f"--record-mode={mode}", "--unused=fail")

    assert result.ret == 0
    written = (suite.path / "cassettes/test_suite/test_users.yaml").read_text("utf-8")
    assert "/one" in written
    assert ("/two" in written) == (mode == "all")


@pytest.mark.parametrize("arguments", [("-k", "users"), ("test_suite.py::test_users",)])
def test_a_partial_run_deletes_nothing(arguments: tuple[str, ...], suite: Suite, url: str) -> None:
    recorded(suite, url, ("/one", "/two"))
    path = suite.path / "cassettes" / "test_suite" / "test_users.yaml"
    before = path.read_bytes()
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.cassette
        def test_users():
            understudy.get("{url}/one")

        def test_other():
            pass
        """
    )

    suite.run("--unused=delete", *arguments).assert_outcomes(passed=1, deselected=1 if "-k" in arguments else 0)

    assert path.read_bytes() == before


def test_a_run_that_failed_deletes_nothing(suite: Suite, url: str) -> None:
    recorded(suite, url, ("/one", "/two"))
    path = suite.path / "cassettes" / "test_suite" / "test_users.yaml"
    before = path.read_bytes()
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.cassette
        def test_users():
            understudy.get("{url}/one")

        def test_other():
            assert False
        """
    )

    suite.run("--unused=delete").assert_outcomes(passed=1, failed=1)

    assert path.read_bytes() == before


@pytest.mark.parametrize("chunks", ["whole", "fuzz"])
def test_bodies_come_in_other_pieces_on_request(chunks: str, suite: Suite, url: str) -> None:
    API.answer = {"body": "x" * 5_000}
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.cassette
        def test_pieces(pytestconfig):
            with understudy.stream("GET", "{url}/a") as response:
                pieces = list(response.iter_raw())
            assert b"".join(pieces).count(b"x") == 5_000
            if pytestconfig.getoption("replay_chunks") == "whole":
                assert len(pieces) == 1
            if pytestconfig.getoption("replay_chunks") == "fuzz":
                assert len(pieces) > 1
        """
    )
    suite.run("--record-mode=once").assert_outcomes(passed=1)

    suite.run(f"--replay-chunks={chunks}", "--block-network").assert_outcomes(passed=1)


@pytest.mark.once
def test_what_a_marker_calls_volatile_is_no_change_for_verify(suite: Suite, url: str) -> None:
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.cassette(volatile=["json.id"])
        def test_users():
            understudy.get("{url}/users")
        """
    )
    suite.run("--record-mode=once").assert_outcomes(passed=1)
    API.answer = {"id": 123456, "name": "Ada"}

    alone, workers = suite.run("--verify"), suite.run_apart("--verify", "-n", "1")

    for result in (alone, workers):
        result.stdout.fnmatch_lines(["*1 request sent, 0 breaking, 0 additive, 0 value*"])


GIVEN = ("--verify", "--verify-secret", "127.0.0.1 header.authorization=API_ACCESS")


def wanting_credentials(suite: Suite, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record with a token, and let the server want another one, which is in the environment."""
    suite.write(
        f"""
        import pytest, understudy

        @pytest.mark.cassette
        def test_users():
            understudy.get("{url}/users", headers={{"Authorization": "Bearer of-yesterday"}})
        """
    )
    suite.run("--record-mode=once").assert_outcomes(passed=1)
    API.wanted = "Bearer of-today"
    monkeypatch.setenv("API_ACCESS", "of-today")


def test_verify_sends_secrets_of_the_environment(suite: Suite, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanting_credentials(suite, url, monkeypatch)

    without = suite.run("--verify")
    given = suite.run(*GIVEN)
    in_file = suite.run("--verify", "-o", "verify_secret=127.0.0.1 header.authorization = API_ACCESS")

    without.stdout.fnmatch_lines(
        ["*not sent: the server wants credentials*: --verify-secret '127.0.0.1 header.authorization=VARIABLE'"]
    )
    for result in (given, in_file):
        result.stdout.fnmatch_lines(["*1 request sent, 0 breaking, 0 additive, 0 value"])
        result.stdout.no_fnmatch_line("*of-today*")


@pytest.mark.once
def test_verify_sends_secrets_when_workers_have_played_the_tapes(
    suite: Suite, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanting_credentials(suite, url, monkeypatch)

    result = suite.run_apart(*GIVEN, "-n", "1")

    result.stdout.fnmatch_lines(["*1 request sent, 0 breaking, 0 additive, 0 value"])


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("header.authorization=HOME", "*say host, place and environment variable*"),
        ("api.test:443 header.authorization=HOME", "*say host, place and environment variable*"),
        ("api.test header.authorization", "*say host, place and environment variable*"),
        ("api.test header.authorization=NOT_SET_ANYWHERE", "*the environment variable NOT_SET_ANYWHERE is not set*"),
    ],
)
def test_a_secret_that_is_not_said_right_stops_the_run(suite: Suite, said: str, complaint: str) -> None:
    suite.write("def test_nothing(): ...")

    result = suite.run("--verify", "--verify-secret", said)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([complaint])


def test_what_no_option_can_say_is_told_to_be_missing(suite: Suite, url: str) -> None:
    recorded(suite, url.replace("//", "//ada:a-password@"))

    result = suite.run("--verify")

    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*its URL holds a secret: __REDACTED_password_1__ is not to be given here"])


def test_a_host_that_is_none_is_told_at_the_end(suite: Suite, url: str) -> None:
    recorded(suite, url)

    result = suite.run("--verify", "--verify-secret", "localhosts header.authorization=HOME")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["verify: a secret is given to a host, *'localhosts'*"])
