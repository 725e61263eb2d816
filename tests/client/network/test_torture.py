"""Whatever fails, is cancelled or is interrupted, at whatever step: nothing leaks, and the next request works.

Every scenario runs again and again, with an accident at the first step that the network is asked for, at the second,
and so on until no step is left. The accidents: errors, timeouts, KeyboardInterrupt, native cancellation, cancel scopes.
"""

from __future__ import annotations

import asyncio
from typing import Any, Callable

import anyio
import anyio.lowlevel
import pytest

from understudy.client.config import Limits
from understudy.client.errors import RequestError
from understudy.client.network.backends.tls_stream import TLSStream

from .tls_peer import TLSPeer, client_context, server_context

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"x" * 65_536


class Accidents:
    """A network that has an accident at its `at`-th step."""

    def __init__(self, network: Any, kind: str, at: int) -> None:
        self.network = network
        self.kind = kind
        self.at = at
        self.steps = 0
        self.happened = False
        self.streams: list[Any] = []
        self.scope: anyio.CancelScope | None = None

    async def step(self) -> None:
        self.steps += 1
        if self.steps != self.at:
            return
        self.happened = True
        if self.kind == "error":
            raise ConnectionResetError("accident")
        if self.kind == "timeout":
            raise TimeoutError("accident")
        if self.kind == "interrupt":
            raise KeyboardInterrupt
        if self.kind == "cancel":
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        if self.kind == "scope":
            assert self.scope is not None
            self.scope.cancel()
        await anyio.lowlevel.checkpoint()

    async def connect_tcp(self, host: str, port: int, timeout: float | None, **options: Any) -> Any:
        await self.step()
        stream = AccidentalStream(await self.network.connect_tcp(host, port, timeout, **options), self)
        self.streams.append(stream)
        return stream

    async def sleep(self, seconds: float) -> None:
        await self.step()
        await self.network.sleep(seconds)

    def waiter(self) -> Any:
        return AccidentalWaiter(self.network.waiter(), self)


class AccidentalWaiter:
    def __init__(self, waiter: Any, accidents: Accidents) -> None:
        self.waiter = waiter
        self.accidents = accidents

    def set(self) -> None:
        self.waiter.set()

    async def wait(self, timeout: float | None) -> bool:
        await self.accidents.step()
        answer: bool = await self.waiter.wait(timeout)
        # Granted and cancelled in the same moment: the hardest one.
        await self.accidents.step()
        return answer


class AccidentalStream:
    def __init__(self, stream: Any, accidents: Accidents) -> None:
        self.stream = stream
        self.accidents = accidents

    async def read(self, max_bytes: int, timeout: float | None) -> Any:
        await self.accidents.step()
        return await self.stream.read(max_bytes, timeout)

    async def write(self, data: bytes, timeout: float | None) -> None:
        await self.accidents.step()
        await self.stream.write(data, timeout)
        await self.accidents.step()

    async def write_until_readable(self, data: memoryview, timeout: float | None) -> Any:
        await self.accidents.step()
        return await self.stream.write_until_readable(data, timeout)

    async def start_tls(self, context: Any, hostname: str | None, timeout: float | None) -> Any:
        await self.accidents.step()
        stream: Any = self
        return await TLSStream.client(stream, context, hostname, timeout)

    def close(self) -> None:
        self.stream.close()

    def is_readable(self) -> Any:
        return self.stream.is_readable()

    def get_extra_info(self, name: str) -> Any:
        return self.stream.get_extra_info(name)


def server(*said: bytes | Callable[[Any], None]) -> Callable[[Any], Any]:
    """Answer the first request with the first of `said`, and so on; every other one with OK."""
    answers = list(said)

    def connect(end: Any) -> Any:
        class Peer:
            def received(self, data: bytes) -> None:
                if b" HTTP/1.1\r\n" not in data and not data.endswith((b"0\r\n\r\n", b"END")):
                    return
                if b"Transfer-Encoding" in data or b"Expect" in data:
                    return
                answer = answers.pop(0) if answers and end.host != "next.test" else OK
                if callable(answer):
                    answer(end)
                else:
                    end.send(answer)

        return Peer()

    return connect


def secured() -> Callable[[Any], Any]:
    """Answer every request, inside TLS where it is https."""

    def connect(end: Any) -> Any:
        if end.port != 443:
            return server()(end)
        return TLSPeer(end, server_context(), lambda peer, data: peer.say(OK))

    return connect


