from __future__ import annotations

from typing import TYPE_CHECKING

from understudy.pytest_plugin.tally import Tally, Unused, Use

if TYPE_CHECKING:
    from pathlib import Path


def test_uses_of_one_tape_add_up() -> None:
    tally = Tally()

    tally.add("a.yaml", Use(played=2, recorded=1))
    tally.add("a.yaml", Use(played=3))
    tally.add("b.yaml", Use(played=1))

    assert (tally.played, tally.recorded) == (6, 1)
    assert tally.tapes["a.yaml"] == Use(played=5, recorded=1)


def test_a_recording_is_unused_when_every_test_that_passed_left_it() -> None:
    tally = Tally()
    first, second, third = (3, "GET /one"), (9, "GET /two"), (15, "GET /three")

    tally.add("shared.yaml", Use(played=1, unplayed=[first, second]))
    tally.add("shared.yaml", Use(unplayed=None))  # failed
    tally.add("shared.yaml", Use(played=1, unplayed=[second, third]))

    assert tally.unused() == [Unused("shared.yaml", 9, "GET /two")]


def test_tests_that_failed_say_nothing_about_what_is_unused() -> None:
    tally = Tally()

    tally.add("a.yaml", Use(played=1, unplayed=None))

    assert tally.unused() == []


def test_a_tape_that_no_test_has_is_an_orphan(tmp_path: Path) -> None:
    for name in ("used.yaml", "expected.yaml", "old/gone.yml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    tally = Tally(folders=[str(tmp_path)], expected=[str(tmp_path / "expected.yaml")])
    tally.add(str(tmp_path / "used.yaml"), Use(played=1))

    assert tally.orphans() == [str(tmp_path / "old/gone.yml")]


def test_a_partial_run_knows_no_orphans(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").touch()

    assert Tally(folders=[str(tmp_path)], is_partial=True).orphans() == []


def test_workers_are_merged_as_if_they_were_one(tmp_path: Path) -> None:
    one, other, whole = Tally(folders=["x"]), Tally(folders=["x", "y"], expected=["x/e.yaml"]), Tally()
    one.add("a.yaml", Use(played=1, unplayed=[(3, "GET /"), (9, "GET /two")]))
    other.add("a.yaml", Use(played=2, recorded=1, unplayed=[(9, "GET /two")]))
    other.attempts.append(("test_a", "connect to b.test"))
    one.untouched, one.passers_by = 1, ["httpx"]
    other.untouched, other.passers_by = 2, ["httpx", "requests"]

    whole.merge(one.plain())
    whole.merge(other.plain())

    assert whole.tapes == {"a.yaml": Use(3, 1, [(9, "GET /two")])}
    assert whole.folders == ["x", "y"]
    assert whole.expected == ["x/e.yaml"]
    assert whole.attempts == [("test_a", "connect to b.test")]
    assert (whole.untouched, whole.passers_by) == (3, ["httpx", "requests"])
    assert not whole.is_partial


def test_one_partial_worker_makes_the_run_partial() -> None:
    whole = Tally()

    whole.merge(Tally(is_partial=True).plain())

    assert whole.is_partial
