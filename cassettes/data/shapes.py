"""The structure of JSON data, and what has changed in it: breaking, additive, or in values only.

1. A shape says which kinds of values stand at a place, what members objects have, and what elements lists have;
   all elements of a list share one shape, so that lists of different lengths can be compared.
2. Breaking is what a program that read the old data may fall over: a member that is gone, another type,
   a null where there was none, a text that was a date and is none any more.
3. Additive is what it does not know yet: a new member, a value where there was null.
4. Values are compared where one stands for itself, not in lists; identifiers, dates and marks of secrets differ anyway.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from .formats import format_of, have_one_format
from .paths import leads
from .plain import is_mapping, is_sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DriftKind = Literal["breaking", "additive", "value"]
NULL = "null"


class Difference(NamedTuple):
    """One thing that has changed: where, how bad it is, and what it was and is."""

    place: str
    kind: DriftKind
    old: str
    new: str


class Shape:
    """What stands at one place in JSON data."""

    __slots__ = ("elements", "formats", "kinds", "members", "objects", "seen", "values")

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.formats: set[str] = set()
        self.members: dict[str, Shape] = {}
        self.objects: int = 0
        self.seen: int = 0
        self.elements: Shape | None = None
        self.values: list[Any] = []

    def add(self, value: Any) -> Shape:
        """Take in one more value that stands here."""
        self.seen += 1
        kind = kind_of(value)
        self.kinds.add(kind)
        if is_mapping(value):
            self.objects += 1
            for name, item in value.items():
                self.members.setdefault(name, Shape()).add(item)
        elif is_sequence(value):
            self.elements = self.elements or Shape()
            for item in value:
                self.elements.add(item)
        else:
            if isinstance(value, str):
                self.formats.add(format_of(value))
            if not self.values:
                self.values.append(value)
        return self

    def __str__(self) -> str:
        kinds = sorted(self.kinds - {NULL}) + ([NULL] if NULL in self.kinds else [])
        return " or ".join(kinds) or "nothing"


def kind_of(value: Any) -> str:
    """Return the name of a JSON type."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if is_mapping(value):
        return "object"
    return "list" if is_sequence(value) else "number"


def differences(old: Any, new: Any, ignored: Iterable[tuple[str, ...]] = ()) -> list[Difference]:
    """Return what has changed in JSON data; what `ignored` leads to counts as a change only where its type has."""
    return list(_compared(Shape().add(old), Shape().add(new), (), tuple(ignored), is_single=True))


def _compared(
    old: Shape, new: Shape, where: tuple[str, ...], ignored: tuple[tuple[str, ...], ...], is_single: bool
) -> Iterator[Difference]:
    if not old.seen or not new.seen:
        return  # an empty list says nothing about its elements
    place = ".".join(("json", *where))
    other = _other_kind(old, new)
    if other is not None:
        yield Difference(place, other, _said(old, is_single), _said(new, is_single))
        return
    is_volatile = any(leads(words, where) for words in ignored)
    if "string" in old.kinds & new.kinds and not is_volatile:
        lost = _lost_format(old, new)
        if lost is not None:
            yield Difference(place, "breaking", lost, _said(new, is_single))
            return
    if is_single and old.values and new.values and not is_volatile and _differ(old, new):
        yield Difference(place, "value", _shown(old.values[0]), _shown(new.values[0]))
    if old.objects and new.objects:
        yield from _members(old, new, where, ignored, is_single)
    if old.elements is not None and new.elements is not None:
        yield from _compared(old.elements, new.elements, (*where, "*"), ignored, is_single=False)


def _members(
    old: Shape, new: Shape, where: tuple[str, ...], ignored: tuple[tuple[str, ...], ...], is_single: bool
) -> Iterator[Difference]:
    for name, shape in old.members.items():
        place = ".".join(("json", *where, name))
        found = new.members.get(name)
        was_always = shape.seen == old.objects
        if found is None:
            if was_always:
                yield Difference(place, "breaking", str(shape), "gone")
            continue
        if was_always and found.seen < new.objects:
            yield Difference(place, "breaking", f"{shape} in every element", "missing in some")
        yield from _compared(shape, found, (*where, name), ignored, is_single)
    for name, shape in new.members.items():
        if name not in old.members:
            yield Difference(".".join(("json", *where, name)), "additive", "nothing", str(shape))


def _other_kind(old: Shape, new: Shape) -> DriftKind | None:
    """Return how bad it is that other types stand here; `None` where they are those that did."""
    if new.kinds <= old.kinds:
        return None
    return "additive" if old.kinds == {NULL} else "breaking"


def _lost_format(old: Shape, new: Shape) -> str | None:
    """Return the format that all texts had and that some have no more."""
    if len(old.formats) != 1 or old.formats == {""} or new.formats <= old.formats:
        return None
    return f"{next(iter(old.formats))}"


def _differ(old: Shape, new: Shape) -> bool:
    one, other = old.values[0], new.values[0]
    if isinstance(one, str) and isinstance(other, str) and format_of(one) and format_of(one) == format_of(other):
        return False
    if not isinstance(one, str) and have_one_format(one, other):  # moments, as numbers
        return False
    return bool(one != other)


def _said(shape: Shape, is_single: bool) -> str:
    return (
        f"{shape} {_shown(shape.values[0])}"
        if is_single and shape.values and shape.values[0] is not None
        else str(shape)
    )


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
