"""HTTP/1.1 is read the same however it is sliced, and nothing is accepted that h11 reads differently."""

from __future__ import annotations

from typing import Any

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from understudy.client.errors import RemoteProtocolError
from understudy.client.messages.request import Request
from understudy.client.network.http1.h11_codec import H11Codec
from understudy.client.network.http1.head_reader import HeadReader
from understudy.client.network.http1.plain_codec import PLAIN, PlainChunkedReader
from understudy.client.network.http1.request_head import plan_request

NAMES = st.sampled_from([b"Content-Type", b"X-A", b"x-b", b"Content-Length", b"Connection", b"Set-Cookie", b"Date"])
VALUES = st.sampled_from([b"", b"a", b"0", b"12", b"a b", b"text/plain; charset=utf-8", b"\xff", b"close", b"a\tb"])
SPACES = st.sampled_from([b"", b" ", b"  ", b"\t"])
STATUS_LINES = st.sampled_from(
    [b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found", b"HTTP/1.0 301 ", b"HTTP/1.1 204", b"HTTP/1.1 103 Early Hints"]
)
# What peers have stumbled over, to be put anywhere.
TROUBLE = st.sampled_from(
    [b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b"\x0b", b"\x7f", b"\xa0", b"0", b"-", b"+", b";", b",", b"\r\n "]
)


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    fields = draw(st.lists(st.tuples(NAMES, st.just(b":"), SPACES, VALUES, SPACES), max_size=4))
    return b"\r\n".join([draw(STATUS_LINES), *map(b"".join, fields)]) + b"\r\n\r\n"


@st.composite
def broken(draw: st.DrawFn, messages: st.SearchStrategy[bytes]) -> bytes:
    """A message with some trouble put into it."""
    message = draw(messages)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(message)))
        skip = draw(st.integers(0, 2))
        message = message[:at] + draw(TROUBLE) + message[at + skip :]
    return message


@st.composite
def chunked_bodies(draw: st.DrawFn) -> bytes:
    chunks = draw(st.lists(st.binary(min_size=1, max_size=20), max_size=4))
    extension = draw(st.sampled_from([b"", b";a", b";a=b", b';a="b"']))
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    trailers = draw(st.sampled_from([b"", b"A: b\r\n", b"A: b\r\nC: d\r\n"]))
    return body + draw(st.sampled_from([b"0", b"000", b"0;x"])) + b"\r\n" + trailers + b"\r\n"


@st.composite
def slices(draw: st.DrawFn, message: bytes) -> list[bytes]:
    cuts = sorted(draw(st.lists(st.integers(0, len(message)), max_size=6)))
    edges = [0, *cuts, len(message)]
    return [message[start:end] for start, end in zip(edges, edges[1:]) if start < end]


def head_of(pieces: list[bytes]) -> Any:
    """Return what the pieces are read as: a head and the rest, nothing yet, or refused."""
    reader = HeadReader()
    try:
        for place, piece in enumerate(pieces):
            found = reader.feed(piece)
            if found is not None:
                return PLAIN.parse_head(found[0]), found[1] + b"".join(pieces[place + 1 :])
    except RemoteProtocolError:
        return "refused"
    return "incomplete"


def body_of(reader: Any, pieces: list[bytes]) -> Any:
    body = b""
    try:
        for place, piece in enumerate(pieces):
            body += reader.feed(piece)
            if reader.is_complete:
                return body, reader.trailers, reader.leftover + b"".join(pieces[place + 1 :])
    except RemoteProtocolError:
        return "refused"
    return "incomplete"


@given(st.data())
@examples(150)
def test_a_head_is_the_same_however_it_is_sliced(data: st.DataObject) -> None:
    message = data.draw(broken(heads())) + b"rest"

    assert head_of(data.draw(slices(message))) == head_of([message])


@pytest.mark.once
@given(st.data())
@examples(300)
def test_a_head_is_the_same_beside_one_that_is_like_it(data: st.DataObject) -> None:
    before = data.draw(heads())
    after = data.draw(st.one_of(broken(st.just(before)), heads()))
    like = head_of([before])[0]
    if not after.endswith(b"\r\n\r\n") or after.find(b"\r\n\r\n") != len(after) - 4:
        return

    try:
        beside: Any = PLAIN.parse_head(after, like)
    except RemoteProtocolError:
        beside = "refused"

    alone = head_of([after])
    assert beside == (alone if isinstance(alone, str) else alone[0])


@given(st.data())
@examples(150)
def test_chunks_are_the_same_however_they_are_sliced(data: st.DataObject) -> None:
    message = data.draw(broken(chunked_bodies())) + b"rest"

    assert body_of(PlainChunkedReader(), data.draw(slices(message))) == body_of(PlainChunkedReader(), [message])


