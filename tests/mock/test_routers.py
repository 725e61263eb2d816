"""Routers answer requests from routes."""

from __future__ import annotations

from typing import Any

import pytest

from understudy import AsyncClient, Client, MockTransport, Response, mock


def test_a_router_given_to_a_client_answers_its_requests() -> None:
    router = mock.Router()
    router.get("https://api.test/users/{id:int}").respond(json={"name": "Ada"})

    with Client(transport=router) as client:
        response = client.get("https://api.test/users/7")

    assert response.status_code == 200
    assert response.json() == {"name": "Ada"}
    assert router.calls.last.path_params == {"id": 7}


def test_an_entered_router_stands_in_for_clients_made_anywhere() -> None:
    with mock.Router(base_url="https://api.test/v1") as api:
        users = api.get("/users").respond(json=[])

        response = Client().get("https://api.test/v1/users")

    assert response.json() == []
    assert users.call_count == 1


@pytest.mark.anyio
async def test_an_entered_router_stands_in_for_asynchronous_clients() -> None:
    with mock.Router() as api:
        api.post("https://api.test/users").respond(201)

        async with AsyncClient() as client:
            response = await client.post("https://api.test/users", json={"name": "Ada"})

    assert response.status_code == 201
    assert api.calls.one(json__name="Ada").request.method == "POST"


def test_an_unmatched_request_names_itself_the_nearest_route_and_what_to_write() -> None:
    router = mock.Router()
    router.get("https://api.test/users").respond()

    with pytest.raises(mock.UnmatchedRequest) as caught, Client(transport=router) as client:
        client.get("https://api.test/user")

    report = str(caught.value)
    assert "no route answers GET https://api.test/user" in report
    assert "closest: GET https://api.test/users" in report
    assert 'router.get("https://api.test/user").respond()' in report


class Closing(MockTransport):
    """Tells when it is closed."""

    def __init__(self) -> None:
        super().__init__(lambda request: Response(200))
        self.closed: list[str] = []

    def close(self) -> None:
        self.closed.append("close")

    async def aclose(self) -> None:
        self.closed.append("aclose")


@pytest.mark.anyio
async def test_closing_a_router_closes_what_it_falls_back_to() -> None:
    fallback = Closing()
    router = mock.Router(fallback=fallback)

    with Client(transport=router) as client:
        client.get("https://api.test")
    async with AsyncClient(transport=router) as asynchronous:
        await asynchronous.get("https://api.test")
    with Client(transport=mock.Router()):
        pass

    assert fallback.closed == ["close", "aclose"]


def test_a_router_given_to_an_open_client_stands_in_for_no_other() -> None:
    one, two = mock.Router(), mock.Router()
    one.get("https://api.test", reply="one")
    two.get("https://api.test", reply="two")

    with Client(transport=one) as first, Client(transport=two) as second:
        answers = [client.get("https://api.test").text for client in (first, second)]

    assert answers == ["one", "two"]


@pytest.mark.anyio
async def test_a_router_given_to_an_open_asynchronous_client_stands_in_for_no_other() -> None:
    one, two = mock.Router(), mock.Router()
    one.get("https://api.test", reply="one")
    two.get("https://api.test", reply="two")

    async with AsyncClient(transport=one) as first, AsyncClient(transport=two) as second:
        answers = [(await client.get("https://api.test")).text for client in (first, second)]

    assert answers == ["one", "two"]


@pytest.mark.anyio
async def test_a_router_may_be_entered_asynchronously() -> None:
    with pytest.raises(mock.ExpectationsNotMet, match="never called"):
        async with mock.Router() as router:
            router.get("https://api.test")


def test_routers_are_left_in_reverse_order() -> None:
    outer, inner = mock.Router(), mock.Router()
    outer.__enter__()
    inner.__enter__()

    with pytest.raises(mock.RouteError, match=r"was left before <Router .*>, which was entered after it"):
        outer.__exit__(None, None, None)
    inner.__exit__(None, None, None)

    with outer, inner:
        pass
    with pytest.raises(mock.RouteError, match="left without having been entered"):
        outer.__exit__(None, None, None)


def test_an_error_on_its_way_is_not_replaced_by_a_wrong_order() -> None:
    outer, inner = mock.Router(), mock.Router()
    outer.__enter__()
    inner.__enter__()

    outer.__exit__(LookupError, LookupError("own"), None)
    inner.__exit__(None, None, None)


def test_routers_of_different_contexts_are_left_in_any_order() -> None:
    import contextvars

    one, two = mock.Router(), mock.Router()
    here = contextvars.copy_context()
    here.run(one.__enter__)

    with two:
        here.run(one.__exit__, None, None, None)


@pytest.mark.parametrize("keep", [-1, True, "10"])
def test_how_many_calls_are_remembered_is_a_number(keep: Any) -> None:
    with pytest.raises(mock.RouteError, match="`keep` takes how many calls are remembered"):
        mock.Router(keep=keep)


def test_a_route_that_is_removed_answers_nothing_and_is_missed_by_nobody() -> None:
    with mock.Router(base_url="https://api.test") as router:
        users = router.get("/users", name="users").respond(json=[])
        router.get("/never")
        Client().get("https://api.test/users")

        assert "users" in router
        assert users in router
        assert router.remove("users", *(route for route in router if not route.called)) is not users

        assert list(router) == []
        assert "users" not in router
        assert users.call_count == router.call_count == 1
        with router.expect_unmatched(), pytest.raises(mock.UnmatchedRequest):
            Client().get("https://api.test/users")


def test_without_a_route_those_answer_that_it_went_before() -> None:
    router = mock.Router(base_url="https://api.test")
    first, second, third = (router.get("/a", reply=text) for text in ("first", "second", "third"))

    with Client(transport=router, base_url="https://api.test") as client:
        asked = [client.get("/a").text]
        router.remove(second)
        asked.append(client.get("/a").text)
        router.remove(third)
        asked.append(client.get("/a").text)
        router.add(third)
        asked.append(client.get("/a").text)

    assert asked == ["third", "third", "first", "third"]
    assert first.replaced_by is third
    assert router.remove(third) is third
    mock.Router("https://other.test").add(third)


def test_what_is_to_be_removed_must_be_there() -> None:
    router = mock.Router()
    router.get("https://api.test/users", name="users")

    with pytest.raises(KeyError, match="did you mean 'users'"):
        router.remove("user")
    with pytest.raises(mock.RouteError, match="is not in this router"):
        router.remove("users", mock.Router().get("https://api.test/users"))
    with pytest.raises(mock.RouteError, match="one route or more"):
        router.remove()
    assert "users" in router


def test_a_route_that_is_removed_hides_no_other(recwarn: pytest.WarningsRecorder) -> None:
    router = mock.Router(order="first")
    wide = router.get("https://api.test/**", reply="wide")
    router.get("https://api.test/a", reply="narrow")

    router.remove(wide)

    with Client(transport=router) as client:
        assert client.get("https://api.test/a").text == "narrow"
    assert not recwarn


def test_a_miss_is_expected_too_where_its_error_leaves_the_block() -> None:
    with mock.Router() as router:
        with pytest.raises(mock.UnmatchedRequest), router.expect_unmatched() as misses:
            Client().get("https://api.test/users")

        assert [miss.request.url.path for miss in misses] == ["/users"]
