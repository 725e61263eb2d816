"""A resource that remembers."""

from __future__ import annotations

import pytest

from understudy import Client, mock
from understudy.mock import RouteError


def test_items_are_listed_created_read_replaced_changed_and_deleted() -> None:
    router = mock.Router(base_url="https://api.test")
    todos = router.crud("/todos", items=[{"id": 1, "title": "milk", "done": False}])
    client = Client(transport=router, base_url="https://api.test")

    created = client.post("/todos", json={"title": "eggs"})
    assert created.status_code == 201
    assert created.json() == {"title": "eggs", "id": 2}
    assert created.headers["Location"] == "/todos/2"
    assert client.get("/todos/2").json() == {"title": "eggs", "id": 2}
    assert client.get("/todos?title=milk&done=false").json() == [{"id": 1, "title": "milk", "done": False}]
    assert client.patch("/todos/1", json={"done": True, "id": 9}).json() == {"id": 1, "title": "milk", "done": True}
    assert client.put("/todos/1", json={"title": "tea"}).json() == {"title": "tea", "id": 1}
    assert client.delete("/todos/1").status_code == 204
    assert todos.items == [{"title": "eggs", "id": 2}]
    assert repr(todos) == "<Crud /todos, 1 items>"


def test_what_is_missing_or_wrong_has_the_status_of_real_services() -> None:
    router = mock.Router(base_url="https://api.test")
    router.crud("/todos", items=[{"key": "a"}], id="key")
    client = Client(transport=router, base_url="https://api.test")

    for method in ("GET", "DELETE"):
        assert client.request(method, "/todos/9").status_code == 404
    for method in ("PUT", "PATCH"):
        assert client.request(method, "/todos/9", json={}).status_code == 404
        assert client.request(method, "/todos/a", content=b"{").status_code == 400
    assert client.post("/todos", json=[1]).status_code == 400
    assert client.post("/todos", json={"key": "a"}).status_code == 409
    assert client.post("/todos", json={}).json() == {"key": "item-2"}


def test_the_items_given_stay_as_they_are_and_an_empty_resource_counts_from_one() -> None:
    given = [{"id": 5}]
    router = mock.Router()
    router.crud("https://api.test/things", items=given)
    empty = router.crud("https://api.test/others")
    client = Client(transport=router)

    client.patch("https://api.test/things/5", json={"x": 1})
    client.post("https://api.test/others", json={})

    assert given == [{"id": 5}]
    assert empty.items == [{"id": 1}]


def test_a_resource_that_cannot_be_fails_where_it_is_written() -> None:
    with pytest.raises(RouteError, match="`crud` takes the URL or path of a collection"):
        mock.Router().crud("/todos/{id}")
    with pytest.raises(RouteError, match="each with its 'id'"):
        mock.Router().crud("/todos", items=[{"title": "x"}])
