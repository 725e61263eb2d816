from __future__ import annotations

import gzip
import pickle
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from understudy import DeadlineExceeded, DecodingError, ReadError, RealClock, Request, Response
from understudy.client import callers
from understudy.client.bridge import run
from understudy.client.callers import ASYNCHRONOUS, BLOCKING, DRAIN_LIMIT, DRAIN_SECONDS

if TYPE_CHECKING:
    from understudy.client.callers import Caller

    from .conftest import Side


def caller(side: Side) -> Caller:
    return BLOCKING if side.is_blocking else ASYNCHRONOUS


class Instant(RealClock):
    """A clock on which sleeping is only noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def asleep(self, seconds: float) -> None:
        self.slept.append(seconds)


# Bodies


@pytest.mark.anyio
async def test_reading_reads_and_closes(side: Side) -> None:
    response = Response(200, stream=side.body(b"body"))

    await caller(side).read(response)

    assert response.content == b"body"
    assert response.is_closed


@pytest.mark.anyio
async def test_closing_closes(side: Side) -> None:
    body = side.body(b"body")

    await caller(side).close(Response(200, stream=body))

    assert (body.reads, body.closes) == (0, 1)


@pytest.mark.anyio
async def test_a_drained_body_can_be_read_later_without_waiting(side: Side) -> None:
    body = side.body(b"a", b"b")
    response = Response(302, stream=body)

    await caller(side).drain(response)

    assert (body.reads, body.closes) == (1, 1)
    assert response.is_closed
    assert response.text == "ab"
    assert response.content == b"ab"


@pytest.mark.anyio
async def test_a_drained_body_is_decoded_when_somebody_asks(side: Side) -> None:
    response = Response(302, headers={"Content-Encoding": "gzip"}, stream=side.body(gzip.compress(b"body")))

    await caller(side).drain(response)

    assert response.content == b"body"


@pytest.mark.anyio
async def test_a_drained_body_that_cannot_be_decoded_harms_nobody_who_does_not_ask(side: Side) -> None:
    response = Response(302, headers={"Content-Encoding": "gzip"}, stream=side.body(b"no gzip"))

    await caller(side).drain(response)

    with pytest.raises(DecodingError):
        response.content  # noqa: B018 - a property


@pytest.mark.anyio
async def test_a_drained_body_travels_along_when_its_response_is_pickled(side: Side) -> None:
    response = Response(302, headers={"Content-Encoding": "gzip"}, stream=side.body(gzip.compress(b"body")))
    await caller(side).drain(response)

    back: Response = pickle.loads(pickle.dumps(response))

    assert back.content == b"body"


@pytest.mark.anyio
async def test_as_much_as_the_limit_is_drained(side: Side) -> None:
    body = side.body(b"x" * DRAIN_LIMIT)
    response = Response(302, stream=body)

    await caller(side).drain(response)

    assert len(response.content) == DRAIN_LIMIT


@pytest.mark.anyio
async def test_more_than_that_is_closed_and_forgotten(side: Side) -> None:
    body = side.body(*[b"x" * 1024] * 1000)
    response = Response(302, stream=body)

    await caller(side).drain(response)

    assert body.given == DRAIN_LIMIT // 1024 + 1
    assert body.closes == 1
    assert response.content == b""


@pytest.mark.anyio
async def test_a_body_that_nobody_asked_for_may_fail(side: Side) -> None:
    body = side.body(b"a", error=ReadError("planted"))
    response = Response(302, stream=body)

    await caller(side).drain(response)

    assert body.closes == 1
    assert response.content == b""


@pytest.mark.anyio
@pytest.mark.parametrize("error", [DeadlineExceeded("planted"), KeyboardInterrupt()])
async def test_but_what_ends_the_call_ends_it(side: Side, error: BaseException) -> None:
    request = Request("GET", "https://api.test/", extensions={"deadline": 0.0})
    response = Response(302, stream=side.body(b"a", error=error), request=request)

    with pytest.raises(type(error)):
        await caller(side).drain(response)

    assert response.is_closed


@pytest.mark.anyio
@pytest.mark.parametrize("deadline", [{}, {"deadline": 1e12}])
async def test_the_end_of_the_time_for_draining_does_not(side: Side, deadline: dict[str, Any]) -> None:
    body = side.body(b"a", error=DeadlineExceeded("planted"))
    request = Request("GET", "https://api.test/", extensions=deadline)
    response = Response(302, stream=body, request=request)

    await caller(side).drain(response)

    assert body.closes == 1
    assert response.content == b""


@pytest.mark.anyio
async def test_a_body_of_the_network_is_told_how_long_it_is_waited_for(side: Side) -> None:
    body = side.body(b"a")
    moments: list[float] = []
    body.end_by = moments.append

    before = monotonic()
    await caller(side).drain(Response(302, stream=body))

    assert before + DRAIN_SECONDS <= moments[0] <= monotonic() + DRAIN_SECONDS


@pytest.mark.anyio
@pytest.mark.parametrize(("later", "given"), [(0.04, 4), (0.2, 2)])
async def test_a_body_that_comes_slowly_is_closed_instead(
    side: Side, monkeypatch: pytest.MonkeyPatch, later: float, given: int
) -> None:
    now = [0.0]

    def tick() -> float:
        now[0] += later
        return now[0]

    monkeypatch.setattr(callers, "monotonic", tick)
    body = side.body(*[b"x"] * 100)

    await caller(side).drain(Response(302, stream=body))

    assert body.given == given
    assert body.closes == 1


@pytest.mark.anyio
async def test_a_body_that_somebody_has_begun_to_read_is_closed(side: Side) -> None:
    body = side.body(b"a", b"b")
    response = Response(302, stream=body)
    if side.is_blocking:
        reader = response.iter_bytes()
        assert next(reader) == b"a"
    else:
        asynchronous = response.aiter_bytes()
        assert await asynchronous.__anext__() == b"a"

    await caller(side).drain(response)

    assert response.is_closed
    assert (body.given, body.closes) == (1, 1)


@pytest.mark.anyio
async def test_a_body_that_was_read_is_left_alone(side: Side) -> None:
    response = Response(302, content=b"body")

    await caller(side).drain(response)

    assert response.content == b"body"


# Functions of the user's


@pytest.mark.anyio
async def test_a_plain_function_is_called(side: Side) -> None:
    assert await caller(side).call(divmod, 7, 2) == (3, 1)


@pytest.mark.anyio
async def test_an_asynchronous_function_is_awaited() -> None:
    async def add(a: int, b: int) -> int:
        return a + b

    assert await ASYNCHRONOUS.call(add, 1, 2) == 3


def test_blocking_code_cannot_call_an_asynchronous_function() -> None:
    async def hook() -> None:
        raise AssertionError("never started")

    with pytest.raises(TypeError, match=r"hook is asynchronous: a blocking Client calls only plain functions"):
        run(BLOCKING.call(hook))


def test_a_callable_without_a_name_is_shown_as_it_is() -> None:
    class Hook:
        async def __call__(self) -> None:
            raise AssertionError("never started")

        def __repr__(self) -> str:
            return "<my hook>"

    hook: Any = Hook()
    with pytest.raises(TypeError, match="<my hook> is asynchronous"):
        run(BLOCKING.call(hook))


# Time


@pytest.mark.anyio
async def test_time_passes_on_the_clock_that_is_given(side: Side) -> None:
    clock = Instant()

    await caller(side).sleep(clock, 30)

    assert clock.slept == [30]
