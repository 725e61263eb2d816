"""What stands for the marks of a cassette where its requests are sent to the real server: said by whoever sends them.

1. A mark is named itself (`__REDACTED_token_1__`), or by the place in which it stands: `header.authorization`,
   `query.key`; of one host with the host before it, `api.example.com header.authorization`.
2. A place is filled only where the recording has a mark: a field that held no secret gets none.
3. What a field has around the mark stays, as the scheme of `Authorization`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote_plus

from ..client import URL
from .bodies.kinds import media_type
from .data import paths
from .reach import Reach
from .secrets.redaction import MARK, STAND_IN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .interactions import RecordedRequest

_PLACES = ("header", "query")
_PARAMETER = re.compile(r"(?<![^?&#])([^?&#=]+)=([^&#]*)")
_HARMLESS = "!'()*"  # what has no meaning in any part of a URL


class _Place(NamedTuple):
    """Where a value belongs."""

    hosts: Reach | None
    path: paths.Path
    value: str


class Filling:
    """The values that were given."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values: tuple[str, ...] = tuple(values.values())
        self._marks = {name: value for name, value in values.items() if MARK.fullmatch(name)}
        self._places = [_place(name, value) for name, value in values.items() if name not in self._marks]

    def filled(self, request: RecordedRequest) -> Filled:
        """Return what there is to send, as far as the values go."""
        host = URL(request.url).host
        places = [place for place in self._places if place.hosts is None or place.hosts.covers(host)]
        missing: dict[str, None] = {}

        def fill(text: str, where: str, name: str, *, as_query: bool = False) -> str:
            given = next((one.value for one in places if one.path.place == where and one.path.names(name)), None)

            def value(found: re.Match[str]) -> str:
                mark = _mark(found)
                said = self._marks.get(mark, given)
                if said is None:
                    missing[f"{host} {where}.{name}" if where in _PLACES else mark] = None
                    return found[0]
                return quote(said, safe=_HARMLESS) if as_query else said

            return STAND_IN.sub(value, text)

        base, question, query = request.url.partition("?")
        base = fill(base, "", "", as_query=True)
        query = _PARAMETER.sub(
            lambda pair: f"{pair[1]}={fill(pair[2], 'query', unquote_plus(pair[1]), as_query=True)}", query
        )
        url = base + question + fill(query, "", "", as_query=True)
        missing_in_url = tuple(missing)
        content, missing_in_content = self._content(request)
        missing.clear()
        fields = [(name, fill(value, "header", name.lower())) for name, value in request.headers]
        return Filled(url, fields, content, missing_in_url, missing_in_content, tuple(missing))

    def _content(self, request: RecordedRequest) -> tuple[bytes, tuple[str, ...]]:
        content = request.content
        if b"__REDACTED_" not in content:
            return content, ()
        text = content.decode("latin-1")
        kind = media_type(request.header("content-type"))
        missing = tuple(mark[0] for mark in MARK.finditer(text) if mark[0] not in self._marks)

        def value(found: re.Match[str]) -> str:
            said = self._marks.get(_mark(found), found[0])
            if kind == "application/x-www-form-urlencoded":
                said = quote(said, safe=_HARMLESS)
            elif kind.endswith("json"):
                said = json.dumps(said)[1:-1]
            return said.encode("utf-8").decode("latin-1")

        return STAND_IN.sub(value, text).encode("latin-1"), missing


class Filled(NamedTuple):
    """A recorded request with what was given in place of its marks; what is missing is named as it is to be given."""

    url: str
    fields: list[tuple[str, str]]
    content: bytes
    missing_in_url: tuple[str, ...]
    missing_in_content: tuple[str, ...]
    missing_in_fields: tuple[str, ...]


def _mark(found: re.Match[str]) -> str:
    """Return the mark alone, without what is shown of a JWT."""
    return f"__REDACTED_{found[1]}_{found[2]}__"


def _place(name: str, value: str) -> _Place:
    host, blank, place = name.rpartition(" ")
    try:
        path = paths.parse(place)
        if path.place not in _PLACES:
            raise ValueError(f"{place!r} is in the body")
    except ValueError as error:
        raise ValueError(
            f"a secret is named by its mark, as __REDACTED_token_1__, or by its place, as query.key, "
            f"header.authorization or 'api.example.com header.authorization', not {name!r}"
        ) from error
    try:
        return _Place(Reach((host.strip(),), "secrets") if blank else None, path, value)
    except ValueError as error:
        raise ValueError(
            f"a secret is given to a host, without scheme, port and path, as in 'api.example.com {place}': "
            f"{host.strip()!r} in {name!r} is none"
        ) from error
