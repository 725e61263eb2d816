"""What the pool wants from a connection, whatever protocol it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ..errors import RequestError
    from ..messages.response import Response
    from .call import Call


class Connection(Protocol):
    """An open connection that sends requests.

    1. `send` returns once the response's head is there, with `Response.stream` still to be read, or raises one of this
       library's errors. The call is ended exactly once with `call.done(...)`: by the connection once the response
       has been read or closed; by the pool when `send` raises.
    2. `close` is synchronous, may come at any time, even while a call is being served, and never raises.
    3. `capacity` is how many calls it serves at once. A connection that changes it, or that will take no new calls,
       tells the pool: `pool.set_capacity(connection, n)`, `pool.retire(connection)`.
    """

    capacity: int

    def send(self, call: Call) -> Coroutine[Any, Any, Response]:
        """Send the call's request and return its response."""
        ...

    def is_usable(self) -> bool:
        """Say without waiting whether another request may be sent.

        Asked of an idle connection just before it is used.
        """
        ...

    def close(self) -> None:
        """Close at once."""
        ...


def is_cancellation(error: BaseException) -> bool:
    """Whether an error is the end of an `await` that nobody waits for any more.

    Any other may come from a signal handler, and have struck between any two lines.
    """
    # By name, because not every event loop is imported everywhere.
    return type(error).__name__ in _CANCELLATIONS


_CANCELLATIONS = frozenset({"CancelledError", "Cancelled", "GeneratorExit"})


class BodyFailed(Exception):
    """Reading the body to send has failed, with an `error` that says nothing of the wire, whatever its class.

    Raised by `Connection.send`; the pool raises `error`, as the caller's own.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class Crowded(Exception):
    """The connection serves as many calls as its server allows, which are fewer than the pool had thought.

    Raised by `Connection.send` before anything has been sent; the pool gives the call another connection, or lets it
    wait for one.
    """


class Unanswered(Exception):
    """The connection, which had served before, died before it said anything about this request.

    The server closed it as idle while the request was on its way (RFC 9112, section 9.3.1).
    Raised by `Connection.send`; the pool sends the request again where that is safe, else raises `error`.
    """

    def __init__(self, error: RequestError, *, processed: bool | None = None, is_unsent: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.processed = processed
        """`False` where the server has certainly not looked at the request: then even a POST may go again."""
        self.is_unsent = is_unsent
        """Whether nothing of the request has gone out: then even a body that can be read once may go."""
