"""Whether a new recording of an interaction means anything else than the old one.

1. What differs in every recording says nothing: the time, identifiers, tokens, the fields in `_HEADERS`.
   Such a value counts as equal where old and new have the same shape: two UUIDs, two timestamps, two marks.
2. A change of type or shape counts, and so does everything else.
3. A value that the program sends back later always counts:
   an old one, kept in one place, would not fit the new ones in others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .plain import is_mapping, is_sequence

if TYPE_CHECKING:
    from .paths import Path

_HEADERS = frozenset(
    {
        "age",
        "alt-svc",
        "cf-ray",
        "content-length",
        "date",
        "etag",
        "expires",
        "last-modified",
        "nel",
        "ratelimit-remaining",
        "ratelimit-reset",
        "report-to",
        "server-timing",
        "traceparent",
        "via",
        "x-amz-cf-id",
        "x-amz-id-2",
        "x-amz-request-id",
        "x-amzn-requestid",
        "x-amzn-trace-id",
        "x-cache",
        "x-cache-hits",
        "x-cloud-trace-context",
        "x-correlation-id",
        "x-github-request-id",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-ratelimit-used",
        "x-request-id",
        "x-response-time",
        "x-runtime",
        "x-served-by",
        "x-timer",
        "x-trace-id",
    }
)
_TIMING = frozenset({"took", "longest_wait", "chunks", "at"})
_SHAPES = (
    re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z"),
    re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
    ),
    re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT\Z"),
    re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+\Z"),
    re.compile(r".*__REDACTED_[a-z]+_[0-9]+__.*\Z", re.DOTALL),
    re.compile(r"[0-9a-f]{16,}\Z"),
)


class Comparison:
    """Compares old and new documents of one cassette.

    `sent` is everything that the program sent while the new ones were recorded.
    """

    def __init__(self, volatile: tuple[Path, ...], sent: str) -> None:
        self._headers = _HEADERS | {".".join(path.words).lower() for path in volatile if path.place == "header"}
        self._json = tuple(path.words for path in volatile if path.place == "json")
        self._sent = sent

    def means_the_same(self, old: Any, new: Any) -> bool:
        """Return whether two documents, which answer the same request, answer it alike."""
        if not is_mapping(old) or not is_mapping(new) or old.keys() != new.keys():
            return False
        return all(not (part in old and not self._same_message(old[part], new[part])) for part in ("response", "error"))

    def _same_message(self, old: Any, new: Any) -> bool:
        if not is_mapping(old) or not is_mapping(new):
            return False
        names = (old.keys() | new.keys()) - _TIMING
        for name in names:
            if name not in old or name not in new:
                return False
            if name == "headers":
                same = self._same_headers(old[name], new[name])
            else:
                same = self._same(old[name], new[name], ())
            if not same:
                return False
        return True

    def _same_headers(self, old: Any, new: Any) -> bool:
        if not is_mapping(old) or not is_mapping(new):
            return bool(old == new)
        kept_old = {name: value for name, value in old.items() if name.lower() not in self._headers}
        kept_new = {name: value for name, value in new.items() if name.lower() not in self._headers}
        return list(kept_old) == list(kept_new) and self._same(list(kept_old.values()), list(kept_new.values()), ())

    def _same(self, old: Any, new: Any, where: tuple[str, ...]) -> bool:
        if is_mapping(old) and is_mapping(new):
            return list(old) == list(new) and all(
                name == "at" or self._same(old[name], new[name], (*where, name)) for name in old
            )
        if is_sequence(old) and is_sequence(new):
            return len(old) == len(new) and all(
                self._same(one, other, (*where, str(at))) for at, (one, other) in enumerate(zip(old, new))
            )
        if type(old) is type(new) and repr(old) == repr(new):
            return True
        if str(new) in self._sent and len(str(new)) > 3:
            return False
        if any(_leads(words, where) for words in self._json):
            return type(old) is type(new)
        return isinstance(old, str) and isinstance(new, str) and _same_shape(old, new)


def _same_shape(old: str, new: str) -> bool:
    return any(shape.match(old) is not None and shape.match(new) is not None for shape in _SHAPES)


def _leads(words: tuple[str, ...], where: tuple[str, ...]) -> bool:
    """Return whether the words of a path lead to this place; elements of lists may be passed over in silence."""
    if not words:
        return not where
    if words[0] == "":
        return any(_leads(words[1:], where[at:]) for at in range(len(where)))
    if not where:
        return False
    if words[0] in ("*", where[0]) and _leads(words[1:], where[1:]):
        return True
    return where[0].isdigit() and _leads(words, where[1:])
