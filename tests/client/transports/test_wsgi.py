from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest

from understudy import Client, IncompleteBody
from understudy.client.transports.wsgi import WSGITransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def hello(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("X-One", "1")])
    return [b"hel", b"", b"lo"]


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


def client_for(app: Any, **options: Any) -> Client:
    return Client(transport=WSGITransport(app, **options), base_url="http://app.test")


class Body:
    """What an application returns, watched."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self.parts = parts
        self.given = 0
        self.closed = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Body:
        start_response("200 OK", [])
        return self

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            self.given += 1
            yield part

    def close(self) -> None:
        self.closed += 1


def test_a_response_is_what_the_application_sends() -> None:
    with client_for(hello) as client:
        response = client.get("/")

    assert (response.status_code, response.headers["x-one"], response.text) == (200, "1", "hello")


def test_the_application_is_told_about_the_request() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        return hello(environ, start_response)

    errors = io.StringIO()
    headers = [("X-Two", "2"), ("X-Two", "3"), ("Content-Type", "text/plain")]
    with client_for(app, script_name="/api", remote_addr="10.0.0.1", wsgi_errors=errors) as client:
        client.post("https://app.test:8443/caf%C3%A9?q=1", headers=headers, content=b"abc")

    assert (seen["REQUEST_METHOD"], seen["SCRIPT_NAME"], seen["QUERY_STRING"]) == ("POST", "/api", "q=1")
    assert seen["PATH_INFO"].encode("latin-1").decode("utf-8") == "/caf\u00e9"
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"], seen["SERVER_PROTOCOL"]) == ("app.test", "8443", "HTTP/1.1")
    assert (seen["CONTENT_LENGTH"], seen["CONTENT_TYPE"], seen["HTTP_X_TWO"]) == ("3", "text/plain", "2, 3")
    assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"], seen["wsgi.errors"]) == ("10.0.0.1", "https", errors)


def test_the_name_of_the_server_is_what_the_network_knows() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        return hello(environ, start_response)

    with client_for(app) as client:
        client.get("https://\u4f8b\u3048.test/")

    assert seen["SERVER_NAME"] == seen["HTTP_HOST"] == "xn--r8jz45g.test"


def test_the_port_and_the_place_for_complaints_have_defaults() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.update(environ)
        return hello(environ, start_response)

    with client_for(app) as client:
        client.get("https://app.test/")

    assert (seen["SERVER_PORT"], seen["wsgi.errors"]) == ("443", sys.stderr)


def test_a_body_in_memory_is_read_as_a_file() -> None:
    with client_for(echo) as client:
        assert client.post("/", content=b"abc").content == b"abc"


def test_a_streamed_body_is_read_as_far_as_the_application_reads() -> None:
    taken: list[int] = []

    def parts() -> Iterator[bytes]:
        for number in range(5):
            taken.append(number)
            yield b"x" * 10_000

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        assert environ["wsgi.input_terminated"]
        return [environ["wsgi.input"].read(15_000)]

    with client_for(app) as client:
        assert len(client.post("/", content=parts()).content) == 15_000
        assert len(taken) < 5
    with client_for(echo) as client:
        assert len(client.post("/", content=parts()).content) == 50_000


def test_a_body_for_asynchronous_clients_is_refused() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"abc"

    with client_for(hello) as client, pytest.raises(RuntimeError, match="asynchronous stream"):
        client.post("/", content=parts())


def test_the_response_streams() -> None:
    app = Body(b"one", b"two", b"three")

    with client_for(app) as client, client.stream("GET", "/") as response:
        assert app.given == 1
        parts = response.iter_bytes()
        assert [next(parts), next(parts)] == [b"one", b"two"]
        assert app.given == 2

    assert app.closed == 1


def test_the_application_is_closed_when_its_response_has_been_read() -> None:
    app = Body(b"one")

    with client_for(app) as client:
        client.get("/")

    assert app.closed == 1


def test_what_answers_head_has_no_body() -> None:
    app = Body(b"a", b"b", b"c")

    with client_for(app) as client:
        response = client.head("/")

    assert (response.status_code, response.content) == (200, b"")
    assert (app.given, app.closed) == (3, 1)


def test_an_application_may_start_when_its_first_part_is_asked_for() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("201 Created", [])
        yield b"late"

    with client_for(app) as client:
        response = client.get("/")

    assert (response.status_code, response.text) == (201, "late")


def test_an_application_may_write_instead() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        write = start_response("200 OK", [])
        write(b"one ")
        yield b"two "
        write(b"three ")
        yield b"four"
        write(b" five")

    with client_for(app) as client:
        assert client.get("/").text == "one two three four five"


def fail_at_once(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    raise ValueError("at once")


def fail_with_exc_info(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    try:
        raise ValueError("caught")
    except ValueError:
        start_response("503 Sorry", [], sys.exc_info())
    return [b"sorry"]


def fail_in_the_middle(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b"one"
    raise ValueError("in the middle")


def fail_too_late(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b"one"
    try:
        raise ValueError("too late")
    except ValueError:
        start_response("503 Sorry", [], sys.exc_info())


@pytest.mark.parametrize("app", [fail_at_once, fail_with_exc_info, fail_in_the_middle, fail_too_late])
def test_an_exception_of_the_application_is_raised_to_the_client(app: Any) -> None:
    with client_for(app) as client, pytest.raises(ValueError, match=r"at once|caught|in the middle|too late"):
        client.get("/")


@pytest.mark.parametrize(("app", "status"), [(fail_at_once, 500), (fail_with_exc_info, 503)])
def test_the_client_sees_a_response_where_exceptions_stay_inside(app: Any, status: int) -> None:
    with client_for(app, raise_app_exceptions=False) as client:
        assert client.get("/").status_code == status


@pytest.mark.parametrize("app", [fail_in_the_middle, fail_too_late])
def test_half_a_response_is_an_incomplete_body_where_exceptions_stay_inside(app: Any) -> None:
    with client_for(app, raise_app_exceptions=False) as client, pytest.raises(IncompleteBody) as caught:
        client.get("/")

    assert isinstance(caught.value.__cause__, ValueError)


def test_what_fails_is_closed_all_the_same() -> None:
    app = Body(ValueError("first"))

    with client_for(app) as client, pytest.raises(ValueError, match="first"):
        client.get("/")

    assert app.closed == 1


def start_never(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    return [b"body"]


def start_twice(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    start_response("200 OK", [])
    return []


@pytest.mark.parametrize(
    ("app", "complaint"), [(start_never, "without calling start_response"), (start_twice, "twice")]
)
def test_an_application_that_breaks_the_rules_is_told(app: Any, complaint: str) -> None:
    with client_for(app) as client, pytest.raises(RuntimeError, match=complaint):
        client.get("/")


def test_an_application_is_shown_by_its_name() -> None:
    assert repr(WSGITransport(hello)) == "<WSGITransport hello>"
    assert repr(WSGITransport(Body())) == "<WSGITransport Body>"
