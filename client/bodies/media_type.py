"""What a Content-Type says: the media type and its parameters, such as `charset` and `boundary`."""

from __future__ import annotations

import re

__all__ = ["charset_of", "parse_media_type"]

# Every alternative stops at its first wrong character, so that the whole scan is linear.
_PARAMETER = re.compile(r';[ \t]*([^\s;="]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))')
_QUOTED_PAIR = re.compile(r"\\(.)")


def parse_media_type(content_type: str) -> tuple[str, dict[str, str]]:
    """Return the media type and its parameters, both names in lower case; of a repeated parameter the first counts.

    >>> parse_media_type('Text/HTML; Charset="utf-8"')
    ('text/html', {'charset': 'utf-8'})
    """
    media_type = content_type.partition(";")[0].strip().lower()
    parameters: dict[str, str] = {}
    for match in _PARAMETER.finditer(content_type):
        name, quoted, plain = match.groups()
        value = plain.strip() if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted)
        parameters.setdefault(name.lower(), value)
    return media_type, parameters


def charset_of(content_type: str | None) -> str | None:
    """Return the charset that a Content-Type declares, in lower case, or `None`."""
    if not content_type or ";" not in content_type:
        return None
    return parse_media_type(content_type)[1].get("charset", "").strip("'").lower() or None
