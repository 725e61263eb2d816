"""The body of a request, which is looked at before it is sent: in memory as long as it is small, then in a file.

A program may send what can be streamed only once, and more than fits into memory.
Its body is read here, to the end, and what is sent then is the copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ...client import AsyncByteStream, ByteStream, Request, RequestNotRead, SyncByteStream
from ..data.codings import undone
from ..files.blobs import Spool
from ..interactions import RecordedRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_PIECE = 64 * 1024


def taken(request: Request, folder: str) -> RecordedRequest:
    """Return a request as the recorder sees it; its body can be sent afterwards, and again."""
    try:
        return recorded(request, request.content)
    except RequestNotRead:
        stream = request.stream
    if not isinstance(stream, SyncByteStream):
        return recorded(request, request.read())  # which says what is wrong
    spool = Spool(folder)
    try:
        for piece in stream:
            spool.add(piece)
    except BaseException:
        spool.discard()
        raise
    return _held(request, spool)


async def ataken(request: Request, folder: str) -> RecordedRequest:
    """Return a request as the recorder sees it; its body can be sent afterwards, and again."""
    try:
        return recorded(request, request.content)
    except RequestNotRead:
        stream = request.stream
    if not isinstance(stream, AsyncByteStream):
        return taken(request, folder)
    spool = Spool(folder)
    try:
        async for piece in stream:
            spool.add(piece)
    except BaseException:
        spool.discard()
        raise
    return _held(request, spool)


def _held(request: Request, spool: Spool) -> RecordedRequest:
    if spool.path is None:
        request.stream = ByteStream(spool.content)
        return recorded(request, request.read())
    spool.finish()
    request.stream = SpooledStream(spool)
    return recorded(request, b"", spool)


def recorded(request: Request, content: bytes, spool: Spool | None = None) -> RecordedRequest:
    """Return a request as the recorder sees it."""
    digest = None if spool is None else spool.digest
    encoding = None
    if content and "content-encoding" in request.headers:
        content, encoding = undone(content, request.headers["content-encoding"])
    fields = request.headers.remembered(_texts)
    return RecordedRequest(request.method, str(request.url), fields, content, spool, digest, encoding)


def _texts(fields: list[tuple[bytes, bytes]], _: object) -> list[tuple[str, str]]:
    return [(name.decode("ascii"), value.decode("latin-1")) for name, value in fields]


def discard(request: RecordedRequest) -> None:
    """Remove the copy of a body that nobody recorded."""
    if isinstance(request.file, Spool):
        request.file.discard()


class SpooledStream(AsyncByteStream, SyncByteStream):
    """A body in a file: for both worlds, as often as the file is there."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again."""
        return self._spool.path is not None

    def __iter__(self) -> Iterator[bytes]:
        with open(cast("str", self._spool.path), "rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def __repr__(self) -> str:
        return f"<SpooledStream [{self._spool.size} bytes]>"
