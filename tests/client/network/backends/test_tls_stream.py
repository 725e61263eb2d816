"""TLS over any stream: records that come together, and what is said while something is written."""

from __future__ import annotations

import contextlib
import ssl
from typing import Any, Callable

import anyio.lowlevel
import pytest

from understudy.client.errors import ReadError
from understudy.client.network.backends.base import UncleanEOF
from understudy.client.network.backends.memory import AsyncMemoryNetwork
from understudy.client.network.backends.tls_stream import TLSStream

from ..tls_peer import TLSPeer, client_context, server_context

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"


def secured_by(react: Callable[[TLSPeer, bytes], None]) -> Callable[[Any], TLSPeer]:
    context = server_context()
    return lambda end: TLSPeer(end, context, react)


async def connected(world: Any, react: Callable[[TLSPeer, bytes], None]) -> tuple[Any, TLSPeer]:
    network = world.sender(secured_by(react)).network
    plain = await network.connect_tcp("h.test", 443, 1.0)
    stream = await plain.start_tls(client_context(), "h.test", 1.0)
    return stream, plain.peer


def test_records_that_came_together_are_read_together(world: Any) -> None:
    async def body() -> None:
        stream, _ = await connected(world, lambda peer, heard: peer.say(b"a" * 10_000, b"b" * 10_000, b"c"))
        await stream.write(b"go", 1.0)
        assert await stream.read(65_536, 1.0) == b"a" * 10_000 + b"b" * 10_000 + b"c"

    world.run(body)


def test_no_more_is_read_than_asked_for(world: Any) -> None:
    async def body() -> None:
        stream, _ = await connected(world, lambda peer, heard: peer.say(b"aaa", b"bbb", b"ccc"))
        await stream.write(b"go", 1.0)
        got = [await stream.read(4, 1.0)]
        while stream.is_readable():
            got.append(await stream.read(4, 1.0))
        assert b"".join(got) == b"aaabbbccc"
        assert max(map(len, got)) <= 4

    world.run(body)


