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
from .kinds import KINDS, Lookup, begins, in_order, json_of, same_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_AUTHORITY = re.compile(
    r"(?:(?P<scheme>[A-Za-z*][\w+.-]*):)?//(?:[^/?#@]*@)?(?P<host>\[[^\]]*\]|[^/?#:]*)(?::(?P<port>\d+))?"
)


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

    _said: str | None = None

    def match(self, request: Request) -> Match:
        """Say whether the request fits."""
        raise NotImplementedError

    def wishes(self) -> Iterator[Pattern]:
        """Yield what must all hold."""
        yield self

    def keys(self) -> set[str]:
        """Return the parts of a request that anything is wanted of."""
        return set()

    def below(self, base: str) -> Pattern:
        """Return the same wish, with its paths beginning at a prefix."""
        return self

    def __and__(self, other: Pattern) -> Pattern:
        return All((*self.wishes(), *other.wishes())) if isinstance(other, Pattern) else NotImplemented

    def __or__(self, other: Pattern) -> Pattern:
        return Either(self, other) if isinstance(other, Pattern) else NotImplemented

    def __invert__(self) -> Pattern:
        return Not(self)

    def _key(self) -> object:
        return id(self)

    def _identity(self) -> str:
        """Return the key as text, made once: every route that is added is compared with all that are there."""
        if self._said is None:
            self._said = repr(self._key())
        return self._said

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())


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

    def keys(self) -> set[str]:
        return set().union(*(pattern.keys() for pattern in self.patterns))

    def below(self, base: str) -> Pattern:
        return All(pattern.below(base) for pattern in self.patterns)

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

    def keys(self) -> set[str]:
        return self.one.keys() | self.other.keys()

    def below(self, base: str) -> Pattern:
        return Either(self.one.below(base), self.other.below(base))

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

    def keys(self) -> set[str]:
        return self.pattern.keys()

    def below(self, base: str) -> Pattern:
        return Not(self.pattern.below(base))

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
        if lookup not in kind.lookups:
            known = sorted(f"{key}__{each.value}" for each in kind.lookups)
            raise NotImplementedError(f"{key}__{lookup.value}: there are only {', '.join(known)}")
        try:
            if lookup is Lookup.IN:
                several = (value,) if isinstance(value, (bytes, str)) else value
                self.value: Any = tuple(kind.clean(each) for each in several)
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
            if not _is_inside(got, self.base):
                return NO
            got = got[len(self.base.rstrip("/")) :] or "/"
        if self.lookup is Lookup.REGEX:
            found = self.value.search(got)
            return Match(True, found.groupdict()) if found else NO
        if self.lookup is Lookup.IN:
            return YES if any(kind.equal(each, got) for each in self.value) else NO
        test: Callable[[Any, Any], bool] = kind.equal
        if self.lookup is Lookup.CONTAINS:
            test = kind.contains
        elif self.lookup is Lookup.STARTS_WITH:
            test = begins
        return YES if test(self.value, got) else NO

    def keys(self) -> set[str]:
        return {self.key}

    def below(self, base: str) -> Pattern:
        if self.key != "path":
            return self
        twin = Field.__new__(Field)
        twin.__dict__.update(self.__dict__)
        twin._said = None
        twin.base = base
        return twin

    def _key(self) -> object:
        value = self.value.pattern if self.lookup is Lookup.REGEX else KINDS[self.key].same(self.value)
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
        return YES if same_json(self.value, place) else NO

    def keys(self) -> set[str]:
        return {"json"}

    def _key(self) -> object:
        return ("json", self.path, repr(in_order(self.value)))

    def __repr__(self) -> str:
        return f"<json at {self.path.replace('__', '.')} eq {self.value!r}>"


def M(*patterns: Pattern, **lookups: Any) -> Pattern:
    """Return the pattern of these words, all of which must hold: `M(host="api.test", path__regex=r"^/users/")`.

    A word is a key, or a key and a lookup: `__eq`, `__contains`, `__in`, `__regex`, `__startswith`;
    after `json__` it may be a path into the body. What the other words say of a part of `url=` goes before it.
    """
    given: list[Pattern] = []
    parts: list[Field] = []
    wishes: list[Pattern] = []
    for pattern in patterns:
        if not isinstance(pattern, Pattern):
            raise TypeError(f"M takes patterns, made by M(...), not {type(pattern).__name__}")
        given.extend(pattern.wishes())
    for word, value in lookups.items():
        if word == "url" and value is not None:
            parts = parse_url_patterns(value)
        elif value is not None or word.partition("__")[0] == "json":  # `null` is JSON
            wishes.extend(_wishes(word, value))
    return _joined([*given, *_left(parts, All((*given, *wishes)).keys()), *wishes])


