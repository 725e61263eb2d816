"""What a failed `==` between JSON documents says: each place in which they differ, as a path.

Only in tests that use this plugin, and only where pytest's own comparison shows too much: nested data.
With `-vv` pytest shows its own, in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from ..mock import Difference

SHOWN = 20
LONGEST = 100


def explained(config: pytest.Config, operator: str, left: object, right: object) -> list[str] | None:
    """Return the lines that explain a failed comparison, or None where pytest does."""
    if operator != "==" or config.option.verbose > 1 or type(left) is not type(right):
        return None
    if not (_is_nested(left) or _is_nested(right)):
        return None
    from ..mock import differences

    found = differences(right, left)
    if not found:
        return None
    lines = [f"JSON that differs in {len(found)} place{'s' * (len(found) != 1)}"]
    lines += [f"  {_path(each.where)}: {_told(each)}" for each in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"  ... and {len(found) - SHOWN} more")
    return [*lines, "  (-vv shows both in full)"]


def _path(where: tuple[str | int, ...]) -> str:
    """Return a place as a JSON path."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where)


def _told(each: Difference) -> str:
    from ..mock import ABSENT

    if each.got is ABSENT:
        return f"missing, should be {_short(each.want)}"
    return f"{_short(each.got)}, " + ("should be missing" if each.want is ABSENT else f"should be {_short(each.want)}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _is_nested(value: object) -> bool:
    """Whether this is a list or an object that holds lists or objects."""
    held: Any = value
    inside: Any = held.values() if isinstance(value, dict) else held if isinstance(value, list) else ()
    return any(isinstance(each, (dict, list)) for each in inside)
