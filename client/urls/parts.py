"""The canonical parts of a URL, which of them can stand together, and what the wire needs of them.

Everything here is ASCII, percent-encoded, lower-cased where case means nothing, and never changed once made.
`parse` decides what a text means; this page only puts parts together.
"""

from __future__ import annotations

import re
from typing import Final

from ..errors import InvalidURL, MissingHost

MAX_URL: Final = 65536

DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
"""The schemes that must have a host, and the port each means when it names none."""

SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


class Authority:
    """What stands between `//` and the path; `host` is `None` where nothing does, `""` as in `file:///a`."""

    __slots__ = ("host", "netloc", "port", "raw_host", "text", "userinfo")

    def __init__(self, userinfo: str, host: str | None, port: int | None) -> None:
        self.userinfo: str = userinfo
        self.host: str | None = host
        self.port: int | None = port
        name = written = host or ""
        if ":" in name:
            address, _, zone = name.partition("%")
            # RFC 6874 section 4: a zone means nothing to the server, so Host does not carry it.
            name = f"[{address}]"
            written = f"[{address}%25{zone}]" if zone else name
        number = "" if port is None else f":{port}"
        self.raw_host: bytes = (host or "").encode("ascii")
        self.netloc: bytes = f"{name}{number}".encode("ascii")
        if host is None:
            self.text: str = ""
        elif userinfo:
            self.text = f"//{userinfo}@{written}{number}"
        else:
            self.text = f"//{written}{number}"


NO_AUTHORITY: Final = Authority("", None, None)


class Parts:
    """A parsed URL."""

    __slots__ = ("authority", "endpoint", "fragment", "path", "query", "raw_path", "raw_scheme", "scheme", "text")

    def __init__(self, scheme: str, authority: Authority, path: str, query: str | None, fragment: str | None) -> None:
        self.scheme: str = scheme
        self.authority: Authority = authority
        self.path: str = path
        self.query: str | None = query
        self.fragment: str | None = fragment
        target = path if query is None else f"{path}?{query}"
        text = f"{scheme}:{authority.text}{target}" if scheme else f"{authority.text}{target}"
        self.text: str = text if fragment is None else f"{text}#{fragment}"
        if len(self.text) > MAX_URL:
            raise InvalidURL(
                f"the URL has {len(self.text)} characters once encoded, and {MAX_URL} are allowed: "
                "send what is long in the body"
            )
        self.raw_scheme: bytes = scheme.encode("ascii")
        # What a connection is looked for by, made here because a text is parsed once and requested many times.
        self.endpoint: tuple[str, bytes, int | None] = (scheme, authority.raw_host, authority.port)
        self.raw_path: bytes = (target if path else f"/{target}").encode("ascii")


def assemble(scheme: str, authority: Authority, path: str, query: str | None, fragment: str | None) -> Parts:
    """Return the parts of a URL, provided that they can stand together."""
    if authority.host:
        if path and path[0] != "/":
            raise InvalidURL(f"path {_shown(path)}: after a host, a path starts with '/'")
        if "/." in path:
            path = without_dot_segments(path)
    else:
        _check_without_host(scheme, authority, path)
    return Parts(scheme, authority, path, query, fragment)


def _check_without_host(scheme: str, authority: Authority, path: str) -> None:
    if authority.userinfo or authority.port is not None:
        raise MissingHost("host: there is none, only a user or a port; give the host as well")
    if scheme in DEFAULT_PORTS:
        raise MissingHost(f"host: there is none; write {scheme}://host/path")
    if authority.host is not None:
        if not scheme:
            raise InvalidURL("host: there is none after '//'; a path starts with a single '/'")
        if path and path[0] != "/":
            raise InvalidURL(f"path {_shown(path)}: after '{scheme}://', a path starts with '/'")
    elif path[:2] == "//":
        raise InvalidURL("path: without a host, '//' at its start would be read as the start of one; use a single '/'")
    elif not scheme and ":" in path and SCHEME.fullmatch(path, 0, path.index(":")):
        raise InvalidURL(f"path {_shown(path)}: what stands before ':' would be read as a scheme; write './' before it")


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
    shown = ascii(text)
    return shown if len(shown) <= 80 else f"{shown[:76]}...'"
