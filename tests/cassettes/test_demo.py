from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from understudy.cassettes import demo, load

if TYPE_CHECKING:
    from pathlib import Path


def test_every_comparison_holds_and_the_tape_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "session.yaml"

    status = demo.main(["--cassette", str(path)])

    said = capsys.readouterr().out
    assert status == 0, said
    assert re.findall(r"^\d\. \w+", said, re.MULTILINE) == ["1. Production", "2. Record", "3. Replay", "4. Mock"]
    assert said.count(f"{len(demo.STEPS)} of {len(demo.STEPS)} answers as expected") == 3 * len(demo.sessions())
    assert said.endswith("\nEvery comparison held.\n")
    assert str(path) in said
    assert "ConnectError" in said
    assert len(load(path)) == len(demo.STEPS)


def test_the_tape_holds_neither_the_password_nor_the_cookie(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "session.yaml"

    demo.main(["--cassette", str(path)])

    for text in (path.read_text("utf-8"), capsys.readouterr().out):
        assert "difference-engine" not in text
        assert "2b7e1516" not in text
        assert "session=__REDACTED_" in text


def test_an_answer_that_differs_is_shown_and_is_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lying(url: str) -> list[demo.Outcome]:
        outcomes = demo.blocking_session(url)
        return [outcomes[0]._replace(content=b"a lie"), *outcomes[1:]]

    monkeypatch.setattr(demo, "sessions", lambda: {"honest": demo.blocking_session, "liar": lying})

    status = demo.main(["--cassette", str(tmp_path / "session.yaml")])

    said = capsys.readouterr().out
    assert status == 1
    assert said.count("DIFFERENT") == 3
    assert "GET /users/1\n         expected Outcome(status=200" in said
    assert "content=b'a lie'" in said
    assert said.endswith("\nSomething differed: see above.\n")


def test_without_trio_two_clients_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trio", None)

    assert list(demo.sessions()) == ["Client", "AsyncClient on asyncio"]


def test_a_file_that_exists_is_not_recorded_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("precious")

    with pytest.raises(SystemExit) as stopped:
        demo.main(["--cassette", str(path)])

    assert stopped.value.code == 2
    assert f"{path} exists: the demonstration records anew and overwrites nothing" in capsys.readouterr().err
    assert path.read_text() == "precious"


def test_color_is_for_terminals_that_want_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    demo.main(["--cassette", str(tmp_path / "session.yaml")])

    assert "\x1b[32mok\x1b[0m" in capsys.readouterr().out
