"""A layer of the user's own, held to its contract: it is awaited, and what it returns is a response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..messages.response import Response

if TYPE_CHECKING:
    from ..messages.request import Request
    from .stack import Layer, Send


class Kept:
    """Calls a layer, and says which one it was that returned something else."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer

    async def __call__(self, request: Request, send: Send) -> Response:
        answer: Any = self._layer(request, send)
        if not hasattr(answer, "__await__"):
            raise TypeError(f"the layer {self._name} is no `async def`: it returned {type(answer).__name__}")
        response: Any = await answer
        if not isinstance(response, Response):
            raise TypeError(
                f"the layer {self._name} returned {type(response).__name__}, no response: "
                "it ends with `return await send(request)`, or with a Response of its own"
            )
        return response

    @property
    def _name(self) -> str:
        return str(getattr(self._layer, "__qualname__", None) or type(self._layer).__qualname__)
