"""Comparing what a route wants with what a request has, value by value, at any depth.

Rules

1. What is wanted goes first: `want == got` lets any object with an `__eq__` decide, at any depth of any document.
2. A dict wants exactly its keys, a list exactly its items in their order.
   Inside `Subset` a dict wants at least its keys.
3. `ANY` wants something to be there, `ABSENT` wants nothing to be there.
4. A compiled regular expression is searched for in text; a type wants an instance of it; a function is asked.
5. Numbers are compared as JSON has them: `1 == 1.0`, but neither is `true`; `nan` equals `nan`.
6. Every comparison returns the differences it found; none of them means equal. Decision and report are the same walk.
"""

from __future__ import annotations

import functools
import re
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from math import isnan
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple, Union

if TYPE_CHECKING:
    from typing_extensions import TypeGuard

Step = Union[str, int]
Where = tuple[Step, ...]


class _Any:
    """Equal to everything that is there."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other is not ABSENT

    def __ne__(self, other: object) -> bool:
        return other is ABSENT

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "ANY"


class _Absent:
    """What is not there."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "ABSENT"


ANY: Any = _Any()
"""Wants something to be there, whatever it is; typed `Any`, so that it fits everywhere."""

ABSENT: Any = _Absent()
"""Wants nothing to be there; also what a report shows for what a request does not have."""


class Difference(NamedTuple):
    """One place where a request is not what a route wants."""

    where: Where
    want: object
    got: object
    note: str = ""


Differences = list[Difference]
SAME: Differences = []
"""No differences; shared, never changed."""


