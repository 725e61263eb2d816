"""HTTP/2 over sockets: what connections, uploads, deadlines and processes must bear there as they do in HTTP/1.1."""

# trustme says part of its types in terms of a package that is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hyperframe.frame import HeadersFrame

from understudy import ConnectError, DeadlineExceeded, StreamConsumed, Timeout

from .authorities import server_context
from .http2_server import Http2Server, ListeningServer
from .invariants import SECRET, Stopwatch, check_error, check_pool, in_time
from .server import HostileServer
from .steps import BeGood

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .http2_server import Http2Peer, Http2Request

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
PLAIN: dict[str, Any] = {"trust_env": False, "http1": False, "http2": True}
INSIDE_TLS: dict[str, Any] = {"trust_env": False, "http2": True, "verify": False}


def good(peer: Http2Peer, request: Http2Request) -> None:
    peer.respond(request.stream_id, body=b"good")


def h2_context() -> Any:
    context = server_context("localhost")
    context.set_alpn_protocols(["h2"])
    return context


async def test_c50_streams_with_another_server_name_are_not_shared(side: Any) -> None:
    server = Http2Server(on_request=good)
    with ListeningServer(server, h2_context()) as url:
        transport = side.transport(**INSIDE_TLS)
        async with side.client(transport=transport, timeout=10.0) as client:
            for name in ("one.test", "two.test", "one.test", "two.test"):
                response = await side.call(client.get, url, extensions={"sni_hostname": name})
                assert response.content == b"good"
                assert response.http_version == "HTTP/2"

    assert [list(peer.requests) for peer in server.peers] == [[1, 3], [1, 3]]


@pytest.mark.parametrize("fault", ["protocol", "certificate"])
async def test_c51_handshakes_that_fail_for_http2_leave_nothing(side: Any, fault: str) -> None:
    context = server_context("localhost") if fault == "protocol" else h2_context()
    options = {**INSIDE_TLS, "http1": False, "verify": fault == "certificate"}
    with ListeningServer(Http2Server(on_request=good), context) as url:
        transport = side.transport(**options)
        async with side.client(transport=transport, timeout=10.0) as client:
            for _ in range(20):
                with pytest.raises(ConnectError) as caught:
                    await side.call(client.get, url)
                check_error(caught.value)
            assert transport.snapshot().open == 0


