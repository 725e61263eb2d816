"""What the system says of a socket, and how it bounds waiting for one."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from understudy.client.bridge import run
from understudy.client.network.backends.blocking import BlockingStream
from understudy.client.network.backends.readiness import SYSTEM_BOUNDS, bound_reads, probe

if TYPE_CHECKING:
    from collections.abc import Iterator

only_where_the_system_can = pytest.mark.skipif(not SYSTEM_BOUNDS, reason="Python bounds waits here, not the system")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def test_a_probe_is_true_once_something_has_arrived(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    look = probe(near)

    before = bool(look())
    far.send(b"x")

    assert (before, bool(look())) == (False, True)


@only_where_the_system_can
@pytest.mark.parametrize("timeout", [0, 1e-9, 0.001])
def test_a_bounded_socket_does_not_wait_for_ever(pair: tuple[socket.socket, socket.socket], timeout: float) -> None:
    bound_reads(pair[0], timeout)

    with pytest.raises(BlockingIOError):
        pair[0].recv(1)


@only_where_the_system_can
def test_a_bound_is_taken_back(pair: tuple[socket.socket, socket.socket]) -> None:
    bound_reads(pair[0], 1e9)
    assert any(pair[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16))

    bound_reads(pair[0], None)

    assert not any(pair[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16))


def write_much(stream: BlockingStream) -> None:
    for _ in range(20):  # some systems take the first, however long it is
        run(stream.write(bytes(4_000_000), 0.001))


@pytest.mark.parametrize("by_system", [False, pytest.param(True, marks=only_where_the_system_can)])
def test_streams_wait_no_longer_than_they_may(pair: tuple[socket.socket, socket.socket], by_system: bool) -> None:
    stream = BlockingStream(pair[0])
    stream._is_bounded_by_system = by_system

    with pytest.raises((TimeoutError, socket.timeout)):
        run(stream.read(10, 0.001))
    with pytest.raises((TimeoutError, socket.timeout)):
        write_much(stream)


@pytest.mark.parametrize("by_system", [False, pytest.param(True, marks=only_where_the_system_can)])
def test_what_is_taken_bit_by_bit_is_sent_whole(pair: tuple[socket.socket, socket.socket], by_system: bool) -> None:
    from threading import Thread

    near, far = pair
    stream = BlockingStream(near)
    stream._is_bounded_by_system = by_system
    got = bytearray()

    def take() -> None:
        while data := far.recv(65_536):
            got.extend(data)

    taking = Thread(target=take)
    taking.start()
    try:
        run(stream.write(bytes(4_000_000), 30))
    finally:
        stream.close()
        taking.join()

    assert len(got) == 4_000_000
