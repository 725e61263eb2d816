"""Names for parts of a message: `json.items.*.id`, `json..created`, `query.nonce`, `header.date`, `form.token`.

The first word says where to look; the others lead into it.
`*` is any member or element, an empty word (`..`) is any depth, and a list in between is walked element by element.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from .plain import is_mapping, is_sequence

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
        from difflib import get_close_matches

        near = get_close_matches(place, PLACES, 1) if dot and rest and place not in PLACES else ()
        hint = f"; did you mean {near[0]}.{rest}?" if near else ""
        raise ValueError(
            f"{text!r} names no part of a message: "
            f"say where and what, as in json.created, query.nonce or header.date{hint}"
        )
    return Path(place, tuple(rest.split(".")))


def without(data: Any, words: tuple[str, ...]) -> Any:
    """Return JSON data without what the words lead to."""
    pruned = _without(data, words)
    return None if pruned is _GONE else pruned


def changed(data: Any, words: tuple[str, ...], change: Callable[[Any], Any]) -> Any:
    """Return JSON data with a change made to what the words lead to."""
    if not words:
        return change(data)
    word, rest = words[0], words[1:]
    if word == "":
        return _changed_inside(changed(data, rest, change), lambda _: words, change)
    if is_sequence(data) and word != "*" and not word.isdigit():
        return [changed(item, words, change) for item in data]
    return _changed_inside(data, lambda name: rest if word in ("*", name) else None, change)


def _changed_inside(data: Any, words_for: Callable[[str], tuple[str, ...] | None], change: Callable[[Any], Any]) -> Any:
    """Return a mapping or sequence with a change made inside those of its members that words are given for."""

    def one(name: str, item: Any) -> Any:
        words = words_for(name)
        return item if words is None else changed(item, words, change)

    if is_mapping(data):
        return {name: one(name, item) for name, item in data.items()}
    return [one(str(at), item) for at, item in enumerate(data)] if is_sequence(data) else data


def _without(data: Any, words: tuple[str, ...]) -> Any:
    if not words:
        return _GONE
    word, rest = words[0], words[1:]
    if word == "":
        return _without_anywhere(_without(data, rest), words)
    if is_mapping(data):
        return _kept({name: _without(item, rest) if word in ("*", name) else item for name, item in data.items()})
    if is_sequence(data):
        if word == "*" or word.isdigit():
            chosen = range(len(data)) if word == "*" else (int(word),)
            return [_element(_without(item, rest)) if at in chosen else item for at, item in enumerate(data)]
        return [_without(element, words) for element in data]
    return data


def _without_anywhere(data: Any, words: tuple[str, ...]) -> Any:
    if is_mapping(data):
        return _kept({name: _without(item, words) for name, item in data.items()})
    return [_element(_without(item, words)) for item in data] if is_sequence(data) else data


def _kept(mapping: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in mapping.items() if item is not _GONE}


def _element(item: Any) -> Any:
    # A gap keeps the others at their places.
    return None if item is _GONE else item


def leads(words: tuple[str, ...], where: tuple[str, ...]) -> bool:
    """Return whether the words of a path lead to this place; elements of lists may be passed over in silence.

    In a place, `*` stands for every element of a list.
    """
    if not words:
        return not where
    if words[0] == "":
        return any(leads(words[1:], where[at:]) for at in range(len(where)))
    if not where:
        return False
    step = where[0]
    if (words[0] in ("*", step) or (step == "*" and words[0].isdigit())) and leads(words[1:], where[1:]):
        return True
    return (step == "*" or step.isdigit()) and leads(words, where[1:])
