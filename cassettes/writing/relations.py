"""Identifiers of a new recording that no old ones can stand for, because they tell what belongs together.

An identifier that is another one in every recording says nothing by itself, and may keep its old value:
as long as that one stands in all of its places, and in no other.

1. One that stands where another one has stood, or in more places than before, counts: `[c, a, b]` behind `[a, b]`
   is a new element in front, and not two elements with other names.
2. An old one that is still there stands for itself alone.
3. Moments relate nothing, and neither do values that the author calls volatile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..data.formats import have_one_format, is_identifier
from ..data.paths import leads
from ..data.plain import is_mapping, is_sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

_ABSENT: Any = object()
_PARTS = ("json", "ndjson", "sse")


class Relations:
    """What is known of the identifiers in the answers of a cassette, old and new."""

    def __init__(self, volatile: Iterable[tuple[str, ...]]) -> None:
        self._volatile = tuple(volatile)
        self._olds: dict[str, set[str]] = {}
        self._news: dict[str, set[str]] = {}
        self._alone: set[str] = set()

    def add(self, old: Any, new: Any) -> None:
        """Take in a new document, and the old one whose place it takes, if any."""
        was, now = (_response(document) for document in (old, new))
        for part in _PARTS:
            self._walk(was.get(part, _ABSENT), now.get(part, _ABSENT), ())

    def _walk(self, old: Any, new: Any, where: tuple[str, ...]) -> None:
        if is_mapping(new):
            members: Any = old if is_mapping(old) else {}
            for name, value in new.items():
                self._walk(members.get(name, _ABSENT), value, (*where, name))
        elif is_sequence(new):
            items: list[Any] = old if is_sequence(old) else []
            for at, value in enumerate(new):
                self._walk(items[at] if at < len(items) else _ABSENT, value, (*where, str(at)))
        elif isinstance(new, str) and is_identifier(new) and not any(leads(words, where) for words in self._volatile):
            if isinstance(old, str) and have_one_format(old, new):
                self._olds.setdefault(new, set()).add(old)
                self._news.setdefault(old, set()).add(new)
            else:
                self._alone.add(new)

    def that_count(self) -> frozenset[str]:
        """Return the new identifiers that stay."""
        present = self._olds.keys() | self._alone
        return frozenset(
            new
            for new, olds in self._olds.items()
            if new in self._alone
            or len(olds) > 1
            or any(old != new and (old in present or len(self._news[old]) > 1) for old in olds)
        )


def _response(document: Any) -> dict[str, Any]:
    response: Any = document.get("response") if is_mapping(document) else None
    return response if is_mapping(response) else {}
