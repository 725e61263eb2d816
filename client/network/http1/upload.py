"""A request's body on its way out, in the pieces that are written one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import LocalProtocolError
from .framing import CHUNKED

if TYPE_CHECKING:
    from .request_head import RequestPlan

_PIECE = 65_536


class Upload:
    """The pieces of a body, framed as they were announced."""

    __slots__ = ("_ended", "_iterator", "_left", "_plan", "_request")

    def __init__(self, request: Any, plan: RequestPlan) -> None:
        self._request = request
        self._plan = plan
        self._left = plan.length
        self._iterator: Any = None
        self._ended = False

    async def next(self, *, is_async: bool) -> bytes | None:
        """Return the next piece to send, or `None` at the end."""
        while not self._ended:
            piece = await self._next_piece(is_async)
            if piece is None:
                self._ended = True
                return self._ending()
            if not piece:
                continue
            if self._plan.length == CHUNKED:
                return b"%x\r\n%b\r\n" % (len(piece), piece)
            if len(piece) > self._left:
                raise LocalProtocolError(
                    f"the body has more than the {self._plan.length} bytes that Content-Length says",
                    request=self._request,
                )
            self._left -= len(piece)
            return bytes(piece)
        return None

    async def close(self, *, is_async: bool) -> None:
        """Let the caller's generator go, wherever it stands."""
        close = getattr(self._iterator, "aclose" if is_async else "close", None)
        if close is not None:
            closing = close()
            if is_async:
                await closing

    def _ending(self) -> bytes | None:
        if self._plan.length == CHUNKED:
            return b"0\r\n\r\n"
        if self._left:
            raise LocalProtocolError(
                f"the body ended {self._left} bytes before the {self._plan.length} that Content-Length says",
                request=self._request,
            )
        return None

    async def _next_piece(self, is_async: bool) -> bytes | None:
        content = self._plan.content
        if content is not None:
            if self._iterator is None:
                self._iterator = iter(_slices(content))
            return next(self._iterator, None)
        stream = self._request.stream
        if is_async and hasattr(stream, "__aiter__"):
            if self._iterator is None:
                self._iterator = stream.__aiter__()
            try:
                piece: bytes = await self._iterator.__anext__()
            except StopAsyncIteration:
                return None
            return piece
        if not is_async and hasattr(stream, "__iter__"):
            if self._iterator is None:
                self._iterator = iter(stream)
            return next(self._iterator, None)
        wanted = "an asynchronous" if is_async else "a blocking"
        raise RuntimeError(f"the body of this request cannot be read by {wanted} client: {type(stream).__name__}")


def _slices(content: bytes) -> list[bytes]:
    return [content[start : start + _PIECE] for start in range(0, len(content), _PIECE)]
