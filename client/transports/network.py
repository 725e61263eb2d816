"""The transports that talk to the network."""

from __future__ import annotations

import codecs
import os
from contextvars import ContextVar
from types import MethodType
from typing import TYPE_CHECKING, Any

from ..bridge import run
from ..config import DEFAULT_LIMITS, Limits, http2_from
from ..network import forks
from ..network.proxy import proxy_from
from .base import AsyncBaseTransport, BaseTransport
from .stand_in import answering_at_the_end

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine, Mapping, Sequence

    from ..clock import Clock
    from ..config import HTTP2
    from ..messages.request import Request
    from ..messages.response import Response
    from ..network.backends.addresses import Finder
    from ..network.backends.base import NetworkBackend, SocketOption
    from ..network.backends.resolvers import ResolverTypes
    from ..network.pins import Pins, PinTypes
    from ..network.pool import Pool
    from ..network.proxies import Route
    from ..network.proxy import Proxy, ProxyTypes
    from ..network.snapshot import PoolSnapshot
    from ..network.tls import CertTypes, TLSSettings

__all__ = ["AsyncHTTPTransport", "HTTPTransport"]

_asked: ContextVar[Any] = ContextVar("understudy_network", default=None)  # for which what stands in is being asked


class _Settings:
    """What both transports are told; checked when they are made."""

    def __init__(
        self,
        *,
        verify: ssl.SSLContext | str | bool,
        cert: CertTypes | None,
        trust_env: bool,
        http1: bool,
        http2: bool | HTTP2,
        limits: Limits,
        proxy: ProxyTypes | None,
        uds: str | None,
        local_address: str | None,
        retries: int,
        socket_options: Sequence[SocketOption] | None,
        network: NetworkBackend | None,
        resolver: ResolverTypes | None,
        pins: Mapping[str, PinTypes] | None,
        accepts_unclean_end: bool,
        clock: Clock | None,
    ) -> None:
        from ..network.tls import TLSSettings

        self.http2 = http2_from(http2)
        if not http1 and self.http2 is None:
            raise ValueError("http1=False, http2=False: the transport would speak no protocol at all")
        self.proxy = proxy_from(proxy)
        self.trust_env = trust_env
        if self.proxy is not None and uds is not None:
            raise ValueError("proxy=... and uds=...: a request goes through a proxy or into a Unix socket, not both")
        if uds is not None and network is None:
            import socket  # this module is in the face, which opens no socket

            if not hasattr(socket, "AF_UNIX"):
                raise ValueError(f"uds={os.fspath(uds)!r}: Python has no Unix sockets on this system")
        if resolver is not None and network is not None:
            raise ValueError("network=... and resolver=...: a network of your own resolves names itself")
        self.network = network
        self.resolver = None if resolver is None else _resolver_from(resolver)
        self.pins = None if pins is None else _pins_from(pins)
        self.accepts_unclean_end = accepts_unclean_end
        if clock is not None and not hasattr(clock, "monotonic"):
            raise TypeError(f"clock={clock!r}: a clock, such as the one of a router, `router.clock`")
        self.clock = clock
        if not isinstance(limits, Limits):
            raise TypeError(f"limits={limits!r}: pass Limits(...), such as Limits(max_connections=10)")
        self.limits = limits
        self.http1 = http1
        self.tls: TLSSettings = TLSSettings(verify, cert, trust_env, ("http/1.1",))
        alpn = ("h2", "http/1.1") if http1 else ("h2",)
        self.tls_http2 = TLSSettings(verify, cert, trust_env, alpn) if self.http2 else None
        self.uds = None if uds is None else os.fspath(uds)
        self.local_address = local_address
        self.retries = _retries_from(retries)
        self.socket_options: Sequence[SocketOption] = () if socket_options is None else tuple(socket_options)
        for option in self.socket_options:
            if not isinstance(option, tuple) or len(option) not in {3, 4}:
                raise TypeError(f"socket_options=[{option!r}]: each is a tuple of the arguments of socket.setsockopt")

    def pool(self, backend: NetworkBackend, *, is_async: bool) -> Pool:
        # `getaddrinfo` asks for this codec and loads it; loaded here, under the lock, no fork cuts that short.
        codecs.lookup("idna")

        from ..network.connect import Connector
        from ..network.pool import Pool

        connector = Connector(
            backend,
            self.tls,
            uds=self.uds,
            local_address=self.local_address,
            socket_options=self.socket_options,
            retries=self.retries,
            accepts_unclean_end=self.accepts_unclean_end,
            pins=self.pins,
            route=self._route(backend),
            http1=self.http1,
            tls_http2=self.tls_http2,
            http2=self.http2,
        )
        if self.clock is None:
            return Pool(connector, self.limits, is_async=is_async)
        return Pool(connector, self.limits, is_async=is_async, now=self.clock.monotonic)

    def _route(self, backend: NetworkBackend) -> Route | None:
        if self.proxy is None:
            return None
        from ..network.proxies import route_through

        return route_through(
            self.proxy,
            backend,
            trust_env=self.trust_env,
            local_address=self.local_address,
            socket_options=self.socket_options,
        )


