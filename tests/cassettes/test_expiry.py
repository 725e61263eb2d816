"""Old recordings: said, never acted upon."""

from __future__ import annotations

import datetime
import warnings
from typing import TYPE_CHECKING

import pytest

from understudy import cassettes
from understudy.cassettes import expiry

from .conftest import EPISODE

if TYPE_CHECKING:
    from .conftest import Stage

HEAD = "# mine\ncassette: 1\nrecorder: understudy 1.0\nrecorded: 2020-02-02  # by CI\nexpires: 90d\n...\n"


def test_an_old_cassette_plays_and_says_that_it_is_old(stage: Stage) -> None:
    stage.written(EPISODE, header=HEAD)

    message = r"tape.yaml:5: .*recorded on 2020-02-02.*good until 2020-05-02"
    with pytest.warns(cassettes.CassetteExpired, match=message), stage.use("none") as cassette:
        assert stage.client.get("https://api.test/users").json() == ["ada", "grace"]

    assert cassette.is_expired
    assert stage.server.asked == []


def test_recording_anew_renews_the_day_and_nothing_else_in_the_first_document(stage: Stage) -> None:
    stage.written(EPISODE, header=HEAD)

    with stage.use("update"):
        stage.client.get("https://api.test/users")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cassette = cassettes.load(stage.path)

    assert not cassette.is_expired
    assert stage.text.startswith(HEAD.replace("2020-02-02", str(expiry.today())))


def test_code_may_say_when_a_cassette_is_old(stage: Stage) -> None:
    with stage.use("once", expires="12w") as cassette:
        stage.client.get("https://api.test/users")

    assert not cassette.is_expired
    with (
        pytest.warns(cassettes.CassetteExpired, match="good until 2021-01-31"),
        stage.use("none", expires="2021-01-31"),
    ):
        pass


@pytest.mark.parametrize(
    ("expires", "recorded", "last"),
    [
        ("90d", "2026-11-22", datetime.date(2027, 2, 20)),
        ("2w", "2026-11-22", datetime.date(2026, 12, 6)),
        ("2026-12-31", None, datetime.date(2026, 12, 31)),
        ("90d", None, None),
    ],
)
def test_an_age_counts_from_the_recording(expires: str, recorded: str | None, last: datetime.date | None) -> None:
    assert expiry.last_day(expires, recorded) == last


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("expires: 3 months", r"tape.yaml:2: `expires` is an age in days or weeks"),
        ("expires: 90", r"tape.yaml:2: `expires` is an age such as 90d"),
        ("expires: 90d\nrecorded: yesterday", r"tape.yaml:2: `recorded:` is a day"),
        ("expires: 90d\nrecorded: 9999-12-31", r"tape.yaml:2: `recorded:` is a day"),
    ],
)
def test_what_is_no_age_is_an_error_with_its_line(stage: Stage, line: str, problem: str) -> None:
    stage.written(header=f"cassette: 1\n{line}\n")

    with pytest.raises(cassettes.CassetteDamaged, match=problem):
        cassettes.load(stage.path)
