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
from typing import Final

from ..errors import InvalidURL
from . import percent
from .host import canonical

MAX_URL: Final = 65536

DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
"""The schemes that HTTP knows, which always have a host, and the port each means when it says none."""

_SPLIT = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?",
    re.DOTALL,
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_TWO_READINGS = re.compile(r"[\x00-\x20\\\x7f]")
_CONTROL_OR_SPACE: Final = "".join(map(chr, range(0x21)))
_CONTROL: Final = _CONTROL_OR_SPACE[:-1]
_AS_BROWSERS_READ: Final = {ord("\t"): None, ord("\n"): None, ord("\r"): None, ord("\\"): "/"}

# Longer texts are parsed each time: the cache stays a few megabytes, whatever the program asks for.
_CACHED_LENGTH: Final = 2048


class Parts:
    """A parsed URL: canonical parts, and what the wire needs of them. Never changed once made."""

    __slots__ = (
        "fragment",
        "host",
        "netloc",
        "path",
        "port",
        "query",
        "raw_host",
        "raw_path",
        "raw_scheme",
        "scheme",
        "text",
        "userinfo",
    )

    def __init__(
        self,
        scheme: str,
        userinfo: str,
        host: str | None,
        port: int | None,
        path: str,
        query: str | None,
        fragment: str | None,
    ) -> None:
        self.scheme = scheme
        self.userinfo = userinfo
        self.host = host
        """In ASCII, without brackets; `None` where there is no authority at all."""
        self.port = port
        self.path = path
        self.query = query
        self.fragment = fragment
        shown = name = host or ""
        if ":" in name:
            address, percent_sign, zone = name.partition("%")
            # RFC 6874 section 4: a zone means nothing to the server, so Host does not carry it.
            name, shown = f"[{address}]", f"[{address}%25{zone}]" if percent_sign else f"[{address}]"
        number = "" if port is None else f":{port}"
        target = path if query is None else f"{path}?{query}"
        text = f"{scheme}:" if scheme else ""
        if host is not None:
            text += f"//{userinfo}@{shown}{number}" if userinfo else f"//{shown}{number}"
        text += target
        self.text = text if fragment is None else f"{text}#{fragment}"
        if len(self.text) > MAX_URL:
            raise InvalidURL(f"the URL has {len(self.text)} characters once encoded; {MAX_URL} are allowed")
        self.raw_scheme = scheme.encode("ascii")
        self.raw_host = (host or "").encode("ascii")
        self.raw_path = (target if path else f"/{target}").encode("ascii")
        self.netloc = f"{name}{number}".encode("ascii")


def parse(text: str) -> Parts:
    """Return the parts of a URL or of a relative reference; equal texts share one result."""
    if len(text) <= _CACHED_LENGTH:
        return _parse_cached(text)
    return _parse(text)


def join(base: Parts, reference: str) -> Parts:
    """Return what `reference` means where `base` is the current URL (RFC 3986 section 5.2)."""
    if len(reference) <= _CACHED_LENGTH:
        return _join_cached(base, reference)
    return _join(base, reference)


def split(text: str) -> tuple[str | None, str | None, str, str | None, str | None]:
    """Return scheme, authority, path, query and fragment as they are written; `None` is not the empty string."""
    if len(text) > MAX_URL:
        raise InvalidURL(f"the URL has {len(text)} characters; {MAX_URL} are allowed")
    match = _SPLIT.fullmatch(text)
    assert match is not None, "the pattern matches every text"
    scheme, authority, path, query, fragment = match.groups()
    if _TWO_READINGS.search(text) is not None:
        _refuse_two_readings(text, scheme, authority)
    return scheme and scheme.lower(), authority, path, query, fragment


def _refuse_two_readings(text: str, scheme: str | None, authority: str | None) -> None:
    if text[0] in _CONTROL_OR_SPACE or text[-1] in _CONTROL:
        where, character = ("starts", text[0]) if text[0] in _CONTROL_OR_SPACE else ("ends", text[-1])
        raise InvalidURL(f"the URL {where} with {ascii(character)}; remove it, for example with .strip()")
    head = re.split("[?#]", text, maxsplit=1)[0]
    match = _SPLIT.match(head.translate(_AS_BROWSERS_READ))
    assert match is not None, "the pattern matches every text"
    if match.group(1, 2) != (scheme, authority):
        raise InvalidURL(
            "the URL has a backslash, a tab or a line break where its host is decided: "
            "browsers would read another host than the text says; write / or the percent-escape that is meant"
        )


def _parse(text: str) -> Parts:
    scheme, authority, path, query, fragment = split(text)
    return build(scheme or "", authority, path, query, fragment)


_parse_cached = lru_cache(maxsize=1024)(_parse)


