"""The two colors of code that a mock answers: blocking, and asynchronous.

Answering is written once, as `async def`; what differs between the colors (reading a body, letting time pass, waiting,
calling another transport, running a handler) is one of two small objects.
`run` drives the blocking one: nothing in it ever suspends.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ..client import Clock, Request, Response
    from .signals import Signal

Result = TypeVar("Result")

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class Color(Protocol):
    """What differs between blocking and asynchronous callers."""

    async def read(self, request: Request) -> bytes:
        """Read the request's body into memory."""
        ...

    async def sleep(self, clock: Clock, seconds: float) -> None:
        """Let time pass on a clock."""
        ...

    async def wait(self, signal: Signal, timeout: float | None) -> bool:
        """Wait for a signal, in real time; return whether it came."""
        ...

    async def send(self, transport: Any, request: Request) -> Response:
        """Let another transport answer."""
        ...

    async def result(self, value: Any, source: str) -> Any:
        """Return what a user's function returned, awaited where this color can."""
        ...


class _Blocking:
    """For `Client`."""

    async def read(self, request: Request) -> bytes:
        return request.read()

    async def sleep(self, clock: Clock, seconds: float) -> None:
        clock.sleep(seconds)

    async def wait(self, signal: Signal, timeout: float | None) -> bool:
        return signal.wait(timeout)

    async def send(self, transport: Any, request: Request) -> Response:
        handle = getattr(transport, "handle_request", None)
        if handle is None:
            raise TypeError(f"{type(transport).__name__} answers asynchronous clients only: use AsyncClient")
        response: Response = handle(request)
        return response

    async def result(self, value: Any, source: str) -> Any:
        if inspect.isawaitable(value):
            close = getattr(value, "close", None)
            if close is not None:
                close()
            raise TypeError(f"{source} is asynchronous: a blocking Client needs a plain function, or use AsyncClient")
        return value


class _Asynchronous:
    """For `AsyncClient`."""

    async def read(self, request: Request) -> bytes:
        return await request.aread()

    async def sleep(self, clock: Clock, seconds: float) -> None:
        await clock.asleep(seconds)

    async def wait(self, signal: Signal, timeout: float | None) -> bool:
        return await signal.await_(timeout)

    async def send(self, transport: Any, request: Request) -> Response:
        handle = getattr(transport, "handle_async_request", None)
        if handle is None:
            raise TypeError(f"{type(transport).__name__} answers blocking clients only: use Client")
        response: Response = await handle(request)
        return response

    async def result(self, value: Any, source: str) -> Any:
        return await value if inspect.isawaitable(value) else value


BLOCKING: Color = _Blocking()
ASYNCHRONOUS: Color = _Asynchronous()


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: Result = finished.value
        return result
    coroutine.close()
    raise RuntimeError("a blocking client's mock awaited something that needs an event loop")
