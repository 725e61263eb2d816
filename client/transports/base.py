"""The contract between a client and whatever answers its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from ..messages.request import Request
    from ..messages.response import Response


class BaseTransport:
    """Answers requests for blocking clients: the network, a script of routes, a cassette, an application.

    A transport sends **one** request and returns **one** response. It

    1. returns a response for every answer it got, whatever the status, and raises only when there was none:
       a `TransportError` whose `.request` is set, or whatever exception it was asked to raise;
    2. interprets nothing: no redirects, no cookies, no authentication, no decoding; layers above do that;
    3. never changes the request that it was given, and may read its stream at most once;
    4. returns a response whose stream is still to be read, or already in memory, with `stream` a `SyncByteStream`;
       the caller reads it to the end or closes it, and only then may what carried it be used again;
    5. may be called by several threads at once, also while responses of earlier calls are still being read;
    6. after `close` holds nothing open; closing twice is fine; a call after it raises `RuntimeError` or works anew.

    Transports wrap transports: what one does not answer itself it gives to the next.
    One that can stand in for every client may define `in_front_of(transport, *, production=True)`, which returns the
    transport to ask when `transport` stands behind it: the client's own one, or, not in production, an outer stand-in.
    A client that is entered enters its transports, but only closes those that define it.
    Subclass and define `handle_request`; define `close` where there is something to free.
    """

    _answers_itself = False  # and hands nothing on that what stands in should answer

    def handle_request(self, request: Request) -> Response:
        """Send one request and return its response."""
        raise NotImplementedError(f"{type(self).__name__} does not answer blocking clients: it has no `handle_request`")

    def close(self) -> None:
        """Free everything that the transport holds."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()


class AsyncBaseTransport:
    """Answers requests for asynchronous clients; the contract is that of `BaseTransport`, and in addition

    1. the stream of a response is an `AsyncByteStream`;
    2. cancelling a call, natively or through a cancel scope, at any await leaks nothing.

    Subclass and define `handle_async_request`; define `aclose` where there is something to free.
    """

    _answers_itself = False

    async def handle_async_request(self, request: Request) -> Response:
        """Send one request and return its response."""
        raise NotImplementedError(
            f"{type(self).__name__} does not answer asynchronous clients: it has no `handle_async_request`"
        )

    async def aclose(self) -> None:
        """Free everything that the transport holds."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()
