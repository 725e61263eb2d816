"""The matrix of a fault sweep, as text: a column for each call, a row for each fault, and what to look at below."""

from __future__ import annotations

from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..places import Place

_COLORS = {"handled": "32", "raised": "33", "failed": "35", "hung": "31;1", "skipped": "90"}
_EXPLAINED = {
    "hung": "would wait, or ask, for ever",
    "failed": "an assertion did not hold",
    "raised": "the error came out",
}
_TOLD_MOST = 12
_KINDS_MOST = 3


class Column(Protocol):
    """A call."""

    number: int

    @property
    def label(self) -> str:
        """The request in one line."""
        ...

    @property
    def place(self) -> Place:
        """Where it was made."""
        ...


class Cell(Protocol):
    """One run."""

    fault: str
    outcome: str
    error: BaseException | None

    @property
    def place(self) -> Place:
        """The line where it went wrong."""
        ...

    @property
    def call(self) -> Column:
        """The call that was met."""
        ...

    @property
    def told(self) -> str:
        """The outcome in a word or two."""
        ...


class Swept(Protocol):
    """A sweep."""

    name: str

    @property
    def calls(self) -> Sequence[Column]:
        """The columns."""
        ...

    @property
    def cases(self) -> Sequence[Cell]:
        """Every cell, row by row."""
        ...

    @property
    def faults(self) -> list[str]:
        """The rows."""
        ...


def matrix(swept: Swept, *, is_colored: bool, width: int | None = None) -> str:
    """Return the matrix of a sweep; wide ones go in several tables below one another."""
    width = get_terminal_size().columns if width is None else width
    runs = sum(case.outcome != "skipped" for case in swept.cases)
    of = f" of {swept.name}" if swept.name else ""
    lines = [f"fault sweep{of}: {_count(len(swept.calls), 'call')}, {_count(runs, 'run')}", ""]
    if not swept.calls:
        return "\n".join([*lines[:1], "it made no mocked calls, so that nothing can meet a fault"])
    lines += _legend(swept.calls, width)
    for table in _tables(swept, width):
        lines += ["", *_table(table, swept, is_colored)]
    lines += ["", _sums(swept.cases, is_colored)]
    for outcome in ("hung", "failed", "raised"):
        lines += _details(outcome, [case for case in swept.cases if case.outcome == outcome], width, is_colored)
    return "\n".join(line.rstrip() for line in lines)


def _legend(calls: Sequence[Column], width: int) -> list[str]:
    labels = [call.label for call in calls]
    room = max(20, width - 8 - max(len(str(call.place)) for call in calls))
    longest = min(room, max(map(len, labels)))
    return [
        f"  {call.number:>2}  {_cut(label, longest):<{longest}}  {call.place}" for call, label in zip(calls, labels)
    ]


def _tables(swept: Swept, width: int) -> list[list[Column]]:
    """Return the columns in groups that fit beside one another."""
    left = max(map(len, swept.faults)) + 4
    groups: list[list[Column]] = [[]]
    used = left
    for call in swept.calls:
        wide = _width(call, swept)
        if groups[-1] and used + wide > width:
            groups.append([])
            used = left
        groups[-1].append(call)
        used += wide
    return groups


def _width(call: Column, swept: Swept) -> int:
    return max([len(str(call.number)), *(len(_told(case)) for case in swept.cases if case.call is call)]) + 2


def _table(calls: list[Column], swept: Swept, is_colored: bool) -> list[str]:
    left = max(map(len, swept.faults)) + 2
    widths = [_width(call, swept) for call in calls]
    lines = ["  " + " " * left + "".join(f"{call.number:<{wide}}" for call, wide in zip(calls, widths))]
    found = {(case.fault, case.call.number): case for case in swept.cases}
    for fault in swept.faults:
        cells = [
            _painted(f"{_told(found[fault, call.number]):<{wide}}", found[fault, call.number].outcome, is_colored)
            for call, wide in zip(calls, widths)
        ]
        lines.append(f"  {fault:<{left}}" + "".join(cells))
    return lines


def _told(case: Cell) -> str:
    return "-" if case.outcome == "skipped" else case.told


def _sums(cases: Sequence[Cell], is_colored: bool) -> str:
    parts: list[str] = []
    for outcome in ("handled", "raised", "failed", "hung"):
        count = sum(case.outcome == outcome for case in cases)
        if count:
            parts.append(_painted(f"{count} {outcome}", outcome, is_colored))
    return ", ".join(parts)


def _details(outcome: str, cases: list[Cell], width: int, is_colored: bool) -> list[str]:
    """Return what to look at: for each call, the lines where it went wrong, after which faults."""
    if not cases:
        return []
    lines = ["", f"{_painted(outcome, outcome, is_colored)}: {_EXPLAINED[outcome]}"]
    alike: dict[tuple[int, str], list[Cell]] = {}
    for case in cases:
        alike.setdefault((case.call.number, str(case.place)), []).append(case)
    by_place = max(len(place) for _, place in alike)
    for (number, place), at_once in sorted(alike.items())[:_TOLD_MOST]:
        start = f"  {number:>2}  {place:<{by_place}}  "
        faults = ", ".join(case.fault for case in at_once)
        lines += wrap(faults, max(width, len(start) + 30), initial_indent=start, subsequent_indent=" " * len(start))
        lines += [_cut(" " * 6 + line, width) for line in _one_of_each([_first_line(case.error) for case in at_once])]
    if len(alike) > _TOLD_MOST:
        lines.append(f"      ... and {len(alike) - _TOLD_MOST} more")
    return lines


def _one_of_each(lines: list[str]) -> list[str]:
    """Return the first line for each kind of error, of which there may be many: three of them."""
    found: dict[str, str] = {}
    for line in lines:
        found.setdefault(line.partition(":")[0], line)
    return list(found.values())[:_KINDS_MOST]


def _first_line(error: BaseException | None) -> str:
    if error is None or (isinstance(error, RuntimeError) and "wait for ever" in str(error)):
        return "it waits for an answer without a timeout"
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _painted(text: str, outcome: str, is_colored: bool) -> str:
    return f"\x1b[{_COLORS[outcome]}m{text}\x1b[0m" if is_colored else text


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(1, width - 1)]}…"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
