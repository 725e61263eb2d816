"""The story of a call: who answers it, and the layers that a request passes on its way there."""

from __future__ import annotations

import enum
import time
from types import CoroutineType, MethodType
from typing import TYPE_CHECKING, Any, Callable

from .auth.accept import auth_from, auth_in_url
from .bridge import run
from .clock import REAL_CLOCK
from .config import DEFAULT_LIMITS, USE_CLIENT_DEFAULT, UseClientDefault
from .errors import RequestError
from .journal import log_response
from .layers.authorize import Authorize
from .layers.deadline import Deadline, DeadlineBlock, Stopwatch, deadline_for
from .layers.hooks import Hooks
from .layers.redirects import Redirects
from .layers.retries import Retries
from .layers.stack import stack
from .misfits import refuse_misfits
from .network.proxy import SOCKS, proxy_from, socks5
from .retry import retry_from
from .settings import Settings
from .transports import stand_in
from .transports.mounts import sorted_mounts
from .transports.proxies import environment_mounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .auth.accept import AuthTypes
    from .bodies.streams import AsyncByteStream, SyncByteStream
    from .callers import Caller
    from .clock import Clock
    from .layers.stack import Layer
    from .messages.request import Request
    from .messages.response import Response
    from .network.snapshot import PoolSnapshot
    from .retry import Retry
    from .transports.mounts import URLPattern
    from .urls import URL


class ClientState(enum.Enum):
    """How far a client's life has come."""

    UNOPENED = 1
    OPENED = 2
    CLOSED = 3


_OPENED = ClientState.OPENED


