"""What both clients share: the settings, and how a request is made from them and sent through the layers."""

from __future__ import annotations

import enum
import time
from typing import TYPE_CHECKING, Any, Callable, Literal

from .auth.accept import AuthTypes, auth_from, auth_in_url
from .bodies.decode import supported_encodings
from .clock import REAL_CLOCK
from .config import DEFAULT_GUARDS, USE_CLIENT_DEFAULT, Timeout, UseClientDefault
from .errors import InvalidURL, RequestError
from .journal import log_response
from .layers.authorize import Authorize
from .layers.deadline import Deadline, DeadlineBlock, Stopwatch, deadline_for
from .layers.hooks import Hooks
from .layers.kept import Kept
from .layers.redirects import Redirects
from .layers.retries import Retries
from .layers.stack import stack
from .messages.cookies import Cookies
from .messages.headers import SECRET_HEADERS, Headers, hide_in_reprs
from .messages.request import Request
from .misfits import refuse_misfits
from .retry import retry_from
from .signatures import client_build, refuse_unknown, shown_as
from .transports import stand_in
from .transports.mounts import sorted_mounts
from .transports.proxies import environment_mounts
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
    from .bodies.streams import AsyncByteStream, SyncByteStream
    from .callers import Caller
    from .clock import Clock
    from .config import Guards
    from .layers.redirects import RedirectPolicy
    from .layers.stack import Layer
    from .messages.response import Response
    from .network.backends.resolvers import ResolverTypes
    from .network.pins import PinTypes
    from .network.snapshot import PoolSnapshot
    from .request_options import JSONCodec
    from .retry import Retry
    from .signatures import NoOptions
    from .transports.mounts import URLPattern

USER_AGENT = f"python-understudy/{__version__}"
_EVENTS = ("request", "response", "error")
_NO_HOOKS: dict[str, list[EventHook]] = {"request": [], "response": []}


class ClientState(enum.Enum):
    """How far a client's life has come."""

    UNOPENED = 1
    OPENED = 2
    CLOSED = 3


