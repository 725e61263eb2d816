"""Asking the system whether a socket has something to say, with or without waiting."""

from __future__ import annotations

import select
import struct
import sys
from functools import partial
from socket import SO_RCVTIMEO, SOL_SOCKET
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from typing import Callable

# As much as malloc serves without asking the system for new pages each time.
MOST_READ = 98_304


# Where the system itself can bound how long a blocking socket waits, and what `setsockopt` wants is known: two C longs.
# macOS bounds reading only: a blocking socket's `send` ignores MSG_DONTWAIT there, and waits.
SYSTEM_BOUNDS = sys.platform == "linux" and struct.calcsize("l") == 8
FIRST_WAIT = 0.01
"""For how long at most the system bounds a wait: each signal that a program handles begins it anew."""

LONGEST_WAIT = 1_000_000.0
"""Longer waits, of eleven days, are more than what some systems can be asked for, and mean for ever."""


def bound_reads(bounded: socket.socket, timeout: float | None) -> None:
    """Have the system end each `recv` of a blocking socket after `timeout` seconds, with a `BlockingIOError`.

    Not after more than `FIRST_WAIT`: who waits longer goes on with `wait_for`, which bears signals.
    A timeout of Python's own asks the system before each `recv` and `send` whether it would wait, which is one more
    call into the system for each.
    """
    # Zero means for ever.
    microseconds = 0 if timeout is None else max(1, int(min(timeout, FIRST_WAIT) * 1e6))
    bounded.setsockopt(SOL_SOCKET, SO_RCVTIMEO, struct.pack("ll", 0, microseconds))


def is_readable(watched: socket.socket) -> bool:
    """Say without waiting whether bytes, the end or an error have arrived; also true of a closed socket."""
    return watched.fileno() < 0 or wait_for(watched, timeout=0)[0]


if hasattr(select, "poll"):

    def probe(watched: socket.socket) -> Callable[[], object]:
        """Return a function that is true when something has arrived, for one socket and many questions.

        Not to be called once the socket is closed.
        """
        poll = select.poll()
        poll.register(watched.fileno(), select.POLLIN)
        return partial(poll.poll, 0)

    def wait_for(
        watched: socket.socket, *, read: bool = True, write: bool = False, timeout: float | None
    ) -> tuple[bool, bool]:
        """Block until the socket can be read or written, as asked; return which, `(False, False)` when time is up."""
        poll = select.poll()
        poll.register(watched.fileno(), (select.POLLIN if read else 0) | (select.POLLOUT if write else 0))
        happened = poll.poll(None if timeout is None else min(timeout, LONGEST_WAIT) * 1000)
        if not happened:
            return (False, False)
        events = happened[0][1]
        # An error or a hang-up counts as readable: reading tells what it is.
        return (bool(events & ~select.POLLOUT), bool(events & select.POLLOUT))

else:

    def probe(watched: socket.socket) -> Callable[[], object]:
        """Return a function that is true when something has arrived; not to be called once the socket is closed."""
        return lambda: is_readable(watched)

    def wait_for(
        watched: socket.socket, *, read: bool = True, write: bool = False, timeout: float | None
    ) -> tuple[bool, bool]:
        """Block until the socket can be read or written, as asked; return which, `(False, False)` when time is up."""
        readable, writable, broken = select.select(
            [watched] if read else [],
            [watched] if write else [],
            [watched],
            None if timeout is None else min(timeout, LONGEST_WAIT),
        )
        return (bool(readable or broken), bool(writable))
