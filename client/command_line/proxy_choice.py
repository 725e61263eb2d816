"""Through which proxy a request goes, and what in the environment says so.

The choice is made by the same code as a client's; this module finds out which word of the environment it came from.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from ..network.proxy import Proxy
from ..transports.mounts import URLPattern, sorted_mounts
from ..transports.proxies import _direct_pattern, _named_proxies, environment_mounts
from ..urls import URL

if TYPE_CHECKING:
    from collections.abc import Mapping


class Choice(NamedTuple):
    """A proxy, or none, and why; what is shown holds no password."""

    proxy: str | None
    why: str

    @property
    def shown(self) -> str:
        return "none" if self.proxy is None else URL(self.proxy).redacted


def choose(url: URL, environment: Mapping[str, str] | None = None) -> Choice:
    """Return the proxy that a client would use for a URL; raises `ValueError` for one that is no proxy."""
    given = os.environ if environment is None else environment
    proxies: dict[str, str | None] = environment_mounts(_checked, environment)
    pattern = next((pattern for pattern in sorted_mounts(proxies) if pattern.matches(url)), None)
    if pattern is not None and proxies[pattern.pattern] is None:
        return Choice(None, f"{_name('no', given)} holds {_entry(pattern, given)}")
    if pattern is not None:
        kind = pattern.scheme or "all"
        return Choice(proxies[pattern.pattern], f"{_name(kind, given)} says so")
    return Choice(None, _why_none(url, given, bool(proxies)))


def _checked(proxy: str) -> str:
    Proxy(proxy)
    return proxy


def _why_none(url: URL, environment: Mapping[str, str], some_are_named: bool) -> str:
    named = _named_proxies(environment)
    if "*" in map(str.strip, named.get("no", "").split(",")) and set(named) - {"no"}:
        return f"{_name('no', environment)} holds *"
    if "REQUEST_METHOD" in environment and "HTTP_PROXY" in environment and "http_proxy" not in environment:
        return "HTTP_PROXY is ignored where REQUEST_METHOD is set: in a CGI program, clients could have set it"
    if some_are_named:
        return f"the variables name none for {url.scheme}"
    return f"{url.scheme}_proxy and all_proxy are not set"


def _name(kind: str, environment: Mapping[str, str]) -> str:
    """Return the name of the variable that counts, in the spelling that the environment has."""
    name = f"{kind}_proxy"
    if environment.get(name):
        return name
    return next((other for other in environment if other.lower() == name and environment[other]), "the system")


def _entry(pattern: URLPattern, environment: Mapping[str, str]) -> str:
    """Return the entry of NO_PROXY that a pattern was made from."""
    for entry in _named_proxies(environment).get("no", "").split(","):
        if entry.strip() and _direct_pattern(entry.strip()) == pattern.pattern:
            return entry.strip()
    return pattern.pattern
