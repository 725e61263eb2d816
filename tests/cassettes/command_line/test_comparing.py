from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from understudy.cassettes.command_line.terminal import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def changed(tape: Path, write: Callable[..., Path]) -> Callable[..., Path]:
    """Write the tape once more, with some of its text replaced."""

    def writing(*replacements: tuple[str, str]) -> Path:
        text = tape.read_text("utf-8")
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        return write("new.yaml", header=text)

    return writing


def test_tapes_that_say_the_same_are_alike(run: Callable[..., Any], tape: Path, changed: Callable[..., Path]) -> None:
    new = changed(("took: 0.18", "took: 0.9"), ("Written by hand", "A comment"))

    printed = run("diff", tape, new)

    assert (printed.status, printed.lines) == (0, ["3 alike"])


def test_what_differs_is_told_by_name_with_both_places(
    run: Callable[..., Any], tape: Path, changed: Callable[..., Path]
) -> None:
    new = changed(("name: Ada", "name: Lovelace"), ("total: 2.0", 'total: "2"'), ("{id: 8, ", "{id: 8, admin: true, "))

    printed = run("diff", tape, new)

    assert printed.status == 1
    assert printed.lines == [
        f"{tape}:6 {new}:6  GET /users -> 200",
        '    response.json.users.0.name   "Ada" -> "Lovelace"',
        "    response.json.users.1.admin  nothing -> true",
        '    response.json.total          2.0 -> "2"  (now text)',
        "1 changed, 2 alike",
    ]


def test_numbers_that_may_be_random_are_told_with_what_makes_them_no_difference(
    run: Callable[..., Any], tape: Path, changed: Callable[..., Path]
) -> None:
    old = changed(("{id: 8, ", "{id: 81203, at: 1700000000.5, "))
    new = old.rename(old.with_name("old.yaml")) and changed(("{id: 8, ", "{id: 99117, at: 1700000300.25, "))

    printed = run("diff", old.with_name("old.yaml"), new)

    mend = f"understudy cassette fix {new} --volatile {shell_word('json.users.*.id')}"
    assert printed.lines[1:] == [
        "    response.json.users.1.id  81203 -> 99117",
        "1 changed, 2 alike",
        f"where these numbers mean nothing: {mend}",
    ]
    assert run(*mend.replace(mend[-1], "").split()[2:]).status == 0
    assert run("diff", old.with_name("old.yaml"), new).status == 0


@pytest.mark.parametrize(
    ("replacement", "differs"),
    [
        (("16:59:06", "17:00:00"), False),  # the Date field, which differs in every recording
        (("name: Ada", "name: 5f0c1c62-3c1e-4d57-9a57-0a4f6d3c8c11"), True),
    ],
)
def test_what_differs_in_every_recording_is_shown_with_all_only(
    run: Callable[..., Any], tape: Path, changed: Callable[..., Path], replacement: tuple[str, str], differs: bool
) -> None:
    new = changed(replacement)

    assert run("diff", tape, new).status == (1 if differs else 0)
    assert run("diff", tape, new, "--all").status == 1


def test_what_a_cassette_calls_volatile_is_no_difference(
    run: Callable[..., Any], tape: Path, changed: Callable[..., Path]
) -> None:
    new = changed(("name: Ada", "name: Lovelace"), ("cassette: 1\n", "cassette: 1\nvolatile: [json.users.*.name]\n"))

    assert run("diff", tape, new).status == 0
    assert run("diff", tape, new, "-a").status == 1


def test_text_of_several_lines_is_compared_line_by_line(
    run: Callable[..., Any], tape: Path, changed: Callable[..., Path]
) -> None:
    printed = run("diff", tape, changed(("a lot\n", "very much\n    indeed\n")))

    assert printed.lines[1:] == [
        "    response.text",
        "      @@ -1,2 +1,3 @@",
        "       thanks",
        "      -a lot",
        "      +very much",
        "      +indeed",
        "1 changed, 2 alike",
    ]


def test_long_differences_of_text_are_cut(run: Callable[..., Any], tape: Path, changed: Callable[..., Path]) -> None:
    printed = run("diff", tape, changed(("    a lot\n", "".join(f"    line {number}\n" for number in range(99)))))

    assert printed.lines[-2] == "      ... and 62 more lines"


