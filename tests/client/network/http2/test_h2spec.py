"""The misbehaving servers of h2spec's client cases, and what the client must do about each.

The sentences are h2spec's and stay in their folder; here each case has its number and section there,
what the server does in frames, and what it must hear in return.
Section 5.4 of RFC 9113 lets a client take an error of a stream for one of the connection.
This client does not, with two exceptions: a WINDOW_UPDATE of 0, because h2spec wants it, and a CONTINUATION that
continues nothing, which section 6.10 makes an error of the connection whatever the state of its stream.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
)

from tests.hostile.http2_server import Http2Peer, Http2Server
from understudy.client.errors import RemoteProtocolError

FOLDER = Path(__file__).parents[5] / "shared" / "data" / "h2spec-client-cases"

PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR, COMPRESSION_ERROR = 0x1, 0x3, 0x5, 0x6, 0x9
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
ACK, END_STREAM, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8
MAX_FRAME = 65_536


class Case(NamedTuple):
    number: int
    section: str
    act: Callable[[Http2Peer, int], None]
    goaway: int | None = None
    reset: int | None = None

    @property
    def is_fine(self) -> bool:
        return self.goaway is None and self.reset is None


def block(peer: Http2Peer, *fields: tuple[str, str]) -> bytes:
    return bytes(peer.encoder.encode([(":status", "200"), *fields]))


def setting(name: int, value: int) -> Callable[[Http2Peer, int], None]:
    return raw(SETTINGS, name.to_bytes(2, "big") + value.to_bytes(4, "big"), stream=0)


def nothing(peer: Http2Peer, stream: int) -> None:
    """Only answer."""


def settings_without_ack(peer: Http2Peer, stream: int) -> None:
    peer.settings()


def large_data(peer: Http2Peer, stream: int) -> None:
    peer.head(stream)
    peer.raw(DATA, b"x" * 16_384, stream_id=stream, flags=END_STREAM)


def ended_then(kind: int, payload: bytes, flags: int = 0) -> Callable[[Http2Peer, int], None]:
    def act(peer: Http2Peer, stream: int) -> None:
        peer.respond(stream)
        peer.raw(kind, payload or block(peer), stream_id=stream, flags=flags)

    return act


def reset_then(kind: int, payload: bytes, flags: int = 0) -> Callable[[Http2Peer, int], None]:
    def act(peer: Http2Peer, stream: int) -> None:
        peer.reset(stream, 0x8)
        peer.raw(kind, payload or block(peer), stream_id=stream, flags=flags)

    return act


def raw(kind: int, payload: bytes, *, flags: int = 0, stream: int | None = None) -> Callable[[Http2Peer, int], None]:
    """Send one frame, on the request's stream unless told otherwise."""

    def act(peer: Http2Peer, own: int) -> None:
        peer.raw(kind, payload, flags=flags, stream_id=own if stream is None else stream)

    return act


def in_pieces(peer: Http2Peer, stream: int) -> None:
    whole = block(peer, ("x-first", "1"), ("x-second", "2"))
    peer.send(
        HeadersFrame(stream, whole[:1]),
        ContinuationFrame(stream, whole[1:5]),
        ContinuationFrame(stream, whole[5:], flags=["END_HEADERS"]),
        DataFrame(stream, b"ok", flags=["END_STREAM"]),
    )


def interrupted(peer: Http2Peer, stream: int) -> None:
    whole = block(peer)
    peer.send(HeadersFrame(stream, whole[:1]), ContinuationFrame(stream, b""), DataFrame(stream, b"ok"))


def continued_after(*before: str) -> Callable[[Http2Peer, int], None]:
    def act(peer: Http2Peer, stream: int) -> None:
        whole = block(peer)
        if before[0] == "whole":
            peer.send(HeadersFrame(stream, whole, flags=["END_HEADERS"]))
        else:
            peer.send(HeadersFrame(stream, whole[:1]), ContinuationFrame(stream, whole[1:], flags=["END_HEADERS"]))
        if before[-1] == "data":
            peer.data(stream, b"ok")
        peer.send(ContinuationFrame(stream, block(peer), flags=["END_HEADERS"]))

    return act


def half_closed(peer: Http2Peer, stream: int) -> None:
    """Answer in full, and say more, while the request is still on its way."""
    peer.respond(stream)
    peer.data(stream, b"more")


def twice_the_window(stream_of: Callable[[int], int]) -> Callable[[Http2Peer, int], None]:
    def act(peer: Http2Peer, stream: int) -> None:
        for _ in range(2):
            peer.credit(stream_of(stream), 2**31 - 1)

    return act


