from __future__ import annotations

import asyncio

import pytest

from understudy.client.bridge import run


async def answer(value: int) -> int:
    return value


async def fails() -> None:
    raise ValueError("planted")


def test_a_coroutine_that_never_suspends_gives_its_result() -> None:
    assert run(answer(42)) == 42


def test_none_is_a_result_too() -> None:
    async def nothing() -> None:
        pass

    run(nothing())  # and is not taken for a coroutine that waits


def test_coroutines_may_await_coroutines() -> None:
    async def outer() -> int:
        return await answer(20) + await answer(22)

    assert run(outer()) == 42


def test_an_exception_passes_as_it_is() -> None:
    with pytest.raises(ValueError, match="planted") as caught:
        run(fails())

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_coroutine_that_suspends_is_an_error_that_says_what_to_do() -> None:
    async def waits() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="use AsyncClient"):
        run(waits())


def test_a_coroutine_that_suspends_is_closed() -> None:
    left: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            left.append("cleaned up")

    with pytest.raises(RuntimeError):
        run(waits())

    assert left == ["cleaned up"]


def test_works_inside_a_running_loop() -> None:
    async def main() -> int:
        return run(answer(42))

    assert asyncio.run(main()) == 42