@in_time
@pytest.mark.parametrize("what", ["head", "body", "interim responses"])
async def test_c52_whatever_drips_the_deadline_comes_in_time(side: Any, what: str) -> None:
    is_over = threading.Event()

    def drip(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/again":
            good(peer, request)
            return
        if what == "body":
            peer.head(request.stream_id)
        block = peer.encoder.encode([(":status", "200"), *((f"x-{number}", "y") for number in range(60))])
        frame = HeadersFrame(request.stream_id, block, flags=["END_HEADERS"]).serialize()
        for place in range(100):
            if is_over.wait(0.02):
                return
            if what == "head":
                peer.end.send(frame[place : place + 1])
            elif what == "body":
                peer.data(request.stream_id, b"x")
            elif place % 10 == 0:
                peer.head(request.stream_id, 103)

    with ListeningServer(Http2Server(on_request=drip)) as url:
        transport = side.transport(**PLAIN)
        async with side.client(transport=transport, timeout=Timeout(10.0, total=0.3)) as client:
            with Stopwatch(0.3), pytest.raises(DeadlineExceeded) as caught:
                await side.call(client.get, url)
            is_over.set()
            check_error(caught.value)
            check_pool(transport.snapshot())


@pytest.mark.parametrize("then", ["resets", "listens", "leaves"])
async def test_c54_an_early_refusal_of_an_upload_is_returned(side: Any, then: str) -> None:
    closed: list[int] = []

    def refuse(peer: Http2Peer, request: Http2Request) -> None:
        if request[":path"] == "/again":
            return
        peer.respond(request.stream_id, 413, b"too much")
        if then == "resets":
            peer.reset(request.stream_id, 0)
        elif then == "leaves":
            peer.goaway(request.stream_id)

    def pieces() -> Iterator[bytes]:
        sent = 0
        try:
            while sent < 2**30:
                yield bytes(65_536)
                sent += 65_536
        finally:
            closed.append(sent)

    server = Http2Server(on_head=refuse, on_request=good)
    with ListeningServer(server) as url:
        transport = side.transport(**PLAIN)
        async with side.client(transport=transport, timeout=10.0) as client:
            response = await side.call(client.post, url, content=side.upload(pieces()))
            assert (response.status_code, response.content) == (413, b"too much")
            check_pool(transport.snapshot())
            assert (await side.call(client.get, f"{url}/again")).content == b"good"

    assert len(closed) == 1
    assert closed[0] < 2**30


async def test_c54b_what_can_be_sent_once_is_not_sent_again(side: Any) -> None:
    def redirect(peer: Http2Peer, request: Http2Request) -> None:
        peer.respond(request.stream_id, 307, b"", [("location", "/elsewhere")])

    server = Http2Server(on_request=redirect)
    with ListeningServer(server) as url:
        transport = side.transport(**PLAIN)
        async with side.client(transport=transport, timeout=10.0, follow_redirects=True) as client:
            with pytest.raises(StreamConsumed):
                await side.call(client.post, url, content=side.upload(iter([b"once"])))
            check_pool(transport.snapshot())

    assert [request[":path"] for request in server.peers[0].requests.values()] == ["/"]


async def test_c56_out_of_http2_and_tls_goes_no_secret(side: Any) -> None:
    with HostileServer((BeGood(),)) as plain:

        def redirect(peer: Http2Peer, request: Http2Request) -> None:
            peer.respond(request.stream_id, 302, b"", [("location", plain.url("/in-clear"))])

        server = Http2Server(on_request=redirect)
        with ListeningServer(server, h2_context()) as url:
            transport = side.transport(**INSIDE_TLS)
            options = {"headers": {"Authorization": SECRET, "Cookie": SECRET}, "follow_redirects": True}
            async with side.client(transport=transport, timeout=10.0, **options) as client:
                response = await side.call(client.get, url)
                assert response.content == b"good"
                assert [answer.http_version for answer in (*response.history, response)] == ["HTTP/2", "HTTP/1.1"]

        assert SECRET.encode() not in b"".join(plain.requests)
    assert server.peers[0].requests[1]["authorization"] == SECRET


# Processes: each in a Python of its own.

ASK = """
import sys
import understudy

caller, url = sys.argv[1:]
options = {"http1": False, "http2": True, "trust_env": False, "timeout": 10.0}
client = understudy.Client(**options) if caller == "blocking" else understudy.AsyncClient(**options)


async def ask_later():
    try:
        return (await client.get(url)).content
    except understudy.TransportError as error:
        return error


def ask():
    if caller == "asyncio":
        import asyncio
        return asyncio.run(ask_later())
    if caller == "trio":
        import trio
        return trio.run(ask_later)
    try:
        return client.get(url).content
    except understudy.TransportError as error:
        return error
"""

FORK = """
import os

assert ask() == b"good"
child = os.fork()
if not child:
    try:
        answers = [ask(), ask()]
        if caller == "blocking":
            client.close()
        os._exit(0 if answers == [b"good", b"good"] else 1)
    finally:
        os._exit(2)
_, status = os.waitpid(child, 0)
assert os.WEXITSTATUS(status) == 0, status
assert ask() == b"good"
"""

EXHAUST = """
import resource
import socket

assert ask() == b"good"
if caller == "blocking":
    # What is there serves on; only what would need another socket cannot be.
    client.close()
    client = understudy.Client(**options)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
try:
    while True:
        taken.append(socket.socket())
except OSError:
    pass
if caller != "blocking":
    # An event loop needs some of its own.
    for _ in range(8):
        taken.pop().close()
    first, keep = ask(), []
    assert first == b"good" or isinstance(first, understudy.ConnectError), first
else:
    refused = ask()
    assert isinstance(refused, understudy.ConnectError), refused
for one in taken:
    one.close()
assert ask() == b"good"
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.parametrize("caller", ["blocking", "asyncio", "trio"])
def test_c79_a_forked_child_says_nothing_on_its_parents_streams(caller: str) -> None:
    server = run_with_server(FORK, caller)

    # Asynchronous callers have an event loop for each call, and connections with it.
    connections = [list(peer.requests) for peer in server.peers]
    assert connections == ([[1, 3], [1, 3]] if caller == "blocking" else [[1]] * 4)


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are not limited here")
@pytest.mark.parametrize("caller", ["blocking", "asyncio", "trio"])
def test_c83_without_descriptors_connecting_is_an_error(caller: str) -> None:
    run_with_server(EXHAUST, caller)


def run_with_server(script: str, caller: str) -> Http2Server:
    server = Http2Server(on_request=good)
    with ListeningServer(server) as url:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", ASK + script, caller, url],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return server