class ProxyPeer:
    """A proxy that leads to itself: it opens tunnels, with TLS in them, and answers what it should forward."""

    def __init__(self, end: Any, is_socks: bool) -> None:
        self.end = end
        self.inside: TLSPeer | None = None
        self.greetings = 2 if is_socks else 0

    def received(self, data: bytes) -> None:
        if self.inside is not None:
            self.inside.received(data)
        elif self.greetings == 2:
            self.greetings = 1
            self.end.send(b"\x05\x00")
        elif self.greetings == 1:
            self.greetings = 0
            self.end.send(b"\x05\x00\x00\x01" + bytes(6))
            self.open(tls=data.endswith((443).to_bytes(2, "big")))
        elif data.startswith(b"CONNECT "):
            self.end.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            self.open(tls=True)
        else:
            self.end.send(OK)

    def open(self, *, tls: bool) -> None:
        if tls:
            self.inside = TLSPeer(self.end, server_context(), lambda peer, data: peer.say(OK))


def proxy() -> Callable[[Any], Any]:
    return lambda end: ProxyPeer(end, is_socks=False)


def socks_proxy() -> Callable[[Any], Any]:
    return lambda end: ProxyPeer(end, is_socks=True)


async def get(sender: Any) -> None:
    assert await sender.get() == b"ok"


async def get_twice(sender: Any) -> None:
    await get(sender)
    await get(sender)


async def stream_chunks(sender: Any) -> None:
    response = await sender.send()
    assert await sender.read(response) == b"hello"


async def read_part(sender: Any) -> None:
    response = await sender.send()
    await sender.close_response(response)


async def post_much(sender: Any) -> None:
    assert await sender.read(await sender.send("POST", content=CHUNK * 4 + b"END")) == b"ok"


async def post_chunks(sender: Any) -> None:
    if sender.is_blocking:
        content: Any = iter([CHUNK, CHUNK])
    else:

        async def pieces() -> Any:
            yield CHUNK
            yield CHUNK

        content = pieces()
    assert await sender.read(await sender.send("POST", content=content)) == b"ok"


async def expect(sender: Any) -> None:
    response = await sender.send("POST", content=b"payload END", headers={"Expect": "100-continue"})
    assert await sender.read(response) == b"ok"


async def upgrade(sender: Any) -> None:
    response = await sender.send(headers={"Upgrade": "echo", "Connection": "upgrade"})
    stream = response.extensions["network_stream"]
    try:
        if sender.is_blocking:
            stream.write(b"ping")
        else:
            await stream.write(b"ping")
    finally:
        await sender.close_response(response)


async def get_secured(sender: Any) -> None:
    for _ in range(2):
        assert await sender.get("https://h.test/") == b"ok"


async def get_both(sender: Any) -> None:
    assert await sender.get("https://h.test/") == b"ok"
    assert await sender.get("http://h.test/") == b"ok"


async def be_refused(sender: Any) -> None:
    response = await sender.send("POST", content=CHUNK * 8 + b"END")
    assert await sender.read(response) == b"no"


async def two_origins(sender: Any) -> None:
    for host in ("a", "b", "a"):
        assert await sender.get(f"http://{host}.test/") == b"ok"


async def wait_in_line(sender: Any) -> None:
    response = await sender.send()
    if sender.is_blocking:
        assert await sender.read(response) == b"hello"
        return await get(sender)
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sender.get)
            tasks.start_soon(sender.get)
            await anyio.lowlevel.checkpoint()
            assert await sender.read(response) == b"hello"
    finally:
        await sender.close_response(response)
    return None


async def many_at_once(sender: Any) -> None:
    if sender.is_blocking:
        return await get(sender)
    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(sender.get, f"http://{'abc'[number % 3]}.test/")
    return None


def dying(end: Any) -> None:
    end.close()


def refusing(answers: list[bool]) -> Callable[[Any], Any]:
    def connect(end: Any) -> Any:
        if answers and answers.pop():
            raise ConnectionRefusedError("refused")
        return server()(end)

    return connect


def until_close(end: Any) -> None:
    end.send(b"HTTP/1.1 200 OK\r\n\r\nhe")
    end.send(b"llo")
    end.close()


def interim(end: Any) -> None:
    end.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    end.send(OK)


def unexpecting(end: Any) -> Any:
    """Refuse every expectation."""

    class Peer:
        def received(self, data: bytes) -> None:
            end.send(NO_EXPECTATIONS if b"Expect" in data else OK)

    return Peer()


