"""`URL`: what a request is sent to, parsed once and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Union

from ..errors import InvalidURL
from . import percent
from .host import to_unicode
from .origin import Origin
from .parse import address_of, canonical_authority, canonical_scheme, encode_userinfo, join, parse
from .parts import NO_AUTHORITY, Authority, Parts, assemble
from .query import QueryParams
from .redaction import without_secrets

if TYPE_CHECKING:
    from .query import QueryParamTypes

URLTypes = Union["URL", str]

_COMPONENTS: dict[str, type] = {
    "scheme": str,
    "username": str,
    "password": str,
    "userinfo": bytes,
    "host": str,
    "port": int,
    "netloc": bytes,
    "path": str,
    "query": bytes,
    "raw_path": bytes,
    "fragment": str,
    "params": object,
}


class RawURL(NamedTuple):
    """What `URL.raw` returns."""

    raw_scheme: bytes
    raw_host: bytes
    port: int | None
    raw_path: bytes


class URIReference(NamedTuple):
    """The parts of a URL as they stand in it: what libraries that look inside a URL of httpx find there."""

    scheme: str
    userinfo: str
    host: str
    port: int | None
    path: str
    query: str | None
    fragment: str | None

    def __str__(self) -> str:
        return assemble(
            self.scheme, Authority(self.userinfo, self.host or None, self.port), self.path, self.query, self.fragment
        ).text

    def __repr__(self) -> str:
        return f"URIReference({without_secrets(str(self))!r})"


class URL:
    """An immutable URL, absolute or relative.

        url = URL("https://jo%40email.com:a%20secret@müller.de:1234/pa%20th?search=ab#anchorlink")
        url.scheme      "https"
        url.username    "jo@email.com"
        url.password    "a secret"
        url.userinfo    b"jo%40email.com:a%20secret"
        url.host        "müller.de"                 as people write it
        url.raw_host    b"xn--mller-kva.de"         as the network wants it
        url.port        1234                        None where it is the scheme's default
        url.netloc      b"xn--mller-kva.de:1234"    what the Host header says
        url.path        "/pa th"
        url.query       b"search=ab"
        url.raw_path    b"/pa%20th?search=ab"       what the request line says
        url.fragment    "anchorlink"

    Parts may be given, or replaced, by name: `URL("https://example.org", path="/a", params={"b": 1})`.

    What is already valid stays byte for byte; everything else in path, query and fragment is percent-encoded.
    The host is the one a browser would connect to; where that is in doubt, `InvalidURL` is raised.
    Passwords, tokens and signatures are hidden in the `repr`, not in `str`.
    """

    __slots__ = ("_parts",)

    _parts: Parts

    def __init__(self, url: URL | str = "", **components: Any) -> None:
        parts = parse(url) if type(url) is str else self._parts_of(url)
        self._parts = _replaced(parts, components) if components else parts

    @classmethod
    def _of(cls, parts: Parts) -> URL:
        made = cls.__new__(cls)
        made._parts = parts
        return made

    @staticmethod
    def _parts_of(url: object) -> Parts:
        if isinstance(url, URL):
            return url._parts
        if isinstance(url, str):
            return parse(str.__str__(url))
        raise TypeError(f"a URL is made of a str or a URL, not of {type(url).__name__}")

    @property
    def scheme(self) -> str:
        """The scheme in lower case: `"https"`; `""` in a relative URL."""
        return self._parts.scheme

    @property
    def raw_scheme(self) -> bytes:
        """The scheme as bytes."""
        return self._parts.raw_scheme

    @property
    def userinfo(self) -> bytes:
        """User and password as they stand in the URL, percent-encoded: `b"user:pass%20word"`."""
        return self._parts.authority.userinfo.encode("ascii")

    @property
    def username(self) -> str:
        """The user, decoded; `""` where there is none."""
        return percent.decode(self._parts.authority.userinfo.partition(":")[0])

    @property
    def password(self) -> str:
        """The password, decoded; `""` where there is none."""
        return percent.decode(self._parts.authority.userinfo.partition(":")[2])

    @property
    def host(self) -> str:
        """The host as people write it: `"müller.de"`, `"::1"` (no brackets), `""` in a relative URL."""
        return to_unicode(self._parts.authority.host or "")

    @property
    def raw_host(self) -> bytes:
        """The host as the network wants it: `b"xn--mller-kva.de"`, `b"::1"` (no brackets)."""
        return self._parts.authority.raw_host

    @property
    def port(self) -> int | None:
        """The port, `None` where it is the scheme's default; `origin.port` always says the number."""
        return self._parts.authority.port

    @property
    def netloc(self) -> bytes:
        """What the Host header says: host, and port unless default. No userinfo, no IPv6 zone."""
        return self._parts.authority.netloc

    @property
    def path(self) -> str:
        """The path, decoded; at least `"/"`."""
        return percent.decode(self._parts.path or "/")

    @property
    def query(self) -> bytes:
        """What stands after `?`, percent-encoded, without the `?`."""
        return (self._parts.query or "").encode("ascii")

    @property
    def params(self) -> QueryParams:
        """The query as parameters."""
        return QueryParams(self._parts.query)

    @property
    def raw_path(self) -> bytes:
        """Path and query as the request line says them."""
        return self._parts.raw_path

    @property
    def raw(self) -> RawURL:
        """Scheme, host, port and target as bytes, for transports written for older versions of httpx."""
        parts = self._parts
        return RawURL(parts.raw_scheme, parts.authority.raw_host, parts.authority.port, parts.raw_path)

    @property
    def _uri_reference(self) -> URIReference:
        # litellm logs it with every call.
        parts = self._parts
        authority = parts.authority
        return URIReference(
            parts.scheme,
            authority.userinfo,
            authority.host or "",
            authority.port,
            parts.path,
            parts.query,
            parts.fragment,
        )

    @property
    def fragment(self) -> str:
        """What stands after `#`, decoded. It is never sent."""
        return percent.decode(self._parts.fragment or "")

    @property
    def origin(self) -> Origin:
        """Scheme, host and port: what decides whether two URLs trust each other."""
        return Origin(self)

    @property
    def redacted(self) -> str:
        """The URL as text that may be shown: passwords, tokens and signatures are `[secure]`."""
        return without_secrets(self._parts.text)

    @property
    def is_absolute_url(self) -> bool:
        """Whether there are a scheme and a host."""
        return bool(self._parts.scheme and self._parts.authority.host)

    @property
    def is_relative_url(self) -> bool:
        """Whether the scheme or the host is missing."""
        return not self.is_absolute_url

    def copy_with(self, **components: Any) -> URL:
        """Return a copy with some parts replaced; `None` removes one.

        The parts are those of the constructor: `scheme`, `username`, `password`, `userinfo`, `host`, `port`, `netloc`,
        `path`, `query`, `raw_path`, `fragment` and `params`.
        """
        return self._of(_replaced(self._parts, components)) if components else self

    def copy_set_param(self, key: str, value: Any = None) -> URL:
        """Return a copy in whose query `key` has this one value."""
        return self.copy_with(params=self.params.set(key, value))

    def copy_add_param(self, key: str, value: Any = None) -> URL:
        """Return a copy whose query has one more value for `key`."""
        return self.copy_with(params=self.params.add(key, value))

    def copy_remove_param(self, key: str) -> URL:
        """Return a copy whose query does not have `key`."""
        return self.copy_with(params=self.params.remove(key))

    def copy_merge_params(self, params: QueryParamTypes) -> URL:
        """Return a copy in whose query the names of `params` have the values of `params`."""
        return self.copy_with(params=self.params.merge(params))

    def join(self, url: URL | str) -> URL:
        """Return the URL that this reference means here: what a browser would follow (RFC 3986 section 5.2).

        URL("https://example.org/docs/a").join("b?page=2")      https://example.org/docs/b?page=2
        """
        return self._of(join(self._parts, url if type(url) is str else self._parts_of(url).text))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, URL):
            return self._parts.text == other._parts.text
        if isinstance(other, str):
            if self._parts.text == other:
                return True
            try:
                return self._parts.text == parse(other).text
            except ValueError:
                return False
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._parts.text)

    def __str__(self) -> str:
        return self._parts.text

    def __repr__(self) -> str:
        return f"URL({self.redacted!r})"

    def __copy__(self) -> URL:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> URL:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self._parts.text,))


