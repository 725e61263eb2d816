"""Which values differ in every answer and mean the same."""

from __future__ import annotations

from typing import Any

import pytest

from understudy.cassettes.data.formats import have_one_format
from understudy.cassettes.data.numbers import Number


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-11-23T10:00:00Z", "2026-11-24T11:30:00.5+01:00"),
        ("cus_NffrFeUfNV2Hib", "cus_9s6XKzkNRiz8i3"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ"),
        ("V1StGXR8_Z5jdHi6B-myT", "Uakgb_J5m9g-0JDMbcJqL"),
        ("bmV4dC1wYWdlLTE3MDAwMDAx", "ZXlKMElqb3hOekF3TURBd01EQXc="),
        (1795907868565, 1795907869075),
        (1_795_907_868, 1_795_907_999),
        (1_795_907_868.25, 1_795_907_999.0),
        (1_795_907_868.25, Number("1795907999.50")),
    ],
)
def test_times_and_identifiers_are_alike(one: Any, other: Any) -> None:
    assert have_one_format(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cus_NffrFeUfNV2Hib", "ord_9s6XKzkNRiz8i3"),
        ("order_confirmation_mail", "order_confirmation_call"),
        ("AuthenticationRequired", "AuthorizationDenied"),
        ("2026-11-23T10:00:00Z", "V1StGXR8_Z5jdHi6B-myT"),
        ("open", "closed"),
        (1234, 5678),
        (1_795_907_868, 1_795_907_868_565),
        (True, False),
        (1_795_907_868, "1795907868"),
        (1.5, 2.5),
        (1_795_907_868, 1_795_907_868.5),
        (Number("12.50"), Number("13.50")),
        (None, None),
    ],
)
def test_what_says_something_is_not(one: Any, other: Any) -> None:
    assert not have_one_format(one, other)
