"""Whether a new recording of an interaction means anything else than the old one.

1. What differs in every recording says nothing: the time, identifiers, tokens, the fields in `_HEADERS`.
   Such a value counts as equal where old and new have the same shape: two UUIDs, two timestamps, two marks.
2. A change of type or shape counts, and so does everything else.
3. A value that the program sends back later always counts:
   an old one, kept in one place, would not fit the new ones in others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .formats import have_one_format
from .paths import leads
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
        if any(leads(words, where) for words in self._json):
            return type(old) is type(new)
        return isinstance(old, str) and isinstance(new, str) and have_one_format(old, new)
