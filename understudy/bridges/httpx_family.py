"""Bridges to httpx and to httpx2, which spell their transports alike.

Theory of operation

1. A transport is below decoding, redirects, cookies and authentication on both sides: heads and raw bodies cross, and
   each client applies its own policy.
2. A body in memory crosses as bytes, so that it can be sent again; any other one crosses as a stream, piece by piece,
   and closing it on one side closes it on the other.
3. What stands in where a request is sent (`with router:`, a cassette's marker) is asked before the bridged transport,
   as it is for clients of ours.
4. The classes are built once for each library, when its first bridge is: importing this module imports neither.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from .. import client as ours
from .libraries import checked, counterpart, library

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def to_httpx(transport: Any = None) -> Any:
    """Return a transport for `httpx.Client` and `httpx.AsyncClient` that asks one of ours.

    Without a transport it asks the network, or what stands in for it.
    """
    return _bridge("httpx").outward(transport)


def to_httpx2(transport: Any = None) -> Any:
    """Return a transport for `httpx2.Client` and `httpx2.AsyncClient` that asks one of ours; see `to_httpx`."""
    return _bridge("httpx2").outward(transport)


def from_httpx(transport: Any) -> Any:
    """Return a transport for our clients that asks one written for httpx: blocking, asynchronous, or both."""
    return _bridge("httpx").inward(transport)


def from_httpx2(transport: Any) -> Any:
    """Return a transport for our clients that asks one written for httpx2; see `from_httpx`."""
    return _bridge("httpx2").inward(transport)


class _Bridge(NamedTuple):
    """Both directions, for one library."""

    outward: Callable[[Any], Any]
    inward: Callable[[Any], Any]


@cache
def _bridge(name: str) -> _Bridge:
    theirs = library(name)
    return _Bridge(_outward(theirs), _inward(theirs))


def _outward(theirs: Any) -> Callable[[Any], Any]:
    """Build what lets a client of theirs ask a transport of ours."""
    stream = _stream_of(theirs, ours)
    own_stream = _stream_of(ours, theirs)

    class Transport(theirs.BaseTransport, theirs.AsyncBaseTransport):  # type: ignore[misc]  # any library
        def __init__(self, transport: Any) -> None:
            checked(transport, f"to_{theirs.__name__}", "handle_request", "handle_async_request")
            self._sync = ours.HTTPTransport() if transport is None else transport
            self._async = ours.AsyncHTTPTransport() if transport is None else transport

        def handle_request(self, request: Any) -> Any:
            sent = _sent(request, theirs, ours, own_stream)
            with _crossing(ours, theirs, request):
                answer = ours.answering(self._sync).handle_request(sent)
            return _answered(answer, ours, theirs, stream, request)

        async def handle_async_request(self, request: Any) -> Any:
            sent = _sent(request, theirs, ours, own_stream)
            with _crossing(ours, theirs, request):
                answer = await ours.answering(self._async).handle_async_request(sent)
            return _answered(answer, ours, theirs, stream, request)

        def close(self) -> None:
            if hasattr(self._sync, "close"):
                self._sync.close()

        async def aclose(self) -> None:
            if hasattr(self._async, "aclose"):
                await self._async.aclose()

        def __repr__(self) -> str:
            return f"<{theirs.__name__} transport to {self._sync!r}>"

    return Transport


def _inward(theirs: Any) -> Callable[[Any], Any]:
    """Build what lets a client of ours ask a transport of theirs."""
    stream = _stream_of(ours, theirs)
    their_stream = _stream_of(theirs, ours)

    class Transport(ours.BaseTransport, ours.AsyncBaseTransport):
        def __init__(self, transport: Any) -> None:
            if not hasattr(transport, "handle_request") and not hasattr(transport, "handle_async_request"):
                raise TypeError(f"from_{theirs.__name__} takes a transport, not {type(transport).__name__}")
            self._transport = transport

        def handle_request(self, request: Any) -> Any:
            sent = _sent(request, ours, theirs, their_stream)
            with _crossing(theirs, ours, request):
                answer = self._transport.handle_request(sent)
            return _answered(answer, theirs, ours, stream, request)

        async def handle_async_request(self, request: Any) -> Any:
            sent = _sent(request, ours, theirs, their_stream)
            with _crossing(theirs, ours, request):
                answer = await self._transport.handle_async_request(sent)
            return _answered(answer, theirs, ours, stream, request)

        def close(self) -> None:
            if hasattr(self._transport, "close"):
                self._transport.close()

        async def aclose(self) -> None:
            if hasattr(self._transport, "aclose"):
                await self._transport.aclose()

        def __repr__(self) -> str:
            return f"<transport to {self._transport!r}>"

    return Transport


def _sent(request: Any, source: Any, target: Any, stream: Any) -> Any:
    """Return the same request as one of the other library."""
    body = request.stream
    crossed = target.ByteStream(b"".join(body)) if isinstance(body, source.ByteStream) else stream(body, None)
    return target.Request(
        request.method,
        str(request.url),
        headers=request.headers.raw,
        stream=crossed,
        extensions=dict(request.extensions),
    )


def _answered(response: Any, source: Any, target: Any, stream: Any, request: Any) -> Any:
    """Return the same response as one of the other library."""
    body = response.stream
    crossed = target.ByteStream(b"".join(body)) if isinstance(body, source.ByteStream) else stream(body, request)
    return target.Response(
        response.status_code,
        headers=response.headers.raw,
        stream=crossed,
        extensions=dict(response.extensions),
    )


def _stream_of(here: Any, there: Any) -> Any:
    """Build the stream of one library that reads a stream of the other one."""

    class Stream(here.SyncByteStream, here.AsyncByteStream):  # type: ignore[misc]  # any library
        def __init__(self, stream: Any, request: Any) -> None:
            self._stream = stream
            self._request = request

        def __iter__(self) -> Iterator[bytes]:
            with _crossing(there, here, self._request):
                yield from self._stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            with _crossing(there, here, self._request):
                async for piece in self._stream:
                    yield piece

        def close(self) -> None:
            if hasattr(self._stream, "close"):
                self._stream.close()

        async def aclose(self) -> None:
            if hasattr(self._stream, "aclose"):
                await self._stream.aclose()

    return Stream


class _crossing:
    """Errors of one library leave the block as their counterparts in the other."""

    def __init__(self, source: Any, target: Any, request: Any) -> None:
        self._source = source
        self._target = target
        self._request = request

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if error is None:
            return
        wanted = counterpart(error, self._target, self._source.RequestError)
        if wanted is None:
            return
        crossed = wanted(str(error))
        if self._request is not None:
            crossed.request = self._request
        raise crossed from error
