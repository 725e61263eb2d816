"""A request that cannot even be written: the server may have said why, unless what it said is older."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.client.errors import ReadError, WriteError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"


class BrokenStream:
    """Breaks at its `breaks_at`-th write; reading gives what is there."""

    def __init__(self, breaks_at: int, answers: list[bytes]) -> None:
        self.breaks_at = breaks_at
        self.answers = answers
        self.written: list[bytes] = []
        self.is_closed = False

    async def read(self, max_bytes: int, timeout: float | None) -> bytes:
        return self.answers.pop(0) if self.answers else b""

    async def write(self, data: bytes, timeout: float | None) -> None:
        if len(self.written) + 1 == self.breaks_at:
            raise BrokenPipeError("accident")
        self.written.append(data)

    async def write_until_readable(self, data: memoryview, timeout: float | None) -> int:
        await self.write(bytes(data), timeout)
        return len(data)

    def close(self) -> None:
        self.is_closed = True

    def is_readable(self) -> bool:
        return self.is_closed

    def get_extra_info(self, name: str) -> Any:
        return None


def _nobody(end: Any) -> None:
    raise AssertionError("nothing is to be connected to")


def sender_over(world: Any, *streams: BrokenStream) -> Any:
    left = list(streams)
    sender = world.sender(_nobody)

    async def connect(*arguments: Any, **options: Any) -> BrokenStream:
        return left.pop(0)

    sender.network.connect_tcp = connect
    return sender


@pytest.mark.parametrize("content", [None, b"small", b"x" * 100_000], ids=["none", "small", "large"])
def test_what_a_server_said_before_it_broke_a_new_connection_is_the_answer(world: Any, content: bytes | None) -> None:
    stream = BrokenStream(1, [BUSY])

    async def body() -> None:
        sender = sender_over(world, stream)
        response = await sender.send("POST", content=content)
        assert (response.status_code, await sender.read(response)) == (503, b"busy")
        assert sender.pool.open == 0

    world.run(body)

    assert stream.is_closed


def test_last_words_are_waited_for_no_longer_than_any_answer(world: Any) -> None:
    waited: list[float | None] = []

    class Silent(BrokenStream):
        async def read(self, max_bytes: int, timeout: float | None) -> bytes:
            waited.append(timeout)
            raise TimeoutError

    async def body() -> None:
        for read in (0.3, 5.0, None):
            sender = sender_over(world, Silent(1, []))
            with pytest.raises(WriteError, match="accident"):
                await sender.get(extensions={"timeout": {"read": read}})

    world.run(body)

    assert waited == [0.3, 1.0, 1.0]


def test_where_it_said_nothing_the_failure_is_that_of_writing(world: Any) -> None:
    async def body() -> None:
        sender = sender_over(world, BrokenStream(1, []))
        with pytest.raises(WriteError, match="accident"):
            await sender.get()

    world.run(body)


def test_what_was_said_on_a_kept_connection_is_older_than_the_request(world: Any) -> None:
    kept, fresh = BrokenStream(2, [OK, BUSY]), BrokenStream(0, [OK])

    async def body() -> None:
        sender = sender_over(world, kept, fresh)
        assert await sender.get() == b"ok"
        assert await sender.get() == b"ok"

    world.run(body)

    assert kept.answers == [BUSY]
    assert kept.is_closed
    assert len(fresh.written) == 1


def test_a_trace_hears_last_words_too(world: Any) -> None:
    told: list[str] = []

    async def body() -> None:
        async def note(name: str) -> None:
            told.append(name)

        def trace(name: str, info: dict[str, Any]) -> Any:
            if world.name == "blocking":
                told.append(name)
                return None
            return note(name)

        sender = sender_over(world, BrokenStream(1, [BUSY]))
        response = await sender.send(extensions={"trace": trace})
        assert response.status_code == 503
        with pytest.raises((WriteError, ReadError)):
            await sender_over(world, BrokenStream(1, [])).send(extensions={"trace": trace})

    world.run(body)

    assert "http11.receive_response_headers.complete" in told