class Condition:
    """Something that a value must fulfill; the lookups of the matcher grammar are conditions."""

    __slots__ = ()

    leaves = 1
    """How many values it constrains: part of how specific a route is."""

    accepts_absence = False
    """Whether it wants to be asked about a value that is not there."""

    def differences(self, got: object, where: Where) -> Differences:
        """Return where `got` is not as it must be; nothing when it is."""
        raise NotImplementedError

    def describe(self) -> str:
        """Return the condition in a few words, for reports."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return not self.differences(other, ())

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __repr__(self) -> str:
        return f"<{self.describe()}>"


class Unordered(Condition):
    """Wants these items, each once, in any order; at any depth of JSON, or as the values of a repeated name.

    >>> Unordered([1, 2]) == [2, 1]
    True
    """

    __slots__ = ("items", "leaves")

    def __init__(self, items: Sequence[object]) -> None:
        if isinstance(items, (str, bytes)) or not isinstance(items, Sequence):
            raise TypeError(f"Unordered takes a list of items, not {type(items).__name__}")
        self.items: list[object] = list(items)
        self.leaves: int = sum(map(leaves, self.items))

    def differences(self, got: object, where: Where) -> Differences:
        return self.compared(got, where, subset=False)

    def compared(self, got: object, where: Where, subset: bool) -> Differences:
        """Return where `got` differs; inside a `Subset` its dicts want at least their keys, too."""
        if not is_list(got):
            return [Difference(where, self, got, f"{kind_of(got)}, not a list")]
        missing, surplus = _paired(self.items, list(got), subset)
        found = [Difference(where, self.items[place], ABSENT, "no such item, in any order") for place in missing]
        found.extend(Difference((*where, place), ABSENT, got[place], "one item too many") for place in surplus)
        return found

    def describe(self) -> str:
        return f"{show(self.items)} in any order"


class Subset(Condition):
    """Wants at least these keys of a dict, and so on at every depth below; lists want all their items in order."""

    __slots__ = ("leaves", "want")

    def __init__(self, want: object) -> None:
        self.want: object = want
        self.leaves: int = leaves(want)

    def differences(self, got: object, where: Where) -> Differences:
        return differences(self.want, got, where, subset=True)

    def describe(self) -> str:
        return f"at least {show(self.want)}"


def differences(want: object, got: object, where: Where = (), *, subset: bool = False) -> Differences:
    """Return every place where `got` is not what `want` says; an empty list when there is none."""
    kind = type(want)
    if kind is str or kind is int or kind is bool or want is None:
        return SAME if _same_scalar(want, got) else [Difference(where, want, got, _kind_note(want, got))]
    if kind is dict:
        return _dict_differences(want, got, where, subset)  # type: ignore[arg-type]  # kind is dict
    if kind is list or kind is tuple:
        return _list_differences(want, got, where, subset)  # type: ignore[arg-type]  # kind is list or tuple
    if kind is Unordered and got is not ABSENT:
        unordered: Any = want
        found: Differences = unordered.compared(got, where, subset)
        return found
    return _object_differences(want, got, where, subset)


def _plain_eq(*kinds: Any) -> frozenset[Any]:
    return frozenset(kind.__eq__ for kind in kinds)


_DICT_EQ = _plain_eq(dict, OrderedDict, MappingProxyType, Mapping)
_LIST_EQ = _plain_eq(list, tuple)
"""How kinds of dicts and lists compare that have no opinion of their own."""


def _object_differences(  # noqa: PLR0911  # a line a rule
    want: object, got: object, where: Where, subset: bool
) -> Differences:
    if want is ANY:
        return SAME if got is not ABSENT else [Difference(where, want, got)]
    if want is ABSENT:
        return SAME if got is ABSENT else [Difference(where, want, got)]
    if isinstance(want, Condition):
        if got is ABSENT and not want.accepts_absence:
            return [Difference(where, want, got)]
        return want.differences(got, where)
    if got is ABSENT:
        return [Difference(where, want, got)]
    if is_pattern(want):
        return SAME if searched(want, got) else [Difference(where, want, got)]
    if isinstance(want, type) and type(want).__eq__ is type.__eq__:
        return SAME if _is_instance(got, want) else [Difference(where, want, got, kind_of(got))]
    if is_predicate(want):
        return SAME if want(got) else [Difference(where, want, got)]  # type: ignore[operator]  # it is a function
    if is_mapping(want) and type(want).__eq__ in _DICT_EQ:
        return _dict_differences(want, got, where, subset)
    if is_list(want) and type(want).__eq__ in _LIST_EQ:
        return _list_differences(want, got, where, subset)
    return SAME if _same_scalar(want, got) else [Difference(where, want, got, _kind_note(want, got))]


def _dict_differences(want: Mapping[Any, Any], got: object, where: Where, subset: bool) -> Differences:
    if not is_mapping(got):
        return [Difference(where, want, got, "" if got is ABSENT else f"{kind_of(got)}, not an object")]
    has: Mapping[Any, Any] = got
    found: Differences = []
    for key, value in want.items():
        found += differences(value, has.get(key, ABSENT), (*where, key), subset=subset)
    if not subset:
        found += [Difference((*where, key), ABSENT, has[key], "not wanted") for key in has if key not in want]
    return found


def _list_differences(want: Sequence[Any], got: object, where: Where, subset: bool) -> Differences:
    if not is_list(got):
        return [Difference(where, want, got, "" if got is ABSENT else f"{kind_of(got)}, not a list")]
    found: Differences = []
    for place, value in enumerate(want):
        has = got[place] if place < len(got) else ABSENT
        found += differences(value, has, (*where, place), subset=subset)
    found += [Difference((*where, place), ABSENT, got[place], "one too many") for place in range(len(want), len(got))]
    return found


def _same_scalar(want: object, got: object) -> bool:
    if want is got:
        return True
    if isinstance(want, bool) is not isinstance(got, bool) and isinstance(got, (bool, int, float)):
        # Python says True == 1; JSON does not.
        return not isinstance(want, (bool, int, float)) and bool(want == got)
    if isinstance(want, float) and isnan(want):
        return isinstance(got, float) and isnan(got)
    return bool(want == got)


def _is_instance(got: object, kind: type[Any]) -> bool:
    if isinstance(got, bool):
        return kind in (bool, object)
    return isinstance(got, kind) or (kind is float and isinstance(got, int))


def _paired(wanted: list[object], got: list[object], subset: bool) -> tuple[list[int], list[int]]:
    """Pair wanted items with those that are there (augmenting paths); return the places left over on both sides."""
    taken_by: dict[int, int] = {}
    fitting = [
        [place for place, item in enumerate(got) if not differences(want, item, subset=subset)] for want in wanted
    ]

    def seat(want: int, seen: set[int]) -> bool:
        free = next((place for place in fitting[want] if place not in taken_by), None)
        if free is not None:
            taken_by[free] = want
            return True
        for place in fitting[want]:
            if place not in seen:
                seen.add(place)
                if seat(taken_by[place], seen):
                    taken_by[place] = want
                    return True
        return False

    missing = [want for want in range(len(wanted)) if not seat(want, set())]
    return missing, [place for place in range(len(got)) if place not in taken_by]


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a value is a mapping."""
    return isinstance(value, Mapping)


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether a value is what JSON calls a list."""
    return isinstance(value, (list, tuple))


def is_collection(value: object) -> TypeGuard[Collection[Any]]:
    """Whether a value is a list of choices, in order or not."""
    return isinstance(value, (list, tuple, set, frozenset))


def is_pattern(value: object) -> TypeGuard[re.Pattern[Any]]:
    """Whether a value is a compiled regular expression."""
    return isinstance(value, re.Pattern)


def is_predicate(value: object) -> bool:
    """Whether a value is a function that is to be asked, rather than something to be equal to."""
    return isinstance(value, (FunctionType, MethodType, BuiltinFunctionType, functools.partial))


def searched(pattern: re.Pattern[Any], got: object) -> bool:
    """Whether a pattern is found in text or bytes; numbers are looked at as they are written."""
    if isinstance(pattern.pattern, bytes):
        return (
            pattern.search(got.encode() if isinstance(got, str) else got) is not None
            if isinstance(got, (str, bytes))
            else False
        )
    if isinstance(got, bytes):
        got = got.decode("utf-8", "replace")
    elif isinstance(got, (int, float)) and not isinstance(got, bool):
        got = str(got)
    return isinstance(got, str) and pattern.search(got) is not None


def identity(value: object) -> str:
    """Return a text that two values share only when they want the very same."""
    if is_mapping(value):
        return f"{{{','.join(f'{identity(key)}:{identity(item)}' for key, item in value.items())}}}"
    if is_list(value):
        return f"[{','.join(map(identity, value))}]"
    if is_pattern(value):
        return f"/{value.pattern!r}/{value.flags}"
    if value is None or isinstance(value, (str, bytes, int, float)) or value is ANY or value is ABSENT:
        return repr(value)
    return f"{type(value).__name__} at {id(value)}"


def leaves(value: object) -> int:
    """Return how many values something wanted constrains."""
    if is_mapping(value):
        return sum(leaves(item) for item in value.values()) or 1
    if is_list(value):
        return sum(leaves(item) for item in value) or 1
    if isinstance(value, Condition):
        return value.leaves
    return 1


def kind_of(value: object) -> str:  # noqa: PLR0911  # a line a kind
    """Return what JSON calls this kind of value, or Python where JSON has no word."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    if is_list(value):
        return "list"
    if is_mapping(value):
        return "object"
    return type(value).__name__


