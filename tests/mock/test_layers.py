"""Routers one inside the other, in front of transports, and in time."""

# Lambdas stand for what users write, and their parameters have no types.
# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# ruff: noqa: PT012, SIM117  # what raises is the end of a scene, and the scene is part of it

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from typing import Any

import pytest

import understudy
from understudy import AsyncClient, Client, MockTransport, Response, Timeout, mock, stand_in

URL = "https://api.test/"


def network(text: str = "network") -> MockTransport:
    return MockTransport(lambda request: Response(200, text=text))


def test_an_inner_router_overrides_an_outer_one_and_rolls_back() -> None:
    with mock.Router() as outer:
        outer.get(URL, reply="outer")
        outer.get(f"{URL}other", reply="other")
        with mock.Router() as inner:
            inner.get(URL, reply="inner")

            assert Client().get(URL).text == "inner"
            assert Client().get(f"{URL}other").text == "other"

        assert Client().get(URL).text == "outer"


def test_a_request_that_no_layer_answers_is_reported_once_with_the_routes_of_all() -> None:
    with mock.Router() as outer:
        outer.get(f"{URL}outer").optional()
        with pytest.raises(mock.ExpectationsNotMet, match="no route answers") as caught, mock.Router() as inner:
            inner.get(f"{URL}inner").optional()
            with pytest.raises(mock.UnmatchedRequest):
                Client().get(f"{URL}oute")

    assert "closest of 2 routes: GET https://api.test/outer" in str(caught.value)


def test_unmatched_requests_go_to_the_fallback_where_there_is_one() -> None:
    router = mock.Router(fallback=network())
    router.get(f"{URL}mocked", reply="mocked")
    client = Client(transport=router)

    assert [client.get(f"{URL}{path}").text for path in ("mocked", "real")] == ["mocked", "network"]


def test_a_fallback_is_only_for_routes_that_pass_through_when_unmatched_is_an_error() -> None:
    router = mock.Router(fallback=network(), unmatched="error")
    router.get(f"{URL}live").pass_through()
    client = Client(transport=router)

    assert client.get(f"{URL}live").text == "network"
    with pytest.raises(mock.UnmatchedRequest):
        client.get(URL)


def test_unmatched_requests_may_pass_or_get_a_reply_or_a_function() -> None:
    with mock.Router(unmatched="pass"):
        assert Client(transport=network()).get(URL).text == "network"
    with mock.Router(unmatched=404):
        assert Client().get(URL).status_code == 404
    with mock.Router(unmatched=lambda request: (200, request.url.path)):
        assert Client().get(f"{URL}x").text == "/x"
    with mock.Router(unmatched=lambda request: mock.NEXT) as router, router.expect_unmatched():
        with pytest.raises(mock.UnmatchedRequest):
            Client().get(URL)


def test_a_route_passes_through_and_patches_the_real_answer() -> None:
    with mock.Router() as router:
        router.get(f"{URL}live").pass_through()
        router.get(f"{URL}patched").pass_through(patch=lambda response: {"was": response.text})
        router.get(f"{URL}seen").pass_through(patch=lambda response: None)
        client = Client(transport=network())

        assert client.get(f"{URL}live").text == "network"
        assert client.get(f"{URL}patched").json() == {"was": "network"}
        assert client.get(f"{URL}seen").text == "network"


@pytest.mark.anyio
async def test_a_route_passes_through_for_asynchronous_clients() -> None:
    with mock.Router() as router:
        router.get(URL).pass_through(patch=lambda response: (200, response.text + "!"))
        async with AsyncClient(transport=network()) as client:
            assert (await client.get(URL)).text == "network!"


def test_passing_through_an_explicit_transport_without_fallback_says_what_to_do() -> None:
    router = mock.Router()
    router.get(URL).pass_through()

    with pytest.raises(mock.RouteError, match="give it something, `Router\\(fallback=HTTPTransport"):
        Client(transport=router).get(URL)


def test_what_an_inner_router_does_not_answer_goes_to_another_stand_in_behind_it() -> None:
    with stand_in(network("cassette")), mock.Router() as router:
        router.get(URL, reply="mocked")

        assert Client().get(URL).text == "mocked"
        assert Client().get(f"{URL}other").text == "cassette"


def test_two_threads_with_different_routers_do_not_mix() -> None:
    found: dict[str, set[str]] = {}
    barrier = threading.Barrier(2)

    def work(name: str) -> None:
        with mock.Router() as router:
            router.get(URL, reply=name)
            barrier.wait()
            found[name] = {Client().get(URL).text for _ in range(50)}
            barrier.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {"one": {"one"}, "two": {"two"}}


def test_threads_that_enter_one_router_each_leave_it_for_themselves() -> None:
    router = mock.Router()
    router.get(URL, reply="mocked").optional()
    found: list[str] = []
    is_entered, is_left = threading.Event(), threading.Event()

    def stay() -> None:
        with router:
            is_entered.set()
            is_left.wait()
            found.append(Client(transport=network("network")).get(URL).text)

    thread = threading.Thread(target=contextvars.Context().run, args=(stay,))
    with router:
        thread.start()
        is_entered.wait()
    is_left.set()
    thread.join()

    assert found == ["mocked"]
    assert router._entered == []


