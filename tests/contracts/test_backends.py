"""What every network backend promises, over real sockets of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
import sys
import threading
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import trio
import trustme

from understudy.client.bridge import run
from understudy.client.network.backends.addresses import Address
from understudy.client.network.backends.anyio_streams import AnyioBackend
from understudy.client.network.backends.asyncio_native import AsyncioBackend
from understudy.client.network.backends.base import UncleanEOF
from understudy.client.network.backends.blocking import BlockingBackend
from understudy.client.network.tls import create_ssl_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TIMEOUTS = (TimeoutError, socket.timeout)


@dataclass
class Kind:
    """A backend, and how its coroutines are run."""

    backend: Callable[..., Any]
    run: Callable[[Callable[[], Any]], Any]


def on_uvloop(body: Callable[[], Any]) -> Any:
    """Run a coroutine function in an event loop of uvloop's."""
    uvloop: Any = import_module("uvloop")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    try:
        return loop.run_until_complete(body())
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


KINDS = {
    "blocking": Kind(BlockingBackend, lambda body: run(body())),
    "asyncio": Kind(AsyncioBackend, lambda body: asyncio.run(body())),
    "uvloop": Kind(AsyncioBackend, on_uvloop),
    "anyio on trio": Kind(AnyioBackend, trio.run),
    "anyio on asyncio": Kind(AnyioBackend, lambda body: asyncio.run(body())),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    return KINDS[str(request.param)]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)
        yield listening


class TLSServer:
    """A thread that accepts one connection, does the handshake, and then does as told."""

    def __init__(self, context: ssl.SSLContext, then: Callable[[ssl.SSLSocket], None], *, layers: int = 1) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.listening.settimeout(5)
        self.context = context
        self.then = then
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    @property
    def port(self) -> int:
        port: int = self.listening.getsockname()[1]
        return port

    def serve(self) -> None:
        with contextlib.suppress(OSError), self.listening.accept()[0] as accepted:
            accepted.settimeout(5)
            with self.context.wrap_socket(accepted, server_side=True, suppress_ragged_eofs=False) as secured:
                self.then(secured)

    def __enter__(self) -> TLSServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.thread.join(5)
        self.listening.close()


AUTHORITY: Any = trustme.CA()


@pytest.fixture(scope="module")
def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_context() -> ssl.SSLContext:
    context = create_ssl_context()
    AUTHORITY.configure_trust(context)
    return context


def test_bytes_go_both_ways_until_the_end(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        with accepted:
            await stream.write(b"ping", 5.0)
            assert accepted.recv(100) == b"ping"
            accepted.sendall(b"pong")
            assert await stream.read(2, 5.0) == b"po"
            assert await stream.read(100, 5.0) == b"ng"
            accepted.shutdown(socket.SHUT_WR)
            assert await stream.read(100, 5.0) == b""
            await stream.write(b"still here", 5.0)
            assert accepted.recv(100) == b"still here"
        stream.close()

    kind.run(body)


def test_a_read_that_times_out_loses_nothing(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], None)
        accepted, _ = listener.accept()
        with accepted:
            with pytest.raises(TIMEOUTS):
                await stream.read(100, 0.01)
            accepted.sendall(b"late")
            assert await stream.read(100, None) == b"late"
        stream.close()

    kind.run(body)


