"""What the client gets from a recording: pieces, times, errors, encodings."""

from __future__ import annotations

import gzip
import itertools
import tracemalloc
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import cassettes, mock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ..conftest import Stage

ANSWER = """--- # GET / -> 200
request:
  method: GET
  url: https://api.test/
response:
  status: 200
"""


def broken() -> Iterator[bytes]:
    yield b"part"
    raise understudy.ReadError("connection reset")


def test_a_recorded_failure_is_raised_again(stage: Stage) -> None:
    def refuse(request: understudy.Request) -> understudy.Response:
        raise understudy.ConnectTimeout("no answer from https://user:secret-word@api.test/", request=request)

    stage.server.reply = refuse
    with stage.use(), pytest.raises(understudy.ConnectTimeout):
        stage.client.get("https://api.test/")

    with stage.use("none"), pytest.raises(understudy.ConnectTimeout, match="no answer") as caught:
        stage.client.get("https://api.test/")

    assert str(caught.value.request.url) == "https://api.test/"
    assert str(caught.value).endswith(f" (as recorded in {stage.path}:5)")
    assert "secret-word" not in stage.text
    assert "--- # GET / -> ConnectTimeout\n" in stage.text


@pytest.mark.parametrize(
    "error", [understudy.PoolTimeout("full"), understudy.LocalProtocolError("odd"), KeyError("bug")]
)
def test_what_failed_on_this_side_is_not_recorded(stage: Stage, error: Exception) -> None:
    def fail(request: understudy.Request) -> understudy.Response:
        raise error

    stage.server.reply = fail
    with pytest.raises(type(error)), stage.use():
        stage.client.get("https://api.test/")

    assert not stage.path.exists()


def test_a_body_that_broke_off_breaks_off_again(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, content=broken())
    with stage.use(), pytest.raises(understudy.ReadError):
        stage.client.get("https://api.test/")

    received: list[bytes] = []
    with stage.use("none"), stage.client.stream("GET", "https://api.test/") as response:
        pieces = response.iter_raw()
        received.append(next(pieces))
        with pytest.raises(understudy.ReadError, match="reset"):
            next(pieces)

    assert received == [b"part"]
    assert "--- # GET / -> 200, then ReadError\n" in stage.text


def test_a_response_that_was_closed_early_says_so_where_it_ends(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, content=iter([b"one", b"two"]))
    with stage.use(), stage.client.stream("GET", "https://api.test/") as live:
        next(live.iter_raw())

    with stage.use("none"), stage.client.stream("GET", "https://api.test/") as replayed:
        pieces = replayed.iter_raw()
        assert next(pieces) == b"one"
        with pytest.raises(cassettes.CassetteError, match="closed the response early"):
            next(pieces)


def test_a_response_closed_when_all_had_come_is_complete(stage: Stage) -> None:
    def whole(request: understudy.Request) -> understudy.Response:
        return understudy.Response(200, headers={"Content-Length": "3"}, content=iter([b"one"]))

    stage.server.reply = whole
    with stage.use(), stage.client.stream("GET", "https://api.test/") as live:
        next(live.iter_raw())

    with stage.use("none"):
        assert stage.client.get("https://api.test/").content == b"one"


@pytest.mark.anyio
async def test_asynchronous_streams_are_recorded_and_replayed_piece_by_piece(stage: Stage) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"
        yield b"data: 2\n\n"

    async def failing() -> AsyncIterator[bytes]:
        yield b"part"
        raise understudy.ReadError("reset")

    def reply(request: understudy.Request) -> understudy.Response:
        return understudy.Response(200, content=failing() if request.url.path == "/failing" else pieces())

    async def session() -> list[bytes]:
        async with stage.async_client.stream("GET", "https://api.test/events") as response:
            received = [piece async for piece in response.aiter_raw()]
        with pytest.raises(understudy.ReadError):
            await stage.async_client.get("https://api.test/failing")
        async with stage.async_client.stream("GET", "https://api.test/left") as response:
            async for piece in response.aiter_raw():
                received.append(piece)
                break
        return received

    stage.server.reply = reply
    async with stage.use():
        live = await session()
    async with stage.use("none"):
        replayed = await session()

    assert replayed == live == [b"data: 1\n\n", b"data: 2\n\n", b"data: 1\n\n"]


