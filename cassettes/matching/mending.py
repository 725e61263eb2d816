"""Which settings would let a recording answer a request; each is tried out before it is said.

1. Parts that have a name can be ignored. Where that leaves a difference (a list has another length, a name has dots),
   what they stand in is ignored in their place.
2. Another origin is no difference where only path and query are matched on,
   a body without names none where bodies are not matched on, and neither is a field that `match` names itself.
3. Another method or path is another request.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ..data.paths import PLACES
from ..yaml.writer import flow
from .differences import names, parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..interactions import RecordedRequest
    from ..settings import Settings
    from .keys import Matcher

_ORIGIN = ("scheme", "host", "port")
_STEPS = 6
_NUMBER = re.compile(r"\.[0-9]+(?=\.|$)")


class Mend(NamedTuple):
    """What to ignore, and what to match on where that has to change, too."""

    ignore: tuple[str, ...]
    match: tuple[str, ...] | None

    def said(self, settings: Settings) -> str:
        """Return what to say in the first document, where there is one, or in code; what is ignored stays so."""
        if settings.is_lenient:  # a tape of another tool has no first document
            said = (("match", self.match), ("ignore", self.ignore))
            return f"say {' and '.join(f'{name}={list(value)}' for name, value in said if value)} in code"
        lines: list[str] = []
        if self.match is not None:
            lines.append(f"`match: {flow(list(self.match))}`")
        if self.ignore:
            lines.append(f"`ignore: {flow([*settings.ignore, *self.ignore])}`")
        words = " and ".join(name for name, is_said in (("match=", self.match), ("ignore=", self.ignore)) if is_said)
        return f"say {' and '.join(lines)} in the first document, or {words} in code"


def mend(recorded: RecordedRequest, sent: RecordedRequest, matcher: Matcher) -> Mend | None:
    """Return what would let one recording answer a request, or `None` where nothing would, or functions decide."""
    if matcher.callables:
        return None
    different = names(parts(recorded, matcher), parts(sent, matcher))
    if not different or {"method", "path"} & set(different):
        return None
    match = _match_without(different, matcher)
    ignore = () if matcher.changed(match=match).agree(recorded, sent) else _ignoring(recorded, sent, match, matcher)
    if ignore is None:
        match = tuple(name for name in match if name != "body")
        ignore = () if matcher.changed(match=match).agree(recorded, sent) else _ignoring(recorded, sent, match, matcher)
    if ignore is None:
        return None
    return Mend(ignore, None if match == matcher.fields else match)


def _match_without(different: Sequence[str], matcher: Matcher) -> tuple[str, ...]:
    """Return the fields to be matched on without those that differ and that nothing but `match` can leave out."""
    fields: list[str] = []
    for name in matcher.fields:
        if name == "url" and any(part in different for part in _ORIGIN):
            fields += ["path", "query"]
        elif name not in different:
            fields.append(name)
    return tuple(fields)


def _ignoring(
    recorded: RecordedRequest, sent: RecordedRequest, match: tuple[str, ...], matcher: Matcher
) -> tuple[str, ...] | None:
    """Return the fewest parts that have to be ignored, or `None` where that is not enough."""
    ignore: tuple[str, ...] = ()
    tried = matcher.changed(match=match)
    for _ in range(_STEPS):
        wanted = names(parts(recorded, tried), parts(sent, tried))
        if ignore:
            # What is ignored and still makes a difference: what it stands in is ignored in its place.
            wanted = [_around(name, ignore).rpartition(".")[0] for name in wanted or ignore]
        wanted = [name for name in wanted if _is_path(name)]
        if not wanted:
            return None
        ignore = _gathered([*ignore, *wanted])
        tried = matcher.changed(match=match, ignore=ignore)
        if tried.agree(recorded, sent):
            return ignore
    return None


def _around(name: str, ignore: Sequence[str]) -> str:
    """Return what is ignored already around a part that differs, else the part."""
    pattern = _NUMBER.sub(".*", name) + "."
    return next((other for other in ignore if pattern.startswith(_NUMBER.sub(".*", other) + ".")), name)


def _is_path(name: str) -> bool:
    place, _, rest = name.partition(".")
    return place in PLACES and bool(rest.strip("."))


def _gathered(found: Sequence[str]) -> tuple[str, ...]:
    """Return the names without those that stand in others, and `*` for the numbers of several elements of a list."""
    gathered: dict[str, list[str]] = {}
    for name in dict.fromkeys(found):
        is_json = name.startswith("json.")
        if not is_json or not any(name.startswith(f"{other}.") for other in found):
            gathered.setdefault(_NUMBER.sub(".*", name) if is_json else name, []).append(name)
    return tuple(pattern if len(names) > 1 else names[0] for pattern, names in gathered.items())
