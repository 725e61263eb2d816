"""What the head of a final response means, worked out once for a head that comes again and again.

A server that answers one request after another on a connection repeats itself: status, fields and length are often
those of the response before, to the byte. What the last head meant is kept with its connection, so that finding the
same bytes again is one comparison. The same bytes to the same method mean the same, whichever codec read them.
A head that differs is read with the last one beside it, which saves most of the work where most lines are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .framing import framing

if TYPE_CHECKING:
    from ...messages.headers import FieldIndex, Fields
    from .heads import Head

# Longer ones are told of cookies and the like, which differ each time, and would be held for nothing.
_LONGEST_KEPT = 8_192


class Answer:
    """A final head, read for one method of request."""

    __slots__ = (
        "by_name",
        "fields",
        "head",
        "idle_timeout",
        "is_tunnel",
        "keep_alive",
        "length",
        "method",
        "raw",
        "reason",
        "size",
        "status",
        "version",
    )

    def __init__(self, raw: bytes, head: Head, method: str) -> None:
        """Raises `RemoteProtocolError` where the head contradicts itself."""
        self.length: int
        self.keep_alive: bool
        self.idle_timeout: float | None
        self.length, self.keep_alive, self.idle_timeout = framing(head, method)
        self.head: Head = head
        self.status: int
        self.version: bytes
        self.reason: bytes
        self.fields: Fields
        self.by_name: FieldIndex
        self.status, self.version, self.reason, self.fields, self.by_name, _ = head
        self.is_tunnel: bool = head.status == 101 or (method == "CONNECT" and 200 <= head.status < 300)
        """Whether what follows is another protocol's."""
        self.method: str = method
        self.raw: bytes = raw
        self.size: int = len(raw)

    @property
    def is_kept(self) -> bool:
        """Whether the connection may hold on to it."""
        return self.size <= _LONGEST_KEPT
