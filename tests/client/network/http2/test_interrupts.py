"""An interrupt between any two lines of a shared connection: it is condemned or whole, and nobody pays but its caller.

Interrupts are Ctrl-C and whatever a signal handler raises.
"""

from __future__ import annotations

import gc
import sys
import threading
from typing import TYPE_CHECKING, Any, Callable

import anyio
import anyio.lowlevel
import pytest
from hyperframe.frame import PushPromiseFrame

from tests.client.interrupting import Interrupter, at_lines, first_of
from tests.hostile.http2_server import Http2Request, Http2Server, ListeningServer
from understudy.client.config import HTTP2
from understudy.client.errors import TransportError
from understudy.client.messages.request import Request
from understudy.client.network.backends.memory import AsyncMemoryNetwork, MemoryNetwork
from understudy.client.network.http2 import frames
from understudy.client.network.http2.connection import HTTP2Connection
from understudy.client.transports.network import AsyncHTTPTransport, HTTPTransport

if TYPE_CHECKING:
    from tests.hostile.http2_server import Http2Peer

WHERE = "network/http2/"
TIMEOUTS = {"connect": 60.0, "read": 60.0, "write": 60.0, "pool": 60.0}
SHORT = {**TIMEOUTS, "read": 0.001}


class Struck(Exception):
    """What a signal handler raises that knows nothing of the client."""


class Outcome(BaseException):
    """What a signal handler raises that is to pass every `except Exception`."""


def request(path: str, method: str = "GET", base: str = "http://h.test", **options: Any) -> Request:
    return Request(method, base + path, extensions={"timeout": options.pop("timeout", TIMEOUTS)}, **options)


class Scripted(Http2Server):
    """Answers as the path says: at once, never, in part, with a push, with its leave, not at all."""

    def __init__(self) -> None:
        super().__init__(on_request=self._answer)
        self.held: list[tuple[Http2Peer, Http2Request]] = []

    def _answer(self, peer: Http2Peer, asked: Http2Request) -> None:
        path = asked[":path"]
        if path == "/held":
            peer.head(asked.stream_id)
            self.held.append((peer, asked))
        elif path == "/reset":
            peer.reset(asked.stream_id, 0x2)
        elif path == "/goaway":
            peer.respond(asked.stream_id)
            peer.goaway(asked.stream_id)
        elif path == "/cut":
            peer.end.reset()
        elif path == "/wrong":
            peer.raw(0, b"x", stream_id=0)
        elif path == "/fewer":
            peer.settings({3: 2})
            peer.respond(asked.stream_id)
        else:
            if path == "/pushing":
                self._push(peer, asked)
            if path != "/silent":
                peer.respond(asked.stream_id, body=b"ok")

    def _push(self, peer: Http2Peer, asked: Http2Request) -> None:
        fields = [(":method", "GET"), (":scheme", "http"), (":authority", "h.test"), (":path", "/pushed")]
        pushed = 2
        peer.requests[pushed] = Http2Request(pushed, [])
        block = peer.encoder.encode(fields)
        peer.send(PushPromiseFrame(asked.stream_id, promised_stream_id=pushed, data=block, flags=["END_HEADERS"]))
        peer.respond(pushed)

    def go_on(self) -> None:
        for peer, asked in self.held:
            if asked.reset_code is None:
                peer.data(asked.stream_id, b"whole", ends=True)
        self.held.clear()


def read(transport: HTTPTransport, path: str, method: str = "GET", **options: Any) -> bytes:
    return transport.handle_request(request(path, method, **options)).read()


def close_early(transport: HTTPTransport) -> None:
    transport.handle_request(request("/held")).close()


def read_what_is_pushed(transport: HTTPTransport) -> None:
    response = transport.handle_request(request("/pushing"))
    response.read()
    for pushed in response.pushed:
        pushed.read()


ACTS: dict[str, Callable[[HTTPTransport], Any]] = {
    "a request": lambda transport: read(transport, "/"),
    "a large body": lambda transport: read(transport, "/", "POST", content=b"x" * 70_000),
    "a body in pieces": lambda transport: read(transport, "/", "POST", content=iter([b"one", b"two"])),
    "an early close": close_early,
    "a timeout": lambda transport: read(transport, "/silent", timeout=SHORT),
    "a reset": lambda transport: read(transport, "/reset"),
    "a leave": lambda transport: read(transport, "/goaway"),
    "an end": lambda transport: read(transport, "/cut", "POST"),
    "a broken rule": lambda transport: read(transport, "/wrong"),
    "fewer streams": lambda transport: read(transport, "/fewer"),
    "a push": read_what_is_pushed,
    "a close": lambda transport: transport.close(),
}


def interrupted(act: Callable[[HTTPTransport], Any], settings: HTTP2, error: type[BaseException], at: int) -> bool:
    """Interrupt an act beside a response that somebody else reads; return whether it was long enough."""
    server = Scripted()
    transport = HTTPTransport(http1=False, http2=settings, network=MemoryNetwork(server))
    other = transport.handle_request(request("/held"))
    interrupter = Interrupter(at, error, WHERE)
    try:
        with interrupter.on():
            act(transport)
    except (error, TransportError) as caught:
        # In Python 3.9 the interrupt and what it struck may hold each other.
        caught.__traceback__ = None
    if sys.version_info < (3, 10):
        gc.collect(0)

    server.go_on()
    outcome: Any
    try:
        outcome = other.read()
    except TransportError as failure:
        outcome = failure
    may_fail = interrupter.has_struck or act in (ACTS["an end"], ACTS["a broken rule"], ACTS["a close"])
    assert outcome == b"whole" or (may_fail and isinstance(outcome, TransportError)), at
    assert read(transport, "/") == b"ok", at
    pool = transport.snapshot()
    assert (pool.active, pool.holders, pool.waiting) == (0, (), ()), at
    transport.close()
    assert transport.snapshot().open == 0
    assert all(end.is_closed for end in transport._network.connections), at  # type: ignore[union-attr]
    return interrupter.has_struck


