"""The lookups of the matcher grammar: `json__total__gte=3`, `headers__x_key__regex=...`, one condition each.

A lookup is a name and a function that makes a `Condition` from what the author wrote;
what cannot be asked (a regular expression that does not compile, a range without two ends) fails right there.
"""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING, Any, Callable

from ..errors import RouteError
from ..values import (
    ABSENT,
    Condition,
    Difference,
    Differences,
    Subset,
    Unordered,
    Where,
    differences,
    is_collection,
    is_list,
    is_mapping,
    is_pattern,
    kind_of,
    searched,
    show,
)
from .jsonpaths import JSONPath
from .schemas import Schema

if TYPE_CHECKING:
    from collections.abc import Sequence

Check = Callable[[Any], bool]


class Equal(Condition):
    """Wants what was written; see `values` for what that means."""

    __slots__ = ("leaves", "want")

    accepts_absence = True

    def __init__(self, want: object) -> None:
        from ..values import leaves

        self.want: object = want
        self.leaves: int = leaves(want)

    def differences(self, got: object, where: Where) -> Differences:
        return differences(self.want, got, where)

    def describe(self) -> str:
        return show(self.want)


class Passes(Condition):
    """Wants a check to hold; values that it cannot be asked about do not pass."""

    __slots__ = ("_check", "_words")

    def __init__(self, words: str, check: Check) -> None:
        self._words = words
        self._check = check

    def differences(self, got: object, where: Where) -> Differences:
        try:
            holds = self._check(got)
        except (TypeError, ValueError):
            holds = False
        return [] if holds else [Difference(where, self, got)]

    def describe(self) -> str:
        return self._words


class Sized(Passes):
    """Wants a value to compare with another by size."""

    __slots__ = ()


class Presence(Condition):
    """Wants something to be there, or nothing."""

    __slots__ = ("_wanted",)

    accepts_absence = True

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted

    def differences(self, got: object, where: Where) -> Differences:
        return [] if (got is not ABSENT) == self._wanted else [Difference(where, self, got)]

    def describe(self) -> str:
        return "present" if self._wanted else "absent"


class Not(Condition):
    """Wants a condition not to hold."""

    __slots__ = ("_inner",)

    accepts_absence = True

    def __init__(self, inner: Condition) -> None:
        self._inner = inner

    def differences(self, got: object, where: Where) -> Differences:
        return [] if self._inner.differences(got, where) else [Difference(where, self, got)]

    def describe(self) -> str:
        return f"not {self._inner.describe()}"


class OneOf(Condition):
    """Wants one of several."""

    __slots__ = ("_wants",)

    def __init__(self, wants: Sequence[object]) -> None:
        self._wants = list(wants)

    def differences(self, got: object, where: Where) -> Differences:
        if any(not differences(want, got) for want in self._wants):
            return []
        return [Difference(where, self, got)]

    def describe(self) -> str:
        return f"one of {', '.join(map(show, self._wants))}"


class Each(Condition):
    """Wants every item of a list to be like this, or at least one."""

    __slots__ = ("_every", "_want")

    def __init__(self, want: object, *, every: bool) -> None:
        self._want = want
        self._every = every

    def differences(self, got: object, where: Where) -> Differences:
        if not is_list(got):
            return [Difference(where, self, got, f"{kind_of(got)}, not a list")]
        if not self._every:
            fits = any(not differences(self._want, item) for item in got)
            return [] if fits else [Difference(where, self, got)]
        found: Differences = []
        for place, item in enumerate(got):
            found += differences(self._want, item, (*where, place))
        return found

    def describe(self) -> str:
        return f"{'every item' if self._every else 'some item'} {show(self._want)}"


