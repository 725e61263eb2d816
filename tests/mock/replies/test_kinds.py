"""Replies: every call gets a response of its own, and what cannot be sent is refused when it is written."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import AsyncClient, Client, Request, Response, mock
from understudy.mock import RouteError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

URL = "https://api.test/"
OOPS: Any = "oops"


def answered(route: mock.Route, method: str = "GET", **options: Any) -> Response:
    router = mock.Router()
    router.add(route)
    return Client(transport=router).request(method, URL, **options)


@pytest.mark.parametrize(
    ("words", "content", "content_type"),
    [
        ({}, b"", None),
        ({"json": {"a": "ä"}}, '{"a":"ä"}'.encode(), "application/json"),
        ({"json": None}, b"null", "application/json"),
        ({"text": "ä"}, "ä".encode(), "text/plain; charset=utf-8"),
        ({"html": "<p>"}, b"<p>", "text/html; charset=utf-8"),
        ({"content": b"\x00"}, b"\x00", None),
        ({"content": "text"}, b"text", None),
        ({"form": {"a": ["1", "2"]}}, b"a=1&a=2", "application/x-www-form-urlencoded"),
        ({"stream": [b"a", "b"]}, b"ab", None),
        ({"content": iter([b"a", b"b"])}, b"ab", None),
        ({"json": {}, "content_type": "application/problem+json"}, b"{}", "application/problem+json"),
        ({"json": {}, "headers": {"content-type": "x/y"}}, b"{}", "x/y"),
        (
            {"sse": [{"data": {"n": 1}, "event": "tick"}, "bye"]},
            b'data: {"n":1}\nevent: tick\n\ndata: bye\n\n',
            "text/event-stream",
        ),
        ({"sse": ["a\r\nb\rc"]}, b"data: a\ndata: b\ndata: c\n\n", "text/event-stream"),
        ({"content": b"x" * 25, "rate": "100B/s"}, b"x" * 25, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_reply_has_the_body_and_the_type_that_its_words_say(
    words: dict[str, Any], content: bytes, content_type: str | None
) -> None:
    route = mock.get(URL).respond(**words)

    first, second = answered(route), answered(route.copy())

    assert first.content == second.content == content
    assert first.headers.get("Content-Type") == content_type


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity"])
def test_a_compressed_reply_is_decoded_by_the_client(encoding: str) -> None:
    response = answered(mock.get(URL).respond(json={"a": 1}, encoding=encoding))

    assert response.json() == {"a": 1}
    assert response.headers["Content-Encoding"] == encoding


def test_a_reply_carries_headers_cookies_version_reason_and_trailers() -> None:
    response = answered(
        mock.get(URL).respond(
            418,
            headers=[("x-a", "1"), ("x-a", "2")],
            cookies={"sid": "1"},
            http_version="HTTP/2",
            reason="Short and Stout",
            trailers={"x-sum": "9"},
        )
    )

    assert response.status_code == 418
    assert response.headers.get_list("X-A") == ["1", "2"]
    assert response.cookies["sid"] == "1"
    assert response.http_version == "HTTP/2"
    assert response.reason_phrase == "Short and Stout"
    assert response.extensions["trailers"]["X-Sum"] == "9"


def test_a_file_is_found_beside_the_test_and_typed_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"id": 1}')

    route = mock.Route("/", place=mock.Place(__file__, 1)).respond(file=tmp_path / "order.json")
    response = answered(route)

    assert response.json() == {"id": 1}
    assert response.headers["Content-Type"] == "application/json"
    with pytest.raises(RouteError, match="there is no file"):
        mock.get(URL).respond(file="missing.json")


def test_head_gets_the_fields_of_get_and_no_body() -> None:
    response = answered(mock.route(URL).respond(json={"a": 1}), "HEAD")

    assert response.content == b""
    assert response.headers["Content-Length"] == "7"


@pytest.mark.parametrize(
    ("value", "status", "content"),
    [
        (204, 204, b""),
        ({"a": 1}, 200, b'{"a":1}'),
        ([{"a": 1}], 200, b'[{"a":1}]'),
        ([], 200, b"[]"),
        ([1, 2], 200, b"[1,2]"),
        ("text", 200, b"text"),
        (b"bytes", 200, b"bytes"),
        ((404, {"error": "no"}), 404, b'{"error":"no"}'),
        ((404, "no"), 404, b"no"),
        ((404, b"no"), 404, b"no"),
        ((304, None), 304, b""),
        ((201, "ok", {"x-a": "1"}), 201, b"ok"),
        (Response(202, text="x"), 202, b"x"),
        (lambda request: 203, 203, b""),
        (lambda: (200, "none wanted"), 200, b"none wanted"),
        (lambda request, n: (200, f"{request.method} {n}"), 200, b"GET 1"),
    ],
    ids=lambda value: "function" if callable(value) else repr(value)[:30],
)
def test_plain_values_stand_for_replies(value: Any, status: int, content: bytes) -> None:
    response = answered(mock.get(URL, reply=value))

    assert (response.status_code, response.content) == (status, content)


def test_the_percent_sign_and_mock_and_respond_take_plain_values_too() -> None:
    assert answered(mock.get(URL) % 204).status_code == 204
    assert answered(mock.get(URL).mock(return_value=Response(201))).status_code == 201
    assert answered(mock.get(URL).respond({"a": 1})).json() == {"a": 1}
    assert answered(mock.get(URL).respond("text", headers={"x-a": "1"})).headers["X-A"] == "1"
    with pytest.raises(ZeroDivisionError):
        answered(mock.get(URL).mock(side_effect=ZeroDivisionError))


def test_one_response_object_serves_many_requests_independently() -> None:
    router = mock.Router()
    shared = Response(200, json={"a": 1}, headers={"x-a": "1"})
    router.get(URL, reply=shared)
    client = Client(transport=router)

    first, second = client.get(URL), client.get(URL)
    first.headers["x-a"] = "changed"

    assert first is not second
    assert second.headers["X-A"] == "1"
    assert shared.headers["X-A"] == "1"


def test_a_generator_plays_again_for_every_call() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"a"
        yield b"b"

    for given in (chunks(), chunks, [b"a", b"b"]):
        route = mock.Router()
        route.get(URL).stream(given)
        client = Client(transport=route)

        assert [client.get(URL).content for _ in range(3)] == [b"ab"] * 3


@pytest.mark.anyio
async def test_an_asynchronous_generator_function_streams_to_asynchronous_clients() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    router = mock.Router()
    router.get(URL).stream(chunks)
    async with AsyncClient(transport=router) as client:
        assert [(await client.get(URL)).content for _ in range(2)] == [b"ab"] * 2
    with pytest.raises(RuntimeError, match="asynchronous generator"):
        Client(transport=router).get(URL)
    with pytest.raises(RouteError, match="plays only once"):
        mock.get(URL).stream(chunks())


def test_a_streamed_reply_is_closed_also_when_its_reader_stops_early() -> None:
    closed: list[str] = []

    def chunks() -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append("generator")

    with mock.Router() as router:
        router.get(URL).stream(chunks)
        with Client() as client, client.stream("GET", URL) as response:
            assert next(response.iter_raw()) == b"a"

    assert closed == ["generator"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (understudy.ReadTimeout("slow"), understudy.ReadTimeout),
        (understudy.ConnectError, understudy.ConnectError),
        (ValueError("own"), ValueError),
        (KeyError, KeyError),
    ],
)
def test_errors_are_raised_each_time_anew_with_their_request(error: Any, kind: type[Exception]) -> None:
    router = mock.Router()
    router.get(URL).error(error)
    client = Client(transport=router)

    raised: list[BaseException] = []
    for _ in range(2):
        with pytest.raises(kind) as caught:
            client.get(URL)
        raised.append(caught.value)

    assert raised[0] is not raised[1]
    if isinstance(raised[0], understudy.HTTPError):
        assert raised[0].request.url == URL


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("connect-refused", understudy.ConnectError),
        ("connect-timeout", understudy.ConnectTimeout),
        ("read-timeout", understudy.ReadTimeout),
        ("write-timeout", understudy.WriteTimeout),
        ("pool-timeout", understudy.PoolTimeout),
        ("reset", understudy.ReadError),
        ("write-error", understudy.WriteError),
        ("disconnect", understudy.RemoteProtocolError),
        ("dns", understudy.ConnectError),
        ("tls", understudy.ConnectError),
        ("truncate", understudy.IncompleteBody),
    ],
)
def test_faults_go_by_name(name: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        answered(mock.get(URL).fault(name))


def test_a_truncated_body_delivers_its_beginning_first() -> None:
    router = mock.Router()
    router.get(URL).fault("truncate", at=3, content=b"abcdef")

    with Client(transport=router).stream("GET", URL) as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"abc"
        with pytest.raises(understudy.IncompleteBody, match="after 3 of 6 bytes"):
            next(pieces)


def test_redirects_are_followed_by_the_client_itself() -> None:
    router = mock.Router(base_url="https://api.test")
    router.get("/old").redirect("/new", 301)
    router.get("/new").respond(text="here")

    response = Client(transport=router, follow_redirects=True).get("https://api.test/old")

    assert response.text == "here"
    assert [step.status_code for step in response.history] == [301]


def test_sequences_repeat_their_last_reply_and_say_what_else_may_come() -> None:
    def statuses(route: mock.Route, calls: int) -> list[int]:
        router = mock.Router(unmatched=404)
        router.add(route)
        client = Client(transport=router)
        return [client.get(URL).status_code for _ in range(calls)]

    assert statuses(mock.get(URL).respond(503).repeat(2).then(200), 4) == [503, 503, 200, 200]
    assert statuses(mock.get(URL, reply=[503, 200]), 3) == [503, 200, 200]
    assert statuses(mock.get(URL).respond(503).then(200).cycle(), 5) == [503, 200, 503, 200, 503]
    assert statuses(mock.get(URL).respond(503).fall_through(), 3) == [503, 404, 404]


@pytest.mark.parametrize(("replies", "said"), [([200], "whose reply is"), ([200, 503], "whose 2 replies are")])
def test_a_sequence_that_ends_in_failure_is_no_stop_iteration(replies: list[int], said: str) -> None:
    router = mock.Router()
    router.get(URL, reply=replies).then_fail()
    client = Client(transport=router)
    for _ in replies:
        client.get(URL)

    with pytest.raises(mock.UnmatchedRequest, match=f"{said} used up"):
        client.get(URL)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lambda request: 200, "a function"),
        (mock.reply(200), "a reply that is complete"),
        (Response(200), "a Response"),
        (OSError(), "an exception"),
    ],
)
def test_no_word_is_passed_over_beside_a_reply_that_says_everything(value: Any, said: str) -> None:
    with pytest.raises(RouteError, match=f"`headers=` cannot be said beside {said}"):
        mock.get(URL).respond(value, headers={"X-Lost": "1"})


def test_reply_makes_replies_from_plain_data() -> None:
    assert answered(mock.get(URL, reply=mock.reply(status=201, json={"a": 1}))).json() == {"a": 1}
    assert answered(mock.get(URL, reply=mock.reply(503, headers={"retry-after": "1"}))).headers["Retry-After"] == "1"
    assert answered(mock.get(URL, reply=mock.reply({"a": 1}))).json() == {"a": 1}
    assert answered(mock.get(URL, reply=mock.reply(redirect="/x", status=307))).headers["Location"] == "/x"
    assert repr(mock.reply(fault="reset")) == "<reply fails: reset>"
    assert repr(mock.reply(pass_through=True)) == "<reply passed through>"
    assert repr(mock.reply(error=ValueError)) == "<reply raises ValueError>"


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: mock.get(URL).respond(99), "99 is no status"),
        (lambda: mock.get(URL).respond(100), "100 is no status of a final response: those go from 200 to 999"),
        (lambda: mock.get(URL).respond(True), "a status is a number such as 200, not True"),
        (lambda: mock.get(URL).respond(200, json=1, text="a"), "one body, and this one has 2: `json=`, `text=`"),
        (lambda: mock.get(URL).respond(204, json=1), "status 204 has no body"),
        (lambda: mock.get(URL).respond(304, text="x"), "status 304 has no body"),
        (lambda: mock.get(URL).respond(json=object()), "cannot be a JSON body"),
        (lambda: mock.get(URL).respond(json=float("nan")), "cannot be a JSON body"),
        (lambda: mock.get(URL).respond(text=b"x"), "`text` takes text"),
        (lambda: mock.get(URL).respond(html=5), "`html` takes text"),
        (lambda: mock.get(URL).respond(form=5), "`form` takes a dict"),
        (lambda: mock.get(URL).respond(headers={"x": "a\r\nb: c"}), "headers of this reply cannot be sent"),
        (lambda: mock.get(URL).respond(headers={"x y": "a"}), "headers of this reply cannot be sent"),
        (
            lambda: mock.get(URL).respond(headers={"content-length": "9"}, text="abc"),
            "says 9, and the body has 3 bytes",
        ),
        (lambda: mock.get(URL).respond(content_type="a\nb"), "`content_type` cannot be sent"),
        (lambda: mock.get(URL).respond(cookies=["nonsense"]), "`cookies` takes a dict"),
        (lambda: mock.get(URL).respond(cookies={"a": "b\nc"}), "`cookies` cannot be sent"),
        (lambda: mock.get(URL).respond(text="a", encoding="lzma"), "is none of gzip"),
        (lambda: mock.get(URL).respond(stream=[b"a"], encoding="gzip"), "compresses a body that is in memory"),
        (lambda: mock.get(URL).respond(http_version="2"), "`http_version` is one of"),
        (lambda: mock.get(URL).respond(reason="a\nb"), "`reason` cannot be sent"),
        (lambda: mock.get(URL).respond(trailers={"a b": "1"}), "trailers of this reply cannot be sent"),
        (lambda: mock.get(URL).respond(delay=-1), "`delay` takes seconds"),
        (lambda: mock.get(URL).respond(delay="1s"), "`delay` takes seconds"),
        (lambda: mock.get(URL).respond(text="a", rate="fast"), "`rate` takes bytes per second"),
        (lambda: mock.get(URL).respond(text="a", rate=0), "`rate` takes bytes per second"),
        (lambda: mock.get(URL).stream("abc"), "say a whole body with content="),
        (lambda: mock.get(URL).stream(5), "a stream is a list or a generator"),
        (lambda: mock.get(URL).stream([b"a"], every=-1), "`every` takes seconds"),
        (lambda: mock.get(URL).sse("abc"), "`sse` takes a list of events"),
        (lambda: mock.get(URL).sse([{"datum": 1}]), "not 'datum'"),
        (lambda: mock.get(URL).sse([{"id": "a\nb"}]), "is one line"),
        (lambda: mock.get(URL).redirect("/", 200), "a redirect has status 301"),
        (lambda: mock.get(URL).redirect("/", headers={"x y": "a"}), "headers of this redirect cannot be sent"),
        (lambda: mock.get(URL).respond(200, at=5), "`at=` cannot be said of a plain response"),
        (lambda: mock.get(URL).stream([b"a"], fault="reset"), "`fault=` cannot be said of a plain response"),
        (lambda: mock.get(URL).error(OOPS), "`.error` takes an exception"),
        (lambda: mock.get(URL).error(UnicodeDecodeError), "cannot be made without arguments"),
        (lambda: mock.get(URL).fault("rset"), "unknown fault 'rset', did you mean 'reset'?"),
        (lambda: mock.get(URL).fault("dns", at=5), "at cannot be said beside the fault 'dns'"),
        (lambda: mock.get(URL).fault("truncate", at=5, content=b"abc"), "fewer than its 3"),
        (lambda: mock.get(URL).respond(200).repeat(0), "`repeat` takes how often"),
        (lambda: mock.get(URL).pass_through(OOPS), "`patch` takes a function"),
        (lambda: mock.get(URL, reply=object()), "is no reply"),
        (lambda: mock.get(URL, reply=(1, 2, 3, 4)), "a tuple is (status, body)"),
        (lambda: mock.get(URL, reply=[503, {"ok": 1}]), "could be a JSON body or a sequence"),
        (lambda: mock.get(URL).respond(ValueError, text="x"), "`text=` cannot be said beside an exception"),
        (lambda: mock.get(URL).then(Response(200), text="x"), "cannot be said beside a Response"),
        (lambda: mock.get(URL).respond(200, jsno={}), "a reply has no 'jsno', did you mean 'json'?"),
        (lambda: mock.get(URL).respond(200, body="x"), "a reply has no 'body': write text=, content= or json="),
        (lambda: mock.get(URL).respond().then(200, delya=1), "a reply has no 'delya', did you mean 'delay'?"),
        (lambda: mock.get(URL).stream([b"a"], evry=1), "a reply has no 'evry', did you mean 'every'?"),
        (lambda: mock.get(URL).sse([], evry=1), "a reply has no 'evry', did you mean 'every'?"),
        (lambda: mock.get(URL).fault("reset", att=1), "a reply has no 'att', did you mean 'at'?"),
        (lambda: mock.reply(staus=1), "a reply has no 'staus', did you mean 'status'?"),
        (lambda: mock.reply(error=ValueError, fault="reset"), "a reply is one of error, fault"),
        (lambda: mock.reply(error=ValueError, text="x"), "text cannot be said beside `error`"),
        (lambda: mock.get(URL, reply=Response(200, content=iter([b"a"]))), "can be sent only once"),
    ],
)
def test_what_cannot_be_sent_fails_where_it_is_written(write: Any, message: str) -> None:
    with pytest.raises(RouteError, match=re.escape(message)):
        write()


def test_pieces_that_are_no_bytes_are_told_when_they_come() -> None:
    with pytest.raises(TypeError, match="a stream's pieces are bytes or text, not 5"):
        answered(mock.get(URL).stream([5]))


def test_a_request_with_a_streamed_body_is_read_once_and_stays_readable() -> None:
    router = mock.Router()
    router.post(URL, content=b"abc").respond()
    sent = Request("POST", URL, content=iter([b"a", b"bc"]))

    router.handle_request(sent)

    assert router.calls.last.request.content == b"abc"
    assert sent.read() == b"abc"


def test_a_mocked_body_streams_to_an_asynchronous_reader() -> None:
    async def main() -> list[bytes]:
        router = mock.Router()
        router.get(URL).stream([b"a", b"b"], every=1)
        async with AsyncClient(transport=router) as client, client.stream("GET", URL) as response:
            return [piece async for piece in response.aiter_raw()]

    assert asyncio.run(main()) == [b"a", b"b"]


class RefusedError(Exception):
    """An error that makes its message of what it is given."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with code {code}")
        self.code = code


def test_an_error_that_makes_its_own_message_makes_it_once() -> None:
    with pytest.raises(RefusedError, match=r"^refused with code 5$") as caught:
        answered(mock.get(URL).error(RefusedError(5)))

    assert caught.value.code == 5


def test_a_generator_that_fails_fails_in_every_call() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"abc"
        raise OSError("the file is gone")

    router = mock.Router()
    router.get(URL).stream(pieces())

    for _ in range(3):
        with pytest.raises(OSError, match="the file is gone"):
            Client(transport=router).get(URL)
