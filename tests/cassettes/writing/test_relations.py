"""Identifiers tell what belongs together: an old one stands for a new one everywhere, or nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import understudy
from understudy.cassettes.writing.relations import Relations

if TYPE_CHECKING:
    from ..conftest import Stage

A, B, C, D, E, F = (str(UUID(int=number * 0x1234567890ABCDEF)) for number in range(1, 7))
COMMIT, OTHER = "8f14e45fceea467fa0e6", "8b9d3b5c2a118f14e45f"


def answer(data: Any) -> dict[str, Any]:
    return {"request": {}, "response": {"status": 200, "json": data}}


@pytest.mark.parametrize(
    ("old", "new", "counting"),
    [
        ([A, B], [C, D], set[str]()),
        ([A, B], [C, D, E], set[str]()),
        ([A, B], [C, A, B], {A, C}),
        ([A, B], [B, A], {A, B}),
        ({"id": A, "next": B}, {"id": C, "next": C}, {C}),
        ({"id": A, "next": A}, {"id": C, "next": D}, {C, D}),
        ([{"id": A, "of": B}], [{"id": C, "of": D}, {"id": E, "of": D}], {D}),
        ({"id": A}, {"id": C, "also": {"id": C}}, {C}),
        ({"id": A}, [C], set[str]()),
        ([COMMIT], [OTHER, COMMIT], {OTHER}),
        (["2026-11-23T10:00:00Z"] * 2, ["2026-11-24T10:00:00Z", "2026-11-25T10:00:00Z"], set[str]()),
        ({"trace": A, "last": B}, {"trace": C, "last": C}, set[str]()),
    ],
)
def test_which_identifiers_count(old: Any, new: Any, counting: set[str]) -> None:
    relations = Relations([("trace",)])

    relations.add(answer(old), answer(new))

    assert relations.that_count() == counting


def test_answers_tell_together_what_counts() -> None:
    relations = Relations([])

    relations.add(answer([A, B]), answer([C, D, E]))  # C is new in front
    relations.add(answer({"owner": A}), answer({"owner": D}))
    relations.add(answer({"other": F}), answer({"other": F}))
    relations.add(None, answer([E]))
    relations.add({"error": {"type": "ReadTimeout"}}, answer([]))
    relations.add([], [])

    assert relations.that_count() == {C, D}


def test_an_element_that_is_new_in_front_takes_no_name_of_another_one(stage: Stage) -> None:
    def record(mode: str, *people: tuple[str, str]) -> None:
        said = [{"id": key, "name": name} for key, name in people]
        stage.server.reply = lambda request: understudy.Response(200, json=said)
        with stage.use(mode):
            stage.client.get("https://api.test/people")

    record("once", (A, "Ada"), (B, "Bob"))

    record("update", (C, "Cid"), (A, "Ada"), (B, "Bob"))

    people = stage.text.partition("  json:\n")[2]
    assert people.startswith(
        f"    - {{id: {C}, name: Cid}}\n    - {{id: {A}, name: Ada}}\n    - {{id: {B}, name: Bob}}\n"
    )


def test_what_is_only_in_another_order_has_changed(stage: Stage) -> None:
    answers = iter([[A, B], [B, A]])
    stage.server.reply = lambda request: understudy.Response(200, json=next(answers))
    with stage.use():
        stage.client.get("https://api.test/keys")

    with stage.use("update"):
        stage.client.get("https://api.test/keys")

    assert stage.text.index(B) < stage.text.index(A)


def test_answers_that_share_an_identifier_share_the_old_one_or_the_new_one(stage: Stage) -> None:
    def record(mode: str, users: list[str], owner: str) -> None:
        answers = {"/users": [{"id": key, "n": len(users)} for key in users], "/order": {"owner": owner}}
        stage.server.reply = lambda request: understudy.Response(200, json=answers[request.url.path])
        with stage.use(mode):
            stage.client.get("https://api.test/users")
            stage.client.get("https://api.test/order")

    record("once", [A, B], A)
    record("update", [C, D], C)
    assert C not in stage.text

    record("update", [E, C, D], C)

    assert f"owner: {C}" in stage.text
    assert A not in stage.text
