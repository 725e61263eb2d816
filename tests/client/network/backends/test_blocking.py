"""Blocking sockets: what the contract of all backends does not say."""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import ssl
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest

from understudy.client.bridge import run
from understudy.client.network.backends import addresses, blocking
from understudy.client.network.backends.blocking import BlockingBackend, BlockingStream, WindowsStream

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


@pytest.fixture
def near_windows(pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch) -> WindowsStream:
    """A stream on a system where shutting down wakes nobody."""

    def wake_nobody(self: socket.socket, how: int) -> None:
        pass

    monkeypatch.setattr(blocking, "SYSTEM_BOUNDS", False)
    monkeypatch.setattr(blocking, "_PIECE", 0.005)
    monkeypatch.setattr(socket.socket, "shutdown", wake_nobody)
    return WindowsStream(pair[0])


@pytest.mark.parametrize("timeout", [None, 60.0])
@pytest.mark.parametrize("way", ["read", "write"])
def test_who_waits_sees_that_the_stream_is_closed_where_nobody_is_woken(
    near_windows: WindowsStream, way: str, timeout: float | None
) -> None:
    stream = near_windows

    def close() -> None:
        while not getattr(stream, "_is_reading" if way == "read" else "_is_writing"):
            pass
        stream.close()

    closing = threading.Thread(target=close)
    closing.start()
    with pytest.raises(ConnectionAbortedError):
        run(stream.read(10, timeout) if way == "read" else stream.write(bytes(80_000_000), timeout))
    closing.join()

    assert stream._socket.fileno() == -1


def test_a_wait_in_pieces_is_as_long_as_it_may_be(
    near_windows: WindowsStream, pair: tuple[socket.socket, socket.socket]
) -> None:
    far = pair[1]

    with pytest.raises((TimeoutError, socket.timeout)):
        run(near_windows.read(10, 0.02))
    with pytest.raises((TimeoutError, socket.timeout)):
        run(near_windows.write(bytes(80_000_000), 0.02))

    later = threading.Timer(0.03, far.sendall, (b"late",))
    later.start()
    assert run(near_windows.read(10, 60.0)) == b"late"
    later.join()


def test_what_is_written_in_pieces_arrives_whole(
    near_windows: WindowsStream, pair: tuple[socket.socket, socket.socket]
) -> None:
    far, data = pair[1], bytes(range(256)) * 40_000
    sending = threading.Thread(target=lambda: run(near_windows.write(data, 60.0)))
    sending.start()

    got = bytearray()
    while len(got) < len(data):
        got += far.recv(1 << 20)

    sending.join()
    assert got == data


def test_a_number_that_a_socket_tells_has_the_words_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(addresses.told_by(errno.ECONNREFUSED), ConnectionRefusedError)
    assert "refused" in str(addresses.told_by(errno.ECONNREFUSED))

    monkeypatch.setattr(socket, "errorTab", {errno.ECONNREFUSED: "Connection refused as on Windows."}, raising=False)

    assert str(addresses.told_by(errno.ECONNREFUSED)).endswith("] Connection refused as on Windows")


@pytest.fixture
def many_signals() -> Iterator[None]:
    """A program that shows its progress, or has many children: signals come all the time, and are handled."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("no timers of this kind on this system")

    def note(number: int, frame: object) -> None:
        pass

    before = signal.signal(signal.SIGALRM, note)
    signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("many_signals")
def test_signals_make_no_wait_longer(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    late = threading.Timer(5, far.sendall, (b"late",))
    late.start()
    began = time.monotonic()

    with pytest.raises((TimeoutError, socket.timeout)):
        run(BlockingStream(near).read(10, 0.2))

    assert time.monotonic() - began < 4
    late.cancel()


@pytest.mark.usefixtures("many_signals")
def test_what_comes_after_a_while_is_read_in_spite_of_signals(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    late = threading.Timer(0.1, far.sendall, (b"late",))
    late.start()

    assert run(BlockingStream(near).read(10, 60)) == b"late"

    late.join()


@pytest.mark.parametrize("timeout", [1e8, 1e10, 1e300])
def test_no_wait_is_too_long_for_the_system(timeout: float) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = run(BlockingBackend().connect_tcp("127.0.0.1", server.getsockname()[1], timeout))
        far, _ = server.accept()

    def answer() -> None:
        with far:
            far.sendall(b"first")
            while far.recv(1 << 20):
                pass

    answering = threading.Thread(target=answer)
    answering.start()
    assert run(stream.read(10, timeout)) == b"first"
    run(stream.write(bytes(20_000_000), timeout))
    stream.close()
    answering.join()


def test_a_handshake_may_take_very_long(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    far.sendall(b"no TLS at all")

    with pytest.raises(ssl.SSLError):
        run(BlockingStream(near).start_tls(ssl.create_default_context(), "api.test", 1e300))


def test_a_socket_that_is_given_away_waits_for_as_long_as_it_is_told_to(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    near, far = pair
    stream = BlockingStream(near)
    with pytest.raises((TimeoutError, socket.timeout)):
        run(stream.read(10, 0.001))
    later = threading.Timer(0.05, far.sendall, (b"late",))
    later.start()

    given = stream.get_extra_info("socket")

    assert given.recv(10) == b"late"
    later.join()
    with pytest.raises((TimeoutError, socket.timeout)):
        run(stream.read(10, 0.001))


def test_a_name_that_is_resolved_too_late_is_not_blamed_on_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def resolver(host: str, port: int) -> list[addresses.Address]:
        asked.append(host)
        return [addresses.Address(socket.AF_INET, ("127.0.0.1", port))]

    # Each look at the clock is a second after the one before.
    monkeypatch.setattr(time, "monotonic", iter(range(100)).__next__)

    with pytest.raises(TimeoutError, match=r"the name 'slow\.test' was not resolved"):
        run(BlockingBackend(resolver=resolver).connect_tcp("slow.test", 80, 1.0))

    assert asked == ["slow.test"]
