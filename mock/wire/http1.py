"""A server that speaks HTTP/1.1 for one request, over the memory network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .exchanges import Exchange, ServerSide

if TYPE_CHECKING:
    from ...client import MemoryEnd
    from ..acts import Message

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)
_PATIENT = re.compile(rb"\r\nexpect: *100-continue\r\n", re.IGNORECASE)


class Http1Side(ServerSide):
    """Reads one request, and answers it as the exchange has it."""

    def __init__(self, end: MemoryEnd, exchange: Exchange, message: Message, version: bytes) -> None:
        super().__init__(end, exchange, message)
        if version == b"HTTP/1.0" or (message.trailers and not message.is_bodiless):
            # HTTP/1.0 has no chunks; trailers need some.
            coded = message.without(b"transfer-encoding") if version == b"HTTP/1.0" else message.chunked()
            self.message: Message = coded
        self._version = version
        self._is_chunked = self.message.has(b"transfer-encoding")
        self._reader: BodyReader | None = None
        self._ahead: bytes = b""
        if exchange.pauses_writing:
            end.pause()

    def received(self, data: bytes) -> None:
        """Take what the client has written."""
        if self.exchange.breaks_writing:
            raise ConnectionResetError("connection reset by peer")
        reader = self._reader
        if reader is None:
            head, blank, data = (self._ahead + data).partition(b"\r\n\r\n")
            if not blank:
                self._ahead = head
                return
            head += b"\r\n"
            length = _LENGTH.search(head)
            reader = self._reader = BodyReader(
                None if _CHUNKED.search(head) is not None else int(length[1]) if length is not None else 0
            )
            if self.exchange.is_early:
                self.begin()
            elif _PATIENT.search(head) is not None:
                self.end.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.exchange.heard(reader.feed(data))
        if reader.is_complete and not self.has_begun:
            self.begin()

    def say_head(self, more: tuple[tuple[bytes, bytes], ...]) -> None:
        message = self.message
        lines = [b"%b %d %b" % (self._version, message.status, message.reason)]
        lines += [name + b": " + value for name, value in (*message.fields, *more)]
        self.end.send(b"\r\n".join(lines) + b"\r\n\r\n")

    def say_piece(self, data: bytes) -> None:
        self.end.send(b"%x\r\n%b\r\n" % (len(data), data) if self._is_chunked else data)

    def say_end(self) -> None:
        message = self.message
        if message.is_bodiless:
            return
        if self._is_chunked:
            trailers = b"".join([name + b": " + value + b"\r\n" for name, value in message.trailers])
            self.end.send(b"0\r\n" + trailers + b"\r\n")
        elif not message.has(b"content-length"):
            self.end.close()


class BodyReader:
    """Takes a request's body off the wire; `length` is `None` for one in chunks. The client is trusted to frame it."""

    __slots__ = ("_ahead", "_in_chunk", "_is_last", "_left", "is_complete")

    def __init__(self, length: int | None) -> None:
        self._left = length
        self._ahead: bytes = b""
        self._in_chunk = 0
        self._is_last = False
        self.is_complete: bool = length == 0

    def feed(self, data: bytes) -> bytes:
        """Return what of `data` belongs to the body."""
        if self._left is not None:
            self._left -= len(data)
            self.is_complete = self._left <= 0
            return data
        found: list[bytes] = []
        data = self._ahead + data
        while data and not self.is_complete:
            if self._in_chunk > 0:
                # The line break behind a chunk counts as a part of it.
                taken = data[: self._in_chunk]
                self._in_chunk -= len(taken)
                found.append(taken if self._in_chunk >= 2 else taken[: len(taken) - (2 - self._in_chunk)])
                data = data[len(taken) :]
                continue
            line, ended, rest = data.partition(b"\r\n")
            if not ended:
                break
            data = rest
            if self._is_last:
                self.is_complete = not line
            else:
                size = int(line.partition(b";")[0], 16)
                self._is_last = size == 0
                self._in_chunk = size + 2 if size else 0
        self._ahead = data
        return b"".join(found)
