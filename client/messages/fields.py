"""What a header field may be: its name and its value, checked, and the names that come again and again remembered.

RFC 9110, 5.1 and 5.5: a name is a token; a value has no CR, LF, NUL or other control but HTAB, and no whitespace around
it.
"""

from __future__ import annotations

import re
from typing import Any

from ..errors import LocalProtocolError

__all__ = ["checked_name", "checked_value", "lookup_key", "lower_name", "lowered"]

_NOT_A_TOKEN = re.compile(r"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
_NOT_IN_A_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|\A[ \t]|[ \t]\Z")

_KNOWN_NAMES_MOST = 1024
_KNOWN_NAME_LONGEST = 64
# What a caller wrote -> (as on the wire, lower-case). Two tables, because `b"a"` and `"a"` share a hash.
_known_text: dict[str, tuple[bytes, str]] = {}
_known_bytes: dict[bytes, tuple[bytes, str]] = {}
# As received -> lower-case; never validated, so never mixed with the tables above.
lowered: dict[bytes, str] = {}


def lower_name(name: bytes) -> str:
    """Return a name that is on the wire in lower case."""
    lower = lowered.get(name)
    if lower is None:
        lower = name.decode("iso-8859-1").lower()
        if len(name) <= _KNOWN_NAME_LONGEST:
            if len(lowered) >= _KNOWN_NAMES_MOST:
                lowered.clear()
            lowered[name] = lower
    return lower


def lookup_key(key: str | bytes) -> str:
    """Return the lower case of a name that is looked for, which may be anything."""
    if isinstance(key, str):
        return key.lower()
    if isinstance(key, bytes):
        return key.decode("iso-8859-1").lower()
    raise TypeError(f"a header name is str or bytes, not {type(key).__name__}")


def checked_name(name: Any) -> tuple[bytes, str]:
    """Return a name as it goes on the wire and in lower case; `LocalProtocolError` where it is no token."""
    if isinstance(name, str):
        return _known_text.get(name) or _learn(name, _known_text, name)
    if isinstance(name, bytes):
        return _known_bytes.get(name) or _learn(name.decode("iso-8859-1"), _known_bytes, name)
    raise TypeError(f"a header name is str or bytes, not {type(name).__name__}")


def _learn(text: str, known: dict[Any, tuple[bytes, str]], key: str | bytes) -> tuple[bytes, str]:
    wrong = _NOT_A_TOKEN.search(text)
    if wrong:
        # Only what precedes the mistake: a whole line given as a name would show its value.
        at = wrong.start()
        raise LocalProtocolError(
            f"header name {text[:at][-40:]!r}... holds {wrong.group()!r} at position {at}: "
            "names are letters, digits and !#$%&'*+-.^_`|~"
        )
    if not text:
        raise LocalProtocolError("a header name is empty")
    name = (text.encode("ascii"), text.lower())
    if len(text) <= _KNOWN_NAME_LONGEST:
        if len(known) >= _KNOWN_NAMES_MOST:
            known.clear()
        known[key] = name
    return name


def checked_value(name: str | bytes, value: Any, encoding: str | None) -> bytes:
    """Return a value as it goes on the wire; `LocalProtocolError`, which does not show it, where it cannot."""
    if isinstance(value, str):
        # `isprintable` over ASCII is exactly VCHAR and SP.
        if value.isascii() and value.isprintable() and (not value or (value[0] != " " and value[-1] != " ")):
            return value.encode("ascii")
        try:
            raw = value.encode(encoding or "ascii")
        except UnicodeEncodeError as error:
            raise LocalProtocolError(
                f"header {_said(name)} holds {value[error.start]!r} at position {error.start}, "
                f"which is not {encoding or 'ASCII'}: pass bytes, or Headers(..., encoding='utf-8')"
            ) from None  # the cause would show the value
    elif isinstance(value, bytes):
        raw = value
    else:
        raise TypeError(f"header {_said(name)} is {type(value).__name__}: a value is str or bytes")
    wrong = _NOT_IN_A_VALUE.search(raw)
    if wrong:
        character = wrong.group().decode("iso-8859-1")
        # A key that was read from a file ends with the file's line break.
        is_around = character.isspace() and not (raw[: wrong.start()].strip() and raw[wrong.start() :].strip())
        mend = "strip the whitespace around the value" if is_around else "values are one line of visible text"
        raise LocalProtocolError(f"header {_said(name)} holds {character!r} at position {wrong.start()}: {mend}")
    return raw


def _said(name: str | bytes) -> str:
    return repr(name if isinstance(name, str) else name.decode("iso-8859-1"))
