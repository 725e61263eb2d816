"""Cookies between this library and the standard library's `http.cookiejar`.

The standard library marks a cookie for a whole domain by a leading dot; here that is `host_only`.
RFC 6265bis stands in the place of its `DefaultCookiePolicy`. A policy that says more is asked as well:
it is how programs keep no cookies, or those of some domains only.
"""

from __future__ import annotations

from contextlib import suppress
from email.message import Message
from http.cookiejar import Cookie as StandardCookie
from http.cookiejar import CookieJar, CookiePolicy, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Protocol
from urllib.request import Request as StandardRequest

from .set_cookie import Cookie

if TYPE_CHECKING:
    from ..urls import URL

__all__ = [
    "cookies_from",
    "decides_itself",
    "forget_in",
    "jar_view",
    "let_extract",
    "may_return",
    "may_set",
    "policy_of",
    "standard_cookie",
]


class Viewed(Protocol):
    """What a view needs of `Cookies`."""

    _policy: CookiePolicy | None

    def _add(self, cookie: Cookie) -> None: ...
    def _held(self) -> list[Cookie]: ...
    def delete(self, name: str, domain: str | None = None, path: str | None = None) -> None: ...
    def clear(self, domain: str | None = None, path: str | None = None) -> None: ...


def standard_cookie(cookie: Cookie) -> StandardCookie:
    """Return a cookie as the standard library writes it."""
    rest: dict[str, Any] = {}
    if cookie.http_only:
        rest["HttpOnly"] = None
    if cookie.same_site is not None:
        rest["SameSite"] = cookie.same_site
    return StandardCookie(
        version=0,
        name=cookie.name,
        value=cookie.value,
        port=None,
        port_specified=False,
        domain=_standard_domain(cookie),
        domain_specified=bool(cookie.domain) and not cookie.host_only,
        domain_initial_dot=_has_dot(cookie),
        path=cookie.path,
        path_specified=True,
        secure=cookie.secure,
        expires=None if cookie.expires is None else int(cookie.expires),
        discard=cookie.expires is None,
        comment=None,
        comment_url=None,
        rest=rest,
        rfc2109=False,
    )


def _standard_domain(cookie: Cookie) -> str:
    return "." + cookie.domain if _has_dot(cookie) else cookie.domain


def _has_dot(cookie: Cookie) -> bool:
    return bool(cookie.domain) and not cookie.host_only and not cookie.dotless


def decides_itself(jar: CookieJar) -> bool:
    """Return whether the class of a jar has its own way to take cookies from a response, such as taking none."""
    return type(jar).extract_cookies is not CookieJar.extract_cookies


def let_extract(jar: CookieJar, lines: list[str], url: URL) -> None:
    """Let a jar take what it wants of the Set-Cookie lines of a response from a URL."""
    jar.extract_cookies(_Answer(lines), _request_to(url))  # type: ignore[arg-type]  # all of it that a jar looks at


class _Answer:
    """A response as `http.cookiejar` looks at it."""

    def __init__(self, lines: list[str]) -> None:
        self._fields = Message()
        for line in lines:
            self._fields.add_header("Set-Cookie", line)

    def info(self) -> Message:
        return self._fields


def cookies_from(jar: CookieJar) -> list[Cookie]:
    """Return the cookies of a jar of the standard library."""
    return [_own_cookie(cookie) for cookie in jar]


def _own_cookie(cookie: StandardCookie) -> Cookie:
    # The standard library says `localhost.local` for hosts without a dot.
    domain = "localhost" if cookie.domain == "localhost.local" else cookie.domain
    is_dotless = bool(domain) and not domain.startswith(".")
    return Cookie(
        cookie.name,
        cookie.value or "",
        domain=domain.lstrip(".").lower(),
        host_only=is_dotless and not cookie.domain_specified,
        dotless=is_dotless and cookie.domain_specified,
        path=cookie.path,
        secure=cookie.secure,
        http_only=cookie.has_nonstandard_attr("HttpOnly"),
        same_site=cookie.get_nonstandard_attr("SameSite"),
        expires=cookie.expires,
    )


def forget_in(jar: CookieJar, cookie: Cookie) -> None:
    """Remove a cookie from a jar of the standard library, if it is there."""
    with suppress(KeyError):
        jar.clear(_standard_domain(cookie), cookie.path, cookie.name)


def policy_of(jar: CookieJar) -> CookiePolicy | None:
    """Return the policy of a jar, where it says more than RFC 6265bis."""
    return _ruling(vars(jar).get("_policy"))  # the standard library has no public name for it


def _ruling(policy: CookiePolicy | None) -> CookiePolicy | None:
    if type(policy) is DefaultCookiePolicy and policy.allowed_domains() is None and not policy.blocked_domains():
        return None
    return policy


def may_set(policy: CookiePolicy, cookie: Cookie, url: URL) -> bool:
    """Return whether a policy lets a response from a URL set a cookie."""
    jar = CookieJar(policy)
    jar.set_cookie_if_ok(_judged(cookie), _request_to(url))
    return len(jar) > 0


def may_return(policy: CookiePolicy, cookie: Cookie, url: URL) -> bool:
    """Return whether a policy lets a cookie go to a URL."""
    jar = CookieJar(policy)
    jar.set_cookie(_judged(cookie))
    request = _request_to(url)
    jar.add_cookie_header(request)
    return request.has_header("Cookie")


def _judged(cookie: Cookie) -> StandardCookie:
    standard = standard_cookie(cookie)
    if standard.domain and "." not in standard.domain:
        standard.domain += ".local"  # as policies know hosts without a dot
    return standard


def _request_to(url: URL) -> StandardRequest:
    return StandardRequest(f"{url.scheme or 'http'}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}")


def jar_view(cookies: Viewed) -> CookieJar:
    """Return a `CookieJar` that reads and writes these cookies."""
    return _View(cookies)


class _View(CookieJar):
    """A `CookieJar` whose cookies are those of a `Cookies`: its dictionary is made anew at every look."""

    def __init__(self, cookies: Viewed) -> None:
        self._viewed = cookies
        super().__init__()

    @property
    def _cookies(self) -> dict[str, dict[str, dict[str, StandardCookie]]]:
        made: dict[str, dict[str, dict[str, StandardCookie]]] = {}
        for cookie in self._viewed._held():
            paths = made.setdefault(_standard_domain(cookie), {})
            paths.setdefault(cookie.path, {})[cookie.name] = standard_cookie(cookie)
        return made

    @_cookies.setter
    def _cookies(self, made: dict[str, dict[str, dict[str, StandardCookie]]]) -> None:
        """Ignore the empty dictionary that the base class begins with."""

    def set_cookie(self, cookie: StandardCookie) -> None:
        self._viewed._add(_own_cookie(cookie))

    def set_policy(self, policy: CookiePolicy) -> None:
        self._viewed._policy = _ruling(policy)

    def clear(self, domain: str | None = None, path: str | None = None, name: str | None = None) -> None:
        if name is not None:
            self._viewed.delete(name, domain, path)
        else:
            self._viewed.clear(domain, path)

    def __reduce__(self) -> tuple[Any, ...]:
        return (jar_view, (self._viewed,))
