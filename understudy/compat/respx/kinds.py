"""How each part of a request is taken, what a wish for it is turned into, and how the two are compared."""

# Values come in whatever shape users of another library are used to.
# pyright: basic

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Any, Callable, NamedTuple
from unittest.mock import ANY
from urllib.parse import parse_qsl, quote

from ...client import URL, Cookies, Headers, QueryParams, Request
from ..multiparts import Part, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable


class Lookup(Enum):
    """How a value is compared."""

    EQUAL = "eq"
    REGEX = "regex"
    STARTS_WITH = "startswith"
    CONTAINS = "contains"
    IN = "in"


def _same(wanted: Any, got: Any) -> bool:
    return bool(wanted == got)


def begins(wanted: Any, got: Any) -> bool:
    """Whether one text begins with another."""
    return bool(got.startswith(wanted))


def _within(wanted: Any, got: Any) -> bool:
    return wanted in got


_ONE = frozenset({Lookup.EQUAL, Lookup.IN})
_SEVERAL = _ONE | {Lookup.CONTAINS}
_TEXT = frozenset(Lookup)


class Kind(NamedTuple):
    """How one part of a request is handled."""

    take: Callable[[Request], Any]
    clean: Callable[[Any], Any]
    lookups: frozenset[Lookup]
    lookup: Lookup = Lookup.EQUAL
    equal: Callable[[Any, Any], bool] = _same
    contains: Callable[[Any, Any], bool] = _within
    # What of a wish's value tells it from another: not the order of members, of parameters.
    same: Callable[[Any], Any] = lambda value: value


def _port(url: URL) -> int | None:
    return url.port if url.port is not None else {"https": 443, "http": 80}.get(url.scheme)


def _path(request: Request) -> str:
    return request.url.raw_path.decode("ascii").partition("?")[0]


def _clean_path(path: Any) -> str:
    text = str(path)
    text = text if text.startswith("/") else f"/{text}"
    # What is percent-encoded stays so, what should be becomes so.
    return quote(text, safe="/%:@!$&'()*+,;=~-._[]")


def _clean_port(port: Any) -> int:
    return int(port)


def _clean_host(host: Any) -> str:
    return str(host).lower()


def _pairs(value: Any) -> list[tuple[str, Any]]:
    """Return what was given as parameters as pairs, with `ANY` left as it is."""
    if isinstance(value, (bytes, str)):
        text = value.decode() if isinstance(value, bytes) else value
        return list(parse_qsl(text.lstrip("?"), keep_blank_values=True))
    items = (
        value.multi_items() if hasattr(value, "multi_items") else value.items() if hasattr(value, "items") else value
    )
    pairs: list[tuple[str, Any]] = []
    for name, each in items:
        for one in each if isinstance(each, (list, tuple)) else (each,):
            pairs.append((str(name), one if _is_open(one) else _primitive(one)))  # noqa: PERF401  # two loops
    return pairs


def _is_open(value: Any) -> bool:
    """Whether this is an object with an idea of its own of what equals it, such as `ANY`."""
    return value is ANY or not isinstance(value, (str, bytes, int, float, bool, type(None)))


def _primitive(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.decode() if isinstance(value, bytes) else str(value)


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def _pairs_in_order(pairs: Any) -> Any:
    return sorted(pairs, key=lambda pair: pair[0]) if isinstance(pairs, list) else pairs


def _same_pairs(wanted: Any, got: Any) -> bool:
    return _grouped(wanted) == _grouped(got)


def _among_pairs(wanted: Any, got: Any) -> bool:
    have = _grouped(got)
    return all(name in have and values == have[name] for name, values in _grouped(wanted).items())


def _params(request: Request) -> list[tuple[str, str]]:
    return list(QueryParams(request.url.query).multi_items())


def _headers(request: Request) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in request.headers.multi_items()]


def _clean_headers(headers: Any) -> list[tuple[str, Any]]:
    if hasattr(headers, "items") and any(_is_open(value) for value in dict(headers).values()):
        return [(str(name).lower(), value) for name, value in headers.items()]
    return [(name.lower(), value) for name, value in Headers(headers).multi_items()]


def _cookies(request: Request) -> list[tuple[str, str]]:
    pairs = (piece.strip().partition("=") for piece in request.headers.get("cookie", "").split(";"))
    return [(name, value) for name, equals, value in pairs if equals]


def _clean_cookies(cookies: Any) -> list[tuple[str, Any]]:
    if isinstance(cookies, Cookies):
        return [(cookie.name, cookie.value or "") for cookie in cookies.jar]
    return _pairs(cookies)


