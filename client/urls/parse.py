"""How a text becomes the parts of a URL, and how a reference is resolved against a base.

1. RFC 3986 says how a text is split (appendix B) and how a reference is resolved (section 5.2).
2. The WHATWG URL standard says what a browser makes of the same text: it strips spaces and controls at the ends,
   drops tabs and line breaks anywhere, and reads `\\` as `/`.
   Where that reading would name another host, the text is refused: no program downstream can then disagree with us.
   Where it would not, tabs and controls in path, query and fragment are percent-encoded as what they are.
3. Controls and spaces before the URL, and controls after it, are refused: a line read from a file wants `.strip()`.
4. `http`, `https`, `ws`, `wss` and `ftp` have a host. `http:///x`, `http:x` and `//` are refused.
5. With a host, dot segments are removed. Without one nothing is, for a base will decide.
6. Everything is linear, and nothing is longer than 64 KiB.
7. No message shows userinfo, or what could be a piece of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Optional

from ..errors import InvalidURL
from . import percent
from .host import canonical
from .parts import DEFAULT_PORTS, MAX_URL, NO_AUTHORITY, SCHEME, Authority, Parts, assemble, without_dot_segments

_SPLIT = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?",
    re.DOTALL,
)
_TWO_READINGS = re.compile(r"[\x00-\x20\\]")
_ENDS_AUTHORITY: Final = frozenset("/?#")
_CONTROLS: Final = frozenset(map(chr, range(0x20)))
_AS_BROWSERS_READ: Final = {ord("\t"): None, ord("\n"): None, ord("\r"): None, ord("\\"): "/"}

# Longer texts are parsed each time: the cache stays a few megabytes, whatever the program asks for.
_CACHED_LENGTH: Final = 2048
_CACHED_URLS: Final = 1024
_CACHED_AUTHORITIES: Final = 256

_Split = tuple[Optional[str], Optional[str], str, Optional[str], Optional[str]]


def parse(text: str) -> Parts:
    """Return the parts of a URL or of a relative reference; equal texts share one result."""
    if len(text) <= _CACHED_LENGTH:
        return _parse_cached(text)
    return _parse(text)


def join(base: Parts, reference: str) -> Parts:
    """Return what `reference` means where `base` is the current URL (RFC 3986 section 5.2)."""
    if len(reference) <= _CACHED_LENGTH and len(base.text) <= _CACHED_LENGTH:
        return _join_cached(base, reference)
    return _join(base, reference)


def _parse(text: str) -> Parts:
    scheme, authority, path, query, fragment = _split(text)
    return _encoded(scheme or "", _authority(scheme or "", authority), path, query, fragment)


def _join(base: Parts, reference: str) -> Parts:
    scheme, authority, path, query, fragment = _split(reference)
    if scheme == base.scheme and scheme in DEFAULT_PORTS:
        scheme = None  # `http:g` after http://a/b is http://a/g: section 5.2.2's loophole, and every browser's reading
    if scheme is not None or authority is not None:
        scheme = scheme or base.scheme
        return _encoded(scheme, _authority(scheme, authority), path, query, fragment)
    if not path:
        path = base.path
        query = base.query if query is None else query
    elif path[0] != "/":
        path = _merged(base, path)
    if "/." in path and path[0] == "/":
        path = without_dot_segments(path)
    return _encoded(base.scheme, base.authority, path, query, fragment)


_parse_cached = lru_cache(maxsize=_CACHED_URLS)(_parse)
_join_cached = lru_cache(maxsize=_CACHED_URLS)(_join)


def _split(text: str) -> _Split:
    """Return scheme, authority, path, query and fragment as they are written; `None` is not the empty string."""
    if len(text) > MAX_URL:
        raise InvalidURL(
            f"the URL has {len(text)} characters, and {MAX_URL} are allowed: send what is long in the body"
        )
    scheme, authority, path, query, fragment = _groups(text)
    if _TWO_READINGS.search(text) is not None:
        _refuse_two_readings(text, scheme, authority)
    return scheme and scheme.lower(), authority, path, query, fragment


def _groups(text: str) -> _Split:
    match = _SPLIT.fullmatch(text)
    assert match is not None, "the pattern matches every text"
    scheme, authority, path, query, fragment = match.groups()
    return scheme, authority, path, query, fragment


def _refuse_two_readings(text: str, scheme: str | None, authority: str | None) -> None:
    if text[0] == " " or text[0] in _CONTROLS:
        raise InvalidURL(f"the URL starts with {text[0]!a}: remove it, for example with .strip()")
    if text[-1] in _CONTROLS:
        raise InvalidURL(f"the URL ends with {text[-1]!a}: remove it, for example with .strip()")
    almost, separator, _ = text.partition("://")
    if scheme is None and separator and _TWO_READINGS.search(almost) and _ENDS_AUTHORITY.isdisjoint(almost):
        raise InvalidURL("scheme: what stands before '://' holds a space, a control character or a backslash")
    before_query = re.split("[?#]", text, maxsplit=1)[0]
    if _groups(before_query.translate(_AS_BROWSERS_READ))[:2] != (scheme, authority):
        raise InvalidURL(
            "host: a backslash, a tab or a line break stands where it is decided, and browsers would read another host "
            "than the text says; write '/', or the percent-escape of what is meant"
        )


def _merged(base: Parts, path: str) -> str:
    if base.authority.host and not base.path:
        return "/" + path
    return base.path[: base.path.rfind("/") + 1] + path


def _encoded(scheme: str, authority: Authority, path: str, query: str | None, fragment: str | None) -> Parts:
    return assemble(
        scheme,
        authority,
        percent.encode_path(path),
        query and percent.encode_query(query),
        fragment and percent.encode_fragment(fragment),
    )


def _authority(scheme: str, text: str | None) -> Authority:
    if text is None:
        return NO_AUTHORITY
    return _authority_cached(scheme, text) if len(text) <= _CACHED_LENGTH else _read_authority(scheme, text)


def _read_authority(scheme: str, text: str) -> Authority:
    userinfo, at, address = text.rpartition("@")
    host, port = address_of(address)
    return canonical_authority(scheme, encode_userinfo(userinfo) if at else "", host, port)


# Most URLs of a program share a few of them.
_authority_cached = lru_cache(maxsize=_CACHED_AUTHORITIES)(_read_authority)


def canonical_authority(scheme: str, userinfo: str, host: str, port: int | None) -> Authority:
    """Return an authority whose host is in its one spelling, and whose port is left out where the scheme implies it."""
    if host:
        host = canonical(host, opaque=bool(scheme) and scheme not in DEFAULT_PORTS)
    return Authority(userinfo, host, None if port == DEFAULT_PORTS.get(scheme) else port)


def address_of(text: str) -> tuple[str, int | None]:
    """Return host and port of `host:port`; the host as it is written, brackets included."""
    host, colon, digits = text.rpartition(":")
    if not colon or digits[-1:] == "]":
        return text, None
    return host, _port(digits)


def _port(digits: str) -> int | None:
    if not digits:
        return None
    # What stands here may be the head of a password with a raw '/' in it, so it is never shown.
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidURL(
            "port: what follows the host's ':' is not a number; a password's own ':', '/', '?', '#' and '@' are "
            "percent-encoded, and an IPv6 address stands in brackets"
        )
    digits = digits.lstrip("0") or "0"
    if len(digits) > 5 or int(digits) > 65535:
        raise InvalidURL("port: over 65535, the highest there is")
    return int(digits)


def canonical_scheme(scheme: str) -> str:
    """Return a scheme in lower case, or the empty string for none."""
    if scheme and SCHEME.fullmatch(scheme) is None:
        raise InvalidURL(f"scheme {scheme[:80]!a}: must be a letter, then letters, digits, '+', '-' and '.'")
    return scheme.lower()


def encode_userinfo(userinfo: str) -> str:
    """Return `user:password` as it stands before `@`."""
    user, colon, password = userinfo.partition(":")
    return f"{percent.encode_user(user)}{colon}{percent.encode_password(password)}"
