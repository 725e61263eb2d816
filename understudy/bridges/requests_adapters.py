"""Bridges to requests: an adapter that asks a transport of ours, and a transport that asks an adapter of theirs.

Theory of operation

1. An adapter stands where a transport does: below redirects, cookies and authentication, which stay with the session.
   It is given timeouts, `verify`, `cert` and proxies with every call; a transport of ours has its own TLS settings and
   proxies, so that only the timeouts cross.
2. requests decodes bodies in urllib3's response, on both ways raw bytes cross.
3. requests is blocking: so is the transport that is made from an adapter.
4. What stands in where a request is sent is asked before the bridged transport, as for clients of ours.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from .. import client as ours
from .libraries import checked, library

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 65_536

# Ours, and what requests calls it; the first that fits decides.
_ERRORS: tuple[tuple[type[Exception], str], ...] = (
    (ours.ConnectTimeout, "ConnectTimeout"),
    (ours.PoolTimeout, "ConnectionError"),
    (ours.TimeoutException, "ReadTimeout"),
    (ours.ProxyError, "ProxyError"),
    (ours.DecodingError, "ContentDecodingError"),
    (ours.IncompleteBody, "ChunkedEncodingError"),
    (ours.UnsupportedProtocol, "InvalidSchema"),
    (ours.LocalProtocolError, "InvalidHeader"),
    (ours.RequestError, "ConnectionError"),
    (ours.InvalidURL, "InvalidURL"),
)

# Theirs, and what we call it.
_THEIR_ERRORS: tuple[tuple[str, type[ours.RequestError]], ...] = (
    ("ConnectTimeout", ours.ConnectTimeout),
    ("ReadTimeout", ours.ReadTimeout),
    ("Timeout", ours.ReadTimeout),
    ("ProxyError", ours.ProxyError),
    ("SSLError", ours.ConnectError),
    ("ConnectionError", ours.ConnectError),
    ("ChunkedEncodingError", ours.RemoteProtocolError),
    ("ContentDecodingError", ours.DecodingError),
    ("InvalidSchema", ours.UnsupportedProtocol),
    ("RequestException", ours.TransportError),
)


def to_requests(transport: Any = None) -> Any:
    """Return an adapter for `requests.Session.mount` that asks one of our transports.

    Without a transport it asks the network, or what stands in for it.
    """
    return _adapter()(transport)


def from_requests(adapter: Any) -> Any:
    """Return a transport for our `Client` that asks an adapter written for requests."""
    return _AdapterTransport(adapter)


@cache
def _adapter() -> Any:
    adapters = library("requests").adapters

    class Adapter(adapters.BaseAdapter):  # type: ignore[misc, name-defined]  # requests may be absent
        def __init__(self, transport: Any) -> None:
            checked(transport, "to_requests", "handle_request")
            self._transport = ours.HTTPTransport() if transport is None else transport

        def send(
            self,
            request: Any,
            stream: bool = False,
            timeout: Any = None,
            verify: Any = True,
            cert: Any = None,
            proxies: Any = None,
        ) -> Any:
            try:
                sent = ours.Request(
                    request.method,
                    request.url,
                    headers=list(request.headers.items()),
                    content=_content(request.body),
                    extensions={"timeout": _timeouts(timeout)},
                )
                answer = ours.answering(self._transport).handle_request(sent)
            except (ours.RequestError, ours.InvalidURL) as error:
                raise _theirs(error, request) from error
            built = builder.build_response(request, _urllib3_response(answer, request))
            if not stream:
                built.content  # noqa: B018  # requests reads it here, and closes
            return built

        def close(self) -> None:
            self._transport.close()

        def __repr__(self) -> str:
            return f"<requests adapter to {self._transport!r}>"

    builder = adapters.HTTPAdapter()
    return Adapter


def _content(body: Any) -> Any:
    if body is None or isinstance(body, (bytes, str)):
        return body
    return _pieces(body) if hasattr(body, "read") else body


def _pieces(file: Any) -> Iterator[bytes]:
    while True:
        piece = file.read(_CHUNK)
        if not piece:
            return
        yield piece if isinstance(piece, bytes) else piece.encode()


def _timeouts(timeout: Any) -> dict[str, float | None]:
    if isinstance(timeout, tuple):
        connect, read = cast("tuple[float | None, float | None]", timeout)
    else:
        connect = read = timeout
    return {"connect": connect, "read": read, "write": read, "pool": connect}


def _theirs(error: Exception, request: Any) -> Exception:
    requests = library("requests")
    name = next(name for kind, name in _ERRORS if isinstance(error, kind))
    return getattr(requests.exceptions, name)(str(error), request=request)  # type: ignore[no-any-return]


def _urllib3_response(answer: Any, request: Any) -> Any:
    from urllib3 import HTTPHeaderDict, HTTPResponse

    headers = HTTPHeaderDict()
    original: Any = _Original(answer)
    for name, value in answer.headers.raw:
        headers.add(name.decode("latin-1"), value.decode("latin-1"))
    phrase = answer.extensions.get("reason_phrase")
    return HTTPResponse(
        body=_RawBody(answer, request),
        headers=headers,
        status=answer.status_code,
        version=20 if answer.extensions.get("http_version") == b"HTTP/2" else 11,
        reason=answer.reason_phrase if phrase is None else phrase.decode("latin-1"),
        preload_content=False,
        decode_content=False,
        request_method=request.method,
        original_response=original,
    )


class _Original:
    """As much of `http.client.HTTPResponse` as cookie jars look at."""

    def __init__(self, answer: Any) -> None:
        from http.client import HTTPMessage

        self.msg = HTTPMessage()
        for name, value in answer.headers.raw:
            self.msg.add_header(name.decode("latin-1"), value.decode("latin-1"))

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        pass


class _RawBody(io.RawIOBase):
    """The body of our response as the file that urllib3 reads."""

    def __init__(self, answer: Any, request: Any) -> None:
        super().__init__()
        self._answer = answer
        self._request = request
        self._pieces = iter(answer.stream)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            try:
                piece = next(self._pieces, None)
            except ours.RequestError as error:
                raise _urllib3_error(error) from error
            if piece is None:
                return 0
            self._left = piece
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def close(self) -> None:
        if not self.closed:
            self._answer.stream.close()
        super().close()


def _urllib3_error(error: Exception) -> Exception:
    """Return what requests turns into its own exception while it reads a body."""
    from urllib3 import exceptions

    if isinstance(error, ours.TimeoutException):
        # Without a pool and a URL of its own; requests makes its ConnectionError of it, as for a real one.
        return exceptions.ReadTimeoutError(None, "", str(error))  # type: ignore[arg-type]
    return exceptions.ProtocolError(str(error), error)


class _AdapterTransport(ours.BaseTransport):
    """One adapter of requests, for our `Client`."""

    def __init__(self, adapter: Any) -> None:
        if not hasattr(adapter, "send"):
            raise TypeError(f"from_requests takes an adapter, not {type(adapter).__name__}")
        self._requests = library("requests")
        self._adapter = adapter

    def handle_request(self, request: Any) -> Any:
        prepared = self._requests.PreparedRequest()
        prepared.method, prepared.url = request.method, str(request.url)
        prepared.headers = self._requests.structures.CaseInsensitiveDict(_folded(request.headers.raw))
        body = request.stream
        # urllib3 frames what it can measure by itself: only a stream without a length is left to be chunked.
        prepared.body = b"".join(body) or None if isinstance(body, ours.ByteStream) else iter(body)
        timeouts = request.extensions.get("timeout", {})
        try:
            answer = self._adapter.send(
                prepared, stream=True, timeout=(timeouts.get("connect"), timeouts.get("read")), verify=True
            )
        except Exception as error:
            raise _ours(error, request, self._requests) from error
        return ours.Response(
            answer.status_code,
            headers=_pairs(answer),
            stream=_AnswerStream(answer, request, self._requests),
            extensions={"reason_phrase": (answer.reason or "").encode("latin-1", "replace")},
        )

    def close(self) -> None:
        self._adapter.close()

    def __repr__(self) -> str:
        return f"<transport to {self._adapter!r}>"


class _AnswerStream(ours.SyncByteStream):
    """The undecoded body of a response of requests."""

    def __init__(self, answer: Any, request: Any, requests: Any) -> None:
        self._answer = answer
        self._request = request
        self._requests = requests

    def __iter__(self) -> Iterator[bytes]:
        raw = self._answer.raw
        try:
            if hasattr(raw, "stream"):
                yield from raw.stream(_CHUNK, decode_content=False)
            else:
                yield from _pieces(raw)
        except Exception as error:
            raise _ours(error, self._request, self._requests, reading=True) from error

    def close(self) -> None:
        self._answer.close()


def _folded(pairs: Any) -> dict[str, str]:
    """Join repeated fields: an adapter is given one value for each name."""
    fields: dict[str, str] = {}
    for name, value in pairs:
        key = name.decode("latin-1")
        joined = "; " if key.lower() == "cookie" else ", "
        text = value.decode("latin-1")
        fields[key] = f"{fields[key]}{joined}{text}" if key in fields else text
    return fields


def _pairs(answer: Any) -> list[tuple[str, str]]:
    """Return the fields of a response, repeated ones (Set-Cookie) one by one where urllib3 kept them."""
    kept: Any = getattr(answer.raw, "headers", None)
    return list((kept if hasattr(kept, "iteritems") else answer.headers).items())


def _ours(error: Exception, request: Any, requests: Any, *, reading: bool = False) -> Exception:
    from urllib3 import exceptions

    if isinstance(error, exceptions.ReadTimeoutError):
        return ours.ReadTimeout(str(error), request=request)
    if reading and isinstance(error, exceptions.HTTPError):
        return ours.RemoteProtocolError(str(error), request=request)
    for name, kind in _THEIR_ERRORS:
        if isinstance(error, getattr(requests.exceptions, name)):
            return kind(str(error), request=request)
    return error
