"""A server that speaks HTTP/2 as its script says, well or badly: hyperframe and hpack, and nothing that would object.

server = Http2Server(on_request=lambda peer, request: peer.respond(request.stream_id, body=b"hello"))
transport = HTTPTransport(http1=False, http2=True, network=MemoryNetwork(server))
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

from hpack import Decoder, Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@dataclass
class Http2Request:
    """What a client has asked for on one stream."""

    stream_id: int
    fields: list[tuple[str, str]]
    body: bytearray = field(default_factory=bytearray)
    is_complete: bool = False
    reset_code: int | None = None

    def __getitem__(self, name: str) -> str:
        return dict(self.fields)[name]


class Http2Peer:
    """One connection of the server."""

    def __init__(self, server: Http2Server, end: Any) -> None:
        self.server = server
        self.end = end
        self.frames: list[Any] = []
        """Everything that the client has sent, in its order."""
        self.requests: dict[int, Http2Request] = {}
        self.encoder = Encoder()
        self.decoder = Decoder()
        self._buffer = b""
        self._has_preface = False
        self.was_closed = False
        if server.hello is not None:
            server.hello(self)

    # What the network calls

    def received(self, data: bytes) -> None:
        self._buffer += data
        if not self._has_preface:
            if len(self._buffer) < len(PREFACE):
                return
            if not self._buffer.startswith(PREFACE):
                raise AssertionError(f"not the preface of HTTP/2: {self._buffer[:40]!r}")
            self._has_preface = True
            self._buffer = self._buffer[len(PREFACE) :]
        while len(self._buffer) >= 9:
            frame, length = Frame.parse_frame_header(memoryview(self._buffer[:9]))
            if len(self._buffer) < 9 + length:
                return
            frame.parse_body(memoryview(self._buffer[9 : 9 + length]))
            self._buffer = self._buffer[9 + length :]
            self.frames.append(frame)
            self._heard(frame)

    def ended(self) -> None:
        self.was_closed = True

    # What scripts call

    def send(self, *frames: Any) -> None:
        """Send frames as they are."""
        self.end.send(b"".join(frame.serialize() for frame in frames))

    def raw(self, kind: int, payload: bytes = b"", *, flags: int = 0, stream_id: int = 0) -> None:
        """Send a frame that no library would make."""
        head = len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream_id.to_bytes(4, "big")
        self.end.send(head + payload)

    def settings(self, settings: dict[int, int] | None = None) -> None:
        self.send(SettingsFrame(0, settings=settings or {}))

    def head(
        self, stream_id: int, status: int = 200, fields: Sequence[tuple[str, str]] = (), *, ends: bool = False
    ) -> None:
        """Send a response's head."""
        self.fields(stream_id, [(":status", str(status)), *fields], ends=ends)

    def fields(self, stream_id: int, fields: Sequence[tuple[str, str]], *, ends: bool = False) -> None:
        """Send a header block: a head, trailers, or nonsense."""
        flags = ["END_HEADERS", "END_STREAM"] if ends else ["END_HEADERS"]
        self.send(HeadersFrame(stream_id, self.encoder.encode(list(fields)), flags=flags))

    def data(self, stream_id: int, data: bytes = b"", *, ends: bool = False) -> None:
        """Send a piece of a body."""
        self.send(DataFrame(stream_id, data, flags=["END_STREAM"] if ends else []))

    def respond(
        self, stream_id: int, status: int = 200, body: bytes = b"ok", fields: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Send a whole response, in frames of 16 KiB."""
        self.head(stream_id, status, fields, ends=not body)
        for start in range(0, len(body), 16_384):
            self.data(stream_id, body[start : start + 16_384], ends=start + 16_384 >= len(body))

    def reset(self, stream_id: int, code: int) -> None:
        self.send(RstStreamFrame(stream_id, code))

    def goaway(self, last: int, code: int = 0, said: bytes = b"") -> None:
        self.send(GoAwayFrame(0, last_stream_id=last, error_code=code, additional_data=said))

    def credit(self, stream_id: int, more: int) -> None:
        self.send(WindowUpdateFrame(stream_id, window_increment=more))

    def ping(self, data: bytes = b"12345678") -> None:
        self.send(PingFrame(0, opaque_data=data))

    def heard(self, kind: type[Frame]) -> list[Any]:
        """Return the frames of one kind that the client has sent."""
        return [frame for frame in self.frames if isinstance(frame, kind)]

    @property
    def goodbye(self) -> int | None:
        """The code with which the client took its leave."""
        said = self.heard(GoAwayFrame)
        return said[0].error_code if said else None

    # Within

    def _heard(self, frame: Any) -> None:
        server = self.server
        server.heard(self, frame)
        if isinstance(frame, SettingsFrame):
            if "ACK" not in frame.flags and server.acknowledges:
                self.send(SettingsFrame(0, flags=["ACK"]))
        elif isinstance(frame, HeadersFrame):
            self._heard_head(frame)
        elif isinstance(frame, ContinuationFrame):
            raise AssertionError("this server takes heads in one frame")
        elif isinstance(frame, DataFrame):
            request = self.requests[frame.stream_id]
            request.body += frame.data
            if server.gives_credit and frame.data:
                self.credit(0, len(frame.data))
                self.credit(frame.stream_id, len(frame.data))
            if server.on_data is not None:
                server.on_data(self, request)
            self._heard_end(frame, request)
        elif isinstance(frame, RstStreamFrame):
            self.requests[frame.stream_id].reset_code = frame.error_code
        elif isinstance(frame, PingFrame) and "ACK" not in frame.flags and server.answers_pings:
            self.send(PingFrame(0, opaque_data=frame.opaque_data, flags=["ACK"]))

    def _heard_head(self, frame: Any) -> None:
        fields = [(str(name), str(value)) for name, value in self.decoder.decode(frame.data)]
        request = self.requests[frame.stream_id] = Http2Request(frame.stream_id, fields)
        if self.server.on_head is not None:
            self.server.on_head(self, request)
        self._heard_end(frame, request)

    def _heard_end(self, frame: Any, request: Http2Request) -> None:
        if "END_STREAM" in frame.flags:
            request.is_complete = True
            if self.server.on_request is not None:
                self.server.on_request(self, request)


Reaction = Callable[[Http2Peer, Http2Request], None]


def _usual_hello(peer: Http2Peer) -> None:
    peer.settings()


def _usual_answer(peer: Http2Peer, request: Http2Request) -> None:
    peer.respond(request.stream_id)


class Http2Server:
    """What a script reacts to: a head, a piece of a body, a whole request. For `MemoryNetwork`, and for sockets."""

    def __init__(
        self,
        *,
        on_request: Reaction | None = _usual_answer,
        on_head: Reaction | None = None,
        on_data: Reaction | None = None,
        hello: Callable[[Http2Peer], None] | None = _usual_hello,
        gives_credit: bool = True,
        answers_pings: bool = True,
        acknowledges: bool = True,
    ) -> None:
        self.on_request = on_request
        self.on_head = on_head
        self.on_data = on_data
        self.hello = hello
        self.gives_credit = gives_credit
        self.answers_pings = answers_pings
        self.acknowledges = acknowledges
        self.peers: list[Http2Peer] = []

    def heard(self, peer: Http2Peer, frame: Any) -> None:
        """React to any frame; for scripts that need it."""

    def __call__(self, end: Any) -> Http2Peer:
        peer = Http2Peer(self, end)
        self.peers.append(peer)
        return peer


class SocketEnd:
    """A server's hold on a real connection; what a `MemoryEnd` is in memory.

    Tests send while the server's own thread reads. OpenSSL must not be asked by two threads at once (Python sees to
    that from 3.13 on), so whoever asks it waits for the socket before, and has the lock.
    """

    def __init__(self, connected: Any) -> None:
        self._socket = connected
        self._is_tls = isinstance(connected, ssl.SSLSocket)
        self._lock: Any = threading.RLock() if self._is_tls else contextlib.nullcontext()

    def send(self, data: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._is_tls:
                self._socket.settimeout(None)
            self._socket.sendall(data)

    def receive(self) -> bytes | None:
        """Return what arrives, `b""` at the end; `None` where it is not whole yet."""
        data: bytes
        if not self._is_tls:
            data = self._socket.recv(65_536)
            return data
        if not self._socket.pending():
            select.select([self._socket], [], [])
        with self._lock:
            self._socket.settimeout(0)
            try:
                data = self._socket.recv(65_536)
            except ssl.SSLWantReadError:
                return None
            return data

    def close(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


class ListeningServer:
    """A scripted server on a socket of this machine, for as long as a `with` block; one thread for each connection."""

    def __init__(self, server: Http2Server, context: Any = None) -> None:
        self._server = server
        self._context = context
        self._threads: list[threading.Thread] = []
        self._sockets: list[Any] = []

    def __enter__(self) -> str:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._start(self._accept)
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://localhost:{self._listener.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connected in self._sockets:
            with contextlib.suppress(OSError):
                # Not SSLSocket's own, which would go on in plain text.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connected, _ = self._listener.accept()
                self._sockets.append(connected)
                self._start(self._serve, connected)

    def _serve(self, connected: Any) -> None:
        with contextlib.suppress(OSError):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connected = self._context.wrap_socket(connected, server_side=True)
                self._sockets.append(connected)
            with connected:
                end = SocketEnd(connected)
                peer = self._server(end)
                while (data := end.receive()) != b"":
                    if data is not None:
                        peer.received(data)
                peer.ended()
