"""What went wrong on the wire becomes one of our errors, which says what to do."""

from __future__ import annotations

import socket

import pytest

from understudy import ConnectError, ConnectTimeout, DeadlineExceeded, ReadError, ReadTimeout, Request, WriteError
from understudy.client.network.failures import CONNECT, READ, WRITE, translate
from understudy.client.network.waits import Waits

REQUEST = Request("GET", "https://ada:secret@api.test:8443/users?token=secret#part")


@pytest.mark.parametrize(
    ("doing", "error", "kind", "mend"),
    [
        (CONNECT, socket.gaierror(-2, "Name or service not known"), ConnectError, "check how the host is spelled"),
        (CONNECT, ConnectionRefusedError(111, "Connection refused"), ConnectError, "that the server runs"),
        (CONNECT, FileNotFoundError(2, "No such file"), ConnectError, "check uds="),
        (CONNECT, TimeoutError("no answer"), ConnectTimeout, r"for 3 s; allow more with Timeout\(connect=\.\.\.\)"),
        (READ, ConnectionResetError(104, "Connection reset by peer"), ReadError, "receiving the response failed"),
        (READ, TimeoutError("the peer says nothing"), ReadTimeout, r"for 4 s; allow more with Timeout\(read=\.\.\.\)"),
        (WRITE, BrokenPipeError(32, "Broken pipe"), WriteError, "sending the request failed"),
    ],
)
def test_each_failure_has_its_kind_and_its_mend(doing: str, error: OSError, kind: type[Exception], mend: str) -> None:
    waits = Waits({"timeout": {"connect": 3.0, "read": 4.0, "write": 5.0, "pool": 6.0}})

    translated = translate(error, doing, REQUEST, waits)

    assert type(translated) is kind
    assert translated.request is REQUEST
    assert translated.request_sent is (doing != CONNECT)
    with pytest.raises(kind, match=mend):
        raise translated


def test_the_request_is_named_without_its_secrets() -> None:
    translated = translate(ConnectionRefusedError(111, "Connection refused"), CONNECT, REQUEST, Waits({}))

    assert str(translated).startswith("GET https://api.test:8443/users: ")
    assert "secret" not in str(translated)


def test_beyond_the_deadline_it_is_the_deadline_that_failed() -> None:
    translated = translate(TimeoutError("late"), READ, REQUEST, Waits({"deadline": 0.0}))

    assert type(translated) is DeadlineExceeded
    assert not translated.retryable
