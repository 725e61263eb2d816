"""What was asked of a router, and what was wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...client import Request, Response


class AllMockedAssertionError(AssertionError):
    """A request that no route answers."""


class SideEffectsExhausted(AssertionError):
    """A call after the last of a route's side effects, with no return value to fall back to."""


class PassThrough(Exception):
    """The request is to be answered by what stands behind the router."""

    def __init__(self, message: str, *, request: Request, origin: object) -> None:
        super().__init__(message)
        self.request = request
        self.origin = origin


class SideEffectError(Exception):
    """A side effect raised: what it raised, and whose it was."""

    def __init__(self, route: object, origin: Exception) -> None:
        super().__init__(f"a side effect of {route!r} raised {origin!r}")
        self.route = route
        self.origin = origin


class Call(NamedTuple):
    """One request and, where there was one, its response."""

    request: Request
    optional_response: Response | None = None

    @property
    def response(self) -> Response:
        """The response; a `ValueError` where the call ended without one."""
        if self.optional_response is None:
            raise ValueError(f"{self.request!r} has no response")
        return self.optional_response

    @property
    def has_response(self) -> bool:
        """Whether there was a response."""
        return self.optional_response is not None


class CallList(list[Call]):
    """The calls of a route or a router, in order."""

    def __init__(self, calls: Sequence[Call] = (), name: Any = "respx") -> None:
        super().__init__(calls)
        self._name = name

    @property
    def called(self) -> bool:
        """Whether there was any call."""
        return bool(self)

    @property
    def call_count(self) -> int:
        """How many calls there were."""
        return len(self)

    @property
    def last(self) -> Call:
        """The last call."""
        return self[-1]

    def record(self, request: Request, response: Response | None) -> Call:
        """Note a call."""
        call = Call(request, response)
        self.append(call)
        return call

    def reset(self) -> None:
        """Forget all calls."""
        self.clear()

    reset_mock = reset

    def assert_called(self) -> None:
        """Fail unless there was a call."""
        if not self:
            raise AssertionError(f"Expected '{self._name}' to have been called.")

    def assert_called_once(self) -> None:
        """Fail unless there was one call."""
        if len(self) != 1:
            raise AssertionError(
                f"Expected '{self._name}' to have been called once. Called {len(self)} times.{self._told()}"
            )

    def assert_not_called(self) -> None:
        """Fail if there was a call."""
        if self:
            raise AssertionError(
                f"Expected '{self._name}' to not have been called. Called {len(self)} times.{self._told()}"
            )

    def _told(self) -> str:
        return "".join(f"\n  {call.request.method} {call.request.url}" for call in self[:10])
