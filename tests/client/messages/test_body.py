from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from understudy import (
    ByteStream,
    DecodingError,
    LimitExceeded,
    ReadError,
    Request,
    Response,
    ResponseNotRead,
    StreamClosed,
    StreamConsumed,
)
from understudy.client.config import Guards
from understudy.client.messages.body import IdentityDecoder

if TYPE_CHECKING:
    from ..conftest import Side

REQUEST = Request("GET", "https://api.test/")


def streaming(stream: Any, **headers: str) -> Response:
    """Return a response that is still to be read, as a transport does."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(200, headers=named, stream=stream, request=REQUEST)


# Whole


@pytest.mark.anyio
async def test_reading_takes_everything_and_closes(side: Side) -> None:
    body = side.body(b"one ", b"two")
    response = streaming(body)

    content = await side.read(response)

    assert content == b"one two" == response.content
    assert response.num_bytes_downloaded == 7
    assert response.is_closed
    assert response.is_stream_consumed
    assert body.closes == 1


@pytest.mark.anyio
async def test_reading_again_gives_the_same(side: Side) -> None:
    body = side.body(b"body")
    response = streaming(body)
    await side.read(response)

    assert await side.read(response) == b"body"
    assert body.reads == 1


@pytest.mark.anyio
async def test_a_stream_that_can_be_taken_in_one_piece_is(side: Side) -> None:
    body = side.body(b"never iterated")
    name = "read_all" if side.is_blocking else "aread_all"
    setattr(body, name, side.function(lambda: b"in one piece"))
    response = streaming(body)

    assert await side.read(response) == b"in one piece"
    assert response.num_bytes_downloaded == 12
    assert response.is_closed
    assert body.reads == 0


@pytest.mark.anyio
async def test_but_not_when_it_must_be_decoded(side: Side) -> None:
    body = side.body(gzip.compress(b"body"))
    name = "read_all" if side.is_blocking else "aread_all"
    setattr(body, name, side.function(lambda: b"in one piece"))

    assert await side.read(streaming(body, Content_Encoding="gzip")) == b"body"


# In pieces


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("size", "pieces"),
    [(None, [b"abc", b"defg"]), (1, [b"a", b"b", b"c", b"d", b"e", b"f", b"g"]), (3, [b"abc", b"def", b"g"])],
)
@pytest.mark.parametrize("how", ["iter_bytes", "iter_raw"])
async def test_a_body_comes_in_pieces(side: Side, how: str, size: int | None, pieces: list[bytes]) -> None:
    body = side.body(b"abc", b"", b"defg")
    response = streaming(body)

    assert await side.items(response, how, size) == pieces
    assert response.is_closed
    assert response.num_bytes_downloaded == 7


@pytest.mark.anyio
async def test_a_body_comes_as_text(side: Side) -> None:
    response = streaming(side.body(b"gr", "ü".encode()[:1], "ü".encode()[1:], b"n"))

    assert await side.items(response, "iter_text") == ["gr", "ü", "n"]


@pytest.mark.anyio
async def test_text_comes_in_pieces_of_one_size(side: Side) -> None:
    response = streaming(side.body("grü".encode(), b"ner"))

    assert await side.items(response, "iter_text", 4) == ["grün", "er"]


@pytest.mark.anyio
async def test_a_character_cut_off_at_the_end_is_replaced(side: Side) -> None:
    response = streaming(side.body("grü".encode()[:-1]))

    assert "".join(await side.items(response, "iter_text")) == "gr\ufffd"


@pytest.mark.anyio
async def test_a_body_comes_line_by_line(side: Side) -> None:
    response = streaming(side.body(b"one\r", b"\ntwo\n\nfo", b"ur"))

    assert await side.items(response, "iter_lines") == ["one", "two", "", "four"]


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["iter_bytes", "iter_text", "iter_lines", "iter_raw"])
async def test_an_empty_body_comes_in_no_pieces(side: Side, how: str) -> None:
    response = streaming(side.body())

    assert await side.items(response, how) == []
    assert response.is_closed


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["iter_bytes", "iter_raw", "iter_text"])
async def test_a_piece_of_no_size_is_an_error(side: Side, how: str) -> None:
    with pytest.raises(ValueError, match="chunk_size=0"):
        await side.items(streaming(side.body(b"body")), how, 0)


@pytest.mark.anyio
async def test_so_it_is_once_the_body_is_here(side: Side) -> None:
    with pytest.raises(ValueError, match="chunk_size=0"):
        await side.items(Response(200, content=b"body"), "iter_bytes", 0)


@pytest.mark.anyio
async def test_a_body_that_is_here_comes_in_pieces_again_and_again(side: Side) -> None:
    response = Response(200, content=b"abcdefg")

    for _ in range(2):
        assert await side.items(response, "iter_bytes") == [b"abcdefg"]
        assert await side.items(response, "iter_bytes", 3) == [b"abc", b"def", b"g"]
        assert await side.items(response, "iter_text", 4) == ["abcd", "efg"]
        assert await side.items(response, "iter_lines") == ["abcdefg"]
    assert await side.items(Response(200), "iter_bytes") == []


@pytest.mark.anyio
async def test_a_reader_of_a_body_that_is_here_may_be_closed(anyio_backend: str) -> None:
    reader: Any = Response(200, content=b"abcdefg").aiter_bytes(3)

    assert await reader.__anext__() == b"abc"
    await reader.aclose()

    assert [piece async for piece in reader] == []


# In the wrong order


@pytest.mark.anyio
async def test_before_reading_there_is_no_content(side: Side) -> None:
    response = streaming(side.body(b"body"))

    for attribute in ("content", "text"):
        with pytest.raises(ResponseNotRead):
            getattr(response, attribute)
    with pytest.raises(ResponseNotRead):
        response.json()


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["iter_bytes", "iter_text", "iter_lines", "iter_raw"])
async def test_a_body_that_was_streamed_is_gone(side: Side, how: str) -> None:
    response = streaming(side.body(b"body"))
    await side.items(response, how)

    with pytest.raises(StreamConsumed):
        await side.read(response)
    with pytest.raises(StreamConsumed):
        await side.items(response, "iter_bytes")
    with pytest.raises(ResponseNotRead):
        response.content  # noqa: B018 - a property


@pytest.mark.anyio
async def test_a_body_that_was_read_has_no_raw_form_any_more(side: Side) -> None:
    response = Response(200, content=b"body")

    with pytest.raises(StreamConsumed):
        await side.items(response, "iter_raw")


@pytest.mark.anyio
async def test_a_response_that_was_closed_cannot_be_read(side: Side) -> None:
    body = side.body(b"body")
    response = streaming(body)
    await side.close(response)

    with pytest.raises(StreamClosed):
        await side.read(response)
    assert body.reads == 0


@pytest.mark.anyio
async def test_closing_twice_closes_once(side: Side) -> None:
    body = side.body(b"body")
    response = streaming(body)

    await side.close(response)
    await side.close(response)

    assert body.closes == 1


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["iter_bytes", "iter_text", "iter_lines", "iter_raw"])
async def test_a_reader_may_stop_early(side: Side, how: str) -> None:
    body = side.body(b"a\n", b"b\n", b"c\n")
    response = streaming(body)

    if side.is_blocking:
        for _ in getattr(response, how)():
            break
    else:
        async for _ in getattr(response, f"a{how}")():
            break
    await side.close(response)

    assert (body.given, body.closes) == (1, 1)
    with pytest.raises(StreamConsumed):
        await side.read(response)


@pytest.mark.anyio
async def test_blocking_code_does_not_read_an_asynchronous_body(side: Side) -> None:
    response = streaming(side.body(b"body"))
    if side.is_blocking:
        with pytest.raises(RuntimeError, match="streams synchronously"):
            await response.aread()
        with pytest.raises(RuntimeError, match=r"response\.close\(\)"):
            await response.aclose()
    else:
        with pytest.raises(RuntimeError, match="streams asynchronously"):
            response.read()
        with pytest.raises(RuntimeError, match="aclose"):
            response.close()

    assert await side.read(response) == b"body"  # nothing was spoilt


@pytest.mark.anyio
async def test_a_body_in_memory_is_for_both(anyio_backend: str) -> None:
    assert streaming(ByteStream(b"body")).read() == b"body"
    assert await streaming(ByteStream(b"body")).aread() == b"body"


# Coded


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gzip.compress(b"body", mtime=0)),
        ("x-gzip", gzip.compress(b"body", mtime=0)),
        ("GZIP", gzip.compress(b"body", mtime=0)),
        ("deflate", zlib.compress(b"body")),
        ("deflate, gzip", gzip.compress(zlib.compress(b"body"), mtime=0)),
        ("identity", b"body"),
        ("", b"body"),
        ("unheard-of", b"body"),
    ],
)
async def test_a_coded_body_is_decoded(side: Side, coding: str, data: bytes) -> None:
    for response in (
        streaming(side.body(data[:2], data[2:]), Content_Encoding=coding),
        Response(200, content=data, headers={"Content-Encoding": coding}),
    ):
        assert await side.read(response) == b"body"
        assert response.num_bytes_downloaded == len(data)


@pytest.mark.anyio
async def test_raw_is_as_it_came(side: Side) -> None:
    data = gzip.compress(b"body")
    response = streaming(side.body(data), Content_Encoding="gzip")

    assert b"".join(await side.items(response, "iter_raw")) == data


@pytest.mark.anyio
@pytest.mark.parametrize("data", [b"no gzip at all", gzip.compress(b"body" * 100, mtime=0)[:-9]])
async def test_what_cannot_be_decoded_is_an_error_that_names_the_request(side: Side, data: bytes) -> None:
    response = streaming(side.body(data), Content_Encoding="gzip")

    with pytest.raises(DecodingError, match="the body") as caught:
        await side.read(response)

    assert caught.value.request is REQUEST
    assert str(caught.value).startswith(f"{REQUEST.method} {REQUEST.url} answered 200 OK, but the body ")


@pytest.mark.anyio
async def test_an_error_of_the_stream_names_the_request(side: Side) -> None:
    for how in ("iter_raw", "iter_bytes", "iter_text", "iter_lines"):
        response = streaming(side.body(b"a", error=ReadError("planted")))

        with pytest.raises(ReadError) as caught:
            await side.items(response, how)

        assert caught.value.request is REQUEST


@pytest.mark.anyio
async def test_an_error_that_names_a_request_keeps_it(side: Side) -> None:
    other = Request("GET", "https://other.test/")
    response = streaming(side.body(error=ReadError("planted", request=other)))

    with pytest.raises(ReadError) as caught:
        await side.read(response)

    assert caught.value.request is other


@pytest.mark.anyio
async def test_a_body_larger_than_allowed_is_stopped(side: Side) -> None:
    body = side.body(b"x" * 60, b"x" * 60, b"never taken")
    response = streaming(body)
    response._guards = Guards(max_response_size=100)

    with pytest.raises(LimitExceeded, match="max_response_size=100") as caught:
        await side.read(response)

    assert (caught.value.limit, caught.value.value) == (100, 120)
    assert caught.value.request is REQUEST
    assert body.given == 2


@pytest.mark.anyio
async def test_a_body_as_large_as_allowed_is_read(side: Side) -> None:
    response = streaming(side.body(b"x" * 50, b"x" * 50))
    response._guards = Guards(max_response_size=100)

    assert await side.read(response) == b"x" * 100


# As text


@pytest.mark.parametrize(
    ("content_type", "content", "text", "encoding"),
    [
        ("text/plain; charset=iso-8859-1", b"gr\xfcn", "grün", "iso-8859-1"),
        ("text/plain; charset=utf-8", "grün".encode(), "grün", "utf-8"),
        ("text/plain", "grün".encode(), "grün", "utf-8"),
        ("text/plain; charset=unheard-of", "grün".encode(), "grün", "utf-8"),
        ("text/plain; charset=zip", b"plain", "plain", "utf-8"),
        ("text/plain", b"gr\xfcn", "gr\ufffdn", "utf-8"),
        ("", b"plain", "plain", "utf-8"),
    ],
)
def test_text_is_read_by_its_charset(content_type: str, content: bytes, text: str, encoding: str) -> None:
    response = Response(200, headers={"Content-Type": content_type}, content=content)

    assert response.text == text
    assert response.encoding == encoding


def test_the_charset_that_the_server_names_is_shown_as_it_is() -> None:
    response = Response(200, headers={"Content-Type": "text/plain; charset=unheard-of"})

    assert response.charset_encoding == "unheard-of"
    assert Response(200).charset_encoding is None


def test_where_the_server_says_nothing_the_default_counts() -> None:
    assert Response(200, content=b"gr\xfcn", default_encoding="iso-8859-1").text == "grün"


def test_a_function_may_find_out_the_encoding() -> None:
    def detect(content: bytes) -> str | None:
        return "iso-8859-1" if b"\xfc" in content else None

    assert Response(200, content=b"gr\xfcn", default_encoding=detect).text == "grün"
    assert Response(200, content="grö".encode(), default_encoding=detect).text == "grö"
    assert Response(200, content=b"", default_encoding=detect).encoding == "utf-8"


@pytest.mark.anyio
async def test_a_function_cannot_find_out_before_the_body_is_here(side: Side) -> None:
    response = streaming(side.body("grün".encode()))
    response.default_encoding = lambda content: "iso-8859-1"

    assert "".join(await side.items(response, "iter_text")) == "grün"


def test_the_encoding_may_be_set_before_the_text_is_read() -> None:
    response = Response(200, content=b"gr\xfcn")

    response.encoding = "iso-8859-1"

    assert response.text == "grün"
    with pytest.raises(ValueError, match="set it before"):
        response.encoding = "utf-8"


# As JSON


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_says_its_own_encoding(encoding: str) -> None:
    assert Response(200, content='{"a": "ü"}'.encode(encoding)).json() == {"a": "ü"}


def test_json_options_reach_the_parser() -> None:
    assert Response(200, json={"a": 1.5}).json(parse_float=str) == {"a": "1.5"}


def test_another_parser_may_be_used() -> None:
    assert Response(200, json={"a": 1}).json(loads=bytes.decode) == '{"a":1}'


def test_what_is_no_json_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        Response(200, text="<html>").json()


@pytest.mark.anyio
async def test_a_stream_that_knows_no_close_is_left_alone(anyio_backend: str) -> None:
    class Pieces:
        """An asynchronous iterator that is no generator."""

        def __init__(self) -> None:
            self.left = [b"a", b"b"]

        def __aiter__(self) -> Pieces:
            return self

        async def __anext__(self) -> bytes:
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop(0)

    class Body(ByteStream):
        def __aiter__(self) -> Any:
            return Pieces()

    assert await streaming(Body(b"")).aread() == b"ab"


def test_a_transport_may_say_that_nothing_is_to_be_undone() -> None:
    response = Response(200, headers={"Content-Encoding": "gzip"}, stream=ByteStream(b"plain"))

    response._decoder = IdentityDecoder()

    assert response.read() == b"plain"
