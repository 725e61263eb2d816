"""One connection, exchange by exchange: what is sent, what is read meanwhile, what becomes of the connection."""

from __future__ import annotations

import re
import time
from typing import Any, Callable

import pytest

from understudy.client.bodies.streams import AsyncByteStream, SyncByteStream
from understudy.client.errors import (
    DeadlineExceeded,
    LocalProtocolError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    WriteError,
    WriteTimeout,
)
from understudy.client.network.backends.memory import AsyncMemoryNetwork, MemoryNetwork

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge"
CHUNK = b"x" * 65_536


class Recorder:
    """A server that keeps what it hears and lets `react(end, heard)` decide."""

    def __init__(self, react: Callable[[Any, bytes], None]) -> None:
        self.react = react
        self.heard: list[bytearray] = []

    def __call__(self, end: Any) -> Any:
        heard = bytearray()
        self.heard.append(heard)
        recorder = self

        class Peer:
            def received(self, data: bytes) -> None:
                heard.extend(data)
                recorder.react(end, bytes(heard))

        return Peer()


def answering(marker: bytes = b"\r\n\r\n", said: bytes = OK) -> Recorder:
    """Answer once `marker` was heard at the end."""

    def react(end: Any, heard: bytes) -> None:
        if heard.endswith(marker):
            end.send(said)

    return Recorder(react)


