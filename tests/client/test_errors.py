from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import TYPE_CHECKING, Any, cast

import pytest

from understudy import Request, Response
from understudy.client import errors
from understudy.client.errors import (
    ConnectError,
    ConnectTimeout,
    CookieConflict,
    HTTPError,
    HTTPStatusError,
    IncompleteBody,
    InvalidURL,
    LimitExceeded,
    NetworkError,
    PoolTimeout,
    ProxyError,
    ReadTimeout,
    RequestError,
    RequestNotRead,
    ResponseNotRead,
    StreamClosed,
    StreamConsumed,
    StreamError,
    TimeoutException,
    TransportError,
)

if TYPE_CHECKING:
    from tests.client.conftest import Side

DEFINED = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, Exception) and kind.__module__ == errors.__name__
}
WITHOUT_REQUEST = {"InvalidURL", "CookieConflict", "StandInError"} | {
    name for name, kind in DEFINED.items() if issubclass(kind, StreamError)
}


def drawn() -> dict[str, tuple[str | None, set[str]]]:
    """Read the drawing in the module's docstring: each name with its parent and its builtin bases."""
    tree: dict[str, tuple[str | None, set[str]]] = {}
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"( {4,})((?:[A-Z]\w+(?:  |$))*[A-Z]\w+)(?: {2,}(.*))?$", line)
        if not found:
            continue
        depth, names, said = len(found[1]), found[2].split(), found[3] or ""
        while path and path[-1][0] >= depth:
            path.pop()
        bases = set(re.findall(r"(?:also a(?:n|) (?:builtin )?|; a )`(\w+)`", said))
        for name in names:
            tree[name] = (path[-1][1] if path else None, bases)
        path.append((depth, names[-1]))
    return tree


def test_every_error_is_in_the_drawing() -> None:
    assert set(drawn()) == set(DEFINED)


@pytest.mark.parametrize("name", sorted(DEFINED))
def test_an_error_stands_where_the_drawing_has_it(name: str) -> None:
    parent, also = drawn()[name]
    bases = DEFINED[name].__bases__

    names = [base.__name__ for base in bases if base is not Exception]

    assert parent is None or names[0] == parent
    assert set(names) - {parent} == also


@pytest.mark.parametrize("name", sorted(set(DEFINED) - WITHOUT_REQUEST - {"HTTPStatusError", "HTTPError"}))
def test_an_error_about_a_request_takes_it_by_keyword(name: str) -> None:
    request = Request("GET", "https://api.test/")
    kind: Any = DEFINED[name]

    error = kind("planted", request=request)

    assert error.request is request
    assert str(error) == "planted"
    assert isinstance(error, RequestError)


def test_the_request_of_an_error_without_one_is_a_runtime_error() -> None:
    for error in (HTTPError("planted"), ConnectError("planted")):
        with pytest.raises(RuntimeError, match="without a request"):
            error.request  # noqa: B018 - a property


def test_the_request_can_be_set_later() -> None:
    error = HTTPError("planted")
    request = Request("GET", "https://api.test/")

    error.request = request

    assert error.request is request


def test_builtin_handlers_catch_what_they_should() -> None:
    with pytest.raises(TimeoutError):
        raise ConnectTimeout("planted")
    with pytest.raises(OSError, match="planted"):
        raise ConnectError("planted")
    with pytest.raises(ValueError, match="planted"):
        raise InvalidURL("planted")
    with pytest.raises(LookupError):
        raise CookieConflict("planted")
    with pytest.raises(RuntimeError):
        raise StreamConsumed


def test_an_os_error_of_ours_has_no_number_and_keeps_its_message() -> None:
    error = ConnectError("no route to 192.0.2.1")

    assert error.errno is None
    assert str(error) == "no route to 192.0.2.1"
    assert error.args == ("no route to 192.0.2.1",)


def test_nobody_promises_that_a_request_may_be_sent_again() -> None:
    error = TransportError("planted")

    assert error.retryable is False
    assert error.request_sent is None


@pytest.mark.parametrize("kind", [ConnectError, ConnectTimeout, PoolTimeout])
def test_without_a_connection_nothing_was_sent(kind: type[RequestError]) -> None:
    assert kind("planted").request_sent is False
    assert kind("planted").retryable is (kind is not PoolTimeout)


def test_an_incomplete_body_says_how_much_came() -> None:
    error = IncompleteBody("planted", received=3, expected=10)

    assert (error.received, error.expected) == (3, 10)


