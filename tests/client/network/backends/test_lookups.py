"""Blocking code waits for a name server no longer than it may."""

from __future__ import annotations

import contextvars
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from understudy import Client, ConnectError, ConnectTimeout, DeadlineExceeded, Timeout
from understudy.client.network.backends import lookups
from understudy.client.network.backends.addresses import Address
from understudy.client.network.backends.lookups import addresses_by

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))]
HERE = [Address(socket.AF_INET, ("127.0.0.1", 9))]


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the system be a function."""

    def put(answer: Callable[[], Any]) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: answer())

    return put


@pytest.fixture
def silence(system: Callable[..., None]) -> Generator[threading.Event]:
    """Let the system wait for a name server until an event is set."""
    answered = threading.Event()

    def wait() -> Any:
        answered.wait(60)
        return FOUND

    system(wait)
    yield answered
    answered.set()
    for question in lookups._asked.copy():
        question.thread.join(60)


def soon(seconds: float = 60.0) -> float:
    return time.monotonic() + seconds


@pytest.mark.usefixtures("silence")
def test_a_silent_name_server_is_a_connect_timeout_in_time() -> None:
    began = time.monotonic()

    with Client(timeout=0.2) as client, pytest.raises(ConnectTimeout, match=r"the name 'slow\.test' was not resolved"):
        client.get("http://slow.test/")

    assert time.monotonic() - began < 30


@pytest.mark.usefixtures("silence")
def test_or_the_end_of_a_deadline() -> None:
    began = time.monotonic()

    with Client(timeout=Timeout(None, total=0.2)) as client, pytest.raises(DeadlineExceeded):
        client.get("http://slow.test/")

    assert time.monotonic() - began < 30


def test_an_answer_is_what_the_system_found_in_the_context_of_who_asked(system: Callable[..., None]) -> None:
    who = contextvars.ContextVar("who", default="nobody")
    seen: list[tuple[str, bool]] = []

    def answer() -> Any:
        seen.append((who.get(), threading.current_thread() is threading.main_thread()))
        return FOUND

    system(answer)
    who.set("me")

    assert addresses_by(soon(), "api.test", 9) == HERE
    assert addresses_by(None, "api.test", 9) == HERE
    assert addresses_by(soon(), "localhost", 9) == HERE
    assert seen == [("me", False), ("me", True), ("me", True)]
    assert not lookups._asked


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), SystemExit("blocked")])
def test_what_the_system_raises_is_raised_to_who_asked(system: Callable[..., None], error: BaseException) -> None:
    def answer() -> Any:
        raise error

    system(answer)

    with pytest.raises(type(error)) as caught:
        addresses_by(soon(), "api.test", 9)

    assert caught.value is error
    assert not lookups._asked


def test_an_unknown_name_is_a_connect_error(system: Callable[..., None]) -> None:
    def answer() -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    system(answer)

    with Client() as client, pytest.raises(ConnectError, match="check how the host is spelled"):
        client.get("http://unknown.test/")


def test_where_no_thread_can_be_started_who_asks_waits(
    system: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    system(lambda: FOUND)
    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert addresses_by(soon(), "api.test", 9) == HERE
    assert not lookups._asked


def test_few_threads_wait_at_once(silence: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "MOST_AT_ONCE", 2)
    before = threading.active_count()

    for _ in range(4):
        with pytest.raises(TimeoutError, match=r"the name 'slow\.test' was not resolved"):
            addresses_by(soon(0.05), "slow.test", 9)

    assert threading.active_count() == before + 2
    later = threading.Timer(0.1, silence.set)
    later.start()
    assert addresses_by(soon(), "api.test", 9) == HERE
    later.join()
