"""JSONPath (RFC 9535) without filters: `$.items[*].qty`, `$..id`, `$['odd name'][-1]`, `$.rows[1:3]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Callable

from ..errors import RouteError
from ..values import Where, is_list, is_mapping

_STEP = re.compile(
    r"""(?P<deep>\.\.)?(?:
        \.?(?P<name>[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff-]*)
      | \.?(?P<wild>\*)
      | \[(?:
            (?P<index>-?\d+)
          | '(?P<single>(?:[^'\\]|\\.)*)'
          | "(?P<double>(?:[^"\\]|\\.)*)"
          | (?P<each>\*)
          | (?P<low>-?\d*):(?P<high>-?\d*)
        )\]
    )""",
    re.VERBOSE,
)

Found = tuple[Where, Any]
Finder = Callable[[Found], Iterator[Found]]


class JSONPath:
    """A path into a JSON document; `find` yields where it leads and what is there."""

    __slots__ = ("_steps", "text")

    def __init__(self, text: str) -> None:
        self.text: str = text
        self._steps: list[Finder] = []
        if not text.startswith("$"):
            raise RouteError(f"a JSONPath starts at the document's root, `$`: write {'$.' + text!r}?")
        place = 1
        while place < len(text):
            step = _STEP.match(text, place)
            if step is None or step.end() == place:
                hint = "; filters are not supported, use `when=` or `any`" if "?" in text[place:] else ""
                raise RouteError(f"the JSONPath {text!r} is not valid at {text[place:]!r}{hint}")
            if step["deep"]:
                self._steps.append(_descend)
            self._steps.append(_finder(step))
            place = step.end()

    def find(self, document: object) -> list[Found]:
        """Return the places that the path leads to, in document order, each with its value."""
        found: list[Found] = [((), document)]
        for step in self._steps:
            found = [result for start in found for result in step(start)]
        return found


def _finder(step: re.Match[str]) -> Finder:
    if step["wild"] or step["each"]:
        return _children
    if step["index"] is not None:
        return _item(int(step["index"]))
    if step["low"] is not None:
        return _slice(slice(_number(step["low"]), _number(step["high"])))
    for quoted in ("single", "double"):
        if step[quoted] is not None:
            return _member(re.sub(r"\\(.)", r"\1", step[quoted]))
    return _member(step["name"])


def _number(text: str) -> int | None:
    return int(text) if text else None


def _member(name: str) -> Finder:
    def find(start: Found) -> Iterator[Found]:
        where, value = start
        if is_mapping(value) and name in value:
            yield (*where, name), value[name]

    return find


def _item(index: int) -> Finder:
    def find(start: Found) -> Iterator[Found]:
        where, value = start
        if is_list(value) and -len(value) <= index < len(value):
            yield (*where, index % len(value)), value[index]

    return find


def _slice(which: slice) -> Finder:
    def find(start: Found) -> Iterator[Found]:
        where, value = start
        if is_list(value):
            for place in range(*which.indices(len(value))):
                yield (*where, place), value[place]

    return find


def _children(start: Found) -> Iterator[Found]:
    where, value = start
    pairs: Any = value.items() if is_mapping(value) else enumerate(value) if is_list(value) else ()
    for key, child in pairs:
        yield (*where, key), child


def _descend(start: Found) -> Iterator[Found]:
    waiting = [start]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(list(_children(found))))
