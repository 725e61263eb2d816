"""Every fault by its name leads to the same error in three ways: a real server that fails so, wire mode, mock mode.

What the real server does is written here once more, in the words of `tests/hostile`, and not taken from `mock`.
"""

from __future__ import annotations

import gzip
import socket
import ssl
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio
import pytest
import trustme

import understudy
from tests.hostile.http2_server import Http2Server, ListeningServer
from tests.hostile.server import HostileServer
from tests.hostile.steps import Drip, Flood, Read, ReadHead, Reset, Script, Send, Stall
from understudy import AsyncClient, Client, HTTPTransport, Timeout, mock
from understudy.mock.replies.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tests.hostile.http2_server import Http2Peer, Http2Request

# Patience where time has to pass for the fault to show, and where it must not.
SHORT, LONG = 0.2, 20.0
LARGE = bytes(32 * 1024 * 1024)
OK = b"HTTP/1.1 200 OK\r\n"
BEGUN = OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 400
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n190\r\n" + b"x" * 400 + b"\r\n"
DAMAGED = gzip.compress(b"x" * 1000)[:12] + b"\xff" * 12
PING = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + b"12345678"


class Real(NamedTuple):
    """What a real server does, and what the mock's route says for the same."""

    name: str
    does: Script | Callable[[Http2Peer, Http2Request], None] | str
    words: dict[str, Any]
    version: str = "HTTP/1.1"
    method: str = "GET"
    content: bytes = b""
    patience: float = LONG
    total: float | None = None

    def __str__(self) -> str:
        return " ".join([self.name, self.version, *(f"{word}={said}" for word, said in self.words.items())])


def says(*data: bytes) -> Script:
    return (Read(), *map(Send, data))


def begins(peer: Http2Peer, request: Http2Request) -> None:
    peer.head(request.stream_id, fields=[("content-length", "1000")])
    peer.data(request.stream_id, b"x" * 400)


def then(*steps: str) -> Callable[[Http2Peer, Http2Request], None]:
    """Return what a server of HTTP/2 does with a request, by the names of `HTTP2_STEPS`."""

    def react(peer: Http2Peer, request: Http2Request) -> None:
        for step in steps:
            HTTP2_STEPS[step](peer, request)

    return react


def resets(peer: Http2Peer, request: Http2Request) -> None:
    connected = peer.end._socket
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connected.close()


def floods(piece: bytes) -> Callable[[Http2Peer, Http2Request], None]:
    def react(peer: Http2Peer, request: Http2Request) -> None:
        for _ in range(400):
            peer.end.send(piece)

    return react


HTTP2_STEPS: dict[str, Callable[[Http2Peer, Http2Request], None]] = {
    "begins": begins,
    "closes": lambda peer, request: peer.end.close(),
    "goes away": lambda peer, request: peer.goaway(0),
    "goes away later": lambda peer, request: peer.goaway(request.stream_id),
    "resets the stream": lambda peer, request: peer.reset(request.stream_id, 0x2),
    "refuses": lambda peer, request: peer.reset(request.stream_id, 0x7),
    "resets": resets,
    "updates nothing": lambda peer, request: peer.raw(0x8, b"\0\0\0\0", stream_id=request.stream_id),
    "sends settings of one byte": lambda peer, request: peer.raw(0x4, b"\0"),
    "compresses badly": lambda peer, request: peer.raw(0x1, b"\xff" * 6, flags=0x4, stream_id=request.stream_id),
    "says a NUL": lambda peer, request: peer.head(request.stream_id, fields=[("x-bad", "a\0b")], ends=True),
    "has many fields": lambda peer, request: peer.head(
        request.stream_id, fields=[(f"x-{number}", "y") for number in range(300)], ends=True
    ),
    "begins a header": lambda peer, request: peer.raw(0x1, b"\0" * 8, stream_id=request.stream_id),
    "continues it": floods(b"\x00\x40\x00\x09\x00\x00\x00\x00\x01" + b"\0" * 16_384),
    "pings": floods(PING * 64),
    "speaks SMTP": lambda peer, request: peer.end.send(b"220 mail.example ESMTP\r\n"),
    "damages": lambda peer, request: peer.respond(
        request.stream_id, body=DAMAGED, fields=[("content-encoding", "gzip")]
    ),
    "is silent": lambda peer, request: None,
}


