"""Which hosts a cassette lets the network answer: `network: allow`, `deny`, `localhost`, or a list of hosts."""

from __future__ import annotations

import difflib
from ipaddress import ip_address

from ..client import URL

WORDS = ("allow", "deny", "localhost")


class Reach:
    """The hosts that may be asked for what is to be recorded."""

    def __init__(self, said: tuple[str, ...]) -> None:
        if not said:
            raise ValueError("`network` names no host: say deny where none may be asked")
        for host in said:
            _check(host, is_alone=len(said) == 1)
        self.said = said

    def allows(self, url: str) -> bool:
        """Return whether the host of a URL may be asked."""
        if self.said == ("allow",):
            return True
        if self.said == ("deny",):
            return False
        host = URL(url).host.rstrip(".")
        return any(_covers(pattern, host) for pattern in self.said)

    def __str__(self) -> str:
        return self.said[0] if len(self.said) == 1 else f"[{', '.join(self.said)}]"


def _check(host: str, is_alone: bool) -> None:
    if is_alone and host in WORDS:
        return
    if not host or host in ("allow", "deny"):
        raise ValueError(f"`network` is one of {', '.join(WORDS)}, or a list of hosts, not {host!r} among them")
    near = difflib.get_close_matches(host, WORDS, 1, 0.7)
    if near and host != near[0]:
        raise ValueError(f"`network` is one of {', '.join(WORDS)}, or a list of hosts; did you mean {near[0]!r}?")
    if "/" in host or (":" in host and not _is_address(host)):
        raise ValueError(f"`network` names hosts, without scheme, port and path, not {host!r}")


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
