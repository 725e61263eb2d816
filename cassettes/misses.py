"""Why no recording answers a request, told so that the reader knows what to do next.

The recordings that agree with the request in most parts are its neighbors.
The nearest is compared with it part by part, and from what differs follows what would mend it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .errors import AllPlayed, NoMatch
from .paths import PLACES
from .plain import is_mapping, is_sequence

if TYPE_CHECKING:
    from .episodes import Episode
    from .interactions import RecordedRequest
    from .matching import Matcher

_WEIGHTS = {"method": 2, "scheme": 1, "host": 3, "port": 1, "path": 4}
_COMPARED = 200
_SHOWN = 8


def all_played(path: str, mode: str, request: RecordedRequest, episodes: list[Episode], policy: str) -> AllPlayed:
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


def no_match(path: str, mode: str, request: RecordedRequest, episodes: list[Episode], matcher: Matcher) -> NoMatch:
    """Return the error for a request that no recording answers."""
    played = sum(1 for episode in episodes if episode.plays)
    what = f"no recording answers {request.method} {request.url}"
    counts = f"{len(episodes)} interaction{'' if len(episodes) == 1 else 's'}, {played} played, mode {mode}"
    record = "record it with mode='new_episodes'"
    if not episodes:
        return NoMatch(f"{what}: the cassette holds no interactions (mode {mode})", path=path, mend=_sentence(record))
    asked = parts(request, matcher)
    nearest, theirs = _nearest(asked, episodes, matcher)
    different = [name for name in {**theirs, **asked} if theirs.get(name) != asked.get(name)]
    lines = [
        f"{what} ({counts})",
        f"  nearest: line {nearest.line}  {nearest.summary}{'' if nearest.plays else '  (unplayed)'}",
    ]
    width = min(max((len(name) for name in different[:_SHOWN]), default=0), 32)
    lines.extend(
        f"    {name:<{width}}  recorded {_shown(theirs.get(name))}  now {_shown(asked.get(name))}"
        for name in different[:_SHOWN]
    )
    if len(different) > _SHOWN:
        lines.append(f"    ... and {len(different) - _SHOWN} more")
    mend: list[str] = []
    ignorable = [name for name in different if name.partition(".")[0] in PLACES]
    if ignorable and len(ignorable) == len(different):
        mend.append(
            f"If that does not matter, say `ignore: [{', '.join(ignorable)}]` in the first document, or ignore= in code"
        )
    mend.append(record)
    return NoMatch("\n".join(lines), path=path, line=nearest.line, mend=_sentence("; or ".join(mend)))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _nearest(asked: dict[str, Any], episodes: list[Episode], matcher: Matcher) -> tuple[Episode, dict[str, Any]]:
    """Return the episode that agrees in most, unplayed ones first, and its parts."""
    best: tuple[float, Episode, dict[str, Any]] | None = None
    place = (asked["method"], asked["path"])
    # Parsing all of a large cassette would take seconds: those that share a path come first.
    ranked = sorted(episodes, key=lambda episode: _is_far(episode, place))[:_COMPARED]
    for episode in ranked:
        theirs = parts(episode.request, matcher)
        score = sum(_WEIGHTS.get(name, 2) for name, value in asked.items() if theirs.get(name) == value)
        score -= sum(1 for name in theirs if name not in asked)
        nearness = score + (0 if episode.plays else 0.5) + _common(asked["path"], theirs["path"])
        if best is None or nearness > best[0]:
            best = (nearness, episode, theirs)
    assert best is not None
    return best[1], best[2]


def _is_far(episode: Episode, place: tuple[str, str]) -> int:
    return (not episode.summary.startswith(f"{place[0]} ")) + 2 * (place[1] not in episode.summary)


def _common(one: str, other: str) -> float:
    """Return how many leading segments two paths share, as part of one."""
    mine, theirs = one.split("/"), other.split("/")
    same = 0
    for left, right in zip(mine, theirs):
        if left != right:
            break
        same += 1
    return same / max(len(mine), len(theirs))


def parts(request: RecordedRequest, matcher: Matcher) -> dict[str, Any]:
    """Return what is compared of a request, taken apart into the smallest things that have a name."""
    found: dict[str, Any] = {}
    for name in ("method", "scheme", "host", "port", "path"):
        found[name] = matcher.field(name, request)
    query: Any = matcher.field("query", request)
    for name, value in query:
        _add(found, f"query.{name}", value)
    for name in matcher.fields:
        if name.startswith("header."):
            found[name] = matcher.field(name, request)
    if "body" in matcher.fields:
        body: Any = matcher.field("body", request)
        kind, value = body or ("", "")
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
