"""One criterion of a route: a field of the request, a place in it, and the condition on what is there.

The decision and the report ask the same question: `criterion.differences(facts)`, which is empty when it holds.
A route's criteria are asked cheapest first, the body last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..values import (
    ABSENT,
    SAME,
    Condition,
    Difference,
    Differences,
    Unordered,
    Where,
    differences,
    is_list,
    is_mapping,
    leaves,
    show,
)
from .lookups import Equal, Not, Sized
from .masking import described, masked
from .templates import KINDS, fits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .facts import Facts
    from .targets import HostPattern
    from .templates import PathTemplate, Segment

# In which order criteria are asked: what is at hand first, what must be parsed last.
ASKED = (
    *("method", "scheme", "host", "port", "path", "url", "params", "headers", "cookies", "auth", "extensions"),
    *("content", "text", "json", "form", "files", "graphql", "xml", "when", "any"),
)
COST = {name: cost for cost, name in enumerate(ASKED)}


class Criterion(Protocol):
    """One thing that a route wants of a request."""

    @property
    def field(self) -> str:
        """The field of the grammar that it is about."""
        ...

    @property
    def leaves(self) -> int:
        """How many values it constrains."""
        ...

    def differences(self, facts: Facts) -> Differences:
        """Return where the request is not as wanted; nothing when it is."""
        ...

    def describe(self) -> str:
        """Return what is wanted, in a few words."""
        ...


class MethodCriterion:
    """Wants one of some methods."""

    __slots__ = ("methods",)

    field = "method"
    leaves = 1

    def __init__(self, methods: tuple[str, ...]) -> None:
        self.methods: tuple[str, ...] = methods

    def differences(self, facts: Facts) -> Differences:
        return SAME if facts.method in self.methods else [Difference((), Words(self.describe()), Words(facts.method))]

    def describe(self) -> str:
        return " or ".join(self.methods)


class SchemeCriterion:
    """Wants a scheme."""

    __slots__ = ("scheme",)

    field = "scheme"
    leaves = 1

    def __init__(self, scheme: str) -> None:
        self.scheme: str = scheme

    def differences(self, facts: Facts) -> Differences:
        return SAME if facts.scheme == self.scheme else [Difference((), Words(self.scheme), Words(facts.scheme))]

    def describe(self) -> str:
        return self.scheme


class HostCriterion:
    """Wants a host, or one that fits a pattern."""

    __slots__ = ("host",)

    field = "host"
    leaves = 1

    def __init__(self, host: HostPattern) -> None:
        self.host: HostPattern = host

    def differences(self, facts: Facts) -> Differences:
        literal = self.host.literal
        holds = literal == facts.host if literal is not None else self.host.match(facts.host) is not None
        return SAME if holds else [Difference((), Words(self.host.text), Words(facts.host))]

    def describe(self) -> str:
        return self.host.text


class PortCriterion:
    """Wants a port; that of the scheme where the URL says none."""

    __slots__ = ("port",)

    field = "port"
    leaves = 1

    def __init__(self, port: int) -> None:
        self.port: int = port

    def differences(self, facts: Facts) -> Differences:
        return SAME if facts.port == self.port else [Difference((), self.port, facts.port)]

    def describe(self) -> str:
        return str(self.port)


class PathCriterion:
    """Wants a path that fits a template."""

    __slots__ = ("literal", "template")

    field = "path"
    leaves = 1

    def __init__(self, template: PathTemplate) -> None:
        self.template: PathTemplate = template
        self.literal: tuple[Segment, ...] | None = template.segments if template.is_literal else None

    def differences(self, facts: Facts) -> Differences:
        literal = self.literal
        holds = literal == facts.segments if literal is not None else self.template.accepts(facts.segments)
        return SAME if holds else [Difference((), Words(self.template.text), Words(facts.path), self._note(facts))]

    def _note(self, facts: Facts) -> str:
        """Say what is different about two paths that look alike."""
        own, got = self.template.segments, facts.segments
        if got == (*own, "") or own == (*got, ""):
            return "they differ only by the slash at the end"
        if self.template.rest_at is not None:
            return ""
        if len(own) != len(got):
            return _shifted(own, got) or f"{len(got)} segment{'s' * (len(got) != 1)}, not {len(own)}"
        differing = [
            (place, want, have)
            for place, (want, have) in enumerate(zip(own, got), 1)
            if isinstance(want, str) and want != have
        ]
        if not differing:
            place, hole = next((place, each) for place, each in enumerate(own, 1) if not fits(each, got[place - 1], {}))
            kinds = {each.kind for each in getattr(hole, "holes", ())}
            said = f"is no {kinds.pop()}" if len(kinds) == 1 and kinds <= KINDS.keys() - {"str"} else "does not fit"
            return f"segment {place} {said if got[place - 1] else 'is empty'}"
        if all(want.lower() == have.lower() for _, want, have in differing):
            return "they differ only by case"
        place, want, _ = differing[0]
        # As Express and Flask write it.
        is_hole = want.startswith(":") or (want.startswith("<") and want.endswith(">"))
        return f"segment {place} differs{'; a hole is written {name}' if is_hole else ''}"

    def describe(self) -> str:
        return self.template.text


class FieldCriterion:
    """Wants a condition to hold for a field, or for what lies deeper in it."""

    __slots__ = ("condition", "field", "leaves", "names")

    def __init__(self, field: str, names: Where, condition: Condition) -> None:
        self.field: str = field
        self.names: Where = names
        self.condition: Condition = condition
        self.leaves: int = condition.leaves

    def differences(self, facts: Facts) -> Differences:
        got = facts.get(self.field)
        if got is ABSENT and self.field in ("json", "graphql", "xml"):
            sent = facts.get("content")
            kind = "GraphQL" if self.field == "graphql" else self.field.upper()
            note = f"the body is not {kind}" if sent else "there is no body"
            if sent and self.field == "json":
                # A form is shown as one, so that what is secret in it is known.
                sent, note = dict(facts.get("form")) or sent, facts.get("json_fault")
            if self.condition.accepts_absence and not self.condition.differences(ABSENT, ()):
                return SAME
            return [Difference((), Words(self.describe()), sent or ABSENT, note)]
        if self.names:
            got = dig(got, self.names)
            if got is ABSENT and not self.condition.accepts_absence:
                return [Difference(self.names, self.condition, ABSENT)]
        return self.condition.differences(got, self.names)

    def describe(self) -> str:
        name = nearest_name(self.names, self.field)
        return f"{way(self.names, self.field)} {described(self.condition, name)}".strip()


class NamedCriterion:
    """Wants something of named values that may repeat: params, headers, cookies, form fields, files.

    A plain value wants one of the name's values to be like it, a list wants all of them in their order.
    """

    __slots__ = ("_fold", "exact", "field", "leaves", "wants")

    def __init__(self, field: str, wants: Mapping[str, object], *, exact: bool) -> None:
        self.field: str = field
        self._fold = field == "headers"
        self.wants: dict[str, object] = {(name.lower() if self._fold else name): want for name, want in wants.items()}
        self.exact: bool = exact
        self.leaves: int = sum(map(leaves, self.wants.values())) + exact

    def differences(self, facts: Facts) -> Differences:
        values = _by_name(facts, self.field)
        found: Differences = []
        for name, want in self.wants.items():
            found += self._of_name(name, want, values.get(name, []))
        if self.exact:
            for name, got in values.items():
                if name not in self.wants:
                    found.append(Difference((name,), ABSENT, plain(got), "not wanted"))
        return found

    def _of_name(self, name: str, want: object, got: list[Any]) -> Differences:
        if want is ABSENT or not got:
            return differences(want, plain(got), (name,))
        kind: type[Any] = type(want)
        is_file = self.field == "files" and kind is tuple
        if kind is Unordered or (kind in (list, tuple) and not is_file):
            return differences(want, list(got), (name,))
        for value in got:
            # A file compares itself with its content, or with (name, content, type).
            if (value == want) if is_file else not differences(want, value):
                return SAME
        if len(got) > 1 and self._fold and not differences(want, ", ".join(got)):
            return SAME
        return [Difference((name,), want, plain(got))]

    def describe(self) -> str:
        if not self.wants:
            return "none at all"
        listed = ", ".join(f"{name}={show(masked(want, name))}" for name, want in self.wants.items())
        return f"exactly {listed}" if self.exact else listed


class LookupCriterion:
    """Wants a condition to hold for one name's value: `headers__x_key__regex=...`; any of its values will do."""

    __slots__ = ("condition", "field", "leaves", "name")

    def __init__(self, field: str, name: str, condition: Condition) -> None:
        self.field: str = field
        self.name: str = name
        self.condition: Condition = condition
        self.leaves: int = condition.leaves

    def differences(self, facts: Facts) -> Differences:  # noqa: PLR0911  # a line a rule
        values = _by_name(facts, self.field)
        got = values.get(self.name) or _folded(values, self.name, self.field)
        if not got:
            if self.condition.accepts_absence:
                return self.condition.differences(ABSENT, (self.name,))
            return [Difference((self.name,), self.condition, ABSENT)]
        if isinstance(self.condition, Unordered) or _wants_a_list(self.condition):
            return self.condition.differences(list(got), (self.name,))
        if isinstance(self.condition, Not):  # "no value is ...", not "some value is not ..."
            found = [self.condition.differences(value, (self.name,)) for value in got]
            return next((each for each in found if each), SAME)
        for value in got:
            if not self.condition.differences(value, (self.name,)):
                return SAME
            # The wire knows only text: `params__page__gte=2` compares numbers all the same.
            number = _number(value) if isinstance(self.condition, Sized) else None
            if number is not None and not self.condition.differences(number, (self.name,)):
                return SAME
        return [Difference((self.name,), self.condition, plain(got))]

    def describe(self) -> str:
        return f"{self.name} {described(self.condition, self.name)}"


