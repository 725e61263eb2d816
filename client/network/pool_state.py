"""Who may use which connection: the pool's decisions, without I/O, lock or clock.

Theory of operation

1. A *ticket* is one request's claim. It waits, or it holds an *entry*: one connection, or the permission to make it.
   An entry serves `capacity` tickets at once: one in HTTP/1.1, many in HTTP/2. An entry without tickets is idle.
2. A ticket gets, in this order: a connection of its origin that has capacity, the most recently used first;
   permission to connect, if the limits have room; permission to connect in the place of the longest idle connection
   of another origin; else a place in the queue.
3. Nobody waits who need not: after every call, no ticket waits that rule 2 could serve.
4. The queue is fair. Within an origin, first come, first served. Between origins, whoever came first, except that a
   connection that has just become free may serve a younger ticket of its own origin, so that two busy origins do not
   make each other reconnect all the time; a ticket is overtaken by at most `PATIENCE` younger ones.
5. Every way out is one synchronous call (`release`, `abandon`), and whatever it frees is handed on within that call.
6. Connections to be closed and tickets to be woken are left in `closed` and `woken`, for the driver to take.
7. After every line it can be told who holds what and who waits: a ticket is among the holders before it has its entry
   and until it has none any more, and in line until it has been woken; a connection is noted as closed before it is
   forgotten. From that `mending` makes whole what an interrupt broke off.

Every call takes constant time, but for a heap of the origins that wait.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from ..config import Limits

Connection = TypeVar("Connection")

PATIENCE = 64


class Entry(Generic[Connection]):
    """A connection in the pool, or the permission to make one."""

    __slots__ = ("capacity", "connection", "expires_at", "is_retired", "opened_at", "origin", "users")

    def __init__(self, origin: Origin[Connection]) -> None:
        self.origin: Origin[Connection] = origin
        self.connection: Connection | None = None
        self.capacity: int = 1
        self.users: int = 0
        self.opened_at: float = 0.0
        self.expires_at: float | None = None
        self.is_retired: bool = False


class Ticket(Generic[Connection]):
    """One request's claim to a connection of the origin that `key` names."""

    __slots__ = ("entry", "key", "order")

    def __init__(self, key: Hashable) -> None:
        self.key: Hashable = key
        self.order: int = 0
        self.entry: Entry[Connection] | None = None


class Origin(Generic[Connection]):
    """What the pool knows about the connections that may serve one key."""

    __slots__ = ("available", "is_probing", "is_queued", "key", "may_share", "open", "waiting")

    def __init__(self, key: Hashable, *, may_share: bool) -> None:
        self.key: Hashable = key
        self.may_share: bool = may_share
        self.open: int = 0
        self.available: dict[Entry[Connection], None] = {}
        self.waiting: OrderedDict[Ticket[Connection], None] = OrderedDict()
        self.is_queued: bool = False  # has its place in the heap
        self.is_probing: bool = False  # one connection is being made that may serve all who wait


