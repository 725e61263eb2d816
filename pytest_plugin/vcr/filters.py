"""What vcrpy's filters leave of a request, for matchers of the suite's own: on a tape of vcrpy they have been there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .requests import VCRRequest

# What stands in place of a value: nothing, a text, or what a function of name, value and request says.
Replacement = Any
Filter = Callable[["VCRRequest"], None]


def filters_of(said: dict[str, Any]) -> list[Filter]:
    """Return vcrpy's settings as functions that change a request."""
    found: list[Filter] = []
    for setting, change in (
        ("filter_headers", _headers),
        ("filter_query_parameters", _query),
        ("filter_post_data_parameters", _body),
    ):
        replacements = dict((entry, None) if isinstance(entry, str) else entry for entry in said.get(setting) or ())
        if replacements:
            found.append(_bound(change, replacements))
    return found


def _bound(change: Callable[[VCRRequest, dict[str, Replacement]], None], said: dict[str, Replacement]) -> Filter:
    return lambda request: change(request, said)


def _put(replacement: Replacement, name: str, value: Any, request: VCRRequest) -> Any:
    return replacement(key=name, value=value, request=request) if callable(replacement) else replacement


def _headers(request: VCRRequest, said: dict[str, Replacement]) -> None:
    for name, replacement in said.items():
        if name in request.headers:
            value = _put(replacement, name, request.headers[name], request)
            del request.headers[name]
            if value is not None:
                request.headers[name] = value


def _query(request: VCRRequest, said: dict[str, Replacement]) -> None:
    parts = urlsplit(request.uri)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if any(name in said for name, _ in pairs):
        request.uri = urlunsplit(parts._replace(query=urlencode(_pairs(pairs, said, request))))


def _body(request: VCRRequest, said: dict[str, Replacement]) -> None:
    if request.method != "POST" or not request.body:
        return
    if request.headers.get("content-type", "").partition(";")[0].strip() == "application/json":
        try:
            data: Any = json.loads(request.body)
        except ValueError:
            return
        if isinstance(data, dict) and any(name in data for name in said):
            members = cast("dict[str, Any]", data)
            request.body = json.dumps(dict(_pairs(members.items(), said, request))).encode()
        return
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    if any(name in said for name, _ in pairs):
        request.body = urlencode(_pairs(pairs, said, request)).encode()


def _pairs(
    pairs: Iterable[tuple[str, Any]], said: dict[str, Replacement], request: VCRRequest
) -> list[tuple[str, Any]]:
    kept = ((name, _put(said[name], name, value, request) if name in said else value) for name, value in pairs)
    return [(name, value) for name, value in kept if name not in said or value is not None]