def _retries_from(retries: int) -> int:
    if isinstance(retries, bool) or not isinstance(retries, int):
        raise TypeError(f"retries={retries!r}: how often connecting is tried again is a number, such as 2")
    if retries < 0:
        raise ValueError(f"retries={retries}: connecting cannot be tried again fewer than 0 times")
    return retries


def _resolver_from(said: ResolverTypes) -> Finder:
    from ..network.backends.resolvers import resolver_from

    return resolver_from(said)


def _pins_from(said: Mapping[str, PinTypes]) -> Pins:
    from ..network.pins import Pins

    return Pins(said)


class HTTPTransport(BaseTransport):
    """Sends requests of blocking clients over the network, keeping connections for the next ones.

    `verify`, `cert` and `trust_env` are those of `create_ssl_context`. `limits` bounds connections; `retries` is how
    often connecting is tried again, nothing else is. `http2=True` speaks HTTP/2 where the server does (over plain TCP:
    with `http1=False`), `http2=HTTP2(...)` says how. `uds` connects to a Unix socket instead of the URL's host,
    `local_address` binds the near end, `socket_options` are arguments of `socket.setsockopt`.

    `resolver` says where hosts are: a mapping such as `{"api.test": "127.0.0.1"}`, which leaves other names to the
    system; a function of host and port that returns addresses; or a `DNSCache()`, which remembers what the system said.
    `network` replaces the sockets altogether: a `MemoryNetwork`, or another object with its methods.

    `pins` are the keys that hosts may have, beside what `verify` says: `{"api.test": ["sha256/...", ...]}`, with
    `*.api.test` for what is below. The error about a wrong one shows the key that was found.
    `accepts_unclean_end=True` takes a body without a length for complete where the server closes the connection
    without the closing message of TLS, as some old servers do; such a body cannot be told from one that was cut.

    May be used by several threads at once. After a fork the child opens connections of its own.
    `clock` tells how old a connection is: with a virtual one, such as a router's, keep-alive expires in no time.
    """

    _is_handed_on_to = False  # by another transport, behind which what stands in is to answer

    def __init__(
        self,
        verify: ssl.SSLContext | str | bool = True,
        cert: CertTypes | None = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool | HTTP2 = False,
        limits: Limits = DEFAULT_LIMITS,
        proxy: ProxyTypes | None = None,
        uds: str | None = None,
        local_address: str | None = None,
        retries: int = 0,
        socket_options: Sequence[SocketOption] | None = None,
        *,
        network: NetworkBackend | None = None,
        resolver: ResolverTypes | None = None,
        pins: Mapping[str, PinTypes] | None = None,
        accepts_unclean_end: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._settings = _Settings(
            verify=verify,
            cert=cert,
            trust_env=trust_env,
            http1=http1,
            http2=http2,
            limits=limits,
            proxy=proxy,
            uds=uds,
            local_address=local_address,
            retries=retries,
            socket_options=socket_options,
            network=network,
            resolver=resolver,
            pins=pins,
            accepts_unclean_end=accepts_unclean_end,
            clock=clock,
        )
        self._network = network
        self._pool: Pool | None = None
        self._generation = -1

    def handle_request(self, request: Request) -> Response:
        """Send one request and return its response, whose body is still to be read."""
        if self._is_handed_on_to and _asked.get() is not self:
            token = _asked.set(self)
            try:
                response: Response = answering_at_the_end(self).handle_request(request)
            finally:
                _asked.reset(token)
            return response
        return run(self._sending(request))

    def _is_unchanged(self) -> bool:
        """Whether no subclass and no instrument has a hand in what is sent."""
        handle: Any = self.handle_request
        return type(handle) is MethodType and handle.__func__ is _HANDLE

    def _unasked(self) -> _Unasked:
        return _Unasked(self)

    def _sending(self, request: Request) -> Coroutine[Any, Any, Response]:
        """Return what `handle_request` runs: clients, which run a coroutine anyway, await it there."""
        pool = self._pool
        if pool is None or self._generation != forks.generation:
            pool = self._open()
        return pool.send(request)

    def close(self) -> None:
        """Close every connection. A request after it opens new ones."""
        # In a forked child the connections are the parent's, whose peers are told nothing.
        if self._pool is not None and self._generation == forks.generation:
            self._pool.close()

    @property
    def proxy(self) -> Proxy | None:
        """The proxy that every request goes through, where there is one."""
        return self._settings.proxy

    def snapshot(self) -> PoolSnapshot:
        """Return what the pool looks like now."""
        from ..network.snapshot import PoolSnapshot

        pool = self._pool
        # After a fork the pool is the parent's.
        if pool is None or self._generation != forks.generation:
            return PoolSnapshot(self._settings.limits)
        return pool.snapshot()

    def _open(self) -> Pool:
        with forks.lock:
            from ..network.backends.blocking import BlockingBackend

            if self._pool is None or self._generation != forks.generation:
                # The parent's connections, if any, are the parent's: forgotten here, and not closed.
                backend = self._network or BlockingBackend(resolver=self._settings.resolver)
                self._pool = self._settings.pool(backend, is_async=False)
                self._generation = forks.generation
            return self._pool

    def __repr__(self) -> str:
        return "<HTTPTransport>" if self._pool is None else f"<HTTPTransport {self._pool.snapshot()}>"


class AsyncHTTPTransport(AsyncBaseTransport):
    """Sends requests of asynchronous clients over the network; the parameters are those of `HTTPTransport`.

    Under asyncio, uvloop included, with sockets of asyncio's own; elsewhere through anyio.
    A transport has one pool for each event loop that it is used from. Connections never move from one loop to another,
    and those of a loop that has ended are closed when the transport is next used or closed.
    """

    _is_handed_on_to = False

    def __init__(
        self,
        verify: ssl.SSLContext | str | bool = True,
        cert: CertTypes | None = None,
        trust_env: bool = True,
        http1: bool = True,
        http2: bool | HTTP2 = False,
        limits: Limits = DEFAULT_LIMITS,
        proxy: ProxyTypes | None = None,
        uds: str | None = None,
        local_address: str | None = None,
        retries: int = 0,
        socket_options: Sequence[SocketOption] | None = None,
        *,
        network: NetworkBackend | None = None,
        resolver: ResolverTypes | None = None,
        pins: Mapping[str, PinTypes] | None = None,
        accepts_unclean_end: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._settings = _Settings(
            verify=verify,
            cert=cert,
            trust_env=trust_env,
            http1=http1,
            http2=http2,
            limits=limits,
            proxy=proxy,
            uds=uds,
            local_address=local_address,
            retries=retries,
            socket_options=socket_options,
            network=network,
            resolver=resolver,
            pins=pins,
            accepts_unclean_end=accepts_unclean_end,
            clock=clock,
        )
        self._network = network
        self._homes: Any = None

    async def handle_async_request(self, request: Request) -> Response:
        """Send one request and return its response, whose body is still to be read."""
        if self._is_handed_on_to and _asked.get() is not self:
            token = _asked.set(self)
            try:
                response: Response = await answering_at_the_end(self).handle_async_request(request)
            finally:
                _asked.reset(token)
            return response
        return await self._sending(request)

    def _is_unchanged(self) -> bool:
        handle: Any = self.handle_async_request
        return type(handle) is MethodType and handle.__func__ is _HANDLE_ASYNC

    def _unasked(self) -> _Unasked:
        return _Unasked(self)

    def _sending(self, request: Request) -> Coroutine[Any, Any, Response]:
        """Return what `handle_async_request` awaits: clients do so themselves, and save a coroutine where they wait."""
        homes = self._homes
        if homes is None:
            homes = self._open()
        sending: Coroutine[Any, Any, Response] = homes.pool().send(request)
        return sending

    async def aclose(self) -> None:
        """Close every connection. A request after it opens new ones."""
        if self._homes is not None:
            self._homes.close()

    @property
    def proxy(self) -> Proxy | None:
        """The proxy that every request goes through, where there is one."""
        return self._settings.proxy

    def snapshot(self) -> PoolSnapshot:
        """Return what the pools of all event loops look like now, as one. Needs no event loop."""
        from ..network.snapshot import together

        pools: list[Pool] = [] if self._homes is None else self._homes.pools()
        return together(self._settings.limits, [pool.snapshot() for pool in pools])

    def _open(self) -> Any:
        from ..network.homes import Homes

        with forks.lock:
            if self._homes is None:
                self._homes = Homes(self._make_pool, self._network, self._settings.resolver)
            return self._homes

    def _make_pool(self, backend: NetworkBackend) -> Pool:
        return self._settings.pool(backend, is_async=True)

    def __repr__(self) -> str:
        return "<AsyncHTTPTransport>" if self._homes is None else f"<AsyncHTTPTransport {self.snapshot()}>"


class _Unasked(BaseTransport, AsyncBaseTransport):
    """The network behind what stands in, which a client has asked already."""

    def __init__(self, network: HTTPTransport | AsyncHTTPTransport) -> None:
        self._network = network

    def handle_request(self, request: Request) -> Response:
        return run(self._network._sending(request))

    async def handle_async_request(self, request: Request) -> Response:
        return await self._network._sending(request)

    @property
    def proxy(self) -> Proxy | None:
        return self._network.proxy

    def __repr__(self) -> str:
        return repr(self._network)


_HANDLE = HTTPTransport.handle_request
_HANDLE_ASYNC = AsyncHTTPTransport.handle_async_request
