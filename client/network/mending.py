"""A pool's state made whole again after a step that was broken off in the middle.

An interrupt (Ctrl-C, a signal handler that raises) may strike between any two lines, also between two that belong
together. Nothing is paid for that beforehand: whoever sees a step break off mends, before anybody else gets the lock.

1. A ticket with an entry holds it; one without waits where it stands in its origin's line, and has left where it does
   not. `PoolState` changes things in an order in which this is true after every line: a ticket is among the holders
   before it has its entry and until it has none any more, and it stands in line until it has been woken.
2. All else (counts, queues, what is idle and what is available) follows from that, and is made anew.
3. A connection that nobody holds is kept where it was idle. One that was on its way from somebody to somebody else is
   closed: whether it was fit to be used again is not known any more.
4. Whoever got something meanwhile is woken, if need be twice; whoever waits and need not is served.

Mending that is itself broken off is begun again: until its end everything that it looks at is there.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

    from .pool_state import Entry, Origin, PoolState, Ticket

Connection = TypeVar("Connection")


def mend(state: PoolState[Connection], now: float) -> None:
    """Make the state whole; the caller holds the lock."""
    try:
        _mend(state, now)
    except BaseException:
        _mend(state, now)
        raise


def _mend(state: PoolState[Connection], now: float) -> None:
    in_line = [ticket for origin in state.origins.values() for ticket in origin.waiting]
    holders = {ticket: None for ticket in (*state.holders, *in_line) if ticket.entry is not None}
    users = Counter(ticket.entry for ticket in holders if ticket.entry is not None)
    idle = OrderedDict.fromkeys(entry for entry in state.idle if not users[entry] and not entry.is_retired)
    entries = [*idle, *users]

    closed = {id(connection) for connection in state.closed}
    kept = {id(entry.connection) for entry in entries}
    lost = [connection for number, connection in _open(state) if number not in kept and number not in closed]
    state.closed += lost
    state.woken += [ticket for ticket in in_line if ticket.entry is not None]

    for entry in entries:
        entry.users = users[entry]
    origins = _origins(entries, [ticket for ticket in in_line if ticket.entry is None], state)
    state.holders = holders
    state.idle = idle
    state.entries = {id(entry.connection): entry for entry in entries if entry.connection is not None}
    state.open = len(entries)
    state.origins = origins
    state._queue = []
    for origin in origins.values():
        state._enqueue(origin)
    for origin in list(origins.values()):
        state._serve(origin, now)


def _open(state: PoolState[Connection]) -> list[tuple[int, Connection]]:
    return [(number, entry.connection) for number, entry in state.entries.items() if entry.connection is not None]


def _origins(
    entries: list[Entry[Connection]], waiting: list[Ticket[Connection]], state: PoolState[Connection]
) -> dict[Hashable, Origin[Connection]]:
    """Return the origins that have entries, or tickets in line, with nothing but these."""
    origins = {entry.origin.key: entry.origin for entry in entries}
    lines: dict[Hashable, OrderedDict[Ticket[Connection], None]] = {}
    for ticket in waiting:
        origins.setdefault(ticket.key, state.origins[ticket.key])
        lines.setdefault(ticket.key, OrderedDict())[ticket] = None
    for key, origin in origins.items():
        origin.open = 0
        origin.available = {}
        origin.is_probing = origin.is_queued = False
        origin.waiting = lines.get(key) or OrderedDict()
    for entry in entries:
        origin = entry.origin
        origin.open += 1
        if entry.connection is None:
            origin.is_probing = origin.may_share
        elif entry.users < entry.capacity and not entry.is_retired:
            origin.available[entry] = None
    return origins
