"""What can go wrong with a mock: a route that cannot be, and a promise that was not kept.

RouteError            a route, a matcher or a reply is wrong; raised where it is written; also a `ValueError`
RouteWarning          a route works, but surely not as its author thinks
UnmatchedRequest      no route answers a request; an `AssertionError`, so that no retry code takes it for bad weather
ExpectationsNotMet    at the end something is missing or too much; an `AssertionError`; `.findings` lists all of it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..client import Request


class Report(Protocol):
    """What is known about a request that nobody answered."""

    @property
    def request(self) -> Request:
        """The request."""
        ...

    @property
    def text(self) -> str:
        """The report, as people read it."""
        ...


class RouteError(ValueError):
    """A route, a matcher or a reply is wrong; raised where it is written."""


class RouteWarning(UserWarning):
    """A route works, but surely not as its author thinks."""


class UnmatchedRequest(AssertionError):
    """No route answers this request.

    `str(error)` is the report: the closest routes with every criterion judged, where each route was written and
    where the call came from, and what to write to answer it.
    """

    def __init__(self, miss: Report) -> None:
        super().__init__(miss)
        self.miss = miss

    @property
    def request(self) -> Request:
        """The request that nobody answered."""
        return self.miss.request

    def __str__(self) -> str:
        return self.miss.text


class ExpectationsNotMet(AssertionError):
    """When the scene ended something was missing, or too much; `findings` says what, one text each."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__(findings)
        self.findings: tuple[str, ...] = tuple(findings)

    def __str__(self) -> str:
        return grouped(self.findings)


def grouped(findings: Sequence[str]) -> str:
    """Return several findings as one text."""
    if len(findings) == 1:
        return findings[0]
    parts = [f"{len(findings)} expectations of the mock were not met"]
    for number, finding in enumerate(findings, 1):
        parts.append(f"{number}. " + finding.replace("\n", "\n   "))
    return "\n".join(parts)
