from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from understudy import Auth, ConnectError, Request, Response, StreamConsumed, Timeout

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from ..conftest import Side


class Challenge(Auth):
    """Answers a 401 with the number that was asked for, again and again."""

    requires_response_body = True

    def __init__(self) -> None:
        self.ended = 0

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        try:
            response = yield request
            while response.status_code == 401:
                request.headers["Authorization"] = f"Number {response.text}"
                response = yield request
        finally:
            self.ended += 1


class Lock:
    """A server that wants to hear so many numbers, one after the other."""

    def __init__(self, side: Side, wanted: int) -> None:
        self.side, self.wanted = side, wanted
        self.heard: list[str | None] = []
        self.bodies: list[Any] = []

    def __call__(self, request: Request) -> Response:
        self.heard.append(request.headers.get("Authorization"))
        if len(self.heard) > self.wanted:
            return Response(200, text="open")
        self.bodies.append(self.side.body(f"{len(self.heard)}".encode()))
        return Response(401, stream=self.bodies[-1])


@pytest.mark.anyio
async def test_a_flow_that_is_content_at_once_sends_once(side: Side) -> None:
    lock = Lock(side, 0)
    client = side.client(lock, auth=Challenge())

    response = await side.call(client.get, "https://api.test/")

    assert (response.text, response.history, lock.heard) == ("open", [], [None])


@pytest.mark.anyio
async def test_a_flow_answers_what_the_server_asks(side: Side) -> None:
    lock = Lock(side, 2)
    auth = Challenge()
    client = side.client(lock, auth=auth)

    response = await side.call(client.get, "https://api.test/")

    assert response.text == "open"
    assert lock.heard == [None, "Number 1", "Number 2"]
    assert auth.ended == 1


@pytest.mark.anyio
async def test_earlier_responses_are_history(side: Side) -> None:
    client = side.client(Lock(side, 2), auth=Challenge())

    response = await side.call(client.get, "https://api.test/")

    assert [earlier.status_code for earlier in response.history] == [401, 401]
    assert [len(earlier.history) for earlier in response.history] == [0, 1]
    assert [earlier.text for earlier in response.history] == ["1", "2"]


@pytest.mark.anyio
async def test_redirects_on_the_way_are_part_of_the_history(side: Side) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/":
            return Response(302, headers={"Location": "/inside"})
        if "Authorization" not in request.headers:
            return Response(401, text="1")
        return Response(200)

    client = side.client(handler, auth=Challenge(), follow_redirects=True)
    response = await side.call(client.get, "https://api.test/")

    assert [earlier.status_code for earlier in response.history] == [302, 401, 302]


class Glance(Auth):
    """Sends again whatever comes first, without looking at the body."""

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        yield request
        yield request


@pytest.mark.anyio
async def test_a_body_that_the_flow_does_not_look_at_is_taken_off_the_wire(side: Side) -> None:
    lock = Lock(side, 1)
    client = side.client(lock, auth=Glance())

    response = await side.call(client.get, "https://api.test/")

    assert (lock.bodies[0].reads, lock.bodies[0].closes) == (1, 1)
    assert response.history[0].text == "1"


@pytest.mark.anyio
async def test_the_last_response_can_be_streamed(side: Side) -> None:
    body = side.body(b"open")

    def handler(request: Request) -> Response:
        return Response(200, stream=body)

    client = side.client(handler, auth=Glance())
    async with side.stream(client, "GET", "https://api.test/") as response:
        assert not response.is_closed
        assert await side.read(response) == b"open"


class Peek(Auth):
    """Reads the first piece of a body and then asks again."""

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        response = yield request
        next(response.iter_raw())
        yield request

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        response = yield request
        async for _ in response.aiter_raw():
            break
        yield request


@pytest.mark.anyio
async def test_a_body_that_the_flow_has_begun_to_read_is_closed(side: Side) -> None:
    lock = Lock(side, 1)
    client = side.client(lock, auth=Peek())

    assert (await side.call(client.get, "https://api.test/")).text == "open"
    assert lock.bodies[0].closes == 1


@pytest.mark.anyio
async def test_a_flow_that_raises_closes_the_response(side: Side) -> None:
    class Refuses(Auth):
        def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
            response = yield request
            raise PermissionError(response.status_code)

    lock = Lock(side, 1)
    client = side.client(lock, auth=Refuses())

    with pytest.raises(PermissionError, match="401"):
        await side.call(client.get, "https://api.test/")
    assert (lock.bodies[0].reads, lock.bodies[0].closes) == (0, 1)


