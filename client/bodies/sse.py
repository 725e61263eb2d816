"""Server-sent events, taken from bytes as they arrive (WHATWG HTML, 9.2).

Pure: bytes go in, events come out; who reads the response, and who reconnects, is elsewhere.

- The stream is UTF-8, whatever its charset says; a byte order mark at the very beginning is dropped.
- A line ends with LF, CR or CRLF, and with nothing else: U+2028 and its like are data.
- A line that starts with a colon is a comment.
- An event ends with an empty line. One without data, and one that the stream cuts off, is never given.
- `id` holds on for the events that follow; one with NUL is ignored. It counts from the empty line on: what the stream
  cuts off has not been seen, and is not what to go on from.
- Every character is looked at a bounded number of times, and an event may be only so large.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from ..errors import LimitExceeded
from .text import TextDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_EVENT_SIZE", "EventParser", "ServerSentEvent"]

MAX_EVENT_SIZE = 1_048_576
"""How many characters one event, or one line, may have."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST_RETRY_DIGITS = 15


class ServerSentEvent(NamedTuple):
    """One event: its type, its data, the last id there was, and how many milliseconds to wait before reconnecting."""

    event: str = "message"
    data: str = ""
    id: str = ""
    retry: Optional[int] = None  # noqa: UP045 - evaluated by Python 3.9 when the type hints are asked for

    def json(self, *, loads: Callable[..., Any] | None = None) -> Any:
        """Return the data parsed as JSON, by `json.loads` unless told otherwise."""
        if loads is None:
            from json import loads as standard_loads

            return standard_loads(self.data)
        return loads(self.data)


class EventParser:
    """Takes a stream of server-sent events apart.

    `last_event_id` and `retry` (milliseconds) are what to reconnect with; both change also without an event.
    """

    def __init__(self, *, max_event_size: int | None = MAX_EVENT_SIZE) -> None:
        self.last_event_id: str = ""
        self.retry: int | None = None
        self._most = max_event_size
        self._decoder = TextDecoder("utf-8")
        # A CR ends its line at once, so that no event waits; an LF that follows then belongs to it.
        self._skips_line_feed = False
        self._line: list[str] = []
        self._line_size = 0
        self._event = ""
        self._id: str | None = None
        self._data: list[str] = []
        self._data_size = 0
        self._event_retry: int | None = None

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that are complete; must be iterated to its end before the next piece."""
        text = self._decoder.decode(data)
        if self._skips_line_feed and text:
            self._skips_line_feed = False
            if text[0] == "\n":
                text = text[1:]
        if not text:
            return
        self._skips_line_feed = text[-1] == "\r"
        *lines, rest = _LINE_END.split(text)
        if lines and self._line:
            lines[0] = "".join(self._line) + lines[0]
            self._line.clear()
            self._line_size = 0
        for line in lines:
            self._check(len(line))
            if line:
                self._take(line)
                continue
            event = self._dispatched()
            if event is not None:
                yield event
        if rest:
            self._line.append(rest)
            self._line_size += len(rest)
            self._check(self._line_size)

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        if value.startswith(" "):
            value = value[1:]
        if name == "data":
            self._data.append(value)
            self._data_size += len(value) + 1
            self._check(self._data_size)
        elif name == "event":
            self._event = value
        elif name == "id":
            if "\0" not in value:
                self._id = value
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) <= _MOST_RETRY_DIGITS:
            self.retry = self._event_retry = int(value)

    def _dispatched(self) -> ServerSentEvent | None:
        """Take the empty line in; return the event that it ends, where there is one."""
        if self._id is not None:
            self.last_event_id = self._id
        event: ServerSentEvent | None = None
        if self._data:
            kind, data = self._event or "message", "\n".join(self._data)
            event = ServerSentEvent(kind, data, self.last_event_id, self._event_retry)
        self._event = ""
        self._id = self._event_retry = None
        self._data.clear()
        self._data_size = 0
        return event

    def _check(self, size: int) -> None:
        if self._most is not None and size > self._most:
            raise LimitExceeded(
                f"a server-sent event has more than {self._most:,} characters: raise `max_event_size` if that is meant",
                limit=self._most,
                value=size,
            )
