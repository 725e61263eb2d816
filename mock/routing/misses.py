"""A request that no route answers, and the report that says why.

What is reported is what was decided: each criterion's own `differences`, asked once more, none left out.
The routes that are compared are bounded, every line is bounded, secrets are masked, and whatever goes wrong while a
report is made ends in the report, not in an exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..matching.differing import difference_lines, differences
from ..matching.masking import masked_url
from ..places import NOWHERE, shortened
from ..sendable import unsupported
from ..values import show
from .suggestions import suggestion, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...client import Request
    from ..matching.criteria import Criterion
    from ..matching.facts import Facts
    from ..places import Place
    from ..values import Difference
    from .routes import Route

COMPARED_MOST = 2_000
SHOWN_MOST = 3
DIFFERENCES_MOST = 6
FAR = 0.4
"""A route that is further away than this is shown only when none is nearer."""
_BODIES = frozenset({"content", "json", "text"})
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
        routes: Sequence[Route],
        obstacles: dict[int, str],
        culprit: Route | None = None,
        written_as: str = "router",
    ) -> None:
        self.facts = facts
        self.place = place
        self.is_settled = False
        """Whether it has been reported, or was expected."""
        self._routes = routes
        self._obstacles = obstacles
        self._culprit = culprit
        self._written_as = written_as
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
            found = differences(criterion, self.facts)
            verdicts.append(Verdict(criterion.field, criterion.describe(), found))
            weight = WEIGHTS.get(criterion.field, 1.0)
            total += weight
            distance += weight * _share(criterion, found, self.facts)
        return NearMiss(route, verdicts, self._obstacles.get(id(route), ""), distance / total if total else 0.0)

    def _headline(self) -> str:
        asked = f"no route answers {self.request.method} {masked_url(str(self.request.url))}"
        if self.place is NOWHERE:
            return asked
        where = f" in {self.place.function}()" if self.place.function else ""
        return f"{asked}\n  called {'at' if self.place.line else 'in'} {self.place}{where}"

    def _report(self) -> str:
        if self._culprit is not None:
            return self._culprit_report(self._culprit)
        near = self.near()
        parts = [self._headline()]
        if not near:
            # Whoever comes from respx adds routes with the module's functions.
            parts.append("there are no routes at all; `mock.get(...)` by itself adds none")
        for place, miss in enumerate(near):
            if place and miss.distance > FAR:
                break
            count = len(self._routes)
            parts += [
                "",
                *_near_lines(miss, "next" if place else "closest" if count == 1 else f"closest of {count} routes"),
                *self._confused(miss),
            ]
        parts += ["", *self._mend(near[0].route.place if near else None)]
        return "\n".join(parts)

    def _confused(self, miss: NearMiss) -> list[str]:
        """Return what to do where a route asks for a body that is perhaps meant as its reply, as elsewhere."""
        asked = [verdict.field for verdict in miss.verdicts if verdict.found and verdict.field in _BODIES]
        if not asked or self.facts.body() or miss.route.place.path.endswith((".yaml", ".yml")):
            return []
        word = asked[0]
        return [f"      `{word}=` of a route is what the request must have; `.respond({word}=...)` is what it gets"]

    def _mend(self, place: Place | None) -> list[str]:
        """Return what to write, and where: in the YAML file, where the closest route is in one."""
        wrong = unsupported(self.request.url)
        if wrong is not None:
            return [f"no route could answer it: {wrong}"]
        if place is not None and place.path.endswith((".yaml", ".yml")):
            return [f"to answer it, write in {shortened(place.path)}, under `routes:`", f"  {written(self.facts)}"]
        return ["to answer it, write", f"  {suggestion(self.facts, self._written_as)}"]

    def _culprit_report(self, route: Route) -> str:
        if route.is_forbidden:
            why = "which says that it must never be called"
        else:
            count = route.plan.length
            used = "reply is used up" if count == 1 else f"{count} replies are used up"
            why = f"whose {used}, and `.then_fail()` allows no more"
        return "\n".join(
            [
                self._headline().replace("no route answers", "a route refuses"),
                f"  by {route.label}, {why}   {route.place}",
            ]
        )


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
    held = "all" if miss.held == len(miss.verdicts) else f"{miss.held} of {len(miss.verdicts)}"
    lines = [f"{word}: {route.label}   {route.place}   {held} hold"]
    fine = [f"{verdict.field} {verdict.want}" for verdict in miss.verdicts if not verdict.found]
    lines += [f"  {'ok' if not place else '  '}  {line}" for place, line in enumerate(_wrapped(fine))]
    for verdict in miss.verdicts:
        for difference in verdict.found[:DIFFERENCES_MOST]:
            lines += difference_lines(verdict.field, difference)
        if len(verdict.found) > DIFFERENCES_MOST:
            lines.append(f"      ... and {len(verdict.found) - DIFFERENCES_MOST} more in {verdict.field}")
    if miss.obstacle:
        lines.append(f"  NO  {miss.obstacle}")
    return lines


def _wrapped(parts: list[str]) -> list[str]:
    """Join parts with commas, in lines that fit a terminal."""
    lines: list[str] = []
    for whole in parts:
        part = masked_url(whole if len(whole) <= 90 else f"{whole[:89]}…")
        if lines and len(lines[-1]) + len(part) < 96:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return lines
