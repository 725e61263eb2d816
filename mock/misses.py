"""A request that no route answers, and the report that says why.

What is reported is what was decided: each criterion's own `differences`, asked once more, none left out.
The routes that are compared are bounded, every line is bounded, secrets are masked, and whatever goes wrong while a
report is made ends in the report, not in an exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .criteria import Criterion
from .masking import masked, masked_url
from .suggestions import suggestion
from .values import ABSENT, Condition, Difference, show

if TYPE_CHECKING:
    from ..client import Request
    from .facts import Facts
    from .places import Place
    from .routes import Route

COMPARED_MOST = 2_000
SHOWN_MOST = 3
DIFFERENCES_MOST = 6
WEIGHTS = {"method": 2.0, "host": 3.0, "path": 3.0, "scheme": 0.5, "port": 0.5}


class Verdict(NamedTuple):
    """One criterion, judged."""

    field: str
    want: str
    found: list[Difference]


class NearMiss(NamedTuple):
    """A route that nearly answered."""

    route: Route
    verdicts: list[Verdict]
    obstacle: str
    distance: float

    @property
    def held(self) -> int:
        """How many criteria hold."""
        return sum(not verdict.found for verdict in self.verdicts)


class Miss:
    """A request that nobody answered, with everything that a report needs."""

    def __init__(
        self,
        facts: Facts,
        place: Place,
        routes: list[Route],
        obstacles: dict[int, str],
        culprit: Route | None = None,
    ) -> None:
        self.facts = facts
        self.place = place
        self.is_settled = False
        """Whether it has been reported, or was expected."""
        self._routes = routes
        self._obstacles = obstacles
        self._culprit = culprit
        self._text: str | None = None

    @property
    def request(self) -> Request:
        """The request."""
        return self.facts.request

    @property
    def text(self) -> str:
        """The report; made when first asked for, and never an exception."""
        if self._text is None:
            try:
                self._text = self._report()
            except Exception as error:
                self._text = (
                    f"{self._headline()}\n(its report could not be made: {type(error).__name__}: {show(str(error))})"
                )
        return self._text

    def near(self) -> list[NearMiss]:
        """Return the closest routes, the closest first."""
        judged = [self._judged(route) for route in self._routes[-COMPARED_MOST:] if route.replaced_by is None]
        judged.sort(key=lambda near: near.distance)
        return judged[:SHOWN_MOST]

    def _judged(self, route: Route) -> NearMiss:
        verdicts: list[Verdict] = []
        distance = total = 0.0
        for criterion in route.criteria:
            found = _differences(criterion, self.facts)
            verdicts.append(Verdict(criterion.field, criterion.describe(), found))
            weight = WEIGHTS.get(criterion.field, 1.0)
            total += weight
            distance += weight * _share(criterion, found, self.facts)
        return NearMiss(route, verdicts, self._obstacles.get(id(route), ""), distance / total if total else 0.0)

    def _headline(self) -> str:
        where = f" in {self.place.function}()" if self.place.function else ""
        return f"no route answers {self.request.method} {masked_url(str(self.request.url))}\n  called at {self.place}{where}"

    def _report(self) -> str:
        if self._culprit is not None:
            return self._culprit_report(self._culprit)
        near = self.near()
        parts = [self._headline()]
        if not near:
            parts.append("there are no routes at all")
        for place, miss in enumerate(near):
            if place and miss.distance > 0.6:
                break
            parts += ["", *_near_lines(miss, "closest" if place == 0 else "next")]
        hidden = len(self._routes) - len(parts)
        _ = hidden
        parts += ["", "to answer it, write", f"  {suggestion(self.facts)}"]
        return "\n".join(parts)

    def _culprit_report(self, route: Route) -> str:
        if route.is_forbidden:
            why = "which says that it must never be called"
        else:
            why = f"whose {route.plan.length} replies are used up, and `.then_fail()` allows no more"
        return "\n".join(
            [
                self._headline().replace("no route answers", "a route refuses"),
                f"  by {route.label}, {why}   {route.place}",
            ]
        )


def _differences(criterion: Criterion, facts: Facts) -> list[Difference]:
    try:
        return criterion.differences(facts)
    except Exception as error:
        return [
            Difference((), _Sentence(criterion.describe()), _Sentence(f"{type(error).__name__}: {show(str(error))}"))
        ]


class _Sentence:
    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _share(criterion: Criterion, found: list[Difference], facts: Facts) -> float:
    """Return how wrong a criterion is, from 0 to 1."""
    if not found:
        return 0.0
    if criterion.field in ("path", "host"):
        from difflib import SequenceMatcher

        got = facts.path if criterion.field == "path" else facts.host
        return 1.0 - SequenceMatcher(None, criterion.describe()[:200], got[:200]).ratio() * 0.9
    return min(1.0, len(found) / max(1, criterion.leaves))


def _near_lines(miss: NearMiss, word: str) -> list[str]:
    route = miss.route
    lines = [f"{word}: {route.label}   {route.place}   {miss.held} of {len(miss.verdicts)} hold"]
    width = max([len(verdict.field) for verdict in miss.verdicts] or [0])
    for verdict in miss.verdicts:
        if not verdict.found:
            lines.append(f"    ok  {verdict.field:{width}}  {masked_url(show(_Sentence(verdict.want), 90))}")
            continue
        for difference in verdict.found[:DIFFERENCES_MOST]:
            lines += _difference_lines(verdict.field, width, difference)
        if len(verdict.found) > DIFFERENCES_MOST:
            lines.append(f"        {'':{width}}  ... and {len(verdict.found) - DIFFERENCES_MOST} more differences")
    if miss.obstacle:
        lines.append(f"    NO  {miss.obstacle}")
    return lines


def _difference_lines(field: str, width: int, difference: Difference) -> list[str]:
    where = _way(difference.where, field)
    name = difference.where[-1] if difference.where else field
    want = (
        show(masked(difference.want, name))
        if not isinstance(difference.want, Condition)
        else difference.want.describe()
    )
    got = show(masked(difference.got, name))
    if want == "absent" and difference.got is not ABSENT:
        want = "nothing"
    note = f"   ({difference.note})" if difference.note else ""
    return [
        f"    NO  {field:{width}}  {where}want {want}",
        f"        {'':{width}}  {' ' * len(where)}got  {masked_url(got)}{note}",
    ]


def _way(where: tuple[str | int, ...], field: str) -> str:
    if not where:
        return ""
    if field != "json":
        return f"{'.'.join(map(str, where))}  "
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where) + "  "
