"""Who may put another reply in the place of a route's: nobody, or one sweep at a time.

It is looked at once for each mocked request, and is of the process, so that threads and tasks of a test are in it.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator

    from ...client import Request
    from ..replies.kinds import Reply
    from .log import Call


class Saboteur(Protocol):
    """Looks at every mocked request, and may answer in the place of its route."""

    has_struck: bool
    """Whether a request has met what it is not prepared for: then nobody is sure what else is called."""

    def strike(self, request: Request) -> Reply | None:
        """Return what this request gets in the place of its route's reply, if anything.

        The route then keeps its reply for the next request: what was struck has never reached it.
        """
        ...

    def note(self, call: Call) -> None:
        """Note a call that is going to be answered."""
        ...


class _Post:
    """The place of the one who is at work."""

    def __init__(self) -> None:
        self.saboteur: Saboteur | None = None
        self.lock: threading.Lock = threading.Lock()


post: _Post = _Post()


@contextmanager
def at_work(saboteur: Saboteur) -> Generator[None]:
    """Let a saboteur look at every mocked request of the process."""
    if not post.lock.acquire(blocking=False):
        raise RuntimeError("a sweep is at work already, and there can be only one in a process")
    post.saboteur = saboteur
    try:
        yield
    finally:
        post.saboteur = None
        post.lock.release()
