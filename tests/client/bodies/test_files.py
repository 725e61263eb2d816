"""Files as bodies: from where they stand, again and again where they can seek, closed by who opened them."""

from __future__ import annotations

import gzip
import io
import os
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from understudy.client.bodies.files import (
    AsyncFileStream,
    FileStream,
    PathStream,
    file_stream,
    is_file,
    peek_filelike_length,
)
from understudy.client.errors import StreamConsumed
from understudy.client.messages.request import Request

if TYPE_CHECKING:
    from pathlib import Path

    from understudy.client.bodies.streams import AsyncByteStream


class Pipe:
    """A file that cannot seek."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def read(self, size: int) -> bytes:
        return self._file.read(size)


async def gathered(stream: AsyncByteStream) -> bytes:
    return b"".join([chunk async for chunk in stream])


def streamed(stream: AsyncByteStream) -> FileStream:
    assert isinstance(stream, FileStream)
    return stream


def test_a_file_is_something_with_read() -> None:
    assert is_file(io.BytesIO())
    assert not is_file(b"")
    assert not is_file([b""])


@pytest.mark.anyio
async def test_a_file_is_sent_from_where_it_stood_as_often_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        file.seek(3)

        stream = streamed(file_stream(file))

        assert stream.length == 7
        assert stream.is_replayable
        assert b"".join(stream) == b"".join(stream) == b"3456789"
        assert await gathered(stream) == await gathered(stream) == b"3456789"
        assert not file.closed


@pytest.mark.anyio
async def test_a_file_in_memory_needs_no_thread() -> None:
    stream = streamed(file_stream(io.BytesIO(b"abc")))

    assert await gathered(stream) == b"".join(stream) == b"abc"


def test_a_file_beyond_its_end_has_nothing_left() -> None:
    file = io.BytesIO(b"abc")
    file.seek(10)

    assert streamed(file_stream(file)).length == 0


def test_a_large_file_comes_in_pieces() -> None:
    stream = streamed(file_stream(io.BytesIO(bytes(600_000))))

    assert [len(chunk) for chunk in stream] == [524_288, 75_712]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["blocking", "asynchronous"])
async def test_a_file_that_cannot_seek_is_sent_once(kind: str) -> None:
    stream = streamed(file_stream(Pipe(b"abc")))

    assert stream.length is None
    assert not stream.is_replayable
    assert (b"".join(stream) if kind == "blocking" else await gathered(stream)) == b"abc"
    with pytest.raises(StreamConsumed, match="cannot seek"):
        list(stream)


def test_a_compressed_file_does_not_claim_the_size_it_has_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(bytes(5_000)))
    with gzip.open(path, "rb") as file:
        stream = streamed(file_stream(file))

        assert stream.length in (None, 5_000)
        assert b"".join(stream) == b"".join(stream) == bytes(5_000)


def test_asking_how_much_of_a_file_is_left_leaves_it_where_it_stood(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"0123456789")

    with open(tmp_path / "data", "rb") as file:
        file.seek(3)
        request = Request("POST", "https://api.test/", content=file)

        assert (request.headers["Content-Length"], file.tell()) == ("7", 3)


def test_a_file_that_cannot_tell_its_end_has_no_length_and_stays_where_it_was() -> None:
    class Endless(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            if whence:
                raise ValueError("seek from end not supported")
            return super().seek(offset)

    file = Endless(b"abc")
    file.seek(1)

    stream = streamed(file_stream(file))

    assert stream.length is None
    assert b"".join(stream) == b"".join(stream) == b"bc"


def test_a_device_has_no_length() -> None:
    with open(os.devnull, "rb") as file:
        assert streamed(file_stream(file)).length is None


def test_a_file_in_text_mode_is_refused() -> None:
    with pytest.raises(TypeError, match="'rb'"):
        file_stream(io.StringIO("text"))


def test_a_file_that_gives_text_is_refused_when_it_does() -> None:
    class Text:
        def read(self, size: int) -> str:
            return "text"

    with pytest.raises(TypeError, match="gave str"):
        list(streamed(file_stream(Text())))


@pytest.mark.anyio
async def test_an_asynchronous_file_is_sent_from_where_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(4)

        stream = file_stream(file)

        assert isinstance(stream, AsyncFileStream)
        assert stream.length is None
        assert stream.is_replayable
        assert await gathered(stream) == await gathered(stream) == b"456789"


@pytest.mark.anyio
async def test_an_asynchronous_file_that_cannot_seek_is_sent_once() -> None:
    class AsyncPipe:
        content = b"abc"

        async def read(self, size: int) -> bytes:
            content, self.content = self.content, b""
            return content

        def __aiter__(self) -> Any:
            raise AssertionError("it is read, not iterated by lines")

    stream = file_stream(AsyncPipe())

    assert not stream.is_replayable
    assert await gathered(stream) == b"abc"
    with pytest.raises(StreamConsumed, match="cannot seek"):
        await gathered(stream)


@pytest.mark.anyio
async def test_a_path_is_opened_when_sent(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")

    stream = PathStream(path)

    assert stream.length == 3
    assert stream.is_replayable
    assert b"".join(stream) == await gathered(stream) == b"abc"


def test_a_file_tells_its_length_wherever_it_stands() -> None:
    file = io.BytesIO(b"abc")
    file.seek(2)

    assert peek_filelike_length(file) == 3
    assert file.tell() == 2
    assert peek_filelike_length(object()) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_the_length_of_a_pipe_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"abc",))
    stream = PathStream(path)

    assert stream.length is None
    assert not stream.is_replayable
    writer.start()
    assert b"".join(stream) == b"abc"
    writer.join()


def test_a_path_to_nothing_fails_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        PathStream(tmp_path / "nothing")
