"""What a route aims at, from all the ways to say it: a target, a URL, a pattern, matchers, keywords, a base URL."""

from __future__ import annotations

from typing import Any

from ..errors import RouteError
from ..matching.criteria import MethodCriterion, PathCriterion
from ..matching.grammar import parse_criteria, target_criteria
from ..matching.matchers import Matcher, joined
from ..matching.targets import Target, parse_target
from ..matching.templates import PathTemplate
from ..values import is_pattern, is_predicate, show

OPTIONS = ("method", "mode", "name", "optional", "place", "priority", "reply", "state", "times")


def aimed(
    target: Any, matchers: tuple[Any, ...], method: Any, criteria: dict[str, Any], kinds: dict[str, str] | None
) -> tuple[Target, Matcher]:
    """Return what a route aims at, from all the ways to say it."""
    given = dict(criteria)
    aim = Target("")
    if is_pattern(target):
        given["url__regex"] = target
        aim = Target(f"/{target.pattern!s}/")
    elif isinstance(target, Matcher) or is_predicate(target):
        matchers = (target, *matchers)
    elif isinstance(target, str):
        aim = parse_target(target, kinds)
    elif target is not None:
        if not hasattr(target, "raw_path"):
            raise RouteError(f"a target is text, a URL, a compiled regular expression or a matcher; not {show(target)}")
        aim = parse_target(str(target), kinds)
    if method is not None:
        if aim.methods is not None:
            raise RouteError(f"the method is said twice: in {aim.text!r} and as method={method!r}")
        said = parse_criteria({"method": method})
        aim = aim._replace(methods=said[0].methods if said and isinstance(said[0], MethodCriterion) else None)
    both = [
        word
        for word, part in (("path", aim.path), ("url", aim.path), ("host", aim.host))
        if part is not None and word in given
    ]
    if both:
        raise RouteError(f"`{both[0]}` is said twice: in {aim.text!r} and as {both[0]}={given[both[0]]!r}")
    if not isinstance(target, str) and "url" in given and isinstance(given["url"], str):
        aim = parse_target(given.pop("url"), kinds)._replace(methods=aim.methods)
    if "path" in given and isinstance(given["path"], str) and aim.host is None:
        aim = aim._replace(path=parse_target(given["path"], kinds).path, text=aim.text or given["path"])
        if aim.path is not None:
            given.pop("path")
    own = [*target_criteria(aim), *joined(matchers), *parse_criteria(given, OPTIONS)]
    return aim, Matcher(own)


def below(base: Target, target: Target, own: Matcher) -> Matcher:
    """Return a route's criteria below a base URL."""
    prefix = "" if base.path is None else base.path.text.rstrip("/")
    rest = [criterion for criterion in own.criteria if not isinstance(criterion, PathCriterion)]
    path = PathTemplate.joined(PathTemplate(prefix or "/"), target.path or PathTemplate("/**"))
    origin = target_criteria(base._replace(path=path, query=None, methods=None))
    return Matcher([*origin, *rest])
