"""Where in a YAML text a value stands, for messages about it.

Reading does not keep positions; they are found by reading once more, when something is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Position(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


def positions(text: str, paths: Sequence[Sequence[str | int]]) -> list[Position]:
    """Return where the keys or elements at some paths stand; of a path that leads nowhere, how far it led.

    A path is made of keys and of numbers of elements, as in `("routes", 0, "GET /users")`.
    """
    import yaml

    root: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return [_position(root, path) for path in paths]


def position(text: str, *path: str | int) -> Position:
    """Return where the key or element at a path stands."""
    return positions(text, [path])[0]


def _position(node: Any, path: Sequence[str | int]) -> Position:
    found = Position(1, 1) if node is None else _start(node)
    for step in path:
        pairs: Any = node.value if node is not None and not isinstance(node.value, str) else []
        if isinstance(step, int):
            if step >= len(pairs) or isinstance(pairs[step], tuple):
                break
            node = pairs[step]
            found = _start(node)
        else:
            named: list[Any] = [pair for pair in pairs if isinstance(pair, tuple) and _name(pair) == step]
            if not named:
                break
            found, node = _start(named[0][0]), named[0][1]
    return found


def _name(pair: Any) -> Any:
    return pair[0].value


def _start(node: Any) -> Position:
    return Position(node.start_mark.line + 1, node.start_mark.column + 1)
