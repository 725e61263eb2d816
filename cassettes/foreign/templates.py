"""Templates (ERB) among the tapes of Ruby VCR: a cassette runs no code, and what would be filled in is not known.

1. What stands between `<%` and `%>` in a URL, a header field or a body was written by an author, for Ruby to fill in.
2. Pages and scripts hold such marks for programs of their own: these were recorded, and are played as they are.
"""

from __future__ import annotations

import re
from typing import Any

from ..data.plain import is_mapping, is_sequence
from ..errors import CassetteDamaged

_MARK = re.compile(r"<%.*?%>", re.DOTALL)
_OF_THEIR_OWN = re.compile(r"html|javascript|ecmascript|xml", re.IGNORECASE)


def might_be_template(text: str) -> bool:
    """Return whether a tape has anything in it that Ruby might fill in."""
    return "<%" in text and "http_interactions" in text and _MARK.search(text) is not None


def is_template(entry: Any) -> bool:
    """Return whether one interaction, as plain data, has something in it that Ruby is to fill in."""
    response: Any = entry.get("response") if is_mapping(entry) else None
    headers: Any = response.get("headers") if is_mapping(response) else None
    if is_mapping(headers):
        said = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
        if _OF_THEIR_OWN.search(str(said)) is not None:
            return _is_marked({**entry, "response": {**response, "body": None}})
    return _is_marked(entry)


def _is_marked(value: Any) -> bool:
    if isinstance(value, str):
        return _MARK.search(value) is not None
    if is_mapping(value):
        return any(map(_is_marked, value)) or any(map(_is_marked, value.values()))
    return is_sequence(value) and any(map(_is_marked, value))


def template(path: str, line: int) -> CassetteDamaged:
    """Return the error for a template."""
    return CassetteDamaged(
        "this tape of Ruby VCR is a template (ERB)",
        path=path,
        line=line,
        mend="Write out what stands between <% and %>: a cassette runs no code.",
    )
