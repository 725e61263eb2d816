"""Telling the `trace` extension what happens, step by step; nothing here runs when nobody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Result = TypeVar("Result")


async def traced(trace: Any, name: str, step: Coroutine[Any, Any, Result], **info: Any) -> Result:
    """Run `step` and tell `trace` when it starts, and when and how it ends.

    What the step has opened is closed where `trace` breaks off, because nobody gets it.
    """
    try:
        await tell(trace, f"{name}.started", info)
    except BaseException:
        step.close()
        raise
    try:
        result = await step
    except BaseException as error:
        await tell(trace, f"{name}.failed", {"exception": error})
        raise
    try:
        await tell(trace, f"{name}.complete", {"return_value": result})
    except BaseException:
        close: Callable[[], None] | None = getattr(result, "close", None)
        if close is not None:
            close()
        raise
    return result


async def tell(trace: Any, name: str, info: dict[str, Any]) -> None:
    """Call `trace`, a function for blocking clients and a coroutine function for asynchronous ones."""
    told = trace(name, info)
    if told is not None:
        await told
