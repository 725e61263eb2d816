"""The bytes under a shared connection, where the other side takes or gives little."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from understudy.client.bridge import run
from understudy.client.network.backends.blocking import BlockingBackend, BlockingStream
from understudy.client.network.http2.connection import HTTP2Connection
from understudy.client.network.http2.wire import WRITE_SIZE, PlainWire, ThreadedWire

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection that takes little before it is read."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    with ours, theirs:
        yield ours, theirs


def received(theirs: socket.socket) -> bytes:
    theirs.setblocking(False)
    data = b""
    try:
        while True:
            data += theirs.recv(WRITE_SIZE)
    except BlockingIOError:
        return data


def test_what_a_full_socket_does_not_take_at_once_goes_out_later(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    connection = HTTP2Connection(BlockingStream(ours), BlockingBackend(), is_async=False)
    said = bytes(range(256)) * 256
    connection.protocol.outgoing[:] = said

    heard = b""
    turns = 0
    while connection.protocol.outgoing:
        connection._write_now()
        heard += received(theirs)
        turns += 1

    assert heard == said
    assert turns > 1
    connection.close()


def test_what_a_socket_that_has_ended_does_not_take_is_forgotten(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    wire = ThreadedWire(BlockingStream(ours), ours, is_tls=False)
    theirs.close()

    assert wire.write_now(b"bye") == 3
    wire.close()


def test_reading_a_silent_socket_ends_in_time(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    wire = ThreadedWire(BlockingStream(ours), ours, is_tls=False)

    assert run(wire.read(10, 0.001)) is None
    wire.close()


def test_whoever_closes_is_not_waited_for_even_if_it_was_interrupted_while_it_waited(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    wire = ThreadedWire(BlockingStream(ours), ours, is_tls=False)
    wire._users.add(threading.get_ident())

    wire.close()
    wire.close()

    assert ours.fileno() == -1


class Struck:
    """A stream in which something strikes."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def is_readable(self) -> bool:
        return True

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        raise self.error

    async def write(self, data: bytes, timeout: float | None) -> None:
        raise self.error


@pytest.mark.parametrize("error", [asyncio.CancelledError(), RuntimeError("nobody would wake it")])
def test_what_cannot_be_done_without_waiting_is_left(error: BaseException) -> None:
    wire = PlainWire(cast("Any", Struck(error)), can_be_shared=True)

    assert (wire.read_now(), wire.write_now(b"bye")) == (None, 3)


def test_an_interrupt_is_not_swallowed_where_nobody_waits() -> None:
    wire = PlainWire(cast("Any", Struck(KeyboardInterrupt())), can_be_shared=True)

    with pytest.raises(KeyboardInterrupt):
        wire.read_now()
    with pytest.raises(KeyboardInterrupt):
        wire.write_now(b"bye")
