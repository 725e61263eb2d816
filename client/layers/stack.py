"""One concern, one layer: what a request passes on its way to the transport, and its response on the way back."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Callable, Protocol

from ..messages.request import Request
from ..messages.response import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

Send = Callable[[Request], Awaitable[Response]]
"""Sends one request and returns its response, not yet read."""


class Layer(Protocol):
    """One concern around a request: change it, send it (or not, or twice), change what comes back.

    A layer closes or reads every response that it does not return.
    """

    async def __call__(self, request: Request, send: Send) -> Response:
        """Answer the request, mostly by `await send(request)`."""
        ...


def stack(layers: Sequence[Layer], send: Send) -> Send:
    """Put layers around `send`; the first one is the outermost."""
    for layer in reversed(layers):
        send = _around(layer, send)
    return send


def _around(layer: Layer, send: Send) -> Send:
    def sending(request: Request) -> Awaitable[Response]:
        return layer(request, send)

    return sending
