"""What a route aims at, as text: `"GET https://api.test/users/{id:int}?full=1"`.

    GET https://api.test/users     a method, a blank, a URL; `GET,HEAD ...` and `* ...` for several and any
    https://api.test/users         any method
    //api.test/users               http or https
    https://*.api.test/users       `*` in a host stands for one or more labels, `{tenant}` for one, or for all of it
    /users/{id:int}                any host, or below the router's `base_url`
    *                              every request

A URL without a query lets any query pass; with one it wants exactly that query, in any order of names.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ..errors import RouteError
from .facts import parse_query
from .templates import PathTemplate, Rest, fits, parse_segment, split_outside_braces

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "QUERY", "TRACE", "CONNECT")

_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\s*[,|]\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+)*\Z")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class HostPattern:
    """A host, or a pattern of hosts."""

    __slots__ = ("_piece", "literal", "text")

    def __init__(self, text: str) -> None:
        self.text: str = text
        self.literal: str | None = None
        if "{" in text or "*" in text:
            self._piece = parse_segment(_lowered(text), text, {}, is_last=False, anything=r"[^.]+")
            if isinstance(self._piece, Rest):
                raise RouteError(f"the host {text!r} takes a path: write `*` for any host, or part of one")
        else:
            self.literal = canonical_host(text)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the template parameters in it."""
        return () if self.literal is not None else tuple(hole.name for hole in getattr(self._piece, "holes", ()))

    def match(self, host: str) -> dict[str, Any] | None:
        """Return the values of the template parameters, or `None` when the host does not fit."""
        if self.literal is not None:
            return {} if self.literal == host else None
        values: dict[str, Any] = {}
        return values if fits(self._piece, host, values) else None


class Target(NamedTuple):
    """A target, taken apart; `None` where it says nothing."""

    text: str
    methods: tuple[str, ...] | None = None
    scheme: str | None = None
    host: HostPattern | None = None
    port: int | None = None
    path: PathTemplate | None = None
    query: dict[str, Any] | None = None


def _lowered(host: str) -> str:
    """Return a pattern of hosts, which have no case, in lower case; what stands in braces is not the host's."""
    depth = 0
    letters = ""
    for letter in host:
        depth += letter == "{"
        letters += letter if depth else letter.lower()
        depth -= letter == "}"
    return letters


def canonical_host(text: str) -> str:
    """Return a host as requests carry it: lower case, IDNA, without the root label's dot."""
    from ...client import URL

    try:
        return URL(f"http://{text}/").raw_host.decode("ascii").rstrip(".")
    except ValueError as error:
        raise RouteError(f"{text!r} is no host: {error}") from error


def parse_target(text: str, kinds: dict[str, str] | None = None) -> Target:
    """Take a target apart, or raise `RouteError` with what to write instead."""
    stripped = text.strip()
    if not stripped:
        raise RouteError('a target is empty: write a URL, a path such as "/users/{id}", or "*" for every request')
    method, _, rest = stripped.partition(" ")
    if rest and _METHOD.match(method):
        methods: tuple[str, ...] | None = parse_methods(method)
        rest = rest.strip()
    elif rest and "{" not in method and "/" not in method:
        raise RouteError(
            f"{text!r} starts with {method!r}, which is no method; "
            f"write {'GET ' + rest!r}, or %20 for a blank in a path"
        )
    else:
        methods, rest = None, stripped
        if _METHOD.match(rest) and rest.upper() in METHODS:
            raise RouteError(f"{text!r} is a method without a URL: write {rest.upper() + ' *'!r} for any URL")
    return parse_url(rest, kinds)._replace(text=text, methods=methods)


def parse_methods(text: str) -> tuple[str, ...] | None:
    """Return the methods in "GET", "GET,HEAD" or "*", which is any."""
    names = [name.strip().upper() for name in re.split(r"[,|]", text)]
    return None if "*" in names else tuple(dict.fromkeys(names))


def parse_url(text: str, kinds: dict[str, str] | None = None) -> Target:
    """Take the pattern of a URL apart."""
    if text == "*":
        return Target(text)
    if " " in text and "{" not in text:
        raise RouteError(f"{text!r} has a blank in its URL: write %20")
    address, hash_sign, _ = _partition(text, "#")
    if hash_sign:
        raise RouteError(f"{text!r} has a fragment, which no client ever sends: leave out everything from '#' on")
    address, question, query = _partition(address, "?")
    wanted = _query(query, text) if question else None
    if address.startswith("/") and not address.startswith("//"):
        return Target(text, path=PathTemplate(address, kinds), query=wanted)
    if not address and question:
        return Target(text, query=wanted)
    scheme = _SCHEME.match(address)
    if scheme is not None and address[scheme.end() : scheme.end() + 2] == "//":
        name = scheme[1].lower()
        host, port, path = _authority(address[scheme.end() + 2 :], text)
        port = port or _PORTS.get(name)
        return Target(text, None, name, host, port, PathTemplate(path, kinds), wanted)
    if address.startswith("//"):
        host, port, path = _authority(address[2:], text)
        return Target(text, None, None, host, port, PathTemplate(path, kinds), wanted)
    raise RouteError(f"{text!r} is neither a URL nor a path: write {'https://' + text!r} or {'/' + text!r}")


def _authority(text: str, whole: str) -> tuple[HostPattern | None, int | None, str]:
    authority, slash, path = _partition(text, "/")
    if "@" in authority:
        raise RouteError("a target has no user and password in it: use `auth=(user, password)`")
    parts = [authority] if authority.endswith("]") else split_outside_braces(authority, ":")
    host, port, colon = ":".join(parts[:-1] or parts), parts[-1], len(parts) > 1
    if not host:
        raise RouteError(f"{whole!r} has no host; write `//*/path` where any host will do")
    if colon and not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise RouteError(f"{whole!r} has the port {port!r}, which is no number below 65536")
    return (None if host == "*" else HostPattern(host)), (int(port) if colon else None), slash + path or "/"


def _partition(text: str, separator: str) -> tuple[str, str, str]:
    first, *others = split_outside_braces(text, separator)
    return first, separator if others else "", separator.join(others)


def _query(query: str, text: str) -> dict[str, Any]:
    if "{" in query:
        raise RouteError(f"{text!r} has a template in its query: say it with `params=`, such as params={{'page': ANY}}")
    wanted: dict[str, Any] = {}
    for name, value in parse_query(query):
        wanted[name] = [*wanted[name], value] if name in wanted else [value]
    return {name: values[0] if len(values) == 1 else values for name, values in wanted.items()}
