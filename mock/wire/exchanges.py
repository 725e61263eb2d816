"""One request and its response on the wire, as far as both versions of HTTP have it in common: what a server does when.

A server in memory runs in its client's flow: it acts when the client waits for something (`wanted`),
so that it needs no thread, and its waits take time on the router's clock.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any

from ...client import ByteStream
from ..acts import Act, Acts, Close, End, Flood, Frame, Message, Reset, Say, SayBody, SayHead, Silence
from ..colors import BLOCKING

if TYPE_CHECKING:
    from ...client import MemoryEnd, Response
    from ..colors import Color
    from ..replies.kinds import Performance

_PIECE = 65_536


class Exchange:
    """What the server is to do, and what it has heard."""

    def __init__(
        self,
        call: Performance,
        response: Response | None,
        acts: Acts,
        color: Color,
        *,
        is_early: bool,
        keeps_body: bool,
    ) -> None:
        self.call = call
        self.color = color
        self.acts = acts
        self.is_early = is_early
        self.response = response
        self.body = bytearray() if keeps_body else None
        """What has arrived of the request's body, where nobody else has it."""
        self.breaks_writing = False
        self.pauses_writing = False
        self._pieces: Any = None

    async def piece(self) -> bytes | None:
        """Return the next piece of the response's body, `None` after the last."""
        if self.response is None:
            return None
        if self._pieces is None:
            self._pieces = self._start(self.response.stream)
        if hasattr(self._pieces, "__anext__"):
            try:
                data: bytes = await self._pieces.__anext__()
            except StopAsyncIteration:
                return None
            return data
        return next(self._pieces, None)

    def _start(self, stream: Any) -> Any:
        if type(stream) is ByteStream:
            held = stream.held
            return iter([held[start : start + _PIECE] for start in range(0, len(held), _PIECE)])
        if self.color is not BLOCKING and hasattr(stream, "__aiter__"):
            return stream.__aiter__()
        return iter(stream)

    async def silence(self) -> None:
        """Say nothing for as long as the client waits; its patience raises."""
        await self.call.pause(inf, self.color)

    def close(self) -> None:
        """Let go of the response, for blocking code."""
        if hasattr(self._pieces, "close"):
            self._pieces.close()
        if self.response is not None:
            self.response.stream.close()  # type: ignore[union-attr]  # of a blocking call

    async def aclose(self) -> None:
        """Let go of the response, for asynchronous code."""
        if hasattr(self._pieces, "aclose"):
            await self._pieces.aclose()
        if self.response is not None:
            await self.response.stream.aclose()  # type: ignore[union-attr]  # of an asynchronous call

    def heard(self, data: bytes) -> None:
        """Note a piece of the request's body."""
        if self.body is not None:
            self.body += data


class ServerSide:
    """The server's side of one connection; a version of HTTP says how each act looks on the wire."""

    def __init__(self, end: MemoryEnd, exchange: Exchange, message: Message) -> None:
        self.end = end
        self.exchange = exchange
        self.message = message
        self.has_begun: bool = False
        self._acts: deque[Act] = deque(exchange.acts)
        self._left: int | None = None

    async def wanted(self, timeout: float | None) -> None:
        """Act until there is something for the client to read."""
        if not self.has_begun:
            return
        while not self.end.stream.is_readable():
            if not await self._act():
                return

    def begin(self) -> None:
        """Answer from now on: the request is complete, or needs not be."""
        self.has_begun = True
        if self.exchange.is_early and self._acts and isinstance(self._acts[0], SayHead):
            # At once, so that a client that is still sending sees it.
            act = self._acts.popleft()
            self.say_head(act.more)  # type: ignore[union-attr]  # a SayHead

    async def _act(self) -> bool:
        """Do the next act, or a part of it; return whether the client may hope for more."""
        act = self._acts[0] if self._acts else Silence()
        if isinstance(act, SayBody):
            return await self._say_body(act)
        if isinstance(act, Silence):
            await self.exchange.silence()
        elif isinstance(act, Flood):
            self._flood(act)
            return True
        self._acts.popleft()
        if isinstance(act, SayHead):
            self.say_head(act.more)
        elif isinstance(act, End):
            self.say_end()
        elif isinstance(act, Say):
            self.end.send(act.data)
        elif isinstance(act, Frame):
            self.say_frame(act)
        elif isinstance(act, Reset):
            self.end.reset()
        elif isinstance(act, Close):
            self.end.close()
        return True

    async def _say_body(self, act: SayBody) -> bool:
        if self._left is None:
            self._left = -1 if act.most is None else act.most
        if not self.has_room():
            return False
        data = None if self._left == 0 or self.message.is_bodiless else await self.exchange.piece()
        if data is None:
            self._acts.popleft()
        elif data:
            if self._left >= 0:
                data = data[: self._left]
                self._left -= len(data)
            self.say_piece(data)
        return True

    def _flood(self, act: Flood) -> None:
        if isinstance(act.piece, Frame):
            self.say_frame(act.piece)
            size = len(act.piece.payload)
        else:
            self.end.send(act.piece)
            size = len(act.piece)
        left = act.most - size
        self._acts[0] = act._replace(most=left)
        if left <= 0:
            self._acts.popleft()

    # What the versions of HTTP say

    def has_room(self) -> bool:
        """Whether a piece of the body may be sent."""
        return True

    def say_head(self, more: tuple[tuple[bytes, bytes], ...]) -> None:
        """Send the response's head."""
        raise NotImplementedError

    def say_piece(self, data: bytes) -> None:
        """Send a piece of the body."""
        raise NotImplementedError

    def say_end(self) -> None:
        """Send whatever ends the response."""
        raise NotImplementedError

    def say_frame(self, frame: Frame) -> None:
        """Send a frame of HTTP/2."""
        raise NotImplementedError
