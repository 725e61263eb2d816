"""Asking the system whether a socket has something to say, with or without waiting."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from typing import Callable

# As much as malloc serves without asking the system for new pages each time.
MOST_READ = 98_304


def is_readable(watched: socket.socket) -> bool:
    """Say without waiting whether bytes, the end or an error have arrived; also true of a closed socket."""
    return watched.fileno() < 0 or wait_for(watched, timeout=0)[0]


if hasattr(select, "poll"):

    def probe(watched: socket.socket) -> Callable[[], bool]:
        """Return what `is_readable` would say, asked many times of one socket; not to be called once it is closed."""
        poll = select.poll()
        poll.register(watched.fileno(), select.POLLIN)
        look = poll.poll
        return lambda: bool(look(0))

    def wait_for(
        watched: socket.socket, *, read: bool = True, write: bool = False, timeout: float | None
    ) -> tuple[bool, bool]:
        """Block until the socket can be read or written, as asked; return which, `(False, False)` when time is up."""
        poll = select.poll()
        poll.register(watched.fileno(), (select.POLLIN if read else 0) | (select.POLLOUT if write else 0))
        happened = poll.poll(None if timeout is None else timeout * 1000)
        if not happened:
            return (False, False)
        events = happened[0][1]
        # An error or a hang-up counts as readable: reading tells what it is.
        return (bool(events & ~select.POLLOUT), bool(events & select.POLLOUT))

else:

    def probe(watched: socket.socket) -> Callable[[], bool]:
        """Return what `is_readable` would say, asked many times of one socket; not to be called once it is closed."""
        return lambda: is_readable(watched)

    def wait_for(
        watched: socket.socket, *, read: bool = True, write: bool = False, timeout: float | None
    ) -> tuple[bool, bool]:
        """Block until the socket can be read or written, as asked; return which, `(False, False)` when time is up."""
        readable, writable, broken = select.select(
            [watched] if read else [], [watched] if write else [], [watched], timeout
        )
        return (bool(readable or broken), bool(writable))
