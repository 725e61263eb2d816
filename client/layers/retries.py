"""The layer that sends again what failed; `Retry` decides, this waits."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from ..errors import RequestError
from ..journal import log_again, log_enough
from ..retry import Attempt, retry_after_seconds
from .deadline import note_wait, read_accounted

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ..callers import Caller
    from ..clock import Clock
    from ..messages.request import Request
    from ..messages.response import Response
    from ..retry import Retry
    from .stack import Send


class Retries:
    """Sends a request until it is answered well, or the policy has enough.

    With `reads` the body belongs to the attempt: a connection that breaks in the middle of it is a failure like others.
    """

    def __init__(self, policy: Retry, caller: Caller, clock: Clock, *, reads: bool = False) -> None:
        self._policy = policy
        self._caller = caller
        self._clock = clock
        self._reads = reads

    async def __call__(self, request: Request, send: Send) -> Response:
        clock = self._clock
        origin = (request.url.scheme, request.url.netloc)
        # Deadlines are on the real clock; another one may be ahead of it.
        ahead = clock.monotonic() - time.monotonic()
        self._policy.earn(origin)
        attempts: list[Attempt] = []
        waited = 0.0
        while True:
            response: Response | None = None
            failure: RequestError | None = None
            started = clock.monotonic()
            try:
                try:
                    response = await send(request)
                    if self._reads and not self._is_interim(request, response):
                        await read_accounted(self._caller, request, response)
                except RequestError as error:
                    failure = error
                    if response is not None:
                        await self._caller.close(response)
                attempts.append(_attempt(len(attempts) + 1, response, failure, waited, clock.monotonic() - started))
                wait = self._wait(request, response, failure, len(attempts), ahead)
                if wait is not None and not self._spends(request, origin, attempts[-1], wait):
                    wait = None
            except BaseException:
                if response is not None:
                    await self._caller.close(response)
                raise
            if wait is None:
                if failure is not None:
                    try:
                        raise _told(failure, attempts)
                    finally:
                        failure = None  # an error that refers to a frame that refers to the error
                assert response is not None
                response.extensions["attempts"] = attempts
                return response
            if response is not None:
                await self._caller.drain(response)
            failure = response = None
            await self._caller.sleep(clock, wait)
            note_wait(request, wait, len(attempts) + 1)
            waited = wait

    def _spends(self, request: Request, origin: Hashable, attempt: Attempt, wait: float) -> bool:
        """Take one more attempt from the budget, and log it; or log that nothing is left."""
        made = f"attempt {attempt.number}: {attempt.status or attempt.error}"
        spends = self._policy.spend(origin)
        if spends:
            log_again("Retrying", request, wait, made)
        else:
            log_enough(request, made, "the retry budget of its origin is spent")
        return spends

    def _is_interim(self, request: Request, response: Response) -> bool:
        """Whether another layer will look at the response first, and perhaps never want its body."""
        return (
            response.status_code in (401, 407)
            or response.has_redirect_location
            or self._policy.allows_status(request.method, response.status_code)
        )

    def _wait(
        self, request: Request, response: Response | None, failure: RequestError | None, made: int, ahead: float
    ) -> float | None:
        """Return how long to wait before the next attempt, `None` when this was the last."""
        policy = self._policy
        if made >= policy.attempts:
            return None
        retry_after: float | None = None
        if failure is not None:
            if not policy.allows_error(request.method, failure):
                return None
            # What has not been sent has not been streamed.
            if not (request.is_replayable or failure.request_sent is False):
                return None
        elif response is not None:
            if not (policy.allows_status(request.method, response.status_code) and request.is_replayable):
                return None
            retry_after = retry_after_seconds(response.headers.get("Retry-After"), response.headers.get("Date"))
        wait = policy.wait(made, retry_after)
        deadline = request.extensions.get("deadline")
        if wait is not None and deadline is not None and self._clock.monotonic() + wait >= deadline + ahead:
            return None
        return wait


def _attempt(
    number: int, response: Response | None, failure: RequestError | None, waited: float, elapsed: float
) -> Attempt:
    return Attempt(
        number=number,
        status=None if failure is not None or response is None else response.status_code,
        error=None if failure is None else type(failure).__name__,
        waited=waited,
        elapsed=elapsed,
    )


def _told(failure: RequestError, attempts: list[Attempt]) -> RequestError:
    """Return the failure, with a note about what was tried."""
    if len(attempts) > 1 and sys.version_info >= (3, 11):
        said = ", ".join(str(attempt.status or attempt.error) for attempt in attempts)
        failure.add_note(f"after {len(attempts)} attempts: {said}")
    return failure
