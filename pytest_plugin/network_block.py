"""`--block-network`: a test that opens a connection or asks DNS fails, and learns which one it was.

It is an audit hook, which sees the calls of C extensions as well, and cannot be evaded by a saved reference.
An audit hook cannot be removed either: it is added once, when first needed, and asks `_active` what to do.
"""

from __future__ import annotations

import fnmatch
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

LOOPBACK = ("127.0.0.0/8", "::1", "localhost", "ip6-localhost", "ip6-loopback")


class NetworkBlocked(RuntimeError):
    """A test used the network although `--block-network` is on.

    Not an `OSError`: code that copes with a broken network must not swallow it.
    """


class Block:
    """What is let through, for whom, and what was stopped."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        self.test: str | None = None
        self.attempts: list[tuple[str | None, str]] = []
        self.uses: list[str] = []
        self._allowed_now: tuple[str, ...] = ()
        self._resolved: set[str] = set()
        self._resolved_now: set[str] = set()
        self._resolving = threading.local()
        self._tapes_that_record = 0

    def begin(self, test: str, allowed: tuple[str, ...]) -> None:
        """Let a test have its turn, with what it is allowed in addition."""
        self.test, self._allowed_now = test, allowed
        self.uses = []

    def let_through(self, allowed: tuple[str, ...]) -> None:
        """Allow more, for the length of this turn."""
        self._allowed_now += allowed

    @contextmanager
    def open_for_a_tape(self) -> Generator[None]:
        """Let everything through for as long as a tape records; `network:` says what it may ask."""
        self._tapes_that_record += 1
        try:
            yield
        finally:
            self._tapes_that_record -= 1

    def finish(self) -> None:
        """End the turn of a test; nothing of it reaches the next one."""
        self.test, self._allowed_now = None, ()
        self._resolved_now.clear()

    def lets_through(self, host: str) -> bool:
        """Whether a host name, an address or the path of a Unix socket is allowed."""
        host = host.lower().rstrip(".").partition("%")[0]
        return (
            self._tapes_that_record > 0
            or any(_fits(host, pattern) for pattern in (*self.allowed, *self._allowed_now))
            or host in self._resolved
            or host in self._resolved_now
        )

    def check(self, action: str, host: Any, port: object = None) -> None:
        """Raise unless a host is allowed; `action` is what was about to be done, as `connect to`."""
        if getattr(self._resolving, "is_on", False) or _is_own_socketpair():
            return
        name = host.decode("utf-8", "backslashreplace") if isinstance(host, bytes) else str(host)
        attempt = f"{action} {_shown(name, port)}"
        self.uses.append(attempt)
        if not self.lets_through(name):
            self.attempts.append((self.test, attempt))
            raise NetworkBlocked(
                f"Network is disabled for host {name!r}: "
                f"{self.test or 'pytest, outside a test,'} tried to {attempt}.\n"
                f"Answer it with a route (fixture `http_mock`) or a tape (`@pytest.mark.cassette`),\n"
                f'or let it through: --allowed-hosts={name}, or `@pytest.mark.network("{name}")` on the test'
            )

    def resolve(self, host: str) -> None:
        """Remember the addresses of an allowed name: the connection that follows has only an address."""
        if (
            self._tapes_that_record
            or "*" in (*self.allowed, *self._allowed_now)
            or getattr(self._resolving, "is_on", False)
        ):
            return
        import socket

        for_all = any(_fits(host.lower(), pattern) for pattern in self.allowed)
        self._resolving.is_on = True
        try:
            addresses = {str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(host, None)}
            (self._resolved if for_all else self._resolved_now).update(addresses)
        except OSError:
            pass  # the caller's own question meets the same error
        finally:
            self._resolving.is_on = False


def _shown(name: str, port: object) -> str:
    if port is None:
        return name
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _fits(host: str, pattern: str) -> bool:
    wanted = LOOPBACK if pattern.lower() == "localhost" else (pattern.lower(),)
    return any(fnmatch.fnmatchcase(host, one) or ("/" in one and _within(host, one)) for one in wanted)


def misfit(pattern: str) -> str | None:
    """Return why a pattern fits no host that anybody asks for, or None."""
    import ipaddress

    if pattern.startswith("/"):
        return None
    _, is_url, rest = pattern.partition("://")
    authority = rest.partition("/")[0] if is_url else pattern
    host, _, port = authority.rpartition(":")
    has_port = port.isdigit() and bool(host) and (":" not in host or host.endswith("]"))
    if is_url or has_port or pattern.startswith("["):
        return (
            f"{pattern!r} is more than a host; write {(host if has_port else authority).strip('[]')!r}, for every port"
        )
    address, is_network, _ = pattern.partition("/")
    if (":" in pattern and "*" not in pattern) or (is_network and address.replace(".", "").isdigit()):
        try:
            ipaddress.ip_network(pattern, strict=False)
        except ValueError:
            return f"{pattern!r} is no host, no address and no network"
    if any(letter.isspace() for letter in pattern):
        return f"{pattern!r} is no host; put commas between several"
    return None


def _within(host: str, network: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _is_own_socketpair() -> bool:
    """Whether Python connects the ends of a socket pair, which every event loop needs: on Windows over loopback."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return (
        frame is not None
        and frame.f_globals.get("__name__") == "socket"
        and frame.f_code.co_name.endswith("socketpair")
    )


def _connecting(block: Block, arguments: tuple[Any, ...]) -> None:
    opened, address = arguments
    try:
        _check(block, "connect to", address)
    except NetworkBlocked:
        # `socket.create_connection` and others close what they opened after an `OSError` only.
        if opened is not None:
            opened.close()
        raise


def _sending(block: Block, arguments: tuple[Any, ...]) -> None:
    _, address = arguments
    _check(block, "send a datagram to", address)


def _check(block: Block, action: str, address: Any) -> None:
    if isinstance(address, (str, bytes)):
        block.check(f"{action} the Unix socket", address)
    elif address is not None and isinstance(address[0], (str, bytes)):
        block.check(action, address[0], address[1])
    # Other families, netlink for example, talk to this machine's kernel; without an address it is a connected socket.


def _resolving(block: Block, arguments: tuple[Any, ...]) -> None:
    host = arguments[0]
    # None and the empty name stand for this machine, and an address is no question to DNS.
    if host and not _is_address(host):
        block.check("ask DNS for", host)
        block.resolve(host.decode("ascii", "replace") if isinstance(host, bytes) else str(host))


def _naming(block: Block, arguments: tuple[Any, ...]) -> None:
    (address,) = arguments
    block.check("ask DNS for the name of", address[0] if isinstance(address, tuple) else address)


def _is_address(host: str | bytes) -> bool:
    import ipaddress

    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


_EVENTS: dict[str, Callable[[Block, tuple[Any, ...]], None]] = {
    "socket.connect": _connecting,
    "socket.getaddrinfo": _resolving,
    "socket.gethostbyaddr": _naming,
    "socket.gethostbyname": _resolving,
    "socket.getnameinfo": _naming,
    "socket.sendmsg": _sending,
    "socket.sendto": _sending,
}

_active: list[Block] = []
_installed: list[Callable[[str, tuple[Any, ...]], None]] = []


def audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Let the latest block judge what the interpreter is about to do."""
    if _active and event in _EVENTS:
        _EVENTS[event](_active[-1], arguments)


def start(block: Block) -> None:
    """Block the network from now on; the latest of several blocks decides."""
    _active.append(block)
    if not _installed:
        sys.addaudithook(audit)
        _installed.append(audit)


def stop(block: Block) -> None:
    """Take a block away."""
    _active.remove(block)
