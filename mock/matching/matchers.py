"""Matchers: criteria joined by and, or and not, and how specific they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from ..errors import RouteError
from ..values import SAME, Difference, Differences, is_predicate, show
from .criteria import (
    COST,
    Criterion,
    FieldCriterion,
    HostCriterion,
    Negated,
    PathCriterion,
    WhenCriterion,
    Words,
)
from .facts import Facts
from .grammar import parse_criteria
from .templates import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...client import Request


class Matcher:
    """Criteria that a request must all meet; join matchers with `&`, `|` and `~`.

    >>> cheap = match(json__total__lt=10) | match(json__coupon=ANY)
    >>> ~cheap & match(method="POST")
    <Matcher method POST and not (json total less than 10 or json coupon anything)>
    """

    __slots__ = ("criteria",)

    def __init__(self, criteria: Iterable[Criterion]) -> None:
        ordered = sorted(criteria, key=lambda criterion: COST.get(criterion.field, 99))
        self.criteria: tuple[Criterion, ...] = tuple(ordered)

    def matches(self, request: Request) -> bool:
        """Whether a request meets all criteria; its body is read into memory."""
        request.read()
        return self.holds(Facts(request))

    def holds(self, facts: Facts) -> bool:
        """Whether all criteria hold; stops at the first that does not."""
        return all(not criterion.differences(facts) for criterion in self.criteria)

    def describe(self) -> str:
        """Return what is wanted, in one line."""
        if not self.criteria:
            return "anything"
        return " and ".join(
            criterion.describe() if criterion.field == "any" else f"{criterion.field} {criterion.describe()}"
            for criterion in self.criteria
        )

    def __and__(self, other: Matcher) -> Matcher:
        return Matcher([*self.criteria, *other.criteria]) if isinstance(other, Matcher) else NotImplemented

    def __or__(self, other: Matcher) -> Matcher:
        return Matcher([AnyOf((self, other))]) if isinstance(other, Matcher) else NotImplemented

    def __invert__(self) -> Matcher:
        return Matcher([Negated(self.criteria[0] if len(self.criteria) == 1 else AnyOf((self,)))])

    def __repr__(self) -> str:
        return f"<Matcher {self.describe()}>"


class AnyOf:
    """Wants at least one of several matchers to hold."""

    __slots__ = ("leaves", "matchers")

    field = "any"

    def __init__(self, matchers: tuple[Matcher, ...]) -> None:
        self.matchers: tuple[Matcher, ...] = matchers
        self.leaves: int = min(sum(criterion.leaves for criterion in matcher.criteria) for matcher in matchers)

    def differences(self, facts: Facts) -> Differences:
        for matcher in self.matchers:
            if matcher.holds(facts):
                return SAME
        return [Difference((), Words(self.describe()), Words("none of them"))]

    def describe(self) -> str:
        return f"({' or '.join(matcher.describe() for matcher in self.matchers)})"


class Specificity(NamedTuple):
    """How specific a route is: compared from left to right, more is more specific."""

    literal_segments: int = 0
    template_segments: int = 0
    expressions: int = 0
    """Regular expressions in the path, counted downwards: a route with fewer is more specific."""
    host: int = 0
    fields: int = 0
    leaves: int = 0

    def __str__(self) -> str:
        parts = [f"{self.literal_segments}+{self.template_segments} segments"]
        if self.expressions:
            parts.append(f"{-self.expressions} regex")
        parts += [("no host", "host pattern", "host")[self.host], f"{self.fields} fields", f"{self.leaves} values"]
        return ", ".join(parts)


def match(*matchers: Matcher | Callable[[Request], Any], **criteria: Any) -> Matcher:
    """Return a matcher from keyword criteria, matchers and predicates; all of them must hold.

    The words are those of `route`, and of queries over calls: `match(method="POST", json__total__gte=3)`.
    """
    return Matcher([*joined(matchers), *parse_criteria(criteria)])


def joined(matchers: Iterable[object]) -> list[Criterion]:
    """Return the criteria of matchers and predicates."""
    found: list[Criterion] = []
    for matcher in matchers:
        if isinstance(matcher, Matcher):
            found.extend(matcher.criteria)
        elif is_predicate(matcher):
            found.append(WhenCriterion(matcher))
        else:
            raise RouteError(
                f"a matcher comes from `match(...)`, or is a function of the request; not {show(matcher)} "
                "(what a route answers is said with `.respond(...)`)"
            )
    return found


def specificity(criteria: Iterable[Criterion]) -> Specificity:
    """Return how specific criteria are, taken together."""
    literals = templates = expressions = host = leaves = 0
    fields: set[str] = set()
    for criterion in criteria:
        fields.add(criterion.field)
        leaves += criterion.leaves
        if isinstance(criterion, PathCriterion):
            own = criterion.template
            # The path "/" is one literal: it says all there is to say about a path.
            literals = own.literals
            templates = sum(isinstance(segment, Piece) for segment in own.segments)
        elif isinstance(criterion, HostCriterion):
            host = 2 if criterion.host.literal is not None else 1
        elif isinstance(criterion, FieldCriterion) and criterion.field in ("path", "url"):
            expressions -= 1
    return Specificity(literals, templates, expressions, host, len(fields), leaves)
