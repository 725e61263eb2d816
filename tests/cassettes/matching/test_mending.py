"""What a miss proposes mends it: each proposal is put into the first document, and the request is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import cassettes

if TYPE_CHECKING:
    from ..conftest import Stage

URL = "https://api.test/orders"


def proposal(stage: Stage, recorded: dict[str, Any], sent: dict[str, Any], **settings: Any) -> str:
    """Return what a miss proposes, once it was written down and has let the recording answer."""
    for request in (recorded, sent):
        request.setdefault("method", "POST")
        request.setdefault("url", URL)
    with stage.use():
        stage.client.request(**recorded)
    with stage.use("none", **settings), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.request(**sent)
    assert caught.value.mend is not None
    found = caught.value.mend.partition(" say ")[2].partition(" in the first document")[0]
    if found:
        lines = found.strip("`").replace("` and `", "\n")
        stage.path.write_text(stage.text.replace("\n...\n", f"\n{lines}\n...\n", 1), "utf-8")
        with stage.use("none"):
            stage.client.request(**sent)
    return found


@pytest.mark.parametrize(
    ("recorded", "sent", "expected"),
    [
        ({"a": 1, "b": 1}, {"a": 2, "b": 1}, "`ignore: [json.a]`"),
        ({"a": 1}, {}, "`ignore: [json.a]`"),
        ({"a": None}, {}, "`ignore: [json.a]`"),
        ({"a": True}, {"a": 1}, "`ignore: [json.a]`"),
        ({"a": [{"id": 1}, {"id": 2}]}, {"a": [{"id": 3}, {"id": 4}]}, "`ignore: [json.a.*.id]`"),
        ({"a": [{"id": 1}, {"id": 2}]}, {"a": [{"id": 1}]}, "`ignore: [json.a]`"),
        ({"a": []}, {"a": [1]}, "`ignore: [json.a]`"),
        ({"a": {"b": 1}}, {"a": 1}, "`ignore: [json.a]`"),
        ({"a": {"b.c": 1}}, {"a": {"b.c": 2}}, "`ignore: [json.a]`"),
        ({"a: b": 1, "[": 1}, {"a: b": 2, "[": 2}, '`ignore: ["json.[", "json.a: b"]`'),
        ({"": 1}, {"": 2}, "`match: [method, url]`"),
        ([1, 2], [1, 2, 3], "`match: [method, url]`"),
        ({"a": 1}, [1], "`match: [method, url]`"),
        ("a", "b", "`match: [method, url]`"),
    ],
)
def test_json_that_differs_is_ignored_part_by_part(stage: Stage, recorded: Any, sent: Any, expected: str) -> None:
    assert proposal(stage, {"json": recorded}, {"json": sent}) == expected


@pytest.mark.parametrize(
    ("recorded", "sent", "expected"),
    [
        ({"params": {"a[]": "1"}}, {"params": {"a[]": ["1", "2"]}}, '`ignore: ["query.a[]"]`'),
        ({"data": {"a": "1"}}, {}, "`ignore: [form.a]`"),
        ({"data": {"a": "1", "b": "1"}}, {"data": {"b": "2"}}, "`ignore: [form.a, form.b]`"),
        ({"files": {"a": ("a.txt", b"1")}}, {"files": {"a": ("b.bin", b"\xff")}}, "`ignore: [form.a]`"),
        ({"json": {"a": 1}}, {"data": {"a": "1"}}, "`match: [method, url]`"),
        ({"content": b"one"}, {"content": b"two"}, "`match: [method, url]`"),
        ({"url": "http://127.0.0.1:81/x"}, {"url": "http://127.0.0.1:82/x"}, "`match: [method, path, query, body]`"),
        (
            {"url": "http://one.test/?n=1", "content": b"one"},
            {"url": "https://two.test/?n=2", "content": b"two"},
            "`match: [method, path, query]` and `ignore: [query.n]`",
        ),
        ({"url": "https://api.test/?=1"}, {"url": "https://api.test/?=2"}, ""),
        ({"url": "https://api.test/a"}, {"url": "https://api.test/b"}, ""),
        ({"method": "POST"}, {"method": "PUT"}, ""),
    ],
)
def test_what_else_differs_is_ignored_or_not_compared(
    stage: Stage, recorded: dict[str, Any], sent: dict[str, Any], expected: str
) -> None:
    assert proposal(stage, dict(recorded), dict(sent)) == expected


def test_what_is_ignored_already_stays_in_the_proposed_line(stage: Stage) -> None:
    found = proposal(stage, {"json": {"a": 1, "b": 1}}, {"json": {"a": 2, "b": 2}}, ignore=["json.a"])

    assert found == "`ignore: [json.a, json.b]`"


@pytest.mark.parametrize(
    ("match", "difference", "expected"),
    [
        (["method", "header.x-a"], "header.x-a  recorded '1'  now '2'", "`match: [method]`"),
        (["method", "headers"], "header.x-a  recorded '1'  now '2'", "`ignore: [header.x-a]`"),
        (["method", "json.a.b"], "json.a.b  recorded 1  now 2", "`match: [method]`"),
        (["method", "query.n"], "query.n  recorded '1'  now ['2', '3']", "`match: [method]`"),
    ],
)
def test_fields_that_match_names_are_shown_and_left_out(
    stage: Stage, match: list[str], difference: str, expected: str
) -> None:
    stage.written(header=f"cassette: 1\nmatch: [{', '.join(match)}]\n")
    with stage.use():
        stage.client.post(URL, params={"n": "1"}, json={"a": {"b": 1}}, headers={"x-a": "1"})

    with stage.use("none"), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.post(URL, params={"n": ["2", "3"]}, json={"a": {"b": 2}}, headers={"x-a": "2"})

    assert difference in caught.value.problem
    assert expected in str(caught.value.mend)


def test_a_function_that_says_no_is_named(stage: Stage) -> None:
    def same_day(recorded: object, sent: object) -> bool:
        return False

    with stage.use():
        stage.client.get(URL)

    with stage.use("none", match=["method", "url", same_day]), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.get(URL)

    assert "match=test_a_function_that_says_no_is_named.<locals>.same_day says no" in caught.value.problem
    assert caught.value.mend == "Record it with mode='new_episodes'."


def test_for_a_tape_of_another_tool_everything_is_said_in_code(stage: Stage) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: GET, uri: 'https://api.test/?q=tea'}\n"
        "  response: {status: {code: 200}, body: {string: hi}}\nversion: 1\n"
    )

    with stage.use("none"), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.get("https://api.test/?q=coffee")

    assert caught.value.mend == (
        "If that does not matter, say ignore=['query.q'] in code; or convert this tape with "
        "understudy.cassettes.convert(source, target), and record it with mode='new_episodes' into the new one."
    )
    with stage.use("none", ignore=["query.q"]):
        assert stage.client.get("https://api.test/?q=coffee").text == "hi"


def test_one_more_request_to_a_tape_of_another_tool_is_mended_in_code_too(stage: Stage) -> None:
    stage.path.write_text(
        "interactions:\n- request: {method: POST, uri: 'https://api.test/'}\n"
        "  response: {status: {code: 200}, body: {string: hi}}\nversion: 1\n"
    )

    with stage.use("none"):
        stage.client.post("https://api.test/")
        with pytest.raises(cassettes.AllPlayed) as caught:
            stage.client.post("https://api.test/")

    assert caught.value.mend == (
        "If the program may repeat it, say `repeats='last'` in code; or convert this tape with "
        "understudy.cassettes.convert(source, target), and record the further request with mode='new_episodes' "
        "into the new one."
    )
