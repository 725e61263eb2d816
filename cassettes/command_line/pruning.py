"""`understudy cassette prune`: recordings that nobody needs any more, taken out.

1. Only what is named goes: lines, what a test run found to be unused, what repeats the one before, what has expired.
2. A repetition goes only where playing the one before once more is allowed, and gives the same:
   at the end of the recordings of one request, never in the middle of a sequence.
3. Bodies in files go with the last document that names them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from ..errors import CassetteError
from ..expiry import today
from ..files.folders import place_of
from ..matching.episodes import Library, Place
from ..matching.keys import Matcher
from ..rewriting import Rewriting
from ..secrets.redaction import Redactor
from .comparing import Pair, _Judge
from .opening import complained, episode_at, tapes_in
from .terminal import counted, line, out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..matching.episodes import Episode

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# The section `tapes` of pytest's output: its first line, and within it the places under `unused:`.
_SECTION = re.compile(r"^played \d+ from \d+ tapes?, recorded \d+", re.MULTILINE)
_UNUSED = re.compile(r"^unused: .*\n((?:[ \t]+.*\n?)*)", re.MULTILINE)
_LINE = re.compile(r"^[ \t]+(\S.*?\.ya?ml):(\d+)\b(?:  (.*\S))?", re.MULTILINE)
# A line, and the summary of the recording that is to begin there; nothing where only the line was said.
_Named = tuple[int, str]
# What the recorder writes by itself: a first document with nothing else is nobody's work.
_OWN = ("cassette:", "recorder:", "recorded:", "expires:", "...", "---")


@click.command(short_help="Take out recordings that nobody needs.")
@click.argument("files", nargs=-1, metavar="FILE[:LINE]...")
@click.option("--duplicates", is_flag=True, help="What only repeats the recording before it.")
@click.option("--expired", is_flag=True, help="Everything in cassettes that are older than `expires:` wants.")
@click.option(
    "--unused",
    type=click.File("r", encoding="utf-8"),
    metavar="REPORT",
    help="What a test run did not play: the file of pytest's --cassette-report, or its output; - is standard input.",
)
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would go.")
def prune(files: tuple[str, ...], duplicates: bool, expired: bool, unused: Any, dry_run: bool) -> int:
    """Take recordings out of cassettes: those at FILE:LINE, and those that the options name.

    With --duplicates and --expired, FILE may be a folder.
    """
    named, come_upon = _named(files, may_be_whole=duplicates or expired)
    for path, at, summary in _reported(unused.read()) if unused is not None else ():
        named.setdefault(path, []).append((at, summary))
    if not named and unused is None:
        raise click.UsageError("say which recordings go: FILE:LINE, --duplicates FILE, --expired FILE, --unused REPORT")
    # All are read, and everything is decided, before the first one is changed.
    plans: list[_Plan] = []
    trouble = False
    for path, lines in named.items():
        try:
            plans.append(_Plan(path, lines, duplicates=duplicates, expired=expired))
        except CassetteError as error:
            if path not in come_upon:
                raise
            trouble |= complained(error, is_named=False)
    console = out()
    for plan in plans:
        for episode in plan.going:
            line(console, (f"{plan.path}:{episode.line}", "cyan"), f"  {episode.summary}")
        if plan.going and not dry_run:
            plan.perform()
    count = sum(len(plan.going) for plan in plans)
    line(console, (f"{counted(count, 'recording')} {'would go' if dry_run else 'removed'}", "bold"))
    return 2 if trouble else 0


def _named(files: tuple[str, ...], *, may_be_whole: bool) -> tuple[dict[str, list[_Named]], set[str]]:
    """Return the lines that are named of each cassette; and those cassettes that were come upon in folders."""
    named: dict[str, list[_Named]] = {}
    come_upon: set[str] = set()
    for argument in files:
        path, at = place_of(argument)
        if at is not None:
            named.setdefault(path, []).append((at, ""))
            continue
        if not may_be_whole:
            raise click.UsageError(f"{path}: say what goes: {path}:LINE, --duplicates or --expired")
        for tape, is_named in tapes_in([path]):
            named.setdefault(tape, [])
            come_upon |= set() if is_named else {tape}
    return named, come_upon


def _reported(text: str) -> Iterable[tuple[str, int, str]]:
    """Yield the places that a report names, and what stood there."""
    try:
        said: Any = json.loads(text)
    except ValueError:
        unused = _UNUSED.findall(text)
        if not unused and _SECTION.search(text) is None:
            raise click.UsageError("this is neither a report of --cassette-report nor the output of pytest") from None
        return [(path, int(at), summary) for listed in unused for path, at, summary in _LINE.findall(listed)]
    try:
        found = [one for one in said["unused"] if one["line"]]
        return [(one["tape"], int(one["line"]), str(one["summary"])) for one in found]
    except (KeyError, TypeError, ValueError) as error:
        raise click.UsageError(f"this is no report of --cassette-report: {error!r}") from error


class _Plan:
    """What goes from one cassette."""

    def __init__(self, path: str, lines: list[_Named], *, duplicates: bool, expired: bool) -> None:
        self.path = path
        self._rewriting = Rewriting(path)
        episodes, settings = self._rewriting.episodes, self._rewriting.contents.settings
        chosen: set[int] = set()
        for at, summary in lines:
            episode = episode_at(path, episodes, at)
            problem = "" if episode.line == at else "no recording begins on that line"
            # A comment may have been changed by hand, or lost to a formatter.
            if not problem and summary not in ("", episode.summary, episode.interaction.summary):
                problem = f"{episode.summary} begins on that line, and not {summary}"
            if problem:
                raise CassetteError(
                    f"{problem}; nothing was removed",
                    path=path,
                    line=at,
                    mend="The file has changed since: run the tests again, or look with `understudy cassette ls`.",
                )
            chosen.add(episode.number)
        last = settings.last_day
        self._is_expired = expired and last is not None and last < today()
        if self._is_expired:
            chosen = {episode.number for episode in episodes}
        elif duplicates:
            chosen |= set(self._repeated(episodes))
        self.going = [episode for episode in episodes if episode.number in chosen]
        self._staying = [episode for episode in episodes if episode.number not in chosen]

    def _repeated(self, episodes: list[Episode]) -> Iterable[int]:
        settings = self._rewriting.contents.settings
        matcher = Matcher(settings, Redactor(settings.rules, is_blank=True))
        library = Library(episodes, Place(self.path), matcher)
        judge = _Judge((), everything=False)
        seen: set[int] = set()
        for episode in episodes:
            shelf = library.shelf(episode.request)
            if shelf is None or shelf.episodes[0].number in seen or not _may_repeat(settings.repeats, episode):
                continue
            seen.add(shelf.episodes[0].number)
            alike = list(shelf.episodes)
            while len(alike) > 1 and not judge.changes(Pair(alike[-2], alike[-1])):
                yield alike.pop().number

    def perform(self) -> None:
        """Change the file; one in which nothing is left that a person wrote is removed."""
        head = self._rewriting.head
        if self._is_expired:
            kept = [said for said in head.decode("utf-8").splitlines(keepends=True) if not said.startswith(_OWN[1:3])]
            if all(said.startswith(_OWN) or not said.strip() for said in kept):
                self._rewriting.remove()
                return
            # Without the recorder's lines the file counts as prepared by its author: it is recorded into again.
            head = "".join(kept).encode("utf-8")
        self._rewriting.write(head, [self._rewriting.whole(episode) for episode in self._staying])


def _may_repeat(policy: str, episode: Episode) -> bool:
    return policy in ("first", "last", "always") or (policy == "safe" and episode.request.method in _SAFE)
