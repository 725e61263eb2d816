"""Functions as replies: their arguments by name and annotation."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from datetime import date  # noqa: TC003  # what a handler's annotation names is there at run time
from typing import Any
from uuid import UUID  # noqa: TC003  # as above

import pytest

from understudy import AsyncClient, Client, Request, Response, mock
from understudy.mock import NEXT, RouteError

URL = "https://api.test"


def test_a_handler_gets_template_parameters_and_what_else_it_asks_for() -> None:
    router = mock.Router()
    seen: list[Any] = []

    @router.handler("GET /users/{id:int}/files/{rest:path}", name="files", state="-> seen")
    def files(id: int, rest: str, request: Request, call: mock.Call, route: mock.Route, n: int, state: Any) -> Any:
        seen.append((id, rest, request.method, call.n, route.name, n, dict(state)))
        return {"id": id}

    response = Client(transport=router).get(f"{URL}/users/7/files/a/b")

    assert response.json() == {"id": 7}
    assert seen == [(7, "a/b", "GET", 1, "files", 1, {"state": "seen"})]


def test_annotations_say_the_kind_where_the_template_does_not() -> None:
    router = mock.Router(unmatched=404)

    @router.handler("GET /{tenant}/{id}/{day}/{key}")
    def one(tenant: str, id: int, day: date, key: UUID, extra: str = "default") -> Any:
        return f"{tenant} {id + 1} {day.year} {key.version} {extra}"

    client = Client(transport=router)

    assert client.get(f"{URL}/acme/7/2026-11-22/12345678-1234-4678-9234-567812345678").text == "acme 8 2026 4 default"
    assert client.get(f"{URL}/acme/seven/2026-11-22/x").status_code == 404


@pytest.mark.anyio
async def test_an_asynchronous_handler_answers_asynchronous_clients_only() -> None:
    router = mock.Router()

    @router.handler("GET /")
    async def answer(request: Request) -> Any:
        return 201, "later"

    async with AsyncClient(transport=router) as client:
        assert (await client.get(URL)).text == "later"
    with pytest.raises(TypeError, match=r"the handler answer\(\) .* is asynchronous: a blocking Client needs a plain"):
        Client(transport=router).get(URL)


def test_a_handler_may_leave_a_request_to_the_next_route() -> None:
    router = mock.Router()
    router.get("/**", reply="everybody")

    @router.handler("GET /users/{id}")
    def some(id: int) -> Any:
        return NEXT if id > 5 else "some"

    client = Client(transport=router)

    assert [client.get(f"{URL}/users/{id}").text for id in (1, 9)] == ["some", "everybody"]
    assert [route.call_count for route in router.routes] == [1, 1]
    assert repr(NEXT) == "NEXT"


def test_a_handler_that_passes_where_nobody_else_answers_is_a_miss() -> None:
    router = mock.Router()
    router.get("/", reply=lambda request: NEXT)

    with pytest.raises(mock.UnmatchedRequest, match="its handler returned NEXT"):
        Client(transport=router).get(URL)


def test_a_handler_returns_responses_and_delays_and_all_that_is_a_reply() -> None:
    router = mock.Router()
    router.get("/response", reply=lambda request: Response(202))
    router.get("/slow", reply=lambda request: mock.reply(200, delay=9))
    client = Client(transport=router, timeout=20)

    assert client.get(f"{URL}/response").status_code == 202
    assert client.get(f"{URL}/slow").status_code == 200
    assert isinstance(router.clock, mock.VirtualClock)
    assert router.clock.slept == [9]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "returned None: return a reply"),
        (object(), "returned what is no reply"),
        (True, "returned what is no reply"),
    ],
)
def test_a_handler_that_returns_no_reply_is_told(answer: Any, message: str) -> None:
    router = mock.Router()
    router.get("/", reply=lambda request: answer)

    with pytest.raises(TypeError, match=message):
        Client(transport=router).get(URL)


def test_plain_functions_take_parameters_of_their_routes_template() -> None:
    router = mock.Router()
    router.get("/users/{id:int}").respond(lambda id, request: {"id": id, "method": request.method})
    router.get("/typo/{id:int}").respond(lambda idd, request: 200)
    client = Client(transport=router)

    assert client.get(f"{URL}/users/7").json() == {"id": 7, "method": "GET"}
    with pytest.raises(TypeError, match="asks for 'idd', which is no parameter of its route's template"):
        client.get(f"{URL}/typo/7")


def positional(id: int, /) -> int:
    return id


def unknown(idd: int) -> int:
    return idd


def disagreeing(id: str) -> str:
    return id


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (positional, "takes 'id' by position only"),
        (unknown, "asks for 'idd', which nobody can give it; it may ask for id, request, call, route, n, state"),
        (disagreeing, "wants 'id' as str, and its target says {id:int}: write {id:str}"),
    ],
)
def test_a_handler_that_cannot_be_called_fails_where_it_is_written(function: Any, message: str) -> None:
    with pytest.raises(RouteError, match=re.escape(message)):
        mock.Router().handler("GET /users/{id:int}")(function)


def test_a_handler_with_open_arguments_gets_what_it_names() -> None:
    router = mock.Router()

    @router.handler("https://{tenant}.test/")
    def answer(tenant: str, *args: Any, **more: Any) -> Any:
        return tenant

    assert Client(transport=router).get("https://acme.test/").text == "acme"


def test_a_parameter_of_the_template_goes_before_what_every_handler_is_given() -> None:
    def numbered(n: int, call: Any) -> Any:
        return {"n": n, "number": call.n}

    def only(n: int) -> Any:
        return {"n": n}

    router = mock.Router()
    router.get("https://api.test/both/{n:int}", reply=numbered)
    router.get("https://api.test/only/{n:int}", reply=only)

    with Client(transport=router) as client:
        assert client.get("https://api.test/both/7").json() == {"n": 7, "number": 1}
        assert client.get("https://api.test/only/7").json() == {"n": 7}


def test_handlers_of_one_template_and_different_kinds_are_two_routes() -> None:
    router = mock.Router()

    @router.handler("GET /users/{id}")
    def by_name(id: str) -> Any:
        return {"name": id}

    @router.handler("GET /users/{id}")
    def by_number(id: int) -> Any:
        return {"number": id}

    with Client(transport=router, base_url=URL) as client:
        assert client.get("/users/7").json() == {"number": 7}
        assert client.get("/users/ada").json() == {"name": "ada"}
    router.verify()


def test_a_handler_takes_the_place_of_one_that_takes_the_same() -> None:
    router = mock.Router()

    @router.handler("GET /users/{id:int}")
    def first(id: Any) -> Any:
        return 500

    @router.handler("GET /users/{id:int}")
    def second(id: int) -> Any:
        return 200

    assert Client(transport=router).get(f"{URL}/users/7").status_code == 200
    router.verify()