def test_an_exceeded_limit_says_which() -> None:
    error = LimitExceeded("planted", limit=3, value=10)

    assert (error.limit, error.value) == (3, 10)


def test_a_proxy_error_has_the_answer_of_the_proxy_where_there_was_one() -> None:
    error = ProxyError("planted")
    assert error.response is None

    error.response = Response(407)

    assert error.response.status_code == 407


@pytest.mark.parametrize(
    ("kind", "mend"),
    [
        (StreamConsumed, "seekable file"),
        (StreamClosed, "with client.stream"),
        (RequestNotRead, "call `.read()`"),
        (ResponseNotRead, "call `.read()`"),
    ],
)
def test_a_wrong_use_of_a_body_says_what_to_do(kind: type[StreamError], mend: str) -> None:
    make: Any = kind

    assert mend in str(make())
    assert str(make("planted")) == "planted"


def test_a_cookie_conflict_shows_its_message_without_quotes() -> None:
    assert str(CookieConflict("two cookies")) == "two cookies"


# Pickling


def pickled(error: Exception) -> Any:
    return pickle.loads(pickle.dumps(error))


@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("name", sorted(set(DEFINED) - WITHOUT_REQUEST - {"HTTPStatusError", "HTTPError"}))
def test_an_error_survives_pickling_with_its_request(name: str, again: Any) -> None:
    kind: Any = DEFINED[name]
    error = kind("planted", request=Request("POST", "https://api.test/", content=b"body"))
    error.request_sent = True

    back = again(error)

    assert type(back) is kind
    assert str(back) == "planted"
    assert (back.request.method, str(back.request.url), back.request.content) == ("POST", "https://api.test/", b"body")
    assert back.request_sent is True


@pytest.mark.parametrize("name", sorted(WITHOUT_REQUEST))
def test_the_other_errors_survive_it_as_well(name: str) -> None:
    kind: Any = DEFINED[name]

    back = pickle.loads(pickle.dumps(kind("planted")))

    assert type(back) is kind
    assert str(back) == "planted"


def test_a_status_error_survives_it_with_its_response() -> None:
    request = Request("GET", "https://api.test/")
    error = HTTPStatusError("planted", request=request, response=Response(404, json={"why": 1}, request=request))

    back = pickle.loads(pickle.dumps(error))

    assert str(back) == "planted"
    assert back.request.url == "https://api.test/"
    assert back.response.status_code == 404
    assert back.response.json() == {"why": 1}


@pytest.mark.anyio
async def test_an_error_survives_it_whatever_functions_its_client_was_told(side: Side) -> None:
    def local(value: Any) -> Any:
        return value

    def charset(content: bytes) -> str:
        return "utf-8"

    async def pass_on(request: Request, send: Any) -> Response:
        return cast("Response", await send(request))

    client = side.client(
        lambda request: Response(500, json={"why": 1}, extensions={"told": lambda: None}),
        json_codec=(local, local),
        default_encoding=charset,
        auth=local,
        event_hooks={"request": [], "response": [], "error": [side.function(local)]},
        layers=[pass_on],
        raise_for_status=True,
    )

    with pytest.raises(HTTPStatusError) as caught:
        await side.call(client.get, "https://api.test/", extensions={"trace": None, "mine": lambda: None})

    back = pickled(caught.value)
    assert str(back) == str(caught.value)
    assert (back.response.json(), back.response.text, back.request.url.path) == ({"why": 1}, '{"why":1}', "/")


def test_what_an_error_counted_survives_it() -> None:
    back = pickle.loads(pickle.dumps(LimitExceeded("planted", limit=3, value=10)))

    assert (back.limit, back.value) == (3, 10)


def test_a_subclass_with_arguments_of_its_own_survives_it() -> None:
    back = pickle.loads(pickle.dumps(Refused("api.test", 443)))

    assert (type(back), str(back), back.host, back.port) == (Refused, "api.test:443", "api.test", 443)


class Refused(ConnectError):
    """What a user might derive."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port}")
        self.host = host
        self.port = port


def test_blame_is_a_type() -> None:
    assert issubclass(ReadTimeout, TimeoutException)
    assert issubclass(TimeoutException, TransportError)
    assert issubclass(NetworkError, TransportError)
    assert not issubclass(TimeoutException, NetworkError)
