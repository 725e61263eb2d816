"""Routes: which requests, and what is answered. What belongs to them has its names here too, as in respx."""

# Values come in whatever shape users of another library are used to.
# pyright: basic

from __future__ import annotations

from copy import copy
from itertools import tee
from typing import TYPE_CHECKING, Any, Callable

from ...client import AsyncByteStream, Headers, Request, RequestError, Response, SyncByteStream
from ..copies import copy_of
from ..signatures import signature_of
from .calls import AllMockedAssertionError, Call, CallList, PassThrough, SideEffectError, SideEffectsExhausted
from .handlers import SetCookie
from .patterns import M, Match, Pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Self


__all__ = [
    "AllMockedAssertionError",
    "Call",
    "CallList",
    "MockResponse",
    "PassThrough",
    "Route",
    "SideEffectError",
    "SideEffectsExhausted",
    "answer_from",
]


class Route:
    """Which requests, and what is answered: `Route(method="GET", path="/users").respond(json=[])`."""

    def __init__(self, *patterns: Pattern, **lookups: Any) -> None:
        self._pattern = M(*patterns, **lookups)
        self._name: str | None = None
        self._return_value: Response | None = None
        self._side_effect: Any = None
        self._effects: Iterator[Any] | None = None
        self._pass_through = False
        self._snapshots: list[dict[str, Any]] = []
        self.calls: CallList = CallList(name=self)

    # What it is

    @property
    def name(self) -> str | None:
        """The name that it was added under."""
        return self._name

    @property
    def pattern(self) -> Pattern:
        """What it wants of a request."""
        return self._pattern

    @pattern.setter
    def pattern(self, pattern: Pattern) -> None:
        raise NotImplementedError("the pattern of a route cannot be changed: add another route of the same name")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Route) and self._pattern == other._pattern

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        name = f"name={self._name!r} " if self._name else ""
        return f"<Route {name}{self._pattern!r}>"

    # What it answers

    @property
    def return_value(self) -> Response | None:
        """The response, for every call."""
        return self._return_value

    @return_value.setter
    def return_value(self, return_value: Response | None) -> None:
        if return_value is not None and not isinstance(return_value, Response):
            raise TypeError(f"{return_value!r} is not an instance of {Response!r}")
        self._pass_through = False
        self._return_value = return_value

    @property
    def side_effect(self) -> Any:
        """A function of the request, an exception, or an iterable of responses and exceptions."""
        return self._side_effect

    @side_effect.setter
    def side_effect(self, side_effect: Any) -> None:
        self._pass_through = False
        self._side_effect = side_effect
        is_one = side_effect is None or callable(side_effect) or isinstance(side_effect, (Exception, Response))
        effects: Any = side_effect
        # What `tee` makes can be copied where it stands, so that a snapshot keeps what was left.
        self._effects = None if is_one else tee(effects, 1)[0]

    def mock(self, return_value: Response | None = None, *, side_effect: Any = None) -> Self:
        """Answer with a response, or with what a side effect makes."""
        self.return_value = return_value
        self.side_effect = side_effect
        return self

    def respond(
        self,
        status_code: int = 200,
        *,
        headers: Any = None,
        cookies: Any = None,
        content: Any = None,
        text: str | None = None,
        html: str | None = None,
        json: Any = None,
        stream: Any = None,
        content_type: str | None = None,
        http_version: str | None = None,
        **options: Any,
    ) -> Self:
        """Answer with a response of these words."""
        words = {"content": content, "text": text, "html": html, "json": json, "stream": stream}
        response = MockResponse(
            status_code,
            headers=headers,
            cookies=cookies,
            content_type=content_type,
            http_version=http_version,
            **words,
            **options,
        )
        return self.mock(return_value=response)

    def __mod__(self, response: Any) -> Self:
        if isinstance(response, bool) or not isinstance(response, (int, dict, Response)):
            raise TypeError(f"route % ... takes a status code, a dict of `respond` or a Response, not {response!r}")
        if isinstance(response, dict):
            # The very word that respx and Response differ in.
            words = {("status_code" if name == "status" else name): value for name, value in response.items()}
            return self.respond(**words)
        return self.respond(response) if isinstance(response, int) else self.mock(return_value=response)

    def __call__(self, side_effect: Callable[..., Any]) -> Callable[..., Any]:
        self.side_effect = side_effect
        return side_effect

    def pass_through(self, value: bool = True) -> Self:
        """Let what stands behind the router answer."""
        self._pass_through = value
        return self

    @property
    def is_pass_through(self) -> bool:
        """Whether what stands behind the router answers."""
        return self._pass_through

    # What happened

    @property
    def called(self) -> bool:
        """Whether it was called."""
        return self.calls.called

    @property
    def call_count(self) -> int:
        """How often it was called."""
        return self.calls.call_count

    def reset(self) -> None:
        """Forget all calls."""
        self.calls.reset()

    def snapshot(self) -> None:
        """Keep the route as it is now, for `rollback`."""
        kept = {name: value for name, value in self.__dict__.items() if name != "_snapshots"}
        self._snapshots.append({**kept, "calls": list(self.calls), "_effects": copy(self._effects)})

    def rollback(self) -> None:
        """Make the route what it was at the last `snapshot`."""
        if not self._snapshots:
            return
        kept = self._snapshots.pop()
        calls = kept.pop("calls")
        self.__dict__.update(kept)
        # One list for as long as the route lives: tests hold on to it.
        self.calls[:] = calls

    # For the router

    def wants(self, request: Request) -> Match:
        """Say whether the route answers this request."""
        return self._pattern.match(request)

    def moved(self, pattern: Pattern) -> None:
        """Take another pattern: that which the router's base URL makes of it."""
        self._pattern = pattern

    def become(self, route: Route) -> None:
        """Want and answer what another route does, which was added in this one's place."""
        if route is not self:
            self._pattern = route.pattern
            self.mock(return_value=route.return_value, side_effect=route.side_effect)
            self.pass_through(route.is_pass_through)

    def named(self, name: str | None) -> None:
        """Take a name."""
        self._name = name

    def effect(self, request: Request, match: Match) -> Any:
        """Return what the route makes of a request: a response, the request itself to pass it through, or `None`.

        The answer of an asynchronous side effect is still to be awaited.
        """
        if self._pass_through:
            return request
        effect = self._side_effect
        if self._effects is not None:
            try:
                effect = next(self._effects)
            except StopIteration:
                if self._return_value is None:
                    raise SideEffectsExhausted(
                        f"{self!r} was called {len(self.calls) + 1} times, and its side effects are used up: "
                        "give it more of them, or a return_value for all further calls"
                    ) from None
                effect = None
        if effect is None:
            return copy_of(self._return_value, request) if self._return_value is not None else Response(200)
        return self._effect_of(effect, request, match)

    def _effect_of(self, effect: Any, request: Request, match: Match) -> Any:  # one kind a line
        if isinstance(effect, Exception):
            if isinstance(effect, RequestError):
                effect.request = request
            # One instance for many calls would carry the way of each of them.
            raise effect.with_traceback(None)
        if isinstance(effect, type) and issubclass(effect, Exception):
            raise effect("Mock Error", request=request) if issubclass(effect, RequestError) else effect()
        if isinstance(effect, Response):
            return copy_of(effect, request)
        if isinstance(effect, int) and not isinstance(effect, bool):
            return Response(effect)
        function: Any = effect
        options: dict[str, Any] = dict(match.context)
        if "route" in signature_of(function).parameters:
            options["route"] = self
        return function(request, **options)


