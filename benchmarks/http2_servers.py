"""The HTTP/2 servers of soak and load: what `servers` does for HTTP/1.1, with as little as an HTTP/2 server can do."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from hpack import Decoder

from understudy.client.network.http2 import frames as f

STREAMS = 100


class Plain(asyncio.Protocol):
    """Answers every request with its own path, at once."""

    def __init__(self) -> None:
        self.reader = f.FrameReader(f.SMALLEST_MAX_FRAME)
        self.decoder = Decoder()
        self.left = len(f.PREFACE)
        self.open: set[int] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.transport.write(f.settings_frame([(f.MAX_CONCURRENT_STREAMS, STREAMS)]))

    def data_received(self, data: bytes) -> None:
        skipped = min(self.left, len(data))
        self.left -= skipped
        self.reader.feed(data[skipped:])
        while True:
            frame = self.reader.next()
            if frame is None:
                return
            if frame.kind == f.HEADERS:
                self.asked(frame)
            elif frame.kind == f.RST_STREAM:
                self.open.discard(frame.stream_id)
            elif frame.kind == f.SETTINGS and not frame.flags & f.ACK:
                self.transport.write(f.frame_head(f.SETTINGS, f.ACK, 0, 0))
            elif frame.kind == f.PING and not frame.flags & f.ACK:
                self.transport.write(f.frame_head(f.PING, f.ACK, 0, 8) + frame.payload)

    def asked(self, frame: f.Frame) -> None:
        path = dict(self.decoder.decode(frame.payload, raw=True))[b":path"]
        self.open.add(frame.stream_id)
        if len(self.open) > STREAMS:
            raise AssertionError(f"{len(self.open)} streams at once, and {STREAMS} were agreed")
        self.answer(frame.stream_id, path)

    def answer(self, stream_id: int, path: bytes) -> None:
        self.write(stream_id, head_of(stream_id, path) + data_of(stream_id, path), ends=True)

    def connection_lost(self, error: Exception | None) -> None:
        self.open.clear()

    def write(self, stream_id: int, data: bytes, *, ends: bool) -> None:
        """Send something on a stream, unless its client has left it."""
        if stream_id in self.open and not self.transport.is_closing():
            if ends:
                self.open.discard(stream_id)
            self.transport.write(data)


class Echo(Plain):
    """Does the same, but takes its time now and then, and stops in the middle."""

    def answer(self, stream_id: int, path: bytes) -> None:
        chance = random.random()
        if chance < 0.5:
            super().answer(stream_id, path)
            return
        loop = asyncio.get_running_loop()
        head = head_of(stream_id, path)
        if chance < 0.75:
            loop.call_later(chance / 100, self._late, stream_id, head + data_of(stream_id, path))
        else:
            self.write(stream_id, head + data_of(stream_id, path[:1], ends=False), ends=False)
            loop.call_later((1 - chance) / 100, self._late, stream_id, data_of(stream_id, path[1:]))

    def _late(self, stream_id: int, data: bytes) -> None:
        self.write(stream_id, data, ends=True)


def head_of(stream_id: int, body: bytes) -> bytes:
    """Return a head of `:status: 200` and a Content-Length that no table needs to know."""
    length = b"%d" % len(body)
    block = b"\x88\x0f\x0d" + bytes([len(length)]) + length
    return f.frame_head(f.HEADERS, f.END_HEADERS, stream_id, len(block)) + block


def data_of(stream_id: int, data: bytes, *, ends: bool = True) -> bytes:
    return f.frame_head(f.DATA, f.END_STREAM if ends else 0, stream_id, len(data)) + data
