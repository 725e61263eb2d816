"""`ls`, `show` and `grep`: commands that change nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from understudy.cassettes import Cassette, Interaction, RecordedRequest, RecordedResponse

from .conftest import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable

TAPES = Path(__file__).parent.parent / "tapes"


def test_ls_has_a_line_for_each_interaction_with_its_place(run: Callable[..., Any], tape: Path) -> None:
    printed = run("ls", tape)

    assert printed.status == 0
    assert printed.lines == [
        f"{tape}  3 interactions, recorded on 2026-11-22",
        f"{tape}:6   GET   200           69 B  180 ms  https://api.test/users?page=1",
        f"{tape}:23  POST  201           13 B          https://api.test/orders",
        f"{tape}:38  GET   ConnectError                https://api.test/lost",
    ]


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (["-m", "post"], [23]),
        (["-s", "2xx"], [6, 23]),
        (["-s", "200", "-s", "201"], [6, 23]),
        (["-s", "404"], []),
        (["-s", "ConnectError"], [38]),
        (["-u", "lost"], [38]),
        (["-m", "GET", "-m", "POST", "-u", "orders"], [23]),
    ],
)
def test_ls_leaves_out_what_was_not_asked_for(
    run: Callable[..., Any], tape: Path, options: list[str], lines: list[int]
) -> None:
    printed = run("ls", tape, *options)

    assert [int(line.split()[0].rpartition(":")[2]) for line in printed.lines[1:]] == lines


@pytest.mark.parametrize("status", ["4x", "abc", "2000", "-1", "", "4-4"])
def test_ls_refuses_what_no_status_is(run: Callable[..., Any], tape: Path, status: str) -> None:
    printed = run("ls", tape, f"--status={status}")

    assert printed.status == 2
    assert f"{status!r} is no status: say 404, 5xx" in printed.err


def test_ls_of_a_folder_lists_every_tape_and_passes_over_other_files(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    write("deep/other.yaml", header="cassette: 1\nexpires: 2020-01-01\nroutes:\n  - GET /a: 204\n")
    write("config.yaml", header="nothing: of the kind\n")
    write("_blobs/text.yaml", header="cassette: 1\n")

    printed = run("ls", tape.parent)

    assert printed.status == 0
    heads = [line for line in printed.lines if "  " in line and "interaction" in line]
    assert len(heads) == 2
    assert heads[1].endswith("deep/other.yaml  0 interactions, 1 route before them, expired")


def test_ls_expands_a_pattern_that_no_shell_has(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    for name in ("test_b[1].yaml", "test_a[1].yaml", "other.yaml"):
        write(name, ORDER)

    printed = run("ls", tmp_path / "test_?[*.yaml")

    assert [said.partition("  ")[0] for said in printed.lines if "interaction" in said] == [
        str(tmp_path / "test_a[1].yaml"),
        str(tmp_path / "test_b[1].yaml"),
    ]


def test_ls_of_a_pattern_that_fits_nothing_is_an_error(run: Callable[..., Any], tmp_path: Path) -> None:
    printed = run("ls", tmp_path / "*.yaml")

    assert printed.status == 2
    assert printed.err.startswith(f"error: {tmp_path / '*.yaml'}: there is no such file\n")


def test_ls_tells_of_what_it_cannot_read_and_goes_on(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    broken = write("broken.yaml", "--- # cut\nrequest:\n")
    other = write("config.yaml", header="nothing: of the kind\n")

    printed = run("ls", broken, other, tape)

    assert printed.status == 2
    assert f"error: {broken}:6: the last interaction is cut" in printed.err
    assert f"error: {other}:1: this is no cassette" in printed.err
    assert "3 interactions" in printed.out


@pytest.mark.parametrize("name", ["vcr_httpx.yaml", "vcr_urllib.yaml", "cassetter.yaml", "understudy.har"])
def test_tapes_of_other_tools_can_be_looked_at(run: Callable[..., Any], name: str) -> None:
    listed, shown, found = (
        run("ls", TAPES / name),
        run("show", TAPES / name),
        run("grep", "zipped", TAPES / name),
    )

    assert (listed.status, shown.status, found.status) == (0, 0, 0)
    assert "of another tool" in listed.out
    assert "request:\n  method: GET\n" in shown.out
    assert "response.text: zipped" in found.out.replace("response.body: zipped", "response.text: zipped")


def test_show_prints_the_document_with_the_numbers_of_its_lines(run: Callable[..., Any], tape: Path) -> None:
    printed = run("show", f"{tape}:40")

    assert printed.lines == [
        f"{tape}:38  GET /lost -> ConnectError",
        "39  request:",
        "40    method: GET",
        "41    url: https://api.test/lost",
        "42  error:",
        "43    type: ConnectError",
        "44    message: nobody there",
    ]


def test_show_of_a_file_shows_all_of_it_and_of_numbers_only_those(run: Callable[..., Any], tape: Path) -> None:
    assert run("show", tape).out.count("request:") == 3
    assert run("show", tape, "-n", "2", "-n", "3").lines[0] == f"{tape}:23  POST /orders -> 201"


@pytest.mark.parametrize(("argument", "option"), [("", ["-n", "4"]), ("", ["-n", "0"]), (":2", [])])
def test_show_of_what_is_not_there_is_an_error(
    run: Callable[..., Any], tape: Path, argument: str, option: list[str]
) -> None:
    printed = run("show", f"{tape}{argument}", *option)

    assert printed.status == 2
    assert "has interactions 1 to 3" in printed.err or "the first one begins on line 6" in printed.err


def test_show_prints_bodies_and_nothing_else(run: Callable[..., Any], tape: Path) -> None:
    assert run("show", tape, "-n", "2", "--body").out == "thanks\na lot\n"
    assert run("show", tape, "-n", "2", "--request-body").out == '{"tea":2,"nonce":"abc"}'
    assert run("show", tape, "-n", "3", "--body").out == ""


def test_show_on_a_terminal_prints_no_binary(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "binary.yaml"
    cassette = Cassette(path)
    cassette.record(_interaction(b"\xff\xfe\x00"))
    cassette.close()
    monkeypatch.setenv("FORCE_COLOR", "1")

    printed = run("show", path, "--body")

    assert "<3 bytes that are no text; a pipe gets them>" in printed.out


def test_show_as_curl_sends_the_same_request(run: Callable[..., Any], tape: Path) -> None:
    printed = run("show", tape, "--curl")

    assert printed.out == (
        "curl 'https://api.test/users?page=1'\n"
        "curl \\\n  https://api.test/orders \\\n  -H 'Content-Type: application/json' \\\n"
        '  --data-raw \'{"tea":2,"nonce":"abc"}\'\n'
        "curl https://api.test/lost\n"
    )


@pytest.mark.parametrize("content", [b"@file", b"\xff\x00", b"it's"])
def test_curl_gets_every_body_through_a_real_shell(run: Callable[..., Any], tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "body.yaml"
    cassette = Cassette(path)
    cassette.record(_interaction(b"", sent=content, method="PUT"))
    cassette.close()
    command = run("show", path, "--curl").out

    printing = 'curl() { for last; do :; done; [ "$last" = @- ] && cat || printf %s "$last"; }\n'
    done = subprocess.run(["sh", "-c", printing + command], capture_output=True, check=True)

    assert done.stdout == content
    assert "-X PUT" in command


def test_grep_finds_places_by_name(run: Callable[..., Any], tape: Path) -> None:
    printed = run("grep", "grace|thanks|orders", "-i", tape)

    assert printed.status == 0
    assert printed.lines == [
        f"{tape}:6  response.json.users.1.name: Grace",
        f"{tape}:23  request.url: https://api.test/orders",
        f"{tape}:23  response.text: thanks",
    ]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("response.json.users.*.id", ["response.json.users.0.id: 7", "response.json.users.1.id: 8"]),
        ("response.json..id", ["response.json.users.0.id: 7", "response.json.users.1.id: 8"]),
        ("request.json", ["request.json.tea: 2", "request.json.nonce: abc"]),
        ("error", ["error.type: ConnectError", "error.message: nobody there"]),
        ("response.headers.date", ["response.headers.date: Sun, 22 Nov 2026 16:59:06 GMT"]),
    ],
)
def test_grep_looks_only_where_it_is_told(run: Callable[..., Any], tape: Path, where: str, found: list[str]) -> None:
    printed = run("grep", ".", tape, "--path", where)

    assert [line.partition("  ")[2] for line in printed.lines] == found


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("respnse.json", "'respnse' is not known; did you mean response?"),
        ("json.id", "'json' is not known; there are request, response, error"),
        ("response.jsn.id", "'jsn' is not known; did you mean json?"),
        ("request.status", "'status' is not known; there are method, url, headers"),
    ],
)
def test_grep_refuses_a_place_that_no_interaction_has(
    run: Callable[..., Any], tape: Path, where: str, problem: str
) -> None:
    printed = run("grep", ".", tape, "--path", where)

    assert printed.status == 2
    assert problem in " ".join(printed.err.split())


@pytest.mark.parametrize("where", ["*.url", "..id", "response..id", "request", "request.*"])
def test_grep_takes_any_word_and_any_depth_as_a_place(run: Callable[..., Any], tape: Path, where: str) -> None:
    assert run("grep", ".", tape, "--path", where).status == 0


def test_grep_names_files_only_and_takes_text_as_it_is(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    write("other.yaml")

    assert run("grep", "-l", "GET", tape.parent).lines == [str(tape)]
    assert run("grep", "-F", "page=1", tape).status == 0
    assert run("grep", "-F", "p.ge", tape).status == 1


def test_grep_ends_with_2_where_something_is_wrong(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    broken = write("broken.yaml", "--- # cut\nrequest:\n")

    assert run("grep", "(", tape).status == 2
    assert run("grep", "GET", broken, tape).status == 2


def test_what_a_server_sent_never_reaches_the_terminal_as_it_is(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "evil.yaml"
    cassette = Cassette(path)
    cassette.record(_interaction(b"\x1b]0;owned\x07"))
    cassette.close()

    assert "\x1b" not in run("grep", "owned", path).out
    assert "\x1b" not in run("show", path).out


def test_a_body_in_a_file_is_listed_and_printed(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    cassette = Cassette(path)
    cassette.record(_interaction(bytes(range(256)) * 100))
    cassette.close()

    assert "26 kB" in run("ls", path).out
    assert "file: _blobs/" in run("show", path).out


def test_reports_of_sizes_and_times_have_fitting_units() -> None:
    from understudy.cassettes.command_line import terminal

    assert [terminal.size(count) for count in (0, 999, 1000, 12_345, 9_900_000, 5 * 10**12)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "12 kB",
        "9.9 MB",
        "5,000 GB",
    ]
    assert [terminal.seconds(value) for value in (None, 0.0015, 12.34)] == ["", "2 ms", "12.3 s"]


def test_har_files_that_ls_reads_are_what_convert_writes(run: Callable[..., Any], tape: Path) -> None:
    target = tape.with_suffix(".har")

    assert run("convert", tape, target).status == 0

    assert len(json.loads(target.read_text("utf-8"))["log"]["entries"]) == 3


def _interaction(content: bytes, sent: bytes = b"", method: str = "GET") -> Interaction:
    request = RecordedRequest(method, "https://api.test/body", [], sent)
    return Interaction(request, RecordedResponse(200, [("Content-Type", "application/x-thing")], content))
