"""What a route answers: a reply is a plan, from which every call gets a response of its own.

Everything that cannot be sent is refused when the reply is written: a status that is none, two bodies, a body where
HTTP allows none, a header field with a line break, a Content-Length that is not true, JSON that is not JSON.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from ..client import ByteStream, Headers, Response
from .bodies import PieceFactory, PlayedStream, compressed, piece_factory
from .errors import RouteError
from .values import show

if TYPE_CHECKING:
    from .call_log import Call
    from .colors import Color

UNSET: Any = type("Unset", (), {"__repr__": lambda self: "UNSET", "__slots__": ()})()
"""Not given; `None` is JSON's null."""


class NotMine:
    """What a handler returns to say that the request is not for it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NEXT"


NEXT = NotMine()
"""Returned by a handler: this request is not for me, ask the next route."""


class Reply:
    """One answer to one request; `produce` makes it."""

    __slots__ = ("delay",)

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = checked_seconds(delay, "delay")

    async def produce(self, call: Call, color: Color) -> Response | NotMine:
        """Return a fresh response, raise, or return `NEXT`."""
        raise NotImplementedError

    def describe(self) -> str:
        """Return the reply in a few words."""
        return type(self).__name__.lower()

    def __repr__(self) -> str:
        return f"<reply {self.describe()}>"


class Respond(Reply):
    """Answers with a status, header fields and a body in memory."""

    __slots__ = ("body", "extensions", "fields", "status", "trailers")

    def __init__(
        self, status: int, fields: list[tuple[bytes, bytes]], body: bytes, extensions: dict[str, Any], delay: float
    ) -> None:
        super().__init__(delay)
        self.status = status
        self.fields = fields
        self.body = body
        self.extensions = extensions

    async def produce(self, call: Call, color: Color) -> Response:
        # RFC 9110, 9.3.2: the answer to HEAD has the fields of GET, and no body.
        body = self.body if call.request.method != "HEAD" else b""
        return Response(
            self.status,
            headers=Headers.received(self.fields.copy()),
            stream=ByteStream(body),
            request=call.request,
            extensions=self.extensions,
        )

    def describe(self) -> str:
        return str(self.status)


class Play(Reply):
    """Answers with a body that streams, piece by piece."""

    __slots__ = ("ending", "every", "extensions", "fields", "pieces", "status")

    def __init__(
        self,
        status: int,
        fields: list[tuple[bytes, bytes]],
        pieces: PieceFactory,
        extensions: dict[str, Any],
        *,
        every: float,
        delay: float,
        ending: Exception | None = None,
    ) -> None:
        super().__init__(delay)
        self.status = status
        self.fields = fields
        self.pieces = pieces
        self.extensions = extensions
        self.every = checked_seconds(every, "every")
        self.ending = ending

    async def produce(self, call: Call, color: Color) -> Response:
        pieces: PieceFactory = self.pieces if call.request.method != "HEAD" else list
        stream = PlayedStream(
            pieces,
            every=self.every,
            clock=call.clock,
            request=call.request,
            on_close=call.stream_closed,
            ending=fresh_error(self.ending, call) if self.ending is not None else None,
        )
        call.stream_opened(stream)
        return Response(
            self.status,
            headers=Headers.received(self.fields.copy()),
            stream=stream,
            request=call.request,
            extensions=self.extensions,
        )

    def describe(self) -> str:
        return f"{self.status}, streamed"


class Raise(Reply):
    """Raises instead of answering."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException | type[BaseException], delay: float = 0.0) -> None:
        super().__init__(delay)
        if not isinstance(error, BaseException) and not (isinstance(error, type) and issubclass(error, BaseException)):
            raise RouteError(f"`.error` takes an exception or its class, not {show(error)}")
        if isinstance(error, type):
            try:
                error("")
            except Exception as cause:
                raise RouteError(f"{error.__name__} cannot be made without arguments: give an instance") from cause
        self.error = error

    async def produce(self, call: Call, color: Color) -> Response:
        raise fresh_error(self.error, call)

    def describe(self) -> str:
        return f"raises {self.error.__name__ if isinstance(self.error, type) else type(self.error).__name__}"


