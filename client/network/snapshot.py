"""What a pool looks like at one moment, in data and in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .failures import described

if TYPE_CHECKING:
    from ..config import Limits
    from .pool_state import PoolState

_SHOWN = 3


@dataclass(frozen=True)
class Holder:
    """A request that holds a connection, or waits for one."""

    request: str
    """Method and URL, without query."""
    seconds: float
    """Since when, in seconds before now."""


@dataclass(frozen=True)
class PoolSnapshot:
    """What a pool looked like. As text: limits, counts, and who has held a connection for longest."""

    limits: Limits
    open: int
    idle: int
    holders: tuple[Holder, ...]
    waiting: tuple[Holder, ...]

    @property
    def active(self) -> int:
        """How many connections serve a request, or are being made for one."""
        return self.open - self.idle

    def __str__(self) -> str:
        limits = self.limits
        most = limits.max_connections or "any number of"
        said = f"{self.active} active and {self.idle} idle of at most {most} connections"
        if limits.max_connections_per_host is not None:
            said += f" ({limits.max_connections_per_host} per host)"
        said += f", {len(self.waiting)} requests waiting"
        if self.holders:
            longest = ", ".join(f"{holder.request} for {holder.seconds:.1f} s" for holder in self.holders[:_SHOWN])
            said += f"; held longest by {longest}"
        return said


def snapshot(state: PoolState[Any], now: float) -> PoolSnapshot:
    """Return what `state` looks like; the caller holds the lock."""
    return PoolSnapshot(
        limits=state.limits,
        open=state.open,
        idle=len(state.idle),
        holders=_holders(state.holders, now),
        waiting=_holders(state.waiting_tickets(), now),
    )


def _holders(tickets: Any, now: float) -> tuple[Holder, ...]:
    return tuple(Holder(described(ticket.request), now - ticket.since) for ticket in tickets)
