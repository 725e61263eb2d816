"""Server-sent events: read from a response, and taken up again where the connection was lost.

Theory of operation

1. `EventSource` reads the events of one response; `bodies.sse` parses them.
2. `client.sse(...)` gives its `EventSource` a `Reconnection`. Then the same request is sent again, with the id of the
   last event in Last-Event-ID, after what the server said in `retry:` (else `_WAIT` seconds), doubled with each failure
   in a row and never shorter.
3. What counts as lost: a failure of the wire, the clock or the message. A stream that ends as it should is at its end,
   unless `reconnect=True`, which is what browsers do: there only a 204 is the end.
4. Only requests that may be repeated are: idempotent, with a body that can be sent again.
5. An answer that is no event stream is an `SSEError` and ends it, unless its status is one of `RETRY_STATUSES`: then
   its Retry-After makes the wait longer. After `_MOST_FAILURES` failures in a row the last one is raised.
   A client that raises for every status asks as often; of its first answers it is the `HTTPStatusError` that is raised.
6. Where the wait would not end before the deadline of the call, there is none, and no other connection.
"""

from __future__ import annotations

import sys
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from .bodies.sse import MAX_EVENT_SIZE, EventParser, ServerSentEvent
from .bridge import run
from .config import Timeout, UseClientDefault
from .errors import DeadlineExceeded, HTTPStatusError, LimitExceeded, TransportError
from .journal import log_again, reason
from .layers.deadline import within_call
from .messages.body import _closing as closing
from .messages.headers import Headers
from .messages.request import Request
from .retry import IDEMPOTENT_METHODS, RETRY_STATUSES, retry_after_seconds

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

    from .callers import Caller
    from .clock import Clock
    from .messages.response import Response

_WAIT = 3.0
_LONGEST_WAIT = 60.0
# A server that asks for more is not believed.
_MOST_WAIT = 3600.0
_MOST_FAILURES = 5
# Servers send a comment every 15 to 30 seconds, so that proxies keep the connection; silence is no failure before this.
_LONGEST_SILENCE = 300.0


Failed = TypeVar("Failed", bound=Exception)


class SSEError(TransportError):
    """The answer is not an event stream, or one of its events is too large."""

    status: int | None = None
    """The status of the answer, where it is not an event stream."""

    response: Response | None = None
    """That answer; behind the block of `client.sse` its body can still be read."""


