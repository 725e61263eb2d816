"""A task that outlives the call that started it, under asyncio and trio.

Task groups end where they began, but an application goes on while its response is being read.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Callable

from ..network.loops import trio_token

if TYPE_CHECKING:
    from collections.abc import Coroutine


class BackgroundTask:
    """A coroutine on its way; `ended` is called when it is over, and `error` is what it raised, for whoever waits.

    `cancel` only asks: it never waits, so that it can be called while another cancellation is under way.
    """

    def __init__(self, main: Callable[[], Coroutine[Any, Any, None]], ended: Callable[[], None]) -> None:
        self.is_done: bool = False
        self.error: BaseException | None = None
        self._main = main
        self._ended = ended
        self._cancel: Callable[[], object]
        # Kept, because asyncio holds its tasks only weakly.
        self._task: Any
        if trio_token() is not None:
            import trio

            self._scope: Any = trio.CancelScope()
            self._cancel = self._scope.cancel
            self._task = trio.lowlevel.spawn_system_task(self._under_trio, context=copy_context())
        else:
            import asyncio

            self._task = asyncio.get_running_loop().create_task(self._under_asyncio())
            # Not `finally` in the coroutine: a task that is cancelled before its first step never enters it.
            self._task.add_done_callback(self._end)
            self._cancel = self._task.cancel

    def cancel(self) -> None:
        """Ask the task to end."""
        if not self.is_done:
            self._cancel()

    def _end(self, _: Any = None) -> None:
        self.is_done = True
        self._ended()

    async def _under_asyncio(self) -> None:
        from asyncio import CancelledError

        try:
            await self._main()
        except (CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise  # of these asyncio takes care itself
        except BaseException as error:
            self.error = error

    async def _under_trio(self) -> None:
        # A system task starts without anybody's cancellation, and must not end with its own;
        # whatever else one raises, a failure while it is cancelled included, would end the whole program.
        try:
            with self._scope:
                await self._main()
        except BaseException as error:
            self.error = error
        finally:
            self._end()


class Bell:
    """Wakes everybody who waits for something to change; what changed is for each of them to look at."""

    def __init__(self) -> None:
        self._event: Any = None

    def ring(self) -> None:
        """Wake all."""
        if self._event is not None:
            self._event.set()
            self._event = None

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        if holds():
            return
        from anyio import Event

        while not holds():
            if self._event is None:
                self._event = Event()
            await self._event.wait()
