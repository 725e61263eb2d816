"""The transports that talk to the network: what they are told, and real sockets, TLS, loops and forks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import ssl
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import trio
import trustme

from understudy.client.config import Limits
from understudy.client.errors import ConnectError, IncompleteBody, ReadError, RemoteProtocolError
from understudy.client.messages.request import Request
from understudy.client.network import tls
from understudy.client.network.tls import create_ssl_context
from understudy.client.transports.network import AsyncHTTPTransport, HTTPTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TIMEOUT = {"timeout": {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}}
AUTHORITY: Any = trustme.CA()


class SocketServer:
    """A thread that serves connections one after another, as `serve(connection, place)` says."""

    def __init__(
        self, serve: Callable[[Any, int], None], context: ssl.SSLContext | None = None, path: str = ""
    ) -> None:
        self.serve = serve
        self.context = context
        if path:
            self.listening = socket.socket(socket.AF_UNIX)
            self.listening.bind(path)
            self.listening.listen()
        else:
            self.listening = socket.create_server(("127.0.0.1", 0))
        self.accepted: list[Any] = []
        self.threads: list[threading.Thread] = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                self.accepted.append(connection)
                thread = threading.Thread(target=self.handle, args=(connection, len(self.accepted) - 1))
                self.threads.append(thread)
                thread.start()

    def handle(self, connection: Any, place: int) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(5)
            if self.context is None:
                self.serve(connection, place)
            else:
                with self.context.wrap_socket(connection, server_side=True) as secured:
                    self.serve(secured, place)

    @property
    def port(self) -> int:
        port: int = self.listening.getsockname()[1]
        return port

    def __enter__(self) -> SocketServer:
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        for connection in self.accepted:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(5)


def keep_answering(connection: Any, place: int) -> None:
    heard = b""
    while data := connection.recv(65_536):
        heard += data
        if heard.endswith(b"\r\n\r\n"):
            heard = b""
            connection.sendall(OK)


@pytest.fixture(scope="module")
def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_context() -> ssl.SSLContext:
    context = create_ssl_context()
    AUTHORITY.configure_trust(context)
    return context


def request(port: int, scheme: str = "http", path: str = "/", method: str = "GET", **options: Any) -> Request:
    return Request(method, f"{scheme}://localhost:{port}{path}", extensions=TIMEOUT, **options)


def blocking(requests: list[Request], **options: Any) -> list[Any]:
    results: list[Any] = []
    with HTTPTransport(**options) as transport:
        for each in requests:
            try:
                results.append(transport.handle_request(each).read())
            except Exception as error:  # noqa: BLE001, PERF203, RUF100  # results to compare
                results.append(error)
    return results


async def asynchronous(requests: list[Request], **options: Any) -> list[Any]:
    results: list[Any] = []
    async with AsyncHTTPTransport(**options) as transport:
        for each in requests:
            try:
                response = await transport.handle_async_request(each)
                results.append(await response.aread())
            except Exception as error:  # noqa: BLE001, PERF203, RUF100  # results to compare
                results.append(error)
    return results


def send(world: str, requests: list[Request], **options: Any) -> list[Any]:
    if world == "blocking":
        return blocking(requests, **options)
    if world == "asyncio":
        return asyncio.run(asynchronous(requests, **options))

    async def body() -> list[Any]:
        return await asynchronous(requests, **options)

    return trio.run(body)


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def world(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_requests_go_over_one_connection(world: str) -> None:
    with SocketServer(keep_answering) as server:
        assert send(world, [request(server.port)] * 3) == [b"ok"] * 3

        assert len(server.accepted) == 1


def test_requests_go_over_tls(world: str, server_context: ssl.SSLContext, client_context: ssl.SSLContext) -> None:
    with SocketServer(keep_answering, server_context) as server:
        answers = send(world, [request(server.port, "https")] * 3, verify=client_context)

        assert answers == [b"ok"] * 3
        assert len(server.accepted) == 1


def test_a_certificate_of_an_unknown_authority_is_refused(world: str, server_context: ssl.SSLContext) -> None:
    with SocketServer(keep_answering, server_context) as server:
        (error,) = send(world, [request(server.port, "https")])

    assert isinstance(error, ConnectError)
    assert "certificate verify failed" in str(error)
    assert "verify=" in str(error)


def test_a_certificate_for_another_host_is_refused(
    world: str, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    with SocketServer(keep_answering, server_context) as server:
        asked = Request("GET", f"https://127.0.0.1:{server.port}/", extensions=TIMEOUT)
        (error,) = send(world, [asked], verify=client_context)

    assert isinstance(error, ConnectError)
    assert "127.0.0.1" in str(error)


def test_another_server_name_may_be_asked_for(
    world: str, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    with SocketServer(keep_answering, server_context) as server:
        extensions = {**TIMEOUT, "sni_hostname": "localhost"}
        asked = Request("GET", f"https://127.0.0.1:{server.port}/", extensions=extensions)

        assert send(world, [asked], verify=client_context) == [b"ok"]


def test_verification_can_be_switched_off(world: str, server_context: ssl.SSLContext) -> None:
    with SocketServer(keep_answering, server_context) as server:
        assert send(world, [request(server.port, "https")], verify=False) == [b"ok"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system has to be told whom to trust")
def test_whom_the_system_trusts_is_trusted(
    world: str, server_context: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("truststore")
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "authority.pem"))

    with SocketServer(keep_answering, server_context) as server:
        (refused,) = send(world, [request(server.port, "https")], verify="truststore")
        # OpenSSL's way of saying whom this machine trusts.
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        monkeypatch.setattr(tls, "_shared", type(tls._shared)())
        answers = send(world, [request(server.port, "https")] * 2, verify="truststore")

    assert isinstance(refused, ConnectError)
    assert answers == [b"ok"] * 2


def test_tls_to_a_server_without_tls_is_a_connect_error(world: str) -> None:
    def plain(connection: Any, place: int) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with SocketServer(plain) as server:
        (error,) = send(world, [request(server.port, "https")])

    assert isinstance(error, ConnectError)


def test_a_body_until_the_end_must_end_with_the_closing_message_of_tls(
    world: str, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    def cut(connection: Any, place: int) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\npart")
        connection.shutdown(socket.SHUT_RDWR)

    def end(connection: Any, place: int) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nwhole")
        connection.settimeout(0)
        connection.unwrap()

    with SocketServer(cut, server_context) as server:
        (error,) = send(world, [request(server.port, "https")], verify=client_context)
    with SocketServer(end, server_context) as server:
        answers = send(world, [request(server.port, "https")], verify=client_context)

    assert isinstance(error, IncompleteBody)
    assert error.received == 4
    assert "TLS" in str(error)
    assert answers == [b"whole"]


@pytest.mark.parametrize("how", ["fin", "reset", "goodbye"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_the_server_ended_while_idle_is_not_used(
    world: str, how: str, method: str, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    answered, ended = threading.Event(), threading.Event()

    def once(connection: Any, place: int) -> None:
        connection.recv(1000)
        connection.sendall(OK)
        if place:
            return
        answered.wait(5)
        if how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if how == "goodbye":
            connection.settimeout(0)
            with contextlib.suppress(OSError):
                connection.unwrap()
        connection.close()
        ended.set()

    with SocketServer(once, server_context) as server:

        class Pausing(list[Request]):
            def __iter__(self) -> Iterator[Request]:
                yield request(server.port, "https")
                answered.set()
                ended.wait(5)
                yield request(server.port, "https", method=method)

        assert send(world, Pausing(), verify=client_context) == [b"ok", b"ok"]


def test_an_early_answer_to_an_upload_is_returned(
    world: str, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    finished = threading.Event()

    def refuse(connection: Any, place: int) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge")
        finished.wait(5)

    for context, scheme in ((None, "http"), (server_context, "https")):
        finished.clear()
        with SocketServer(refuse, context) as server:
            upload = request(server.port, scheme, method="POST", content=b"x" * 50_000_000)
            answers = send(world, [upload], verify=client_context)
            finished.set()

        assert answers == [b"large"]


def test_a_large_upload_arrives(world: str, server_context: ssl.SSLContext, client_context: ssl.SSLContext) -> None:
    def count(connection: Any, place: int) -> None:
        heard = 0
        while heard < 20_000_000:
            heard += len(connection.recv(1_000_000))
        connection.sendall(OK)

    for context, scheme in ((None, "http"), (server_context, "https")):
        with SocketServer(count, context) as server:
            upload = request(server.port, scheme, method="POST", content=b"x" * 20_000_000)

            assert send(world, [upload], verify=client_context) == [b"ok"]


def test_a_unix_socket_replaces_the_host(world: str, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with SocketServer(keep_answering, path=path):
        asked = Request("GET", "http://anything.test/", extensions=TIMEOUT)

        assert send(world, [asked, asked], uds=path) == [b"ok", b"ok"]


def test_a_unix_socket_is_refused_at_once_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_UNIX", raising=False)

    with pytest.raises(ValueError, match="no Unix sockets on this system"):
        HTTPTransport(uds="/run/api.sock")


def test_a_host_that_does_not_exist_is_a_connect_error(world: str) -> None:
    asked = Request("GET", "http://does-not-exist.invalid/", extensions=TIMEOUT)

    (error,) = send(world, [asked])

    assert isinstance(error, ConnectError)
    assert "GET http://does-not-exist.invalid/: no connection" in str(error)


@pytest.mark.parametrize("kind", [HTTPTransport, AsyncHTTPTransport])
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"http1": False, "http2": False}, ValueError),
        ({"retries": -1}, ValueError),
        ({"retries": "2"}, TypeError),
        ({"verify": "/no/such/file"}, FileNotFoundError),
    ],
)
def test_wrong_settings_fail_when_the_transport_is_made(
    kind: Any, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        kind(**options)


def test_making_a_transport_reads_no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: Any, **options: Any) -> None:
        raise AssertionError("read")

    monkeypatch.setattr("understudy.client.network.tls.create_ssl_context", never)

    HTTPTransport()
    AsyncHTTPTransport()


def test_transports_that_are_never_used_can_be_closed() -> None:
    HTTPTransport().close()
    asyncio.run(AsyncHTTPTransport().aclose())

    assert "HTTPTransport" in repr(HTTPTransport())
    assert "AsyncHTTPTransport" in repr(AsyncHTTPTransport())
    assert HTTPTransport().snapshot().open == 0


def test_a_transport_moves_to_another_event_loop() -> None:
    async def get(transport: AsyncHTTPTransport, port: int) -> bytes:
        response = await transport.handle_async_request(request(port))
        return await response.aread()

    with SocketServer(keep_answering) as server:
        transport = AsyncHTTPTransport()
        assert asyncio.run(get(transport, server.port)) == b"ok"
        assert asyncio.run(get(transport, server.port)) == b"ok"
        assert trio.run(get, transport, server.port) == b"ok"
        assert trio.run(get, transport, server.port) == b"ok"
        assert len(server.accepted) == 4

        asyncio.run(transport.aclose())
        gc.collect()


def test_two_event_loops_at_once_have_connections_of_their_own() -> None:
    answers: list[bytes] = []
    both = threading.Barrier(2, timeout=5)

    with SocketServer(keep_answering) as server:
        transport = AsyncHTTPTransport()

        async def work() -> None:
            for _ in range(3):
                both.wait()
                response = await transport.handle_async_request(request(server.port))
                answers.append(await response.aread())
            both.wait()
            await transport.aclose()

        threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == [b"ok"] * 6


def test_a_loop_that_is_closed_in_the_very_moment_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.new_event_loop()
    with SocketServer(keep_answering) as server:
        transport = AsyncHTTPTransport()
        response = loop.run_until_complete(transport.handle_async_request(request(server.port)))
        assert loop.run_until_complete(response.aread()) == b"ok"
        loop.close()

        # Another thread has looked before.
        looks = iter([False])
        monkeypatch.setattr(loop, "is_closed", lambda: next(looks, True))
        asyncio.run(transport.aclose())

    assert transport.snapshot().open == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="forking beside threads warns")
@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_a_forked_child_opens_connections_of_its_own(kind: str) -> None:
    with SocketServer(keep_answering) as server:
        transport: Any = HTTPTransport() if kind == "blocking" else AsyncHTTPTransport()
        # By address: a thread of an earlier test may hold the lock of the system's resolver, and a child never gets it.
        asked = Request("GET", f"http://127.0.0.1:{server.port}/", extensions=TIMEOUT)

        def get() -> bytes:
            if kind == "blocking":
                content: bytes = transport.handle_request(asked).read()
                return content

            async def body() -> bytes:
                response = await transport.handle_async_request(asked)
                content: bytes = await response.aread()
                return content

            return asyncio.run(body())

        assert get() == b"ok"
        child = os.fork()
        if not child:
            try:
                os._exit(0 if get() == b"ok" else 1)
            finally:
                os._exit(2)
        _, status = os.waitpid(child, 0)

        assert os.WEXITSTATUS(status) == 0
        assert get() == b"ok"
        assert len(server.accepted) == (2 if kind == "blocking" else 3)
        if kind == "blocking":
            transport.close()
        else:
            asyncio.run(transport.aclose())


def test_limits_are_obeyed(world: str) -> None:
    with SocketServer(keep_answering) as server:
        answers = send(world, [request(server.port)] * 2, limits=Limits(max_keepalive_connections=0))

        assert answers == [b"ok", b"ok"]
        assert len(server.accepted) == 2


def test_a_server_that_resets_in_the_middle_is_a_read_error(world: str) -> None:
    def reset(connection: Any, place: int) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with SocketServer(reset) as server:
        (error,) = send(world, [request(server.port)])

    assert isinstance(error, (ReadError, IncompleteBody))


def test_noise_is_refused_and_shown_safely(world: str) -> None:
    def noise(connection: Any, place: int) -> None:
        connection.recv(1000)
        connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

    with SocketServer(noise) as server:
        (error,) = send(world, [request(server.port)])

    assert isinstance(error, RemoteProtocolError)
    assert "\\x15" in str(error)


def test_a_server_that_begins_as_http2_does_is_known(world: str) -> None:
    def greet(connection: Any, place: int) -> None:
        connection.recv(1000)
        connection.sendall(b"\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64")

    with SocketServer(greet) as server:
        (error,) = send(world, [request(server.port)])

    assert isinstance(error, RemoteProtocolError)
    assert str(error).endswith("this is HTTP/2: allow it with http2=True, http1=False")


def test_the_codec_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch, world: str) -> None:
    with SocketServer(keep_answering) as server:
        monkeypatch.setenv("UNDERSTUDY_HTTP1", "h11")
        assert send(world, [request(server.port)] * 2) == [b"ok"] * 2

        monkeypatch.setenv("UNDERSTUDY_HTTP1", "nothing")
        (error,) = send(world, [request(server.port)])

    assert isinstance(error, ValueError)
    assert "UNDERSTUDY_HTTP1='nothing'" in str(error)


def test_a_unix_socket_that_nobody_listens_at_is_named(world: str, tmp_path: Path) -> None:
    nothing, deaf = str(tmp_path / "nothing"), str(tmp_path / "deaf")
    (tmp_path / "deaf").write_bytes(b"")
    asked = Request("GET", "http://anything.test/", extensions=TIMEOUT)

    for path in (nothing, deaf):
        (error,) = send(world, [asked], uds=path)

        assert isinstance(error, ConnectError)
        assert f"no connection to the Unix socket {path!r}: " in str(error)
        assert str(error).endswith("; check uds=, and that the server runs")


@pytest.mark.parametrize("local_address", ["192.0.2.7", "not an address"])
def test_a_local_address_that_is_not_ours_is_named(world: str, local_address: str) -> None:
    asked = Request("GET", "http://127.0.0.1:9/", extensions=TIMEOUT)

    (error,) = send(world, [asked], local_address=local_address)

    assert isinstance(error, ConnectError)
    assert f"local_address={local_address!r}: " in str(error)
    assert "how the host is spelled" not in str(error)


@pytest.mark.parametrize("option", [(1, 2), "x", [1, 2, 3], (1, 2, 3, 4, 5)])
def test_what_is_no_socket_option_is_refused_where_it_is_given(option: Any) -> None:
    for kind in (HTTPTransport, AsyncHTTPTransport):
        with pytest.raises(TypeError, match="each is a tuple of the arguments of"):
            kind(socket_options=[option])


def test_a_server_name_is_text(world: str) -> None:
    asked = Request("GET", "https://127.0.0.1:9/", extensions={**TIMEOUT, "sni_hostname": 5})

    (error,) = send(world, [asked])

    assert isinstance(error, TypeError)
    assert "sni_hostname=5" in str(error)


def test_a_server_name_that_is_none_is_named(world: str, server_context: ssl.SSLContext) -> None:
    with SocketServer(keep_answering, server_context) as server:
        asked = Request("GET", f"https://127.0.0.1:{server.port}/", extensions={**TIMEOUT, "sni_hostname": "a..b"})

        (error,) = send(world, [asked])

    assert isinstance(error, ConnectError)
    assert "'a..b' is not a host name" in str(error)