class EventSource:
    """The events of a response.

        with client.stream("GET", url) as response:
            for event in EventSource(response):
                print(event.data)

    Iterate with `for` where the client blocks, with `async for` where it does not.
    Raises `SSEError` where the response is not `text/event-stream`, and for an event of more than `max_event_size`
    characters.
    `client.sse` returns one that also reconnects.
    """

    def __init__(
        self,
        response: Response,
        max_event_size: int | None = MAX_EVENT_SIZE,
        *,
        reconnection: Reconnection | None = None,
    ) -> None:
        self._response = response
        self._most = max_event_size
        self._reconnection = reconnection
        self._parser = EventParser(max_event_size=max_event_size)
        self._reading: AsyncGenerator[ServerSentEvent] | None = None

    @property
    def response(self) -> Response:
        """The response that the events come from; another one after reconnecting."""
        return self._response

    @property
    def last_event_id(self) -> str:
        """The id to take the stream up again from; empty where the server says none."""
        return self._parser.last_event_id

    def __iter__(self) -> Iterator[ServerSentEvent]:
        while self._response.status_code != 204:
            failure: TransportError | None = None
            try:
                _check(self._response)
                for data in self._response.iter_bytes():
                    for event in self._parser.feed(data):
                        self._arrived()
                        yield event
            except TransportError as error:
                failure = _final(error, self._response)
            if not run(self._go_on(failure)):
                return

    def __aiter__(self) -> AsyncIterator[ServerSentEvent]:
        # Kept, so that one that is left in the middle can be closed: nobody else can await that.
        self._reading = self._aread()
        return self._reading

    async def _aread(self) -> AsyncGenerator[ServerSentEvent]:
        while self._response.status_code != 204:
            failure: TransportError | None = None
            try:
                _check(self._response)
                async with closing(self._response.aiter_bytes()) as parts:
                    # So that closing the response closes what reads the events, and not only what these are read from.
                    self._response._reading = self._reading
                    async for data in parts:
                        for event in self._parser.feed(data):
                            self._arrived()
                            yield event
            except TransportError as error:
                failure = _final(error, self._response)
            if not await self._go_on(failure):
                return

    def _arrived(self) -> None:
        if self._reconnection is not None:
            self._reconnection.failures = 0

    async def _go_on(self, failure: TransportError | None) -> bool:
        """Take the stream up again; `False` at its end. Raises what cannot be mended."""
        again = self._reconnection
        while True:
            wait = None if again is None else again.wait(failure, self._parser.retry)
            if again is None or wait is None:
                if failure is not None:
                    raise failure if again is None else again.told(failure)
                return False
            again.log(failure, wait)
            await again.caller.close(self._response)
            await again.caller.sleep(again.clock, wait)
            try:
                self._begin(await again.connect(_repeated(again.request, self.last_event_id)))
            except TransportError as error:
                failure = error
            except HTTPStatusError as error:
                # A client with `raise_for_status=True`; which status ends the stream is decided here.
                self._begin(error.response)
                return True
            else:
                return True

    def _begin(self, response: Response) -> None:
        self._response = response
        last_event_id, retry = self._parser.last_event_id, self._parser.retry
        self._parser = EventParser(max_event_size=self._most)
        self._parser.last_event_id, self._parser.retry = last_event_id, retry

    def __repr__(self) -> str:
        return f"<EventSource {self._response!r}>"


class Reconnection:
    """How an `EventSource` reconnects: what to send, how to wait, and when to give up."""

    def __init__(
        self,
        request: Request,
        send: Callable[[Request], Any],
        caller: Caller,
        clock: Clock,
        always: bool | None,
    ) -> None:
        self.request = request
        self.caller = caller
        self.clock = clock
        self.failures: int = 0
        self._send = send
        self._always = always

    def wait(self, failure: TransportError | HTTPStatusError | None, retry: int | None) -> float | None:
        """Return how many seconds to wait before the next connection, `None` when there is none."""
        request = self.request
        if self._always is False or request.method not in IDEMPOTENT_METHODS or not request.is_replayable:
            return None
        if failure is None and not self._always:
            return None
        if isinstance(failure, DeadlineExceeded):
            return None
        retry_after: float | None = None
        if isinstance(failure, (SSEError, HTTPStatusError)):
            answer = failure.response
            if answer is None or answer.status_code not in RETRY_STATUSES:
                return None
            retry_after = retry_after_seconds(answer.headers.get("Retry-After"), answer.headers.get("Date"))
        if failure is not None:
            self.failures += 1
            if self.failures > _MOST_FAILURES:
                return None
        wait = _WAIT if retry is None else min(retry / 1000, _MOST_WAIT)
        longest = max(wait, _LONGEST_WAIT)
        # The first wait is what the server asked for; later ones spread out, so that clients do not all come at once.
        if self.failures > 1:
            from random import uniform

            wait = min(longest, wait * 2.0 ** (self.failures - 1) * uniform(0.75, 1.0))
        if retry_after is not None:
            wait = max(wait, min(retry_after, _MOST_WAIT))
        deadline = request.extensions.get("deadline")
        return None if deadline is not None and time.monotonic() + wait >= deadline else wait

    def log(self, failure: TransportError | HTTPStatusError | None, wait: float) -> None:
        """Log that the stream is taken up again."""
        after = "its end" if failure is None else f"failure {self.failures}: {reason(failure)}"
        log_again("Reconnecting", self.request, wait, after)

    def told(self, failure: Failed) -> Failed:
        """Return the failure that is the last one, with a note about those before it."""
        if self.failures > 1 and sys.version_info >= (3, 11):
            failure.add_note(f"after {self.failures} failures in a row to read the events")
        return failure

    async def begin(self) -> Response:
        """Return the first response; of a client that raises for every status, once the server is not too busy."""
        request = self.request
        while True:
            try:
                return await self.connect(request)
            except HTTPStatusError as error:
                wait = self.wait(error, None)
                if wait is None:
                    self.told(error)
                    raise
                self.log(error, wait)
            await self.caller.sleep(self.clock, wait)
            request = _repeated(self.request, "")

    async def connect(self, request: Request) -> Response:
        """Send a request; return its response, whose body is still to come."""
        response: Response = await self.caller.call(self._send, request)
        return response


