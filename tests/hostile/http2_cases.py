"""The cases by number, over HTTP/2: what a server does with the first request, and what the caller must see.

After each of them the same client makes a good request: on the same connection where `keeps` says so, else on a new
one.
With which code the client leaves is asserted where no socket can lose it: in `tests/client/network/http2`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from hyperframe.frame import ContinuationFrame, HeadersFrame, PushPromiseFrame

from understudy import IncompleteBody, LimitExceeded, RemoteProtocolError

from .cases import Answers, Fails

if TYPE_CHECKING:
    from .http2_server import Http2Peer

Act = Callable[["Http2Peer", int], None]

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR = 0x0, 0x1, 0x2
REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0x7, 0x8, 0xB


class Http2Case(NamedTuple):
    """One accident."""

    number: str
    name: str
    act: Act
    expected: Fails | Answers
    keeps: bool = False
    reset: int | None = None
    """The code with which the client ends the stream."""
    method: str = "GET"


def many(send: Act, times: int) -> Act:
    def act(peer: Http2Peer, stream: int) -> None:
        for _ in range(times):
            send(peer, stream)

    return act


def each(*acts: Act) -> Act:
    def act(peer: Http2Peer, stream: int) -> None:
        for one in acts:
            one(peer, stream)

    return act


def head(*fields: tuple[str, str], status: int = 200, ends: bool = False) -> Act:
    return lambda peer, stream: peer.head(stream, status, fields, ends=ends)


def data(content: bytes = b"", *, ends: bool = False) -> Act:
    return lambda peer, stream: peer.data(stream, content, ends=ends)


def fields(*named: tuple[str, str], ends: bool = True) -> Act:
    return lambda peer, stream: peer.fields(stream, named, ends=ends)


def raw(kind: int, payload: bytes = b"", *, flags: int = 0, on_stream: bool = False) -> Act:
    return lambda peer, stream: peer.raw(kind, payload, flags=flags, stream_id=stream if on_stream else 0)


def setting(name: int, value: int) -> Act:
    return raw(4, name.to_bytes(2, "big") + value.to_bytes(4, "big"))


def reset(code: int) -> Act:
    return lambda peer, stream: peer.reset(stream, code)


def goaway(last: int, code: int = NO_ERROR) -> Act:
    return lambda peer, stream: peer.goaway(last, code)


def good(peer: Http2Peer, stream: int) -> None:
    peer.respond(stream, body=b"good")


def close(peer: Http2Peer, stream: int) -> None:
    peer.end.close()


def bomb(peer: Http2Peer, stream: int) -> None:
    """Index one field of 4 000 bytes, and refer to it until the list is 64 MB long."""
    block = peer.encoder.encode([(":status", "200"), ("x-bomb", "b" * 3_900)]) + b"\xbe" * 16_000
    peer.raw(1, block, flags=4, stream_id=stream)


def endless_continuation(peer: Http2Peer, stream: int) -> None:
    peer.send(HeadersFrame(stream, b"\x88"), *[ContinuationFrame(stream, b"")] * 100)


def large_continuation(peer: Http2Peer, stream: int) -> None:
    peer.send(HeadersFrame(stream, b"\x88"), *[ContinuationFrame(stream, b"\0\1a\1b" * 3_000)] * 20)


def promise(peer: Http2Peer, stream: int) -> None:
    block = peer.encoder.encode([(":method", "GET"), (":scheme", "http"), (":authority", "x"), (":path", "/")])
    peer.send(PushPromiseFrame(stream, 2, data=block, flags=["END_HEADERS"]))


def too_many_fields(peer: Http2Peer, stream: int) -> None:
    peer.head(stream, 200, [("x", "y")] * 300, ends=True)


GOOD = Answers(200, b"good")
REFUSED = Fails(RemoteProtocolError)
LIMITED = Fails(LimitExceeded)


def flood(number: str, name: str, act: Act, times: int) -> Http2Case:
    return Http2Case(number, name, many(act, times), LIMITED)


def malformed(name: str, act: Act, number: str = "C45") -> Http2Case:
    return Http2Case(number, name, act, REFUSED, keeps=True, reset=PROTOCOL_ERROR)


def undecodable(name: str, block: bytes) -> Http2Case:
    act = raw(1, block, flags=4, on_stream=True)
    return Http2Case("C35b", name, act, Fails(RemoteProtocolError, "COMPRESSION_ERROR"))


ALL: list[Http2Case] = [
    malformed("data beyond the length", each(head(("content-length", "2")), data(b"good", ends=True)), "C11"),
    malformed("two lengths", head(("content-length", "4"), ("content-length", "5"), ends=True), "C11"),
    Http2Case("C21", "300 fields", too_many_fields, LIMITED, keeps=True, reset=PROTOCOL_ERROR),
    Http2Case(
        "C29", "cut in the body", each(head(("content-length", "9")), data(b"half"), close), Fails(IncompleteBody)
    ),
    Http2Case(
        "C29",
        "reset in the body",
        each(head(), data(b"half"), reset(INTERNAL_ERROR)),
        Fails(IncompleteBody),
        keeps=True,
    ),
    undecodable("index 0", b"\x80"),
    undecodable("a table that grows beyond its limit", b"\x3f\xff\xff\x7f"),
    undecodable("a number without end", b"\xff" * 16_000),
    undecodable("Huffman padding", b"\x88\x00\x83\xff\xff\xff\x01a"),
    undecodable("an index beyond the table", b"\x88\xff\x80"),
    Http2Case("C35b", "a bomb", bomb, LIMITED),
    Http2Case("C36", "empty CONTINUATION", endless_continuation, LIMITED),
    Http2Case("C36", "large CONTINUATION", large_continuation, LIMITED),
    flood("C37", "PING", lambda peer, stream: peer.ping(), 10_100),
    flood("C37", "SETTINGS", raw(4), 10_100),
    flood("C37", "PRIORITY", raw(2, bytes(5), on_stream=True), 10_100),
    flood("C37", "WINDOW_UPDATE", lambda peer, stream: peer.credit(0, 1), 10_100),
    flood("C37", "unknown frames", raw(0xEE), 10_100),
    Http2Case("C38", "empty DATA", each(head(), many(data(), 1_100)), LIMITED),
    Http2Case("C38", "interim responses", many(head(status=103), 20), LIMITED, keeps=True, reset=PROTOCOL_ERROR),
    Http2Case("C38", "ten interim responses", each(many(head(status=103), 10), good), GOOD, keeps=True),
    Http2Case("C39", "a frame size of 0", setting(5, 0), REFUSED),
    Http2Case("C39", "a frame size of 1", setting(5, 1), REFUSED),
    Http2Case("C39", "a frame size of 2**24", setting(5, 2**24), REFUSED),
    Http2Case("C39", "a window of 2**31", setting(4, 2**31), REFUSED),
    Http2Case("C39", "a server that is pushed to", setting(2, 1), REFUSED),
    Http2Case("C39", "a very large table", each(setting(1, 2**32 - 1), good), GOOD, keeps=True),
    Http2Case("C39", "no streams at all", each(setting(3, 0), good), GOOD),
    Http2Case("C40", "GOAWAY before the answer", goaway(0), GOOD),
    Http2Case("C40", "GOAWAY to a POST", goaway(0), GOOD, method="POST"),
    Http2Case("C40", "GOAWAY and a close", each(goaway(0, ENHANCE_YOUR_CALM), close), GOOD),
    Http2Case("C40", "a graceful GOAWAY", each(goaway(2**31 - 1), goaway(0)), GOOD),
    Http2Case("C40", "GOAWAY that includes the request", each(goaway(1), good), GOOD),
    Http2Case("C40", "GOAWAY between head and body", each(head(), goaway(1), data(b"good", ends=True)), GOOD),
    Http2Case("C41", "REFUSED_STREAM", reset(REFUSED_STREAM), GOOD),
    Http2Case("C41", "REFUSED_STREAM to a POST", reset(REFUSED_STREAM), GOOD, method="POST"),
    Http2Case("C41", "CANCEL", reset(CANCEL), Fails(RemoteProtocolError, "CANCEL"), keeps=True),
    Http2Case("C41", "INTERNAL_ERROR", reset(INTERNAL_ERROR), Fails(RemoteProtocolError, "INTERNAL_ERROR"), keeps=True),
    Http2Case("C41", "calm", reset(ENHANCE_YOUR_CALM), Fails(RemoteProtocolError, "ENHANCE_YOUR_CALM"), keeps=True),
    Http2Case("C42", "cut before the answer", close, REFUSED),
    Http2Case("C42", "cut after the head", each(head(), close), Fails(IncompleteBody)),
    Http2Case("C45", "a pushed response", promise, REFUSED),
    malformed("no status", fields(("server", "x"))),
    malformed("two statuses", fields((":status", "200"), (":status", "200"))),
    malformed("a status that is none", fields((":status", "2x0"))),
    malformed("101", head(status=101)),
    malformed("a name in upper case", head(("X-Upper", "y"), ends=True)),
    malformed("a field of the connection", head(("connection", "close"), ends=True)),
    malformed("NUL in a value", head(("x", "a\0b"), ends=True)),
    malformed("a pseudo-header after a field", fields((":status", "200"), ("x", "y"), (":path", "/"))),
    malformed("a pseudo-header in the trailers", each(head(), data(b"good"), fields((":status", "200")))),
]


def react_with(case: Http2Case) -> Any:
    """Return what a server does: the accident with the first request on its first connection, then well."""

    def react(peer: Http2Peer, request: Any) -> None:
        if peer is peer.server.peers[0] and request.stream_id == 1:
            case.act(peer, request.stream_id)
        else:
            good(peer, request.stream_id)

    return react