class Negated:
    """Wants a criterion not to hold."""

    __slots__ = ("field", "inner", "leaves")

    def __init__(self, inner: Criterion) -> None:
        self.inner: Criterion = inner
        self.field: str = inner.field
        self.leaves: int = 1

    def differences(self, facts: Facts) -> Differences:
        if self.inner.differences(facts):
            return SAME
        return [Difference((), Words(self.describe()), seen(facts, self.field), "this one must not hold")]

    def describe(self) -> str:
        return f"not {self.inner.describe()}"


class WhenCriterion:
    """Wants a function of the request to say yes."""

    __slots__ = ("predicate",)

    field = "when"
    leaves = 1

    def __init__(self, predicate: Any) -> None:
        self.predicate: Any = predicate

    def differences(self, facts: Facts) -> Differences:
        said = self.predicate(facts.request)
        return SAME if said else [Difference((), Words(self.describe()), said)]

    def describe(self) -> str:
        name = getattr(self.predicate, "__name__", type(self.predicate).__name__)
        if name == "<lambda>" and hasattr(self.predicate, "__code__"):
            return f"the lambda in line {self.predicate.__code__.co_firstlineno} to say yes"
        return f"{name}() to say yes"


class Words:
    """A few words that stand in a report for what is wanted."""

    __slots__ = ("_words",)

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words


