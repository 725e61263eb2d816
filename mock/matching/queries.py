"""What may stand for a step in `calls.assert_order(...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import RouteError
from ..values import is_predicate, show
from .facts import Facts
from .grammar import target_criteria
from .matchers import Matcher
from .targets import parse_target

if TYPE_CHECKING:
    from ...client import Request


def step_fits(step: Any, request: Request, route: Any) -> bool:
    """Whether a call is the step that was meant: a route, its name, a target, a matcher or a predicate."""
    if step is route or step is route.original:
        return True
    if isinstance(step, Matcher):
        return step.holds(Facts(request))
    if isinstance(step, str):
        if "/" not in step or route.name == step:
            return bool(route.name == step)
        return Matcher(target_criteria(parse_target(step))).holds(Facts(request))
    if is_predicate(step):
        return bool(step(request))
    if hasattr(step, "criteria"):
        return False
    raise RouteError(f"a step is a route, its name, a target such as 'POST /orders' or a matcher; not {show(step)}")
