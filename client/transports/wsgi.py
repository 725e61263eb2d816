"""A transport that calls a WSGI application in this process, instead of a server elsewhere (PEP 3333)."""

from __future__ import annotations

import io
import itertools
import sys
from typing import TYPE_CHECKING, Any, Callable

from ..bodies.streams import SyncByteStream
from ..errors import IncompleteBody
from ..messages.headers import Headers
from ..messages.response import Response
from ..urls.parts import DEFAULT_PORTS
from .base import BaseTransport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from ..messages.request import Request

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], "Iterable[bytes]"]


class WSGITransport(BaseTransport):
    """Answers requests by calling a WSGI application.

        with Client(transport=WSGITransport(app), base_url="https://app.test") as client:
            response = client.get("/")

    An exception of the application is raised to the client, so that a test shows where it happened;
    with `raise_app_exceptions=False` the client sees what it would see from a server: a 500, or a body cut short.
    `script_name` is where the application is mounted, `remote_addr` the address of the caller,
    `wsgi_errors` where it writes what it has to complain about (`sys.stderr`).
    The response streams: the application goes on when the next part of its body is read.
    """

    def __init__(
        self,
        app: WSGIApp,
        raise_app_exceptions: bool = True,
        script_name: str = "",
        remote_addr: str = "127.0.0.1",
        wsgi_errors: TextIO | None = None,
    ) -> None:
        self.app = app
        self.raise_app_exceptions = raise_app_exceptions
        self.script_name = script_name
        self.remote_addr = remote_addr
        self.wsgi_errors = wsgi_errors

    def handle_request(self, request: Request) -> Response:
        """Call the application, and return its response once it has something to send."""
        if not isinstance(request.stream, SyncByteStream):
            raise RuntimeError("this request's body is an asynchronous stream: a Client needs a blocking one")
        reply = _Reply()
        parts: Iterable[bytes] = ()
        try:
            parts = self.app(self._environ(request), reply.start)
            body = reply.until_started(parts)
            if reply.failure is not None and self.raise_app_exceptions:
                raise reply.failure
        except Exception:
            _close(parts)
            if self.raise_app_exceptions:
                raise
            return Response(500, request=request, content=b"")
        if request.method == "HEAD":
            body = _unsent(body)
        stream = _Body(body, parts, None if self.raise_app_exceptions else request)
        return Response(reply.status, headers=reply.headers, stream=stream, request=request)

    def _environ(self, request: Request) -> dict[str, Any]:
        url = request.url
        environ: dict[str, Any] = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": url.scheme,
            "wsgi.input": io.BytesIO(request._whole)
            if request._whole is not None
            else io.BufferedReader(_Upload(request)),
            "wsgi.errors": self.wsgi_errors or sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": self.script_name,
            # PEP 3333: text in the environment is bytes, decoded as ISO-8859-1.
            "PATH_INFO": url.path.encode("utf-8", "surrogateescape").decode("latin-1"),
            "QUERY_STRING": url.query.decode("ascii"),
            "SERVER_NAME": url.raw_host.decode("ascii"),
            "SERVER_PORT": str(DEFAULT_PORTS.get(url.scheme, 80) if url.port is None else url.port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.remote_addr,
        }
        for name, value in request.headers.raw:
            key = name.decode("ascii").upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            text = value.decode("latin-1")
            environ[key] = f"{environ[key]}, {text}" if key in environ else text
        if "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input_terminated"] = True
        return environ

    def __repr__(self) -> str:
        return f"<WSGITransport {getattr(self.app, '__qualname__', None) or type(self.app).__name__}>"


class _Reply:
    """What the application says with `start_response` and `write`."""

    def __init__(self) -> None:
        self.status = 0
        self.headers = Headers()
        self.failure: BaseException | None = None
        self._written: list[bytes] = []
        self._is_sent = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        if exc_info is not None:
            self.failure = exc_info[1]
            if self._is_sent:
                raise exc_info[1].with_traceback(exc_info[2])
        elif self.status:
            raise RuntimeError("the application called start_response twice, the second time without exc_info")
        self.status = int(status.split(None, 1)[0])
        self.headers = Headers([(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers])
        return self._written.append

    def until_started(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Return the body, once its first part shows that the head stands (PEP 3333 lets generators start late)."""
        remaining = iter(parts)
        first: list[bytes] = []
        for part in remaining:
            if part:
                first.append(part)
                break
        if not self.status:
            raise RuntimeError("the application returned without calling start_response")
        self._is_sent = True
        return self._body(itertools.chain(first, remaining))

    def _body(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            yield from self._taken()
            yield part
        yield from self._taken()

    def _taken(self) -> list[bytes]:
        taken, self._written[:] = self._written[:], []
        return taken


class _Body(SyncByteStream):
    """The body of a response; `close` tells the application that it is over."""

    def __init__(self, parts: Iterator[bytes], source: Iterable[bytes], hides_from: Request | None) -> None:
        self._parts = parts
        self._source = source
        self._hides_from = hides_from

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        except Exception as error:
            if self._hides_from is None:
                raise
            raise IncompleteBody(
                "the application ended in the middle of its response", request=self._hides_from
            ) from error

    def close(self) -> None:
        source, self._source = self._source, ()
        _close(source)


class _Upload(io.RawIOBase):
    """The body of a request as a file, read as far as the application reads."""

    def __init__(self, request: Request) -> None:
        self._parts: Iterator[bytes] | None = None
        self._stream: Any = request.stream
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._parts is None:
            self._parts = iter(self._stream)
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return 0
            self._rest = part
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def _unsent(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Run the application to its end, and send nothing: a response to HEAD has no body (RFC 9110, section 9.3.2)."""
    for _ in parts:
        pass
    yield from ()


def _close(parts: Any) -> None:
    close = getattr(parts, "close", None)
    if close is not None:
        close()
