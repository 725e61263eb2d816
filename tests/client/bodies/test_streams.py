"""Streams say whether they can be sent again, and give bytes or an error that says what they gave instead."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from understudy.client.bodies.streams import (
    AsyncByteStream,
    AsyncIteratorByteStream,
    ByteStream,
    IteratorByteStream,
    SyncByteStream,
    UnattachedStream,
)
from understudy.client.errors import StreamConsumed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Numbers:
    """An asynchronous iterable that can be iterated again and again."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"1"
        yield b"2"


async def gathered(stream: AsyncByteStream) -> list[bytes]:
    return [chunk async for chunk in stream]


@pytest.mark.anyio
async def test_a_byte_stream_serves_both_worlds_as_often_as_asked() -> None:
    stream = ByteStream(b"ab")

    assert stream.is_replayable
    assert list(stream) == list(stream) == [b"ab"]
    assert await gathered(stream) == await gathered(stream) == [b"ab"]
    assert repr(stream) == "<ByteStream [2 bytes]>"
    stream.close()
    await stream.aclose()


@pytest.mark.anyio
async def test_the_interfaces_name_what_a_subclass_must_say() -> None:
    assert not SyncByteStream().is_replayable
    assert not AsyncByteStream().is_replayable
    with pytest.raises(NotImplementedError, match="__iter__"):
        list(SyncByteStream())
    with pytest.raises(NotImplementedError, match="__aiter__"):
        await gathered(AsyncByteStream())


@pytest.mark.anyio
async def test_an_unattached_stream_says_why_it_is_empty() -> None:
    stream = UnattachedStream()

    assert not stream.is_replayable
    with pytest.raises(StreamConsumed, match="pickled"):
        list(stream)
    with pytest.raises(StreamConsumed, match="pickled"):
        await gathered(stream)


def test_an_iterator_streams_once_and_a_list_again_and_again() -> None:
    once = IteratorByteStream(iter([b"a"]))
    often = IteratorByteStream([b"a"])

    assert (once.is_replayable, often.is_replayable) == (False, True)
    assert list(once) == list(often) == list(often) == [b"a"]
    with pytest.raises(StreamConsumed):
        list(once)


@pytest.mark.anyio
async def test_an_asynchronous_iterator_streams_once_and_an_iterable_again_and_again() -> None:
    once = AsyncIteratorByteStream(Numbers().__aiter__())
    often = AsyncIteratorByteStream(Numbers())

    assert (once.is_replayable, often.is_replayable) == (False, True)
    assert await gathered(once) == await gathered(often) == await gathered(often) == [b"1", b"2"]
    with pytest.raises(StreamConsumed):
        await gathered(once)


def test_pieces_like_bytes_become_bytes() -> None:
    class Subclass(bytes):
        pass

    pieces: list[Any] = [bytearray(b"a"), memoryview(b"b"), Subclass(b"c")]

    assert list(IteratorByteStream(pieces)) == [b"a", b"b", b"c"]


@pytest.mark.anyio
async def test_an_iterator_that_is_no_generator_has_nothing_to_close() -> None:
    class Once:
        left = 2

        def __aiter__(self) -> Once:
            return self

        async def __anext__(self) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise StopAsyncIteration
            return b"x"

    assert await gathered(AsyncIteratorByteStream(Once())) == [b"x", b"x"]


@pytest.mark.anyio
async def test_pieces_of_text_are_a_type_error() -> None:
    class Text:
        async def __aiter__(self) -> AsyncIterator[Any]:
            yield "text"

    pieces: list[Any] = ["text"]

    with pytest.raises(TypeError, match="encode text first"):
        list(IteratorByteStream(pieces))
    with pytest.raises(TypeError, match="gave str"):
        await gathered(AsyncIteratorByteStream(Text()))


def test_a_generator_is_closed_where_its_reader_stops_and_a_file_is_not() -> None:
    ended: list[str] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            ended.append("generator")

    given, file = pieces(), io.BytesIO(b"one\ntwo\n")
    for source in (given, file):
        reading: Any = iter(IteratorByteStream(source))
        assert next(reading).startswith(b"one")
        reading.close()

    assert ended == ["generator"]
    assert next(given, None) is None
    assert not file.closed
