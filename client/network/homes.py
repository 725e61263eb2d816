"""One pool for each event loop: connections never move from one loop to another.

1. The loop that runs is found without importing anything: under asyncio it is one call into C.
2. Pools of loops that have ended are closed when a pool for another loop is made. Closing needs no loop.
3. In a forked child the parent's pools are kept and never touched: the parent uses their sockets, and closing them
   could reach into its event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import forks
from .loops import running_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from .backends.addresses import Finder
    from .backends.base import NetworkBackend
    from .pool import Pool


class Homes:
    """The pools of one asynchronous transport."""

    __slots__ = ("_abandoned", "_generation", "_known", "_last", "_make_pool", "_network", "_resolver")

    def __init__(
        self,
        make_pool: Callable[[NetworkBackend], Pool],
        network: NetworkBackend | None,
        resolver: Finder | None = None,
    ) -> None:
        self._make_pool = make_pool
        self._network = network
        self._resolver = resolver
        self._known: dict[Any, Pool] = {}
        # As one, because threads with loops of their own look at it without the lock.
        self._last: tuple[Any, Pool] | None = None
        self._generation = forks.generation
        self._abandoned: list[Pool] = []

    def pool(self) -> Pool:
        """Return the pool of the event loop that runs."""
        loop = running_loop()
        last = self._last
        if last is not None and loop is last[0] and self._generation == forks.generation:
            return last[1]
        return self._pool_of(loop)

    def pools(self) -> list[Pool]:
        """Return the pools of every loop."""
        with forks.lock:
            self._check_fork()
            return list(self._known.values())

    def close(self) -> None:
        """Close the connections of every loop."""
        with forks.lock:
            self._check_fork()
            pools = list(self._known.values())
            self._known.clear()
            self._last = None
        for pool in pools:
            pool.close()

    def _pool_of(self, loop: Any) -> Pool:
        with forks.lock:
            self._check_fork()
            pool = self._known.get(loop)
            ended: list[Pool] = []
            if pool is None:
                ended = self._pop_ended()
                pool = self._known[loop] = self._make_pool(self._network or backend_for(loop, self._resolver))
            self._last = loop, pool
        for gone in ended:
            gone.close()
        return pool

    def _pop_ended(self) -> list[Pool]:
        return [self._known.pop(known) for known in list(self._known) if _has_ended(known)]

    def _check_fork(self) -> None:
        if self._generation != forks.generation:
            self._abandoned.extend(self._known.values())
            self._known.clear()
            self._last = None
            self._generation = forks.generation


def _has_ended(loop: Any) -> bool:
    is_closed = getattr(loop, "is_closed", None)
    if is_closed is not None:
        return bool(is_closed())
    run_sync_soon = getattr(loop, "run_sync_soon", None)
    if run_sync_soon is None:
        return False
    try:
        run_sync_soon(_nothing)
    except RuntimeError:
        return True
    return False


def _nothing() -> None:
    """Be what is asked of a loop to see whether it still runs."""


def backend_for(loop: Any, resolver: Finder | None = None) -> NetworkBackend:
    """Return the network for an event loop."""
    if hasattr(loop, "call_soon_threadsafe"):
        from .backends.asyncio_native import AsyncioBackend

        return AsyncioBackend(resolver=resolver)
    from .backends.anyio_streams import AnyioBackend

    return AnyioBackend(resolver=resolver)
