"""The ways in which a server, or the way to it, can fail: one table of names.

What a fault does is said once, as acts of a server, and is what wire mode plays.
Without wire mode the error that the client would make of it is raised in its place:
`error` where no response has begun, `body_error` where a part of the body has arrived.
`tests/mock/test_fault_parity.py` holds both to what the same acts of a real server lead to.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Callable, NamedTuple

from ..acts import PROPERLY, Close, End, Flood, Frame, Reset, Say, SayBody, SayHead, Silence
from ..errors import RouteError
from ..values import show

if TYPE_CHECKING:
    from ..acts import Act, Acts

HTTP1 = ("HTTP/1.1",)
HTTP2 = ("HTTP/2",)
BOTH = ("HTTP/1.1", "HTTP/2")

# When it strikes.
CONNECTING, SENDING, ANSWERING = "connecting", "sending", "answering"


class Blow(NamedTuple):
    """What the acts of a fault are made for."""

    at: int | None
    """How many bytes of the body arrive before; `None` where nothing of the response does."""
    version: str
    code: int
    """The code of HTTP/2 with which a stream or a connection ends."""


class Fault(NamedTuple):
    """One way to fail."""

    said: str
    error: str = ""
    body_error: str = ""
    """Empty for what strikes before any response, or has no other error in the body."""
    acts: Callable[[Blow], Acts] | None = None
    when: str = ANSWERING
    versions: tuple[str, ...] = BOTH
    is_chunked: bool = False
    """Whether the body has to be sent in chunks."""
    spoils_content: bool = False
    """Whether the body itself is damaged, and what carries it is not."""
    drips: bool = False
    """Whether the body comes byte by byte, `every` so many seconds one; only the client's patience ends that."""
    is_short: bool = False
    """Whether the head announces more than there is."""
    code: int = 0
    is_unseen: bool = False
    """Whether the server says that it has not looked at the request, where nothing of the response has come."""

    @property
    def may_begin(self) -> bool:
        """Whether a part of the response may arrive first."""
        return bool(self.body_error) or self.spoils_content

    @property
    def must_begin(self) -> bool:
        """Whether a part of the response always arrives first."""
        return self.may_begin and not self.error


def _always(*acts: Act) -> Callable[[Blow], Acts]:
    """Return what does these acts whenever it strikes."""
    return lambda blow: acts


def _then(last: Acts) -> Callable[[Blow], Acts]:
    """Return what does these acts, after a part of the body where the blow says so."""

    def acts(blow: Blow) -> Acts:
        return last if blow.at is None else (SayHead(), SayBody(blow.at), *last)

    return acts


def _line(more: bytes) -> Callable[[Blow], Acts]:
    """Return what answers with these header lines, and no proper head."""
    return _always(Say(b"HTTP/1.1 200 OK\r\n" + more))


def _in_chunks(*after: Say | Flood | Close) -> Callable[[Blow], Acts]:
    return lambda blow: (SayHead(), SayBody(blow.at), *after)


def _header_flood(blow: Blow) -> Acts:
    if blow.version == "HTTP/2":
        # HEADERS, and CONTINUATION for ever (RFC 9113, section 10.5).
        return (Frame(0x1, b"\x00" * 8), Flood(Frame(0x9, b"\x00" * 16_384)))
    return (Say(b"HTTP/1.1 200 OK\r\n"), Flood(b"X-Flood: " + b"x" * 1013 + b"\r\n"))


def _goaway(blow: Blow) -> Acts:
    # The last stream that was looked at: none, or the one whose response has begun.
    last = b"\x00\x00\x00\x00" if blow.at is None else b"\x7f\xff\xff\xff"
    leave = Frame(0x7, last + blow.code.to_bytes(4, "big"), is_for_stream=False)
    return _then((leave, Close()))(blow)


def _rst_stream(blow: Blow) -> Acts:
    return _then((Frame(0x3, blow.code.to_bytes(4, "big")), Silence()))(blow)


