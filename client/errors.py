"""The errors that leave this library, in one tree.

Blame is a type: *Local* is you, *Remote* is the server, *Network* is the wire, *Timeout* is the clock.

    HTTPError                          everything about one request; carries `.request`
      RequestError                     the request did not get its response
        TransportError                 ... because of what carries it
          TimeoutException             also a builtin `TimeoutError`
            ConnectTimeout  ReadTimeout  WriteTimeout  PoolTimeout
            DeadlineExceeded           the budget for the whole call is spent
          NetworkError                 also a builtin `OSError`
            ConnectError  ReadError  WriteError  CloseError
          ProtocolError
            LocalProtocolError         the caller asked for something HTTP cannot say; also a `ValueError`
            RemoteProtocolError        the server said something HTTP does not allow
              IncompleteBody           ... or stopped before it had said it all
              LimitExceeded            ... or said more than the client is willing to hold
          ProxyError                   the proxy refused or misbehaved; `.response` where it answered
          UnsupportedProtocol          the URL's scheme has no transport; also a `ValueError`
        DecodingError                  the body is not what its Content-Encoding says
        TooManyRedirects
      HTTPStatusError                  raised by `Response.raise_for_status()`; carries `.response`
    InvalidURL                         also a `ValueError`
      MissingHost                      ... because there is no host; also an `UnsupportedProtocol`
    CookieConflict                     one name, several cookies; also a `LookupError`
    StreamError                        wrong use of a body; a `RuntimeError`
      StreamConsumed  StreamClosed  RequestNotRead  ResponseNotRead
    StandInError                       wrong use of `stand_in`; a `RuntimeError`

Every error can be pickled; what it carries loses its live connection on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .messages.request import Request
    from .messages.response import Response


def _rebuild(kind: type[BaseException], arguments: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


class HTTPError(Exception):
    """Base of everything that can go wrong with one request."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._request: Request | None = None

    @property
    def request(self) -> Request:
        """The request that failed; a `RuntimeError` where none was set."""
        if self._request is None:
            raise RuntimeError("this error was raised without a request: `.request` is not set")
        return self._request

    @request.setter
    def request(self, request: Request) -> None:
        self._request = request

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, dict(self.__dict__)))


class RequestError(HTTPError):
    """The request did not get its response."""

    retryable: bool = False
    """Whether the same request may be sent again without risk of doing its work twice."""

    request_sent: bool | None = None
    """Whether any byte of the request left this machine; `None` where nobody knows."""

    def __init__(self, message: str = "", *, request: Request | None = None) -> None:
        super().__init__(message)
        self._request = request


class TransportError(RequestError):
    """What carries the request failed."""


class TimeoutException(TransportError, TimeoutError):
    """The clock ran out."""


class ConnectTimeout(TimeoutException):
    """No connection within `Timeout(connect=)` seconds."""

    retryable: bool = True
    request_sent: bool | None = False


class ReadTimeout(TimeoutException):
    """Nothing was received for `Timeout(read=)` seconds."""


class WriteTimeout(TimeoutException):
    """Nothing could be sent for `Timeout(write=)` seconds."""


class PoolTimeout(TimeoutException):
    """No connection became free within `Timeout(pool=)` seconds."""

    request_sent: bool | None = False
    pool: Any = None
    """The `PoolSnapshot` of that moment: who holds the connections, and who waits."""


class DeadlineExceeded(TimeoutException):
    """The budget for the whole call, `Timeout(total=)`, is spent."""


class NetworkError(TransportError, OSError):
    """The wire failed."""


class ConnectError(NetworkError):
    """No connection could be made."""

    retryable: bool = True
    request_sent: bool | None = False


class ReadError(NetworkError):
    """Receiving failed."""


class WriteError(NetworkError):
    """Sending failed."""


class CloseError(NetworkError):
    """Closing failed."""


class ProtocolError(TransportError):
    """Somebody broke the rules of HTTP."""


class LocalProtocolError(ProtocolError, ValueError):
    """The caller asked for something that HTTP cannot say."""


class RemoteProtocolError(ProtocolError):
    """The server said something that HTTP does not allow."""


class IncompleteBody(RemoteProtocolError):
    """The body ended before it was complete."""

    def __init__(
        self,
        message: str = "",
        *,
        request: Request | None = None,
        received: int | None = None,
        expected: int | None = None,
    ) -> None:
        super().__init__(message, request=request)
        self.received = received
        self.expected = expected


class LimitExceeded(RemoteProtocolError):
    """The server sent more than the client is willing to hold."""

    def __init__(
        self,
        message: str = "",
        *,
        request: Request | None = None,
        limit: int | None = None,
        value: int | None = None,
    ) -> None:
        super().__init__(message, request=request)
        self.limit = limit
        self.value = value


class ProxyError(TransportError):
    """The proxy refused or misbehaved."""

    response: Response | None = None
    """What the proxy answered, where it did."""


class UnsupportedProtocol(TransportError, ValueError):
    """The URL's scheme has no transport."""


class DecodingError(RequestError):
    """The body is not what its Content-Encoding says."""


class TooManyRedirects(RequestError):
    """The server sent the client around in circles."""


class HTTPStatusError(HTTPError):
    """The response's status is not a success."""

    def __init__(self, message: str, *, request: Request, response: Response) -> None:
        super().__init__(message)
        self._request = request
        self.response = response


class InvalidURL(ValueError):
    """The URL cannot be parsed, or no two programs would agree on its host."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class MissingHost(InvalidURL, UnsupportedProtocol):
    """The URL has a scheme that needs a host, and none: `http:///path`.

    It is an `UnsupportedProtocol` too, because that is what httpx raises when such a URL is sent.
    """

    def __init__(self, message: str = "", *, request: Request | None = None) -> None:
        super().__init__(message)
        self._request = request


class CookieConflict(LookupError):
    """Several cookies have this name: say the domain or the path as well."""

    def __init__(self, message: str) -> None:
        super().__init__(message)

    def __str__(self) -> str:
        return str(self.args[0])


class StreamError(RuntimeError):
    """A body was used in a way that its state does not allow."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class StreamConsumed(StreamError):
    """The body was streamed already and cannot be streamed again."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(
            message
            or "this body was already streamed and is gone; read it with `.read()` first, "
            "or pass bytes or a seekable file where it must be sent more than once"
        )


class StreamClosed(StreamError):
    """The body's stream is closed."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(
            message
            or "this body's stream is closed: read it inside the `with client.stream(...)` block, or `.read()` it"
        )


class ResponseNotRead(StreamError):
    """The response is still streaming: its content is not there yet."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or "the response is streaming: call `.read()` (or `await .aread()`) first")


class RequestNotRead(StreamError):
    """The request's body is a stream: its content is not there yet."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or "the request's body is a stream: call `.read()` (or `await .aread()`) first")


class StandInError(RuntimeError):
    """`stand_in` was used in a way that leaves open which transport is meant."""
