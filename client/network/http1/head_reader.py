"""Cuts the head out of what arrives, however it is sliced, and refuses early what cannot become one."""

from __future__ import annotations

from ...errors import LimitExceeded, RemoteProtocolError
from .heads import MOST_HEAD
from .plain_codec import shown

_BEGINNING = b"HTTP/1."


class HeadReader:
    """Collects bytes until a head is complete; every byte is looked at once."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> tuple[bytes, bytes] | None:
        """Return the head and what came after it, or `None` while it is incomplete."""
        buffer = self._buffer
        searched = max(0, len(buffer) - 3)
        buffer += data
        if not buffer.startswith(_BEGINNING[: len(buffer)]):
            # HTTP/0.9, a TLS alert, another protocol: waiting for more would only delay the news.
            raise RemoteProtocolError(f"not an HTTP/1.1 status line: {shown(bytes(buffer))}")
        end = buffer.find(b"\r\n\r\n", searched)
        if end < 0:
            if len(buffer) > MOST_HEAD:
                raise _too_long(len(buffer))
            if buffer.find(b"\n\n", searched) >= 0:
                raise RemoteProtocolError("the response head ends its lines with LF alone")
            return None
        if end > MOST_HEAD:
            raise _too_long(end)
        head = bytes(buffer[: end + 4])
        rest = bytes(buffer[end + 4 :])
        buffer.clear()
        return head, rest


def _too_long(size: int) -> LimitExceeded:
    return LimitExceeded(f"the response head has more than {MOST_HEAD} bytes", limit=MOST_HEAD, value=size)
