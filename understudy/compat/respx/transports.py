"""`from respx.transports import MockTransport`, as the guide of respx has it; respx itself has deprecated the class."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ...client import AsyncBaseTransport, BaseTransport

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...client import Request, Response
    from .router import Router


class MockTransport(BaseTransport, AsyncBaseTransport):
    """A transport that asks a router of respx, or its handlers; `httpx.MockTransport(router.handler)` is the same."""

    def __init__(
        self,
        *,
        handler: Callable[[Request], Response] | None = None,
        async_handler: Callable[[Request], Any] | None = None,
        router: Router | None = None,
    ) -> None:
        warnings.warn(
            "MockTransport is deprecated, in respx too: write `httpx.MockTransport(router.handler)`",
            DeprecationWarning,
            stacklevel=2,
        )
        self._handler = handler if router is None else router.handler
        self._async_handler = async_handler if router is None else router.async_handler

    def handle_request(self, request: Request) -> Response:
        if self._handler is None:
            raise TypeError("this MockTransport was given no `handler`, which a blocking client asks")
        return self._handler(request)

    async def handle_async_request(self, request: Request) -> Response:
        if self._async_handler is None:
            raise TypeError("this MockTransport was given no `async_handler`, which an asynchronous client asks")
        response: Response = await self._async_handler(request)
        return response
