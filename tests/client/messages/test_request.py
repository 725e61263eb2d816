from __future__ import annotations

import enum
import gzip
import io
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from understudy import (
    URL,
    ByteStream,
    Client,
    Cookies,
    Headers,
    InvalidURL,
    LocalProtocolError,
    Request,
    RequestNotRead,
    StreamConsumed,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def fields(request: Request) -> list[tuple[bytes, bytes]]:
    return request.headers.raw


# The request line


@pytest.mark.parametrize("method", ["GET", "get", b"get", "Get"])
def test_a_method_is_upper_case(method: Any) -> None:
    assert Request(method, "https://api.test/").method == "GET"


def test_a_method_is_plain_text_though_an_enumeration_says_it() -> None:
    class Verb(str, enum.Enum):
        FETCH = "GET"

    request = Request(Verb.FETCH, "https://api.test/")

    assert f"{request.method} {request!r}" == "GET <Request('GET', 'https://api.test/')>"


@pytest.mark.parametrize("method", ["PURGE", "M-SEARCH", "BREW!", "x"])
def test_any_token_is_a_method(method: str) -> None:
    assert Request(method, "https://api.test/").method == method.upper()


@pytest.mark.parametrize(
    "method",
    ["", " ", "GET ", " GET", "GE T", "GET\r\nX: y", "GET\n", "GET\x00", "GÉT", "GET/1", "GET:", b"GET\xff", "(GET)"],
)
def test_what_is_no_token_is_no_method(method: Any) -> None:
    with pytest.raises(LocalProtocolError, match="invalid HTTP method") as caught:
        Request(method, "https://api.test/")

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("method", [None, 1, object(), ["GET"]])
def test_what_is_no_text_is_no_method(method: Any) -> None:
    with pytest.raises(TypeError):
        Request(method, "https://api.test/")


def test_the_error_shows_no_more_than_the_beginning_of_a_method() -> None:
    with pytest.raises(LocalProtocolError) as caught:
        Request("GET " * 10_000, "https://api.test/")

    assert len(str(caught.value)) < 200


def test_a_url_may_be_text_or_a_url() -> None:
    url = URL("https://api.test/a")

    assert Request("GET", url).url is url
    assert Request("GET", "https://api.test/a").url == url


def test_an_impossible_url_is_an_error_at_once() -> None:
    with pytest.raises(InvalidURL):
        Request("GET", "https://[::1/")


def test_params_take_the_place_of_the_urls_query() -> None:
    request = Request("GET", "https://api.test/?a=1", params={"b": 2, "c": None})

    assert request.url == "https://api.test/?b=2&c="


def test_empty_params_remove_the_urls_query() -> None:
    assert Request("GET", "https://api.test/?a=1", params={}).url == "https://api.test/"


# Header fields


def test_host_is_the_first_field() -> None:
    request = Request("GET", "https://api.test:8443/", headers={"Accept": "*/*"})

    assert fields(request) == [(b"Host", b"api.test:8443"), (b"Accept", b"*/*")]


def test_a_host_that_the_caller_says_stays() -> None:
    request = Request("GET", "https://api.test/", headers={"Accept": "*/*", "host": "other.test"})

    assert fields(request) == [(b"Accept", b"*/*"), (b"host", b"other.test")]


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\x00b", " a", "a ", "\ta"])
def test_a_value_that_cannot_be_sent_is_an_error_at_once(value: str) -> None:
    for name in ("X-Field", "Host"):
        with pytest.raises(LocalProtocolError):
            Request("GET", "https://api.test/", headers={name: value})


def test_the_callers_headers_are_not_changed() -> None:
    headers = Headers({"X-Field": "1"})

    Request("POST", "https://api.test/", headers=headers, content=b"body")

    assert headers == {"X-Field": "1"}


def test_cookies_become_a_field() -> None:
    assert Request("GET", "https://api.test/", cookies={"a": "1"}).headers["Cookie"] == "a=1"
    assert Request("GET", "https://api.test/", cookies=Cookies({"a": "1"})).headers["Cookie"] == "a=1"


# Bodies


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_method_that_has_a_body_says_when_it_is_empty(method: str) -> None:
    assert Request(method, "https://api.test/").headers["Content-Length"] == "0"
    assert Request(method, "https://api.test/", data={}).headers["Content-Length"] == "0"
    assert Request(method, "https://api.test/", content=b"").headers["Content-Length"] == "0"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "QUERY", "TRACE", "CONNECT", "PURGE"])
def test_other_methods_say_nothing_about_a_body_that_they_do_not_have(method: str) -> None:
    request = Request(method, "https://api.test/")

    assert "Content-Length" not in request.headers
    assert request.content == b""


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "QUERY"])
def test_a_body_is_framed_for_every_method(method: str) -> None:
    assert Request(method, "https://api.test/", content=b"body").headers["Content-Length"] == "4"


