"""Wire mode: a reply goes as bytes over the memory network, and the client's real stack makes a response of them.

Theory of operation

1. The route is chosen, held and delayed as always; the reply becomes acts of a server (`acts`), and the request goes
   to that server through an `HTTPTransport` of its own. So what the server does to its connection means to the client
   what it means in production, and no call sees what an earlier one has left of a connection.
2. A body that is still a stream goes out as it is, unless a criterion or a handler wants to look at it.
3. Where the client's stack sends a request again by itself (GOAWAY, REFUSED_STREAM), the router is asked again:
   it is another call, and gets the next reply. As in production that happens once.
4. TLS is not played: https goes as plain bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...client import (
    AsyncByteStream,
    AsyncHTTPTransport,
    AsyncMemoryNetwork,
    ByteStream,
    ConnectError,
    Headers,
    HTTPError,
    HTTPTransport,
    MemoryNetwork,
    Request,
    RequestNotRead,
    Response,
    SyncByteStream,
)
from ..acts import PROPERLY, Message
from ..colors import BLOCKING
from ..errors import RouteError
from ..replies.faults import CONNECTING, SENDING
from ..replies.kinds import NEXT, Copy, NotMine, Play, Reply, Respond
from ..replies.spoiled import Spoiled
from ..replies.sugar import Handle
from .exchanges import Exchange
from .http1 import Http1Side
from .http2 import Http2Side

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from ssl import SSLContext

    from ...client import MemoryEnd
    from ..calls.log import Call
    from ..colors import Color

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class AskedAgain(Exception):
    """The client's stack sends the request again, because this server has not looked at it."""


class _SecondConnection(ConnectionError):
    """The client's stack opens another connection for the same request."""


def leaves_body(reply: Reply | None) -> bool:
    """Whether a reply can be played without the request's body in memory."""
    return isinstance(reply, (Respond, Play, Copy, Spoiled))


async def play_on_wire(call: Call, reply: Reply, color: Color, *, is_second: bool) -> Response | NotMine:
    """Play a reply; `is_second` says that the client has sent the request again by itself already."""
    while isinstance(reply, Handle):
        said = await reply.said(call, color)
        if isinstance(said, NotMine):
            return NEXT
        reply = said
        if reply.delay:
            await call.pause(reply.delay, color)
    if isinstance(reply, Spoiled):
        return await _play_spoiled(call, reply, color, is_second)
    if not isinstance(reply, (Respond, Play, Copy)):
        return await reply.produce(call, color)
    response = await reply.produce(call, color)
    version = response.extensions.get("http_version", b"HTTP/1.1")
    exchange = _exchange(call, response, PROPERLY, color, is_early=reply.is_early)
    return await _exchanged(exchange, _message(response, call.request), version, None, is_second)


async def _play_spoiled(call: Call, reply: Spoiled, color: Color, is_second: bool) -> Response:
    fault = reply.fault
    timeouts: dict[str, float | None] = call.request.extensions.get("timeout") or {}
    if reply.name == "pool-timeout":
        return await reply.produce(call, color)
    if fault.when == SENDING and reply.name == "write-timeout" and timeouts.get("write") is None:
        raise RuntimeError(
            "this would wait for ever: this route takes nothing of the request, and the client has no timeout; "
            "give it one, such as timeout=5"
        )
    response = await reply.carrier.produce(call, color)
    message = _message(response, call.request)
    if reply.announced is not None:
        bare = message.without(b"content-length")
        message = bare._replace(fields=[*bare.fields, (b"Content-Length", b"%d" % reply.announced)])
    exchange = _exchange(call, response, reply.acts, color, is_early=False)
    exchange.breaks_writing = reply.name == "write-error"
    exchange.pauses_writing = reply.name == "write-timeout"
    refusal = reply.connecting_error() if fault.when == CONNECTING else None
    patience = timeouts.get("connect")
    if isinstance(refusal, TimeoutError) and patience is not None:
        await color.sleep(call.clock, patience)
    return await _exchanged(exchange, message, reply.version.encode(), refusal, is_second)


def _exchange(call: Call, response: Response, acts: Any, color: Color, *, is_early: bool) -> Exchange:
    try:
        _ = call.request.content
    except RequestNotRead:
        return Exchange(call, response, acts, color, is_early=is_early, keeps_body=True)
    return Exchange(call, response, acts, color, is_early=is_early, keeps_body=False)


