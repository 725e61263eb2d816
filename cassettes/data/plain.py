"""Plain data: what a YAML document holds, and how type checkers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import TypeGuard


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether plain data are a mapping; its keys are text, whoever read it."""
    return isinstance(value, dict)


def is_sequence(value: object) -> TypeGuard[list[Any]]:
    """Return whether plain data are a sequence."""
    return isinstance(value, list)
