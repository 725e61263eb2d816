"""A transport that sends again what failed, for one of several transports of a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .bridge import run
from .callers import ASYNCHRONOUS, BLOCKING
from .clock import REAL_CLOCK
from .layers.retries import Retries
from .retry import Retry, retry_from
from .transports.base import AsyncBaseTransport, BaseTransport
from .transports.stand_in import clock_of

if TYPE_CHECKING:
    from types import TracebackType

    from .callers import Caller
    from .clock import Clock
    from .messages.request import Request
    from .messages.response import Response


class RetryTransport(AsyncBaseTransport, BaseTransport):
    """Sends the requests of another transport again where they fail.

        Client(mounts={"https://flaky.test": RetryTransport(HTTPTransport(), Retry(5))})

    A client's own `retry=` does the same for all of its transports, and counts a body that breaks off as a failure too;
    here the body is not read yet when the response is returned.
    """

    def __init__(self, transport: BaseTransport | AsyncBaseTransport, retry: Retry | None = None) -> None:
        if isinstance(transport, type):
            raise TypeError(f"RetryTransport takes a transport, not its class: write {transport.__name__}(...)")
        if not hasattr(transport, "handle_request") and not hasattr(transport, "handle_async_request"):
            raise TypeError(f"RetryTransport takes a transport such as HTTPTransport(), not {transport!r}")
        self._transport: Any = transport
        self._retry = retry_from(retry) or Retry()

    @property
    def clock(self) -> Clock:
        """The clock to wait on: that of the other transport or of what stands in for it, where it has one."""
        clock: Clock = clock_of(self._transport) or REAL_CLOCK
        return clock

    def handle_request(self, request: Request) -> Response:
        """Send the request until it is answered well, or enough has been tried."""

        async def send(request: Request) -> Response:
            response: Response = self._transport.handle_request(request)
            return response

        return run(self._retries(BLOCKING)(request, send))

    async def handle_async_request(self, request: Request) -> Response:
        """Send the request until it is answered well, or enough has been tried."""

        async def send(request: Request) -> Response:
            response: Response = await self._transport.handle_async_request(request)
            return response

        return await self._retries(ASYNCHRONOUS)(request, send)

    def _retries(self, caller: Caller) -> Retries:
        return Retries(self._retry, caller, self.clock)

    def close(self) -> None:
        """Close the other transport."""
        self._transport.close()

    async def aclose(self) -> None:
        """Close the other transport."""
        await self._transport.aclose()

    def __enter__(self) -> RetryTransport:
        self._transport.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._transport.__exit__(exc_type, exc_value, traceback)

    async def __aenter__(self) -> RetryTransport:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._transport.__aexit__(exc_type, exc_value, traceback)

    def __repr__(self) -> str:
        return f"<RetryTransport {self._transport!r}>"