@pytest.mark.parametrize(
    ("options", "content", "described"),
    [
        ({"content": b"body"}, b"body", {"Content-Length": "4"}),
        ({"content": "grün"}, "grün".encode(), {"Content-Length": "5"}),
        ({"json": {"a": "ü"}}, '{"a":"ü"}'.encode(), {"Content-Length": "10", "Content-Type": "application/json"}),
        ({"json": 0}, b"0", {"Content-Length": "1"}),
        ({"json": False}, b"false", {"Content-Length": "5"}),
        ({"json": []}, b"[]", {"Content-Length": "2"}),
        (
            {"data": {"a": "1 2", "b": ["x", "y"]}},
            b"a=1+2&b=x&b=y",
            {"Content-Length": "13", "Content-Type": "application/x-www-form-urlencoded"},
        ),
    ],
)
def test_a_body_in_memory_is_described(options: Any, content: bytes, described: dict[str, str]) -> None:
    request = Request("POST", "https://api.test/", **options)

    assert request.content == content
    assert request.read() == content
    assert {name: request.headers[name] for name in described} == described
    assert "Transfer-Encoding" not in request.headers
    assert request.is_replayable


def test_json_none_is_no_body() -> None:
    assert Request("POST", "https://api.test/", json=None).content == b""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stream": 5}, "stream= is a SyncByteStream or an AsyncByteStream, not int"),
        ({"extensions": 5}, "extensions are a mapping of names to values, not 5"),
        ({"extensions": "trace"}, "extensions are a mapping"),
        ({"headers": 5}, "headers are a mapping"),
    ],
)
def test_what_no_request_is_made_of_is_refused_where_it_is_given(options: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        Request("POST", "https://api.test/", **options)


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_what_json_cannot_say_is_an_error_at_once(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        Request("POST", "https://api.test/", json=value)


@pytest.mark.parametrize(
    "options", [{"content": b"", "json": 1}, {"content": b"", "data": {"a": 1}}, {"data": {"a": 1}, "json": 1}]
)
def test_two_bodies_are_an_error(options: Any) -> None:
    with pytest.raises(ValueError, match="one body"):
        Request("POST", "https://api.test/", **options)


def test_a_content_type_that_the_caller_says_stays() -> None:
    request = Request("POST", "https://api.test/", json={}, headers={"Content-Type": "application/vnd.api+json"})

    assert request.headers["Content-Type"] == "application/vnd.api+json"


def test_a_boundary_that_the_caller_says_is_used() -> None:
    headers = {"Content-Type": 'multipart/form-data; charset=utf-8; boundary="frontier"'}

    request = Request("POST", "https://api.test/", files={"a": b"1"}, headers=headers)

    assert request.headers["Content-Type"] == headers["Content-Type"]
    assert request.read().startswith(b"--frontier\r\n")


@pytest.mark.parametrize("said", ["text/plain", "multipart/form-data", "multipart/form-data; charset=utf-8"])
def test_without_a_boundary_in_it_the_callers_content_type_decides_nothing(said: str) -> None:
    request = Request("POST", "https://api.test/", files={"a": b"1"}, headers={"Content-Type": said})

    assert request.read().startswith(b"--")


def test_an_iterator_is_sent_in_chunks_and_once() -> None:
    request = Request("POST", "https://api.test/", content=iter([b"a", b"b"]))

    assert request.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in request.headers
    assert not request.is_replayable


def test_a_body_has_a_length_or_a_coding_and_the_callers_word_wins() -> None:
    known = Request("POST", "https://api.test/", content=iter([b"ab"]), headers={"Content-Length": "2"})
    coded = Request("POST", "https://api.test/", content=b"ab", headers={"Transfer-Encoding": "chunked"})

    assert "Transfer-Encoding" not in known.headers
    assert "Content-Length" not in coded.headers


def test_a_stream_is_passed_through_as_it_is() -> None:
    stream = ByteStream(b"body")

    request = Request("POST", "https://api.test/", stream=stream)

    assert request.stream is stream
    assert request.content == b"body"
    assert fields(request) == [(b"Host", b"api.test")]


# Reading a body that is a stream


def test_the_content_of_a_stream_is_not_there_before_it_is_read() -> None:
    request = Request("POST", "https://api.test/", content=iter([b"a", b"b"]))
    with pytest.raises(RequestNotRead):
        request.content  # noqa: B018 - a property

    assert request.read() == b"ab"

    assert request.content == b"ab"
    assert request.is_replayable
    assert b"".join(list(request.stream)) == b"ab"  # type: ignore[arg-type]  # held in memory: iterable for both
    assert request.read() == b"ab"


def test_a_stream_that_was_sent_cannot_be_read() -> None:
    request = Request("POST", "https://api.test/", content=iter([b"a"]))
    list(request.stream)  # type: ignore[arg-type]  # a blocking stream, as it was given

    with pytest.raises(StreamConsumed):
        request.read()


async def later() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


def test_an_asynchronous_stream_cannot_be_read_by_blocking_code() -> None:
    request = Request("POST", "https://api.test/", content=later())

    with pytest.raises(RuntimeError, match="aread"):
        request.read()


@pytest.mark.anyio
async def test_an_asynchronous_stream_is_read_by_asynchronous_code() -> None:
    request = Request("POST", "https://api.test/", content=later())

    assert await request.aread() == b"ab"

    assert request.content == b"ab"
    assert await request.aread() == b"ab"


@pytest.mark.anyio
async def test_a_blocking_stream_is_read_by_asynchronous_code_too() -> None:
    request = Request("POST", "https://api.test/", content=iter([b"a", b"b"]))

    assert await request.aread() == b"ab"


def test_a_stream_that_was_put_there_later_is_read_as_well() -> None:
    request = Request("POST", "https://api.test/", content=iter([b"a"]))
    stream = request.stream = ByteStream(b"later")

    assert request.read() == b"later"
    assert request.stream is stream


def test_a_file_is_sent_from_where_it_stands_and_may_be_sent_again() -> None:
    file = io.BytesIO(b"skipped and sent")
    file.seek(12)

    request = Request("PUT", "https://api.test/", content=file)

    assert request.headers["Content-Length"] == "4"
    assert request.is_replayable
    assert request.read() == b"sent"


def test_reading_multipart_leaves_it_whole() -> None:
    request = Request("POST", "https://api.test/", files={"a": ("a.txt", io.BytesIO(b"one"))})

    first = request.read()

    assert b"one" in first
    assert len(first) == int(request.headers["Content-Length"])
    assert b"".join(list(request.stream)) == first  # type: ignore[arg-type]  # iterable for both


# The rest


def test_extensions_are_the_requests_own() -> None:
    given = {"trace": print}

    request = Request("GET", "https://api.test/", extensions=given)
    request.extensions["more"] = 1

    assert given == {"trace": print}
    assert Request("GET", "https://api.test/").extensions == {}


def test_a_request_shows_what_it_asks_and_no_password() -> None:
    assert repr(Request("GET", "https://api.test/a?b=1")) == "<Request('GET', 'https://api.test/a?b=1')>"
    assert "hunter2" not in repr(Request("GET", "https://me:hunter2@api.test/"))


def test_a_request_can_be_pickled() -> None:
    request = Request("POST", "https://api.test/", json={"a": 1}, headers={"X-Field": "1"}, extensions={"trace": print})

    back: Request = pickle.loads(pickle.dumps(request))

    assert (back.method, back.url, back.content) == ("POST", request.url, b'{"a":1}')
    assert back.headers.raw == request.headers.raw
    assert back.extensions == {}
    assert back.read() == b'{"a":1}'
    assert back.is_replayable


def test_a_request_whose_body_was_a_live_stream_is_pickled_without_it() -> None:
    request = Request("POST", "https://api.test/", content=iter([b"a"]))

    back: Request = pickle.loads(pickle.dumps(request))

    assert not back.is_replayable
    with pytest.raises(StreamConsumed, match="pickled"):
        back.read()


@pytest.mark.anyio
async def test_nor_is_it_there_for_asynchronous_code() -> None:
    back: Request = pickle.loads(pickle.dumps(Request("POST", "https://api.test/", content=later())))

    with pytest.raises(StreamConsumed, match="pickled"):
        await back.aread()


def test_a_stream_that_says_it_can_be_sent_again_is_believed() -> None:
    class Again(ByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"again"

    assert Request("POST", "https://api.test/", stream=Again(b"")).is_replayable


def test_a_compressed_body_says_so_and_how_long_it_is() -> None:
    request = Request("POST", "https://api.test/", json={"text": "y" * 100})

    request.compress("gzip")

    assert request.headers["Content-Encoding"] == "gzip"
    assert request.headers["Content-Length"] == str(len(request.content))
    assert json.loads(gzip.decompress(request.content)) == {"text": "y" * 100}


def test_a_streamed_body_is_compressed_as_it_goes() -> None:
    request = Request("POST", "https://api.test/", content=iter([b"one ", b"two"]))

    request.compress("gzip")

    assert request.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in request.headers
    assert gzip.decompress(request.read()) == b"one two"


def test_an_empty_body_is_not_compressed() -> None:
    request = Request("GET", "https://api.test/")

    request.compress("gzip")

    assert "Content-Encoding" not in request.headers


def test_a_coding_that_is_not_known_names_those_that_are() -> None:
    request = Request("POST", "https://api.test/", content=b"x")

    with pytest.raises(ValueError, match="'gzip' and 'zstd', not 'br'"):
        request.compress("br")


def test_a_relative_url_says_no_host() -> None:
    assert "Host" not in Request("GET", "/users").headers


@pytest.mark.parametrize(("method", "content"), [("GET", None), ("GET", b"x"), ("POST", None)])
def test_a_second_host_is_refused(method: str, content: bytes | None) -> None:
    with pytest.raises(LocalProtocolError, match="one Host, not 2"):
        Request(method, "http://h/", headers=[("Host", "a"), ("host", "b")], content=content)


def test_host_stays_first_where_there_is_no_body() -> None:
    request = Client().build_request("POST", "https://api.test/", headers={"X-One": "1"})

    assert next(iter(request.headers)) == "host"
    assert request.headers["Content-Length"] == "0"