FAULTS: dict[str, Fault] = {
    "bad-chunk": Fault(
        "a chunk of the body has no size",
        body_error="RemoteProtocolError",
        acts=_in_chunks(Say(b"zz\r\nmore\r\n0\r\n\r\n")),
        versions=HTTP1,
        is_chunked=True,
    ),
    "bad-compression": Fault(
        "the header cannot be decompressed",
        "RemoteProtocolError",
        acts=_always(Frame(0x1, b"\xff\xff\xff\xff\xff\xff", 0x4), Silence()),
        versions=HTTP2,
    ),
    "bad-frame": Fault(
        "a frame breaks the rules of HTTP/2",
        "RemoteProtocolError",
        "RemoteProtocolError",
        acts=_then((Frame(0x8, b"\x00\x00\x00\x00"), Frame(0x4, b"\x00", is_for_stream=False), Silence())),
        versions=HTTP2,
    ),
    "bad-header": Fault(
        "a header field has a NUL in it",
        "RemoteProtocolError",
        acts=_always(SayHead(((b"X-Bad", b"a\0b"),)), SayBody(), End()),
    ),
    "bad-length": Fault(
        "the body's length is no number",
        "RemoteProtocolError",
        acts=_line(b"Content-Length: 0x5\r\n\r\ngood!"),
        versions=HTTP1,
    ),
    "bad-status": Fault(
        "the status line is none",
        "RemoteProtocolError",
        acts=_always(Say(b"HTTP/1.1 2x0 OK\r\n\r\n")),
        versions=HTTP1,
    ),
    "chunk-flood": Fault(
        "the chunks of the body are mostly extensions",
        body_error="LimitExceeded",
        acts=_in_chunks(Say(b"1;"), Flood(b"x" * 1024)),
        versions=HTTP1,
        is_chunked=True,
    ),
    "connect-refused": Fault("connection refused", "ConnectError", when=CONNECTING),
    "connect-timeout": Fault("no connection in time", "ConnectTimeout", when=CONNECTING),
    "corrupt-body": Fault(
        "the compressed body is damaged", body_error="DecodingError", acts=_always(*PROPERLY), spoils_content=True
    ),
    "cut-chunk": Fault(
        "the connection was closed before the last chunk",
        body_error="IncompleteBody",
        acts=_in_chunks(Close()),
        versions=HTTP1,
        is_chunked=True,
    ),
    "cut-head": Fault(
        "the connection was closed in the middle of the response's head",
        "RemoteProtocolError",
        acts=_always(Say(b"HTTP/1.1 200 OK\r\nContent-Le"), Close()),
        versions=HTTP1,
    ),
    "disconnect": Fault(
        "the server closed the connection without sending a response", "RemoteProtocolError", acts=_then((Close(),))
    ),
    "dns": Fault("the host's name cannot be resolved", "ConnectError", when=CONNECTING),
    "garbage": Fault(
        "the server does not speak HTTP",
        "RemoteProtocolError",
        acts=_always(Say(b"220 mail.example ESMTP\r\n500 unrecognized\r\n\r\n"), Close()),
    ),
    "goaway": Fault(
        "the server took its leave before it looked at the request",
        "RemoteProtocolError",
        "IncompleteBody",
        acts=_goaway,
        versions=HTTP2,
        is_unseen=True,
    ),
    "header-flood": Fault("the response's head does not end", "LimitExceeded", acts=_header_flood),
    "interim-flood": Fault(
        "interim responses do not end",
        "LimitExceeded",
        acts=_always(Flood(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 64)),
        versions=HTTP1,
    ),
    "many-headers": Fault(
        "the response has too many header fields",
        "LimitExceeded",
        acts=_always(SayHead(tuple((b"x-%d" % number, b"y") for number in range(300))), SayBody(), End()),
    ),
    "ping-flood": Fault(
        "control frames do not end",
        "LimitExceeded",
        acts=_always(Flood((b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + b"12345678") * 64)),
        versions=HTTP2,
    ),
    "pool-timeout": Fault("no connection became free in time", "PoolTimeout", when=CONNECTING),
    "read-timeout": Fault("no data was received in time", "ReadTimeout", "ReadTimeout", acts=_then((Silence(),))),
    "refused-stream": Fault(
        "the server has not looked at the request",
        "RemoteProtocolError",
        acts=_rst_stream,
        versions=HTTP2,
        code=0x7,
        is_unseen=True,
    ),
    "reset": Fault("connection reset by peer", "ReadError", "ReadError", acts=_then((Reset(),))),
    "rst-stream": Fault(
        "the server reset the stream",
        "RemoteProtocolError",
        "IncompleteBody",
        acts=_rst_stream,
        versions=HTTP2,
        code=0x2,
    ),
    "slow-drip": Fault(
        "the body comes byte by byte", body_error="DeadlineExceeded", acts=_always(*PROPERLY), drips=True
    ),
    "tls": Fault("the certificate cannot be verified", "ConnectError", when=CONNECTING),
    "trailer-flood": Fault(
        "the fields after the body do not end",
        body_error="LimitExceeded",
        acts=_in_chunks(Say(b"0\r\n"), Flood(b"X-Flood: y\r\n" * 64)),
        versions=HTTP1,
        is_chunked=True,
    ),
    "truncate": Fault("the body ended before it was complete", body_error="IncompleteBody", acts=_then((Close(),))),
    "two-lengths": Fault(
        "the body has two lengths",
        "RemoteProtocolError",
        acts=_line(b"Content-Length: 4\r\nContent-Length: 5\r\n\r\ngood!"),
        versions=HTTP1,
    ),
    "write-error": Fault("connection reset by peer while sending", "WriteError", when=SENDING, versions=HTTP1),
    "write-timeout": Fault("nothing could be sent in time", "WriteTimeout", when=SENDING),
    "wrong-length": Fault(
        "the body is shorter than its length says",
        body_error="IncompleteBody",
        acts=_always(SayHead(), SayBody(), Close()),
        versions=HTTP1,
        is_short=True,
    ),
}


def fault_named(name: object) -> Fault:
    """Return the fault of that name, or say which there are."""
    fault = FAULTS.get(name) if isinstance(name, str) else None
    if fault is None:
        near = get_close_matches(str(name), FAULTS, 1)
        hint = f", did you mean {near[0]!r}?" if near else f"; known are {', '.join(FAULTS)}"
        if isinstance(name, str) and name.isdigit():
            hint = f": a status is a number, {name}"
        raise RouteError(f"unknown fault {show(name)}{hint}")
    return fault
