"""Services that remember: states that calls change, and a list of items that can be edited. Run with pytest."""

from __future__ import annotations

import understudy
from understudy import mock


def test_an_order_is_paid() -> None:
    with mock.Router(base_url="https://shop.test") as shop:
        shop.get("/order", state="open", reply={"paid": False})
        shop.post("/pay", state="open -> paid", reply=201)
        shop.get("/order", state="paid", reply={"paid": True})

        assert understudy.get("https://shop.test/order").json() == {"paid": False}
        understudy.post("https://shop.test/pay")
        assert understudy.get("https://shop.test/order").json() == {"paid": True}


def test_a_list_of_things_to_do() -> None:
    with mock.Router(base_url="https://api.test") as api:
        todos = api.crud("/todos", items=[{"id": 1, "title": "milk"}])

        assert understudy.post("https://api.test/todos", json={"title": "eggs"}).json() == {"title": "eggs", "id": 2}
        understudy.delete("https://api.test/todos/1")

        assert todos.items == [{"title": "eggs", "id": 2}]
