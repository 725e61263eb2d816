"""The server's side of HTTP/2: large fields, windows, pieces, and what it makes of control frames."""

from __future__ import annotations

from typing import Any

import pytest

from understudy import Client, mock
from understudy.mock.acts import PROPERLY, Message
from understudy.mock.colors import BLOCKING
from understudy.mock.wire.exchanges import Exchange
from understudy.mock.wire.http2 import Http2Side

URL = "https://api.test/"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class End:
    """What a server holds of a connection."""

    def __init__(self) -> None:
        self.sent = bytearray()

    def send(self, data: bytes) -> None:
        self.sent += data

    def frames(self) -> list[tuple[int, int, int, bytes]]:
        """Return what was sent since the last time: kind, flags, stream, payload."""
        found: list[tuple[int, int, int, bytes]] = []
        while self.sent:
            size = int.from_bytes(self.sent[:3], "big")
            stream = int.from_bytes(self.sent[5:9], "big")
            found.append((self.sent[3], self.sent[4], stream, bytes(self.sent[9 : 9 + size])))
            del self.sent[: 9 + size]
        return found


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def side_of(end: End, *, is_early: bool = False) -> Any:
    message = Message(200, b"OK", [(b"X-A", b"1"), (b"Connection", b"close")], [], False)
    exchange: Any = Exchange(None, None, PROPERLY, BLOCKING, is_early=is_early, keeps_body=True)  # type: ignore[arg-type]  # nobody asks for the call
    return Http2Side(end, exchange, message)  # type: ignore[arg-type]  # what it needs of an end


def test_fields_that_fill_several_frames_arrive() -> None:
    router = mock.Router(mode="wire")
    router.get(URL).respond(headers={"x-long": "x" * 40_000, "x-" + "n" * 200: "y" * 127}, http_version="HTTP/2")

    with Client(transport=router) as client:
        response = client.get(URL)

    assert len(response.headers["x-long"]) == 40_000
    assert response.headers["x-" + "n" * 200] == "y" * 127


def test_a_connection_begins_with_settings_and_answers_control_frames() -> None:
    end = End()
    side = side_of(end)
    assert end.frames() == [(0x4, 0, 0, b"")]

    said = PREFACE + frame(0x4) + frame(0x4, flags=0x1) + frame(0x6, b"12345678") + frame(0x6, b"x" * 8, flags=0x1)
    for place in range(len(said)):
        side.received(said[place : place + 1])

    assert end.frames() == [(0x4, 0x1, 0, b""), (0x6, 0x1, 0, b"12345678")]
    assert not side.has_begun


def test_a_request_begins_it_when_it_is_complete_or_early() -> None:
    whole, early = side_of(End()), side_of(End(), is_early=True)

    whole.received(PREFACE + frame(0x1, b"\x82", flags=0x4, stream=1))
    early.received(PREFACE + frame(0x1, b"\x82", flags=0x4, stream=1))
    assert (whole.has_begun, early.has_begun) == (False, True)
    assert early.end.frames()[-1][:3] == (0x1, 0x4, 1)
    whole.received(frame(0x0, b"body", flags=0x1, stream=1))

    assert whole.has_begun
    assert whole.exchange.body == b"body"
    assert [kind for kind, *_ in whole.end.frames()] == [0x4, 0x8, 0x8]


def test_data_waits_for_room_in_both_windows() -> None:
    end = End()
    side = side_of(end)
    # A first window of ten bytes for every stream.
    side.received(PREFACE + frame(0x4, b"\x00\x04\x00\x00\x00\x0a") + frame(0x1, b"\x82", flags=0x5, stream=1))
    end.frames()

    side.say_piece(b"x" * 25)
    assert [payload for *_, payload in end.frames()] == [b"x" * 10]
    assert not side.has_room()
    side.received(frame(0x8, (10).to_bytes(4, "big"), stream=1))
    assert [payload for *_, payload in end.frames()] == [b"x" * 10]
    side.received(frame(0x8, (100).to_bytes(4, "big"), stream=1) + frame(0x8, (5).to_bytes(4, "big")))

    assert [payload for *_, payload in end.frames()] == [b"x" * 5]
    assert side.has_room()


def test_what_belongs_to_connections_of_http_1_stays_out() -> None:
    end = End()
    side = side_of(end)
    end.frames()

    side.say_head(())

    assert end.frames()[0][3] == b"\x00\x07:status\x03200\x00\x03x-a\x011"


@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_large_uploads_and_downloads_go_through_windows(size: int) -> None:
    router = mock.Router(mode="wire")
    router.post(URL).respond(content=b"y" * size, http_version="HTTP/2")

    with Client(transport=router) as client:
        response = client.post(URL, content=b"x" * size)

    assert response.content == b"y" * size
    assert len(router.calls.last.request.content) == size
