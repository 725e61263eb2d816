"""A server that speaks HTTP/2 for one request, over the memory network (RFC 9113, as much as answering takes).

It knows what the request says; so of what the client sends only frames count, and no header is decompressed.
Its own are sent as literals that nobody indexes (RFC 7541, section 6.2.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exchanges import Exchange, ServerSide

if TYPE_CHECKING:
    from ...client import MemoryEnd
    from ..acts import Frame, Message

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0x0, 0x1, 0x4, 0x6, 0x7, 0x8
_CONTINUATION = 0x9
_END_STREAM, _ACK, _END_HEADERS = 0x1, 0x1, 0x4
_INITIAL_WINDOW_SIZE = 0x4
_FIRST_WINDOW = 65_535
_MAX_FRAME = 16_384
# Fields of HTTP/1.1's connections mean nothing here (RFC 9113, section 8.2.2).
_OF_CONNECTIONS = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})


class Http2Side(ServerSide):
    """Reads one request, and answers it as the exchange has it."""

    def __init__(self, end: MemoryEnd, exchange: Exchange, message: Message) -> None:
        super().__init__(end, exchange, message)
        self._ahead: bytes = b""
        self._has_preface = False
        self._stream_id = 0
        self._window: int = _FIRST_WINDOW
        self._stream_window: int = _FIRST_WINDOW
        self._held: bytes = b""
        self._has_ended = False
        self._send(_SETTINGS, b"", stream_id=0)

    def received(self, data: bytes) -> None:
        """Take what the client has written."""
        self._ahead += data
        if not self._has_preface:
            if len(self._ahead) < len(_PREFACE):
                return
            self._has_preface = True
            self._ahead = self._ahead[len(_PREFACE) :]
        while len(self._ahead) >= 9:
            size = int.from_bytes(self._ahead[:3], "big")
            if len(self._ahead) < 9 + size:
                return
            kind, flags = self._ahead[3], self._ahead[4]
            stream_id = int.from_bytes(self._ahead[5:9], "big")
            payload, self._ahead = self._ahead[9 : 9 + size], self._ahead[9 + size :]
            self._hear(kind, flags, stream_id, payload)
        if self.exchange.pauses_writing:
            # Not before: the preface belongs to connecting.
            self.end.pause()

    def _hear(self, kind: int, flags: int, stream_id: int, payload: bytes) -> None:
        if kind == _SETTINGS and not flags & _ACK:
            self._hear_settings(payload)
        elif kind == _PING and not flags & _ACK:
            self._send(_PING, payload, _ACK, stream_id=0)
        elif kind == _WINDOW_UPDATE:
            more = int.from_bytes(payload, "big")
            if stream_id:
                self._stream_window += more
            else:
                self._window += more
            self._send_held()
        elif kind == _HEADERS:
            self._stream_id = stream_id
            if self.exchange.is_early:
                self.begin()
        elif kind == _DATA:
            self.exchange.heard(payload)
            if payload:
                credit = len(payload).to_bytes(4, "big")
                self._send(_WINDOW_UPDATE, credit, stream_id=0)
                self._send(_WINDOW_UPDATE, credit)
        if kind in (_HEADERS, _DATA) and flags & _END_STREAM and not self.has_begun:
            self.begin()

    def _hear_settings(self, payload: bytes) -> None:
        for start in range(0, len(payload), 6):
            if int.from_bytes(payload[start : start + 2], "big") == _INITIAL_WINDOW_SIZE:
                value = int.from_bytes(payload[start + 2 : start + 6], "big")
                self._stream_window += value - _FIRST_WINDOW
        self._send(_SETTINGS, b"", _ACK, stream_id=0)

    # What the server says

    def has_room(self) -> bool:
        return not self._held

    def say_head(self, more: tuple[tuple[bytes, bytes], ...]) -> None:
        fields = [(name.lower(), value) for name, value in (*self.message.fields, *more)]
        plain = [field for field in fields if field[0] not in _OF_CONNECTIONS]
        self._has_ended = self.message.is_bodiless
        block = _literals([(b":status", b"%d" % self.message.status), *plain])
        self._send_block(block, _END_STREAM if self._has_ended else 0)

    def say_piece(self, data: bytes) -> None:
        self._held += data
        self._send_held()

    def say_end(self) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        trailers = self.message.trailers
        if trailers:
            self._send_block(_literals([(name.lower(), value) for name, value in trailers]), _END_STREAM)
        else:
            self._send(_DATA, b"", _END_STREAM)

    def say_frame(self, frame: Frame) -> None:
        self._send(frame.kind, frame.payload, frame.flags, stream_id=None if frame.is_for_stream else 0)

    def _send_held(self) -> None:
        """Send as much as the client has room for."""
        while self._held:
            size = min(len(self._held), self._window, self._stream_window, _MAX_FRAME)
            if size <= 0:
                return
            data, self._held = self._held[:size], self._held[size:]
            self._window -= size
            self._stream_window -= size
            self._send(_DATA, data)

    def _send_block(self, block: bytes, flags: int) -> None:
        kind = _HEADERS
        while len(block) > _MAX_FRAME:
            self._send(kind, block[:_MAX_FRAME], flags)
            kind, flags, block = _CONTINUATION, 0, block[_MAX_FRAME:]
        self._send(kind, block, flags | _END_HEADERS)

    def _send(self, kind: int, payload: bytes, flags: int = 0, *, stream_id: int | None = None) -> None:
        number = self._stream_id if stream_id is None else stream_id
        self.end.send(len(payload).to_bytes(3, "big") + bytes([kind, flags]) + number.to_bytes(4, "big") + payload)


def _literals(fields: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"\x00" + _text(name) + _text(value) for name, value in fields])


def _text(text: bytes) -> bytes:
    """Return a text as HPACK has it: its length with a prefix of seven bits, and no Huffman coding."""
    size = len(text)
    if size < 127:
        return bytes([size]) + text
    size -= 127
    head = [127]
    while size >= 128:
        head.append(size % 128 + 128)
        size //= 128
    return bytes([*head, size]) + text
