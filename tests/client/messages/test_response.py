from __future__ import annotations

import datetime
import pickle
from http import HTTPStatus
from typing import Any

import pytest

from understudy import (
    ByteStream,
    Headers,
    HTTPStatusError,
    Request,
    Response,
    ResponseNotRead,
    StreamConsumed,
    codes,
)

NO_KIND: set[str] = set()
REQUEST = Request("GET", "https://me:hunter2@api.test/users?page=2")


# Made by hand


@pytest.mark.parametrize(
    ("options", "content", "described"),
    [
        ({}, b"", {}),
        ({"content": b"body"}, b"body", {"content-length": "4"}),
        ({"content": "grün"}, "grün".encode(), {"content-length": "5"}),
        ({"text": "grün"}, "grün".encode(), {"content-length": "5", "content-type": "text/plain; charset=utf-8"}),
        ({"html": "<p>"}, b"<p>", {"content-length": "3", "content-type": "text/html; charset=utf-8"}),
        ({"json": {"a": 1}}, b'{"a":1}', {"content-length": "7", "content-type": "application/json"}),
    ],
)
def test_a_body_can_be_said_in_four_ways(options: Any, content: bytes, described: dict[str, str]) -> None:
    response = Response(200, **options)

    assert response.content == content
    assert response.read() == content
    assert response.headers == described
    assert response.is_closed
    assert response.is_stream_consumed


def test_two_bodies_are_an_error() -> None:
    with pytest.raises(ValueError, match="one body"):
        Response(200, text="a", json={})


def test_what_the_headers_already_say_stays() -> None:
    headers = {"Content-Type": "application/problem+json", "Content-Length": "99"}

    response = Response(500, json={}, headers=headers)

    assert response.headers == headers


def test_a_body_in_chunks_gets_no_length() -> None:
    response = Response(200, content=b"body", headers={"Transfer-Encoding": "chunked"})

    assert "Content-Length" not in response.headers


def test_a_stream_is_passed_through_and_read_later() -> None:
    response = Response(200, stream=ByteStream(b"body"))

    assert "Content-Length" not in response.headers
    assert not response.is_closed
    with pytest.raises(ResponseNotRead):
        response.content  # noqa: B018 - a property
    assert response.read() == b"body"


def test_headers_with_a_stream_are_taken_as_they_are() -> None:
    headers = Headers.received([(b"X-Field", b"1")])

    assert Response(200, headers=headers, stream=ByteStream(b"")).headers is headers
    assert Response(200, headers=headers, content=b"").headers is not headers


def test_an_iterator_is_a_body_that_is_read_later() -> None:
    response = Response(200, content=iter([b"a", b"b"]))

    assert response.headers["Transfer-Encoding"] == "chunked"
    assert response.read() == b"ab"


