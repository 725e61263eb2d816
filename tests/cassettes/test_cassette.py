"""An open cassette: what it answers, what it refuses, what it leaves alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from .conftest import Stage

EPISODE = """--- # GET /users -> 200
request:
  method: GET
  url: https://api.test/users
response:
  status: 200
  headers:
    Content-Type: application/json
  json: [ada, grace]
...
"""


def test_a_cassette_written_by_hand_is_played(stage: Stage) -> None:
    stage.written(EPISODE)

    with stage.use("none") as cassette:
        response = stage.client.get("https://api.test/users")

    assert response.content == b'["ada","grace"]'
    assert repr(cassette) == f"<Cassette {str(stage.path)!r} mode='none': 1 interactions>"


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "all"])
@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "the file is empty"),
        (" \n\n", 1, "the file is empty"),
        ("---\n", 1, "no cassette"),
        ("- 1\n", 1, "no cassette"),
        ("answers: []\nversion: 1\n", 1, "no cassette"),
        ("hello", 1, "no cassette"),
        ("cassette: 1\nrecorder: x", 1, "the first document is cut"),
        ("cassette: 1\nmatsch: [url]\n", 2, "unknown setting `matsch:`"),
        ("cassette: 1\nignore: [nonsense]\n", 2, "names no part"),
        ("cassette: 2\n", 1, "version 2"),
        ("cassette: one\n", 1, "version of the format"),
        ("cassette: 1\nignore: {\n", 3, "not valid YAML"),
        ("cassette: 1\n" + EPISODE.replace("...\n", "") + EPISODE, 2, "an interaction is cut"),
        ("cassette: 1\n" + EPISODE + "stray: 1\n", 12, "text between two interactions"),
        ("cassette: 1\n\0", 2, "NUL"),
        ("cassette: 1\nignore:\n\t- json.a\n", 3, "not valid YAML: a tab stands"),
        ("cassette: 1\n<<<<<<< HEAD\nmatch: [url]\n=======\nmatch: [path]\n>>>>>>> b\n", 2, "two versions .* merged"),
        ("cassette: 1\n" + EPISODE + "<<<<<<< HEAD\n" + EPISODE + "=======\n>>>>>>> b\n", 12, "two versions .* merged"),
    ],
)
def test_a_damaged_file_is_an_error_that_says_where_and_is_left_alone(
    stage: Stage, mode: str, text: str, line: int, problem: str
) -> None:
    stage.path.write_text(text)

    with pytest.raises(cassettes.CassetteDamaged, match=problem) as caught, stage.use(mode):
        raise AssertionError

    assert (caught.value.path, caught.value.line) == (str(stage.path), line)
    assert caught.value.mend
    assert stage.text == text


@pytest.mark.parametrize("name", ["mode", "speed", "shared"])
def test_a_setting_of_one_use_is_sent_there_from_the_first_document(stage: Stage, name: str) -> None:
    stage.path.write_text(f"cassette: 1\n{name}: none\n")

    with pytest.raises(cassettes.CassetteDamaged, match=rf"cassettes\.use\(path, {name}="), stage.use("none"):
        raise AssertionError


def test_a_cassette_in_another_encoding_is_refused(stage: Stage) -> None:
    stage.path.write_bytes("cassette: 1\n# ä\n".encode("latin-1"))

    with pytest.raises(cassettes.NotACassette, match="0xe4 is not UTF-8") as caught, stage.use():
        raise AssertionError

    assert caught.value.line == 2


@pytest.mark.parametrize("mode", ["none", "once"])
def test_a_cassette_cut_in_its_last_interaction_is_not_replayed(stage: Stage, mode: str) -> None:
    stage.written(EPISODE, EPISODE[:-20])

    with pytest.raises(cassettes.CassetteDamaged, match="the last interaction is cut") as caught, stage.use(mode):
        raise AssertionError

    assert caught.value.line == 12


def test_recording_into_a_cut_cassette_drops_the_rest_of_the_cut_interaction(stage: Stage) -> None:
    stage.written(EPISODE, EPISODE[:-20])

    cut = ":12: the last interaction was cut"
    with pytest.warns(cassettes.CassetteWarning, match=cut), stage.use("new_episodes"):  # noqa: PT031
        stage.client.get("https://api.test/users")
        stage.client.get("https://api.test/more")

    assert stage.text.startswith("cassette: 1\n" + EPISODE + "--- # GET /more -> 200\n")
    assert len(cassettes.load(stage.path)) == 2


def test_a_wrong_interaction_is_named_when_it_is_played(stage: Stage) -> None:
    stage.written(EPISODE.replace("status: 200", "status: fine"))

    with pytest.raises(cassettes.CassetteDamaged, match="`status:` is a code") as caught, stage.use("none"):
        stage.client.get("https://api.test/users")

    assert caught.value.line == 2


def test_equal_requests_get_each_recording_once_and_in_order(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, text=str(len(stage.server.asked)))
    with stage.use():
        for _ in range(3):
            stage.client.post("https://api.test/jobs")

    with stage.use("none"):
        texts = [stage.client.post("https://api.test/jobs").text for _ in range(3)]
        with pytest.raises(cassettes.AllPlayed, match="recorded 3 times") as caught:
            stage.client.post("https://api.test/jobs")

    assert texts == ["1", "2", "3"]
    assert caught.value.request is not None


def test_what_a_function_does_not_want_recorded_is_left_out(stage: Stage) -> None:
    def without_health(message: object) -> object:
        return cassettes.DO_NOT_RECORD if getattr(message, "content", b"") == b"healthy" else message

    stage.server.reply = lambda request: understudy.Response(200, text=request.url.path[1:])

    with stage.use(redact=[without_health]) as cassette:
        for path in ("healthy", "users"):
            assert stage.client.get(f"https://api.test/{path}").text == path

    assert cassette.recorded == ["GET /users -> 200"]
    assert "healthy" not in stage.text


def test_a_request_is_always_something(stage: Stage) -> None:
    def nothing(message: object) -> object:
        return NotImplemented

    with pytest.raises(cassettes.CassetteError, match="a RecordedRequest"), stage.use(redact=[nothing]):
        stage.client.get("https://api.test/users")


def test_safe_requests_repeat_the_last_recording(stage: Stage) -> None:
    stage.written(EPISODE, EPISODE.replace("ada, grace", "joan"))

    with stage.use("none"):
        answers = [stage.client.get("https://api.test/users").json() for _ in range(4)]

    assert answers == [["ada", "grace"], ["joan"], ["joan"], ["joan"]]


@pytest.mark.parametrize(
    ("repeats", "expected"),
    [
        ("last", ["1", "2", "2", "2"]),
        ("always", ["1", "2", "1", "2"]),
        ("first", ["1", "1", "1", "1"]),
        ("never", ["1", "2", None, None]),
    ],
)
def test_repeats_decides_what_a_further_request_gets(stage: Stage, repeats: str, expected: list[str | None]) -> None:
    stage.server.reply = lambda request: understudy.Response(200, text=str(len(stage.server.asked)))
    with stage.use():
        for _ in range(2):
            stage.client.get("https://api.test/jobs")

    said: list[str | None] = []
    with stage.use("none", repeats=repeats):
        for _ in range(4):
            try:
                said.append(stage.client.get("https://api.test/jobs").text)
            except cassettes.AllPlayed:
                said.append(None)

    assert said == expected


def test_threads_get_each_recording_once(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, text=str(len(stage.server.asked)))
    with stage.use():
        for _ in range(16):
            stage.client.post("https://api.test/jobs")
    texts: list[str] = []

    with stage.use("none"):
        threads = [
            threading.Thread(target=lambda: texts.append(stage.client.post("https://api.test/jobs").text))
            for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(map(int, texts)) == list(range(1, 17))


def test_threads_record_every_request(stage: Stage) -> None:
    with stage.use():
        threads = [
            threading.Thread(target=stage.client.get, args=(f"https://api.test/{number}",)) for number in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(cassettes.load(stage.path).interactions) == 16


def test_a_miss_names_the_nearest_recording_and_what_differs(stage: Stage) -> None:
    with stage.use():
        stage.client.get("https://api.test/users")
        stage.client.post("https://api.test/orders?expand=items", json={"sku": "tea", "qty": 2})
    line = stage.text.partition("--- # POST")[0].count("\n") + 1  # how long an answer took is a line where it took long

    with stage.use("none"), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.post("https://api.test/orders?expand=items", json={"sku": "tea", "qty": 3})

    assert str(caught.value) == (
        f"{stage.path}:{line}: no recording answers POST https://api.test/orders?expand=items "
        "(2 interactions, 0 played, mode none)\n"
        f"  nearest: line {line}  POST /orders -> 200  (unplayed)\n"
        "    json.qty  recorded 2  now 3\n"
        "If that does not matter, say `ignore: [json.qty]` in the first document, or ignore= in code; "
        "or record it with mode='new_episodes'."
    )
    assert caught.value.line == line


def test_a_miss_in_an_empty_cassette_says_so(stage: Stage) -> None:
    stage.written(header="cassette: 1\nrecorder: x\n...\n")

    with stage.use("once"), pytest.raises(cassettes.NoMatch, match="holds no interactions"):
        stage.client.get("https://api.test/users")


def test_a_miss_is_no_error_of_the_network(stage: Stage) -> None:
    stage.written(EPISODE)

    with stage.use(), pytest.raises(cassettes.NoMatch) as caught:
        stage.client.get("https://api.test/nobody")

    assert not isinstance(caught.value, understudy.HTTPError)


def test_replaying_never_writes(stage: Stage) -> None:
    stage.written(EPISODE)
    stage.path.chmod(0o444)
    before = stage.path.stat()

    with stage.use("none"):
        stage.client.get("https://api.test/users")

    assert stage.path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_write_that_fails_leaves_file_and_response_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.written(EPISODE)
    before = stage.text

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with pytest.raises(cassettes.CassetteNotWritten, match="No space left") as caught, stage.use("new_episodes"):  # noqa: PT012
        with monkeypatch.context() as patch:
            patch.setattr("os.write", full)
            response = stage.client.get("https://api.test/more")
        assert response.json() == {"path": "/more"}

    assert isinstance(caught.value, OSError)
    assert stage.text == before


def test_half_a_write_is_undone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    stage.written(EPISODE)
    before = stage.text
    write = os.write

    with pytest.raises(cassettes.CassetteNotWritten), stage.use("new_episodes"), monkeypatch.context() as patch:  # noqa: PT012

        def half(descriptor: int, data: bytes) -> int:
            return write(descriptor, data[:10])

        patch.setattr("os.write", half)
        stage.client.get("https://api.test/more")

    assert stage.text == before


def test_a_failed_write_does_not_hide_what_failed_in_the_block(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.path.mkdir()
    stage.path = stage.path / "x" / "tape.yaml"

    def nothing(path: str, exist_ok: bool = False) -> None:
        """Make no folder."""

    monkeypatch.setattr("os.makedirs", nothing)

    with pytest.warns(cassettes.CassetteWarning, match="could not be written"), pytest.raises(KeyError), stage.use():  # noqa: PT012, PT031
        stage.client.get("https://api.test/more")
        raise KeyError


def test_interactions_know_their_line_in_the_file(stage: Stage) -> None:
    stage.written(EPISODE, "# twice\n" + EPISODE)

    first, second = cassettes.load(stage.path).interactions

    assert (second.line, first.line) == (13, 2)
    assert cassettes.Interaction(first.request).line is None


@pytest.mark.parametrize("url", ["https://{host}/", "https://a b/", "http://x:port/"])
@pytest.mark.parametrize("settings", [{}, {"order": "strict"}])
def test_a_url_that_is_none_is_damage_with_its_line(stage: Stage, url: str, settings: dict[str, object]) -> None:
    stage.written(EPISODE.replace("url: https://api.test/users", f'url: "{url}"'))

    with stage.use("none", **settings):
        for _ in range(2):
            with pytest.raises(cassettes.CassetteDamaged, match=r"tape.yaml:2: `url: .* is no URL"):
                stage.client.get("https://api.test/users")


def test_a_long_tape_does_not_stay_in_memory_as_it_was_parsed(stage: Stage) -> None:
    body = "x" * 300_000
    stage.written(*[EPISODE.replace("[ada, grace]", f'["{body}"]').replace("/users", f"/{n}") for n in range(8)])

    with stage.use("none") as cassette:
        for number in range(8):
            assert stage.client.get(f"https://api.test/{number}").json() == [body]

        assert sum(episode._interaction is not None for episode in cassette._library.episodes) < 5
