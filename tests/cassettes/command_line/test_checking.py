from __future__ import annotations

import base64
import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from understudy.cassettes import Cassette, Interaction, RecordedRequest, RecordedResponse

if TYPE_CHECKING:
    from collections.abc import Callable

TAPES = Path(__file__).parent.parent / "tapes"
KEY = "AKIA" + "ABCDEFGHIJKLMNOP"
TOKEN = "ghp_" + "a1B2" * 9


def test_a_sound_cassette_has_no_problems(run: Callable[..., Any], tape: Path) -> None:
    printed = run("check", tape)

    assert printed == (0, "", "no problems in 1 tape\n")


def test_quiet_says_nothing_where_nothing_is_wrong(run: Callable[..., Any], tape: Path) -> None:
    assert run("check", "-q", tape) == (0, "", "")


@pytest.mark.parametrize("name", ["vcr_httpx.yaml", "vcr_urllib.yaml", "cassetter.yaml", "understudy.har"])
def test_tapes_of_other_tools_are_checked_as_well(run: Callable[..., Any], name: str) -> None:
    assert run("check", TAPES / name).status == 0


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("...\n", "", 6, "an interaction is cut in the middle"),
        ("status: 200", "status: 2000", 6, "`status:` is a code such as 200"),
        ("status: 200", "statsu: 200", 6, "`response` has no member `statsu:`; did you mean `status:`?"),
        ("  json: {tea: 2, nonce: abc}", "  json: {tea: 2, tea: 3}", 29, "tea"),
        ("error:\n", "errro:\n", 38, "`an interaction` has no member `errro:`"),
        ("cassette: 1\n", "cassette: 1\nigonre: [json.a]\n", 3, "unknown setting `igonre:`"),
        ("cassette: 1\n", "cassette: 1\nroutes:\n  - GET /a: {jsno: 1}\n", 4, "the route 'GET /a' is wrong"),
        ("cassette: 1\n", "cassette: 2\n", 2, "this understudy knows version 1"),
        ("    thanks\n", f"    {KEY}\n", 35, "a secret: AWS access key"),
        ("nobody there", f"nobody {TOKEN}", 44, "a secret: GitHub token"),
        (
            "    Content-Type: text/plain\n",
            "    Content-Type: text/plain\n    X-Api-Key: 0123456789\n",
            23,
            "not redacted: response.headers.X-Api-Key",
        ),
        ("url: https://api.test/lost", "url: https://{host}/lost", 38, "cannot be part of a host"),
        ("nonce: abc", "password: hunter22", 23, "not redacted: request.json.password"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    run: Callable[..., Any], tape: Path, old: str, new: str, line: int, message: str
) -> None:
    text = tape.read_text("utf-8")
    at = text.index("GET /users") if old == "...\n" else 0
    tape.write_text(text[:at] + text[at:].replace(old, new, 1), encoding="utf-8")

    printed = run("check", tape)

    assert printed.status == 1
    assert printed.lines[0].startswith(f"{tape}:{line}: ")
    assert message in printed.lines[0]
    assert printed.err == "1 problem in 1 tape\n"


def test_a_torn_end_is_told_with_the_command_that_mends_it(run: Callable[..., Any], tape: Path) -> None:
    tape.write_text(tape.read_text("utf-8").removesuffix("...\n"), encoding="utf-8")

    printed = run("check", tape)

    assert printed.status == 1
    assert printed.lines == [
        f"{tape}:38: the last interaction is cut in the middle: it has no line `...` at its end "
        "(`understudy cassette fix --drop-torn` removes it)"
    ]


def test_every_problem_of_a_file_is_told_in_the_order_of_its_lines(run: Callable[..., Any], tape: Path) -> None:
    text = tape.read_text("utf-8").replace("status: 201", "status: ok").replace("thanks", KEY)
    tape.write_text(text.replace("name: Ada", f"name: {TOKEN}"), encoding="utf-8")

    printed = run("check", tape)

    assert [int(line.split(":")[1]) for line in printed.lines] == [17, 23, 35]
    assert KEY not in printed.out
    assert TOKEN not in printed.out


def test_what_is_allowed_is_no_secret(run: Callable[..., Any], tape: Path) -> None:
    tape.write_text(tape.read_text("utf-8").replace("thanks", KEY), encoding="utf-8")
    name = run("check", tape).out.partition("allow_secrets: [")[2].partition("]")[0]
    tape.write_text(
        tape.read_text("utf-8").replace("cassette: 1\n", f"cassette: 1\nallow_secrets: [{name}]\n"), "utf-8"
    )

    assert run("check", tape).status == 0


