"""A transport that is one function: whatever it returns is the response."""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any, Callable

from .base import AsyncBaseTransport, BaseTransport

if TYPE_CHECKING:
    from ..messages.request import Request
    from ..messages.response import Response


class MockTransport(AsyncBaseTransport, BaseTransport):
    """Answers every request with what `handler(request)` returns.

    The request's body is read before the handler sees it.
    A blocking client needs a plain function; an asynchronous client takes either kind.

        >>> transport = MockTransport(lambda request: Response(200, json={"path": request.url.path}))
        >>> Client(transport=transport).get("https://api.test/users").json()
        {'path': '/users'}
    """

    def __init__(self, handler: Callable[[Request], Any]) -> None:
        self.handler = handler

    def handle_request(self, request: Request) -> Response:
        """Return what the handler returns."""
        request.read()
        answer = self.handler(request)
        if isinstance(answer, CoroutineType):
            answer.close()
            raise TypeError(f"{self!r} has an asynchronous handler: a blocking Client needs a plain function")
        return _checked(answer, self)

    async def handle_async_request(self, request: Request) -> Response:
        """Return what the handler returns, awaited where it must be."""
        await request.aread()
        answer = self.handler(request)
        if hasattr(answer, "__await__"):
            answer = await answer
        return _checked(answer, self)

    def __repr__(self) -> str:
        return f"<MockTransport {getattr(self.handler, '__qualname__', self.handler)!s}>"


def _checked(answer: Any, transport: MockTransport) -> Response:
    if not hasattr(answer, "status_code"):
        raise TypeError(f"the handler of {transport!r} returned {type(answer).__name__}, not a Response")
    response: Response = answer
    return response
