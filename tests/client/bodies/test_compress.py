"""Request bodies compressed: in memory at once, streams piece by piece."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

from understudy.client.bodies.compress import compress_body, compress_bytes
from understudy.client.bodies.decode import content_decoder
from understudy.client.bodies.files import FileStream
from understudy.client.bodies.streams import (
    AsyncByteStream,
    AsyncIteratorByteStream,
    ByteStream,
    IteratorByteStream,
    SyncByteStream,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CONTENT = b"to compress " * 10_000


async def pieces() -> AsyncIterator[bytes]:
    for start in range(0, len(CONTENT), 10_000):
        yield CONTENT[start : start + 10_000]


def undone(coding: str, body: bytes) -> bytes:
    decoder = content_decoder([coding], max_ratio=None)
    assert decoder is not None
    content = b"".join(decoder.decode(body))
    decoder.flush()
    return content


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_body_in_memory_is_compressed_at_once(coding: str) -> None:
    described, stream = compress_body(ByteStream(CONTENT), coding)

    assert isinstance(stream, ByteStream)
    body = b"".join(stream)
    assert described == {"Content-Encoding": coding, "Content-Length": str(len(body))}
    assert len(body) < len(CONTENT) / 10
    assert undone(coding, body) == CONTENT


def test_the_same_content_gives_the_same_bytes() -> None:
    assert compress_bytes(CONTENT, "gzip") == compress_bytes(CONTENT, "gzip")


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_stream_is_compressed_piece_by_piece(coding: str) -> None:
    described, stream = compress_body(IteratorByteStream([CONTENT, CONTENT]), coding)

    assert described == {"Content-Encoding": coding, "Transfer-Encoding": "chunked"}
    assert isinstance(stream, SyncByteStream)
    assert not isinstance(stream, AsyncByteStream)
    assert stream.is_replayable
    assert undone(coding, b"".join(stream)) == undone(coding, b"".join(stream)) == CONTENT * 2
    stream.close()


@pytest.mark.anyio
async def test_an_asynchronous_stream_is_compressed_piece_by_piece() -> None:
    _, stream = compress_body(AsyncIteratorByteStream(pieces()), "gzip")

    assert isinstance(stream, AsyncByteStream)
    assert not isinstance(stream, SyncByteStream)
    assert not stream.is_replayable
    assert undone("gzip", b"".join([chunk async for chunk in stream])) == CONTENT
    await stream.aclose()


@pytest.mark.anyio
async def test_a_stream_for_both_worlds_stays_one() -> None:
    import io

    _, stream = compress_body(FileStream(io.BytesIO(CONTENT)), "gzip")

    assert isinstance(stream, AsyncByteStream)
    assert isinstance(stream, SyncByteStream)
    assert stream.is_replayable
    assert undone("gzip", b"".join(stream)) == CONTENT
    assert undone("gzip", b"".join([chunk async for chunk in stream])) == CONTENT


@pytest.mark.parametrize("stream", [ByteStream(b""), IteratorByteStream([])])
def test_another_coding_is_an_error_before_anything_is_sent(stream: Any) -> None:
    with pytest.raises(ValueError, match="not 'br'"):
        compress_body(stream, "br")


def test_zstd_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)

    with pytest.raises(ValueError, match=r"understudy\[zstd\]"):
        compress_bytes(b"", "zstd")
