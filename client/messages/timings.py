"""Where the time of one request went: stamps while it happens, durations when somebody looks.

The network stamps every request, whether or not anybody looks: a stamp is one look at the clock and one assignment.
"""

from __future__ import annotations

from typing import NamedTuple


class Timings(NamedTuple):
    """Where the time of one request went, in seconds; `None` is what did not happen, or is not known.

    `response.timings` is one of these for every response.
    The phases follow one another: `queue`, `dns`, `connect`, `tls`, `send`, `first_byte`, `download`.
    One that came over a connection that was kept has no `dns`, `connect` and `tls`, and `reused` is true.
    Where a response did not come over the network (a mock, a cassette), `total` is all that is known.
    """

    queue: float | None = None
    """Waiting for a free connection, or for one that another request was making."""
    dns: float | None = None
    """Resolving the host's name, or the proxy's; `None` for an address."""
    connect: float | None = None
    """Connecting; through a proxy until its tunnel is open, a proxy's own TLS included."""
    tls: float | None = None
    """The handshake with the server."""
    send: float | None = None
    """Sending the request, its body included."""
    first_byte: float | None = None
    """From the end of sending to the first byte of the response: what the server took, and the way there and back."""
    download: float | None = None
    """From the first byte to the end of the body; `None` until the body was read or closed."""
    total: float | None = None
    """From the beginning to the end of the body, or to its first byte while there is no end yet."""
    reused: bool | None = None
    """Whether the connection had been made for another request."""
    attempt: int = 1
    """2 where the network sent the request once more; the attempts of `Retry` have responses of their own."""

    def as_dict(self) -> dict[str, float]:
        """Return the phases that happened, and `total`, for logs and metrics."""
        return {name: value for name in _PHASES if (value := getattr(self, name)) is not None}

    def __str__(self) -> str:
        said = ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in self.as_dict().items())
        notes = " (reused)" if self.reused else ""
        return (said or "nothing is known") + notes + (f", attempt {self.attempt}" if self.attempt > 1 else "")


_PHASES = ("queue", "dns", "connect", "tls", "send", "first_byte", "download", "total")


class Stamps:
    """What the network notes about one request: moments of `time.monotonic`, and durations of what is rare.

    A slot that is not set is what did not happen. There is no `__init__`, which would cost more than all the rest.
    """

    __slots__ = (
        "asked",
        "attempt",
        "connect",
        "dns",
        "ended",
        "first",
        "is_reused",
        "queue",
        "ready",
        "sent",
        "tls",
    )
    asked: float
    """When the request came to the pool."""
    queue: float
    """How long it waited there."""
    dns: float
    connect: float
    tls: float
    ready: float
    """When it had a connection, where it had not at once."""
    sent: float
    """When all of it was sent that was going to be."""
    first: float
    """When the first byte of the response was there."""
    ended: float
    """When the connection was given back, or closed."""
    is_reused: bool
    attempt: int

    def timings(self) -> Timings:
        """Return the durations, as far as they are known."""
        asked = self.asked
        sent = getattr(self, "sent", None)
        first = getattr(self, "first", None)
        ended = getattr(self, "ended", None)
        last = first if ended is None else ended
        return Timings(
            queue=getattr(self, "queue", None),
            dns=getattr(self, "dns", None),
            connect=getattr(self, "connect", None),
            tls=getattr(self, "tls", None),
            send=_between(getattr(self, "ready", asked), sent),
            first_byte=_between(sent, first),
            download=_between(first, ended),
            total=_between(asked, last),
            reused=getattr(self, "is_reused", True),
            attempt=getattr(self, "attempt", 1),
        )


def _between(start: float | None, end: float | None) -> float | None:
    # A server may answer before it has all of the request.
    return None if start is None or end is None else max(0.0, end - start)
