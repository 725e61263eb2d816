"""Whether a new recording of an interaction means anything else than the old one.

1. What differs in every recording says nothing: the time, identifiers, tokens, the fields in `_HEADERS`.
   Such a value counts as equal where old and new have the same shape: two UUIDs, two timestamps, two marks.
2. A change of type or shape counts, and so does everything else.
3. A value that the program sends back later always counts:
   an old one, kept in one place, would not fit the new ones in others.
   So does an identifier that tells what belongs together (`relations`).
4. Where an interaction has changed, what says nothing keeps its old value there, too:
   the difference in version control is what the API has changed, and nothing else.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from ..data.formats import have_one_format
from ..data.paths import leads
from ..data.plain import is_mapping, is_sequence
from ..errors import CassetteError
from ..yaml import fast_reader
from ..yaml.reader import read
from ..yaml.splicing import stands_in, with_old_scalars
from .relations import Relations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..data.paths import Path

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
# Shorter texts stand in longer ones by chance.
_SHORTEST = 16
# Where values stand for themselves; the hash of a body, for one, goes with the body.
_RESTORED = ("headers", "trailers", "json", "ndjson", "sse")
_TOOK = re.compile(r"^  took: ([0-9.e-]+)\n", re.MULTILINE)
_TIMING = frozenset({"took", "longest_wait", "chunks"})


class Comparison:
    """Compares old and new documents of one cassette.

    `sent` is everything that the program sent while the new ones were recorded; `recorded` is each new document
    behind the old one whose place it takes, if any.
    """

    def __init__(self, volatile: tuple[Path, ...], sent: str, recorded: Iterable[tuple[str | None, str]] = ()) -> None:
        self._headers = _HEADERS | {".".join(path.words).lower() for path in volatile if path.place == "header"}
        self._json = tuple(path.words for path in volatile if path.place == "json")
        self._sent = sent
        relations = Relations(self._json)
        for old, new in recorded:
            with contextlib.suppress(CassetteError):  # an old text that nobody can read keeps nothing
                relations.add(None if old is None else _read(old), _read(new))
        self._related = relations.that_count()

    def reconciled(self, old_text: str, new_text: str) -> str:
        """Return the text to write where a new recording takes the place of an old one."""
        old, new = _read(old_text), _read(new_text)
        if self.means_the_same(old, new):
            return old_text
        if not is_mapping(old) or not is_mapping(new):
            return new_text
        was: Any = old.get("response") or {}
        now: Any = new.get("response") or {}
        places = [place for part in _RESTORED for place in self._restorable(was.get(part), now.get(part), (part,))]
        text = with_old_scalars(old_text, new_text, [("response", *place) for place in places])
        return _with_old_timing(old_text, text)

    def _restorable(self, old: Any, new: Any, where: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        """Yield the places of values that differ and say nothing."""
        if is_mapping(old) and is_mapping(new):
            for name in old.keys() & new.keys():
                yield from self._restorable(old[name], new[name], (*where, name))
        elif is_sequence(old) and is_sequence(new):
            for at, (one, other) in enumerate(zip(old, new)):
                yield from self._restorable(one, other, (*where, at))
        elif (
            type(old) is type(new)
            and repr(old) != repr(new)
            and (self._is_named(where) or self._says_nothing(old, new))
            and not self._is_sent(new)
        ):
            yield where

    def _is_named(self, where: tuple[str | int, ...]) -> bool:
        """Return whether the author, or its own name, says of a place that it says nothing."""
        part, *inner = map(str, where)
        if part == "headers" and inner:
            name = inner[0].lower()
            return name != "content-length" and name in self._headers
        return part == "json" and any(leads(words, tuple(inner)) for words in self._json)

    def _is_sent(self, value: Any) -> bool:
        """Return whether the program has sent a value: a short one as a word of its own."""
        text = str(value)
        return text in self._sent and (len(text) >= _SHORTEST or stands_in(text, self._sent))

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
            if name in ("sha256", "base64"):
                same = bool(old[name] == new[name])
            elif name == "sse":
                same = self._same(_without_times(old[name]), _without_times(new[name]), ())
            elif name == "headers":
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
            return list(old) == list(new) and all(self._same(old[name], new[name], (*where, name)) for name in old)
        if is_sequence(old) and is_sequence(new):
            return len(old) == len(new) and all(
                self._same(one, other, (*where, str(at))) for at, (one, other) in enumerate(zip(old, new))
            )
        if type(old) is type(new) and repr(old) == repr(new):
            return True
        if len(str(new)) > 3 and self._is_sent(new):
            return False
        if any(leads(words, where) for words in self._json):
            return type(old) is type(new)
        return self._says_nothing(old, new)

    def _says_nothing(self, old: Any, new: Any) -> bool:
        """Return whether two values are such as differ in every recording."""
        return have_one_format(old, new) and not (isinstance(new, str) and new in self._related)


def _read(text: str) -> Any:
    data = fast_reader.read(text)
    return read(text, None) if isinstance(data, fast_reader.Unusual) else data


def _without_times(events: Any) -> Any:
    """Return events without the times at which they came."""
    if not is_sequence(events):
        return events
    return [
        {name: value for name, value in event.items() if name != "at"} if is_mapping(event) else event
        for event in events
    ]


def _with_old_timing(old_text: str, new_text: str) -> str:
    """Return a text with the old time that it took, where both are too short to mean anything."""
    old, new = _TOOK.search(old_text), _TOOK.search(new_text)
    if any(found is not None and float(found[1]) >= 1 for found in (old, new)):
        return new_text
    line = "" if old is None else old[0]
    if new is not None:
        return new_text[: new.start()] + line + new_text[new.end() :]
    before, end, after = new_text.rpartition("...\n")
    return f"{before}{line}{end}{after}" if end else new_text
