from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy import Request, Response
from understudy.client.bridge import run
from understudy.client.layers.stack import stack

if TYPE_CHECKING:
    from understudy import Layer, Send

    from ..conftest import Side

REQUEST = Request("GET", "https://api.test/")


def noting(name: str, notes: list[str]) -> Layer:
    """Return a layer that notes when it is passed on the way down and on the way up."""

    async def layer(request: Request, send: Send) -> Response:
        notes.append(f"{name} down")
        response = await send(request)
        notes.append(f"{name} up")
        return response

    return layer


def sent(send: Send) -> Response:
    async def sending() -> Response:
        return await send(REQUEST)

    return run(sending())


async def answer(request: Request) -> Response:
    return Response(200, request=request)


def test_without_layers_the_request_is_just_sent() -> None:
    assert stack([], answer) is answer


def test_the_first_layer_is_the_outermost() -> None:
    notes: list[str] = []

    sent(stack([noting("first", notes), noting("second", notes)], answer))

    assert notes == ["first down", "second down", "second up", "first up"]


def test_a_layer_may_send_twice_or_not_at_all() -> None:
    notes: list[str] = []

    async def twice(request: Request, send: Send) -> Response:
        await send(request)
        return await send(request)

    async def never(request: Request, send: Send) -> Response:
        return Response(299)

    sent(stack([twice, noting("below", notes)], answer))
    response = sent(stack([never, noting("never reached", notes)], answer))

    assert notes == ["below down", "below up"] * 2
    assert response.status_code == 299


@pytest.mark.anyio
async def test_a_clients_own_layers_go_around_everything(side: Side) -> None:
    notes: list[str] = []

    def handler(request: Request) -> Response:
        notes.append(f"{request.url.path} with {request.headers.get('Authorization', 'nothing')[:5]}")
        return Response(302, headers={"Location": "/b"}) if request.url.path == "/a" else Response(200)

    client = side.client(
        handler,
        layers=[noting("first", notes), noting("second", notes)],
        auth=("me", "secret"),
        follow_redirects=True,
    )
    response = await side.call(client.get, "https://api.test/a")

    assert response.status_code == 200
    assert notes == ["first down", "second down", "/a with Basic", "/b with Basic", "second up", "first up"]


@pytest.mark.anyio
async def test_a_layer_may_change_the_request_and_the_response(side: Side) -> None:
    async def layer(request: Request, send: Send) -> Response:
        request.headers["X-Layer"] = "passed"
        response = await send(request)
        response.headers["X-Seen"] = "yes"
        return response

    client = side.client(lambda request: Response(200, text=request.headers["X-Layer"]), layers=[layer])

    response = await side.call(client.get, "https://api.test/")

    assert (response.text, response.headers["X-Seen"]) == ("passed", "yes")
