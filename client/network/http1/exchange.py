"""One request going out over a connection, and its response coming in.

Theory of operation

1. It reads while it writes. Whatever the server says during an upload is looked at: an interim response is noted, a
   final one ends the upload, is returned, and the connection is not used again (RFC 9112, section 9.3).
2. When writing fails, the server may have said why before it closed: what it said is read, for at most a second.
3. A response that is complete with its head leaves at once: nothing is held while the caller looks at it.
4. A head that is the one of the response before, to the byte, is not read again: what it means is known (`answer`).
5. Every way out ends the call once, synchronously.

Nearly every exchange is one write and one read. That much is written out in one place, `run`, because every coroutine
more is paid by every request; everything else is in the methods below it.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from ...bodies.streams import ByteStream
from ...errors import LimitExceeded, ReadError, RemoteProtocolError, RequestError, WriteError
from ...messages.headers import Headers
from ...messages.response import Response
from ..bodies import AsyncBody, SyncBody
from ..connection import Unanswered
from ..failures import READ, WRITE, because, translate, unread
from ..trace import traced
from .answer import Answer
from .body import Receiver, TunnelBody
from .framing import CHUNKED
from .head_reader import HeadReader
from .heads import MOST_HEAD, ChunkedReader, Head
from .request_head import plan_request
from .upload import Upload

if TYPE_CHECKING:
    from ..backends.base import NetworkStream
    from ..call import Call
    from ..upgraded import AsyncNetworkStream, SyncNetworkStream
    from ..via import Via
    from .codec import Codec

READ_SIZE = 65_536
_COALESCED = 65_536
_MOST_INTERIM = 16
_CONTINUE_WAIT = 1.0
_LAST_WORDS_WAIT = 1.0
_MOST_AHEAD = 8 * 1024 * 1024


class Line(Protocol):
    """The connection that an exchange takes place on."""

    stream: NetworkStream
    codec: Codec
    via: Via | None
    served: int
    """How many requests have begun on it, this one included."""
    is_closed: bool
    accepts_unclean_end: bool
    public: AsyncNetworkStream | SyncNetworkStream | None
    """What callers see of it, once they have seen it."""
    answer: Answer | None
    """What the last final head on it meant."""

    def make_public(self, is_async: bool, ahead: bytes = b"") -> AsyncNetworkStream | SyncNetworkStream:
        """Return the connection as callers see it; `ahead` has been read already."""
        ...


class Exchange:
    """One request going out and its response coming in."""

    _doing = WRITE
    _is_sent = False
    _reader: HeadReader | None = None
    _early: tuple[Answer, bytes] | None = None
    _ahead: bytearray | None = None
    """What has come of a response that began before the request had ended, while there may be more of both."""
    _chunked: ChunkedReader | None = None
    _interim = 0

    def __init__(self, connection: Line, call: Call) -> None:
        self._connection = connection
        self._stream = connection.stream
        self._call = call
        self._plan = plan_request(call.request, connection.via)

    async def run(self) -> Response:
        """Send the request and return its response, whose body is still to be read."""
        call = self._call
        plan = self._plan
        try:
            if not plan.goes_at_once or call.trace is not None:
                return self._response(*await self._run_at_length())
            waits = call.waits
            timeout = waits.write if waits.deadline is None else waits.left(waits.write)
            try:
                await self._stream.write(plan.head + plan.content if plan.content else plan.head, timeout)
            except OSError as error:
                await self._hear_refusal(error)
                return self._response(*await self._receive_head())
            self._is_sent = True
            self._doing = READ
            stamps = call.stamps
            stamps.sent = monotonic()
            timeout = waits.read if waits.deadline is None else waits.left(waits.read)
            data = await self._stream.read(READ_SIZE, timeout)
            stamps.first = monotonic()
            known = self._connection.answer
            if known is not None and data.startswith(known.raw) and known.method == call.request.method:
                return self._response(known, data[known.size :])
            end = data.find(b"\r\n\r\n") + 4
            if 4 < end <= MOST_HEAD and data.startswith(b"HTTP/1."):
                raw = data[:end]
                head = self._connection.codec.parse_head(raw, None if known is None else known.head)
                if head.status >= 200:
                    return self._response(self._understood(raw, head), data[end:])
            if not data:
                raise self._ended()
            return self._response(*(await self._feed(data) or await self._receive_head()))
        except (OSError, RequestError) as error:
            failure = self._failed(error)
            raise failure from because(failure, error)

    # The request

    async def _send_request(self) -> None:
        """Send head and body; return early when the server has answered before it had all of it."""
        plan = self._plan
        content = plan.content
        waits = self._call.waits
        timeout = waits.left(waits.write)
        if content is not None and len(content) <= _COALESCED and not plan.expects_continue:
            if plan.length == CHUNKED:
                content = (b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)) if content else b"0\r\n\r\n"
            try:
                await self._stream.write(plan.head + content if content else plan.head, timeout)
            except OSError as error:
                await self._hear_refusal(error)
            else:
                self._is_sent = True
            return
        upload = Upload(self._call.request, plan)
        try:
            await self._send_upload(upload)
        finally:
            await upload.close(is_async=self._call.is_async)

    async def _run_at_length(self) -> tuple[Answer, bytes]:
        call = self._call
        if call.trace is not None:
            return await self._run_traced(call)
        await self._send_request()
        call.stamps.sent = monotonic()
        return await self._receive_head()

    async def _run_traced(self, call: Call) -> tuple[Answer, bytes]:
        """Send the request and return the head of its response, telling about it."""
        # The body goes with the head where it is small.
        await traced(call.trace, "http11.send_request_headers", self._send_request(), request=call.request)
        await traced(call.trace, "http11.send_request_body", _nothing(), request=call.request)
        call.stamps.sent = monotonic()
        return await traced(call.trace, "http11.receive_response_headers", self._receive_head(), request=call.request)

    async def _send_upload(self, upload: Upload) -> None:
        call, head = self._call, self._plan.head
        if self._plan.head_of_nothing is not None and not await upload.has_anything(is_async=call.is_async):
            head = self._plan.head_of_nothing
        try:
            await self._stream.write(head, call.waits.left(call.waits.write))
        except OSError as error:
            return await self._hear_refusal(error)
        try:
            await self._send_body(upload)
        except (OSError, WriteError) as error:
            await self._hear_last_words(error)

    async def _send_body(self, upload: Upload) -> None:
        if self._plan.expects_continue:
            await self._wait_for_continue()
        while not self._is_answered:
            piece = await upload.next(is_async=self._call.is_async)
            if piece is None:
                self._is_sent = True
                return
            await self._send_piece(piece)

    async def _send_piece(self, piece: bytes) -> None:
        rest = memoryview(piece)
        waits = self._call.waits
        while rest and not self._is_answered:
            if self._ahead is not None and len(self._ahead) >= _MOST_AHEAD:
                return await self._send_unheard(bytes(rest), waits.left(waits.write))
            taken = await self._stream.write_until_readable(rest, waits.left(waits.write))
            rest = rest[taken:]
            if rest:
                await self._listen(waits.left(waits.read))

    async def _send_unheard(self, rest: bytes, timeout: float | None) -> None:
        """Send while nothing more of the response can be kept, for which the server may wait."""
        try:
            await self._stream.write(rest, timeout)
        except OSError as error:
            said = unread(len(self._ahead or b""), error, self._call.waits)
            raise said from because(said, error)

    async def _wait_for_continue(self) -> None:
        """Give the server a moment to refuse before the body goes out (RFC 9110, section 10.1.1)."""
        waits = self._call.waits
        try:
            while self._early is None and not self._interim:
                await self._listen(waits.soon(_CONTINUE_WAIT))
        except (TimeoutError, OSError) as error:
            if not _is_timeout(error) or waits.is_over():
                raise
        if self._early is not None:
            self._hear_no_more()  # whatever the answer, it is one without the body

    @property
    def _is_answered(self) -> bool:
        """Whether there is no point in sending the rest of the request.

        A success that has only begun is no reason to stop: the server may answer while it listens.
        """
        return self._early is not None and self._ahead is None

    async def _listen(self, timeout: float | None) -> None:
        """Take in what the server says before it has the whole request."""
        data = await self._stream.read(READ_SIZE, timeout)
        if self._early is not None:
            self._hear_more(self._early[0], data)
            return
        if not data:
            raise RemoteProtocolError("the server closed the connection while the request was being sent")
        self._early = await self._feed(data)
        if self._early is not None:
            answer, rest = self._early
            if answer.status < 300 and not answer.is_tunnel and answer.length != 0:
                self._ahead = bytearray()
                self._chunked = self._connection.codec.chunked() if answer.length == CHUNKED else None
                if rest:
                    self._hear_more(answer, rest)

    def _hear_more(self, answer: Answer, data: bytes) -> None:
        """Keep what comes of the response's body while the request's is sent; nothing comes after its end."""
        ahead = self._ahead
        assert ahead is not None
        ahead += data
        if self._chunked is not None and data:
            self._chunked.feed(data)
        is_complete = not data or (
            self._chunked.is_complete if self._chunked is not None else 0 <= answer.length <= len(ahead)
        )
        if is_complete:
            self._hear_no_more()

    def _hear_no_more(self) -> None:
        """Let what has been kept be the beginning of the response's body."""
        if self._early is not None and self._ahead is not None:
            self._early = self._early[0], bytes(self._ahead)
            self._ahead = None

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
                await self._listen(waits.soon(_LAST_WORDS_WAIT))
        except (OSError, RequestError):
            raise error from None

    # The response

    async def _receive_head(self) -> tuple[Answer, bytes]:
        """Return what the final response's head means, and what has arrived of its body."""
        stamps = self._call.stamps
        self._hear_no_more()
        early = self._early
        if early is not None:
            stamps.sent = stamps.first = monotonic()
            return early
        self._doing = READ
        waits = self._call.waits
        while True:
            data = await self._stream.read(READ_SIZE, waits.left(waits.read))
            if not hasattr(stamps, "first"):
                stamps.first = monotonic()
            if not data:
                raise self._ended()
            found = await self._feed(data)
            if found is not None:
                return found

    async def _feed(self, data: bytes) -> tuple[Answer, bytes] | None:
        """Take in bytes; return what the final head means once it is complete, after noting interim ones."""
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
                return self._understood(raw, head), rest
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

    def _understood(self, raw: bytes, head: Head) -> Answer:
        answer = Answer(raw, head, self._call.request.method)
        self._connection.answer = answer if answer.is_kept else None
        return answer

    def _response(self, answer: Answer, rest: bytes) -> Response:
        call = self._call
        connection = self._connection
        length = answer.length
        reusable = answer.keep_alive and self._plan.keep_alive and self._is_sent and not connection.is_closed
        extensions: dict[str, Any] = {
            "http_version": answer.version,
            "reason_phrase": answer.reason,
            "network_stream": connection.public or connection.make_public(call.is_async),
        }
        stream: Any
        if 0 <= length <= len(rest) and call.trace is None and not answer.is_tunnel:
            if length < len(rest):
                reusable = False
                rest = rest[:length]
            call.pool.release(call, reusable=reusable, idle_timeout=answer.idle_timeout)
            stream = ByteStream(rest)
        elif answer.is_tunnel:
            extensions["network_stream"] = connection.make_public(call.is_async, rest)
            stream = TunnelBody(call)
        else:
            chunked = connection.codec.chunked() if length == CHUNKED else None
            if chunked is not None:
                extensions["trailers"] = chunked.trailers
            receiver = Receiver(
                self._stream,
                call,
                answer.status,
                length,
                chunked,
                rest,
                reusable=reusable,
                idle_timeout=answer.idle_timeout,
                accepts_unclean_end=connection.accepts_unclean_end,
            )
            stream = AsyncBody(receiver) if call.is_async else SyncBody(receiver)
        headers = Headers.received(answer.fields, answer.by_name)
        return Response.received(answer.status, headers, stream, call.request, extensions)

    # Failure

    def _ended(self) -> RemoteProtocolError:
        if self._reader is not None or self._interim:
            return RemoteProtocolError("the server closed the connection in the middle of the response head")
        return RemoteProtocolError("the server closed the connection without answering")

    def _failed(self, error: Exception) -> Exception:
        """Return the error to raise for `error`."""
        silent = self._reader is None and not self._interim and self._early is None
        call = self._call
        translated = translate(error, self._doing, call.request, call.waits)
        if silent and self._connection.served > 1 and _is_death(translated):
            return Unanswered(translated)
        return translated


async def _nothing() -> None:
    """Be what is traced where nothing is left to do."""


def _is_timeout(error: BaseException) -> bool:
    import socket

    return isinstance(error, (TimeoutError, socket.timeout))


def _is_death(error: Exception) -> bool:
    """Whether the peer ended the connection, rather than the clock or a rule of HTTP."""
    return type(error) in (ReadError, WriteError, RemoteProtocolError)
