"""What a route answers: a reply is a plan, from which every call gets a response of its own.

Everything that cannot be sent is refused when the reply is written: a status that is none, two bodies, a body where
HTTP allows none, a header field with a line break, a Content-Length that is not true, JSON that is not JSON.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Callable, Protocol

from ...client import ByteStream, Headers, HTTPError, Response
from ..errors import RouteError
from ..values import show
from .bodies import PieceFactory, PlayedStream

if TYPE_CHECKING:
    from ...client import Clock, Request
    from ..colors import Color

Fields = list[tuple[bytes, bytes]]
_OF_CODINGS = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class _Unset:
    """Not given."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Unset()
"""Not given; `None` is JSON's null."""


class Performance(Protocol):
    """What a reply may ask of the call that it answers."""

    @property
    def request(self) -> Request:
        """The request."""
        ...

    @property
    def route(self) -> Any:
        """The route that answers."""
        ...

    @property
    def n(self) -> int:
        """The number of the call to its route, from 1."""
        ...

    @property
    def path_params(self) -> dict[str, Any]:
        """The values of the route's template parameters."""
        ...

    @property
    def state(self) -> Any:
        """The states of the router."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock on which the call takes its time."""
        ...

    def production(self) -> Any:
        """Return the transport that stands behind the mock."""
        ...

    async def pause(self, seconds: float, color: Color, doing: str = ...) -> None:
        """Let time pass, as far as the client's patience goes."""
        ...

    def stream_opened(self, stream: PlayedStream) -> None:
        """Note that a streamed body is on its way."""
        ...

    def stream_closed(self, stream: PlayedStream) -> None:
        """Note that a streamed body has been closed."""
        ...

    def handler_failed(self, error: Exception, source: str) -> None:
        """Note that a handler raised."""
        ...


class NotMine:
    """What a handler returns to say that the request is not for it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NEXT"


NEXT = NotMine()
"""Returned by a handler: this request is not for me, ask the next route."""


class Reply:
    """One answer to one request; `produce` makes it."""

    __slots__ = ("delay", "is_early", "now")

    def __init__(self, delay: float = 0.0) -> None:
        self.delay: float = checked_seconds(delay, "delay")
        self.is_early: bool = False
        """Whether the server answers before it has the request's body; on the wire only."""
        self.now: Callable[[Performance], Response] | None = None
        """Makes the answer without waiting for anything, where that is possible: the usual case, and the quickest."""

    async def produce(self, call: Performance, color: Color) -> Response | NotMine:
        """Return a fresh response, raise, or return `NEXT`."""
        raise NotImplementedError

    def describe(self) -> str:
        """Return the reply in a few words."""
        return type(self).__name__.lower()

    def __repr__(self) -> str:
        return f"<reply {self.describe()}>"


class Respond(Reply):
    """Answers with a status, header fields and a body in memory."""

    __slots__ = ("body", "extensions", "fields", "status")

    def __init__(
        self, status: int, fields: list[tuple[bytes, bytes]], body: bytes, extensions: dict[str, Any], delay: float
    ) -> None:
        super().__init__(delay)
        self.status: int = status
        self.fields: list[tuple[bytes, bytes]] = fields
        self.body: bytes = body
        self.extensions: dict[str, Any] = extensions
        self.now: Callable[[Performance], Response] | None = self.respond

    async def produce(self, call: Performance, color: Color) -> Response:
        return self.respond(call)

    def respond(self, call: Performance) -> Response:
        """Return a fresh response."""
        # RFC 9110, 9.3.2: the answer to HEAD has the fields of GET, and no body.
        body = self.body if call.request.method != "HEAD" else b""
        return Response(
            self.status,
            headers=Headers.received(self.fields.copy()),
            stream=ByteStream(body),
            request=call.request,
            extensions=self.extensions,
        )

    def with_fields(self, fields: Fields) -> Respond:
        """Return it with other header fields."""
        return Respond(self.status, fields, self.body, self.extensions, self.delay)

    def with_body(self, body: bytes) -> Respond:
        """Return it with another body."""
        return Respond(self.status, self.fields, body, self.extensions, self.delay)

    def with_version(self, version: bytes) -> Respond:
        """Return it in another version of HTTP."""
        return Respond(self.status, self.fields, self.body, {**self.extensions, "http_version": version}, self.delay)

    def describe(self) -> str:
        return str(self.status)


