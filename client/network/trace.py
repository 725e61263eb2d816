"""Telling the `trace` extension what happens, step by step; nothing here runs when nobody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    Result = TypeVar("Result")


async def traced(trace: Any, name: str, step: Coroutine[Any, Any, Result], **info: Any) -> Result:
    """Run `step` and tell `trace` when it starts, and when and how it ends."""
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
    await tell(trace, f"{name}.complete", {"return_value": result})
    return result


async def tell(trace: Any, name: str, info: dict[str, Any]) -> None:
    """Call `trace`, a function for blocking clients and a coroutine function for asynchronous ones."""
    told = trace(name, info)
    if told is not None:
        await told
