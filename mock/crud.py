"""A resource that remembers: list, create, read, replace, change and delete over a list of items."""

from __future__ import annotations

import copy
import threading
from typing import Any

from .errors import RouteError
from .matching.facts import Facts
from .routing.routes import Route
from .values import ABSENT, is_mapping, show

_MISSING = (404, {"error": "not found"})


class Crud:
    """Six routes over one list of items.

        todos = router.crud("/todos", items=[{"id": 1, "title": "milk"}])
        client.post("https://api.test/todos", json={"title": "eggs"})   # 201, {"title": "eggs", "id": 2}
        assert todos.items[-1]["title"] == "eggs"

    `GET` of the list takes fields as filters: `/todos?title=eggs`.
    """

    def __init__(self, url: str, items: list[dict[str, Any]] | None = None, *, id: str = "id") -> None:
        if not isinstance(url, str) or "{" in url or url.endswith("*"):
            raise RouteError(f"`crud` takes the URL or path of a collection, such as '/todos', not {show(url)}")
        given: list[Any] = list(items or [])
        if any(not is_mapping(item) or id not in item for item in given):
            raise RouteError(f"the items of `crud` are dicts, each with its {id!r}")
        self.items: list[dict[str, Any]] = copy.deepcopy(given)
        self._id = id
        self._lock = threading.Lock()
        self._collection = url.rstrip("/")
        one = self._collection + "/{item}"
        self.routes: list[Route] = [
            Route(self._collection, method="GET", optional=True).respond(self._list),
            Route(self._collection, method="POST", optional=True).respond(self._create),
            Route(one, method="GET", optional=True).respond(self._read),
            Route(one, method="PUT", optional=True).respond(self._replace),
            Route(one, method="PATCH", optional=True).respond(self._change),
            Route(one, method="DELETE", optional=True).respond(self._delete),
        ]

    def _list(self, request: Any) -> Any:
        wanted = Facts(request).params()
        with self._lock:
            return copy.deepcopy(self._matching(wanted))

    def _matching(self, wanted: Any) -> list[Any]:
        return [item for item in self.items if all(_as_text(item.get(name)) == value for name, value in wanted)]

    def _create(self, request: Any) -> Any:
        item = self._sent(request)
        if item is None:
            return (400, {"error": "the body is not a JSON object"})
        with self._lock:
            item.setdefault(self._id, self._next_id())
            if self._find(str(item[self._id])) is not None:
                return (409, {"error": f"{self._id} {item[self._id]} exists"})
            self.items.append(item)
            path = request.url.path.rstrip("/")
            return (201, copy.deepcopy(item), {"Location": f"{path}/{item[self._id]}"})

    def _read(self, item: str) -> Any:
        with self._lock:
            found = self._find(item)
            return _MISSING if found is None else copy.deepcopy(found)

    def _replace(self, item: str, request: Any) -> Any:
        return self._store(item, request, keep=False)

    def _change(self, item: str, request: Any) -> Any:
        return self._store(item, request, keep=True)

    def _delete(self, item: str) -> Any:
        with self._lock:
            found = self._find(item)
            if found is None:
                return _MISSING
            self.items.remove(found)
            return 204

    def _store(self, item: str, request: Any, *, keep: bool) -> Any:
        sent = self._sent(request)
        if sent is None:
            return (400, {"error": "the body is not a JSON object"})
        with self._lock:
            found = self._find(item)
            if found is None:
                return _MISSING
            own = found[self._id]
            if not keep:
                found.clear()
            found.update(sent)
            found[self._id] = own
            return copy.deepcopy(found)

    def _sent(self, request: Any) -> dict[str, Any] | None:
        sent: Any = Facts(request).get("json")
        return dict(sent) if sent is not ABSENT and is_mapping(sent) else None

    def _find(self, item: str) -> dict[str, Any] | None:
        return next((each for each in self.items if str(each[self._id]) == item), None)

    def _next_id(self) -> Any:
        numbers = [item[self._id] for item in self.items if isinstance(item[self._id], int)]
        if numbers or not self.items:
            return max(numbers, default=0) + 1
        return f"item-{len(self.items) + 1}"

    def __repr__(self) -> str:
        return f"<Crud {self._collection}, {len(self.items)} items>"


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
