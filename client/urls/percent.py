"""Percent-encoding: what may stand in each part of a URL, and how everything else is written.

What is already valid goes through byte for byte, so that signatures computed over a URL stay true.
What is not is written as the percent-encoded bytes of its UTF-8 form.
The sets are those of the WHATWG URL standard, which is what browsers and servers have agreed on, with one addition:
a backslash in a path is written `%5C`, because half of the world reads it as a slash.
An existing `%` is never touched: neither `%2f` (which is not `/`) nor a `%` that escapes nothing.
"""

from __future__ import annotations

import re

from ..errors import InvalidURL

_QUERY = re.compile(r"""[^!$-;=?-~]+""")  # not: controls, space " # < > and everything beyond ASCII
_FRAGMENT = re.compile(r"""[^!#-;=?-_a-~]+""")  # not: controls, space " < > `
_PATH = re.compile(r"""[^!$-;=@-Z\[\]_a-z|~]+""")  # not: controls, space " # < > ? \ ^ ` { }
_USERINFO = re.compile(r"""[^!$-.0-9A-Z_a-z~]+""")  # not: path's, nor / : ; = @ [ ] |
_PASSWORD = re.compile(r"""[^!$-.0-:A-Z_a-z~]+""")  # the same, but that a second `:` is one of the password
_FORM = re.compile(r"""[^-.0-9A-Z_a-z~]+""")  # application/x-www-form-urlencoded, as the standard library writes it

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ESCAPE_OF = [f"%{byte:02X}" for byte in range(256)]


def _escaped(run: re.Match[str]) -> str:
    return "".join([_ESCAPE_OF[byte] for byte in run[0].encode()])


def _encode(text: str, unsafe: re.Pattern[str], part: str) -> str:
    if unsafe.search(text) is None:
        return text
    try:
        return unsafe.sub(_escaped, text)
    except UnicodeEncodeError as error:
        raise InvalidURL(
            f"{part}: character {error.object[error.start]!r} is half of a surrogate pair, not text; "
            "decode the bytes it came from as what they are"
        ) from error


def encode_path(text: str) -> str:
    """Return `text` as it stands in a path; `/` separates."""
    return _encode(text, _PATH, "path")


def encode_query(text: str) -> str:
    """Return `text` as it stands after `?`."""
    return _encode(text, _QUERY, "query")


def encode_fragment(text: str) -> str:
    """Return `text` as it stands after `#`."""
    return _encode(text, _FRAGMENT, "fragment")


def encode_user(text: str) -> str:
    """Return `text` as a username or a password stands before `@`."""
    return _encode(text, _USERINFO, "username or password")


def encode_password(text: str) -> str:
    """Return `text` as a password stands in a URL that is read: its own `:` is valid, and stays."""
    return _encode(text, _PASSWORD, "username or password")


def encode_form(text: str) -> str:
    """Return `text` as a name or a value stands in a form: everything special escaped, a space is `+`."""
    return _encode(text, _FORM, "query parameter").replace("%20", "+")


def decode(text: str) -> str:
    """Return `text` without its percent-encoding; bytes that are not UTF-8 become U+FFFD."""
    if "%" not in text:
        return text
    return _ESCAPES.sub(_unescaped, text)


def _unescaped(run: re.Match[str]) -> str:
    return bytes.fromhex(run[0].replace("%", "")).decode("utf-8", "replace")


def decode_strictly(text: str) -> str:
    """Return `text` without its percent-encoding; a `UnicodeDecodeError` where the bytes are not UTF-8."""
    return _ESCAPES.sub(lambda run: bytes.fromhex(run[0].replace("%", "")).decode(), text)


def from_bytes(raw: bytes) -> str:
    """Return `raw` as ASCII text, each byte beyond it percent-encoded."""
    try:
        return raw.decode("ascii")
    except UnicodeDecodeError:
        return "".join([chr(byte) if byte < 0x80 else _ESCAPE_OF[byte] for byte in raw])