class At(Condition):
    """Wants what a JSONPath finds to be like this; every found value must fit, and there must be one."""

    __slots__ = ("_path", "_want")

    def __init__(self, path: str, want: object) -> None:
        self._path = JSONPath(path)
        self._want = want

    def differences(self, got: object, where: Where) -> Differences:
        found: Differences = []
        nothing = True
        for place, value in self._path.find(got):
            nothing = False
            found += differences(self._want, value, (*where, *place))
        if nothing and differences(self._want, ABSENT):
            return [Difference(where, self, ABSENT, f"nothing at {self._path.text}")]
        return found

    def describe(self) -> str:
        return f"at {self._path.text} {show(self._want)}"


class Every(Condition):
    """Wants several conditions at once."""

    __slots__ = ("_conditions", "leaves")

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._conditions = list(conditions)
        self.leaves: int = sum(condition.leaves for condition in self._conditions)

    def differences(self, got: object, where: Where) -> Differences:
        return [found for condition in self._conditions for found in condition.differences(got, where)]

    def describe(self) -> str:
        return " and ".join(condition.describe() for condition in self._conditions)


def _compare(words: str, name: str, holds: Callable[[Any, Any], bool]) -> Callable[[Any], Condition]:
    def make(bound: Any) -> Condition:
        _orderable(bound, name)
        return Sized(f"{words} {show(bound)}", lambda got: holds(_like(bound, got), bound))

    return make


def _orderable(bound: Any, name: str) -> None:
    if bound is None or isinstance(bound, bool) or is_list(bound) or is_mapping(bound):
        raise RouteError(f"`{name}` compares by size, and {show(bound)} has none: give a number, a date or a text")


def _like(bound: Any, got: Any) -> Any:
    """Return `got` as something that can be compared with `bound`: JSON has no dates but as text."""
    if isinstance(got, bool):
        raise TypeError
    parse = getattr(bound, "fromisoformat", None)
    return parse(got.replace("Z", "+00:00")) if parse is not None and isinstance(got, str) else got


def _between(ends: Any) -> Condition:
    if not is_list(ends) or len(ends) != 2:
        raise RouteError(f"`between` takes the two ends, both included, such as (1, 99); not {show(ends)}")
    low, high = ends
    _orderable(low, "between")
    _orderable(high, "between")
    if low > high:
        raise RouteError(f"`between` takes the lower end first: nothing is between {show(low)} and {show(high)}")
    return Sized(f"between {show(low)} and {show(high)}", lambda got: bool(low <= _like(low, got) <= high))


def compiled(pattern: Any) -> re.Pattern[Any]:
    """Return a compiled regular expression, or say why it cannot be one."""
    if is_pattern(pattern):
        return pattern
    if not isinstance(pattern, (str, bytes)):
        raise RouteError(f"a regular expression is text or re.compile(...), not {show(pattern)}")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise RouteError(f"the regular expression {pattern!r} is not valid: {error}") from error


def _regex(pattern: Any) -> Condition:
    expression = compiled(pattern)
    return Passes(f"matching {show(expression)}", lambda got: searched(expression, got))


def _glob(pattern: Any) -> Condition:
    _texts(pattern, "glob")
    expression = re.compile(translate(_text(pattern)))
    return Passes(f"like {show(pattern)}", lambda got: expression.match(_text(got)) is not None)


def _texts(value: Any, name: str) -> None:
    if not isinstance(value, (str, bytes)):
        raise RouteError(f"`{name}` takes text, not {show(value)}")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if not isinstance(value, str):
        raise TypeError
    return value


def _alike(value: str | bytes, got: str | bytes) -> Any:
    """Return a text as what it is compared with: a body, which may be large, is not decoded for it."""
    if isinstance(got, bytes):
        return value.encode() if isinstance(value, str) else value
    return _text(value)


def _checked(got: Any) -> Any:
    if not isinstance(got, (str, bytes)):
        raise TypeError
    return got


def _starts(start: Any) -> Condition:
    _texts(start, "startswith")
    return Passes(f"starting with {show(start)}", lambda got: _checked(got).startswith(_alike(start, got)))


def _ends(end: Any) -> Condition:
    _texts(end, "endswith")
    return Passes(f"ending with {show(end)}", lambda got: _checked(got).endswith(_alike(end, got)))


