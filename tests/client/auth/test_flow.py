from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import Auth, FunctionAuth, Request, Response

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from ..conftest import Side

URL = "https://api.test/"


def echo(request: Request) -> Response:
    return Response(200, text=request.headers.get("Authorization", "nothing"))


@pytest.mark.anyio
async def test_the_base_adds_nothing(side: Side) -> None:
    client = side.client(echo, auth=Auth())

    assert (await side.call(client.get, URL)).text == "nothing"


@pytest.mark.anyio
async def test_a_function_changes_the_request_and_returns_it(side: Side) -> None:
    def sign(request: Request) -> Request:
        request.headers["Authorization"] = "Signed"
        return request

    for auth in (sign, FunctionAuth(sign)):
        assert (await side.call(side.client(echo, auth=auth).get, URL)).text == "Signed"


@pytest.mark.anyio
async def test_a_flow_that_waits_is_written_twice(side: Side) -> None:
    class Waits(Auth):
        def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
            request.headers["Authorization"] = "blocking"
            yield request

        async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
            request.headers["Authorization"] = "asynchronous"
            yield request

    response = await side.call(side.client(echo, auth=Waits()).get, URL)

    assert response.text == ("blocking" if side.is_blocking else "asynchronous")


@pytest.mark.anyio
async def test_a_flow_for_the_other_kind_of_client_only_is_refused(side: Side) -> None:
    class Blocking(Auth):
        def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
            yield request

    class Asynchronous(Auth):
        async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
            yield request

    mine, other = (Blocking(), Asynchronous()) if side.is_blocking else (Asynchronous(), Blocking())
    client = side.client(lambda _: Response(200))

    assert (await side.call(client.get, "https://api.test/", auth=mine)).status_code == 200
    with pytest.raises(RuntimeError, match=f"{type(other).__name__} has nothing for an? .*Client: define `a?sync_"):
        await side.call(client.get, "https://api.test/", auth=other)


@pytest.mark.anyio
async def test_a_flow_may_ask_for_both_bodies(side: Side) -> None:
    seen: list[bytes] = []

    class Looks(Auth):
        requires_request_body = True
        requires_response_body = True

        def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
            seen.append(request.content)
            response = yield request
            seen.append(response.content)

    client = side.client(lambda _: Response(200, stream=side.body(b"answer")), auth=Looks())
    response = await side.call(client.post, URL, content=side.pieces(b"question"))

    assert seen == [b"question", b"answer"]
    assert response.text == "answer"


@pytest.mark.anyio
async def test_closing_a_flow_closes_the_generator_inside(side: Side) -> None:
    ended: list[bool] = []

    class Notes(Auth):
        def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
            try:
                yield request
                yield request
            finally:
                ended.append(True)

    request = Request("GET", URL)
    if side.is_blocking:
        flow: Any = Notes().sync_auth_flow(request)
        assert next(flow) is request
        flow.close()
    else:
        flow = Notes().async_auth_flow(request)
        assert await flow.__anext__() is request
        await flow.aclose()

    assert ended == [True]


@pytest.mark.anyio
async def test_a_function_that_forgets_to_return_the_request_is_named(side: Side) -> None:
    def sign(request: Request) -> Any:
        request.headers["X-Signed"] = "yes"

    async def sign_later(request: Request) -> Request:
        return request

    for function, said in (
        (sign, r"sign\) returned NoneType: it ends with `return request`"),
        (sign_later, "async_auth_flow"),
    ):
        with pytest.raises(TypeError, match=said):
            await side.call(side.client(lambda _: Response(200), auth=function).get, "https://api.test/")


def test_a_function_is_shown_by_its_name() -> None:
    def sign(request: Request) -> Request:
        return request

    assert repr(FunctionAuth(sign)).endswith("<locals>.sign)")
