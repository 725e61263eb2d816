"""The section `tapes` at the end of a run: what was played and recorded, what is unused, what was blocked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .passers_by import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .tally import Tally

SHOWN = 20


def lines(tally: Tally, start: str, unused: str, expired: str = "report") -> Iterator[str]:
    """Yield the lines of the section; nothing when no test used a tape and nothing was blocked.

    `start` is the folder that paths are shown from, `unused` and `expired` the values of these options.
    """
    if tally.tapes:
        played = sum(1 for use in tally.tapes.values() if use.played)
        recorded = sum(1 for use in tally.tapes.values() if use.recorded)
        yield (
            f"played {tally.played} from {_count(played, 'tape')}, "
            f"recorded {tally.recorded}" + (f" on {_count(recorded, 'tape')}" if recorded else "")
        )
    if tally.deleted:
        gone = _count(len(tally.deleted), "recording or tape", "recordings or tapes")
        yield f"deleted: {gone} that no test played or has"
        yield from _some([shown(path, start) for path in tally.deleted])
    elif unused != "ignore":
        yield from _unused(tally, start)
    if tally.untouched and tally.passers_by:
        yield f"untouched: {_count(tally.untouched, 'test')} asked nothing of the tape that is there"
        yield f"  {told(tally.passers_by)}"
    if tally.expired and expired != "ignore":
        yield f"expired: {_count(len(tally.expired), 'tape')}; record again with --record-mode=update"
        yield from _some(
            [f"{shown(path, start)}{day and f'  recorded on {day}'}" for path, day in sorted(tally.expired.items())]
        )
    for found in tally.drifts:
        yield from found.splitlines()
    if tally.adopted:
        yield f"converted: {_count(len(tally.adopted), 'tape')} of another tool, now in the format of understudy"
        yield from _some([shown(path, start) for path in tally.adopted])
    if tally.attempts:
        yield f"network: {_count(len(tally.attempts), 'attempt')} blocked"
        yield from _some([f"{test}: {attempt}" for test, attempt in tally.attempts])
    yield from tally.troubles


def as_json(tally: Tally, start: str) -> dict[str, Any]:
    """Return the same for a machine: paths are the same on every system."""

    def told(path: str) -> str:
        return shown(path, start).replace(os.sep, "/")

    return {
        "played": tally.played,
        "recorded": tally.recorded,
        "tapes": {
            told(path): {"played": use.played, "recorded": use.recorded} for path, use in sorted(tally.tapes.items())
        },
        "unused": [
            {"tape": told(found.path), "line": found.line, "summary": found.summary} for found in tally.unused()
        ],
        "orphans": [told(path) for path in tally.orphans()],
        "expired": [told(path) for path in sorted(tally.expired)],
        "deleted": [told(path) for path in tally.deleted],
        "drifts": tally.drifts,
        "converted": [told(path) for path in tally.adopted],
        "blocked": [{"test": test, "attempt": attempt} for test, attempt in tally.attempts],
    }


def is_failure(tally: Tally, unused: str, expired: str = "report") -> bool:
    """Whether what was found fails the run."""
    if tally.is_broken or tally.troubles or (expired == "fail" and tally.expired):
        return True
    return unused == "fail" and bool(tally.unused() or tally.orphans())


def _unused(tally: Tally, start: str) -> Iterator[str]:
    recordings = tally.unused()
    if recordings:
        yield f"unused: {_count(len(recordings), 'recording')} that no test played"
        places = [f"{shown(found.path, start)}{f':{found.line}' if found.line else ''}" for found in recordings]
        yield from _some([f"{place}  {found.summary}" for place, found in zip(places, recordings)])
    orphans = tally.orphans()
    if orphans:
        yield f"orphaned: {_count(len(orphans), 'tape')} that no test has"
        yield from _some([shown(path, start) for path in orphans])


def _some(entries: list[str]) -> Iterator[str]:
    for entry in entries[:SHOWN]:
        yield f"  {entry}"
    if len(entries) > SHOWN:
        yield f"  ... and {len(entries) - SHOWN} more"


def shown(path: str, start: str) -> str:
    """Return a path as it is told: from the folder `start`, where it is in that."""
    try:
        relative = os.path.relpath(path, start)
    except ValueError:  # on another drive
        return path
    return path if relative.startswith("..") else relative


def _count(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"
