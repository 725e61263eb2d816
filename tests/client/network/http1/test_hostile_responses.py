"""What servers should not say, and what becomes of it: never a wrong answer, never a connection used again."""

from __future__ import annotations

import pickle
from typing import Any, Callable

import pytest

from understudy.client.errors import (
    IncompleteBody,
    LimitExceeded,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    TransportError,
)

OK = b"HTTP/1.1 200 OK\r\n"
GOOD = OK + b"Content-Length: 4\r\n\r\ngood"
EVIL = OK + b"Content-Length: 4\r\n\r\nEVIL"


def chunked(body: bytes) -> bytes:
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + body


def head(*lines: bytes) -> bytes:
    return OK + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


class Scripted:
    """A server whose first connection says `first` (and then ends it, if asked), and every other one is good."""

    def __init__(self, first: bytes | Callable[[Any], None], *, ends: bool = False, sliced: int = 0) -> None:
        self.first = first
        self.ends = ends
        self.sliced = sliced
        self.heard: list[bytes] = []

    def __call__(self, end: Any) -> Any:
        self.heard.append(b"")
        return _Peer(self, end, len(self.heard) - 1)


class _Peer:
    def __init__(self, script: Scripted, end: Any, place: int) -> None:
        self.script = script
        self.end = end
        self.place = place
        self.requests = 0

    def received(self, data: bytes) -> None:
        script = self.script
        script.heard[self.place] += data
        if not data.endswith(b"\r\n\r\n"):
            return
        self.requests += 1
        if self.place or self.requests > 1:
            self.end.send(GOOD)
        elif callable(script.first):
            script.first(self.end)
        else:
            size = script.sliced or len(script.first) or 1
            for start in range(0, len(script.first), size):
                self.end.send(script.first[start : start + size])
            if script.ends:
                self.end.close()


async def outcome(world: Any, script: Scripted, method: str = "GET") -> Any:
    """Send a request, then a good one with the same transport; return what the first became."""
    sender = world.sender(script)
    result: Any
    try:
        response = await sender.send(method)
        result = await sender.read(response)
    except TransportError as error:
        result = error
    if isinstance(result, TransportError):
        assert result.request.method == method
        assert len(str(result)) <= 300
        assert str(result).isprintable()
        assert str(pickle.loads(pickle.dumps(result))) == str(result)
    assert sender.pool.active == 0
    assert not sender.pool.waiting
    assert await sender.get() == b"good"
    await sender.close()
    assert sender.pool.open == 0
    assert all(end.is_closed for end in sender.network.connections)
    return result


def check_refused(world: Any, said: bytes, error: type[TransportError] = RemoteProtocolError) -> TransportError:
    script = Scripted(said, ends=True)
    refused = world.run(outcome, world, script)
    assert isinstance(refused, error), refused
    assert len(script.heard) == 2, "the connection was used again"
    return refused