class Handle(Reply):
    """Answers with what a function says."""

    __slots__ = ("function", "source")

    def __init__(self, function: Callable[[Call], Any], source: str) -> None:
        super().__init__()
        self.function = function
        self.source = source

    async def produce(self, call: Call, color: Color) -> Response | NotMine:
        try:
            said = await color.result(self.function(call), self.source)
        except Exception as error:
            call.handler_failed(error, self.source)
            raise
        if said is NEXT:
            return NEXT
        if said is None:
            raise TypeError(
                f"{self.source} returned None: return a reply (a status, a dict, a Response, ...) or mock.NEXT"
            )
        try:
            answer = reply_from(said)
        except RouteError as error:
            raise TypeError(f"{self.source} returned what is no reply: {error}") from error
        await call.pause(answer, color)
        return await answer.produce(call, color)

    def describe(self) -> str:
        return self.source


class PassThrough(Reply):
    """Lets what stands behind the mock answer, and may change its answer."""

    __slots__ = ("patch",)

    def __init__(self, patch: Callable[..., Any] | None = None) -> None:
        super().__init__()
        if patch is not None and not callable(patch):
            raise RouteError(f"`patch` takes a function of the real response, not {show(patch)}")
        self.patch = patch

    async def produce(self, call: Call, color: Color) -> Response:
        response = await color.send(call.production(), call.request)
        if self.patch is None:
            return response
        if hasattr(response.stream, "__aiter__") and not hasattr(response.stream, "__iter__"):
            await response.aread()
        else:
            await read_response(response, color)
        said = await color.result(self.patch(response), "the patch function")
        if said is None or said is response:
            return response
        patched = await reply_from(said).produce(call, color)
        return patched if isinstance(patched, Response) else response

    def describe(self) -> str:
        return "passed through"


class Ask(Reply):
    """Lets another transport answer: an application, a cassette, anything."""

    __slots__ = ("transport",)

    def __init__(self, transport: Any) -> None:
        super().__init__()
        self.transport = transport

    async def produce(self, call: Call, color: Color) -> Response:
        return await color.send(self.transport, call.request)

    def describe(self) -> str:
        return f"answered by {type(self.transport).__name__}"


class Copy(Reply):
    """Answers with copies of a response."""

    __slots__ = ("response",)

    def __init__(self, response: Response) -> None:
        super().__init__()
        try:
            _ = response.content
        except RuntimeError as error:
            raise RouteError(
                "a Response that streams can be sent only once: use `.stream(...)`, or give it content="
            ) from error
        self.response = response

    async def produce(self, call: Call, color: Color) -> Response:
        own = self.response
        fields = [field for field in own.headers.raw if field[0].lower() != b"content-encoding"]
        body = own.content if call.request.method != "HEAD" else b""
        return Response(
            own.status_code,
            headers=Headers.received(fields),
            stream=ByteStream(body),
            request=call.request,
            extensions=dict(own.extensions),
        )

    def describe(self) -> str:
        return str(self.response.status_code)


async def read_response(response: Response, color: Color) -> None:
    """Read a response into memory in the color of its caller."""
    from .colors import BLOCKING

    if color is BLOCKING:
        response.read()
    else:
        await response.aread()


def fresh_error(error: BaseException | type[BaseException], call: Call) -> BaseException | Any:
    """Return an exception of its own for a call, with the request set where it has room for one."""
    if isinstance(error, type):
        error = error("the mock raises this, as its route says")
    else:
        try:
            error = copy.copy(error).with_traceback(None)
        except Exception:  # an exception that cannot be copied is raised as it is
            error = error.with_traceback(None)
    from ..client import HTTPError

    if isinstance(error, HTTPError):
        error.request = call.request
    return error


