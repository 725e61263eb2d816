from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest

from understudy.client.command_line import request, tapes

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from http.server import ThreadingHTTPServer
    from pathlib import Path

PROGRAM = "import sys; from understudy.client.cli import main; sys.exit(main())"
PLAIN = "\x1b[0m"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the options for tapes be found, whether or not this checkout is installed."""
    places = {kind: f"understudy.cassettes.command_line.taping:{kind}" for kind in ("record", "replay", "har")}
    found = {kind: EntryPoint(kind, place, tapes.GROUP) for kind, place in places.items()}

    def entries(group: str) -> dict[str, EntryPoint]:
        return found if group == tapes.GROUP else {}

    monkeypatch.setattr(tapes, "entries", entries)


# In a pipe.


def test_a_pipe_gets_the_body_and_nothing_else(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/plain")

    assert printed == (0, "hello\n", "")


def test_a_pipe_gets_every_byte_of_a_picture(url: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    status = request.main([f"{url}/picture"])

    assert (status, capfdbinary.readouterr().out) == (0, bytes(range(256)))


@pytest.mark.parametrize(("page", "expected"), [("/missing", 1), ("/broken", 1), ("/plain", 0), ("/moved", 0)])
def test_the_exit_status_says_whether_the_answer_was_an_error(
    url: str, run: Callable[..., Any], page: str, expected: int
) -> None:
    assert run(url + page).status == expected


def test_include_prints_the_head_before_the_body(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/plain", "--include")

    lines = printed.out.splitlines()
    assert lines[0] == "HTTP/1.1 200 OK"
    assert "Content-Type: text/plain" in lines
    assert "Set-Cookie: sid=[secure]; Path=/" in lines
    assert lines[-2:] == ["", "hello"]


def test_verbose_tells_what_happens_beside_the_body(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/plain?q=1", "-v", "-h", "Authorization", "Bearer 0123", "-h", "X-Api-Key", "4567")

    assert printed.out == "hello\n"
    lines = printed.err.splitlines()
    assert lines[0] == f"* connecting to 127.0.0.1 port {url.rpartition(':')[2]}"
    assert "GET /plain?q=1 HTTP/1.1" in lines
    assert "Authorization: Bearer [secure]" in lines
    assert "X-Api-Key: [secure]" in lines
    assert "HTTP/1.1 200 OK" in lines


def test_secrets_in_urls_are_masked_in_heads(url: str, run: Callable[..., Any]) -> None:
    said = f"{url}/plain?api_key=0123&q=1", "-v", "-h", "Referer", "https://ada:4567@shop.test/?token=89"

    lines = run(*said).err.splitlines()
    assert "GET /plain?api_key=[secure]&q=1 HTTP/1.1" in lines
    assert "Referer: https://ada:[secure]@shop.test/?token=[secure]" in lines

    lines = run(*said, "--show-secrets").err.splitlines()
    assert "GET /plain?api_key=0123&q=1 HTTP/1.1" in lines
    assert "Referer: https://ada:4567@shop.test/?token=89" in lines


def test_show_secrets_masks_nothing(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/plain", "-v", "--show-secrets", "--auth", "ada", "s3cret", "--cookies", "a", "b")

    assert "Authorization: Basic YWRhOnMzY3JldA==" in printed.err
    assert "Cookie: a=b" in printed.err
    assert "Set-Cookie: sid=0123456789; Path=/" in printed.err


def test_cookies_are_masked_one_by_one(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/plain", "-v", "--cookies", "a", "b", "--cookies", "c", "d")

    assert "Cookie: a=[secure]; c=[secure]" in printed.err


# What is sent.


@pytest.mark.parametrize(
    ("arguments", "method", "body", "content_type"),
    [
        ([], "GET", "", None),
        (["-m", "put"], "PUT", "", None),
        (["-c", "text"], "POST", "text", None),
        (["-c", "text", "--method", "PATCHY"], "PATCHY", "text", None),
        (["-j", '{"a": 1.50}'], "POST", '{"a": 1.50}', "application/json"),
        (["--json", "[]", "-h", "content-type", "a/b+json"], "POST", "[]", "a/b+json"),
        (
            ["-d", "a", "1", "-d", "a", "2", "-d", "b", "&"],
            "POST",
            "a=1&a=2&b=%26",
            "application/x-www-form-urlencoded",
        ),
    ],
)
def test_the_body_decides_method_and_content_type(
    url: str, run: Callable[..., Any], arguments: list[str], method: str, body: str, content_type: str | None
) -> None:
    if method == "PATCHY":  # the server knows none of this name
        assert run(url, *arguments).status == 1
        return

    echo = run(url, *arguments).echo

    assert (echo["method"], echo["body"]) == (method, body)
    assert echo["headers"].get("content-type") == content_type


def test_files_are_sent_as_parts_with_their_names(url: str, run: Callable[..., Any], tmp_path: Path) -> None:
    picture = tmp_path / "dot.gif"
    picture.write_bytes(b"GIF89a")

    echo = run(url, "-f", "picture", str(picture), "-d", "user", "ada").echo

    assert 'name="picture"; filename="dot.gif"' in echo["body"]
    assert "GIF89a" in echo["body"]
    assert 'name="user"' in echo["body"]


def test_params_are_added_to_the_query(url: str, run: Callable[..., Any]) -> None:
    assert run(f"{url}/?a=1", "-p", "b", "2", "--params", "b", "3").echo["target"] == "/?a=1&b=2&b=3"


def test_headers_cookies_and_credentials_are_sent(url: str, run: Callable[..., Any]) -> None:
    headers = run(url, "--headers", "X-One", "1", "--cookies", "sid", "x", "--auth", "ada", "pw").echo["headers"]

    assert (headers["x-one"], headers["cookie"], headers["authorization"]) == ("1", "sid=x", "Basic YWRhOnB3")


def test_a_password_of_one_dash_is_asked_for(
    url: str, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def prompt(text: str, **_: object) -> str:
        return "pw" if text == "Password" else ""

    monkeypatch.setattr("click.prompt", prompt)

    assert run(url, "--auth", "ada", "-").echo["headers"]["authorization"] == "Basic YWRhOnB3"


def test_redirects_are_followed_where_that_is_wished(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/moved", "--follow-redirects", "-v")

    assert printed.out == "hello\n"
    assert "HTTP/1.1 302 Found" in printed.err
    assert "GET /plain HTTP/1.1" in printed.err


def test_everything_goes_through_the_proxy(url: str, run: Callable[..., Any]) -> None:
    echo = run("http://far.test/away", "--proxy", url).echo

    assert echo["target"] == "http://far.test/away"


def test_the_proxy_of_the_environment_is_used(
    url: str, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", url)

    assert run("http://far.test/away").echo["target"] == "http://far.test/away"


# Wrong use, and what can go wrong.


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["example.org"], "did you mean https://example.org ?"),
        (["localhost:8000/users"], "did you mean http://localhost:8000/users ?"),
        (["http://a b/"], "Invalid value for 'URL'"),
        (["ftp://x/y"], "begins with ftp://, and only http:// and https:// can be asked"),
        (["http://x/", "-j", "{"], "this is no JSON: Expecting property name"),
        (["http://x/", "-j", "{}", "-c", "x"], "a request has one body: content and json are two"),
        (["http://x/", "-j", "{}", "-d", "a", "b"], "a request has one body: json and data or files are two"),
        (["http://x/", "--timeout", "-1"], "seconds cannot be negative"),
        (["http://x/", "--timeout", "soon"], "'soon' is not a valid float"),
        (["http://x/", "--record", "a", "--replay", "b"], "say one of them"),
        (["http://x/", "--download", "f", "-m", "POST"], "--download sends GET"),
        (["http://x/", "-f", "a", "no-such-file"], "no-such-file"),
        (["http://x/", "--nonsense"], "No such option"),
        (["http://x/", "-h", "X Y", "1"], "error: LocalProtocolError"),
        (["http://x/", "--proxy", "gopher://x"], "unknown scheme for proxy URL"),
    ],
)
def test_wrong_use_is_told_and_ends_with_2(run: Callable[..., Any], arguments: list[str], complaint: str) -> None:
    printed = run(*arguments)

    assert (printed.status, printed.out) == (2, "")
    assert complaint in printed.err
    assert "Traceback" not in printed.err


def test_a_refused_connection_is_one_line_and_ends_with_3(run: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    printed = run(f"http://127.0.0.1:{port}/")

    assert printed.status == 3
    assert printed.err.startswith(f"error: ConnectError: GET http://127.0.0.1:{port}/: ")
    assert printed.err.count("\n") == 1


def test_a_server_that_says_nothing_ends_with_4(run: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        printed = run(f"http://127.0.0.1:{listening.getsockname()[1]}/", "--timeout", "0.01")

    assert printed.status == 4
    assert printed.err.startswith(("error: ReadTimeout: ", "error: ConnectTimeout: "))  # on a busy machine
    assert printed.err.count("\n") == 1


def test_a_body_that_is_cut_ends_with_5(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/cut")

    assert (printed.status, printed.out) == (5, "half")
    assert printed.err.startswith("error: IncompleteBody: ")


def test_a_bug_keeps_its_traceback(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def send(*_: object) -> int:
        return 1 // 0

    monkeypatch.setattr("understudy.client.command_line.sending.send", send)

    with pytest.raises(ZeroDivisionError):
        run("http://x/")


def test_help_has_sections_and_the_exit_statuses(run: Callable[..., Any]) -> None:
    printed = run("--help")

    assert printed.status == 0
    for expected in ("Request:", "Connection:", "Output:", "Tapes:", "Exit status:", "-m, --method METHOD"):
        assert expected in printed.out


# On a terminal.


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_the_head_and_the_body_laid_out(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/json")

    bare = _without_colors(printed.out)
    assert bare != printed.out
    assert bare.startswith("HTTP/1.1 200 OK\n")
    assert "Set-Cookie: sid=[secure]; Path=/\n" in bare
    assert bare.endswith(
        '{\n  "id": 1,\n  "total": 12.50,\n  "name": "Ada",\n  "tags": [],\n  "more": {\n    "ok": true\n  }\n}\n'
    )


@pytest.mark.usefixtures("terminal")
def test_a_terminal_never_gets_binary(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/picture")

    assert "<256 bytes of image/png; --download FILE keeps them, and so does a pipe>" in _without_colors(printed.out)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("page", "shown"), [("/evil", "title \\x1b]0;owned\\x07 end"), ("/events", "two\\x1b[2J")])
def test_a_terminal_never_gets_the_control_characters_of_a_server(
    url: str, run: Callable[..., Any], page: str, shown: str
) -> None:
    assert shown in run(url + page).out


@pytest.mark.usefixtures("terminal")
def test_a_line_may_end_as_it_does_on_other_systems(url: str, run: Callable[..., Any]) -> None:
    assert run(f"{url}/lines").out.endswith("one\ntwo\\x0dover\n")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_gets_a_log_line_by_line(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/log")

    assert printed.out.endswith("\n\nline 1\n")
    assert printed.status == 5  # it broke off, and nothing waited for its end


@pytest.mark.usefixtures("terminal")
def test_markup_is_colored_and_keeps_its_letters(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/html")

    assert _without_colors(printed.out).endswith("<h1>Grüße</h1>\n")
    assert "Grüße</h1>" not in printed.out


@pytest.mark.usefixtures("terminal")
def test_a_redirect_that_is_not_followed_says_where_it_leads(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/moved")

    assert f"* leads to {url}/plain; --follow-redirects goes there" in _without_colors(printed.err)


@pytest.mark.usefixtures("terminal")
def test_no_color_is_obeyed(url: str, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    printed = run(f"{url}/plain")

    assert "\x1b[3" not in printed.out


# Downloads, timings, tapes.


def test_a_download_is_kept_in_a_file(url: str, run: Callable[..., Any], tmp_path: Path) -> None:
    target = tmp_path / "picture.png"

    printed = run(f"{url}/picture", "--download", str(target))

    assert printed.status == 0
    assert printed.out == ""
    assert target.read_bytes() == bytes(range(256))
    assert printed.err == f"* 256 bytes in {target}\n"


@pytest.mark.usefixtures("terminal")
def test_a_download_on_a_terminal_has_a_progress_bar(url: str, run: Callable[..., Any], tmp_path: Path) -> None:
    printed = run(f"{url}/picture", "--download", str(tmp_path / "picture.png"))

    assert "━━━" in printed.err
    assert "256/256 bytes" in _without_colors(printed.err)


def test_a_download_that_is_refused_keeps_nothing(url: str, run: Callable[..., Any], tmp_path: Path) -> None:
    printed = run(f"{url}/missing", "--download", str(tmp_path / "file"))

    assert printed.status == 1
    assert "404" in printed.err
    assert list(tmp_path.iterdir()) == []


def test_a_download_to_where_nothing_can_be_written_ends_with_6(
    url: str, run: Callable[..., Any], tmp_path: Path
) -> None:
    printed = run(f"{url}/plain", "--download", str(tmp_path / "no" / "folder"))

    assert printed.status == 6
    assert "No such file or directory" in printed.err


def test_trace_draws_every_hop_and_its_phases(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url.replace('127.0.0.1', 'localhost')}/moved", "--follow-redirects", "--trace")

    lines = printed.err.splitlines()
    assert printed.out == "hello\n"
    assert lines[0].startswith("1/2 GET http://localhost:")
    assert "302 HTTP/1.1" in lines[0]
    names = [said.strip().split("  ")[0] for said in lines]
    assert {"DNS", "connect", "send", "first byte", "total"} <= set(names)
    assert next(said for said in lines if said.startswith("2/2 GET")).endswith("200 HTTP/1.1  connection kept")
    assert all("━" in said for said in lines if said.startswith("  ") and "total" not in said)


def test_trace_draws_how_far_a_failed_request_came(url: str, run: Callable[..., Any]) -> None:
    printed = run(f"{url}/silent", "--trace")

    assert printed.status in (3, 5)
    assert re.match(r"GET http://127.0.0.1:[0-9]+/silent \w*Error ", printed.err)
    assert "\n  first byte " in printed.err


def test_record_writes_a_cassette_that_replay_answers_from(url: str, run: Callable[..., Any], tmp_path: Path) -> None:
    tape = tmp_path / "tape.yaml"

    recorded = run(f"{url}/json", "--record", str(tape), "--auth", "ada", "s3cret-and-long")
    replayed = run(f"{url}/json", "--replay", str(tape), "--trace")

    assert recorded.out == replayed.out
    assert "s3cret" not in tape.read_text("utf-8")
    assert "answered without the network" in replayed.err


def test_a_tape_without_an_answer_explains_itself_and_ends_with_6(
    url: str, run: Callable[..., Any], tmp_path: Path
) -> None:
    tape = tmp_path / "tape.yaml"
    run(f"{url}/json", "--record", str(tape))

    printed = run(f"{url}/plain", "--replay", str(tape))

    assert printed.status == 6
    assert "no recording answers GET" in printed.err
    assert "nearest: line 5" in printed.err
    assert f"Record it with --record {tape} in the place of --replay." in printed.err


def test_har_writes_what_happened(url: str, run: Callable[..., Any], tmp_path: Path) -> None:
    target = tmp_path / "session.har"

    printed = run(f"{url}/moved", "--follow-redirects", "--har", str(target))

    assert printed.status == 0
    entries = json.loads(target.read_text("utf-8"))["log"]["entries"]
    assert [entry["response"]["status"] for entry in entries] == [302, 200]


@pytest.mark.parametrize(
    ("name", "complaint"), [("there.har", "there is such a file already"), ("x.txt", "ends with .har")]
)
def test_har_overwrites_nothing_and_wants_its_name(
    url: str, run: Callable[..., Any], tmp_path: Path, name: str, complaint: str
) -> None:
    (tmp_path / "there.har").write_text("mine")

    printed = run(f"{url}/plain", "--har", str(tmp_path / name))

    assert printed.status == 6
    assert complaint in printed.err
    assert (tmp_path / "there.har").read_text() == "mine"


def test_a_tape_option_that_nobody_knows_says_what_to_install(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def entries(_: str) -> dict[str, EntryPoint]:
        return {}

    monkeypatch.setattr(tapes, "entries", entries)

    printed = run("http://x/", "--record", "tape.yaml")

    assert printed.status == 2
    assert "nothing is installed that knows --record" in printed.err


# As a process.


def test_without_the_extra_one_line_says_what_to_install() -> None:
    program = f"import sys; sys.modules['rich'] = None; {PROGRAM[12:]}"

    done = subprocess.run([sys.executable, "-c", program, "http://x/"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "`pip install 'understudy[cli]'` brings it" in done.stderr
    assert done.stderr.count("\n") == 1


def test_ctrl_c_ends_a_request_without_a_traceback(url: str, server: ThreadingHTTPServer) -> None:
    asked: threading.Event = vars(server)["was_asked"]
    # Tests that a shell runs in the background have inherited that SIGINT is ignored; so would the process.
    program = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {PROGRAM}"
    command = [sys.executable, "-c", program, f"{url}/hangs", "--timeout", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert asked.wait(30)

            process.send_signal(signal.SIGINT)
            out, complaints = process.communicate(timeout=30)
        finally:
            process.kill()

    assert (process.returncode, out, complaints) == (130, "", "")


def test_a_reader_that_has_seen_enough_is_no_traceback(url: str) -> None:
    command = [sys.executable, "-c", PROGRAM, f"{url}/json"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, complaints = process.communicate()

    assert (process.returncode, complaints) == (141, b"")


def test_a_terminal_that_knows_only_ascii_is_shown_what_it_can(url: str) -> None:
    command = [sys.executable, "-c", PROGRAM, f"{url}/html", "--trace"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "FORCE_COLOR": "1", "NO_COLOR": "1"}

    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    assert done.returncode == 0, done.stderr
    assert "<h1>Gr\\xfc\\xdfe</h1>" in done.stdout
    assert "  first byte " in done.stderr
    assert "=" in done.stderr


def _without_colors(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