def _join(base: Parts, reference: str) -> Parts:
    scheme, authority, path, query, fragment = split(reference)
    if scheme == base.scheme and authority is None and scheme in DEFAULT_PORTS:
        scheme = None  # `http:g` after http://a/b is http://a/g: section 5.2.2's loophole, and every browser's reading
    if scheme is not None or authority is not None:
        return build(scheme or base.scheme, authority, path, query, fragment)
    if not path:
        path = base.path
        query = base.query if query is None else percent.encode_query(query)
    else:
        path = percent.encode_path(path if path[0] == "/" else _merged(base, path))
        query = query and percent.encode_query(query)
    return assemble(
        base.scheme, base.userinfo, base.host, base.port, path, query, fragment and percent.encode_fragment(fragment)
    )


_join_cached = lru_cache(maxsize=1024)(_join)


def _merged(base: Parts, path: str) -> str:
    if base.host is not None and not base.path:
        return "/" + path
    return base.path[: base.path.rfind("/") + 1] + path


def build(scheme: str, authority: str | None, path: str, query: str | None, fragment: str | None) -> Parts:
    """Return the parts of a URL from parts as somebody wrote them."""
    userinfo, host, port = "", None, None
    if authority is not None:
        userinfo, at, address = authority.rpartition("@")
        userinfo = encode_userinfo(userinfo) if at else ""
        host, port = split_address(address)
        host = canonical_host(scheme, host)
        if port is not None and port == DEFAULT_PORTS.get(scheme):
            port = None
    return assemble(
        scheme,
        userinfo,
        host,
        port,
        percent.encode_path(path),
        query and percent.encode_query(query),
        fragment and percent.encode_fragment(fragment),
    )


def assemble(
    scheme: str,
    userinfo: str,
    host: str | None,
    port: int | None,
    path: str,
    query: str | None,
    fragment: str | None,
) -> Parts:
    """Return the parts of a URL from canonical ones, provided that they can stand together."""
    if host is not None:
        if path and path[0] != "/":
            raise InvalidURL(f"path {_shown(path)}: after a host, a path starts with '/'")
        if "/." in path:
            path = without_dot_segments(path)
        if not host:
            if scheme in DEFAULT_PORTS or not scheme:
                raise InvalidURL(f"the URL has no host after '{scheme and scheme + ':'}//'")
            if userinfo or port is not None:
                raise InvalidURL("the URL has a user or a port, but no host")
    elif scheme in DEFAULT_PORTS:
        raise InvalidURL(f"the URL has no host: after '{scheme}:' comes '//' and the host")
    elif userinfo or port is not None:
        raise InvalidURL("the URL has a user or a port, but no host")
    elif path[:2] == "//":
        raise InvalidURL("path: without a host, a path that starts with '//' would be read as one")
    elif not scheme and ":" in path and _SCHEME.fullmatch(path, 0, path.index(":")):
        raise InvalidURL(f"path {_shown(path)}: would be read as a scheme; write './' before it")
    return Parts(scheme, userinfo, host, port, path, query, fragment)


def split_address(address: str) -> tuple[str, int | None]:
    """Return host and port of `host:port`; the host as it is written, brackets included."""
    host, colon, digits = address.rpartition(":")
    if not colon or digits[-1:] == "]":
        return address, None
    return host, port_number(digits)


def port_number(digits: str) -> int | None:
    """Return the port that these digits mean, `None` for none."""
    if not digits:
        return None
    # What stands here may be the head of a password with a raw '/' in it, so it is never shown.
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidURL(
            "the port is not a number: after the host's ':' come digits (a ':', '/', '?', '#' or '@' that belongs to "
            "a password is percent-encoded, and an IPv6 address stands in brackets)"
        )
    digits = digits.lstrip("0") or "0"
    if len(digits) > 5 or int(digits) > 65535:
        raise InvalidURL("the port is over 65535")
    return int(digits)


def canonical_host(scheme: str, host: str) -> str:
    """Return the one spelling of `host`; the empty one where a scheme may do without."""
    return canonical(host, opaque=scheme not in DEFAULT_PORTS) if host else ""


def canonical_scheme(scheme: str) -> str:
    """Return a scheme in lower case, or the empty string for none."""
    if scheme and _SCHEME.fullmatch(scheme) is None:
        raise InvalidURL(f"scheme {_shown(scheme)}: a letter, then letters, digits, '+', '-' and '.'")
    return scheme.lower()


def encode_userinfo(userinfo: str) -> str:
    """Return `user:password` as it stands before `@`."""
    user, colon, password = userinfo.partition(":")
    return f"{percent.encode_user(user)}{colon}{percent.encode_user(password)}"


def without_dot_segments(path: str) -> str:
    """Return an absolute path with `.` and `..` resolved (RFC 3986 section 5.2.4)."""
    segments = path.split("/")
    kept = segments[:1]
    for segment in segments[1:]:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 80 else text[:77] + "...")
