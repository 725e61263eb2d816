"""When a recording answers a request, and when it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import cassettes
from understudy.cassettes.data import paths
from understudy.cassettes.matching.keys import stands_for

if TYPE_CHECKING:
    from ..conftest import Stage

URL = "https://api.test/"
EPISODE = """--- # GET /users -> 200
request:
  method: GET
  url: https://api.test/users
response:
  status: 200
  json: [ada, grace]
...
"""


def same_first_byte(one: cassettes.RecordedRequest, other: cassettes.RecordedRequest) -> bool:
    return one.content[:1] == other.content[:1]


def never(one: cassettes.RecordedRequest, other: cassettes.RecordedRequest) -> bool:
    return False


def answers(stage: Stage, recorded: dict[str, Any], sent: dict[str, Any], **settings: object) -> bool:
    """Record one request, and return whether its recording answers the other."""

    def send(options: dict[str, Any]) -> None:
        options = dict(options)
        stage.client.request(options.pop("method", "POST"), options.pop("url", URL), **options)

    with stage.use("all"):
        send(recorded)
    with stage.use("none", **settings):
        try:
            send(sent)
        except cassettes.NoMatch:
            return False
    return True


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        ({"json": {"a": 1, "b": 2}}, {"json": {"b": 2, "a": 1.0}}),
        ({"data": {"a": "1", "b": "2"}}, {"data": {"b": "2", "a": "1"}}),
        ({"files": {"f": ("n", b"\x00\xff")}}, {"files": {"f": ("n", b"\x00\xff")}}),
        ({"files": {"f": b"x"}, "data": {"password": "one"}}, {"files": {"f": b"x"}, "data": {"password": "two"}}),
        ({"url": URL + "?a=1&b=2"}, {"url": URL + "?b=2&a=1"}),
        ({"url": URL + "?q=a+b"}, {"url": URL + "?q=a%20b"}),
        ({"url": URL + "%7Eada/caf%C3%A9%2F"}, {"url": URL + "~ada/caf%c3%a9%2f"}),
        ({"url": URL + "~ada/a:b"}, {"url": URL + "%7Eada/a%3ab"}),
        ({"url": URL + "a|b"}, {"url": URL + "a%7Cb"}),
        ({"url": URL + "a%7Cb"}, {"url": URL + "a|b"}),
        ({"url": URL + "?token=1"}, {"url": URL + "?token=2"}),
        ({"url": "https://API.test:443"}, {"url": URL}),
        ({"content": b"\xff\xfe"}, {"content": b"\xff\xfe"}),
        ({"headers": {"a": "1"}}, {"headers": {"a": "2"}}),
        ({"method": "get"}, {"method": "GET"}),
    ],
)
def test_what_means_the_same_is_answered(stage: Stage, recorded: dict[str, Any], sent: dict[str, Any]) -> None:
    assert answers(stage, recorded, sent)


@pytest.mark.parametrize(
    ("recorded", "sent"),
    [
        ({"json": {"a": 1}}, {"json": {"a": "1"}}),
        ({"json": {"a": 1}}, {"json": {"a": 1, "b": None}}),
        ({"json": {"a": True}}, {"json": {"a": 1}}),
        ({"data": {"a": "1"}}, {"data": {"a": "2"}}),
        ({"data": {"a": ["1", "2"]}}, {"data": {"a": ["2", "1"]}}),
        ({"files": {"f": ("n", b"x")}}, {"files": {"f": ("m", b"x")}}),
        ({"files": {"f": ("n", b"x")}}, {"files": {"f": ("n", b"y")}}),
        ({"url": URL + "?a=1&a=2"}, {"url": URL + "?a=2&a=1"}),
        ({"url": URL + "?a="}, {"url": URL}),
        ({"url": URL + "a%2Fb"}, {"url": URL + "a/b"}),
        ({"content": b"\xff\xfe"}, {"content": b"\xff\xff"}),
        ({"content": b"a"}, {}),
        ({"method": "PUT"}, {"method": "POST"}),
        ({"url": "http://api.test/"}, {"url": URL}),
    ],
)
def test_what_means_something_else_is_not(stage: Stage, recorded: dict[str, Any], sent: dict[str, Any]) -> None:
    assert not answers(stage, recorded, sent)


@pytest.mark.parametrize(
    ("ignore", "recorded", "sent"),
    [
        ("json.ref", {"json": {"ref": 1, "a": 1}}, {"json": {"ref": 2, "a": 1}}),
        ("json.items.*.ref", {"json": {"items": [{"ref": 1}]}}, {"json": {"items": [{"ref": 2}]}}),
        ("json.items.ref", {"json": {"items": [{"ref": 1}]}}, {"json": {"items": [{"ref": 2}]}}),
        ("json.items.0", {"json": {"items": [1, 2]}}, {"json": {"items": [3, 2]}}),
        ("json..ref", {"json": {"deep": [{"ref": 1}], "ref": 1}}, {"json": {"deep": [{"ref": 2}], "ref": 2}}),
        ("query.nonce", {"url": URL + "?nonce=1"}, {"url": URL + "?nonce=2"}),
        ("form.ref", {"data": {"ref": "1"}}, {"data": {"ref": "2"}}),
        ("form.ref", {"data": {"ref": "1"}, "files": {"f": b"x"}}, {"data": {"ref": "2"}, "files": {"f": b"x"}}),
    ],
)
def test_ignore_takes_parts_out(stage: Stage, ignore: str, recorded: dict[str, Any], sent: dict[str, Any]) -> None:
    assert answers(stage, recorded, sent, ignore=[ignore])
    assert not answers(stage, recorded, sent)


@pytest.mark.parametrize(
    ("match", "recorded", "sent", "is_answered"),
    [
        (["method", "url"], {"json": 1}, {"json": 2}, True),
        (["method", "path"], {"url": URL + "?a=1"}, {"url": "http://other.test/"}, True),
        (["method", "host", "port", "scheme", "query"], {"url": URL + "a?b=1"}, {"url": URL + "c?b=1"}, True),
        (
            ["method", "url", "header.X-Version"],
            {"headers": {"x-version": "1"}},
            {"headers": {"x-version": "2"}},
            False,
        ),
        (["method", "url", "headers"], {"headers": {"a": "1"}}, {"headers": {"a": "1"}}, True),
        (["method", "url", "headers"], {"headers": {"a": "1"}}, {"headers": {"a": "2"}}, False),
        (["method", "url", "json.id"], {"json": {"id": 1, "n": 1}}, {"json": {"id": 1, "n": 2}}, True),
        (["method", "url", "json.ids.0"], {"json": {"ids": [1, 2]}}, {"json": {"ids": [3, 2]}}, False),
        (["method", "url", "json.id"], {"content": b"x"}, {"content": b"y"}, True),
        (["method", "path", "query.a"], {"url": URL + "?a=1&b=1"}, {"url": URL + "?a=1&b=2"}, True),
        (["method", "url", "form.a"], {"data": {"a": "1", "b": "1"}}, {"data": {"a": "2", "b": "1"}}, False),
        ([same_first_byte], {"content": b"ab"}, {"content": b"ac"}, True),
        ([same_first_byte], {"content": b"ab"}, {"content": b"bc"}, False),
    ],
)
def test_match_says_what_counts(
    stage: Stage, match: list[Any], recorded: dict[str, Any], sent: dict[str, Any], is_answered: bool
) -> None:
    assert answers(stage, recorded, sent, match=match) is is_answered


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"match": ["nonsense"]}, "cannot match on 'nonsense'"),
        ({"match": [1]}, "names of fields and callables"),
        ({"ignore": ["created"]}, "names no part of a message"),
        ({"ignore": [1]}, "a list of names"),
        ({"volatile": "json"}, "names no part of a message"),
        ({"repeats": "often"}, "`repeats` is one of"),
        ({"order": "random"}, "`order` is one of"),
    ],
)
def test_wrong_settings_fail_at_once(stage: Stage, settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem), stage.use(**settings):
        raise AssertionError


def test_strict_order_is_the_order_of_the_file(stage: Stage) -> None:
    with stage.use():
        stage.client.get(URL + "1")
        stage.client.get(URL + "2")

    with stage.use("none", order="strict"):
        stage.client.get(URL + "1")
        stage.client.get(URL + "2")
        with pytest.raises(cassettes.AllPlayed, match="strict order repeats nothing") as played:
            stage.client.get(URL + "2")
        with pytest.raises(cassettes.NoMatch, match="nearest"):
            stage.client.get(URL + "3")
    assert "If the program may repeat it, remove `order: strict`" in str(played.value)
    with stage.use("none", order="strict"), pytest.raises(cassettes.OutOfOrder, match="next: line 5  GET /1") as caught:
        stage.client.get(URL + "2")

    assert "path    recorded '/1'  now '/2'" in str(caught.value).replace("path  ", "path    ")


def test_strict_order_records_what_comes_after_the_file(stage: Stage) -> None:
    with stage.use():
        stage.client.get(URL + "1")

    with stage.use("new_episodes", order="strict") as cassette:
        stage.client.get(URL + "1")
        stage.client.get(URL + "2")

    assert cassette.recorded == ["GET /2 -> 200"]


def test_a_part_that_differs_in_every_recording_looks_random(stage: Stage) -> None:
    with stage.use():
        for nonce in ("a", "b"):
            stage.client.post(URL + f"?nonce={nonce}", json={"list": [], "nested": {"x": [1]}})

    with stage.use("none"), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.post(URL + "?nonce=c", json={"list": [], "nested": {"x": [1]}})

    assert "looks random: another one in each of 2 recordings" in str(caught.value)
    assert "ignore: [query.nonce]" in str(caught.value)


def test_a_miss_shows_forms_bytes_and_no_more_than_fits(stage: Stage) -> None:
    with stage.use():
        stage.client.post(URL, data={f"field{number}": "1" for number in range(12)})
        stage.client.post(URL + "raw", content=b"\xff" * 5)

    with stage.use("none"):
        with pytest.raises(cassettes.NoMatch, match="and 4 more"):
            stage.client.post(URL, data={f"field{number}": "2" for number in range(12)})
        with pytest.raises(cassettes.NoMatch, match="recorded 5 bytes  now 'text'"):
            stage.client.post(URL + "raw", content=b"text")


def test_where_functions_match_too_each_recording_is_played_once(stage: Stage) -> None:
    with stage.use():
        for _ in range(2):
            stage.client.post(URL, content=b"same")

    def same_content(recorded: cassettes.RecordedRequest, sent: cassettes.RecordedRequest) -> bool:
        return recorded.content == sent.content

    with stage.use("none", match=["method", "url", same_content]) as tape:
        for _ in range(2):
            stage.client.post(URL, content=b"same")
        assert tape.unplayed == []
        with pytest.raises(cassettes.AllPlayed, match="was recorded 2 times"):
            stage.client.post(URL, content=b"same")


@pytest.mark.parametrize("text", ["json", "json.", "nonsense.a", ""])
def test_a_path_says_where_and_what(text: str) -> None:
    with pytest.raises(ValueError, match="say where and what"):
        paths.parse(text)


def test_paths_take_parts_out_of_data() -> None:
    data = {"a": [{"b": 1, "c": 2}, 3], "b": 4}

    assert paths.without(data, ("a", "0", "b")) == {"a": [{"c": 2}, 3], "b": 4}
    assert paths.without(data, ("a", "*")) == {"a": [None, None], "b": 4}
    assert paths.without(data, ("", "b")) == {"a": [{"c": 2}, 3]}
    assert paths.without(data, ("*",)) == {}
    assert paths.without(5, ("a",)) == 5
    assert paths.without(5, ()) is None
    assert paths.parse("headers.Date").names("date")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://api.test:443/users", "https://api.test/users"),
        ("https://API.test/users", "https://api.test/users"),
        ("https://api.test/a/../users", "https://api.test/users"),
        ("https://api.test", "https://api.test/"),
    ],
)
def test_urls_written_by_hand_in_another_way_answer(stage: Stage, written: str, sent: str) -> None:
    stage.written(EPISODE.replace("https://api.test/users", written), EPISODE.replace("/users", "/other"))

    with stage.use("none") as cassette:
        assert stage.client.get(sent).json() == ["ada", "grace"]

    assert len(cassette.played) == 1


def test_a_secret_in_the_path_is_whatever_the_program_sends(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TOKEN", "12345:abcdefgh")
    stage.written(
        EPISODE.replace("/users", "/bots/__REDACTED_token_1__/send"), EPISODE.replace("/users", "/bots/other/send")
    )

    with stage.use("none"):
        answer = stage.client.get("https://api.test/bots/12345:abcdefgh/send")

    assert answer.status_code == 200


BLANK = "__REDACTED__"


@pytest.mark.parametrize(
    ("recorded", "sent", "stands"),
    [
        (BLANK, "any thing/at all", True),
        (BLANK, "", False),
        (f"/bot{BLANK}/send", "/bot1:a-b/send", True),
        (f"/bot{BLANK}/send", "/bot1/a/send", False),
        (("json", f'{{"a":"{BLANK}","b":1}}'), ("json", '{"a":"x/\\" y","b":1}'), True),
        (("json", f'{{"a":"{BLANK}","b":1}}'), ("json", '{"a":"x","c":"y","b":1}'), False),
        (("text", BLANK), ("bytes", b"x"), False),
        (("text", f"is {BLANK}!"), ("text", "is a/b c!"), True),
        (("text", f"is {BLANK}!"), ("text", "is !"), False),
        (("bytes", BLANK.encode() + b"\xff"), ("bytes", b"\xfe\n\xff"), True),
        (("bytes", b"\xff"), ("bytes", b"\xfe"), False),
        ((), (), True),
        ((1, "a"), (1, "a"), True),
        ((1, "a"), (1,), False),
        ("a", "b", False),
    ],
)
def test_a_secret_stands_for_one_value(recorded: object, sent: object, stands: bool) -> None:
    assert stands_for(recorded, sent) is stands


@pytest.mark.parametrize("settings", [{}, {"order": "strict"}, {"match": ["method", "path", "body"]}])
def test_what_was_recorded_as_a_secret_where_no_name_tells_of_one_may_be_anything(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    def send(key: str) -> None:
        stage.client.get(f"https://api.test/{key}/weather?at=1,2")
        stage.client.post("https://api.test/check", json={"ref": key, "n": 1})

    monkeypatch.setenv("WEATHER_API_KEY", "k3y-of-the-weather")
    with stage.use():
        send("k3y-of-the-weather")
    monkeypatch.delenv("WEATHER_API_KEY")

    with stage.use("none", **settings) as cassette:
        send("test")

    assert cassette.unplayed == []
    with stage.use("none", **settings), pytest.raises(cassettes.CassetteError) as caught:
        stage.client.get("https://api.test/test/forecast?at=1,2")
    assert "path" in str(caught.value)


def test_a_secret_that_is_sent_before_a_name_tells_of_it_is_replayed(stage: Stage) -> None:
    def send() -> None:
        stage.client.post("https://api.test/check", json={"ref": "abcdef1234567"})
        stage.client.get("https://api.test/me", headers={"Authorization": "Bearer abcdef1234567"})

    with stage.use():
        send()

    with stage.use("none"):
        send()
    with stage.use("none", match=["method", "url", "body", same_first_byte]):
        send()
    with stage.use("none", match=["method", "url", "body", never]), pytest.raises(cassettes.NoMatch):
        send()


def test_a_miss_says_nothing_of_values_that_may_be_anything(stage: Stage) -> None:
    with stage.use():
        stage.client.post("https://api.test/check", json={"ref": "abcdef1234567", "n": 1})
        stage.client.get("https://api.test/me", headers={"Authorization": "Bearer abcdef1234567"})

    with stage.use("none"), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.post("https://api.test/check", json={"ref": "other", "n": 2})

    assert "ref" not in str(caught.value)
    assert "ignore: [json.n]" in str(caught.value)


def test_what_stands_under_a_name_that_is_a_secret_is_none(stage: Stage) -> None:
    def send() -> None:
        stage.client.get("https://api.test/", headers={"X-Api-Key": "abcdef1234567"})
        stage.client.post("https://api.test/", json={"limits": {"abcdef1234567": "twelve"}})

    with stage.use():
        send()
    assert "__REDACTED_key_1__: twelve" in stage.text

    with stage.use("none"):
        send()


def test_a_url_that_no_client_sends_does_not_keep_the_other_recordings_of_its_tape(stage: Stage) -> None:
    long = EPISODE.replace("/users", f"/{'a' * 70_000}")
    stage.written(long, EPISODE, EPISODE.replace("/users", "/by?token=__REDACTED_token_1__"))

    with stage.use("none", match=["method", "path"]):
        assert stage.client.get(f"{URL}users").json() == ["ada", "grace"]
        with pytest.raises(cassettes.NoMatch, match="no recording answers GET"):
            stage.client.get(f"{URL}nobody")
