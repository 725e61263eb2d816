"""What may stand for a step in `calls.assert_order(...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import RouteError
from .facts import Facts
from .grammar import target_criteria
from .matchers import Matcher
from .targets import parse_target
from .values import is_predicate, show

if TYPE_CHECKING:
    from .call_log import Call


def step_fits(step: Any, call: Call) -> bool:
    """Whether a call is the step that was meant."""
    from .routes import Route

    if isinstance(step, Route):
        return call.route is step or call.route.original is step
    if isinstance(step, Matcher):
        return step.holds(Facts(call.request))
    if isinstance(step, str):
        if call.route.name == step:
            return True
        if "/" not in step:
            return False
        return Matcher(target_criteria(parse_target(step))).holds(Facts(call.request))
    if is_predicate(step):
        return bool(step(call.request))
    raise RouteError(
        f"a step is a route, a route's name, a target such as 'POST /orders' or a matcher; not {show(step)}"
    )


def step_shown(step: Any) -> str:
    """Return a step as a reader would name it."""
    return repr(step) if isinstance(step, str) else str(step)
