"""The registry of answers: what `httpx_mock` is."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from typing import Any, Callable, NamedTuple, Optional, Union

from ...client import (
    SECRET_HEADERS,
    URL,
    AsyncBaseTransport,
    AsyncByteStream,
    BaseTransport,
    Headers,
    Request,
    RequestError,
    Response,
    SyncByteStream,
    TimeoutException,
)
from ..aliases import who_passes_by
from ..copies import copy_of
from .matchers import RequestMatcher, check_words

Callback = Callable[[Request], Union[Optional[Response], Awaitable[Optional[Response]]]]


class IteratorStream(AsyncByteStream, SyncByteStream):
    """A body in pieces, for blocking and for asynchronous clients."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._pieces = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class Options(NamedTuple):
    """What the marker says: `@pytest.mark.httpx_mock(assert_all_responses_were_requested=False)`."""

    assert_all_responses_were_requested: bool = True
    assert_all_requests_were_expected: bool = True
    can_send_already_matched_responses: bool = False
    should_mock: Callable[[Request], bool] = lambda request: True


class HTTPXMock:
    """Answers, each of which is given once: `httpx_mock.add_response(url="https://api.test/", json=[])`."""

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or Options()
        self._answers: list[tuple[RequestMatcher, Callback]] = []
        self._requests: list[tuple[Request, URL | None]] = []
        self._unexpected: list[tuple[Request, str]] = []

    def add_response(
        self,
        status_code: int = 200,
        http_version: str = "HTTP/1.1",
        headers: Any = None,
        content: bytes | None = None,
        text: str | None = None,
        html: str | None = None,
        stream: Any = None,
        json: Any = None,
        **matchers: Any,
    ) -> None:
        """Answer one request, the first that fits, with a response of these words."""
        words: dict[str, Any] = {"content": content, "text": text, "html": html, "stream": stream, "json": json}
        fields = Headers(headers).multi_items()
        # What cannot be a response is refused here, where it is written, and what it is made of may change later.
        body: dict[str, Any] = {**words, "stream": None}
        checked = Response(status_code, headers=fields, **body)
        if stream is None and checked.is_stream_consumed:
            fields, words = checked.headers.multi_items(), {"stream": checked.stream}

        def respond(request: Request) -> Response:
            extensions: dict[str, Any] = {"http_version": http_version.encode("ascii")}
            return Response(status_code, headers=fields, extensions=extensions, **words)

        self._add(respond, matchers, "add_response")

    def add_callback(self, callback: Callback, **matchers: Any) -> None:
        """Answer one request with what a function makes of it, sync or async; `None` is no answer."""
        self._add(callback, matchers, "add_callback")

    def add_exception(self, exception: BaseException, **matchers: Any) -> None:
        """Raise an exception instead of answering one request."""

        def fail(request: Request) -> Response:
            if isinstance(exception, RequestError):
                exception.request = request
            # One instance for many calls would carry the way of each of them.
            raise exception.with_traceback(None)

        self._add(fail, matchers, "add_exception")

    def _add(self, callback: Callback, words: dict[str, Any], where: str) -> None:
        check_words(words, f"{where}()")
        # What an answer says of itself goes before the marker.
        usual: dict[str, Any] = {
            "is_optional": not self._options.assert_all_responses_were_requested,
            "is_reusable": self._options.can_send_already_matched_responses,
        }
        self._answers.append((RequestMatcher(**{**usual, **words}), callback))

    # Looking

    def get_requests(self, **matchers: Any) -> list[Request]:
        """Return the requests that fit, in order."""
        check_words(matchers, "get_requests()")
        wanted = RequestMatcher(**matchers)
        return [request for request, proxy in self._requests if not wanted.differences(request, proxy)]

    def get_request(self, **matchers: Any) -> Request | None:
        """Return the one request that fits, or `None`; several are an `AssertionError`."""
        requests = self.get_requests(**matchers)
        if len(requests) > 1:
            told = "".join(f"\n- {request.method} {request.url}" for request in requests)
            raise AssertionError(
                f"More than one request ({len(requests)}) matched: "
                f"use get_requests instead or refine your filters.{told}"
            )
        return requests[0] if requests else None

    def reset(self) -> None:
        """Forget all answers and all requests."""
        self._answers.clear()
        self._requests.clear()
        self._unexpected.clear()

    # Answering

    def answer(self, request: Request, proxy: URL | None) -> Any:
        """Return what the callback that fits returns; awaitable where it is asynchronous."""
        self._requests.append((request, proxy))
        callback = self._chosen(request, proxy)
        if callback is None:
            raise self._unanswered(request, proxy)
        return callback(request)

    def answered(self, request: Request, value: Any, proxy: URL | None) -> Response:
        """Return what a callback returned, as the response of this request."""
        if value is None:
            raise self._unanswered(request, proxy)
        if not isinstance(value, Response):
            raise TypeError(f"a callback returned {type(value).__name__}, not a Response or None")
        return copy_of(value, request, {"http_version": b"HTTP/1.1"})

    def mocks(self, request: Request) -> bool:
        """Whether this request is to be answered here at all."""
        return self._options.should_mock(request)

    def _chosen(self, request: Request, proxy: URL | None) -> Callback | None:
        unused = (pair for pair in self._answers if not pair[0].times)
        chosen = next((pair for pair in unused if pair[0].fits(request, proxy)), None)
        if chosen is None:
            chosen = next((pair for pair in reversed(self._answers) if pair[0].fits(request, proxy)), None)
            if chosen is None or not chosen[0].is_reusable:
                return None
        matcher, callback = chosen
        matcher.times += 1
        return callback

    def _unanswered(self, request: Request, proxy: URL | None) -> TimeoutException:
        """Return the error of a request without an answer: that of pytest-httpx, so that suites which catch it go on.

        Code under test may well catch a timeout: the end of the test fails as well.
        """
        told = f"No response can be found for {request.method} request on {request.url}{self._sent(request, proxy)}"
        lines: list[str] = []
        for matcher, _ in self._answers:
            missed = matcher.differences(request, proxy)
            why = f"differs in {', '.join(missed)}" if missed else "already sent, and not reusable"
            lines.append(f"\n- {matcher}: {why}")
        if lines:
            told += f" amongst:{''.join(lines)}"
        self._unexpected.append((request, told))
        return TimeoutException(told, request=request)

    def _sent(self, request: Request, proxy: URL | None) -> str:
        """Return what the request had where any of the answers wants something of it."""
        wishes = [matcher for matcher, _ in self._answers]
        names = {name for matcher in wishes for name in matcher.headers or {}}
        kinds = {name for matcher in wishes for name in matcher.extensions or {}}
        told: list[str] = []
        if names:
            given = {name: request.headers[name] for name in sorted(names) if name in request.headers}
            shown = {name: "[secure]" if name.lower() in SECRET_HEADERS else text for name, text in given.items()}
            told.append(f"{shown} headers")
        if any(wish is not None for each in wishes for wish in (each.content, each.json, each.data, each.files)):
            told.append(f"{request.content!r} body")
        if any(matcher.proxy_url is not None for matcher in wishes):
            told.append(f"{'no' if proxy is None else repr(proxy)} proxy URL")
        if kinds:
            told.append(f"{ {name: value for name, value in request.extensions.items() if name in kinds} } extensions")
        return f" with {' and '.join(told)}" if told else ""

    def verify(self) -> None:
        """Check what the end of a test checks; raises `AssertionError`."""
        found: list[str] = []
        left = [matcher for matcher, _ in self._answers if matcher.should_have_matched()]
        if left:
            found.append("The following responses are mocked but not requested:" + _lines(left) + who_passes_by())
        if self._options.assert_all_requests_were_expected and self._unexpected:
            found.append("The following requests were not expected:" + _lines([told for _, told in self._unexpected]))
        if found:
            raise AssertionError("\n\n".join(found))