def pinged(peer: Http2Peer, stream: int) -> None:
    peer.ping(b"h2spec--")


def interrupted_by_priority(peer: Http2Peer, stream: int) -> None:
    peer.send(HeadersFrame(stream, block(peer)), PriorityFrame(stream))


CASES = [
    Case(0, "1", nothing),
    Case(1, "4.1", raw(0xFF, b"12345678")),
    Case(2, "4.1", raw(PING, b"12345678", flags=0x16, stream=0)),
    Case(3, "4.1", raw(PING, b"12345678", stream=1 << 31)),
    Case(4, "4.2", large_data),
    Case(5, "4.2", raw(DATA, b"x" * (MAX_FRAME + 1)), goaway=FRAME_SIZE_ERROR),
    Case(6, "4.2", raw(HEADERS, b"x" * (MAX_FRAME + 1), flags=END_HEADERS), goaway=FRAME_SIZE_ERROR),
    Case(7, "4.3", raw(HEADERS, b"\x82\xff\xff\xff\xff\x7f", flags=END_HEADERS), goaway=COMPRESSION_ERROR),
    Case(8, "5.1.1", raw(HEADERS, b"\x88", flags=END_HEADERS, stream=101), goaway=PROTOCOL_ERROR),
    Case(9, "5.1", raw(DATA, b"x", stream=101), goaway=PROTOCOL_ERROR),
    Case(10, "5.1", raw(RST_STREAM, bytes(4), stream=101), goaway=PROTOCOL_ERROR),
    Case(11, "5.1", raw(WINDOW_UPDATE, b"\0\0\0\1", stream=101), goaway=PROTOCOL_ERROR),
    Case(12, "5.1", raw(CONTINUATION, b"\x88", flags=END_HEADERS, stream=101), goaway=PROTOCOL_ERROR),
    Case(13, "5.1", reset_then(DATA, b"x"), reset=STREAM_CLOSED),
    Case(14, "5.1", reset_then(HEADERS, b"", END_HEADERS), reset=STREAM_CLOSED),
    Case(15, "5.1", reset_then(CONTINUATION, b"", END_HEADERS), goaway=PROTOCOL_ERROR),
    Case(16, "5.1", ended_then(DATA, b"x"), goaway=STREAM_CLOSED),
    Case(17, "5.1", ended_then(HEADERS, b"", END_HEADERS), goaway=STREAM_CLOSED),
    Case(18, "5.1", ended_then(CONTINUATION, b"", END_HEADERS), goaway=PROTOCOL_ERROR),
    Case(19, "5.4.1", raw(PING, b"1234567", stream=0), goaway=FRAME_SIZE_ERROR),
    Case(20, "5.4.1", raw(PING, b"123456789", stream=0), goaway=FRAME_SIZE_ERROR),
    Case(21, "5.5", raw(0x16, b"unknown", stream=0)),
    Case(22, "6.10", in_pieces),
    Case(23, "6.10", interrupted, goaway=PROTOCOL_ERROR),
    Case(24, "6.10", raw(CONTINUATION, b"\x88", flags=END_HEADERS, stream=0), goaway=PROTOCOL_ERROR),
    Case(25, "6.10", continued_after("whole"), goaway=PROTOCOL_ERROR),
    Case(26, "6.10", continued_after("pieces"), goaway=PROTOCOL_ERROR),
    Case(27, "6.10", continued_after("whole", "data"), goaway=PROTOCOL_ERROR),
    Case(28, "6.1", raw(DATA, b"x", stream=0), goaway=PROTOCOL_ERROR),
    Case(29, "6.1", half_closed, reset=STREAM_CLOSED),
    Case(30, "6.1", raw(DATA, b"\x0512", flags=PADDED), goaway=PROTOCOL_ERROR),
    Case(31, "6.2", interrupted_by_priority, goaway=PROTOCOL_ERROR),
    Case(32, "6.2", raw(HEADERS, b"\x88", flags=END_HEADERS, stream=0), goaway=PROTOCOL_ERROR),
    Case(33, "6.2", raw(HEADERS, b"\x05\x88", flags=END_HEADERS | PADDED), goaway=PROTOCOL_ERROR),
    Case(34, "6.3", raw(PRIORITY, bytes(5), stream=0), goaway=PROTOCOL_ERROR),
    Case(35, "6.3", raw(PRIORITY, bytes(4)), reset=FRAME_SIZE_ERROR),
    Case(36, "6.4", raw(RST_STREAM, bytes(4), stream=0), goaway=PROTOCOL_ERROR),
    Case(37, "6.4", raw(RST_STREAM, bytes(4), stream=103), goaway=PROTOCOL_ERROR),
    Case(38, "6.4", raw(RST_STREAM, bytes(3)), goaway=FRAME_SIZE_ERROR),
    Case(39, "6.5.2", setting(4, 2**31), goaway=FLOW_CONTROL_ERROR),
    Case(40, "6.5.2", setting(5, 2**14 - 1), goaway=PROTOCOL_ERROR),
    Case(41, "6.5.2", setting(5, 2**24), goaway=PROTOCOL_ERROR),
    Case(42, "6.5.2", setting(0xFF, 1)),
    Case(43, "6.5.3", settings_without_ack),
    Case(44, "6.5", raw(SETTINGS, b"\0", flags=ACK, stream=0), goaway=FRAME_SIZE_ERROR),
    Case(45, "6.5", raw(SETTINGS, b""), goaway=PROTOCOL_ERROR),
    Case(46, "6.5", raw(SETTINGS, b"\0\3\0", stream=0), goaway=FRAME_SIZE_ERROR),
    Case(47, "6.7", pinged),
    Case(48, "6.7", raw(PING, b"no-reply", flags=ACK, stream=0)),
    Case(49, "6.7", raw(PING, b"12345678"), goaway=PROTOCOL_ERROR),
    Case(50, "6.7", raw(PING, b"123456", stream=0), goaway=FRAME_SIZE_ERROR),
    Case(51, "6.8", raw(GOAWAY, bytes(8)), goaway=PROTOCOL_ERROR),
    Case(52, "6.9.1", twice_the_window(lambda stream: 0), goaway=FLOW_CONTROL_ERROR),
    Case(53, "6.9.1", twice_the_window(lambda stream: stream), reset=FLOW_CONTROL_ERROR),
    Case(54, "6.9", raw(WINDOW_UPDATE, bytes(4), stream=0), goaway=PROTOCOL_ERROR),
    Case(55, "6.9", raw(WINDOW_UPDATE, bytes(4)), goaway=PROTOCOL_ERROR),
    Case(56, "6.9", raw(WINDOW_UPDATE, bytes(3)), goaway=FRAME_SIZE_ERROR),
]
# Of these the request is not over when the server acts.
DURING_AN_UPLOAD = {29}