def test_a_body_beside_the_cassette_is_checked_for_changes_and_secrets(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    request = RecordedRequest("GET", "https://api.test/large")
    answer = RecordedResponse(200, [("Content-Type", "text/plain")], b"line\n" * 20_000)
    cassette = Cassette(path)
    cassette.record(Interaction(request, answer))
    cassette.close()
    (body,) = (tmp_path / "_blobs").iterdir()
    assert run("check", tmp_path).status == 0

    body.write_bytes(b"line\n" + KEY.encode())
    printed = run("check", path)

    assert printed.status == 1
    assert f"{path}:5: the file _blobs/{body.name} is not what was recorded" in printed.out
    assert f"a secret in _blobs/{body.name}, line 2: AWS access key" in printed.out


def test_a_folder_is_searched_and_what_is_no_tape_is_passed_over(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    other = write("config.yaml", header="nothing: of the kind\n")
    write("stack.yaml", header="Bucket: !Ref name\n")
    write("data.json", header='{"broken": \n')

    assert run("check", tape.parent).err == "no problems in 1 tape\n"
    assert f"{other}:1: this is no cassette" in run("check", other).out


def test_a_file_that_cannot_be_read_ends_with_2_and_does_not_keep_the_others(
    run: Callable[..., Any], tape: Path
) -> None:
    torn = tape.with_name("torn.yaml")
    torn.write_text(tape.read_text("utf-8")[:-30], "utf-8")

    printed = run("check", tape.parent / "missing.yaml", torn)

    assert printed.status == 2
    assert f"error: {tape.parent / 'missing.yaml'}: there is no such file" in printed.err
    assert f"{torn}:" in printed.out


def test_nothing_is_said_to_be_well_where_nothing_could_be_read(run: Callable[..., Any], tmp_path: Path) -> None:
    printed = run("check", tmp_path / "missing.yaml")

    assert printed.status == 2
    assert "no problems" not in printed.err


def test_age_is_a_problem_where_that_is_asked_for(run: Callable[..., Any], tape: Path) -> None:
    tape.write_text(tape.read_text("utf-8").replace("2026-11-22  # a Sunday", "2020-01-01\nexpires: 30d"), "utf-8")

    assert run("check", tape).status == 0
    printed = run("check", "--expired", tape)
    assert printed.status == 1
    assert "expired: its recordings were good until 2020-01-31" in printed.out


def test_an_age_that_counts_from_nothing_is_a_problem(run: Callable[..., Any], tape: Path) -> None:
    tape.write_text(tape.read_text("utf-8").replace("recorded: 2026-11-22  # a Sunday", "expires: 30d"), "utf-8")

    printed = run("check", tape)

    assert printed.status == 1
    assert f"{tape}:4: `expires:` counts from `recorded:`, which is not there (add `recorded: " in printed.out


def test_secrets_in_tapes_of_other_tools_are_found(run: Callable[..., Any], tmp_path: Path) -> None:
    text = (TAPES / "vcr_httpx.yaml").read_text("utf-8")
    path = tmp_path / "vcr.yaml"
    path.write_text(
        text.replace("      user-agent:\n", f"      authorization:\n      - Bearer {TOKEN}\n      user-agent:\n", 1),
        "utf-8",
    )

    printed = run("check", path)

    assert printed.status == 1
    assert "a secret: GitHub token" in printed.out
    assert f"{path}:2: not redacted: request.headers.authorization" in printed.out


def test_secrets_in_tapes_of_other_tools_are_found_however_they_are_packed(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    body = base64.b64encode(gzip.compress(f"key: {KEY}".encode())).decode()
    text = (
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n  response: {status: {code: 200}, "
        f"headers: {{Content-Encoding: [gzip], X-Api-Key: [a-key-of-mine]}}, body: {{string: !!binary {body}}}}}\n"
        f"- request: {{method: GET, uri: 'https://api.test/2'}}\n  response: {{status: 200, body: {{string: {KEY}}}}}\n"
        f"- request: {{method: GET, uri: 'https://api.test/{TOKEN}'}}\n  response: {{status: 200}}\n"
    )
    path = tmp_path / "tape.yaml.gz"
    path.write_bytes(gzip.compress(text.encode()))

    printed = run("check", path)

    assert printed.status == 1
    assert printed.out.count("a secret: AWS access key") == 1
    assert f"{path}:6: a secret: GitHub token (`understudy cassette convert` with --redact, or" in printed.out
    assert f"{path}:2: not redacted: response.headers.X-Api-Key (`understudy cassette convert` does it)" in printed.out


def test_a_secret_that_only_a_packed_body_holds_is_found(run: Callable[..., Any], tmp_path: Path) -> None:
    body = base64.b64encode(f"key: {KEY}".encode()).decode()
    path = tmp_path / "tape.yaml"
    path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n"
        f"  response: {{status: 200, body: {{string: !!binary {body}}}}}\n"
        "- request: {method: GET, uri: 'https://api.test/2'}\n  response: null\n"
    )

    assert f"{path}:2: a secret: AWS access key" in run("check", path).out