@pytest.mark.anyio
async def test_two_tasks_with_different_routers_do_not_mix() -> None:
    import anyio

    found: dict[str, set[str]] = {}

    async def work(name: str) -> None:
        with mock.Router() as router:
            router.get(URL).respond(text=name, delay=1)
            async with AsyncClient() as client:
                found[name] = {(await client.get(URL)).text for _ in range(20)}

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, "one")
        tasks.start_soon(work, "two")

    assert found == {"one": {"one"}, "two": {"two"}}


def test_a_foreign_thread_uses_the_only_router_and_refuses_to_guess_between_two() -> None:
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(Client().get(URL).text)
        except understudy.StandInError as error:
            answers.append(error)

    def in_thread() -> None:
        thread = threading.Thread(target=contextvars.Context().run, args=(ask,))
        thread.start()
        thread.join()

    with mock.Router() as one:
        one.get(URL, reply="one")
        in_thread()

        def second() -> None:
            with mock.Router() as two:
                two.get(URL, reply="two").optional()
                in_thread()

        contextvars.Context().run(second)

    assert answers[0] == "one"
    assert isinstance(answers[1], understudy.StandInError)


def test_a_delay_takes_no_time_and_honors_the_clients_timeout() -> None:
    with mock.Router() as router:
        router.get(f"{URL}slow").respond(text="late", delay=30)
        started = time.perf_counter()

        with pytest.raises(understudy.ReadTimeout, match="within 5 seconds: this route answers after 30 s") as caught:
            Client(timeout=5).get(f"{URL}slow")
        assert Client(timeout=60).get(f"{URL}slow").text == "late"

        assert time.perf_counter() - started < 4
        assert caught.value.request.url.path == "/slow"
        assert router.clock.slept == [5.0, 30]
        assert router.calls.last.elapsed == pytest.approx(30, abs=0.5)


@pytest.mark.anyio
async def test_a_delay_honors_the_timeout_of_asynchronous_clients() -> None:
    with mock.Router() as router:
        router.get(URL).respond(delay=30)
        async with AsyncClient(timeout=5) as client:
            with pytest.raises(understudy.ReadTimeout):
                await client.get(URL)

    assert isinstance(router.calls.last.error, understudy.ReadTimeout)


@pytest.mark.parametrize("ticks", [True, False])
def test_a_total_timeout_bounds_a_delay_however_far_the_clock_is_ahead(
    monkeypatch: pytest.MonkeyPatch, ticks: bool
) -> None:
    now = time.monotonic()
    if not ticks:  # as for 15 ms at a time on Windows
        monkeypatch.setattr(time, "monotonic", lambda: now)
    router = mock.Router()
    router.get(f"{URL}slow").respond(delay=30)
    router.get(f"{URL}quick").respond(text="in time", delay=3)
    client = Client(transport=router, timeout=Timeout(60, total=5))

    for _ in range(2):
        with pytest.raises(understudy.DeadlineExceeded):
            client.get(f"{URL}slow")
        assert client.get(f"{URL}quick").text == "in time"


def test_pieces_that_come_too_slowly_run_into_the_read_timeout() -> None:
    router = mock.Router()
    router.get(URL).stream([b"a", b"b"], every=10)
    client = Client(transport=router, timeout=5)

    with client.stream("GET", URL) as response:
        pieces = response.iter_raw()
        assert next(pieces) == b"a"
        with pytest.raises(understudy.ReadTimeout, match="sends a piece every 10 s"):
            next(pieces)


@pytest.mark.anyio
async def test_pieces_that_come_too_slowly_run_into_the_read_timeout_of_asynchronous_clients() -> None:
    router = mock.Router()
    router.get(URL).stream([b"a", b"b"], every=10)
    async with AsyncClient(transport=router, timeout=5) as client:
        with pytest.raises(understudy.ReadTimeout):
            await client.get(URL)


def test_the_real_clock_takes_real_time() -> None:
    router = mock.Router(clock="real")
    router.get(URL).respond(delay=0.01)
    started = time.perf_counter()

    Client(transport=router).get(URL)

    assert time.perf_counter() - started >= 0.01


def test_cancelling_a_delayed_call_leaves_the_router_usable() -> None:
    async def main() -> str:
        router = mock.Router()
        with router, router.get(URL).respond(text="done").hold() as held:
            async with AsyncClient() as client:
                task = asyncio.create_task(client.get(URL))
                await held.arrived()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                held.release()
                answer = asyncio.create_task(client.get(URL))
                await held.arrived(2)
                held.release(1)
                return (await answer).text

    assert asyncio.run(main()) == "done"


def test_layers_show_what_they_stand_before() -> None:
    router = mock.Router()

    assert "in front of None" in repr(router.in_front_of(None))
    assert "Router of 0 routes" in repr(router)
