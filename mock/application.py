"""A router as an ASGI application: any server can run it, for callers that are not Python.

Theory of operation

1. A request's URL is what its Host field says. Where no route is for that host, the application stands for the hosts
   that its routes name: they are tried in the order of the routes. So `curl http://127.0.0.1:8000/users/1` meets a
   route for `https://api.test/users/{id}`.
2. A request that no route answers gets status 501 and the report of the miss as text, and is in `router.misses`.
3. A handler that raises gets 500 and says which.
4. A fault in the body cuts the connection. One that strikes before is not for an application to play: uvicorn lets it
   reach the connection all the same; under other servers, and where there should not even be a connection, the answer
   is 502 or 504 with the name of the error that a client would have seen.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Awaitable, MutableMapping
from typing import TYPE_CHECKING, Any, Callable
from urllib.parse import quote

from ..client import URL, HTTPError, InvalidURL, Request, TimeoutException
from .acts import Close, Flood, Reset, Say, SayBody, SayHead, Silence
from .colors import ASYNCHRONOUS
from .errors import UnmatchedRequest
from .layers import RouterLayer
from .matching.criteria import HostCriterion, PortCriterion, SchemeCriterion
from .matching.facts import Facts
from .places import NOWHERE, Place
from .routing.misses import Miss

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..client import Response
    from .routing.resolution import Script
    from .routing.routes import Route

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

UNMATCHED = 501
_COMPARED_MOST = 20
_FLOOD_MOST = 1024 * 1024

_PLAYED = (Close, Flood, Reset, Say, Silence)
_OF_CONNECTIONS = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"upgrade"})


class RouterApp:
    """An ASGI application that answers as the routes say; what `router.asgi()` returns."""

    def __init__(self, script: Script) -> None:
        self._script = script

    @property
    def origins(self) -> list[str]:
        """The origins that the routes name, in their order."""
        return origins(self._script.routes)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await _live(receive, send)
        elif kind == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "a router answers no WebSockets"})
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _body_of(receive)
        if body is None:
            return
        caller = scope.get("client") or ("an unknown caller", 0)
        try:
            request = self._request(scope, body)
        except (HTTPError, InvalidURL, ValueError) as error:
            await _say(send, 400, f"this request cannot be matched: {error}\n")
            return
        layer = RouterLayer(self._script, None, True)
        try:
            response = await layer.answer(request, ASYNCHRONOUS, Place(str(caller[0]), int(caller[1])))
        except UnmatchedRequest as miss:
            await _say(send, UNMATCHED, f"{miss}\n")
        except HTTPError as error:
            if not await _broken(error, send, receive):
                status = 504 if isinstance(error, TimeoutException) else 502
                await _say(send, status, f"{type(error).__name__}: {error}\n")
        except Exception as error:
            await _say(send, 500, f"{type(error).__name__}: {error}\n")
        else:
            await _play(response, send, receive, is_head=request.method == "HEAD")

    def _request(self, scope: Message, body: bytes) -> Request:
        """Return the request, at the URL at which a route answers it, if any does."""
        fields: list[tuple[bytes, bytes]] = [(bytes(name), bytes(value)) for name, value in scope["headers"]]
        hosts = [value for name, value in fields if name == b"host"]
        path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        query: bytes = scope.get("query_string", b"")
        target = (path + b"?" + query if query else path).decode("ascii")
        own = f"{scope.get('scheme', 'http')}://{hosts[0].decode('ascii') if hosts else _server_of(scope)}"
        tried: list[Request] = []
        for origin in (own, *origins(self._script.routes)):
            request = Request(scope["method"], URL(origin + target), headers=fields, content=body)
            if self._script.choose(Facts(request), counts=False) is not None:
                return request
            tried.append(request)
        # The one that says most about what is amiss.
        return min(tried[:_COMPARED_MOST], key=self._distance)

    def _distance(self, request: Request) -> float:
        near = Miss(Facts(request), NOWHERE, self._script.routes, {}).near()
        return near[0].distance if near else 1.0

    def __repr__(self) -> str:
        return f"<RouterApp of {self._script!r}>"


def origins(routes: Iterable[Route]) -> list[str]:
    """Return the origins that routes name, in their order, each once."""
    found: dict[str, None] = {}
    for route in routes:
        host: str | None = None
        scheme = "https"
        port = ""
        for criterion in route.criteria:
            if isinstance(criterion, HostCriterion):
                host = criterion.host.literal
            elif isinstance(criterion, SchemeCriterion):
                scheme = criterion.scheme
            elif isinstance(criterion, PortCriterion):
                port = f":{criterion.port}"
        if host is not None:
            found[f"{scheme}://{f'[{host}]' if ':' in host else host}{port}"] = None
    return list(found)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


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


async def _play(response: Response, send: Send, receive: Receive, *, is_head: bool) -> None:
    """Send a response, piece by piece where it streams; an error in its body goes to the server, which cuts it."""
    fields = [(name.lower(), value) for name, value in response.headers.raw if name.lower() not in _OF_CONNECTIONS]
    try:
        await send({"type": "http.response.start", "status": response.status_code, "headers": fields})
        if not is_head:
            async for piece in response.aiter_raw():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    except HTTPError as error:
        if not await _broken(error, send, receive):
            raise
    finally:
        await response.aclose()


async def _broken(error: HTTPError, send: Send, receive: Receive) -> bool:
    """Do to the connection what the fault says that this error stands for; return whether that was possible."""
    acts = getattr(error, "mocked_acts", ())
    connected = getattr(getattr(send, "__self__", None), "transport", None)
    played = [act for act in acts if not isinstance(act, (SayHead, SayBody))]
    if connected is None or not played or not all(isinstance(act, _PLAYED) for act in played):
        return False
    for act in played:
        if isinstance(act, Say):
            connected.write(act.data)
        elif isinstance(act, Flood) and isinstance(act.piece, bytes):
            for _ in range(_FLOOD_MOST // len(act.piece)):
                connected.write(act.piece)
        elif isinstance(act, Silence):
            while (await receive())["type"] != "http.disconnect":
                pass
        elif isinstance(act, Reset):
            # With nothing to linger for, closing is RST.
            connected.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connected.abort()
        elif isinstance(act, Close):
            connected.close()
    return True


async def _say(send: Send, status: int, text: str) -> None:
    body = text.encode()
    fields = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _server_of(scope: Message) -> str:
    server = scope.get("server") or ("localhost", None)
    return f"{server[0]}:{server[1]}" if server[1] else str(server[0])
