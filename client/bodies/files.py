"""Bodies that are files: read piece by piece, again and again where they can seek.

A file that is the body goes out from where it stood; one that is a part of a form goes out whole, as httpx sends it:
a buffer that was just written stands at its end, and so does a file that an earlier try has sent.
"""

from __future__ import annotations

import io
import os
import stat
from typing import TYPE_CHECKING, Any, cast

from ..errors import StreamConsumed
from .streams import AsyncByteStream, SyncByteStream, as_bytes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

# Each piece costs asynchronous code a way to a worker thread and back.
CHUNK_SIZE = 524_288

_CONSUMED = (
    "this body was a file that cannot seek, and was sent already; "
    "pass bytes, a path or a seekable file to send it again"
)


def is_file(value: Any) -> bool:
    """Return whether a value is an open file: something with `read`, blocking or not."""
    return callable(getattr(value, "read", None))


def file_stream(file: Any, *, whole: bool = False) -> FileStream | AsyncFileStream:
    """Return the stream of an open file, from where it stands or `whole`; refuses files opened in text mode."""
    if isinstance(file, io.TextIOBase):
        raise TypeError("the file is open in text mode: open it with 'rb', so that its bytes are sent as they are")
    return (AsyncFileStream if hasattr(cast("object", file), "__aiter__") else FileStream)(file, whole=whole)


class FileStream(SyncByteStream, AsyncByteStream):
    """A body read from an open binary file, beginning where the file stood, or at its start where it goes `whole`.

    Sent again, it goes back to there.
    Asynchronous code reads it in a worker thread.
    The file stays the caller's to close.
    """

    def __init__(self, file: Any, *, whole: bool = False) -> None:
        self._file = file
        self.length: int | None
        self._start, self.length = _start_and_rest(file, whole)
        self._is_started = False

    @property
    def is_replayable(self) -> bool:
        """Whether the file can seek back."""
        return self._start is not None

    def _rewind(self) -> None:
        if self._start is not None:
            self._file.seek(self._start)
        elif self._is_started:
            raise StreamConsumed(_CONSUMED)
        self._is_started = True

    def __iter__(self) -> Iterator[bytes]:
        self._rewind()
        read = self._file.read
        while chunk := read(CHUNK_SIZE):
            yield as_bytes(chunk)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if isinstance(self._file, io.BytesIO):
            for chunk in self:
                yield chunk
            return
        from anyio import to_thread

        await to_thread.run_sync(self._rewind)
        read: Callable[[int], bytes] = self._file.read
        while chunk := await to_thread.run_sync(read, CHUNK_SIZE):
            yield as_bytes(chunk)


class AsyncFileStream(AsyncByteStream):
    """A body read from an asynchronous file, such as `anyio.open_file` gives, beginning where it stood, or `whole`.

    Its length is not known, because asking would need an `await`.
    """

    length: int | None = None

    def __init__(self, file: Any, *, whole: bool = False) -> None:
        self._file = file
        self._start: int | None = 0 if whole else None
        self._is_started = False

    @property
    def is_replayable(self) -> bool:
        """Whether the file says that it can seek; the first sending remembers where it stood."""
        return hasattr(self._file, "seek") and hasattr(self._file, "tell")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if not self.is_replayable:
            if self._is_started:
                raise StreamConsumed(_CONSUMED)
        elif self._start is None:
            self._start = await self._file.tell()
        else:
            await self._file.seek(self._start)
        self._is_started = True
        while chunk := await self._file.read(CHUNK_SIZE):
            yield as_bytes(chunk)


class PathStream(SyncByteStream, AsyncByteStream):
    """A body read from the file at a path, opened when it is sent and closed right after.

    Of a pipe or a device nobody knows the length, nor whether it would say the same again.
    """

    def __init__(self, path: os.PathLike[str]) -> None:
        self._path = path
        found = os.stat(path)
        self.length: int | None = found.st_size if stat.S_ISREG(found.st_mode) else None

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again: a file is opened anew."""
        return self.length is not None

    def __iter__(self) -> Iterator[bytes]:
        with open(self._path, "rb") as file:
            yield from FileStream(file)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        from anyio import to_thread

        file = await to_thread.run_sync(open, self._path, "rb")
        try:
            while chunk := await to_thread.run_sync(file.read, CHUNK_SIZE):
                yield chunk
        finally:
            file.close()


def peek_filelike_length(stream: Any) -> int | None:
    """Return how many bytes a file has, wherever it stands; libraries know it by this name."""
    return _start_and_rest(stream, True)[1]


def _start_and_rest(file: Any, whole: bool) -> tuple[int | None, int | None]:
    """Return where a body begins in a file and how many bytes follow; `None` for what the file cannot say.

    Asked by seeking and not by `fstat`: the descriptor behind a `GzipFile` tells the size of something else.
    """
    try:
        position: int = file.tell()
        file.seek(position)
    except (AttributeError, OSError, ValueError):
        return None, None
    start = 0 if whole else position
    try:
        file.seek(0, os.SEEK_END)
        end: int = file.tell()
    except (OSError, ValueError):
        file.seek(position)
        return start, None
    file.seek(position)
    return start, (max(end - start, 0) if _is_measurable(file) else None)


def _is_measurable(file: Any) -> bool:
    """Return whether the end of a file is where its bytes end: not so for devices."""
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return True
