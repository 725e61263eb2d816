"""The headers that all requests of a client start from, which one thread may change while others send.

Copies share what was worked out for their fields.
Whoever copied in the middle of a change would get the fields of one moment and the memory of another,
and a token that was replaced would be sent again. So a change is made to a copy, which becomes `whole` in one step.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Callable

from .headers import Headers

if TYPE_CHECKING:
    from .headers import FieldIndex, Fields, HeaderTypes, Result

__all__ = ["CommonHeaders"]


class CommonHeaders(Headers):
    """Headers whose changes are each one step for other threads."""

    __slots__ = ("_lock", "whole")

    def __init__(self, headers: HeaderTypes | None = None, encoding: str | None = None) -> None:
        super().__init__(None, encoding)
        self._lock = threading.RLock()
        self.whole: Headers = Headers(headers, encoding)
        """The fields of this moment, to be copied and never changed."""
        self._put(self.whole)

    def __setitem__(self, key: str, value: str) -> None:
        self._change(lambda changed: changed.__setitem__(key, value))

    def __delitem__(self, key: str) -> None:
        self._change(lambda changed: changed.__delitem__(key))

    def copy(self) -> Headers:
        """Return headers of their own, equal to these."""
        copied = self.whole.copy()
        copied._encoding = self._encoding
        return copied

    def remembered(self, make: Callable[[Fields, FieldIndex], Result]) -> Result:
        """Return `make(fields, index)`, worked out once for these fields."""
        return self.whole.remembered(make)

    def _merge(self, other: Headers) -> None:
        self._change(lambda changed: changed._merge(other))

    def _change(self, change: Callable[[Headers], None]) -> None:
        with self._lock:
            changed = self.copy()
            change(changed)
            self._put(changed)

    def _put(self, whole: Headers) -> None:
        if whole._memory is None:
            whole._begin_sharing()
        self.whole, self._memory, self._fields, self._index = whole, whole._memory, whole._fields, whole._index
