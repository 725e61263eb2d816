"""Bodies as streams of bytes, for blocking code, for asynchronous code, and for both."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

from ..errors import StreamConsumed

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator


class SyncByteStream:
    """A body that blocking code iterates.

    Subclasses yield `bytes` from `__iter__`; empty pieces mean nothing.
    `close` may be called at any time, more than once, and frees what the stream holds.
    """

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again; a stream that does not know says no."""
        return False

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError("a SyncByteStream must say its `__iter__`")
        yield b""

    def close(self) -> None:
        """Free what the stream holds; nothing by default."""


class AsyncByteStream:
    """A body that asynchronous code iterates; see `SyncByteStream`."""

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again; a stream that does not know says no."""
        return False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raise NotImplementedError("an AsyncByteStream must say its `__aiter__`")
        yield b""

    async def aclose(self) -> None:
        """Free what the stream holds; nothing by default."""


def checked_stream(stream: Any) -> SyncByteStream | AsyncByteStream:
    """Return what may be given as `stream=`."""
    if isinstance(stream, (SyncByteStream, AsyncByteStream)):
        return stream
    raise TypeError(
        f"stream= is a SyncByteStream or an AsyncByteStream, not {type(stream).__name__}; "
        "pass bytes, text, files and iterables as content="
    )


class ByteStream(AsyncByteStream, SyncByteStream):
    """A body held in memory: for both worlds, as often as you like.

    A subclass whose `held` is a property is asked for it, and not iterated, where the whole body is wanted.
    """

    def __init__(self, stream: bytes) -> None:
        self.held = stream

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again: always."""
        return True

    def __iter__(self) -> Iterator[bytes]:
        yield self.held

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.held

    def __repr__(self) -> str:
        return f"<ByteStream [{len(self.held)} bytes]>"


class PiecesStream(AsyncByteStream, SyncByteStream):
    """A body held in memory in the pieces that it was given in: for both worlds, as often as you like."""

    def __init__(self, pieces: Iterable[object]) -> None:
        self._pieces = [as_bytes(piece) for piece in pieces]

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again: always."""
        return True

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class UnattachedStream(AsyncByteStream, SyncByteStream):
    """What stands where a stream was, once its message has been pickled."""

    def __iter__(self) -> Iterator[bytes]:
        raise StreamConsumed("this body was a live stream before its message was pickled, and could not travel along")
        yield b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        raise StreamConsumed("this body was a live stream before its message was pickled, and could not travel along")
        yield b""


class IteratorByteStream(SyncByteStream):
    """A body made from any iterable of bytes; an iterator can be streamed once, a list again and again."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream
        self._is_one_shot = iter(stream) is stream
        self._is_consumed = False

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again."""
        return not self._is_one_shot

    def __iter__(self) -> Iterator[bytes]:
        if self._is_consumed and self._is_one_shot:
            raise StreamConsumed
        self._is_consumed = True
        try:
            for chunk in self._stream:
                yield chunk if type(chunk) is bytes else as_bytes(chunk)
        finally:
            # Its own `finally` runs now, though the caller may still hold it. A file is the caller's to close.
            stream: Any = self._stream
            if isinstance(stream, Generator):
                stream.close()


class AsyncIteratorByteStream(AsyncByteStream):
    """A body made from any asynchronous iterable of bytes; an iterator can be streamed once."""

    def __init__(self, stream: AsyncIterable[bytes]) -> None:
        self._stream = stream
        self._is_one_shot = stream.__aiter__() is stream
        self._is_consumed = False

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again."""
        return not self._is_one_shot

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._is_consumed and self._is_one_shot:
            raise StreamConsumed
        self._is_consumed = True
        iterator = self._stream.__aiter__()
        try:
            async for chunk in iterator:
                yield chunk if type(chunk) is bytes else as_bytes(chunk)
        finally:
            await close_iterator(iterator)


async def close_iterator(iterator: AsyncIterator[bytes]) -> None:
    """Close an asynchronous generator where it stands; other iterators have nothing to close.

    Left to the garbage collector, its `finally` would run nobody knows when, and trio would complain.
    """
    close = getattr(iterator, "aclose", None)
    if close is not None:
        await close()


def as_bytes(chunk: object) -> bytes:
    """Return a piece of a body as `bytes`; a `TypeError` for text, which has no encoding yet, and for anything else."""
    if isinstance(chunk, bytes):
        return chunk
    if isinstance(chunk, (bytearray, memoryview)):
        return bytes(cast("bytearray", chunk))
    raise TypeError(f"a body is made of bytes, but its stream gave {type(chunk).__name__}: encode text first")
