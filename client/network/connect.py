"""From an origin to a connection: where to connect, what to put on top, which protocol to speak.

The one seam for what lies between a request and a socket: proxies replace `open_stream`, HTTP/2 is a branch of
`connect`.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from ..config import DEFAULT_HTTP2
from ..errors import ConnectError, ConnectTimeout
from .failures import CONNECT, because, described, socket_at, translate
from .http1.codec import choose
from .http1.connection import HTTP1Connection
from .loops import in_thread
from .trace import tell, traced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import HTTP2
    from .backends.base import NetworkBackend, NetworkStream, SocketOption
    from .call import Call
    from .connection import Connection
    from .origin import Origin
    from .pins import Pins
    from .proxies import Route
    from .tls import TLSSettings
    from .via import Via

_FIRST_PAUSE = 0.5
_MOST_REMEMBERED = 1_000


class Connector:
    """Makes connections as one transport was told to."""

    def __init__(
        self,
        backend: NetworkBackend,
        tls: TLSSettings,
        *,
        uds: str | None = None,
        local_address: str | None = None,
        socket_options: Sequence[SocketOption] = (),
        retries: int = 0,
        accepts_unclean_end: bool = False,
        pins: Pins | None = None,
        route: Route | None = None,
        http1: bool = True,
        tls_http2: TLSSettings | None = None,
        http2: HTTP2 | None = None,
    ) -> None:
        self.backend = backend
        self._route = route
        self._tls = tls
        self._uds = uds
        self._local_address = local_address
        self._socket_options = socket_options
        self._retries = retries
        self._accepts_unclean_end = accepts_unclean_end
        self._pins = pins
        self._codec = choose()
        self._http1 = http1
        self._tls_http2 = tls_http2
        self._http2 = http2 or DEFAULT_HTTP2
        # Origins that have asked for HTTP/1.1 (RFC 9113, section 7), the latest last.
        self._only_http1: dict[Origin, None] = {}

    def may_share(self, origin: Origin) -> bool:
        """Whether a connection to `origin` may turn out to serve many calls at once."""
        if self._tls_http2 is None or origin in self._only_http1:
            return False
        if origin.scheme == "https":
            return True
        # Without TLS there is nothing to agree on: HTTP/2 is spoken only where nothing else may be, and never to a
        # proxy.
        return (
            origin.scheme == "http"
            and not self._http1
            and (self._route is None or not self._route.via(origin).absolute)
        )

    async def connect(self, origin: Origin, call: Call) -> Connection:
        """Return a new connection for `call`, trying again `retries` times.

        Raises `ConnectError` or `ConnectTimeout`.
        """
        pause = 0.0
        for left in range(self._retries, -1, -1):
            try:
                return await self._connect_once(origin, call)
            except (ConnectError, ConnectTimeout) as error:
                if not left:
                    raise
                if call.trace is not None:
                    await tell(call.trace, "connection.retry.started", {"exception": error})
            await self.backend.sleep(call.waits.left(pause) or 0.0)
            pause = _FIRST_PAUSE if not pause else pause * 2
        raise AssertionError("unreachable")

    async def _connect_once(self, origin: Origin, call: Call) -> Connection:
        try:
            return await self._open(origin, call)
        except OSError as error:
            # Certificates too: an ssl.SSLError is an OSError, and an ssl.CertificateError is an SSLError.
            translated = translate(error, CONNECT, call.request, call.waits)
            raise translated from because(translated, error)
        except UnicodeError as error:
            raise ConnectError(
                f"{described(call.request)}: {(origin.sni or origin.host)[:80]!r} is not a host name",
                request=call.request,
            ) from error

    async def _open(self, origin: Origin, call: Call) -> Connection:
        stamps = call.stamps
        began = monotonic()
        stream = await self.open_stream(origin, call)
        try:
            connected = monotonic()
            dns_seconds = stream.get_extra_info("dns_seconds")
            stamps.connect = connected - began
            if dns_seconds is not None:
                stamps.dns = dns_seconds
                stamps.connect -= dns_seconds
            if origin.is_secure:
                stream = await self._start_tls(stream, origin, call)
                stamps.tls = monotonic() - connected
                if self._pins is not None:
                    self._check_pins(self._pins, stream, origin)
            via = None if self._route is None else self._route.via(origin)
            if self._tls_http2 is not None and self._speaks_http2(stream, origin):
                return await self._start_http2(stream, origin, call, via)
            return HTTP1Connection(stream, self._codec, accepts_unclean_end=self._accepts_unclean_end, via=via)
        except BaseException:
            stream.close()
            raise

    def _check_pins(self, pins: Pins, stream: NetworkStream, origin: Origin) -> None:
        tls = stream.get_extra_info("ssl_object")
        pins.check(origin.host, tls)
        if origin.sni is not None:
            pins.check(origin.sni, tls)

    def _speaks_http2(self, stream: NetworkStream, origin: Origin) -> bool:
        if not origin.is_secure:
            return self.may_share(origin)
        tls = stream.get_extra_info("ssl_object")
        if tls is not None and tls.selected_alpn_protocol() == "h2":
            return True
        if not self._http1 and origin.scheme == "https":
            raise ConnectError(f"{origin} does not speak HTTP/2, and http1=False allows nothing else")
        return False

    async def _start_http2(self, stream: NetworkStream, origin: Origin, call: Call, via: Via | None) -> Connection:
        from .http2.connection import HTTP2Connection

        def wants_http1() -> None:
            if self._http1:
                self._only_http1[origin] = None
                if len(self._only_http1) > _MOST_REMEMBERED:
                    self._only_http1.pop(list(self._only_http1)[0], None)  # noqa: RUF015  # in one step

        connection = HTTP2Connection(
            stream,
            self.backend,
            settings=self._http2,
            is_async=call.is_async,
            via=via,
            wants_http1=wants_http1 if self._http1 else None,
        )
        waits = call.waits
        try:
            opening = connection.open(waits.left(waits.connect))
            if call.trace is None:
                await opening
            else:
                await traced(call.trace, "http2.send_connection_init", opening, request=call.request)
        except BaseException:
            connection.close()
            raise
        return connection

    async def open_stream(self, origin: Origin, call: Call) -> NetworkStream:
        """Return bytes to and from `origin`, before any TLS of the origin's own."""
        if self._route is not None:
            return await self._route.open_stream(origin, call)
        waits = call.waits
        timeout = waits.left(waits.connect)
        if self._uds is not None:
            return await self._open_unix(self._uds, timeout, call)
        tcp = self.backend.connect_tcp(
            origin.host, origin.port, timeout, local_address=self._local_address, socket_options=self._socket_options
        )
        if call.trace is None:
            return await tcp
        return await traced(
            call.trace, "connection.connect_tcp", tcp, host=origin.host, port=origin.port, timeout=timeout
        )

    async def _open_unix(self, path: str, timeout: float | None, call: Call) -> NetworkStream:
        step = self.backend.connect_unix(path, timeout, socket_options=self._socket_options)
        try:
            if call.trace is None:
                return await step
            return await traced(call.trace, "connection.connect_unix_socket", step, path=path, timeout=timeout)
        except OSError as error:
            translated = translate(error, CONNECT, call.request, call.waits, to=socket_at(path))
            raise translated from because(translated, error)

    async def _start_tls(self, stream: NetworkStream, origin: Origin, call: Call) -> NetworkStream:
        waits = call.waits
        hostname = origin.sni or origin.host.partition("%")[0]
        settings = self._tls_http2 if self._tls_http2 is not None and self.may_share(origin) else self._tls
        # Reading the authorities takes tens of milliseconds, once: no time to hold up an event loop.
        is_ready = settings.is_ready or not call.is_async
        context = settings.context() if is_ready else await in_thread(settings.context)
        step = stream.start_tls(context, hostname, waits.left(waits.connect))
        if call.trace is None:
            return await step
        return await traced(call.trace, "connection.start_tls", step, server_hostname=hostname)