def refusing_uploads(end: Any) -> Any:
    """Refuse uploads when they begin, and take no more of them."""

    class Peer:
        def received(self, data: bytes) -> None:
            if b"Content-Length: 524" in data:
                end.send(TOO_LARGE)
                end.pause()
            elif data.startswith(b"GET"):
                end.send(OK)

    return Peer()


NO_EXPECTATIONS = b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno"
TOO_LARGE = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"
CHUNKS = CHUNKED + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
ONE = Limits(max_connections=1)

# name -> (what the server does, what the client does, how the transport is set up)
SCENARIOS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any], dict[str, Any]]] = {
    "a request": (server, get, {}),
    "a connection used again": (server, get_twice, {}),
    "a chunked body": (lambda: server(CHUNKS), stream_chunks, {}),
    "a body until the end": (lambda: server(until_close), stream_chunks, {}),
    "an abandoned body": (lambda: server(CHUNKED + b"2\r\nhe\r\n"), read_part, {}),
    "an upload": (server, post_much, {}),
    "a chunked upload": (server, post_chunks, {}),
    "an expectation": (server, expect, {}),
    "an expectation that is refused": (lambda: unexpecting, expect, {}),
    "an upload that is refused": (lambda: refusing_uploads, be_refused, {}),
    "TLS": (secured, get_secured, {"verify": client_context()}),
    "a proxy": (proxy, get_both, {"proxy": "http://proxy.test:3128", "verify": client_context()}),
    "a SOCKS proxy": (socks_proxy, get_both, {"proxy": "socks5://proxy.test:1080", "verify": client_context()}),
    "an interim answer": (lambda: server(interim), get, {}),
    "an upgrade": (lambda: server(b"HTTP/1.1 101 Go\r\nUpgrade: echo\r\n\r\n"), upgrade, {}),
    "a connection that dies in use": (lambda: server(OK, dying), get_twice, {}),
    "a refused connection": (lambda: refusing([True]), get, {"retries": 1}),
    "two origins, one connection": (server, two_origins, {"limits": ONE}),
    "a queue": (lambda: server(CHUNKS), wait_in_line, {"limits": ONE}),
    "a crowd": (server, many_at_once, {"limits": Limits(max_connections=2)}),
    "a crowd and a limit per host": (
        server,
        many_at_once,
        {"limits": Limits(max_connections=2, max_connections_per_host=1, max_keepalive_connections=0)},
    ),
}
KINDS = {
    "blocking": ["error", "timeout", "interrupt"],
    "asyncio": ["error", "timeout", "cancel", "scope"],
    "trio": ["error", "timeout", "scope"],
}


async def run_once(world: Any, scenario: str, kind: str, at: int) -> bool:
    """Run a scenario with an accident; return whether there was one."""
    make_server, act, options = SCENARIOS[scenario]
    sender = world.sender(make_server(), **options)
    sender.is_blocking = world.name == "blocking"
    network = Accidents(sender.network, kind, at)
    sender.transport._network = network

    await have_accident(network, act, sender)

    pool = sender.pool
    assert pool.active == 0, pool
    assert not pool.waiting
    assert not pool.holders
    still_open = [stream for stream in network.streams if not stream.stream.is_closed]
    assert len(still_open) == pool.idle
    network.at = -1
    response = await sender.send(url="http://next.test/")
    assert await sender.read(response) == b"ok"
    await sender.close()
    assert sender.pool.open == 0
    assert all(stream.stream.is_closed for stream in network.streams)
    return network.happened


async def have_accident(network: Accidents, act: Callable[[Any], Any], sender: Any) -> None:
    try:
        if network.kind == "cancel":
            task = asyncio.ensure_future(act(sender))
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()
        elif network.kind == "scope":
            with anyio.CancelScope() as network.scope:
                await act(sender)
        else:
            await act(sender)
    except BaseException as error:
        known = all(
            isinstance(one, (RequestError, KeyboardInterrupt, OSError)) for one in getattr(error, "exceptions", [error])
        )
        if not known or not network.happened:
            raise


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_accident_leaks_a_connection(world: Any, scenario: str) -> None:
    for kind in KINDS[world.name]:

        async def every_step(kind: str = kind) -> int:
            at = 1
            while await run_once(world, scenario, kind, at):
                at += 1
                assert at < 500
            return at

        assert world.run(every_step) > 3
