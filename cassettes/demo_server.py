"""A small real HTTP server on loopback, for the demonstration: one resource of each kind that a client meets."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

VERSE = "The understudy waits in the wings,\nhaving learned every line that the star sings.\n"

# The smallest image that browsers agree on: one transparent pixel.
PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
CREDENTIALS = {"user": ["ada"], "password": ["difference-engine"]}
SESSION = "session=2b7e151628aed2a6abf7158809cf4f3c"


class DemoServer:
    """The server, from `with` to the end of the block or `stop()`."""

    def __init__(self) -> None:
        self._server = _Counting(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def answered(self) -> int:
        """How many requests the server has answered so far."""
        return self._server.answered

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port; stopping twice is fine."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Counting(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client's idle connection must not hold the server open
    answered = 0
    orders = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "demo"
    sys_version = ""
    timeout = 10
    # Head and body are two writes, and a body that waits for the head's acknowledgement waits 40 ms.
    disable_nagle_algorithm = True

    @property
    def _counting(self) -> _Counting:
        if not isinstance(self.server, _Counting):
            raise TypeError(self.server)
        return self.server

    def do_GET(self) -> None:
        if self.path == "/users/1":
            self._json(200, {"id": 1, "name": "Ada", "languages": ["English", "French"]})
        elif self.path == "/me":
            known = SESSION in (self.headers["Cookie"] or "")
            self._json(200 if known else 401, {"signed_in_as": "ada"} if known else {"error": "log in first"})
        elif self.path == "/verse":
            self._answer(200, gzip.compress(VERSE.encode(), mtime=0), "text/plain; charset=utf-8", gzip=True)
        elif self.path == "/pixel.gif":
            self._answer(200, PIXEL, "image/gif")
        elif self.path == "/countdown":
            self._chunks([b"3\n", b"2\n", b"1\n", b"curtain up\n"])
        else:
            self._json(404, {"error": f"nothing is at {self.path}"})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/orders":
            self._counting.orders += 1
            self._json(201, {"order": self._counting.orders, "you_sent": json.loads(content)})
        elif self.path == "/login" and parse_qs(content.decode()) == CREDENTIALS:
            self._json(200, {"welcome": "ada"}, cookie=f"{SESSION}; Path=/; HttpOnly")
        else:
            self._json(403, {"error": "wrong user or password"})

    def _json(self, status: int, value: object, cookie: str = "") -> None:
        self._answer(status, json.dumps(value).encode(), "application/json", cookie=cookie)

    def _answer(self, status: int, content: bytes, kind: str, *, gzip: bool = False, cookie: str = "") -> None:
        self._counting.answered += 1
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if gzip:
            self.send_header("Content-Encoding", "gzip")
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(content)

    def _chunks(self, chunks: list[bytes]) -> None:
        self._counting.answered += 1
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in (*chunks, b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the demonstration says itself what happens."""
