"""Single values of one YAML text put into the place that they have in another, and nothing else touched.

1. A value is taken as it is spelled, quotes and all; one of several lines is left alone.
2. A value that also stands in another place of the new text stays:
   there it may mean something, and the two go together.
3. What comes of it is read back, and holds what it should; else the new text stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..errors import CassetteError
from .reader import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Place = tuple["str | int", ...]


class _Scalar:
    """Where a value stands in a text."""

    def __init__(self, text: str, node: Any) -> None:
        self.start: int = node.start_mark.index
        self.end: int = node.end_mark.index
        self.spelled: str = text[self.start : self.end]


def with_old_scalars(old_text: str, new_text: str, places: Iterable[Place]) -> str:
    """Return the new text with the old values at some places of the document."""
    wanted = list(places)
    if not wanted:
        return new_text
    old_scalars, new_scalars = _scalars(old_text, wanted), _scalars(new_text, wanted)
    text = new_text
    kept = [place for place in wanted if place in old_scalars and place in new_scalars]
    while kept:
        text = _spliced(new_text, [(new_scalars[place], old_scalars[place]) for place in kept])
        elsewhere = [place for place in kept if stands_in(_bare(new_scalars[place].spelled), text)]
        if not elsewhere:
            break
        kept = [place for place in kept if place not in elsewhere]
    if not kept:
        return new_text
    return text if _holds(text, old_text, new_text, kept) else new_text


def stands_in(word: str, text: str) -> bool:
    """Return whether a text holds this, and not as a part of a longer word."""
    return re.search(rf"(?<![A-Za-z0-9.]){re.escape(word)}(?![A-Za-z0-9]|\.[0-9])", text) is not None


def _bare(spelled: str) -> str:
    return spelled.strip("\"'")


def _scalars(text: str, places: Sequence[Place]) -> dict[Place, _Scalar]:
    """Return those of the places at which a value of one line stands."""
    import yaml

    root: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    found: dict[Place, _Scalar] = {}
    for place in places:
        node = root
        for step in place:
            if node is None or isinstance(node.value, str):
                node = None
            elif isinstance(step, int):
                node = node.value[step]
            else:
                node = next((value for key, value in node.value if key.value == step), None)
        if node is not None and isinstance(node.value, str):
            scalar = _Scalar(text, node)
            if "\n" not in scalar.spelled and scalar.spelled:
                found[place] = scalar
    return found


def _spliced(text: str, pairs: Sequence[tuple[_Scalar, _Scalar]]) -> str:
    for new, old in sorted(pairs, key=lambda pair: -pair[0].start):
        text = text[: new.start] + old.spelled + text[new.end :]
    return text


def _holds(text: str, old_text: str, new_text: str, places: Sequence[Place]) -> bool:
    """Return whether a text holds what the new one does, but for the old values at these places."""
    try:
        data = read(text, None)
    except CassetteError:
        return False
    old, expected = read(old_text, None), read(new_text, None)
    for place in places:
        _set(expected, place, _get(old, place))
    return bool(data == expected)


def _get(data: Any, place: Place) -> Any:
    for step in place:
        data = data[step]
    return data


def _set(data: Any, place: Place, value: Any) -> None:
    _get(data, place[:-1])[place[-1]] = value
