"""A transport as an ASGI application: a cassette, or a cassette in front of a real server, for callers of any kind.

Theory of operation

1. A caller speaks to this machine, and a cassette holds other hosts. The request is tried at the host that the caller
   names, where that is one of the cassette's, and then at each of the cassette's own, in the order of the file.
   A proxy has one target, and asks for nothing else.
2. What no recording answers is 501 with the report of the miss; a recorded timeout is 504, another failure 502.
3. Fields that are about one connection (RFC 9110, section 7.6.1) do not pass, in either direction.
4. Everything is in the journal, the latest last, as many entries as it holds. `/__understudy__` shows it, as a page or
   as JSON.
"""

from __future__ import annotations

import html
import json
import time
from collections import deque
from collections.abc import Awaitable, MutableMapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import quote, urlsplit

from ..client import URL, Headers, HTTPError, InvalidURL, Request, TimeoutException
from .errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..client import Response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JOURNAL = "/__understudy__"
UNMATCHED, FAILED, TOO_LATE = 501, 502, 504
_KEPT = 1_000
# What belongs to one connection.
_OF_CONNECTIONS = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)


@dataclass
class Entry:
    """One request that came in, and what became of it."""

    at: float
    method: str
    target: str
    url: str
    status: int
    took: float
    miss: str | None = None
    """The report, where nothing answered."""

    @property
    def is_miss(self) -> bool:
        """Whether no recording answered."""
        return self.status == UNMATCHED


