"""What both clients are told, and the requests that are made of it."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Callable, Literal

from .auth.accept import AuthTypes, auth_from
from .bodies.decode import supported_encodings
from .config import DEFAULT_GUARDS, USE_CLIENT_DEFAULT, Timeout, UseClientDefault
from .errors import InvalidURL
from .layers.kept import Kept
from .messages.common_headers import CommonHeaders
from .messages.cookies import Cookies
from .messages.extensions import checked_extensions
from .messages.headers import SECRET_HEADERS, Headers, hide_in_reprs
from .messages.request import Request
from .misfits import refuse_misfits
from .retry import retry_from
from .signatures import client_build, refuse_unknown, shown_as
from .urls import URL, QueryParams
from .version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from typing_extensions import Unpack

    from .arguments import (
        CookieTypes,
        EventHook,
        HeaderTypes,
        QueryParamTypes,
        RequestContent,
        RequestData,
        RequestExtensions,
        RequestFiles,
        TimeoutTypes,
        URLTypes,
    )
    from .auth.flow import Auth
    from .config import Guards
    from .layers.redirects import RedirectPolicy
    from .layers.stack import Layer
    from .network.backends.resolvers import ResolverTypes
    from .network.pins import PinTypes
    from .request_options import JSONCodec
    from .retry import Retry
    from .signatures import NoOptions

USER_AGENT = f"python-understudy/{__version__}"
_EVENTS = ("request", "response", "error")
_SHOWING = threading.RLock()
_LONGEST_KEPT = 2_048
# URLs never change: requests for the same text have the same one.
_url_of = lru_cache(maxsize=1_024)(URL)


class Settings:
    """What a client is told, and may be told later."""

    _event_hooks: dict[str, list[EventHook]]

    def __init__(
        self,
        *,
        auth: AuthTypes | None,
        params: QueryParamTypes | None,
        headers: HeaderTypes | None,
        cookies: CookieTypes | Literal[False] | None,
        timeout: TimeoutTypes,
        follow_redirects: bool,
        max_redirects: int,
        event_hooks: Mapping[str, Sequence[EventHook]] | None,
        base_url: URLTypes,
        trust_env: bool,
        default_encoding: str | Callable[[bytes], str | None],
        guards: Guards = DEFAULT_GUARDS,
        json_codec: JSONCodec | None = None,
        layers: Sequence[Layer] = (),
        raise_for_status: bool = False,
        retry: Retry | None = None,
        redirect_policy: RedirectPolicy | None = None,
        secret_headers: Iterable[str] = (),
        allow_absolute_urls: bool = True,
        pins: Mapping[str, PinTypes] | None = None,
        resolver: ResolverTypes | None = None,
    ) -> None:
        refuse_misfits(
            default_encoding=default_encoding,
            event_hooks=event_hooks,
            guards=guards,
            json_codec=json_codec,
            layers=layers,
            max_redirects=max_redirects,
            redirect_policy=redirect_policy,
            secret_headers=secret_headers,
        )
        self.base_url = URL(base_url)
        self._allows_absolute_urls = allow_absolute_urls
        self._tells_network = pins is not None or resolver is not None
        self._auth = auth_from(auth)
        self._params = QueryParams(params)
        self.headers = Headers(headers)
        self._keeps_cookies = cookies is not False
        self._cookies = Cookies(None if cookies is False else cookies)
        self._timeout = Timeout(timeout)
        self.follow_redirects = follow_redirects
        self.max_redirects = max_redirects
        self.event_hooks = {} if event_hooks is None else {key: list(hooks) for key, hooks in event_hooks.items()}
        self._trust_env = trust_env
        self._default_encoding = default_encoding
        self._guards = guards
        self._dumps: Callable[[Any], str | bytes] | None = json_codec[0] if json_codec else None
        self._loads: Callable[[bytes], Any] | None = json_codec[1] if json_codec else None
        self._own_layers: list[Layer] = [Kept(layer) for layer in layers]
        self._raises_for_status = raise_for_status
        self._retry = retry_from(retry)
        self._goes_straight = self._is_straight()
        self._redirect_policy = redirect_policy
        self._secret_headers = SECRET_HEADERS.union(name.lower() for name in secret_headers)
        if secret_headers:
            hide_in_reprs(self._secret_headers)

    @property
    def trust_env(self) -> bool:
        """Whether the environment may say proxies, certificates and the like."""
        return self._trust_env

    @property
    def timeout(self) -> Timeout:
        """The timeouts of requests that say none."""
        return self._timeout

    @timeout.setter
    def timeout(self, timeout: TimeoutTypes) -> None:
        self._timeout = Timeout(timeout)

    @property
    def event_hooks(self) -> dict[str, list[EventHook]]:
        """The functions called for each `request`, each `response`, and each `error` in the place of a response."""
        with _SHOWING:
            if type(self._event_hooks) is dict:
                # Not before somebody asks: a plain dictionary is quicker, and every call looks into it.
                self._event_hooks = _EventHooks(self._event_hooks)
            return self._event_hooks

    @event_hooks.setter
    def event_hooks(self, event_hooks: Mapping[str, Sequence[EventHook]]) -> None:
        refuse_misfits(event_hooks=event_hooks)
        unknown = set(event_hooks) - set(_EVENTS)
        if unknown:
            raise ValueError(f"unknown event {sorted(unknown)[0]!r}: event_hooks has the keys {', '.join(_EVENTS)}")
        self._event_hooks = {event: list(event_hooks.get(event, ())) for event in ("request", "response")}
        if event_hooks.get("error"):
            self._event_hooks["error"] = list(event_hooks["error"])

    @property
    def auth(self) -> Auth | None:
        """How requests that say nothing else are authenticated."""
        return self._auth

    @auth.setter
    def auth(self, auth: AuthTypes | None) -> None:
        self._auth = auth_from(auth)
        self._goes_straight = self._is_straight()

    @property
    def base_url(self) -> URL:
        """What relative URLs are appended to."""
        return self._base_url

    @base_url.setter
    def base_url(self, url: URLTypes) -> None:
        self._base_url = _with_trailing_slash(URL(url))
        self._has_base = bool(str(self._base_url))

    @property
    def headers(self) -> Headers:
        """Header fields of every request."""
        return self._headers

    @headers.setter
    def headers(self, headers: HeaderTypes | None) -> None:
        merged = Headers(
            {
                "Accept": "*/*",
                "Accept-Encoding": supported_encodings(),
                "Connection": "keep-alive",
                "User-Agent": USER_AGENT,
            }
        )
        if headers is not None:
            merged.update(headers)
        self._headers = CommonHeaders(merged)

    @property
    def cookies(self) -> Cookies:
        """The cookie jar: sent where they belong, and filled by responses."""
        return self._cookies

    @cookies.setter
    def cookies(self, cookies: CookieTypes) -> None:
        self._cookies = Cookies(cookies)

    @property
    def params(self) -> QueryParams:
        """Query parameters of every request."""
        return self._params

    @params.setter
    def params(self, params: QueryParamTypes) -> None:
        self._params = QueryParams(params)

    def _is_straight(self) -> bool:
        """Whether there is no layer that every call passes."""
        return self._auth is None and self._retry is None and not self._own_layers

    # Making a request.

    @shown_as(client_build)
    def build_request(
        self,
        method: str,
        url: URLTypes,
        *,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any = None,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        timeout: TimeoutTypes | UseClientDefault = USE_CLIENT_DEFAULT,
        extensions: RequestExtensions | None = None,
        compress: str | None = None,
        **unknown: Unpack[NoOptions],
    ) -> Request:
        """Return the request that `request(...)` would send: the client's settings and these arguments merged.

        Headers, cookies and params given here are added to the client's, replacing those of the same name.
        As in httpx, `params` takes the place of a query in `url`; without it, that query stays.
        `compress="gzip"` (or `"zstd"`) sends the body compressed.
        Raises `InvalidURL`, and `LocalProtocolError` for what HTTP cannot carry.
        """
        if unknown:
            refuse_unknown(unknown, client_build)
        if extensions:
            extensions = checked_extensions(extensions)
        if not extensions or "timeout" not in extensions:
            limit = self._timeout if isinstance(timeout, UseClientDefault) else Timeout(timeout)
            said: dict[str, Any] = {"timeout": limit.as_dict()}
            if limit.total is not None:
                said["total_timeout"] = limit.total
            extensions = said if not extensions else {**extensions, **said}
        merged_headers = self._headers.whole
        if json is not None and self._dumps is not None and content is None and data is None and files is None:
            content = self._dumps(json)
            json = None
            if "Content-Type" not in merged_headers:
                headers = Headers(headers)
                headers.setdefault("Content-Type", "application/json")
        merged_url = self._merge_url(url)
        if headers is not None:
            merged_headers = Headers(merged_headers)
            # First, because the client's fields with this Host in front are known from other requests.
            merged_headers.lead_with_host(merged_url._parts.authority.netloc)
            merged_headers.update(headers)
        request = Request(
            method,
            merged_url,
            content=content,
            data=data,
            files=files,
            json=json,
            params=self._merge_params(params, merged_url) if self._params._pairs else params,
            headers=merged_headers,
            cookies=self._merge_cookies(cookies) if cookies else self._cookies,
            extensions=extensions,
        )
        if compress is not None:
            request.compress(compress)
        return request

    def _merge_url(self, url: URLTypes) -> URL:
        """Append a relative URL to the base, whether or not it starts with a slash."""
        merged = _url_of(url) if type(url) is str and len(url) <= _LONGEST_KEPT else URL(url)
        base = self._base_url
        if not self._allows_absolute_urls:
            _refuse_to_leave(base, merged)
        if not self._has_base or not merged.is_relative_url:
            return merged
        return base.copy_with(raw_path=base.raw_path + merged.raw_path.lstrip(b"/"), fragment=merged.fragment or None)

    def _merge_params(self, params: QueryParamTypes | None, url: URL) -> QueryParams | QueryParamTypes | None:
        """Add what a request says to the client's params: its `params`, or else the query that its URL brings along."""
        return self._params.merge(url.params if params is None else params)

    def _merge_cookies(self, cookies: CookieTypes) -> Cookies:
        merged = Cookies(self._cookies)
        given = Cookies(cookies)
        merged._forget_names(set(given))
        merged.update(given)
        return merged


class _EventHooks(dict[str, "list[EventHook]"]):
    """What httpx's clients show as well, and `error`, which is there for whoever asks for it."""

    def __missing__(self, event: str) -> list[EventHook]:
        if event not in _EVENTS:
            raise KeyError(event)
        return self.setdefault(event, [])


def _refuse_to_leave(base: URL, url: URL) -> None:
    """Raise `InvalidURL` for what is no reference to something below the base, however servers read it."""
    if not base.is_absolute_url:
        raise InvalidURL("allow_absolute_urls=False needs an absolute base_url, to stay below it")
    if url.scheme or url.netloc or url.userinfo:
        raise InvalidURL(f"{url.redacted!r} is not relative to {base.redacted!r}, and allow_absolute_urls is False")
    if ".." in url.path.replace("\\", "/").split("/"):
        raise InvalidURL(f"{url.redacted!r} leads out of {base.redacted!r}, and allow_absolute_urls is False")


def _with_trailing_slash(url: URL) -> URL:
    return url if url.raw_path.endswith(b"/") else url.copy_with(raw_path=url.raw_path + b"/")
