"""The client: requests, responses, and the transports that carry them."""

from __future__ import annotations

from .alias import alias_httpx
from .api import delete, get, head, options, patch, post, put, query, request, stream
from .arguments import (
    CertTypes,
    CookieTypes,
    FileContent,
    FileTypes,
    HeaderTypes,
    PrimitiveData,
    QueryParamTypes,
    RequestContent,
    RequestData,
    RequestExtensions,
    RequestFiles,
    ResponseContent,
    ResponseExtensions,
    TimeoutTypes,
    URLTypes,
    UseClientDefault,
    VerifyTypes,
)
from .auth.accept import AuthTypes
from .auth.basic import BasicAuth
from .auth.bearer import BearerAuth
from .auth.digest import DigestAuth
from .auth.flow import Auth, FunctionAuth
from .auth.netrc import NetRCAuth
from .bodies.sse import ServerSentEvent
from .bodies.streams import AsyncByteStream, ByteStream, SyncByteStream
from .cli import main
from .client import AsyncClient, Client
from .clock import REAL_CLOCK, Clock, RealClock
from .config import HTTP2, USE_CLIENT_DEFAULT, Guards, Limits, Timeout
from .download import ChecksumMismatch, Download
from .errors import (
    CloseError,
    ConnectError,
    ConnectTimeout,
    CookieConflict,
    DeadlineExceeded,
    DecodingError,
    HTTPError,
    HTTPStatusError,
    IncompleteBody,
    InvalidURL,
    LimitExceeded,
    LocalProtocolError,
    NetworkError,
    PoolTimeout,
    ProtocolError,
    ProxyError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    RequestError,
    RequestNotRead,
    ResponseNotRead,
    StandInError,
    StreamClosed,
    StreamConsumed,
    StreamError,
    TimeoutException,
    TooManyRedirects,
    TransportError,
    UnsupportedProtocol,
    WriteError,
    WriteTimeout,
)
from .layers.deadline import DeadlineBlock
from .layers.redirects import refuse_downgrade
from .layers.stack import Layer, Send
from .messages.cookies import Cookies
from .messages.headers import SECRET_HEADERS, Headers
from .messages.request import Request
from .messages.response import Response
from .messages.timings import Timings
from .network.backends.memory import AsyncMemoryNetwork, MemoryEnd, MemoryNetwork
from .network.backends.resolvers import DNSCache
from .network.proxy import Proxy, ProxyTypes
from .network.snapshot import PoolSnapshot
from .network.tls import create_ssl_context
from .request_options import RequestOptions
from .retry import Attempt, Retry
from .retry_transport import RetryTransport
from .sse import EventSource, SSEError
from .status import codes
from .transports.asgi import ASGITransport
from .transports.base import AsyncBaseTransport, BaseTransport
from .transports.callable import MockTransport
from .transports.mounts import URLPattern
from .transports.network import AsyncHTTPTransport, HTTPTransport
from .transports.stand_in import answering, stand_in
from .transports.wsgi import WSGITransport
from .urls import URL, Origin, QueryParams
from .version import __description__, __title__, __version__

__all__ = [
    "HTTP2",
    "REAL_CLOCK",
    "SECRET_HEADERS",
    "URL",
    "USE_CLIENT_DEFAULT",
    "ASGITransport",
    "AsyncBaseTransport",
    "AsyncByteStream",
    "AsyncClient",
    "AsyncHTTPTransport",
    "AsyncMemoryNetwork",
    "Attempt",
    "Auth",
    "AuthTypes",
    "BaseTransport",
    "BasicAuth",
    "BearerAuth",
    "ByteStream",
    "CertTypes",
    "ChecksumMismatch",
    "Client",
    "Clock",
    "CloseError",
    "ConnectError",
    "ConnectTimeout",
    "CookieConflict",
    "CookieTypes",
    "Cookies",
    "DNSCache",
    "DeadlineBlock",
    "DeadlineExceeded",
    "DecodingError",
    "DigestAuth",
    "Download",
    "EventSource",
    "FileContent",
    "FileTypes",
    "FunctionAuth",
    "Guards",
    "HTTPError",
    "HTTPStatusError",
    "HTTPTransport",
    "HeaderTypes",
    "Headers",
    "IncompleteBody",
    "InvalidURL",
    "Layer",
    "LimitExceeded",
    "Limits",
    "LocalProtocolError",
    "MemoryEnd",
    "MemoryNetwork",
    "MockTransport",
    "NetRCAuth",
    "NetworkError",
    "Origin",
    "PoolSnapshot",
    "PoolTimeout",
    "PrimitiveData",
    "ProtocolError",
    "Proxy",
    "ProxyError",
    "ProxyTypes",
    "QueryParamTypes",
    "QueryParams",
    "ReadError",
    "ReadTimeout",
    "RealClock",
    "RemoteProtocolError",
    "Request",
    "RequestContent",
    "RequestData",
    "RequestError",
    "RequestExtensions",
    "RequestFiles",
    "RequestNotRead",
    "RequestOptions",
    "Response",
    "ResponseContent",
    "ResponseExtensions",
    "ResponseNotRead",
    "Retry",
    "RetryTransport",
    "SSEError",
    "Send",
    "ServerSentEvent",
    "StandInError",
    "StreamClosed",
    "StreamConsumed",
    "StreamError",
    "SyncByteStream",
    "Timeout",
    "TimeoutException",
    "TimeoutTypes",
    "Timings",
    "TooManyRedirects",
    "TransportError",
    "URLPattern",
    "URLTypes",
    "UnsupportedProtocol",
    "UseClientDefault",
    "VerifyTypes",
    "WSGITransport",
    "WriteError",
    "WriteTimeout",
    "__description__",
    "__title__",
    "__version__",
    "alias_httpx",
    "answering",
    "codes",
    "create_ssl_context",
    "delete",
    "get",
    "head",
    "main",
    "options",
    "patch",
    "post",
    "put",
    "query",
    "refuse_downgrade",
    "request",
    "stand_in",
    "stream",
]
