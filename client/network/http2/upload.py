"""A request's body on its way out: under both windows, reading while it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...bodies.streams import ByteStream
from ...errors import LocalProtocolError
from ...messages.headers import Headers
from ..failures import because, unread
from ..streamed import StreamedBody
from .fields import request_head

if TYPE_CHECKING:
    from ...messages.request import Request
    from ..via import Via
    from .heads import Head
    from .sharing import SharedConnection
    from .stream import Stream

_PIECE = 65_536
_CONTINUE_WAIT = 1.0


class Plan(NamedTuple):
    """What to send."""

    head: Head
    content: bytes | None
    """The whole body where it is in memory; `None` where it is a stream."""
    length: int | None
    expects_continue: bool
    is_complete: bool
    """Whether there is no body at all."""


def plan_request(request: Request, via: Via | None) -> Plan:
    """Return how a request goes out; `LocalProtocolError` where HTTP/2 cannot say it."""
    head, length, expects = request_head(request, via)
    stream = request.stream
    content = b"".join(stream) if type(stream) is ByteStream else None
    if content is not None:
        if length is None:
            if content:
                head.fields.append((b"content-length", b"%d" % len(content)))
        elif length != len(content):
            raise LocalProtocolError(f"the body has {len(content)} bytes, but Content-Length says {length}")
    return Plan(head, content, length, expects, content == b"")


async def send_body(connection: SharedConnection, stream: Stream, plan: Plan) -> None:
    """Send the body; stop as soon as the server has answered without waiting for all of it."""
    call = stream.call
    pieces = _Pieces(call.request, plan)
    try:
        if plan.expects_continue:
            await _wait_for_continue(connection, stream)
        elif plan.content is None:
            # The head goes ahead: nobody knows how long the first piece takes.
            await connection.flush(stream)
        while not stream.is_answered and not stream.has_sent_all:
            piece = await pieces.next(is_async=call.is_async)
            await _send_piece(connection, stream, b"" if piece is None else piece, ends=piece is None or pieces.is_last)
    finally:
        await pieces.close(is_async=call.is_async)
    if not stream.has_sent_all:
        connection.give_up_sending(stream)


async def tell_interims(stream: Stream) -> None:
    """Tell the hook about interim responses."""
    request = stream.call.request
    interims, stream.interims = stream.interims, []
    hook = request.extensions.get("informational")
    if hook is not None:
        for interim in interims:
            told = hook(interim.status, Headers.received(interim.fields))
            if told is not None and stream.call.is_async:
                await told


async def _wait_for_continue(connection: SharedConnection, stream: Stream) -> None:
    """Give the server a moment to refuse before the body goes out (RFC 9110, section 10.1.1)."""
    waits = stream.call.waits
    try:
        await connection.wait(stream, stream.call, waits.soon(_CONTINUE_WAIT), _has_news)
    except TimeoutError:
        waits.left(None)
    await tell_interims(stream)


async def _send_piece(connection: SharedConnection, stream: Stream, piece: bytes | memoryview, *, ends: bool) -> None:
    protocol = connection.protocol
    waits = stream.call.waits
    connection.send_piece(stream, piece, ends=ends)
    left = len(stream.rest)

    def has_moved(stream: Stream) -> bool:
        return len(stream.rest) < left or stream.is_answered or (stream in protocol.line and protocol.can_deal())

    while True:
        if stream.interims:
            await tell_interims(stream)
        if not stream.rest or stream.is_answered:
            break
        left = len(stream.rest)
        try:
            await connection.wait(stream, stream.call, waits.left(waits.write), has_moved)
        except OSError as error:
            if stream.window_in > 0:
                raise
            said = unread(stream.held, error, waits)
            raise said from because(said, error)
        connection.send_rest()
    if not stream.has_sent_all or protocol.outgoing:
        await connection.flush(stream)


def _has_news(stream: Stream) -> bool:
    return stream.head is not None or stream.ending is not None or bool(stream.interims)


class _Pieces:
    """The pieces of a body, counted against the length that was announced."""

    __slots__ = ("_plan", "_request", "_sent", "_streamed", "is_last")

    def __init__(self, request: Request, plan: Plan) -> None:
        self._request = request
        self._plan = plan
        self._streamed = StreamedBody(request.stream)
        self._sent = 0
        self.is_last = False

    async def next(self, *, is_async: bool) -> bytes | memoryview | None:
        """Return the next piece, or `None` at the end."""
        content = self._plan.content
        if content is not None:
            start = self._sent
            self._sent += _PIECE
            self.is_last = self._sent >= len(content)
            return memoryview(content)[start : self._sent]
        while True:
            piece = await self._streamed.next(is_async=is_async)
            if piece is None:
                self._check_length(ended=True)
                return None
            if piece:
                self._sent += len(piece)
                self._check_length(ended=False)
                return piece

    async def close(self, *, is_async: bool) -> None:
        """Let the caller's generator go, wherever it stands."""
        await self._streamed.close(is_async=is_async)

    def _check_length(self, *, ended: bool) -> None:
        length = self._plan.length
        if length is None or self._sent == length or (self._sent < length and not ended):
            return
        said = "the body has more than the" if self._sent > length else f"the body ended after {self._sent} of the"
        raise LocalProtocolError(f"{said} {length} bytes that Content-Length says", request=self._request)
