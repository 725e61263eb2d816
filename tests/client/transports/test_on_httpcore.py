"""Transports that stand on httpcore, or on what looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy.client.transports.on_httpcore import AsyncResponseStream, ResponseStream, map_httpcore_exceptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def core_error(name: str, *bases: type[Exception], module: str = "httpcore._exceptions") -> Any:
    return type(name, bases or (Exception,), {"__module__": module})


class Stream:
    """A body that may fail after its first piece."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.was_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b"part"
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part

    def close(self) -> None:
        self.was_closed = True

    async def aclose(self) -> None:
        self.was_closed = True


@pytest.mark.parametrize("module", ["httpcore", "httpcore._exceptions", "httpcore2._exceptions"])
@pytest.mark.parametrize("name", ["ConnectError", "ReadTimeout", "PoolTimeout", "ProxyError", "RemoteProtocolError"])
def test_an_error_of_httpcore_becomes_that_of_the_same_name(name: str, module: str) -> None:
    error = core_error(name, module=module)("why")

    with pytest.raises(getattr(understudy, name), match="why") as caught, map_httpcore_exceptions():
        raise error

    assert caught.value.__cause__ is error


def test_an_error_that_only_httpcore_knows_becomes_that_of_its_ancestor() -> None:
    new = core_error("BrandNewError", core_error("ReadError"))

    with pytest.raises(understudy.ReadError), map_httpcore_exceptions():
        raise new("why")


@pytest.mark.parametrize("error", [OSError("disk"), core_error("ConnectionNotAvailable")("busy"), ValueError("no")])
def test_other_errors_pass(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, map_httpcore_exceptions():
        raise error

    assert caught.value is error


def test_a_body_is_read_and_closed() -> None:
    class Transport(understudy.BaseTransport):
        def handle_request(self, request: understudy.Request) -> understudy.Response:
            return understudy.Response(200, stream=ResponseStream(stream))

    stream = Stream()
    with understudy.Client(transport=Transport()) as client:
        assert client.get("https://api.test/").content == b"part"
        assert stream.was_closed
        stream = Stream(core_error("ReadTimeout")("slow"))
        with pytest.raises(understudy.ReadTimeout) as caught:
            client.get("https://api.test/slow")

    assert caught.value.request.url.path == "/slow"


@pytest.mark.anyio
async def test_a_body_is_read_and_closed_by_asynchronous_code() -> None:
    class Transport(understudy.AsyncBaseTransport):
        async def handle_async_request(self, request: understudy.Request) -> understudy.Response:
            return understudy.Response(200, stream=AsyncResponseStream(stream))

    stream = Stream()
    async with understudy.AsyncClient(transport=Transport()) as client:
        assert (await client.get("https://api.test/")).content == b"part"
        assert stream.was_closed
        stream = Stream(core_error("ReadTimeout")("slow"))
        with pytest.raises(understudy.ReadTimeout) as caught:
            await client.get("https://api.test/slow")

    assert caught.value.request.url.path == "/slow"


@pytest.mark.anyio
async def test_a_body_that_has_nothing_to_close_is_left() -> None:
    ResponseStream([b"part"]).close()
    await AsyncResponseStream(understudy.ByteStream(b"part")).aclose()

    class Bare:
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"part"

    await AsyncResponseStream(Bare()).aclose()