def h11_reads(raw: bytes, method: str = "GET") -> Any:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(raw)
    try:
        event = connection.next_event()
        if not isinstance(event, (h11.Response, h11.InformationalResponse)):
            return "incomplete"
        body = b""
        following: Any = connection.next_event()
        while isinstance(following, h11.Data):
            body += bytes(following.data)
            following = connection.next_event()
    except h11.RemoteProtocolError:
        return "refused"
    fields = sorted({(name.lower(), bytes(value)) for name, value in event.headers})
    return event.status_code, fields, body, isinstance(following, h11.EndOfMessage)


def unfolded(fields: list[tuple[bytes, bytes]], raw: bytes) -> list[tuple[bytes, bytes]]:
    """Where a line was folded, h11 keeps the spaces before the fold, of which RFC 9112 makes one with it."""
    if b"\r\n " in raw or b"\r\n\t" in raw:
        fields = [(name, b" ".join(value.split())) for name, value in fields]
    return sorted(set(fields))


@given(broken(heads()))
@example(b"HTTP/1.1 404 Not Found\r\nConnection:\r\n a  \r\nX-A:  a  \r\n Content-Type:\r\n\r\n")
@examples(200)
def test_a_head_that_is_accepted_is_read_by_h11_in_the_same_way(raw: bytes) -> None:
    mine = head_of([raw])
    if isinstance(mine, str):
        return

    head, _ = mine
    theirs = h11_reads(raw)

    if theirs == "refused":
        # h11 refuses lengths that `framing` refuses here, and control characters that are kept here.
        return
    status, fields, _, _ = theirs
    assert status == head.status
    assert unfolded(fields, raw) == unfolded([(name.lower(), value) for name, value in head.fields], raw)


@given(broken(chunked_bodies()))
@examples(200)
def test_chunks_that_are_accepted_are_read_by_h11_in_the_same_way(body: bytes) -> None:
    mine = body_of(PlainChunkedReader(), [body])
    if isinstance(mine, str):
        return

    theirs = h11_reads(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

    if theirs == "refused":
        assert b";" in body or mine[1], "h11 is stricter only about extensions and trailers"
        return
    _, _, their_body, complete = theirs
    assert complete
    assert their_body == mine[0]


@given(broken(heads()))
@examples(150)
def test_the_second_opinion_returns_what_both_read_or_refuses(raw: bytes) -> None:
    mine = head_of([raw])
    if isinstance(mine, str):
        return

    try:
        both = H11Codec().parse_head(raw[: len(raw) - len(mine[1])])
    except RemoteProtocolError:
        return

    assert both == mine[0]


@given(st.data())
@examples(150)
def test_the_second_opinion_reads_chunks_however_they_are_sliced(data: st.DataObject) -> None:
    message = data.draw(chunked_bodies())
    whole = body_of(PlainChunkedReader(), [message])

    both = body_of(H11Codec().chunked(), data.draw(slices(message)))

    assert both == whole


TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    st.dictionaries(st.sampled_from(["X-A", "x-b", "Accept", "User-Agent"]), TEXT, max_size=4),
    st.binary(max_size=40) | st.none(),
    TEXT,
)
@examples(150)
def test_what_is_sent_is_what_h11_hears(method: str, headers: dict[str, str], content: bytes | None, path: str) -> None:
    request = Request(method, "http://h.test/", params={"q": path}, headers=headers, content=content)
    plan = plan_request(request)
    server = h11.Connection(h11.SERVER)
    server.receive_data(plan.head + (plan.content or b""))

    heard = server.next_event()
    assert isinstance(heard, h11.Request)
    assert heard.method == method.encode()
    assert heard.target == request.url.raw_path
    assert list(heard.headers) == [(name.lower(), value) for name, value in request.headers.raw]
    body = b""
    event: Any = server.next_event()
    while isinstance(event, h11.Data):
        body += bytes(event.data)
        event = server.next_event()
    assert isinstance(event, h11.EndOfMessage)
    assert body == (content or b"")


@given(broken(heads()))
@examples(200)
def test_where_httptools_accepts_a_head_too_it_reads_the_same_fields(raw: bytes) -> None:
    httptools: Any = pytest.importorskip("httptools")
    mine = head_of([raw])
    if isinstance(mine, str) or mine[0].status < 200:
        return
    heard: list[tuple[bytes, bytes]] = []

    class Hears:
        def on_header(self, name: bytes, value: bytes) -> None:
            heard.append((name.lower(), value.strip(b" \t")))

    parser = httptools.HttpResponseParser(Hears())
    try:
        parser.feed_data(raw[: len(raw) - len(mine[1])])
    except httptools.HttpParserError:
        return

    assert heard == [(name.lower(), value) for name, value in mine[0].fields]
