"""Plain values as replies: `204`, `{"ok": True}`, `(404, "nope")`, an exception, a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from ...client import Response
from ..colors import BLOCKING
from ..errors import RouteError
from ..values import is_list, is_mapping, show
from .handlers import named, plain
from .kinds import Copy, NotMine, Raise, Reply
from .words import response_reply

if TYPE_CHECKING:
    from ..colors import Color
    from .handlers import Answerer
    from .kinds import Performance

# pytest leaves the frames of this module out of tracebacks: the interesting ones are the user's.
__tracebackhide__ = True


class Handle(Reply):
    """Answers with what a function says."""

    __slots__ = ("function", "source")

    def __init__(self, function: Answerer, source: str) -> None:
        super().__init__()
        self.function: Answerer = function
        self.source: str = source

    async def said(self, call: Performance, color: Color) -> Reply | NotMine:
        """Ask the function, and return the reply that it means."""
        try:
            said = await color.result(self.function(call), self.source)
        except Exception as error:
            call.handler_failed(error, self.source)
            raise
        if isinstance(said, NotMine):
            return said
        if said is None:
            raise TypeError(
                f"{self.source} returned None: return a reply (a status, a dict, a Response, ...) or mock.NEXT"
            )
        try:
            return reply_from(said)
        except RouteError as error:
            raise TypeError(f"{self.source} returned what is no reply: {error}") from error

    async def produce(self, call: Performance, color: Color) -> Response | NotMine:
        answer = await self.said(call, color)
        if isinstance(answer, NotMine):
            return answer
        if answer.delay:
            await call.pause(answer.delay, color)
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
        self.patch: Callable[..., Any] | None = patch

    async def produce(self, call: Performance, color: Color) -> Response:
        response = await color.send(call.production(), call.request)
        if self.patch is None:
            return response
        if color is BLOCKING:
            response.read()
        else:
            await response.aread()
        try:
            said = await color.result(self.patch(response), "the patch function")
        except Exception as error:
            call.handler_failed(error, "the patch function")
            raise
        if said is None or said is response:
            return response
        patched = await reply_from(said).produce(call, color)
        return patched if isinstance(patched, Response) else response

    def describe(self) -> str:
        return "passed through"


def reply_from(value: Any, **words: Any) -> Reply:  # noqa: PLR0911  # a line a kind
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
    if is_mapping(value) or type(value) is list:
        return response_reply(json=value, **words)
    if isinstance(value, str):
        return response_reply(text=value, **words)
    if isinstance(value, bytes):
        return response_reply(content=value, **words)
    if is_list(value):
        return _from_tuple(tuple(value), words)
    if isinstance(value, Response):
        _refuse_words(words, "a Response")
        return Copy(value)
    given: Any = value
    if isinstance(value, BaseException) or (isinstance(given, type) and issubclass(given, BaseException)):
        delay = words.pop("delay", 0.0)
        _refuse_words(words, "an exception")
        return Raise(given, delay)
    if callable(value):
        _refuse_words(words, "a function")
        return Handle(plain(value), named(value))
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
