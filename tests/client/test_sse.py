from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Callable

import pytest

from understudy import (
    AsyncByteStream,
    AsyncClient,
    Client,
    ConnectError,
    DeadlineExceeded,
    EventSource,
    HTTPStatusError,
    MockTransport,
    ReadError,
    Request,
    Response,
    ServerSentEvent,
    SSEError,
    SyncByteStream,
    Timeout,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

URL = "https://api.test/events"


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def asleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Parts(SyncByteStream, AsyncByteStream):
    """A body in pieces; an exception among them is raised."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self.parts = parts
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self:
            yield part

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


def stream(*parts: bytes | Exception, status: int = 200, media_type: str = "text/event-stream") -> Response:
    return Response(status, headers={"Content-Type": media_type}, stream=Parts(*parts))


LOST = ReadError("cut")


class Server(MockTransport):
    """Answers with one thing after the other, on a clock of its own."""

    def __init__(self, *answers: Response | Exception) -> None:
        super().__init__(self.answer)
        self.clock = Clock()
        self.answers = list(answers)
        self.given: list[Response] = []
        self.requests: list[Request] = []

    def answer(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        self.given.append(answer)
        return answer

    @property
    def last_ids(self) -> list[str | None]:
        return [request.headers.get("Last-Event-ID") for request in self.requests]


def read(server: Server, raise_for_status: bool = False, **options: Any) -> list[str]:
    with Client(transport=server, raise_for_status=raise_for_status) as client, client.sse(URL, **options) as events:
        return [event.data for event in events]


async def aread(server: Server, raise_for_status: bool = False, **options: Any) -> list[str]:
    async with (
        AsyncClient(transport=server, raise_for_status=raise_for_status) as client,
        client.sse(URL, **options) as events,
    ):
        return [event.data async for event in events]


@pytest.fixture(params=["blocking", "asynchronous"])
def reading(request: pytest.FixtureRequest) -> Callable[..., list[str]]:
    if request.param == "blocking":
        return read

    def run(server: Server, **options: Any) -> list[str]:
        import anyio

        async def call() -> list[str]:
            return await aread(server, **options)

        return anyio.run(call)

    return run


def test_events_are_read_to_the_end_of_the_stream(reading: Any) -> None:
    server = Server(stream(b"data: one\n\nda", b"ta: two\n\n", b"data: cut off"))

    assert reading(server) == ["one", "two"]
    assert server.requests[0].headers["Accept"] == "text/event-stream"
    assert server.requests[0].headers["Cache-Control"] == "no-store"


def test_an_event_has_a_type_an_id_and_data() -> None:
    server = Server(stream(b'id: 7\nevent: user\nretry: 10\ndata: {"a": 1}\n\n'))

    with Client(transport=server) as client, client.sse(URL) as events:
        (event,) = events

    assert event == ServerSentEvent("user", '{"a": 1}', "7", 10)
    assert event.json() == {"a": 1}
    assert events.last_event_id == "7"
    assert repr(events) == "<EventSource <Response [200 OK]>>"


def test_a_lost_connection_is_made_again_with_the_last_id(reading: Any) -> None:
    server = Server(
        stream(b"retry: 500\nid: \xc3\xa9\ndata: one\n\ndata: half", LOST),
        stream(b"data: two\n\n"),
    )

    assert reading(server) == ["one", "two"]
    assert server.clock.slept == [0.5]
    assert [request.headers.raw[-1][1] for request in server.requests[1:]] == ["\u00e9".encode()]
    assert all(response.is_closed for response in server.given)


def test_an_event_that_was_cut_off_is_asked_for_again(reading: Any) -> None:
    server = Server(
        stream(b"id: 1\ndata: one\n\nid: 2\ndata: tw", LOST),
        stream(b"id: 2\ndata: two\n\n"),
    )

    assert reading(server) == ["one", "two"]
    assert server.last_ids == [None, "1"]


def test_an_id_with_space_around_it_is_said_without(reading: Any) -> None:
    server = Server(stream(b"id:  1 \ndata: one\n\n", LOST), stream(b"data: two\n\n"))

    assert reading(server) == ["one", "two"]
    assert server.last_ids == [None, "1"]


def test_nobody_waits_for_a_connection_that_would_come_after_the_deadline(reading: Any) -> None:
    server = Server(stream(b"retry: 60000\ndata: one\n\n", LOST), stream(b"data: two\n\n"))

    with pytest.raises(ReadError, match="cut"):
        reading(server, timeout=Timeout(5, total=10))

    assert server.clock.slept == []


def test_without_an_id_nothing_is_said_about_it(reading: Any) -> None:
    server = Server(stream(b"data: one\n\n", LOST), stream(b"data: two\n\n"))

    assert reading(server) == ["one", "two"]
    assert server.last_ids == [None, None]
    assert server.clock.slept == [3.0]


def test_a_server_cannot_make_the_client_wait_for_ever(reading: Any) -> None:
    server = Server(stream(b"retry: 999999999999\ndata: one\n\n", LOST), stream(b"data: two\n\n"))

    assert reading(server) == ["one", "two"]
    assert server.clock.slept == [3600.0]


def test_failures_in_a_row_make_waits_longer_until_the_last_one_is_raised(reading: Any) -> None:
    server = Server(stream(b"retry: 1000\ndata: one\n\n", LOST), *[ConnectError("refused")] * 9)

    with pytest.raises(ConnectError) as failed:
        reading(server)

    if sys.version_info >= (3, 11):
        assert failed.value.__notes__ == ["after 6 failures in a row to read the events"]
    first, *later = server.clock.slept
    assert first == 1.0
    assert [0.75 * bound <= wait <= bound for wait, bound in zip(later, (2, 4, 8, 16))] == [True] * 4
    assert len(server.requests) == 6


def test_a_server_that_is_busy_is_asked_again_and_an_event_ends_the_row_of_failures(reading: Any) -> None:
    busy = [stream(status=503, media_type="text/plain") for _ in range(4)]
    server = Server(
        stream(b"data: one\n\n", LOST), *busy, stream(b"data: two\n\n", LOST), *busy, stream(b"data: three\n\n")
    )

    assert reading(server) == ["one", "two", "three"]


@pytest.mark.parametrize("raise_for_status", [False, True])
def test_the_log_says_why_a_connection_is_made_again(
    reading: Any, caplog: pytest.LogCaptureFixture, raise_for_status: bool
) -> None:
    server = Server(
        stream(status=503), stream(b"retry: 2000\ndata: one\n\n", LOST), stream(b"data: two\n\n"), stream(status=204)
    )

    with caplog.at_level(logging.INFO, "understudy"):
        reading(server, reconnect=True, raise_for_status=raise_for_status)

    assert [line for line in caplog.messages if line.startswith("Reconnecting")] == [
        "Reconnecting GET https://api.test/events in 3.00 s, after failure 1: 503",
        "Reconnecting GET https://api.test/events in 2.00 s, after failure 1: ReadError",
        "Reconnecting GET https://api.test/events in 2.00 s, after its end",
    ]


def test_a_client_that_raises_for_every_status_reconnects_all_the_same(reading: Any) -> None:
    busy = stream(status=503, media_type="text/plain")
    server = Server(stream(b"data: one\n\n", LOST), busy, stream(b"data: two\n\n"))

    assert reading(server, raise_for_status=True) == ["one", "two"]


def test_the_first_answer_is_raised_by_a_client_that_does_so(reading: Any) -> None:
    with pytest.raises(HTTPStatusError):
        reading(Server(stream(status=404)), raise_for_status=True)


def test_a_server_that_is_busy_at_first_is_asked_again_by_a_client_that_raises_for_every_status(reading: Any) -> None:
    server = Server(stream(status=503), stream(status=429), stream(b"data: one\n\n"))

    assert reading(server, raise_for_status=True) == ["one"]
    assert len(server.clock.slept) == 2


def test_a_server_that_stays_busy_is_given_up_with_the_error_that_the_client_raises(reading: Any) -> None:
    server = Server(*[stream(status=503) for _ in range(9)])

    with pytest.raises(HTTPStatusError):
        reading(server, raise_for_status=True)

    assert len(server.requests) == 6


@pytest.mark.parametrize("raise_for_status", [False, True])
def test_a_busy_server_says_when_to_come_again(reading: Any, raise_for_status: bool) -> None:
    def busy(seconds: str) -> Response:
        return Response(503, headers={"Retry-After": seconds}, stream=Parts())

    server = Server(busy("120"), stream(b"data: one\n\n", LOST), busy("1"), busy("999999"), stream(b"data: two\n\n"))

    assert reading(server, raise_for_status=raise_for_status) == ["one", "two"]
    first, lost, soon, late = server.clock.slept
    assert (first, lost, late) == (120.0, 3.0, 3600.0)
    assert soon > 3.0


def test_an_answer_that_is_no_event_stream_ends_it(reading: Any) -> None:
    server = Server(stream(b"data: one\n\n", LOST), stream(b"gone", status=404, media_type="text/html; charset=utf-8"))

    with pytest.raises(SSEError, match=r"GET https://api\.test/events was answered 404 Not Found with text/html, not"):
        reading(server)


def test_what_an_answer_without_events_says_can_be_read_behind_the_block(reading: Any) -> None:
    server = Server(stream(b'{"error": ', b'"no quota"}', status=429, media_type="application/json"))

    with pytest.raises(SSEError) as caught:
        reading(server, reconnect=False)

    assert caught.value.status == 429
    assert caught.value.response is not None
    assert caught.value.response.json() == {"error": "no quota"}


def test_a_stream_that_ends_well_can_be_taken_up_again_until_the_server_has_no_more(reading: Any) -> None:
    server = Server(stream(b"id: 1\ndata: one\n\n"), stream(b"id: 2\ndata: two\n\n"), Response(204))

    assert reading(server, reconnect=True) == ["one", "two"]
    assert server.last_ids == [None, "1", "2"]


def test_no_content_is_no_event(reading: Any) -> None:
    assert reading(Server(Response(204)), reconnect=True) == []


@pytest.mark.parametrize("options", [{"reconnect": False}, {"method": "POST"}])
def test_what_may_not_be_repeated_is_not(options: dict[str, Any]) -> None:
    server = Server(stream(b"data: one\n\n", LOST))

    with pytest.raises(ReadError):
        read(server, **options)


def test_a_deadline_covers_all_connections(reading: Any) -> None:
    late = DeadlineExceeded("late")
    server = Server(stream(b"data: one\n\n", LOST), stream(b"data: two\n\n", late))

    with pytest.raises(DeadlineExceeded):
        reading(server, timeout=Timeout(5, total=60))

    first, second = (request.extensions["deadline"] for request in server.requests)
    assert first == second


def test_an_event_that_is_too_large_is_refused_for_good(reading: Any) -> None:
    server = Server(stream(b"data: " + b"x" * 100))

    with pytest.raises(SSEError, match="more than 64 characters") as caught:
        reading(server, max_event_size=64)

    assert caught.value.request.url == URL


def test_an_event_source_reads_any_response() -> None:
    events = EventSource(stream(b"data: one\n\n"))

    assert [event.data for event in events] == ["one"]


def test_an_event_source_alone_does_not_reconnect() -> None:
    with pytest.raises(ReadError):
        list(EventSource(stream(b"data: one\n\n", LOST)))


def test_an_event_source_of_something_else_says_what_it_is() -> None:
    with pytest.raises(SSEError, match="the request was answered 200 OK with no content type"):
        list(EventSource(Response(200, stream=Parts())))


def test_leaving_the_block_closes_the_response() -> None:
    server = Server(stream(b"data: one\n\n", b"data: two\n\n"))

    with Client(transport=server) as client, client.sse(URL) as events:
        assert next(iter(events)).data == "one"
        response = events.response

    assert response.is_closed


@pytest.mark.anyio
async def test_events_that_are_left_early_are_closed_with_their_response() -> None:
    server = Server(stream(b"data: one\n\n", b"data: two\n\n"))

    async with AsyncClient(transport=server) as client, client.stream("GET", URL) as response:
        events: Any = EventSource(response).__aiter__()
        assert (await events.__anext__()).data == "one"

    assert events.ag_frame is None  # left to the garbage collector, it would be complained about


@pytest.mark.anyio
async def test_leaving_an_asynchronous_block_closes_the_response() -> None:
    server = Server(stream(b"data: one\n\n", b"data: two\n\n"))

    async with AsyncClient(transport=server) as client, client.sse(URL) as events:
        async for event in events:
            assert event.data == "one"
            break

    assert server.given[0].is_closed


@pytest.mark.parametrize(
    ("client", "options", "expected"),
    [
        (Timeout(5), {}, 300.0),
        (Timeout(5, read=600), {}, 600),
        (Timeout(5, read=None), {}, None),
        (Timeout(5), {"timeout": 7}, 7),
    ],
)
def test_silence_is_patiently_waited_out(client: Timeout, options: dict[str, Any], expected: float | None) -> None:
    server = Server(stream())

    with Client(transport=server, timeout=client) as one, one.sse(URL, **options):
        pass

    assert server.requests[0].extensions["timeout"]["read"] == expected


def test_fields_of_the_caller_win() -> None:
    server = Server(stream())

    read(server, headers={"accept": "text/event-stream;v=2", "Last-Event-ID": "4"})

    assert server.requests[0].headers["Accept"] == "text/event-stream;v=2"
    assert server.last_ids == ["4"]
