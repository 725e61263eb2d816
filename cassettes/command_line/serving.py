"""`understudy serve` and `understudy proxy`: a cassette on a port of this machine, for clients of any kind."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from ...client import URL, AsyncHTTPTransport
from ..errors import CassetteError
from ..serving import Application, Entry
from ..settings import REPEATS
from ..transport import CassetteTransport
from .advising import advise_proxy, advise_server
from .group import run
from .opening import opened
from .terminal import counted, err, line, out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from ..cassette import Cassette

_HELP = {"help_option_names": ["-h", "--help"]}
_PORT = click.IntRange(0, 65535)
_RECORDING = ("once", "new_episodes", "all", "update", "none")


def serve(arguments: Sequence[str] = ()) -> int:
    """Answer any client from a cassette or from routes, as a real server."""
    return run(_serve, arguments, "understudy serve")


def proxy(arguments: Sequence[str] = ()) -> int:
    """Pass any client's requests on to a server, and record them."""
    return run(_proxy, arguments, "understudy proxy")


@click.command("serve", context_settings=_HELP)
@click.argument("file", metavar="FILE")
@click.option("-p", "--port", type=_PORT, default=8000, show_default=True, help="0 takes any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--speed", default=0.0, show_default=True, help="1 takes the recorded time, 2 half of it, 0 none.")
@click.option(
    "--repeats", type=click.Choice(REPEATS), default="last", show_default=True, help="When recordings are used up."
)
def _serve(file: str, port: int, host: str, speed: float, repeats: str) -> int:
    """Answer any client from a cassette, from routes, or from a tape of another tool.

    The server stands for the hosts that are recorded. /__understudy__ lists what was asked, and what had no answer.
    The file is read again when it has changed.
    """
    tape = opened(file)
    try:
        player = Reloading(file, speed=speed, repeats=repeats)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    origins = _origins(tape.cassette)
    target = origins[0] if origins else None
    app = Application(player, origins, told=_teller(out()), advise=lambda error: advise_server(error, file, target))
    routes = len(tape.cassette.settings.routes)
    held = counted(len(tape.episodes), "recording") + (f" and {counted(routes, 'route')}" if routes else "")
    _listen(app, host, port, f"serving {file}, {held}")
    unused = len(player.transport.cassette.unplayed)
    misses = sum(1 for entry in app.journal if entry.is_miss)
    line(out(), f"{counted(len(app.journal), 'request')}, {misses} without an answer, {unused} never asked for")
    return 0


@click.command("proxy", context_settings=_HELP)
@click.option("--record", "file", required=True, metavar="FILE", help="The cassette to write.")
@click.option("--target", required=True, metavar="URL", help="The server that is asked.")
@click.option("-p", "--port", type=_PORT, default=8000, show_default=True, help="0 takes any that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--mode",
    type=click.Choice(_RECORDING),
    default="new_episodes",
    show_default=True,
    help="As for `cassettes.use`: new_episodes answers what is recorded, and records the rest.",
)
def _proxy(file: str, target: str, port: int, host: str, mode: Any) -> int:
    """Stand before a server: pass requests on to it, and record what comes back.

    Point a client at this address instead of at the server. /__understudy__ lists what was asked.
    """
    parts = urlsplit(target if "://" in target else f"https://{target}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise click.UsageError(f"--target takes the URL of a server, such as https://api.example.com, not {target}")
    base = f"{parts.scheme}://{parts.netloc}{parts.path}"
    inner = AsyncHTTPTransport(http2=parts.scheme == "https")
    transport = CassetteTransport(file, mode, inner=inner)
    teller = _teller(out())
    app = Application(transport, [base], is_proxy=True, told=teller, advise=advise_proxy, at_end=inner.aclose)
    try:
        _listen(app, host, port, f"proxy for {base}, recording into {file}")
    finally:
        transport.cassette.close()
    recorded = len(transport.cassette.recorded)
    line(out(), f"{counted(len(app.journal), 'request')}, {counted(recorded, 'interaction')} recorded into {file}")
    return 0


class Reloading:
    """A cassette as a transport, opened again when the file has changed; a file that cannot be read stays unread."""

    def __init__(self, path: str, **settings: Any) -> None:
        self._path = path
        self._settings = settings
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self.transport: CassetteTransport = CassetteTransport(path, "none", **settings)

    async def handle_async_request(self, request: Any) -> Any:
        """Answer from the file as it is now."""
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                self._seen = stamp
                try:
                    self.transport = CassetteTransport(self._path, "none", **self._settings)
                except CassetteError as error:
                    line(err(), ("not reloaded: ", "bold red"), str(error))
                else:
                    line(err(), (f"reloaded {self._path}", "dim"))
        return await self.transport.handle_async_request(request)

    def _stamp(self) -> tuple[int, int]:
        try:
            found = os.stat(self._path)
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)


def _origins(tape: Cassette) -> list[str]:
    """Return the hosts that a tape holds, in the order of the file, those of its routes first."""
    found: dict[str, None] = {}
    if tape.settings.base_url:
        found[_origin(tape.settings.base_url)] = None
    if tape.router is not None:
        found.update(dict.fromkeys(tape.router.asgi().origins))
    for interaction in tape.interactions:
        found[_origin(interaction.request.url)] = None
    return list(found)


def _origin(url: str) -> str:
    parsed = URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"


def _teller(console: Console) -> Any:
    """Return what prints one line for each request."""

    def tell(entry: Entry) -> None:
        style = "red" if entry.status >= 500 else "yellow" if entry.status >= 400 else "green"
        end = (str(entry.status), style) if entry.status else ("interrupted", "yellow")
        clock = time.strftime("%H:%M:%S", time.localtime(entry.at))
        line(console, (f"{clock}  ", "dim"), f"{entry.method} {entry.target} -> ", end)
        if entry.miss is not None:
            for said in entry.miss.splitlines():
                line(console, (f"          {said}", "red"))

    return tell


def _listen(app: Application, host: str, port: int, what: str) -> None:
    """Run the server until it is interrupted, or told to end."""
    try:
        import uvicorn
    except ModuleNotFoundError as missing:
        raise click.UsageError("a server needs uvicorn: pip install 'understudy[serve]'") from missing

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise click.UsageError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    shown = f"[{host}]" if ":" in host else host
    at = f"http://{shown}:{listening.getsockname()[1]}"
    line(out(), what)
    line(out(), "  ", (at, "bold cyan"), f"  (what was asked: {at}/__understudy__; Ctrl-C ends)")
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="on",
        ws="none",
        interface="asgi3",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    # Whom a script has started in the background hears of nothing but SIGTERM, and has a tape to finish all the same.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        # uvicorn has ended in order, and hands the signal on.
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        listening.close()