class PoolState(Generic[Connection]):
    """The state of a pool; see the top of this file."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._has_max_age = limits.max_age is not None
        self.open: int = 0
        self.origins: dict[Hashable, Origin[Connection]] = {}
        self.idle: OrderedDict[Entry[Connection], None] = OrderedDict()  # the longest idle first
        self.holders: dict[Ticket[Connection], None] = {}
        self.entries: dict[int, Entry[Connection]] = {}  # of the connections that are open, by identity
        self.closed: list[Connection] = []
        self.woken: list[Ticket[Connection]] = []
        self._queue: list[tuple[int, int, Origin[Connection]]] = []
        self._orders = 0
        self._closed_at = 0  # the order of the last ticket that came before everything was closed

    # What a request does

    def acquire(self, ticket: Ticket[Connection], now: float, *, may_share: bool = False) -> bool:
        """Give the ticket an entry and return true, or let it wait and return false.

        An entry without a connection is the permission to make one.
        With `may_share` a connection to this origin may turn out to serve many tickets at once: while one is being
        made, the others wait for it, until one has turned out not to.
        """
        ticket.order = self._orders = self._orders + 1
        origin = self.origins.get(ticket.key)
        if origin is None:
            origin = self.origins[ticket.key] = Origin(ticket.key, may_share=may_share)
        elif origin.available and self._grant_available(origin, ticket, now):
            return True
        if not self._is_blocked(origin) and self._has_room():
            self._grant_permission(origin, ticket)
            return True
        origin.waiting[ticket] = None
        self._enqueue(origin)
        return False

    def hurry(self, ticket: Ticket[Connection], *, beside: int | None) -> bool:
        """Give a ticket that waits for the connection that may serve all permission to make one itself.

        Returns false where it waits for something else, where there is no room, or where more than `beside` are being
        made already; `None` is no bound.
        """
        origin = self.origins.get(ticket.key)
        most = self.limits.max_connections_per_host
        if origin is None or not origin.is_probing or ticket not in origin.waiting or not self._has_room():
            return False
        if most is not None and origin.open >= most:
            return False
        if beside is not None:
            held = [holder.entry for holder in self.holders]
            if sum(1 for entry in held if entry and entry.origin is origin and entry.connection is None) > beside:
                return False
        del origin.waiting[ticket]
        self._grant_permission(origin, ticket)
        return True

    def connected(
        self,
        ticket: Ticket[Connection],
        connection: Connection,
        now: float,
        *,
        capacity: int = 1,
    ) -> None:
        """Put the connection that the ticket's permission was for into its entry."""
        entry = ticket.entry
        if entry is None:
            raise RuntimeError("this ticket holds no permission to connect")
        entry.connection = connection
        self.entries[id(connection)] = entry
        entry.opened_at = now
        entry.capacity = capacity
        origin = entry.origin
        if capacity > entry.users and not entry.is_retired:
            origin.available[entry] = None
        origin.is_probing = False
        if capacity == 1:
            origin.may_share = False
        self._serve(origin, now)

    def join(self, ticket: Ticket[Connection], entry: Entry[Connection]) -> None:
        """Let a ticket that waits for nothing use a connection beside the others; nothing where only one may."""
        if entry.capacity == 1 and entry.users:
            return
        entry.users += 1
        self.idle.pop(entry, None)
        if entry.users >= entry.capacity:
            entry.origin.available.pop(entry, None)
        self.holders[ticket] = None
        ticket.entry = entry

    def renew(self, ticket: Ticket[Connection], now: float) -> bool:
        """Take a dead connection from the ticket and give it permission to make a fresh one.

        Returns false when it must wait for that.
        """
        entry = ticket.entry
        if entry is None:
            raise RuntimeError("this ticket holds no connection")
        if entry.users == 1:
            self._forget_available(entry)
            if entry.connection is not None:
                self._close(entry.connection)
            ticket.entry = self._permission(entry.origin, ticket)
            return True
        self._leave(ticket, entry, reusable=False, now=now)
        return self.acquire(ticket, now)

    def release(
        self, ticket: Ticket[Connection], now: float, *, reusable: bool, expires_at: float | None = None
    ) -> None:
        """Take back what the ticket holds; nothing when it holds nothing."""
        entry = ticket.entry
        if entry is None:
            return
        entry.expires_at = expires_at
        origin = entry.origin
        if (
            not reusable
            or entry.capacity != 1
            or entry.users != 1
            or entry.is_retired
            or self._has_max_age
            or (self._queue and self._waits_elsewhere(origin))
        ):
            self._leave(ticket, entry, reusable=reusable, now=now)
            return
        # What nearly every request does, in one place: its connection becomes idle, or goes to whoever waits for it.
        # Only where several origins wait has the queue to be asked who is next.
        ticket.entry = None
        del self.holders[ticket]
        if origin.waiting:
            oldest = next(iter(origin.waiting))
            self.holders[oldest] = None
            oldest.entry = entry
            self.woken.append(oldest)
            del origin.waiting[oldest]
            return
        entry.users = 0
        origin.available[entry] = None
        self.idle[entry] = None
        most = self.limits.max_keepalive_connections
        if most is not None and len(self.idle) > most:
            self._limit_idle()

    def abandon(self, ticket: Ticket[Connection], now: float) -> None:
        """Forget the ticket, whether it waits or holds something: its request was cancelled or has failed."""
        if ticket.entry is not None:
            self._leave(ticket, ticket.entry, reusable=False, now=now)
            return
        origin = self.origins.get(ticket.key)
        if origin is not None and origin.waiting.pop(ticket, self) is None:
            self._forget_origin(origin)

    # What connections do

    def set_capacity(self, entry: Entry[Connection], capacity: int, now: float) -> None:
        """Change how many tickets an open connection may serve at once."""
        entry.capacity = capacity
        if entry.is_retired:
            return
        if capacity > entry.users:
            entry.origin.available[entry] = None
            self._serve(entry.origin, now)
        elif entry.users:
            entry.origin.available.pop(entry, None)
        else:
            self.retire(entry, now)

    def retire(self, entry: Entry[Connection], now: float) -> None:
        """Let the connection serve those it has, and nobody else."""
        if not entry.is_retired:
            entry.is_retired = True
            self._forget_available(entry)
            if not entry.users:
                self._drop(entry)
                self._serve(entry.origin, now)

    def close_idle(self, now: float | None = None) -> None:
        """Close the idle connections that have expired at `now`; without `now`, all of them."""
        for entry in [entry for entry in self.idle if now is None or self._is_expired(entry, now)]:
            self._forget_available(entry)
            self._drop(entry)

    def close_all(self) -> None:
        """Close every connection, whoever uses it; those who wait are left to wait, and nothing is kept after them."""
        self._closed_at = self._orders
        self.close_idle()
        for entry in {ticket.entry for ticket in self.holders}:
            if entry is not None:
                entry.is_retired = True
                self._forget_available(entry)
                if entry.connection is not None:
                    self.closed.append(entry.connection)

    # What everybody may ask

    @property
    def waiting(self) -> int:
        """How many tickets wait."""
        return sum(len(origin.waiting) for origin in self.origins.values())

    def is_probing(self, key: Hashable) -> bool:
        """Say whether a connection is being made that may serve all who wait for `key`."""
        origin = self.origins.get(key)
        return origin is not None and origin.is_probing

    def waiting_tickets(self) -> Iterator[Ticket[Connection]]:
        """Yield the tickets that wait."""
        for origin in self.origins.values():
            yield from origin.waiting

    def entry_of(self, connection: Connection) -> Entry[Connection] | None:
        """Return the entry of an open connection."""
        return self.entries.get(id(connection))

    # Within

    def _grant_available(self, origin: Origin[Connection], ticket: Ticket[Connection], now: float) -> bool:
        available = origin.available
        while available:
            entry, _ = available.popitem()
            if not entry.users:
                del self.idle[entry]
                expires_at = entry.expires_at
                if (expires_at is not None and now >= expires_at) or (
                    self._has_max_age and self._is_expired(entry, now)
                ):
                    self._drop(entry)
                    continue
            entry.users += 1
            if entry.users < entry.capacity:
                origin.available[entry] = None
            self.holders[ticket] = None
            ticket.entry = entry
            return True
        # The last one has expired: what is left of the origin starts anew.
        self.origins[origin.key] = origin
        return False

    def _grant_permission(self, origin: Origin[Connection], ticket: Ticket[Connection]) -> None:
        most = self.limits.max_connections
        if most is not None and self.open >= most:
            oldest = next(iter(self.idle))
            self._forget_available(oldest)
            self._drop(oldest)
        origin.open += 1
        self.open += 1
        origin.is_probing = origin.may_share
        entry = self._permission(origin, ticket)
        self.holders[ticket] = None
        ticket.entry = entry

    def _permission(self, origin: Origin[Connection], ticket: Ticket[Connection]) -> Entry[Connection]:
        entry: Entry[Connection] = Entry(origin)
        entry.users = 1
        entry.is_retired = ticket.order <= self._closed_at
        return entry

    def _is_blocked(self, origin: Origin[Connection]) -> bool:
        """Say whether only an event of the origin itself lets it open another connection."""
        most = self.limits.max_connections_per_host
        return origin.is_probing or (most is not None and origin.open >= most)

    def _has_room(self) -> bool:
        most = self.limits.max_connections
        return most is None or self.open < most or bool(self.idle)

    def _is_expired(self, entry: Entry[Connection], now: float) -> bool:
        if entry.expires_at is not None and now >= entry.expires_at:
            return True
        age = self.limits.max_age
        return age is not None and now >= entry.opened_at + age

    def _leave(self, ticket: Ticket[Connection], entry: Entry[Connection], *, reusable: bool, now: float) -> None:
        ticket.entry = None
        del self.holders[ticket]
        entry.users -= 1
        origin = entry.origin
        if entry.connection is None:
            # The permission was not used.
            origin.is_probing = False
            self._drop(entry)
        elif reusable and not entry.is_retired:
            self._make_available(entry, now)
            if not origin.waiting and not self._queue:
                self._limit_idle()
                return
        else:
            entry.is_retired = True
            self._forget_available(entry)
            if not entry.users:
                self._drop(entry)
        self._serve(origin, now)

    def _make_available(self, entry: Entry[Connection], now: float) -> None:
        age = self.limits.max_age
        if (age is not None and now >= entry.opened_at + age) or not (entry.users or entry.capacity):
            # One that may serve nobody is of no use, and nobody would hear when it may again.
            self.retire(entry, now)
            return
        if entry.users < entry.capacity:
            # At the end: the most recently used goes first.
            entry.origin.available.pop(entry, None)
            entry.origin.available[entry] = None
        if not entry.users:
            self.idle[entry] = None

    def _limit_idle(self) -> None:
        most = self.limits.max_keepalive_connections
        if most is not None and len(self.idle) > most:
            oldest = next(iter(self.idle))
            self._forget_available(oldest)
            self._drop(oldest)

    def _forget_available(self, entry: Entry[Connection]) -> None:
        entry.origin.available.pop(entry, None)
        self.idle.pop(entry, None)

    def _drop(self, entry: Entry[Connection]) -> None:
        """Count the entry no more, and have its connection closed."""
        origin = entry.origin
        entry.is_retired = True
        origin.open -= 1
        self.open -= 1
        if entry.connection is not None:
            self._close(entry.connection)
        if origin.waiting:
            self._enqueue(origin)
        else:
            self._forget_origin(origin)

    def _close(self, connection: Connection) -> None:
        self.closed.append(connection)
        self.entries.pop(id(connection), None)

    def _forget_origin(self, origin: Origin[Connection]) -> None:
        if not origin.open and not origin.waiting and self.origins.get(origin.key) is origin:
            del self.origins[origin.key]

    # The queue

    def _enqueue(self, origin: Origin[Connection]) -> None:
        """Give the origin its place among those that wait, by its oldest ticket."""
        if not origin.is_queued and origin.waiting and (origin.available or not self._is_blocked(origin)):
            oldest = next(iter(origin.waiting))
            origin.is_queued = True
            heapq.heappush(self._queue, (oldest.order, id(origin), origin))

    def _waits_elsewhere(self, origin: Origin[Connection]) -> bool:
        """Whether tickets of other origins may be waiting for room; the queue is not empty."""
        return len(self._queue) > 1 or self._queue[0][2] is not origin

    def _oldest(self) -> Ticket[Connection] | None:
        """Return the ticket that has waited longest among those that wait for room, not for their own origin."""
        while self._queue:
            order, _, origin = self._queue[0]
            if origin.waiting and (origin.available or not self._is_blocked(origin)):
                oldest = next(iter(origin.waiting))
                if oldest.order == order:
                    return oldest
            heapq.heappop(self._queue)
            origin.is_queued = False
            self._enqueue(origin)
        return None

    def _serve(self, origin: Origin[Connection], now: float) -> None:
        """Give what there is to those who wait; `origin` is where something has changed."""
        self._enqueue(origin)
        while True:
            oldest = self._oldest()
            if oldest is not None and not self._has_room() and not self.origins[oldest.key].available:
                oldest = None
            if origin.available and origin.waiting:
                local = next(iter(origin.waiting))
                if oldest is None or local.order - oldest.order <= PATIENCE:
                    oldest = local
            if oldest is None:
                break
            home = self.origins[oldest.key]
            if not self._grant_available(home, oldest, now):
                self._grant_permission(home, oldest)
            self.woken.append(oldest)
            del home.waiting[oldest]
        self._limit_idle()
