"""What a registered answer wants of a request, in the words of pytest-httpx."""

# Values come in whatever shape users of another library are used to.
# pyright: basic

from __future__ import annotations

import json
import re
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY
from urllib.parse import parse_qsl

from ...client import URL, QueryParams, Request
from ..multiparts import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = (
    *("url", "method", "proxy_url", "match_headers", "match_content", "match_json", "match_data", "match_files"),
    *("match_extensions", "match_params", "is_optional", "is_reusable"),
)
_BODIES = ("match_content", "match_json", "match_files")


class RequestMatcher:
    """One registered answer's wishes, and how often it was given."""

    def __init__(
        self,
        url: str | re.Pattern[str] | URL | None = None,
        method: str | None = None,
        proxy_url: str | re.Pattern[str] | URL | None = None,
        match_headers: dict[str, Any] | None = None,
        match_content: bytes | None = None,
        match_json: Any = None,
        match_data: dict[str, Any] | None = None,
        match_files: Any = None,
        match_extensions: dict[str, Any] | None = None,
        match_params: dict[str, Any] | None = None,
        is_optional: bool = False,
        is_reusable: bool = False,
    ) -> None:
        self.url: URL | re.Pattern[str] | None = URL(url) if isinstance(url, str) else url
        self._address = None if self.url is None or isinstance(self.url, re.Pattern) else _bare(self.url)
        self.method: str | None = method.upper() if method else None
        self.proxy_url: URL | re.Pattern[str] | None = URL(proxy_url) if isinstance(proxy_url, str) else proxy_url
        self.headers = match_headers
        self.content = match_content
        self.json = match_json
        self.data = match_data
        self.files = match_files
        self.extensions = match_extensions
        self.params = match_params
        self.is_optional = is_optional
        self.is_reusable = is_reusable
        self.times = 0
        self._check()

    def _check(self) -> None:
        bodies = [name for name in _BODIES if getattr(self, name.replace("match_", "")) is not None]
        if len(bodies) > 1 or (self.data is not None and bodies not in ([], ["match_files"])):
            raise ValueError("Only one way of matching against the body can be provided.")
        if self.params is not None and (self.url is None or isinstance(self.url, re.Pattern)):
            raise ValueError("match_params needs a url that is no regular expression")
        if self.params is not None and isinstance(self.url, URL) and self.url.query:
            raise ValueError("Provided URL must not contain any query parameter when match_params is used")

    def fits(self, request: Request, proxy: URL | None) -> bool:
        """Whether this request meets all wishes."""
        return next(self._misfits(request, proxy), None) is None

    def differences(self, request: Request, proxy: URL | None) -> list[str]:
        """Return the wishes that this request does not meet, in words."""
        return list(self._misfits(request, proxy))

    def _misfits(self, request: Request, proxy: URL | None) -> Iterator[str]:
        if self.method is not None and self.method != request.method:
            yield "method"
        if not self._url_fits(request.url):
            yield "URL"
        if not self._proxy_fits(proxy):
            yield "proxy"
        if not self._headers_fit(request):
            yield "headers"
        if not self._body_fits(request):
            yield "body"
        if not self._extensions_fit(request):
            yield "extensions"

    def _url_fits(self, url: URL) -> bool:
        if self.url is None:
            return True
        if isinstance(self.url, re.Pattern):
            return self.url.match(str(url)) is not None
        if self._address != _bare(url):
            return False
        wanted: dict[str, Any] = _grouped(self.params) if self.params is not None else _listed(self.url)
        return wanted == _listed(url)

    def _proxy_fits(self, proxy: URL | None) -> bool:
        if self.proxy_url is None:
            return True
        if isinstance(self.proxy_url, re.Pattern):
            return proxy is not None and self.proxy_url.match(str(proxy)) is not None
        if proxy is None:
            return False
        return _bare(self.proxy_url) == _bare(proxy) and _listed(self.proxy_url) == _listed(proxy)

    def _headers_fit(self, request: Request) -> bool:
        # Names of fields have no case (RFC 9110, section 5.1).
        return all(
            name in request.headers and value == request.headers[name] for name, value in (self.headers or {}).items()
        )

    def _body_fits(self, request: Request) -> bool:
        if self.content is not None:
            return bool(self.content == request.read())
        if self.json is not None:
            try:
                return bool(self.json == json.loads(request.read()))
            except (ValueError, RecursionError):
                return False
        if self.files or self.data:
            return self._form_fits(request)
        return True

    def _form_fits(self, request: Request) -> bool:
        parts = parts_of(request)
        if self.files is None and not parts:
            return _grouped(self.data or {}) == _grouped(parse_qsl(request.read().decode(), keep_blank_values=True))
        data = [(part.name, part.content.decode("utf-8", "replace")) for part in parts if part.filename is None]
        files = [(part.name, part[1:]) for part in parts if part.filename is not None]
        return _grouped(self.data or {}) == _grouped(data) and _files(self.files) == files

    def _extensions_fit(self, request: Request) -> bool:
        return all(
            name in request.extensions and value == request.extensions[name]
            for name, value in (self.extensions or {}).items()
        )

    def should_have_matched(self) -> bool:
        """Whether it is a finding that nothing asked for it."""
        return not self.is_optional and not self.times

    def __str__(self) -> str:
        address = self.url.pattern if isinstance(self.url, re.Pattern) else self.url or "any URL"
        wishes = [
            ("params", self.params),
            ("headers", self.headers),
            ("body", self.content),
            ("json body", self.json),
            ("multipart data", self.data),
            ("files", self.files),
            ("proxy URL", self.proxy_url),
            ("extensions", self.extensions),
        ]
        said = " and ".join(f"{value!r} {name}" for name, value in wishes if value is not None)
        often = f"{' (reusable)' if self.is_reusable else ''}{' (optional)' if self.is_optional else ''}"
        return f"Match {self.method or 'any'} request on {address}{' with ' if said else ''}{said}{often}"


