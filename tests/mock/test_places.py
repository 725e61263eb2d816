"""Where something was written."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import pytest

import understudy
from understudy.mock import Place, Router, UnmatchedRequest
from understudy.mock.places import NOWHERE, here, shortened


def test_here_is_the_line_of_the_caller() -> None:
    place = here()

    assert place.path == __file__
    assert place.function == "test_here_is_the_line_of_the_caller"
    assert str(place) == f"{os.path.relpath(__file__)}:{place.line}"


def test_a_place_is_what_it_says() -> None:
    place = Place("shop.yaml", 7)

    assert str(place) == "shop.yaml:7"
    assert repr(place) == "Place('shop.yaml:7')"
    assert place.function == ""
    assert place == Place("shop.yaml", 7)
    assert place != Place("shop.yaml", 8)
    assert len({place, Place("shop.yaml", 7)}) == 1
    assert str(NOWHERE) == "<unknown>"


def test_a_path_far_away_stays_as_it_is() -> None:
    assert shortened("/") == "/"
    assert shortened(os.path.join(os.getcwd(), "a.py")) == "a.py"


URL = "https://api.test/"


def test_a_request_that_is_a_task_or_thread_by_itself_names_no_line_of_the_event_loop() -> None:
    router = Router(unmatched=200)

    async def main() -> None:
        async with understudy.AsyncClient(transport=router) as client:
            await asyncio.gather(client.get(URL))
            await asyncio.to_thread(understudy.Client(transport=router).get, URL)

    asyncio.run(main())
    thread = threading.Thread(target=understudy.Client(transport=router).get, args=(URL,))
    thread.start()
    thread.join()

    assert {str(call.place) for call in router.calls} == {"a task or thread of its own"}
    assert len(router.calls) == 3


def test_a_miss_in_a_task_of_its_own_says_so() -> None:
    async def main() -> None:
        async with understudy.AsyncClient(transport=Router()) as client:
            await asyncio.gather(client.get(URL))

    with pytest.raises(UnmatchedRequest, match=r"\n  called in a task or thread of its own\n"):
        asyncio.run(main())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="asyncio makes a task of what it waits for")
def test_what_waits_with_a_timeout_names_its_own_line() -> None:
    router = Router(unmatched=200)

    async def main() -> None:
        async with understudy.AsyncClient(transport=router) as client:
            await asyncio.wait_for(client.get(URL), 10)

    asyncio.run(main())

    assert router.calls.last.place.path == __file__


class Cache(understudy.AsyncBaseTransport, understudy.BaseTransport):
    def __init__(self) -> None:
        self.network = understudy.HTTPTransport()
        self.async_network = understudy.AsyncHTTPTransport()

    def handle_request(self, request: understudy.Request) -> understudy.Response:
        return self.network.handle_request(request)

    async def handle_async_request(self, request: understudy.Request) -> understudy.Response:
        return await self.async_network.handle_async_request(request)


def test_a_request_that_another_transport_has_handed_on_was_called_where_the_client_was() -> None:
    async def later() -> None:
        async with understudy.AsyncClient(transport=Cache()) as client:
            await client.get(URL)

    async def main() -> None:
        await later()
        async with understudy.AsyncClient(transport=Cache()) as client:
            await asyncio.gather(client.get(URL))

    with Router(unmatched=200) as router:
        understudy.Client(transport=Cache()).get(URL)
        asyncio.run(main())
        transport = Cache()
        understudy.Client(transport=transport).get(URL)
        transport.handle_request(understudy.Request("GET", URL))

    name = "test_a_request_that_another_transport_has_handed_on_was_called_where_the_client_was"
    assert [call.place.function for call in router.calls] == [name, "later", "", name, "handle_request"]