def seen(facts: Facts, field: str) -> object:
    """Return what a request has in a field, for a report."""
    return ABSENT if field in ("when", "any") else facts.get(field)


def _shifted(own: tuple[Segment, ...], got: tuple[str, ...]) -> str:
    """Say what one of two paths has before the other, as where a base URL is said twice; nothing where they differ."""
    size = abs(len(got) - len(own))
    is_longer = len(got) > len(own)
    before, rest = (got[:size], own) if is_longer else (own[:size], own[size:])
    words = [segment for segment in before if isinstance(segment, str)]
    # Where nothing but holes is left, anything fits it.
    if (
        len(words) < size
        or not any(isinstance(segment, str) for segment in rest)
        or not all(map(_fit, rest, got[size:] if is_longer else got))
    ):
        return ""
    is_twice = len(rest) >= size and all(map(_fit, rest, words))
    return f"the {'request' if is_longer else 'route'} has /{'/'.join(words)} {'twice' if is_twice else 'before it'}"


def _fit(want: Segment, got: str) -> bool:
    return fits(want, got, {})


def nearest_name(where: Where, field: str) -> str:
    """Return the name nearest to a place: that of the list where it is an item, that of the field where it is all."""
    if field == "auth":
        return "user" if where == (0,) else field
    return next((step for step in reversed(where) if isinstance(step, str) and not step.isdigit()), field)


def way(where: Where, field: str) -> str:
    """Return a place in a field as its readers write it."""
    if field not in ("json", "graphql"):
        return ".".join(map(str, where))
    if not where:
        return ""
    return "$" + "".join(f"[{step}]" if str(step).isdigit() else f".{step}" for step in where)


def dig(value: Any, names: Where) -> Any:
    """Return what lies at the end of a way through dicts and lists, or `ABSENT`."""
    for name in names:
        if is_mapping(value):
            value = value.get(name, ABSENT)
        elif is_list(value) and str(name).lstrip("-").isdigit():
            index = int(name)
            value = value[index] if -len(value) <= index < len(value) else ABSENT
        else:
            return ABSENT
    return value


def plain(values: Any) -> object:
    """Return values of one name as a reader would write them."""
    if not values:
        return ABSENT
    return values[0] if len(values) == 1 else list(values)


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _wants_a_list(condition: Condition) -> bool:
    return isinstance(condition, Equal) and isinstance(condition.want, (list, tuple, Unordered))


def _by_name(facts: Facts, field: str) -> dict[str, list[Any]]:
    cache = facts._cache  # pyright: ignore[reportPrivateUsage]  # what is derived from the facts is kept beside them
    key = f"{field} by name"
    values: dict[str, list[Any]] | None = cache.get(key)
    if values is None:
        values = {}
        for name, value in facts.get(field):
            values.setdefault(name, []).append(value)
        cache[key] = values
    return values


def _folded(values: dict[str, list[Any]], name: str, field: str) -> list[Any]:
    if field != "headers":
        return []
    return values.get(name.replace("_", "-").lower(), [])
