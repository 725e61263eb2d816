"""How a response's body is read: whole, in pieces, as text or raw, by blocking and by asynchronous code."""

from __future__ import annotations

import json as jsonlib
import time
from typing import TYPE_CHECKING, Any, Callable, Generic, TypeVar

from ..bodies.decode import content_decoder
from ..bodies.media_type import charset_of
from ..bodies.streams import AsyncByteStream, ByteStream, SyncByteStream
from ..bodies.text import ByteChunker, LineDecoder, TextChunker, TextDecoder, decode_text, is_known_charset
from ..config import DEFAULT_GUARDS
from ..errors import DecodingError, LimitExceeded, RequestError, ResponseNotRead, StreamClosed, StreamConsumed
from ..status import codes
from .whole import WholeBody

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
    from types import TracebackType

    from ..bodies.decode import ContentDecoder
    from ..config import Guards
    from .headers import Headers
    from .request import Request

_LONGEST_URL = 160

Item = TypeVar("Item")
Kind = TypeVar("Kind", SyncByteStream, AsyncByteStream)


class ResponseBody(WholeBody):
    """The reading half of `Response`."""

    # What most responses never get is said here once, and not in every one of them.
    status_code: int
    headers: Headers
    stream: SyncByteStream | AsyncByteStream
    is_closed: bool = False
    is_stream_consumed: bool = False
    default_encoding: str | Callable[[bytes], str | None] = "utf-8"
    _request: Request | None
    _text: str | None = None
    _encoding: str | None = None
    _decoder: ContentDecoder | IdentityDecoder | None = None
    _num_bytes_downloaded = 0
    _guards: Guards = DEFAULT_GUARDS
    _loads: Callable[..., Any] | None = None
    _is_async: bool = False
    """Whether it is an `AsyncClient` that got it: then it is read in one way, however much has come with its head."""
    _started: float | None = None
    _elapsed: float | None = None
    _drained: bytes | None = None
    """A body that nobody asked for, as it came over the wire: decoded when somebody does ask."""
    _reading: Any = None
    """The generator that was last handed out, for `aclose` to close: event loops complain about abandoned ones."""

    # The body, once it is here.

    @property
    def content(self) -> bytes:
        """The decoded body; raises `ResponseNotRead` while it is streaming."""
        if self._whole is None:
            if self._drained is None:
                raise ResponseNotRead
            return self.read()
        return self._whole

    @property
    def text(self) -> str:
        """The body as text, by the charset of Content-Type or else `default_encoding`; never fails to decode."""
        if self._text is None:
            self._text = decode_text(self.content, self.encoding or "utf-8")
        return self._text

    @property
    def encoding(self) -> str | None:
        """The charset used for `text`; may be set before `text` is first read."""
        if self._encoding is None:
            said = self.charset_encoding
            if said is not None and is_known_charset(said):
                self._encoding = said
            elif isinstance(self.default_encoding, str):
                self._encoding = self.default_encoding
            elif self._whole is not None:
                self._encoding = self.default_encoding(self._whole)
            if self._encoding is None:
                return "utf-8"
        return self._encoding

    @encoding.setter
    def encoding(self, encoding: str) -> None:
        if self._text is not None:
            raise ValueError("the encoding cannot change once `.text` has been read: set it before")
        self._encoding = encoding

    @property
    def charset_encoding(self) -> str | None:
        """The charset that Content-Type names, if any."""
        return charset_of(self.headers.get("Content-Type"))

    def json(self, *, loads: Callable[..., Any] | None = None, **options: Any) -> Any:
        """Return the body parsed as JSON.

        `loads` parses with another library, such as `orjson.loads`, in the place of the client's codec or `json.loads`;
        other options go to it.
        Raises what the parser raises, by default `json.JSONDecodeError`, a `ValueError`.
        """
        loads = loads or self._loads
        if loads is not None:
            return loads(self.content, **options)
        try:
            return jsonlib.loads(self.content, **options)
        except jsonlib.JSONDecodeError as error:
            from .no_json import tell

            request = self._request
            asked = "" if request is None else f"{request.method} {request.url.redacted}"
            tell(error, asked, self.status_code, self.headers, len(self.content))
            raise

    @property
    def num_bytes_downloaded(self) -> int:
        """How many bytes of the body have come over the wire, before decoding."""
        return self._num_bytes_downloaded

    # The body, while it comes: blocking.

    def read(self) -> bytes:
        """Read the body to its end, close, and return it decoded."""
        if self._whole is None:
            held = None if self._is_async else self._take_held()
            if held is not None:
                return held
            read_all: Callable[[], bytes] | None = getattr(self.stream, "read_all", None)
            if read_all is not None and not self.is_stream_consumed and self._is_plain():
                with _Blame(self):
                    self._begin(SyncByteStream)
                    self._whole = read_all()
                self._num_bytes_downloaded = len(self._whole)
                self.close()
            else:
                self._whole = b"".join(self.iter_bytes())
        return self._whole

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield the decoded body in pieces of `chunk_size` bytes, or as they come."""
        if self._whole is not None:
            yield from _slices(self._whole, chunk_size)
            return
        chunker = ByteChunker(chunk_size=chunk_size)
        with _Blame(self):
            decoder = self._decoding()
            tally = _Tally(self._guards.max_response_size)
            for raw in self.iter_raw():
                for piece in decoder.decode(raw):
                    tally.add(piece)
                    yield from chunker.decode(piece)
            decoder.flush()
            yield from chunker.flush()

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Yield the body as text, in pieces of `chunk_size` characters, or as they come."""
        decoder = TextDecoder(encoding=self.encoding or "utf-8")
        chunker = TextChunker(chunk_size=chunk_size)
        with _Blame(self):
            for piece in self.iter_bytes():
                yield from chunker.decode(decoder.decode(piece))
            yield from chunker.decode(decoder.flush())
            yield from chunker.flush()

    def iter_lines(self) -> Iterator[str]:
        """Yield the body line by line, without line ends."""
        decoder = LineDecoder()
        with _Blame(self):
            for text in self.iter_text():
                yield from decoder.decode(text)
            yield from decoder.flush()

    def iter_raw(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield the body as it comes over the wire, not decoded."""
        stream = self._begin(SyncByteStream)
        chunker = ByteChunker(chunk_size=chunk_size)
        with _Blame(self):
            for raw in stream:
                self._num_bytes_downloaded += len(raw)
                yield from chunker.decode(raw)
            yield from chunker.flush()
        self.close()

    def close(self) -> None:
        """Close the response: its connection is free again when the body was read to the end, else closed."""
        if not isinstance(self.stream, SyncByteStream) or (self._is_async and not self.is_closed):
            raise RuntimeError("this response streams asynchronously: use `await response.aclose()`")
        if not self.is_closed:
            self.is_closed = True
            with _Blame(self):
                self.stream.close()
            self._stop_clock()

    # The body, while it comes: asynchronous; method under method as above.

    async def aread(self) -> bytes:
        """Read the body to its end, close, and return it decoded."""
        if self._whole is None:
            held = self._take_held()
            if held is not None:
                return held
            aread_all: Callable[[], Awaitable[bytes]] | None = getattr(self.stream, "aread_all", None)
            if aread_all is not None and not self.is_stream_consumed and self._is_plain():
                with _Blame(self):
                    self._begin(AsyncByteStream)
                    self._whole = await aread_all()
                self._num_bytes_downloaded = len(self._whole)
                await self.aclose()
            else:
                self._whole = b"".join([part async for part in self._aiter_bytes(None)])
        return self._whole

    def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Yield the decoded body in pieces of `chunk_size` bytes, or as they come."""
        if self._whole is not None:
            return _InMemory(self.iter_bytes(chunk_size))
        return self._hand_out(self._aiter_bytes(chunk_size))

    def aiter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Yield the body as text, in pieces of `chunk_size` characters, or as they come."""
        if self._whole is not None:
            return _InMemory(self.iter_text(chunk_size))
        return self._hand_out(self._aiter_text(chunk_size))

    def aiter_lines(self) -> AsyncIterator[str]:
        """Yield the body line by line, without line ends."""
        if self._whole is not None:
            return _InMemory(self.iter_lines())
        return self._hand_out(self._aiter_lines())

    def aiter_raw(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Yield the body as it comes over the wire, not decoded."""
        return self._hand_out(self._aiter_raw(chunk_size))

    def _hand_out(self, reading: AsyncGenerator[Item, None]) -> AsyncIterator[Item]:
        self._reading = reading
        return reading

    async def _aiter_bytes(self, chunk_size: int | None) -> AsyncGenerator[bytes, None]:
        chunker = ByteChunker(chunk_size=chunk_size)
        with _Blame(self):
            decoder = self._decoding()
            tally = _Tally(self._guards.max_response_size)
            async with _closing(self._aiter_raw(None)) as raws:
                async for raw in raws:
                    for piece in decoder.decode(raw):
                        tally.add(piece)
                        for chunk in chunker.decode(piece):
                            yield chunk
            decoder.flush()
            for chunk in chunker.flush():
                yield chunk

    async def _aiter_text(self, chunk_size: int | None) -> AsyncGenerator[str, None]:
        decoder = TextDecoder(encoding=self.encoding or "utf-8")
        chunker = TextChunker(chunk_size=chunk_size)
        with _Blame(self):
            async with _closing(self._aiter_bytes(None)) as pieces:
                async for piece in pieces:
                    for chunk in chunker.decode(decoder.decode(piece)):
                        yield chunk
            for chunk in chunker.decode(decoder.flush()):
                yield chunk
            for chunk in chunker.flush():
                yield chunk

    async def _aiter_lines(self) -> AsyncGenerator[str, None]:
        decoder = LineDecoder()
        with _Blame(self):
            async with _closing(self._aiter_text(None)) as texts:
                async for text in texts:
                    for line in decoder.decode(text):
                        yield line
            for line in decoder.flush():
                yield line

    async def _aiter_raw(self, chunk_size: int | None) -> AsyncGenerator[bytes, None]:
        stream = self._begin(AsyncByteStream)
        chunker = ByteChunker(chunk_size=chunk_size)
        with _Blame(self):
            async with _closing(stream.__aiter__()) as raws:
                async for raw in raws:
                    self._num_bytes_downloaded += len(raw)
                    for chunk in chunker.decode(raw):
                        yield chunk
            for chunk in chunker.flush():
                yield chunk
        await self.aclose()

    async def aclose(self) -> None:
        """Close the response: its connection is free again when the body was read to the end, else closed."""
        if not isinstance(self.stream, AsyncByteStream):
            raise RuntimeError("this response streams synchronously: use `response.close()`")
        reading = self._reading
        if reading is not None and not reading.ag_running:
            self._reading = None
            await reading.aclose()
        if not self.is_closed:
            self.is_closed = True
            with _Blame(self):
                await self.stream.aclose()
            self._stop_clock()

    # What both worlds share.

    def _begin(self, kind: type[Kind]) -> Kind:
        """Return the stream to read the raw body from, and note that it is being read, where that may be done now."""
        if self.is_stream_consumed:
            raise StreamConsumed
        if self.is_closed and self._drained is None:
            raise StreamClosed
        is_async = self._is_async and kind is SyncByteStream and self._drained is None
        if is_async or not isinstance(self.stream, kind):
            if kind is SyncByteStream:
                raise RuntimeError("this response streams asynchronously: use `aread` and the `aiter_*` methods")
            raise RuntimeError("this response streams synchronously: use `read` and the `iter_*` methods")
        self.is_stream_consumed = True
        return self.stream

    def _take_held(self) -> bytes | None:
        """Read a body that is in memory already, where there is nothing to decode; `None` where that is not so."""
        stream = self.stream
        if (
            (type(stream) is not ByteStream and not hasattr(type(stream), "held"))
            or self.is_stream_consumed
            or self.is_closed
            or self._guards.max_response_size is not None
            or "content-encoding" in self.headers._by_name()
            # Instruments put functions around the reading of one response, and wait for these to be called.
            or "read" in self.__dict__
            or "aread" in self.__dict__
        ):
            return None
        holder: Any = stream
        held: bytes = holder.held
        self._whole = held
        self._num_bytes_downloaded = len(held)
        self.is_stream_consumed = self.is_closed = True
        if self._started is not None:
            self._elapsed = time.perf_counter() - self._started
        return held

    def _is_plain(self) -> bool:
        """Whether the body is what comes over the wire, of whatever size."""
        return "Content-Encoding" not in self.headers and self._guards.max_response_size is None

    def _decoding(self) -> ContentDecoder | IdentityDecoder:
        if self._decoder is None:
            codings = self.headers.get_list("Content-Encoding")
            self._decoder = self._decoder_of(codings) or _IDENTITY
        return self._decoder

    def _decoder_of(self, codings: list[str]) -> ContentDecoder | None:
        guards = self._guards
        return content_decoder(codings, max_ratio=guards.max_ratio, ratio_floor=guards.ratio_floor) if codings else None

    def _stop_clock(self) -> None:
        if self._started is not None and self._elapsed is None:
            self._elapsed = time.perf_counter() - self._started


class _Tally:
    """Counts a decoded body, and stops it at the bound."""

    __slots__ = ("_bound", "_size")

    def __init__(self, bound: int | None) -> None:
        self._bound = bound
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._bound is not None and self._size > self._bound:
            raise LimitExceeded(
                f"the response's body is larger than max_response_size={self._bound} bytes: "
                "raise that guard, or stream the response where so much is meant",
                limit=self._bound,
                value=self._size,
            )


class IdentityDecoder:
    """Undoes nothing; transports over libraries that decode by themselves give it to their responses."""

    def decode(self, data: bytes) -> tuple[bytes, ...]:
        return (data,)

    def flush(self) -> None:
        pass


_IDENTITY = IdentityDecoder()


class _Blame:
    """Names the request in every `RequestError` that passes without one."""

    __slots__ = ("_response",)

    def __init__(self, response: ResponseBody) -> None:
        self._response = response

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        request = self._response._request
        if isinstance(error, RequestError) and error._request is None and request is not None:
            error.request = request
            if isinstance(error, (DecodingError, LimitExceeded)):
                # Said by who knows the bytes and no more: where they came from belongs to it.
                asked = f"{request.method} {request.url.redacted[:_LONGEST_URL]}"
                status = self._response.status_code
                answered = f"{status} {codes.get_reason_phrase(status)}".rstrip()
                error.args = (f"{asked} answered {answered}, but {error}", *error.args[1:])


class _InMemory(Generic[Item]):
    """Lets asynchronous code iterate what needs no waiting, with nothing to clean up when it stops early."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items

    def __aiter__(self) -> _InMemory[Item]:
        return self

    async def __anext__(self) -> Item:
        for item in self._items:
            return item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._items = iter(())


class _closing(Generic[Item]):
    """Closes an asynchronous generator when its reader stops early (contextlib.aclosing is Python 3.10's)."""

    __slots__ = ("_generator",)

    def __init__(self, generator: AsyncIterator[Item]) -> None:
        self._generator = generator

    async def __aenter__(self) -> AsyncIterator[Item]:
        return self._generator

    async def __aexit__(self, *error: object) -> None:
        close = getattr(self._generator, "aclose", None)
        if close is not None:
            await close()


def _slices(content: bytes, size: int | None) -> Iterator[bytes]:
    if size is None:
        size = max(len(content), 1)
    elif size < 1:
        raise ValueError(f"chunk_size={size}: a piece has at least one byte")
    for start in range(0, len(content), size):
        yield content[start : start + size]
