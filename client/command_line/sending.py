"""One request of the command line: sent, shown, saved, timed."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

from ..client import Client
from ..network.backends.blocking import BlockingBackend
from ..transports.network import HTTPTransport
from ..transports.proxies import environment_mounts
from . import failures, presenting
from .stopwatch import Stopwatch
from .tapes import tape
from .terminal import err, harmless, line, out
from .waterfall import draw

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import ExitStack

    from rich.console import Console

    from ..messages.response import Response
    from ..network.proxy import Proxy
    from ..urls import URL

# In the order in which they are opened: what comes last is asked first, and listens to what stands behind it.
TAPES = ("record", "replay", "har")
_STREAMED = ("text/event-stream", "application/x-ndjson", "application/ndjson", "application/jsonl")


@dataclass(frozen=True)
class Wish:
    """What a command line asks for, as the client takes it."""

    method: str
    url: URL
    options: dict[str, Any]
    client: dict[str, Any]
    network: dict[str, Any]
    proxy: Proxy | None
    tapes: dict[str, str]
    download: str | None
    include: bool
    verbose: bool
    show_secrets: bool
    trace: bool


def send(wish: Wish, stack: ExitStack) -> int:
    """Send the request, show what comes back, and return the exit status."""
    screen, notes = out(), err()
    watch = Stopwatch(noting(notes, wish.verbose))
    if wish.trace:
        warm_up(wish.url, wish.network["verify"])
    client = client_for(watch, wish.network, wish.proxy, **wish.client)
    for kind in TAPES:
        if kind in wish.tapes:
            stack.enter_context(tape(kind, wish.tapes[kind]))
    stack.enter_context(client)
    options: dict[str, Any] = dict(wish.options)
    if wish.trace or wish.verbose:
        options["extensions"] = {"trace": watch.trace}
    try:
        if wish.download:
            return _save(client, wish, options, notes)
        with client.stream(wish.method, wish.url, **options) as response:
            _heads(screen, notes, response, wish)
            _body(screen, response)
            _hint(notes, response)
            return failures.ERROR_STATUS if response.is_error else failures.SUCCESS
    finally:
        if wish.trace:
            draw(notes, watch.hops)


def noting(notes: Console, wanted: bool) -> Callable[[str], None]:
    """Return what prints a note as it comes, where notes are wanted."""

    def note(said: str) -> None:
        if wanted:
            line(notes, (f"* {harmless(said)}", "dim"))

    return note


def warm_up(url: URL, verify: bool) -> None:
    """Do what the first request of a process does once, so that it is not mistaken for time on the wire."""
    from importlib import import_module

    for name in ("connect", "pool"):
        import_module(f"..network.{name}", __package__)
    if url.scheme == "https":
        from ..network.tls import create_ssl_context

        with contextlib.suppress(OSError):  # whoever connects will say it better
            create_ssl_context(verify)


def client_for(watch: Stopwatch, network: dict[str, Any], proxy: Proxy | None, **options: Any) -> Client:
    """Return a client that tells the stopwatch what it does; the environment's proxies are used as always."""
    backend = BlockingBackend(resolver=watch.resolve)

    def transport(through: Proxy | str | None) -> HTTPTransport:
        return HTTPTransport(network=backend, proxy=through, **network)

    return Client(
        transport=transport(proxy),
        mounts={} if proxy else environment_mounts(transport),
        event_hooks=watch.hooks,
        **options,
    )


def _heads(screen: Console, notes: Console, response: Response, wish: Wish) -> None:
    """Print the heads where they are wanted: on a terminal, in a pipe with `--include`, else as a note."""
    console = screen if screen.is_terminal or wish.include else notes
    if console is notes and not wish.verbose:
        return
    for answer in [*response.history, response] if wish.verbose else [response]:
        if wish.verbose:
            presenting.request_head(console, answer.request, answer.http_version, with_secrets=wish.show_secrets)
        presenting.response_head(console, answer, with_secrets=wish.show_secrets)


def _body(screen: Console, response: Response) -> None:
    content_type = response.headers.get("content-type", "")
    if not screen.is_terminal:
        binary = sys.stdout.buffer
        screen.file.flush()
        for piece in response.iter_bytes():
            binary.write(piece)
            binary.flush()
        return
    kind = content_type.partition(";")[0].strip().lower()
    # Text whose length nobody knows yet may be a log that is still being written.
    if kind in _STREAMED or (kind == "text/plain" and "content-length" not in response.headers):
        for text in response.iter_text():
            sys.stdout.write(harmless(text))
            sys.stdout.flush()
        return
    presenting.body(screen, response.read(), response.text, content_type)


def _hint(notes: Console, response: Response) -> None:
    if response.next_request is not None and notes.is_terminal:
        target = harmless(response.next_request.url.redacted)
        line(notes, (f"* leads to {target}; --follow-redirects goes there", "dim"))


def _save(client: Client, wish: Wish, options: dict[str, Any], notes: Console) -> int:
    options = {name: value for name, value in options.items() if name in ("headers", "extensions")}
    path = wish.download or ""
    with _progress(notes, path) as on_progress:
        done = client.download(wish.url, path, on_progress=on_progress, **options)
    resumed = f", {done.resumed_from:,} of them were there already" if done.resumed_from else ""
    line(notes, (f"* {done.size:,} bytes in {harmless(done.path)}{resumed}", "dim"))
    return failures.SUCCESS


@contextlib.contextmanager
def _progress(notes: Console, path: str) -> Generator[Callable[[int, int | None], None] | None]:
    """Show a bar on a terminal, and yield the function that moves it."""
    if not notes.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=notes) as progress:
        task = progress.add_task(harmless(os.path.basename(path)), total=None)
        yield lambda had, total: progress.update(task, completed=had, total=total)