class Failure(NamedTuple):
    """What a request came to that got no whole answer."""

    kind: type[understudy.RequestError]
    request_sent: bool | None
    retryable: bool


AT = {"at": 400}
REAL: list[Real] = [
    Real("bad-chunk", says(CHUNKED, b"zz\r\nmore\r\n0\r\n\r\n"), AT),
    Real("bad-header", says(OK + b"X-Bad: a\0b\r\nContent-Length: 0\r\n\r\n"), {}),
    Real("bad-length", says(OK + b"Content-Length: 0x5\r\n\r\ngood!"), {}),
    Real("bad-status", says(b"HTTP/1.1 2x0 OK\r\n\r\n"), {}),
    Real("chunk-flood", (*says(CHUNKED, b"1;"), Flood(b"x" * 1024, 1 << 22)), AT),
    Real("connect-refused", "refuses connections", {}),
    Real("corrupt-body", says(OK + b"Content-Encoding: gzip\r\nContent-Length: 24\r\n\r\n" + DAMAGED), {}),
    Real("cut-chunk", says(CHUNKED), AT),
    Real("cut-head", says(OK + b"Content-Le"), {}),
    Real("disconnect", (Read(),), {}),
    Real("garbage", says(b"220 mail.example ESMTP\r\n500 what?\r\n\r\n"), {}),
    Real("header-flood", (*says(OK), Flood(b"X-Flood: " + b"x" * 1013 + b"\r\n", 1 << 23)), {}),
    Real("interim-flood", (Read(), Flood(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 64, 1 << 20)), {}),
    Real("many-headers", says(OK + b"X: y\r\n" * 300 + b"\r\n"), {}),
    Real("read-timeout", (Read(), Stall()), {}, patience=SHORT),
    Real("read-timeout", (*says(BEGUN), Stall()), AT, patience=SHORT),
    Real("reset", (Read(), Reset()), {}),
    Real("slow-drip", (*says(OK + b"Content-Length: 1000\r\n\r\n"), Drip(b"x" * 1000)), {"every": 0.02}, total=0.2),
    Real("tls", "has a certificate of its own", {}),
    Real("trailer-flood", (*says(CHUNKED, b"0\r\n"), Flood(b"X-Flood: y\r\n" * 64, 1 << 22)), AT),
    Real("truncate", says(BEGUN), AT),
    Real("two-lengths", says(OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\ngood!"), {}),
    Real("write-timeout", (ReadHead(), Stall()), {}, method="POST", content=LARGE, patience=SHORT),
    Real("wrong-length", says(OK + b"Content-Length: 1010\r\n\r\n" + b"x" * 1000), {}),
    Real("bad-compression", then("compresses badly"), {}, "HTTP/2"),
    Real("bad-frame", then("updates nothing", "sends settings of one byte"), {}, "HTTP/2"),
    Real("bad-frame", then("begins", "updates nothing"), AT, "HTTP/2"),
    Real("bad-header", then("says a NUL"), {}, "HTTP/2"),
    Real("corrupt-body", then("damages"), {}, "HTTP/2"),
    Real("disconnect", then("closes"), {}, "HTTP/2"),
    Real("garbage", then("speaks SMTP", "closes"), {}, "HTTP/2"),
    Real("goaway", then("goes away", "closes"), {}, "HTTP/2"),
    Real("goaway", then("begins", "goes away later", "closes"), AT, "HTTP/2"),
    Real("header-flood", then("begins a header", "continues it"), {}, "HTTP/2"),
    Real("many-headers", then("has many fields"), {}, "HTTP/2"),
    Real("ping-flood", then("pings"), {}, "HTTP/2"),
    Real("read-timeout", then("is silent"), {}, "HTTP/2", patience=SHORT),
    Real("read-timeout", then("begins"), AT, "HTTP/2", patience=SHORT),
    Real("refused-stream", then("refuses"), {}, "HTTP/2"),
    Real("reset", then("resets"), {}, "HTTP/2"),
    Real("rst-stream", then("resets the stream"), {}, "HTTP/2"),
    Real("rst-stream", then("begins", "resets the stream"), AT, "HTTP/2"),
    Real("truncate", then("begins", "closes"), AT, "HTTP/2"),
]

# What no server of this machine does reliably: names and routes that lead nowhere, a full pool,
# and a break at one moment between two packets.
UNREAL = {"connect-timeout", "dns", "pool-timeout", "write-error"}


def options(case: Real) -> dict[str, Any]:
    return {"timeout": Timeout(LONG, read=case.patience, write=case.patience, total=case.total), "trust_env": False}


@contextmanager
def real_server(case: Real) -> Generator[str]:
    """Yield the URL of a server that does what the case says."""
    if callable(case.does):
        with ListeningServer(Http2Server(on_request=case.does)) as url:
            yield url
    elif case.does == "refuses connections":
        with closing(socket.socket()) as unheard:
            unheard.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{unheard.getsockname()[1]}"
    elif isinstance(case.does, str):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority: Any = trustme.CA()
        authority.issue_cert("127.0.0.1").configure_cert(context)
        with HostileServer((), tls=context) as server:
            yield server.url()
    else:
        with HostileServer(case.does) as server:
            yield server.url()


def failure_at_a_real_server(case: Real) -> Failure | None:
    is_http2 = case.version == "HTTP/2"
    with real_server(case) as url:
        transport = HTTPTransport(http1=not is_http2, http2=is_http2, trust_env=False)
        with Client(transport=transport, **options(case)) as client:
            return failure(lambda: client.request(case.method, url, content=case.content))


def failure(send: Callable[[], Any]) -> Failure | None:
    try:
        send()
    except understudy.RequestError as error:
        return failed(error)
    return None


def failed(error: understudy.RequestError) -> Failure:
    """Return what programs, and retries, may go by."""
    return Failure(type(error), error.request_sent, error.retryable)


def router_for(case: Real, mode: str) -> mock.Router:
    router = mock.Router(mode=mode)
    router.route("https://api.test/", method=case.method).fault(case.name, http_version=case.version, **case.words)
    return router


def failure_of_a_mock(case: Real, mode: str, color: str) -> Failure | None:
    router = router_for(case, mode)
    # A large upload makes a difference only where there are real buffers.
    content = case.content[:1000]
    if color == "blocking":
        with Client(transport=router, **options(case)) as client:
            return failure(lambda: client.request(case.method, "https://api.test/", content=content))

    async def main() -> Failure | None:
        async with AsyncClient(transport=router, **options(case)) as client:
            try:
                await client.request(case.method, "https://api.test/", content=content)
            except understudy.RequestError as error:
                return failed(error)
            return None

    return anyio.run(main, backend=color)


@pytest.mark.parametrize("case", REAL, ids=str)
def test_a_real_server_wire_mode_and_mock_mode_raise_the_same(case: Real) -> None:
    expected = failure_at_a_real_server(case)

    seen = {
        (mode, color): failure_of_a_mock(case, mode, color)
        for mode in ("wire", "mock")
        for color in ("blocking", "asyncio", "trio")
    }

    assert expected is not None
    assert seen == dict.fromkeys(seen, expected)


@pytest.mark.parametrize("name", sorted(UNREAL))
def test_what_no_server_does_reliably_is_the_same_in_wire_mode_and_mock_mode(name: str) -> None:
    case = Real(name, (), {})

    seen = {
        (mode, color): failure_of_a_mock(case, mode, color)
        for mode in ("wire", "mock")
        for color in ("blocking", "asyncio", "trio")
    }

    expected = seen["wire", "blocking"]
    assert expected is not None
    assert expected.kind is getattr(understudy, FAULTS[name].error)
    assert seen == dict.fromkeys(seen, expected)


def test_every_fault_is_compared_in_every_version_in_which_there_is_one() -> None:
    compared = {(case.name, case.version) for case in REAL}

    # What strikes before a byte of HTTP was said is the same in both.
    said = {
        (name, version)
        for name, fault in FAULTS.items()
        for version in fault.versions
        if name not in UNREAL and (fault.when == "answering" or version == "HTTP/1.1")
    }
    assert said - compared == {("slow-drip", "HTTP/2")}
    assert len({name for name, _ in compared}) >= 20
