"""Blocking sockets: what the contract of all backends does not say."""

from __future__ import annotations

import os
import select
import socket
import ssl
import struct
from typing import TYPE_CHECKING

import pytest

from understudy.client.bridge import run
from understudy.client.network.backends.blocking import BlockingStream

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
        with near, far:
            yield near, far


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def test_a_reset_before_the_handshake_leaves_no_socket_open(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    descriptor = near.fileno()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()
    select.select([near], [], [])
    stream = BlockingStream(near)

    with pytest.raises(OSError, match="reset") as caught:
        run(stream.start_tls(ssl.create_default_context(), "api.test", 1.0))

    # The error is alive, and with it every frame that it went through: nothing was closed by being forgotten.
    assert caught.value.__traceback__
    assert not is_open(descriptor)
    assert near.fileno() == -1


def test_a_handshake_that_nobody_had_is_none() -> None:
    # As a reset connection looks where the system forgets its peer: `wrap_socket` takes it for one not made yet.
    near = socket.socket()
    descriptor = near.fileno()

    with pytest.raises(ConnectionResetError):
        run(BlockingStream(near).start_tls(ssl.create_default_context(), "api.test", 1.0))

    assert not is_open(descriptor)


def test_an_interrupt_in_the_handshake_leaves_no_socket_open(pair: tuple[socket.socket, socket.socket]) -> None:
    near, _ = pair
    descriptor = near.fileno()
    stream = BlockingStream(near)

    class Interrupting(ssl.SSLContext):
        def _wrap_socket(self, *args: object, **options: object) -> None:
            raise KeyboardInterrupt

    context = Interrupting(ssl.PROTOCOL_TLS_CLIENT)

    with pytest.raises(KeyboardInterrupt) as caught:
        run(stream.start_tls(context, "api.test", 1.0))

    assert caught.value.__traceback__
    assert not is_open(descriptor)
