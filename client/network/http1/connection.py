"""One HTTP/1.1 connection: a request goes out, a response comes in, and perhaps another one after it.

Theory of operation

1. The connection serves one call at a time. A head and a small body go out in one write.
2. It reads while it writes. Whatever the server says during an upload is looked at: an interim response is noted, a
   final one ends the upload, is returned, and the connection is not used again (RFC 9112, section 9.3).
3. When writing fails, the server may have said why before it closed: what it said is read, for at most a second.
4. A response that is complete with its head leaves at once: nothing is held while the caller looks at it.
5. After a response the connection is used again only if both sides want to, nothing came after the response, and,
   checked just before the next request, the socket is silent. What a server says unasked is never taken for an answer.
6. Every way out ends the call once, synchronously.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from ...bodies.streams import ByteStream
from ...errors import LimitExceeded, LocalProtocolError, ReadError, RemoteProtocolError, RequestError, WriteError
from ...messages.headers import Headers
from ...messages.response import Response
from ..connection import Unanswered
from ..failures import READ, WRITE, translate
from ..trace import traced
from ..upgraded import AsyncNetworkStream, SyncNetworkStream
from .body import AsyncBody, Receiver, SyncBody, TunnelBody
from .framing import CHUNKED, framing
from .head_reader import HeadReader
from .heads import MOST_HEAD, Head
from .request_head import RequestPlan, plan_request

if TYPE_CHECKING:
    from ..backends.base import NetworkStream
    from ..call import Call
    from ..via import Via
    from .codec import Codec

READ_SIZE = 65_536
_COALESCED = 65_536
_MOST_INTERIM = 16
_CONTINUE_WAIT = 1.0
_LAST_WORDS_WAIT = 1.0


class HTTP1Connection:
    """An open HTTP/1.1 connection."""

    __slots__ = ("_public", "accepts_unclean_end", "capacity", "codec", "is_closed", "served", "stream", "via")

    def __init__(
        self, stream: NetworkStream, codec: Codec, *, accepts_unclean_end: bool = False, via: Via | None = None
    ) -> None:
        self.stream = stream
        self.via = via
        self.capacity = 1
        self.served = 0
        self.is_closed = False
        self.accepts_unclean_end = accepts_unclean_end
        self.codec = codec
        self._public: AsyncNetworkStream | SyncNetworkStream | None = None

    def is_usable(self) -> bool:
        return not self.is_closed and not self.stream.is_readable()

    def close(self) -> None:
        self.is_closed = True
        self.stream.close()

    def __repr__(self) -> str:
        return f"<HTTP1Connection served={self.served} {'closed' if self.is_closed else 'open'} {self.stream!r}>"

    async def send(self, call: Call) -> Response:
        plan = plan_request(call.request, self.via)
        exchange = _Exchange(self, call, plan)
        self.served += 1
        try:
            if call.trace is None:
                head, rest = await exchange.run()
            else:
                await exchange.send_request_traced()
                head, rest = await traced(
                    call.trace, "http11.receive_response_headers", exchange.receive_head(), request=call.request
                )
            return self._response(call, plan, head, rest, exchange)
        except (OSError, RequestError) as error:
            raise exchange.failed(error) from error

    def _response(self, call: Call, plan: RequestPlan, head: Head, rest: bytes, exchange: _Exchange) -> Response:
        length, keep_alive, idle_timeout = framing(head, call.request.method)
        reusable = keep_alive and plan.keep_alive and exchange.is_sent and not self.is_closed
        extensions: dict[str, Any] = {
            "http_version": head.version,
            "reason_phrase": head.reason,
            "network_stream": self._public or self._make_public(call.is_async),
        }
        stream: Any
        if head.status == 101 or (call.request.method == "CONNECT" and 200 <= head.status < 300):
            extensions["network_stream"] = self._make_public(call.is_async, rest)
            stream = TunnelBody(call)
        elif 0 <= length <= len(rest) and call.trace is None:
            if length < len(rest):
                reusable = False
                rest = rest[:length]
            call.done(reusable=reusable, idle_timeout=idle_timeout)
            stream = ByteStream(rest)
        else:
            chunked = self.codec.chunked() if length == CHUNKED else None
            if chunked is not None:
                extensions["trailers"] = chunked.trailers
            receiver = Receiver(
                self.stream,
                call,
                length,
                chunked,
                rest,
                reusable=reusable,
                idle_timeout=idle_timeout,
                accepts_unclean_end=self.accepts_unclean_end,
            )
            stream = AsyncBody(receiver) if call.is_async else SyncBody(receiver)
        return Response(
            head.status,
            headers=Headers.received(head.fields, head.by_name),
            stream=stream,
            request=call.request,
            extensions=extensions,
        )

    def _make_public(self, is_async: bool, ahead: bytes = b"") -> AsyncNetworkStream | SyncNetworkStream:
        kind = AsyncNetworkStream if is_async else SyncNetworkStream
        self._public = kind(self.stream, ahead)
        return self._public


class _Exchange:
    """One request going out and the beginning of its response."""

    __slots__ = ("_call", "_connection", "_doing", "_early", "_interim", "_plan", "_reader", "_stream", "is_sent")

    def __init__(self, connection: HTTP1Connection, call: Call, plan: RequestPlan) -> None:
        self._connection = connection
        self._stream = connection.stream
        self._call = call
        self._plan = plan
        self._doing = WRITE
        self._reader: HeadReader | None = None
        self._early: tuple[Head, bytes] | None = None
        self._interim = 0
        self.is_sent = False

    async def run(self) -> tuple[Head, bytes]:
        """Send the request and return the head of its response: the whole exchange, and in one piece what is usual."""
        plan = self._plan
        content = plan.content
        if content is None or len(content) > _COALESCED or plan.length == CHUNKED or plan.expects_continue:
            await self.send_request()
            self._call.stamps.sent = monotonic()
            return await self.receive_head()
        waits = self._call.waits
        timeout = waits.write if waits.deadline is None else waits.left(waits.write)
        try:
            await self._stream.write(plan.head + content if content else plan.head, timeout)
        except OSError as error:
            await self._hear_refusal(error)
            return await self.receive_head()
        self.is_sent = True
        self._doing = READ
        stamps = self._call.stamps
        stamps.sent = monotonic()
        timeout = waits.read if waits.deadline is None else waits.left(waits.read)
        data = await self._stream.read(READ_SIZE, timeout)
        stamps.first = monotonic()
        end = data.find(b"\r\n\r\n")
        if 0 < end <= MOST_HEAD and data.startswith(b"HTTP/1."):
            head = self._connection.codec.parse_head(data[: end + 4])
            if head.status >= 200:
                return head, data[end + 4 :]
        if not data:
            raise self._ended()
        return await self._feed(data) or await self.receive_head()

    # The request

    async def send_request(self) -> None:
        """Send head and body; return early when the server has answered before it had all of it."""
        plan = self._plan
        content = plan.content
        waits = self._call.waits
        timeout = waits.write if waits.deadline is None else waits.left(waits.write)
        if content is not None and len(content) <= _COALESCED and not plan.expects_continue:
            if plan.length == CHUNKED:
                content = (b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)) if content else b"0\r\n\r\n"
            try:
                await self._stream.write(plan.head + content if content else plan.head, timeout)
            except OSError as error:
                await self._hear_refusal(error)
            else:
                self.is_sent = True
            return
        try:
            await self._stream.write(plan.head, timeout)
        except OSError as error:
            return await self._hear_refusal(error)
        try:
            await self._send_body()
        except (OSError, WriteError) as error:
            await self._hear_last_words(error)

    async def send_request_traced(self) -> None:
        """Do the same, telling about it. The body goes with the head where it is small."""
        call = self._call
        await traced(call.trace, "http11.send_request_headers", self.send_request(), request=call.request)
        await traced(call.trace, "http11.send_request_body", _nothing(), request=call.request)
        call.stamps.sent = monotonic()

    async def _send_body(self) -> None:
        plan = self._plan
        if plan.expects_continue:
            await self._wait_for_continue()
        upload = _Upload(self._call.request, plan)
        try:
            while self._early is None:
                piece = await upload.next(is_async=self._call.is_async)
                if piece is None:
                    self.is_sent = True
                    return
                await self._send_piece(piece)
        finally:
            await upload.close(is_async=self._call.is_async)

    async def _send_piece(self, piece: bytes) -> None:
        rest = memoryview(piece)
        waits = self._call.waits
        while rest and self._early is None:
            taken = await self._stream.write_until_readable(rest, waits.left(waits.write))
            rest = rest[taken:]
            if rest:
                await self._listen(waits.left(waits.read))

    async def _wait_for_continue(self) -> None:
        """Give the server a moment to refuse before the body goes out (RFC 9110, section 10.1.1)."""
        waits = self._call.waits
        try:
            while self._early is None and not self._interim:
                await self._listen(waits.left(_CONTINUE_WAIT))
        except (TimeoutError, OSError) as error:
            if not _is_timeout(error) or waits.is_over():
                raise

    async def _listen(self, timeout: float | None) -> None:
        """Take in what the server says before it has the whole request."""
        data = await self._stream.read(READ_SIZE, timeout)
        if not data:
            raise RemoteProtocolError("the server closed the connection while the request was being sent")
        self._early = await self._feed(data)

    async def _hear_refusal(self, error: OSError) -> None:
        """Not even the head could be written: read what the server has said, if it is about this request."""
        if self._connection.served > 1:
            # What is there to read now was said before.
            raise error
        await self._hear_last_words(error)

    async def _hear_last_words(self, error: OSError | WriteError) -> None:
        """Writing failed: read what the server may have said before it stopped listening."""
        if _is_timeout(error):
            raise error
        waits = self._call.waits
        try:
            while self._early is None:
                await self._listen(waits.left(_LAST_WORDS_WAIT))
        except (OSError, RequestError):
            raise error from None

    # The response

    async def receive_head(self) -> tuple[Head, bytes]:
        """Return the final response's head, and what has arrived of its body."""
        stamps = self._call.stamps
        early = self._early
        if early is not None:
            stamps.sent = stamps.first = monotonic()
            return early
        self._doing = READ
        waits = self._call.waits
        while True:
            timeout = waits.read if waits.deadline is None else waits.left(waits.read)
            data = await self._stream.read(READ_SIZE, timeout)
            if not hasattr(stamps, "first"):
                stamps.first = monotonic()
            if not data:
                raise self._ended()
            found = await self._feed(data)
            if found is not None:
                return found

    async def _feed(self, data: bytes) -> tuple[Head, bytes] | None:
        """Take in bytes; return the final head once it is complete, after noting interim ones."""
        while True:
            reader = self._reader
            end = data.find(b"\r\n\r\n") if reader is None else -1
            if 0 <= end <= MOST_HEAD and data.startswith(b"HTTP/1."):
                raw, rest = data[: end + 4], data[end + 4 :]
            else:
                if reader is None:
                    reader = self._reader = HeadReader()
                found = reader.feed(data)
                if found is None:
                    return None
                raw, rest = found
            head = self._connection.codec.parse_head(raw)
            if head.status >= 200 or head.status == 101:
                self._check_upgrade(head)
                return head, rest
            await self._note_interim(head)
            if not rest:
                return None
            data = rest

    async def _note_interim(self, head: Head) -> None:
        self._interim += 1
        if self._interim > _MOST_INTERIM:
            raise LimitExceeded(
                f"the server sent more than {_MOST_INTERIM} interim responses", limit=_MOST_INTERIM, value=self._interim
            )
        hook = self._call.request.extensions.get("informational")
        if hook is not None:
            told = hook(head.status, Headers.received(head.fields, head.by_name))
            if told is not None and self._call.is_async:
                await told

    def _check_upgrade(self, head: Head) -> None:
        if head.status == 101 and "upgrade" not in self._call.request.headers:
            raise RemoteProtocolError("the server switched to another protocol, which nobody had asked for")

    # Failure

    def _ended(self) -> RemoteProtocolError:
        if self._reader is not None or self._interim:
            return RemoteProtocolError("the server closed the connection in the middle of the response head")
        return RemoteProtocolError("the server closed the connection without answering")

    def failed(self, error: Exception) -> Exception:
        """Return the error to raise for `error`."""
        silent = self._reader is None and not self._interim and self._early is None
        call = self._call
        translated = translate(error, self._doing, call.request, call.waits)
        if silent and self._connection.served > 1 and _is_death(translated):
            return Unanswered(translated)
        return translated