class BaseClient(Settings):
    """What both clients do, written once; `_caller` and the three beside it say how the two differ."""

    _caller: Caller
    _stream_kind: type[SyncByteStream | AsyncByteStream]
    _method: str
    _is_async: bool
    _network: Any
    """The transport that talks to the network."""
    _network_handle: Any = None
    """How that transport handles a request, where that is a coroutine around another one."""

    _state = ClientState.UNOPENED
    _redirects: Redirects | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the client has been closed."""
        return self._state is ClientState.CLOSED

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

    def _route(
        self,
        transport: Any,
        proxy: Any,
        mounts: Mapping[str, Any] | None,
        extras: Mapping[str, object],
        **network: Any,
    ) -> None:
        """Set which transport answers which URL; `network`, with pins and resolver, is what the network's are told.

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

        network.update((name, said) for name, said in extras.items() if name in ("pins", "resolver"))

        def through(proxy: Any) -> Any:
            return self._init_proxy_transport(proxy_from(proxy), **network)

        self._transport: Any = self._init_transport(**network, transport=transport)
        self._mounts: dict[URLPattern, Any] = {}
        routes: dict[str, Any] = {}
        named = proxy_from(proxy)
        if named is not None:
            if named.url.scheme in SOCKS:
                # An error at once for who names one; one of the environment's hurts only who goes through it.
                socks5()
            routes["all://"] = through(named)
        elif transport is None and self._trust_env:
            routes.update(environment_mounts(through))
        if mounts:
            routes.update(mounts)
        if routes:
            self._mounts = sorted_mounts(routes)

    # Subclasses of httpx's clients make transports of their own in these two: caches do, and httpx-aiohttp.

    def _init_transport(self, *, transport: Any = None, **network: Any) -> Any:
        """Return the transport for what no mount answers: the one that was given, or the network's."""
        return self._network(**network) if transport is None else transport

    def _init_proxy_transport(self, proxy: Any, **network: Any) -> Any:
        """Return the transport through a `Proxy`."""
        return self._network(proxy=proxy, **network)

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
        from .network.snapshot import together

        transports = {id(transport): transport for transport in self._own_transports()}
        snapshots = [transport.snapshot() for transport in transports.values() if hasattr(transport, "snapshot")]
        return together(snapshots[0].limits if snapshots else DEFAULT_LIMITS, snapshots)

    def _own_transports(self) -> list[Any]:
        """Return what this client opens and closes: its transport and its mounts."""
        return [transport for transport in (self._transport, *self._mounts.values()) if transport is not None]

    async def _close_all(self, closings: Sequence[Callable[[], Any]]) -> None:
        """Close the client by calling all of these, though one may fail; the first failure is raised at the end."""
        self._state = ClientState.CLOSED
        failures: list[BaseException] = []
        for closing in closings:
            try:
                await self._caller.call(closing)
            except BaseException as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _enter(self) -> None:
        if self._state is ClientState.OPENED:
            raise RuntimeError("this client is open already: a client is entered once")
        if self._state is ClientState.CLOSED:
            raise RuntimeError("this client has been closed and cannot be opened again: make a new one")
        self._state = ClientState.OPENED

    def __repr__(self) -> str:
        base = f" of {self._base_url.redacted}" if self._has_base else ""
        return f"<{type(self).__name__}{base}{', closed' if self.is_closed else ''}>"

    async def _send(
        self,
        request: Request,
        *,
        stream: bool = False,
        auth: AuthTypes | UseClientDefault | None = USE_CLIENT_DEFAULT,
        follow_redirects: bool | UseClientDefault = USE_CLIENT_DEFAULT,
        retry: Retry | UseClientDefault | None = USE_CLIENT_DEFAULT,
    ) -> Response:
        """Send a request that was built before; with `stream=True` the caller reads and closes the response."""
        if self._state is not _OPENED:
            self._open_for(request)
        deadline = self._begin(request)
        hooks = self._event_hooks
        if (
            self._goes_straight
            and self.__class__._send_single_request is _UNWATCHED  # it may be wrapped at any time
            and auth is USE_CLIENT_DEFAULT
            and retry is USE_CLIENT_DEFAULT
            and deadline is None
            and not (hooks["request"] or hooks["response"] or len(hooks) > 2)
            and not request.url._parts.authority.userinfo
        ):
            # What most calls are: no layer has anything to do, unless the answer is a redirect.
            # As in `_deliver`, but for a coroutine, which thousands of waiting tasks would each have one more of.
            started = time.perf_counter()
            answer = self._handler_for(request)
            try:
                answer = answer(request)  # the method itself is not kept while its answer is waited for
                response: Response = await answer if self._is_async or answer.__class__ is CoroutineType else answer
            except RequestError as error:
                if error._request is None:
                    error.request = request
                raise
            try:
                self._take_in(request, response, started)
            except BaseException:
                await self._abandon(response)
                raise
            if response.history:
                response.history = []
            if 300 <= response.status_code < 400 and response.has_redirect_location:
                response = await self._redirects_for(follow_redirects).go_on(request, response, self._deliver)
        else:
            outermost, *layers = self._layers(request, stream, auth, follow_redirects, retry)
            deliver = self._deliver_watched if self._is_watched() else self._deliver
            response = await outermost(request, stack(layers, deliver) if layers else deliver)
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

    def _open_for(self, request: Request) -> None:
        if self._state is ClientState.CLOSED:
            raise RuntimeError(
                f"cannot send {request.method} {request.url.redacted}: this client has been closed. "
                "Send inside its `with` block, or make a new one"
            )
        self._state = _OPENED

    def _begin(self, request: Request) -> float | None:
        """Note in the request what holds for this call, and return the moment when it must be over."""
        try:
            extensions = request.extensions
        except AttributeError as error:
            raise TypeError(
                f"send takes a Request, as client.build_request('GET', url) makes it, not {type(request).__name__}"
            ) from error
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
        return deadline

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
        layers.append(self._redirects_for(follow_redirects))
        policy = self._retry if isinstance(retry, UseClientDefault) else retry_from(retry)
        if policy is not None:
            layers.append(Retries(policy, self._caller, self._clock_for(request.url), reads=not stream))
        hooks = self._event_hooks
        if hooks["request"] or hooks["response"] or len(hooks) > 2:
            layers.append(Hooks(hooks, self._caller))
        if is_bounded:
            layers.append(Stopwatch())
        return layers

    def _redirects_for(self, follow_redirects: bool | UseClientDefault) -> Redirects:
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
        return redirects

    def _clock_for(self, url: URL) -> Clock:
        """Return the clock on which to wait between requests: that of whatever answers, where it has one."""
        clock: Clock = stand_in.clock_of(self._transport_for_url(url)) or REAL_CLOCK
        return clock

    async def _deliver(self, request: Request) -> Response:
        """Give one request to the transport that answers here, and take its response in."""
        started = time.perf_counter()
        handle = self._handler_for(request)
        try:
            answer = handle(request)
            response: Response = await answer if self._is_async or answer.__class__ is CoroutineType else answer
        except RequestError as error:
            if error._request is None:
                error.request = request
            raise
        try:
            self._take_in(request, response, started)
        except BaseException:
            await self._abandon(response)
            raise
        return response

    # Every request on the wire passes this method of httpx, redirects and tries included: instruments wrap it.

    def _send_single_request(self, request: Request) -> Any:
        """Give one request to the transport that answers here."""
        return self._deliver(request) if self._is_async else run(self._deliver(request))

    async def _deliver_watched(self, request: Request) -> Response:
        answer = self._send_single_request(request)
        response: Response = await answer if self._is_async else answer
        return response

    def _is_watched(self) -> bool:
        return type(self)._send_single_request is not _UNWATCHED

    def _handler_for(self, request: Request) -> Any:
        """Return what answers this request here: a method of the transport."""
        transport = stand_in.answering(self._transport_for_url(request.url))
        handle = getattr(transport, self._method, None)
        if handle is None:
            raise self._wrong_kind(transport)
        # By type: what instruments wrap around a method shows the method's own class and function.
        if type(handle) is MethodType and handle.__func__ is self._network_handle:
            return transport._sending  # it is the network, as nobody has changed it
        return handle

    def _take_in(self, request: Request, response: Response, started: float) -> None:
        """Make what a transport returned a response of this client."""
        if not isinstance(response.stream, self._stream_kind):
            transport = stand_in.answering(self._transport_for_url(request.url))
            raise TypeError(
                f"{type(transport).__name__} answered with a body of type {type(response.stream).__name__}, "
                f"but this client reads {self._stream_kind.__name__}s"
            )
        response._request = request
        response._started = started
        response._is_async = self._is_async
        response.default_encoding = self._default_encoding
        response._guards = self._guards
        response._loads = self._loads
        if self._keeps_cookies and "set-cookie" in response.headers._by_name():
            self._cookies.extract_cookies(response)
        log_response(request, response)
        if response._whole is not None:
            response._stop_clock()

    async def _abandon(self, response: Response) -> None:
        """Close a response that could not be taken in: a policy for cookies, or a handler of the log, has failed."""
        if isinstance(response.stream, self._stream_kind):
            await self._caller.close(response)

    def _wrong_kind(self, transport: object) -> TypeError:
        if isinstance(transport, type):
            name = transport.__name__
            return TypeError(f"the class {name} is no transport for {type(self).__name__}: write {name}(...)")
        name = type(transport).__name__
        return TypeError(f"{name} is no transport for {type(self).__name__}: it has no `{self._method}`")


# As long as nobody watches.
_UNWATCHED = BaseClient._send_single_request
