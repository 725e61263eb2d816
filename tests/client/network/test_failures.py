"""Which error the caller sees for what went wrong on the wire."""

from __future__ import annotations

import socket
import ssl
import time
from typing import Any

import pytest

from understudy.client.errors import (
    ConnectError,
    ConnectTimeout,
    DeadlineExceeded,
    LocalProtocolError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    WriteError,
    WriteTimeout,
)
from understudy.client.messages.request import Request
from understudy.client.network.failures import CONNECT, READ, WRITE, Begun, described, translate
from understudy.client.network.waits import Waits

REQUEST = Request("GET", "https://user:pass@h.test:81/a/b?token=secret#part")
WAITS = Waits({"timeout": {"connect": 1.0, "read": 2.0, "write": 3.0}})


@pytest.mark.parametrize(
    ("doing", "raised", "kind"),
    [
        (CONNECT, TimeoutError("no answer"), ConnectTimeout),
        (CONNECT, ConnectionRefusedError("refused"), ConnectError),
        (CONNECT, ssl.SSLError("handshake failure"), ConnectError),
        (WRITE, socket.timeout("slow"), WriteTimeout),
        (WRITE, BrokenPipeError("broken"), WriteError),
        (READ, TimeoutError("nothing"), ReadTimeout),
        (READ, ConnectionResetError("reset"), ReadError),
    ],
)
def test_the_error_says_what_was_being_done(doing: str, raised: OSError, kind: type[Exception]) -> None:
    error = translate(raised, doing, REQUEST, WAITS)

    assert type(error) is kind
    assert error.request is REQUEST
    assert error.request_sent is (doing != CONNECT)
    assert error.retryable is (doing == CONNECT)
    assert str(error).startswith("GET https://h.test:81/a/b: ")


@pytest.mark.parametrize("reason", ["WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"])
def test_where_nobody_speaks_tls_the_error_says_so(reason: str) -> None:
    raised = ssl.SSLError(1, "any words")
    raised.reason = reason

    assert "speaks no TLS: is it http:// that is meant" in str(translate(raised, CONNECT, REQUEST, WAITS))


@pytest.mark.parametrize(
    ("doing", "words", "reason", "said"),
    [
        (READ, "tlsv13 alert", "TLSV13_ALERT_CERTIFICATE_REQUIRED", "cert=(file, key)"),
        (CONNECT, "[SSL] tlsv1 alert no application protocol", None, "check http1= and http2="),
    ],
)
def test_an_alert_of_the_server_says_what_it_wants(doing: str, words: str, reason: str | None, said: str) -> None:
    raised = ssl.SSLError(1, words)
    if reason is not None:
        raised.reason = reason

    assert said in str(translate(raised, doing, REQUEST, WAITS))


@pytest.mark.parametrize(
    ("code", "to", "said"),
    [
        (10, "", "check the clock"),
        (62, "", "sni_hostname"),
        (64, " to the proxy http://p.test", "check the host"),
        (20, "", "verify='authority.pem'"),
        (20, " to the proxy http://p.test", "ssl_context=..."),
    ],
)
def test_what_is_wrong_with_a_certificate_says_what_to_do(code: int, to: str, said: str) -> None:
    raised = ssl.SSLCertVerificationError(1, "certificate verify failed")
    raised.verify_code = code

    assert str(translate(raised, CONNECT, REQUEST, WAITS, to=to)).partition("failed")[2].count(said) == 1


def test_a_timeout_says_how_long_and_how_to_allow_more() -> None:
    said = str(translate(TimeoutError("the peer says nothing"), READ, REQUEST, WAITS))

    assert said.endswith("the peer says nothing for 2 s; allow more with Timeout(read=...)")


def test_a_handshake_that_does_not_end_is_called_that() -> None:
    said = str(translate(TimeoutError("_ssl.c:1064: The handshake operation timed out"), READ, REQUEST, WAITS))

    assert said.endswith("the TLS handshake does not end for 2 s; allow more with Timeout(read=...)")


def test_a_timeout_of_the_systems_own_says_no_number() -> None:
    said = str(translate(TimeoutError("timed out"), CONNECT, REQUEST, Waits({})))

    assert said.endswith("no connection: timed out")


def test_the_deadline_is_told_from_other_timeouts() -> None:
    waits = Waits({"timeout": {"read": 2.0}, "deadline": time.monotonic() - 1})

    error = translate(TimeoutError(), READ, REQUEST, waits)

    assert isinstance(error, DeadlineExceeded)
    assert "Timeout(total=...)" in str(error)
    with pytest.raises(DeadlineExceeded):
        waits.left(1.0)


def test_the_deadline_shortens_every_wait() -> None:
    waits = Waits({"deadline": time.monotonic() + 100})

    assert waits.left(5.0) == 5.0
    left = waits.left(None)
    assert left is not None
    assert 99 < left <= 100
    assert not waits.is_over()


def test_our_own_errors_pass_with_the_request_line_once() -> None:
    error = LocalProtocolError("wrong")

    once = translate(error, WRITE, REQUEST, WAITS)
    twice = translate(once, WRITE, REQUEST, WAITS)

    assert twice is error
    assert str(error) == "GET https://h.test:81/a/b: wrong"


@pytest.mark.parametrize(
    ("error", "begun", "said"),
    [
        (TimeoutError("silence"), Begun(200, 12, 30), "200 OK, but receiving the body failed after 12 of 30 bytes: "),
        (
            ConnectionResetError("cut"),
            Begun(404, 7, None),
            "404 Not Found, but receiving the body failed after 7 bytes",
        ),
        (RemoteProtocolError("it lies"), Begun(299, 0, 5), "299, but it lies"),
    ],
)
def test_what_breaks_off_a_body_tells_what_the_answer_was(error: Exception, begun: Begun, said: str) -> None:
    told = str(translate(error, READ, REQUEST, WAITS, begun=begun))

    assert told.startswith(f"GET https://h.test:81/a/b answered {said}")


def test_messages_are_short_and_printable() -> None:
    request = Request("GET", "http://h.test/" + "a" * 500)
    error = translate(OSError("b\x1b[0m" * 500), READ, request, WAITS)

    assert len(str(error)) <= 300
    assert str(error).isprintable()
    assert len(described(request)) < 120


def test_an_address_of_six_is_shown_in_brackets() -> None:
    assert described(Request("GET", "http://[::1]:8000/")) == "GET http://[::1]:8000/"


def test_a_certificate_that_is_not_trusted_says_what_to_do() -> None:
    raised: Any = ssl.SSLCertVerificationError("certificate verify failed")
    raised.verify_code = 20

    assert "verify=" in str(translate(raised, CONNECT, REQUEST, WAITS))
