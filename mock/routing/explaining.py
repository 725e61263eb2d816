"""Which route would answer a request, and why that one: the routes of its path in the order in which they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...client import Request
from ..matching.facts import Facts
from ..matching.masking import masked_url
from ..places import NOWHERE
from .misses import Miss

if TYPE_CHECKING:
    from .resolution import Script
    from .routes import Route

_SHOWN_MOST = 20


def asked_for(asked: Any, base_url: str, options: dict[str, Any]) -> Request:
    """Return the request that is meant by a request, or by text such as `"POST /orders"`."""
    if isinstance(asked, Request):
        return asked
    method, blank, url = str(asked).strip().partition(" ")
    method, url = (method, url.strip()) if blank else ("GET", method)
    # A path alone is one below the base URL, as in a route.
    return Request(method, base_url + url if url.startswith("/") else url, **options)


def explained(script: Script, request: Request) -> str:
    """Return the choice that a router would make for a request; nothing is counted."""
    facts = Facts(request)
    chosen = script.choose(facts, counts=False)
    asked = f"{request.method} {masked_url(str(request.url))}"
    routes = script.ranked(facts)
    if chosen is None:
        obstacles = script.obstacles((), len(script.routes))
        return Miss(facts, NOWHERE, script.recent_routes, obstacles, written_as=script.written_as).text
    obstacles = script.obstacles((), len(script.routes))
    lines = [f"{asked} is answered by {chosen[0].label}   {chosen[0].place}"]
    lines.append(f'asked in this order ("{script.order}"):')
    for number, route in enumerate(routes[:_SHOWN_MOST], 1):
        priority = f"priority {route.priority}, " if route.priority else ""
        lines.append(f"  {number}. {route.label}   {route.place}   {priority}{route.specificity}")
        lines.append(f"     {_verdict(route, facts, chosen[0], obstacles.get(id(route)))}")
    if len(routes) > _SHOWN_MOST:
        lines.append(f"  ... and {len(routes) - _SHOWN_MOST} more")
    return "\n".join(lines)


def _verdict(route: Route, facts: Facts, chosen: Route, obstacle: str | None) -> str:
    if route is chosen:
        return "refuses: it must never be called" if route.is_forbidden else f"answers: {route.plan.describe()}"
    if obstacle is not None:
        return f"leaves it to others: {obstacle}"
    for criterion in route.criteria:
        if criterion.differences(facts):
            return f"does not fit: {criterion.field} {masked_url(criterion.describe())}"
    return "fits as well, and is asked later"