def test_a_second_response_in_a_record_of_its_own_is_never_an_answer(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(secured_by(lambda peer, heard: peer.say(OK, EVIL)), verify=client_context())
        assert await sender.get("https://h.test/") == b"ok"
        assert await sender.get("https://h.test/") == b"ok"
        assert len(sender.network.connections) == 2

    world.run(body)


def test_a_part_of_a_record_on_an_idle_connection_ends_it(world: Any) -> None:
    def react(peer: TLSPeer, heard: bytes) -> None:
        peer.say(OK)
        ok = peer.outgoing.read()
        peer.tls.write(EVIL)
        peer.end.send(ok + peer.outgoing.read()[:10])

    async def body() -> None:
        sender = world.sender(secured_by(react), verify=client_context())
        assert await sender.get("https://h.test/") == b"ok"
        assert await sender.get("https://h.test/") == b"ok"
        assert len(sender.network.connections) == 2

    world.run(body)


def test_what_is_said_while_writing_stops_the_writing(world: Any) -> None:
    def react(peer: TLSPeer, heard: bytes) -> None:
        peer.say(b"stop")

    async def body() -> None:
        stream, _ = await connected(world, react)
        data = memoryview(b"x" * 200_000)
        assert await stream.write_until_readable(data, 1.0) < 200_000
        assert await stream.write_until_readable(data, 1.0) == 0
        assert stream.is_readable()
        assert await stream.read(2, 1.0) == b"st"
        assert await stream.read(2, 1.0) == b"op"

    world.run(body)


def test_what_was_sealed_and_not_sent_goes_first(world: Any) -> None:
    heard = bytearray()

    async def body() -> None:
        stream, peer = await connected(world, lambda peer, said: heard.extend(said))
        stream._inner = _Interrupting(peer.end.stream, lambda: peer.end.send(peer.sealed(b"stop")))
        assert await stream.write_until_readable(memoryview(b"abc"), 1.0) == 3
        assert await stream.write_until_readable(memoryview(b"def"), 1.0) == 0
        assert await stream.read(100, 1.0) == b"stop"
        await stream.write(b"def", 1.0)

    world.run(body)

    assert bytes(heard) == b"abcdef"


class _Interrupting:
    """A stream that takes nothing the first time, because the peer says something just then."""

    def __init__(self, inner: Any, interrupt: Callable[[], None]) -> None:
        self.inner = inner
        self.interrupts = [interrupt]

    async def write_until_readable(self, data: memoryview, timeout: float | None) -> Any:
        if len(data) and self.interrupts:
            self.interrupts.pop()()
            return 0
        return await self.inner.write_until_readable(data, timeout)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.mark.parametrize("cut", [True, False])
def test_an_end_while_writing_is_met_again_by_the_next_read(world: Any, cut: bool) -> None:
    def react(peer: TLSPeer, heard: bytes) -> None:
        if not cut:
            with contextlib.suppress(ssl.SSLWantReadError):
                peer.tls.unwrap()
            peer.flush()
        peer.end.close()

    async def body() -> None:
        stream, _ = await connected(world, react)
        await stream.write(b"x", 1.0)
        # Tickets, which are nothing to read, may have come before the end.
        assert 0 in [await stream.write_until_readable(memoryview(b"x"), 1.0) for _ in range(3)]
        if cut:
            with pytest.raises(UncleanEOF):
                await stream.read(1, 1.0)
        else:
            assert await stream.read(1, 1.0) == b""

    world.run(body)


def test_bytes_that_are_no_tls_are_an_error(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(secured_by(lambda peer, heard: peer.end.send(b"no TLS at all")), verify=client_context())
        with pytest.raises(ReadError):
            await sender.get("https://h.test/")

    world.run(body)


def test_a_handshake_that_never_ends_is_bounded(world: Any) -> None:
    class Silent:
        def __init__(self, end: Any) -> None:
            self.end = end

    async def body() -> None:
        plain = await world.sender(Silent).network.connect_tcp("h.test", 443, 1.0)
        with pytest.raises(TimeoutError, match="the TLS handshake does not end"):
            await plain.start_tls(client_context(), "h.test", 1.0)
        assert plain.is_closed
        plain = await world.sender(Silent).network.connect_tcp("h.test", 443, 1.0)
        with pytest.raises(TimeoutError, match="the TLS handshake does not end"):
            await plain.start_tls(client_context(), "h.test", 0.0)

    world.run(body)


class SlowStream:
    """An inner stream that sends a byte at a time, and lets others run between two of them."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.at_once = 0
        self.pieces = 0
        self.breaks_at = -1

    async def write(self, data: bytes, timeout: float | None) -> None:
        self.at_once += 1
        try:
            assert self.at_once == 1, "two writes at once"
            for place in range(0, len(data), 64):
                self.pieces += 1
                if self.pieces == self.breaks_at:
                    raise TimeoutError("the peer takes nothing")
                await anyio.lowlevel.checkpoint()
                await self.inner.write(data[place : place + 64], timeout)
        finally:
            self.at_once -= 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def slowly_connected(react: Callable[[TLSPeer, bytes], None]) -> tuple[Any, SlowStream]:
    network = AsyncMemoryNetwork(secured_by(react))
    slow: Any = SlowStream(await network.connect_tcp("h.test", 443, 1.0))
    return await TLSStream.client(slow, client_context(), "h.test", 5.0), slow


@pytest.mark.anyio
async def test_records_of_two_who_write_do_not_run_into_each_other() -> None:
    heard = bytearray()
    stream, _ = await slowly_connected(lambda peer, data: heard.extend(data))

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(stream.write, b"%d" % number * 1000, 1.0)

    assert sorted(heard) == sorted(b"".join(b"%d" % number * 1000 for number in range(10)))
    stream.close()


@pytest.mark.anyio
async def test_a_write_that_broke_in_the_middle_is_not_followed_by_another() -> None:
    heard = bytearray()
    stream, slow = await slowly_connected(lambda peer, data: heard.extend(data))
    slow.breaks_at = slow.pieces + 3

    with pytest.raises(TimeoutError):
        await stream.write(b"x" * 1000, 1.0)
    with pytest.raises(ConnectionAbortedError, match="interrupted in the middle"):
        await stream.write(b"y", 1.0)

    assert not heard
    stream.close()
