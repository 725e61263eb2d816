"""Bridges to the real requests, in both directions."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import bridges, cassettes, mock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

requests: Any = pytest.importorskip("requests")


def session(transport: Any = None) -> Any:
    made = requests.Session()
    made.trust_env = False
    adapter = bridges.to_requests(transport)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def raising(error: Exception) -> understudy.MockTransport:
    return understudy.MockTransport(lambda _: (_ for _ in ()).throw(error))


def test_a_router_answers_a_session() -> None:
    api = mock.Router()
    api.get("https://api.test/users/{id:int}").respond(
        json={"id": 7}, headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
    )

    with session(api) as client:
        response = client.get("https://api.test/users/7", params={"page": 2}, auth=("me", "secret"))

    assert type(response) is requests.Response
    assert (response.status_code, response.reason, response.ok) == (200, "OK", True)
    assert response.json() == {"id": 7}
    assert client.cookies.get_dict() == {"a": "1", "b": "2"}
    assert api.calls.one(params={"page": "2"}, auth=("me", "secret"))


def test_a_session_follows_redirects_of_a_router() -> None:
    api = mock.Router()
    api.get("https://api.test/old").redirect("/new")
    api.get("https://api.test/new").respond(text="here")

    with session(api) as client:
        response = client.get("https://api.test/old")

    assert response.text == "here"
    assert [hop.status_code for hop in response.history] == [302]


@pytest.mark.parametrize(
    "data",
    [b"one two", "one two", io.BytesIO(b"one two"), iter([b"one ", b"two"])],
    ids=["bytes", "text", "a file", "an iterator"],
)
def test_every_kind_of_body_arrives(data: Any) -> None:
    api = mock.Router()
    api.post("https://api.test/").respond(201)

    with session(api) as client:
        client.post("https://api.test/", data=data)

    assert api.calls.one().request.content == b"one two"


def test_encoded_bodies_are_decoded_by_requests() -> None:
    packed = gzip.compress(b"plain")
    transport = understudy.MockTransport(
        lambda _: understudy.Response(200, headers={"Content-Encoding": "gzip"}, stream=understudy.ByteStream(packed))
    )

    with session(transport) as client:
        decoded = client.get("https://api.test/").content
        raw = client.get("https://api.test/", stream=True).raw.read(decode_content=False)

    assert decoded == b"plain"
    assert raw == packed


def test_a_streamed_response_is_read_piece_by_piece_and_closed() -> None:
    class Body(understudy.SyncByteStream):
        taken = 0
        closed = False

        def __iter__(self) -> Iterator[bytes]:
            while True:
                self.taken += 1
                yield b"x" * 1_000

        def close(self) -> None:
            self.closed = True

    body = Body()

    with (
        session(understudy.MockTransport(lambda _: understudy.Response(200, stream=body))) as client,
        client.get("https://api.test/", stream=True) as response,
    ):
        assert next(response.iter_content(1_000)) == b"x" * 1_000
        taken = body.taken

    assert taken < 20
    assert body.closed


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (understudy.ConnectTimeout, "ConnectTimeout"),
        (understudy.ReadTimeout, "ReadTimeout"),
        (understudy.DeadlineExceeded, "ReadTimeout"),
        (understudy.ConnectError, "ConnectionError"),
        (understudy.ReadError, "ConnectionError"),
        (understudy.RemoteProtocolError, "ConnectionError"),
        (understudy.IncompleteBody, "ChunkedEncodingError"),
        (understudy.ProxyError, "ProxyError"),
        (understudy.UnsupportedProtocol, "InvalidSchema"),
    ],
)
def test_our_errors_are_theirs_on_their_side(ours: type[Exception], theirs: str) -> None:
    planted = ours("planted")

    with (
        session(raising(planted)) as client,
        pytest.raises(getattr(requests.exceptions, theirs), match="planted") as caught,
    ):
        client.get("https://api.test/")

    assert caught.value.__cause__ is planted
    assert caught.value.request.url == "https://api.test/"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(understudy.ReadTimeout, "ConnectionError"), (understudy.IncompleteBody, "ChunkedEncodingError")],
)
def test_errors_in_the_middle_of_a_body_are_theirs_too(ours: type[Exception], theirs: str) -> None:
    class Body(understudy.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"half"
            raise ours("planted")

    with (
        session(understudy.MockTransport(lambda _: understudy.Response(200, stream=Body()))) as client,
        pytest.raises(getattr(requests.exceptions, theirs), match="planted"),
    ):
        client.get("https://api.test/")


def test_a_miss_crosses_as_it_is() -> None:
    with session(mock.Router()) as client, pytest.raises(mock.UnmatchedRequest):
        client.get("https://api.test/")


def test_a_timeout_of_requests_reaches_our_transport() -> None:
    seen: list[Any] = []

    def answer(request: understudy.Request) -> understudy.Response:
        seen.append(request.extensions["timeout"])
        return understudy.Response(200)

    with session(understudy.MockTransport(answer)) as client:
        client.get("https://api.test/", timeout=(1, 2))

    assert seen == [{"connect": 1, "read": 2, "write": 2, "pool": 1}]


def test_what_stands_in_answers_a_session_too() -> None:
    with session() as client, mock.Router() as api:
        api.get("https://api.test/").respond(text="from the router")

        assert client.get("https://api.test/").text == "from the router"


def test_a_session_is_recorded_and_replayed(tmp_path: Path) -> None:
    tape = tmp_path / "tape.yaml"
    behind = understudy.MockTransport(lambda request: understudy.Response(200, json={"you asked": request.url.path}))

    with session(cassettes.CassetteTransport(tape, "once", inner=behind)) as client:
        live = client.get("https://api.test/users").json()
    with session(cassettes.CassetteTransport(tape, "none")) as client:
        replayed = client.get("https://api.test/users").json()

    assert live == replayed == {"you asked": "/users"}


def their_adapter(answer: Any) -> Any:
    class Adapter(requests.adapters.BaseAdapter):  # type: ignore[misc]  # an optional library
        def send(self, request: Any, **options: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            response = requests.Response()
            response.status_code = 200
            response.reason = "Fine"
            response.headers["X-Body"] = repr(request.body)
            response.headers["X-Timeout"] = repr(options["timeout"])
            response.headers["X-Fields"] = repr([request.headers.get(name) for name in ("Cookie", "X-Tag")])
            response.raw = io.BytesIO(answer)
            return response

        def close(self) -> None:
            pass

    return Adapter()


def test_their_adapter_answers_our_client() -> None:
    with understudy.Client(transport=bridges.from_requests(their_adapter(b"hello"))) as client:
        response = client.post("https://api.test/", content=b"data", timeout=3)

    assert response.text == "hello"
    assert response.reason_phrase == "Fine"
    assert response.headers["X-Body"] == "b'data'"
    assert response.headers["X-Timeout"] == "(3, 3)"


def test_repeated_fields_reach_their_adapter_as_one_each_cookies_in_their_own_way() -> None:
    fields = [("Cookie", "a=1"), ("X-Tag", "x"), ("Cookie", "b=2"), ("X-Tag", "y")]

    with understudy.Client(transport=bridges.from_requests(their_adapter(b""))) as client:
        response = client.get("https://api.test/", headers=fields)

    assert response.headers["X-Fields"] == "['a=1; b=2', 'x, y']"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("ConnectTimeout", understudy.ConnectTimeout),
        ("ReadTimeout", understudy.ReadTimeout),
        ("ProxyError", understudy.ProxyError),
        ("SSLError", understudy.ConnectError),
        ("ConnectionError", understudy.ConnectError),
        ("ChunkedEncodingError", understudy.RemoteProtocolError),
        ("RequestException", understudy.TransportError),
    ],
)
def test_their_errors_are_ours_on_our_side(theirs: str, ours: type[Exception]) -> None:
    planted = getattr(requests.exceptions, theirs)("planted")

    with (
        understudy.Client(transport=bridges.from_requests(their_adapter(planted))) as client,
        pytest.raises(ours, match="planted") as caught,
    ):
        client.get("https://api.test/")

    assert type(caught.value) is ours
    assert caught.value.__cause__ is planted


def test_an_error_that_is_none_of_theirs_crosses_as_it_is() -> None:
    with (
        understudy.Client(transport=bridges.from_requests(their_adapter(ZeroDivisionError("a bug")))) as client,
        pytest.raises(ZeroDivisionError, match="a bug"),
    ):
        client.get("https://api.test/")


def test_what_is_no_adapter_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="from_requests takes an adapter, not dict"):
        bridges.from_requests({})


def test_what_is_no_transport_of_ours_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"to_requests takes one of our transports.*not int"):
        bridges.to_requests(3)
