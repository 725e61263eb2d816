"""The proxies that the environment names, as mounts."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Callable, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Made = TypeVar("Made")

_KINDS = {"http": "http://", "https": "https://", "all": "all://"}


def environment_mounts(
    make: Callable[[str], Made], environment: Mapping[str, str] | None = None
) -> dict[str, Made | None]:
    """Return mounts for HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, each proxy made by `make(url)`.

    Lower-case names win. HTTP_PROXY is ignored where REQUEST_METHOD is set: in a CGI program it is what a client sent
    as its Proxy header field ("httpoxy").
    A NO_PROXY entry is a host (itself and everything below it), a host and port, an address, or `*` for no proxies.
    """
    named = _named_proxies(os.environ if environment is None else environment)
    mounts: dict[str, Made | None] = {}
    for kind, pattern in _KINDS.items():
        proxy = named.get(kind)
        if proxy:
            mounts[pattern] = make(proxy if "://" in proxy else f"http://{proxy}")
    if not mounts:
        return {}
    for entry in named.get("no", "").split(","):
        host = entry.strip()
        if host == "*":
            return {}
        if host:
            mounts[_direct_pattern(host)] = None
    return mounts


def _named_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for name, value in environment.items():
        if name.lower().endswith("_proxy") and value:
            kind = name[: -len("_proxy")].lower()
            if name.islower() or kind not in named:
                named[kind] = value
    if "REQUEST_METHOD" in environment and "http_proxy" not in environment:
        named.pop("http", None)
    if not named and sys.platform in ("darwin", "win32") and environment is os.environ:
        # Those systems have settings of their own; reading them takes a heavy module.
        from urllib.request import getproxies

        return getproxies()
    return named


def _direct_pattern(host: str) -> str:
    if "://" in host:
        return host
    if _is_ipv6(host):
        return f"all://[{host}]"
    if host[0] == "[" or _is_ipv4(host) or host.lower() == "localhost":
        return f"all://{host}"
    return f"all://*{host}"


def _is_ipv4(host: str) -> bool:
    parts = host.partition(":")[0].split(".")
    return len(parts) == 4 and all(part.isdigit() for part in parts)


def _is_ipv6(host: str) -> bool:
    return host.count(":") > 1 and not host.startswith("[")
