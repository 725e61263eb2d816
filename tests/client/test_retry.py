from __future__ import annotations

import copy
import pickle
import time
from typing import Any

import pytest

from understudy import (
    DeadlineExceeded,
    LimitExceeded,
    LocalProtocolError,
    PoolTimeout,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    RequestError,
    TooManyRedirects,
    UnsupportedProtocol,
)
from understudy.client.retry import Retry, retry_after_seconds, retry_from


def test_waits_double_up_to_the_longest() -> None:
    retry = Retry(backoff=0.5, max_backoff=3, jitter=False)

    assert [retry.wait(made) for made in (1, 2, 3, 4, 5000)] == [0.5, 1.0, 2.0, 3, 3]


def test_jitter_spreads_waits_from_zero_to_the_longest() -> None:
    retry = Retry(backoff=8)

    waits = [retry.wait(1) or 0.0 for _ in range(400)]

    assert all(0 <= wait <= 8 for wait in waits)
    assert min(waits) < 1
    assert max(waits) > 7


def test_the_server_can_make_a_wait_longer_but_not_shorter() -> None:
    retry = Retry(backoff=2, jitter=False, max_retry_after=60)

    assert retry.wait(1, 30.0) == 30.0
    assert retry.wait(1, 0.0) == 2
    assert retry.wait(1, 60.5) is None


@pytest.mark.parametrize(
    ("method", "error", "allowed"),
    [
        ("GET", ReadTimeout(), True),
        ("GET", ReadError(), True),
        ("GET", RemoteProtocolError(), True),
        ("POST", ReadTimeout(), False),
        ("GET", DeadlineExceeded(), False),
        ("GET", PoolTimeout(), False),
        ("GET", LimitExceeded(), False),
        ("GET", LocalProtocolError("x"), False),
        ("GET", UnsupportedProtocol("x"), False),
        ("GET", TooManyRedirects("x"), False),
    ],
)
def test_only_failures_that_may_pass_are_repeated(method: str, error: RequestError, allowed: bool) -> None:
    assert Retry().allows_error(method, error) is allowed


def test_what_was_never_sent_may_be_sent_again_whatever_its_method() -> None:
    never_sent = ReadError("of another stream, before this one began")
    never_sent.request_sent = False
    safe = ReadError("refused stream")
    safe.retryable = True

    assert Retry().allows_error("POST", never_sent)
    assert Retry().allows_error("POST", safe)


@pytest.mark.parametrize("statuses", [{500}, [500], (code for code in (500,))])
def test_statuses_and_methods_can_be_chosen(statuses: Any) -> None:
    retry = Retry(statuses=statuses, methods=["post"])

    assert retry.allows_status("POST", 500)
    assert not retry.allows_status("POST", 503)
    assert not retry.allows_status("GET", 500)
    assert repr(retry) == "Retry(attempts=3, statuses=[500], methods=['POST'])"


def test_a_budget_is_spent_for_each_origin_and_earned_by_requests() -> None:
    retry = Retry(budget=0.5)

    assert [retry.spend("a") for _ in range(11)] == [True] * 10 + [False]
    assert retry.spend("b")
    retry.earn("a")
    assert not retry.spend("a")
    retry.earn("a")
    assert retry.spend("a")


def test_a_budget_does_not_grow_beyond_its_start() -> None:
    retry = Retry(budget=1)

    for _ in range(50):
        retry.earn("a")

    assert sum(retry.spend("a") for _ in range(50)) == 10


def test_a_copy_has_the_same_policy_and_a_budget_of_its_own() -> None:
    retry = Retry(5, statuses={500}, backoff=2, jitter=False)
    while retry.spend("a"):
        pass

    for copied in (copy.deepcopy(retry), pickle.loads(pickle.dumps(retry))):
        assert repr(copied) == repr(retry)
        assert copied.wait(1) == 2
        copied.earn("a")
        assert copied.spend("a")


def test_without_a_budget_there_is_no_bound() -> None:
    retry = Retry(budget=None)
    retry.earn("a")

    assert all(retry.spend("a") for _ in range(100))


def test_budgets_are_kept_for_a_bounded_number_of_origins() -> None:
    retry = Retry()

    for number in range(2000):
        retry.earn(number)
    for number in range(100):
        retry.spend(number)
    retry.earn(0)

    assert len(retry._tokens) == 1024


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"attempts": 0}, ValueError),
        ({"attempts": 1.5}, TypeError),
        ({"attempts": True}, TypeError),
        ({"backoff": -1}, ValueError),
        ({"max_backoff": float("nan")}, ValueError),
        ({"max_retry_after": -1}, ValueError),
        ({"budget": -0.1}, ValueError),
        ({"methods": "GET"}, TypeError),
        ({"statuses": 503}, TypeError),
        ({"statuses": ["503"]}, TypeError),
    ],
)
def test_nonsense_fails_at_once(arguments: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"Retry\("):
        Retry(**arguments)  # type: ignore[arg-type]  # pyright: ignore  # on purpose


NOW = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("-1", None),
        ("1e9", None),
        ("\u0661", None),
        ("soon", None),
        ("9" * 100, None),
        ("Sun, 06 Nov 1994 08:50:07 GMT", 30.0),
        ("Sun, 06 Nov 1994 08:49:00 GMT", 0.0),
        ("Sunday, 06-Nov-94 08:50:07 GMT", 30.0),
        ("Sun Nov  6 08:50:07 1994", 30.0),
        ("Sun, 99 Nov 1994 08:50:07 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(said, NOW) == seconds


@pytest.mark.parametrize("date", [None, "nonsense", "x" * 1000])
def test_a_date_is_counted_from_here_where_the_server_does_not_say_its_time(date: str | None) -> None:
    from email.utils import formatdate

    seconds = retry_after_seconds(formatdate(time.time() + 100, usegmt=True), date)

    assert seconds is not None
    assert 97 < seconds <= 100


@pytest.mark.parametrize("said", [3, True, "3", Retry])
def test_only_a_policy_is_one(said: object) -> None:
    with pytest.raises(TypeError, match="pass a Retry"):
        retry_from(said)  # type: ignore[arg-type]  # pyright: ignore  # on purpose


def test_a_policy_and_none_are_what_they_are() -> None:
    policy = Retry()

    assert retry_from(policy) is policy
    assert retry_from(None) is None
