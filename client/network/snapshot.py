"""What a pool looks like at one moment, in data, in one sentence, and as a list."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from .failures import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..config import Limits
    from .pool_state import PoolState

_SHOWN = 3
_LISTED = 20


class Holder(NamedTuple):
    """A request that holds a connection, or waits for one."""

    request: str
    """Method and URL, without query."""
    seconds: float
    """Since when, in seconds before now."""

    def __str__(self) -> str:
        return f"{self.request} for {self.seconds:.1f} s"


class Kept(NamedTuple):
    """A connection that is open, and that nobody uses."""

    origin: str
    """Scheme, host and port, and the server name that was asked for where it is another one."""
    opened: float
    """Since when it is open, in seconds before now."""
    expires: float | None
    """For how long it may still be used, in seconds; `None` for as long as the server likes."""

    def __str__(self) -> str:
        expires = "" if self.expires is None else f", kept for {max(0.0, self.expires):.1f} s more"
        return f"{self.origin}, opened {self.opened:.1f} s ago{expires}"


class PoolSnapshot(NamedTuple):
    """What a pool looked like.

    As text one line: limits, counts, and who has held a connection for longest. Its `repr` lists what runs, what is
    kept idle and who waits.
    """

    limits: Limits
    open: int = 0
    idle: int = 0
    holders: tuple[Holder, ...] = ()
    """The requests that hold connections, or are having one made."""
    waiting: tuple[Holder, ...] = ()
    """The requests that wait for one, those that came first at first."""
    kept: tuple[Kept, ...] = ()
    """The connections that are idle, the longest idle at first."""

    @property
    def active(self) -> int:
        """How many connections serve a request, or are being made for one."""
        return self.open - self.idle

    def __str__(self) -> str:
        said = self._counts()
        if self.holders:
            said += f"; held longest by {', '.join(map(str, self.holders[:_SHOWN]))}"
        return said

    def __repr__(self) -> str:
        lines = [
            *_listed("runs ", self.holders),
            *_listed("idle ", self.kept),
            *_listed("waits", self.waiting),
        ]
        return "\n".join([f"<PoolSnapshot: {self._counts()}", *lines]) + ">"

    def _counts(self) -> str:
        limits = self.limits
        most = limits.max_connections or "any number of"
        said = f"{self.active} active and {self.idle} idle of at most {most} connections"
        if limits.max_connections_per_host is not None:
            said += f" ({limits.max_connections_per_host} per host)"
        return f"{said}, {len(self.waiting)} request{'' if len(self.waiting) == 1 else 's'} waiting"


def snapshot(state: PoolState[Any], now: float) -> PoolSnapshot:
    """Return what `state` looks like; the caller holds the lock."""
    kept = tuple(
        Kept(str(entry.origin.key), now - entry.opened_at, None if entry.expires_at is None else entry.expires_at - now)
        for entry in state.idle
    )
    return PoolSnapshot(
        limits=state.limits,
        open=state.open,
        idle=len(state.idle),
        holders=_holders(state.holders, now),
        waiting=_holders(sorted(state.waiting_tickets(), key=attrgetter("order")), now),
        kept=kept,
    )


def together(limits: Limits, snapshots: Iterable[PoolSnapshot]) -> PoolSnapshot:
    """Return what several pools look like as one; each of them may have its own limits, whatever `limits` says."""
    every = list(snapshots)
    if len(every) == 1:
        return every[0]
    return PoolSnapshot(
        limits=limits,
        open=sum(one.open for one in every),
        idle=sum(one.idle for one in every),
        holders=tuple(holder for one in every for holder in one.holders),
        waiting=tuple(holder for one in every for holder in one.waiting),
        kept=tuple(kept for one in every for kept in one.kept),
    )


def _holders(tickets: Any, now: float) -> tuple[Holder, ...]:
    return tuple(Holder(described(ticket.request), now - ticket.since) for ticket in tickets)


def _listed(what: str, things: tuple[Any, ...]) -> Iterator[str]:
    for thing in things[:_LISTED]:
        yield f"  {what}  {thing}"
    if len(things) > _LISTED:
        yield f"  {what}  and {len(things) - _LISTED} more"
