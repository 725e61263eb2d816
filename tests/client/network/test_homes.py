"""One pool for each event loop."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

import anyio
import pytest
import trio

from understudy.client.network import forks
from understudy.client.network import homes as module
from understudy.client.network.backends.anyio_streams import AnyioBackend
from understudy.client.network.backends.asyncio_native import AsyncioBackend
from understudy.client.network.homes import Homes
from understudy.client.network.loops import running_loop


class FakePool:
    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.was_closed = False

    def close(self) -> None:
        self.was_closed = True


def homes(network: Any = None) -> Any:
    make: Any = FakePool
    return Homes(make, network)


async def pool_of(home: Any) -> Any:
    assert home.pool() is home.pool()
    return home.pool()


def test_each_kind_of_loop_gets_its_backend() -> None:
    home = homes()

    assert isinstance(asyncio.run(pool_of(home)).backend, AsyncioBackend)
    assert isinstance(trio.run(pool_of, home).backend, AnyioBackend)
    assert asyncio.run(pool_of(homes("mine"))).backend == "mine"


def test_pools_of_loops_that_have_ended_are_closed() -> None:
    home = homes()
    first = asyncio.run(pool_of(home))
    second = trio.run(pool_of, home)
    assert first.was_closed
    assert not second.was_closed

    third = asyncio.run(pool_of(home))

    assert second.was_closed
    assert not third.was_closed
    home.close()
    assert third.was_closed


def test_a_loop_gets_its_own_pool_while_another_thread_asks_for_its(monkeypatch: pytest.MonkeyPatch) -> None:
    home = homes()

    class Forks:
        """In the place of `forks`: another loop comes by when the generation is looked at."""

        lock = threading.Lock()

        @property
        def generation(self) -> int:
            if not self.lock.locked():
                home._pool_of(object())
            return 0

    async def body() -> None:
        mine = home.pool()
        home._generation = 0
        monkeypatch.setattr(module, "forks", Forks())
        assert home.pool() is mine

    asyncio.run(body())


def test_pools_of_the_parent_are_left_alone_after_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    home = homes()

    async def body() -> None:
        parents = home.pool()
        monkeypatch.setattr(forks, "generation", forks.generation + 1)
        assert home.pool() is not parents
        home.close()
        assert not parents.was_closed

    asyncio.run(body())


def test_a_fork_changes_the_generation_and_frees_the_locks() -> None:
    before, lock, tls_lock = forks.generation, forks.lock, forks.tls_lock
    forks._forked()

    assert forks.generation == before + 1
    assert forks.lock is not lock
    assert forks.tls_lock is not tls_lock


def test_without_a_loop_there_is_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(anyio.NoEventLoopError):
        running_loop()

    monkeypatch.delitem(sys.modules, "trio")
    assert asyncio.run(loop()) is not None


async def loop() -> Any:
    return running_loop()
