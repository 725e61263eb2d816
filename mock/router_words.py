"""What the words of a router mean: `base_url=`, `fallback=`, `unmatched=`, `clock=`; and what may be a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..client import REAL_CLOCK
from .clocks import MockClock, RecordedClock, VirtualClock
from .errors import RouteError
from .matching.targets import Target, parse_target
from .replies.handlers import named
from .replies.sugar import PassThrough, reply_from
from .values import show

if TYPE_CHECKING:
    from .replies.kinds import Reply
    from .routing.routes import Route


def template_of(route: Route) -> dict[str, str]:
    """Return the names of a route's template parameters, and their kinds."""
    kinds: dict[str, str] = {}
    if route.target.host is not None:
        kinds.update(dict.fromkeys(route.target.host.names, "str"))
    if route.target.path is not None:
        kinds.update(route.target.path.holes)
    return kinds


def refuse_test(function: Any) -> None:
    """Refuse a test where a handler is wanted."""
    if isinstance(function, type) or not callable(function):
        raise RouteError(f"a handler is a function, not {type(function).__name__}")
    if getattr(function, "__name__", "").startswith("test"):
        told = named(function).replace("the handler ", "")
        raise RouteError(
            f"{told} is a test, and a handler is a reply: write `@mock.route(...).respond(...)` over a test"
        )


def checked_base(text: str) -> Target:
    """Return a base URL, taken apart."""
    base = parse_target(text)
    if base.scheme is None or base.host is None or base.methods is not None or base.query is not None:
        raise RouteError(f"`base_url` takes a URL such as 'https://api.test/v1', not {text!r}")
    return base


def checked_transport(fallback: Any) -> Any:
    """Return a fallback, or say what could be one."""
    if fallback is None or hasattr(fallback, "handle_request") or hasattr(fallback, "handle_async_request"):
        return fallback
    raise RouteError(f"`fallback` takes a transport, such as HTTPTransport(), not {show(fallback)}")


def policy(unmatched: Any) -> Reply | None:
    """Return what answers a request without a route; `None` where nothing does."""
    if unmatched is None or (unmatched == "error" and isinstance(unmatched, str)):
        return None
    if isinstance(unmatched, str):
        if unmatched == "pass":
            return PassThrough()
        raise RouteError(
            f"`unmatched` is 'error', 'pass', a function or a reply; not {unmatched!r} (a text goes as (200, 'text'))"
        )
    return reply_from(unmatched)


def checked_keep(keep: Any) -> int | None:
    """Return how many calls are remembered; `None` for all."""
    if keep is not None and (isinstance(keep, bool) or not isinstance(keep, int) or keep < 0):
        raise RouteError(f"`keep` takes how many calls are remembered, 0 or more, or None for all; not {show(keep)}")
    return None if keep is None else int(keep)


def checked_clock(clock: Any) -> MockClock:
    """Return the clock that a word or a clock stands for."""
    if clock == "virtual":
        return VirtualClock()
    if clock == "real":
        return RecordedClock(REAL_CLOCK)
    if not hasattr(clock, "monotonic") or not hasattr(clock, "sleep"):
        raise RouteError(
            f"`clock` is 'virtual', 'real', or a clock with monotonic, sleep and asleep; not {show(clock)}"
        )
    return clock if isinstance(clock, (VirtualClock, RecordedClock)) else RecordedClock(clock)
