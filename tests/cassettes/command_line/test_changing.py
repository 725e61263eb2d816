"""`convert`, `merge`, `prune` and `redact`: commands that write, and lose nothing."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from understudy.cassettes import Cassette, Interaction, RecordedRequest, RecordedResponse, load

if TYPE_CHECKING:
    from collections.abc import Callable

TAPES = Path(__file__).parent.parent / "tapes"
TOKEN = "ghp_" + "a1B2" * 9
POLL = """\
--- # GET /job -> 200
request:
  method: {method}
  url: https://api.test/job
response:
  status: 200
  headers:
    Date: Sun, 22 Nov 2026 16:59:{second:02} GMT
  text: {said}
...
"""


def poll(said: str, second: int = 0, method: str = "GET") -> str:
    return POLL.format(said=said, second=second, method=method)


# convert


def test_convert_writes_a_new_cassette(run: Callable[..., Any], tmp_path: Path) -> None:
    target = tmp_path / "new.yaml"

    printed = run("convert", TAPES / "vcr_httpx.yaml", target)

    assert (printed.status, printed.lines) == (0, [f"{target}  4 interactions"])
    assert len(load(target)) == 4


def test_convert_of_a_folder_converts_every_tape_in_it(run: Callable[..., Any], tmp_path: Path) -> None:
    target = tmp_path / "new"

    printed = run("convert", TAPES, target)

    assert printed.status == 0
    stems = [path.stem for path in TAPES.iterdir() if path.is_file() and path.name != "cassetter.yaml"]
    assert sorted(path.stem for path in target.iterdir() if path.is_file()) == sorted([*stems, "cassetter.yaml"])


def test_convert_can_be_told_what_is_a_secret_and_what_is_none(run: Callable[..., Any], tmp_path: Path) -> None:
    source, target = tmp_path / "tape.yaml", tmp_path / "new.yaml"
    source.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/'}\n"
        """  response: {status: {code: 200}, body: {string: '{"iban": "DE00", "key": "AKIAABCDEFGHIJKLMNOP"}'}}\n"""
    )

    refused = run("convert", source, target)
    fingerprint = refused.err.partition("allow_secrets: [")[2].partition("]")[0]
    printed = run("convert", source, target, "--redact", "iban", "--allow-secret", fingerprint)

    assert (refused.status, printed.status) == (2, 0)
    assert "--redact RULE, or --allow-secret ID" in refused.err
    assert "DE00" not in target.read_text()
    assert run("check", target).status == 0
    assert run("convert", source, tmp_path / "more.yaml", "--redact", "/(/").status == 2


def test_a_folder_without_tapes_is_an_error_but_for_check(run: Callable[..., Any], tmp_path: Path) -> None:
    for command in (("ls",), ("grep", "x"), ("verify",), ("redact",)):
        printed = run(*command, tmp_path)
        assert printed.status == 2
        assert "this folder holds no tape" in printed.err
    assert run("convert", tmp_path, tmp_path / "new").status == 2
    assert "into a folder of cassettes" in run("convert", TAPES, tmp_path / "tape.har").err
    assert run("check", tmp_path).status == 0


def test_convert_of_a_folder_goes_on_after_what_cannot_be_read(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    broken = write("broken.yaml", "--- # cut\nrequest:\n")
    write("config.yaml", header="nothing: of the kind\n")
    target = tape.parent / "new"

    printed = run("convert", tape.parent, target)

    assert printed.status == 2
    assert printed.err.startswith(f"error: {broken}:6: the last interaction is cut")
    assert [path.name for path in target.iterdir()] == ["tape.yaml"]


def test_convert_overwrites_nothing(run: Callable[..., Any], tape: Path) -> None:
    before = tape.read_bytes()

    printed = run("convert", TAPES / "vcr_httpx.yaml", tape)

    assert printed.status == 2
    assert "there is such a file already" in printed.err
    assert tape.read_bytes() == before


def test_convert_that_fails_leaves_nothing_behind(run: Callable[..., Any], tape: Path) -> None:
    tape.write_text(tape.read_text("utf-8").replace("nobody there", f"nobody {TOKEN}"), encoding="utf-8")
    target = tape.parent / "new.yaml"

    printed = run("convert", tape, target)

    assert printed.status == 2
    assert "holds a secret: GitHub token" in printed.err
    assert not target.exists()


# merge


def test_merge_copies_documents_and_comments_in_order(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    other = write("other.yaml", poll("done"), header="cassette: 1\nignore: [json.nonce]\n...\n")
    target = tape.parent / "all.yaml"

    printed = run("merge", target, tape, other)

    assert printed.lines == [f"{target}  4 interactions of 2 tapes"]
    expected = tape.read_text("utf-8").replace("# a Sunday\n", "# a Sunday\nignore: [json.nonce]\n") + poll("done")
    assert target.read_text("utf-8") == expected


def test_merge_takes_tapes_of_other_tools(run: Callable[..., Any], tape: Path) -> None:
    target = tape.parent / "all.yaml"

    assert run("merge", target, TAPES / "vcr_httpx.yaml", tape).status == 0

    assert len(load(target)) == 7


def test_merge_keeps_different_secrets_different(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    first = write("first.yaml", poll("__REDACTED_token_1__"), poll("__REDACTED_token_2__ __REDACTED_cookie_1__"))
    second = write("second.yaml", poll("__REDACTED_token_1__ __REDACTED_jwt_1__"))
    target = first.parent / "all.yaml"

    run("merge", target, first, second)

    said = [interaction.response.content for interaction in load(target).interactions if interaction.response]
    assert said == [
        b"__REDACTED_token_1__",
        b"__REDACTED_token_2__ __REDACTED_cookie_1__",
        b"__REDACTED_token_3__ __REDACTED_jwt_1__",
    ]


def test_merge_of_two_branches_has_once_what_they_have_in_common(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    base = [poll("__REDACTED_token_1__"), poll("twice"), poll("twice")]
    ours = write("ours.yaml", *base, poll("ours, with __REDACTED_token_2__"))
    theirs = write("theirs.yaml", *base, poll("twice"), poll("theirs, with __REDACTED_token_1__ __REDACTED_token_2__"))
    target = ours.parent / "all.yaml"

    printed = run("merge", target, ours, theirs)

    assert printed.lines == [f"{target}  6 interactions of 2 tapes"]
    said = [interaction.response.content for interaction in load(target).interactions if interaction.response]
    assert said == [
        b"__REDACTED_token_1__",
        b"twice",
        b"twice",
        b"ours, with __REDACTED_token_2__",
        b"twice",
        b"theirs, with __REDACTED_token_1__ __REDACTED_token_4__",
    ]


def test_merge_copies_the_bodies_beside_the_tapes(run: Callable[..., Any], tmp_path: Path) -> None:
    content = bytes(range(256)) * 100
    source = tmp_path / "source" / "large.yaml"
    _recorded(source, content)
    target = tmp_path / "target" / "all.yaml"

    run("merge", target, source)

    (interaction,) = load(target).interactions
    assert interaction.response is not None
    assert interaction.response.content == content


def test_merge_of_a_folder_takes_every_tape_in_it(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    write("tapes/a.yaml", poll("one"))
    write("tapes/b.yaml", poll("two"))
    target = tmp_path / "all.yaml"

    printed = run("merge", target, tmp_path / "tapes")

    assert (printed.status, printed.lines) == (0, [f"{target}  2 interactions of 2 tapes"])


def test_merge_takes_no_recording_that_cannot_be_read(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    broken = write("broken.yaml", poll("one"), poll("two").replace("method: GET", "method: [GET"))
    target = tmp_path / "all.yaml"

    printed = run("merge", target, broken)

    assert printed.status == 2
    assert printed.err.startswith(f"error: {broken}:")
    assert not target.exists()


def test_merge_refuses_settings_that_contradict_each_other(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    other = write("other.yaml", header="cassette: 1\nmatch: [method, path]\n...\n")
    target = tape.parent / "all.yaml"

    printed = run("merge", target, tape, other)

    assert printed.status == 2
    assert f"error: {other}: `match:` is not the same as in {tape}" in printed.err
    assert "Say the same in both: [method, url, body] there, [method, path] here." in printed.err
    assert not target.exists()


def test_merge_leaves_a_file_that_somebody_made_meanwhile(
    run: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from understudy.cassettes.command_line import merging

    target = tape.parent / "all.yaml"

    def looked(text: str, allowed: object) -> None:
        target.write_text("cassette: 1\n")

    monkeypatch.setattr(merging, "find", looked)

    printed = run("merge", target, tape)

    assert printed.status == 2
    assert "another program has made this file meanwhile" in printed.err
    assert target.read_text() == "cassette: 1\n"


def test_merge_overwrites_nothing_and_writes_no_secret(run: Callable[..., Any], tape: Path) -> None:
    assert "there is such a file already" in run("merge", tape, tape).err

    tape.write_text(tape.read_text("utf-8").replace("thanks", TOKEN), encoding="utf-8")
    printed = run("merge", tape.parent / "all.yaml", tape)

    assert printed.status == 2
    assert "holds a secret: GitHub token" in printed.err
    assert not (tape.parent / "all.yaml").exists()


# prune


def test_prune_takes_out_what_stands_at_a_line(run: Callable[..., Any], tape: Path) -> None:
    before = tape.read_text("utf-8")

    printed = run("prune", f"{tape}:6", f"{tape}:38")

    assert printed.lines == [
        f"{tape}:6  GET /users -> 200",
        f"{tape}:38  GET /lost -> ConnectError",
        "2 recordings removed",
    ]
    start, end = before.index("--- # GET /users"), before.index("# The one that pays")
    assert tape.read_text("utf-8") == before[:start] + before[end : before.index("--- # GET /lost")]


def test_prune_of_a_line_that_begins_nothing_changes_no_file(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    other = write("other.yaml", poll("done"))
    before = tape.read_bytes(), other.read_bytes()

    printed = run("prune", f"{other}:6", f"{tape}:7")

    assert printed.status == 2
    assert f"error: {tape}:7: no recording begins on that line; nothing was removed" in printed.err
    assert (tape.read_bytes(), other.read_bytes()) == before


def test_prune_takes_out_what_a_report_calls_unused(
    run: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tape.parent / "report.json"
    report.write_text(json.dumps({"unused": [{"tape": str(tape), "line": 38, "summary": "GET /lost -> ConnectError"}]}))

    assert run("prune", "--unused", report).lines[-1] == "1 recording removed"

    assert len(load(tape)) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO(f"unused: 1 recording\n  {tape}:23  POST /orders -> 201\n"))
    assert run("prune", "--unused", "-").lines[-1] == "1 recording removed"
    assert len(load(tape)) == 1


@pytest.mark.parametrize(
    ("text", "removed"),
    [
        ("played 3 from 1 tape, recorded 0\n", 0),
        ("played 3 from 1 tape, recorded 0\nexpired: 1 tape\n  {tape}:23\n{tape}:23: NoMatch\n", 0),
        ("== tapes ==\nunused: 2 recordings\n  {tape}:6  GET /users -> 200\n  {tape}:23\nnetwork: 1\n  {tape}:38\n", 2),
    ],
)
def test_prune_takes_of_an_output_only_what_it_calls_unused(
    run: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch, text: str, removed: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text.replace("{tape}", str(tape))))

    run("prune", "--unused", "-")

    assert len(load(tape)) == 3 - removed


@pytest.mark.parametrize("text", ["", "no tests ran in 0.01s\n", "tape.yaml:23: not redacted: json.password\n"])
def test_prune_refuses_what_is_no_output_of_a_run_with_tapes(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    printed = run("prune", "--unused", "-")

    assert printed.status == 2
    assert "neither a report of --cassette-report nor the output of pytest" in printed.err


def test_prune_knows_a_recording_again_that_has_lost_its_comment(
    run: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape.write_text(tape.read_text("utf-8").replace("--- # GET /users -> 200", "---"), "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"unused: 1\n  {tape}:6  GET /users -> 200\n"))

    assert run("prune", "--unused", "-").lines[-1] == "1 recording removed"


@pytest.mark.parametrize(
    "text",
    [
        '{"unused": [{"tape": "{tape}", "line": 6, "summary": "GET /old -> 200"}]}',
        "unused: 1\n  {tape}:6  GET /old -> 200\n",
    ],
)
def test_prune_keeps_what_stands_now_where_a_report_saw_another_recording(
    run: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text.replace("{tape}", str(tape))))

    printed = run("prune", "--unused", "-")

    assert printed.status == 2
    assert (
        f"{tape}:6: GET /users -> 200 begins on that line, and not GET /old -> 200; nothing was removed" in printed.err
    )
    assert len(load(tape)) == 3


@pytest.mark.parametrize("text", ['{"unused": 1}', '{"unused": [{"line": 3}]}', "{}"])
def test_prune_refuses_a_report_that_is_none(run: Callable[..., Any], tmp_path: Path, text: str) -> None:
    report = tmp_path / "report.json"
    report.write_text(text)

    printed = run("prune", "--unused", report)

    assert printed.status == 2
    assert "this is no report of --cassette-report" in printed.err


def test_prune_only_says_what_would_go(run: Callable[..., Any], tape: Path) -> None:
    before = tape.read_bytes()

    printed = run("prune", "-n", f"{tape}:6")

    assert printed.lines == [f"{tape}:6  GET /users -> 200", "1 recording would go"]
    assert tape.read_bytes() == before


def test_prune_takes_repetitions_off_the_end_only(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    said = ["busy", "busy", "done", "done", "done"]
    path = write("tape.yaml", *[poll(word, second) for second, word in enumerate(said)])

    printed = run("prune", "--duplicates", path)

    assert printed.lines[-1] == "2 recordings removed"
    left = [interaction.response.content for interaction in load(path).interactions if interaction.response]
    assert left == [b"busy", b"busy", b"done"]


@pytest.mark.parametrize(("repeats", "left"), [("safe", 2), ("never", 2), ("last", 1)])
def test_prune_keeps_repetitions_that_could_not_be_played_again(
    run: Callable[..., Any], write: Callable[..., Path], repeats: str, left: int
) -> None:
    path = write("tape.yaml", *[poll("done", method="POST")] * 2, header=f"cassette: 1\nrepeats: {repeats}\n...\n")

    run("prune", "--duplicates", path)

    assert len(load(path)) == left


def test_prune_of_a_folder_looks_through_every_cassette_in_it_and_tells_of_what_it_cannot_change(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    tape = write("tapes/b.yaml", poll("done"), poll("done", 1))
    write("tapes/c.yaml", header="services:\n  cassette: no\nrequests:\n")
    foreign = tape.with_name("a.yaml")
    foreign.write_bytes((TAPES / "vcr_httpx.yaml").read_bytes())
    before = foreign.read_bytes()

    printed = run("prune", "--duplicates", tmp_path / "tapes")

    assert printed.status == 2
    assert printed.lines == [f"{tape}:16  GET /job -> 200", "1 recording removed"]
    assert printed.err.startswith(f"error: {foreign}: this is a tape of vcrpy")
    assert "c.yaml" not in printed.err
    assert (len(load(tape)), foreign.read_bytes()) == (1, before)


def test_prune_of_something_named_that_cannot_be_read_changes_nothing(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    tape = write("tape.yaml", poll("done"), poll("done", 1))

    printed = run("prune", "--duplicates", tape, tmp_path / "no.yaml")

    assert printed.status == 2
    assert len(load(tape)) == 2


def test_prune_removes_an_expired_cassette_that_nobody_wrote(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    header = "cassette: 1\nrecorder: understudy 0.1.0\nrecorded: 2020-01-01\nexpires: 30d\n...\n"
    old, fresh = write("old.yaml", poll("done"), header=header), write("fresh.yaml", poll("done"))

    printed = run("prune", "--expired", old, fresh)

    assert printed.lines[-1] == "1 recording removed"
    assert not old.exists()
    assert len(load(fresh)) == 1


def test_prune_keeps_what_an_author_wrote_and_records_into_it_again(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    header = (
        "# Mine.\ncassette: 1\nrecorder: understudy 0.1.0\nrecorded: 2020-01-01\nexpires: 30d\nignore: [json.a]\n...\n"
    )
    path = write("old.yaml", poll("done"), header=header)

    run("prune", "--expired", path)

    assert path.read_text("utf-8") == "# Mine.\ncassette: 1\nexpires: 30d\nignore: [json.a]\n...\n"
    assert Cassette(path, "once").is_recording


def test_prune_removes_bodies_that_nobody_names_any_more(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    _recorded(path, bytes(range(256)) * 100)

    run("prune", f"{path}:5")

    assert list((tmp_path / "_blobs").iterdir()) == []


@pytest.mark.parametrize(("arguments", "complaint"), [((), "say which recordings go"), (("x.yaml",), "say what goes")])
def test_prune_wants_to_know_what(run: Callable[..., Any], arguments: tuple[str, ...], complaint: str) -> None:
    printed = run("prune", *arguments)

    assert printed.status == 2
    assert complaint in printed.err


# redact


def test_redact_takes_secrets_out_of_every_interaction(run: Callable[..., Any], tape: Path) -> None:
    text = (
        tape.read_text("utf-8")
        .replace("nonce: abc", "password: hunter22-long")
        .replace("nobody there", "no hunter22-long")
    )
    tape.write_text(text, encoding="utf-8")

    printed = run("redact", tape)

    assert printed.lines == [
        f"{tape}:23  request.json.password",
        f"{tape}:38  error.message",
        "2 interactions redacted",
    ]
    expected = text.replace("hunter22-long", "__REDACTED_password_1__")
    assert load(tape).interactions == load(_written(tape.parent / "expected.yaml", expected)).interactions
    assert tape.read_text("utf-8").startswith(
        text[: text.index("# The one that pays.")] + "# The one that pays.\n--- #"
    )
    assert run("check", tape).status == 0
    assert run("redact", tape).lines == ["0 interactions redacted"]


def test_redact_applies_a_new_rule_and_writes_it_down(run: Callable[..., Any], tape: Path) -> None:
    printed = run("redact", "--rule", "name", "--rule", "json.nonce", tape)

    assert printed.status == 0
    assert "redact: [name, json.nonce]" in tape.read_text("utf-8")
    for secret in ("Ada", "Grace", "abc"):
        assert secret not in tape.read_text("utf-8").partition("...")[2]


def test_redact_only_says_what_would_change(run: Callable[..., Any], tape: Path) -> None:
    before = tape.read_bytes()

    printed = run("redact", "-n", "--rule", "json.nonce", tape)

    assert printed.lines == [f"{tape}:23  request.json.nonce", "1 interaction would be redacted"]
    assert tape.read_bytes() == before


def test_redact_refuses_to_leave_half_of_it(run: Callable[..., Any], tape: Path) -> None:
    tape.write_text(tape.read_text("utf-8").replace("thanks", TOKEN), encoding="utf-8")
    before = tape.read_bytes()

    printed = run("redact", tape)

    assert printed.status == 2
    assert f"error: {tape}:35: something still looks like a secret: GitHub token; nothing was written" in printed.err
    assert tape.read_bytes() == before
    assert run("redact", "--rule", "/ghp_[A-Za-z0-9]{36}/", tape).status == 0
    assert TOKEN not in tape.read_text("utf-8")


def test_redact_replaces_a_body_beside_the_cassette(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    _recorded(path, b'{"name": "Ada", "filler": "' + b"x" * 70_000 + b'"}', "application/json")

    printed = run("redact", "--rule", "json.name", path)

    assert printed.lines[-1] == "1 interaction redacted"
    (body,) = (tmp_path / "_blobs").iterdir()
    assert b'"Ada"' not in body.read_bytes()
    (interaction,) = load(path).interactions
    assert interaction.response is not None
    assert b"__REDACTED_" in interaction.response.content


def test_redact_says_what_is_wrong_with_a_rule(run: Callable[..., Any], tape: Path) -> None:
    printed = run("redact", "--rule", "/(/", tape)

    assert printed.status == 2
    assert "which is no regular expression" in printed.err


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _recorded(path: Path, content: bytes, media: str = "application/x-thing") -> None:
    cassette = Cassette(path)
    request = RecordedRequest("GET", "https://api.test/large")
    cassette.record(Interaction(request, RecordedResponse(200, [("Content-Type", media)], content)))
    cassette.close()


def test_redact_of_a_folder_goes_on_after_what_it_cannot_change(
    run: Callable[..., Any], write: Callable[..., Path], tmp_path: Path
) -> None:
    tape = write("tapes/b.yaml", poll("password=hunter2-and-more"))
    foreign = tape.with_name("a.yaml")
    foreign.write_bytes((TAPES / "vcr_httpx.yaml").read_bytes())

    printed = run("redact", tmp_path / "tapes")

    assert printed.status == 2
    assert printed.lines[-1] == "1 interaction redacted"
    assert printed.err.startswith(f"error: {foreign}: this is a tape of vcrpy")
    assert "hunter2" not in tape.read_text(encoding="utf-8")


def test_redact_of_what_cannot_be_read_only_says_so(run: Callable[..., Any], tmp_path: Path) -> None:
    printed = run("redact", tmp_path / "no.yaml")

    assert (printed.status, printed.out) == (2, "")
