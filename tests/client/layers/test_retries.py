from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from understudy import (
    AsyncClient,
    ByteStream,
    Client,
    ConnectError,
    MockTransport,
    ReadError,
    ReadTimeout,
    Request,
    Response,
    SyncByteStream,
)
from understudy.client.callers import ASYNCHRONOUS, BLOCKING
from understudy.client.layers.retries import Retries
from understudy.client.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator


class StillClock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


class Server:
    """Answers with one thing after the other, the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []

    def __call__(self, request: Request) -> Response:
        self.bodies.append(request.content)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Response(answer) if isinstance(answer, int) else answer


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def client_for(server: Server, clock: StillClock, policy: Retry | None = None, *, reads: bool = False) -> Client:
    layer = Retries(policy or Retry(jitter=False), BLOCKING, clock, reads=reads)
    return Client(transport=MockTransport(server), layers=[layer], base_url="https://api.test")


def numbers(response: Response) -> list[Any]:
    return [(attempt.number, attempt.status or attempt.error) for attempt in response.extensions["attempts"]]


def test_a_good_answer_is_one_attempt(clock: StillClock) -> None:
    response = client_for(Server(200), clock).get("/")

    assert numbers(response) == [(1, 200)]
    assert clock.slept == []


def test_what_fails_is_sent_again_after_a_growing_wait(clock: StillClock) -> None:
    server = Server(503, ReadTimeout("slow"), 200)

    response = client_for(server, clock).put("/", content=b"body")

    assert numbers(response) == [(1, 503), (2, "ReadTimeout"), (3, 200)]
    assert clock.slept == [0.5, 1.0]
    assert [attempt.waited for attempt in response.extensions["attempts"]] == [0.0, 0.5, 1.0]
    assert server.bodies == [b"body"] * 3


def test_the_last_answer_is_the_answer(clock: StillClock) -> None:
    response = client_for(Server(503, 502, 504), clock).get("/")

    assert response.status_code == 504
    assert len(clock.slept) == 2


def test_the_last_error_is_raised_with_a_note_about_the_others(clock: StillClock) -> None:
    last = ReadError("cut")

    with pytest.raises(ReadError) as caught:
        client_for(Server(503, ReadTimeout("slow"), last), clock).get("/")

    assert caught.value is last
    if sys.version_info >= (3, 11):
        assert caught.value.__notes__ == ["after 3 attempts: 503, ReadTimeout, ReadError"]


def test_a_single_error_has_no_note(clock: StillClock) -> None:
    with pytest.raises(ReadError) as caught:
        client_for(Server(ReadError("cut")), clock, Retry(1)).get("/")

    assert not hasattr(caught.value, "__notes__")


def test_a_method_that_is_not_idempotent_is_sent_once(clock: StillClock) -> None:
    assert client_for(Server(503, 200), clock).post("/").status_code == 503
    with pytest.raises(ReadTimeout):
        client_for(Server(ReadTimeout("slow")), clock).post("/")

    assert clock.slept == []


def test_what_never_left_is_sent_again_whatever_its_method(clock: StillClock) -> None:
    # As transports of mocks and of users raise it, without a word about what was sent.
    refused = ConnectError("refused")

    assert client_for(Server(refused, 200), clock).post("/", content=b"body").status_code == 200


def test_a_body_that_cannot_be_sent_again_is_sent_once(clock: StillClock) -> None:
    class Reading(MockTransport):
        def handle_request(self, request: Request) -> Response:
            assert isinstance(request.stream, SyncByteStream)
            server.bodies.append(b"".join(request.stream))
            return server(Request("PUT", request.url))

    server = Server(503)
    layer = Retries(Retry(jitter=False), BLOCKING, clock)
    with Client(transport=Reading(server), layers=[layer]) as client:
        response = client.put("https://api.test/", content=iter([b"one", b"two"]))

    assert response.status_code == 503
    assert server.bodies[0] == b"onetwo"
    assert len(response.extensions["attempts"]) == 1


def test_a_streamed_body_that_failed_half_way_is_not_sent_again(clock: StillClock) -> None:
    class Failing(MockTransport):
        def handle_request(self, request: Request) -> Response:
            raise ReadError("cut")

    client = Client(transport=Failing(Server(0)), layers=[Retries(Retry(), BLOCKING, clock)])
    with pytest.raises(ReadError):
        client.put("https://api.test/", content=iter([b"one"]))

    assert clock.slept == []


def test_the_server_says_how_long_to_wait(clock: StillClock) -> None:
    busy = Response(429, headers={"Retry-After": "7"})

    client_for(Server(busy, 200), clock).get("/")

    assert clock.slept == [7.0]


def test_a_server_that_asks_for_too_much_is_not_asked_again(clock: StillClock) -> None:
    busy = Response(429, headers={"Retry-After": "86400"})

    assert client_for(Server(busy, 200), clock).get("/").status_code == 429


def test_a_spent_budget_ends_retries_and_the_log_says_so(clock: StillClock, caplog: pytest.LogCaptureFixture) -> None:
    server = Server(503)
    client = client_for(server, clock, Retry(100, budget=0.0))

    with caplog.at_level(logging.INFO, "understudy"):
        response = client.get("https://api.test/")

    assert len(response.extensions["attempts"]) == 11
    assert caplog.messages[-1] == (
        "Not retrying GET https://api.test/ after attempt 11: 503: the retry budget of its origin is spent"
    )


def test_a_wait_that_would_not_end_before_the_deadline_is_not_begun(clock: StillClock) -> None:
    client = client_for(Server(503), clock, Retry(10, backoff=4, jitter=False))

    response = client.get("/", extensions={"deadline": time.monotonic() + 10})

    # 4 seconds pass on the client's clock, and 8 more would be too many.
    assert clock.slept == [4]
    assert response.status_code == 503


class Broken(SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        yield b"half"
        raise ReadError("cut")


def test_a_body_that_breaks_is_a_failure_where_bodies_are_read(clock: StillClock) -> None:
    server = Server(Response(200, stream=Broken()), Response(200, stream=ByteStream(b"whole")))

    response = client_for(server, clock, reads=True).get("/")

    assert response.content == b"whole"
    assert numbers(response) == [(1, "ReadError"), (2, 200)]


def test_a_streamed_response_is_not_read(clock: StillClock) -> None:
    with client_for(Server(Response(200, stream=Broken())), clock).stream("GET", "/") as response:
        assert not response.is_stream_consumed


@pytest.mark.parametrize(
    "answer", [Response(401, stream=Broken()), Response(302, headers={"Location": "/"}, stream=Broken())]
)
def test_what_another_layer_will_look_at_is_not_read(clock: StillClock, answer: Response) -> None:
    with client_for(Server(answer), clock, reads=True).stream("GET", "/") as response:
        assert not response.is_stream_consumed


def test_any_other_exception_passes_and_closes_the_response(clock: StillClock) -> None:
    closed: list[bool] = []

    class Wrong(SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            raise ZeroDivisionError
            yield b""

        def close(self) -> None:
            closed.append(True)

    with pytest.raises(ZeroDivisionError):
        client_for(Server(Response(200, stream=Wrong())), clock, reads=True).get("/")
    with pytest.raises(ZeroDivisionError):
        client_for(Server(ZeroDivisionError()), clock).get("/")

    assert closed == [True]


def test_a_policy_of_ones_own_that_fails_closes_the_response(clock: StillClock) -> None:
    class Broken(Retry):
        def allows_status(self, method: str, status: int) -> bool:
            raise KeyError("allows_status")

    class Body(ByteStream):
        closes = 0

        def close(self) -> None:
            self.closes += 1

    body = Body(b"busy")
    client = client_for(Server(Response(503, stream=body)), clock, Broken())

    with pytest.raises(KeyError, match="allows_status"):
        client.get("https://api.test/")

    assert body.closes == 1


def test_retries_are_logged_without_secrets(clock: StillClock, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "understudy"):
        client_for(Server(503, 200), clock).get("https://me:hidden@api.test/users?key=hidden")

    assert "Retrying GET https://api.test/users?... in 0.50 s, after attempt 1: 503" in caplog.text
    assert "hidden" not in caplog.text


@pytest.mark.anyio
async def test_an_asynchronous_client_waits_on_the_same_clock(clock: StillClock) -> None:
    layer = Retries(Retry(jitter=False), ASYNCHRONOUS, clock)

    async with AsyncClient(transport=MockTransport(Server(503, ReadTimeout("x"), 200)), layers=[layer]) as client:
        response = await client.get("https://api.test/")

    assert numbers(response) == [(1, 503), (2, "ReadTimeout"), (3, 200)]
    assert clock.slept == [0.5, 1.0]


def test_a_client_retries_what_it_is_told_to_and_a_request_may_say_otherwise() -> None:
    policy = Retry(backoff=0.0)

    with Client(transport=MockTransport(Server(503)), retry=policy, base_url="https://api.test") as client:
        assert len(client.get("/").extensions["attempts"]) == 3
        assert len(client.get("/", retry=Retry(2, backoff=0.0)).extensions["attempts"]) == 2
        assert "attempts" not in client.get("/", retry=None).extensions
        with client.stream("GET", "/", retry=Retry(1)) as response:
            assert len(response.extensions["attempts"]) == 1


def test_one_request_may_be_retried_by_a_client_that_does_not() -> None:
    with Client(transport=MockTransport(Server(503, 200)), base_url="https://api.test") as client:
        assert client.get("/", retry=Retry(backoff=0.0)).status_code == 200


def test_every_attempt_passes_the_hooks_and_every_hop_its_own_attempts() -> None:
    seen: list[str] = []

    def answer(request: Request) -> Response:
        if request.url.path == "/old":
            return Response(302, headers={"Location": "/new"})
        return Response(503 if len(seen) < 3 else 200)

    def hook(request: Request) -> None:
        seen.append(request.url.path)

    with Client(
        transport=MockTransport(answer),
        retry=Retry(backoff=0.0),
        event_hooks={"request": [hook]},
        follow_redirects=True,
    ) as client:
        response = client.get("https://api.test/old")

    assert seen == ["/old", "/new", "/new"]
    assert numbers(response.history[0]) == [(1, 302)]
    assert numbers(response) == [(1, 503), (2, 200)]


def test_the_waits_of_a_client_are_on_the_clock_of_what_answers() -> None:
    from understudy import mock

    with mock.Router() as router, Client(retry=Retry(jitter=False)) as client:
        router.get("https://api.test/").respond(503).then(503, headers={"Retry-After": "30"}).then(200)
        assert client.get("https://api.test/").status_code == 200

    assert router.clock.slept == [0.5, 30.0]


def test_what_is_no_policy_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(TypeError, match="pass a Retry"):
        Client(retry=3)  # type: ignore[arg-type]  # pyright: ignore  # on purpose


def test_what_fails_leaves_no_cycle_behind(clock: StillClock) -> None:
    import gc
    import weakref

    def answer(request: Request) -> Response:
        raise ReadError("cut")

    client = Client(transport=MockTransport(answer), layers=[Retries(Retry(2), BLOCKING, clock)])
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(ReadError) as caught:
            client.put("https://api.test/", content=b"body")
        request = weakref.ref(caught.value.request)
        del caught
        assert request() is None
    finally:
        gc.enable()
