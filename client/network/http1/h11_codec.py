"""The second opinion: everything is read by this library's parser and by h11, and refused unless both read the same.

Slower by h11's own work. Chosen with `UNDERSTUDY_HTTP1=h11`: to see whether an answer that is refused, or read
strangely, is the parser's fault or the server's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h11

from ...errors import RemoteProtocolError
from .plain_codec import PLAIN, PlainChunkedReader

if TYPE_CHECKING:
    from .heads import ChunkedReader, Head

# Heads are cut out before they get here: for them the request says nothing. The upgrade lets h11 accept a 101.
_REQUEST = h11.Request(method="GET", target="/", headers=[("Host", "h"), ("Connection", "upgrade"), ("Upgrade", "x")])
_END = h11.EndOfMessage()
_CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_NEVER_TOO_MUCH = 1 << 40  # the limits are this library's


class H11Codec:
    """Reads with h11 beside the parser that is used otherwise."""

    name = "h11"

    def parse_head(self, raw: bytes, like: Head | None = None) -> Head:
        head = PLAIN.parse_head(raw)
        # Where h11 has seen no request, it takes a final response all the same, for half of the work; no interim one.
        event = _read(h11.Connection(h11.CLIENT, _NEVER_TOO_MUCH) if head.status >= 200 else _connection(), raw)
        if not isinstance(event, (h11.Response, h11.InformationalResponse)):
            raise RemoteProtocolError("h11 finds the response head incomplete")
        read = [(name.lower(), bytes(value)) for name, value in event.headers]
        # h11 says a length once, where it repeats, and a transfer coding in lower case.
        mine = [(name.lower(), value) for name, value in head.fields]
        if event.status_code != head.status or _without_framing(read) != _without_framing(mine):
            raise RemoteProtocolError("h11 reads this response head differently")
        return head

    def chunked(self) -> ChunkedReader:
        return H11ChunkedReader()


class H11ChunkedReader:
    """Decodes one chunked body twice."""

    def __init__(self) -> None:
        self._plain = PlainChunkedReader()
        self._h11 = _connection()
        _read(self._h11, _CHUNKED_HEAD)

    @property
    def is_complete(self) -> bool:
        return self._plain.is_complete

    @property
    def trailers(self) -> list[tuple[bytes, bytes]]:
        return self._plain.trailers

    @property
    def leftover(self) -> bytes:
        return self._plain.leftover

    def feed(self, data: bytes) -> bytes:
        body = self._plain.feed(data)
        read: list[bytes] = []
        ended = False
        event = _read(self._h11, data)
        while not isinstance(event, type) and not ended:
            if isinstance(event, h11.Data):
                read.append(bytes(event.data))
            ended = isinstance(event, h11.EndOfMessage)
            event = _read(self._h11) if not ended else event
        if b"".join(read) != body or ended != self._plain.is_complete:
            raise RemoteProtocolError("h11 reads this chunked body differently")
        return body


def _connection() -> h11.Connection:
    connection = h11.Connection(h11.CLIENT, _NEVER_TOO_MUCH)
    connection.send(_REQUEST)
    connection.send(_END)
    return connection


def _read(connection: h11.Connection, data: bytes = b"") -> Any:
    try:
        if data:
            connection.receive_data(data)
        return connection.next_event()
    except h11.RemoteProtocolError as error:
        raise RemoteProtocolError(f"h11 refuses what the server said: {error}") from error


def _without_framing(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [field for field in fields if field[0] not in (b"content-length", b"transfer-encoding")]
