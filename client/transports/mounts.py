"""Which transport answers which URL: patterns, most specific first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import InvalidURL
from ..urls import URL
from ..urls.parse import address_of
from ..urls.parts import DEFAULT_PORTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Network, IPv6Network


class URLPattern:
    """A key of `mounts=`: `"all://"`, `"https://"`, `"all://*.example.com"`, `"http://localhost:8080"`, `"all://*:8080"`.

    `*example.com` is the domain and everything below it, `*.example.com` only what is below;
    `all://10.0.0.0/8` is a range of addresses, for URLs that name their host by address.
    Patterns sort by how specific they are: with a port first, then the longer host, then the longer scheme.
    """

    __slots__ = ("_below", "_exact", "_range", "host", "pattern", "port", "scheme")

    def __init__(self, pattern: str) -> None:
        # `*` is no character of a host that anybody connects to, so the host is looked at apart.
        scheme, separator, rest = pattern.partition("://")
        if pattern and not separator:
            if not pattern.endswith(":"):
                raise ValueError(
                    f"mount pattern {pattern!r} is not a URL: "
                    f"write the scheme as well, as in 'https://' or 'all://{pattern}'"
                )
            scheme = pattern[:-1]
        authority, _, path = rest.partition("/")
        host, port = address_of(authority.rpartition("@")[2])
        if host == "*":
            host = ""  # every host: no more specific than a pattern without one
        wildcard = host.startswith("*")
        bare = host[1:].lstrip(".") if wildcard else host
        if wildcard and not bare:
            raise InvalidURL(f"mount pattern {pattern!r}: nothing is below no host; every host is '*'")
        # Any scheme with an authority will do for parsing.
        url = URL(f"all://{bare}") if bare else None
        self.pattern: str = pattern
        self.scheme: str = "" if scheme == "all" else scheme
        self.host: str = host if url is None else ("*" if wildcard else "") + url.host
        self.port: int | None = port
        self._exact: str | None = None if url is None or host.startswith("*.") else url.host.rstrip(".")
        self._below: str | None = f".{url.host.rstrip('.')}" if wildcard and url is not None else None
        self._range = _address_range(url.host, path) if url is not None and path.isdigit() else None

    def matches(self, url: URL) -> bool:
        """Return whether the pattern covers the URL."""
        if self.scheme and self.scheme != url.scheme:
            return False
        if self.port is not None and self.port != (url.port or DEFAULT_PORTS.get(url.scheme)):
            return False
        if self._exact is None and self._below is None:
            return True
        host = url.host.rstrip(".")
        if self._range is not None:
            return _is_within(host, self._range)
        return host == self._exact or (self._below is not None and host.endswith(self._below))

    @property
    def priority(self) -> tuple[int, int, int]:
        """The key to sort by, most specific first."""
        return (0 if self.port is not None else 1, -len(self.host), -len(self.scheme))

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __lt__(self, other: URLPattern) -> bool:
        return self.priority < other.priority

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URLPattern) and self.pattern == other.pattern

    def __repr__(self) -> str:
        return f"URLPattern({self.pattern!r})"


def _address_range(host: str, bits: str) -> IPv4Network | IPv6Network | None:
    from ipaddress import ip_address, ip_network

    try:
        ip_address(host)
    except ValueError:
        return None  # a path, of which nothing is made
    return ip_network(f"{host}/{bits}", strict=False)


def _is_within(host: str, addresses: IPv4Network | IPv6Network) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host) in addresses
    except ValueError:
        return False


def sorted_mounts(mounts: Mapping[str, object]) -> dict[URLPattern, object]:
    """Return mounts by their parsed patterns, most specific first."""
    patterns = {URLPattern(pattern): transport for pattern, transport in mounts.items()}
    return {pattern: patterns[pattern] for pattern in sorted(patterns)}
