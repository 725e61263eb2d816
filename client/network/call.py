"""One request on its way through the network: what it may wait for, and what it holds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .pool_state import Ticket
from .waits import Waits

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ..messages.request import Request
    from .backends.base import Waiter
    from .connection import Connection
    from .pool import Pool


class Call(Ticket["Connection"]):
    """A request's claim to a connection, with everything that sending it needs to know.

    Whoever has a call ends it with one `done`, which is synchronous, may come from anywhere and does nothing the second time.
    """

    __slots__ = ("is_async", "is_retry", "pool", "request", "since", "trace", "waiter", "waits")

    def __init__(self, key: Hashable, request: Request, pool: Pool, *, is_async: bool) -> None:
        super().__init__(key)
        extensions = request.extensions
        self.request = request
        self.pool = pool
        self.is_async = is_async
        self.is_retry = False
        self.waits = Waits(extensions)
        self.trace: Any = extensions.get("trace")
        self.waiter: Waiter | None = None
        self.since = time.monotonic()

    def done(self, *, reusable: bool, idle_timeout: float | None = None) -> None:
        """Give the connection back, or have it closed; `idle_timeout` is how long the server says it keeps it."""
        self.pool.release(self, reusable=reusable, idle_timeout=idle_timeout)
