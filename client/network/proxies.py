"""The way through a proxy: forwarding, tunnels by CONNECT, and SOCKS5.

Theory of operation

1. An `http` request goes to an HTTP proxy as it is, with the whole URL in its request line (RFC 9112, section 3.2.2).
   Everything else goes through a tunnel, in which TLS is with the origin, and the proxy sees bytes.
2. What authenticates to the proxy is said to the proxy alone: `Proxy-Authorization` and the proxy's own header fields
   stand in forwarded requests and in CONNECT, never inside a tunnel, even where a caller wrote them into a request.
3. A tunnel that was refused is a `ProxyError` with the refusing response. One that was granted begins with the origin's
   first byte: a proxy that says more than its head is not trusted with any of it.
4. The TLS of the connection to an `https://` proxy has settings of its own, and shares none with the origins.
5. SOCKS5 sends host names, not addresses, whether the URL says `socks5` or `socks5h`: names are resolved by the proxy,
   so that no question about them leaves this machine beside it.
"""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..bodies.streams import ByteStream
from ..errors import DecodingError, LimitExceeded, ProxyError, RemoteProtocolError
from ..messages.credentials import basic_credentials
from ..messages.headers import Headers
from ..messages.response import Response
from .failures import CONNECT, because, described, proxy_called, translate
from .http1.codec import choose
from .http1.framing import CHUNKED, framing
from .http1.head_reader import HeadReader
from .loops import in_thread
from .proxy import socks5
from .tls import TLSSettings
from .trace import traced
from .via import TUNNEL, Via

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from .backends.base import NetworkBackend, NetworkStream, SocketOption
    from .call import Call
    from .http1.heads import Head
    from .origin import Origin
    from .proxy import Proxy

Result = TypeVar("Result")

_READ_SIZE = 65_536
_MOST_REFUSAL = 65_536
_REFUSAL_WAIT = 1.0
_MOST_INTERIM = 16
_DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


class Route(Protocol):
    """A way to an origin that is not the straight one."""

    def via(self, origin: Origin) -> Via:
        """Return what a request to the origin must show."""
        ...

    async def open_stream(self, origin: Origin, call: Call) -> NetworkStream:
        """Return bytes to and from the origin, or to and from a proxy that forwards."""
        ...


def route_through(
    proxy: Proxy,
    backend: NetworkBackend,
    *,
    trust_env: bool,
    local_address: str | None,
    socket_options: Sequence[SocketOption],
) -> Route:
    """Return the way through a proxy."""
    dialer = _Dialer(proxy, backend, trust_env=trust_env, local_address=local_address, socket_options=socket_options)
    return SOCKSRoute(proxy, dialer) if proxy.url.scheme.startswith("socks") else HTTPRoute(proxy, dialer)


class _Dialer:
    """Connects to the proxy itself."""

    def __init__(
        self,
        proxy: Proxy,
        backend: NetworkBackend,
        *,
        trust_env: bool,
        local_address: str | None,
        socket_options: Sequence[SocketOption],
    ) -> None:
        self._url = proxy.url
        self._backend = backend
        self._tls = TLSSettings(
            True if proxy.ssl_context is None else proxy.ssl_context, None, trust_env, ("http/1.1",)
        )
        self._local_address = local_address
        self._socket_options = socket_options

    @property
    def name(self) -> str:
        """The proxy as messages show it."""
        return f"{self._url.scheme}://{self._url.netloc.decode('ascii')}"

    async def dial(self, call: Call) -> NetworkStream:
        """Return a connection to the proxy, inside TLS where its URL says so."""
        try:
            return await self._dial(call)
        except OSError as error:
            translated = translate(error, CONNECT, call.request, call.waits, to=proxy_called(self.name))
            raise translated from because(translated, error)

    async def _dial(self, call: Call) -> NetworkStream:
        url = self._url
        host = url.raw_host.decode("ascii")
        port = url.port or _DEFAULT_PORTS[url.scheme]
        waits = call.waits
        timeout = waits.left(waits.connect)
        stream = await _told(
            call,
            "connection.connect_tcp",
            self._backend.connect_tcp(
                host, port, timeout, local_address=self._local_address, socket_options=self._socket_options
            ),
            host=host,
            port=port,
            timeout=timeout,
        )
        if url.scheme != "https":
            return stream
        try:
            is_ready = self._tls.is_ready or not call.is_async
            context = self._tls.context() if is_ready else await in_thread(self._tls.context)
            step = stream.start_tls(context, host.partition("%")[0], waits.left(waits.connect))
            return await _told(call, "proxy.start_tls", step, server_hostname=host)
        except BaseException:
            stream.close()
            raise


