"""One request and its response on a connection: what has gone out, what has come in, what is left of both windows."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from ...errors import LimitExceeded
from ..failures import Begun
from .codes import FLOW_CONTROL_ERROR, PROTOCOL_ERROR, STREAM_CLOSED, StreamFailure
from .fields import response_head, response_trailers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...errors import RequestError
    from ..call import Call

MOST_INTERIM = 16


class Ending(NamedTuple):
    """Why a stream ended before its response did."""

    error: RequestError | OSError
    processed: bool | None
    """Whether it is of no use to send the request again.

    `False` where the server has certainly not looked at it, `None` where nobody knows.
    """


class Head(NamedTuple):
    """The head of a response."""

    status: int
    fields: list[tuple[bytes, bytes]]


class Stream:
    """A stream, from its request's head to the last byte of its response."""

    __slots__ = (
        "call",
        "chunks",
        "credit",
        "ending",
        "ends",
        "expected",
        "has_ended",
        "has_given_up",
        "has_sent_all",
        "head",
        "held",
        "home",
        "id",
        "interims",
        "owner",
        "pushed",
        "received",
        "rest",
        "seen_interims",
        "trailers",
        "window_in",
        "window_out",
    )

    def __init__(self, stream_id: int, call: Call, home: dict[int, Stream], *, window_in: int, window_out: int) -> None:
        self.id: int = stream_id
        self.call: Call = call
        self.home: dict[int, Stream] = home  # where it is found while it is open
        self.owner: Callable[[], object] | None = None  # says who could read it, if it was pushed
        self.pushed: list[Any] | None = None  # the responses that came with this one
        self.window_in: int = window_in
        self.window_out: int = window_out
        self.credit: int = 0  # received and consumed, and not given back to the server yet
        self.chunks: deque[bytes] = deque()
        self.held: int = 0  # bytes in `chunks`, and their padding
        self.head: Head | None = None
        self.interims: list[Head] = []
        self.seen_interims: int = 0
        self.trailers: list[tuple[bytes, bytes]] = []
        self.expected: int | None = None
        self.received: int = 0
        self.has_ended: bool = False  # the server has said everything
        self.has_sent_all: bool = False
        self.has_given_up: bool = False  # answered before all was sent: the rest stays here
        self.rest: bytes | memoryview = b""  # what is to be sent next, and there was no room for
        self.ends: bool = False  # the request does, with `rest`
        self.ending: Ending | None = None

    @property
    def is_answered(self) -> bool:
        """Whether there is no point in sending the rest of the request.

        A success that has only begun is no reason to stop: the server may answer while it listens.
        """
        if self.ending is not None or self.has_ended:
            return True
        return self.head is not None and self.head.status >= 300

    @property
    def begun(self) -> Begun | None:
        """What there is of the response, once its head is there."""
        return None if self.head is None else Begun(self.head.status, self.received, self.expected)

    def receive_head(self, fields: Sequence[tuple[bytes, bytes]], *, ends: bool) -> None:
        """Take in a header block: an interim response, the response's head, or its trailers."""
        if self.has_ended:
            raise StreamFailure(STREAM_CLOSED, "a header after the end of the response")
        if self.head is not None:
            if not ends:
                raise StreamFailure(PROTOCOL_ERROR, "a second head within one response")
            self.trailers.extend(response_trailers(fields))
        else:
            status, plain, length = response_head(fields)
            if status < 200:
                self._receive_interim(Head(status, plain), ends=ends)
                return
            self.head = Head(status, plain)
            has_no_body = status in (204, 304) or self.call.request.method == "HEAD"
            self.expected = 0 if has_no_body else length
        if ends:
            self._end()

    def receive_data(self, data: bytes, size: int, *, ends: bool) -> None:
        """Take in a piece of the body, which took `size` bytes of the window."""
        if self.has_ended:
            raise StreamFailure(STREAM_CLOSED, "data after the end of the response")
        if self.head is None:
            raise StreamFailure(PROTOCOL_ERROR, "data before the response's head")
        self.window_in -= size
        if self.window_in < 0:
            raise StreamFailure(FLOW_CONTROL_ERROR, "more data than the window had room for")
        self.received += len(data)
        if self.expected is not None and self.received > self.expected:
            raise StreamFailure(PROTOCOL_ERROR, f"more than the {self.expected} bytes that the response was to have")
        if data:
            self.chunks.append(data)
            self.held += size
        else:
            self.credit += size
        if ends:
            self._end()

    def take(self) -> bytes:
        """Return what has arrived of the body."""
        chunks = self.chunks
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self.credit += self.held
        self.held = 0
        return data

    def _receive_interim(self, head: Head, *, ends: bool) -> None:
        if ends:
            raise StreamFailure(PROTOCOL_ERROR, f"the response ended with the interim status {head.status}")
        self.seen_interims += 1
        if self.seen_interims > MOST_INTERIM:
            said = f"the server sent more than {MOST_INTERIM} interim responses"
            raise StreamFailure(PROTOCOL_ERROR, said, LimitExceeded(said, limit=MOST_INTERIM, value=self.seen_interims))
        self.interims.append(head)

    def _end(self) -> None:
        if self.expected is not None and self.received != self.expected:
            from ...errors import IncompleteBody

            said = f"the body ended after {self.received} of {self.expected} bytes"
            raise StreamFailure(
                PROTOCOL_ERROR, said, IncompleteBody(said, received=self.received, expected=self.expected)
            )
        self.has_ended = True

    def __repr__(self) -> str:
        return f"<Stream {self.id}>"
