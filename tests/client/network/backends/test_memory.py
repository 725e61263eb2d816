"""The network inside the process: what its ends can do to each other, and how waits end."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from understudy.client.bridge import run
from understudy.client.network.backends.memory import AsyncMemoryNetwork, MemoryNetwork
from understudy.client.network.backends.tls_stream import TLSStream
from understudy.client.network.tls import create_ssl_context


class Silent:
    """A peer without methods: all of them are optional."""

    def __init__(self, end: Any) -> None:
        self.end = end


async def connected(network: MemoryNetwork) -> tuple[Any, Any]:
    stream = await network.connect_tcp("h.test", 80, None)
    return stream, network.connections[-1]


def test_the_ends_know_where_they_are(world: Any) -> None:
    network = world.sender(Silent).network

    async def body() -> None:
        await network.connect_tcp("h.test", 80, None, local_address="x", socket_options=())
        await network.connect_unix("/socket", None)

    world.run(body)

    first, second = network.connections
    assert (first.host, first.port, first.path) == ("h.test", 80, None)
    assert (second.host, second.port, second.path) == (None, None, "/socket")
    assert "connections=2" in repr(network)


def test_what_was_sent_is_read_before_the_end_or_the_break(world: Any) -> None:
    async def body() -> None:
        stream, end = await connected(world.sender(Silent).network)
        end.send(b"last words")
        end.close()
        end.send(b"lost")
        assert await stream.read(4, 1.0) == b"last"
        assert await stream.read(100, 1.0) == b" words"
        assert await stream.read(100, 1.0) == b""
        await stream.write(b"half-closed", 1.0)

        stream, end = await connected(world.sender(Silent).network)
        end.send(b"last")
        end.reset()
        end.close()
        assert await stream.read(4, 1.0) == b"last"
        with pytest.raises(ConnectionResetError):
            await stream.read(4, 1.0)
        with pytest.raises(BrokenPipeError):
            await stream.write(b"x", 1.0)

    world.run(body)


def test_a_closed_stream_can_do_nothing(world: Any) -> None:
    async def body() -> None:
        stream, end = await connected(world.sender(Silent).network)
        assert "open" in repr(stream)
        stream.close()
        stream.close()
        assert end.is_closed
        assert stream.is_readable()
        assert "closed" in repr(stream)
        end.send(b"nobody there")
        with pytest.raises(ConnectionResetError):
            await stream.read(1, 1.0)
        with pytest.raises(ConnectionResetError):
            await stream.write(b"x", 1.0)
        assert stream.get_extra_info("socket") is None

    world.run(body)


def test_waiting_for_a_silent_peer_takes_the_clocks_time(world: Any) -> None:
    async def body() -> None:
        stream, end = await connected(world.sender(Silent).network)
        with pytest.raises(TimeoutError, match="says nothing"):
            await stream.read(1, 30.0)
        end.pause()
        with pytest.raises(TimeoutError, match="takes nothing"):
            await stream.write(b"x", 10.0)
        with pytest.raises(TimeoutError, match="takes nothing"):
            await stream.write_until_readable(memoryview(b"x"), 5.0)
        end.resume()
        await stream.write(b"x", 1.0)

    world.run(body)

    assert world.clock.now == 45.0


def test_sleep_asks_the_clock(world: Any) -> None:
    async def body() -> None:
        await world.sender(Silent).network.sleep(7.0)

    world.run(body)

    assert world.clock.now == 7.0


def test_blocking_code_is_not_left_to_wait_for_ever() -> None:
    async def body() -> None:
        stream, _ = await connected(MemoryNetwork(Silent))
        await stream.read(1, None)

    with pytest.raises(RuntimeError, match="this would wait for ever"):
        run(body())


@pytest.mark.anyio
async def test_a_peer_may_answer_later() -> None:
    stream, end = await connected(AsyncMemoryNetwork(Silent))

    async with anyio.create_task_group() as tasks:

        async def answer() -> None:
            await anyio.wait_all_tasks_blocked()
            end.send(b"late")

        tasks.start_soon(answer)
        assert await stream.read(100, None) == b"late"


@pytest.mark.anyio
async def test_real_time_passes_on_the_real_clock() -> None:
    stream, end = await connected(AsyncMemoryNetwork(Silent))

    with pytest.raises(TimeoutError):
        await stream.read(1, 0.001)

    end.pause()
    async with anyio.create_task_group() as tasks:

        async def resume() -> None:
            await anyio.wait_all_tasks_blocked()
            end.resume()

        tasks.start_soon(resume)
        await stream.write(b"x", None)


@pytest.mark.anyio
async def test_closing_wakes_who_waits() -> None:
    stream, _ = await connected(AsyncMemoryNetwork(Silent))

    async with anyio.create_task_group() as tasks:

        async def close() -> None:
            await anyio.wait_all_tasks_blocked()
            stream.close()

        tasks.start_soon(close)
        with pytest.raises(ConnectionResetError):
            await stream.read(1, None)


def test_writing_stops_while_there_is_something_to_read(world: Any) -> None:
    async def body() -> None:
        stream, end = await connected(world.sender(Silent).network)
        assert await stream.write_until_readable(memoryview(b"xyz"), 1.0) == 3
        end.send(b"stop")
        assert await stream.write_until_readable(memoryview(b"xyz"), 1.0) == 0

    world.run(body)


def test_the_peer_hears_that_the_client_is_gone(world: Any) -> None:
    heard: list[str] = []

    class Listening:
        def __init__(self, end: Any) -> None:
            self.end = end

        def ended(self) -> None:
            heard.append("ended")

    async def body() -> None:
        stream, _ = await connected(world.sender(Listening).network)
        stream.close()
        stream.close()

    world.run(body)

    assert heard == ["ended"]


def test_tls_runs_over_memory(world: Any) -> None:
    import ssl

    import trustme

    authority: Any = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("h.test").configure_cert(server_context)
    client_context = create_ssl_context()
    authority.configure_trust(client_context)

    class Secured:
        def __init__(self, end: Any) -> None:
            self.end = end
            self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = server_context.wrap_bio(self.incoming, self.outgoing, server_side=True)

        def received(self, data: bytes) -> None:
            self.incoming.write(data)
            try:
                self.tls.do_handshake()
                self.tls.write(self.tls.read(100)[::-1])
            except ssl.SSLWantReadError:
                pass
            self.end.send(self.outgoing.read())

    async def body() -> None:
        stream, end = await connected(world.sender(Secured).network)
        with pytest.raises(ssl.SSLCertVerificationError):
            await stream.start_tls(client_context, "other.test", 1.0)
        assert end.is_closed
        stream, end = await connected(world.sender(Secured).network)
        secured = await stream.start_tls(client_context, "h.test", 1.0)
        assert isinstance(secured, TLSStream)
        await secured.write(b"abc", 1.0)
        assert await secured.read(100, 1.0) == b"cba"
        with pytest.raises(TimeoutError):
            await secured.read(1, 1.0)
        end.close()
        with pytest.raises(ConnectionError, match="closing message"):
            await secured.read(1, 1.0)
        secured.close()

    world.run(body)


def test_a_peer_speaks_when_it_is_wanted(world: Any) -> None:
    class Shy:
        def __init__(self, end: Any) -> None:
            self.end = end
            self.asked: list[float | None] = []

        async def wanted(self, timeout: float | None) -> None:
            self.asked.append(timeout)
            if len(self.asked) == 1:
                self.end.send(b"hello")

    async def body() -> None:
        stream, end = await connected(world.sender(Shy).network)
        assert await stream.read(3, 2.0) == b"hel"
        assert await stream.read(3, 2.0) == b"lo"
        with pytest.raises(TimeoutError):
            await stream.read(3, 0.5)
        assert end.stream.peer.asked == [2.0, 0.5]

    world.run(body)


def test_without_tls_https_is_as_if_it_had_been_agreed_on(world: Any) -> None:
    async def body() -> None:
        network = world.sender(Silent).network
        plain = type(network)(Silent, alpn="h2")
        stream, _ = await connected(plain)
        secured = await stream.start_tls(create_ssl_context(), "h.test", 1.0)
        assert secured is stream
        assert stream.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        unplayed, _ = await connected(network)
        assert unplayed.get_extra_info("ssl_object") is None

    world.run(body)
