from __future__ import annotations

import pytest

from understudy import AsyncBaseTransport, BaseTransport, Client, Request, Response

REQUEST = Request("GET", "https://api.test/")


def test_a_transport_that_defines_nothing_says_what_is_missing() -> None:
    class Empty(BaseTransport):
        """Defines nothing."""

    with pytest.raises(NotImplementedError, match=r"Empty .* has no `handle_request`"):
        Empty().handle_request(REQUEST)


@pytest.mark.anyio
async def test_nor_does_an_asynchronous_one(anyio_backend: str) -> None:
    class Empty(AsyncBaseTransport):
        """Defines nothing."""

    with pytest.raises(NotImplementedError, match=r"Empty .* has no `handle_async_request`"):
        await Empty().handle_async_request(REQUEST)


class Noting(BaseTransport):
    """Wraps another transport, as transports do."""

    def __init__(self) -> None:
        self.closed = 0

    def handle_request(self, request: Request) -> Response:
        return Response(200, text="wrapped")

    def close(self) -> None:
        self.closed += 1


def test_leaving_a_transport_closes_it() -> None:
    with Noting() as transport:
        assert Client(transport=transport).get("https://api.test/").text == "wrapped"

    assert transport.closed == 1


@pytest.mark.anyio
async def test_leaving_an_asynchronous_one_closes_it(anyio_backend: str) -> None:
    class Asynchronous(AsyncBaseTransport):
        closed = 0

        async def aclose(self) -> None:
            self.closed += 1

    async with Asynchronous() as transport:
        assert transport.closed == 0

    assert transport.closed == 1


@pytest.mark.anyio
async def test_there_is_nothing_that_must_be_closed(anyio_backend: str) -> None:
    BaseTransport().close()
    await AsyncBaseTransport().aclose()
