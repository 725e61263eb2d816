"""Timeouts, limits, guards and HTTP/2's settings: what a client may be told once, and a request again."""

from __future__ import annotations

import math
from typing import Any, Final, Optional, Union


class Unset:
    """The type of `UNSET`: not given, where `None` means something."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


class UseClientDefault:
    """The type of `USE_CLIENT_DEFAULT`: take what the client was told, where `None` means something."""

    def __repr__(self) -> str:
        return "USE_CLIENT_DEFAULT"


USE_CLIENT_DEFAULT: Final = UseClientDefault()

# Real unions, not strings: SDKs build on them at run time.
TimeoutTypes = Union[
    Optional[float], tuple[Optional[float], Optional[float], Optional[float], Optional[float]], "Timeout"
]


class Timeout:
    """How long to wait, in seconds; `None` waits for ever.

    `connect` bounds opening a connection, TLS included; `read` and `write` bound one silence of the peer;
    `pool` bounds waiting for a free connection.
    `total` bounds the whole call: queue, connect, redirects, auth, retries and body.

        Timeout(5.0)                     every kind 5 s, no total
        Timeout(5.0, read=30, total=60)  one kind different, one budget over all
        Timeout(None)                    no timeouts at all
    """

    __slots__ = ("connect", "pool", "read", "total", "write")

    def __init__(
        self,
        timeout: TimeoutTypes | Unset = UNSET,
        *,
        connect: float | Unset | None = UNSET,
        read: float | Unset | None = UNSET,
        write: float | Unset | None = UNSET,
        pool: float | Unset | None = UNSET,
        total: float | None = None,
    ) -> None:
        base: tuple[Any, ...]
        if isinstance(timeout, Timeout):
            base = (timeout.connect, timeout.read, timeout.write, timeout.pool)
            total = timeout.total if total is None else total
        elif isinstance(timeout, tuple):
            if len(timeout) not in (2, 3, 4):
                raise ValueError(f"a timeout tuple is (connect, read, write, pool), not {timeout!r}")
            base = (*timeout, *(None,) * (4 - len(timeout)))[:4]
        elif isinstance(timeout, Unset):
            if (
                isinstance(connect, Unset)
                or isinstance(read, Unset)
                or isinstance(write, Unset)
                or isinstance(pool, Unset)
            ):
                raise ValueError(
                    "Timeout needs a default, as in Timeout(5.0, read=30), or all of connect, read, write and pool"
                )
            base = (None, None, None, None)
        else:
            base = (timeout, timeout, timeout, timeout)
        self.connect: float | None = _seconds("connect", base[0] if isinstance(connect, Unset) else connect)
        self.read: float | None = _seconds("read", base[1] if isinstance(read, Unset) else read)
        self.write: float | None = _seconds("write", base[2] if isinstance(write, Unset) else write)
        self.pool: float | None = _seconds("pool", base[3] if isinstance(pool, Unset) else pool)
        self.total: float | None = _seconds("total", total)

    def as_dict(self) -> dict[str, float | None]:
        """Return the value of `request.extensions["timeout"]`: keys `connect`, `read`, `write`, `pool`."""
        return {"connect": self.connect, "read": self.read, "write": self.write, "pool": self.pool}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Timeout):
            return NotImplemented
        return self.as_dict() == other.as_dict() and self.total == other.total

    def __hash__(self) -> int:
        return hash((self.connect, self.read, self.write, self.pool, self.total))

    def __repr__(self) -> str:
        kinds = (self.connect, self.read, self.write, self.pool)
        if len(set(kinds)) == 1:
            said = f"timeout={self.connect}"
        else:
            said = f"connect={self.connect}, read={self.read}, write={self.write}, pool={self.pool}"
        return f"Timeout({said}{'' if self.total is None else f', total={self.total}'})"


def _seconds(kind: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"timeout {kind}={value!r}: seconds are a number, or None to wait for ever")
    if not value >= 0:
        raise ValueError(f"timeout {kind}={value!r}: seconds cannot be negative; None waits for ever")
    return None if value >= _FOR_EVER else value


# A century. Sockets cannot count three of them, and whoever writes `timeout=sys.maxsize` does not want one to.
_FOR_EVER: Final = 100 * 365.25 * 24 * 3600


class Limits:
    """How many connections a pool may hold, and how long it keeps idle ones.

    `max_connections` and `max_connections_per_host` bound what is open at once (`None`: no bound);
    `max_keepalive_connections` bounds what is kept idle; `keepalive_expiry` is how long, in seconds;
    `max_age` retires a connection that many seconds after it was opened.
    """

    __slots__ = (
        "keepalive_expiry",
        "max_age",
        "max_connections",
        "max_connections_per_host",
        "max_keepalive_connections",
    )

    def __init__(
        self,
        *,
        max_connections: int | None = None,
        max_keepalive_connections: int | None = None,
        keepalive_expiry: float | None = 5.0,
        max_connections_per_host: int | None = None,
        max_age: float | None = None,
    ) -> None:
        self.max_connections: int | None = _count("max_connections", max_connections, least=1)
        self.max_keepalive_connections: int | None = _count(
            "max_keepalive_connections", max_keepalive_connections, least=0
        )
        self.max_connections_per_host: int | None = _count(
            "max_connections_per_host", max_connections_per_host, least=1
        )
        self.keepalive_expiry: float | None = _seconds("keepalive_expiry", keepalive_expiry)
        self.max_age: float | None = _seconds("max_age", max_age)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Limits):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self.__slots__))

    def __repr__(self) -> str:
        said = (
            f"max_connections={self.max_connections}, max_keepalive_connections={self.max_keepalive_connections}, "
            f"keepalive_expiry={self.keepalive_expiry}"
        )
        if self.max_connections_per_host is not None:
            said += f", max_connections_per_host={self.max_connections_per_host}"
        if self.max_age is not None:
            said += f", max_age={self.max_age}"
        return f"Limits({said})"


def _count(name: str, value: Any, *, least: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"Limits({name}={value!r}): a number of connections is an int, or None for no limit")
    if value < least:
        raise ValueError(f"Limits({name}={value!r}): at least {least}, or None for no limit")
    return value


class Guards:
    """How much a server may make the client hold.

    `max_response_size` bounds the decoded body, in bytes (`None`: no bound, which is the default).
    A body that decodes to more than `max_ratio` times what came over the wire is a bomb, once it is over `ratio_floor`
    bytes; `max_ratio=None` switches that guard off.
    Past a bound, reading raises `LimitExceeded` and the connection is closed.
    """

    __slots__ = ("max_ratio", "max_response_size", "ratio_floor")

    def __init__(
        self,
        *,
        max_response_size: int | None = None,
        max_ratio: int | None = 200,
        ratio_floor: int = 32 * 1024 * 1024,
    ) -> None:
        self.max_response_size: int | None = _bytes("max_response_size", max_response_size)
        self.max_ratio: int | None = _bytes("max_ratio", max_ratio)
        self.ratio_floor: int = _bytes("ratio_floor", ratio_floor) or 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Guards):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self.__slots__))

    def __repr__(self) -> str:
        return (
            f"Guards(max_response_size={self.max_response_size}, max_ratio={self.max_ratio}, "
            f"ratio_floor={self.ratio_floor})"
        )


def _bytes(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise TypeError(f"Guards({name}={value!r}): an int, or None for no bound")
    if value is not None and value < 0:
        raise ValueError(f"Guards({name}={value!r}): at least 0, or None for no bound")
    return value


# Setting -> the least and the most that it can be (RFC 9113, sections 6.5.2 and 6.9).
_HTTP2_BOUNDS: dict[str, tuple[int, int]] = {
    "max_pushed": (1, 10_000),
    "max_pushed_size": (0, 2**31 - 1),
    "stream_window": (16_384, 2**31 - 1),
    "connection_window": (65_535, 2**31 - 1),
    "max_concurrent_streams": (1, 2**31 - 1),
    "max_header_list_size": (1_024, 2**24),
    "max_frame_size": (2**14, 2**24 - 1),
}


class HTTP2:
    """How HTTP/2 is spoken, where `http2=True` is not enough: `Client(http2=HTTP2(ping_interval=20))`.

    `ping_interval`: a server that has said nothing for so many seconds while somebody waits for it is sent a PING.
    Says it nothing for `ping_timeout` seconds more, the connection is closed, and who waits gets a `ReadError`.
    A connection that was idle for as long is asked in the same way before it is used again, and replaced if it does
    not answer. There is no thread or task behind that: while nobody uses a connection, nobody asks.

    `push` accepts what the server pushes, as `response.pushed`: at most `max_pushed` responses at once on one
    connection, and `max_pushed_size` bytes of them that nobody has asked for yet. Otherwise push is switched off.

    `stream_window` and `connection_window` are how many bytes a server may send ahead of whoever reads them, in one
    response and in all of a connection. `max_concurrent_streams` is how many requests share a connection where the
    server would take more; others get another one. `max_header_list_size` and `max_frame_size` bound what a server
    may send in one header block and in one frame.
    """

    __slots__ = (
        "connection_window",
        "max_concurrent_streams",
        "max_frame_size",
        "max_header_list_size",
        "max_pushed",
        "max_pushed_size",
        "ping_interval",
        "ping_timeout",
        "push",
        "stream_window",
    )

    connection_window: int
    max_concurrent_streams: int | None
    max_frame_size: int
    max_header_list_size: int
    max_pushed: int
    max_pushed_size: int
    ping_interval: float | None
    ping_timeout: float
    push: bool
    stream_window: int

    def __init__(
        self,
        *,
        push: bool = False,
        max_pushed: int = 100,
        max_pushed_size: int = 4_194_304,
        ping_interval: float | None = None,
        ping_timeout: float = 10.0,
        stream_window: int = 2_097_152,
        connection_window: int = 16_777_216,
        max_concurrent_streams: int | None = None,
        max_header_list_size: int = 65_536,
        max_frame_size: int = 65_536,
    ) -> None:
        if not isinstance(push, bool):
            raise TypeError(f"HTTP2(push={push!r}): True or False")
        values: dict[str, Any] = {
            "push": push,
            "max_pushed": max_pushed,
            "max_pushed_size": max_pushed_size,
            "ping_interval": _pause("ping_interval", ping_interval),
            "ping_timeout": _pause("ping_timeout", ping_timeout),
            "stream_window": stream_window,
            "connection_window": connection_window,
            "max_concurrent_streams": max_concurrent_streams,
            "max_header_list_size": max_header_list_size,
            "max_frame_size": max_frame_size,
        }
        if values["ping_timeout"] is None:
            raise TypeError("HTTP2(ping_timeout=None): seconds are a number; without ping_interval nobody is asked")
        for name, (least, most) in _HTTP2_BOUNDS.items():
            value = values[name]
            if value is None and name == "max_concurrent_streams":
                continue
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"HTTP2({name}={value!r}): an int, from {least} to {most}")
            if not least <= value <= most:
                raise ValueError(f"HTTP2({name}={value!r}): at least {least}, at most {most}")
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"these settings do not change: make others, with HTTP2({name}={value!r})")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"these settings do not change: {name} stays")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HTTP2):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in self.__slots__))

    def __reduce__(self) -> tuple[Any, ...]:
        return _http2_of, ({name: getattr(self, name) for name in self.__slots__},)

    def __repr__(self) -> str:
        usual = DEFAULT_HTTP2
        said = [
            f"{name}={getattr(self, name)!r}"
            for name in ("push", "ping_interval", "ping_timeout", *_HTTP2_BOUNDS)
            if getattr(self, name) != getattr(usual, name)
        ]
        return f"HTTP2({', '.join(said)})"


def _http2_of(values: dict[str, Any]) -> HTTP2:
    return HTTP2(**values)


def _pause(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"HTTP2({name}={value!r}): seconds are a number")
    if not 0 < value < math.inf:
        raise ValueError(f"HTTP2({name}={value!r}): more than 0 seconds, and not for ever")
    return float(value)


def http2_from(value: bool | HTTP2) -> HTTP2 | None:
    """Return what `http2=` means: the settings, or `None` where HTTP/2 is not to be spoken."""
    if isinstance(value, HTTP2):
        return value
    if isinstance(value, bool):
        return DEFAULT_HTTP2 if value else None
    raise TypeError(f"http2={value!r}: True, False, or settings such as HTTP2(ping_interval=20)")


DEFAULT_TIMEOUT_CONFIG = Timeout(timeout=5.0)
DEFAULT_LIMITS = Limits(max_connections=100, max_keepalive_connections=20)
DEFAULT_MAX_REDIRECTS = 20
DEFAULT_GUARDS = Guards()
DEFAULT_HTTP2: Final = HTTP2()