class BaseClient:
    """The settings that both clients have, and what can be done with them without waiting."""

    _caller: Caller
    _stream_kind: type[SyncByteStream | AsyncByteStream]
    _method: str
    _is_async: bool

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
        self._state = ClientState.UNOPENED
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
        self._redirect_policy = redirect_policy
        self._secret_headers = SECRET_HEADERS.union(name.lower() for name in secret_headers)
        if secret_headers:
            hide_in_reprs(self._secret_headers)
        self._redirects: Redirects | None = None
        self._transport: Any = None
        self._mounts: dict[URLPattern, Any] = {}

    # The settings.

    @property
    def is_closed(self) -> bool:
        """Whether the client has been closed."""
        return self._state is ClientState.CLOSED

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

    @property
    def base_url(self) -> URL:
        """What relative URLs are appended to."""
        return self._base_url

    @base_url.setter
    def base_url(self, url: URLTypes) -> None:
        self._base_url = _with_trailing_slash(URL(url))
        self._has_base = self._base_url.is_absolute_url

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
        self._headers = merged

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

    def deadline(self, seconds: float) -> DeadlineBlock:
        """Bound everything that this client does in a `with` block, in this task or thread.

            with client.deadline(10) as deadline:
                client.get("/one")
                client.get("/two")    # within what the first one has left
                deadline.left         # seconds

        Queue, connecting, redirects, authentication, retries and bodies are all part of it.
        A `DeadlineExceeded` says where the time went.
        """
        return DeadlineBlock(self, seconds)

    def __repr__(self) -> str:
        base = f" of {self._base_url.redacted}" if self._has_base else ""
        return f"<{type(self).__name__}{base}{', closed' if self.is_closed else ''}>"

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
        if not extensions or "timeout" not in extensions:
            limit = self._timeout if isinstance(timeout, UseClientDefault) else Timeout(timeout)
            said: dict[str, Any] = {"timeout": limit.as_dict()}
            if limit.total is not None:
                said["total_timeout"] = limit.total
            extensions = said if not extensions else {**extensions, **said}
        merged_headers = self._headers
        if json is not None and self._dumps is not None and content is None and data is None and files is None:
            content = self._dumps(json)
            json = None
            headers = Headers(headers)
            headers.setdefault("Content-Type", "application/json")
        if headers is not None:
            merged_headers = Headers(merged_headers)
            merged_headers.update(headers)
        merged_url = self._merge_url(url)
        request = Request(
            method,
            merged_url,
            content=content,
            data=data,
            files=files,
            json=json,
            params=self._merge_params(params, merged_url) if self._params else params,
            headers=merged_headers,
            cookies=self._merge_cookies(cookies) if cookies else self._cookies,
            extensions=extensions,
        )
        if compress is not None:
            request.compress(compress)
        return request

    def _merge_url(self, url: URLTypes) -> URL:
        """Append a relative URL to the base, whether or not it starts with a slash."""
        merged = URL(url)
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
        for name in given:
            if name in merged:
                merged.delete(name)
        merged.update(given)
        return merged

    def _route(
        self, network: Callable[[Any], Any], transport: Any, proxy: Any, mounts: Mapping[str, Any] | None
    ) -> None:
        """Set which transport answers which URL; `network` makes one that goes through a proxy, or through none.

        A proxy is a mount for everything: a more specific mount goes past it, and `None` there means past all proxies.
        """
        refuse_misfits(mounts=mounts)
        for given in (transport, *(mounts or {}).values()):
            if given is not None and (isinstance(given, type) or not hasattr(given, self._method)):
                raise self._wrong_kind(given)
        if transport is not None and self._tells_network:
            raise ValueError(
                "pins=... and resolver=... beside transport=...: say them to the transport, where it has them"
            )
        self._transport = network(None) if transport is None else transport
        routes: dict[str, Any] = {}
        if proxy is not None:
            routes["all://"] = network(proxy)
        elif transport is None and self._trust_env:
            routes.update(environment_mounts(network))
        if mounts:
            routes.update(mounts)
        if routes:
            self._mounts = sorted_mounts(routes)

    def _transport_for_url(self, url: URL) -> Any:
        """Return the transport of this client that answers a URL; what stands in for it is another question."""
        for pattern, transport in self._mounts.items():
            if pattern.matches(url):
                return self._transport if transport is None else transport
        return self._transport

    @property
    def pool(self) -> PoolSnapshot:
        """What the client's connections do at this moment: print it, or look at `holders`, `kept` and `waiting`.

        Counts the network transports that the client has itself, those behind proxies included; each of them keeps to
        the limits for itself. What a transport wraps is not seen.
        """
        from .config import DEFAULT_LIMITS
        from .network.snapshot import together

        transports = {id(transport): transport for transport in self._own_transports()}
        snapshots = [transport.snapshot() for transport in transports.values() if hasattr(transport, "snapshot")]
        return together(snapshots[0].limits if snapshots else DEFAULT_LIMITS, snapshots)

    def _own_transports(self) -> list[Any]:
        """Return what this client opens and closes: its transport and its mounts."""
        return [transport for transport in (self._transport, *self._mounts.values()) if transport is not None]

    def _enter(self) -> None:
        if self._state is ClientState.OPENED:
            raise RuntimeError("this client is open already: a client is entered once")
        if self._state is ClientState.CLOSED:
            raise RuntimeError("this client has been closed and cannot be opened again: make a new one")
        self._state = ClientState.OPENED

    # Sending a request: the story of every call.

    async def _exchange(
        self,
        request: Request,
        stream: bool,
        auth: AuthTypes | UseClientDefault | None,
        follow_redirects: bool | UseClientDefault,
        retry: Retry | UseClientDefault | None,
    ) -> Response:
        if self._state is ClientState.CLOSED:
            raise RuntimeError(
                f"cannot send {request.method} {request.url.redacted}: this client has been closed. "
                "Send inside its `with` block, or make a new one"
            )
        self._state = ClientState.OPENED
        extensions = request.extensions
        if "timeout" not in extensions:
            # A request that was built by hand waits no longer than the others.
            extensions["timeout"] = self._timeout.as_dict()
            if self._timeout.total is not None:
                extensions["total_timeout"] = self._timeout.total
        # One object for all that becomes of this call: redirects, auth round trips and retries carry it on.
        extensions["operation"] = object()
        deadline = deadline_for(self, request)
        if deadline is not None:
            extensions["deadline"] = deadline
        outermost, *layers = self._layers(request, stream, auth, follow_redirects, retry)
        response = await outermost(request, stack(layers, self._deliver) if layers else self._deliver)
        try:
            fails = self._raises_for_status and not response.is_success
            if (fails or not stream) and response._take_held() is None:
                await self._caller.read(response)
            if fails:
                response.raise_for_status()
        except BaseException:
            await self._caller.close(response)
            raise
        return response

    def _layers(
        self,
        request: Request,
        stream: bool,
        auth: AuthTypes | UseClientDefault | None,
        follow_redirects: bool | UseClientDefault,
        retry: Retry | UseClientDefault | None,
    ) -> list[Layer]:
        """Return the layers that have something to do, outermost first; one of them follows redirects."""
        is_bounded = "deadline" in request.extensions
        layers: list[Layer] = [Deadline(self._caller, reads=not stream)] if is_bounded else []
        layers += self._own_layers
        chosen = self._auth if isinstance(auth, UseClientDefault) else auth_from(auth)
        if chosen is None and request.url.userinfo:
            chosen = auth_in_url(request.url)
        if chosen is not None:
            layers.append(Authorize(chosen, self._caller))
        follow = self.follow_redirects if isinstance(follow_redirects, UseClientDefault) else follow_redirects
        redirects = self._redirects
        if redirects is None or not redirects.fits(self._cookies, follow, self.max_redirects):
            redirects = self._redirects = Redirects(
                self._cookies,
                self._caller,
                follow=follow,
                limit=self.max_redirects,
                policy=self._redirect_policy,
                secrets=self._secret_headers,
            )
        layers.append(redirects)
        policy = self._retry if isinstance(retry, UseClientDefault) else retry_from(retry)
        if policy is not None:
            layers.append(Retries(policy, self._caller, self._clock_for(request.url), reads=not stream))
        if self._event_hooks != _NO_HOOKS:
            layers.append(Hooks(self._event_hooks, self._caller))
        if is_bounded:
            layers.append(Stopwatch())
        return layers

    def _clock_for(self, url: URL) -> Clock:
        """Return the clock on which to wait between requests: that of whatever answers, where it has one."""
        clock: Clock = getattr(stand_in.answering(self._transport_for_url(url)), "clock", None) or REAL_CLOCK
        return clock

    async def _deliver(self, request: Request) -> Response:
        """Give one request to the transport that answers here, and take its response in."""
        started = time.perf_counter()
        own = self._transport_for_url(request.url)
        transport = stand_in.answering(own)
        handle = getattr(transport, self._method, None)
        if handle is None:
            raise self._wrong_kind(transport)
        try:
            response: Response = await handle(request) if self._is_async else handle(request)
        except RequestError as error:
            if error._request is None:
                error.request = request
            raise
        if not isinstance(response.stream, self._stream_kind):
            raise TypeError(
                f"{type(transport).__name__} answered with a body of type {type(response.stream).__name__}, "
                f"but this client reads {self._stream_kind.__name__}s"
            )
        response._request = request
        response._started = started
        response.default_encoding = self._default_encoding
        response._guards = self._guards
        response._loads = self._loads
        if self._keeps_cookies and "Set-Cookie" in response.headers:
            self._cookies.extract_cookies(response)
        log_response(request, response)
        if response._content is not None:
            response._stop_clock()
        return response

    def _wrong_kind(self, transport: object) -> TypeError:
        name = transport.__name__ + " itself" if isinstance(transport, type) else type(transport).__name__
        return TypeError(f"{name} is no transport for {type(self).__name__}: it has no `{self._method}`")


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
