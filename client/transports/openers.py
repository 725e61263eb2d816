"""Files that stand in: who opens them is found by the ends of their names.

Whoever understands a kind of file registers an entry point in the group `understudy.stand_ins`, named after the end:
a function of the path that returns a context manager, which gives a transport.
So nothing here knows what is in such files.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from ..errors import StandInError
from .base import AsyncBaseTransport, BaseTransport

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Callable

    Opener = Callable[[str], AbstractContextManager[Any]]

GROUP = "understudy.stand_ins"
VARIABLE = "UNDERSTUDY"


def opener(path: str) -> Opener:
    """Return what opens a file, and gives the transport that stands in; `StandInError` where nobody does."""
    from importlib import metadata

    if sys.version_info >= (3, 10):
        found = list(metadata.entry_points(group=GROUP))
    else:
        found = list(metadata.entry_points().get(GROUP, ()))
    openers = {entry.name: entry for entry in found}
    end = os.path.splitext(path)[1].lstrip(".").lower()
    if end in openers:
        found_opener: Opener = openers[end].load()
        return found_opener
    if not openers:
        raise StandInError(
            f"nobody here opens {path!r}: understudy runs from a folder, and is not installed with its entry points; "
            "write stand_in(understudy.cassettes.open(path)) instead, or install it"
        )
    raise StandInError(f"nobody opens {path!r}: names of files that stand in end with .{', .'.join(sorted(openers))}")


class FromEnvironment(BaseTransport, AsyncBaseTransport):
    """The stand-in that the environment variable names; opened with the first request, for the rest of the process.

    A program may change its folder before that, as those do that go on in the background.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._absolute: str = os.path.abspath(path)
        self._lock = threading.RLock()
        self._is_opening = False
        self._stand_in: Any = None

    def in_front_of(self, transport: Any, *, production: bool = True) -> Any:
        """Return what answers in front of this transport."""
        stand_in = self._stand_in
        if stand_in is None:
            with self._lock:
                if self._is_opening:  # what is loaded on the way sends a request
                    return transport
                stand_in = self._stand_in = self._stand_in or self._open()
        in_front_of = getattr(stand_in, "in_front_of", None)
        return stand_in if in_front_of is None else in_front_of(transport, production=production)

    def _open(self) -> Any:
        self._is_opening = True
        try:
            # As it was said, as long as that leads there: errors name it.
            path = self._path if os.path.abspath(self._path) == self._absolute else self._absolute
            manager = opener(path)(path)
            stand_in = manager.__enter__()
        except StandInError as error:
            raise StandInError(f"{VARIABLE}={self._path}: {error}") from error
        finally:
            self._is_opening = False
        import atexit

        atexit.register(_close, manager)
        return stand_in

    def __repr__(self) -> str:
        return f"<{VARIABLE}={self._path}>"


def _close(manager: AbstractContextManager[Any]) -> None:
    """Close the file when the process ends; what a program leaves that has failed is no new recording."""
    error: BaseException | None = getattr(sys, "last_value", None)
    if error is None:
        manager.__exit__(None, None, None)
    else:
        manager.__exit__(type(error), error, error.__traceback__)
