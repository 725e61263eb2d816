"""Why no recording answers a request, told so that the reader knows what to do next.

The recordings that agree with the request in most parts are its neighbors.
The nearest is compared with it part by part, and from what differs follows what would mend it.
"""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from ..client import URL
from .errors import AllPlayed, NetworkDenied, NoMatch, OutOfOrder
from .paths import PLACES
from .plain import is_mapping, is_sequence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .episodes import Episode, Library
    from .interactions import RecordedRequest
    from .matching import Matcher

_WEIGHTS = {"method": 2, "scheme": 1, "host": 3, "port": 1, "path": 4}
_COMPARED = 200
_SHOWN = 8


def all_played(path: str, mode: str, request: RecordedRequest, episodes: Sequence[Episode], policy: str) -> AllPlayed:
    """Return the error for a request whose recordings were all played."""
    last = episodes[-1]
    times = "once" if len(episodes) == 1 else f"{len(episodes)} times"
    allowed = "`repeats: safe` repeats GET, HEAD and OPTIONS only" if policy == "safe" else f"`repeats: {policy}`"
    return AllPlayed(
        f"{request.method} {request.url} was recorded {times}, and is now sent once more ({allowed})",
        path=path,
        line=last.line,
        mend="If the program may repeat it, say `repeats: last` in the first document or `repeats='last'` in code; "
        + ("record the further request with mode='new_episodes'." if mode != "new_episodes" else ""),
    )


def out_of_order(path: str, mode: str, request: RecordedRequest, expected: Episode, library: Library) -> OutOfOrder:
    """Return the error for a request that is not the next one in a cassette of strict order."""
    lines = [
        f"{request.method} {request.url} is sent, but the next recording answers another request "
        f"(strict order, mode {mode})",
        f"  next: line {expected.line}  {expected.summary}",
        *_differences(parts(expected.request, library.matcher), parts(request, library.matcher)),
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


def no_match(path: str, mode: str, request: RecordedRequest, library: Library) -> NoMatch:
    """Return the error for a request that no recording answers."""
    episodes, matcher = library.episodes, library.matcher
    played = sum(1 for episode in episodes if episode.plays)
    what = f"no recording answers {request.method} {request.url}"
    counts = f"{len(episodes)} interaction{'' if len(episodes) == 1 else 's'}, {played} played, mode {mode}"
    record = "record it with mode='new_episodes'"
    if not episodes:
        return NoMatch(f"{what}: the cassette holds no interactions (mode {mode})", path=path, mend=_sentence(record))
    asked = parts(request, matcher)
    nearest, theirs = _nearest(asked, episodes, matcher)
    random = _random(asked, episodes, matcher)
    lines = [
        f"{what} ({counts})",
        f"  nearest: line {nearest.line}  {nearest.summary}{'' if nearest.plays else '  (unplayed)'}",
        *_differences(theirs, asked, random),
    ]
    mend: list[str] = []
    different = [name for name in {**theirs, **asked} if theirs.get(name) != asked.get(name)]
    if different and all(name.partition(".")[0] in PLACES for name in different):
        mend.append(
            f"If that does not matter, say `ignore: [{', '.join(different)}]` in the first document, or ignore= in code"
        )
    mend.append(record)
    return NoMatch("\n".join(lines), path=path, line=nearest.line, mend=_sentence("; or ".join(mend)))


def _differences(theirs: dict[str, Any], asked: dict[str, Any], random: dict[str, int] | None = None) -> list[str]:
    """Return one line for each part that differs."""
    different = [name for name in {**theirs, **asked} if theirs.get(name) != asked.get(name)]
    shown = different[:_SHOWN]
    width = min(max(map(len, shown), default=0), 32)
    lines: list[str] = []
    for name in shown:
        line = f"    {name:<{width}}  recorded {_shown(theirs.get(name))}  now {_shown(asked.get(name))}"
        if random and name in random:
            line += f"  (looks random: another one in each of {random[name]} recordings)"
        lines.append(line)
    if len(different) > _SHOWN:
        lines.append(f"    ... and {len(different) - _SHOWN} more")
    return lines


def _random(asked: dict[str, Any], episodes: Sequence[Episode], matcher: Matcher) -> dict[str, int]:
    """Return the parts that are another in every recording of this URL, and how many recordings there are."""
    place = (asked["method"], asked["path"])
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


def _nearest(asked: dict[str, Any], episodes: Sequence[Episode], matcher: Matcher) -> tuple[Episode, dict[str, Any]]:
    """Return the episode that agrees in most, unplayed ones first, and its parts."""
    best: tuple[float, Episode, dict[str, Any]] | None = None
    place = (asked["method"], asked["path"])
    # Parsing all of a large cassette would take seconds: those that share a path come first.
    ranked = sorted(episodes, key=lambda episode: _is_far(episode, place))[:_COMPARED]
    for episode in ranked:
        theirs = parts(episode.request, matcher)
        score = sum(_WEIGHTS.get(name, 2) for name, value in asked.items() if theirs.get(name) == value)
        score -= sum(1 for name in theirs if name not in asked)
        nearness = score + (0 if episode.plays else 0.5) + _likeness(asked["path"], theirs["path"])
        if best is None or nearness > best[0]:
            best = (nearness, episode, theirs)
    assert best is not None
    return best[1], best[2]


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


def parts(request: RecordedRequest, matcher: Matcher) -> dict[str, Any]:
    """Return what is compared of a request, taken apart into the smallest things that have a name."""
    found: dict[str, Any] = {}
    for name in ("method", "scheme", "host", "port", "path"):
        found[name] = matcher.field(name, request)
    query: Any = matcher.field("query", request)
    for name, said in query:
        _add(found, f"query.{name}", said)
    for name in matcher.fields:
        if name.startswith("header."):
            found[name] = matcher.field(name, request)
    if "body" in matcher.fields:
        body: Any = matcher.field("body", request)
        if isinstance(body, str):  # the digest of one that is too long for memory
            body = ("file", body)
        kind: str = body[0] if body else ""
        value: Any = body[1] if body else None
        if kind == "json":
            _flatten(json.loads(value), "json", found)
        elif kind == "form":
            for name, item in value:
                _add(found, f"form.{name}", item)
        elif kind:
            found["body"] = value
    return found


def _flatten(data: Any, name: str, found: dict[str, Any]) -> None:
    if is_mapping(data) and data:
        for member, item in data.items():
            _flatten(item, f"{name}.{member}", found)
    elif is_sequence(data) and data:
        for number, item in enumerate(data):
            _flatten(item, f"{name}.{number}", found)
    else:
        found[name] = data


def _add(found: dict[str, Any], name: str, value: str) -> None:
    if name in found:
        held = found[name]
        found[name] = [*held, value] if isinstance(held, list) else [held, value]
    else:
        found[name] = value


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
