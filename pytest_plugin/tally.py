"""What became of the tapes in one run: counted per file, merged from the workers of pytest-xdist, judged at the end.

1. A recording is *unused* when every test that passed with its tape left it unplayed.
   A test that failed proves nothing about what it would have played.
2. A tape is an *orphan* when no test of the run has its name.
   That is said only of folders whose tests were all collected and all run: after `-k`, `-x`, a node id, a skipped test
   or a crashed worker nobody knows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple


class Unused(NamedTuple):
    """A recording that nothing played."""

    path: str
    line: int
    summary: str


@dataclass
class Use:
    """What the tests of one run did with one tape."""

    played: int = 0
    recorded: int = 0
    unplayed: list[tuple[int, str]] | None = None
    volatile: list[str] = field(default_factory=list[str])

    def add(self, other: Use) -> None:
        """Add what another test did with the same tape."""
        self.played += other.played
        self.recorded += other.recorded
        self.volatile.extend(name for name in other.volatile if name not in self.volatile)
        if self.unplayed is None or other.unplayed is None:
            self.unplayed = other.unplayed if self.unplayed is None else self.unplayed
        else:
            left = set(other.unplayed)
            self.unplayed = [place for place in self.unplayed if place in left]


@dataclass
class Tally:
    """Everything that the summary needs, in plain data."""

    tapes: dict[str, Use] = field(default_factory=dict[str, Use])
    folders: list[str] = field(default_factory=list[str])
    expected: list[str] = field(default_factory=list[str])
    attempts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    adopted: list[str] = field(default_factory=list[str])
    expired: dict[str, str] = field(default_factory=dict[str, str])
    drifts: list[str] = field(default_factory=list[str])
    troubles: list[str] = field(default_factory=list[str])
    is_broken: bool = False
    deleted: list[str] = field(default_factory=list[str])
    sweeps: list[str] = field(default_factory=list[str])
    untouched: int = 0
    passers_by: list[str] = field(default_factory=list[str])
    is_partial: bool = False

    def add(self, path: str, use: Use) -> None:
        """Count one use of one tape."""
        self.tapes.setdefault(path, Use()).add(use)

    def plain(self) -> dict[str, Any]:
        """Return the tally as plain data, for another process."""
        return asdict(self)

    def merge(self, plain: dict[str, Any]) -> None:
        """Add the tally of another process."""
        for path, use in plain["tapes"].items():
            unplayed = use["unplayed"]
            places = None if unplayed is None else [(int(line), str(text)) for line, text in unplayed]
            self.add(path, Use(use["played"], use["recorded"], places, use["volatile"]))
        self.folders.extend(folder for folder in plain["folders"] if folder not in self.folders)
        self.expected.extend(plain["expected"])
        self.attempts.extend((str(test), str(attempt)) for test, attempt in plain["attempts"])
        self.adopted.extend(plain["adopted"])
        self.expired.update(plain["expired"])
        self.sweeps.extend(plain["sweeps"])
        self.untouched += plain["untouched"]
        self.passers_by.extend(name for name in plain["passers_by"] if name not in self.passers_by)
        self.is_partial = self.is_partial or plain["is_partial"]

    @property
    def played(self) -> int:
        return sum(use.played for use in self.tapes.values())

    @property
    def recorded(self) -> int:
        return sum(use.recorded for use in self.tapes.values())

    def unused(self) -> list[Unused]:
        """Return the recordings that nothing played."""
        return [
            Unused(path, line, summary)
            for path, use in sorted(self.tapes.items())
            for line, summary in use.unplayed or ()
        ]

    def orphans(self) -> list[str]:
        """Return the tapes that no test of this run has, where that can be known."""
        if self.is_partial:
            return []
        known = {*self.tapes, *self.expected}
        found = {str(path) for folder in self.folders for path in Path(folder).rglob("*.y*ml") if path.is_file()}
        return sorted(found - known)