class Contains(Condition):
    """Wants a part of a text, an item of a list, or some keys of a dict."""

    __slots__ = ("_part",)

    def __init__(self, part: Any) -> None:
        self._part = part

    def differences(self, got: object, where: Where) -> Differences:
        part = self._part
        if is_mapping(got) and is_mapping(part):
            return differences(part, got, where, subset=True)
        return [] if self._is_in(got) else [Difference(where, self, got)]

    def _is_in(self, got: object) -> bool:
        part = self._part
        if isinstance(got, bytes):
            return isinstance(part, (str, bytes)) and (part.encode() if isinstance(part, str) else part) in got
        if isinstance(got, str):
            return isinstance(part, (str, bytes)) and _text(part) in got
        if is_list(got):
            return any(not differences(part, item, subset=True) for item in got)
        return is_mapping(got) and not is_mapping(part) and part in got

    def describe(self) -> str:
        return f"containing {show(self._part)}"


def _one_of(wants: Any) -> Condition:
    if not isinstance(wants, range) and not is_collection(wants):
        raise RouteError(f"`in` takes a list of what is welcome, not {show(wants)}")
    return OneOf(list(wants))


def _length(want: Any) -> Condition:
    condition = Equal(want)
    return Passes(f"of length {show(want)}", lambda got: not condition.differences(len(got), ()))


_TYPES: dict[str, Any] = {
    "str": str,
    "string": str,
    "int": int,
    "integer": int,
    "float": float,
    "number": float,
    "bool": bool,
    "boolean": bool,
    "list": list,
    "array": list,
    "dict": dict,
    "object": dict,
    "null": type(None),
}


def _type(kind: Any) -> Condition:
    if isinstance(kind, str) and kind in _TYPES:
        kind = _TYPES[kind]
    if kind is None:
        kind = type(None)
    if not isinstance(kind, type):
        raise RouteError(f"`type` takes a type such as int, or one of {', '.join(_TYPES)}; not {show(kind)}")
    return Equal(kind)


def _unordered(items: Any) -> Condition:
    try:
        return Unordered(items)
    except TypeError as error:
        raise RouteError(f"`unordered` takes a list of items, not {show(items)}") from error


def _presence(name: str) -> Callable[[Any], Condition]:
    def make(wanted: Any) -> Condition:
        if not isinstance(wanted, bool):
            raise RouteError(f"`{name}` takes True or False, not {show(wanted)}")
        return Presence(wanted if name == "exists" else not wanted)

    return make


def _jsonpath(paths: Any) -> Condition:
    if isinstance(paths, str):
        return At(paths, Presence(True))
    if is_mapping(paths) and paths:
        return Every([At(str(path), want) for path, want in paths.items()])
    if is_list(paths) and len(paths) == 2:
        return At(str(paths[0]), paths[1])
    raise RouteError("`jsonpath` takes a path, a pair (path, value), or a dict of paths and values")


LOOKUPS: dict[str, Callable[[Any], Condition]] = {
    "absent": _presence("absent"),
    "all": lambda want: Each(want, every=True),
    "any": lambda want: Each(want, every=False),
    "between": _between,
    "contains": Contains,
    "endswith": _ends,
    "eq": Equal,
    "exists": _presence("exists"),
    "glob": _glob,
    "gt": _compare("more than", "gt", lambda got, bound: bool(got > bound)),
    "gte": _compare("at least", "gte", lambda got, bound: bool(got >= bound)),
    "has": Subset,
    "in": _one_of,
    "jsonpath": _jsonpath,
    "len": _length,
    "lt": _compare("less than", "lt", lambda got, bound: bool(got < bound)),
    "lte": _compare("at most", "lte", lambda got, bound: bool(got <= bound)),
    "ne": lambda want: Not(Equal(want)),
    "regex": _regex,
    "schema": Schema,
    "startswith": _starts,
    "type": _type,
    "unordered": _unordered,
}
