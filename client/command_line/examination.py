"""The way to a server, tried out step by step: names, addresses, TLS, the answer, and where it leads.

Every hop is asked twice: its addresses one by one, which no client does, and then with a real client,
so that what is reported of TLS, HTTP and timings is what a program would see.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import RequestError
from ..layers.redirects import redirect_headers
from ..messages.headers import SECRET_HEADERS, Headers
from ..messages.request import Request
from ..network.backends.addresses import Address, in_order, literal
from ..urls.parts import DEFAULT_PORTS
from .certificates import Certificate, TLSFacts, tls_facts
from .proxy_choice import Choice, choose
from .sending import client_for, warm_up
from .stopwatch import Stopwatch

if TYPE_CHECKING:
    from ..messages.response import Response
    from ..urls import URL

_MOST_ADDRESSES = 8
MOST_HOPS = 20


@dataclass(frozen=True)
class Attempt:
    """One address, and how connecting to it went."""

    target: Address
    took: float = 0.0
    failure: str = ""

    @property
    def address(self) -> str:
        return str(self.target.sockaddr[0])

    @property
    def is_ipv6(self) -> bool:
        return self.target.family == socket.AF_INET6


def _no_attempts() -> list[Attempt]:
    return []


@dataclass
class Hop:
    """One server on the way."""

    url: URL
    choice: Choice
    is_literal: bool = False
    resolving: float = 0.0
    unresolved: str = ""
    attempts: list[Attempt] = field(default_factory=_no_attempts)
    tls: TLSFacts | None = None
    response: Response | None = None
    error: Exception | None = None
    shown_certificates: tuple[Certificate, ...] = ()
    leads_to: URL | None = None
    left_behind: tuple[str, ...] = ()
    watch: Stopwatch = field(default_factory=Stopwatch)


def examine(url: URL, timeout: float) -> list[Hop]:
    """Return every hop from a URL to the last answer, or to where the way ends."""
    hops: list[Hop] = []
    seen: set[str] = set()
    following: URL | None = url
    while following is not None and str(following) not in seen and len(hops) < MOST_HOPS:
        seen.add(str(following))
        hop = Hop(following, choose(following))
        hops.append(hop)
        if hop.choice.proxy is None:
            _look_up(hop)
            _knock(hop, timeout)
        if not hop.unresolved:
            _ask(hop, timeout)
        following = hop.leads_to
    return hops


def _look_up(hop: Hop) -> None:
    """Resolve the name."""
    host, port = hop.url.raw_host.decode("ascii"), _port(hop.url)
    addresses = literal(host, port)
    hop.is_literal = addresses is not None
    if addresses is None:
        started = time.perf_counter()
        try:
            addresses = in_order(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            hop.unresolved = getattr(error, "strerror", None) or str(error)
            addresses = []
        hop.resolving = time.perf_counter() - started
    hop.attempts = [Attempt(address) for address in addresses[:_MOST_ADDRESSES]]


def _knock(hop: Hop, timeout: float) -> None:
    """Connect to every address, all at once."""
    targets = [attempt.target for attempt in hop.attempts]
    if targets:
        with ThreadPoolExecutor(len(targets)) as pool:
            hop.attempts = list(pool.map(_connect, targets, [timeout] * len(targets)))


def _connect(target: Address, timeout: float) -> Attempt:
    started = time.perf_counter()
    failure = ""
    try:
        with socket.socket(target.family, socket.SOCK_STREAM) as opened:
            opened.settimeout(timeout)
            opened.connect(target.sockaddr)
    except OSError as error:
        # Python 3.9 has a class of its own for this.
        waited = isinstance(error, socket.timeout)
        failure = f"no answer within {timeout:g} s" if waited else error.strerror or str(error)
    return Attempt(target, time.perf_counter() - started, failure)


def _ask(hop: Hop, timeout: float) -> None:
    """Send the request as a client would, and look at the connection that answered."""
    client = client_for(hop.watch, {"verify": True, "http2": True}, None, timeout=timeout)
    warm_up(hop.url, verify=True)
    try:
        with client, client.stream("GET", hop.url, extensions={"trace": hop.watch.trace}) as response:
            hop.response = response
            hop.tls = _tls_of(response)
            if response.next_request is not None:
                hop.leads_to = response.next_request.url
                hop.left_behind = left_behind(hop.url, hop.leads_to)
    except RequestError as error:
        hop.error = error
        if _is_about_certificates(error):
            hop.shown_certificates = _certificates_shown(hop.url, timeout)


def _tls_of(response: Response) -> TLSFacts | None:
    stream: Any = response.extensions.get("network_stream")
    tls: Any = None if stream is None else stream.get_extra_info("ssl_object")
    return None if tls is None else tls_facts(tls)


def _is_about_certificates(error: BaseException) -> bool:
    import ssl

    return isinstance(error.__cause__, ssl.SSLCertVerificationError)


def _certificates_shown(url: URL, timeout: float) -> tuple[Certificate, ...]:
    """Return the certificates of a server that is not trusted."""
    client = client_for(Stopwatch(), {"verify": False}, None, timeout=timeout)
    try:
        with client, client.stream("GET", url) as response:
            facts = _tls_of(response)
    except RequestError:
        return ()
    return () if facts is None else facts.chain


def left_behind(url: URL, to: URL) -> tuple[str, ...]:
    """Return the names of the fields that a client would not take along on a redirect."""
    probe = Request("GET", url, headers=Headers(dict.fromkeys(SECRET_HEADERS - {"cookie", "set-cookie"}, "x")))
    kept = redirect_headers(probe, to, "GET")
    dropped = [name for name in probe.headers if name not in kept and name != "host"]
    return tuple(sorted([*dropped, "cookie"] if url.origin != to.origin else dropped))


def _port(url: URL) -> int:
    return url.port or DEFAULT_PORTS.get(url.scheme, 443)
