"""The proxies that the environment names, as mounts."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Callable, TypeVar

from .mounts import URLPattern

if TYPE_CHECKING:
    from collections.abc import Mapping

Made = TypeVar("Made")

_KINDS = {"http": "http://", "https": "https://", "all": "all://"}


def environment_mounts(
    make: Callable[[str], Made], environment: Mapping[str, str] | None = None
) -> dict[str, Made | None]:
    """Return mounts for HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, each proxy made by `make(url)`.

    Lower-case names win, and an empty one means none.
    HTTP_PROXY is ignored where REQUEST_METHOD is set: in a CGI program it is what a client sent as its Proxy header
    field ("httpoxy").
    A NO_PROXY entry is a host (itself and everything below it), `.host` or `*.host` (only what is below), any of them
    with a port, an address, a range of addresses (`10.0.0.0/8`), or `*` for no proxies; what is none of them is
    ignored.
    """
    named = _named_proxies(os.environ if environment is None else environment)
    unproxied = [entry.strip() for entry in named.get("no", "").split(",")]
    if "*" in unproxied:
        return {}
    mounts: dict[str, Made | None] = {}
    for kind, pattern in _KINDS.items():
        proxy = named.get(kind)
        if proxy:
            mounts[pattern] = make(proxy if "://" in proxy else f"http://{proxy}")
    if not mounts:
        return {}
    for host in unproxied:
        pattern = _direct_pattern(host)
        if host and _is_pattern(pattern):
            mounts[pattern] = None
    return mounts


def get_environment_proxies() -> dict[str, str | None]:
    """Return the proxies of the environment, or `None` for none, by URL pattern; libraries know it by this name."""
    return environment_mounts(str)


def _named_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    exact: dict[str, str] = {}
    loose: dict[str, str] = {}
    for name, value in environment.items():
        if name.lower().endswith("_proxy"):
            (exact if name.islower() else loose)[name[: -len("_proxy")].lower()] = value
    named = {kind: value for kind, value in {**loose, **exact}.items() if value}
    if "REQUEST_METHOD" in environment and "http" not in exact:
        named.pop("http", None)
    if not named and sys.platform in ("darwin", "win32") and environment is os.environ:
        # Those systems have settings of their own; reading them takes a heavy module.
        from urllib.request import getproxies

        return getproxies()
    return named


def _direct_pattern(entry: str) -> str:
    if "://" in entry:
        return entry
    host, slash, bits = entry.partition("/")
    if _is_ipv6(host):
        host = f"[{host}]"
    elif not (host.startswith("[") or _is_ipv4(host) or host.lower() == "localhost"):
        host = f"*{host.lstrip('*')}"
    return f"all://{host}{slash}{bits}"


def _is_pattern(text: str) -> bool:
    try:
        URLPattern(text)
    except ValueError:
        return False
    return True


def _is_ipv4(host: str) -> bool:
    parts = host.partition(":")[0].split(".")
    return len(parts) == 4 and all(part.isdigit() for part in parts)


def _is_ipv6(host: str) -> bool:
    return host.count(":") > 1 and not host.startswith("[")