def _kind_note(want: object, got: object) -> str:
    if got is ABSENT or type(want).__module__ != "builtins":
        return ""
    wanted, has = kind_of(want), kind_of(got)
    return f"{has}, not {wanted}" if wanted != has else ""


def show(value: object, most: int = 120) -> str:
    """Return any value in at most `most` characters; never raises."""
    try:
        text = _shown(value)
    except Exception as error:
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _shown(value: object) -> str:  # noqa: PLR0911  # a line a kind
    if value is ANY:
        return "anything"
    if value is ABSENT:
        return "absent"
    if isinstance(value, Condition):
        return value.describe()
    if is_pattern(value):
        return f"/{value.pattern}/" if isinstance(value.pattern, str) else f"/{value.pattern!r}/"
    if isinstance(value, type):
        return value.__name__
    if is_predicate(value):
        return f"{getattr(value, '__name__', 'a predicate')}() to be true"
    if isinstance(value, (str, bytes)) and len(value) > 400:
        return f"{value[:400]!r}"
    if is_mapping(value):
        inside = ", ".join(f"{_shown(key)}: {show(item)}" for key, item in list(value.items())[:20])
        return f"{{{inside}}}"
    if is_list(value):
        return f"[{', '.join([show(item) for item in value[:20]])}]"
    return repr(value)