def test_events_stand_on_one_line_each(stage: Stage) -> None:
    events = b'event: status\ndata: {"state":"packed"}\n\n: still here\n\nid: 7\ndata: one\ndata: two\n\n'
    stage.server.reply = lambda request: understudy.Response(
        200, headers={"Content-Type": "text/event-stream"}, content=events
    )

    with stage.use():
        stage.client.get("https://api.test/")
    with stage.use("none"):
        assert stage.client.get("https://api.test/").content == events

    assert "    - {event: status, data: {state: packed}}\n    - {comment: still here}\n" in stage.text


def test_lines_of_json_and_unusual_forms_are_recorded_and_come_again_to_the_byte(stage: Stage) -> None:
    lines = b'{"id":1}\n{"id":2.50}\n'
    stage.server.reply = lambda request: understudy.Response(
        200, headers={"Content-Type": "application/x-ndjson"}, content=lines
    )
    sent: dict[str, Any] = {
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "content": b"a=1&b=%7e",  # which `urlencode` would not write
    }

    with stage.use():
        stage.client.post("https://api.test/", **sent)
    with stage.use("none"):
        assert stage.client.post("https://api.test/", **sent).content == lines

    assert "  ndjson:\n    - {id: 1}\n    - {id: 2.50}\n" in stage.text
    assert "  text: a=1&b=%7e\n" in stage.text


