"""Finding the routes that a request can possibly meet, without looking at the others.

A route is filed under its host, then in a tree of path segments: literal ones by their text, templates in one branch
of their own, and where a part takes any number of segments, there.
A route whose host or path is no literal is filed where everybody looks.
So a request sees the routes of its own path, and a hundred thousand others cost it nothing.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from ..matching.criteria import HostCriterion, NamedCriterion, PathCriterion
from ..matching.templates import Rest

if TYPE_CHECKING:
    from ..matching.criteria import Criterion
    from ..matching.facts import Facts
    from .routes import Route

# How many routes of one place are compared with a new one; what hides a route is mostly near.
_ALIKE_MOST = 20


class _Shelf:
    """Routes of one path, apart by the query they want where they want one entirely."""

    __slots__ = ("by_query", "others")

    def __init__(self) -> None:
        self.others: list[Route] = []
        self.by_query: dict[tuple[tuple[str, str], ...], list[Route]] = {}

    def add(self, route: Route) -> None:
        query = _exact_query(route)
        (self.others if query is None else self.by_query.setdefault(query, [])).append(route)

    def remove(self, route: Route) -> None:
        query = _exact_query(route)
        kept = self.others if query is None else self.by_query.get(query, [])
        if route in kept:
            kept.remove(route)

    def alike(self, route: Route) -> list[Route]:
        query = _exact_query(route)
        if query is not None:
            return self.others[-_ALIKE_MOST:] + self.by_query.get(query, [])[-_ALIKE_MOST:]
        queried = [routes[-1] for routes in islice(self.by_query.values(), _ALIKE_MOST)]
        return self.others[-_ALIKE_MOST:] + queried

    def found(self, facts: Facts) -> list[Route]:
        if not self.by_query:
            return self.others
        own = self.by_query.get(tuple(sorted(facts.params())))
        return self.others + own if own else self.others


class _Node:
    """A place in the tree of path segments."""

    __slots__ = ("any_segment", "below", "ends", "literal")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.any_segment: _Node | None = None
        self.ends: _Shelf | None = None
        self.below: _Shelf | None = None


class RouteIndex:
    """The routes of one router, by what a request must have to meet them."""

    __slots__ = ("_anywhere", "_hosts")

    def __init__(self) -> None:
        self._hosts: dict[str, _Node] = {}
        self._anywhere = _Node()

    def add(self, route: Route) -> None:
        """File a route."""
        self._shelf(route).add(route)

    def remove(self, route: Route) -> None:
        """Take a route out."""
        self._shelf(route).remove(route)

    def candidates(self, facts: Facts) -> list[Route]:
        """Return the routes that a request may meet, in no particular order."""
        own = self._hosts.get(facts.host)
        if own is None:
            return _collected(self._anywhere, facts)
        found = _collected(own, facts)
        anywhere = self._anywhere
        if anywhere.literal or anywhere.any_segment or anywhere.below:
            found = found + _collected(anywhere, facts)
        return found

    def lookalikes(self, route: Route) -> list[Route]:
        """Return routes that may cover a route: those whose path does, a bounded number of them."""
        host: str | None = None
        segments: tuple[Any, ...] = ()
        for criterion in route.criteria:
            if isinstance(criterion, HostCriterion):
                host = criterion.host.literal
            elif isinstance(criterion, PathCriterion):
                segments = criterion.template.segments
        roots = [self._anywhere] if host is None else [self._anywhere, self._hosts.get(host, _Node())]
        found: list[Route] = []
        for root in roots:
            nodes = [root]
            for segment in segments:
                found += [each for node in nodes if node.below is not None for each in node.below.alike(route)]
                literal = [
                    node.literal[segment] for node in nodes if isinstance(segment, str) and segment in node.literal
                ]
                nodes = literal + [node.any_segment for node in nodes if node.any_segment is not None]
            found += [
                each for node in nodes for shelf in (node.below, node.ends) if shelf for each in shelf.alike(route)
            ]
        return found

    def _shelf(self, route: Route) -> _Shelf:
        node = self._anywhere
        path: PathCriterion | None = None
        for criterion in route.criteria:
            if isinstance(criterion, HostCriterion) and criterion.host.literal is not None:
                node = self._hosts.setdefault(criterion.host.literal, _Node())
            elif isinstance(criterion, PathCriterion):
                path = criterion
        if path is None:
            return _below(node)
        for segment in path.template.segments:
            if isinstance(segment, str):
                node = node.literal.setdefault(segment, _Node())
            elif isinstance(segment, Rest):
                return _below(node)
            else:
                if node.any_segment is None:
                    node.any_segment = _Node()
                node = node.any_segment
        if node.ends is None:
            node.ends = _Shelf()
        return node.ends


def undecided(criteria: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
    """Return the criteria that a candidate may still fail: the index has compared literal hosts and paths already."""
    hosts = [each for each in criteria if isinstance(each, HostCriterion)]
    paths = [each for each in criteria if isinstance(each, PathCriterion)]
    decided: list[Criterion] = []
    if len(hosts) == 1 and hosts[0].host.literal is not None:
        decided += hosts
    if len(paths) == 1 and paths[0].template.is_literal:
        decided += paths
    return tuple(each for each in criteria if each not in decided)


def _below(node: _Node) -> _Shelf:
    if node.below is None:
        node.below = _Shelf()
    return node.below


def _collected(start: _Node, facts: Facts) -> list[Route]:
    """Walk the tree along a path; both branches are followed where a segment fits both."""
    found: list[Route] = []
    nodes = [start]
    for segment in facts.segments:
        following: list[_Node] = []
        for node in nodes:
            if node.below is not None:
                found = found + node.below.found(facts)
            literal = node.literal.get(segment)
            if literal is not None:
                following.append(literal)
            if node.any_segment is not None:
                following.append(node.any_segment)
        nodes = following
        if not nodes:
            return found
    for node in nodes:
        if node.below is not None:
            found = found + node.below.found(facts)
        if node.ends is not None:
            found = found + node.ends.found(facts) if found else node.ends.found(facts)
    return found


def _exact_query(route: Route) -> tuple[tuple[str, str], ...] | None:
    """Return the whole query that a route wants, where it is plain text without repeated names."""
    for criterion in route.criteria:
        if isinstance(criterion, NamedCriterion) and criterion.field == "params" and criterion.exact:
            if all(type(want) is str for want in criterion.wants.values()):
                return tuple(sorted((name, str(want)) for name, want in criterion.wants.items()))
            return None
    return None
