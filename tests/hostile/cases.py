"""The cases by number: what a server does on its first connection, and what the caller must see.

After each of them the same client makes a good request: on the same connection where `keeps` says so, else on a new
one.
The numbers are stable: reports and documents refer to them.
"""

from __future__ import annotations

from typing import NamedTuple

from understudy import (
    DeadlineExceeded,
    IncompleteBody,
    LimitExceeded,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    TransportError,
)

from .steps import (
    BeGood,
    Drip,
    Flood,
    HalfClose,
    Listen,
    Read,
    ReadBody,
    ReadHead,
    Reset,
    Script,
    Send,
    Slices,
    Stall,
)

KIB = 1024
MIB = 1024 * KIB
OK = b"HTTP/1.1 200 OK\r\n"


class Fails(NamedTuple):
    """The call raises exactly this error, whose message has these words."""

    error: type[TransportError]
    words: str = ""


class Answers(NamedTuple):
    """The call returns this."""

    status: int = 200
    body: bytes = b"good"


class Case(NamedTuple):
    """One accident."""

    number: str
    name: str
    script: Script
    expected: Fails | Answers
    method: str = "GET"
    keeps: bool = False
    """Whether the connection serves the next request as well."""
    sends: bytes | None = None
    streams: bool = False
    """Whether `sends` is sent as an iterator of one piece."""
    headers: tuple[tuple[str, str], ...] = ()
    total: float | None = None
    read: float = 2.0
    most_sent: int | None = None
    """How many bytes the server gets rid of before the client hangs up, at most: what bounds the memory."""


def says(response: bytes) -> Script:
    """Answer the first request with these bytes, and others properly: closing is the client's business."""
    return (Read(), Send(response), BeGood())


def ends(response: bytes) -> Script:
    """Answer the first request with these bytes, and close."""
    return (Read(), Send(response))


def head(*lines: bytes) -> bytes:
    return OK + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def chunked(body: bytes) -> bytes:
    return head(b"Transfer-Encoding: chunked") + body


GOOD = head(b"Content-Length: 4") + b"good"
EVIL = head(b"Content-Length: 4") + b"EVIL"
REFUSED = Fails(RemoteProtocolError)
LIMITED = Fails(LimitExceeded)
INCOMPLETE = Fails(IncompleteBody)


def refused(number: str, name: str, response: bytes, words: str = "") -> Case:
    return Case(number, name, says(response), Fails(RemoteProtocolError, words))


def refused_each(number: str, name: str, responses: list[bytes]) -> list[Case]:
    return [refused(number, f"{name} {response[-40:]!r}", response) for response in responses]


_LENGTHS = [b"+5", b"-5", b"0x5", b"5 5", b"\xd9\xa5", b"18446744073709551616", b"1" * 30, b"", b"5;5", b"5.0", b"5,6"]
_CHUNKS = [
    b"0x5\r\ngood!\r\n0\r\n\r\n",
    b"+5\r\ngood!\r\n0\r\n\r\n",
    b"-5\r\ngood!\r\n0\r\n\r\n",
    b"0_5\r\ngood!\r\n0\r\n\r\n",
    b" 5\r\ngood!\r\n0\r\n\r\n",
    b"\r\ngood!\r\n0\r\n\r\n",
    b"10000000000000005\r\ngood!\r\n0\r\n\r\n",
    b"5\ngood!\r\n0\r\n\r\n",
    b"5\r\ngood!\n0\r\n\r\n",
    b"5\r\ngood!XX0\r\n\r\n",
    b"5;a\nb\r\ngood!\r\n0\r\n\r\n",
    b"5;a\rb\r\ngood!\r\n0\r\n\r\n",
    b"5;\0\r\ngood!\r\n0\r\n\r\n",
    b"0\r\nX-Trailer\r\n\r\n",
    b"0\r\nX: a\nY: b\r\n\r\n",
]
_FIELDS = [
    b"X: a\0b",
    b"X: a\rb",
    b"X: a\nb",
    b"X : a",
    b"no colon",
    b": no name",
    b"X\x80: a",
    b"X(y): a",
    b"X\ty: a",
]
_STATUS_LINES = [
    b"garbage\r\n\r\n",
    b"<html>HTTP/0.9</html>",
    b"HTTP/2.0 200 OK\r\n\r\n",
    b"HTTP/1.2 200 OK\r\n\r\n",
    b"ICY 200 OK\r\n\r\n",
    b"HTTP/1.1 99 OK\r\n\r\n",
    b"HTTP/1.1 1000 OK\r\n\r\n",
    b"HTTP/1.1 2x0 OK\r\n\r\n",
    b"HTTP/1.1  200 OK\r\n\r\n",
    b"HTTP/1.1 -20 OK\r\n\r\n",
    b"HTTP/1.1200 OK\r\n\r\n",
    b"http/1.1 200 OK\r\n\r\n",
    b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n",
    b"\0" * 64,
    b"HTTP/1.1 200 OK\n\n",
]

