"""The layer that calls the user's event hooks, around every single request and response."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..arguments import EventHook
    from ..callers import Caller
    from ..messages.request import Request
    from ..messages.response import Response
    from .stack import Send


class Hooks:
    """Calls the `request` hooks before sending; then the `response` hooks, before anybody reads, or `error` hooks."""

    def __init__(self, hooks: Mapping[str, Sequence[EventHook]], caller: Caller) -> None:
        self._hooks = hooks
        self._caller = caller

    async def __call__(self, request: Request, send: Send) -> Response:
        for hook in self._hooks["request"]:
            await self._caller.call(hook, request)
        try:
            response = await send(request)
        except Exception as error:
            for hook in self._hooks.get("error", ()):
                await self._caller.call(hook, error)
            raise
        try:
            for hook in self._hooks["response"]:
                await self._caller.call(hook, response)
        except BaseException:
            await self._caller.close(response)
            raise
        return response