def test_the_table_has_every_case() -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"h2spec's client cases are not at {FOLDER.name}")
    sections = [case["section"] for case in json.loads((FOLDER / "cases.json").read_text("utf-8"))]

    assert [(case.number, case.section) for case in CASES] == list(enumerate(sections))


@pytest.mark.parametrize("case", CASES, ids=[f"{case.number}-{case.section}" for case in CASES])
def test_the_server_hears_what_is_wrong(world: Any, case: Case) -> None:
    def act(peer: Http2Peer, request: Any) -> None:
        if request.stream_id > 1 or len(server.peers) > 1:
            peer.respond(request.stream_id)
            return
        case.act(peer, request.stream_id)
        if case.is_fine and case.number not in (4, 22):
            peer.respond(request.stream_id)

    early = case.number in DURING_AN_UPLOAD
    server = Http2Server(on_head=act, on_request=None) if early else Http2Server(on_request=act)

    async def body() -> None:
        sender = world.sender(server, http1=False, http2=True)
        # Large enough not to go out with its head.
        options: dict[str, Any] = {"method": "POST", "content": b"x" * 200_000} if early else {}
        answers = case.is_fine or case.number in (16, 17, 18, 25, 26, 27, 29)
        if answers:
            response = await sender.send(**options)
            if case.number in (25, 26, 27):
                with pytest.raises(RemoteProtocolError):
                    await sender.read(response)
            else:
                assert await sender.read(response) in (b"ok", b"x" * 16_384)
        else:
            with pytest.raises(RemoteProtocolError):
                await sender.send(**options)
        assert sender.pool.active == 0
        # Whatever it was, the next request works: on this connection, unless that was what was wrong.
        assert await sender.get() == b"ok"
        await sender.close()

    world.run(body)

    first = server.peers[0]
    assert first.heard(RstStreamFrame) == [] or case.reset == first.heard(RstStreamFrame)[0].error_code
    assert first.goodbye == (case.goaway or 0)
    assert len(server.peers) == (1 if case.goaway is None else 2)
    if case.number == 43:
        assert sum("ACK" in frame.flags for frame in first.heard(SettingsFrame)) == 2
    if case.number == 47:
        assert [(frame.opaque_data, frame.flags) for frame in first.heard(PingFrame)] == [(b"h2spec--", {"ACK"})]
    if case.number == 48:
        assert first.heard(PingFrame) == []
