"""What may be sent again, when, and how often: the policy, without I/O.

Theory of operation

1. A request is repeated when its method is in `methods` and the answer was one of `statuses`, or there was no answer
   because of the wire, the clock or a broken message.
2. A request of any method is repeated when no byte of it was sent, because then nobody can have acted on it.
3. Nothing is repeated whose body cannot be sent again.
4. The wait doubles from `backoff` up to `max_backoff`, and is then drawn evenly from zero up to that ("full jitter"),
   so that many clients do not come back at once. A Retry-After field makes it longer, never shorter.
5. A server that asks for more than `max_retry_after` seconds is not asked again: its response is returned.
6. Retries are paid from a budget for each origin: `_RESERVE` to begin with, and `budget` more with every request.
   Where a service is down, clients then add that share to its load and no more.
7. Where the wait would not end before the deadline of the call, there is no retry.
"""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import (
    DeadlineExceeded,
    LimitExceeded,
    NetworkError,
    PoolTimeout,
    RemoteProtocolError,
    TimeoutException,
    UnsupportedProtocol,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable

    from .errors import RequestError

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"})
RETRY_STATUSES = frozenset({408, 429, 502, 503, 504})

_RESERVE = 10.0
_MOST_ORIGINS = 1024
_SECONDS = re.compile(r"\d{1,9}(\.\d*)?\Z")
# Waiting for a connection, or for a time that is over, or for a smaller answer, is not mended by asking again.
_FINAL = (DeadlineExceeded, PoolTimeout, LimitExceeded, UnsupportedProtocol)


class Attempt(NamedTuple):
    """One sending of a request: `response.extensions["attempts"]` lists them."""

    number: int
    """1 for the first."""
    status: int | None
    """What came back, `None` where nothing did."""
    error: str | None
    """The name of the error, where nothing came back."""
    waited: float
    """Seconds waited before."""
    elapsed: float
    """Seconds until the response or the error."""


class Retry:
    """How often and when to send again what failed.

        Client(retry=Retry())
        client.get(url, retry=Retry(5, backoff=1.0))

    `attempts` counts the first one. Each request that is answered has the list of its `Attempt`s in
    `response.extensions["attempts"]`.
    By default only idempotent methods are repeated, on failures of the wire and on 408, 429, 502, 503 and 504.
    `backoff` is the wait before the second attempt, in seconds; it doubles up to `max_backoff`, and with `jitter` each
    wait is random between zero and that. `Retry-After` is kept up to `max_retry_after` seconds.
    `budget` is the share of requests to one origin that may be retries, beyond the first ten; `None` for no bound.
    One object may serve several clients, which then share its budget.
    """

    def __init__(
        self,
        attempts: int = 3,
        *,
        statuses: Collection[int] = RETRY_STATUSES,
        methods: Collection[str] = IDEMPOTENT_METHODS,
        backoff: float = 0.5,
        max_backoff: float = 30.0,
        jitter: bool = True,
        max_retry_after: float = 60.0,
        budget: float | None = 0.2,
    ) -> None:
        if isinstance(attempts, bool) or not isinstance(attempts, int):
            raise TypeError(f"Retry(attempts={attempts!r}): attempts are an int, the first one counted")
        if attempts < 1:
            raise ValueError(f"Retry(attempts={attempts}): at least 1, because the first attempt counts")
        for name, seconds in (("backoff", backoff), ("max_backoff", max_backoff), ("max_retry_after", max_retry_after)):
            if not seconds >= 0:
                raise ValueError(f"Retry({name}={seconds!r}): seconds cannot be negative")
        if budget is not None and not budget >= 0:
            raise ValueError(f"Retry(budget={budget!r}): a share of all requests, such as 0.2, or None for no bound")
        said: Any = statuses
        codes: frozenset[Any] | None = None if isinstance(said, int) else frozenset(said)
        if codes is None or not all(isinstance(code, int) for code in codes):
            raise TypeError(f"Retry(statuses={statuses!r}): a collection of numbers, such as {{429, 503}}")
        if isinstance(methods, str):
            raise TypeError(f"Retry(methods={methods!r}): a collection of methods, such as {{'GET'}}")
        self.attempts = attempts
        self.statuses: frozenset[int] = codes
        self.methods: frozenset[str] = frozenset(method.upper() for method in methods)
        self.backoff = backoff
        self.max_backoff = max_backoff
        self.jitter = jitter
        self.max_retry_after = max_retry_after
        self.budget = budget
        self._tokens: dict[Hashable, float] = {}
        self._lock = threading.Lock()

    def allows_status(self, method: str, status: int) -> bool:
        """Whether a request that was answered like this may be sent again."""
        return status in self.statuses and method in self.methods

    def allows_error(self, method: str, error: RequestError) -> bool:
        """Whether a request that was not answered, because of this error, may be sent again."""
        if isinstance(error, _FINAL):
            return False
        if error.retryable or error.request_sent is False:
            return True
        return method in self.methods and isinstance(error, (NetworkError, TimeoutException, RemoteProtocolError))

    def wait(self, made: int, retry_after: float | None = None) -> float | None:
        """Return how long to wait after `made` attempts; `None` where the server asks for too much."""
        if retry_after is not None and retry_after > self.max_retry_after:
            return None
        # The exponent is bounded, because a float is.
        longest = min(self.max_backoff, self.backoff * 2.0 ** min(made - 1, 63))
        if self.jitter:
            from random import uniform

            longest = uniform(0, longest)
        return longest if retry_after is None else max(longest, retry_after)

    def earn(self, origin: Hashable) -> None:
        """Note a request, which pays for part of a retry."""
        if self.budget is not None:
            with self._lock:
                tokens = self._tokens.pop(origin, _RESERVE)
                self._tokens[origin] = min(tokens + self.budget, _RESERVE)
                while len(self._tokens) > _MOST_ORIGINS:  # `spend` may have brought some back
                    del self._tokens[next(iter(self._tokens))]

    def spend(self, origin: Hashable) -> bool:
        """Pay for a retry; `False` where the budget is spent."""
        if self.budget is None:
            return True
        with self._lock:
            tokens = self._tokens.get(origin, _RESERVE)
            if tokens < 1:
                return False
            self._tokens[origin] = tokens - 1
            return True

    def __getstate__(self) -> dict[str, Any]:
        # A copy keeps to the same policy, with a budget of its own.
        return {name: value for name, value in self.__dict__.items() if name not in ("_tokens", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._tokens = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Retry(attempts={self.attempts}, statuses={sorted(self.statuses)}, methods={sorted(self.methods)})"


def retry_from(retry: Retry | None) -> Retry | None:
    """Return what `retry=` says; a `TypeError` for anything else than a policy, or `None` for no retries."""
    if retry is not None and not isinstance(retry, Retry):
        raise TypeError(f"retry={retry!r}: pass a Retry, such as Retry(3), or None")
    return retry


def retry_after_seconds(said: str | None, date: str | None) -> float | None:
    """Return how long a Retry-After field asks to wait, `None` where it makes no sense (RFC 9110, section 10.2.3).

    `date` is the Date field of the same response: a time is counted from there, because clocks differ.
    """
    if said is None or len(said) > 64:
        return None
    said = said.strip()
    if _SECONDS.match(said) and said.isascii():
        return float(said)
    until = http_timestamp(said)
    if until is None:
        return None
    now = None if date is None else http_timestamp(date)
    return max(0.0, until - (time.time() if now is None else now))


def http_timestamp(date: str) -> float | None:
    """Return the seconds since 1970 of an HTTP date in any of its three forms, `None` where it is none."""
    if len(date) > 64:
        return None
    # Dates are seldom, and their module is heavy.
    from datetime import timezone
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date)
        # The obsolete form of asctime has no zone: it means UTC.
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
