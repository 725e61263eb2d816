from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from understudy import Client, ConnectError, MockTransport, Request, Response, stand_in

if TYPE_CHECKING:
    from ..conftest import Side


def answer(request: Request) -> Response:
    return Response(200, json={"path": request.url.path, "body": request.content.decode()})


@pytest.mark.anyio
async def test_the_handler_answers(side: Side) -> None:
    client = side.client(transport=MockTransport(answer))

    response = await side.call(client.get, "https://api.test/users")

    assert response.json() == {"path": "/users", "body": ""}
    assert response.request.url == "https://api.test/users"
    assert response.elapsed.total_seconds() >= 0


@pytest.mark.anyio
async def test_the_handler_sees_the_body_whatever_it_was(side: Side) -> None:
    client = side.client(transport=MockTransport(answer))

    for content in (b"body", side.pieces(b"bo", b"dy")):
        response = await side.call(client.post, "https://api.test/", content=content)

        assert response.json()["body"] == "body"


@pytest.mark.anyio
async def test_an_asynchronous_client_takes_either_kind_of_handler(side: Side) -> None:
    client = side.client(transport=MockTransport(side.function(answer)))

    assert (await side.call(client.get, "https://api.test/")).status_code == 200


def test_a_blocking_client_needs_a_plain_function() -> None:
    async def handler(request: Request) -> Response:
        raise AssertionError("never started")

    client = Client(transport=MockTransport(handler))

    with pytest.raises(TypeError, match=r"handler.* has an asynchronous handler: a blocking Client needs a plain"):
        client.get("https://api.test/")


@pytest.mark.anyio
@pytest.mark.parametrize("nothing", [None, "text", 200, {"a": 1}])
async def test_a_handler_that_returns_no_response_is_an_error_that_names_it(side: Side, nothing: Any) -> None:
    def forgetful(request: Request) -> Any:
        return nothing

    client = side.client(transport=MockTransport(forgetful))

    with pytest.raises(TypeError, match=rf"forgetful.* returned {type(nothing).__name__}, not a Response"):
        await side.call(client.get, "https://api.test/")


@pytest.mark.anyio
async def test_an_error_of_the_handler_is_that_of_the_call(side: Side) -> None:
    def broken(request: Request) -> Response:
        raise LookupError("planted")

    with pytest.raises(LookupError, match="planted"):
        await side.call(side.client(transport=MockTransport(broken)).get, "https://api.test/")


@pytest.mark.anyio
async def test_an_error_of_ours_gets_its_request(side: Side) -> None:
    def broken(request: Request) -> Response:
        raise ConnectError("planted")

    with pytest.raises(ConnectError) as caught:
        await side.call(side.client(transport=MockTransport(broken)).get, "https://api.test/users")

    assert caught.value.request.url == "https://api.test/users"


@pytest.mark.anyio
async def test_an_error_that_knows_its_request_keeps_it(side: Side) -> None:
    other = Request("GET", "https://other.test/")

    def broken(request: Request) -> Response:
        raise ConnectError("planted", request=other)

    with pytest.raises(ConnectError) as caught:
        await side.call(side.client(transport=MockTransport(broken)).get, "https://api.test/")

    assert caught.value.request is other


@pytest.mark.anyio
async def test_one_response_may_be_given_again_and_again(side: Side) -> None:
    always = Response(200, text="always")
    client = side.client(lambda _: always)

    for path in ("a", "b"):
        response = await side.call(client.get, f"https://api.test/{path}")
        assert (response.text, response.url.path) == ("always", f"/{path}")


@pytest.mark.anyio
async def test_a_body_may_be_streamed(side: Side) -> None:
    body = side.body(b"one ", b"two")
    client = side.client(lambda _: Response(200, stream=body))

    async with side.stream(client, "GET", "https://api.test/") as response:
        assert await side.items(response, "iter_bytes") == [b"one ", b"two"]

    assert body.closes == 1


def test_the_handler_can_be_seen() -> None:
    assert repr(MockTransport(answer)) == "<MockTransport answer>"
    assert "partial" in repr(MockTransport(functools.partial(answer)))


def test_it_can_stand_in() -> None:
    with stand_in(MockTransport(answer)), Client() as client:
        assert client.get("https://api.test/users").json()["path"] == "/users"
