"""A one-time signal that threads and tasks can both wait for, and that either may give."""

from __future__ import annotations

import threading

# How often a task looks whether another thread has given the signal; within one thread it is woken at once.
_LOOK_EVERY = 0.01


class Signal:
    """Not given at first; once given, given for ever.

    Waiting is in real time: what is waited for is code that really runs.
    """

    __slots__ = ("_event", "_tasks")

    def __init__(self) -> None:
        self._event = threading.Event()
        self._tasks: list[tuple[int, object]] = []

    @property
    def given(self) -> bool:
        """Whether the signal has been given."""
        return self._event.is_set()

    def give(self) -> None:
        """Wake everybody who waits, here and in other threads."""
        self._event.set()
        mine = threading.get_ident()
        for thread, event in list(self._tasks):
            if thread == mine:
                event.set()  # type: ignore[attr-defined]  # an anyio.Event of this thread's loop

    def wait(self, timeout: float | None) -> bool:
        """Block until the signal is given; return whether it was, in `timeout` seconds."""
        return self._event.wait(timeout)

    async def await_(self, timeout: float | None) -> bool:
        """Suspend until the signal is given; return whether it was, in `timeout` seconds."""
        import anyio

        event = anyio.Event()
        entry = (threading.get_ident(), event)
        self._tasks.append(entry)
        try:
            with anyio.move_on_after(timeout):
                while not self.given:
                    with anyio.move_on_after(_LOOK_EVERY):
                        await event.wait()
        finally:
            self._tasks.remove(entry)
        return self.given
