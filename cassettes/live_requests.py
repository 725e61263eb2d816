"""Which requests are always sent, and neither recorded nor replayed: `live: localhost`, hosts, or functions in code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Union

from .reach import Reach

if TYPE_CHECKING:
    from ..client import Request

# A host, or a function of a request.
LiveTypes = Union[str, "Callable[[Request], object]"]


class Live:
    """The hosts and functions of one cassette."""

    def __init__(self, said: tuple[LiveTypes, ...]) -> None:
        hosts = tuple(item for item in said if isinstance(item, str))
        self._hosts = Reach(hosts, "live") if hosts else None
        self._functions = tuple(item for item in said if not isinstance(item, str))
        for function in self._functions:
            if not callable(function):
                raise ValueError(f"`live` holds hosts and functions of a request, not {function!r}")

    def takes(self, request: Request) -> bool:
        """Return whether this request is to be sent."""
        if self._hosts is not None and self._hosts.covers(request.url.host):
            return True
        return any(function(request) for function in self._functions)
