"""What a route wants of a request, in the words of respx: `M(method="GET", path__startswith="/users")`.

Each key has a lookup of its own when none is written; `__eq`, `__contains`, `__in`, `__regex` and `__startswith` say
another one. Where respx knows fewer combinations than make sense, the sensible ones work here too.
Patterns join with `&`, `|` and `~`, and compare equal when they want the same: a route added twice is one route.
"""

# Values come in whatever shape users of another library are used to.
# pyright: basic

from __future__ import annotations

import json
import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Callable, NamedTuple
from unittest.mock import ANY
from urllib.parse import parse_qsl, quote

from ...client import URL, Cookies, Headers, QueryParams, Request
from ..multiparts import Part, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Lookup(Enum):
    """How a value is compared."""

    EQUAL = "eq"
    REGEX = "regex"
    STARTS_WITH = "startswith"
    CONTAINS = "contains"
    IN = "in"


class Match(NamedTuple):
    """Whether a request fits, and the named groups that its regular expressions found."""

    matches: bool
    context: dict[str, str]

    def __bool__(self) -> bool:
        return self.matches


YES = Match(True, {})
NO = Match(False, {})


class Pattern:
    """One wish, or several joined: see `M`."""

    def match(self, request: Request) -> Match:
        """Say whether the request fits."""
        raise NotImplementedError

    def wishes(self) -> Iterator[Pattern]:
        """Yield what must all hold."""
        yield self

    def __and__(self, other: Pattern) -> Pattern:
        return All((*self.wishes(), *other.wishes())) if isinstance(other, Pattern) else NotImplemented

    def __or__(self, other: Pattern) -> Pattern:
        return Either(self, other) if isinstance(other, Pattern) else NotImplemented

    def __invert__(self) -> Pattern:
        return Not(self)

    def _key(self) -> object:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(repr(self._key()))


class All(Pattern):
    """Wants every one of its patterns; none at all fits everything."""

    def __init__(self, patterns: Iterable[Pattern] = ()) -> None:
        self.patterns: tuple[Pattern, ...] = tuple(patterns)

    def match(self, request: Request) -> Match:
        context: dict[str, str] = {}
        for pattern in self.patterns:
            found = pattern.match(request)
            if not found:
                return NO
            context.update(found.context)
        return Match(True, context)

    def wishes(self) -> Iterator[Pattern]:
        yield from self.patterns

    def _key(self) -> object:
        return ("all", sorted((pattern._key() for pattern in self.patterns), key=repr))

    def __repr__(self) -> str:
        return " and ".join(map(repr, self.patterns)) or "<any request>"


class Either(Pattern):
    """Wants one of two patterns."""

    def __init__(self, one: Pattern, other: Pattern) -> None:
        self.one = one
        self.other = other

    def match(self, request: Request) -> Match:
        return self.one.match(request) or self.other.match(request)

    def _key(self) -> object:
        return ("either", self.one._key(), self.other._key())

    def __repr__(self) -> str:
        return f"({self.one!r} or {self.other!r})"


class Not(Pattern):
    """Wants a pattern not to hold."""

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern

    def match(self, request: Request) -> Match:
        return NO if self.pattern.match(request) else YES

    def _key(self) -> object:
        return ("not", self.pattern._key())

    def __repr__(self) -> str:
        return f"not {self.pattern!r}"


class Field(Pattern):
    """Wants something of one part of a request."""

    def __init__(self, key: str, lookup: Lookup, value: Any, base: str = "") -> None:
        self.key = key
        self.lookup = lookup
        self.base = base
        kind = KINDS[key]
        try:
            if lookup is Lookup.IN:
                self.value: Any = tuple(kind.clean(each) for each in value)
            elif lookup is Lookup.REGEX:
                self.value = re.compile(value)
            else:
                self.value = kind.clean(value)
        except (TypeError, ValueError, re.error) as error:
            raise type(error)(f"{key}={value!r}: {error}") from error

    def match(self, request: Request) -> Match:
        kind = KINDS[self.key]
        got = kind.take(request)
        if self.base:
            if got != self.base and not got.startswith(f"{self.base}/"):
                return NO
            got = got[len(self.base) :] or "/"
        if self.lookup is Lookup.REGEX:
            found = self.value.search(got if isinstance(got, str) else str(got))
            return Match(True, found.groupdict()) if found else NO
        if self.lookup is Lookup.IN:
            return YES if any(kind.equal(each, got) for each in self.value) else NO
        test: Callable[[Any, Any], bool] = kind.equal
        if self.lookup is Lookup.CONTAINS:
            test = kind.contains
        elif self.lookup is Lookup.STARTS_WITH:
            test = _begins
        return YES if test(self.value, got) else NO

    def below(self, base: str) -> Field:
        """Return the same wish for what follows a prefix."""
        twin = Field.__new__(Field)
        twin.__dict__.update(self.__dict__)
        twin.base = base
        return twin

    def _key(self) -> object:
        value = self.value.pattern if self.lookup is Lookup.REGEX else self.value
        return (self.key, self.lookup.value, self.base, repr(value))

    def __repr__(self) -> str:
        value = self.value.pattern if self.lookup is Lookup.REGEX else self.value
        return f"<{self.key} {self.lookup.value} {self.base}{value!r}>"