class Play(Reply):
    """Answers with a body that streams, piece by piece."""

    __slots__ = ("every", "extensions", "fields", "pieces", "status")

    def __init__(
        self,
        status: int,
        fields: list[tuple[bytes, bytes]],
        pieces: PieceFactory,
        extensions: dict[str, Any],
        *,
        every: float,
        delay: float,
    ) -> None:
        super().__init__(delay)
        self.status: int = status
        self.fields: list[tuple[bytes, bytes]] = fields
        self.pieces: PieceFactory = pieces
        self.extensions: dict[str, Any] = extensions
        self.every: float = checked_seconds(every, "every")

    async def produce(self, call: Performance, color: Color) -> Response:
        pieces: PieceFactory = self.pieces if call.request.method != "HEAD" else list
        stream = PlayedStream(pieces, every=self.every, call=call)
        call.stream_opened(stream)
        return Response(
            self.status,
            headers=Headers.received(self.fields.copy()),
            stream=stream,
            request=call.request,
            extensions=self.extensions,
        )

    def with_fields(self, fields: Fields) -> Play:
        """Return it with other header fields."""
        return self._with(fields=fields)

    def with_version(self, version: bytes) -> Play:
        """Return it in another version of HTTP."""
        return self._with(extensions={**self.extensions, "http_version": version})

    def _with(self, *, fields: Fields | None = None, extensions: dict[str, Any] | None = None) -> Play:
        return Play(
            self.status,
            self.fields if fields is None else fields,
            self.pieces,
            self.extensions if extensions is None else extensions,
            every=self.every,
            delay=self.delay,
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
        self.error: BaseException | type[BaseException] = error

    async def produce(self, call: Performance, color: Color) -> Response:
        raise fresh_error(self.error, call)

    def describe(self) -> str:
        return f"raises {self.error.__name__ if isinstance(self.error, type) else type(self.error).__name__}"


class Ask(Reply):
    """Lets another transport answer: an application, a cassette, anything."""

    __slots__ = ("transport",)

    def __init__(self, transport: Any) -> None:
        super().__init__()
        self.transport: Any = transport

    async def produce(self, call: Performance, color: Color) -> Response:
        return await color.send(self.transport, call.request)

    def describe(self) -> str:
        return f"answered by {type(self.transport).__name__}"


class Copy(Reply):
    """Answers with copies of a response."""

    __slots__ = ("_body", "_fields", "response")

    def __init__(self, response: Response) -> None:
        super().__init__()
        try:
            _ = response.content
        except RuntimeError as error:
            raise RouteError(
                "a Response that streams can be sent only once: use `.stream(...)`, or give it content="
            ) from error
        self.response: Response = response
        self._fields: Fields = list(response.headers.raw)
        if isinstance(response.stream, ByteStream):
            # As it was given, in whatever coding.
            self._body = b"".join(response.stream)
        else:
            self._body = response.content
            self._fields = [field for field in self._fields if field[0].lower() not in _OF_CODINGS]
            self._fields.append((b"Content-Length", b"%d" % len(self._body)))

    async def produce(self, call: Performance, color: Color) -> Response:
        own = self.response
        return Response(
            own.status_code,
            headers=Headers.received(self._fields.copy()),
            stream=ByteStream(self._body if call.request.method != "HEAD" else b""),
            request=call.request,
            extensions=dict(own.extensions),
        )

    def describe(self) -> str:
        return str(self.response.status_code)


def fresh_error(error: BaseException | type[BaseException], call: Performance) -> BaseException:
    """Return an exception of its own for a call, with the request set where it has room for one."""
    if isinstance(error, type):
        error = error("the mock raises this, as its route says")
    else:
        given = error
        try:
            error = copy.copy(given).with_traceback(None)
            # A copy is made of the arguments, which are seldom what an `__init__` of the user's own was given.
            error.args = given.args
        except Exception:  # an exception that cannot be copied is raised as it is
            error = given.with_traceback(None)
    if isinstance(error, HTTPError):
        error.request = call.request
    return error


def checked_seconds(seconds: Any, name: str) -> float:
    """Return a duration, or say why it is none."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds >= 0:
        raise RouteError(f"`{name}` takes seconds, 0 or more, not {show(seconds)}")
    return seconds
