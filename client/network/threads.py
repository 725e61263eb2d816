"""Work that takes a while, such as reading files, in a thread beside an event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, TypeVar

from .homes import running_loop

if TYPE_CHECKING:
    Result = TypeVar("Result")


async def in_thread(work: Callable[[], Result]) -> Result:
    """Return what `work` returns, without holding up other tasks; who is cancelled meanwhile does not wait for it."""
    loop: Any = running_loop()
    if hasattr(loop, "run_in_executor"):
        # Under asyncio, where importing anyio would hold up the loop for as long as what is to be done.
        found: Result = await loop.run_in_executor(None, work)
        return found
    import anyio.to_thread

    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
