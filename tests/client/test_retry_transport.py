from __future__ import annotations

from typing import Any

import pytest

from understudy import AsyncClient, Client, HTTPTransport, MockTransport, ReadError, Request, Response, Retry
from understudy.client.clock import REAL_CLOCK
from understudy.client.retry_transport import RetryTransport

NO_WAIT = Retry(backoff=0.0)


class Server(MockTransport):
    """Answers with one thing after the other, and notes how it is used."""

    def __init__(self, *answers: int | Exception) -> None:
        super().__init__(self.answer)
        self.answers = list(answers)
        self.uses: list[str] = []

    def answer(self, request: Request) -> Response:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Response(answer)

    def close(self) -> None:
        self.uses.append("close")

    async def aclose(self) -> None:
        self.uses.append("aclose")

    def __enter__(self) -> Any:
        self.uses.append("enter")
        return self

    async def __aenter__(self) -> Any:
        self.uses.append("aenter")
        return self


def statuses(response: Response) -> list[Any]:
    return [attempt.status or attempt.error for attempt in response.extensions["attempts"]]


def test_only_what_is_mounted_is_sent_again() -> None:
    flaky, plain = Server(503, ReadError("cut"), 200), Server(503)
    mounts: Any = {"https://flaky.test": RetryTransport(flaky, NO_WAIT)}

    with Client(transport=plain, mounts=mounts) as client:
        response = client.get("https://flaky.test/")
        other = client.get("https://api.test/")

    assert statuses(response) == [503, "ReadError", 200]
    assert other.status_code == 503
    assert flaky.uses == ["enter", "close"]


@pytest.mark.anyio
async def test_an_asynchronous_client_takes_it_as_well() -> None:
    flaky = Server(503, 200)
    transport = RetryTransport(flaky, NO_WAIT)

    async with AsyncClient(transport=transport) as client:
        response = await client.get("https://flaky.test/")
    await transport.aclose()

    assert statuses(response) == [503, 200]
    assert flaky.uses == ["aenter", "aclose", "aclose"]


def test_it_waits_on_the_clock_of_what_answers() -> None:
    transport = Server(200)
    clock: Any = object()
    transport.clock = clock  # type: ignore[attr-defined]  # pyright: ignore  # as a router has one

    assert RetryTransport(transport).clock is clock
    assert RetryTransport(HTTPTransport()).clock is REAL_CLOCK


def test_closing_it_closes_the_other() -> None:
    server = Server()

    RetryTransport(server).close()

    assert server.uses == ["close"]


def test_it_shows_what_it_wraps() -> None:
    server = Server()

    assert repr(RetryTransport(server)) == f"<RetryTransport {server!r}>"


def test_only_a_policy_is_one() -> None:
    with pytest.raises(TypeError, match="pass a Retry"):
        RetryTransport(HTTPTransport(), 3)  # type: ignore[arg-type]  # pyright: ignore  # on purpose


@pytest.mark.parametrize(
    ("nothing", "mend"),
    [(HTTPTransport, r"not its class: write HTTPTransport\(\.\.\.\)"), (None, r"such as HTTPTransport\(\), not None")],
)
def test_what_is_no_transport_is_refused_where_it_is_said(nothing: Any, mend: str) -> None:
    with pytest.raises(TypeError, match=mend):
        RetryTransport(nothing)
