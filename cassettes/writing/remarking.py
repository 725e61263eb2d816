"""Marks of a new recording, numbered as the old one numbers them.

A recorder numbers secrets in the order in which it sees them: one more request, and all that follow have other numbers.
Where old and new interactions stand for each other, the marks at one place are marks of one secret:
the old one stays.
A secret that is new gets a number that no other has: one mark is one secret, before and after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..data.plain import is_mapping, is_sequence
from ..errors import CassetteError
from ..secrets.redaction import MARK
from ..yaml.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Remarking:
    """What each mark of a new recording is to be called; each text stands behind the old one whose place it takes."""

    def __init__(self, recorded: Sequence[tuple[str | None, str]]) -> None:
        self._names: dict[str, str] = {}
        taken: set[str] = set()
        for old, new in _at_one_place(recorded):
            if new not in self._names and old not in taken and _kind(old) == _kind(new):
                self._names[new] = old
                taken.add(old)
        for _, text in recorded:
            for found in MARK.finditer(text):
                if found[0] not in self._names:
                    self._names[found[0]] = name = _free(found[1], int(found[2]), taken)
                    taken.add(name)
        self.changes: bool = any(new != old for new, old in self._names.items())

    def said(self, text: str) -> str:
        """Return a text of the new recording with its marks renamed."""
        return MARK.sub(lambda found: self._names.get(found[0], found[0]), text) if self.changes else text


def _free(kind: str, number: int, taken: set[str]) -> str:
    while f"__REDACTED_{kind}_{number}__" in taken:
        number += 1
    return f"__REDACTED_{kind}_{number}__"


def _kind(mark: str) -> str:
    return mark.rpartition("__")[0].rpartition("_")[0]


def _at_one_place(recorded: Iterable[tuple[str | None, str]]) -> Iterator[tuple[str, str]]:
    """Yield marks that stand at one place of an old and a new text, the old one first."""
    for old_text, new_text in recorded:
        if old_text is None or MARK.search(old_text) is None or MARK.search(new_text) is None:
            continue
        try:
            values = _values(read(old_text, None), read(new_text, None))
        except CassetteError:
            continue  # an old text that nobody can read keeps nothing
        for old, new in values:
            ours, theirs = [found[0] for found in MARK.finditer(old)], [found[0] for found in MARK.finditer(new)]
            if len(ours) == len(theirs):
                yield from zip(ours, theirs)


def _values(old: Any, new: Any) -> Iterator[tuple[str, str]]:
    if is_mapping(old) and is_mapping(new):
        for name, value in new.items():
            if name in old:
                yield from _values(old[name], value)
    elif is_sequence(old) and is_sequence(new):
        for one, other in zip(old, new):
            yield from _values(one, other)
    elif isinstance(old, str) and isinstance(new, str):
        yield old, new
