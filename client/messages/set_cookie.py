"""One cookie: how a server says it in Set-Cookie (RFC 6265bis, 5.6), and whom it is for (5.7).

Read from top to bottom as the RFC does: the line is taken apart, the date is read by the RFC's own tolerant grammar,
and `received_cookie` decides whether this host may set what it asks for.

Where we choose within the RFC:

- A cookie without a name is ignored; as a value only, it could pass for any other cookie.
- Secure cookies, and the `__Secure-` and `__Host-` prefixes, need `https` or `wss`, or a host of this machine
  (`localhost`, its subdomains, 127.0.0.0/8, ::1), which browsers trust as much.
- Cookies live for 400 days at most.
- A domain of a single label, or an address, belongs to nobody else: only that host itself may have it.
  With the package `publicsuffixlist` installed (the `psl` extra) the same holds for every public suffix.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable

from ..errors import LocalProtocolError

if TYPE_CHECKING:
    from ..urls import URL

__all__ = ["LARGEST_COOKIE", "Cookie", "Target", "domain_matches", "parse_date", "path_matches", "received_cookie"]

LARGEST_COOKIE = 4096
"""How many bytes the name and the value of a cookie may have together."""

_LONGEST_ATTRIBUTE = 1024
_LONGEST_LIFE = 400 * 24 * 3600

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NOT_IN_A_NAME = re.compile(r"[\x00-\x20\x7f;=]")
_NOT_IN_A_VALUE = re.compile(r"[\x00-\x1f\x7f;]|\A\s|\s\Z")


class Cookie:
    """A cookie and whom it is for.

    `domain` has no leading dot; empty means every host, which only a program can say.
    `dotless` is a cookie for a whole domain that a program gave without the dot: it may be meant for all of it,
    or be the one that the host keeps for itself, so what the host sets takes its place.
    `created` and `used` are places in the store's order of events.
    """

    __slots__ = (
        *("created", "domain", "dotless", "expires", "host_only", "http_only"),
        *("name", "path", "same_site", "secure", "used", "value"),
    )

    def __init__(
        self,
        name: str,
        value: str,
        *,
        domain: str = "",
        host_only: bool = False,
        dotless: bool = False,
        path: str = "/",
        secure: bool = False,
        http_only: bool = False,
        same_site: str | None = None,
        expires: float | None = None,
    ) -> None:
        self.name = name
        self.value = value
        self.domain = domain
        self.host_only = host_only
        self.dotless = dotless
        self.path = path
        self.secure = secure
        self.http_only = http_only
        self.same_site = same_site
        self.expires = expires
        self.created = 0
        self.used = 0

    @property
    def key(self) -> tuple[str, str, bool]:
        """What tells cookies of one domain apart."""
        return (self.path, self.name, self.host_only)

    def check(self) -> None:
        """Refuse, with a `LocalProtocolError`, what a Cookie header cannot carry."""
        wrong = _NOT_IN_A_NAME.search(self.name)
        if wrong or not self.name:
            fault = f"holds {wrong.group()!r} at position {wrong.start()}" if wrong else "is empty"
            raise LocalProtocolError(f"cookie name {self.name[: wrong.start() if wrong else None]!r} {fault}")
        wrong = _NOT_IN_A_VALUE.search(self.value)
        if wrong:
            raise LocalProtocolError(
                f"the value of cookie {self.name!r} holds {wrong.group()!r} at position {wrong.start()}: "
                "values have no control characters, no semicolons and no whitespace around them"
            )
        size = self.size()
        if size > LARGEST_COOKIE:
            raise LocalProtocolError(f"cookie {self.name!r} has {size} bytes, more than {LARGEST_COOKIE}")

    def size(self) -> int:
        """Return how many bytes the name and the value have together."""
        text = self.name + self.value
        return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))

    def copy(self) -> Cookie:
        """Return the same cookie again, to be stored elsewhere."""
        return Cookie(
            self.name,
            self.value,
            domain=self.domain,
            host_only=self.host_only,
            dotless=self.dotless,
            path=self.path,
            secure=self.secure,
            http_only=self.http_only,
            same_site=self.same_site,
            expires=self.expires,
        )

    def __repr__(self) -> str:
        return f"<Cookie {self.name}=[secure] for {self.domain} />"


class Target:
    """Where a request goes, as far as cookies care: never what its Host field says."""

    __slots__ = ("host", "is_address", "is_secure", "path")

    def __init__(self, url: URL) -> None:
        self.host: str = url.raw_host.decode("ascii").lower()
        self.path: str = url.raw_path.partition(b"?")[0].decode("ascii") or "/"
        self.is_address: bool = _is_address(self.host)
        self.is_secure: bool = url.scheme in ("https", "wss") or _is_this_machine(self.host)


def _is_address(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost") or host == "::1":
        return True
    return host.startswith("127.") and _is_address(host)


def domain_matches(host: str, domain: str) -> bool:
    """Return whether a host is a domain or below it (5.1.3); an address is only ever itself."""
    return host == domain or (host.endswith("." + domain) and not _is_address(host))


def path_matches(path: str, cookie_path: str) -> bool:
    """Return whether a request's path is a cookie's path or below it (5.1.4)."""
    if not path.startswith(cookie_path):
        return False
    return len(path) == len(cookie_path) or cookie_path.endswith("/") or path[len(cookie_path)] == "/"


def received_cookie(line: str, target: Target, now: float) -> Cookie | None:
    """Return the cookie that a Set-Cookie line sets, or `None` where it sets none that this host may set.

    A cookie that is to be removed is one that has expired.
    """
    if _CONTROL.search(line):
        return None
    pair, *attributes = line.split(";")
    name, equals, value = pair.partition("=")
    cookie = Cookie(name.strip(" \t"), value.strip(" \t"))
    if not equals or not cookie.name or cookie.size() > LARGEST_COOKIE:
        return None
    asked = _Asked()
    for attribute in attributes:
        key, _, said = attribute.partition("=")
        if len(said) <= _LONGEST_ATTRIBUTE:
            asked.take(key.strip(" \t").lower(), said.strip(" \t"))
    cookie.expires = asked.lives_until(now)
    cookie.secure = asked.secure
    cookie.http_only = asked.http_only
    cookie.same_site = asked.same_site
    cookie.path = asked.path or _default_path(target.path)
    if not _give_domain(cookie, asked.domain, target):
        return None
    if cookie.secure and not target.is_secure:
        return None
    return cookie if _keeps_prefix(cookie, asked) else None


class _Asked:
    """The attributes of a Set-Cookie line; of a repeated one the last counts."""

    __slots__ = ("domain", "expires", "http_only", "max_age", "path", "same_site", "secure")

    def __init__(self) -> None:
        self.domain = ""
        self.path = ""
        self.expires: float | None = None
        self.max_age: int | None = None
        self.secure = False
        self.http_only = False
        self.same_site: str | None = None

    def take(self, name: str, value: str) -> None:
        if name == "expires":
            date = parse_date(value)
            self.expires = self.expires if date is None else date
        elif name == "max-age":
            if value and value.lstrip("-").isdigit() and value.isascii() and value.rfind("-") <= 0:
                # As integers: a float could not hold what some servers say.
                self.max_age = max(0, min(int(value), _LONGEST_LIFE))
        elif name == "domain":
            # An empty one is ignored (RFC 6265, 5.2.3); a lone dot stays one, and matches no host.
            self.domain = (value[1:] if value.startswith(".") and value != "." else value).lower() or self.domain
        elif name == "path":
            self.path = value if value.startswith("/") else ""
        elif name == "secure":
            self.secure = True
        elif name == "httponly":
            self.http_only = True
        elif name == "samesite":
            self.same_site = {"strict": "Strict", "lax": "Lax", "none": "None"}.get(value.lower())

    def lives_until(self, now: float) -> float | None:
        """Return when the cookie expires: Max-Age goes before Expires, `None` is the end of the session."""
        if self.max_age is not None:
            return now + self.max_age if self.max_age else 0.0
        return None if self.expires is None else min(self.expires, now + _LONGEST_LIFE)


def _default_path(path: str) -> str:
    """Return the folder of a request's path (5.1.4)."""
    return path[: path.rfind("/")] or "/" if path.startswith("/") else "/"


