"""One request on its way through the network, listened to until its answer has ended.

Nothing is held back: each piece of the body goes to the caller when it comes, and a copy is kept.
The interaction is recorded at its first end, whichever that is: the last byte, an error, or a caller who closes early.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ..client import (
    AsyncByteStream,
    ByteStream,
    DeadlineExceeded,
    Headers,
    LocalProtocolError,
    PoolTimeout,
    Response,
    ResponseNotRead,
    SyncByteStream,
    TransportError,
    UnsupportedProtocol,
)
from .data.codings import undone, undone_in_part
from .files.blobs import MAX_IN_MEMORY, Spool
from .interactions import Interaction, RecordedError, RecordedRequest, RecordedResponse
from .writing.uploads import discard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from ..client import Request
    from .bodies.event_streams import Times
    from .cassette import Cassette

# A body in more pieces than this is not reviewed piece by piece.
_MAX_TIMES = 10_000
# These are decided on this side of the wire, and would be again on replay.
_LOCAL = (PoolTimeout, DeadlineExceeded, LocalProtocolError, UnsupportedProtocol)


class Recording:
    """What is known so far of one interaction."""

    def __init__(self, cassette: Cassette, request: RecordedRequest, patience: float | None = None) -> None:
        self._cassette = cassette
        self._request = request
        self._patience = patience
        self._response: Response | None = None
        self._spool: Spool | None = None
        self._times: Times = []
        self._started = time.monotonic()
        self._last = self._started
        self._longest = 0.0
        self._is_over = False
        self._failure: OSError | None = None

    def listen(self, response: Response, request: Request) -> Response:
        """Return the response with a body that is recorded while it is read."""
        self._response = response = _unread(response)
        kept: SyncByteStream | AsyncByteStream
        stream: Any = response.stream
        if type(stream) is ByteStream and len(stream.held) <= MAX_IN_MEMORY:
            kept = _WholeKept(stream.held, self)
        else:
            self._spool = Spool(self._cassette.folder)
            if not isinstance(stream, AsyncByteStream):
                kept = _SyncKept(stream, self)
            elif not isinstance(stream, SyncByteStream):
                kept = _AsyncKept(stream, self)
            else:
                kept = _EitherKept(stream, self)
        return Response.received(response.status_code, response.headers, kept, request, response.extensions)

    def hear(self, piece: bytes) -> None:
        """Keep a piece of the body, and when it came."""
        now = time.monotonic()
        self._longest = max(self._longest, now - self._last)
        self._last = now
        spool = self._spool
        if piece and spool is not None and self._failure is None:
            try:
                spool.add(piece)
            except OSError as error:
                self._failure = error  # the caller gets the rest of the body all the same
            if len(self._times) < _MAX_TIMES:
                self._times.append((spool.size, round(now - self._started, 3)))

    def end(self) -> None:
        """Record the interaction: the body is complete."""
        self._record()

    def end_with(self, content: bytes) -> None:
        """Record the interaction: this is the body, which came at once."""
        if not self._is_over:
            self._longest = time.monotonic() - self._last
            self._record(content)

    def fail(self, error: BaseException) -> None:
        """Record the interaction: an error ended it."""
        if isinstance(error, TransportError) and not isinstance(error, _LOCAL):
            self._record(error=RecordedError(type(error).__name__, str(error)))
        else:
            self._is_over = True
            self._discard()

    def leave(self) -> None:
        """Record the interaction: the caller closed the response, perhaps before its end."""
        if not self._is_over:
            self._record(is_cut=not self._is_complete())

    def _is_complete(self) -> bool:
        assert self._response is not None
        assert self._spool is not None
        length = self._response.headers.get("content-length")
        has_no_body = self._request.method == "HEAD" or self._response.status_code in (204, 304)
        return has_no_body or length == str(self._spool.size)

    def _record(self, content: bytes | None = None, error: RecordedError | None = None, is_cut: bool = False) -> None:
        if self._is_over:
            return
        self._is_over = True
        now = time.monotonic()
        took = round(now - self._started, 3)
        if self._failure is not None:
            self._discard()
            self._cassette.fail(self._failure)
            return
        response = self._response
        said = None
        if response is not None:
            spool = self._spool
            if content is None:
                content = b"" if spool is None else spool.content
            said = _recorded(response, content, spool, is_cut, error is not None)
            times = self._times
            if 1 < len(times) < _MAX_TIMES and said.encoding is None and "content-length" not in response.headers:
                said.times = times
            # Only a wait that could be longer than somebody's patience is worth a line.
            if took >= 1:
                longest = max(self._longest, now - self._last)
                if self._patience is not None and error is None:
                    # Connecting is in what was measured; the server itself was not waited for any longer than this.
                    longest = min(longest, self._patience)
                if (longest := round(longest, 3)) < took * 0.9:
                    said.longest_wait = longest
        self._cassette.record(Interaction(self._request, said, error, took))

    def _discard(self) -> None:
        if self._spool is not None:
            self._spool.discard()
        discard(self._request)


def _recorded(response: Response, raw: bytes, spool: Spool | None, is_cut: bool, is_broken: bool) -> RecordedResponse:
    extensions = response.extensions
    version = extensions.get("http_version", b"HTTP/1.1").decode("ascii").partition("/")[2] or "1.1"
    reason = extensions.get("reason_phrase")
    trailers = extensions.get("trailers")  # they come last, and are all there by now
    fields = _texts(response.headers.raw)
    content, encoding = raw, None
    if raw:
        undo = undone_in_part if is_cut or is_broken else undone
        content, encoding = undo(raw, response.headers.get("content-encoding", ""))
    return RecordedResponse(
        status=response.status_code,
        headers=fields,
        content=content,
        reason=None if reason is None else reason.decode("latin-1"),
        version=version,
        encoding=encoding,
        is_cut=is_cut,
        file=None if spool is None or spool.path is None else spool,
        trailers=_texts(trailers) if trailers else [],
    )


def _texts(pairs: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("ascii"), value.decode("latin-1")) for name, value in pairs]


def _unread(response: Response) -> Response:
    """Return a response that its transport has read already as one that can be read again."""
    if not response.is_stream_consumed or isinstance(response.stream, ByteStream):
        return response
    try:
        content = response.content
    except ResponseNotRead:
        return response
    # What was read is decoded: fields that describe the body on the wire describe it no more.
    headers = Headers(response.headers)
    for name in ("Content-Encoding", "Content-Length", "Transfer-Encoding"):
        headers.pop(name, None)
    return Response(response.status_code, headers=headers, content=content, extensions=response.extensions)


class _SyncKept(SyncByteStream):
    def __init__(self, stream: Any, recording: Recording) -> None:
        self._stream = stream
        self._recording = recording

    def __iter__(self) -> Iterator[bytes]:
        recording = self._recording
        try:
            for piece in self._stream:
                recording.hear(piece)
                yield piece
        except Exception as error:
            recording.fail(error)
            raise
        recording.end()

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            self._recording.leave()


class _AsyncKept(AsyncByteStream):
    def __init__(self, stream: Any, recording: Recording) -> None:
        self._stream = stream
        self._recording = recording

    async def __aiter__(self) -> AsyncIterator[bytes]:
        recording = self._recording
        pieces = self._stream.__aiter__()
        try:
            async for piece in pieces:
                recording.hear(piece)
                yield piece
        except Exception as error:
            recording.fail(error)
            raise
        finally:
            # Left early, a generator below would otherwise wait for the garbage collector.
            close = getattr(pieces, "aclose", None)
            if close is not None:
                await close()
        recording.end()

    async def aclose(self) -> None:
        # What was heard is written first: closing may be cancelled.
        self._recording.leave()
        await self._stream.aclose()


class _EitherKept(_SyncKept, _AsyncKept):
    """For a body that both kinds of client can read."""


class _WholeKept(ByteStream):
    """For a body in memory, which came with its head: all of it is known, however much of it is read."""

    def __init__(self, content: bytes, recording: Recording) -> None:
        self._content = content
        self._recording = recording

    @property
    def held(self) -> bytes:  # type: ignore[override]
        """The body; asking for it is reading it."""
        self._recording.end_with(self._content)
        return self._content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        self.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        self.close()

    def close(self) -> None:
        self._recording.end_with(self._content)

    async def aclose(self) -> None:
        self.close()
