"""Where bodies end; hostile lengths and codings are among the hostile responses."""

from __future__ import annotations

import pytest

from understudy.client.network.http1.framing import CHUNKED, UNTIL_CLOSE, Framing, framing
from understudy.client.network.http1.plain_codec import PLAIN


def framed(*lines: bytes, status: bytes = b"200 OK", version: bytes = b"1.1", method: str = "GET") -> Framing:
    fields = b"".join(line + b"\r\n" for line in lines)
    return framing(PLAIN.parse_head(b"HTTP/" + version + b" " + status + b"\r\n" + fields + b"\r\n"), method)


@pytest.mark.parametrize(
    ("lines", "length", "keep_alive"),
    [
        ([], UNTIL_CLOSE, False),
        ([b"Content-Length: 0"], 0, True),
        ([b"Content-Length: 007"], 7, True),
        ([b"Transfer-Encoding: chunked"], CHUNKED, True),
        ([b"Content-Length: 1", b"Connection: close"], 1, False),
        ([b"Content-Length: 1", b"Connection: keep-alive"], 1, True),
        ([b"Content-Length: 1", b"Connection: keep-alive", b"Connection: close"], 1, False),
    ],
)
def test_fields_say_where_the_body_ends(lines: list[bytes], length: int, keep_alive: bool) -> None:
    assert framed(*lines)[:2] == (length, keep_alive)


@pytest.mark.parametrize(
    ("method", "status"),
    [("HEAD", b"200 OK"), ("GET", b"304 Not Modified"), ("GET", b"204 No Content"), ("CONNECT", b"200 OK")],
)
def test_some_responses_have_no_body_whatever_they_say(method: str, status: bytes) -> None:
    assert framed(method=method, status=status) == (0, True, None)
    assert framed(b"Content-Length: 9", method=method, status=status)[0] == 0


def test_a_length_where_no_body_can_be_ends_the_connection() -> None:
    assert not framed(b"Content-Length: 9", status=b"204 No Content")[1]
    assert not framed(b"Transfer-Encoding: chunked", status=b"204 No Content")[1]
    assert framed(b"Content-Length: 9", status=b"304 Not Modified")[1]
    assert framed(b"Content-Length: 9", method="HEAD")[1]


def test_a_refused_tunnel_has_a_body() -> None:
    assert framed(b"Content-Length: 9", method="CONNECT", status=b"407 No")[0] == 9


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (b"timeout=5", 5.0),
        (b"max=100, timeout=15", 15.0),
        (b'Timeout = "7"', 7.0),
        (b"timeout=-1", None),
        (b"timeout=soon", None),
        (b"timeout=9999999999", None),
        (b"max=5", None),
    ],
)
def test_servers_say_how_long_they_wait(said: bytes, seconds: float | None) -> None:
    assert framed(b"Keep-Alive: " + said)[2] == seconds
