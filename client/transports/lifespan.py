"""The start and the end of an ASGI application (the lifespan protocol)."""

from __future__ import annotations

from typing import Any, Callable

from .background import BackgroundTask, Bell


class Lifespan:
    """Starts an application up once, and shuts it down; `state` is what it has to say to each request.

    Raises what the application raises, and `RuntimeError` where it says that it failed.
    """

    def __init__(self, app: Callable[..., Any]) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._task: BackgroundTask | None = None
        self._bell = Bell()
        self._said: set[str] = set()
        self._is_asked = False
        self._is_to_stop = False
        self._refusal: RuntimeError | None = None

    async def started(self) -> None:
        """Start the application up, unless that has been done, and wait until it is up."""
        if self._task is None:
            # Nothing is awaited between the question and the answer, so that two requests start it once.
            self._said.clear()
            self.state.clear()
            self._is_asked = self._is_to_stop = False
            self._refusal = None
            self._task = BackgroundTask(self._main, self._bell.ring)
        await self._bell.until(lambda: "startup" in self._said or self._is_over())
        self._raise()
        if "startup" not in self._said:
            raise RuntimeError("the application returned from its lifespan without having started up")

    async def stopped(self) -> None:
        """Shut the application down, where it is up."""
        if self._task is not None and self._error is None:
            self._is_to_stop = True
            self._bell.ring()
            await self._bell.until(self._is_over)
            try:
                self._raise()
            finally:
                self._task = None

    @property
    def _error(self) -> BaseException | None:
        """What the application has raised, or else that it says it has failed."""
        return (None if self._task is None else self._task.error) or self._refusal

    def _raise(self) -> None:
        error = self._error
        if error is not None:
            raise error

    async def _main(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        await self._app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if not self._is_asked:
            self._is_asked = True
            return {"type": "lifespan.startup"}
        await self._bell.until(lambda: self._is_to_stop)
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Any) -> None:
        _, phase, outcome = message["type"].split(".")
        if outcome == "failed":
            self._refusal = RuntimeError(f"the application failed at {phase}: {message.get('message', '')}")
        self._said.add(phase)
        self._bell.ring()

    def _is_over(self) -> bool:
        return self._task is None or self._task.is_done