class MockResponse(Response):
    """A response of the words that `respond` takes."""

    def __init__(
        self,
        status_code: int | None = None,
        *,
        headers: Any = None,
        cookies: Any = None,
        content: Any = None,
        stream: Any = None,
        content_type: str | None = None,
        http_version: str | None = None,
        **options: Any,
    ) -> None:
        if stream is not None and not isinstance(stream, (SyncByteStream, AsyncByteStream)):
            stream = Response(200, content=stream).stream  # in respx, any iterable of bytes is one
        fields = Headers(headers)
        if content_type is not None:
            fields["Content-Type"] = content_type
        super().__init__(
            200 if status_code is None else status_code,
            headers=[*fields.multi_items(), *_set_cookies(cookies)],
            content=content,
            stream=stream,
            **options,
        )
        if http_version is not None:
            self.extensions["http_version"] = http_version.encode("ascii")


def answer_from(value: Any, request: Request, route: Route) -> Response | None:
    """Return what a side effect's value stands for; `None` goes on to the next route."""
    if value is None:
        return None
    if isinstance(value, Request):
        raise PassThrough(f"{route!r} passes the request through", request=value, origin=route)
    if not isinstance(value, Response):
        raise TypeError(
            f"a side effect of {route!r} returned {type(value).__name__}, not a Response, a Request or None"
        )
    return copy_of(value, request)


def _set_cookies(cookies: Any) -> list[tuple[str, str]]:
    pairs: Iterable[tuple[str, str]] = cookies.items() if hasattr(cookies, "items") else cookies or ()
    return [pair if isinstance(pair, SetCookie) else ("Set-Cookie", "=".join(pair)) for pair in pairs]
