"""Other ways to find a host than to ask the system each time: a table, a function, a memory.

They are what `HTTPTransport(resolver=...)` takes. None of them is asked about a host that is an address already.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, Union

from ...urls.host import canonical
from ...urls.parse import address_of
from .addresses import Address, in_order, literal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from .addresses import Finder, Resolver

Place = Union[str, "tuple[str, int]", Address]
"""Where a host is: an address, or another name; beside a port, where that is another one as well."""

Places = Union[Place, "Sequence[Place]"]
ResolverTypes = Union[Mapping[str, Places], "Callable[[str, int], Places | Awaitable[Places]]", "DNSCache"]


class Table:
    """A resolver that knows some hosts by `host` or `host:port`, and leaves the others to the system."""

    def __init__(self, known: Mapping[str, Places]) -> None:
        self._known = {_as_asked(host): _checked(places) for host, places in known.items()}

    def over(self, system: Resolver) -> Resolver:
        async def resolve(host: str, port: int) -> Sequence[Address]:
            places = self._known.get(f"{host}:{port}", self._known.get(host))
            return await system(host, port) if places is None else await addresses_of(places, port, system)

        return resolve


class Asking:
    """A resolver that calls a function: a plain one, which should not take long, or a coroutine function."""

    def __init__(self, function: Callable[[str, int], Any]) -> None:
        self._function = function

    def over(self, system: Resolver) -> Resolver:
        async def resolve(host: str, port: int) -> Sequence[Address]:
            places = self._function(host, port)
            if hasattr(places, "__await__"):
                places = await places
            return await addresses_of(places, port, system)

        return resolve


class DNSCache:
    """A resolver that remembers for `ttl` seconds what the system said, or `resolver`; at most `most` names.

    The system does not tell how long an answer may be kept, so keep `ttl` short. Failures are not remembered.
    """

    def __init__(
        self,
        resolver: ResolverTypes | None = None,
        *,
        ttl: float = 30.0,
        most: int = 256,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = None if resolver is None else resolver_from(resolver)
        self._ttl = ttl
        self._most = most
        self._now = now
        self._known: dict[tuple[str, int], tuple[float, Sequence[Address]]] = {}
        self._lock = threading.Lock()  # around whatever changes it

    def over(self, system: Resolver) -> Resolver:
        """Return a resolver that asks this cache first, and then whomever it was made over, or `system`."""
        inner: Resolver = system if self._inner is None else self._inner.over(system)

        async def resolve(host: str, port: int) -> Sequence[Address]:
            known = self._known.get((host, port))
            if known is not None and self._now() < known[0]:
                return known[1]
            addresses = await inner(host, port)
            if not addresses:
                return addresses
            until = self._now() + self._ttl
            with self._lock:
                self._known.pop((host, port), None)
                self._known[host, port] = until, addresses
                while len(self._known) > self._most:
                    del self._known[next(iter(self._known))]
            return addresses

        return resolve

    def forget(self) -> None:
        """Forget everything, as after a change of network."""
        with self._lock:
            self._known.clear()

    def __repr__(self) -> str:
        return f"<DNSCache of {len(self._known)} names>"


def resolver_from(said: ResolverTypes) -> Finder:
    """Return the resolver that a transport's `resolver` means; backends put it `over` their own."""
    if isinstance(said, DNSCache):
        return said
    if isinstance(said, Mapping):
        # A function might be a mapping as well, for all that pyright knows.
        return Table(said)  # pyright: ignore[reportUnknownArgumentType]
    if callable(said):
        return Asking(said)
    raise TypeError(f"resolver={said!r}: a mapping of hosts to addresses, a function of host and port, or a DNSCache()")


async def addresses_of(places: Any, port: int, system: Resolver) -> list[Address]:
    """Return the addresses that a caller means, in the caller's order where all of one family."""
    found: list[Address] = []
    for place in _each(places):
        if isinstance(place, Address):
            found.append(place)
            continue
        name, at = (place, port) if isinstance(place, str) else _pair(place)
        found.extend(literal(name, at) or await _asked_for(name, at, system))
    return in_order([(address.family, 0, 0, "", address.sockaddr) for address in found])


async def _asked_for(name: str, port: int, system: Resolver) -> Sequence[Address]:
    """Return what the system says of a name that stands for another one; the error of who does not know it says so."""
    if ":" in name:
        raise _no_place(name)
    try:
        return await system(name, port)
    except socket.gaierror as error:
        raise socket.gaierror(error.errno, f"{error.strerror or error}: {name!r}, where the resolver leads") from error


def _checked(places: Places) -> Places:
    """Refuse at once what no address can come of."""
    for place in _each(places):
        if not isinstance(place, Address):
            name, port = (place, 0) if isinstance(place, str) else _pair(place)
            if ":" in name and not literal(name, port):
                raise _no_place(place)
    return places


def _as_asked(place: str) -> str:
    """Return `host` or `host:port` as the network asks for it: a name beyond ASCII as its `xn--` form."""
    if not isinstance(place, str) or "*" in place or "/" in place:
        raise ValueError(f"resolver={{{place!r}: ...}}: a table has hosts one by one; for patterns, pass a function")
    host, port = address_of(place)
    name = canonical(host) if host else host
    return name if port is None else f"{name}:{port}"


def _each(places: Any) -> Sequence[Any]:
    if isinstance(places, (str, tuple)):
        return [places]
    try:
        return list(places)
    except TypeError:
        raise _no_place(places) from None


def _pair(place: Any) -> tuple[str, int]:
    try:
        host, port = place
    except (TypeError, ValueError):
        raise _no_place(place) from None
    if not isinstance(host, str) or not isinstance(port, int):
        raise _no_place(place)
    return host, port


def _no_place(said: Any) -> TypeError:
    return TypeError(
        f"the resolver says {said!r}: a place is an address such as '127.0.0.1' or '::1', a pair such as "
        "('127.0.0.1', 8443), or an Address; several are a list"
    )
