"""Whatever is asked and answered: requests and responses keep what they were given, and say what is sent."""

from __future__ import annotations

import contextlib
import gzip
import json
import pickle
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.examples import examples
from understudy import (
    SECRET_HEADERS,
    Client,
    Headers,
    LocalProtocolError,
    MockTransport,
    RemoteProtocolError,
    Request,
    Response,
    SyncByteStream,
    UnsupportedProtocol,
)
from understudy.client.layers.redirects import redirect, redirect_method
from understudy.client.messages.cookies import Cookies
from understudy.client.messages.links import parse_links

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://api.test/"
TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

tokens = st.text(TOKEN, min_size=1, max_size=12)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20).map(str.strip)
bodies = st.binary(max_size=300)
pieces = st.lists(st.binary(max_size=40), max_size=8)
values_of_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
few = examples(60)


class Pieces(SyncByteStream):
    """A body that is still to be streamed."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts


@few
@given(st.text(max_size=8))
def test_a_method_is_a_token_or_an_error(method: str) -> None:
    is_token = bool(method) and all(character in TOKEN for character in method)

    try:
        request = Request(method, URL)
    except LocalProtocolError:
        assert not is_token
    else:
        assert is_token
        assert request.method == method.upper()


@few
@given(tokens, bodies)
def test_a_body_in_memory_is_framed_by_its_length(method: str, body: bytes) -> None:
    request = Request(method, URL, content=body)

    assert request.content == body
    assert request.headers.get("Content-Length", "0") == str(len(body))
    assert "Transfer-Encoding" not in request.headers


@few
@given(values_of_json)
def test_json_arrives_as_it_was_given(value: Any) -> None:
    client = Client(transport=MockTransport(lambda request: Response(200, content=request.content)))

    response = client.post(URL, json=value)

    assert (response.json() if response.content else None) == value
    if value is not None:
        assert json.loads(response.request.content) == value


@few
@given(st.dictionaries(st.text(min_size=1, max_size=6), st.text(max_size=6), min_size=1, max_size=4))
def test_a_form_arrives_as_it_was_given(form: dict[str, str]) -> None:
    request = Request("POST", URL, data=form)

    assert dict(parse_qsl(request.content.decode("ascii"), keep_blank_values=True)) == form


@few
@given(tokens, bodies, st.lists(st.tuples(tokens, values), max_size=4))
def test_a_request_survives_pickling(method: str, body: bytes, headers: list[tuple[str, str]]) -> None:
    request = Request(method, URL, headers=headers, content=body)

    back: Request = pickle.loads(pickle.dumps(request))

    assert (back.method, back.url, back.content) == (request.method, request.url, request.content)
    assert back.headers.raw == request.headers.raw


@few
@given(st.integers(100, 599), bodies, st.lists(st.tuples(tokens, values), max_size=4))
def test_a_response_survives_pickling(status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
    assume(not any(name.lower() == "content-encoding" for name, _ in headers))
    response = Response(status, headers=headers, content=body, request=Request("GET", URL))

    back: Response = pickle.loads(pickle.dumps(response))

    assert (back.status_code, back.content, back.url) == (status, body, response.url)
    assert back.headers.raw == response.headers.raw


@few
@given(pieces, st.integers(1, 50), st.booleans())
def test_however_it_comes_a_body_is_the_same(parts: list[bytes], size: int, coded: bool) -> None:
    whole = b"".join(parts)
    sent = [gzip.compress(whole, mtime=0)] if coded else parts
    headers = {"Content-Encoding": "gzip"} if coded else {}

    def response() -> Response:
        return Response(200, headers=headers, stream=Pieces(sent))

    chunks = list(response().iter_bytes(size))

    assert b"".join(chunks) == whole == response().read()
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(chunks)
    read = response()
    read.read()
    assert list(read.iter_bytes(size)) == chunks


@few
@given(st.text(max_size=60), st.integers(1, 7), st.sampled_from(["utf-8", "utf-16", "utf-32-le", "iso-8859-1"]))
def test_however_it_is_cut_text_is_the_same(text: str, size: int, encoding: str) -> None:
    raw = text.encode(encoding, "replace")
    parts = [raw[start : start + size] for start in range(0, len(raw), size)]
    headers = {"Content-Type": f"text/plain; charset={encoding}"}

    whole = Response(200, headers=headers, content=raw).text

    assert "".join(Response(200, headers=headers, stream=Pieces(parts)).iter_text()) == whole
    lines = list(Response(200, headers=headers, stream=Pieces(parts)).iter_lines())
    assert lines == whole.splitlines()


@few
@given(st.text(max_size=80))
def test_any_link_field_is_read_without_harm(field: str) -> None:
    for link in parse_links(field):
        assert "url" in link
        assert link["url"] in field


@few
@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "QUERY", "PURGE"]),
    st.sampled_from([301, 302, 303, 307, 308]),
    st.lists(st.sampled_from(sorted(SECRET_HEADERS)), max_size=4),
    st.sampled_from(["https://a.test", "https://b.test", "http://a.test", "https://a.test:8443", "", "//sub.a.test"]),
)
def test_a_secret_arrives_only_where_it_came_from(method: str, status: int, secrets: list[str], origin: str) -> None:
    request = Request(method, "https://a.test/", headers=dict.fromkeys(secrets, "hunter2"), content=b"body")
    response = Response(status, headers={"Location": f"{origin}/next"}, request=request)

    following = redirect(request, response, Cookies())

    if following.url.origin != request.url.origin:
        assert "hunter2" not in str(following.headers.raw)
    assert following.method == redirect_method(method, status)
    assert following.content == (b"body" if following.method == method else b"")
    assert ("Content-Length" in following.headers) == (following.method == method)


@few
@given(st.text(max_size=40) | st.binary(max_size=40))
def test_any_location_is_followed_or_is_the_servers_fault(location: str | bytes) -> None:
    raw = location.encode("utf-8") if isinstance(location, str) else location
    request = Request("GET", "https://a.test/dir/")
    response = Response(302, headers=Headers.received([(b"Location", raw)]))

    try:
        following = redirect(request, response, Cookies())
    except (RemoteProtocolError, UnsupportedProtocol) as error:
        assert error.request is request  # noqa: PT017 - either is right
    else:
        assert following.url.scheme in ("http", "https")
        assert following.url.host


@pytest.mark.parametrize("location", ["\x00", "//", "https://\u2488\u2488/", "https:", ":", "::", "a:b"])
def test_locations_that_were_hard_once(location: str) -> None:
    response = Response(302, headers=Headers.received([(b"Location", location.encode())]))

    with contextlib.suppress(RemoteProtocolError, UnsupportedProtocol):
        assert redirect(Request("GET", "https://a.test/"), response, Cookies()).url.host
