"""Recordings taken out of a cassette."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy import Client, MockTransport, Response, cassettes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    path = tmp_path / "tape.yaml"
    behind = MockTransport(lambda request: Response(200, json={"path": request.url.path}))
    with cassettes.use(path), Client(transport=behind) as client:
        for name in ("one", "two", "three"):
            client.get(f"https://api.test/{name}")
    return path


def test_what_stays_keeps_its_bytes(tape: Path) -> None:
    before = tape.read_bytes()
    one, two, three = cassettes.load(tape).interactions
    assert two.line is not None
    assert three.line is not None

    gone = cassettes.prune(tape, [two.line])

    assert gone == [(two.line, "GET /two -> 200")]
    lines = before.splitlines(keepends=True)
    assert tape.read_bytes() == b"".join([*lines[: two.line - 1], *lines[three.line - 1 :]])
    assert [left.summary for left in cassettes.load(tape).interactions] == [one.summary, three.summary]


def test_windows_line_ends_stay(tape: Path) -> None:
    tape.write_bytes(tape.read_bytes().replace(b"\n", b"\r\n"))
    line = cassettes.load(tape).interactions[0].line
    assert line is not None

    cassettes.prune(tape, [line])

    written = tape.read_bytes()
    assert written.count(b"\n") == written.count(b"\r\n") > 0


def test_a_line_on_which_nothing_begins_removes_nothing(tape: Path) -> None:
    before = tape.read_bytes()
    first = cassettes.load(tape).interactions[0].line
    assert first is not None

    with pytest.raises(cassettes.CassetteError, match="no recording begins on this line"):
        cassettes.prune(tape, [first, first + 1])

    assert tape.read_bytes() == before


def test_a_cassette_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(cassettes.CassetteMissing):
        cassettes.prune(tmp_path / "none.yaml", [1])


def test_what_is_no_line_is_refused(tape: Path) -> None:
    with pytest.raises(TypeError, match="numbers of lines"):
        cassettes.prune(tape, ["5"])  # type: ignore[list-item]  # the mistake


def test_one_line_is_no_lines(tape: Path) -> None:
    with pytest.raises(TypeError, match=r"say \[5\]"):
        cassettes.prune(tape, 5)  # type: ignore[arg-type]  # that is the mistake


@pytest.mark.parametrize("wrong", ["5", True, None, ["interaction"]])
def test_what_is_no_number_of_a_line_is_refused(tape: Path, wrong: object) -> None:
    with pytest.raises(TypeError, match=r"such as `interaction.line`"):
        cassettes.prune(tape, [wrong])  # type: ignore[list-item]  # that is the mistake


def test_a_tape_of_another_tool_says_what_to_do_first(tmp_path: Path) -> None:
    path = tmp_path / "tape.yaml"
    path.write_text("interactions: []\nversion: 1\n")

    with pytest.raises(cassettes.CassetteError, match=r"a tape of vcrpy, .*\nConvert it first"):
        cassettes.prune(path, [1])


def test_what_is_not_there_says_what_is(tape: Path) -> None:
    with pytest.raises(cassettes.CassetteMissing, match=r"there is no such file\nDid you mean .*tape.yaml\?"):
        cassettes.prune(tape.with_name("tapes.yaml"), [5])
