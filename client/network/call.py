"""One request on its way through the network: what it may wait for, and what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ..messages.timings import Stamps
from .pool_state import Ticket
from .waits import Waits

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Hashable
    from weakref import ref

    from ..messages.request import Request
    from .backends.base import Waiter
    from .pool_state import Entry


class Owner(Protocol):
    """What calls and connections tell the pool that they belong to; all of it synchronous."""

    orphans: deque[ref[Any] | Call]
    """What is left of responses that nobody has ended: their calls' `receiver`, or the calls."""

    def release(self, call: Call, *, reusable: bool, idle_timeout: float | None = None) -> None:
        """Take the call's connection back."""
        ...

    def postpones(self, call: Call) -> bool:
        """Say whether this thread is in the middle of a step; if so, the call is taken back after it."""
        ...

    def set_capacity(self, connection: Any, capacity: int) -> None:
        """Note that a connection can serve `capacity` calls at once from now on."""
        ...

    def join(self, call: Call, connection: Any) -> None:
        """Count a call on a connection that it has not asked for: the server began it."""
        ...

    def retire(self, connection: Any) -> None:
        """Note that a connection takes no new calls."""
        ...


class Call(Ticket[Any]):
    """A request's claim to a connection, with everything that sending it needs to know.

    Whoever has a call ends it with one `done`, which is synchronous, may come from anywhere and does nothing the
    second time.
    """

    __slots__ = (
        "has_died",
        "is_async",
        "pool",
        "receiver",
        "refusals",
        "request",
        "since",
        "stamps",
        "trace",
        "waiter",
        "waits",
    )

    receiver: ref[Any] | None
    """What takes the body, while there is more of it to come; not set before."""

    def __init__(self, key: Hashable, request: Request, pool: Owner, now: float, *, is_async: bool) -> None:
        self.key = key
        self.order = 0
        self.entry: Entry[Any] | None = None
        extensions = request.extensions
        self.request: Request = request
        self.pool: Owner = pool
        self.is_async: bool = is_async
        self.has_died: bool = False  # a connection has died under it, and it was sent again
        self.refusals: int = 0  # how often a server has sent it away without looking at it
        self.trace: Any = extensions.get("trace")
        self.waiter: Waiter | None = None
        self.since: float = now

    def begin(self) -> None:
        """Make what sending needs. Not before it is the call's turn: thousands may wait for theirs."""
        self.waits: Waits = Waits(self.request.extensions)
        self.stamps: Stamps = Stamps()
        self.stamps.asked = self.since

    def done(self, *, reusable: bool, idle_timeout: float | None = None) -> None:
        """Give the connection back, or have it closed; `idle_timeout` is how long the server says it keeps it."""
        self.pool.release(self, reusable=reusable, idle_timeout=idle_timeout)
        self.receiver = None

    def give_up(self) -> None:
        """Have the connection closed, also where it is the garbage collector who has had enough of the response."""
        if not self.pool.postpones(self):
            self.done(reusable=False)