@pytest.mark.parametrize(
    ("status", "options", "said"),
    [
        ("abc", {}, "a status code is a number such as 200, not 'abc'"),
        ("200", {}, "a status code is a number such as 200, not '200'"),
        (b"200", {}, "a status code is a number"),
        (200.0, {}, "a status code is a number"),
        (None, {}, "a status code is a number"),
        (True, {}, "a status code is a number"),
        (200, {"headers": 5}, "headers are a mapping or .* pairs, not int"),
        (200, {"stream": b"x"}, "stream= is a SyncByteStream or an AsyncByteStream, not bytes; pass .*content="),
        (200, {"stream": iter([b"x"])}, "stream= is a SyncByteStream or an AsyncByteStream, not list_iterator"),
        (200, {"extensions": "x"}, "extensions are a mapping of names to values, not 'x'"),
        (200, {"extensions": 5}, "extensions are a mapping of names to values, not 5"),
        (200, {"default_encoding": 5}, "default_encoding=5: pass a charset"),
    ],
)
def test_what_no_response_is_made_of_is_refused_where_it_is_given(status: Any, options: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        Response(status, **options)


@pytest.mark.parametrize("status", [200, codes.OK, HTTPStatus.OK, 99, 1000])
def test_any_number_is_a_status(status: int) -> None:
    assert Response(status).status_code == status


def test_extensions_and_history_are_the_responses_own() -> None:
    extensions: dict[str, Any] = {}
    history: list[Response] = []

    response = Response(200, extensions=extensions, history=history)
    response.extensions["more"] = 1
    response.history.append(Response(301))

    assert (extensions, history) == ({}, [])


# The status line


@pytest.mark.parametrize(
    ("status", "true"),
    [
        (100, {"is_informational"}),
        (199, {"is_informational"}),
        (200, {"is_success"}),
        (299, {"is_success"}),
        (300, {"is_redirect"}),
        (399, {"is_redirect"}),
        (400, {"is_client_error", "is_error"}),
        (499, {"is_client_error", "is_error"}),
        (500, {"is_server_error", "is_error"}),
        (599, {"is_server_error", "is_error"}),
        (99, NO_KIND),
        (600, NO_KIND),
        (999, NO_KIND),
    ],
)
def test_what_kind_of_status_it_is(status: int, true: set[str]) -> None:
    kinds = ("is_informational", "is_success", "is_redirect", "is_client_error", "is_server_error", "is_error")

    assert {kind for kind in kinds if getattr(Response(status), kind)} == true


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_somewhere_when_it_says_where(status: int) -> None:
    assert Response(status, headers={"Location": "/"}).has_redirect_location
    assert not Response(status).has_redirect_location


@pytest.mark.parametrize("status", [200, 201, 300, 304, 305, 306, 399, 404])
def test_other_statuses_lead_nowhere(status: int) -> None:
    assert not Response(status, headers={"Location": "/"}).has_redirect_location


def test_the_words_beside_the_status() -> None:
    assert Response(404).reason_phrase == "Not Found"
    assert Response(404, extensions={"reason_phrase": b"Gone Fishing"}).reason_phrase == "Gone Fishing"
    assert Response(404, extensions={"reason_phrase": b"caf\xe9"}).reason_phrase == "caf"
    assert Response(799).reason_phrase == ""


def test_the_version_of_the_protocol() -> None:
    assert Response(200).http_version == "HTTP/1.1"
    assert Response(200, extensions={"http_version": b"HTTP/2"}).http_version == "HTTP/2"


def test_trailers_are_there_when_the_transport_says_them() -> None:
    assert Response(200).trailers == {}
    assert Response(200, extensions={"trailers": [(b"X-Checksum", b"1")]}).trailers == {"X-Checksum": "1"}


@pytest.mark.parametrize(
    ("response", "shown"),
    [(Response(200), "<Response [200 OK]>"), (Response(799), "<Response [799]>")],
)
def test_a_response_shows_its_status(response: Response, shown: str) -> None:
    assert repr(response) == shown


# Where it came from


def test_a_response_knows_its_request() -> None:
    response = Response(200, request=REQUEST)

    assert response.request is REQUEST
    assert response.url == REQUEST.url


def test_a_response_without_a_request_says_so() -> None:
    response = Response(200)

    for attribute in ("request", "url"):
        with pytest.raises(RuntimeError, match=r"`\.request` is not set"):
            getattr(response, attribute)

    response.request = REQUEST

    assert response.request is REQUEST


def test_the_time_is_known_at_the_end() -> None:
    response = Response(200)
    with pytest.raises(RuntimeError, match="read or closed"):
        response.elapsed  # noqa: B018 - a property

    response.elapsed = datetime.timedelta(seconds=1)

    assert response.elapsed.total_seconds() == 1


def test_the_cookies_that_it_sets() -> None:
    response = Response(200, headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Path=/")], request=REQUEST)

    assert dict(response.cookies) == {"a": "1", "b": "2"}


# raise_for_status


def test_a_success_is_returned() -> None:
    response = Response(204, request=REQUEST)

    assert response.raise_for_status() is response


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (103, "Informational response '103 Early Hints'"),
        (304, "Redirect response '304 Not Modified'"),
        (404, "Client error '404 Not Found'"),
        (503, "Server error '503 Service Unavailable'"),
        (799, "Invalid status code '799 '"),
    ],
)
def test_anything_else_is_raised_with_what_and_where(status: int, said: str) -> None:
    response = Response(status, request=REQUEST)

    with pytest.raises(HTTPStatusError) as caught:
        response.raise_for_status()

    assert caught.value.response is response
    assert caught.value.request is REQUEST
    assert str(caught.value).startswith(f"{said} for url 'https://me:[secure]@api.test/users?page=2'")
    assert f"Web/HTTP/Status/{status}" in str(caught.value)


