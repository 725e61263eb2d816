"""A router on a port of this machine, for callers that are not Python: `with router.serve() as server:`."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

from .errors import RouteError

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .application import RouterApp

_PATIENCE = 10.0

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class Server:
    """A server of one application, in a thread of its own, for as long as a `with` block lasts.

    `url` is its address, with the path of the router's base URL.
    """

    def __init__(self, app: RouterApp, *, host: str, port: int, path: str) -> None:
        self.host = host
        self.port: int = port
        self._app = app
        self._path = path
        self._running: Any = None
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    @property
    def url(self) -> str:
        """Where the server is: `http://127.0.0.1:54321`."""
        if self._running is None:
            raise RouteError("this server has no address yet: enter it, `with router.serve() as server:`")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self._path}"

    def __enter__(self) -> Self:
        if self._running is not None:
            raise RouteError("this server runs already")
        running, started = _server(self._app)
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listening = socket.create_server((self.host, self.port), family=family)
        self.port = listening.getsockname()[1]
        self._running = running
        self._thread = threading.Thread(target=self._run, args=(listening, started), name="understudy-server")
        self._thread.daemon = True
        self._thread.start()
        if not started.wait(_PATIENCE) or self._error is not None:
            self.stop()
            raise RuntimeError(f"the server of {self._app!r} did not start") from self._error
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection; the second time nothing happens."""
        running, self._running = self._running, None
        if running is not None:
            running.should_exit = True
        if self._thread is not None:
            self._thread.join(_PATIENCE)
            self._thread = None

    def _run(self, listening: socket.socket, started: threading.Event) -> None:
        try:
            self._running.run(sockets=[listening])
        except BaseException as error:
            self._error = error
        finally:
            listening.close()
            started.set()

    def __repr__(self) -> str:
        return f"<Server {self.url if self._running is not None else 'not running'}>"


def _server(app: Any) -> tuple[Any, threading.Event]:
    """Return a uvicorn server, and what is set once it listens."""
    try:
        import uvicorn
    except ImportError as error:
        raise ImportError("serving a router needs uvicorn: pip install 'understudy[serve]'") from error

    started = threading.Event()

    class Announced(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            started.set()

    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        interface="asgi3",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    return Announced(config), started
