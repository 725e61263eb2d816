"""The fields of a form: one pair for each value, every value as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["encode_form", "form_fields", "is_form", "pairs_of"]


def is_form(data: Any) -> bool:
    """Return whether a value is a mapping, or a list of pairs."""
    if isinstance(data, Mapping):
        return True
    if not isinstance(data, (list, tuple)):
        return False
    pairs = cast("Sequence[Any]", data)
    return all(isinstance(pair, (list, tuple)) and len(cast("Sequence[Any]", pair)) == 2 for pair in pairs)


def pairs_of(given: Any) -> Iterable[tuple[Any, Any]]:
    """Return the items of a mapping, or the pairs themselves."""
    if isinstance(given, Mapping):
        mapping: Mapping[Any, Any] = cast("Any", given)
        return mapping.items()
    pairs: Iterable[tuple[Any, Any]] = given
    return pairs


def form_fields(data: Any) -> list[tuple[str, bytes]]:
    """Return the fields of a form: a list gives one field for each of its items, `None` an empty one."""
    fields: list[tuple[str, bytes]] = []
    for name, value in pairs_of(data):
        if not isinstance(name, (str, bytes, int, float)):
            raise TypeError(f"a form field's name is str, not {type(name).__name__}: {name!r}")
        said = _encoded("", name).decode("utf-8")
        if isinstance(value, (list, tuple)):
            fields.extend([(said, _encoded(said, item)) for item in cast("Sequence[Any]", value)])
        else:
            fields.append((said, _encoded(said, value)))
    return fields


def encode_form(data: Any) -> bytes:
    """Return a form as `application/x-www-form-urlencoded` writes it."""
    from urllib.parse import quote_plus

    return "&".join([f"{quote_plus(name)}={quote_plus(value)}" for name, value in form_fields(data)]).encode("ascii")


def _encoded(name: str, value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8")
    if isinstance(value, bytes):
        return value
    if value is None:
        return b""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return int.__repr__(value).encode("ascii")  # of an enumeration's member the number, not its name
    if isinstance(value, Mapping):
        raise TypeError(f"form field {name!r} is a mapping: forms are flat, send nested data as json=")
    if hasattr(value, "read"):
        raise TypeError(f"form field {name!r} is an open file: send it as files={{{name!r}: file}}")
    if isinstance(value, (list, tuple, set, frozenset)) or hasattr(value, "__next__"):
        kind = type(cast("object", value)).__name__
        raise TypeError(f"form field {name!r} holds a {kind}: a field has one value, or a list of values")
    return str(value).encode("utf-8")
