"""The server's side of HTTP/1.1, fed in pieces."""

from __future__ import annotations

import pytest

from understudy import Client, mock
from understudy.mock.wire.http1 import BodyReader

CHUNKS = b"3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nX-Trailer: 1\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_a_body_in_chunks_is_read_however_it_is_sliced(size: int) -> None:
    reader = BodyReader(None)

    body = b"".join(reader.feed(CHUNKS[start : start + size]) for start in range(0, len(CHUNKS), size))

    assert body == b"abcd"
    assert reader.is_complete


def test_a_body_with_a_length_is_complete_after_it() -> None:
    reader = BodyReader(4)

    assert (reader.feed(b"ab"), reader.is_complete) == (b"ab", False)
    assert (reader.feed(b"cd"), reader.is_complete) == (b"cd", True)
    assert BodyReader(0).is_complete


def test_a_long_field_and_an_empty_reason_are_sent_as_they_are() -> None:
    router = mock.Router(mode="wire")
    router.get("https://api.test/").respond(200, headers={"X-Long": "x" * 20_000}, reason="")

    with Client(transport=router) as client:
        response = client.get("https://api.test/")

    assert (response.reason_phrase, len(response.headers["x-long"])) == ("", 20_000)


def test_a_silent_server_that_has_a_part_of_a_request_is_silent() -> None:
    from understudy.mock.acts import PROPERLY, Message
    from understudy.mock.colors import BLOCKING
    from understudy.mock.wire.exchanges import Exchange
    from understudy.mock.wire.http1 import Http1Side

    class End:
        def __init__(self) -> None:
            self.sent = b""

        def send(self, data: bytes) -> None:
            self.sent += data

    message = Message(200, b"OK", [(b"Content-Length", b"0")], [], False)
    end = End()
    exchange = Exchange(None, None, PROPERLY, BLOCKING, is_early=False, keeps_body=True)  # type: ignore[arg-type]  # nobody asks for the call
    side = Http1Side(end, exchange, message, b"HTTP/1.1")  # type: ignore[arg-type]  # what it needs of an end

    for piece in (b"POST / HT", b"TP/1.1\r\nExpect: 100-continue\r\nContent-", b"Length: 4\r\n\r\n", b"ab"):
        side.received(piece)
        assert not side.has_begun
    side.received(b"cd")

    assert side.has_begun
    assert end.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert bytes(exchange.body or b"") == b"abcd"