def checked_seconds(seconds: Any, name: str) -> float:
    """Return a duration, or say why it is none."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds >= 0:
        raise RouteError(f"`{name}` takes seconds, 0 or more, not {show(seconds)}")
    return seconds


def response_reply(
    status: int = 200,
    *,
    json: Any = UNSET,
    text: str | None = None,
    html: str | None = None,
    content: Any = None,
    stream: Any = None,
    file: Any = None,
    form: Any = None,
    sse: Any = None,
    headers: Any = None,
    cookies: Any = None,
    content_type: str | None = None,
    encoding: str | None = None,
    trailers: Any = None,
    delay: float = 0.0,
    rate: Any = None,
    every: float = 0.0,
    http_version: str | None = None,
    reason: str | None = None,
    ending: Exception | None = None,
    folder: str | None = None,
) -> Reply:
    """Return the reply that these words describe."""
    from .reply_words import body_of, checked_status, extensions_of, fields_of, paced

    checked_status(status)
    body, kind = body_of(
        {
            "json": json,
            "text": text,
            "html": html,
            "content": content,
            "stream": stream,
            "file": file,
            "form": form,
            "sse": sse,
        },
        folder,
    )
    extensions = extensions_of(http_version, reason, trailers)
    pieces: PieceFactory | None = None
    if not isinstance(body, bytes):
        pieces, body = body, b""
        if encoding is not None:
            raise RouteError("`encoding` compresses a body that is in memory: give content=, text= or json=")
    elif encoding is not None:
        body = compressed(body, encoding)
    fields = fields_of(status, headers, cookies, content_type or kind, encoding, None if pieces else body, bool(kind))
    if rate is not None and pieces is None:
        pieces, every = paced(body, rate)
    if ending is not None and pieces is None:
        pieces = piece_factory([body])
    if pieces is None:
        return Respond(status, fields, body, extensions, delay)
    return Play(status, fields, pieces, extensions, every=every, delay=delay, ending=ending)


def reply_from(value: Any, **words: Any) -> Reply:
    """Return the reply that a plain value stands for.

    An int is a status, a dict or list JSON, a `str` text, `bytes` content, a tuple `(status, body[, headers])`;
    a `Response`, an exception and a reply are themselves.
    """
    if isinstance(value, Reply):
        _refuse_words(words, "a reply that is complete")
        return value
    if isinstance(value, bool):
        raise RouteError(f"{value} is no reply; say json={value} where that is the body")
    if isinstance(value, int):
        return response_reply(value, **words)
    if isinstance(value, (Mapping, list)):
        return response_reply(json=value, **words)
    if isinstance(value, str):
        return response_reply(text=value, **words)
    if isinstance(value, bytes):
        return response_reply(content=value, **words)
    if isinstance(value, tuple):
        return _from_tuple(value, words)
    if isinstance(value, Response):
        _refuse_words(words, "a Response")
        return Copy(value)
    if isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException)):
        delay = words.pop("delay", 0.0)
        _refuse_words(words, "an exception")
        return Raise(value, delay)
    if callable(value):
        from .handlers import plain_handler

        _refuse_words(words, "a function")
        return plain_handler(value)
    raise RouteError(
        f"{show(value)} is no reply: give a status, a dict, a list, text, bytes, a Response, an exception or a function"
    )


def _from_tuple(value: tuple[Any, ...], words: dict[str, Any]) -> Reply:
    if not 2 <= len(value) <= 3 or isinstance(value[0], bool) or not isinstance(value[0], int):
        raise RouteError(f"a tuple is (status, body) or (status, body, headers), not {show(value)}")
    status, body = value[0], value[1]
    if len(value) == 3:
        words["headers"] = value[2]
    if body is None:
        return response_reply(status, **words)
    word = "text" if isinstance(body, str) else "content" if isinstance(body, bytes) else "json"
    return response_reply(status, **{word: body}, **words)


def _refuse_words(words: dict[str, Any], what: str) -> None:
    if words:
        raise RouteError(f"{', '.join(f'`{word}=`' for word in words)} cannot be said beside {what}")
