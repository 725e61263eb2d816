"""Calls are held until the test lets them go."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import threading
import time

import pytest

import understudy
from understudy import AsyncClient, Client, mock

URL = "https://api.test/"


@pytest.mark.anyio
async def test_held_calls_go_on_in_the_order_that_the_test_says() -> None:
    import anyio

    router = mock.Router()
    route = router.get("/{name}").respond(lambda name: (200, name))
    done: list[str] = []

    async def ask(client: AsyncClient, name: str) -> None:
        done.append((await client.get(URL + name)).text)

    async with AsyncClient(transport=router) as client, anyio.create_task_group() as tasks:
        with route.hold() as held:
            tasks.start_soon(ask, client, "first")
            await held.arrived(1)
            tasks.start_soon(ask, client, "second")
            await held.arrived(2)
            assert done == []
            held.release(1)
            while not done:
                await anyio.lowlevel.checkpoint()
            assert [call.request.url.path for call in held.calls] == ["/first", "/second"]

    assert done == ["second", "first"]


def test_held_calls_of_threads_wait_too() -> None:
    router = mock.Router()
    route = router.get(URL, reply="done")
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(Client(transport=router).get(URL).text))

    with route.hold() as held:
        thread.start()
        held.arrived_blocking(1)
        assert answers == []
        held.release()
        thread.join()

    assert answers == ["done"]
    assert Client(transport=router).get(URL).text == "done"


def test_held_calls_have_the_numbers_of_their_gates() -> None:
    router = mock.Router()
    route = router.get(f"{URL}{{n}}").respond(lambda n: (200, n))
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(Client(transport=router).get(f"{URL}{n}").text))
        for n in range(8)
    ]

    with route.hold() as held:
        for thread in threads:
            thread.start()
        held.arrived_blocking(8)
        for place, call in enumerate(list(held.calls)):
            held.release(place)
            while not answers[place:]:
                time.sleep(0)
            assert answers[place] == call.request.url.path[1:]
        for thread in threads:
            thread.join()


def test_a_held_call_honors_the_clients_timeout() -> None:
    router = mock.Router()
    route = router.get(URL)

    with route.hold(), pytest.raises(understudy.ReadTimeout, match="the test holds this call"):
        Client(transport=router, timeout=0.01).get(URL)


def test_a_hold_says_what_it_lacks() -> None:
    route = mock.Router().get(URL)

    with route.hold() as held:
        with pytest.raises(mock.RouteError, match="is held already"), route.hold():
            pass
        with pytest.raises(mock.RouteError, match="only 0 calls have arrived"):
            held.release(0)
        with pytest.raises(AssertionError, match=r"0 calls of .* arrived in 0 s, not 1"):
            held.arrived_blocking(1, timeout=0)
        assert repr(held).startswith("<Hold of <Route GET https://api.test/")
