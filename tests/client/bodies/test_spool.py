"""One-shot bodies kept up to a limit, so that they can go out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy.client.bodies.spool import AsyncSpooledStream, SpooledStream
from understudy.client.bodies.streams import AsyncIteratorByteStream, IteratorByteStream
from understudy.client.errors import StreamConsumed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def letters() -> AsyncIterator[bytes]:
    for letter in (b"a", b"b", b"c"):
        yield letter


def test_a_kept_body_goes_out_again() -> None:
    stream = SpooledStream(IteratorByteStream(iter([b"a", b"b", b"c"])), limit=3)

    assert stream.is_replayable
    assert list(stream) == list(stream) == [b"a", b"b", b"c"]
    assert stream.is_replayable


def test_a_second_sending_repeats_what_went_out_and_goes_on() -> None:
    stream = SpooledStream(IteratorByteStream(iter([b"a", b"b", b"c"])))
    first = iter(stream)
    assert next(first) == b"a"

    assert list(stream) == [b"a", b"b", b"c"]


def test_a_body_larger_than_the_limit_goes_out_whole_but_once() -> None:
    stream = SpooledStream(IteratorByteStream(iter([b"a", b"b", b"c", b"d"])), limit=2)

    assert list(stream) == [b"a", b"b", b"c", b"d"]
    assert not stream.is_replayable
    with pytest.raises(StreamConsumed, match="larger than the 2 bytes"):
        list(stream)
    stream.close()


@pytest.mark.anyio
async def test_an_asynchronous_body_goes_out_again() -> None:
    stream = AsyncSpooledStream(AsyncIteratorByteStream(letters()), limit=3)

    assert [chunk async for chunk in stream] == [chunk async for chunk in stream] == [b"a", b"b", b"c"]
    assert stream.is_replayable


@pytest.mark.anyio
async def test_an_asynchronous_body_larger_than_the_limit_goes_out_once() -> None:
    stream = AsyncSpooledStream(AsyncIteratorByteStream(letters()), limit=2)

    assert [chunk async for chunk in stream] == [b"a", b"b", b"c"]
    assert not stream.is_replayable
    with pytest.raises(StreamConsumed):
        [chunk async for chunk in stream]
    await stream.aclose()
