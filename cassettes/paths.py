"""Names for parts of a message: `json.items.*.id`, `json..created`, `query.nonce`, `header.date`, `form.token`.

The first word says where to look; the others lead into it.
`*` is any member or element, an empty word (`..`) is any depth, and a list in between is walked element by element.
"""

from __future__ import annotations

from typing import Any, NamedTuple

PLACES = ("json", "query", "header", "form")
_GONE: Any = object()


class Path(NamedTuple):
    """One part of a message."""

    place: str
    words: tuple[str, ...]

    def names(self, name: str) -> bool:
        """Return whether a field, parameter or pair of this name is meant."""
        said = ".".join(self.words)
        return said == "*" or said.lower() == name.lower()


def parse(text: str) -> Path:
    """Return the path that a text says; `ValueError` says what is wrong with it."""
    place, dot, rest = text.partition(".")
    if place == "headers":
        place = "header"
    if place not in PLACES or not dot or not rest:
        raise ValueError(
            f"{text!r} names no part of a message: say where and what, as in json.created, query.nonce or header.date"
        )
    return Path(place, tuple(rest.split(".")))


def without(data: Any, words: tuple[str, ...]) -> Any:
    """Return JSON data without what the words lead to."""
    pruned = _without(data, words)
    return None if pruned is _GONE else pruned


def _without(data: Any, words: tuple[str, ...]) -> Any:
    if not words:
        return _GONE
    word, rest = words[0], words[1:]
    if word == "":
        here = _without(data, rest)
        if isinstance(here, dict):
            return {
                name: item for name, item in ((n, _without(i, words)) for n, i in here.items()) if item is not _GONE
            }
        return [_without(item, words) for item in here] if isinstance(here, list) else here
    if isinstance(data, dict):
        pruned = {n: _without(i, rest) if word in ("*", n) else i for n, i in data.items()}
        return {name: item for name, item in pruned.items() if item is not _GONE}
    if isinstance(data, list):
        if word == "*":
            return [None if (item := _without(element, rest)) is _GONE else item for element in data]
        if word.isdigit():
            return [_element(_without(e, rest)) if int(word) == n else e for n, e in enumerate(data)]
        return [_without(element, words) for element in data]
    return data


def _element(item: Any) -> Any:
    # A gap keeps the others at their places.
    return None if item is _GONE else item