def test_a_shorter_timeout_after_a_longer_one_is_kept(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(b"x")
            assert await stream.read(1, 60.0) == b"x"
            with pytest.raises(TIMEOUTS):
                await stream.read(1, 0.01)
            with pytest.raises(TIMEOUTS):
                await stream.read(1, 0.02)
        stream.close()

    kind.run(body)


def test_a_write_that_nobody_takes_times_out(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()

        async def fill() -> None:
            while True:
                await stream.write(b"x" * 1_000_000, 0.01)

        with accepted, pytest.raises(TIMEOUTS):
            await fill()
        stream.close()

    kind.run(body)


def test_a_large_write_arrives_whole(kind: Kind, listener: socket.socket) -> None:
    got = bytearray()

    def drain() -> None:
        accepted, _ = listener.accept()
        with accepted:
            while data := accepted.recv(1_000_000):
                got.extend(data)

    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        thread = threading.Thread(target=drain)
        thread.start()
        await stream.write(b"ab" * 4_000_000, 5.0)
        sent = 0
        rest = memoryview(b"cd" * 4_000_000)
        while sent < len(rest):
            sent += await stream.write_until_readable(rest[sent:], 5.0)
        await stream.write(b"END", 5.0)
        while not got.endswith(b"END"):
            await kind.backend().sleep(0.001)
        stream.close()
        await kind.backend().sleep(0.001)  # asyncio closes in its loop's next turn
        thread.join()

    kind.run(body)

    assert got == b"ab" * 4_000_000 + b"cd" * 4_000_000 + b"END"


def test_a_write_stops_when_the_peer_says_something(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        with accepted:
            timer = threading.Timer(0.02, lambda: accepted.sendall(b"stop"))
            timer.start()
            left = 1_000
            while await stream.write_until_readable(memoryview(b"x" * 1_000_000), 5.0) == 1_000_000 and left:
                left -= 1
            assert left, "everything was sent, and nothing was heard"
            assert await stream.read(100, 5.0) == b"stop"
            timer.join()
        stream.close()

    kind.run(body)


@pytest.mark.parametrize("name", ["asyncio", "anyio on asyncio", "anyio on trio"])
def test_nobody_comes_between_a_look_at_a_connection_and_a_small_write(name: str, listener: socket.socket) -> None:
    kind = KINDS[name]
    others: list[str] = []

    async def other() -> None:
        others.append("ran")

    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        with accepted:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(other)
                await stream.write(b"ping", 5.0)
                assert not others
            assert accepted.recv(100) == b"ping"
        stream.close()

    kind.run(body)


@pytest.mark.parametrize("name", ["anyio on asyncio", "anyio on trio"])
def test_who_is_cancelled_already_writes_nothing(name: str, listener: socket.socket) -> None:
    kind = KINDS[name]

    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        with accepted:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await stream.write(b"ping", 5.0)
            assert scope.cancelled_caught
            stream.close()
            assert accepted.recv(100) == b""

    kind.run(body)


def test_a_write_does_not_begin_where_the_peer_has_said_something(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        with accepted:
            # In one go: no event loop has had a turn in which to see it.
            accepted.sendall(b"stop")
            assert await stream.write_until_readable(memoryview(b"x"), 5.0) == 0
            assert await stream.read(100, 5.0) == b"stop"
        stream.close()

    kind.run(body)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a reset takes away what had arrived")
def test_what_the_peer_said_is_read_though_a_write_fails(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        accepted.sendall(b"because")
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        accepted.close()
        with contextlib.suppress(ConnectionError):
            await stream.write(b"x", 5.0)
        assert await stream.read(100, 5.0) == b"because"
        stream.close()

    kind.run(body)


def test_a_write_until_readable_times_out_too(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()

        async def fill() -> None:
            while True:
                await stream.write_until_readable(memoryview(b"x" * 1_000_000), 0.01)

        with accepted, pytest.raises(TIMEOUTS):
            await fill()
        stream.close()

    kind.run(body)


def test_readability_is_known_without_waiting(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        with accepted:
            assert not stream.is_readable()
            assert stream.get_extra_info("is_readable") is False
            accepted.sendall(b"x")
            assert stream.is_readable()
            assert await stream.read(1, 5.0) == b"x"
            assert not stream.is_readable()
        assert stream.is_readable(), "the end is readable"
        stream.close()
        assert stream.is_readable(), "so is what is closed"

    kind.run(body)


def test_closing_is_immediate_and_can_be_repeated(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        with accepted:
            stream.close()
            stream.close()
            with pytest.raises((OSError, ValueError)):
                await stream.write(b"x", 1.0)
            await kind.backend().sleep(0)
            assert accepted.recv(1) == b""
        assert "closed" in repr(stream)

    kind.run(body)


def test_a_reset_is_an_error(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        accepted, _ = listener.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        accepted.close()
        with pytest.raises(ConnectionResetError):
            await stream.read(1, 5.0)
        stream.close()

    kind.run(body)


def test_the_stream_tells_about_its_socket(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        port = listener.getsockname()[1]
        options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        stream = await kind.backend().connect_tcp(
            "127.0.0.1", port, 5.0, local_address="127.0.0.2", socket_options=options
        )
        connected = stream.get_extra_info("socket")
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
        assert stream.get_extra_info("client_addr")[0] == "127.0.0.2"
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert stream.get_extra_info("ssl_object") is None
        assert stream.get_extra_info("something else") is None
        stream.close()

    kind.run(body)


def test_a_refused_connection_is_an_error(kind: Kind) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    async def body() -> None:
        with pytest.raises(ConnectionRefusedError):
            await kind.backend().connect_tcp("127.0.0.1", port, 5.0)

    kind.run(body)


def test_the_first_address_that_answers_wins(kind: Kind, listener: socket.socket) -> None:
    port = listener.getsockname()[1]

    async def resolver(host: str, asked: int) -> list[Address]:
        assert (host, asked) == ("api.test", 80)
        return [
            Address(socket.AF_INET, ("127.0.0.1", 1)),
            Address(socket.AF_INET, ("127.0.0.1", port)),
            Address(socket.AF_INET, ("127.0.0.1", 2)),
        ]

    async def body() -> None:
        stream = await kind.backend(resolver=resolver).connect_tcp("api.test", 80, 5.0)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
        stream.close()

    kind.run(body)


def test_when_all_addresses_fail_the_error_names_them_all(kind: Kind) -> None:
    async def resolver(host: str, port: int) -> list[Address]:
        return [Address(socket.AF_INET, ("127.0.0.1", 1)), Address(socket.AF_INET, ("127.0.0.2", 2))]

    async def body() -> None:
        with pytest.raises(OSError, match=r"all 2 addresses failed: 127\.0\.0\.1.*; 127\.0\.0\.2"):
            await kind.backend(resolver=resolver).connect_tcp("api.test", 80, 5.0)

    kind.run(body)


def test_a_name_without_addresses_is_an_error(kind: Kind) -> None:
    async def resolver(host: str, port: int) -> list[Address]:
        return []

    async def body() -> None:
        with pytest.raises(OSError, match="has no address"):
            await kind.backend(resolver=resolver).connect_tcp("api.test", 80, 5.0)

    kind.run(body)


def full_listener() -> Any:
    """Return a listener whose queue is full, so that connecting hangs, and what fills it."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=0)
    fillers: list[socket.socket] = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(listening.getsockname())
        fillers.append(filler)
    return listening, fillers


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses instead of hanging")
def test_connecting_times_out_and_a_silent_address_is_overtaken(
    kind: Kind, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("blocking", "asyncio_native", "anyio_streams"):
        monkeypatch.setattr(f"understudy.client.network.backends.{module}.STAGGER", 0.01)
    hanging, fillers = full_listener()

    async def resolver(host: str, port: int) -> list[Address]:
        return [Address(socket.AF_INET, hanging.getsockname()), Address(socket.AF_INET, listener.getsockname())]

    async def body() -> None:
        with pytest.raises(TIMEOUTS, match="no answer from"):
            await kind.backend().connect_tcp(*hanging.getsockname(), 0.02)
        stream = await kind.backend(resolver=resolver).connect_tcp("api.test", 80, 5.0)
        assert stream.get_extra_info("server_addr") == listener.getsockname()
        stream.close()

    try:
        kind.run(body)
    finally:
        for opened in (hanging, *fillers):
            opened.close()


def test_names_are_resolved_by_the_system(kind: Kind, listener: socket.socket) -> None:
    async def body() -> None:
        stream = await kind.backend().connect_tcp("localhost", listener.getsockname()[1], 5.0)
        assert stream.get_extra_info("server_addr")[1] == listener.getsockname()[1]
        stream.close()

    kind.run(body)


def test_a_unix_socket_is_connected_to(kind: Kind, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()

        async def body() -> None:
            stream = await kind.backend().connect_unix(path, 5.0)
            accepted, _ = listening.accept()
            with accepted:
                await stream.write(b"ping", 5.0)
                assert accepted.recv(100) == b"ping"
            stream.close()
            with pytest.raises(FileNotFoundError):
                await kind.backend().connect_unix(path + "s", 5.0)

        kind.run(body)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
def test_a_unix_socket_at_which_too_many_wait_is_waited_for(kind: Kind, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(0)

        def make_room() -> None:
            accepted, _ = listening.accept()
            accepted.close()

        async def body() -> None:
            first = await kind.backend().connect_unix(path, 5.0)
            with pytest.raises(TIMEOUTS, match="no answer from"):
                await kind.backend().connect_unix(path, 0.02)
            timer = threading.Timer(0.02, make_room)
            timer.start()
            second = await kind.backend().connect_unix(path, 5.0)
            with listening.accept()[0] as accepted:
                await second.write(b"ping", 5.0)
                assert accepted.recv(100) == b"ping"
            timer.join()
            first.close()
            second.close()

        kind.run(body)


def test_a_waiter_wakes_when_set_and_gives_up_in_time(kind: Kind) -> None:
    async def body() -> None:
        backend = kind.backend()
        waiter = backend.waiter()
        assert not await waiter.wait(0.001)
        waiter.set()
        waiter.set()
        assert await waiter.wait(None)
        assert "Backend" in repr(backend)

    kind.run(body)


def test_a_waiter_is_woken_by_somebody_else(kind: Kind) -> None:
    async def body() -> None:
        waiter = kind.backend().waiter()
        if kind.backend is BlockingBackend:
            threading.Timer(0.005, waiter.set).start()
            assert await waiter.wait(5.0)
            return
        import anyio

        async with anyio.create_task_group() as tasks:

            async def set_it() -> None:
                waiter.set()

            tasks.start_soon(set_it)
            assert await waiter.wait(5.0)

    kind.run(body)


def echo(secured: ssl.SSLSocket) -> None:
    while data := secured.recv(1_000_000):
        secured.sendall(data)


def test_tls_carries_bytes_and_ends_in_order(
    kind: Kind, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    def serve(secured: ssl.SSLSocket) -> None:
        secured.sendall(secured.recv(100) * 100_000)
        secured.settimeout(0)
        with contextlib.suppress(OSError):
            secured.unwrap()  # says goodbye, and does not wait for an answer

    async def body(port: int) -> None:
        plain = await kind.backend().connect_tcp("127.0.0.1", port, 5.0)
        stream = await plain.start_tls(client_context, "localhost", 5.0)
        assert stream.get_extra_info("ssl_object").version().startswith("TLS")
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
        await stream.write(b"hello", 5.0)
        got = bytearray()
        while data := await stream.read(65_536, 5.0):
            assert len(data) <= 65_536
            got += data
        assert got == b"hello" * 100_000
        assert await stream.read(1, 5.0) == b""
        stream.close()

    with TLSServer(server_context, serve) as server:
        kind.run(lambda: body(server.port))


@pytest.mark.parametrize("has_more_to_say", [False, True])
def test_closing_says_goodbye_and_waits_for_nobody(
    kind: Kind, server_context: ssl.SSLContext, client_context: ssl.SSLContext, has_more_to_say: bool
) -> None:
    heard: list[bytes] = []
    is_closed = threading.Event()

    def serve(secured: ssl.SSLSocket) -> None:
        heard.append(secured.recv(100))
        if has_more_to_say:
            secured.sendall(b"more")
        assert is_closed.wait(5)
        # Raises where the connection was cut.
        heard.append(secured.recv(100))

    async def body(port: int) -> None:
        plain = await kind.backend().connect_tcp("127.0.0.1", port, 5.0)
        stream = await plain.start_tls(client_context, "localhost", 5.0)
        await stream.write(b"hello", 5.0)
        if has_more_to_say:
            assert await stream.read(1, 5.0) == b"m"
        stream.close()
        stream.close()
        is_closed.set()

    with TLSServer(server_context, serve) as server:
        kind.run(lambda: body(server.port))

    assert heard == [b"hello", b""]


def test_a_tls_session_is_resumed_by_the_next_connection_to_the_same_name(
    kind: Kind, server_context: ssl.SSLContext
) -> None:
    context = create_ssl_context()
    AUTHORITY.configure_trust(context)
    reused: list[bool] = []

    async def body(port: int, hostname: str) -> None:
        plain = await kind.backend().connect_tcp("127.0.0.1", port, 5.0)
        stream = await plain.start_tls(context, hostname, 5.0)
        await stream.write(b"hello", 5.0)
        assert await stream.read(100, 5.0) == b"hello"
        reused.append(stream.get_extra_info("ssl_object").session_reused)
        stream.close()
        stream.close()

    for hostname in ("localhost", "localhost", "127.0.0.1"):
        with TLSServer(server_context, echo) as server:
            kind.run(functools.partial(body, server.port, hostname))

    assert reused == [False, True, False]


def test_tls_that_is_cut_is_told_from_tls_that_ends(
    kind: Kind, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    def serve(secured: ssl.SSLSocket) -> None:
        secured.recv(100)
        secured.sendall(b"part")
        secured.shutdown(socket.SHUT_RDWR)

    async def body(port: int) -> None:
        plain = await kind.backend().connect_tcp("127.0.0.1", port, 5.0)
        stream = await plain.start_tls(client_context, "localhost", 5.0)
        await stream.write(b"hello", 5.0)
        assert await stream.read(100, 5.0) == b"part"
        with pytest.raises(UncleanEOF):
            await stream.read(100, 5.0)
        stream.close()

    with TLSServer(server_context, serve) as server:
        kind.run(lambda: body(server.port))


def test_tls_writes_while_it_reads(kind: Kind, server_context: ssl.SSLContext, client_context: ssl.SSLContext) -> None:
    def serve(secured: ssl.SSLSocket) -> None:
        heard = 0
        while heard < 100_000:
            heard += len(secured.recv(65_536))
        secured.sendall(b"enough")
        with contextlib.suppress(OSError):
            secured.recv(1)
            while secured.recv(1_000_000):
                pass

    async def body(port: int) -> None:
        plain = await kind.backend().connect_tcp("127.0.0.1", port, 5.0)
        stream = await plain.start_tls(client_context, "localhost", 5.0)
        left = 2_000
        while await stream.write_until_readable(memoryview(b"x" * 65_536), 5.0) == 65_536 and left:
            left -= 1
        assert left, "everything was sent, and nothing was heard"
        assert await stream.read(100, 5.0) == b"enough"
        await stream.write(b"y" * 200_000, 5.0)
        stream.close()

    with TLSServer(server_context, serve) as server:
        kind.run(lambda: body(server.port))


def test_a_certificate_that_is_not_trusted_ends_the_connection(kind: Kind, server_context: ssl.SSLContext) -> None:
    async def body(port: int) -> None:
        plain = await kind.backend().connect_tcp("127.0.0.1", port, 5.0)
        with pytest.raises(ssl.SSLCertVerificationError):
            await plain.start_tls(ssl.create_default_context(), "localhost", 5.0)
        assert plain.is_readable(), "closed"

    with TLSServer(server_context, echo) as server:
        kind.run(lambda: body(server.port))


def test_a_handshake_that_is_not_answered_times_out(
    kind: Kind, listener: socket.socket, client_context: ssl.SSLContext
) -> None:
    async def body() -> None:
        plain = await kind.backend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        with pytest.raises(TIMEOUTS):
            await plain.start_tls(client_context, "localhost", 0.02)
        assert plain.is_readable(), "closed"

    kind.run(body)


def test_tls_runs_inside_tls(kind: Kind, server_context: ssl.SSLContext, client_context: ssl.SSLContext) -> None:
    def serve(secured: ssl.SSLSocket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        inner = server_context.wrap_bio(incoming, outgoing, server_side=True)

        def do(operation: Callable[[], Any]) -> Any:
            while True:
                try:
                    result = operation()
                except ssl.SSLWantReadError:
                    secured.sendall(outgoing.read())
                    incoming.write(secured.recv(65_536))
                else:
                    secured.sendall(outgoing.read())
                    return result

        do(inner.do_handshake)
        data = do(lambda: inner.read(100))
        do(lambda: inner.write(data[::-1]))

    async def body(port: int) -> None:
        plain = await kind.backend().connect_tcp("127.0.0.1", port, 5.0)
        outer = await plain.start_tls(client_context, "localhost", 5.0)
        stream = await outer.start_tls(client_context, "localhost", 5.0)
        await stream.write(b"abc", 5.0)
        assert await stream.read(100, 5.0) == b"cba"
        assert "TLS" in repr(stream)
        stream.close()

    with TLSServer(server_context, serve) as server:
        kind.run(lambda: body(server.port))


@pytest.mark.parametrize("name", ["asyncio", "uvloop", "anyio on asyncio", "anyio on trio"])
def test_cancelling_a_connection_attempt_leaves_no_socket(name: str) -> None:
    import anyio

    if name == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    hanging, fillers = full_listener()

    async def body() -> None:
        with anyio.move_on_after(0.01) as scope:
            await KINDS[name].backend().connect_tcp(*hanging.getsockname(), None)
        assert scope.cancelled_caught
        await anyio.lowlevel.checkpoint()

    try:
        KINDS[name].run(body)
    finally:
        for opened in (hanging, *fillers):
            opened.close()


def test_many_asyncio_waiters_share_a_timer_and_give_up_in_turn() -> None:
    given_up: list[int] = []

    async def wait(number: int, timeout: float) -> None:
        if not await AsyncioBackend().waiter().wait(timeout):
            given_up.append(number)

    async def body() -> None:
        loop = asyncio.get_running_loop()
        woken = AsyncioBackend().waiter()
        early = asyncio.ensure_future(woken.wait(0.004))
        waits = [asyncio.ensure_future(wait(number, 0.004 + 0.002 * (number % 2))) for number in range(6)]
        cancelled = asyncio.ensure_future(AsyncioBackend().waiter().wait(0.004))
        await asyncio.sleep(0)
        cancelled.cancel()
        woken.set()
        assert await early
        late = asyncio.ensure_future(wait(6, 0.004))
        await asyncio.gather(*waits, late)
        assert loop.is_running()

    asyncio.run(body())

    # Whoever is equally patient: which of the two lines ends first is the machine's business.
    assert [number for number in given_up if number % 2 == 0] == [0, 2, 4, 6]
    assert [number for number in given_up if number % 2 == 1] == [1, 3, 5]