def event_request(client: Any, method: str, url: Any, options: dict[str, Any]) -> Request:
    """Return the request for an event stream, made with the options of `client.build_request`."""
    headers = Headers({"Accept": "text/event-stream", "Cache-Control": "no-store"})
    headers.update(options.get("headers"))
    timeout = options.get("timeout")
    if "timeout" not in options or isinstance(timeout, UseClientDefault):
        patient: Timeout = client.timeout
        if patient.read is not None:
            options["timeout"] = Timeout(patient, read=max(patient.read, _LONGEST_SILENCE))
    request: Request = client.build_request(method, url, **{**options, "headers": headers})
    return request


@contextmanager
def events(
    client: Any,
    request: Request,
    *,
    max_event_size: int | None,
    reconnect: bool | None,
    send: Callable[[Request], Any],
) -> Generator[EventSource]:
    """Send a request and yield its events, for a blocking client."""
    reconnection = Reconnection(request, send, client._caller, client._clock_for(request.url), reconnect)
    source = EventSource(run(reconnection.begin()), max_event_size, reconnection=reconnection)
    try:
        yield source
    except SSEError as error:
        if error.response is not None:
            # So that whoever catches it can read what the server said.
            run(client._caller.drain(error.response))
        raise
    finally:
        source.response.close()


@asynccontextmanager
async def aevents(
    client: Any,
    request: Request,
    *,
    max_event_size: int | None,
    reconnect: bool | None,
    send: Callable[[Request], Any],
) -> AsyncGenerator[EventSource]:
    """Send a request and yield its events, for an asynchronous client."""
    reconnection = Reconnection(request, send, client._caller, client._clock_for(request.url), reconnect)
    source = EventSource(await reconnection.begin(), max_event_size, reconnection=reconnection)
    try:
        yield source
    except SSEError as error:
        if error.response is not None:
            await client._caller.drain(error.response)
        raise
    finally:
        if source._reading is not None:
            await source._reading.aclose()
        await source.response.aclose()


def _repeated(request: Request, last_event_id: str) -> Request:
    """Return the request to send again, to go on behind an event."""
    headers = Headers(request.headers)
    if last_event_id:
        # An id is UTF-8 on the wire (WHATWG HTML, 9.2.4), where no value has whitespace around it.
        said = last_event_id.strip(" \t").encode("utf-8")
        headers["Last-Event-ID"] = said  # type: ignore[assignment]  # bytes are fine
    return Request(request.method, request.url, headers=headers, stream=request.stream, extensions=within_call(request))


def _check(response: Response) -> None:
    media_type = response.headers.get("Content-Type", "").split(";", 1)[0].strip().lower()
    if response.is_success and media_type == "text/event-stream":
        return
    request = response._request
    where = f"{request.method} {request.url.redacted} was" if request is not None else "the request was"
    error = SSEError(
        f"{where} answered {response.status_code} {response.reason_phrase} with {media_type or 'no content type'}, "
        "not with 'text/event-stream': the response of this error has what it says",
        request=request,
    )
    error.status = response.status_code
    error.response = response
    raise error


def _final(error: TransportError, response: Response) -> TransportError:
    """Return the error as readers of events know it."""
    if not isinstance(error, LimitExceeded):
        return error
    final = SSEError(str(error), request=response._request)
    final.__cause__ = error
    return final
