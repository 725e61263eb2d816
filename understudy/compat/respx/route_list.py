"""The routes of a router, by place and by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .models import Route


class RouteList:
    """The routes of a router, by place and by name; one that is added again takes the first one's place."""

    def __init__(self, routes: RouteList | None = None) -> None:
        self._routes: list[Route] = list(routes._routes) if routes is not None else []
        self._names: dict[str, Route] = dict(routes._names) if routes is not None else {}

    def add(self, route: Route, name: str | None = None) -> Route:
        """Add a route, and return that which is in the list: an earlier one of the same name or the same pattern."""
        same = next((known for known in self._routes if known == route), None)
        named = self._names.get(name) if name is not None else None
        known = named or same
        if known is None:
            self._routes.append(route)
            known = route
        elif same is not None and same is not known:
            self._remove(same)
        self._names = {key: value for key, value in self._names.items() if value is not known}
        known.named(name)
        if name is not None:
            self._names[name] = known
        known.become(route)
        return known

    def pop(self, name: str, default: Any = ...) -> Any:
        """Remove the route of this name and return it."""
        if name not in self._names:
            if default is ...:
                raise KeyError(name)
            return default
        route = self._names[name]
        self._remove(route)
        return route

    def clear(self) -> None:
        """Remove all routes."""
        self._routes.clear()
        self._names.clear()

    def become(self, routes: RouteList) -> None:
        """Hold what another list holds, and stay the list that users have in hand."""
        self._routes = list(routes._routes)
        self._names = dict(routes._names)

    def _remove(self, route: Route) -> None:
        self._routes = [known for known in self._routes if known is not route]
        self._names = {name: known for name, known in self._names.items() if known is not route}

    def __getitem__(self, key: int | str) -> Route:
        return self._routes[key] if isinstance(key, int) else self._names[key]

    def __contains__(self, key: object) -> bool:
        return key in self._names if isinstance(key, str) else key in self._routes

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def __len__(self) -> int:
        return len(self._routes)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RouteList):
            return self._routes == other._routes and self._names == other._names
        return self._routes == other

    __hash__: ClassVar[None]  # type: ignore[assignment]  # a list

    def __repr__(self) -> str:
        return repr(self._routes)
