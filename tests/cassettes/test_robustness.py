"""Kills, cuts, crowds and damage: what a cassette looks like afterwards."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import quote

import pytest
import yaml

import understudy
from understudy import cassettes
from understudy.cassettes import RecordedRequest
from understudy.cassettes.bodies import event_streams
from understudy.cassettes.bodies.kinds import Writer
from understudy.cassettes.data import json_text
from understudy.cassettes.files.blobs import Blobs
from understudy.cassettes.filling import Filling
from understudy.cassettes.secrets.redaction import STAND_IN, Redactor
from understudy.cassettes.secrets.scan import find
from understudy.cassettes.yaml import fast_reader
from understudy.cassettes.yaml.reader import read

from .conftest import EPISODE

if TYPE_CHECKING:
    from understudy.cassettes import Mode

    from .conftest import Stage

SUITE = Path(__file__).parents[3] / "shared" / "data" / "yaml-test-suite"


def recorded(stage: Stage) -> bytes:
    """Record a cassette with something of everything."""
    answers: dict[str, dict[str, Any]] = {
        "/json": {"json": {"id": 1, "lines": "a\nb\n", "items": [{"n": 1.50}, []]}},
        "/text": {"text": "one\ntwo\n\n"},
        "/binary": {"content": bytes(range(256))},
    }
    stage.server.reply = lambda request: understudy.Response(200, **answers[request.url.path])
    with stage.use():
        for path in answers:
            stage.client.get(f"https://api.test{path}")
    data: bytes = stage.path.read_bytes()
    return data


def outcome(path: Path) -> int | None:
    """Return how many interactions a file gives, all of them readable, or `None` where it is refused by our error."""
    try:
        return len(cassettes.load(path).interactions)
    except cassettes.CassetteError as error:
        problem = error
    assert problem.path == str(path)
    assert problem.mend
    return None


def test_a_cassette_cut_at_any_byte_gives_all_of_what_is_whole_or_an_error(stage: Stage) -> None:
    data = recorded(stage)
    author = len(b"cassette: 1\n")

    for length in range(author + 1, len(data)):
        stage.path.write_bytes(data[:length])
        count = outcome(stage.path)
        # A cut right behind an end mark leaves whole interactions, and nobody can know of more.
        assert count is None or data[:length].rstrip(b"\n").endswith(b"\n..."), data[:length][-40:]


def test_recording_goes_on_wherever_a_crash_has_cut_the_last_interaction(stage: Stage) -> None:
    said = "ß, € and 😀\n\nfor ever"
    stage.server.reply = lambda request: understudy.Response(200, text=said)

    def record(path: str) -> bytes:
        with stage.use("new_episodes"):
            stage.client.get(f"https://api.test/{path}")
        return stage.path.read_bytes()

    first, both = record("first"), record("second")

    # Without its last line end it is complete.
    for length in range(len(first) + 1, len(both) - 1):
        stage.path.write_bytes(both[:length])
        with pytest.warns(cassettes.CassetteWarning, match="the last interaction was cut"):
            mended = record("second")
        assert mended.startswith(first + b"--- # GET /second -> 200\nrequest:\n")
        with stage.use("none"):
            assert stage.client.get("https://api.test/second").text == said
    stage.path.write_bytes(both[:-1])
    assert record("third").startswith(both + b"---")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_who_is_killed_while_others_record_leaves_nothing_that_stays(stage: Stage, end: str) -> None:
    stage.written("...\n")
    stage.path.write_bytes(stage.path.read_bytes().replace(b"\n", end.encode()))

    with stage.use("new_episodes"):
        stage.client.get("https://api.test/first")
        with stage.path.open("ab") as file:
            file.write("--- # GET /ä -> 200\nrequest:\n  method: G".replace("\n", end).encode())
        stage.client.get("https://api.test/second")

    with stage.use("none") as tape:
        assert [one.request.url for one in tape.interactions] == ["https://api.test/first", "https://api.test/second"]


def test_random_damage_is_an_error_of_ours_or_none(stage: Stage) -> None:
    data = recorded(stage)
    generator = random.Random(7)

    for _ in range(400):
        damaged = bytearray(data)
        for _ in range(generator.randint(1, 3)):
            damaged[generator.randrange(len(damaged))] = generator.choice(b"\x00\n :-#'\"{}[]|&*!~aZ\xff")
        stage.path.write_bytes(bytes(damaged))
        outcome(stage.path)


def test_lines_deleted_and_doubled_are_an_error_of_ours_or_none(stage: Stage) -> None:
    lines = recorded(stage).split(b"\n")

    for number in range(len(lines)):
        stage.path.write_bytes(b"\n".join(lines[:number] + lines[number + 1 :]))
        outcome(stage.path)
        stage.path.write_bytes(b"\n".join(lines[: number + 1] + lines[number:]))
        outcome(stage.path)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_ends_and_byte_order_mark_of_other_systems_change_no_body(stage: Stage, end: str) -> None:
    text = recorded(stage).decode()
    stage.path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", end).encode())

    with stage.use("new_episodes"):
        assert stage.client.get("https://api.test/text").text == "one\ntwo\n\n"
        stage.server.reply = lambda request: understudy.Response(200, text="x\ny\n")
        stage.client.get("https://api.test/more")

    assert stage.path.read_bytes().count(b"\r\n") == (stage.path.read_bytes().count(b"\n") if end == "\r\n" else 0)
    assert len(cassettes.load(stage.path).interactions) == 4


def test_an_editor_that_strips_blanks_is_found_out(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, text="a  \nb\n")
    with stage.use():
        stage.client.get("https://api.test/")
    stage.path.write_text("\n".join(line.rstrip() for line in stage.text.split("\n")))

    with stage.use("none"), pytest.raises(cassettes.CassetteDamaged, match="stripped blanks"):
        stage.client.get("https://api.test/")


def test_an_editor_that_strips_blanks_leaves_json_as_it_was(stage: Stage) -> None:
    data = {"readme": "a  \nb\t\n\n  c\n", "last": "x\ny "}
    stage.server.reply = lambda request: understudy.Response(200, json=data)
    with stage.use():
        stage.client.get("https://api.test/")
    stage.path.write_text("\n".join(line.rstrip() for line in stage.text.split("\n")))

    with stage.use("none"):
        assert stage.client.get("https://api.test/").json() == data


def formatted(stage: Stage) -> None:
    """Let a formatter take end marks, comments and quotes away, and fold and indent as it likes."""
    formatter: Any = yaml  # which has no types for this
    documents = list(formatter.safe_load_all(stage.text))
    stage.path.write_text(formatter.safe_dump_all(documents, sort_keys=False, width=40, indent=4), "utf-8")
    assert "..." not in stage.text


@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "update"])
def test_a_cassette_is_played_without_its_end_marks_and_recording_puts_them_back(stage: Stage, mode: Mode) -> None:
    recorded(stage)
    played = [stage.client.get(f"https://api.test{path}").content for path in ("/json", "/text", "/binary")]
    formatted(stage)
    before = stage.path.read_bytes()

    with cassettes.use(stage.path, mode):
        assert played == [stage.client.get(f"https://api.test{path}").content for path in ("/json", "/text", "/binary")]
        if mode == "new_episodes":
            stage.server.reply = lambda request: understudy.Response(204)
            stage.client.get("https://api.test/more")

    if mode in ("none", "once"):
        assert stage.path.read_bytes() == before
    else:
        assert len(cassettes.load(stage.path).interactions) == stage.text.count("\n...\n") == 3 + (mode != "update")


def test_two_may_record_onto_a_cassette_without_end_marks(stage: Stage) -> None:
    recorded(stage)
    formatted(stage)
    inner = understudy.MockTransport(lambda request: understudy.Response(204))

    transports = [cassettes.CassetteTransport(stage.path, "new_episodes", inner=inner) for _ in range(2)]
    for number, transport in enumerate(reversed(transports)):
        transport.handle_request(understudy.Request("GET", f"https://api.test/{number}")).read()
    for transport in transports:
        transport.close()

    assert len(cassettes.load(stage.path).interactions) == 5


def test_one_interaction_without_an_end_mark_may_have_been_cut(stage: Stage) -> None:
    stage.written(EPISODE.replace("...\n", ""))

    with pytest.raises(cassettes.CassetteDamaged, match="is cut in the middle"):
        cassettes.load(stage.path)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "_blobs/../../x", "link/x", "", "_blobs/missing", "a\0b", 5])
def test_files_outside_the_folder_are_refused(stage: Stage, name: object) -> None:
    (stage.path.parent / "link").symlink_to("/etc")
    import json

    stage.written(
        "--- # GET / -> 200\nrequest:\n  method: GET\n  url: https://api.test/\n"
        f"response:\n  status: 200\n  file: {json.dumps(name)}\n...\n"
    )

    with stage.use("none"), pytest.raises(cassettes.CassetteDamaged, match="file"):
        stage.client.get("https://api.test/")


def test_a_file_that_was_changed_is_found_out(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, content=b"\xff" * 10_000)
    with stage.use():
        stage.client.get("https://api.test/")
    (blob,) = (stage.path.parent / "_blobs").iterdir()
    blob.write_bytes(b"other")

    with stage.use("none"), pytest.raises(cassettes.CassetteDamaged, match="not what was recorded"):
        stage.client.get("https://api.test/")


@pytest.mark.once
def test_processes_record_into_one_cassette_and_lose_nothing(stage: Stage) -> None:
    code = (
        "import sys, understudy\nfrom understudy import cassettes\n"
        "answer = understudy.MockTransport(lambda request: understudy.Response(200, text=request.url.path))\n"
        "with cassettes.use(sys.argv[1], 'new_episodes'), understudy.Client(transport=answer) as client:\n"
        "    for number in range(20): client.get(f'https://api.test/{sys.argv[2]}/{number}')\n"
    )

    processes = [subprocess.Popen([sys.executable, "-c", code, str(stage.path), str(n)]) for n in range(4)]
    statuses = [process.wait() for process in processes]

    urls = {item.request.url for item in cassettes.load(stage.path).interactions}
    assert statuses == [0] * 4
    assert len(urls) == 80


@pytest.mark.once
def test_kills_lose_at_most_what_was_in_flight(tmp_path: Path) -> None:
    spec: Any = importlib.util.spec_from_file_location("kills", Path(__file__).parents[2] / "benchmarks" / "kills.py")
    assert spec is not None
    assert spec.loader is not None
    kills: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kills)

    assert kills.kill_once(tmp_path, 1) == ""
    assert kills.kill_once(tmp_path, 9, "update") == ""


@pytest.mark.skipif(not SUITE.is_dir(), reason="the YAML test suite is not on this machine")
def test_the_yaml_test_suite_is_read_or_refused() -> None:
    files = [path for path in SUITE.rglob("*") if path.is_file()]

    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        line: int | None = 1
        try:
            read(text, str(path))
        except cassettes.CassetteError as error:
            line = error.line
        assert line is not None
    assert files


@pytest.mark.skipif(not SUITE.is_dir(), reason="the YAML test suite is not on this machine")
@pytest.mark.parametrize("before", [b"", b"cassette: 1\n---\n"])
def test_the_yaml_test_suite_is_no_cassette(stage: Stage, before: bytes) -> None:
    for path in SUITE.rglob("*.yaml"):
        stage.path.write_bytes(before + path.read_bytes())
        outcome(stage.path)


@pytest.mark.parametrize("is_there", [False, True])
def test_left_over_files_of_dead_processes_are_removed(stage: Stage, is_there: bool) -> None:
    if is_there:
        stage.written(EPISODE)
    leftover = stage.path.parent / f".{stage.path.name}.999999999-abcd.tmp"
    leftover.write_text("half")

    with stage.use("new_episodes"):
        stage.client.get("https://api.test/another")

    assert not leftover.exists()


LONG = 60_000


def in_each_other(url: str, times: int) -> str:
    for _ in range(times):
        url = f"https://a.test/?next={quote(url, safe='')}"
    return url


# What a search would begin anew at each character of, or of which it would copy all for each piece.
TIRING: dict[str, Callable[[], object]] = {
    "blanks within a line": lambda: Writer(Redactor(), Blobs("x")).said(b"a" + b" " * LONG + b"b\n", "text/plain", []),
    "JSON in JSON, cut": lambda: json_text.parse(b"[" * 60 + b'"' + b'{\\"a\\":1' * (LONG // 8)),
    "members in a text, cut": lambda: Redactor().text('{"a":"' + '{\\"b\\":\\"c\\",' * (LONG // 12)),
    "names in a row": lambda: Redactor().text("a=" * (LONG // 2) + "x%2525253D1"),
    "URLs in URLs": lambda: Redactor().text(in_each_other("https://a.test/?token=x", 100)),
    "one word of settings": lambda: Redactor().text("a=\n" + "password=" * (LONG // 9)),
    "heads of parts without an end": lambda: Redactor().parts(b"name=x\r\n" * (LONG // 8) + b"name=x " * (LONG // 8)),
    "one long word in brackets": lambda: fast_reader.read(f"a: [{'b' * LONG}\n"),
    "quotes that never end": lambda: fast_reader.read('a: ["' + '\\"' * (LONG // 2) + "\n"),
    "starts of keys": lambda: find("sk-" * (LONG // 3), frozenset()),
    "starts of web tokens": lambda: find("eyJ-" * (LONG // 4) + ".eyJ", frozenset()),
    "starts of web tokens beside a mark": lambda: STAND_IN.sub("", "eyJ" * (LONG // 3)),
    "a parameter without a value": lambda: Filling({}).filled(RecordedRequest("GET", f"https://a.test/?{'b' * LONG}")),
    "events that came together": lambda: event_streams.pieces([{"data": "x"}] * LONG, ""),
}


@pytest.mark.parametrize("name", TIRING)
def test_no_text_of_a_stranger_takes_long_to_look_through(name: str) -> None:
    started = time.process_time()

    TIRING[name]()

    assert time.process_time() - started < 3
