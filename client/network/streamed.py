"""A request's body that is a stream, taken piece by piece by either kind of client."""

from __future__ import annotations

from typing import Any

from ..bodies.streams import close_iterator
from .connection import BodyFailed


class StreamedBody:
    """What is left of a body."""

    __slots__ = ("_iterator", "_stream")

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._iterator: Any = None

    async def next(self, *, is_async: bool) -> bytes | None:
        """Return the next piece, or `None` at the end.

        Raises `BodyFailed` where the stream fails in a way that could be taken for the wire's.
        """
        stream = self._stream
        try:
            if is_async and hasattr(stream, "__aiter__"):
                if self._iterator is None:
                    self._iterator = stream.__aiter__()
                piece: bytes = await self._iterator.__anext__()
                return piece
            if not is_async and hasattr(stream, "__iter__"):
                if self._iterator is None:
                    self._iterator = iter(stream)
                return next(self._iterator, None)
        except StopAsyncIteration:
            return None
        except OSError as error:
            raise BodyFailed(error) from error
        wanted = "an asynchronous" if is_async else "a blocking"
        raise RuntimeError(f"the body of this request cannot be read by {wanted} client: {type(stream).__name__}")

    async def close(self, *, is_async: bool) -> None:
        """Let the caller's generator go, wherever it stands."""
        if self._iterator is None:
            return
        if is_async:
            await close_iterator(self._iterator)
            return
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()
