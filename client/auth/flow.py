"""Authentication as a conversation: a generator that yields requests and is sent their responses."""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any, Callable

from ..messages.request import Request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from ..messages.response import Response


class Auth:
    """Base of every way to authenticate; subclass and define `auth_flow`.

        class Token(Auth):
            def auth_flow(self, request):
                request.headers["Authorization"] = f"Bearer {current_token()}"
                response = yield request
                if response.status_code == 401:
                    request.headers["Authorization"] = f"Bearer {fresh_token()}"
                    yield request

    One flow serves both clients.
    A flow that must itself wait for something defines `sync_auth_flow` and `async_auth_flow` instead.
    """

    requires_request_body = False
    """Read the request's body into memory before the flow starts, so that `request.content` is there."""

    requires_response_body = False
    """Read each response's body before the flow sees it, so that `response.content` is there."""

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Yield each request to send, and look at the response that comes back."""
        yield request

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Run the flow for a blocking client."""
        kind = type(self)
        if kind.auth_flow is Auth.auth_flow and kind.async_auth_flow is not Auth.async_auth_flow:
            raise _half(kind, "sync_auth_flow", "a blocking Client")
        if self.requires_request_body:
            request.read()
        flow = self.auth_flow(request)
        response: Any = None  # which starts the flow
        try:
            while True:
                try:
                    sent = flow.send(response)
                except StopIteration:
                    return
                response = yield sent
                if self.requires_response_body:
                    response.read()
        finally:
            flow.close()

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Run the flow for an asynchronous client."""
        kind = type(self)
        if kind.auth_flow is Auth.auth_flow and kind.sync_auth_flow is not Auth.sync_auth_flow:
            raise _half(kind, "async_auth_flow", "an AsyncClient")
        if self.requires_request_body:
            await request.aread()
        flow = self.auth_flow(request)
        response: Any = None  # which starts the flow
        try:
            while True:
                try:
                    sent = flow.send(response)
                except StopIteration:
                    return
                response = yield sent
                if self.requires_response_body:
                    await response.aread()
        finally:
            flow.close()


def _half(kind: type[Auth], missing: str, client: str) -> RuntimeError:
    """Return the error of credentials that would stay at home, because only the other kind of client asks for them."""
    return RuntimeError(f"{kind.__name__} has nothing for {client}: define `{missing}`, or `auth_flow` for both")


class FunctionAuth(Auth):
    """Authentication by a function that changes the request and returns it."""

    def __init__(self, func: Callable[[Request], Request]) -> None:
        self._function = func

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Send what the function returns."""
        answer: Any = self._function(request)
        if isinstance(answer, CoroutineType):
            answer.close()
            raise TypeError(f"{self!r} is asynchronous: write a subclass of Auth that has an `async_auth_flow`")
        if not isinstance(answer, Request):
            raise TypeError(f"{self!r} returned {type(answer).__name__}: it ends with `return request`")
        yield answer

    def __repr__(self) -> str:
        return f"FunctionAuth({getattr(self._function, '__qualname__', type(self._function).__qualname__)})"
