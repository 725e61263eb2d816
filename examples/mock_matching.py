"""What a route may ask of a request: subsets of JSON, patterns, absence, predicates, and, or, not. Run with pytest."""

from __future__ import annotations

import re
from typing import Any

import pytest

import understudy
from understudy import mock
from understudy.mock import ABSENT, ANY, Unordered, match

ORDERS = "https://shop.test/orders"


def order(**more: Any) -> understudy.Response:
    items = [{"sku": "apple", "qty": 2}, {"sku": "b", "qty": 1}]
    headers = {"x-key": "0a1b2c3d"}
    return understudy.post(ORDERS, json={"items": items, "total": 12.5, **more}, headers=headers)


def test_json_is_compared_at_any_depth() -> None:
    with mock.Router() as shop:
        shop.post(
            "/orders",
            json__has={"items": Unordered([{"sku": "b", "qty": ANY}, {"sku": re.compile("^a")}])},
            json__total__between=(1, 99),
            headers__x_key__regex=r"^[a-f0-9]{8}$",
            params={"dry": ABSENT},
            when=lambda request: request.url.host.endswith(".test"),
        ).respond(201)

        assert order().status_code == 201


def test_matchers_are_joined_with_and_or_and_not() -> None:
    free = match(json__total__lte=0) | match(json__coupon=ANY)

    with mock.Router() as shop:
        shop.post("/orders", free, reply="free")
        shop.post("/orders", ~free, reply="paid")

        assert order().text == "paid"
        assert order(coupon="X").text == "free"


def test_a_word_that_does_not_exist_fails_where_it_is_written() -> None:
    with pytest.raises(mock.RouteError, match="did you mean `path__startswith=`"):
        mock.get(path__startwith="/orders")


def test_the_report_of_a_miss_says_what_is_different() -> None:
    with mock.Router() as shop, shop.expect_unmatched():
        shop.post("/orders", name="create order", json__has={"currency": "EUR"}).optional()

        with pytest.raises(mock.UnmatchedRequest) as caught:
            order(currency="USD")

    assert "json $.currency: want 'EUR', got 'USD'" in str(caught.value)
