"""What may stand for a step in `calls.assert_order(...)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import RouteError
from ..values import is_predicate, show
from .facts import Facts
from .grammar import target_criteria
from .matchers import Matcher
from .targets import parse_target
from .templates import PathTemplate

if TYPE_CHECKING:
    from ...client import Request


def step_fits(step: Any, request: Request, route: Any, base: str = "") -> bool:
    """Whether a call is the step that was meant: a route, its name, a target, a matcher or a predicate.

    A path alone is the whole path, or one below `base`.
    """
    if step is route or step is route.original:
        return True
    if isinstance(step, Matcher):
        return step.holds(Facts(request))
    if isinstance(step, str):
        if "/" not in step or route.name == step:
            return bool(route.name == step)
        return _target_fits(step, Facts(request), base)
    if is_predicate(step):
        return bool(step(request))
    if hasattr(step, "criteria"):
        return False
    raise RouteError(f"a step is a route, its name, a target such as 'POST /orders' or a matcher; not {show(step)}")


def _target_fits(text: str, facts: Facts, base: str) -> bool:
    target = parse_target(text)
    if Matcher(target_criteria(target)).holds(facts):
        return True
    if not base or target.path is None or target.host is not None or target.scheme is not None:
        return False
    target = target._replace(path=PathTemplate(base + target.path.text))
    return Matcher(target_criteria(target)).holds(facts)