class JSONPath(Pattern):
    """Wants a value at a place inside the JSON body: `json__items__0__id=7`."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.value = value

    def match(self, request: Request) -> Match:
        place = _json(request)
        for step in self.path.split("__"):
            try:
                place = place[int(step)] if isinstance(place, list) else place[step]
            except (LookupError, ValueError, TypeError):
                return NO
        return YES if self.value == place else NO

    def _key(self) -> object:
        return ("json", self.path, repr(self.value))

    def __repr__(self) -> str:
        return f"<json at {self.path.replace('__', '.')} eq {self.value!r}>"


# How each part of a request is taken, what a wish for it is turned into, and how the two are compared


def _same(wanted: Any, got: Any) -> bool:
    return bool(wanted == got)


def _begins(wanted: Any, got: Any) -> bool:
    return bool(got.startswith(wanted))


def _within(wanted: Any, got: Any) -> bool:
    return wanted in got


class Kind(NamedTuple):
    """How one part of a request is handled."""

    take: Callable[[Request], Any]
    clean: Callable[[Any], Any]
    lookup: Lookup = Lookup.EQUAL
    equal: Callable[[Any, Any], bool] = _same
    contains: Callable[[Any, Any], bool] = _within


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


def _json(request: Request) -> Any:
    try:
        return json.loads(request.read())
    except ValueError:
        return _NOT_JSON


def _clean_json(value: Any) -> Any:
    if isinstance(value, (bytes, str)) and value[:1] in (b"{", b"[", "{", "["):
        return json.loads(value)
    return value


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
    "method": Kind(lambda request: request.method, lambda method: str(method).upper()),
    "scheme": Kind(lambda request: request.url.scheme, lambda scheme: str(scheme).lower()),
    "host": Kind(lambda request: request.url.host, _clean_host),
    "port": Kind(lambda request: _port(request.url), _clean_port),
    "path": Kind(_path, _clean_path),
    "params": Kind(_params, _pairs, Lookup.CONTAINS, _same_pairs, _among_pairs),
    "url": Kind(lambda request: str(request.url), str),
    "headers": Kind(_headers, _clean_headers, Lookup.CONTAINS, _same_pairs, _among_pairs),
    "cookies": Kind(_cookies, _clean_cookies, Lookup.CONTAINS, _same_pairs, _among_pairs),
    "content": Kind(_content, _clean_content),
    "data": Kind(_data, _pairs, Lookup.EQUAL, _same_pairs, _among_pairs),
    "files": Kind(_files, _clean_files, Lookup.CONTAINS, _same_pairs, _among_pairs),
    "json": Kind(_json, _clean_json),
}


def M(*patterns: Pattern, **lookups: Any) -> Pattern:
    """Return the pattern of these words, all of which must hold: `M(host="api.test", path__regex=r"^/users/")`.

    A word is a key, or a key and a lookup: `__eq`, `__contains`, `__in`, `__regex`, `__startswith`;
    after `json__` it may be a path into the body.
    """
    wishes: list[Pattern] = []
    for pattern in patterns:
        if not isinstance(pattern, Pattern):
            raise TypeError(f"M takes patterns, made by M(...), not {type(pattern).__name__}")
        wishes.extend(pattern.wishes())
    for word, value in lookups.items():
        if value is not None:
            wishes.extend(_wishes(word, value))
    return wishes[0] if len(wishes) == 1 else All(wishes)


def _wishes(word: str, value: Any) -> Iterator[Pattern]:
    key, _, lookup = word.partition("__")
    if key not in KINDS:
        from difflib import get_close_matches

        near = get_close_matches(key, KINDS, 1)
        raise KeyError(
            f"{word!r} is no pattern" + (f", did you mean {near[0]!r}?" if near else f": there are {sorted(KINDS)}")
        )
    if not lookup and key == "url":
        yield from parse_url_patterns(value)
        return
    known = {each.value: each for each in Lookup}
    if key == "json" and lookup and lookup not in known:
        yield JSONPath(lookup, value)
        return
    if lookup and lookup not in known:
        raise NotImplementedError(f"{word!r}: there is no lookup {lookup!r}, only {sorted(known)}")
    yield Field(key, known[lookup] if lookup else KINDS[key].lookup, value)


def parse_url_patterns(url: Any) -> list[Pattern]:
    """Split a URL into wishes for scheme, host, port, path and query; `//*.example.org` leaves the scheme open."""
    text = str(url)
    if isinstance(url, re.Pattern):
        return [Field("url", Lookup.REGEX, url.pattern)]
    wishes: list[Pattern] = []
    found = re.match(r"^(?:(?P<scheme>[A-Za-z*][\w+.-]*):)?//(?P<host>\[[^\]]*\]|[^/?#:]*)(?::(?P<port>\d+))?", text)
    rest = text
    if found is not None:
        scheme, host, port = found.group("scheme", "host", "port")
        rest = text[found.end() :]
        if scheme and scheme not in ("all", "*"):
            wishes.append(Field("scheme", Lookup.EQUAL, scheme))
        wishes += _host_wishes(host)
        implied = {"https": 443, "http": 80}.get(scheme or "")
        if port or (implied and host):
            wishes.append(Field("port", Lookup.EQUAL, port or implied))
    path, mark, query = rest.partition("#")[0].partition("?")
    if path or found is not None:
        wishes.append(Field("path", Lookup.EQUAL, path or "/"))
    if mark:
        wishes.append(Field("params", Lookup.EQUAL, query))
    return wishes


def _host_wishes(host: str) -> list[Pattern]:
    if not host or host == "*":
        return []
    host = host.strip("[]")
    if host.startswith("*."):
        return [Field("host", Lookup.REGEX, rf"^.+\.{re.escape(host[2:])}$")]
    if host.startswith("*"):
        return [Field("host", Lookup.REGEX, rf"^(.+\.)?{re.escape(host[1:])}$")]
    return [Field("host", Lookup.EQUAL, str(URL(f"http://{host if ':' not in host else f'[{host}]'}").host))]


def merged(base: list[Pattern], pattern: Pattern) -> Pattern:
    """Return a pattern below a base URL: what it says itself goes first, its path follows that of the base."""
    own = list(pattern.wishes())
    if not all(isinstance(wish, (Field, JSONPath)) for wish in own):
        # Joined by or and not: each side is its own whole, and the base holds for all of it.
        prefix = [wish for wish in base if not (isinstance(wish, Field) and wish.key == "path")]
        path = next((wish for wish in base if isinstance(wish, Field) and wish.key == "path"), None)
        start = [_inside(path.value)] if path is not None and path.value != "/" else []
        return All((*prefix, *start, *own))
    said = {wish.key for wish in own if isinstance(wish, Field)}
    if "url" in said:
        return pattern
    wishes: list[Pattern] = [
        wish for wish in base if isinstance(wish, Field) and wish.key not in said and wish.key != "path"
    ]
    prefix_path = next((wish.value for wish in base if isinstance(wish, Field) and wish.key == "path"), "/").rstrip("/")
    is_absolute = "host" in said
    for wish in own:
        if isinstance(wish, Field) and wish.key == "path" and prefix_path and not is_absolute:
            wishes.append(wish.below(prefix_path))
        else:
            wishes.append(wish)
    if "path" not in said and prefix_path and not is_absolute:
        wishes.append(_inside(prefix_path))
    return All(wishes)


def _inside(prefix: str) -> Field:
    """Want a path below a prefix, or the prefix itself."""
    return Field("path", Lookup.REGEX, rf"^{re.escape(prefix.rstrip('/'))}(/|$)")
