"""Bodies that can be streamed once, kept as they go out, so that they can go out again.

Up to a limit: beyond it the kept part is dropped, and a second sending says so instead of sending half a body.
A second sending may begin before the first has finished: it repeats what was kept, then goes on with the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ..errors import StreamConsumed
from .streams import AsyncByteStream, SyncByteStream, close_iterator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["SPOOL_LIMIT", "AsyncSpooledStream", "SpooledStream"]

SPOOL_LIMIT = 1_048_576
"""How many bytes are kept."""

Source = TypeVar("Source")


class _Kept(Generic[Source]):
    """What has gone out so far, and where the rest comes from."""

    def __init__(self, source: Source, limit: int) -> None:
        self.source = source
        self.chunks: list[bytes] | None = []
        self._size = 0
        self._limit = limit

    def begin(self) -> list[bytes]:
        if self.chunks is None:
            raise StreamConsumed(
                f"this body was streamed, and is larger than the {self._limit:,} bytes kept to send it again: "
                "raise the limit, or pass bytes or a seekable file"
            )
        return self.chunks

    def add(self, chunk: bytes) -> None:
        if self.chunks is None:
            return
        self._size += len(chunk)
        if self._size > self._limit:
            self.chunks = None
        else:
            self.chunks.append(chunk)


class SpooledStream(SyncByteStream):
    """A one-shot body that can be sent again as long as it is no larger than `limit`."""

    def __init__(self, stream: SyncByteStream, *, limit: int = SPOOL_LIMIT) -> None:
        self._stream = stream
        self._kept = _Kept(iter(stream), limit)

    @property
    def is_replayable(self) -> bool:
        """Whether all that has gone out is still here."""
        return self._kept.chunks is not None

    def __iter__(self) -> Iterator[bytes]:
        # A copy: what is added while this sending goes on is what it takes from the source itself.
        yield from tuple(self._kept.begin())
        for chunk in self._kept.source:
            self._kept.add(chunk)
            yield chunk

    def close(self) -> None:
        self._stream.close()


class AsyncSpooledStream(AsyncByteStream):
    """An asynchronous one-shot body that can be sent again as long as it is no larger than `limit`."""

    def __init__(self, stream: AsyncByteStream, *, limit: int = SPOOL_LIMIT) -> None:
        self._stream = stream
        self._kept = _Kept(stream.__aiter__(), limit)

    @property
    def is_replayable(self) -> bool:
        """Whether all that has gone out is still here."""
        return self._kept.chunks is not None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in tuple(self._kept.begin()):
            yield chunk
        async for chunk in self._kept.source:
            self._kept.add(chunk)
            yield chunk

    async def aclose(self) -> None:
        await close_iterator(self._kept.source)
        await self._stream.aclose()
