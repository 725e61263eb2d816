from __future__ import annotations

import os
from typing import TYPE_CHECKING

from understudy.pytest_plugin.report import is_failure, lines, shown
from understudy.pytest_plugin.tally import Tally, Use

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_run_without_tapes_says_nothing() -> None:
    assert list(lines(Tally(), "/suite", "report")) == []


def test_what_was_played_and_recorded_is_counted() -> None:
    tally = Tally()
    tally.add("/suite/a.yaml", Use(played=3))
    tally.add("/suite/b.yaml", Use(played=1, recorded=2))

    assert list(lines(tally, "/suite", "report")) == ["played 4 from 2 tapes, recorded 2 on 1 tape"]


def test_what_is_unused_is_named_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").touch()
    tally = Tally(folders=[str(tmp_path)])
    suite = str(tmp_path.parent / "suite")
    tally.add(os.path.join(suite, "cassettes", "a.yaml"), Use(played=1, unplayed=[(88, "DELETE /v1/cart -> 204")]))

    assert list(lines(tally, suite, "report")) == [
        "played 1 from 1 tape, recorded 0",
        "unused: 1 recording that no test played",
        f"  {os.path.join('cassettes', 'a.yaml')}:88  DELETE /v1/cart -> 204",
        "orphaned: 1 tape that no test has",
        f"  {tmp_path / 'gone.yaml'}",
    ]
    assert is_failure(tally, "fail")
    assert not is_failure(tally, "report")


def test_a_path_on_another_drive_is_told_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def relpath(path: str, start: str) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr(os.path, "relpath", relpath)

    assert shown("D:/tapes/a.yaml", "C:/suite") == "D:/tapes/a.yaml"


def test_tapes_that_were_asked_nothing_tell_of_the_clients_that_passed_them_by() -> None:
    tally = Tally(untouched=2, passers_by=["httpx"])
    tally.add("/suite/a.yaml", Use())

    assert list(lines(tally, "/suite", "report")) == [
        "played 0 from 0 tapes, recorded 0",
        "untouched: 2 tests asked nothing of the tape that is there",
        "  httpx is imported here, and what it sends meets no tape "
        "without `import understudy; understudy.alias_httpx()` at the top of the root conftest.py",
    ]


def test_tapes_that_were_asked_nothing_are_the_suites_own_affair_where_nothing_could_pass_them_by() -> None:
    tally = Tally(untouched=2)
    tally.add("/suite/a.yaml", Use())

    assert list(lines(tally, "/suite", "report")) == ["played 0 from 0 tapes, recorded 0"]


def test_what_is_unused_can_be_ignored() -> None:
    tally = Tally()
    tally.add("/suite/a.yaml", Use(played=1, unplayed=[(88, "DELETE /v1/cart -> 204")]))

    assert list(lines(tally, "/suite", "ignore")) == ["played 1 from 1 tape, recorded 0"]
    assert not is_failure(tally, "ignore")


def test_a_long_list_is_cut() -> None:
    tally = Tally()
    tally.add("/suite/a.yaml", Use(unplayed=[(number, "GET /") for number in range(25)]))

    said = list(lines(tally, "/suite", "report"))

    assert len(said) == 2 + 20 + 1
    assert said[-1] == "  ... and 5 more"


def test_blocked_attempts_are_listed_with_their_tests() -> None:
    tally = Tally(attempts=[("test_shop.py::test_pay", "connect to 192.0.2.1")])

    assert list(lines(tally, "/suite", "report")) == [
        "network: 1 attempt blocked",
        "  test_shop.py::test_pay: connect to 192.0.2.1",
    ]