class Application:
    """An ASGI application that gives requests to a transport.

    `origins` are the hosts that it stands for; `is_proxy` says that it stands for one and sends everything there.
    `told` is called with every entry of the journal, and `advise` with a miss, to say what helps where this runs;
    `at_end` when the server shuts down, while its event loop still runs.
    """

    def __init__(
        self,
        transport: Any,
        origins: Iterable[str],
        *,
        is_proxy: bool = False,
        told: Callable[[Entry], None] = lambda entry: None,
        advise: Callable[[CassetteError], None] = lambda error: None,
        at_end: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.transport = transport
        self.origins: tuple[str, ...] = tuple(dict.fromkeys(origin.rstrip("/") for origin in origins))
        self.journal: deque[Entry] = deque(maxlen=_KEPT)
        self._is_proxy = is_proxy
        self._told = told
        self._advise = advise
        self._at_end = at_end

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self._live(receive, send)
        elif kind == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "there are no WebSockets here"})
        elif scope["path"] == JOURNAL:
            await self._show(scope, send)
        else:
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            is_last = message["type"] == "lifespan.shutdown"
            if is_last and self._at_end is not None:
                await self._at_end()
            await send({"type": f"{message['type']}.complete"})
            if is_last:
                return

    # Answering

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _body_of(receive)
        if body is None:
            return
        started = time.perf_counter()
        entry = Entry(time.time(), scope["method"], _target(scope), "", 0, 0.0)
        try:
            response = await self._asked(scope, body, entry)
        except CassetteError as error:
            self._advise(error)
            entry.miss = str(error)
            await self._say(send, entry, UNMATCHED, f"{error}\n")
        except HTTPError as error:
            status = TOO_LATE if isinstance(error, TimeoutException) else FAILED
            await self._say(send, entry, status, f"{type(error).__name__}: {error}\n")
        except (InvalidURL, ValueError) as error:
            await self._say(send, entry, 400, f"{error}\n")
        else:
            entry.status = response.status_code
            await self._play(response, entry, send)
        finally:
            entry.took = time.perf_counter() - started
            self.journal.append(entry)
            self._told(entry)

    async def _asked(self, scope: Message, body: bytes, entry: Entry) -> Response:
        """Return what the transport answers at the first of the hosts that has an answer."""
        fields = [(bytes(name), bytes(value)) for name, value in scope["headers"]]
        missed: CassetteError | None = None
        for origin in self._tried(scope, fields):
            entry.url = f"{origin}{entry.target}"
            request = Request(entry.method, URL(entry.url), headers=_passed(fields, URL(origin)), content=body)
            try:
                response: Response = await self.transport.handle_async_request(request)
            except CassetteError as error:
                missed = missed or error
            else:
                return response
        if missed is None:
            missed = CassetteError("this application stands for no host at all")
        raise missed

    def _tried(self, scope: Message, fields: Sequence[tuple[bytes, bytes]]) -> Iterable[str]:
        if self._is_proxy:
            return self.origins
        hosts = [value.decode("latin-1") for name, value in fields if name == b"host"]
        named = [origin for origin in self.origins if hosts and urlsplit(origin).netloc == hosts[0]]
        own = f"{scope.get('scheme', 'http')}://{hosts[0]}" if hosts else ""
        return dict.fromkeys([*named, *self.origins, *([own] if own else [])])

    async def _play(self, response: Response, entry: Entry, send: Send) -> None:
        fields = [
            (name.lower(), self._homeward(name, value))
            for name, value in response.headers.raw
            if name.decode("latin-1").lower() not in _OF_CONNECTIONS
        ]
        try:
            await send({"type": "http.response.start", "status": response.status_code, "headers": fields})
            if entry.method != "HEAD":
                async for piece in response.aiter_raw():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await response.aclose()

    def _homeward(self, name: bytes, value: bytes) -> bytes:
        """Let redirects and cookies of the host lead to where the caller is: to this application."""
        if name.lower() == b"location":
            for origin in self.origins:
                if value == origin.encode() or value.startswith(f"{origin}/".encode()):
                    return value[len(origin) :] or b"/"
        if name.lower() == b"set-cookie":
            parts = value.split(b";")
            kept = [part for part in parts[1:] if not part.strip().lower().startswith(b"domain=")]
            return b";".join([parts[0], *kept])
        return value

    async def _say(self, send: Send, entry: Entry, status: int, text: str) -> None:
        entry.status = status
        await _respond(send, status, "text/plain; charset=utf-8", text)

    # The journal

    async def _show(self, scope: Message, send: Send) -> None:
        wanted = Headers([(bytes(name), bytes(value)) for name, value in scope["headers"]]).get("accept", "")
        query: bytes = scope.get("query_string", b"")
        if "json" in wanted or b"json" in query:
            await _respond(send, 200, "application/json", json.dumps(self.as_data(), indent=2) + "\n")
        else:
            await _respond(send, 200, "text/html; charset=utf-8", self._page())

    def as_data(self) -> dict[str, Any]:
        """Return the journal as JSON could say it."""
        return {
            "origins": list(self.origins),
            "requests": len(self.journal),
            "misses": sum(1 for entry in self.journal if entry.is_miss),
            "journal": [asdict(entry) for entry in self.journal],
        }

    def _page(self) -> str:
        rows = "".join(
            f'<tr class="{"miss" if entry.is_miss else ""}"><td>{time.strftime("%H:%M:%S", time.localtime(entry.at))}'
            f"<td>{html.escape(entry.method)}<td>{html.escape(entry.target)}<td>{entry.status}"
            f"<td>{entry.took * 1000:.0f} ms<td><pre>{html.escape(entry.miss or '')}</pre>"
            for entry in reversed(self.journal)
        )
        misses = sum(1 for entry in self.journal if entry.is_miss)
        return _PAGE.format(
            requests=len(self.journal), misses=misses, origins=html.escape(", ".join(self.origins)), rows=rows
        )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>understudy: what was asked</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.4 system-ui, sans-serif; margin: 20px; }}
table {{ border-collapse: collapse; width: 100%; }}
td {{ border-top: 1px solid #8884; padding: 4px 12px 4px 0; vertical-align: top; font-variant-numeric: tabular-nums; }}
.miss td {{ color: light-dark(#b3261e, #ff8a80); }}
pre {{ margin: 0; white-space: pre-wrap; }}
</style></head><body>
<h1>{requests} requests, {misses} without an answer</h1>
<p>Standing for {origins}. As JSON: <a href="?json">?json</a></p>
<table>{rows}</table>
</body></html>
"""


def _target(scope: Message) -> str:
    path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    query: bytes = scope.get("query_string", b"")
    return (path + b"?" + query if query else path).decode("ascii", "backslashreplace")


def _passed(fields: Sequence[tuple[bytes, bytes]], origin: URL) -> list[tuple[bytes, bytes]]:
    """Return the fields that go on: without those of the connection, and with the host that is meant."""
    kept = [
        (name, value)
        for name, value in fields
        if name.decode("latin-1") not in _OF_CONNECTIONS and name not in (b"host", b"content-length")
    ]
    return [(b"Host", origin.netloc), *kept]


async def _body_of(receive: Receive) -> bytes | None:
    """Return the request's body; `None` where the caller has gone."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


async def _respond(send: Send, status: int, media: str, text: str) -> None:
    body = text.encode()
    fields = [(b"content-type", media.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body, "more_body": False})
