"""Logical requests: what one `client.get(...)` became, with its redirects, auth round trips and retries.

A client puts one object per call into `request.extensions["operation"]`,
and every request made for that call carries it; calls without one are operations of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...client import Request, Response
    from .log import Call


class Operation(Sequence["Call"]):
    """The calls of one logical request, in their order."""

    __slots__ = ("_calls",)

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls

    def __len__(self) -> int:
        return len(self._calls)

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return self._calls[index]

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    @property
    def request(self) -> Request:
        """The request that began it."""
        return self._calls[0].request

    @property
    def response(self) -> Response | None:
        """The last response; `None` where the last call ended in an exception."""
        return self._calls[-1].response

    @property
    def statuses(self) -> list[int | str]:
        """The status of each call, or the name of the exception that ended it."""
        return [
            call.response.status_code if call.response is not None else type(call.error).__name__
            for call in self._calls
        ]

    def __repr__(self) -> str:
        return f"<Operation {self.request.method} {self.request.url.redacted} -> {', '.join(map(str, self.statuses))}>"


def grouped_calls(calls: Iterable[Call]) -> list[Operation]:
    """Return the logical requests that calls were made for, in the order in which they began."""
    groups: dict[int, list[Call]] = {}
    for call in calls:
        mark = call.request.extensions.get("operation", call)
        groups.setdefault(id(mark), []).append(call)
    return [Operation(group) for group in groups.values()]
