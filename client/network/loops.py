"""The event loop that runs, and work beside it: found without importing what is not in use."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Callable, TypeVar

if TYPE_CHECKING:
    Result = TypeVar("Result")


def running_loop() -> Any:
    """Return what stands for the event loop that runs: asyncio's loop, or trio's token."""
    # First, because trio may run as a guest of asyncio.
    token = trio_token()
    if token is not None:
        return token
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None:
        try:
            return asyncio.get_running_loop()
        except RuntimeError:
            pass  # neither of the two: anyio knows, or says that there is none
    import anyio.lowlevel

    return anyio.lowlevel.current_token()


def trio_token() -> Any:
    """Return the token of trio where it runs, or `None`."""
    trio: Any = sys.modules.get("trio")
    if trio is None:
        return None
    try:
        return trio.lowlevel.current_trio_token()
    except (RuntimeError, AttributeError):  # it does not run here; or is being imported, by another thread
        return None


async def in_thread(work: Callable[[], Result]) -> Result:
    """Return what `work` returns, without holding up other tasks; who is cancelled meanwhile does not wait for it."""
    loop: Any = running_loop()
    if hasattr(loop, "run_in_executor"):
        # Under asyncio, where importing anyio would hold up the loop for as long as what is to be done.
        found: Result = await loop.run_in_executor(None, work)
        return found
    import anyio.to_thread

    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
