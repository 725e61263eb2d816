"""Modes `all` and `update`: recorded beside the cassette, put in its place when the block has succeeded."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes
from understudy.cassettes.yaml import reader

if TYPE_CHECKING:
    from understudy.cassettes.settings import Mode

    from .conftest import Stage


def answering(stage: Stage, answers: dict[str, object]) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200,
        headers={"Date": f"Sun, 22 Nov 2026 17:00:{len(stage.server.asked):02} GMT"},
        json=answers[request.url.path],
    )


def test_all_replaces_what_was_recorded_again_and_keeps_the_rest(stage: Stage) -> None:
    answering(stage, {"/a": 1, "/b": 2})
    with stage.use():
        stage.client.get("https://api.test/a")
        stage.client.get("https://api.test/b")
    answering(stage, {"/a": 3, "/c": 4})

    with stage.use("all"):
        stage.client.get("https://api.test/a")
        stage.client.get("https://api.test/c")

    loaded = cassettes.load(stage.path).interactions
    assert [(item.request.url[-1], item.response and item.response.content) for item in loaded] == [
        ("a", b"3"),
        ("c", b"4"),
        ("b", b"2"),
    ]
    assert os.listdir(stage.path.parent) == ["tape.yaml"]


def test_update_of_unchanged_answers_leaves_every_byte(stage: Stage) -> None:
    answering(stage, {"/a": {"id": "8f14e45f-ceea-467f-a0e6-8b9d3b5c2a11", "n": 1}, "/b": {"n": 2}})
    with stage.use():
        stage.client.get("https://api.test/a")
        stage.client.get("https://api.test/b")
    stage.path.write_text("# Mine.\n" + stage.text.replace("json:", "json: # the answer"))
    before = stage.text
    answering(stage, {"/a": {"id": "00000000-ceea-467f-a0e6-8b9d3b5c2a11", "n": 1}, "/b": {"n": 2}})

    with stage.use("update"):
        stage.client.get("https://api.test/b")
        stage.client.get("https://api.test/a")

    assert stage.text == before


def test_update_shows_what_changed_and_drops_what_is_not_asked_any_more(stage: Stage) -> None:
    answering(stage, {"/a": {"n": 1}, "/b": {"n": 2}, "/c": {"n": 3}})
    with stage.use():
        for name in "abc":
            stage.client.get(f"https://api.test/{name}")
    before = stage.text
    answering(stage, {"/a": {"n": 1}, "/b": {"n": "2"}})

    with stage.use("update"):
        stage.client.get("https://api.test/a")
        stage.client.get("https://api.test/b")

    assert stage.text.split("--- #")[:2] == before.split("--- #")[:2]
    assert 'n": "2"' in stage.text
    assert "/c" not in stage.text


def answer(number: int, name: str) -> understudy.Response:
    """Return what differs in every recording, in fields and in members, and one name."""
    moment = f"2026-11-22T10:00:{number:02}Z"
    data = {
        "id": f"5f0c1c62-3c1e-4d57-9a57-0a4f6d3c8c{number:02}",
        "at": moment,
        name: "Ada",
        "token": f"a-secret-{number}",
    }
    fields = {"x-request-id": f"request-{number:08}", "etag": f'W/"{number:016}"'}
    return understudy.Response(200, json=data, headers=fields)


def test_update_of_a_changed_answer_changes_the_lines_that_mean_something(stage: Stage) -> None:
    stage.server.reply = lambda request: answer(11, "name")
    with stage.use("once"):
        stage.client.get("https://api.test/users", headers={"authorization": "Bearer a-token-of-monday"})
    before = stage.text.splitlines()

    stage.server.reply = lambda request: answer(12, "full_name")
    with stage.use("update"):
        stage.client.get("https://api.test/users", headers={"authorization": "Bearer a-token-of-tuesday"})

    after = stage.text.splitlines()
    changed = [line.strip() for line in after if line not in before]
    gone = [line.strip() for line in before if line not in after]
    assert [line for line in changed if not line.startswith(("Content-Length", "took"))] == ["full_name: Ada"]
    assert [line for line in gone if not line.startswith(("Content-Length", "took"))] == ["name: Ada"]


def test_update_of_a_changed_body_in_a_file_keeps_nothing_of_the_old_one(stage: Stage) -> None:
    contents = iter((b"\x00\xff" * 9000, b"\xff\x00" * 9000))
    stage.server.reply = lambda request: understudy.Response(200, content=next(contents))
    for mode in ("once", "update"):
        with stage.use(mode):
            stage.client.get("https://api.test/picture")

    with stage.use("none"):
        assert stage.client.get("https://api.test/picture").content == b"\xff\x00" * 9000


def test_update_does_not_keep_a_value_that_the_program_sends_back(stage: Stage) -> None:
    identifiers = iter(["8f14e45f-ceea-467f-a0e6-8b9d3b5c2a11", "11111111-ceea-467f-a0e6-8b9d3b5c2a11"])

    def reply(request: understudy.Request) -> understudy.Response:
        return understudy.Response(201, json={"id": next(identifiers)} if request.method == "POST" else {})

    def session() -> None:
        identifier = stage.client.post("https://api.test/orders").json()["id"]
        stage.client.get(f"https://api.test/orders/{identifier}")

    stage.server.reply = reply
    with stage.use():
        session()
    with stage.use("update"):
        session()

    with stage.use("none"):
        session()


def test_volatile_names_what_may_differ(stage: Stage) -> None:
    answering(stage, {"/a": {"seen": 1, "items": [{"rank": 1}]}})
    with stage.use():
        stage.client.get("https://api.test/a")
    before = stage.text
    answering(stage, {"/a": {"seen": 2, "items": [{"rank": 7}]}})

    with stage.use("update", volatile=["json.seen", "json..rank"]):
        stage.client.get("https://api.test/a")

    assert stage.text == before


@pytest.mark.parametrize("style", [{"nonce": "%s"}, {"nonce": "%s", "note": "as\nlong as it is"}])
def test_what_is_ignored_in_requests_is_not_sent_back(stage: Stage, style: dict[str, str]) -> None:
    stage.server.reply = lambda request: understudy.Response(200, json={"echo": json.loads(request.content)})

    def session(nonce: str) -> None:
        stage.client.post("https://api.test/a", json={**style, "nonce": nonce})

    with stage.use(ignore=["json.nonce"]):
        session("5f0c1c62-3c1e-4d57-9a57-0a4f6d3c8c11")
    before = stage.text
    with stage.use("update", ignore=["json.nonce"]):
        session("91be1c62-3c1e-4d57-9a57-0a4f6d3c8c22")

    assert stage.text == before


@pytest.mark.parametrize("mode", ["all", "update"])
def test_a_block_that_fails_changes_nothing(stage: Stage, mode: str) -> None:
    answering(stage, {"/a": 1})
    with stage.use():
        stage.client.get("https://api.test/a")
    before = stage.text
    answering(stage, {"/a": 2})

    with pytest.raises(KeyError), stage.use(mode):  # noqa: PT012
        stage.client.get("https://api.test/a")
        raise KeyError

    assert stage.text == before
    assert os.listdir(stage.path.parent) == ["tape.yaml"]


@pytest.mark.parametrize("mode", ["all", "update"])
def test_recording_anew_starts_a_cassette_that_is_not_there(stage: Stage, mode: str) -> None:
    answering(stage, {"/a": 1})

    with stage.use(mode):
        stage.client.get("https://api.test/a")

    assert len(cassettes.load(stage.path)) == 1


@pytest.mark.parametrize("mode", ["all", "update"])
def test_what_is_changed_by_hand_while_it_is_recorded_anew_stays(stage: Stage, mode: str) -> None:
    answering(stage, {"/a": 1, "/b": 1})
    with stage.use():
        stage.client.get("https://api.test/a")
        stage.client.get("https://api.test/b")
    answering(stage, {"/a": 2, "/b": 2})

    with stage.use(mode):
        stage.client.get("https://api.test/a")
        stage.path.write_text(stage.text.replace("\n...\n", "\nignore: [json.nonce]  # mine\n...\n", 1))
        line = cassettes.load(stage.path).interactions[1].line
        assert line is not None
        cassettes.prune(stage.path, [line])

    assert "ignore: [json.nonce]  # mine\n" in stage.text
    assert [item.summary for item in cassettes.load(stage.path).interactions] == ["GET /a -> 200"]


@pytest.mark.parametrize("text", [None, "cassette: [\n"])
def test_a_file_that_is_gone_or_broken_by_then_is_begun_anew_or_left_as_it_is(stage: Stage, text: str | None) -> None:
    answering(stage, {"/a": 1})
    with stage.use():
        stage.client.get("https://api.test/a")
    recording = stage.use("all")

    recording.__enter__()
    stage.client.get("https://api.test/a")
    stage.path.unlink()
    if text is not None:
        stage.path.write_text(text)
        with pytest.raises(cassettes.CassetteDamaged, match="not valid YAML"):
            recording.__exit__(None, None, None)
        assert stage.text == text
    else:
        recording.__exit__(None, None, None)
        assert len(cassettes.load(stage.path)) == 1


@pytest.mark.parametrize("mode", ["all", "update"])
def test_recording_anew_keeps_the_line_ends_of_windows(stage: Stage, mode: str) -> None:
    answering(stage, {"/a": 1})
    with stage.use():
        stage.client.get("https://api.test/a")
    stage.path.write_bytes(stage.path.read_bytes().replace(b"\n", b"\r\n"))
    answering(stage, {"/a": 2})

    with stage.use(mode):
        stage.client.get("https://api.test/a")

    written = stage.path.read_bytes()
    assert b"json: 2" in written
    assert written.count(b"\n") == written.count(b"\r\n") > 0


def test_two_at_once_are_refused(stage: Stage) -> None:
    with stage.use("update"), pytest.raises(cassettes.CassetteLocked, match="anew already"), stage.use("update"):
        raise AssertionError


def test_a_linked_cassette_stays_a_link_and_keeps_its_mode(stage: Stage) -> None:
    answering(stage, {"/a": 1})
    real = stage.path.with_name("real.yaml")
    with cassettes.use(real):
        stage.client.get("https://api.test/a")
    real.chmod(0o600)
    stage.path.symlink_to(real)
    answering(stage, {"/a": json.loads("2")})

    with stage.use("all"):
        stage.client.get("https://api.test/a")

    assert stage.path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert "json: 2" in real.read_text()


@pytest.mark.parametrize("mode", ["all", "update"])
def test_comments_above_and_a_heading_of_the_author_stay_where_the_answer_has_changed(stage: Stage, mode: str) -> None:
    answering(stage, {"/a": 1, "/b": 2, "/c": 3})
    with stage.use():
        for name in "abc":
            stage.client.get(f"https://api.test/{name}")
    text = stage.text.replace("--- # GET /a", "# about a\n\n--- # GET /a").replace(
        "--- # GET /b -> 200", "--- # the B one"
    )
    stage.path.write_text(text)
    stage.server.asked.clear()
    answering(stage, {"/a": 10, "/b": 20, "/c": 30})

    with stage.use(mode):
        for name in "abc":
            stage.client.get(f"https://api.test/{name}")

    lines = [line for line in stage.text.splitlines() if line.startswith(("#", "---")) or "json" in line]
    assert [line for line in lines if "content-type" not in line.lower()] == [
        "# about a",
        "--- # GET /a -> 200",
        "  json: 10",
        "--- # the B one",
        "  json: 20",
        "--- # GET /c -> 200",
        "  json: 30",
    ]


@pytest.mark.parametrize("mode", ["all", "update"])
def test_a_shared_cassette_keeps_what_this_block_did_not_request(stage: Stage, mode: Mode) -> None:
    with stage.use("once"):
        stage.client.get("https://api.test/one", headers={"x-api-key": "secret-of-the-first"})
        stage.client.post("https://api.test/two")
        stage.client.post("https://api.test/two")

    with stage.use(mode, shared=True):
        stage.client.post("https://api.test/two")
    with stage.use(mode, shared=True):
        stage.client.get("https://api.test/three", headers={"x-api-key": "secret-of-the-second"})

    paths = [interaction.request.url.rpartition("/")[2] for interaction in cassettes.load(stage.path).interactions]
    assert paths == ["one", "two", "two", "three"]
    assert "__REDACTED_key_1__" in stage.text
    assert "__REDACTED_key_2__" in stage.text


def test_shared_is_true_or_false(stage: Stage) -> None:
    with pytest.raises(ValueError, match="`shared` is True where others record into the same cassette, not 'yes'"):
        stage.use("update", shared="yes")


@pytest.mark.parametrize("mode", ["all", "update"])
def test_a_secret_in_a_place_that_does_not_tell_moves_no_interaction(stage: Stage, mode: Mode) -> None:
    def record(mode: Mode, token: str) -> None:
        stage.server.reply = lambda request: understudy.Response(
            200, json={"token": token} if request.url.path == "/login" else {}
        )
        with stage.use(mode):
            stage.client.post("https://api.test/login", json={"user": "ada"})
            stage.client.post("https://api.test/verify", json={"ref": token})
            stage.client.get("https://api.test/last")

    record("once", "abcdef1234567")

    record(mode, "zyxwvu9876543")

    summaries = [interaction.summary for interaction in cassettes.load(stage.path).interactions]
    assert summaries == ["POST /login -> 200", "POST /verify -> 200", "GET /last -> 200"]


def test_an_interaction_of_more_events_than_a_document_may_have_values_is_recorded_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader._Builder, "max_nodes", reader.MAX_NODES // 20)
    events = [b": \n\n" * 20_000, b": \n\n" * 20_001]
    stage.server.reply = lambda request: understudy.Response(
        200, headers={"Content-Type": "text/event-stream"}, content=events.pop(0)
    )
    with stage.use():
        stage.client.get("https://api.test/events")

    with stage.use("update"):
        stage.client.get("https://api.test/events")

    response = cassettes.load(stage.path).interactions[0].response
    assert response is not None
    assert len(response.content) == 4 * 20_001
