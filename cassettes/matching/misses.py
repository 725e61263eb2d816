"""Why no recording answers a request, told so that the reader knows what to do next.

The recordings that agree with the request in most parts are its neighbors.
The nearest is compared with it part by part, and from what differs follows what would mend it.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from ...client import URL, Request
from ..data.paths import PLACES
from ..errors import AllPlayed, NetworkDenied, NoMatch, OutOfOrder
from . import differences, mending
from .differences import parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...mock import Router
    from ..interactions import RecordedRequest
    from .episodes import Episode, Library
    from .keys import Matcher

_WEIGHTS = {"method": 2, "scheme": 1, "host": 3, "port": 1, "path": 4}
_COMPARED = 200


def all_played(path: str, request: RecordedRequest, episodes: Sequence[Episode], matcher: Matcher) -> AllPlayed:
    """Return the error for a request whose recordings were all played."""
    last, policy = episodes[-1], matcher.settings.repeats
    times = "once" if len(episodes) == 1 else f"{len(episodes)} times"
    allowed = "`repeats: safe` repeats GET, HEAD and OPTIONS only" if policy == "safe" else f"`repeats: {policy}`"
    repeat = "say `repeats='last'` in code"
    if not matcher.settings.is_lenient:  # a tape of another tool has no first document
        repeat = "say `repeats: last` in the first document or `repeats='last'` in code"
    if matcher.settings.order == "strict":
        allowed, repeat = "strict order repeats nothing", "remove `order: strict`"
    return AllPlayed(
        f"{request.method} {request.url} was recorded {times}, and is now sent once more ({allowed})",
        path=path,
        line=last.line,
        mend=f"If the program may repeat it, {repeat}; or {_record(matcher, 'the further request')}.",
    )


def out_of_order(path: str, mode: str, request: RecordedRequest, expected: Episode, library: Library) -> OutOfOrder:
    """Return the error for a request that is not the next one in a cassette of strict order."""
    lines = [
        f"{request.method} {request.url} is sent, but the next recording answers another request "
        f"(strict order, mode {mode})",
        f"  next: line {expected.line}  {expected.summary}",
        *differences.lines(parts(expected.request, library.matcher), parts(request, library.matcher)),
    ]
    return OutOfOrder(
        "\n".join(lines),
        path=path,
        line=expected.line,
        mend="If the order does not matter, remove `order: strict`; if it has changed, record with mode='update'.",
    )


def network_denied(path: str, mode: str, request: RecordedRequest, library: Library, said: str) -> NetworkDenied:
    """Return the error for a request that would be recorded, if the cassette let it be sent."""
    denied = f"`network: {said}` keeps it from being sent"
    mend = f"Say `network: allow` or name the host {URL(request.url).host} there, if it may be asked"
    if mode in ("all", "update"):
        problem = f"{request.method} {request.url} is to be recorded anew (mode {mode}), and {denied}"
        return NetworkDenied(problem, path=path, mend=f"{mend}; or replay with mode='none'.")
    missed = no_match(path, mode, request, library)
    first, *others = missed.problem.split("\n")
    return NetworkDenied("\n".join([f"{first}, and {denied}", *others]), path=path, line=missed.line, mend=f"{mend}.")


def no_match(path: str, mode: str, request: RecordedRequest, library: Library, router: Router | None = None) -> NoMatch:
    """Return the error for a request that no recording answers, and no route where there are some."""
    episodes, matcher = library.episodes, library.matcher
    played = sum(1 for episode in episodes if episode.plays)
    nothing = "no recording" if router is None else "no route and no recording"
    what = f"{nothing} answers {request.method} {request.url}"
    routes = _closest_route(request, router)
    counts = f"{len(episodes)} interaction{'' if len(episodes) == 1 else 's'}, {played} played, mode {mode}"
    record = _record(matcher)
    if not episodes:
        empty = f"{what}: the cassette holds no interactions (mode {mode})"
        mend_by = record if router is None else f"write a route for it; or {record}"
        return NoMatch("\n".join([empty, *routes]), path=path, mend=_sentence(mend_by))
    nearest = nearest_to(request, library)
    asked, theirs = parts(request, matcher), parts(nearest.request, matcher)
    random = _random(request, asked, episodes, matcher)
    lines = [
        f"{what} ({counts})",
        *routes,
        f"  nearest: line {nearest.line}  {nearest.summary}{'' if nearest.plays else '  (unplayed)'}",
        *differences.lines(theirs, asked, random),
        *_refusals(nearest.request, request, matcher),
    ]
    mend: list[str] = []
    found = mending.mend(nearest.request, request, matcher)
    if found is not None:
        mend.append(f"If that does not matter, {found.said(matcher.settings)}")
    mend.append(record)
    return NoMatch("\n".join(lines), path=path, line=nearest.line, mend=_sentence("; or ".join(mend)))


def _record(matcher: Matcher, what: str = "it") -> str:
    record = f"record {what} with mode='new_episodes'"
    if not matcher.settings.is_lenient:
        return record
    # A tape of another tool is never written to.
    return f"convert this tape with understudy.cassettes.convert(source, target), and {record} into the new one"


def _closest_route(request: RecordedRequest, router: Router | None) -> list[str]:
    """Return the lines about the route that comes nearest."""
    if router is None:
        return []
    asked = Request(request.method, request.url, headers=request.headers, content=request.content)
    _, _, closest = router.explain(asked).partition("\n\n")
    return [f"  {line}" for line in closest.partition("\n\n")[0].splitlines()]


def _refusals(recorded: RecordedRequest, sent: RecordedRequest, matcher: Matcher) -> list[str]:
    """Return one line for each function of the author that says that a recording does not answer."""
    return [
        f"    match={getattr(function, '__qualname__', repr(function))} says no"
        for function in matcher.callables
        if not function(recorded, sent)
    ]


def _random(
    request: RecordedRequest, asked: dict[str, Any], episodes: Sequence[Episode], matcher: Matcher
) -> dict[str, int]:
    """Return the parts that are another in every recording of this URL, and how many recordings there are."""
    place = _method_and_path(request, matcher)
    alike = [episode for episode in episodes if not _is_far(episode, place)][:_COMPARED]
    if len(alike) < 2:
        return {}
    known = [parts(episode.request, matcher) for episode in alike]
    names = {name for found in known for name in found if name.partition(".")[0] in PLACES}
    return {
        name: len(known)
        for name in names
        if len({repr(found.get(name)) for found in known} | {repr(asked.get(name))}) == len(known) + 1
    }


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def nearest_to(request: RecordedRequest, library: Library) -> Episode:
    """Return the episode that agrees with a request in most, unplayed ones first; there must be one."""
    matcher = library.matcher
    place = _method_and_path(request, matcher)
    asked = parts(request, matcher)
    # Parsing all of a large cassette would take seconds: those that share a path come first.
    ranked = sorted(library.episodes, key=lambda episode: _is_far(episode, place))[:_COMPARED]

    def nearness(episode: Episode) -> float:
        theirs = parts(episode.request, matcher)
        score = sum(_WEIGHTS.get(name, 2) for name, value in asked.items() if theirs.get(name) == value)
        score -= sum(1 for name in theirs if name not in asked)
        return (
            score + (0 if episode.plays else 0.5) + _likeness(place[1], _method_and_path(episode.request, matcher)[1])
        )

    return max(ranked, key=nearness)


def _method_and_path(request: RecordedRequest, matcher: Matcher) -> tuple[str, str]:
    return request.method, str(matcher.field("path", request))


def _is_far(episode: Episode, place: tuple[str, str]) -> int:
    return (not episode.summary.startswith(f"{place[0]} ")) + 2 * (place[1] not in episode.summary)


def _likeness(one: str, other: str) -> float:
    """Return how alike two paths are: the segments that they share, and then how they are spelled."""
    mine, theirs = one.split("/")[1:], other.split("/")[1:]
    same = 0
    for left, right in zip(mine, theirs):
        if left != right:
            break
        same += 1
    return same / max(len(mine), len(theirs)) + difflib.SequenceMatcher(None, one[:200], other[:200]).ratio() / 2