def test_events_that_lines_cannot_say_are_recorded_as_text(stage: Stage) -> None:
    unusual = [b"data: a\r\n\r\n", b"data: a", b"data:a\n\n", b"id: 1\nid: 2\n\n", b"data: \xff\n\n"]
    bodies = iter(unusual)
    stage.server.reply = lambda request: understudy.Response(
        200, headers={"Content-Type": "text/event-stream"}, content=next(bodies)
    )

    with stage.use():
        for _ in unusual:
            stage.client.get("https://api.test/")
    with stage.use("none"):
        assert [stage.client.get("https://api.test/").content for _ in unusual] == unusual

    assert "sse:" not in stage.text


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Record on a clock that moves on by a second whenever it is asked."""
    moments = itertools.count()
    with monkeypatch.context() as patch:
        patch.setattr("understudy.cassettes.recording.time", SimpleNamespace(monotonic=lambda: float(next(moments))))
        yield


@pytest.mark.usefixtures("ticking")
def test_events_are_recorded_with_the_moment_at_which_each_came(stage: Stage) -> None:
    events = [b"data: a\n\ndata: b\n\n", b"data: c\n\n"]
    stage.server.reply = lambda request: understudy.Response(
        200, headers={"Content-Type": "text/event-stream"}, content=iter(events)
    )

    with stage.use():
        stage.client.get("https://api.test/")

    assert "    - {at: 1.0, data: a}\n    - {at: 1.0, data: b}\n    - {at: 2.0, data: c}\n" in stage.text
    assert "  took: 3.0\n  longest_wait: 1.0\n" in stage.text
    with stage.use("none"), stage.client.stream("GET", "https://api.test/") as response:
        assert list(response.iter_raw()) == events


@pytest.mark.usefixtures("ticking")
def test_the_pieces_of_a_compressed_body_are_none_of_the_body(stage: Stage) -> None:
    body = gzip.compress(b"data: a\n\ndata: b\n\n")
    headers = {"Content-Type": "text/event-stream", "Content-Encoding": "gzip"}
    stage.server.reply = lambda request: understudy.Response(200, headers=headers, content=iter([body[:9], body[9:]]))

    with stage.use():
        stage.client.get("https://api.test/")

    assert "  sse:\n    - {data: a}\n    - {data: b}\n" in stage.text


def test_events_written_by_hand_come_piece_by_piece(stage: Stage) -> None:
    stage.written(ANSWER + "  sse:\n    - {at: 0.1, data: a}\n    - {data: 1}\n    - {at: 0.2, data: c}\n...\n")

    with stage.use("none"), stage.client.stream("GET", "https://api.test/") as response:
        assert list(response.iter_raw()) == [b"data: a\n\ndata: 1\n\n", b"data: c\n\n"]


@pytest.mark.parametrize(
    ("took", "raises"),
    [
        ("took: 6.0", True),
        ("took: 4.0", False),
        ("took: 60.0\n  longest_wait: 4.50", False),
        ("took: 6.0\n  chunks: [1@3, 1@6]", False),
    ],
)
def test_an_answer_that_took_too_long_times_out_at_once(stage: Stage, took: str, raises: bool) -> None:
    stage.written(ANSWER + f"  text: ab\n  {took}\n...\n")

    outcome = ""
    with stage.use("none"):
        try:
            outcome = stage.client.get("https://api.test/", timeout=5.0).text
        except understudy.ReadTimeout as error:
            outcome = str(error)

    assert outcome.endswith("no time has passed)") if raises else outcome == "ab"


def test_what_was_waited_for_live_is_waited_for_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 6.0, 6.1, 6.2, 6.3])
    monkeypatch.setattr("understudy.cassettes.recording.time.monotonic", lambda: next(moments))
    stage.server.reply = lambda request: understudy.Response(200, text="late")
    with stage.use():
        stage.client.get("https://api.test/", timeout=5.0)
    monkeypatch.undo()

    with stage.use("none"):
        assert stage.client.get("https://api.test/", timeout=5.0).text == "late"
        with pytest.raises(understudy.ReadTimeout):
            stage.client.get("https://api.test/", timeout=4.0)

    assert "longest_wait: 5.0\n" in stage.text


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_compressed_bodies_are_readable_in_the_file_and_compressed_on_replay(stage: Stage, encoding: str) -> None:
    stage.written(
        ANSWER + f"  headers:\n    Content-Encoding: {encoding}\n    Content-Length: 1\n  text: hello\n"
        f"  wire: {{encoding: {encoding}}}\n...\n"
    )

    with stage.use("none"), stage.client.stream("GET", "https://api.test/") as response:
        raw = b"".join(response.iter_raw())
    with stage.use("none"):
        read = stage.client.get("https://api.test/")

    assert raw != b"hello"
    assert response.headers["content-length"] == str(len(raw))
    assert read.text == "hello"


def test_a_coding_that_nobody_here_knows_is_undone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    def missing(name: str) -> Any:
        raise ImportError(name)

    stage.written(ANSWER + "  headers:\n    Content-Encoding: br\n  text: hello\n  wire: {encoding: br}\n...\n")
    monkeypatch.setattr(importlib, "import_module", missing)

    with stage.use("none"):
        response = stage.client.get("https://api.test/")

    assert response.text == "hello"
    assert "content-encoding" not in response.headers


def test_a_body_that_is_not_encoded_as_it_says_is_kept_as_it_came(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=understudy.ByteStream(b"no gzip")
    )
    with stage.use(), stage.client.stream("GET", "https://api.test/") as live:
        assert list(live.iter_raw()) == [b"no gzip"]

    with stage.use("none"), stage.client.stream("GET", "https://api.test/") as replayed:
        assert list(replayed.iter_raw()) == [b"no gzip"]


def test_large_bodies_go_through_files_and_not_through_memory(stage: Stage) -> None:
    size = 20
    stage.server.reply = lambda request: understudy.Response(
        200, headers={"Content-Type": "application/zip"}, content=(bytes([n]) * 1_000_000 for n in range(size))
    )
    with stage.use(), stage.client.stream("GET", "https://api.test/") as live:
        assert sum(len(piece) for piece in live.iter_raw()) == size * 1_000_000
    with stage.use("none"), stage.client.stream("GET", "https://api.test/") as replayed:
        pieces = [(len(piece), piece[:1]) for piece in replayed.iter_raw()]

    (blob,) = (stage.path.parent / "_blobs").iterdir()
    assert blob.suffix == ".zip"
    assert sum(length for length, _ in pieces) == size * 1_000_000
    assert pieces[-1][1] == bytes([size - 1])
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    with stage.use("none"), pytest.raises(cassettes.CassetteDamaged, match="not what was recorded"):
        stage.client.get("https://api.test/")


@pytest.mark.parametrize(
    ("response", "problem"),
    [
        ("  headers: {'a b': c}\n", "no name of a header field"),
        ('  headers: {a: "b\\nc"}\n', "holds a line end"),
        ("  headers: 1\n", "a mapping of names"),
        ("  headers: {a: {b: c}}\n", "a text as its value"),
        ("  json: 1\n  text: a\n", "said once"),
        ("  text: 1\n", "put it in quotes"),
        ("  text: a\n  eol: cr\n", "crlf or absent"),
        ("  base64: '*'\n", "no base64"),
        ("  sse: 1\n", "a list of events"),
        ("  sse: [1]\n", "is a mapping"),
        ("  sse: [{nonsense: 1}]\n", "has no field"),
        ("  ndjson: 1\n", "is a list"),
        ("  json: 1\n  style: fancy\n", "has no word 'fancy'"),
        ("  multipart: 1\n", "a list of parts"),
        ("  multipart: [1]\n", "a mapping with a `name:`"),
        ("  multipart: [{name: a}]\n", "names its boundary"),
        ("  text: a\n  chunks: 1\n", "is a list such as"),
        ("  text: a\n  chunks: [x]\n", "size and time"),
        ("  took: fast\n", "number of seconds"),
        ("  wire: {encoding: rot13}\n", "`encoding:` is one of"),
        ("  nonsense: 1\n", "has no member `nonsense:`"),
        ("  heders: 1\n", "did you mean `headers:`"),
        ("error: {type: KeyError}\n", "no error of a transport"),
        ("error: {message: x}\n", "`error:` needs `type:`"),
        ("error: 1\n", "is a mapping"),
    ],
)
def test_a_mistake_in_a_response_is_named_with_its_line(stage: Stage, response: str, problem: str) -> None:
    stage.written(ANSWER + response + "...\n")

    with stage.use("none"), pytest.raises(cassettes.CassetteDamaged, match=problem) as caught:
        stage.client.get("https://api.test/")

    assert caught.value.line == 2


def test_headers_written_without_quotes_are_text(stage: Stage) -> None:
    stage.written(ANSWER + "  headers: {a: 12.50, b: true, c: no, d: , e: 1, f: \u00fc\u0151}\n...\n")

    with stage.use("none"):
        headers = stage.client.get("https://api.test/").headers

    assert [headers[name] for name in "abcde"] == ["12.50", "true", "no", "", "1"]
    assert headers.raw[5] == (b"f", "\u00fc\u0151".encode())


def test_a_form_written_by_hand_needs_no_content_type(stage: Stage) -> None:
    stage.written(
        "---\nrequest: {method: POST, url: https://api.test/, form: {b: [x, y], a: 1}}\nresponse: {status: 201}\n...\n"
    )

    with stage.use("none"):
        assert stage.client.post("https://api.test/", data={"a": "1", "b": ["x", "y"]}).status_code == 201


def test_members_in_the_order_of_a_tool_that_sorts_them_are_read(stage: Stage) -> None:
    stage.written(
        "---\nerror:\n  message: broken\n  type: IncompleteBody\nrequest:\n  method: GET\n  url: https://api.test/a\n"
        "response:\n  status: 200\n  text: some\n...\n",
        "---\nresponse:\n  status: 200\n  text: all\nrequest:\n  method: GET\n  url: https://api.test/b\n...\n",
    )

    with stage.use("none"):
        with pytest.raises(understudy.IncompleteBody):
            stage.client.get("https://api.test/a")
        assert stage.client.get("https://api.test/b").text == "all"


def test_status_lines_come_back_as_they_were(stage: Stage) -> None:
    answers = iter([(b"Bad Picture", b"HTTP/1.1"), (b"", b"HTTP/1.0"), (b"", b"HTTP/2"), (b"OK", b"HTTP/1.1")])

    def reply(request: understudy.Request) -> understudy.Response:
        reason, version = next(answers)
        return understudy.Response(200, extensions={"reason_phrase": reason, "http_version": version})

    def session() -> list[tuple[str, str]]:
        responses = [stage.client.post("https://api.test/") for _ in range(4)]
        return [(response.reason_phrase, response.http_version) for response in responses]

    stage.server.reply = reply
    with stage.use():
        live = session()
    with stage.use("none"):
        assert session() == live

    assert "status: 200 Bad Picture\n" in stage.text
    assert "http: 2\n" in stage.text


def test_http2_has_the_usual_phrases_as_it_has_live(stage: Stage) -> None:
    router = mock.Router(mode="wire")
    router.get("https://api.test/").respond(404, http_version="HTTP/2")

    def answered(transport: understudy.BaseTransport) -> tuple[str, str]:
        with understudy.Client(transport=transport) as client:
            response = client.get("https://api.test/")
        return response.http_version, response.reason_phrase

    live = answered(cassettes.CassetteTransport(stage.path, inner=router))
    played = answered(cassettes.CassetteTransport(stage.path, "none"))

    assert played == live == ("HTTP/2", "Not Found")
    assert "status: 404\n" in stage.text
    assert "reason" not in stage.text


@pytest.mark.parametrize("chunks", ["", ", chunks: [2@0.5, 3@1.0]"])
def test_a_body_that_timed_out_gives_what_had_come_before(stage: Stage, chunks: str) -> None:
    stage.written(
        "--- # one\nrequest: {method: GET, url: 'https://api.test/'}\n"
        f"response: {{status: 200, text: hello, took: 6.01{chunks}}}\n"
        "error: {type: ReadTimeout, message: no more}\n...\n"
    )
    came: list[bytes] = []

    with (
        stage.use("none"),
        stage.client.stream("GET", "https://api.test/", timeout=5) as response,
        pytest.raises(understudy.ReadTimeout, match="no more"),
    ):
        came.extend(response.iter_raw())

    assert b"".join(came) == b"hello"


def test_a_body_that_timed_out_after_a_longer_silence_does_not_begin(stage: Stage) -> None:
    stage.written(
        "--- # one\nrequest: {method: GET, url: 'https://api.test/'}\n"
        "response: {status: 200, text: hello, took: 12.0, chunks: [2@0.5, 3@6.0]}\n"
        "error: {type: ReadTimeout, message: no more}\n...\n"
    )

    with stage.use("none"), pytest.raises(understudy.ReadTimeout, match=r"no answer within 5 s .* took 5.5 s"):
        stage.client.get("https://api.test/", timeout=5)


def test_the_first_piece_arrives_before_the_last_is_sent(stage: Stage) -> None:
    order: list[str] = []

    def pieces() -> Iterator[bytes]:
        order.append("first sent")
        yield b"1"
        order.append("last sent")
        yield b"2"

    stage.server.reply = lambda request: understudy.Response(200, content=pieces())
    with stage.use(), stage.client.stream("GET", "https://api.test/") as response:
        order.extend(piece.decode() for piece in response.iter_raw())

    assert order == ["first sent", "1", "last sent", "2"]


def test_gzip_is_undone_in_the_file(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(
        200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(b"readable")
    )

    with stage.use():
        stage.client.get("https://api.test/")

    assert "  text: readable\n  wire: {encoding: gzip}\n" in stage.text


def test_each_cookie_stands_on_a_line_of_its_own(stage: Stage) -> None:
    fields = [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"), ("Vary", "one"), ("Vary", "two")]
    stage.server.reply = lambda request: understudy.Response(200, headers=fields)

    with stage.use():
        stage.client.get("https://api.test/")
    with stage.use("none"):
        replayed = stage.client.get("https://api.test/")

    assert "    Set-Cookie:\n      - a=1; Path=/\n      - b=2\n    Vary: [one, two]\n" in stage.text
    assert replayed.headers.get_list("set-cookie") == ["a=1; Path=/", "b=2"]


def test_what_was_replayed_long_ago_is_not_in_memory_any_more(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, json={"text": request.url.path * 3_000})
    urls = [f"https://api.test/{number:04}" for number in range(300)]
    with stage.use():
        sent = [stage.client.get(url).content for url in urls]

    with stage.use("none", repeats="always") as tape:
        tracemalloc.start()
        for url, body in zip(urls, sent):
            assert stage.client.get(url).content == body
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert stage.client.get(urls[0]).content == sent[0]

    assert tape.play_count == 301
    assert sum(map(len, sent)) > 4_000_000
    assert held < 2_500_000


def test_an_event_that_came_at_no_time_is_damage(stage: Stage) -> None:
    stage.written(ANSWER + "  sse:\n    - {at: [1], data: a}\n    - {at: 2, data: b}\n...\n")

    with stage.use("none"), pytest.raises(cassettes.CassetteDamaged, match="`at:` of an event is a number of seconds"):
        stage.client.get("https://api.test/")
