"""Holding calls: they arrive, wait, and go on when the test says so; races become deterministic.

    with route.hold() as held:
        ...start two requests...
        await held.arrived(2)
        held.release(1)      # the second goes first
        held.release(0)

Leaving the block releases everybody. While it is held a call waits in real time, as long as the client's read timeout.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from ...client import ReadTimeout
from ..errors import RouteError
from ..signals import Signal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from ..colors import Color
    from .log import Call


class Holdable(Protocol):
    """A route, as far as holding goes."""

    held_by: Hold | None


class Hold:
    """Calls of one route that wait until they are released."""

    def __init__(self, route: Holdable) -> None:
        self._route = route
        self._lock = threading.Lock()  # so that calls have the numbers of their gates
        self._gates: list[Signal] = []
        self._waiting: list[tuple[int, Signal]] = []
        self.calls: list[Call] = []
        self.is_open: bool = False

    def __enter__(self) -> Hold:
        if self._route.held_by is not None:
            raise RouteError(f"{self._route!r} is held already")
        self._route.held_by = self
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._route.held_by = None
        self.is_open = True
        self.release()

    async def arrived(self, count: int = 1, *, timeout: float = 5.0) -> None:
        """Wait until `count` calls have arrived; asynchronous code only."""
        signal = self._signal(count)
        if not signal.given:
            await signal.await_(timeout)
        self._check(count, timeout)

    def arrived_blocking(self, count: int = 1, *, timeout: float = 5.0) -> None:
        """Wait until `count` calls of other threads have arrived."""
        self._signal(count).wait(timeout)
        self._check(count, timeout)

    def release(self, index: int | None = None) -> None:
        """Let one call go on, by the order of arrival from 0; all of them without an index."""
        if index is None:
            for gate in self._gates:
                gate.give()
            return
        if not 0 <= index < len(self._gates):
            raise RouteError(
                f"release({index}): only {len(self._gates)} calls have arrived; wait for them with `arrived`"
            )
        self._gates[index].give()

    async def stop(self, call: Call, color: Color) -> None:
        """Keep a call waiting until its gate opens, or the client has had enough."""
        gate = Signal()
        with self._lock:
            self._gates.append(gate)
            self.calls.append(call)
        if self.is_open:  # only now: who releases all in this moment has seen this gate, or is seen here
            return
        for count, signal in self._waiting:
            if len(self._gates) >= count:
                signal.give()
        patience: Mapping[str, float | None] = call.request.extensions.get("timeout") or {}
        timeout = patience.get("read")
        if not await color.wait(gate, timeout):
            raise ReadTimeout(
                f"no data received within {timeout or 0:g} seconds: the test holds this call", request=call.request
            )

    def _signal(self, count: int) -> Signal:
        signal = Signal()
        self._waiting.append((count, signal))
        if len(self._gates) >= count:
            signal.give()
        return signal

    def _check(self, count: int, timeout: float) -> None:
        if len(self._gates) < count:
            raise AssertionError(f"{len(self._gates)} calls of {self._route!r} arrived in {timeout:g} s, not {count}")

    def __repr__(self) -> str:
        return f"<Hold of {self._route!r}, {len(self._gates)} arrived>"
