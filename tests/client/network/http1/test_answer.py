"""A head that comes again is read once, and nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.client.errors import IncompleteBody
from understudy.client.network.http1.plain_codec import PLAIN, PlainCodec

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\n"


class Server:
    """Says one thing after another, one for each request."""

    def __init__(self, *said: bytes) -> None:
        self.said = list(said)

    def __call__(self, end: Any) -> Any:
        server = self

        class Peer:
            def received(self, data: bytes) -> None:
                if data.endswith(b"\r\n\r\n"):
                    end.send(server.said.pop(0))

        return Peer()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The heads that the parser has been given."""
    seen: list[bytes] = []
    parse = PlainCodec.parse_head

    def counting(self: PlainCodec, raw: bytes, like: Any = None) -> Any:
        seen.append(raw)
        return parse(self, raw, like)

    monkeypatch.setattr(PlainCodec, "parse_head", counting)
    return seen


def test_the_same_head_is_read_once(world: Any, read: list[bytes]) -> None:
    async def body() -> list[bytes]:
        sender = world.sender(Server(OK + b"ok", OK + b"no", OK + b"ok"))
        return [await sender.get() for _ in range(3)]

    assert world.run(body) == [b"ok", b"no", b"ok"]
    assert read == [OK]


def test_responses_with_the_same_head_have_header_fields_of_their_own(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(*[OK + b"ok"] * 3))
        first, second = await sender.send(), await sender.send()
        first.headers["X-A"] = "changed"
        del second.headers["X-A"]
        third = await sender.send()

        assert first.headers["x-a"] == "changed"
        assert "x-a" not in second.headers
        assert third.headers.raw == [(b"Content-Length", b"2"), (b"X-A", b"b")]
        assert third.reason_phrase == "OK"

    world.run(body)


def test_the_same_head_means_something_else_for_another_method(world: Any) -> None:
    async def body() -> None:
        sender = world.sender(Server(OK + b"ok", OK, OK + b"ok"))

        assert await sender.get() == b"ok"
        assert await sender.read(await sender.send("HEAD")) == b""
        assert await sender.get() == b"ok"

    world.run(body)


def test_a_body_after_the_same_head_may_come_late_or_never(world: Any) -> None:
    class Slow:
        def __call__(self, end: Any) -> Any:
            class Peer:
                heard = 0

                def received(self, data: bytes) -> None:
                    self.heard += 1
                    end.send(OK + b"ok" if self.heard == 1 else OK + b"o")
                    if self.heard == 2:
                        end.send(b"k")
                    if self.heard == 3:
                        end.close()

            return Peer()

    async def body() -> None:
        sender = world.sender(Slow())
        assert [await sender.get() for _ in range(2)] == [b"ok", b"ok"]
        with pytest.raises(IncompleteBody):
            await sender.get()

    world.run(body)


def test_a_head_in_pieces_is_known_to_the_next_one(world: Any, read: list[bytes]) -> None:
    class Slicing(Server):
        def __call__(self, end: Any) -> Any:
            class Peer:
                heard = 0

                def received(self, data: bytes) -> None:
                    self.heard += 1
                    if self.heard == 1:
                        end.send(OK[:20])
                        end.send(OK[20:] + b"ok")
                    else:
                        end.send(OK + b"ok")

            return Peer()

    async def body() -> list[bytes]:
        sender = world.sender(Slicing())
        return [await sender.get() for _ in range(2)]

    assert world.run(body) == [b"ok", b"ok"]
    assert read == [OK]


def test_a_long_head_is_not_kept(world: Any, read: list[bytes]) -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: " + b"b" * 9000 + b"\r\n\r\n"

    async def body() -> None:
        sender = world.sender(Server(long + b"ok", long + b"ok"))
        assert [await sender.get() for _ in range(2)] == [b"ok", b"ok"]

    world.run(body)

    assert read == [long, long]


BEFORE = b"HTTP/1.1 200 OK\r\nDate: 1\r\nContent-Length: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nETag: x\r\n\r\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Date: 1", b"Date: 2"),
        (b"Date: 1", b"Date:\t2 "),
        (b"Date: 1", b"Date:"),
        (b"Content-Length: 2", b"Content-Length: 22"),
        (b"ETag: x", b"Etag: x"),
        (b"ETag: x", b"ETags: x"),
        (b"ETag: x", b"ETag: " + b"x" * 5000),
        (b"Set-Cookie: b", b"Set-Cookie: c"),
        (b"ETag: x", b"Date: x"),
        (b"ETag: x", b" folded"),
        (b"200 OK", b"404 Not Found"),
        (b"ETag: x\r\n", b""),
        (b"ETag: x", b"ETag: x\r\nAge: 1"),
        (b"ETag: x", b"ETag: x:y\xff"),
    ],
)
def test_a_head_is_read_the_same_beside_one_that_is_like_it(old: bytes, new: bytes) -> None:
    raw = BEFORE.replace(old, new)

    assert PLAIN.parse_head(raw, PLAIN.parse_head(BEFORE)) == PLAIN.parse_head(raw)


@pytest.mark.parametrize("wrong", [b"Date: 1\r2", b"Date: 1\n2", b"Date: \x002", b"Date 1", b"D\xe4te: 1", b": 1"])
def test_what_is_refused_is_refused_beside_one_that_is_like_it(wrong: bytes) -> None:
    from understudy.client.errors import RemoteProtocolError

    with pytest.raises(RemoteProtocolError):
        PLAIN.parse_head(BEFORE.replace(b"Date: 1", wrong), PLAIN.parse_head(BEFORE))


def test_reading_a_head_changes_nothing_of_the_one_that_it_is_like() -> None:
    before = PLAIN.parse_head(BEFORE)

    PLAIN.parse_head(BEFORE.replace(b"Date: 1", b"Date: 2"), before)

    assert before == PLAIN.parse_head(BEFORE)
