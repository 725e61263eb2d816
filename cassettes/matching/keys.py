"""When a recording answers a request: both are reduced to a key, and the keys are compared.

The key is made of the fields that the cassette matches on, by default method, URL and body.

1. URLs are compared by what they mean:
   the order of different query parameters and the spelling of escapes do not count,
   the order of equal ones and blank values do.
2. Bodies are compared by what they mean: JSON as data (`1.0` is `1`), forms as a set of pairs,
   multipart forms without their boundaries, text in any charset that is named, everything else as bytes.
3. Secrets are blanked on both sides first, and what the cassette ignores is taken out.
4. A secret may also have been recorded where no name tells of one, as in a path: what is sent there may be anything,
   where no recording answers it as it stands.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from ...client import URL
from ..bodies import multiparts
from ..bodies.kinds import media_type
from ..data import paths
from ..data.charsets import text_of
from ..data.plain import is_mapping, is_sequence
from ..interactions import RecordedRequest, caller_fields
from ..secrets.redaction import BLANK, STAND_IN, Redactor

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from ..settings import MatchTypes, Settings


class Matcher:
    """Makes the keys of requests."""

    def __init__(self, settings: Settings, redactor: Redactor) -> None:
        self.settings = settings
        self.fields: tuple[str, ...] = tuple(field for field in settings.match if isinstance(field, str))
        self.callables: tuple[Any, ...] = tuple(field for field in settings.match if not isinstance(field, str))
        self.ignore: tuple[paths.Path, ...] = tuple(paths.parse(text) for text in settings.ignore)
        self._redactor = redactor
        self._ignored = {place: tuple(path for path in self.ignore if path.place == place) for place in paths.PLACES}
        self._goes_without_fields = not any(name.startswith("header") for name in self.fields)
        # Requests of one method to one URL without its query then share a bucket; others never match.
        self.is_bucketed: bool = {"method", "url"} <= set(self.fields)

    def key(self, request: RecordedRequest) -> Hashable:
        """Return what two requests have in common when one recording answers both."""
        return tuple([self.field(name, request) for name in self.fields])

    def agree(self, recorded: RecordedRequest, sent: RecordedRequest) -> bool:
        """Return whether what is compared of two requests is the same; functions are not asked."""
        return stands_for(self.key(recorded), self.key(sent))

    def changed(self, *, match: Sequence[MatchTypes] | None = None, ignore: Sequence[str] = ()) -> Matcher:
        """Return one that matches on other fields, and ignores more."""
        return Matcher(self.settings.changed(match=match, ignore=ignore), self._redactor)

    def finds_equal(self, one: RecordedRequest, other: RecordedRequest) -> bool:
        """Return whether two requests, letter for letter, are equal in all that counts: so are their keys, then."""
        return (
            one.url == other.url
            and one.method == other.method
            and not (one.content or other.content or one.digest or other.digest)
            and self._goes_without_fields
        )

    def place(self, request: RecordedRequest) -> Hashable:
        """Return method, origin and path: what two requests share that one recording answers, if URLs count."""
        origin, path, _ = _url_parts(self._redactor.url(request.url))
        return request.method, origin, path

    def field(self, name: str, request: RecordedRequest) -> Hashable:
        """Return one field of a request, reduced to what counts."""
        if name == "method":
            return request.method
        if name == "body":
            return self._body(request.content, request.header("content-type")) if request.content else request.digest
        if name.startswith("header"):
            return self._fields(name.partition(".")[2].lower(), request)
        if name.startswith(("json.", "query.", "form.")):
            return self._part(paths.parse(name), request)
        return self._url(name, request.url)

    def _fields(self, wanted: str, request: RecordedRequest) -> Hashable:
        """Return the header fields of one name, or all that are not ignored."""
        if wanted:
            fields = [(name, value) for name, value in request.headers if name.lower() == wanted]
        else:
            fields = [pair for pair in caller_fields(request.headers) if not self._is_ignored("header", pair[0])]
        shown = [(name.lower(), STAND_IN.sub(BLANK, value)) for name, value in self._redactor.fields(fields)]
        return tuple(sorted(shown, key=lambda pair: pair[0]))

    def _url(self, name: str, text: str) -> Hashable:
        origin, path, query = _url_parts(self._redactor.url(text))
        if self.settings.is_lenient:
            query = tuple(sorted(pair for pair in query if pair[1] and pair[1] != BLANK))
        if self._ignored["query"]:
            query = tuple(pair for pair in query if not self._is_ignored("query", pair[0]))
        known: dict[str, Hashable] = {"url": (origin, path, query), "path": path, "query": query}
        return known[name] if name in known else origin[("scheme", "host", "port").index(name)]

    def _is_ignored(self, place: str, name: str) -> bool:
        return any(path.names(name) for path in self._ignored[place])

    def _body(self, content: bytes, content_type: str) -> Hashable:
        media = media_type(content_type)
        if media == "application/x-www-form-urlencoded":
            pairs = self._redactor.form(_pairs(content.decode("utf-8", "surrogateescape")))
            pairs.sort(key=lambda pair: pair[0])
            kept = tuple(pair for pair in pairs if not self._is_ignored("form", pair[0]))
            return ("form", kept) if kept else None  # as if there were no body at all
        parts = multiparts.parse(content, content_type) if media == "multipart/form-data" else None
        if parts is not None:
            kept_parts = tuple(self._part_of_form(part) for part in parts if not self._is_ignored("form", part.name))
            return ("multipart", kept_parts) if kept_parts else None
        if media == "multipart/form-data":
            content = self._redactor.parts(content)
        data = _json(content)
        if data is not _NO_JSON:
            data = self._redactor.data(data)
            for path in self._ignored["json"]:
                data = paths.without(data, path.words)
            return ("json", _encoded(data))
        found = text_of(content, content_type)
        if found is None:
            return ("bytes", self._redactor.unread(content, media))
        return ("text", self._redactor.body(found.text, media))

    def _part_of_form(self, part: multiparts.Part) -> multiparts.Part:
        part = part._replace(
            name=self._redactor.shown_name(part.name),
            filename=None if part.filename is None else self._redactor.known(part.filename),
        )
        found = text_of(part.content, part.type or "")
        if found is None:
            return part._replace(content=self._redactor.unread(part.content, media_type(part.type or "")))
        text = self._redactor.body(found.text, media_type(part.type or ""))
        return part._replace(content=self._redactor.form([(part.name, text)])[0][1].encode("utf-8"))

    def _part(self, path: paths.Path, request: RecordedRequest) -> Hashable:
        if path.place == "json":
            data = _json(request.content)
            return (
                None if data is _NO_JSON else json.dumps(picked(self._redactor.data(data), path.words), sort_keys=True)
            )
        if path.place == "form":
            pairs = self._redactor.form(_pairs(request.content.decode("utf-8", "surrogateescape")))
        else:
            pairs = list(_url_parts(self._redactor.url(request.url))[2])
        return tuple(value for name, value in pairs if path.names(name))


def stands_for(recorded: Hashable, sent: Hashable, kind: Hashable = "") -> bool:
    """Return whether two keys are equal but for what was sent where a secret was recorded; `kind` is that of a body."""
    if isinstance(recorded, bytes) and isinstance(sent, bytes):
        recorded, sent = recorded.decode("latin-1"), sent.decode("latin-1")
    if isinstance(recorded, str) and isinstance(sent, str) and BLANK in recorded:
        return recorded == sent or _open(recorded, kind == "json").fullmatch(sent) is not None
    if isinstance(recorded, tuple) and isinstance(sent, tuple):
        ours, theirs = cast("tuple[Hashable, ...]", recorded), cast("tuple[Hashable, ...]", sent)
        kind = ours[0] if ours else ""
        return len(ours) == len(theirs) and all(stands_for(one, other, kind) for one, other in zip(ours, theirs))
    return recorded == sent


@lru_cache(maxsize=256)
def _open(recorded: str, is_json: bool) -> re.Pattern[str]:
    """Return a pattern for a text with anything in the place of each secret: a text in JSON, a segment in a path."""
    anything = r'(?:[^"\\]|\\.)+' if is_json else "[^/]+" if recorded[0] == "/" else ".+"
    return re.compile(anything.join(map(re.escape, recorded.split(BLANK))), re.DOTALL)


def picked(data: Any, words: tuple[str, ...]) -> Any:
    """Return what plain words lead to in JSON data, or `None`."""
    for word in words:
        if is_mapping(data):
            data = data.get(word)
        elif is_sequence(data) and word.isdigit() and int(word) < len(data):
            data = data[int(word)]
        else:
            return None
    return data


_NO_JSON: Any = object()


def _json(content: bytes) -> Any:
    if content[:1] not in (b"{", b"[", b'"') and content.lstrip()[:1] not in (b"{", b"["):
        return _NO_JSON
    try:
        return _decoded(content.decode(json.detect_encoding(content), "surrogatepass"))
    except (ValueError, RecursionError):
        return _NO_JSON


def _number(token: str) -> float | int:
    value = float(token)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


# The functions of the module would build both anew for every body.
_decoded = json.JSONDecoder(parse_float=_number).decode
_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="surrogateescape")


_LONGEST_URL = 65_536
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
# What stands in a path as it is. A slash that is escaped separates nothing.
_PLAIN = frozenset(map(chr, range(33, 127))).difference('"#%/<>?\\^`{}')


def plainly_escaped(path: str) -> str:
    """Return a path, or a URL up to its query, with the escapes that it needs, in capital letters."""
    return _ESCAPE.sub(_plain, path) if "%" in path else path


def _plain(escape: re.Match[str]) -> str:
    character = chr(int(escape[0][1:], 16))
    return character if character in _PLAIN else escape[0].upper()


@lru_cache(maxsize=2048)
def _url_parts(text: str) -> tuple[tuple[str, str, int | None], str, tuple[tuple[str, str], ...]]:
    """Return origin, path and query of a URL, so that two spellings of one URL give the same."""
    if len(text) > _LONGEST_URL:
        return ("", "", None), text, ()  # some tools can send it, and no client of ours: it answers nothing
    url = URL(text)
    query = tuple(sorted(_pairs(url.query.decode("ascii")), key=lambda pair: pair[0])) if url.query else ()
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    return (url.scheme, url.host, url.port), plainly_escaped(path), query
