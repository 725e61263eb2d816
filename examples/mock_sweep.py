"""A fault sweep: what becomes of a function when each of its calls fails in each way?

Run it as a program: it prints the matrix. `pytest --mock-sweep` does the same for tests.
"""

from __future__ import annotations

import understudy
from understudy import mock


class Shop:
    """Code under test: careful about the stock, careless about the order."""

    def __init__(self) -> None:
        self.client = understudy.Client(base_url="https://shop.test", timeout=5)

    def buy(self, sku: str) -> int:
        try:
            left = self.client.get("/stock", params={"sku": sku}).raise_for_status().json()["left"]
        except (understudy.HTTPError, ValueError):
            left = 1  # better to try than to lose the sale
        if not left:
            raise LookupError(f"no {sku} left")
        made = self.client.post("/orders", json={"sku": sku})
        order: int = made.json()["id"]
        return order


def test_an_order_is_placed() -> None:
    with mock.Router(base_url="https://shop.test") as shop:
        shop.get("/stock", params={"sku": "tea"}).respond(json={"left": 3})
        shop.post("/orders", json={"sku": "tea"}).respond(201, json={"id": 7})

        assert Shop().buy("tea") == 7


def test_the_shop_never_hangs() -> None:
    swept = mock.sweep(test_an_order_is_placed, quiet=True)

    swept.assert_never_hangs()
    assert {case.told for case in swept.cases if case.call.number == 1} == {"handled"}


if __name__ == "__main__":
    mock.sweep(test_an_order_is_placed)