class Pieces:
    """A body that is streamed, in either world, and knows whether it was closed."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.given = 0
        self.was_closed = False

    def __iter__(self) -> Any:
        try:
            for piece in self.pieces:
                self.given += 1
                yield piece
        finally:
            self.was_closed = True

    async def __aiter__(self) -> Any:
        try:
            for piece in self.pieces:
                self.given += 1
                yield piece
        finally:
            self.was_closed = True


def streamed(world: Any, *pieces: bytes) -> tuple[Pieces, Any]:
    body = Pieces(*pieces)

    class SyncPieces(SyncByteStream):
        def __iter__(self) -> Any:
            return iter(body)

    class AsyncPieces(AsyncByteStream):
        def __aiter__(self) -> Any:
            return body.__aiter__()

    return body, SyncPieces() if world.name == "blocking" else AsyncPieces()


def test_head_and_small_body_go_out_in_one_write(world: Any) -> None:
    writes: list[bytes] = []

    def react(end: Any, heard: bytes) -> None:
        writes.append(heard)
        end.send(OK)

    async def body() -> None:
        sender = world.sender(Recorder(react))
        assert await sender.read(await sender.send("POST", content=b"hello")) == b"ok"

    world.run(body)

    assert writes == [b"POST / HTTP/1.1\r\nHost: h.test\r\nContent-Length: 5\r\n\r\nhello"]


def test_a_large_body_in_memory_goes_out_whole(world: Any) -> None:
    server = answering(b"END")

    async def body() -> None:
        sender = world.sender(server)
        assert await sender.read(await sender.send("POST", content=b"y" * 200_000 + b"END")) == b"ok"
        assert sender.pool.idle == 1

    world.run(body)

    assert server.heard[0].endswith(b"\r\n\r\n" + b"y" * 200_000 + b"END")


def test_a_streamed_body_goes_out_in_chunks(world: Any) -> None:
    server = answering(b"\r\n0\r\n\r\n")

    async def body() -> None:
        _, stream = streamed(world, b"hello", b"", b"world!")
        sender = world.sender(server)
        assert await sender.read(await sender.send("POST", stream=stream)) == b"ok"
        assert sender.pool.idle == 1

    world.run(body)

    head, _, sent = bytes(server.heard[0]).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert sent == b"5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n"


@pytest.mark.parametrize(("method", "said"), [("GET", []), ("DELETE", []), ("POST", [b"Content-Length: 0"])])
@pytest.mark.parametrize("pieces", [(), (b"", b"")])
def test_a_stream_with_nothing_in_it_is_no_body(world: Any, pieces: Any, method: str, said: list[bytes]) -> None:
    server = answering()

    async def body() -> None:
        body, stream = streamed(world, *pieces)
        sender = world.sender(server)
        assert await sender.read(await sender.send(method, stream=stream)) == b"ok"
        assert body.was_closed
        assert sender.pool.idle == 1

    world.run(body)

    lines = bytes(server.heard[0]).split(b"\r\n")
    assert lines[-2:] == [b"", b""]
    assert [line for line in lines if line.startswith((b"Content-Length", b"Transfer-Encoding"))] == said


def test_a_stream_that_fails_before_anything_is_sent_closes_its_connection(world: Any) -> None:
    server = answering()

    class Broken:
        def __iter__(self) -> Any:
            raise OSError("disk")
            yield b""

        async def __aiter__(self) -> Any:
            raise OSError("disk")
            yield b""

    async def body() -> None:
        sender = world.sender(server)
        with pytest.raises(OSError, match="disk"):
            await sender.send("POST", stream=Stream())
        assert (sender.pool.active, sender.pool.idle) == (0, 0)

    Stream = type("Stream", (Broken, SyncByteStream, AsyncByteStream), {})
    world.run(body)

    assert [bytes(heard) for heard in server.heard] == [b""]


def test_a_streamed_body_with_a_length_goes_out_as_it_is(world: Any) -> None:
    server = answering(b"world!")

    async def body() -> None:
        _, stream = streamed(world, b"hello", b"world!")
        sender = world.sender(server)
        response = await sender.send("PUT", stream=stream, headers={"Content-Length": "11"})
        assert await sender.read(response) == b"ok"

    world.run(body)

    assert server.heard[0].endswith(b"\r\n\r\nhelloworld!")


def test_content_sent_with_a_chunked_header_is_chunked(world: Any) -> None:
    server = answering(b"0\r\n\r\n")

    async def body() -> None:
        sender = world.sender(server)
        await sender.read(await sender.send("POST", content=b"hi", headers={"Transfer-Encoding": "chunked"}))

    world.run(body)

    assert server.heard[0].endswith(b"\r\n\r\n2\r\nhi\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("pieces", "length", "leaves"),
    [((b"hello", b"world"), "9", b"hello"), ((b"hello",), "9", b"hello")],
    ids=["too long", "too short"],
)
def test_a_body_of_another_length_than_announced_is_the_callers_error(
    world: Any, pieces: tuple[bytes, ...], length: str, leaves: bytes
) -> None:
    server = answering(b"never")

    async def body() -> None:
        made, stream = streamed(world, *pieces)
        sender = world.sender(server)
        with pytest.raises(LocalProtocolError, match="Content-Length"):
            await sender.send("POST", stream=stream, headers={"Content-Length": length})
        assert made.was_closed
        assert sender.pool.open == 0

    world.run(body)

    assert bytes(server.heard[0]).partition(b"\r\n\r\n")[2] == leaves


@pytest.mark.parametrize("ends", ["stays", "closes", "resets"])
@pytest.mark.parametrize("in_memory", [True, False])
def test_an_early_answer_ends_the_upload_and_is_returned(world: Any, ends: str, in_memory: bool) -> None:
    def react(end: Any, heard: bytes) -> None:
        if len(heard) > 100_000 and not end.is_closed:
            end.send(TOO_LARGE)
            end.pause()
            if ends == "closes":
                end.close()
            if ends == "resets":
                end.reset()

    server = Recorder(react)

    async def body() -> None:
        made, stream = streamed(world, *[CHUNK] * 100)
        sender = world.sender(server)
        upload = {"content": CHUNK * 100} if in_memory else {"stream": stream}
        response = await sender.send("POST", **upload)
        assert response.status_code == 413
        assert await sender.read(response) == b"large"
        assert sender.pool.open == 0
        if not in_memory:
            assert made.was_closed
            assert made.given < 5

    world.run(body)

    assert len(server.heard[0]) < 300_000


class Echo:
    """Answers with what it hears, while it hears it."""

    def __init__(self, size: int, framing: bytes) -> None:
        self.size = size
        self.framing = framing
        self.said: int | None = None

    def __call__(self, end: Any, heard: bytes) -> None:
        body = bytes(heard).partition(b"\r\n\r\n")[2]
        if self.said is None:
            self.said = 0
            end.send(b"HTTP/1.1 200 OK\r\n%b\r\n" % self.framing)
        is_chunked = b"chunked" in self.framing
        new = body[self.said :]
        if new:
            self.said += len(new)
            end.send(b"%x\r\n%b\r\n" % (len(new), new) if is_chunked else new)
        if self.said == self.size:
            if is_chunked:
                end.send(b"0\r\n\r\n")
            if not self.framing:
                end.close()


@pytest.mark.parametrize("framing", [b"Content-Length: %d\r\n", b"Transfer-Encoding: chunked\r\n", b""])
def test_a_success_that_begins_during_the_upload_does_not_end_it(world: Any, framing: bytes) -> None:
    content = CHUNK * 20

    async def body() -> None:
        echo = Echo(len(content), framing % len(content) if b"%" in framing else framing)
        sender = world.sender(Recorder(echo))
        response = await sender.send("POST", content=content)
        assert await sender.read(response) == content
        assert sender.pool.active == 0

    world.run(body)


def test_of_a_success_that_begins_during_the_upload_a_bounded_part_is_kept(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("understudy.client.network.http1.exchange._MOST_AHEAD", len(CHUNK))
    content = CHUNK * 20

    async def body() -> None:
        sender = world.sender(Recorder(Echo(len(content), b"Content-Length: %d\r\n" % len(content))))
        response = await sender.send("POST", content=content)
        assert await sender.read(response) == content

    world.run(body)


@pytest.mark.parametrize("then", ["pause", "reset"])
def test_a_server_that_waits_for_its_answer_to_be_read_is_told_of(
    world: Any, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    monkeypatch.setattr("understudy.client.network.http1.exchange._MOST_AHEAD", len(CHUNK))

    def react(end: Any, heard: bytes) -> None:
        end.send(b"HTTP/1.1 200 OK\r\n\r\n" + CHUNK * 5)
        getattr(end, then)()

    async def body() -> None:
        sender = world.sender(Recorder(react))
        if then == "pause":
            with pytest.raises(WriteTimeout) as caught:
                await sender.send("POST", content=CHUNK * 20)
            kept = r"sent \d+ bytes of its response, .* takes nothing more for 1 s: it may wait until they are read"
            assert re.search(kept, str(caught.value))
            assert str(caught.value).endswith("send less at once")
        else:
            response = await sender.send("POST", content=CHUNK * 20)
            with pytest.raises(ReadError):
                await sender.read(response)

    world.run(body)


def test_a_success_in_the_place_of_100_continue_is_one_without_the_body(world: Any) -> None:
    def react(end: Any, heard: bytes) -> None:
        if heard.endswith(b"\r\n\r\n"):
            end.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nknown\r\n")
            end.send(b"0\r\n\r\n")

    server = Recorder(react)

    async def body() -> None:
        sender = world.sender(server)
        response = await sender.send("POST", content=CHUNK * 20, headers={"Expect": "100-continue"})
        assert await sender.read(response) == b"known"
        assert sender.pool.open == 0

    world.run(body)

    assert CHUNK[:100] not in bytes(server.heard[0])


def test_interim_answers_during_an_upload_do_not_end_it(world: Any) -> None:
    def react(end: Any, heard: bytes) -> None:
        if heard.endswith(b"0\r\n\r\n"):
            end.send(OK)
        else:
            end.send(b"HTTP/1.1 102 Processing\r\n\r\n")

    async def body() -> None:
        _, stream = streamed(world, b"a", b"b", b"c")
        sender = world.sender(Recorder(react))
        assert await sender.read(await sender.send("POST", stream=stream)) == b"ok"
        assert sender.pool.idle == 1

    world.run(body)


def test_a_server_that_closes_during_an_upload_without_a_word_is_an_error(world: Any) -> None:
    def react(end: Any, heard: bytes) -> None:
        end.close()

    async def body() -> None:
        made, stream = streamed(world, CHUNK, CHUNK)
        sender = world.sender(Recorder(react))
        with pytest.raises(RemoteProtocolError, match="while the request was being sent"):
            await sender.send("POST", stream=stream)
        assert made.was_closed
        assert sender.pool.open == 0

    world.run(body)


def test_a_reset_during_an_upload_is_a_write_error(world: Any) -> None:
    def react(end: Any, heard: bytes) -> None:
        if len(heard) > 100_000:
            end.reset()

    async def body() -> None:
        _, stream = streamed(world, *[CHUNK] * 10)
        sender = world.sender(Recorder(react))
        with pytest.raises((WriteError, RemoteProtocolError)) as caught:
            await sender.send("POST", stream=stream)
        assert caught.value.request_sent

    world.run(body)


def test_a_server_that_takes_nothing_is_a_write_timeout(world: Any) -> None:
    def react(end: Any, heard: bytes) -> None:
        end.pause()

    async def body() -> None:
        _, stream = streamed(world, CHUNK, CHUNK)
        sender = world.sender(Recorder(react))
        with pytest.raises(WriteTimeout, match="takes nothing for 1 s"):
            await sender.send("POST", stream=stream)

    world.run(body)


def test_an_expectation_that_is_met_releases_the_body(world: Any) -> None:
    def react(end: Any, heard: bytes) -> None:
        if heard.endswith(b"\r\n\r\n"):
            end.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if heard.endswith(b"payload"):
            end.send(OK)

    async def body() -> None:
        sender = world.sender(Recorder(react))
        response = await sender.send("POST", content=b"payload", headers={"Expect": "100-continue"})
        assert await sender.read(response) == b"ok"
        assert sender.pool.idle == 1
        assert world.clock.now == 0

    world.run(body)


def test_an_expectation_that_is_refused_keeps_the_body(world: Any) -> None:
    server = answering(said=b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    async def body() -> None:
        sender = world.sender(server)
        response = await sender.send("POST", content=b"payload", headers={"Expect": "100-continue"})
        assert response.status_code == 401
        assert sender.pool.open == 0, "the server may still wait for the body"

    world.run(body)

    assert not server.heard[0].endswith(b"payload")


def test_an_expectation_that_is_ignored_holds_the_body_for_a_second(world: Any) -> None:
    server = answering(b"payload")

    async def body() -> None:
        sender = world.sender(server)
        response = await sender.send("POST", content=b"payload", headers={"Expect": "100-continue"})
        assert await sender.read(response) == b"ok"

    world.run(body)

    assert world.clock.now == 1.0


def test_trailers_are_there_once_the_body_is_read(world: Any) -> None:
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nDigest: abc\r\n\r\n"

    async def body() -> None:
        sender = world.sender(answering(said=said))
        response = await sender.send()
        assert await sender.read(response) == b"ok"
        assert response.extensions["trailers"] == [(b"Digest", b"abc")]

    world.run(body)


def test_the_connection_is_free_before_the_body_is_looked_at(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(answering())
        response = await sender.send()
        assert (sender.pool.active, sender.pool.idle) == (0, 1)
        assert await sender.read(response) == b"ok"

    world.run(body)


def test_a_response_that_is_closed_early_closes_its_connection(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(answering(said=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok"))
        response = await sender.send()
        assert sender.pool.active == 1
        await sender.close_response(response)
        assert sender.pool.open == 0
        assert sender.network.connections[0].is_closed

    world.run(body)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"Connection": "close"}, OK),
        ({}, OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")),
        ({}, OK.replace(b"\r\n\r\n", b"\r\nConnection: x, Close\r\n\r\n")),
        ({}, OK.replace(b"HTTP/1.1", b"HTTP/1.0")),
    ],
    ids=["asked", "said", "said in a list", "HTTP/1.0"],
)
def test_a_connection_that_one_side_ends_is_not_kept(world: Any, asked: dict[str, str], said: bytes) -> None:
    async def body() -> None:
        sender = world.sender(answering(said=said))
        assert await sender.get(headers=asked) == b"ok"
        assert sender.pool.open == 0

    world.run(body)


def test_http_1_0_may_keep_the_connection(world: Any) -> None:
    said = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"

    async def body() -> None:
        sender = world.sender(answering(said=said))
        assert await sender.get() == b"ok"
        assert sender.pool.idle == 1

    world.run(body)


def test_a_body_without_length_ends_with_the_connection(world: Any) -> None:
    def react(end: Any, heard: bytes) -> None:
        end.send(b"HTTP/1.1 200 OK\r\n\r\nuntil")
        end.send(b" the end")
        end.close()

    async def body() -> None:
        sender = world.sender(Recorder(react))
        assert await sender.get() == b"until the end"
        assert sender.pool.open == 0

    world.run(body)


def test_an_upgrade_hands_the_stream_over(world: Any) -> None:
    def react(end: Any, heard: bytes) -> None:
        if heard.endswith(b"\r\n\r\n"):
            end.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nfirst")
        else:
            end.send(heard[-4:])

    async def body() -> None:
        sender = world.sender(Recorder(react))
        response = await sender.send(headers={"Connection": "upgrade", "Upgrade": "echo"})
        assert response.status_code == 101
        stream = response.extensions["network_stream"]
        if world.name == "blocking":
            assert stream.read(3) == b"fir"
            assert stream.read(100) == b"st"
            stream.write(b"ping")
            assert stream.read(100, timeout=1.0) == b"ping"
        else:
            assert await stream.read(3) == b"fir"
            assert await stream.read(100) == b"st"
            await stream.write(b"ping")
            assert await stream.read(100, timeout=1.0) == b"ping"
        assert not stream.get_extra_info("is_readable")
        assert sender.pool.active == 1
        await sender.close_response(response)
        assert sender.pool.open == 0

    world.run(body)


def test_connect_asks_for_a_tunnel_and_hands_the_stream_over(world: Any) -> None:
    server = answering(said=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")

    async def body() -> None:
        sender = world.sender(server)
        response = await sender.send("CONNECT", "http://proxy.test", extensions={"target": b"origin.test:443"})
        assert await sender.read(response) == b""
        assert sender.pool.open == 0

    world.run(body)

    assert server.heard[0].startswith(b"CONNECT origin.test:443 HTTP/1.1\r\nHost: proxy.test\r\n")


def test_the_deadline_bounds_every_wait(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        sender = world.sender(Recorder(lambda end, heard: None))
        monkeypatch.setattr("understudy.client.network.waits.time", world.clock)
        with pytest.raises(DeadlineExceeded):
            await sender.send(extensions={"deadline": 0.5})
        assert sender.pool.open == 0
        with pytest.raises(DeadlineExceeded):
            await sender.send(extensions={"deadline": 0.5})

    world.run(body)


def test_after_the_deadline_nothing_is_sent(world: Any) -> None:
    server = answering()

    async def body() -> None:
        sender = world.sender(server)
        await sender.get()
        with pytest.raises(DeadlineExceeded):
            await sender.send(extensions={"deadline": time.monotonic()})

    world.run(body)

    assert [bytes(heard).count(b"GET") for heard in server.heard] == [1]


def test_a_body_that_stalls_is_a_read_timeout(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(answering(said=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nok"))
        response = await sender.send()
        with pytest.raises(ReadTimeout, match=r"answered 200 OK, but .* after 2 of 100 bytes: ") as caught:
            await sender.read(response)
        assert caught.value.request.method == "GET"
        assert sender.pool.open == 0

    world.run(body)


@pytest.mark.parametrize("said", ["http11", "connection"])
def test_the_trace_tells_every_step(world: Any, said: str) -> None:
    events: list[str] = []

    def note(name: str, info: dict[str, Any]) -> None:
        events.append(name)

    async def async_note(name: str, info: dict[str, Any]) -> None:
        events.append(name)

    async def body() -> None:
        sender = world.sender(answering(said=OK.replace(b": 2", b": 4") + b""))
        response = await sender.send(extensions={"trace": note if world.name == "blocking" else async_note})
        with pytest.raises(ReadTimeout):
            await sender.read(response)

    world.run(body)

    expected = {
        "connection": ["connection.connect_tcp.started", "connection.connect_tcp.complete"],
        "http11": [
            "http11.send_request_headers.started",
            "http11.send_request_headers.complete",
            "http11.send_request_body.started",
            "http11.send_request_body.complete",
            "http11.receive_response_headers.started",
            "http11.receive_response_headers.complete",
            "http11.receive_response_body.started",
            "http11.receive_response_body.failed",
            "http11.response_closed.started",
            "http11.response_closed.complete",
        ],
    }
    assert [event for event in events if event.startswith(said)] == expected[said]


@pytest.mark.parametrize("proxy", [None, "https://proxy.test"])
def test_a_trace_that_breaks_off_leaves_nothing_open(world: Any, proxy: str | None) -> None:
    class Struck(Exception):
        pass

    def struck_at(step: int, events: list[str]) -> Any:
        def note(name: str, info: dict[str, Any]) -> None:
            events.append(name)
            if len(events) == step:
                raise Struck

        async def async_note(name: str, info: dict[str, Any]) -> None:
            note(name, info)

        return note if world.name == "blocking" else async_note

    async def body() -> None:
        step = 0
        events: list[str] = []
        while len(events) >= step:
            step += 1
            events.clear()
            kind = MemoryNetwork if world.name == "blocking" else AsyncMemoryNetwork
            sender = world.sender(answering(), proxy=proxy)
            sender.transport._network = network = kind(answering(), alpn="http/1.1")
            try:
                response = await sender.send(extensions={"trace": struck_at(step, events)})
                await sender.read(response)
            except Struck:
                pass
            assert sender.pool.active == 0, events[-1]
            await sender.close()
            assert all(connection.is_closed for connection in network.connections), events[-1]
        assert step > 12

    world.run(body)