def test_a_redirect_is_raised_with_where_it_leads() -> None:
    response = Response(301, headers={"Location": "https://you:hunter2@other.test/"}, request=REQUEST)

    with pytest.raises(HTTPStatusError) as caught:
        response.raise_for_status()

    assert "Redirect location: 'https://you:[secure]@other.test/'" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_location_that_is_no_url_is_shown_without_harm() -> None:
    response = Response(301, headers={"Location": "https://me:hunter2@[oops"}, request=REQUEST)

    with pytest.raises(HTTPStatusError) as caught:
        response.raise_for_status()

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 404])
def test_without_a_request_there_is_nothing_to_raise_about(status: int) -> None:
    with pytest.raises(RuntimeError, match="needs a response to a request"):
        Response(status).raise_for_status()


# Pickling


def test_a_response_can_be_pickled() -> None:
    response = Response(
        200, json={"a": 1}, request=REQUEST, history=[Response(302)], extensions={"network_stream": print}
    )
    response.elapsed = datetime.timedelta(seconds=1)

    back: Response = pickle.loads(pickle.dumps(response))

    assert (back.status_code, back.json(), back.url) == (200, {"a": 1}, REQUEST.url)
    assert back.headers.raw == response.headers.raw
    assert [earlier.status_code for earlier in back.history] == [302]
    assert back.elapsed.total_seconds() == 1
    assert back.is_closed
    assert back.extensions == {}
    assert back.text == '{"a":1}'
    assert list(back.iter_bytes()) == [b'{"a":1}']


def test_functions_that_cannot_be_pickled_stay_behind_and_what_they_said_travels() -> None:
    response = Response(200, content="Grüße".encode("latin-1"), request=REQUEST, default_encoding=lambda _: "latin-1")

    def loads(content: bytes) -> bytes:
        return content[:2]

    response._loads = loads

    back: Response = pickle.loads(pickle.dumps(response))

    assert (back.text, back.default_encoding, back._loads) == ("Grüße", "utf-8", None)


def test_functions_that_can_be_pickled_travel() -> None:
    response = Response(200, content=b"[1]", request=REQUEST, default_encoding=latin)
    response._loads = first_character

    back: Response = pickle.loads(pickle.dumps(response))

    assert (back.encoding, back.default_encoding, back.json()) == ("latin-1", latin, "[")


def latin(content: bytes) -> str:
    return "latin-1"


def first_character(content: bytes) -> str:
    return content[:1].decode()


def test_a_response_whose_encoding_nobody_can_tell_is_pickled_all_the_same() -> None:
    def fail(content: bytes) -> str:
        raise LookupError("planted")

    back: Response = pickle.loads(pickle.dumps(Response(200, content=b"a", request=REQUEST, default_encoding=fail)))

    assert back.text == "a"


def test_a_response_that_was_streaming_is_pickled_without_its_body() -> None:
    response = Response(200, content=iter([b"a"]), request=REQUEST)

    back: Response = pickle.loads(pickle.dumps(response))

    assert back.is_closed
    with pytest.raises(ResponseNotRead):
        back.content  # noqa: B018 - a property


def test_a_response_that_was_streamed_says_so_after_pickling() -> None:
    response = Response(200, content=iter([b"a"]), request=REQUEST)
    list(response.iter_raw())

    back: Response = pickle.loads(pickle.dumps(response))

    with pytest.raises(StreamConsumed):
        back.read()


# As a server would send it


def test_pieces_come_back_as_they_were_given() -> None:
    pieces: Any = [b"one", bytearray(b"two")]
    response = Response(200, content=pieces)

    assert response.headers.raw == [(b"Transfer-Encoding", b"chunked")]
    assert list(response.iter_raw()) == [b"one", b"two"]


@pytest.mark.anyio
async def test_pieces_serve_asynchronous_code_as_well() -> None:
    response = Response(200, content=(b"one", b"two"))

    assert [piece async for piece in response.aiter_raw()] == [b"one", b"two"]
    assert response.stream.is_replayable
    assert [piece async for piece in response.stream] == [b"one", b"two"]  # type: ignore[union-attr]  # it is both


def test_pieces_are_bytes() -> None:
    pieces: Any = ["text"]

    with pytest.raises(TypeError, match="encode text first"):
        Response(200, content=pieces)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"x", ("Transfer-Encoding", "chunked")), ([b"x"], ("Content-Length", "1")), ([b"x"], ("content-length", "1"))],
)
def test_a_body_is_framed_once_as_the_caller_says(content: Any, said: tuple[str, str]) -> None:
    response = Response(200, content=content, headers=[said])

    assert response.headers.multi_items() == [(said[0].lower(), said[1])]
