"""A router on a port of this machine, asked by clients that know nothing of it."""

from __future__ import annotations

import builtins
import http.client
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from understudy import mock
from understudy.mock import RouteError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def router() -> mock.Router:
    router = mock.Router(base_url="https://api.test/v1")
    router.get("/users/{id:int}", optional=True).respond(json={"name": "Ada"})
    router.get("/cut", optional=True).respond(content=b"x" * 1000).fault("truncate", at=400)
    router.get("/broken", optional=True).respond(content=b"x" * 1000).fault("reset", at=400)
    for name in ("reset", "disconnect", "read-timeout", "garbage", "header-flood", "connect-refused"):
        router.get(f"/{name}", optional=True).fault(name)
    return router


@pytest.fixture(scope="module")
def server(router: mock.Router) -> Iterator[Any]:
    with router.serve() as server:
        yield server


def asked(server: Any, path: str, method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=20)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_any_client_is_answered(server: Any, router: mock.Router) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}/v1"
    assert asked(server, "/v1/users/1") == (200, b'{"name":"Ada"}')
    assert router.calls.last.request.url == "https://api.test/v1/users/1"
    assert repr(server) == f"<Server {server.url}>"


def test_threads_are_answered_at_once(server: Any, router: mock.Router) -> None:
    before = router.call_count
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.extend(asked(server, "/v1/users/1")[0] for _ in range(10)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [200] * 80
    assert router.call_count - before == 80


def test_a_body_that_is_cut_is_cut(server: Any) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        asked(server, "/v1/cut")
    assert len(caught.value.partial) == 400


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/v1/reset", ConnectionResetError),
        ("/v1/broken", ConnectionResetError),
        ("/v1/disconnect", http.client.RemoteDisconnected),
        ("/v1/garbage", http.client.BadStatusLine),
        ("/v1/header-flood", http.client.HTTPException),
    ],
)
def test_faults_reach_the_connection(server: Any, path: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        asked(server, path)


def test_a_silent_route_says_nothing(server: Any) -> None:
    connection = socket.create_connection((server.host, server.port))
    with connection:
        connection.sendall(b"GET /v1/read-timeout HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.settimeout(0.1)
        with pytest.raises(socket.timeout):
            connection.recv(1)


def test_what_no_connection_can_show_is_told(server: Any) -> None:
    assert asked(server, "/v1/connect-refused") == (502, b"ConnectError: connection refused (mocked)\n")


def test_what_was_missed_is_answered_and_raised_at_the_end() -> None:
    router = mock.Router()
    router.get("/here").respond(text="here")

    found: list[Any] = []
    with pytest.raises(AssertionError) as caught, router.serve() as server:
        found += asked(server, "/there")

    assert found[0] == 501
    assert found[1].startswith(b"no route answers GET http://127.0.0.1:")
    assert "2 expectations of the mock were not met" in str(caught.value)


def test_an_error_in_the_block_is_not_replaced() -> None:
    router = mock.Router()

    def block() -> None:
        with router.serve() as server:
            asked(server, "/there")
            raise LookupError("own")

    with pytest.raises(LookupError, match="own"):
        block()


def test_it_is_gone_after_the_block_and_time_is_virtual_again() -> None:
    router = mock.Router()
    router.get("/slow").respond(delay=0.01)
    virtual = router.clock

    with router.serve() as server:
        assert asked(server, "/slow")[0] == 200
        assert router.clock.slept == [0.01]
        with pytest.raises(RouteError, match="runs already"):
            server.__enter__()

    assert router.clock is virtual
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port))
    with pytest.raises(RouteError, match="has no address yet"):
        _ = server.url
    assert repr(server) == "<Server not running>"
    server.stop()


def test_a_port_that_is_taken_is_the_systems_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        router = mock.Router()

        with pytest.raises(OSError, match="in use"), router.serve(port=taken.getsockname()[1]):
            pass


def test_a_server_that_does_not_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    def broken(self: Any, sockets: Any = None) -> None:
        raise LookupError("no")

    monkeypatch.setattr(uvicorn.Server, "run", broken)

    with pytest.raises(RuntimeError, match="did not start"), mock.Router().serve():
        pass


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_uvicorn(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "uvicorn":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_uvicorn)

    with pytest.raises(ImportError, match=r"pip install 'understudy\[serve\]'"), mock.Router().serve():
        pass
