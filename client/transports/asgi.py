"""A transport that calls an ASGI application in this process, instead of a server elsewhere.

Theory of operation

1. Each request runs the application in a task of its own. The response is returned when the application starts it, and
   its body comes as the application sends it: what is not read yet, beyond `_MOST_WAITING` bytes, makes it wait.
2. When the body has been read to its end, the reader waits until the application has returned, so that what it does
   after its response is done when the client goes on. What it raises is raised there.
3. A response that is closed early, or a request that is cancelled, disconnects: `receive` says `http.disconnect`, and
   `send` raises an `OSError`, as the ASGI specification (2.4) has it. A cancelled request cancels its application.
4. Closing the transport disconnects every application that still runs, and cancels those that do not end at once;
   then it shuts down what `lifespan` started.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, MutableMapping
from typing import TYPE_CHECKING, Any, Callable, cast

from ..bodies.streams import AsyncByteStream
from ..errors import DeadlineExceeded, IncompleteBody
from ..messages.headers import Headers
from ..messages.response import Response
from ..urls.parts import DEFAULT_PORTS
from .background import BackgroundTask, Bell
from .base import AsyncBaseTransport
from .lifespan import Lifespan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ..messages.request import Request

Message = MutableMapping[str, Any]
ASGIApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

_MOST_WAITING = 65_536
# For applications that see that their client has gone, and have something to put in order.
_GRACE = 0.1


class ASGITransport(AsyncBaseTransport):
    """Answers requests by calling an ASGI application.

        async with AsyncClient(transport=ASGITransport(app), base_url="https://app.test") as client:
            response = await client.get("/")

    An exception of the application is raised to the client, so that a test shows where it happened;
    with `raise_app_exceptions=False` the client sees what it would see from a server: a 500, or a body cut short.
    `root_path` is where the application is mounted, `client` the address and port of the caller.
    With `lifespan=True` the application is started up when the client is entered, or with its first request, and shut
    down when it is closed.
    The response streams while the application runs, under asyncio and trio.
    """

    def __init__(
        self,
        app: ASGIApp,
        raise_app_exceptions: bool = True,
        root_path: str = "",
        client: tuple[str, int] = ("127.0.0.1", 123),
        *,
        lifespan: bool = False,
    ) -> None:
        self.app = app
        self.raise_app_exceptions = raise_app_exceptions
        self.root_path = root_path
        self.client = client
        self._lifespan = Lifespan(app) if lifespan else None
        self._running: set[_Exchange] = set()

    async def handle_async_request(self, request: Request) -> Response:
        """Call the application, and return its response once it has started."""
        if not isinstance(request.stream, AsyncByteStream):
            raise RuntimeError("this request's body is a blocking stream: an AsyncClient needs an asynchronous one")
        scope = self._scope(request)
        if self._lifespan is not None:
            await self._lifespan.started()
            scope["state"] = dict(self._lifespan.state)
        exchange = _Exchange(request, self.raise_app_exceptions)
        exchange.start(self.app, scope, self._running)
        return await exchange.response()

    def _scope(self, request: Request) -> dict[str, Any]:
        url = request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "query_string": url.query,
            "server": (url.host, url.port or DEFAULT_PORTS.get(url.scheme)),
            "client": self.client,
            "root_path": self.root_path,
            "extensions": {},
        }

    async def aclose(self) -> None:
        """End every application that still runs, and shut down what was started up."""
        running = tuple(self._running)
        for exchange in running:
            exchange.disconnect()
        if running:
            await self._end(running)
        if self._lifespan is not None:
            await self._lifespan.stopped()

    async def _end(self, running: tuple[_Exchange, ...]) -> None:
        from anyio import move_on_after

        try:
            with move_on_after(_GRACE):
                for exchange in running:
                    await exchange.finished()
        finally:
            for exchange in running:
                exchange.cancel()
        for exchange in running:
            await exchange.finished()

    async def __aenter__(self) -> ASGITransport:
        if self._lifespan is not None:
            await self._lifespan.started()
        return self

    def __repr__(self) -> str:
        return f"<ASGITransport {getattr(self.app, '__qualname__', None) or type(self.app).__name__}>"


class _Exchange:
    """One request and its response, between the task of the client and that of the application."""

    def __init__(self, request: Request, raises: bool) -> None:
        self._request = request
        self._raises = raises
        self._deadline: float | None = request.extensions.get("deadline")
        self._bell = Bell()
        self._upload: AsyncIterator[bytes] | None = None
        self._is_uploaded = False
        self._started: tuple[int, Headers] | None = None
        self._parts: list[bytes] = []
        self._waiting = 0
        self._is_complete = False
        self._is_gone = False
        self._task: BackgroundTask | None = None

    # The client's side.

    @property
    def is_over(self) -> bool:
        """Whether the application has returned."""
        return self._task is None or self._task.is_done

    @property
    def _error(self) -> BaseException | None:
        """What the application has raised."""
        return None if self._task is None else self._task.error

    def _raise(self) -> None:
        """Raise what the application has raised, where its client sees that."""
        error = self._error
        # What is no `Exception`, such as the verdict of a test, is never the application's own business.
        if error is not None and (self._raises or not isinstance(error, Exception)):
            raise error

    def start(self, app: ASGIApp, scope: dict[str, Any], running: set[_Exchange]) -> None:
        """Start the application, and be in the set of those that run until it ends."""

        async def main() -> None:
            try:
                await app(scope, self._receive, self._send)
            finally:
                close = getattr(self._upload, "aclose", None)
                if close is not None:
                    await close()

        def ended() -> None:
            running.discard(self)
            self._bell.ring()

        running.add(self)
        self._task = BackgroundTask(main, ended)

    async def response(self) -> Response:
        """Wait for the start of the response."""
        try:
            await self._until(lambda: self._started is not None or self.is_over)
        except BaseException:
            self.cancel()
            raise
        if self._started is None:
            self._raise()
            if self._raises:
                request = self._request
                raise RuntimeError(
                    f"the application returned without a response to {request.method} {request.url.redacted}"
                )
            return Response(500, request=self._request, content=b"")
        status, headers = self._started
        return Response(status, headers=headers, stream=_Body(self), request=self._request)

    async def part(self) -> bytes:
        """Return what has come of the body, at least one byte; nothing when it is over."""
        await self._until(lambda: bool(self._parts) or self._is_complete or self.is_over)
        if self._parts:
            part = b"".join(self._parts)
            self._parts.clear()
            self._waiting = 0
            self._bell.ring()
            return part
        await self._until(lambda: self.is_over)
        self._raise()
        if not self._is_complete:
            raise IncompleteBody(
                "the application ended in the middle of its response", request=self._request
            ) from self._error
        return b""

    def disconnect(self) -> None:
        """Let the application know that nobody is listening any more."""
        self._is_gone = True
        self._parts.clear()
        self._bell.ring()

    def cancel(self) -> None:
        """Disconnect, and ask the application to end at once."""
        self.disconnect()
        if self._task is not None:
            self._task.cancel()

    async def finished(self) -> None:
        """Wait until the application has ended."""
        await self._bell.until(lambda: self.is_over)

    async def _until(self, holds: Callable[[], bool]) -> None:
        if self._deadline is None or holds():
            return await self._bell.until(holds)
        from anyio import move_on_after

        with move_on_after(self._deadline - time.monotonic()):
            return await self._bell.until(holds)
        raise DeadlineExceeded(
            "the application did not answer before the time for the call was over", request=self._request
        )

    # The application's side.

    async def _receive(self) -> Message:
        if self._is_uploaded or self._is_gone:
            await self._bell.until(lambda: self._is_complete or self._is_gone)
            return {"type": "http.disconnect"}
        if self._request._whole is not None:
            self._is_uploaded = True
            return {"type": "http.request", "body": self._request._whole, "more_body": False}
        if self._upload is None:
            stream: Any = self._request.stream
            self._upload = stream.__aiter__()
        part: bytes = b""
        try:
            part = await cast("AsyncIterator[bytes]", self._upload).__anext__()
        except StopAsyncIteration:
            self._is_uploaded = True
        return {"type": "http.request", "body": part, "more_body": not self._is_uploaded}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if self._is_gone:
            raise OSError("the client has disconnected")
        if kind == "http.response.start":
            if self._started is not None:
                raise RuntimeError("the application started its response twice")
            self._started = (message["status"], Headers(list(message.get("headers", ()))))
            self._bell.ring()
        elif kind == "http.response.body":
            await self._send_body(message)

    async def _send_body(self, message: Message) -> None:
        if self._started is None:
            raise RuntimeError("the application sent a body before the start of its response")
        if self._is_complete:
            raise RuntimeError("the application sent a body after the end of its response")
        part = message.get("body", b"")
        if part and self._request.method != "HEAD":
            self._parts.append(bytes(part))
            self._waiting += len(part)
        self._is_complete = not message.get("more_body", False)
        self._bell.ring()
        if self._is_complete:
            return
        # Waiting for the reader also lets the event loop turn, in an application that only ever sends.
        from anyio.lowlevel import checkpoint

        await checkpoint()
        await self._bell.until(lambda: self._waiting < _MOST_WAITING or self._is_gone)


class _Body(AsyncByteStream):
    """The body of a response, while the application sends it."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            part = await self._exchange.part()
            if not part:
                return
            yield part

    async def aclose(self) -> None:
        self._exchange.disconnect()
