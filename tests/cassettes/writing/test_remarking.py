"""One mark is one secret, before and after a cassette is recorded anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import understudy
from understudy.cassettes.writing.remarking import Remarking

if TYPE_CHECKING:
    from ..conftest import Stage

ONE, TWO, THREE = (f"__REDACTED_token_{number}__" for number in (1, 2, 3))
KEY = "__REDACTED_key_1__"


def test_marks_at_one_place_are_marks_of_one_secret() -> None:
    old, new = f"a: {ONE}\nb: [x, 'see {TWO} and {ONE}']\n", f"a: {TWO}\nb: [x, 'see {ONE} and {TWO}', {THREE}]\n"

    remarking = Remarking([(old, new)])

    assert remarking.said(new) == f"a: {ONE}\nb: [x, 'see {TWO} and {ONE}', {THREE}]\n"


def test_a_new_secret_gets_a_number_that_no_other_has() -> None:
    inserted, moved = f"a: {ONE}\n", f"b: {TWO}\n"

    remarking = Remarking([(None, inserted), (f"b: {ONE}\n", moved)])

    assert [remarking.said(text) for text in (inserted, moved)] == [f"a: {TWO}\n", f"b: {ONE}\n"]


def test_what_cannot_be_told_apart_keeps_its_number() -> None:
    recorded = [
        (f"a: {ONE}\n", f"a: {ONE} {TWO}\n"),
        (f"a: {KEY}\n", f"a: {ONE}\n"),
        (f"[{ONE}\n", f"[{TWO}]\n"),
        ("a: b\n", f"a: {TWO}\n"),
        (f"c: {ONE}\n", f"a: {TWO}\n"),
    ]

    remarking = Remarking(recorded)

    assert not remarking.changes
    assert remarking.said(TWO) == TWO


def test_update_with_one_more_request_confuses_no_secrets(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200, json={"token": f"{request.url.path}-{len(stage.server.asked)}-secret"}
    )
    with stage.use():
        for name in "ac":
            stage.client.get(f"https://api.test/{name}")

    with stage.use("update"):
        for name in "abc":
            stage.client.get(f"https://api.test/{name}")

    parts = stage.text.split("--- #")
    assert [part.partition("__REDACTED_")[2][:7] for part in parts[1:]] == ["token_1", "token_3", "token_2"]
    assert [part.partition(" -> ")[0] for part in parts[1:]] == [" GET /a", " GET /b", " GET /c"]


def test_update_finds_the_old_recording_of_a_request_that_repeats_its_secret(stage: Stage) -> None:
    def ask(*names: str) -> None:
        for name in names:
            token = f"token-of-{name}-and-more"
            stage.client.get(f"https://api.test/{name}/{token}", headers={"authorization": f"Bearer {token}"})

    with stage.use():
        ask("a", "b")
    before = stage.text.replace("/a/__REDACTED_token_1__", "").replace("/b/__REDACTED_token_2__", "")

    with stage.use("update"):
        ask("b", "a")

    assert stage.text.replace("/a/__REDACTED_token_1__", "").replace("/b/__REDACTED_token_2__", "") == before