class HTTPRoute:
    """The way through an `http://` or `https://` proxy."""

    def __init__(self, proxy: Proxy, dialer: _Dialer) -> None:
        self._dialer = dialer
        self._codec = choose()
        self._fields = list(proxy.headers.raw)
        if proxy.auth is not None and "Proxy-Authorization" not in proxy.headers:
            self._fields.append((b"Proxy-Authorization", basic_credentials(*proxy.auth).encode("ascii")))

    def via(self, origin: Origin) -> Via:
        return Via(absolute=True, fields=self._fields) if origin.scheme == "http" else TUNNEL

    async def open_stream(self, origin: Origin, call: Call) -> NetworkStream:
        stream = await self._dialer.dial(call)
        if origin.scheme == "http":
            return stream
        try:
            await self._ask_for_tunnel(stream, origin, call)
        except OSError as error:
            stream.close()
            translated = translate(error, CONNECT, call.request, call.waits, to=proxy_called(self._name))
            raise translated from because(translated, error)
        except BaseException:
            stream.close()
            raise
        return stream

    async def _ask_for_tunnel(self, stream: NetworkStream, origin: Origin, call: Call) -> None:
        waits = call.waits
        await stream.write(self._connect_head(origin), waits.left(waits.connect))
        head, rest = await self._answer(stream, call)
        if not 200 <= head.status < 300:
            raise await self._refusal(stream, head, rest, origin, call)
        if rest:
            raise ProxyError(
                f"{described(call.request)}: the proxy {self._name} sent {len(rest)} bytes ahead of the origin's; "
                "nothing of it can be trusted",
                request=call.request,
            )

    def _connect_head(self, origin: Origin) -> bytes:
        host = _known_elsewhere(origin)
        authority = f"[{host}]:{origin.port}" if ":" in host else f"{host}:{origin.port}"
        said = authority.encode("ascii")
        fields = b"".join(b"%b: %b\r\n" % field for field in self._fields if field[0].lower() != b"host")
        return b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (said, said, fields)

    async def _answer(self, stream: NetworkStream, call: Call) -> tuple[Head, bytes]:
        """Return the head of the proxy's final answer, and what came after it."""
        waits = call.waits
        reader = HeadReader()
        interim = 0
        data = b""
        try:
            while True:
                if not data:
                    data = await stream.read(_READ_SIZE, waits.left(waits.connect))
                    if not data:
                        raise _hung_up(call, self._name, "CONNECT")
                found = reader.feed(data)
                data = b""
                if found is None:
                    continue
                head = self._codec.parse_head(found[0])
                if head.status >= 200:
                    return head, found[1]
                interim += 1
                if interim > _MOST_INTERIM:
                    raise LimitExceeded(f"the proxy sent more than {_MOST_INTERIM} interim responses")
                data = found[1]
        except RemoteProtocolError as error:
            raise ProxyError(
                f"{described(call.request)}: the proxy {self._name} answered CONNECT with something else: {error}",
                request=call.request,
            ) from error

    async def _refusal(self, stream: NetworkStream, head: Head, rest: bytes, origin: Origin, call: Call) -> ProxyError:
        """Return the error that carries the proxy's refusing response, with as much of its body as is soon there."""
        response = Response(
            head.status,
            headers=Headers.received(head.fields),
            stream=ByteStream(await self._refusing_body(stream, head, rest, call)),
            request=call.request,
            extensions={"http_version": head.version, "reason_phrase": head.reason},
        )
        with suppress(DecodingError):
            # All that there will be of it is here already.
            response.read()
        mend = self._what_is_wanted(response) if head.status == 407 else ""
        error = ProxyError(
            f"{described(call.request)}: the proxy {self._name} refused a tunnel to {origin.host}:{origin.port}: "
            f"{head.status} {response.reason_phrase}{mend}",
            request=call.request,
        )
        error.response = response
        return error

    def _what_is_wanted(self, response: Response) -> str:
        wanted = [challenge.split(" ")[0] for challenge in response.headers.get_list("Proxy-Authenticate")]
        if wanted and not any(scheme.lower() == "basic" for scheme in wanted):
            return f"; it wants {', '.join(wanted)}, and only Basic is spoken to proxies"
        if any(name.lower() == b"proxy-authorization" for name, _ in self._fields):
            return "; it does not accept this name and password"
        return "; give its name and password: proxy=Proxy(url, auth=(name, password))"

    async def _refusing_body(self, stream: NetworkStream, head: Head, rest: bytes, call: Call) -> bytes:
        waits = call.waits
        body = b""
        until = monotonic() + min(_REFUSAL_WAIT, _REFUSAL_WAIT if waits.connect is None else waits.connect)
        try:
            length = framing(head, "GET")[0]
            chunked = self._codec.chunked() if length == CHUNKED else None
            data = rest
            while True:
                body += data if chunked is None else chunked.feed(data)
                most = length if 0 <= length < _MOST_REFUSAL else _MOST_REFUSAL
                left = until - monotonic()
                if len(body) >= most or left <= 0 or (chunked is not None and chunked.is_complete):
                    return body[:most]
                data = await stream.read(_READ_SIZE, waits.left(left))
                if not data:
                    return body
        except (OSError, RemoteProtocolError):
            return body

    @property
    def _name(self) -> str:
        return self._dialer.name


