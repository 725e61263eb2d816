"""The layer that authenticates: it holds the conversation that an auth flow asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..callers import BLOCKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from ..auth.flow import Auth
    from ..callers import Caller
    from ..messages.request import Request
    from ..messages.response import Response
    from .stack import Send


class Authorize:
    """Sends what the flow yields until it is content; earlier responses become `response.history`."""

    def __init__(self, auth: Auth, caller: Caller) -> None:
        self._auth = auth
        self._caller = caller

    async def __call__(self, request: Request, send: Send) -> Response:
        flow = _SyncFlow(self._auth, request) if self._caller is BLOCKING else _AsyncFlow(self._auth, request)
        history: list[Response] = []
        try:
            following = await flow.start()
            while True:
                if following is not request:
                    _inherit(following, request)
                response = await send(following)
                try:
                    next_request = await flow.send(response)
                    if next_request is None:
                        response.history = history + response.history
                        return response
                    await self._caller.drain(response)
                except BaseException:
                    await self._caller.close(response)
                    raise
                history.extend([*response.history, response])
                response.history = history[:-1]
                if next_request.stream is following.stream:
                    next_request.require_replayable()
                following = next_request
        finally:
            await flow.close()


def _inherit(following: Request, request: Request) -> None:
    """Bound a request that the flow made by itself, for a token perhaps, as the one that it is made for."""
    for name in ("timeout", "deadline", "time_account", "operation"):
        if name in request.extensions:
            following.extensions.setdefault(name, request.extensions[name])


class _SyncFlow:
    def __init__(self, auth: Auth, request: Request) -> None:
        self._flow: Generator[Request, Response, None] = auth.sync_auth_flow(request)

    async def start(self) -> Request:
        try:
            return next(self._flow)
        except StopIteration:
            raise _yielded_nothing() from None

    async def send(self, response: Response) -> Request | None:
        try:
            return self._flow.send(response)
        except StopIteration:
            return None

    async def close(self) -> None:
        self._flow.close()


class _AsyncFlow:
    def __init__(self, auth: Auth, request: Request) -> None:
        self._flow: AsyncGenerator[Request, Response] = auth.async_auth_flow(request)

    async def start(self) -> Request:
        try:
            return await self._flow.__anext__()
        except StopAsyncIteration:
            raise _yielded_nothing() from None

    async def send(self, response: Response) -> Request | None:
        try:
            return await self._flow.asend(response)
        except StopAsyncIteration:
            return None

    async def close(self) -> None:
        await self._flow.aclose()


def _yielded_nothing() -> RuntimeError:
    return RuntimeError("the auth flow ended without a request: `auth_flow` must `yield request` at least once")
