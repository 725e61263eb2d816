"""What a server pushes: promises are checked, and their streams kept for whoever asks (RFC 9113, section 8.4).

1. A promise holds for a safe request without a body, to the origin that the response it comes with is from.
   Any other is reset.
2. A pushed stream is *unclaimed* until somebody reads its response. `HTTP2.max_pushed` bounds those that are unclaimed
   or not complete, `HTTP2.max_pushed_size` the bytes of those that are unclaimed. Beyond a bound the oldest that came
   with another response make room; where there is none, the new one is reset.
3. What nobody can ask for any more is reset: the response it came with has failed or was closed early, or its own
   response is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import InvalidURL, LimitExceeded, LocalProtocolError
from ...messages.request import Request
from ...urls import URL
from ..call import Call
from . import frames as f
from .codes import CANCEL, PROTOCOL_ERROR, ConnectionFailure, StreamFailure
from .fields import promise_head
from .outgoing import Outgoing
from .stream import Ending, Stream

if TYPE_CHECKING:
    from ...config import HTTP2

_SAFE = ("GET", "HEAD")


class Pushing(Outgoing):
    """The streams that the server opens."""

    outgoing: bytearray  # of `Outgoing`, and said again for type checkers that look at one class at a time

    def __init__(self, settings: HTTP2) -> None:
        super().__init__(settings)
        self.promised: list[tuple[Stream, Stream]] = []
        """What has been promised since somebody looked: the stream of a response, and the one that came with it."""
        # Which stream each came with, by number: nothing here keeps a response alive. The oldest first.
        self._unclaimed: dict[Stream, int] = {}
        self._unclaimed_size = 0

    def find(self, stream_id: int) -> Stream | None:
        """Return an open stream, whoever has opened it."""
        return (self.streams if stream_id % 2 else self.pushed).get(stream_id)

    def is_idle(self, stream_id: int) -> bool:
        """Whether nobody has opened this stream yet."""
        return stream_id >= self._next_id if stream_id % 2 else stream_id > self.last_promised

    def claim(self, stream: Stream) -> None:
        """Let a pushed stream be read: from now on its own window bounds it, and no other."""
        if self._unclaimed.pop(stream, None) is not None:
            self._unclaimed_size -= stream.held

    def disown(self, main: Stream) -> None:
        """Drop what came with a response that is over before its time."""
        if self._unclaimed:
            for stream in [stream for stream, came_with in self._unclaimed.items() if came_with == main.id]:
                self._drop(stream, _GONE)

    def drop_orphans(self) -> None:
        """Drop what nobody can ask for any more."""
        for stream in [stream for stream in self._unclaimed if stream.owner is not None and stream.owner() is None]:
            self._drop(stream, _GONE)

    def _take_promise(self, main_id: int, stream_id: int, fields: list[tuple[bytes, bytes]]) -> None:
        """Take in a promise of a stream, for a response that this side has asked for."""
        if stream_id % 2 or stream_id <= self.last_promised:
            raise ConnectionFailure(PROTOCOL_ERROR, f"a promise of stream {stream_id}, which cannot be the next")
        self.last_promised = stream_id
        main = self.streams.get(main_id)
        if main is None:
            # Reset by this side while the promise was on its way; any other has been refused.
            self._refuse(stream_id, CANCEL)
            return
        try:
            request = _promised_request(fields, main.call.request)
        except StreamFailure as failure:
            self._refuse(stream_id, failure.code)
            return
        if not self._has_room_for_stream(main_id):
            self._refuse(stream_id, CANCEL)
            return
        call = Call(main.call.key, request, main.call.pool, main.call.since, is_async=main.call.is_async)
        call.begin()
        stream = Stream(stream_id, call, self.pushed, window_in=self._stream_window, window_out=0)
        stream.has_sent_all = True
        self.pushed[stream_id] = stream
        self._unclaimed[stream] = main_id
        self.promised.append((main, stream))

    def _count_pushed(self, stream: Stream, size: int) -> None:
        """Note that a piece of a pushed response has come, which is dropped where it is too much."""
        main_id = self._unclaimed.get(stream)
        if main_id is None:
            return
        self._unclaimed_size += size
        most = self.settings.max_pushed_size
        while self._unclaimed_size > most:
            oldest = self._oldest_beside(main_id)
            if oldest is None:
                said = f"the server pushed more than {most} bytes that nobody had asked for"
                self._drop(stream, LimitExceeded(said, limit=most, value=self._unclaimed_size))
                return
            self._drop(oldest, _GONE)

    def _has_room_for_stream(self, main_id: int) -> bool:
        most = self.settings.max_pushed
        if len(self._unclaimed) + len(self.pushed) < most:
            return True
        self.drop_orphans()
        while len(self.pushed.keys() | {stream.id for stream in self._unclaimed}) >= most:
            oldest = self._oldest_beside(main_id)
            if oldest is None:
                return False
            self._drop(oldest, _GONE)
        return True

    def _oldest_beside(self, main_id: int) -> Stream | None:
        return next((stream for stream, came_with in self._unclaimed.items() if came_with != main_id), None)

    def _refuse(self, stream_id: int, code: int) -> None:
        self.outgoing += f.number_frame(f.RST_STREAM, stream_id, code)
        self._remember_reset(stream_id, by_us=True)

    def _drop(self, stream: Stream, error: LimitExceeded | LocalProtocolError) -> None:
        """Forget an unclaimed stream and what came on it; a late reader sees the error."""
        self.claim(stream)
        stream.chunks.clear()
        stream.held = 0
        stream.has_ended = False
        stream.ending = Ending(error, True)
        self.touched.append(stream)
        self.reset(stream, CANCEL)


_GONE = LocalProtocolError("this pushed response was dropped before anybody asked for it")


def _promised_request(fields: list[tuple[bytes, bytes]], main: Request) -> Request:
    """Return the request that the server answers without having been asked; `StreamFailure` where it must not."""
    said, plain, length = promise_head(fields)
    method = said[b":method"].decode("ascii", "replace")
    if method not in _SAFE or length:
        raise StreamFailure(PROTOCOL_ERROR, f"a promise for {method[:20]!r}, which is no safe request without a body")
    asked: Any = main.extensions.get("timeout")
    try:
        scheme, authority, path = (said[name].decode("ascii") for name in (b":scheme", b":authority", b":path"))
        own = URL(f"{main.url.scheme}://{main.headers.get('Host') or main.url.netloc.decode('ascii')}")
        url = URL(f"{scheme}://{authority}{path}")
        if "@" in authority or path[:1] != "/" or url.origin != own.origin:
            raise StreamFailure(PROTOCOL_ERROR, "a promise for another origin")
        return Request(method, url, headers=plain, extensions={} if asked is None else {"timeout": asked})
    except (UnicodeDecodeError, InvalidURL, LocalProtocolError, ValueError) as error:
        raise StreamFailure(PROTOCOL_ERROR, "a promise for what is no URL") from error