def _give_domain(cookie: Cookie, asked: str, target: Target) -> bool:
    """Give a cookie its domain; false where the host may not set cookies for what it asked (5.7, steps 5 to 10)."""
    cookie.domain = target.host
    cookie.host_only = True
    if not asked:
        return True
    if not asked.isascii() or not domain_matches(target.host, asked):
        return False
    if target.is_address or is_public_suffix(asked):
        return asked == target.host
    cookie.domain = asked
    cookie.host_only = False
    return True


def _keeps_prefix(cookie: Cookie, asked: _Asked) -> bool:
    name = cookie.name.lower()
    if name.startswith("__secure-"):
        return cookie.secure
    if name.startswith("__host-"):
        return cookie.secure and cookie.host_only and not asked.domain and asked.path == "/"
    return True


_listed: list[Callable[[str], bool]] = []


def is_public_suffix(domain: str) -> bool:
    """Return whether a domain is one under which strangers register names."""
    if "." not in domain.strip("."):
        return True
    if not _listed:
        _listed.append(_public_suffix_list())
    return _listed[0](domain)


def _public_suffix_list() -> Callable[[str], bool]:
    from importlib import import_module  # the package is not typed

    try:
        package: Any = import_module("publicsuffixlist")
    except ImportError:
        return lambda domain: False
    is_public: Callable[[str], bool] = package.PublicSuffixList().is_public
    return is_public


# 5.1.1: tokens between delimiters; of each kind the first counts.
_DATE_TOKEN = re.compile(r"[^\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)", re.ASCII)
_DAY = re.compile(r"(\d{1,2})(?!\d)", re.ASCII)
_YEAR = re.compile(r"(\d{2,4})(?!\d)", re.ASCII)
_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)  # noqa: SIM905
}


def parse_date(text: str) -> float | None:
    """Return the seconds since 1970 that a cookie's date means, or `None` where it is no date (5.1.1)."""
    time: tuple[int, int, int] | None = None
    day = month = year = None
    for token in _DATE_TOKEN.findall(text[:_LONGEST_ATTRIBUTE]):
        if time is None and (found := _TIME.match(token)):
            time = (int(found.group(1)), int(found.group(2)), int(found.group(3)))
        elif day is None and (found := _DAY.match(token)):
            day = int(found.group(1))
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS[token[:3].lower()]
        elif year is None and (found := _YEAR.match(token)):
            year = int(found.group(1))
    if time is None or day is None or month is None or year is None:
        return None
    year += 1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0
    if year < 1601:
        return None
    from datetime import datetime, timezone

    hour, minute, second = time
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None
