"""What a request looks like on the wire, and what HTTP/1.1 cannot say."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.client.bodies.streams import SyncByteStream
from understudy.client.errors import LocalProtocolError
from understudy.client.messages.headers import Headers
from understudy.client.messages.request import Request
from understudy.client.network.http1.framing import CHUNKED
from understudy.client.network.http1.request_head import plan_request, target_of


class Pieces(SyncByteStream):
    def __iter__(self) -> Any:
        yield b"piece"


def made(method: str = "GET", url: str = "http://h.test/a?b=c", **options: Any) -> Request:
    return Request(method, url, **options)


def test_the_head_says_method_target_and_fields_in_order() -> None:
    plan = plan_request(made(headers=[("X-One", "1"), ("x-two", "2"), ("X-One", "3")]))

    assert plan.head == b"GET /a?b=c HTTP/1.1\r\nHost: h.test\r\nX-One: 1\r\nx-two: 2\r\nX-One: 3\r\n\r\n"
    assert plan.content == b""
    assert plan.keep_alive
    assert not plan.expects_continue


def test_a_host_that_was_taken_out_is_put_back() -> None:
    request = made(url="http://h.test:81/")
    del request.headers["Host"]

    assert plan_request(request).head == b"GET / HTTP/1.1\r\nHost: h.test:81\r\n\r\n"


def test_a_host_that_the_caller_wrote_is_the_first() -> None:
    plan = plan_request(Request("GET", "http://a.test/", headers={"X-A": "1", "host": "virtual.test", "X-B": "2"}))

    assert plan.head == b"GET / HTTP/1.1\r\nhost: virtual.test\r\nX-A: 1\r\nX-B: 2\r\n\r\n"


def test_content_without_a_length_gets_one() -> None:
    request = made("POST", content=b"hello")
    del request.headers["Content-Length"]

    plan = plan_request(request)

    assert b"\r\nContent-Length: 5\r\n" in plan.head
    assert plan.length == 5


def test_a_stream_without_framing_is_chunked() -> None:
    plan = plan_request(made("POST", stream=Pieces()))

    assert plan.content is None
    assert plan.length == CHUNKED
    assert plan.head.endswith(b"Transfer-Encoding: chunked\r\n\r\n")
    assert plan.head_of_nothing == plan.head.replace(b"Transfer-Encoding: chunked", b"Content-Length: 0")


def test_a_stream_that_waits_to_be_asked_for_is_not_looked_at() -> None:
    plan = plan_request(made("POST", stream=Pieces(), headers={"Expect": "100-continue"}))

    assert plan.head_of_nothing is None


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Content-Length": "5", "Transfer-Encoding": "chunked"}, "not both"),
        ({"Transfer-Encoding": "gzip"}, "chunked, not"),
        ({"Content-Length": "five"}, "not a number of bytes"),
        ({"Content-Length": "+5"}, "not a number of bytes"),
        ([("Content-Length", "5"), ("Content-Length", "5")], "not a number of bytes"),
    ],
)
def test_framing_that_contradicts_itself_is_refused(headers: Any, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said):
        plan_request(made("POST", stream=Pieces(), headers=headers))


def test_a_second_host_is_refused() -> None:
    request = made()
    request.headers.update([("Host", "a.test"), ("Host", "b.test")])

    with pytest.raises(LocalProtocolError, match="one Host"):
        plan_request(request)


def test_a_length_that_is_not_the_contents_is_refused() -> None:
    request = made("POST", content=b"hello")
    request.headers["Content-Length"] = "4"

    with pytest.raises(LocalProtocolError, match="the body has 5 bytes, but Content-Length says 4"):
        plan_request(request)


def test_fields_that_nobody_checked_cannot_break_the_head() -> None:
    request = made()
    request.headers = Headers.received([(b"Host", b"h.test"), (b"X", b"a\r\nEvil: b")])

    with pytest.raises(LocalProtocolError, match="CR or LF"):
        plan_request(request)


@pytest.mark.parametrize(
    ("extensions", "method", "url", "target"),
    [
        ({}, "GET", "http://h.test/a%20b?c", b"/a%20b?c"),
        ({}, "GET", "http://h.test", b"/"),
        ({"target": b"*"}, "OPTIONS", "http://h.test/", b"*"),
        ({"target": "/raw|path"}, "GET", "http://h.test/", b"/raw|path"),
        ({}, "CONNECT", "http://h.test:81/", b"h.test:81"),
        ({}, "CONNECT", "http://[::1]/", b"[::1]:80"),
    ],
)
def test_the_target_is_what_the_method_or_the_caller_asks_for(
    extensions: dict[str, Any], method: str, url: str, target: bytes
) -> None:
    assert target_of(made(method, url, extensions=extensions)) == target


@pytest.mark.parametrize("target", [b"", b"/a b", b"/a\r\nb", b"/a\x7f", 5])
def test_a_target_that_is_none_is_refused(target: Any) -> None:
    with pytest.raises(LocalProtocolError, match="is not a request target"):
        target_of(made(extensions={"target": target}))


@pytest.mark.parametrize(("said", "keeps"), [("close", False), ("Close, te", False), ("keep-alive", True)])
def test_the_caller_may_end_the_connection(said: str, keeps: bool) -> None:
    assert plan_request(made(headers={"Connection": said})).keep_alive is keeps


def test_a_flood_of_different_lines_does_not_fill_the_memory() -> None:
    from understudy.client.network.http1 import plain_codec

    for number in range(1500):
        plain_codec.PLAIN.parse_head(b"HTTP/1.1 200 %d\r\nX-%d: a\r\n\r\n" % (number, number))

    for known in ("_known_names", "_known_status"):
        assert 0 < len(vars(plain_codec)[known]) <= 1024


def test_what_is_long_is_not_remembered() -> None:
    from understudy.client.network.http1 import plain_codec

    status, name = b"HTTP/1.1 200 " + b"O" * 65, b"X" * 65
    plain_codec.PLAIN.parse_head(b"%b\r\n%b: a\r\n\r\n" % (status, name))

    assert status not in vars(plain_codec)["_known_status"]
    assert name not in vars(plain_codec)["_known_names"]


def test_what_was_worked_out_from_fields_does_not_outlive_them() -> None:
    request = made(headers=Headers({"X": "1"}))
    first = plan_request(request).head
    twin = Request("GET", request.url, headers=request.headers)

    request.headers["X"] = "2"

    assert b"X: 1" in first
    assert b"X: 2" in plan_request(request).head
    assert b"X: 1" in plan_request(twin).head
