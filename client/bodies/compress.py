"""Content codings done to a request's body, as it is sent: gzip, and zstd where it is installed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, cast

from .streams import AsyncByteStream, ByteStream, SyncByteStream, close_iterator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["compress_body", "compress_bytes"]


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def compress_body(
    stream: SyncByteStream | AsyncByteStream, coding: str
) -> tuple[dict[str, str], SyncByteStream | AsyncByteStream]:
    """Return the header fields that frame and describe a compressed body, and its stream.

    A body in memory is compressed at once and has a Content-Length;
    any other goes out chunked, compressed piece by piece.
    The fields replace Content-Length and Transfer-Encoding of the body as it was.
    """
    if isinstance(stream, ByteStream):
        body = compress_bytes(b"".join(stream), coding)
        return {"Content-Encoding": coding, "Content-Length": str(len(body))}, ByteStream(body)
    _compressor(coding)
    made: SyncByteStream | AsyncByteStream
    if isinstance(stream, SyncByteStream) and isinstance(stream, AsyncByteStream):
        made = _CompressedStream(stream, coding)
    elif isinstance(stream, SyncByteStream):
        made = _CompressedSyncStream(stream, coding)
    else:
        made = _CompressedAsyncStream(stream, coding)
    return {"Content-Encoding": coding, "Transfer-Encoding": "chunked"}, made


def compress_bytes(content: bytes, coding: str) -> bytes:
    """Return content, compressed; the same content always gives the same bytes."""
    compressor = _compressor(coding)
    return compressor.compress(content) + compressor.flush()


def _compressor(coding: str) -> _Compressor:
    if coding == "gzip":
        import zlib

        # 16 more than the window asks for gzip's wrapper, whose time stamp is then zero.
        return zlib.compressobj(wbits=31)
    if coding == "zstd":
        from importlib import import_module

        try:
            package: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
        except ImportError as error:
            raise ValueError(
                "compressing with zstd needs Python 3.14, or the extra: pip install 'understudy[zstd]'"
            ) from error
        return cast("_Compressor", package.ZstdCompressor())
    raise ValueError(f"bodies can be compressed with 'gzip' and 'zstd', not {coding!r}")


class _Compressed:
    """What the streams below share."""

    def __init__(self, stream: SyncByteStream | AsyncByteStream, coding: str) -> None:
        self._stream = stream
        self._coding = coding

    @property
    def is_replayable(self) -> bool:
        """Whether the body beneath can be sent again."""
        return self._stream.is_replayable


class _CompressedSyncStream(_Compressed, SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        compressor = _compressor(self._coding)
        for chunk in cast("SyncByteStream", self._stream):
            if packed := compressor.compress(chunk):
                yield packed
        yield compressor.flush()

    def close(self) -> None:
        cast("SyncByteStream", self._stream).close()


class _CompressedAsyncStream(_Compressed, AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        compressor = _compressor(self._coding)
        chunks = cast("AsyncByteStream", self._stream).__aiter__()
        try:
            async for chunk in chunks:
                if packed := compressor.compress(chunk):
                    yield packed
        finally:
            await close_iterator(chunks)
        yield compressor.flush()

    async def aclose(self) -> None:
        await cast("AsyncByteStream", self._stream).aclose()


class _CompressedStream(_CompressedSyncStream, _CompressedAsyncStream):
    """For a body that serves both worlds."""
