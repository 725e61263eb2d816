"""Finding routes that can never win, from their definitions alone.

One route covers another when every request that the other answers would meet it, too.
What covers, is asked earlier and is never used up, leaves nothing to the other.
Only what is certain is reported: criteria that cannot be compared count as different.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..matching.criteria import HostCriterion, MethodCriterion, NamedCriterion, PathCriterion
from ..matching.templates import PathTemplate, Piece, Rest, Segment, fits
from ..replies.sugar import Handle

if TYPE_CHECKING:
    from ..matching.criteria import Criterion
    from ..replies.kinds import Reply
    from .routes import Route


def hides(first: Route, other: Route) -> bool:
    """Whether a route that is asked first leaves nothing to another."""
    return (
        first.most is None
        and not first.transitions
        and first.plan.ending != "fall_through"
        and not any(map(_may_pass, first.plan.replies))
        and covers(first, other)
    )


def told(first: Route, other: Route) -> str:
    """Return the finding as people read it."""
    return (
        f"{other.label} can never answer: {first.label} ({first.place}) goes first and answers all of its requests; "
        "make one of them more specific, or say `priority=`, `times=` or `state=`"
    )


def ties(first: Route, other: Route) -> bool:
    """Whether some requests surely meet both of two routes, and nothing but their order decides between them."""
    return (
        first.priority == other.priority
        and first.specificity == other.specificity
        and not any(each.most is not None or each.transitions for each in (first, other))
        and not covers(first, other)
        and not covers(other, first)
        and all(_agree(one, two) for one in first.criteria for two in other.criteria if one.field == two.field)
    )


def tie_told(first: Route, other: Route) -> str:
    """Return the finding as people read it; `first` is the one that wins."""
    return (
        f"{first.label} and {other.label} ({other.place}) answer some of the same requests, "
        "and only their order decides: say `priority=`, or make one of them more specific"
    )


def covers(wide: Route, narrow: Route) -> bool:
    """Whether every request that meets `narrow` surely meets `wide`."""
    return all(any(_implied(want, have) for have in narrow.criteria) for want in wide.criteria)


def _may_pass(reply: Reply) -> bool:
    # A handler may say that a request is not for it.
    return isinstance(reply, Handle)


def _implied(want: Criterion, have: Criterion) -> bool:  # noqa: PLR0911  # a line a kind
    """Whether a criterion holds wherever another one does."""
    if want is have:
        return True
    if type(want) is not type(have) or want.field != have.field:
        return False
    if isinstance(want, MethodCriterion) and isinstance(have, MethodCriterion):
        return set(have.methods) <= set(want.methods)
    if isinstance(want, PathCriterion) and isinstance(have, PathCriterion):
        return _path_covers(want.template, have.template)
    if isinstance(want, HostCriterion) and isinstance(have, HostCriterion):
        if have.host.literal is None:
            return want.host.text == have.host.text
        return want.host.match(have.host.literal) is not None
    if isinstance(want, NamedCriterion) and isinstance(have, NamedCriterion):
        return _names_cover(want, have)
    return _plain(want) is not None and _plain(want) == _plain(have)


def _agree(one: Criterion, two: Criterion) -> bool:
    """Whether two criteria of one field surely hold for some request together."""
    if _implied(one, two) or _implied(two, one):
        return True
    if isinstance(one, NamedCriterion) and isinstance(two, NamedCriterion):
        return not one.exact and not two.exact and not one.wants.keys() & two.wants.keys()
    if isinstance(one, PathCriterion) and isinstance(two, PathCriterion):
        own, others = one.template.segments, two.template.segments
        return len(own) == len(others) and all(
            _segment_covers(mine, theirs) or _segment_covers(theirs, mine) for mine, theirs in zip(own, others)
        )
    return False


def _names_cover(want: NamedCriterion, have: NamedCriterion) -> bool:
    if want.exact and not (have.exact and want.wants.keys() == have.wants.keys()):
        return False
    return all(
        name in have.wants and type(value) is str and type(have.wants[name]) is str and value == have.wants[name]
        for name, value in want.wants.items()
    )


def _path_covers(wide: PathTemplate, narrow: PathTemplate) -> bool:
    rest = wide.rest_at
    if rest is None:
        return (
            narrow.rest_at is None
            and len(wide.segments) == len(narrow.segments)
            and all(map(_segment_covers, wide.segments, narrow.segments))
        )
    after = len(wide.segments) - rest - 1
    own = narrow.segments
    before_ends = narrow.rest_at is None or narrow.rest_at >= rest
    if (
        not before_ends
        or len(own) - (narrow.rest_at is not None) < rest + after
        or (after and narrow.rest_at is not None)
    ):
        return False
    tail = own[len(own) - after :] if after else ()
    return all(map(_segment_covers, wide.segments[:rest], own[:rest])) and all(
        map(_segment_covers, wide.segments[rest + 1 :], tail)
    )


def _segment_covers(wide: Segment, narrow: Segment) -> bool:
    if isinstance(wide, str):
        return wide == narrow
    if isinstance(wide, Rest) or isinstance(narrow, Rest):
        return isinstance(wide, Rest)
    if isinstance(narrow, str):
        return fits(wide, narrow, {})
    if wide.pattern is None:
        return True
    return isinstance(narrow, Piece) and narrow.pattern == wide.pattern


def _plain(criterion: Criterion) -> tuple[str, ...] | None:
    """Return what a criterion compares with, where that is one plain value; `None` where it is more."""
    for name in ("scheme", "port"):
        value = getattr(criterion, name, None)
        if isinstance(value, (str, int)):
            return (name, str(value))
    want = getattr(getattr(criterion, "condition", None), "want", None)
    if isinstance(want, (str, int, bytes)):
        return (criterion.field, repr(want), *map(str, getattr(criterion, "names", ())))
    return None
