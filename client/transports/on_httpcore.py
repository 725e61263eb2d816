"""What transports that stand on httpcore take from httpx: its errors as those of the client, its bodies as streams.

The client itself has no use for it; libraries know the names.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .. import errors
from ..bodies.streams import AsyncByteStream, SyncByteStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterable, Iterator

__all__ = ["AsyncResponseStream", "ResponseStream", "map_httpcore_exceptions"]

_CORES = ("httpcore", "httpcore2")


@contextmanager
def map_httpcore_exceptions() -> Generator[None, None, None]:
    """Let what httpcore raises within be the client's error of the same name; all else passes as it is."""
    try:
        yield
    except Exception as error:
        mapped = _counterpart(error)
        if mapped is None:
            raise
        raise mapped from error


def _counterpart(error: Exception) -> errors.RequestError | None:
    for kind in type(error).__mro__:
        found: Any = getattr(errors, kind.__name__, None) if kind.__module__.partition(".")[0] in _CORES else None
        if isinstance(found, type) and issubclass(found, errors.RequestError):
            return found(str(error))
    return None


class ResponseStream(SyncByteStream):
    """The body of one of httpcore's responses, for blocking code."""

    def __init__(self, httpcore_stream: Iterable[bytes]) -> None:
        self._stream = httpcore_stream

    def __iter__(self) -> Iterator[bytes]:
        with map_httpcore_exceptions():
            yield from self._stream

    def close(self) -> None:
        """Give the connection back."""
        close: Any = getattr(self._stream, "close", None)
        if close is not None:
            close()


class AsyncResponseStream(AsyncByteStream):
    """The body of one of httpcore's responses, for asynchronous code."""

    def __init__(self, httpcore_stream: AsyncIterable[bytes]) -> None:
        self._stream = httpcore_stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with map_httpcore_exceptions():
            async for part in self._stream:
                yield part

    async def aclose(self) -> None:
        """Give the connection back."""
        aclose: Any = getattr(self._stream, "aclose", None)
        if aclose is not None:
            await aclose()