def _message(response: Response, request: Request) -> Message:
    return Message(
        response.status_code,
        response.reason_phrase.encode("ascii", "replace"),
        list(response.headers.raw),
        list(Headers(response.extensions.get("trailers", ())).raw),
        request.method == "HEAD" or response.status_code in (204, 304),
    )


async def _exchanged(
    exchange: Exchange, message: Message, version: bytes, refusal: OSError | None, is_second: bool
) -> Response:
    """Send the request over a network that leads to the exchange, and return what the client's stack makes of it."""
    if version == b"HTTP/3":
        raise RouteError("wire mode speaks HTTP/1.1 and HTTP/2, and this reply says HTTP/3")
    is_http2 = version == b"HTTP/2"
    ends: list[MemoryEnd] = []

    def serve(end: MemoryEnd) -> Any:
        if refusal is not None:
            raise refusal
        if ends:
            raise _SecondConnection("the client sends the request again")
        ends.append(end)
        if is_http2:
            return Http2Side(end, exchange, message)
        return Http1Side(end, exchange, message, version)

    call, color = exchange.call, exchange.color
    request = _LastTry(call.request) if is_second else call.request
    alpn = "h2" if is_http2 else "http/1.1"
    options: dict[str, Any] = {
        "verify": _context(),
        "trust_env": False,
        "http1": not is_http2,
        "http2": is_http2,
    }
    transport: Any
    if color is BLOCKING:
        network = MemoryNetwork(serve, clock=call.clock, alpn=alpn)
        transport = HTTPTransport(network=network, **options)
    else:
        transport = AsyncHTTPTransport(network=AsyncMemoryNetwork(serve, clock=call.clock, alpn=alpn), **options)
    body = _WireBody(exchange, transport)
    try:
        response = await color.send(transport, request)
    except BaseException as error:
        await body.give_up()
        if isinstance(error, HTTPError):
            error.request = call.request
        if isinstance(error, ConnectError) and isinstance(error.__cause__, _SecondConnection):
            raise AskedAgain("the server had not looked at the request, and the client has sent it again") from error
        raise
    finally:
        _note_upload(exchange)
    body.stream = response.stream
    return Response(
        response.status_code,
        headers=Headers.received(response.headers.raw),
        stream=body,
        request=call.request,
        extensions=response.extensions,
    )


class _LastTry(Request):
    """A request that the client's stack does not send again by itself."""

    def __init__(self, request: Request) -> None:
        self.__dict__.update(request.__dict__)

    @property
    def is_replayable(self) -> bool:
        return False


def _note_upload(exchange: Exchange) -> None:
    """Let the log show what has arrived of a body that went out as a stream."""
    if exchange.body is None:
        return
    call: Any = exchange.call
    sent = call.request
    arrived = Request(sent.method, sent.url, stream=ByteStream(bytes(exchange.body)), extensions=sent.extensions)
    arrived.headers = sent.headers
    call.request = arrived


@lru_cache(maxsize=1)
def _context() -> SSLContext:
    """Return what a transport takes for TLS, where TLS is not played."""
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class _WireBody(SyncByteStream, AsyncByteStream):
    """A response's body off the wire; its end is the end of the connection and of what it was made from."""

    def __init__(self, exchange: Exchange, transport: Any) -> None:
        self._exchange = exchange
        self._transport = transport
        self._pieces: Any = None
        self._is_closed = False
        self.stream: Any = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.stream
        finally:
            self.close()

    def __aiter__(self) -> AsyncIterator[bytes]:
        # No generator around a generator: the inner one would be closed by nobody where the outer one is dropped.
        self._pieces = self.stream.__aiter__()
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece."""
        try:
            piece: bytes = await self._pieces.__anext__()
        except BaseException:
            await self.aclose()
            raise
        return piece

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            if self.stream is not None:
                self.stream.close()
            self._exchange.close()
            self._transport.close()

    async def aclose(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            if hasattr(self._pieces, "aclose"):
                await self._pieces.aclose()
            if self.stream is not None:
                await self.stream.aclose()
            await self._exchange.aclose()
            await self._transport.aclose()

    async def give_up(self) -> None:
        """Close what there is, in the color of the call."""
        if self._exchange.color is BLOCKING:
            self.close()
        else:
            await self.aclose()
