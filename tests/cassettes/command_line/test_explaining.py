"""`explain` and `fix`: why nothing answers, and what makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy.cassettes import load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ORDER = ("POST", "https://api.test/orders", "-j", '{"tea": 2, "nonce": "xyz"}')


def test_explain_names_the_recording_that_answers(run: Callable[..., Any], tape: Path) -> None:
    printed = run("explain", tape, "get", "https://api.test/users?page=1")

    assert printed.status == 0
    assert printed.lines == [f"{tape}:6  answers: GET /users -> 200", "  compared: method, url, body"]


def test_explain_takes_scheme_and_host_from_the_tape_and_params_from_the_options(
    run: Callable[..., Any], tape: Path
) -> None:
    assert run("explain", tape, "GET", "/users", "-p", "page", "1").lines[0].endswith("answers: GET /users -> 200")


def test_explain_tells_the_order_of_several_recordings(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    text = tape.read_text("utf-8")
    users = text[text.index("--- # GET /users") : text.index("# The one that pays")]
    twice = write("twice.yaml", users, users)

    printed = run("explain", twice, "GET", "/users?page=1")

    assert printed.lines[1] == "  then, for the same request once more: line 22; after that `repeats: safe`"


def test_explain_tells_what_differs_and_the_command_that_mends_it(run: Callable[..., Any], tape: Path) -> None:
    printed = run("explain", tape, *ORDER)

    assert printed.status == 1
    assert "no recording answers POST https://api.test/orders" in printed.lines[0]
    assert "  nearest: line 23  POST /orders -> 201  (unplayed)" in printed.lines
    assert "    json.nonce  recorded 'abc'  now 'xyz'" in printed.lines
    assert printed.lines[-1] == f"apply: understudy cassette fix {tape} --ignore json.nonce"


def test_explain_can_try_settings_out(run: Callable[..., Any], tape: Path) -> None:
    ignoring = run("explain", tape, *ORDER, "--ignore", "json.nonce")
    matching = run("explain", tape, *ORDER, "--match", "method", "--match", "path")

    assert (ignoring.status, matching.status) == (0, 0)
    assert ignoring.lines[1] == "  compared: method, url, body; ignored: json.nonce"
    assert matching.lines[1] == "  compared: method, path"


def test_explain_sends_forms_headers_and_text(run: Callable[..., Any], tape: Path) -> None:
    form = run("explain", tape, "POST", "/orders", "-d", "tea", "2", "-h", "X-A", "1")
    text = run("explain", tape, "POST", "/orders", "-c", "tea")

    assert "form.tea  recorded nothing  now '2'" in form.out.replace("form.tea    ", "form.tea  ")
    assert text.lines[-1] == f"apply: understudy cassette fix {tape} --match method --match url"


def test_explain_tells_which_route_answers_first(
    run: Callable[..., Any], tape: Path, write: Callable[..., Path]
) -> None:
    recordings = tape.read_text("utf-8").partition("...\n")[2]
    routed = write("routed.yaml", recordings, header="cassette: 1\nroutes:\n  - GET https://api.test/lost: 503\n...\n")

    lost, users = run("explain", routed, "GET", "/lost"), run("explain", routed, "GET", "/users?page=1")

    assert lost.status == 0
    assert lost.out.startswith(f"{routed}  a route answers: ")
    assert "with status 503" in lost.out
    assert users.out.startswith(f"{routed}:5  answers: ")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("GET", "/users", "-j", "{"), "--json takes JSON, and '{' is none: Expecting property name"),
        (("G T", "/users"), "method"),
        (("GET", "/users", "--ignore", "nonsense"), "names no part of a message"),
        (("GET", "/users", "--match", "nonsense"), "cannot match on 'nonsense'"),
    ],
)
def test_explain_says_what_is_wrong_with_a_request(
    run: Callable[..., Any], tape: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    printed = run("explain", tape, *arguments)

    assert printed.status == 2
    assert complaint in printed.err


def test_explain_on_an_empty_tape_wants_a_whole_url(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    empty = write("empty.yaml")

    assert "has no scheme or no host, and the tape has no recording" in run("explain", empty, "GET", "/").err
    printed = run("explain", empty, "GET", "https://api.test/")
    assert printed.status == 1
    assert "the cassette holds no interactions" in printed.out


# fix


def test_fix_adds_a_line_and_leaves_everything_else(run: Callable[..., Any], tape: Path) -> None:
    before = tape.read_text("utf-8")

    printed = run("fix", tape, "--ignore", "json.nonce")

    assert printed.lines == [f"{tape}: ignore: [json.nonce]"]
    assert tape.read_text("utf-8") == before.replace("# a Sunday\n", "# a Sunday\nignore: [json.nonce]\n")
    assert run("explain", tape, *ORDER).status == 0


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ignore: [json.a]  # why", "ignore: [json.a, json.nonce]  # why"),
        ("ignore: [json.a,]", "ignore: [json.a, json.nonce]"),
        ("ignore: []", "ignore: [json.nonce]"),
        ("ignore:", "ignore: [json.nonce]"),
        ("ignore: json.a", "ignore: [json.a, json.nonce]"),
        ("ignore:\n  - json.a  # why\nrepeats: last", "ignore:\n  - json.a  # why\n  - json.nonce\nrepeats: last"),
        ("ignore:\n- json.a\n- json.b", "ignore:\n- json.a\n- json.b\n- json.nonce"),
        ("ignore: [\n  json.a,  # one\n  json.b\n]", "ignore: [\n  json.a,  # one\n  json.b, json.nonce\n]"),
        ("ignore: [json.nonce]", "ignore: [json.nonce]"),
        ("# only a comment", "# only a comment"),
    ],
)
def test_fix_extends_a_list_however_it_is_written(
    run: Callable[..., Any], write: Callable[..., Path], written: str, expected: str
) -> None:
    path = write("tape.yaml", header=f"cassette: 1\n{written}\n# the end\n...\n")

    printed = run("fix", path, "--ignore", "json.nonce")

    assert printed.status == 0, printed
    if "ignore" not in expected:
        expected = f"ignore: [json.nonce]\n{expected}"
    text = path.read_text("utf-8")
    assert text == f"cassette: 1\n{expected}\n# the end\n...\n"
    assert "json.nonce" in load(path).settings.ignore


def test_fix_ignores_what_a_request_differs_in(run: Callable[..., Any], tape: Path) -> None:
    printed = run("fix", tape, *ORDER)

    assert printed.lines == [f"{tape}: ignore: [json.nonce]"]
    assert run("explain", tape, *ORDER).status == 0


@pytest.mark.parametrize("written", ["", "match: [method, url, body]\n", "match:\n  - method\n  - url\n  - body\n"])
def test_fix_compares_less_where_nothing_has_a_name(run: Callable[..., Any], tape: Path, written: str) -> None:
    text = tape.read_text("utf-8")
    tape.write_text(text.replace("# a Sunday\n", f"# a Sunday\n{written}"), "utf-8")

    printed = run("fix", tape, "POST", "/orders", "-c", "tea")

    assert printed.lines == [f"{tape}: match: [method, url]"]
    assert tape.read_text("utf-8") == text.replace("# a Sunday\n", "# a Sunday\nmatch: [method, url]\n")
    assert run("explain", tape, "POST", "/orders", "-c", "tea").status == 0


def test_fix_of_a_request_that_is_another_one_changes_nothing(run: Callable[..., Any], tape: Path) -> None:
    before = tape.read_bytes()

    printed = run("fix", tape, "DELETE", "/users")

    assert printed.status == 1
    assert "nothing to ignore would let it answer" in printed.out
    assert tape.read_bytes() == before


def test_fix_sets_every_setting_and_twice_is_once(run: Callable[..., Any], tape: Path) -> None:
    arguments = (
        "fix",
        tape,
        "--volatile",
        "header.x-build",
        "--redact",
        "iban",
        "--redact",
        "/cus_[0-9]+/",
        "--repeats",
        "last",
    )
    more = ("--order", "strict", "--expires", "90d", "--allow-secret", "0123456789ab")

    run(*arguments, *more)
    once = tape.read_bytes()
    again = run(*arguments, *more)

    settings = load(tape).settings
    assert (settings.volatile, settings.redact) == (("header.x-build",), ("iban", "/cus_[0-9]+/"))
    assert (settings.repeats, settings.order, settings.expires) == ("last", "strict", "90d")
    assert settings.allow_secrets == {"0123456789ab"}
    assert tape.read_bytes() == once
    assert again.lines == [f"{tape}: nothing to change"]


def test_fix_changes_a_setting_that_is_there(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    path = write("tape.yaml", header="cassette: 1\nrepeats: never  # strict\n...\n")

    run("fix", path, "--repeats", "always")

    assert path.read_text("utf-8") == "cassette: 1\nrepeats: always  # strict\n...\n"


def test_fix_keeps_the_line_ends_of_windows(run: Callable[..., Any], tape: Path) -> None:
    tape.write_bytes(tape.read_bytes().replace(b"\n", b"\r\n"))

    run("fix", tape, "--ignore", "json.nonce")

    assert b"\r\nignore: [json.nonce]\r\n" in tape.read_bytes()
    assert tape.read_bytes().count(b"\n") == tape.read_bytes().count(b"\r\n")


def test_fix_removes_a_torn_end_and_nothing_else(run: Callable[..., Any], tape: Path) -> None:
    whole = tape.read_text("utf-8")
    tape.write_text(whole + "--- # GET /torn -> 200\nrequest:\n  meth", encoding="utf-8")

    printed = run("fix", tape, "--drop-torn")

    assert printed.status == 0
    assert printed.lines == [f"{tape}: removed what was left of line 46: --- # GET /torn -> 200"]
    assert tape.read_text("utf-8") == whole
    assert run("fix", tape, "--drop-torn").lines == [f"{tape}: nothing to change"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "say what to change"),
        (("GET",), "METHOD without URL"),
        (("--ignore", "nonsense"), "names no part of a message"),
        (("--expires", "soon"), "`expires` is an age"),
        (("--repeats", "often"), "'often' is not one of"),
    ],
)
def test_fix_refuses_what_is_wrong_and_leaves_the_file(
    run: Callable[..., Any], tape: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    before = tape.read_bytes()

    printed = run("fix", tape, *arguments)

    assert printed.status == 2
    assert complaint in printed.err
    assert tape.read_bytes() == before


def test_fix_refuses_a_setting_that_it_cannot_change_safely(
    run: Callable[..., Any], write: Callable[..., Path]
) -> None:
    path = write("tape.yaml", header="cassette: 1\nignore: !!seq [json.a]\n...\n")
    before = path.read_bytes()

    printed = run("fix", path, "--ignore", "json.nonce")

    assert printed.status == 2
    assert path.read_bytes() == before


def test_fix_mends_a_file_whose_last_line_has_no_end(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    path = write("tape.yaml", header="cassette: 1")

    run("fix", path, "--ignore", "json.nonce")

    assert path.read_text("utf-8") == "cassette: 1\nignore: [json.nonce]\n"


def test_fix_never_writes_to_a_tape_of_another_tool(run: Callable[..., Any], write: Callable[..., Path]) -> None:
    header = "interactions:\n- request: {method: GET, uri: 'http://a.test/'}\n  response: {status: 200}\nversion: 1\n"
    foreign = write("vcr.yaml", header=header)

    printed = run("fix", foreign, "--ignore", "json.a")

    assert printed.status == 2
    assert f"Convert it first: understudy cassette convert {foreign} NEW.yaml" in printed.err
    assert foreign.read_text("utf-8") == header


def test_fix_leaves_a_file_that_changed_meanwhile(
    run: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from understudy.cassettes.command_line import fixing, heading

    original = heading.with_items

    def slowly(head: str, name: str, items: list[str], path: str) -> str:
        tape.write_text(tape.read_text("utf-8") + "# somebody else\n", encoding="utf-8")
        return original(head, name, items, path)

    monkeypatch.setattr(fixing, "with_items", slowly)

    printed = run("fix", tape, "--ignore", "json.nonce")

    assert printed.status == 2
    assert "another program has changed the file meanwhile" in printed.err
    assert "ignore" not in tape.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--ignore", "json["), "'json[' names no part of a message"),
        (("--expires", "never"), "not 'never'; nothing was written"),
    ],
)
def test_fix_says_of_a_wrong_setting_that_nothing_was_written(
    run: Callable[..., Any], tape: Path, arguments: tuple[str, str], told: str
) -> None:
    before = tape.read_bytes()

    printed = run("fix", tape, *arguments)

    assert printed.status == 2
    assert told in printed.err
    assert "Mend that line" not in printed.err
    assert tape.read_bytes() == before


def test_explain_proposes_no_fix_of_a_tape_of_another_tool(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "tape.yaml"
    path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/?q=tea'}\n"
        "  response: {status: {code: 200}, body: {string: hi}}\nversion: 1\n"
    )

    printed = run("explain", path, "GET", "https://api.test/?q=coffee")

    assert printed.status == 1
    assert "ignore=['query.q'] in code" in printed.out
    assert "apply:" not in printed.out
    assert run("explain", path, "GET", "https://api.test/?q=coffee", "--ignore", "query.q").status == 0
    assert "no such file" in run("explain", tmp_path / "none", "GET", "/").err
