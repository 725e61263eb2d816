"""`Origin`: scheme, host and port, which decide what two URLs may know of each other (RFC 9110 section 4.3.1)."""

from __future__ import annotations

from typing import Any, Protocol

from .parse import parse
from .parts import DEFAULT_PORTS, Authority


class AnyURL(Protocol):
    """What tells a `URL` from other objects, for a module that stands below it."""

    @property
    def is_absolute_url(self) -> bool: ...


class Origin:
    """Where a URL leads: `Origin("https://example.org/a").port` is 443.

    Frozen and hashable. The host is in ASCII (`xn--`), so that one place has one origin;
    the port is a number even where the URL leaves it out, and `None` only for a scheme that has no default.
    """

    __slots__ = ("host", "port", "scheme")

    scheme: str
    host: str
    port: int | None

    def __init__(self, url: AnyURL | str) -> None:
        parts = parse(str(url))
        authority = parts.authority
        if not (parts.scheme and authority.host):
            raise ValueError("only an absolute URL, with a scheme and a host, has an origin")
        fill = object.__setattr__
        fill(self, "scheme", parts.scheme)
        fill(self, "host", authority.host)
        fill(self, "port", DEFAULT_PORTS.get(parts.scheme) if authority.port is None else authority.port)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an Origin is frozen: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"an Origin is frozen: {name!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Origin):
            return NotImplemented
        return (self.host, self.port, self.scheme) == (other.host, other.port, other.scheme)

    def __hash__(self) -> int:
        return hash((self.scheme, self.host, self.port))

    def __str__(self) -> str:
        port = None if self.port == DEFAULT_PORTS.get(self.scheme) else self.port
        return f"{self.scheme}:{Authority('', self.host, port).text}"

    def __repr__(self) -> str:
        return f"Origin(scheme={self.scheme!r}, host={self.host!r}, port={self.port!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Origin, (str(self),))
