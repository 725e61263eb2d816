"""HTTP/2 as a client speaks it, without any I/O: bytes in, events on streams, bytes out (RFC 9113).

Theory of operation

1. `receive` takes what has arrived. Whatever it means for a stream is noted on the stream, and the stream is put into
   `touched`. What is to be sent is appended to `outgoing`. Nothing here waits, and nothing here fails: what is wrong
   with one stream ends that stream with RST_STREAM, what is wrong with the connection ends it with GOAWAY, and `dead`
   says why.
2. A stream is in `streams` from its HEADERS until both sides have said everything or one of them has reset it; then
   it is in `finished`. Frames for it that were on their way are ignored where this side has reset it (section 5.1),
   but they count against the connection's window and their header blocks are decoded, because both are state of the
   connection.
3. Two windows, two policies. The connection's is given back as bytes arrive, so that a response that nobody reads
   never holds up another one. A stream's is given back as its bytes are consumed, so that no stream holds more than
   its window. Both are given back in halves, not in drops. Of the server's windows the connection's is shared by all
   who have something to send: they stand in `line` and get a frame each in turn, so that nobody starves behind others.
4. A server may keep the client busy for nothing: every such frame counts, and progress (a head, data in either
   direction) pays for a thousand. Beyond the limit the connection is ended.
5. GOAWAY ends the streams that the server says it has not looked at (`processed=False`); 0 is a number. The others go
   on.
6. What is broken off by an interrupt, between any two lines, cannot be gone on with, but it can be ended: `end` finds
   every stream, because one that ends has its `ending` and is in `finished` before it leaves `streams`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from hpack import Decoder, HPACKError, OversizedHeaderListError

from ...config import DEFAULT_HTTP2
from ...errors import IncompleteBody, LimitExceeded, RemoteProtocolError
from . import frames as f
from .codes import (
    COMPRESSION_ERROR,
    ENHANCE_YOUR_CALM,
    FLOW_CONTROL_ERROR,
    FRAME_SIZE_ERROR,
    HTTP_1_1_REQUIRED,
    PROTOCOL_ERROR,
    REFUSED_STREAM,
    STREAM_CLOSED,
    ConnectionFailure,
    StreamFailure,
    advice,
    named,
)
from .outgoing import MAX_FRAME_OUT, UNTIL_SETTINGS, GoAway
from .pushing import Pushing
from .stream import Ending, Stream

if TYPE_CHECKING:
    from ...config import HTTP2

MOST_CONTROL = 10_000
MOST_EMPTY = 1_000
MOST_RESETS = 100
_LARGEST_TABLE = 4_096


class Protocol(Pushing):
    """The client's side of one connection; see the top of this file."""

    # Of `Outgoing`, and said again for type checkers that look at one class at a time.
    outgoing: bytearray
    finished: dict[Stream, None]
    touched: list[Stream]
    dead: RemoteProtocolError | OSError | None
    goaway: GoAway | None

    def __init__(self, settings: HTTP2 = DEFAULT_HTTP2) -> None:
        super().__init__(settings)
        self.has_settings: bool = False
        self._most_allowed = settings.max_concurrent_streams or f.LARGEST_WINDOW
        self.most_streams: int = min(UNTIL_SETTINGS, self._most_allowed)
        self.wants_http1: bool = False
        self._reader = f.FrameReader(settings.max_frame_size)
        self._decoder = Decoder(max_header_list_size=settings.max_header_list_size)
        self._block: f.HeaderBlock | None = None
        self._window = self._window_in = settings.connection_window
        self._resets_in_a_row = 0

    def receive(self, data: bytes) -> None:
        """Take in what has arrived."""
        reader = self._reader
        reader.feed(data)
        try:
            if not self.has_settings and reader.begins_like(b"HTTP/"):
                raise ConnectionFailure(
                    PROTOCOL_ERROR, "it answered in HTTP/1.1; without http1=False it is asked what it speaks"
                )
            while self.dead is None:
                frame = reader.next()
                if frame is None:
                    break
                self._receive(frame)
        except ConnectionFailure as failure:
            self._fail(failure)
        if self.line:
            self.deal()

    def end(self, error: OSError | None, *, is_ours: bool = False) -> None:
        """Note that nothing more will arrive: the server has closed the connection, it broke, or `is_ours` to end."""
        if self.dead is None:
            if self.goaway is not None and not is_ours:
                self.dead = RemoteProtocolError(
                    f"the server closed the connection: {self.goaway.told(is_unseen=False)}"
                )
            else:
                self.dead = error or RemoteProtocolError("the server closed the connection without answering")
        dead = self.dead

        def ending_of(stream: Stream) -> Ending:
            if stream.head is None or isinstance(dead, OSError):
                return Ending(dead, True if is_ours or stream.home is self.pushed else None)
            return Ending(_cut_short(stream, "the server closed the connection"), True)

        self._drop_all(ending_of)

    def _receive(self, frame: f.Frame) -> None:
        kind = frame.kind
        if self._block is not None and (kind != f.CONTINUATION or frame.stream_id != self._block.stream_id):
            raise ConnectionFailure(PROTOCOL_ERROR, "a header block was interrupted by another frame")
        if not self.has_settings and (kind != f.SETTINGS or frame.flags & f.ACK):
            raise ConnectionFailure(PROTOCOL_ERROR, "the connection did not begin with its settings")
        if kind == f.DATA:
            self._receive_data(frame)
        elif kind == f.HEADERS:
            self._receive_headers(frame)
        else:
            self._quiet += 1
            if self._quiet > MOST_CONTROL:
                raise _flood(f"more than {MOST_CONTROL} control frames, and nothing else", MOST_CONTROL)
            handler = _HANDLERS.get(kind)
            if handler is not None:
                handler(self, frame)

    def _receive_data(self, frame: f.Frame) -> None:
        if not frame.stream_id:
            raise ConnectionFailure(PROTOCOL_ERROR, "a DATA frame for the whole connection")
        size = len(frame.payload)
        data = f.unpadded(frame) if frame.flags & f.PADDED else frame.payload
        ends = bool(frame.flags & f.END_STREAM)
        self._window_in -= size
        if self._window_in < 0:
            raise ConnectionFailure(FLOW_CONTROL_ERROR, "more data than the connection's window had room for")
        if self._window_in < self._window // 2:
            self.outgoing += f.number_frame(f.WINDOW_UPDATE, 0, self._window - self._window_in)
            self._window_in = self._window
        stream = self.streams.get(frame.stream_id) or self.pushed.get(frame.stream_id)
        if stream is not None and (data or ends):
            self._progress()
        elif not data:
            self._empty += 1
            if self._empty > MOST_EMPTY:
                raise _flood(f"more than {MOST_EMPTY} empty DATA frames", MOST_EMPTY)
        if stream is None:
            self._receive_on_closed(frame)
            return
        try:
            stream.receive_data(data, size, ends=ends)
        except StreamFailure as failure:
            self._fail_stream(stream, failure)
            return
        self.touched.append(stream)
        if ends:
            self._finish_if_complete(stream)
        if stream.home is self.pushed and data:
            self._count_pushed(stream, size)

    def _receive_headers(self, frame: f.Frame) -> None:
        if not frame.stream_id:
            raise ConnectionFailure(PROTOCOL_ERROR, "a HEADERS frame for the whole connection")
        if frame.flags & f.END_HEADERS:
            self._receive_block(frame.stream_id, frame.flags, f.unpadded(frame))
        else:
            self._block = f.HeaderBlock(frame, self.settings.max_header_list_size)

    def _receive_continuation(self, frame: f.Frame) -> None:
        if self._block is None:
            raise ConnectionFailure(PROTOCOL_ERROR, "a CONTINUATION frame that continues nothing")
        whole = self._block.add(frame)
        if whole is not None:
            kind, flags = self._block.kind, self._block.flags
            self._block = None
            if kind == f.HEADERS:
                self._receive_block(frame.stream_id, flags, whole)
            else:
                self._receive_promise(frame.stream_id, whole)

    def _receive_block(self, stream_id: int, flags: int, block: bytes) -> None:
        if self.is_idle(stream_id):
            raise ConnectionFailure(PROTOCOL_ERROR, f"a header for stream {stream_id}, which nobody has opened")
        # Decoded whoever it is for: the compression is the connection's.
        fields = self._decoded(block)
        stream = self.streams.get(stream_id) or self.pushed.get(stream_id)
        if stream is None:
            self._receive_on_closed(f.Frame(f.HEADERS, flags, stream_id, b""))
            return
        try:
            stream.receive_head(fields, ends=bool(flags & f.END_STREAM))
        except StreamFailure as failure:
            self._fail_stream(stream, failure)
            return
        if stream.head is not None:
            self._progress()
            self._resets_in_a_row = 0
        self.touched.append(stream)
        if stream.has_ended:
            self._finish_if_complete(stream)

    def _decoded(self, block: bytes) -> list[tuple[bytes, bytes]]:
        try:
            return self._decoder.decode(block, raw=True)  # type: ignore[return-value]  # pairs of bytes where raw
        except OversizedHeaderListError as error:
            most = self.settings.max_header_list_size
            raise _flood(f"a header of more than {most} bytes", most) from error
        except (HPACKError, IndexError, ValueError, OverflowError) as error:
            raise ConnectionFailure(COMPRESSION_ERROR, "a header that cannot be decompressed") from error

    def _receive_on_closed(self, frame: f.Frame) -> None:
        """Deal with a frame for a stream that is not open."""
        stream_id = frame.stream_id
        self._refuse_idle(frame, "late")
        by_us = self._resets.get(stream_id)
        if by_us is None:
            if stream_id > self._forgotten:
                raise ConnectionFailure(STREAM_CLOSED, f"a frame for stream {stream_id}, which had ended")
        elif not by_us:
            self.outgoing += f.number_frame(f.RST_STREAM, stream_id, STREAM_CLOSED)

    def _receive_priority(self, frame: f.Frame) -> None:
        if not frame.stream_id:
            raise ConnectionFailure(PROTOCOL_ERROR, "a PRIORITY frame for the whole connection")
        if len(frame.payload) != 5:
            stream = self.find(frame.stream_id)
            said = f"a PRIORITY frame of {len(frame.payload)} bytes"
            if stream is None:
                raise ConnectionFailure(FRAME_SIZE_ERROR, said)
            self._fail_stream(stream, StreamFailure(FRAME_SIZE_ERROR, said))

    def _receive_reset(self, frame: f.Frame) -> None:
        code = f.read_number(frame, "RST_STREAM")
        stream = self.find(frame.stream_id)
        if stream is None:
            self._refuse_idle(frame, "RST_STREAM")
            return
        self._remember_reset(stream.id, by_us=False)
        if stream.has_ended:
            # The response is whole; the server does not want the rest of the request (section 8.1).
            self.touched.append(stream)
        else:
            self._refused(stream, code)
        self._finish(stream)

    def _refused(self, stream: Stream, code: int) -> None:
        """End a stream that the server has reset before it had said everything."""
        self._resets_in_a_row += stream.home is self.streams
        self.is_refusing: bool = self._resets_in_a_row >= MOST_RESETS
        said = f"the server reset the stream: {named(code)}; {advice(code)}"
        if code == HTTP_1_1_REQUIRED:
            self.wants_http1 = True
        if stream.head is not None:
            self._end_stream(stream, Ending(_cut_short(stream, said), True))
        else:
            unprocessed = code in (REFUSED_STREAM, HTTP_1_1_REQUIRED) and stream.home is self.streams
            self._end_stream(stream, Ending(RemoteProtocolError(said), not unprocessed))

    def _receive_settings(self, frame: f.Frame) -> None:
        if frame.stream_id:
            raise ConnectionFailure(PROTOCOL_ERROR, "a SETTINGS frame for one stream")
        if frame.flags & f.ACK:
            if frame.payload:
                raise ConnectionFailure(FRAME_SIZE_ERROR, "an acknowledgment of settings that holds some")
            return
        self.has_settings = True
        window = self._first_window_out
        for name, value in f.read_settings(frame.payload):
            if name == f.MAX_CONCURRENT_STREAMS:
                self.most_streams = min(value, self._most_allowed)
            elif name == f.INITIAL_WINDOW_SIZE:
                if value > f.LARGEST_WINDOW:
                    raise ConnectionFailure(FLOW_CONTROL_ERROR, f"a window of {value} bytes")
                window = value
            elif name == f.MAX_FRAME_SIZE:
                if not f.SMALLEST_MAX_FRAME <= value <= f.LARGEST_MAX_FRAME:
                    raise ConnectionFailure(PROTOCOL_ERROR, f"a largest frame of {value} bytes")
                self._max_frame_out = min(value, MAX_FRAME_OUT)
            elif name == f.HEADER_TABLE_SIZE:
                self.set_table_size(min(value, _LARGEST_TABLE))
            elif name == f.ENABLE_PUSH and value:
                raise ConnectionFailure(PROTOCOL_ERROR, "a server that asks to be pushed to")
        # Once, however often the frame says another size: it may hold thousands, and each concerns every stream.
        if window != self._first_window_out:
            self._resize_windows(window)
        self.outgoing += f.frame_head(f.SETTINGS, f.ACK, 0, 0)

    def _resize_windows(self, first: int) -> None:
        more = first - self._first_window_out
        self._first_window_out = first
        for stream in self.streams.values():
            stream.window_out += more
            if stream.window_out > f.LARGEST_WINDOW:
                raise ConnectionFailure(FLOW_CONTROL_ERROR, f"a window of {stream.window_out} bytes")
            self.touched.append(stream)
            self.line_up(stream)

    def _receive_ping(self, frame: f.Frame) -> None:
        if frame.stream_id:
            raise ConnectionFailure(PROTOCOL_ERROR, "a PING frame for one stream")
        if len(frame.payload) != 8:
            raise ConnectionFailure(FRAME_SIZE_ERROR, f"a PING frame of {len(frame.payload)} bytes")
        if not frame.flags & f.ACK:
            self.outgoing += f.frame_head(f.PING, f.ACK, 0, 8) + frame.payload

    def _receive_goaway(self, frame: f.Frame) -> None:
        if frame.stream_id:
            raise ConnectionFailure(PROTOCOL_ERROR, "a GOAWAY frame for one stream")
        self.goaway = GoAway(*f.read_goaway(frame))
        told = self.goaway.told(is_unseen=True)
        error = RemoteProtocolError(f"the server took its leave before it looked at the request: {told}")
        if self.goaway.code == HTTP_1_1_REQUIRED:
            self.wants_http1 = True
        for stream in [stream for stream in self.streams.values() if stream.id > self.goaway.last]:
            self._remember_reset(stream.id, by_us=True)
            self._end_stream(stream, Ending(error, False))
            self._finish(stream)

    def _receive_window_update(self, frame: f.Frame) -> None:
        more = f.read_number(frame, "WINDOW_UPDATE") & f.LARGEST_WINDOW
        if not more:
            raise ConnectionFailure(PROTOCOL_ERROR, "a WINDOW_UPDATE frame that updates nothing")
        if not frame.stream_id:
            self._window_out += more
            if self._window_out > f.LARGEST_WINDOW:
                raise ConnectionFailure(FLOW_CONTROL_ERROR, f"a window of {self._window_out} bytes")
            return
        stream = self.find(frame.stream_id)
        if stream is None:
            self._refuse_idle(frame, "WINDOW_UPDATE")
            return
        stream.window_out += more
        if stream.window_out > f.LARGEST_WINDOW:
            self._fail_stream(stream, StreamFailure(FLOW_CONTROL_ERROR, f"a window of {stream.window_out} bytes"))
        else:
            self.line_up(stream)

    def _receive_push(self, frame: f.Frame) -> None:
        if not self.settings.push:
            raise ConnectionFailure(PROTOCOL_ERROR, "a pushed response, although push is switched off")
        if frame.flags & f.END_HEADERS:
            self._receive_promise(frame.stream_id, f.unpadded(frame))
        else:
            self._block = f.HeaderBlock(frame, self.settings.max_header_list_size)

    def _receive_promise(self, stream_id: int, payload: bytes) -> None:
        promised, block = f.read_promise(payload)
        fields = self._decoded(block)
        if stream_id % 2 == 0:
            raise ConnectionFailure(PROTOCOL_ERROR, f"a promise on stream {stream_id}, which nobody has asked for")
        stream = self.streams.get(stream_id)
        if stream is None or stream.has_ended:
            self._receive_on_closed(f.Frame(f.PUSH_PROMISE, 0, stream_id, b""))
        self._take_promise(stream_id, promised, fields)

    def _refuse_idle(self, frame: f.Frame, name: str) -> None:
        """Ignore a frame for a stream that has ended, which may have been on its way; refuse any other."""
        if not frame.stream_id or self.is_idle(frame.stream_id):
            said = f"a {name} frame for stream {frame.stream_id}, which nobody has opened"
            raise ConnectionFailure(PROTOCOL_ERROR, said)

    # What it comes to

    def _end_stream(self, stream: Stream, ending: Ending) -> None:
        stream.ending = ending
        self.touched.append(stream)

    def _fail_stream(self, stream: Stream, failure: StreamFailure) -> None:
        self._end_stream(stream, Ending(_error_of(failure), True))
        self.reset(stream, failure.code)

    def _fail(self, failure: ConnectionFailure) -> None:
        self.outgoing += f.goaway_frame(self.last_promised, failure.code, str(failure)[:100].encode("ascii", "replace"))
        self.dead = _error_of(failure)
        ending = Ending(self.dead, True)
        self._drop_all(lambda _: ending)

    def _drop_all(self, ending_of: Callable[[Stream], Ending]) -> None:
        """Forget every stream, and end those whose response is not complete."""
        self.line.clear()
        for home in (self.streams, self.pushed):
            for stream in home.values():
                if not stream.has_ended:
                    stream.ending = ending_of(stream)
                self.touched.append(stream)
                self.finished[stream] = None
            home.clear()


def _error_of(failure: ConnectionFailure | StreamFailure) -> RemoteProtocolError:
    said = f"the server broke the rules of HTTP/2 ({named(failure.code)}): {failure}"
    return failure.error or RemoteProtocolError(said)


def _flood(said: str, most: int) -> ConnectionFailure:
    return ConnectionFailure(ENHANCE_YOUR_CALM, said, LimitExceeded(f"the server sent {said}", limit=most))


def _cut_short(stream: Stream, why: str) -> IncompleteBody:
    of = "" if stream.expected is None else f" of {stream.expected}"
    return IncompleteBody(
        f"the body ended after {stream.received}{of} bytes: {why}", received=stream.received, expected=stream.expected
    )


_HANDLERS = {
    f.PRIORITY: Protocol._receive_priority,
    f.RST_STREAM: Protocol._receive_reset,
    f.SETTINGS: Protocol._receive_settings,
    f.PUSH_PROMISE: Protocol._receive_push,
    f.PING: Protocol._receive_ping,
    f.GOAWAY: Protocol._receive_goaway,
    f.WINDOW_UPDATE: Protocol._receive_window_update,
    f.CONTINUATION: Protocol._receive_continuation,
}
