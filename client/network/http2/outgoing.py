"""What a client says in HTTP/2: requests, credit, and that it has had enough; the other half is `protocol`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...config import DEFAULT_HTTP2
from ..http1.plain_codec import shown
from . import frames as f
from .codes import CANCEL, NO_ERROR, advice, named
from .heads import HeadEncoder
from .stream import Stream

if TYPE_CHECKING:
    from ...config import HTTP2
    from ...errors import RemoteProtocolError
    from ..call import Call
    from .heads import Head

MAX_FRAME_OUT = 65_536
MOST_QUEUED = 65_536
UNTIL_SETTINGS = 100
_PAID_BY_PROGRESS = 1_000
_RESETS_REMEMBERED = 1_024
_LARGEST_STREAM_ID = 2**31 - 1
_SIGN_OF_LIFE = bytes(8)


class GoAway:
    """What the server said when it took its leave."""

    __slots__ = ("code", "last", "said")

    def __init__(self, last: int, code: int, said: bytes) -> None:
        self.last: int = last
        self.code: int = code
        self.said: bytes = said

    def told(self, *, is_unseen: bool) -> str:
        """Return what was said and what to do, for a request that the server has not seen or that it may have."""
        more = f" ({shown(self.said)})" if self.said else ""
        return f"{named(self.code)}{more}; {advice(self.code, is_unseen=is_unseen)}"


class Outgoing:
    """The streams of a connection, and what goes out on them, as bytes in `outgoing`."""

    def __init__(self, settings: HTTP2 = DEFAULT_HTTP2) -> None:
        self.settings = settings
        self.streams: dict[int, Stream] = {}
        self.pushed: dict[int, Stream] = {}  # the streams that the server has opened
        self.line: dict[Stream, None] = {}  # those that have more to send, and room for it in their own windows
        self.last_promised = 0
        self.finished: dict[Stream, None] = {}  # until the pool has been told
        self.touched: list[Stream] = []  # of which there is news
        self.outgoing: bytearray = bytearray()
        self.dead: RemoteProtocolError | OSError | None = None
        self.goaway: GoAway | None = None
        self.is_refusing = False  # stream after stream is reset
        self._next_id = 1
        self._stream_window = settings.stream_window
        self._encoder = HeadEncoder()
        self._window_out = f.FIRST_WINDOW
        self._first_window_out = f.FIRST_WINDOW
        self._max_frame_out = f.SMALLEST_MAX_FRAME
        self._resets: dict[int, bool] = {}  # the latest streams that were reset -> whether by this side
        self._forgotten = 0  # resets up to this stream are no longer remembered
        self._quiet = 0  # frames that kept this side busy for nothing
        self._empty = 0
        self.outgoing += f.PREFACE
        self.outgoing += f.settings_frame(
            (
                (f.ENABLE_PUSH, int(settings.push)),
                *(((f.MAX_CONCURRENT_STREAMS, settings.max_pushed),) if settings.push else ()),
                (f.INITIAL_WINDOW_SIZE, settings.stream_window),
                (f.MAX_FRAME_SIZE, settings.max_frame_size),
                (f.MAX_HEADER_LIST_SIZE, settings.max_header_list_size),
            )
        )
        if settings.connection_window > f.FIRST_WINDOW:
            more = settings.connection_window - f.FIRST_WINDOW
            self.outgoing += f.number_frame(f.WINDOW_UPDATE, 0, more)

    @property
    def takes_requests(self) -> bool:
        """Whether this connection may still get new streams."""
        return self.dead is None and self.goaway is None and not self.is_refusing and self._next_id < _LARGEST_STREAM_ID

    @property
    def is_fresh(self) -> bool:
        """Whether no request has gone out yet."""
        return self._next_id == 1

    def open(self, call: Call, head: Head, *, ends: bool) -> Stream:
        """Send a request's head."""
        stream_id = self._next_id
        self._next_id += 2
        stream = Stream(stream_id, call, self.streams, window_in=self._stream_window, window_out=self._first_window_out)
        stream.has_sent_all = ends
        block = self._encoder.encode(head)
        self.outgoing += f.headers_frames(stream_id, block, self._max_frame_out, ends_stream=ends)
        self.streams[stream_id] = stream
        return stream

    def set_table_size(self, size: int) -> None:
        """Note how much of the headers the server allows to be remembered."""
        self._encoder.set_table_size(size)

    def room_for(self, stream: Stream) -> int:
        """Return how many bytes of the request's body may go out now, at the cost of nobody who stands in line."""
        return 0 if self.line else min(self._window_out, stream.window_out)

    def offer(self, stream: Stream, data: bytes | memoryview, *, ends: bool) -> None:
        """Send `data`, some of it perhaps later: what has not gone out yet is the stream's `rest`.

        Nothing of it goes out where the request has been answered meanwhile.
        """
        if stream.is_answered:
            return
        stream.rest = memoryview(data)
        stream.ends = ends
        if data:
            self.line_up(stream)
            self.deal()
        else:
            self.send_data(stream, data, ends=ends)

    def line_up(self, stream: Stream) -> None:
        """Let a stream that has more to send, and room for it, stand in line, behind those who do already."""
        if stream.rest and stream.window_out > 0:
            self.line[stream] = None

    def deal(self) -> None:
        """Let those who stand in line send, one frame each in turn, as far as there is room."""
        while self.can_deal():
            stream = next(iter(self.line))
            del self.line[stream]
            if not stream.is_answered:
                # Where nothing is left, no view either: the caller may use its buffer again.
                stream.rest = stream.rest[self.send_data(stream, stream.rest, ends=stream.ends) :] or b""
                self.line_up(stream)
                self.touched.append(stream)

    def can_deal(self) -> bool:
        """Whether somebody stands in line, and there is room in the connection's window and in what is to go out."""
        return bool(self.line) and self._window_out > 0 and len(self.outgoing) < MOST_QUEUED

    def is_held_up(self, party: Any) -> bool:
        """Whether this is a stream that can send more as soon as what is to go out has been written."""
        return party in self.line and self._window_out > 0

    def send_data(self, stream: Stream, data: bytes | memoryview, *, ends: bool = False) -> int:
        """Send as much of `data` as one frame and both windows take; return how much that was.

        With `ends`, the frame that takes the last byte ends the request.
        """
        # An empty frame needs no room, not even where the server has taken back more than was left (section 6.9.2).
        size = min(len(data), self._window_out, stream.window_out, self._max_frame_out) if data else 0
        if size <= 0 and (data or not ends):
            return 0
        ends = ends and size == len(data)
        # In one step: whatever an interrupt leaves here is a whole number of frames.
        self.outgoing += b"".join((f.frame_head(f.DATA, f.END_STREAM if ends else 0, stream.id, size), data[:size]))
        self._window_out -= size
        stream.window_out -= size
        self._progress()
        if ends:
            stream.has_sent_all = True
            self._finish_if_complete(stream)
        return size

    def consumed(self, stream: Stream) -> None:
        """Give back to the server what was consumed of the stream, once it is worth a frame."""
        credit = stream.credit
        if credit >= self._stream_window // 2 and not stream.has_ended and stream.id in stream.home:
            stream.credit = 0
            stream.window_in += credit
            self.outgoing += f.number_frame(f.WINDOW_UPDATE, stream.id, credit)

    def give_up_sending(self, stream: Stream) -> None:
        """Send no more of a request that was answered before all of it had gone out."""
        stream.has_given_up = True
        stream.rest = b""
        self.line.pop(stream, None)
        self._finish_if_complete(stream)

    def reset(self, stream: Stream, code: int = CANCEL) -> None:
        """End a stream of which nothing more is wanted; nothing when it has ended already."""
        if stream.id in stream.home:
            self.outgoing += f.number_frame(f.RST_STREAM, stream.id, code)
            self._remember_reset(stream.id, by_us=True)
            self._finish(stream)

    def ping(self) -> None:
        """Ask the server for a sign of life."""
        self.outgoing += f.frame_head(f.PING, 0, 0, 8) + _SIGN_OF_LIFE

    def say_goodbye(self) -> None:
        """Take leave."""
        if self.dead is None:
            self.outgoing += f.goaway_frame(self.last_promised, NO_ERROR)

    def _progress(self) -> None:
        self._empty = 0
        if self._quiet:
            self._quiet = max(0, self._quiet - _PAID_BY_PROGRESS)

    def _finish_if_complete(self, stream: Stream) -> None:
        if stream.has_ended and stream.has_given_up:
            # The whole response is there; the server need not wait for the rest of the request (section 8.1).
            self.reset(stream, NO_ERROR)
        elif stream.has_ended and stream.has_sent_all and stream.id in stream.home:
            self._finish(stream)

    def _finish(self, stream: Stream) -> None:
        # In this order: an interrupt in between must leave it where it is found.
        self.finished[stream] = None
        self.line.pop(stream, None)
        del stream.home[stream.id]

    def _remember_reset(self, stream_id: int, *, by_us: bool) -> None:
        self._resets[stream_id] = by_us
        if len(self._resets) > _RESETS_REMEMBERED:
            oldest = next(iter(self._resets))
            del self._resets[oldest]
            self._forgotten = max(self._forgotten, oldest)
