"""Looking at calls: queries, order, waiting, and holding them for deterministic races. Run with pytest."""

from __future__ import annotations

import asyncio

import pytest

import understudy
from understudy import mock


def test_what_was_asked_and_in_which_order() -> None:
    with mock.Router(base_url="https://shop.test") as shop:
        shop.post("/login", name="login").respond(200)
        shop.post("/orders", name="create order").respond(201)
        shop.post("/charge").never()

        understudy.post("https://shop.test/login")
        understudy.post("https://shop.test/orders", json={"sku": "a", "qty": 1})

        shop.calls.assert_order("login", "create order")
        assert shop.calls.one(path="/orders", json__has={"sku": "a"}).response is not None
        with pytest.raises(AssertionError, match="no call of this router fits: json"):
            shop.calls.assert_any(json__has={"sku": "b"})


def test_the_second_of_two_requests_is_answered_first() -> None:
    async def main() -> list[str]:
        done: list[str] = []

        async def ask(client: understudy.AsyncClient, name: str) -> None:
            done.append((await client.get(f"https://api.test/{name}")).text)

        with mock.Router() as api:
            route = api.get("/{name}").respond(lambda name: (200, name))
            async with understudy.AsyncClient() as client:
                with route.hold() as held:
                    tasks = [asyncio.create_task(ask(client, name)) for name in ("first", "second")]
                    await held.arrived(2)
                    held.release(1)
                    await tasks[1]
                    held.release(0)
                    await tasks[0]
        return done

    assert asyncio.run(main()) == ["second", "first"]


def test_a_background_task_calls_back() -> None:
    async def main() -> bytes:
        with mock.Router() as api:
            hook = api.post("https://me.test/hook").respond(204)
            async with understudy.AsyncClient() as client:
                task = asyncio.create_task(client.post("https://me.test/hook", content=b"done"))
                call = await hook.calls.wait()
                await task
            return call.request.content

    assert asyncio.run(main()) == b"done"
