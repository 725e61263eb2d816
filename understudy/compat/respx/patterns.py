"""What a route wants of a request, in the words of respx: `M(method="GET", path__startswith="/users")`.

Each key has a lookup of its own when none is written; `__eq`, `__contains`, `__in`, `__regex` and `__startswith` say
another one. Where respx knows fewer combinations than make sense, the sensible ones work here too.
Patterns join with `&`, `|` and `~`, and compare equal when they want the same: a route added twice is one route.
"""

# Values come in whatever shape users of another library are used to.
# pyright: basic

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from ...client import URL, Request
from .kinds import KINDS, Lookup, begins, json_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


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
            test = begins
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
        place = json_of(request)
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
