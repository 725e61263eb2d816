"""A request beside the pool, over a connection of its own: for whoever comes in the middle of a step of its own thread.

It is a finalizer, or a signal handler, between two lines that belong together. The connection is closed when the
response has ended, and counts nowhere.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .call import Call
from .connection import BodyFailed, Unanswered

if TYPE_CHECKING:
    from weakref import ref

    from ..messages.request import Request
    from ..messages.response import Response
    from .connect import Connector
    from .connection import Connection
    from .origin import Origin


async def send_aside(connector: Connector, origin: Origin, request: Request, now: float, *, is_async: bool) -> Response:
    """Send a request over a connection that nobody else uses."""
    owner = _Alone()
    call = Call(origin, request, owner, now, is_async=is_async)
    call.begin()
    connection = owner.connection = await connector.connect(origin, call)
    try:
        return await connection.send(call)
    except BaseException as error:
        connection.close()
        if isinstance(error, (BodyFailed, Unanswered)):
            raise error.error from error.error.__cause__
        raise


class _Alone:
    """What a connection belongs to that serves one call."""

    def __init__(self) -> None:
        # Of a response that is gone without having been closed, the socket is as well.
        self.orphans: deque[ref[Any] | Call] = deque(maxlen=0)
        self.connection: Connection

    def release(self, call: Call, *, reusable: bool, idle_timeout: float | None = None) -> None:
        self.connection.close()

    def postpones(self, call: Call) -> bool:
        return False

    def set_capacity(self, connection: Any, capacity: int) -> None:
        """Nobody else is going to use it."""

    def join(self, call: Call, connection: Any) -> None:
        """What the server has begun is not waited for."""

    def retire(self, connection: Any) -> None:
        """It takes no other calls as it is."""
