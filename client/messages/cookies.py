"""Cookies as users see them: a mapping of names to values, over a store that follows RFC 6265bis.

A request without cookies and a response without Set-Cookie cost one look each.
The file format, and the view for code that wants an `http.cookiejar.CookieJar`, load when first used.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Container, ItemsView, Iterator, Mapping, MutableMapping, ValuesView
from threading import RLock
from typing import TYPE_CHECKING, Any, Callable, Protocol, cast

from ..errors import CookieConflict
from ..urls.host import canonical
from .cookie_store import LARGEST_HEADER, LOCAL, CookieStore
from .set_cookie import Cookie, Target, received_cookie

if TYPE_CHECKING:
    import os
    from http.cookiejar import CookieJar, CookiePolicy

    from ..urls import URL
    from .headers import Headers

    # What is looked at of messages, and nothing else: they stand above cookies.
    class AnyRequest(Protocol):
        url: URL
        headers: Headers

    class AnyResponse(Protocol):
        headers: Headers

        @property
        def request(self) -> AnyRequest: ...


__all__ = ["Cookies"]


class Cookies(MutableMapping[str, str]):
    """Cookies, kept and sent as RFC 6265bis says; a mapping of names to values.

    Made from a mapping, from pairs, from other cookies, or from an `http.cookiejar.CookieJar`.
    A cookie set without a domain goes to every host.
    `cookies[name]` raises `CookieConflict` where several domains or paths have a cookie of that name:
    ask with `get(name, domain=..., path=...)`.

        >>> cookies = Cookies({"flavor": "oat"})
        >>> cookies.set("size", "large", domain="example.org")
        >>> cookies["flavor"], len(cookies)
        ('oat', 2)

    At most 4 KiB a cookie, 50 of one domain, 3 000 in all, and 8 KiB in one request; the longest unused go first.
    Those without a domain, which no server can set, are bounded in their own size alone: all of them are kept and sent.
    `now` tells the time in seconds since 1970.
    Safe to use from several threads; `dict(cookies.items())` is what there is at one moment.
    """

    def __init__(self, cookies: Any = None, *, now: Callable[[], float] | None = None) -> None:
        self._store = CookieStore()
        self._lock = RLock()
        self._now: Callable[[], float] = now or (cookies._now if isinstance(cookies, Cookies) else time.time)
        # A CookieJar that is told of every change; see `jar`.
        self._jar: CookieJar | None = None
        # What decides beside RFC 6265bis; see `_ruling`.
        self._policy: CookiePolicy | None = None
        if cookies is not None:
            self._take(cookies)

    def _take(self, cookies: Any) -> None:
        if isinstance(cookies, Cookies):
            self._policy = cookies._ruling()
            for cookie in cookies._held():
                self._add(cookie.copy())
        elif _is_cookie_jar(cookies):  # before mappings: the jar of requests is one, of names without their domains
            from .cookie_jar import cookies_from

            for cookie in cookies_from(cookies):
                self._add(cookie)
            self._jar = cookies
        elif isinstance(cookies, Mapping):
            mapping: Mapping[Any, Any] = cast("Any", cookies)
            for name, value in mapping.items():
                self.set(name, value)
        elif isinstance(cookies, (list, tuple)):
            for pair in cast("list[Any]", cookies):
                if not isinstance(pair, (tuple, list)) or len(cast("list[Any]", pair)) != 2:
                    raise TypeError(f"cookies in a list are pairs (name, value), not {pair!r:.40}")
                self.set(*cast("list[Any]", pair))
        else:
            raise TypeError(
                f"cookies are a mapping, (name, value) pairs, Cookies or a CookieJar, not {type(cookies).__name__}"
            )

    # What comes and what goes

    def extract_cookies(self, response: AnyResponse) -> None:
        """Keep what a response sets, where the URL of its request may set it."""
        if "set-cookie" not in response.headers:
            return
        url = response.request.url
        target = Target(url)
        policy = self._ruling()
        with self._lock:
            if self._jar is not None and self._extract_by_jar(self._jar, response.headers, url):
                return
            for name, raw in response.headers.raw:
                if name.lower() != b"set-cookie":
                    continue
                now = self._now()
                cookie = received_cookie(raw.decode("utf-8", "surrogateescape"), target, now)
                if cookie is None:
                    continue
                if policy is not None:
                    from .cookie_jar import may_set

                    if not may_set(policy, cookie, url):
                        continue
                if cookie.secure or target.is_secure or not self._store.is_overshadowed(cookie):
                    self._add(cookie)

    def set_cookie_header(self, request: AnyRequest, *, scoped_only: bool = False) -> None:
        """Set a request's Cookie field to what belongs to its URL; leaves a Cookie field that is there as it is.

        With `scoped_only`, cookies that a program set without a domain stay home: for requests that follow a redirect
        to another origin.
        """
        if not self._store.count or "cookie" in request.headers:
            return
        with self._lock:
            found = self._store.for_target(Target(request.url), self._now(), scoped_only=scoped_only)
        policy = self._ruling()
        if policy is not None:
            from .cookie_jar import may_return

            found = [cookie for cookie in found if may_return(policy, cookie, request.url)]
        said = _header_of(found)
        if said.isascii():
            if said:
                request.headers["Cookie"] = said
        else:
            request.headers.update([(b"Cookie", said.encode("utf-8", "surrogateescape"))])

    # By name

    def set(self, name: str, value: str, domain: str = "", path: str = "/") -> None:
        """Set a cookie, for a domain and all below it, or without one for every host.

        Raises `LocalProtocolError` for what a Cookie field cannot carry.
        """
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = int.__repr__(value) if isinstance(value, int) else str(value)
        for said, given in (("name", name), ("value", value), ("domain", domain), ("path", path)):
            if not isinstance(given, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"the {said} of a cookie is str, not {type(given).__name__} (cookie {name!r})")
        dotless = bool(domain) and not domain.startswith(".")
        # Of an enumeration's members the text, not their names.
        name, value = str.__str__(name), str.__str__(value)
        cookie = Cookie(name, value, domain=_bare(domain), dotless=dotless, path=path or "/")
        cookie.check()
        self._add(cookie)

    def get(  # type: ignore[override]  # as httpx: a name may need a domain and a path
        self, name: str, default: str | None = None, domain: str | None = None, path: str | None = None
    ) -> str | None:
        """Return the value of a cookie, or `default`; `CookieConflict` where several fit."""
        found = self._find(name, domain, path)
        return _only(found).value if found else default

    def delete(self, name: str, domain: str | None = None, path: str | None = None) -> None:
        """Forget the cookies of a name, everywhere or of one domain or path.

        A `KeyError` where domain and path are both said and there is none; otherwise none is fine.
        """
        if not self._forget(name, domain, path) and domain is not None and path is not None:
            raise KeyError(name)

    def clear(self, domain: str | None = None, path: str | None = None) -> None:
        """Forget all cookies, or those of one domain, or of one path of it."""
        if path is not None and domain is None:
            raise ValueError("a path needs its domain: clear(domain=..., path=...)")
        self._forget(None, domain, path)

    def update(self, cookies: Any = None) -> None:  # type: ignore[override]  # as httpx
        """Set every cookie of other cookies."""
        if cookies is not None:
            for cookie in (cookies if isinstance(cookies, Cookies) else Cookies(cookies))._held():
                self._add(cookie.copy())

    # The mapping

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if not self._forget(name, None, None):
            raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self._find(name, None, None))

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names; one that several domains have comes several times."""
        return iter([cookie.name for cookie in self._held()])

    def items(self) -> ItemsView[str, str]:
        """Return a view of names and values; each look at it is at one moment, whatever others do meanwhile."""
        return _Items(self)

    def values(self) -> ValuesView[str]:
        """Return a view of the values; each look at it is at one moment, whatever others do meanwhile."""
        return _Values(self)

    def __len__(self) -> int:
        if self._store.count:
            with self._lock:
                self._store.purge(self._now())
        return self._store.count

    def __bool__(self) -> bool:
        return self._store.count > 0 and len(self) > 0

    def __repr__(self) -> str:
        return f"<Cookies[{', '.join(map(repr, self._held()))}]>"

    # Files and other jars

    @property
    def jar(self) -> CookieJar:
        """The same cookies for code that wants an `http.cookiejar.CookieJar`.

        It is a live view: iterating, `len`, `set_cookie`, `clear` and the rest work on these very cookies.
        Cookies made *from* a CookieJar give that one back, and tell it of every change, so that its own `save` works;
        what is later put into it directly is not seen here. Its policy is asked before a cookie is kept or sent.
        """
        if self._jar is None:
            from .cookie_jar import jar_view

            return jar_view(self)
        return self._jar

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all cookies to a JSON file that only its owner may read; whole or not at all."""
        from .cookie_file import write_cookies

        write_cookies(path, self._held())

    def load(self, path: str | os.PathLike[str]) -> None:
        """Add the cookies of a file that `save` wrote; a `ValueError`, and nothing added, where it is no such file."""
        from .cookie_file import read_cookies

        for cookie in read_cookies(path):
            self._add(cookie)

    def __getstate__(self) -> list[Cookie]:
        # Copies: where a cookie stands in the order of events is each store's own.
        return [cookie.copy() for cookie in self._held()]

    def __setstate__(self, cookies: list[Cookie]) -> None:
        self.__init__()  # type: ignore[misc]  # the lock and the clock do not travel
        for cookie in cookies:
            self._add(cookie)

    # Within

    def _ruling(self) -> CookiePolicy | None:
        """Return the policy of the standard library that decides as well, where somebody has set one."""
        if self._jar is None:
            return self._policy
        from .cookie_jar import policy_of

        return policy_of(self._jar)

    def _extract_by_jar(self, jar: CookieJar, headers: Headers, url: URL) -> bool:
        """Let a jar whose class extracts cookies in its own way do so; return whether it is one."""
        from .cookie_jar import cookies_from, decides_itself, let_extract

        if not decides_itself(jar):
            return False
        let_extract(jar, headers.get_list("set-cookie"), url)
        self._store = CookieStore()
        for cookie in cookies_from(jar):
            self._store.add(cookie, self._now())
        return True

    def _add(self, cookie: Cookie) -> None:
        with self._lock:
            replaced = [] if self._jar is None else self._store.replaced_by(cookie)
            is_kept = self._store.add(cookie, self._now())
            if self._jar is not None:
                from .cookie_jar import forget_in, standard_cookie

                for known in replaced:
                    forget_in(self._jar, known)
                if is_kept:
                    self._jar.set_cookie(standard_cookie(cookie))
                else:
                    forget_in(self._jar, cookie)

    def _forget(self, name: str | None, domain: str | None, path: str | None) -> bool:
        """Forget the cookies that fit; return whether there were any."""
        with self._lock:
            found = self._find(name, domain, path)
            self._remove(found)
        return bool(found)

    def _forget_names(self, names: Container[str]) -> None:
        """Forget every cookie of these names, where nobody else has these cookies yet."""
        self._remove([cookie for cookie in self._held() if cookie.name in names])

    def _remove(self, cookies: list[Cookie]) -> None:
        for cookie in cookies:
            self._store.remove(cookie)
            if self._jar is not None:
                from .cookie_jar import forget_in

                forget_in(self._jar, cookie)

    def _held(self) -> list[Cookie]:
        """Return the cookies there are, in the order they came."""
        return self._find(None, None, None)

    def _find(self, name: str | None, domain: str | None, path: str | None) -> list[Cookie]:
        bare = None if domain is None else _bare(domain)
        with self._lock:
            self._store.purge(self._now())
            held = list(self._store)
        found = [
            cookie
            for cookie in held
            if (name is None or cookie.name == name)
            and (bare is None or bare in (cookie.domain, _standard_name(cookie.domain)))
            and (path is None or cookie.path == path)
        ]
        return sorted(found, key=lambda cookie: cookie.created)


class _Items(ItemsView[str, str]):
    """Names and values, without asking for each value once more when it may be gone."""

    def __init__(self, cookies: Cookies) -> None:
        super().__init__(cookies)
        self._cookies = cookies

    def __iter__(self) -> Iterator[tuple[str, str]]:
        named: dict[str, list[Cookie]] = {}
        for cookie in self._cookies._held():
            named.setdefault(cookie.name, []).append(cookie)
        return iter([(name, _only(found).value) for name, found in named.items()])


class _Values(ValuesView[str]):
    def __init__(self, cookies: Cookies) -> None:
        super().__init__(cookies)
        self._cookies = cookies

    def __iter__(self) -> Iterator[str]:
        return iter([value for _, value in self._cookies.items()])


def _only(found: list[Cookie]) -> Cookie:
    """Return the one cookie that was found by its name; `CookieConflict` where there are several."""
    if len(found) > 1:
        places = ", ".join(f"{cookie.domain or 'any host'}{cookie.path}" for cookie in found[:5])
        said = f"several cookies are named {found[0].name!r} ({places}): say the domain or the path as well"
        raise CookieConflict(said)
    return found[0]


def _bare(domain: str) -> str:
    """Return a domain as it is compared: without a dot before it, in lower case, a name beyond ASCII as `xn--`."""
    bare = domain[1:] if domain.startswith(".") else domain
    return bare.lower() if bare.isascii() else canonical(bare)


def _standard_name(domain: str) -> str:
    """Return how the standard library calls a host."""
    return domain if "." in domain else domain + LOCAL


def _header_of(cookies: list[Cookie]) -> str:
    """Return the value of Cookie, leaving out what servers set that would make it too large."""
    said: list[str] = []
    room = LARGEST_HEADER
    for cookie in cookies:
        size = cookie.size() + len("=; ")
        if cookie.domain:
            if size > room:
                continue
            room -= size
        said.append(f"{cookie.name}={cookie.value}")
    return "; ".join(said)


def _is_cookie_jar(value: object) -> bool:
    # Nobody can hold a CookieJar whose module was never imported.
    if "http.cookiejar" not in sys.modules:
        return False
    from http.cookiejar import CookieJar  # which another thread may have begun to load: then it is waited for

    return isinstance(value, CookieJar)
