"""The bridge from blocking callers to the shared asynchronous core.

Everything between a client and its transport is written once, as `async def`.
`AsyncClient` awaits it.
`Client` hands the same coroutine to `run`, which works because blocking code underneath never suspends:
locks, sleeps and sockets come from the network backend, and the blocking backend blocks instead of yielding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

Result = TypeVar("Result")


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Return the result of a coroutine that never suspends.

    Needs no event loop, and works inside a running one.
    Raises `RuntimeError` when the coroutine awaits something that really suspends.
    """
    try:
        coroutine.send(None)
    except StopIteration as finished:
        result: Result = finished.value
        return result
    coroutine.close()
    raise RuntimeError(
        "blocking code awaited something that needs an event loop: "
        "use AsyncClient, or give Client only blocking transports, hooks and auth flows"
    )
