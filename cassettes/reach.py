"""Which hosts a cassette lets the network answer: `network: allow`, `deny`, `localhost`, or a list of hosts.

`live:` lists in the same words those that are always asked, and never recorded.
"""

from __future__ import annotations

import difflib
from ipaddress import ip_address

from ..client import URL

WORDS = ("allow", "deny", "localhost")


class Reach:
    """Hosts, as a setting names them."""

    def __init__(self, said: tuple[str, ...], setting: str = "network") -> None:
        if not said:
            raise ValueError("`network` names no host: say deny where none may be asked")
        for host in said:
            _check(host, setting, is_alone=len(said) == 1)
        self.said = said

    def allows(self, url: str) -> bool:
        """Return whether the host of a URL may be asked."""
        if self.said == ("allow",):
            return True
        if self.said == ("deny",):
            return False
        return self.covers(URL(url).host)

    def covers(self, host: str) -> bool:
        """Return whether one of the hosts is this one."""
        host = host.rstrip(".")
        return any(_covers(pattern, host) for pattern in self.said)

    def __str__(self) -> str:
        return self.said[0] if len(self.said) == 1 else f"[{', '.join(self.said)}]"


def _check(host: str, setting: str, is_alone: bool) -> None:
    words = WORDS if setting == "network" else WORDS[2:]
    if is_alone and host in words:
        return
    takes = f"`{setting}` is one of {', '.join(words)}, or a list of hosts"
    if not host or host in ("allow", "deny"):
        raise ValueError(f"{takes}, not {host!r} among them")
    near = difflib.get_close_matches(host, words, 1, 0.7)
    if near and host != near[0]:
        raise ValueError(f"{takes}; did you mean {near[0]!r}?")
    if "/" in host or (":" in host and not _is_address(host)):
        raise ValueError(f"`{setting}` names hosts, without scheme, port and path, not {host!r}")


def _covers(pattern: str, host: str) -> bool:
    if pattern == "localhost":
        return (
            host == "localhost" or host.endswith(".localhost") or (_is_address(host) and ip_address(host).is_loopback)
        )
    pattern = pattern.lower().rstrip(".")
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
