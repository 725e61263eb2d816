"""Texts that differ in every answer and mean the same: identifiers, moments, tokens, known by their form."""

from __future__ import annotations

import re
from typing import Any

from .numbers import Number

_FORMATS = {
    "UUID": re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z"),
    "time": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?\Z"
    ),
    "HTTP date": re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT\Z"),
    "JWT": re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+\Z"),
    "secret": re.compile(r".*__REDACTED_(?:[a-z]+_[0-9]+)?_.*\Z", re.DOTALL),
    "hexadecimal": re.compile(r"[0-9a-f]{16,}\Z"),
}


def format_of(text: str) -> str:
    """Return the name of a text's format, or nothing where it has none."""
    return next((name for name, form in _FORMATS.items() if form.match(text) is not None), "")


# Kinds of identifiers that some texts have by chance: enough to call two alike, not to say what one is.
_PREFIXED = re.compile(r"([A-Za-z]{1,8}[_-])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{12,}\Z")
_RANDOM = re.compile(
    r"(?=(?:[^A-Z]*[A-Z]){2})(?=(?:[^a-z]*[a-z]){2})(?=(?:[^0-9]*[0-9]){2})[A-Za-z0-9+/_-]{20,}={0,2}\Z"
    r"|[0-7](?=[A-Z]*[0-9])[0-9A-HJKMNP-TV-Z]{25}\Z"
)
# From 2001 to 2065, in seconds, with or without a fraction, or milliseconds.
_EPOCHS = ((1_000_000_000, 3_000_000_000), (1_000_000_000_000, 3_000_000_000_000))


def have_one_format(one: Any, other: Any) -> bool:
    """Return whether two values have the same format: two times, or two identifiers of one kind."""
    if isinstance(one, (int, float, Number)) and isinstance(other, (int, float, Number)):
        low, high = sorted((float(one), float(other)))
        is_one_kind = isinstance(one, int) is isinstance(other, int)
        return is_one_kind and any(least <= low and high < most for least, most in _EPOCHS)
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    name = format_of(one)
    if name or format_of(other):
        return name == format_of(other)
    mine, theirs = _PREFIXED.match(one), _PREFIXED.match(other)
    if mine is not None and theirs is not None:
        return mine[1] == theirs[1]
    return _RANDOM.match(one) is not None and _RANDOM.match(other) is not None


def is_identifier(text: str) -> bool:
    """Return whether a text has the form of an identifier, which may stand in several places: no moment, no secret."""
    name = format_of(text)
    return name in ("UUID", "hexadecimal") or (not name and (_PREFIXED.match(text) or _RANDOM.match(text)) is not None)


_PLURALS = {"HTTP date": "dates", "hexadecimal": "hexadecimal numbers", "secret": "secrets", "time": "times"}


def two_alike(one: Any, other: Any) -> str:
    """Return what two values both are, such as `two UUIDs`; nothing where they have no format in common."""
    if not have_one_format(one, other):
        return ""
    if not isinstance(one, str):
        return "two moments"
    name = format_of(one)
    return f"two {_PLURALS.get(name, f'{name}s')}" if name else "two identifiers"