MALFORMED_HEADS = {
    "length and coding": head(b"Content-Length: 4", b"Transfer-Encoding: chunked") + b"4\r\nEVIL\r\n0\r\n\r\n",
    "two lengths": head(b"Content-Length: 4", b"Content-Length: 5") + b"EVIL!",
    "two lengths in a list": head(b"Content-Length: 4, 5") + b"EVIL!",
    "length with plus": head(b"Content-Length: +4") + b"EVIL",
    "length with minus": head(b"Content-Length: -4") + b"EVIL",
    "length in hexadecimal": head(b"Content-Length: 0x4") + b"EVIL",
    "length with space": head(b"Content-Length: 4 4") + b"EVIL",
    "length in other digits": head("Content-Length: ٤".encode()) + b"EVIL",
    "length of 2**64": head(b"Content-Length: 18446744073709551616") + b"EVIL",
    "length of 30 digits": head(b"Content-Length: " + b"9" * 30) + b"EVIL",
    "length empty": head(b"Content-Length:") + b"EVIL",
    "unknown coding": head(b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
    "coding twice": head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "obfuscated coding": head(b"Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "coding in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "NUL in a value": head(b"X: a\0b"),
    "bare CR in a value": head(b"X: a\rb"),
    "bare LF": OK + b"X: a\nContent-Length: 4\r\n\r\nEVIL",
    "bare LF everywhere": b"HTTP/1.1 200 OK\nContent-Length: 4\n\nEVIL",
    "space before colon": head(b"X : a"),
    "space in a name": head(b"X Y: a"),
    "no colon": head(b"nonsense"),
    "empty name": head(b": a"),
    "name that is no token": head(b"X@: a"),
    "name beyond ASCII": head("Ü: a".encode()),
    "folding without a field": OK + b" X: a\r\n\r\n",
    "HTTP/0.9": b"<html>EVIL</html>\r\n\r\n",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/1.2": b"HTTP/1.2 200 OK\r\n\r\n",
    "ICY": b"ICY 200 OK\r\n\r\n",
    "status 99": b"HTTP/1.1 99 X\r\n\r\n",
    "status 099": b"HTTP/1.1 099 X\r\n\r\n",
    "status 1000": b"HTTP/1.1 1000 X\r\n\r\n",
    "status 2x0": b"HTTP/1.1 2x0 X\r\n\r\n",
    "TLS alert": b"\x15\x03\x01\x00\x02\x02\x46",
    "empty line first": b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    "reason with control": b"HTTP/1.1 200 O\x07K\r\n\r\n",
    "101 unasked": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
}


@pytest.mark.parametrize("said", MALFORMED_HEADS.values(), ids=MALFORMED_HEADS.keys())
def test_a_malformed_head_is_refused(world: Any, said: bytes) -> None:
    check_refused(world, said)


MALFORMED_CHUNKS = {
    "hexadecimal prefix": b"0x4\r\nEVIL\r\n0\r\n\r\n",
    "plus": b"+4\r\nEVIL\r\n0\r\n\r\n",
    "minus": b"-4\r\nEVIL\r\n0\r\n\r\n",
    "underscore": b"0_4\r\nEVIL\r\n0\r\n\r\n",
    "leading space": b" 4\r\nEVIL\r\n0\r\n\r\n",
    "empty": b"\r\nEVIL\r\n0\r\n\r\n",
    "17 digits": b"00000000000000004\r\nEVIL\r\n0\r\n\r\n",
    "2**64 + 5": b"10000000000000005\r\nEVIL\r\n0\r\n\r\n",
    "bare LF after the size": b"4\nEVIL\r\n0\r\n\r\n",
    "bare LF after the data": b"4\r\nEVIL\n0\r\n\r\n",
    "junk after the data": b"4\r\nEVILXX\r\n0\r\n\r\n",
    "LF in an extension": b"4;a\nb\r\nEVIL\r\n0\r\n\r\n",
    "NUL in an extension": b"4;a\0b\r\nEVIL\r\n0\r\n\r\n",
    "no last CR LF": b"4\r\nEVIL\r\n0\r\n",
    "no last chunk": b"4\r\nEVIL\r\n",
    "cut in a chunk": b"8\r\nEVIL",
    "cut in a size": b"4\r\nEVIL\r\n1",
    "trailer without a colon": b"0\r\nnonsense\r\n\r\n",
    "trailer with a bare LF": b"0\r\nA: b\nC: d\r\n\r\n",
}


@pytest.mark.parametrize("body", MALFORMED_CHUNKS.values(), ids=MALFORMED_CHUNKS.keys())
def test_malformed_chunks_are_refused(world: Any, body: bytes) -> None:
    check_refused(world, chunked(body))


@pytest.mark.parametrize("sliced", [1, 7])
@pytest.mark.parametrize("body", MALFORMED_CHUNKS.values(), ids=MALFORMED_CHUNKS.keys())
def test_malformed_chunks_are_refused_however_they_are_sliced(world: Any, body: bytes, sliced: int) -> None:
    script = Scripted(chunked(body), ends=True, sliced=sliced)

    refused = world.run(outcome, world, script)

    assert isinstance(refused, RemoteProtocolError)


@pytest.mark.parametrize(
    ("said", "received", "expected"),
    [
        (head(b"Content-Length: 8") + b"EVIL", 4, 8),
        (head(b"Content-Length: 8"), 0, 8),
        (chunked(b"8\r\nEVIL"), 4, None),
        (chunked(b"4\r\nEVIL\r\n"), 4, None),
    ],
)
def test_a_body_that_ends_too_early_says_how_much_came(
    world: Any, said: bytes, received: int, expected: int | None
) -> None:
    error = check_refused(world, said, IncompleteBody)

    assert isinstance(error, IncompleteBody)
    assert (error.received, error.expected) == (received, expected)


ACCEPTED = {
    "same length twice": (head(b"Content-Length: 4", b"Content-Length: 4") + b"body", b"body"),
    "same length in a list": (head(b"Content-Length: 4, 4") + b"body", b"body"),
    "folded value": (OK + b"X: a\r\n  b\r\nContent-Length: 4\r\n\r\nbody", b"body"),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nbody", b"body"),
    "empty reason": (b"HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\nbody", b"body"),
    "control character in a value": (head(b"X: a\x01b", b"Content-Length: 4") + b"body", b"body"),
    "obs-text": (head(b"X: \xff", b"Content-Length: 4") + b"body", b"body"),
    "chunk extension": (chunked(b'4;a=b;c="d"\r\nbody\r\n0;x\r\n\r\n'), b"body"),
    "leading zeros": (chunked(b"0004\r\nbody\r\n000\r\n\r\n"), b"body"),
    "capital CHUNKED": (head(b"Transfer-Encoding: CHUNKED") + b"4\r\nbody\r\n0\r\n\r\n", b"body"),
    "trailers": (chunked(b"4\r\nbody\r\n0\r\nA: b\r\nC: d\r\n\r\n"), b"body"),
}


@pytest.mark.parametrize("sliced", [0, 1, 3])
@pytest.mark.parametrize(("said", "body"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_unusual_but_clear_is_accepted(world: Any, said: bytes, body: bytes, sliced: int) -> None:
    script = Scripted(said, sliced=sliced)

    assert world.run(outcome, world, script) == body

    assert len(script.heard) == 1, "the connection was not used again"


BODY_THAT_MUST_NOT_BE = {
    "second response in the same segment": ("GET", head(b"Content-Length: 4") + b"fine" + EVIL, b"fine"),
    "second response after chunks": ("GET", chunked(b"4\r\nfine\r\n0\r\n\r\n") + EVIL, b"fine"),
    "204 with a body": ("GET", b"HTTP/1.1 204 No Content\r\n\r\n" + EVIL, b""),
    "204 with a length": ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nEVIL", b""),
    "204 with a length and nothing": ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n", b""),
    "304 with a body": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nEVIL", b""),
    "HEAD with a body": ("HEAD", head(b"Content-Length: 4") + b"EVIL", b""),
    "bytes after the body": ("GET", head(b"Content-Length: 4") + b"fine\r\n", b"fine"),
}


@pytest.mark.parametrize(("method", "said", "body"), BODY_THAT_MUST_NOT_BE.values(), ids=BODY_THAT_MUST_NOT_BE.keys())
def test_bytes_after_a_response_end_the_connection(world: Any, method: str, said: bytes, body: bytes) -> None:
    script = Scripted(said)

    assert world.run(outcome, world, script, method) == body

    assert len(script.heard) == 2, "the connection was used again"


def test_what_a_server_says_on_an_idle_connection_is_never_an_answer(world: Any) -> None:
    async def body() -> None:
        script = Scripted(GOOD)
        sender = world.sender(script)
        assert await sender.get() == b"good"

        sender.network.connections[0].send(EVIL)

        assert await sender.get() == b"good"
        assert len(sender.network.connections) == 2

    world.run(body)


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_ended_while_idle_is_replaced(world: Any, how: str, method: str) -> None:
    async def body() -> None:
        sender = world.sender(Scripted(GOOD))
        assert await sender.get() == b"good"

        getattr(sender.network.connections[0], how)()

        assert await sender.read(await sender.send(method)) == b"good"

    world.run(body)


def test_ten_interim_responses_are_shown_and_passed_over(world: Any) -> None:
    seen: list[tuple[int, str | None]] = []

    async def body() -> None:
        interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        sender = world.sender(Scripted(interim * 9 + b"HTTP/1.1 102 Processing\r\n\r\n" + GOOD))

        def note(status: int, headers: Any) -> None:
            seen.append((status, headers.get("Link")))

        async def anote(status: int, headers: Any) -> None:
            note(status, headers)

        hook = note if world.name == "blocking" else anote
        assert await sender.get(extensions={"informational": hook}) == b"good"

    world.run(body)

    assert seen == [(103, "</a>")] * 9 + [(102, None)]


def test_endless_interim_responses_stop_at_a_limit(world: Any) -> None:
    def flood(end: Any) -> None:
        for _ in range(17):
            end.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")

    error = world.run(outcome, world, Scripted(flood))

    assert isinstance(error, LimitExceeded)
    assert (error.limit, error.value) == (16, 17)


@pytest.mark.parametrize("sliced", [0, 1000])
@pytest.mark.parametrize(
    "said",
    [
        OK + b"X: y\r\n" * 60_000,
        OK + b"X: " + b"y" * 300_000,
        chunked(b"4\r\nbody\r\n0\r\n" + b"X: y\r\n" * 60_000),
        chunked(b"4;" + b"y" * 20_000),
        chunked(b"4;" + b"y" * 20_000 + b"\r\n"),
        head(*[b"X: y"] * 257),
        chunked(b"0\r\n" + b"X: y\r\n" * 257 + b"\r\n"),
        head(b"X: " + b"y" * 70_000),
    ],
    ids=[
        "endless head",
        "endless line",
        "endless trailers",
        "endless chunk line",
        "long chunk line",
        "too many fields",
        "too many trailers",
        "line too long",
    ],
)
def test_floods_stop_at_a_limit(world: Any, said: bytes, sliced: int) -> None:
    error = world.run(outcome, world, Scripted(said, sliced=sliced))

    assert isinstance(error, LimitExceeded)
    assert error.limit


def test_chunks_of_one_byte_with_long_extensions_are_an_attack(world: Any) -> None:
    chunk = b"1;" + b"x" * 4000 + b"\r\ny\r\n"

    error = world.run(outcome, world, Scripted(chunked(chunk * 300)))

    assert isinstance(error, LimitExceeded)


def test_many_small_chunks_are_read_in_linear_time(world: Any) -> None:
    script = Scripted(chunked(b"1\r\nx\r\n" * 20_000 + b"0\r\n\r\n"))

    assert world.run(outcome, world, script) == b"x" * 20_000


def test_a_reset_in_the_middle_of_a_body_is_a_read_error(world: Any) -> None:
    def half(end: Any) -> None:
        end.send(head(b"Content-Length: 8") + b"half")
        end.reset()

    assert isinstance(world.run(outcome, world, Scripted(half)), ReadError)


def test_the_end_before_any_answer_on_a_new_connection_is_an_error(world: Any) -> None:
    script = Scripted(lambda end: end.close())

    error = world.run(outcome, world, script)

    assert type(error) is RemoteProtocolError
    assert "without answering" in str(error)


def test_a_silent_server_is_a_read_timeout(world: Any) -> None:
    error = world.run(outcome, world, Scripted(lambda end: None))

    assert isinstance(error, ReadTimeout)
    assert "1 s" in str(error)