@at_lines
@pytest.mark.parametrize(
    ("act", "error"),
    [*((act, Struck) for act in ACTS), *(("a request", error) for error in (KeyboardInterrupt, Outcome, TimeoutError))],
)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
def test_an_interrupt_at_any_line_counts_nothing_that_has_ended(
    act: str, error: type[BaseException], every: int
) -> None:
    settings = HTTP2(push=True, ping_interval=1e-9 if error is Struck else None)
    interrupted(ACTS[act], settings, error, 0)  # what is loaded when first used is loaded now
    at = first_of(every)

    while interrupted(ACTS[act], settings, error, at):
        at += every

    assert at > 20


async def ask(transport: AsyncHTTPTransport, path: str, outcomes: list[Any], **options: Any) -> None:
    try:
        response = await transport.handle_async_request(request(path, **options))
        try:
            outcomes.append(await response.aread())
        finally:
            await response.aclose()
    except (Struck, TransportError) as error:
        outcomes.append(type(error))


async def crowd(at: int) -> bool:
    """Let many tasks share a connection, and strike one of them; return whether there was so much to do."""
    server = Scripted()
    transport = AsyncHTTPTransport(http1=False, http2=True, network=AsyncMemoryNetwork(server))
    first: list[Any] = []
    await ask(transport, "/", first)
    outcomes: list[Any] = []
    interrupter = Interrupter(at, Struck, WHERE)

    with anyio.fail_after(20), interrupter.on():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, transport, "/held", outcomes)
            tasks.start_soon(lambda: ask(transport, "/", outcomes, method="POST", content=b"x" * 20_000))
            tasks.start_soon(ask, transport, "/", outcomes)
            while len(outcomes) < 3:
                await anyio.lowlevel.checkpoint()
                server.go_on()

    assert first == [b"ok"]
    assert set(outcomes) <= {b"ok", b"whole", Struck} or interrupter.has_struck
    # Whoever is struck outside of its own request is sent again, or told that the connection has died.
    assert outcomes.count(Struck) <= 1
    assert transport.snapshot().active == 0, at
    await ask(transport, "/", first)
    assert first == [b"ok", b"ok"]
    await transport.aclose()
    return interrupter.has_struck


@at_lines
@pytest.mark.anyio
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
async def test_an_interrupt_at_any_line_lets_no_other_task_hang(every: int) -> None:
    gc.collect()  # what the tests above leave is a million objects, which Python 3.14 would collect in one crowd's time
    await crowd(0)
    at = first_of(every)

    while await crowd(at):
        at += every

    assert at > 300


def test_nobody_writes_behind_a_head_that_the_server_never_got(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its fields are in the table by which heads are packed, and not in the server's."""
    transport = HTTPTransport(http1=False, http2=True, network=MemoryNetwork(Scripted()))
    assert read(transport, "/") == b"ok"
    met_by_others: list[tuple[bool, bytes]] = []
    condemn = HTTP2Connection.condemn

    def condemned(connection: HTTP2Connection) -> None:
        # The lock has been free since the interrupt.
        met_by_others.append((connection.protocol.takes_requests, bytes(connection.protocol.outgoing)))
        condemn(connection)

    def struck(*arguments: Any, **options: Any) -> bytes:
        raise Struck

    monkeypatch.setattr(HTTP2Connection, "condemn", condemned)
    with monkeypatch.context() as patch:
        patch.setattr(frames, "headers_frames", struck)
        with pytest.raises(Struck):
            read(transport, "/another")

    assert met_by_others == [(False, b"")]
    assert read(transport, "/") == b"ok"
    transport.close()


def test_an_interrupt_at_any_line_lets_no_other_thread_hang() -> None:
    server = Http2Server(on_request=lambda peer, asked: peer.respond(asked.stream_id, body=asked[":path"].encode()))
    transport = HTTPTransport(http1=False, http2=True)
    wrong: list[Any] = []
    is_over = threading.Event()

    def work(name: int) -> None:
        turn = 0
        while not is_over.is_set():
            turn += 1
            try:
                body = read(transport, f"/{name}/{turn}", base=base)
                if body != b"/%d/%d" % (name, turn):
                    wrong.append(body)
            except TransportError as error:
                # It has died twice under the same request, or the request may not be repeated.
                if "an interrupt struck" not in str(error) and "interrupted" not in str(error):
                    wrong.append(error)

    with ListeningServer(server) as base:
        threads = [threading.Thread(target=work, args=(name,)) for name in range(2)]
        for thread in threads:
            thread.start()
        for at in range(1, 300):
            try:
                with Interrupter(at, where=WHERE).on():
                    read(transport, "/main", base=base)
            except (KeyboardInterrupt, TransportError):
                pass
        is_over.set()
        for thread in threads:
            thread.join(10)

        assert wrong == []
        assert not any(thread.is_alive() for thread in threads)
        assert transport.snapshot().active == 0
        transport.close()