class Stage(BaseTransport, AsyncBaseTransport):
    """The registry in front of a client's own transport."""

    def __init__(self, registry: HTTPXMock, behind: Any = None) -> None:
        self._registry = registry
        self._behind = behind

    def in_front_of(self, transport: Any, *, production: bool = True) -> Stage:
        return Stage(self._registry, transport)

    def handle_request(self, request: Request) -> Response:
        if not self._registry.mocks(request):
            response: Response = self._behind.handle_request(request)
            return response
        request.read()
        proxy = proxy_of(self._behind)
        value = self._registry.answer(request, proxy)
        if inspect.isawaitable(value):
            getattr(value, "close", lambda: None)()
            raise TypeError("an asynchronous callback was asked by a blocking client")
        return self._registry.answered(request, value, proxy)

    async def handle_async_request(self, request: Request) -> Response:
        if not self._registry.mocks(request):
            response: Response = await self._behind.handle_async_request(request)
            return response
        await request.aread()
        proxy = proxy_of(self._behind)
        value = self._registry.answer(request, proxy)
        if inspect.isawaitable(value):
            value = await value
        return self._registry.answered(request, value, proxy)


def proxy_of(transport: Any) -> URL | None:
    """Return the URL of the proxy that a transport sends through."""
    proxy: Any = getattr(transport, "proxy", None)
    url: URL | None = getattr(proxy, "url", None)
    secret = getattr(proxy, "auth", None)
    return url if url is None or secret is None else url.copy_with(username=secret[0], password=secret[1])


def _lines(entries: list[Any]) -> str:
    return "".join(f"\n- {entry}" for entry in entries)
