"""The body of a reply, as bytes or as a stream that plays itself again for every call."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Callable, Protocol, Union

from ...client import AsyncByteStream, SyncByteStream
from ..colors import ASYNCHRONOUS, BLOCKING, run
from ..errors import RouteError
from ..values import is_mapping, show

if TYPE_CHECKING:
    from ..colors import Color

# Each of them ends a line of an event stream.
_LINE_END = re.compile(r"\r\n|\n|\r")
_DRIPPING = "sends a piece every"

Pieces = Union[Iterable[Any], AsyncIterable[Any]]
_END = object()

PieceFactory = Callable[[], Pieces]


class Replayed(Iterable[Any]):
    """An iterator that can be iterated again: what came out of it is kept, what did not is still asked for.

    One that fails does so again, in the same place.
    """

    def __init__(self, source: Iterator[Any]) -> None:
        self._source = source
        self._kept: list[Any] = []
        self._error: Exception | None = None
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Any]:
        for place in itertools.count():
            with self._lock:
                if place == len(self._kept):
                    if self._error is not None:
                        raise self._error.with_traceback(None)
                    try:
                        self._kept.append(next(self._source))
                    except StopIteration:
                        return
                    except Exception as error:
                        self._error = error
                        raise
            yield self._kept[place]


def piece_factory(chunks: Any) -> PieceFactory:
    """Return a function that gives the pieces of a body afresh for every call."""
    if callable(chunks):  # a generator function, or a factory of pieces
        factory: Any = chunks
        made: PieceFactory = factory
        return made
    if isinstance(chunks, (str, bytes)):
        raise RouteError(f"a stream is a list or a generator of pieces; say a whole body with content=: {show(chunks)}")
    pieces: Any = chunks
    if hasattr(chunks, "__aiter__"):
        if hasattr(chunks, "__anext__"):
            raise RouteError(
                "an asynchronous generator plays only once: pass the function that makes it, not its result"
            )
        return lambda: pieces
    if not hasattr(chunks, "__iter__"):
        raise RouteError(
            f"a stream is a list or a generator of pieces, or a function that returns one; not {show(chunks)}"
        )
    kept: Iterable[Any] = Replayed(pieces) if hasattr(chunks, "__next__") else list(pieces)
    return lambda: kept


def as_bytes(piece: Any) -> bytes:
    """Return a piece of a body as it goes over the wire."""
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, bytearray):
        return bytes(piece)
    raise TypeError(f"a stream's pieces are bytes or text, not {show(piece)}")


class Player(Protocol):
    """What a stream needs of the call that it answers."""

    async def pause(self, seconds: float, color: Color, doing: str = ...) -> None:
        """Let time pass, as far as the client's patience goes."""
        ...

    def stream_closed(self, stream: PlayedStream) -> None:
        """Note that a streamed body has been closed."""
        ...


class PlayedStream(SyncByteStream, AsyncByteStream):
    """One performance of a streamed body: its pieces, the time between them, the client's patience.

    After `most` bytes, or else after the last, comes its end, or the error `ending`.
    """

    def __init__(
        self,
        pieces: PieceFactory,
        *,
        every: float,
        call: Player,
        most: int | None = None,
        ending: BaseException | None = None,
    ) -> None:
        self._pieces = pieces
        self._every = every
        self._call = call
        self._left = most
        self._ending = ending
        self._running: Any = None
        self.is_closed: bool = False

    def __iter__(self) -> Iterator[bytes]:
        source = self._pieces()
        if not isinstance(source, Iterable):
            raise RuntimeError("this route streams from an asynchronous generator: a blocking Client cannot read it")
        self._running = source
        try:
            for number, piece in enumerate(source):
                if number and self._every:
                    run(self._call.pause(self._every, BLOCKING, _DRIPPING))
                data, is_last = self._cut(as_bytes(piece))
                if data:
                    yield data
                if is_last:
                    break
            if self._ending is not None:
                raise self._ending
        finally:
            self.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        source = self._pieces()
        self._running = source
        try:
            pull = _puller(source)
            number = 0
            while (piece := await pull()) is not _END:
                if number and self._every:
                    await self._call.pause(self._every, ASYNCHRONOUS, _DRIPPING)
                number += 1
                data, is_last = self._cut(as_bytes(piece))
                if data:
                    yield data
                if is_last:
                    break
            if self._ending is not None:
                raise self._ending
        finally:
            await self.aclose()

    def _cut(self, data: bytes) -> tuple[bytes, bool]:
        """Return as much of a piece as still arrives, and whether that is all."""
        if self._left is None:
            return data, False
        data = data[: self._left]
        self._left -= len(data)
        return data, self._left <= 0

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._call.stream_closed(self)
            close = getattr(self._running, "close", None)
            if close is not None:
                close()

    async def aclose(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._call.stream_closed(self)
            close = getattr(self._running, "aclose", None)
            if close is not None:
                await close()
            elif hasattr(self._running, "close"):
                self._running.close()


def _puller(source: Pieces) -> Callable[[], Awaitable[Any]]:
    """Return a function that gives the next piece, and `_END` after the last."""
    # No asynchronous generator: one that is not read to its end must be closed by whoever made it.
    if isinstance(source, AsyncIterable):
        later = source.__aiter__()

        async def pull() -> Any:
            try:
                return await later.__anext__()
            except StopAsyncIteration:
                return _END

    else:
        now = iter(source)

        async def pull() -> Any:
            return next(now, _END)

    return pull


def dumped(value: Any) -> bytes:
    """Return JSON as the client writes it: compact, UTF-8; refuses what JSON cannot say."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise RouteError(f"this cannot be a JSON body: {error}") from error


def event_bytes(event: Any) -> bytes:
    """Return one server-sent event: a text, or a dict of data, event, id, retry, comment."""
    if not is_mapping(event):
        event = {"data": event}
    lines: list[str] = []
    for name, value in event.items():
        if name == "data":
            text = value if isinstance(value, str) else dumped(value).decode()
            lines += [f"data: {line}" for line in _LINE_END.split(text)]
        elif name == "comment":
            lines += [f": {line}" for line in _LINE_END.split(str(value))]
        elif name in ("event", "id", "retry"):
            if "\n" in str(value) or "\r" in str(value):
                raise RouteError(f"the {name} of an event is one line, not {show(value)}")
            lines.append(f"{name}: {value}")
        elif name != "at":  # a recorded event's time
            raise RouteError(f"an event has data, event, id, retry and comment, not {name!r}")
    return ("\n".join(lines) + "\n\n").encode()


def compressed(body: bytes, encoding: str) -> bytes:
    """Return a body in a content coding."""
    if encoding == "gzip":
        import gzip

        return gzip.compress(body, mtime=0)
    if encoding == "deflate":
        import zlib

        return zlib.compress(body)
    if encoding == "identity":
        return body
    try:
        if encoding == "br":
            return _squeezed(body, "brotli", "brotlicffi")
        if encoding == "zstd":
            return _squeezed(body, "compression.zstd", "backports.zstd")
    except ImportError as error:
        raise RouteError(f"encoding={encoding!r} needs a library: pip install 'understudy[brotli,zstd]'") from error
    raise RouteError(f"encoding={encoding!r} is none of gzip, deflate, br, zstd, identity")


def _squeezed(body: bytes, *libraries: str) -> bytes:
    import importlib

    for name in libraries:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        squeezed: bytes = module.compress(body)
        return squeezed
    raise ImportError(libraries[0])
