"""JSON laid out for reading, without changing what it says: numbers, escapes and repeated names stay as they came."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"\s]+')
_INDENT = "  "


def laid_out(text: str) -> str | None:
    """Return JSON with one member to a line, or `None` where it is no JSON."""
    try:
        json.loads(text, parse_int=str, parse_float=str)  # numbers of any length are fine: nobody counts with them
    except (ValueError, RecursionError):
        return None
    return "".join(_pieces([found[0] for found in _TOKEN.finditer(text)]))


def _pieces(tokens: list[str]) -> Iterator[str]:
    depth = 0
    before = ""
    for token in tokens:
        if before and before in "[{":
            if token in "]}":
                depth -= 1
                yield token
                before = token
                continue
            yield f"\n{_INDENT * depth}"
        elif before == ",":
            yield f"\n{_INDENT * depth}"
        if token in "]}":
            depth -= 1
            yield f"\n{_INDENT * depth}"
        yield ": " if token == ":" else token
        if token in "[{":
            depth += 1
        before = token