def _content(request: Request) -> bytes:
    return request.read()


def _clean_content(content: Any) -> Any:
    return content.encode() if isinstance(content, str) else content


_NOT_JSON = object()


def json_of(request: Request) -> Any:
    """Return the JSON of a body, or what equals nothing."""
    try:
        return json.loads(request.read())
    except (ValueError, RecursionError):
        return _NOT_JSON


def _clean_json(value: Any) -> Any:
    if isinstance(value, bytes):
        raise TypeError("JSON has no bytes: pass what they stand for, or content=")
    return value


def same_json(wanted: Any, got: Any) -> bool:
    """Whether two values are the same JSON: `1`, `1.0` and `true` are three; an object such as `ANY` may say itself."""
    if isinstance(wanted, dict):
        members = {str(name): value for name, value in wanted.items()}
        return (
            isinstance(got, dict)
            and members.keys() == got.keys()
            and all(same_json(value, got[name]) for name, value in members.items())
        )
    if isinstance(wanted, (list, tuple)):
        return isinstance(got, list) and len(wanted) == len(got) and all(map(same_json, wanted, got))
    if isinstance(wanted, (bool, int, float)):
        return isinstance(got, (bool, int, float)) and json.dumps(wanted) == json.dumps(got)
    return bool(wanted == got)


def in_order(value: Any) -> Any:
    """Return JSON with the members of its objects in the order of their names."""
    if isinstance(value, dict):
        return {name: in_order(each) for name, each in sorted(value.items(), key=lambda member: str(member[0]))}
    return [in_order(each) for each in value] if isinstance(value, (list, tuple)) else value


def _same_url(wanted: str, got: str) -> bool:
    return wanted == got or _places(wanted) == _places(got)


def _places(text: str) -> tuple[object, ...]:
    """Return what a URL says: an empty path is that of the root (RFC 9110, section 4.2.3)."""
    url = URL(text)
    return (url.scheme, url.userinfo, url.host, url.port, url.raw_path)


def _data(request: Request) -> list[tuple[str, str]]:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return [(part.name, part.content.decode()) for part in parts_of(request) if part.filename is None]
    return list(parse_qsl(request.read().decode("utf-8", "replace"), keep_blank_values=True))


def _files(request: Request) -> list[tuple[str, Part]]:
    return [(part.name, part) for part in parts_of(request) if part.filename is not None]


class _File:
    """A wished-for file: its content, or its name and content; either may be `ANY`."""

    def __init__(self, value: Any) -> None:
        name, content = (value[0], value[1]) if isinstance(value, tuple) else (ANY, value)
        self.name = name
        read = content.read() if hasattr(content, "read") else content
        self.content = read.encode() if isinstance(read, str) else read

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Part) and self.name == other.filename and self.content == other.content

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"({self.name!r}, {self.content!r})"


def _clean_files(files: Any) -> list[tuple[str, _File]]:
    items = files.items() if hasattr(files, "items") else files
    return [(str(name), _File(value)) for name, value in items]


KINDS: dict[str, Kind] = {
    "method": Kind(lambda request: request.method, lambda method: str(method).upper(), _TEXT),
    "scheme": Kind(lambda request: request.url.scheme, lambda scheme: str(scheme).lower(), _TEXT),
    "host": Kind(lambda request: request.url.host, _clean_host, _TEXT),
    "port": Kind(lambda request: _port(request.url), _clean_port, _ONE),
    "path": Kind(_path, _clean_path, _TEXT),
    "params": Kind(_params, _pairs, _SEVERAL, Lookup.CONTAINS, _same_pairs, _among_pairs, _pairs_in_order),
    "url": Kind(lambda request: str(request.url), str, _TEXT, equal=_same_url),
    "headers": Kind(_headers, _clean_headers, _SEVERAL, Lookup.CONTAINS, _same_pairs, _among_pairs, _pairs_in_order),
    "cookies": Kind(_cookies, _clean_cookies, _SEVERAL, Lookup.CONTAINS, _same_pairs, _among_pairs, _pairs_in_order),
    "content": Kind(_content, _clean_content, _SEVERAL | {Lookup.STARTS_WITH}),
    "data": Kind(_data, _pairs, _SEVERAL, Lookup.EQUAL, _same_pairs, _among_pairs, _pairs_in_order),
    "files": Kind(_files, _clean_files, _SEVERAL, Lookup.CONTAINS, _same_pairs, _among_pairs, _pairs_in_order),
    "json": Kind(json_of, _clean_json, _ONE, equal=same_json, same=in_order),
}
