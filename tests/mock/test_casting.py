"""Free routes decorate tests, coroutines, fixtures and classes, and are context managers."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
import contextvars
import inspect
import re
import threading
import time
import unittest
from typing import TYPE_CHECKING, Any

import pytest

from understudy import AsyncClient, Client, IncompleteBody, Request, mock
from understudy.mock import RouteError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

URL = "https://api.test/users"
FIVE: Any = 5
users = mock.get(URL).respond(json=[{"name": "Ada"}])


@users
def test_a_decorated_test_needs_no_argument_and_sees_its_calls() -> None:
    assert Client().get(URL).json() == [{"name": "Ada"}]
    assert users.call_count == 1


@users
@mock.post(URL, reply=201)
@pytest.mark.parametrize("name", ["Ada", "Bob"])
def test_stacked_routes_keep_parameters_and_fixtures(name: str, tmp_path: Any) -> None:
    assert tmp_path.exists()
    assert Client().get(URL).status_code == 200
    assert Client().post(URL, json={"name": name}).status_code == 201
    assert users.calls.one().request.method == "GET"


@pytest.mark.anyio
@users
async def test_a_decorated_coroutine_runs_on_any_backend() -> None:
    async with AsyncClient() as client:
        assert (await client.get(URL)).status_code == 200
    assert users.called


@pytest.fixture
@mock.get(URL, reply=299)
def special() -> Iterator[int]:
    status = Client().get(URL).status_code
    yield status
    assert Client().get(URL).status_code == status


def test_a_decorated_fixture_plays_while_it_lives(special: int) -> None:
    assert special == 299
    assert Client().get(URL).status_code == 299


@mock.get(URL, reply=200)
class TestADecoratedClass:
    def test_each_method_plays(self) -> None:
        assert Client().get(URL).status_code == 200

    @staticmethod
    def test_a_static_method_plays() -> None:
        assert Client().get(URL).status_code == 200

    @classmethod
    def test_a_class_method_plays(cls) -> None:
        assert Client().get(URL).status_code == 200

    def helper(self) -> None:
        raise AssertionError("nobody calls this")


@mock.get(URL, reply=200)
class TestUnittest(unittest.TestCase):
    def test_methods_of_unittest_play_too(self) -> None:
        self.assertEqual(Client().get(URL).status_code, 200)  # noqa: PT009  # that is the point


def test_a_route_is_a_context_manager_again_and_again() -> None:
    route = mock.get(URL, reply=200)
    for _ in range(2):
        with route as entered:
            assert Client().get(URL).status_code == 200
            assert entered is route
            assert route.call_count == 1


def test_a_route_is_an_asynchronous_context_manager() -> None:
    async def main() -> int:
        async with mock.get(URL, reply=204), mock.Router(), AsyncClient() as client:
            return (await client.get(URL)).status_code

    assert asyncio.run(main()) == 204


def test_signatures_survive_and_stacking_makes_one_wrapper() -> None:
    def test_it(name: str, *, flag: bool = True) -> None: ...

    once = mock.get(URL).optional()(test_it)
    twice = mock.post(URL).optional()(once)

    assert inspect.signature(once) == inspect.signature(test_it)
    assert twice is once
    assert once.__name__ == "test_it"


def test_stacked_routes_are_registered_as_they_are_read() -> None:
    seen: list[str] = []

    @mock.get(URL, reply="upper")
    @mock.get("https://api.test/{name}", reply="lower").optional()
    def scene() -> None:
        seen.append(Client().get(URL).text)

    scene()

    assert seen == ["upper"]


def test_exit_checks_hold_for_decorators_too() -> None:
    @mock.get(URL, reply=200)
    def scene() -> None: ...

    with pytest.raises(mock.ExpectationsNotMet, match="never called"):
        scene()


def test_threads_that_run_the_same_decorated_function_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    def made_slowly(name: str) -> contextvars.ContextVar[Any]:
        time.sleep(0.01)  # while the others come
        return contextvars.ContextVar(name)

    monkeypatch.setattr("understudy.mock.casting.ContextVar", made_slowly)
    counts: list[int] = []
    barrier = threading.Barrier(3)
    route = mock.get(URL, reply=200)

    @route
    def scene(calls: int) -> None:
        barrier.wait()
        for _ in range(calls):
            Client().get(URL)
        barrier.wait()
        counts.append(route.call_count)

    threads = [threading.Thread(target=scene, args=(calls,)) for calls in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == [1, 2, 3]
    assert route.call_count == 0


def test_a_decorated_generator_may_end_in_another_context_than_it_began_in() -> None:
    @mock.get(URL, optional=True)
    def steps() -> Iterator[int]:
        yield 1

    fixture = steps()
    contextvars.copy_context().run(next, fixture)

    assert contextvars.copy_context().run(list, fixture) == []


def test_a_decorated_asynchronous_generator_plays() -> None:
    @mock.get(URL, reply=200)
    async def numbers() -> AsyncIterator[int]:
        async with AsyncClient() as client:
            yield (await client.get(URL)).status_code

    async def main() -> list[int]:
        return [number async for number in numbers()]

    assert asyncio.run(main()) == [200]


def handler(request: Request) -> int:
    return 200


def by_name(id: int) -> int:
    return id


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: mock.get(URL)(handler), "handler() looks like a reply to GET https://api.test/users"),
        (lambda: mock.get("/users/{id}")(by_name), "@router.handler("),
        (lambda: mock.get(URL)(FIVE), "a route decorates a function or a class, not int"),
        (lambda: mock.get(URL)(special), "put the mock's decorator below `@pytest.fixture`"),
        (lambda: mock.get(URL)(Request), "has no methods that start with 'test'"),
        (lambda: mock.Router().get(URL)(handler), "routes of a router decorate nothing"),
        (lambda: mock.Router().handler(URL)(test_a_decorated_test_needs_no_argument_and_sees_its_calls), "is a test"),
        (lambda: mock.Router().handler(URL)(TestADecoratedClass), "a handler is a function"),
        (lambda: mock.Router().add(), "takes one route or more"),
        (lambda: mock.Router().add(FIVE), "add(...) takes routes"),
    ],
)
def test_a_decorator_in_the_wrong_place_names_the_right_one(write: Any, message: str) -> None:
    with pytest.raises(RouteError, match=re.escape(message)):
        write()


def test_a_route_plays_in_one_router_at_a_time() -> None:
    route = mock.get(URL).optional()
    router = mock.Router()
    router.add(route)

    with pytest.raises(RouteError, match="in this router already"):
        router.add(route)
    with pytest.raises(RouteError, match=r"belongs to another router already: add `route\.copy\(\)`"):
        mock.Router().add(route)
    with pytest.raises(RouteError, match="is playing already"), route:
        pass
    with pytest.raises(RouteError, match="belongs to a router"):
        route(handler)
    assert mock.Router().add(route.copy()).call_count == 0


def test_what_is_said_of_a_route_in_a_test_is_said_for_that_test() -> None:
    greeting = mock.get(URL).respond(text="hello").optional()

    @greeting
    def changed() -> list[str]:
        greeting.respond(text="good").repeat(2).then(text="bye").cycle().times(4)
        return [Client().get(URL).text for _ in range(4)]

    @greeting
    def spoiled() -> None:
        greeting.fault("truncate", at=1)
        with pytest.raises(IncompleteBody):
            Client().get(URL)

    @greeting
    def plain() -> str:
        return Client().get(URL).text

    assert changed() == ["good", "good", "bye", "good"]
    spoiled()
    assert plain() == "hello"
    assert greeting.plan.describe() == "200"


class Inherited:
    def test_names(self) -> str:
        return Client().get(URL).text


@mock.get(URL).respond(text="base")
class Decorated(Inherited):
    def test_names(self) -> str:
        return super().test_names()

    @staticmethod
    def test_status() -> int:
        return Client().get(URL).status_code


def test_a_decorated_class_plays_in_the_tests_that_it_inherits() -> None:
    @mock.get("https://api.test/other").respond().optional()
    @mock.get(URL).respond(203, text="derived")
    class Derived(Decorated):
        pass

    @mock.get(URL).respond(text="own")
    class Only(Inherited):
        pass

    assert (Derived().test_names(), Derived().test_status()) == ("derived", 203)
    assert Only().test_names() == "own"
    assert (Decorated().test_names(), Decorated.test_status()) == ("base", 200)
    with mock.get(URL).respond(text="none"):
        assert Inherited().test_names() == "none"
