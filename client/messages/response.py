"""A response: a status, header fields and a body that is read when somebody asks for it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Callable

from ..bodies.encode import encode_response
from ..bodies.streams import AsyncByteStream, ByteStream, SyncByteStream, UnattachedStream, checked_stream
from ..errors import HTTPStatusError
from ..status import codes
from ..urls.redaction import without_secrets
from .body import ResponseBody
from .cookies import Cookies
from .extensions import checked_extensions
from .headers import Headers
from .links import parse_links
from .portable import Portable

if TYPE_CHECKING:
    import datetime

    from ..arguments import HeaderTypes, ResponseContent, ResponseExtensions
    from ..urls import URL
    from .request import Request
    from .timings import Timings


class Response(ResponseBody):
    """One HTTP response.

    A response that a client returns is already read; one from `client.stream(...)` is read by the caller, with
    `read` or one of the `iter_*` methods (`aread`, `aiter_*` for asynchronous clients), and closed at the end.

    Made by hand, for tests and transports: `content`, `text`, `html` and `json` are four ways to say the body;
    `stream` passes a body through that is read later.
    """

    next_request: Request | None = None

    def __init__(
        self,
        status_code: int,
        *,
        headers: HeaderTypes | None = None,
        content: ResponseContent | None = None,
        text: str | None = None,
        html: str | None = None,
        json: Any = None,
        stream: SyncByteStream | AsyncByteStream | None = None,
        request: Request | None = None,
        extensions: ResponseExtensions | None = None,
        history: list[Response] | None = None,
        default_encoding: str | Callable[[bytes], str | None] = "utf-8",
    ) -> None:
        if type(status_code) is not int and (isinstance(status_code, bool) or not hasattr(status_code, "__index__")):
            raise TypeError(f"a status code is a number such as 200, not {status_code!r:.40}")
        self.status_code = status_code
        self.headers: Headers = headers if type(headers) is Headers and stream is not None else Headers(headers)
        self._request = request
        self.extensions: dict[str, Any] = {} if extensions is None else checked_extensions(extensions)
        self.history: list[Response] = [] if history is None else list(history)
        if not isinstance(default_encoding, str) and not callable(default_encoding):
            raise TypeError(f"default_encoding={default_encoding!r}: pass a charset, or a function of the body")
        self.default_encoding = default_encoding
        self.stream: SyncByteStream | AsyncByteStream
        if stream is not None:
            self.stream = checked_stream(stream)
            return
        described, self.stream = encode_response(content=content, text=text, html=html, json=json)
        for name, value in described.items():
            # RFC 9112, section 6.2: a message has a length or a transfer coding, never both; the caller's word wins.
            if _OTHER_FRAMING.get(name) in self.headers:
                continue
            self.headers.setdefault(name, value)
        if isinstance(self.stream, ByteStream):
            self.read()

    @classmethod
    def received(
        cls,
        status_code: int,
        headers: Headers,
        stream: SyncByteStream | AsyncByteStream,
        request: Request,
        extensions: dict[str, Any],
    ) -> Response:
        """Return a response that came over the network; takes over what it is given, and copies nothing."""
        self = cls.__new__(cls)
        self.status_code = status_code
        self.headers = headers
        self.stream = stream
        self._request = request
        self.extensions = extensions
        self.history = []
        # What everybody asks next is quicker said here than found in the class.
        self.is_closed = self.is_stream_consumed = False
        self._whole = None
        return self

    # What the status line said.

    @property
    def reason_phrase(self) -> str:
        """The words beside the status; empty in HTTP/2, the usual ones where the transport said none."""
        said = self.extensions.get("reason_phrase")
        if said is None:
            return codes.get_reason_phrase(self.status_code)
        phrase: str = said.decode("ascii", errors="ignore")
        return phrase

    @property
    def http_version(self) -> str:
        """`"HTTP/1.1"`, `"HTTP/2"`, ..."""
        said = self.extensions.get("http_version")
        if said is None:
            return "HTTP/1.1"
        version: str = said.decode("ascii", errors="ignore")
        return version

    @property
    def trailers(self) -> Headers:
        """The header fields that came after the body (RFC 9110, section 6.5); empty before its end."""
        return Headers(self.extensions.get("trailers", ()))

    @property
    def pushed(self) -> list[Response]:
        """The responses that the server has pushed along with this one, so far; see `HTTP2(push=True)`.

        Each has the `request` that it is for, and is read like any other.
        Asynchronous code reads it (`aread`, `aiter_bytes`, ...) before it asks for `status_code` and `headers`.
        """
        pushed: list[Response] = list(self.extensions.get("pushed", ()))
        for response in pushed:
            response.default_encoding = self.default_encoding
            response._guards = self._guards
            response._loads = self._loads
        return pushed

    @property
    def is_informational(self) -> bool:
        """Whether the status is 1xx."""
        return 100 <= self.status_code < 200

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status_code < 300

    @property
    def is_redirect(self) -> bool:
        """Whether the status is 3xx; see `has_redirect_location` for those that lead somewhere."""
        return 300 <= self.status_code < 400

    @property
    def is_client_error(self) -> bool:
        """Whether the status is 4xx."""
        return 400 <= self.status_code < 500

    @property
    def is_server_error(self) -> bool:
        """Whether the status is 5xx."""
        return 500 <= self.status_code < 600

    @property
    def is_error(self) -> bool:
        """Whether the status is 4xx or 5xx."""
        return 400 <= self.status_code < 600

    @property
    def has_redirect_location(self) -> bool:
        """Whether this response sends the client somewhere else."""
        return self.status_code in _REDIRECTS and "Location" in self.headers

    # Where it came from.

    @property
    def request(self) -> Request:
        """The request that this answers; a `RuntimeError` where none was set."""
        if self._request is None:
            raise RuntimeError("this response was made without a request: `.request` is not set")
        return self._request

    @request.setter
    def request(self, request: Request) -> None:
        self._request = request

    @property
    def url(self) -> URL:
        """The URL of the request that this answers, after redirects."""
        return self.request.url

    @property
    def elapsed(self) -> datetime.timedelta:
        """From sending the request until the body was read or closed; a `RuntimeError` before."""
        if self._elapsed is None:
            raise RuntimeError("`.elapsed` is known only once the response has been read or closed")
        from datetime import timedelta

        return timedelta(seconds=self._elapsed)

    @elapsed.setter
    def elapsed(self, elapsed: datetime.timedelta) -> None:
        self._elapsed = elapsed.total_seconds()

    @property
    def timings(self) -> Timings:
        """Where the time of this one exchange went, phase by phase; `elapsed` is all of it, seen from the client.

        A response that did not come over the network, or by a transport with another clock, has a `total` at most.
        """
        from .timings import Stamps, Timings

        known = self.extensions.get("timings")
        if isinstance(known, Stamps):
            return known.timings()
        return known if isinstance(known, Timings) else Timings(total=self._elapsed)

    @property
    def cookies(self) -> Cookies:
        """The cookies that this response sets."""
        cookies = Cookies()
        cookies.extract_cookies(self)
        return cookies

    @property
    def links(self) -> dict[str | None, dict[str, str]]:
        """The Link header fields (RFC 8288) by their `rel`, or by URL where they have none."""
        return {link.get("rel") or link.get("url"): link for link in parse_links(self.headers.get("Link", ""))}

    def raise_for_status(self) -> Response:
        """Return this response when its status is 2xx, else raise `HTTPStatusError`."""
        if self.is_success and self._request is not None:
            return self
        request = self._request
        if request is None:
            raise RuntimeError("`raise_for_status` needs a response to a request: `.request` is not set")
        kind = _ERROR_KINDS.get(self.status_code // 100, "Invalid status code")
        where = request.url.redacted
        message = f"{kind} '{self.status_code} {self.reason_phrase}' for url '{where}'"
        if self.has_redirect_location:
            message += f"\nRedirect location: '{without_secrets(self.headers['Location'])}'"
        message += (
            f"\nFor more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/{self.status_code}"
        )
        raise HTTPStatusError(message, request=request, response=self)

    def __repr__(self) -> str:
        return f"<Response [{f'{self.status_code} {self.reason_phrase}'.rstrip()}]>"

    def __getstate__(self) -> dict[str, Any]:
        if self._whole is not None and not isinstance(self.default_encoding, str):
            # What the function says of this body travels, even if the function does not.
            with contextlib.suppress(Exception):
                self._encoding = self.encoding
        # Extensions hold live connections, decoders hold C state; neither travels.
        state = {name: value for name, value in self.__dict__.items() if name not in _STAYS_BEHIND}
        for name in _FUNCTIONS:
            if callable(state.get(name)):
                state[name] = Portable(state[name])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            if not isinstance(value, Portable):
                self.__dict__[name] = value
            elif value.function is not None:
                self.__dict__[name] = value.function
        self.is_closed = True
        self.extensions = {}
        self._decoder = None
        content = self._drained if self._whole is None else self._whole
        self.stream = UnattachedStream() if content is None else ByteStream(content)


_OTHER_FRAMING = {"Content-Length": "Transfer-Encoding", "Transfer-Encoding": "Content-Length"}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ERROR_KINDS = {1: "Informational response", 3: "Redirect response", 4: "Client error", 5: "Server error"}
_STAYS_BEHIND = frozenset({"extensions", "stream", "is_closed", "_decoder", "_reading"})
_FUNCTIONS = ("default_encoding", "_loads")