@pytest.mark.anyio
async def test_a_flow_whose_request_fails_is_closed(side: Side) -> None:
    def fail(request: Request) -> Response:
        raise ConnectError("planted")

    auth = Challenge()
    client = side.client(fail, auth=auth)

    with pytest.raises(ConnectError):
        await side.call(client.get, "https://api.test/")
    assert auth.ended == 1


@pytest.mark.anyio
async def test_a_flow_whose_response_cannot_be_read_is_closed(side: Side) -> None:
    body = side.body(b"1", error=ConnectError("planted"))
    auth = Challenge()
    client = side.client(lambda _: Response(401, stream=body), auth=auth)

    with pytest.raises(ConnectError) as caught:
        await side.call(client.get, "https://api.test/")

    assert caught.value.request.url.host == "api.test"
    assert auth.ended == 1
    assert body.closes == 1


class Silent(Auth):
    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        yield from ()


class SilentOfItsOwn(Auth):
    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        yield from ()

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        requests: tuple[Request, ...] = ()
        for nothing in requests:
            yield nothing


@pytest.mark.anyio
@pytest.mark.parametrize("auth", [Silent(), SilentOfItsOwn()])
async def test_a_flow_that_yields_nothing_is_an_error_that_says_so(side: Side, auth: Auth) -> None:
    client = side.client(Lock(side, 0), auth=auth)

    with pytest.raises(RuntimeError, match="`yield request` at least once"):
        await side.call(client.get, "https://api.test/")


# A flow may send requests of its own


class Token(Auth):
    """Fetches a token first."""

    requires_response_body = True

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        response = yield Request("POST", "https://auth.test/token")
        request.headers["Authorization"] = f"Bearer {response.text}"
        yield request


@pytest.mark.anyio
async def test_a_request_of_the_flows_own_is_bounded_like_the_one_it_is_made_for(side: Side) -> None:
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        seen.append(request)
        return Response(200, text="abc")

    client = side.client(handler, auth=Token(), timeout=Timeout(3.0, total=60))
    response = await side.call(client.post, "https://api.test/", content=side.pieces(b"body"))

    assert seen[1].headers["Authorization"] == "Bearer abc"
    assert seen[1].content == b"body"
    assert seen[0].extensions["timeout"] == seen[1].extensions["timeout"] == Timeout(3.0).as_dict()
    for name in ("deadline", "operation"):
        assert seen[0].extensions[name] == seen[1].extensions[name]
    assert [str(earlier.url) for earlier in response.history] == ["https://auth.test/token"]


@pytest.mark.anyio
async def test_unless_the_flow_says_otherwise(side: Side) -> None:
    class Patient(Auth):
        def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
            yield Request("POST", "https://auth.test/", extensions={"timeout": Timeout(99).as_dict()})
            yield request

    seen: list[Any] = []

    def handler(request: Request) -> Response:
        seen.append(request.extensions["timeout"]["read"])
        return Response(200)

    await side.call(side.client(handler, auth=Patient(), timeout=3).get, "https://api.test/")

    assert seen == [99, 3]


# Bodies that are sent again


@pytest.mark.anyio
async def test_a_body_that_can_be_sent_once_is_not_sent_again_empty(side: Side) -> None:
    transport = Swallowing()
    client = side.client(transport=transport, auth=Glance())

    with pytest.raises(StreamConsumed, match="must be sent again"):
        await side.call(client.post, "https://api.test/", content=side.pieces(b"body"))
    assert transport.bodies == [b"body"]


@pytest.mark.anyio
async def test_a_body_in_memory_is_sent_again(side: Side) -> None:
    transport = Swallowing()

    await side.call(side.client(transport=transport, auth=Glance()).post, "https://api.test/", content=b"body")

    assert transport.bodies == [b"body", b"body"]


@pytest.mark.anyio
async def test_a_flow_may_ask_for_the_body_in_memory(side: Side) -> None:
    class Signs(Auth):
        requires_request_body = True

        def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
            request.headers["X-Length"] = str(len(request.content))
            yield request
            yield request

    transport = Swallowing()
    client = side.client(transport=transport, auth=Signs())

    response = await side.call(client.post, "https://api.test/", content=side.pieces(b"bo", b"dy"))

    assert transport.bodies == [b"body", b"body"]
    assert response.request.headers["X-Length"] == "4"


class Swallowing:
    """A transport that takes bodies off their stream, as the network does, and keeps none in the request."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def handle_request(self, request: Request) -> Response:
        self.bodies.append(b"".join(request.stream))  # type: ignore[arg-type]  # a blocking client's
        return Response(401)

    async def handle_async_request(self, request: Request) -> Response:
        self.bodies.append(b"".join([piece async for piece in request.stream]))  # type: ignore[union-attr]  # the other
        return Response(401)
