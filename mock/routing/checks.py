"""What is checked when a scene ends, the same in every form: decorator, `with`, fixture, `router.verify()`.

1. A request that no route answered, also when the code under test swallowed the error.
2. A route that was called too seldom, or never.
3. A handler that raised, also when the code under test swallowed that.
4. A streamed response that nobody closed.

All findings become one error.
An error that is on its way already is never replaced: it gets the findings as notes,
without the routes that were not called, because after a failure nobody expects them to have been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..calls.log import Calls, listed, times
from ..calls.sabotage import post
from ..errors import ExpectationsNotMet, UnmatchedRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..calls.log import Call
    from ..replies.bodies import PlayedStream
    from .misses import Miss
    from .routes import Route

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


_TOLD_MOST = 5


class Watched(Protocol):
    """A router, as far as checking goes."""

    misses: list[Miss]
    more_misses: int
    routes: list[Route]
    calls: Calls
    handler_errors: list[tuple[Call, Exception, str]]
    open_streams: dict[int, tuple[PlayedStream, Call]]


class Finding:
    """One thing that is not as it should be."""

    __slots__ = ("error", "text")

    def __init__(self, text: str, error: BaseException | None = None) -> None:
        self.text: str = text
        self.error: BaseException | None = error


def findings(router: Watched, after: BaseException | None = None) -> list[Finding]:
    """Return all that is wrong; `after` is the error that ends the scene, where there is one."""
    found = [*_misses(router, after), *_handler_errors(router, after)]
    if after is None:
        is_struck = post.saboteur is not None and post.saboteur.has_struck
        found += [*([] if is_struck else _counts(router)), *_streams(router)]
    return found


def conclude(found: Sequence[Finding], after: BaseException | None) -> None:
    """Raise what was found as one error, or note it on the error that is on its way."""
    if not found:
        return
    if after is not None:
        for finding in found:
            _note(after, finding.text)
        return
    cause = next((finding.error for finding in found if finding.error is not None), None)
    raise ExpectationsNotMet([finding.text for finding in found]) from cause


def _misses(router: Watched, after: BaseException | None) -> list[Finding]:
    found: list[Finding] = []
    for miss in router.misses:
        if miss.is_settled:
            continue
        miss.is_settled = True
        if after is not None and any(
            isinstance(error, UnmatchedRequest) and error.miss is miss for error in _chain(after)
        ):
            continue
        found.append(Finding(miss.text))
    more, router.more_misses = router.more_misses + max(0, len(found) - _TOLD_MOST), 0
    if more:
        found[_TOLD_MOST:] = [Finding(f"... and {more} more requests without a route")]
    return found


def _handler_errors(router: Watched, after: BaseException | None) -> list[Finding]:
    found: list[Finding] = []
    chain = list(_chain(after))
    for call, error, source in router.handler_errors:
        if not any(error is other for other in chain):
            what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            asked = f"{call.request.method} {call.request.url.redacted}"
            found.append(Finding(f"{source} raised for {asked}\n  {what}", error))
    router.handler_errors.clear()
    return found


def _counts(router: Watched) -> list[Finding]:
    unused: list[Route] = []
    found: list[Finding] = []
    for route in router.routes:
        if route.used >= route.least or route.replaced_by is not None:
            continue
        if route.used == 0 and route.most is None:
            unused.append(route)
        else:
            found.append(Finding(_too_few(route)))
    if unused:
        lines = [f"  {route.label}   {route.place}" for route in unused[:20]]
        lines += [f"  ... and {len(unused) - 20} more"] if len(unused) > 20 else []
        what = "1 route was never called" if len(unused) == 1 else f"{len(unused)} routes were never called"
        found.append(
            Finding("\n".join([f"{what}; say `.optional()` where that is fine", *lines, listed(list(router.calls))]))
        )
    return found


def _too_few(route: Route) -> str:
    wanted = str(route.least) if route.least == route.most else f"at least {route.least}"
    told = f"the route {route.label} had {times(route.used)}, and wants {wanted}   {route.place}"
    return f"{told}\n{listed(list(route.calls))}"


def _streams(router: Watched) -> list[Finding]:
    found: list[Finding] = []
    for _, call in list(router.open_streams.values()):
        asked = f"{call.request.method} {call.request.url.redacted}"
        found.append(Finding(f"the streamed response to {asked} was never closed; it was asked for at {call.place}"))
    router.open_streams.clear()
    return found


def _chain(error: BaseException | None) -> list[BaseException]:
    """Return an error with everything that led to it, and what it groups."""
    seen: list[BaseException] = []
    waiting = [error] if error is not None else []
    while waiting:
        current = waiting.pop()
        if any(current is other for other in seen):
            continue
        seen.append(current)
        waiting += [linked for linked in (current.__cause__, current.__context__) if linked is not None]
        waiting += list(getattr(current, "exceptions", ()))
    return seen


def _note(error: BaseException, text: str) -> None:
    note = f"and the mock says: {text}"
    add_note = getattr(error, "add_note", None)
    if add_note is not None:
        add_note(note)
    else:  # Python 3.9 and 3.10; pytest shows them all the same
        notes: list[str] = getattr(error, "__notes__", [])
        error.__notes__ = [*notes, note]  # type: ignore[attr-defined]  # what add_note does