def _bare(url: URL) -> tuple[object, ...]:
    """Return what of a URL is not its query; an empty path is that of the root (RFC 9110, section 4.2.3)."""
    return (url.scheme, url.userinfo, url.host, url.port, url.path or "/")


def _listed(url: URL) -> dict[str, list[str]]:
    return _grouped(QueryParams(url.query).multi_items())


def _grouped(pairs: Any) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for name, value in pairs.items() if hasattr(pairs, "items") else pairs:
        one = isinstance(value, (list, tuple))
        groups.setdefault(name, []).extend(map(_word, value) if one else [_word(value)])
    return groups


def _word(value: Any) -> Any:
    """Return a value of a form or a query as it travels; an object such as `ANY` stays what it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode()
    return str(value) if isinstance(value, (int, float)) else value


def _files(files: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """Return wished-for files as they travel: name, content and type, the last guessed as the client does it."""
    wanted: list[tuple[str, tuple[Any, ...]]] = []
    for field, value in files.items() if hasattr(files, "items") else files or []:
        if value is ANY:
            wanted.append((field, (ANY, ANY, ANY)))
            continue
        name, content, *said = value if isinstance(value, tuple) else (_name_of(value), value)
        content = content.read() if hasattr(content, "read") else content
        kind = said[0] if said and said[0] else _kind_of(name)
        wanted.append((field, (name, content.encode() if isinstance(content, str) else content, kind)))
    return wanted


def _kind_of(name: Any) -> Any:
    return ANY if name is ANY else guess_type(name)[0] or "application/octet-stream"


def _name_of(file: Any) -> str:
    return Path(str(getattr(file, "name", "upload"))).name


def check_words(words: dict[str, Any], where: str) -> None:
    """Refuse a misspelt word by its nearest right one."""
    from difflib import get_close_matches

    for word in words:
        if word not in _WORDS:
            near = get_close_matches(word, _WORDS, 1)
            raise TypeError(
                f"{where} got an unexpected word {word!r}" + (f": did you mean {near[0]!r}?" if near else "")
            )