class _Upload:
    """The pieces of a body, framed as they were announced."""

    __slots__ = ("_ended", "_iterator", "_left", "_plan", "_request")

    def __init__(self, request: Any, plan: RequestPlan) -> None:
        self._request = request
        self._plan = plan
        self._left = plan.length
        self._iterator: Any = None
        self._ended = False

    async def next(self, *, is_async: bool) -> bytes | None:
        """Return the next piece to send, or `None` at the end."""
        while not self._ended:
            piece = await self._next_piece(is_async)
            if piece is None:
                self._ended = True
                return self._ending()
            if not piece:
                continue
            if self._plan.length == CHUNKED:
                return b"%x\r\n%b\r\n" % (len(piece), piece)
            if len(piece) > self._left:
                raise LocalProtocolError(
                    f"the body has more than the {self._plan.length} bytes that Content-Length says",
                    request=self._request,
                )
            self._left -= len(piece)
            return bytes(piece)
        return None

    async def close(self, *, is_async: bool) -> None:
        """Let the caller's generator go, wherever it stands."""
        close = getattr(self._iterator, "aclose" if is_async else "close", None)
        if close is not None:
            closing = close()
            if is_async:
                await closing

    def _ending(self) -> bytes | None:
        if self._plan.length == CHUNKED:
            return b"0\r\n\r\n"
        if self._left:
            raise LocalProtocolError(
                f"the body ended {self._left} bytes before the {self._plan.length} that Content-Length says",
                request=self._request,
            )
        return None

    async def _next_piece(self, is_async: bool) -> bytes | None:
        content = self._plan.content
        if content is not None:
            if self._iterator is None:
                self._iterator = iter(_slices(content))
            return next(self._iterator, None)
        stream = self._request.stream
        if is_async and hasattr(stream, "__aiter__"):
            if self._iterator is None:
                self._iterator = stream.__aiter__()
            try:
                piece: bytes = await self._iterator.__anext__()
            except StopAsyncIteration:
                return None
            return piece
        if not is_async and hasattr(stream, "__iter__"):
            if self._iterator is None:
                self._iterator = iter(stream)
            return next(self._iterator, None)
        wanted = "an asynchronous" if is_async else "a blocking"
        raise RuntimeError(f"the body of this request cannot be read by {wanted} client: {type(stream).__name__}")


def _slices(content: bytes) -> list[bytes]:
    return [content[start : start + _COALESCED] for start in range(0, len(content), _COALESCED)]


async def _nothing() -> None:
    """Be what is traced where nothing is left to do."""


def _is_timeout(error: BaseException) -> bool:
    import socket

    return isinstance(error, (TimeoutError, socket.timeout))


def _is_death(error: Exception) -> bool:
    """Whether the peer ended the connection, rather than the clock or a rule of HTTP."""
    return type(error) in (ReadError, WriteError, RemoteProtocolError)
