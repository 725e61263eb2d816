"""From a host name to sockets: resolution, the order of attempts, and how each socket is set up.

Theory of operation (RFC 8305, "Happy Eyeballs")

1. Addresses of the two families are tried in turn, beginning with the family that the system prefers.
2. An attempt gets `STAGGER` seconds before the next one starts beside it; one that fails starts the next at once.
3. The first connection wins and the others are closed; when all fail, one error names every attempt.

How attempts run side by side is each backend's business; what to attempt, in which order, is here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Sequence

    from .base import SocketOption

STAGGER = 0.25
_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.05


class Address(NamedTuple):
    """Where a socket can connect to: a family such as `socket.AF_INET6`, and what `socket.connect` takes."""

    family: int
    sockaddr: tuple[Any, ...]


class Resolver(Protocol):
    """Turns a host name into addresses. One given to a blocking backend must not suspend."""

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        """Return addresses, best first; raise `OSError` when there are none."""
        ...


class Finder(Protocol):
    """What makes a resolver over another one."""

    def over(self, system: Resolver) -> Resolver:
        """Return a resolver that may ask `system`, which is the backend's own."""
        ...


def bound(resolver: Resolver | Finder | None, system: Resolver) -> Resolver:
    """Return the resolver that a backend asks, where `system` is its own."""
    if resolver is None:
        return system
    over: Callable[[Resolver], Resolver] | None = getattr(resolver, "over", None)
    return cast("Resolver", resolver) if over is None else over(system)


def literal(host: str, port: int) -> list[Address] | None:
    """Return the address that `host` spells, without asking anybody; `None` when it is a name."""
    if not host or (host[-1:] not in "0123456789abcdefABCDEF" and ":" not in host):
        return None
    import socket  # resolvers are named in the face, which opens no socket

    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return in_order(found)


async def look_up(resolver: Resolver, host: str, port: int) -> tuple[Sequence[Address], float | None]:
    """Return the addresses of a host, and how long that took where somebody had to be asked."""
    spelled = literal(host, port)
    if spelled is not None:
        return spelled, None
    began = time.monotonic()
    addresses = await resolver(host, port)
    return addresses, time.monotonic() - began


def in_order(found: Sequence[tuple[Any, ...]]) -> list[Address]:
    """Return what `getaddrinfo` found, without repeats, the families taking turns (RFC 8305, section 4)."""
    seen = list(dict.fromkeys(Address(int(entry[0]), entry[4]) for entry in found))
    if not seen:
        return []
    preferred = seen[0].family
    first = [address for address in seen if address.family == preferred]
    second = [address for address in seen if address.family != preferred]
    ordered: list[Address] = []
    for place in range(max(len(first), len(second))):
        ordered.extend(first[place : place + 1])
        ordered.extend(second[place : place + 1])
    return ordered


def open_socket(
    address: Address, *, local_address: str | None = None, socket_options: Sequence[SocketOption] = ()
) -> socket.socket:
    """Return a non-blocking socket ready to connect to `address`."""
    import socket

    opened = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        # Requests are written whole: waiting for more to send (Nagle) only adds delay.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        set_options(opened, socket_options)
        if local_address is not None:
            _bind(opened, local_address)
    except BaseException:
        opened.close()
        raise
    return opened


async def open_unix(
    path: str, socket_options: Sequence[SocketOption], sleep: Callable[[float], Awaitable[None]]
) -> socket.socket:
    """Return a socket that is connected to the Unix socket at `path`, and that does not block.

    Connecting is immediate, or is refused. But where too many wait to be accepted, Linux says so, and tells nobody when
    there is room again: one asks again after `sleep`, which bounds it.
    """
    import socket

    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        set_options(opened, socket_options)
        pause = _FIRST_PAUSE
        while True:
            try:
                opened.connect(path)
            except BlockingIOError:
                await sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return opened
    except BaseException:
        opened.close()
        raise


def _bind(opened: socket.socket, local_address: str) -> None:
    try:
        opened.bind((local_address, 0))
    except OSError as error:
        raise OSError(error.errno, f"local_address={local_address!r}: {error.strerror or error}") from error


def set_options(opened: socket.socket, socket_options: Sequence[SocketOption]) -> None:
    """Apply options as `socket.setsockopt` takes them."""
    for option in socket_options:
        if len(option) == 4:
            opened.setsockopt(option[0], option[1], None, option[3])
        else:
            opened.setsockopt(option[0], option[1], option[2])


def about_socket(connected: socket.socket, name: str) -> Any:
    """Return what a stream's `get_extra_info` says of its socket."""
    if name == "socket":
        return connected
    if connected.fileno() < 0:
        return None
    if name == "client_addr":
        return connected.getsockname()
    return connected.getpeername() if name == "server_addr" else None


def told_by(code: int) -> OSError:
    """Return the error that a socket has told by its number."""
    import os
    import socket

    # Windows keeps the words for these numbers apart from those for files.
    words: dict[int, str] = getattr(socket, "errorTab", {})
    return OSError(code, words[code].rstrip(".") if code in words else os.strerror(code))


def all_failed(host: str, failures: Sequence[tuple[Address, BaseException]]) -> OSError:
    """Return one error that tells of every attempt."""
    if not failures:
        return OSError(f"{host!r} has no address")
    last = failures[-1][1]
    if len(failures) == 1:
        return last if isinstance(last, OSError) else OSError(str(last))
    said = "; ".join(f"{address.sockaddr[0]}: {error}" for address, error in failures)
    return OSError(getattr(last, "errno", None) or 0, f"all {len(failures)} addresses failed: {said}")
