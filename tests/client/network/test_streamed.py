"""A body that is a stream, taken piece by piece by the kind of client that can take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy.client.bodies.streams import AsyncIteratorByteStream, IteratorByteStream
from understudy.client.bridge import run
from understudy.client.network.streamed import StreamedBody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def test_a_generator_is_closed_where_it_stands() -> None:
    closed: list[bool] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            closed.append(True)

    whole, broken = (StreamedBody(IteratorByteStream(pieces())) for _ in range(2))

    taken = [run(whole.next(is_async=False)) for _ in range(3)]
    assert run(broken.next(is_async=False)) == b"one"
    run(broken.close(is_async=False))

    assert taken == [b"one", b"two", None]
    assert closed == [True, True]


def test_an_asynchronous_client_refuses_a_plain_generator_which_would_hold_up_all_tasks() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"never"

    with pytest.raises(RuntimeError, match="cannot be read by an asynchronous client"):
        run(StreamedBody(IteratorByteStream(pieces())).next(is_async=True))


def test_a_blocking_client_refuses_an_asynchronous_generator() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"never"

    with pytest.raises(RuntimeError, match="cannot be read by a blocking client"):
        run(StreamedBody(AsyncIteratorByteStream(pieces())).next(is_async=False))
