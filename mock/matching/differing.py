"""What a criterion has against a request, as lines of a report: bounded, without secrets, and never an exception."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, cast

from ..values import ABSENT, Difference, show
from .criteria import nearest_name, way
from .masking import MASK, masked, masked_url

if TYPE_CHECKING:
    from ..values import Where
    from .criteria import Criterion
    from .facts import Facts


_NAMED = frozenset({"params", "headers", "cookies", "form", "files"})
_LONG = 100
"""How long a text is that is shown as a whole."""
_SHOWN_BEFORE = 20
"""How many characters that two long texts have in common are shown before those in which they differ."""


def differences(criterion: Criterion, facts: Facts) -> list[Difference]:
    """Return what a criterion finds wrong; that it breaks is a difference, too."""
    try:
        found = criterion.differences(facts)
        if criterion.field not in _NAMED:
            return found
        return [
            each._replace(note=_instead(criterion.field, each.where, facts))
            if each.got is ABSENT and not each.note
            else each
            for each in found
        ]
    except Exception as error:
        return [
            Difference((), _Sentence(criterion.describe()), _Sentence(f"{type(error).__name__}: {show(str(error))}"))
        ]


def _instead(field: str, where: Where, facts: Facts) -> str:
    """Say what there is where a name is missing: one that is nearly it, another kind of body."""
    names = list(dict.fromkeys(name for name, _ in facts.get(field)))
    near = get_close_matches(str(where[0]), names, 1) if where else []
    if near:
        return f"there is {near[0]!r}"
    if field == "files" and names:
        return f"there is {', '.join(map(repr, names[:5]))}"
    if field not in ("form", "files") or names or facts.get("parts"):
        return ""
    return f"the body is {facts.content_type() or 'of no type'}" if facts.body() else "there is no body"


class _Sentence:
    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def difference_lines(field: str, difference: Difference) -> list[str]:
    """Return a difference as a line, or as three where it is long."""
    place = f"{field} {way(difference.where, field)}".strip()
    name = nearest_name(difference.where, field)
    wanted, has = masked(difference.want, name), masked(difference.got, name)
    note = difference.note
    if wanted is MASK and has is MASK:
        note = "they differ, and are not shown"
    wanted, has, at = _from_where_they_differ(wanted, has)
    note = note or at
    want, got = _seen(wanted), masked_url(_seen(has))
    end = f"   ({note})" if note else ""
    if len(want) + len(got) < 72:
        return [f"  NO  {place}: want {want}, got {got}{end}"]
    return [f"  NO  {place}", f"        want {want}", f"        got  {got}{end}"]


def _from_where_they_differ(want: object, got: object) -> tuple[object, object, str]:
    """Return two long texts without most of what they have in common at their start, and the place that says so."""
    if type(want) is not type(got) or not isinstance(want, (str, bytes)) or want is MASK:
        return want, got, ""
    one, other = cast("tuple[str, str]", (want, got))
    same = next((place for place, (own, its) in enumerate(zip(one, other)) if own != its), min(len(one), len(other)))
    start = same - _SHOWN_BEFORE
    if start <= 0 or max(len(one), len(other)) <= _LONG:
        return want, got, ""
    unit = "byte" if isinstance(want, bytes) else "character"
    shown = [_Sentence(f"…{show(text[start:])}") for text in (one, other)]
    return shown[0], shown[1], f"they differ from {unit} {same} on"


def _seen(value: object) -> str:
    if value is MASK:
        return MASK
    return "nothing" if value is ABSENT else show(value)
