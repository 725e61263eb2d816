"""What callers may pass: the type of each argument, as real unions that exist at run time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable, Union

from .bodies.encode import FileContent, FileTypes, RequestContent, RequestData, RequestFiles, ResponseContent
from .bodies.streams import AsyncByteStream, SyncByteStream
from .config import TimeoutTypes, UseClientDefault
from .messages.cookies import Cookies
from .messages.headers import HeaderTypes
from .urls import PrimitiveData, QueryParamTypes, URLTypes

if TYPE_CHECKING:
    from http.cookiejar import CookieJar
    from os import PathLike
    from ssl import SSLContext
else:  # both modules are heavy, and a program may never need them
    CookieJar = SSLContext = object

CookieTypes = Union[Cookies, CookieJar, dict[str, str], list[tuple[str, str]]]

RequestExtensions = Mapping[str, Any]
ResponseExtensions = Mapping[str, Any]

_Path = Union[str, "PathLike[str]"]
CertTypes = Union[_Path, tuple[_Path, _Path], tuple[_Path, _Path, str]]
VerifyTypes = Union[bool, _Path, SSLContext]

EventHook = Callable[..., Any]

__all__ = [
    "AsyncByteStream",
    "CertTypes",
    "CookieTypes",
    "EventHook",
    "FileContent",
    "FileTypes",
    "HeaderTypes",
    "PrimitiveData",
    "QueryParamTypes",
    "RequestContent",
    "RequestData",
    "RequestExtensions",
    "RequestFiles",
    "ResponseContent",
    "ResponseExtensions",
    "SyncByteStream",
    "TimeoutTypes",
    "URLTypes",
    "UseClientDefault",
    "VerifyTypes",
]
