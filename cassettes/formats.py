"""Texts that differ in every answer and mean the same: identifiers, moments, tokens, known by their form."""

from __future__ import annotations

import re

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


def have_one_format(one: str, other: str) -> bool:
    """Return whether two texts have the same format."""
    name = format_of(one)
    return bool(name) and name == format_of(other)
