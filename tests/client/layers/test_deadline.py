from __future__ import annotations

import contextvars
import time
from typing import TYPE_CHECKING, Any, Callable

import anyio
import pytest

from understudy import (
    AsyncByteStream,
    AsyncClient,
    Client,
    DeadlineExceeded,
    MockTransport,
    ReadTimeout,
    Request,
    Response,
    Retry,
    SyncByteStream,
    Timeout,
)
from understudy.client.layers import deadline as module
from understudy.client.layers.deadline import (
    Account,
    DeadlineBlock,
    deadline_for,
    note_wait,
    within_call,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Someone:
    """In the place of a client."""


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def request(**extensions: Any) -> Request:
    return Request("GET", "https://me:hidden@api.test/users?key=hidden", extensions=extensions)


def client_for(handler: Callable[[Request], Response]) -> Client:
    return Client(transport=MockTransport(handler))


def test_the_earliest_deadline_counts(clock: Clock) -> None:
    client, other = Someone(), Someone()

    with DeadlineBlock(client, 10), DeadlineBlock(client, 20), DeadlineBlock(other, 1):
        assert deadline_for(client, request()) == 1010
        assert deadline_for(client, request(total_timeout=5)) == 1005
        assert deadline_for(client, request(total_timeout=15, deadline=1003.0)) == 1003
    assert deadline_for(client, request(total_timeout=15)) == 1015
    assert deadline_for(client, request()) is None


def test_without_a_deadline_of_its_own_a_client_has_none(clock: Clock) -> None:
    with DeadlineBlock(Someone(), 10):
        assert deadline_for(Someone(), request()) is None


def test_a_request_that_is_sent_once_more_has_its_time_anew(clock: Clock) -> None:
    asked = request(total_timeout=5)
    asked.extensions["deadline"] = deadline_for(Someone(), asked)
    asked.extensions["time_account"] = Account(1005.0)
    clock.now += 100

    assert deadline_for(Someone(), asked) == 1105


def test_a_request_of_a_call_that_is_over_is_not_held_to_its_deadline(clock: Clock) -> None:
    client = client_for(lambda request: Response(302, headers={"Location": "/next"}))
    with client.deadline(10):
        response = client.get("https://api.test/")
    clock.now += 100

    for asked in (response.request, response.next_request):
        assert asked is not None
        assert client.send(asked).status_code == 302
        assert not {"deadline", "time_account"} & set(asked.extensions)


def test_another_request_of_the_same_call_has_what_is_left(clock: Clock) -> None:
    asked = request(total_timeout=5, deadline=1005.0, time_account=Account(1005.0))
    clock.now += 3

    following = Request("GET", asked.url, extensions=within_call(asked))

    assert deadline_for(Someone(), following) == 1005


def test_a_deadline_tells_how_much_is_left(clock: Clock) -> None:
    whole = DeadlineBlock(Someone(), 10)

    assert whole.left == 10
    with whole:
        clock.now += 4
        assert whole.left == 6
        assert repr(whole) == "<DeadlineBlock 6.000 s left of 10 s>"
        clock.now += 40
        assert whole.left == 0


def test_a_deadline_begins_once() -> None:
    once = DeadlineBlock(Someone(), 10)

    with once, pytest.raises(RuntimeError, match="begun already"), once:
        pass


def test_a_block_within_a_block_of_the_same_moment_ends_alone(clock: Clock) -> None:
    client = Someone()

    with DeadlineBlock(client, 10):
        with DeadlineBlock(client, 10):
            pass
        assert deadline_for(client, request()) == 1010


def test_a_deadline_is_not_that_of_a_client_that_comes_to_stand_in_the_same_place(clock: Clock) -> None:
    client = Someone()
    place = id(client)
    with DeadlineBlock(client, 10):
        inside = contextvars.copy_context()
    del client

    others = [Someone() for _ in range(10_000)]

    found = {inside.run(deadline_for, other, request()) for other in others if id(other) == place}
    assert found <= {None}


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_a_deadline_in_the_past_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        DeadlineBlock(Someone(), seconds)


def test_a_deadline_is_a_number() -> None:
    wrong: Any = "3"

    with pytest.raises(TypeError, match="a deadline of '3': seconds are a number"):
        DeadlineBlock(Someone(), wrong)


def test_a_deadline_belongs_to_its_context(clock: Clock) -> None:
    client = Someone()

    with DeadlineBlock(client, 10):
        elsewhere = contextvars.Context().run(deadline_for, client, request())

    assert elsewhere is None


def test_a_deadline_that_has_ended_is_none_for_those_who_were_started_under_it(clock: Clock) -> None:
    client = Someone()
    with DeadlineBlock(client, 20):
        with DeadlineBlock(client, 10):
            started = contextvars.copy_context()
        assert started.run(deadline_for, client, request()) == 1020

    assert started.run(deadline_for, client, request()) is None


def test_the_error_says_where_the_time_went(clock: Clock) -> None:
    def handler(asked: Request) -> Response:
        clock.now += 3
        note_wait(asked, 2.5, 2)
        raise DeadlineExceeded("no answer", request=asked)

    with client_for(handler) as client, pytest.raises(DeadlineExceeded) as caught:
        client.send(request(deadline=1008.0))

    assert str(caught.value) == (
        "no answer: of 8.00 s, 2.50 s waiting before attempt 2, 3.00 s GET https://api.test/users?..."
    )


def test_reading_the_body_is_part_of_it(clock: Clock) -> None:
    class Slow(SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            clock.now += 7
            raise DeadlineExceeded("the body is late")
            yield b""

    with client_for(lambda _: Response(200, stream=Slow())) as client, pytest.raises(DeadlineExceeded) as caught:
        client.send(request(deadline=1008.0))

    assert "0.00 s GET https://api.test/users?..., 7.00 s reading the body" in str(caught.value)


def test_reading_the_body_is_accounted_for_once_where_retries_read_it(clock: Clock) -> None:
    class Slow(SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            clock.now += 7
            raise DeadlineExceeded("the body is late")
            yield b""

    with client_for(lambda _: Response(200, stream=Slow())) as client, pytest.raises(DeadlineExceeded) as caught:
        client.send(request(deadline=1008.0), retry=Retry())

    assert str(caught.value).count("reading the body") == 1


def test_a_streamed_body_is_left_to_the_caller() -> None:
    with client_for(lambda _: Response(200, content=iter([b"x"]))) as client:
        response = client.send(request(deadline=time.monotonic() + 60), stream=True)

        assert not response.is_stream_consumed
        assert response.read() == b"x"


def test_nothing_is_sent_when_no_time_is_left(clock: Clock) -> None:
    sent: list[Request] = []

    def handler(asked: Request) -> Response:
        sent.append(asked)
        return Response(200)

    with client_for(handler) as client, pytest.raises(DeadlineExceeded, match="no time is left for GET") as caught:
        client.send(request(deadline=1000.0))

    assert sent == []
    assert caught.value.request_sent is False
    assert "hidden" not in str(caught.value)


def test_other_errors_pass_as_they_are(clock: Clock) -> None:
    def handler(asked: Request) -> Response:
        raise ReadTimeout("slow", request=asked)

    with client_for(handler) as client, pytest.raises(ReadTimeout, match=r"\Aslow\Z"):
        client.send(request(deadline=1008.0))


def test_everything_in_a_block_has_one_deadline() -> None:
    seen: list[float] = []

    def handler(asked: Request) -> Response:
        seen.append(asked.extensions["deadline"])
        if asked.url.path == "/old":
            return Response(302, headers={"Location": "/new"})
        return Response(200)

    with client_for(handler) as client:
        with client.deadline(60) as whole:
            client.get("https://api.test/old", follow_redirects=True)
            client.get("https://api.test/users", timeout=Timeout(5, total=120))
            assert 59 < whole.left <= 60
        with pytest.raises(KeyError):
            client.get("https://api.test/users")

    assert len(seen) == 3
    assert len(set(seen)) == 1


def test_a_request_without_an_account_is_sent_all_the_same() -> None:
    def anew(asked: Request) -> Request:
        return Request(asked.method, asked.url)

    with client_for(lambda _: Response(200)) as client, client.deadline(60):
        assert client.get("https://api.test/users", auth=anew).status_code == 200


def test_waiting_for_another_attempt_is_accounted_for() -> None:
    def handler(asked: Request) -> Response:
        if len(asked.extensions["time_account"]._entries) >= 2:
            raise DeadlineExceeded("no answer", request=asked)
        return Response(503)

    with client_for(handler) as client, client.deadline(60), pytest.raises(DeadlineExceeded) as caught:
        client.get("https://api.test/users", retry=Retry(backoff=0.0))

    assert "0.00 s waiting before attempt 2" in str(caught.value)


def test_an_account_shows_what_took_longest_in_its_order(clock: Clock) -> None:
    account = Account(1060.0)
    for number in range(20):
        account.note(f"step {number}", number if number % 2 else 0.001 * number)

    said = str(account)

    assert said.startswith("of 60.00 s, 5.00 s step 5, 7.00 s step 7,")
    assert said.endswith("19.00 s step 19")
    assert str(Account(900.0)) == "of 0.00 s, nothing was left"


def test_a_wait_without_an_account_is_forgotten() -> None:
    asked = request()

    note_wait(asked, 1.0, 2)

    assert asked.extensions == {}


@pytest.mark.anyio
@pytest.mark.parametrize("where", ["handler", "hook", "body"])
async def test_whatever_an_asynchronous_call_waits_for_is_cut_off(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            await anyio.sleep_forever()
            yield b""

    async def handler(asked: Request) -> Response:
        if where == "handler":
            await anyio.sleep_forever()
        return Response(200, stream=Silent()) if where == "body" else Response(200)

    async def hook(asked: Request) -> None:
        if where == "hook":
            await anyio.sleep_forever()

    monkeypatch.setattr(module, "_SLACK", 0.0)
    async with AsyncClient(transport=MockTransport(handler), event_hooks={"request": [hook]}) as client:
        # A busy machine may let the time pass before anything is sent; the error says so in other words.
        with (
            client.deadline(0.05),
            pytest.raises(DeadlineExceeded, match=r"GET https://api\.test/: (the time for the|of)"),
        ):
            await client.get("https://api.test/")


@pytest.mark.anyio
async def test_an_asynchronous_client_keeps_the_same_account() -> None:
    def handler(asked: Request) -> Response:
        raise DeadlineExceeded("no answer", request=asked)

    async with AsyncClient(transport=MockTransport(handler)) as client:
        with pytest.raises(DeadlineExceeded, match=r"of 60\.00 s, 0\.00 s GET https://api\.test/users\?\.\.\."):
            await client.send(request(deadline=time.monotonic() + 60.0))
