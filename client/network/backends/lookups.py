"""What the system says of a host, asked for blocking code, which waits no longer than it may.

1. Nobody can interrupt the system while it asks a name server, so a thread asks, and the caller waits for the thread.
   One whose caller has given up goes on until the system has answered; there are `MOST_AT_ONCE` of them at most.
2. `localhost` is known without a name server, and where nobody counts the time, nobody needs a thread.
3. Where no thread can be started, as when the interpreter ends, the caller asks.
"""

from __future__ import annotations

import contextvars
import socket
import threading
import time
from typing import TYPE_CHECKING

from .addresses import in_order

if TYPE_CHECKING:
    from .addresses import Address

MOST_AT_ONCE = 64
_PAUSE = 0.01


class _Question:
    """A thread that asks the system once, and what it was told."""

    def __init__(self, host: str, port: int) -> None:
        context = contextvars.copy_context()
        self.thread: threading.Thread = threading.Thread(
            target=lambda: context.run(self._ask, host, port), name=f"understudy asks for {host}", daemon=True
        )
        self._found: list[Address] = []
        self._error: BaseException | None = None

    def _ask(self, host: str, port: int) -> None:
        try:
            self._found = _told(host, port)
        except BaseException as error:  # the caller's to raise, whatever it is
            self._error = error
        finally:
            _asked.discard(self)

    def answer(self) -> list[Address]:
        """Return what was found, or raise what was raised."""
        error, self._error = self._error, None
        try:
            if error is not None:
                raise error
            return self._found
        finally:
            error = None  # whose traceback holds this frame


_asked: set[_Question] = set()


def addresses_by(deadline: float | None, host: str, port: int) -> list[Address]:
    """Return the addresses of a host; `TimeoutError` where they are not known at `deadline`, on `time.monotonic`."""
    if deadline is None or host == "localhost":
        return _told(host, port)
    _wait_for_room(host, deadline)
    question = _Question(host, port)
    _asked.add(question)
    try:
        question.thread.start()
    except RuntimeError:
        return _told(host, port)
    else:
        question.thread.join(max(deadline - time.monotonic(), 0))
    finally:
        if not question.thread.is_alive():
            _asked.discard(question)
    if question.thread.is_alive():
        raise _unresolved(host)
    return question.answer()


def _wait_for_room(host: str, deadline: float) -> None:
    while len(_asked) >= MOST_AT_ONCE:
        # Those that never began, or that a fork has left in the parent.
        _asked.difference_update([one for one in _asked.copy() if not one.thread.is_alive()])
        if len(_asked) >= MOST_AT_ONCE:
            if time.monotonic() >= deadline:
                raise _unresolved(host)
            time.sleep(_PAUSE)


def _told(host: str, port: int) -> list[Address]:
    return in_order(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))


def _unresolved(host: str) -> TimeoutError:
    return TimeoutError(f"the name {host!r} was not resolved")