def _replaced(parts: Parts, components: dict[str, Any]) -> Parts:
    _check_types(components)
    scheme, path, query, fragment = parts.scheme, parts.path, parts.query, parts.fragment
    if "scheme" in components:
        scheme = canonical_scheme(components["scheme"] or "")
    authority = parts.authority
    if not _AUTHORITY.isdisjoint(components):
        authority = _replaced_authority(scheme, authority, components)
    if "path" in components:
        path = _given_path(components["path"] or "")
    if "raw_path" in components:
        raw_path, mark, raw_query = percent.from_bytes(components["raw_path"] or b"").partition("?")
        path, query = percent.encode_path(raw_path), percent.encode_query(raw_query) if mark else None
    if "query" in components:
        given = components["query"]
        query = None if given is None else percent.encode_query(percent.from_bytes(given))
    if "params" in components:
        query = str(QueryParams(components["params"])) or None
    if "fragment" in components:
        given = components["fragment"]
        fragment = None if given is None else percent.encode_fragment(given)
    return assemble(scheme, authority, path, query, fragment)


# The scheme is among them: it decides which port is the default, and how a host is read.
_AUTHORITY = frozenset({"scheme", "userinfo", "username", "password", "netloc", "host", "port"})


def _replaced_authority(scheme: str, authority: Authority, components: dict[str, Any]) -> Authority:
    userinfo, host, port = authority.userinfo, authority.host, authority.port
    if "userinfo" in components:
        userinfo = encode_userinfo(percent.from_bytes(components["userinfo"] or b""))
    if "username" in components or "password" in components:
        user = percent.encode_user(components.get("username") or "")
        password = percent.encode_user(components.get("password") or "")
        userinfo = f"{user}:{password}" if password else user
    if host and ":" in host:
        host = f"[{host.replace('%', '%25')}]"
    if "netloc" in components:
        netloc = components["netloc"]
        host, port = address_of(percent.from_bytes(netloc)) if netloc else (None, None)
    if "host" in components:
        host = components["host"] or None
        host = f"[{host}]" if host and ":" in host and host[0] != "[" else host
    if "port" in components:
        port = components["port"]
        if port is not None and not 0 <= port <= 65535:
            raise InvalidURL(f"port {port}: must be between 0 and 65535")
    if host is None:
        return NO_AUTHORITY if not userinfo and port is None else Authority(userinfo, None, port)
    return canonical_authority(scheme, userinfo, host, port)


def _given_path(path: str) -> str:
    if "?" in path or "#" in path:
        raise InvalidURL(
            "path: '?' and '#' would end it; write %3F and %23, or pass query=, params= or fragment= beside it"
        )
    return percent.encode_path(path)


def _check_types(components: dict[str, Any]) -> None:
    for name, value in components.items():
        expected = _COMPONENTS.get(name)
        if expected is None:
            from difflib import get_close_matches

            near = get_close_matches(name, _COMPONENTS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"{name!r} is not a part of a URL; there are {', '.join(_COMPONENTS)}{hint}")
        if value is not None and (not isinstance(value, expected) or (expected is int and isinstance(value, bool))):
            raise TypeError(f"URL part {name!r} must be {expected.__name__}, not {type(value).__name__}")