def test_what_only_one_tape_has_is_added_or_removed(
    run: Callable[..., Any], tape: Path, changed: Callable[..., Path]
) -> None:
    new = changed(("url: https://api.test/lost", "url: https://api.test/found"))

    printed = run("diff", tape, new)

    assert printed.lines == [
        f"- {tape}:38  GET /lost -> ConnectError",
        f"+ {new}:38  GET /lost -> ConnectError",
        "1 removed, 1 added, 2 alike",
    ]


def test_a_request_that_has_changed_is_compared_with_the_one_of_its_path(
    run: Callable[..., Any], tape: Path, changed: Callable[..., Path]
) -> None:
    printed = run("diff", tape, changed(("nonce: abc", "nonce: xyz"), ("page=1", "page=2")))

    assert printed.status == 1
    assert '    request.json.nonce  "abc" -> "xyz"' in printed.lines
    assert '    request.url  "https://api.test/users?page=1" -> "https://api.test/users?page=2"' in printed.lines


def test_two_interactions_are_compared_whatever_they_answer(run: Callable[..., Any], tape: Path) -> None:
    printed = run("diff", f"{tape}:6", f"{tape}:38")

    assert printed.status == 1
    assert "    response.status" in printed.out
    assert "200 -> nothing" in printed.out


def test_a_recorded_url_that_is_none_is_an_error_and_no_traceback(
    run: Callable[..., Any], tape: Path, changed: Callable[..., Path]
) -> None:
    printed = run("diff", changed(("https://api.test/lost", "https://{host}/lost")), tape)

    assert printed.status == 2
    assert printed.err.startswith("error: a recorded URL is none: host ")
    assert "`understudy cassette check` says where" in printed.err


def test_quiet_says_it_by_its_status_alone(run: Callable[..., Any], tape: Path, changed: Callable[..., Path]) -> None:
    printed = run("diff", "-q", tape, changed(("name: Ada", "name: Eve")))

    assert printed == (1, "", "")


def test_repeated_fields_are_compared_one_by_one(
    run: Callable[..., Any], tape: Path, changed: Callable[..., Path]
) -> None:
    two = "    Set-Cookie:\n      - a=1\n      - b=2\n    Date: Sun"

    printed = run("diff", changed(("    Date: Sun", two)), tape)

    assert '    response.headers.set-cookie     "a=1" -> nothing' in printed.lines
    assert '    response.headers.set-cookie[2]  "b=2" -> nothing' in printed.lines


def test_one_tape_is_compared_with_the_one_in_git(
    run: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "tape.yaml"], [*identity, "commit", "-q", "-m", "Record"]):
        subprocess.run(["git", *command], cwd=tape.parent, check=True)
    assert run("diff", tape).lines == ["3 alike"]

    tape.write_text(tape.read_text("utf-8").replace("name: Ada", "name: Eve"), encoding="utf-8")
    printed = run("diff", tape)

    assert printed.status == 1
    assert printed.lines[:2] == [
        f"HEAD:{tape}:6 {tape}:6  GET /users -> 200",
        '    response.json.users.0.name  "Ada" -> "Eve"',
    ]
    assert sorted(path.name for path in tape.parent.iterdir()) == [".git", "tape.yaml"]
    assert "git has no main~7 of" in run("diff", tape, "--revision", "main~7").err
    assert f"{tape.parent} is a folder: name one tape" in run("diff", tape.parent).err


def test_one_tape_outside_of_git_cannot_be_compared(run: Callable[..., Any], tape: Path) -> None:
    printed = run("diff", tape)

    assert printed.status == 2
    assert f"git has no HEAD of {tape}" in printed.err
    assert "Name two tapes to compare them without git." in printed.err


def test_what_came_stands_beside_what_is_gone(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    def tape(name: str, body: str) -> Path:
        request = "request: {method: GET, url: 'https://api.test/'}\n"
        return write(name, f"--- # GET / -> 200\n{request}response: {{status: 200, json: {body}}}\n...\n")

    old = tape("old.yaml", "[{id: 1, name: ada, age: 3}, {id: 2, name: eve, age: 4}]")
    new = tape("new.yaml", "[{id: 1, full: ada, age: 3}, {id: 2, full: eve, age: 4}]")

    printed = run("diff", old, new)

    assert [line.split()[0].partition("json.")[2] for line in printed.lines[1:-1]] == [
        "0.name",
        "0.full",
        "1.name",
        "1.full",
    ]
