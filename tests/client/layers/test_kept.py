# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import Request, Response

if TYPE_CHECKING:
    from understudy import Send

    from ..conftest import Side


def ok(request: Request) -> Response:
    return Response(200)


async def forgetful(request: Request, send: Send) -> None:
    await send(request)


def plain(request: Request, send: Send) -> Response:
    return Response(200)


class Speaking:
    async def __call__(self, request: Request, send: Send) -> str:
        return "hello"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (forgetful, "the layer forgetful returned NoneType, no response: it ends with `return await send"),
        (plain, "the layer plain is no `async def`: it returned Response"),
        (Speaking(), "the layer Speaking returned str, no response"),
    ],
)
async def test_a_layer_that_returns_no_response_is_named(side: Side, layer: Any, said: str) -> None:
    client = side.client(ok, layers=[layer])

    with pytest.raises(TypeError) as caught:
        await side.call(client.get, "https://api.test/")

    assert str(caught.value).startswith(said)


@pytest.mark.anyio
async def test_a_plain_function_may_hand_the_request_on(side: Side) -> None:
    client = side.client(ok, layers=[lambda request, send: send(request)])

    assert (await side.call(client.get, "https://api.test/")).status_code == 200
