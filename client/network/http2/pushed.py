"""A response that the server has pushed: its request is known, its head and its body come when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ...bridge import run
from ...errors import RequestError, ResponseNotRead, StreamClosed
from ...messages.headers import Headers
from ...messages.response import Response
from ..bodies import AsyncBody, SyncBody
from ..failures import READ, because, translate
from .body import AsyncStreamBody, Receiver

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from .sharing import SharedConnection
    from .stream import Head, Stream

Item = TypeVar("Item")
_OF_THE_HEAD = ("status_code", "headers")


class PushedReceiver(Receiver):
    """Takes one pushed response off its stream, head first."""

    __slots__ = ()

    async def receive_head(self) -> Head:
        """Return the head, once it is there. From now on somebody has asked for this response."""
        stream = self._stream
        waits = stream.call.waits
        if self._is_closed and stream.head is None:
            raise StreamClosed
        try:
            self._connection.claim(stream)
            while stream.head is None:
                if stream.ending is not None:
                    raise self._connection.failed(stream)
                await self._connection.wait(stream, stream.call, waits.left(waits.read), _has_head)
            return stream.head
        except BaseException as error:
            self.close()
            if isinstance(error, (OSError, RequestError)):
                translated = translate(error, READ, stream.call.request, waits)
                raise translated from because(translated, error)
            raise

    def close(self) -> None:
        """Have nothing more to do with the stream."""
        self._connection.disclaim(self._stream)
        super().close()

    @property
    def head(self) -> Head | None:
        """The head, where it is there already."""
        return self._stream.head

    async def _receive(self) -> bytes:
        if not self._has_begun:
            self._has_begun = True
            await self.receive_head()
        return await super()._receive()


class PushedResponse(Response):
    """A response that the server has pushed, as one of `response.pushed`.

    Its `request` says what it is for. Blocking code uses it as it is. Asynchronous code reads it first, with `aread`
    or one of the `aiter_*` methods: until its head has come, `status_code` and `headers` raise `ResponseNotRead`.
    One that nobody asks for is dropped in the end.
    """

    def __init__(self, connection: SharedConnection, stream: Stream, extensions: dict[str, Any]) -> None:
        receiver = PushedReceiver(connection, stream)
        call = stream.call
        super().__init__(
            0,
            headers=Headers(),
            stream=AsyncStreamBody(receiver) if call.is_async else SyncBody(receiver),
            request=call.request,
            extensions=extensions,
        )
        self._receiver = receiver
        # Until they are known; then they are set, and `__getattr__` is not asked any more.
        del self.status_code, self.headers

    def __getattr__(self, name: str) -> Any:
        receiver: PushedReceiver | None = self.__dict__.get("_receiver")
        if name not in _OF_THE_HEAD or receiver is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        head = receiver.head
        if head is None:
            if isinstance(self.stream, AsyncBody):
                raise ResponseNotRead(
                    f"the head of this pushed response has not come yet, and {name} with it: "
                    "call `await response.aread()` first"
                )
            head = run(receiver.receive_head())
        self._fill(head)
        return self.__dict__[name]

    async def aread(self) -> bytes:
        """Wait for the head, read the body to its end, close, and return it decoded."""
        await self._arrive()
        return await super().aread()

    async def _arrive(self) -> None:
        if "headers" not in self.__dict__ and isinstance(self.stream, AsyncBody):
            self._fill(await self._receiver.receive_head())

    def _fill(self, head: Head) -> None:
        self.status_code: int = head.status
        self.headers: Headers = Headers.received(head.fields)

    def _hand_out(self, reading: AsyncGenerator[Item, None]) -> AsyncIterator[Item]:
        pieces = super()._hand_out(reading)
        return pieces if "headers" in self.__dict__ else _AfterHead(self, pieces)

    def __repr__(self) -> str:
        if "status_code" in self.__dict__:
            return f"<PushedResponse{super().__repr__()[9:]}"
        return f"<PushedResponse [{self.request.method} {self.request.url.redacted}]>"

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_receiver"}


class _AfterHead(Generic[Item]):
    """Iterates a body whose decoding its head decides on."""

    __slots__ = ("_reading", "_response")

    def __init__(self, response: PushedResponse, reading: AsyncIterator[Item]) -> None:
        self._response = response
        self._reading = reading

    def __aiter__(self) -> _AfterHead[Item]:
        return self

    async def __anext__(self) -> Item:
        await self._response._arrive()
        return await self._reading.__anext__()

    async def aclose(self) -> None:
        close = getattr(self._reading, "aclose", None)
        if close is not None:
            await close()


def _has_head(stream: Stream) -> bool:
    return stream.head is not None or stream.ending is not None
