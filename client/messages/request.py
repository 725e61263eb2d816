"""A request: a method, a URL, header fields and a body, checked when it is made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..bodies.encode import encode_request
from ..bodies.streams import AsyncByteStream, ByteStream, SyncByteStream, UnattachedStream, checked_stream
from ..errors import LocalProtocolError, RequestNotRead, StreamConsumed
from ..urls import URL
from .cookies import Cookies
from .extensions import checked_extensions
from .headers import Headers
from .whole import WholeBody

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..arguments import (
        CookieTypes,
        HeaderTypes,
        QueryParamTypes,
        RequestContent,
        RequestData,
        RequestExtensions,
        RequestFiles,
    )

# RFC 9110, section 9.1: a method is a token; these come by so often that nobody needs to look twice.
_KNOWN_METHODS: dict[str | bytes, str] = {
    method: method
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "TRACE", "CONNECT")
}
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Request(WholeBody):
    """One HTTP request, complete and valid: what a transport is given.

    `content`, `data`, `files` and `json` are four ways to say the body, of which one is taken (`data` and `files` go
    together); `stream` passes a body through without describing it in header fields.
    `extensions` travels to the transport untouched.

    Raises `InvalidURL`, and `LocalProtocolError` for a method or header field that HTTP cannot carry.
    """

    def __init__(
        self,
        method: str | bytes,
        url: URL | str,
        *,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        cookies: CookieTypes | None = None,
        content: RequestContent | None = None,
        data: RequestData | None = None,
        files: RequestFiles | None = None,
        json: Any = None,
        stream: SyncByteStream | AsyncByteStream | None = None,
        extensions: RequestExtensions | None = None,
    ) -> None:
        self.method: str = _KNOWN_METHODS.get(method) or _checked_method(method)
        if not isinstance(url, URL):
            url = URL(url)
        self.url: URL = url if params is None else url.copy_with(params=params)
        self.headers: Headers = Headers(headers)
        self.extensions: dict[str, Any] = {} if extensions is None else checked_extensions(extensions)
        self._whole: bytes | None = None
        self.stream: SyncByteStream | AsyncByteStream
        if cookies:
            (cookies if isinstance(cookies, Cookies) else Cookies(cookies)).set_cookie_header(self)
        if stream is None:
            self._encode(content, data, files, json)
        else:
            self.stream = checked_stream(stream)
            if isinstance(stream, ByteStream):
                self._whole = b"".join(stream)
        self.headers.lead_with_host(self.url._parts.authority.netloc)

    def _encode(
        self,
        content: RequestContent | None,
        data: RequestData | None,
        files: RequestFiles | None,
        json: Any,
    ) -> None:
        headers = self.headers
        said = headers._by_name()
        has_framing = "content-length" in said or "transfer-encoding" in said
        if content is None and data is None and files is None and json is None:
            self._whole = b""
            self.stream = _EMPTY
            if not has_framing and self.method not in METHODS_WITH_BODY:
                return
            described: Mapping[str, str] = _NOTHING
        else:
            boundary = _boundary_of(headers) if files else None
            described, self.stream = encode_request(
                content=content, data=data, files=files, json=json, boundary=boundary
            )
            if isinstance(self.stream, ByteStream):
                self._whole = b"".join(self.stream)
        if has_framing:
            # RFC 9112, section 6.2: a message has a length or a transfer coding, never both; the caller's word wins.
            self._check_framing(described.get("Content-Length"))
            described = {name: value for name, value in described.items() if name not in _FRAMING}
        elif not described and self.method in METHODS_WITH_BODY:
            # RFC 9110, section 8.6: methods that anticipate a body say that there is none.
            if "host" in said:
                described = _NO_LENGTH
            else:
                headers.prepend(b"Content-Length", b"0")
        if described:
            # Here, because with Host in front these are still the fields of many requests, known with Host in front.
            headers.lead_with_host(self.url._parts.authority.netloc)
            headers.describe(described)

    def _check_framing(self, known: str | None) -> None:
        """Refuse what the caller says of the body's length, where it cannot be true."""
        said = self.headers.get("Content-Length")
        if said is None:
            return
        if "Transfer-Encoding" in self.headers:
            raise LocalProtocolError(
                f"{self.method} {self.url.redacted}: Content-Length and Transfer-Encoding together leave open where "
                "the body ends: drop one of them, or both, and the request says what is right"
            )
        if known is None and self._whole is not None:
            known = str(len(self._whole))
        if not _LENGTH.match(said) or (known is not None and int(said) != int(known)):
            has = "is a stream" if known is None else f"has {known} bytes"
            raise LocalProtocolError(
                f"{self.method} {self.url.redacted}: Content-Length says {said[:40]!r}, and the body {has}: "
                "leave the field out, and the request says what is right"
            )

    def compress(self, coding: str) -> None:
        """Replace the body by its compressed form, and say so in the header fields; an empty body stays as it is.

        `coding` is `"gzip"`, or `"zstd"` where it is installed; any other is a `ValueError`.
        """
        if self._whole == b"":
            return
        from ..bodies.compress import compress_body

        described, self.stream = compress_body(self.stream, coding)
        self._whole = b"".join(self.stream) if isinstance(self.stream, ByteStream) else None
        for name in ("Content-Length", "Transfer-Encoding"):
            self.headers.pop(name, None)
        self.headers.update(described)

    @property
    def content(self) -> bytes:
        """The body in memory; raises `RequestNotRead` while it is a stream."""
        if self._whole is None:
            raise RequestNotRead
        return self._whole

    def read(self) -> bytes:
        """Read the body into memory, so that it can be looked at and sent more than once."""
        if self._whole is None:
            if not isinstance(self.stream, SyncByteStream):
                raise RuntimeError("this request's body is an asynchronous stream: use `await request.aread()`")
            self._whole = b"".join(self.stream)
            self._hold(self._whole)
        return self._whole

    async def aread(self) -> bytes:
        """Read the body into memory, so that it can be looked at and sent more than once."""
        if self._whole is None:
            if not isinstance(self.stream, AsyncByteStream):
                return self.read()
            self._whole = b"".join([part async for part in self.stream])
            self._hold(self._whole)
        return self._whole

    def _hold(self, content: bytes) -> None:
        # The content may be shared by a stream that describes its own replay, as multipart from files does.
        if not isinstance(self.stream, ByteStream):
            self.stream = ByteStream(content)

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent more than once."""
        return self._whole is not None or bool(getattr(self.stream, "is_replayable", False))

    def require_replayable(self) -> None:
        """Raise `StreamConsumed` when the body, which has been sent, cannot be sent a second time."""
        if not self.is_replayable:
            raise StreamConsumed(
                f"{self.method} {self.url.redacted} must be sent again, but its body could be streamed only once: "
                "pass bytes or a seekable file, or `request.read()` it before it is sent"
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self.method!r}, {self.url.redacted!r})>"

    def __getstate__(self) -> dict[str, Any]:
        # Extensions hold callables and live streams; neither travels.
        return {name: value for name, value in self.__dict__.items() if name not in ("extensions", "stream")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.extensions = {}
        self.stream = UnattachedStream() if self._whole is None else ByteStream(self._whole)


_EMPTY = ByteStream(b"")
_NOTHING: dict[str, str] = {}
_NO_LENGTH = {"Content-Length": "0"}
_FRAMING = frozenset({"Content-Length", "Transfer-Encoding"})
_LENGTH = re.compile(r"[0-9]{1,20}\Z")


def _checked_method(method: str | bytes) -> str:
    if isinstance(method, bytes):
        method = method.decode("latin-1")
    if not isinstance(method, str):
        raise TypeError(f"a method is a string such as 'GET', not {type(method).__name__}")
    if not _TOKEN.match(method):
        raise LocalProtocolError(
            f"invalid HTTP method {method[:40]!r}: a method is one word of letters, digits and !#$%&'*+-.^_`|~"
        )
    return method.upper()


def _boundary_of(headers: Headers) -> bytes | None:
    """Return the boundary that the caller's own multipart Content-Type announces."""
    said = headers.get("Content-Type", "")
    if not said.lower().startswith("multipart/form-data"):
        return None
    for parameter in said.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "boundary":
            return value.strip('"').encode("ascii", "replace")
    return None
