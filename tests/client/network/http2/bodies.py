"""Bodies of requests that are streamed, in blocking code and in asynchronous code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from understudy.client.bodies.streams import AsyncByteStream, SyncByteStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Pieces:
    """What became of a streamed body."""

    def __init__(self, pieces: tuple[bytes, ...]) -> None:
        self.pieces = pieces
        self.given = 0
        self.was_closed = False


def streamed(world: Any, *pieces: bytes) -> tuple[Pieces, Any]:
    """Return a body that can be streamed once, and its record."""
    record = Pieces(pieces)

    class SyncPieces(SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            try:
                for piece in pieces:
                    record.given += 1
                    yield piece
            finally:
                record.was_closed = True

    class AsyncPieces(AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                for piece in pieces:
                    record.given += 1
                    yield piece
            finally:
                record.was_closed = True

    return record, SyncPieces() if world.name == "blocking" else AsyncPieces()
