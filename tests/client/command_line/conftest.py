"""A server for the command line to talk to, and what it prints."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple

import pytest

from understudy.client.command_line import request

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

PAGES: dict[str, tuple[str, bytes]] = {
    "/json": ("application/json", b'{"id": 1, "total": 12.50, "name": "Ada", "tags": [], "more": {"ok": true}}'),
    "/html": ("text/html; charset=utf-8", b"<h1>Gr\xc3\xbc\xc3\x9fe</h1>\n"),
    "/picture": ("image/png", bytes(range(256))),
    "/lines": ("text/plain", b"one\r\ntwo\rover\r\n"),
    "/evil": ("text/plain", b"title \x1b]0;owned\x07 end\n"),
    "/events": ("text/event-stream", b"data: one\n\ndata: two\x1b[2J\n\n"),
    "/plain": ("text/plain", b"hello\n"),
    "/missing": ("application/json", b'{"error": "nobody"}'),
    "/broken": ("text/plain", b"down\n"),
    "/cut": ("text/plain", b"half"),
}
STATUSES = {"/missing": 404, "/broken": 503}


class Handler(BaseHTTPRequestHandler):
    """Answers with a page of `PAGES`, or with what it was asked."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        if path == "/moved":
            self.say(302, "text/plain", b"", ("Location", "/plain"))
        elif path == "/hangs":
            vars(self.server)["was_asked"].set()
            self.rfile.read(1)
            self.close_connection = True
        elif path == "/silent":
            self.close_connection = True
        elif path == "/log":
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"7\r\nline 1\n\r\n")
            self.close_connection = True
        elif path in PAGES:
            kind, content = PAGES[path]
            self.say(STATUSES.get(path, 200), kind, content, ("Set-Cookie", "sid=0123456789; Path=/"))
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            echo = {"method": self.command, "target": self.path, "headers": headers, "body": sent.decode("latin-1")}
            self.say(200, "application/json", json.dumps(echo).encode())

    def say(self, status: int, kind: str, content: bytes, *more: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) + (self.path == "/cut")))
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.close_connection = self.path == "/cut"

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # the names that the base class calls

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """A server that takes clients as they are: some have seen enough before everything was sent."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Printed(NamedTuple):
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def echo(self) -> dict[str, object]:
        """What the server was asked, as it said it back."""
        said: dict[str, object] = json.loads(self.out)
        return said


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world without proxies, and without wishes about colors."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the command believe that it writes to a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")


@pytest.fixture(scope="module")
def server() -> Generator[Server]:
    """A server on a port of its own."""
    running = Server(("127.0.0.1", 0), Handler)
    vars(running)["was_asked"] = threading.Event()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def url(server: Server) -> str:
    """Where the server is."""
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Printed]:
    """Run `understudy ARGUMENTS`."""

    def running(*arguments: str) -> Printed:
        status = request.main(arguments)
        said = capsys.readouterr()
        return Printed(status, said.out, said.err)

    return running
