"""`understudy cassette diff`: what two tapes say differently, by the names of things.

1. An interaction is compared with the one that answers the same request, the first with the first and so on;
   what is left over with one of the same method and path, where both sides have one.
2. What differs in every recording says nothing and is not shown: times, identifiers, tokens,
   wherever old and new have the same shape. `--all` shows it.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..data import paths
from ..data.formats import have_one_format
from ..data.paths import leads
from ..matching.keys import Matcher
from ..secrets.redaction import Redactor
from ..writing.sticky import _HEADERS
from .committed import committed
from .facts import Written, facts, shown
from .opening import Opened, opened
from .terminal import counted, line, out, shell_word

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from rich.console import Console

    from ..matching.episodes import Episode

_MOST_LINES = 40
# Smaller ones are amounts and counts, which mean something.
_LARGE = re.compile(r"[0-9]{4,}\Z")


class Pair(NamedTuple):
    """Two recordings of one request; either may be missing."""

    old: Episode | None
    new: Episode | None


class Change(NamedTuple):
    """One place that differs; `None` is nothing there."""

    name: str
    old: str | None
    new: str | None


@click.command(short_help="Compare two tapes, place by place.")
@click.argument("old", metavar="[OLD]")
@click.argument("new", metavar="NEW", required=False)
@click.option("--revision", default="HEAD", show_default=True, metavar="NAME", help="Which one of git, without OLD.")
@click.option("-a", "--all", "everything", is_flag=True, help="Also what differs in every recording.")
@click.option("-q", "--quiet", is_flag=True, help="Only the exit status.")
def diff(old: str, new: str | None, revision: str, everything: bool, quiet: bool) -> int:
    """Compare two tapes, or two interactions given as FILE:LINE; or one tape with the one in git.

    Exit status 1 where they differ.
    """
    if new is not None:
        return _compare(opened(old), opened(new), everything=everything, quiet=quiet)
    with committed(old, revision) as before:
        left = opened(before)._replace(path=f"{revision}:{old}")
        return _compare(left, opened(old), everything=everything, quiet=quiet)


def _compare(left: Opened, right: Opened, *, everything: bool, quiet: bool) -> int:
    volatile = () if everything else (*left.cassette.settings.volatile, *right.cassette.settings.volatile)
    judge = _Judge(tuple(map(paths.parse, volatile)), everything=everything)
    console = out()
    alike, counts = 0, {"changed": 0, "removed": 0, "added": 0}
    restless: dict[str, None] = {}
    for pair in _pairs(left, right):
        changes = judge.changes(pair)
        if pair.old is not None and pair.new is not None and not changes:
            alike += 1
            continue
        counts["removed" if pair.new is None else "added" if pair.old is None else "changed"] += 1
        restless.update(dict.fromkeys(filter(None, map(_restless, changes))))
        if not quiet:
            _print(console, left, right, pair, changes)
    if not quiet:
        said = [f"{count} {what}" for what, count in counts.items() if count]
        line(console, (", ".join([*said, f"{alike} alike"]), "bold"))
        if restless and right.cassette.tool is None:
            options = " ".join(f"--volatile {shell_word(place)}" for place in restless)
            mend = f"understudy cassette fix {shell_word(right.path)} {options}"
            line(console, (f"where these numbers mean nothing: {mend}", "dim"))
    return 1 if any(counts.values()) else 0


def _restless(change: Change) -> str | None:
    """Return a place that holds other large numbers each time, as `volatile:` says it."""
    side, _, place = change.name.partition(".")
    values = (change.old, change.new)
    if side != "response" or not all(isinstance(value, Written) and _LARGE.match(value) for value in values):
        return None
    return re.sub(r"(?<=\.)[0-9]+(?=\.|$)", "*", place) if place.startswith("json.") else None


def _pairs(left: Opened, right: Opened) -> Iterator[Pair]:
    if len(left.episodes) == 1 == len(right.episodes):
        yield Pair(left.episodes[0], right.episodes[0])
        return
    matcher = Matcher(left.cassette.settings.changed(match=("method", "url", "body")), Redactor(is_blank=True))
    by_key, by_place = _Waiting(), _Waiting()
    for episode in right.episodes:
        by_key.add(matcher.key(episode.request), episode)
        by_place.add(_place(episode), episode)
    taken: set[int] = set()
    pairs: list[Pair] = []
    for episode in left.episodes:
        found = by_key.take(matcher.key(episode.request), taken)
        pairs.append(Pair(episode, found))
    for pair in pairs:
        old = pair.old
        found = pair.new or (by_place.take(_place(old), taken) if old is not None else None)
        yield Pair(old, found)
    yield from (Pair(None, episode) for episode in right.episodes if episode.number not in taken)


def _place(episode: Episode) -> Hashable:
    return episode.request.method, episode.request.url.partition("?")[0]


class _Waiting:
    """Interactions that wait for their counterparts, by what they have in common."""

    def __init__(self) -> None:
        self._queues: dict[Hashable, deque[Episode]] = {}

    def add(self, key: Hashable, episode: Episode) -> None:
        self._queues.setdefault(key, deque()).append(episode)

    def take(self, key: Hashable, taken: set[int]) -> Episode | None:
        """Return the next one that nobody has taken."""
        queue = self._queues.get(key)
        while queue:
            episode = queue.popleft()
            if episode.number not in taken:
                taken.add(episode.number)
                return episode
        return None


def _in_one_order(old: list[str], new: list[str]) -> list[str]:
    """Return the names of both in the order of the old ones, each new one where it stands among them."""
    known = set(old)
    added: dict[str, list[str]] = {}
    before = ""
    for name in new:
        if name in known:
            before = name
        else:
            added.setdefault(before, []).append(name)
    both, waiting, held = list(added.get("", ())), list[str](), set(new)
    for name in old:
        if name in held:  # what is gone comes first, then what came in its place
            both += waiting
            waiting = added.get(name, [])
        both.append(name)
    return both + waiting


class _Judge:
    """Tells which differences count."""

    def __init__(self, volatile: tuple[paths.Path, ...], *, everything: bool) -> None:
        self._everything = everything
        self._headers = _HEADERS | {".".join(path.words).lower() for path in volatile if path.place == "header"}
        self._json = tuple(path.words for path in volatile if path.place == "json")

    def changes(self, pair: Pair) -> list[Change]:
        """Return the places in which two interactions differ."""
        if pair.old is None or pair.new is None:
            return []
        old, new = _collected(pair.old), _collected(pair.new)
        different = [Change(name, old.get(name), new.get(name)) for name in _in_one_order(list(old), list(new))]
        return [change for change in different if self._counts(change)]

    def _counts(self, change: Change) -> bool:
        old, new = change.old, change.new
        if old == new and type(old) is type(new):
            return False
        if self._everything:
            return True
        _, _, rest = change.name.partition(".")
        kind, _, inner = rest.partition(".")
        if kind == "headers" and inner in self._headers:
            return False
        if old is None or new is None or type(old) is not type(new):
            return True
        if kind == "json" and any(leads(words, tuple(inner.split("."))) for words in self._json):
            return False
        return not have_one_format(_value(old), _value(new))


def _value(said: str) -> Any:
    return json.loads(said) if isinstance(said, Written) else said


def _collected(episode: Episode) -> dict[str, str]:
    """Return the facts by name; what has a name several times gets numbers behind it."""
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, value in facts(episode.interaction):
        unique, count = name, counts.get(name, 1)
        while unique in found:
            count += 1
            unique = f"{name}[{count}]"
        counts[name] = count
        found[unique] = value
    return found


def _print(console: Console, left: Opened, right: Opened, pair: Pair, changes: Sequence[Change]) -> None:
    old, new = pair.old, pair.new
    if new is None and old is not None:
        line(console, (f"- {left.path}:{old.line}  {old.summary}", "red"))
        return
    if old is None and new is not None:
        line(console, (f"+ {right.path}:{new.line}  {new.summary}", "green"))
        return
    assert old is not None
    assert new is not None
    line(console, (f"{left.path}:{old.line}", "cyan"), " ", (f"{right.path}:{new.line}", "cyan"), f"  {new.summary}")
    width = min(max((len(change.name) for change in changes), default=0), 40)
    for change in changes:
        if change.old is not None and change.new is not None and "\n" in change.old + change.new:
            _print_text(console, change.name, change.old, change.new)
            continue
        line(
            console,
            f"    {change.name:<{width}}  ",
            (shown(change.old), "red"),
            (" -> ", "dim"),
            (shown(change.new), "green"),
            (_kinds(change), "dim"),
        )


def _kinds(change: Change) -> str:
    """Return the change of type, where that is what happened."""
    old, new = change.old, change.new
    if old is None or new is None or type(old) is type(new):
        return ""
    return "  (now text)" if isinstance(old, Written) else "  (was text)"


def _print_text(console: Console, name: str, old: str, new: str) -> None:
    line(console, f"    {name}")
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[2:]
    for said in lines[:_MOST_LINES]:
        style = {"+": "green", "-": "red", "@": "dim"}.get(said[:1], "default")
        line(console, (f"      {said}", style))
    if len(lines) > _MOST_LINES:
        line(console, (f"      ... and {counted(len(lines) - _MOST_LINES, 'more line')}", "dim"))
