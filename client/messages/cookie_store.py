"""Where cookies are kept: by domain, in bounds, in the order they came.

Pure storage: what a cookie means is decided in `set_cookie`, what users see of it in `cookies`.
Nothing here locks; `Cookies` does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .set_cookie import path_matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .set_cookie import Cookie, Target

__all__ = ["LARGEST_HEADER", "LOCAL", "MOST_COOKIES", "MOST_PER_DOMAIN", "CookieStore"]

MOST_PER_DOMAIN = 50
MOST_COOKIES = 3000
LARGEST_HEADER = 8192

# How many go at once when there are too many in all, so that a flood does not sort the store at every cookie.
_EVICTED_AT_ONCE = 150


class CookieStore:
    """Cookies by domain; expired ones are gone as soon as anybody looks."""

    __slots__ = ("_domains", "_events", "_soonest", "count")

    def __init__(self) -> None:
        self._domains: dict[str, dict[tuple[str, str, bool], Cookie]] = {}
        self._events = 0
        self._soonest = math.inf
        self.count: int = 0

    def add(self, cookie: Cookie, now: float) -> bool:
        """Keep a cookie in the place of the one with its name, domain and path; an expired one just removes that.

        Return whether it is kept.
        """
        self.purge(now)
        replaced = self.replaced_by(cookie)
        for known in replaced:
            self.remove(known)
        if cookie.expires is not None and cookie.expires <= now:
            return False
        self._events += 1
        cookie.used = self._events
        held = self._domains.setdefault(cookie.domain, {})
        # RFC 6265bis, 5.7: a cookie that replaces another keeps its place in the order.
        cookie.created = min([known.created for known in replaced], default=self._events)
        held[cookie.key] = cookie
        self.count += 1
        if cookie.expires is not None:
            self._soonest = min(self._soonest, cookie.expires)
        self._evict(held)
        return True

    def replaced_by(self, cookie: Cookie) -> list[Cookie]:
        """Return the cookies whose place one takes: that of its key, and those that may be the same; see `dotless`."""
        held = self._domains.get(cookie.domain, _NOTHING)
        known = held.get(cookie.key)
        found = [] if known is None else [known]
        others = [held.get((cookie.path, cookie.name, not cookie.host_only))]
        if cookie.host_only and "." not in cookie.domain:
            others.append(self._domains.get(cookie.domain + LOCAL, _NOTHING).get((cookie.path, cookie.name, False)))
        found += [other for other in others if other is not None and (other.dotless or cookie.dotless)]
        return found

    def remove(self, cookie: Cookie) -> None:
        """Forget a cookie that is kept here."""
        held = self._domains[cookie.domain]
        del held[cookie.key]
        self.count -= 1
        if not held:
            del self._domains[cookie.domain]

    def purge(self, now: float) -> None:
        """Forget what has expired."""
        if now < self._soonest:
            return
        for cookie in list(self):
            if cookie.expires is not None and cookie.expires <= now:
                self.remove(cookie)
        self._soonest = min((cookie.expires for cookie in self if cookie.expires is not None), default=math.inf)

    def for_target(self, target: Target, now: float, *, scoped_only: bool = False) -> list[Cookie]:
        """Return what is sent to a target: longer paths first, then older cookies first (RFC 6265bis, 5.8.3)."""
        self.purge(now)
        found = [
            cookie
            for domain in _domains_of(target, scoped_only)
            for cookie in self._domains.get(domain, _NOTHING).values()
            if (not cookie.host_only or domain == target.host)
            and (not cookie.secure or target.is_secure)
            and path_matches(target.path, cookie.path)
        ]
        if len(found) > 1:
            found.sort(key=lambda cookie: (-len(cookie.path), cookie.created))
        for cookie in found:
            self._events += 1
            cookie.used = self._events
        return found

    def is_overshadowed(self, cookie: Cookie) -> bool:
        """Return whether a cookie from an insecure place would cover a Secure one (RFC 6265bis, 5.7, step 14)."""
        return any(
            kept.secure
            and kept.name == cookie.name
            and (_is_within(kept.domain, cookie.domain) or _is_within(cookie.domain, kept.domain))
            and path_matches(cookie.path, kept.path)
            for kept in self
        )

    def _evict(self, held: dict[tuple[str, str, bool], Cookie]) -> None:
        """Make room in the RFC's order: in a crowded domain first what is not Secure, and always the longest unused.

        What has no domain was given by the program, so it neither goes nor counts.
        """
        given = self._domains.get("", _NOTHING)
        if held is given:
            return
        if len(held) > MOST_PER_DOMAIN:
            self.remove(min(held.values(), key=lambda cookie: (cookie.secure, cookie.used)))
        if self.count - len(given) > MOST_COOKIES:
            received = [cookie for cookie in self if cookie.domain]
            for cookie in sorted(received, key=lambda cookie: cookie.used)[:_EVICTED_AT_ONCE]:
                self.remove(cookie)

    def __iter__(self) -> Iterator[Cookie]:
        for held in self._domains.values():
            yield from held.values()


LOCAL = ".local"
"""What the standard library, and so programs that were written for it, append to a host that has no dot."""

_NOTHING: dict[tuple[str, str, bool], Cookie] = {}


def _domains_of(target: Target, scoped_only: bool) -> Iterator[str]:
    """Yield the domains whose cookies may go to a target: itself, all above it, and the one of no domain."""
    host = target.host
    yield host
    if "." not in host:
        yield host + LOCAL
    if not target.is_address:
        above = host.partition(".")[2]
        while above:
            yield above
            above = above.partition(".")[2]
    if not scoped_only:
        yield ""


def _is_within(domain: str, other: str) -> bool:
    return domain == other or domain.endswith("." + other)
