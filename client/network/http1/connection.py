"""One HTTP/1.1 connection: a request goes out, a response comes in, and perhaps another one after it.

1. The connection serves one call at a time; how is said in `exchange`.
2. After a response the connection is used again only if both sides want to, nothing came after the response, and,
   checked just before the next request, the socket is silent. What a server says unasked is never taken for an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..upgraded import AsyncNetworkStream, SyncNetworkStream
from .exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ...messages.response import Response
    from ..backends.base import NetworkStream
    from ..call import Call
    from ..via import Via
    from .answer import Answer
    from .codec import Codec


class HTTP1Connection:
    """An open HTTP/1.1 connection."""

    __slots__ = ("accepts_unclean_end", "answer", "capacity", "codec", "is_closed", "public", "served", "stream", "via")

    def __init__(
        self, stream: NetworkStream, codec: Codec, *, accepts_unclean_end: bool = False, via: Via | None = None
    ) -> None:
        self.stream: NetworkStream = stream
        self.via: Via | None = via
        self.capacity: int = 1
        self.served: int = 0
        self.is_closed: bool = False
        self.accepts_unclean_end: bool = accepts_unclean_end
        self.codec: Codec = codec
        self.public: AsyncNetworkStream | SyncNetworkStream | None = None
        self.answer: Answer | None = None

    def is_usable(self) -> bool:
        return not self.is_closed and not self.stream.is_readable()

    def close(self) -> None:
        self.is_closed = True
        self.stream.close()

    def __repr__(self) -> str:
        return f"<HTTP1Connection served={self.served} {'closed' if self.is_closed else 'open'} {self.stream!r}>"

    def send(self, call: Call) -> Coroutine[Any, Any, Response]:
        self.served += 1
        return Exchange(self, call).run()

    def make_public(self, is_async: bool, ahead: bytes = b"") -> AsyncNetworkStream | SyncNetworkStream:
        """Return the connection as callers see it."""
        kind = AsyncNetworkStream if is_async else SyncNetworkStream
        self.public = kind(self.stream, ahead)
        return self.public
