"""Where new recordings go among the old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy import cassettes
from understudy.cassettes.writing.settling import Piece, settle

if TYPE_CHECKING:
    from ..conftest import Stage


def settled(
    old: str, new: str, *, keeps_others: bool = False, keeps_further: bool = False, keeps_order: bool = True
) -> str:
    """Settle recordings whose keys are letters; the old ones are told by small ones."""
    before, after = ([Piece(name, name.encode()) for name in text.upper()] for text in (old, new))
    before = [piece._replace(text=piece.text.lower()) for piece in before]
    data = settle(b"", before, after, keeps_others=keeps_others, keeps_further=keeps_further, keeps_order=keeps_order)
    return data.decode().replace("\n", "")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("abc", "abc", "ABC"),
        ("abc", "cba", "ABC"),
        ("abc", "axbyc", "AXBYC"),
        ("abc", "xyabc", "XYABC"),
        ("abc", "xya", "XYA"),
        ("abc", "xy", "XY"),
        ("ab", "baa", "AAB"),
        ("baa", "aabx", "BXAA"),
        ("ba", "aba", "BAA"),
        ("", "ab", "AB"),
    ],
)
def test_a_new_recording_stands_beside_those_that_it_was_made_beside(old: str, new: str, expected: str) -> None:
    assert settled(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"), [("abc", "xb", "aXBc"), ("abc", "x", "abcX"), ("aab", "a", "Ab"), ("aab", "bx", "aaBX")]
)
def test_what_was_not_requested_stays_where_it_was(old: str, new: str, expected: str) -> None:
    assert settled(old, new, keeps_others=True) == expected


def test_what_was_requested_more_often_stays_where_others_record() -> None:
    assert settled("aab", "xa", keeps_others=True, keeps_further=True) == "XAab"


@pytest.mark.parametrize(("old", "new", "expected"), [("abc", "cxa", "CXA"), ("ab", "ba", "BA")])
def test_in_strict_order_recordings_stand_as_they_were_made(old: str, new: str, expected: str) -> None:
    assert settled(old, new, keeps_order=False) == expected


def test_in_strict_order_what_was_not_requested_stays_behind_what_was_before_it() -> None:
    assert settled("xaybz", "ba", keeps_others=True, keeps_order=False) == "xBzAy"


def test_update_mends_a_cassette_of_strict_order(stage: Stage) -> None:
    def send(*paths: str) -> None:
        for path in paths:
            stage.client.get(f"https://api.test/{path}")

    with stage.use(order="strict"):
        send("a", "b", "c")
    with stage.use("none", order="strict"), pytest.raises(cassettes.OutOfOrder, match="mode='update'"):
        send("b", "new", "a")

    with stage.use("update", order="strict"):
        send("b", "new", "a")

    with stage.use("none", order="strict"):
        send("b", "new", "a")
