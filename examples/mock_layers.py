"""Routers as context managers: a base URL, a shared baseline, an override for one test. Run with pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import mock

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDERS = "https://shop.test/v1/orders"


@pytest.fixture
def shop() -> Iterator[mock.Router]:
    """A shop in which everything works."""
    with mock.Router(base_url="https://shop.test/v1") as shop:
        shop.get("/health").respond(204).optional()
        shop.post("/orders").respond(201, json={"id": 7}).optional()
        yield shop


def test_an_order_is_placed(shop: mock.Router) -> None:
    assert understudy.post(ORDERS, json={"sku": "tea"}).json() == {"id": 7}
    assert shop.calls.one(method="POST").request.url.path == "/v1/orders"


@pytest.mark.usefixtures("shop")
def test_the_shop_is_out_of_stock() -> None:
    # The innermost router is asked first; what it does not answer goes on to the shop.
    with mock.post(ORDERS).respond(409, json={"error": "stock"}):
        assert understudy.post(ORDERS).status_code == 409
        assert understudy.get("https://shop.test/v1/health").status_code == 204

    assert understudy.post(ORDERS).status_code == 201
