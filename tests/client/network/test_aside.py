"""Requests of finalizers and signal handlers, which come between any two lines of what the same thread is doing."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

import pytest

from understudy import Client, HTTPTransport, Limits, MemoryNetwork, RemoteProtocolError

if TYPE_CHECKING:
    from types import FrameType

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Intruder:
    """Calls a function before the n-th line of the pool's steps."""

    def __init__(self, at: int, intrude: Callable[[], None]) -> None:
        self.at = at
        self.intrude = intrude
        self.lines = 0
        self._before: Any = None

    def watch(self, work: Callable[[], None]) -> None:
        self._before = sys.gettrace()
        sys.settrace(self)
        try:
            work()
        finally:
            sys.settrace(self._before)

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.endswith("pool_state.py"):
            return None
        if event == "line":
            self.lines += 1
            if self.lines == self.at:
                sys.settrace(self._before)
                self.intrude()
                return None
        return self


class Server:
    """Answers everybody but `/broken`."""

    def __init__(self, end: Any) -> None:
        self.end = end

    def received(self, data: bytes) -> None:
        if b"/broken" in data:
            self.end.close()
        else:
            self.end.send(OK)


@pytest.mark.parametrize("host", ["a", "b"])
@pytest.mark.parametrize("limits", [Limits(), Limits(max_connections=2), Limits(max_keepalive_connections=1)], ids=str)
def test_a_request_between_any_two_lines_of_a_step_is_answered_and_counts_nowhere(host: str, limits: Limits) -> None:
    at = 0
    while True:
        at += 1
        network = MemoryNetwork(Server)
        transport = HTTPTransport(network=network, limits=limits)
        with Client(transport=transport) as client:
            answers: list[str] = []

            def ask(name: str, client: Client = client, answers: list[str] = answers) -> None:
                answers.append(client.get(f"http://{name}.test/").text)

            def work(ask: Callable[[str], None] = ask) -> None:
                for name in "aba":
                    ask(name)

            ask("a")
            intruder = Intruder(at, partial(ask, host))
            intruder.watch(work)

            assert len(answers) == 4 + (intruder.lines >= at)
            snapshot = transport.snapshot()
            assert (snapshot.active, snapshot.waiting) == (0, ())
            assert snapshot.open == sum(1 for end in network.connections if not end.is_closed)
        if intruder.lines < at:
            break

    assert at > 50


def broken() -> Any:
    raise RuntimeError("planted")
    yield b""


@pytest.mark.parametrize(
    ("path", "content", "error"), [("/broken", b"", RemoteProtocolError), ("/", broken(), RuntimeError)]
)
def test_one_that_fails_there_leaves_nothing_open(path: str, content: Any, error: type[Exception]) -> None:
    network = MemoryNetwork(Server)
    transport = HTTPTransport(network=network)
    with Client(transport=transport) as client:

        def fail() -> None:
            with pytest.raises(error):
                client.post(f"http://a.test{path}", content=content)

        def work() -> None:
            assert client.get("http://a.test/").text == "ok"

        work()
        Intruder(5, fail).watch(work)

        assert [end.is_closed for end in network.connections] == [False, True]
        assert transport.snapshot().open == 1