class SOCKSRoute:
    """The way through a SOCKS5 proxy (RFC 1928, RFC 1929)."""

    def __init__(self, proxy: Proxy, dialer: _Dialer) -> None:
        self._socks5 = socks5()
        self._proxy = proxy
        self._dialer = dialer

    def via(self, origin: Origin) -> Via:
        return TUNNEL

    async def open_stream(self, origin: Origin, call: Call) -> NetworkStream:
        stream = await self._dialer.dial(call)
        try:
            await _told(call, "socks.setup_socks5_connection", self._negotiate(stream, origin, call))
        except OSError as error:
            stream.close()
            translated = translate(error, CONNECT, call.request, call.waits, to=proxy_called(self._dialer.name))
            raise translated from because(translated, error)
        except BaseException:
            stream.close()
            raise
        return stream

    async def _negotiate(self, stream: NetworkStream, origin: Origin, call: Call) -> None:
        socks5 = self._socks5
        speech = _SOCKSSpeech(socks5.SOCKS5Connection(), stream, call, self._dialer.name)
        auth = self._proxy.raw_auth
        wanted = socks5.SOCKS5AuthMethod.NO_AUTH_REQUIRED if auth is None else socks5.SOCKS5AuthMethod.USERNAME_PASSWORD
        try:
            chosen = await speech.say(socks5.SOCKS5AuthMethodsRequest([wanted]), 2)
            if chosen.method != wanted:
                raise self._error(call, "does not accept this way to authenticate: say its name and password, if any")
            if auth is not None:
                granted = await speech.say(socks5.SOCKS5UsernamePasswordRequest(*auth), 2)
                if not granted.success:
                    raise self._error(call, "does not accept this name and password")
            request = socks5.SOCKS5CommandRequest.from_address(
                socks5.SOCKS5Command.CONNECT, (_known_elsewhere(origin), origin.port)
            )
            answer = await speech.say(request, None)
        except socks5_errors() as error:
            raise self._error(call, f"does not speak SOCKS5: {error}") from error
        if answer.reply_code != socks5.SOCKS5ReplyCode.SUCCEEDED:
            why = answer.reply_code.name.lower().replace("_", " ")
            raise self._error(call, f"could not connect to {origin.host}:{origin.port}: {why}")

    def _error(self, call: Call, what: str) -> ProxyError:
        return ProxyError(
            f"{described(call.request)}: the proxy {self._proxy.url.redacted} {what}", request=call.request
        )


def _known_elsewhere(origin: Origin) -> str:
    """Return the host without the zone of an IPv6 address, which means something on this machine only (RFC 6874)."""
    return origin.host.partition("%")[0]


def socks5_errors() -> type[Exception]:
    """Return the error that socksio raises for bytes that are not SOCKS."""
    from socksio.exceptions import SOCKSError

    found: type[Exception] = SOCKSError
    return found


class _SOCKSSpeech:
    """Says one message and waits for the whole of the answer, however the network slices it."""

    def __init__(self, connection: Any, stream: NetworkStream, call: Call, name: str) -> None:
        self._connection = connection
        self._stream = stream
        self._call = call
        self._name = name

    async def say(self, message: Any, length: int | None) -> Any:
        """Send a message and return its answer of `length` bytes, or of the length that a command's answer says."""
        waits = self._call.waits
        self._connection.send(message)
        await self._stream.write(self._connection.data_to_send(), waits.left(waits.connect))
        if length is not None:
            data = await self._exactly(length)
        else:
            # Version, code, reserved, kind of address, and the first byte of the address (RFC 1928, section 6).
            data = await self._exactly(5)
            rest = {1: 4, 3: data[4] + 1, 4: 16}.get(data[3], 4) - 1 + 2
            data += await self._exactly(rest)
        return self._connection.receive_data(data)

    async def _exactly(self, length: int) -> bytes:
        waits = self._call.waits
        data = b""
        while len(data) < length:
            more = await self._stream.read(length - len(data), waits.left(waits.connect))
            if not more:
                raise _hung_up(self._call, self._name, "SOCKS5")
            data += more
        return data


def _hung_up(call: Call, name: str, what: str) -> ProxyError:
    """Return the error of a proxy that closed the connection instead of answering: nothing of the request was sent."""
    error = ProxyError(
        f"{described(call.request)}: the proxy {name} closed the connection instead of answering {what}",
        request=call.request,
    )
    error.request_sent = False
    error.retryable = True
    return error


async def _told(call: Call, name: str, step: Coroutine[Any, Any, Result], **info: Any) -> Result:
    if call.trace is None:
        return await step
    return await traced(call.trace, name, step, **info)
