from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import pytest

from understudy import ConnectError, Request, Response, ResponseNotRead

if TYPE_CHECKING:
    from ..conftest import Side


def answer(request: Request) -> Response:
    if request.url.path == "/redirects":
        return Response(302, headers={"Location": "/"})
    return Response(200, text=request.headers.get("X-Hook", "none"))


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["plain", "as users of this client write it"])
async def test_hooks_see_every_request_and_response(side: Side, kind: str) -> None:
    seen: list[Any] = []
    hook = seen.append if kind == "plain" else side.function(seen.append)

    client = side.client(answer, event_hooks={"request": [hook], "response": [hook]}, follow_redirects=True)
    response = await side.call(client.get, "https://api.test/redirects")

    assert [repr(item) for item in seen] == [
        "<Request('GET', 'https://api.test/redirects')>",
        "<Response [302 Found]>",
        "<Request('GET', 'https://api.test/')>",
        "<Response [200 OK]>",
    ]
    assert seen[-1] is response


@pytest.mark.anyio
async def test_hooks_run_in_order(side: Side) -> None:
    order: list[int] = []

    def noting(number: int) -> Callable[[Response], None]:
        return lambda response: order.append(number)

    client = side.client(answer, event_hooks={"response": [noting(number) for number in range(3)]})
    await side.call(client.get, "https://api.test/")

    assert order == [0, 1, 2]


@pytest.mark.anyio
async def test_a_request_hook_may_change_the_request(side: Side) -> None:
    def sign(request: Request) -> None:
        request.headers["X-Hook"] = "signed"

    client = side.client(answer, event_hooks={"request": [sign]})

    assert (await side.call(client.get, "https://api.test/")).text == "signed"


@pytest.mark.anyio
async def test_a_request_hook_sees_what_auth_has_added(side: Side) -> None:
    seen: list[str] = []

    def look(request: Request) -> None:
        seen.append(request.headers["Authorization"])

    client = side.client(answer, auth=("me", "secret"), event_hooks={"request": [look]})
    await side.call(client.get, "https://api.test/")

    assert seen[0].startswith("Basic ")


@pytest.mark.anyio
async def test_a_response_hook_comes_before_the_body(side: Side) -> None:
    errors: list[Exception] = []

    def look(response: Response) -> None:
        try:
            response.content  # noqa: B018 - a property
        except ResponseNotRead as error:
            errors.append(error)

    client = side.client(lambda _: Response(200, stream=side.body(b"body")), event_hooks={"response": [look]})
    response = await side.call(client.get, "https://api.test/")

    assert len(errors) == 1
    assert response.content == b"body"


@pytest.mark.anyio
async def test_a_response_hook_may_read_the_body(side: Side) -> None:
    texts: list[str] = []

    def blocking(response: Response) -> None:
        response.read()
        texts.append(response.text)

    async def asynchronous(response: Response) -> None:
        await response.aread()
        texts.append(response.text)

    hook = blocking if side.is_blocking else asynchronous
    client = side.client(lambda _: Response(200, stream=side.body(b"body")), event_hooks={"response": [hook]})

    response = await side.call(client.get, "https://api.test/")

    assert texts == ["body"] == [response.text]


@pytest.mark.anyio
async def test_a_response_hook_that_raises_closes_the_response(side: Side) -> None:
    body = side.body(b"body")

    client = side.client(lambda _: Response(500, stream=body), event_hooks={"response": [Response.raise_for_status]})

    with pytest.raises(Exception, match="500 Internal Server Error"):
        await side.call(client.get, "https://api.test/")
    assert body.closes == 1


@pytest.mark.anyio
async def test_a_request_hook_that_raises_sends_nothing(side: Side) -> None:
    sent: list[Request] = []

    def refuse(request: Request) -> None:
        raise PermissionError(request.url.host)

    client = side.client(sent.append, event_hooks={"request": [refuse]})

    with pytest.raises(PermissionError, match=r"api\.test"):
        await side.call(client.get, "https://api.test/")
    assert sent == []


@pytest.mark.anyio
async def test_an_error_hook_sees_what_took_the_place_of_the_response(side: Side) -> None:
    seen: list[Exception] = []

    def fail(request: Request) -> Response:
        raise ConnectError("planted")

    client = side.client(fail, event_hooks={"error": [side.function(seen.append)]})

    with pytest.raises(ConnectError) as caught:
        await side.call(client.get, "https://api.test/")
    assert seen == [caught.value]


@pytest.mark.anyio
async def test_without_an_error_hook_the_error_just_passes(side: Side) -> None:
    def fail(request: Request) -> Response:
        raise ConnectError("planted")

    client = side.client(fail, event_hooks={"response": [repr]})

    with pytest.raises(ConnectError):
        await side.call(client.get, "https://api.test/")


@pytest.mark.anyio
async def test_hooks_may_be_added_and_replaced_later(side: Side) -> None:
    seen: list[Any] = []
    client = side.client(answer)

    client.event_hooks["response"].append(seen.append)
    await side.call(client.get, "https://api.test/")
    client.event_hooks = {"request": [seen.append]}
    await side.call(client.get, "https://api.test/")

    assert [type(item) for item in seen] == [Response, Request]
    assert client.event_hooks == {"request": [seen.append], "response": []}


@pytest.mark.anyio
async def test_an_error_hook_may_be_added_later_as_the_others(side: Side) -> None:
    seen: list[Exception] = []

    def fail(request: Request) -> Response:
        raise ConnectError("planted")

    client = side.client(fail)
    assert client.event_hooks == {"request": [], "response": []}

    client.event_hooks["error"].append(side.function(seen.append))

    with pytest.raises(ConnectError) as caught:
        await side.call(client.get, "https://api.test/")
    assert seen == [caught.value]
    with pytest.raises(KeyError, match="errors"):
        client.event_hooks["errors"]


@pytest.mark.anyio
async def test_the_callers_lists_are_not_shared(side: Side) -> None:
    hooks: dict[str, list[Any]] = {"request": []}

    client = side.client(answer, event_hooks=hooks)
    client.event_hooks["request"].append(print)

    assert hooks == {"request": []}


@pytest.mark.anyio
async def test_an_event_that_does_not_exist_is_an_error_at_once(side: Side) -> None:
    with pytest.raises(ValueError, match="unknown event 'respones'"):
        side.client(answer, event_hooks={"respones": []})


@pytest.mark.anyio
async def test_a_blocking_client_takes_no_asynchronous_hook(side: Side) -> None:
    async def hook(request: Request) -> None:
        """Asynchronous."""

    client = side.client(answer, event_hooks={"request": [hook]})

    if side.is_blocking:
        with pytest.raises(TypeError, match="asynchronous"):
            client.get("https://api.test/")
    else:
        assert (await client.get("https://api.test/")).status_code == 200