def _wishes(word: str, value: Any) -> Iterator[Pattern]:
    key, _, lookup = word.partition("__")
    if key not in KINDS:
        from difflib import get_close_matches

        near = get_close_matches(key, KINDS, 1)
        raise KeyError(
            f"{word!r} is no pattern" + (f", did you mean {near[0]!r}?" if near else f": there are {sorted(KINDS)}")
        )
    known = {each.value: each for each in Lookup}
    if key == "json" and lookup and lookup not in known:
        yield JSONPath(lookup, value)
        return
    if lookup and lookup not in known:
        raise ValueError(f"{word!r}: there is no lookup {lookup!r}, only {sorted(known)}")
    field = Field(key, known[lookup] if lookup else KINDS[key].lookup, value)
    if field.lookup is not Lookup.CONTAINS or field.value:  # everything contains nothing
        yield field


def parse_url_patterns(url: Any) -> list[Field]:
    """Split a URL into wishes for scheme, host, port, path and query; `//*.example.org` leaves the scheme open.

    What a URL does not say is open: a port that its scheme implies, and a path or a query where there is none.
    """
    if isinstance(url, re.Pattern):
        return [Field("url", Lookup.REGEX, url.pattern)]
    if not isinstance(url, (str, URL)):
        raise TypeError(f"a URL is text, a URL or a compiled regular expression, not {type(url).__name__}")
    text = str(url)
    wishes: list[Field] = []
    found = _AUTHORITY.match(text)
    rest = text
    if found is not None:
        scheme, host, port = found.group("scheme", "host", "port")
        rest = text[found.end() :]
        if scheme and scheme not in ("all", "*"):
            wishes.append(Field("scheme", Lookup.EQUAL, scheme))
        wishes += _host_wishes(host)
        if port and int(port) != {"https": 443, "http": 80}.get((scheme or "").lower()):
            wishes.append(Field("port", Lookup.EQUAL, port))
    path, _, query = rest.partition("#")[0].partition("?")
    if path:
        wishes.append(Field("path", Lookup.EQUAL, path))
    if query:
        wishes.append(Field("params", Lookup.EQUAL, query))
    return wishes


def _host_wishes(host: str) -> list[Field]:
    if not host or host == "*":
        return []
    host = host.strip("[]")
    if host.startswith("*."):
        return [Field("host", Lookup.REGEX, rf"^.+\.{re.escape(host[2:])}$")]
    if host.startswith("*"):
        return [Field("host", Lookup.REGEX, rf"^(.+\.)?{re.escape(host[1:])}$")]
    return [Field("host", Lookup.EQUAL, str(URL(f"http://{host if ':' not in host else f'[{host}]'}").host))]


def merged(base: list[Field], pattern: Pattern) -> Pattern:
    """Return a pattern below a base URL: what it says itself goes first, its paths follow that of the base."""
    said = pattern.keys()
    left = _left(base, said - {"path"})
    prefix = next((wish.value for wish in left if wish.key == "path"), "/")
    wishes: list[Pattern] = [wish for wish in left if wish.key != "path"]
    if prefix != "/":
        # Joined by or and not, a wish for a path does not keep the others below the base.
        if not any(isinstance(wish, Field) and wish.key == "path" for wish in pattern.wishes()):
            wishes.append(_inside(prefix))
        pattern = pattern.below(prefix)
    return _joined([*wishes, *pattern.wishes()])


def _left(parts: list[Field], said: set[str]) -> list[Field]:
    """Return the parts of a URL that hold beside other words; those of another host are all another's."""
    return [] if "host" in said else [part for part in parts if part.key not in said]


def _joined(wishes: list[Pattern]) -> Pattern:
    return wishes[0] if len(wishes) == 1 else All(wishes)


def _is_inside(path: str, prefix: str) -> bool:
    return path.startswith(prefix) if prefix.endswith("/") else path == prefix or path.startswith(f"{prefix}/")


def _inside(prefix: str) -> Field:
    """Want a path below a prefix, or the prefix itself."""
    return Field("path", Lookup.REGEX, rf"^{re.escape(prefix)}" + ("" if prefix.endswith("/") else "(/|$)"))
