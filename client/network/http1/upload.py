"""A request's body on its way out, in the pieces that are written one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...errors import LocalProtocolError
from ..streamed import StreamedBody
from .framing import CHUNKED

if TYPE_CHECKING:
    from .request_head import RequestPlan

_PIECE = 65_536


class Upload:
    """The pieces of a body, framed as they were announced."""

    __slots__ = ("_ended", "_first", "_left", "_plan", "_request", "_slices", "_streamed")

    def __init__(self, request: Any, plan: RequestPlan) -> None:
        self._request = request
        self._plan = plan
        self._left = plan.length
        self._slices = None if plan.content is None else iter(_slices(plan.content))
        self._streamed = StreamedBody(request.stream)
        self._first: bytes | None = None
        self._ended = False

    async def has_anything(self, *, is_async: bool) -> bool:
        """Wait for the first piece of a stream of which nothing was announced; say whether there is one."""
        while not self._first:
            self._first = await self._streamed.next(is_async=is_async)
            if self._first is None:
                self._ended = True
                return False
        return True

    async def next(self, *, is_async: bool) -> bytes | None:
        """Return the next piece to send, or `None` at the end."""
        while not self._ended:
            piece: bytes | None
            if self._first:
                piece, self._first = self._first, None
            elif self._slices is None:
                piece = await self._streamed.next(is_async=is_async)
            else:
                piece = next(self._slices, None)
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
        await self._streamed.close(is_async=is_async)

    def _ending(self) -> bytes | None:
        if self._plan.length == CHUNKED:
            return b"0\r\n\r\n"
        if self._left:
            raise LocalProtocolError(
                f"the body ended {self._left} bytes before the {self._plan.length} that Content-Length says",
                request=self._request,
            )
        return None


def _slices(content: bytes) -> list[bytes]:
    return [content[start : start + _PIECE] for start in range(0, len(content), _PIECE)]
