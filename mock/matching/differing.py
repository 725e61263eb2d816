"""What a criterion has against a request, as lines of a report: bounded, without secrets, and never an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values import ABSENT, Difference, show
from .criteria import way
from .masking import MASK, masked, masked_url

if TYPE_CHECKING:
    from .criteria import Criterion
    from .facts import Facts


def differences(criterion: Criterion, facts: Facts) -> list[Difference]:
    """Return what a criterion finds wrong; that it breaks is a difference, too."""
    try:
        return criterion.differences(facts)
    except Exception as error:
        return [
            Difference((), _Sentence(criterion.describe()), _Sentence(f"{type(error).__name__}: {show(str(error))}"))
        ]


class _Sentence:
    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def difference_lines(field: str, difference: Difference) -> list[str]:
    """Return a difference as a line, or as three where it is long."""
    place = f"{field} {way(difference.where, field)}".strip()
    name = difference.where[-1] if difference.where else field
    wanted, has = masked(difference.want, name), masked(difference.got, name)
    note = difference.note
    if wanted is MASK and has is MASK:
        note = "they differ, and are not shown"
    want, got = _seen(wanted), masked_url(_seen(has))
    end = f"   ({note})" if note else ""
    if len(want) + len(got) < 72:
        return [f"  NO  {place}: want {want}, got {got}{end}"]
    return [f"  NO  {place}", f"        want {want}", f"        got  {got}{end}"]


def _seen(value: object) -> str:
    if value is MASK:
        return MASK
    return "nothing" if value is ABSENT else show(value)