FRAMING: list[Case] = [
    refused("C10", "length and coding", head(b"Content-Length: 4", b"Transfer-Encoding: chunked") + b"0\r\n\r\n"),
    refused("C10", "coding and length", head(b"Transfer-Encoding: chunked", b"Content-Length: 4") + b"0\r\n\r\n"),
    refused("C11", "two lengths", head(b"Content-Length: 4", b"Content-Length: 5") + b"good!"),
    refused("C11", "two lengths in one field", head(b"Content-Length: 4, 5") + b"good!"),
    Case("C11", "one length twice", says(head(b"Content-Length: 4, 4") + b"good"), Answers(), keeps=True),
    Case("C11", "one length on two lines", says(head(*[b"Content-Length: 4"] * 2) + b"good"), Answers(), keeps=True),
    *refused_each("C12", "length", [head(b"Content-Length: " + length) + b"good!" for length in _LENGTHS]),
    *refused_each("C13", "chunk", [chunked(body) for body in _CHUNKS]),
    refused("C13", "an unknown coding", head(b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"),
    refused("C13", "chunked twice", head(b"Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n"),
    refused("C13", "chunked in HTTP/1.0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    *refused_each("C14", "field", [head(field, b"Content-Length: 4") + b"good" for field in _FIELDS]),
    Case("C14", "folded", says(head(b"X: a", b"  b", b"Content-Length: 4") + b"good"), Answers(), keeps=True),
    refused("C14", "folded from the start", OK + b" X: a\r\nContent-Length: 4\r\n\r\ngood"),
    Case("C15", "two responses in one packet", says(GOOD + EVIL), Answers()),
    Case("C15", "a chunked one and another", says(chunked(b"4\r\ngood\r\n0\r\n\r\n") + EVIL), Answers()),
    Case("C15", "one byte too many", says(GOOD + b"\n"), Answers()),
    Case("C17", "204 with a body", says(b"HTTP/1.1 204 No Content\r\n\r\n" + EVIL), Answers(204, b"")),
    Case("C17", "204 with a length", says(b"HTTP/1.1 204 No\r\nContent-Length: 60\r\n\r\n" + EVIL), Answers(204, b"")),
    Case("C17", "304 with a body", says(b"HTTP/1.1 304 Not Modified\r\n\r\n" + EVIL), Answers(304, b"")),
    Case("C17", "HEAD with a body", says(head(b"Content-Length: 4") + EVIL), Answers(200, b""), method="HEAD"),
    Case("C17", "HEAD as it should be", says(head(b"Content-Length: 4")), Answers(200, b""), method="HEAD", keeps=True),
    refused("C17", "a body in an interim response", b"HTTP/1.1 103 Early\r\nContent-Length: 4\r\n\r\nevil" + GOOD),
    Case("C18", "some interim responses", says(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10 + GOOD), Answers(), keeps=True),
    Case("C18", "102 and 100", says(b"HTTP/1.1 102 P\r\n\r\nHTTP/1.1 100 C\r\n\r\n" + GOOD), Answers(), keeps=True),
    refused("C18", "an upgrade nobody asked for", b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "switched"),
    Case(
        "C20", "an endless head", (Read(), Send(OK), Flood(b"X: " + b"x" * 1021, 8 * MIB)), LIMITED, most_sent=6 * MIB
    ),
    Case(
        "C20",
        "an endless line",
        (Read(), Send(OK + b"X: "), Flood(b"x" * MIB, 16 * MIB)),
        LIMITED,
        most_sent=8 * MIB,
    ),
    Case("C20", "a long line", says(head(b"X: " + b"x" * 70_000)), LIMITED),
    Case("C21", "300 fields", says(head(*[b"X: y"] * 300)), LIMITED),
    Case("C21", "250 fields", says(head(*[b"X: y"] * 250, b"Content-Length: 4") + b"good"), Answers(), keeps=True),
    *[
        Case(
            "C22",
            f"60 kB of {name.decode()}",
            says(head(name + b": " + (unit * 60_000)[:60_000], b"Content-Length: 4") + b"good"),
            Answers(),
            keeps=True,
        )
        for name, unit in (
            (b"WWW-Authenticate", b'a="b\\",'),
            (b"Set-Cookie", b"a=b;"),
            (b"Link", b"<a>;b=c,"),
            (b"Content-Type", b"a/b;c=d;"),
            (b"Content-Type", b'"\\'),
            (b"Retry-After", b"1"),
            (b"Content-Disposition", b'a;b="c";'),
            (b"Keep-Alive", b"timeout=1,"),
            (b"Connection", b"a,"),
        )
    ],
    Case("C23", "endless interim responses", (Read(), Flood(b"HTTP/1.1 103 E\r\n\r\n" * 64, 4 * MIB)), LIMITED),
    Case("C24", "an endless chunk size", (Read(), Send(chunked(b"")), Flood(b"1" * KIB, 8 * MIB)), LIMITED),
    Case("C24", "an endless extension", (Read(), Send(chunked(b"1;")), Flood(b"x" * KIB, 8 * MIB)), LIMITED),
    Case(
        "C25",
        "chunks that are mostly extension",
        (Read(), Send(chunked(b"")), Flood(b"1;" + b"x" * 4096 + b"\r\nx\r\n", 64 * MIB)),
        LIMITED,
        most_sent=16 * MIB,
    ),
    Case("C26", "endless trailers", (Read(), Send(chunked(b"0\r\n")), Flood(b"X: y\r\n" * 512, 8 * MIB)), LIMITED),
    Case("C26", "an endless trailer", (Read(), Send(chunked(b"0\r\nX: ")), Flood(b"y" * KIB, 8 * MIB)), LIMITED),
    Case(
        "C27",
        "20 000 chunks of one byte",
        (Read(), Send(chunked(b"")), Flood(b"1\r\nx\r\n" * 100, 600 * 200), Send(b"0\r\n\r\n"), BeGood()),
        Answers(200, b"x" * 20_000),
        keeps=True,
    ),
    Case("C27", "byte by byte", (Read(), Slices(chunked(b"4\r\ngood\r\n0\r\n\r\n")), BeGood()), Answers(), keeps=True),
    *[refused("C28", f"{line[:30]!r}", line) for line in _STATUS_LINES],
    refused("C28", "a status line of NULs", b"HTTP/1.1 200 \0\0\r\n\r\n"),
    Case("C29", "a short body", ends(head(b"Content-Length: 10") + b"short"), INCOMPLETE),
    Case("C29", "no body", ends(head(b"Content-Length: 10")), INCOMPLETE),
    Case("C29", "a cut chunk", ends(chunked(b"a\r\nshort")), INCOMPLETE),
    Case("C29", "no last chunk", ends(chunked(b"5\r\nshort\r\n")), INCOMPLETE),
    Case("C29", "no end of trailers", ends(chunked(b"5\r\nshort\r\n0\r\n")), INCOMPLETE),
    Case("C29", "a cut head", ends(OK + b"Content-Le"), REFUSED),
    Case("C29", "only an interim response", ends(b"HTTP/1.1 103 Early\r\n\r\n"), REFUSED),
    Case("C29", "no answer at all", (Read(),), REFUSED),
    Case("C29", "a reset for an answer", (Read(), Reset()), Fails(ReadError)),
    Case("C29", "a reset in the head", (Read(), Send(OK), Stall()), Fails(ReadTimeout), read=0.05),
    Case(
        "C29",
        "half closed before answering",
        (Read(), HalfClose(), Listen()),
        REFUSED,
    ),
    Case("C29", "a body that ends with the connection", ends(OK + b"\r\ngood"), Answers()),
]

TIMES: list[Case] = [
    Case("C52", "a dripping head", (Read(), Drip(OK + b"X: y\r\n" * 99)), Fails(DeadlineExceeded), total=0.15),
    Case(
        "C52",
        "a dripping body",
        (Read(), Send(head(b"Content-Length: 999")), Drip(b"x" * 999)),
        Fails(DeadlineExceeded),
        total=0.15,
    ),
    Case(
        "C52",
        "dripping chunk sizes",
        (Read(), Send(chunked(b"")), Drip(b"0" * 999)),
        Fails(DeadlineExceeded),
        total=0.15,
    ),
    Case(
        "C52",
        "dripping interim responses",
        (Read(), Drip(b"HTTP/1.1 103 E\r\n\r\n" * 60)),
        Fails(DeadlineExceeded),
        total=0.15,
    ),
    Case("C52", "silence", (Read(), Stall()), Fails(DeadlineExceeded), total=0.4),
    Case("C52", "silence without a deadline", (Read(), Stall()), Fails(ReadTimeout), read=0.1),
    Case(
        "C52", "silence in the body", (Read(), Send(head(b"Content-Length: 9")), Stall()), Fails(ReadTimeout), read=0.1
    ),
]

_PATIENT = (("Expect", "100-continue"),)
# More than the buffers of both systems take.
_UPLOAD = bytes(32 * MIB)

UPLOADS: list[Case] = [
    Case(
        "C19",
        "a server that invites",
        (ReadHead(), Send(b"HTTP/1.1 100 Continue\r\n\r\n"), ReadBody(2 * MIB), Send(GOOD), BeGood()),
        Answers(),
        method="POST",
        sends=b"u" * 2 * MIB,
        headers=_PATIENT,
        keeps=True,
    ),
    Case(
        "C19",
        "401 without reading",
        (ReadHead(), Send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"), Listen()),
        Answers(401, b"no"),
        method="POST",
        sends=_UPLOAD,
        headers=_PATIENT,
    ),
    Case(
        "C54a",
        "413 and close",
        (ReadHead(), Send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"), HalfClose(), Listen()),
        Answers(413, b"no"),
        method="POST",
        sends=_UPLOAD,
    ),
    Case(
        "C54b",
        "413, and the rest of the upload is not read",
        (ReadHead(), Send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"), Stall()),
        Answers(413, b"no"),
        method="POST",
        sends=_UPLOAD,
    ),
    Case(
        "C54b",
        "413, and the rest of one large piece is not read",
        (ReadHead(), Send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"), Stall()),
        Answers(413, b"no"),
        method="POST",
        sends=_UPLOAD,
        streams=True,
        headers=(("Content-Length", str(32 * MIB)),),
    ),
    Case(
        "C54b",
        "413 whose body comes slowly",
        (ReadHead(), Slices(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"), Stall()),
        Answers(413, b"no"),
        method="POST",
        sends=_UPLOAD,
    ),
]

ALL = [*FRAMING, *TIMES, *UPLOADS]
