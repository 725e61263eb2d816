"""What callers give as a body, turned into header fields and a stream.

| given | becomes |
|---|---|
| `content=` bytes, text | held in memory; Content-Length |
| `content=` a path or an open file | read from where it stands; Content-Length of the rest, where it can be told |
| `content=` an iterable or asynchronous iterable of bytes | Transfer-Encoding: chunked |
| `data=` a mapping or pairs | `application/x-www-form-urlencoded` |
| `files=` (and `data=`) | `multipart/form-data` |
| `json=` | `application/json`, compact, UTF-8 |

More than one of `content`, `data` and `json` is an error; `json` beside `files` is not looked at, as httpx has it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Callable, Optional, Union, cast

from ..urls import PrimitiveData
from .files import PathStream, file_stream, is_file
from .forms import encode_form, is_form
from .streams import (
    AsyncByteStream,
    AsyncIteratorByteStream,
    ByteStream,
    IteratorByteStream,
    PiecesStream,
    SyncByteStream,
    as_bytes,
)

if TYPE_CHECKING:
    from typing_extensions import TypeAlias

    from .multipart import MultipartStream

__all__ = [
    "EMPTY_STREAM",
    "FileContent",
    "FileTypes",
    "RequestContent",
    "RequestData",
    "RequestFiles",
    "ResponseContent",
    "encode_json",
    "encode_multipart_data",
    "encode_request",
    "encode_response",
    "encode_urlencoded_data",
]

# Real unions, not strings: SDKs build on them at run time.
RequestContent = Union[str, bytes, Iterable[bytes], AsyncIterable[bytes], IO[bytes], "os.PathLike[str]"]
ResponseContent = Union[str, bytes, Iterable[bytes], AsyncIterable[bytes]]
RequestData = Union[Mapping[str, Any], Sequence[tuple[str, PrimitiveData]]]
FileContent = Union[IO[bytes], bytes, str, Iterable[bytes], AsyncIterable[bytes], "os.PathLike[str]"]
FileTypes = Union[
    FileContent,
    tuple[Optional[str], FileContent],
    tuple[Optional[str], FileContent, Optional[str]],
    tuple[Optional[str], FileContent, Optional[str], Mapping[str, str]],
]
RequestFiles = Union[Mapping[str, FileTypes], Sequence[tuple[str, FileTypes]]]

Stream: TypeAlias = "SyncByteStream | AsyncByteStream"

EMPTY_STREAM = ByteStream(b"")

_dumps: Callable[[Any], str] | None = None


def encode_request(
    content: RequestContent | None = None,
    data: RequestData | None = None,
    files: RequestFiles | None = None,
    json: Any = None,
    *,
    boundary: bytes | None = None,
) -> tuple[dict[str, str], Stream]:
    """Return the header fields that frame and describe a request's body, and its stream.

    No body gives no fields: whether `Content-Length: 0` is due depends on the method.
    """
    if content is not None:
        if data or files or json is not None:
            raise ValueError(_conflict(content=content, data=data, files=files, json=json))
        return _encode_content(content)
    if data is not None and not is_form(data):
        return _encode_data_as_content(data, files=files, json=json)
    if files:
        return encode_multipart_data(data, files, boundary)
    if data:
        if json is not None:
            raise ValueError(_conflict(data=data, json=json))
        return encode_urlencoded_data(data)
    if json is not None:
        return encode_json(json)
    return {}, EMPTY_STREAM


def encode_response(
    content: ResponseContent | None = None,
    text: str | None = None,
    html: str | None = None,
    json: Any = None,
) -> tuple[dict[str, str], Stream]:
    """Return the header fields that frame and describe a response's body, and its stream."""
    if content is None and text is None and html is None:
        return ({}, EMPTY_STREAM) if json is None else encode_json(json)
    if sum(given is not None for given in (content, text, html, json)) > 1:
        raise ValueError(_conflict(content=content, text=text, html=html, json=json))
    if isinstance(content, (list, tuple)):
        # As a server would send it: whoever streams the response meets the same pieces.
        return {"Transfer-Encoding": "chunked"}, PiecesStream(cast("Sequence[object]", content))
    if content is not None:
        return _encode_content(content)
    said, kind = (text, "text/plain") if text is not None else (html, "text/html")
    if not isinstance(said, str):
        raise TypeError(f"{'text' if kind == 'text/plain' else 'html'}= is str, not {type(said).__name__}")
    body = said.encode("utf-8")
    return {"Content-Length": str(len(body)), "Content-Type": f"{kind}; charset=utf-8"}, ByteStream(body)


def _conflict(**given: Any) -> str:
    names = [f"{name}=" for name, value in given.items() if value is not None]
    return f"{' and '.join(names)} were given together: a message has one body, pass one of them"


def _encode_content(content: Any) -> tuple[dict[str, str], Stream]:
    if isinstance(content, (bytes, str)):
        body = content.encode("utf-8") if isinstance(content, str) else content
        return ({"Content-Length": str(len(body))} if body else {}), ByteStream(body)
    if isinstance(content, (bytearray, memoryview)):
        return _encode_content(as_bytes(cast("object", content)))
    if isinstance(content, (list, tuple)):
        return _encode_content(b"".join([as_bytes(chunk) for chunk in cast("Sequence[object]", content)]))
    if isinstance(content, Mapping):
        raise TypeError("content= is bytes, text, a file or an iterable of bytes; pass a mapping as data= or json=")
    stream = _stream_of(content)
    length: int | None = getattr(stream, "length", None)
    if length is not None:
        return {"Content-Length": str(length)}, stream
    return {"Transfer-Encoding": "chunked"}, stream


def _stream_of(content: Any) -> Stream:
    if isinstance(content, (SyncByteStream, AsyncByteStream)):
        return content
    if is_file(content):
        return file_stream(content)
    if isinstance(content, os.PathLike):
        return PathStream(cast("os.PathLike[str]", content))
    if isinstance(content, Iterable):
        return IteratorByteStream(cast("Iterable[bytes]", content))
    if isinstance(content, AsyncIterable):
        return AsyncIteratorByteStream(cast("AsyncIterable[bytes]", content))
    raise TypeError(
        f"content= is bytes, text, a path, a file or an (asynchronous) iterable of bytes, not {type(content).__name__}"
    )


def _encode_data_as_content(data: Any, *, files: Any, json: Any) -> tuple[dict[str, str], Stream]:
    """Take `data=` that is no form for content, as older code wants it."""
    if files or json is not None:
        raise ValueError(_conflict(data=data, files=files, json=json))
    if not isinstance(data, (bytes, str, Iterable, AsyncIterable)) and not is_file(data):
        raise TypeError(
            f"data= is a mapping of form fields, or (name, value) pairs, not {type(data).__name__}; "
            "pass raw bodies as content= and JSON as json="
        )
    _warn("use content=... to send raw bytes or text; data= is for forms")
    return _encode_content(data)


def _warn(text: str) -> None:
    """Warn of what is deprecated at the line of the caller: anywhere else the warning is not even shown."""
    import sys
    import warnings

    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, DeprecationWarning, stacklevel=level)


# By these names libraries know the three that follow.


def encode_urlencoded_data(data: Any) -> tuple[dict[str, str], ByteStream]:
    """Return the fields and the stream of a form without files."""
    body = encode_form(data)
    return {
        "Content-Length": str(len(body)),
        "Content-Type": "application/x-www-form-urlencoded",
    }, ByteStream(body)


def encode_multipart_data(data: Any, files: Any, boundary: bytes | None) -> tuple[dict[str, str], MultipartStream]:
    """Return the fields and the stream of a form with files."""
    from .multipart import MultipartStream

    multipart = MultipartStream(data=data or {}, files=files, boundary=boundary)
    return multipart.described(), multipart


def encode_json(json: Any) -> tuple[dict[str, str], ByteStream]:
    """Return the fields and the stream of a JSON document."""
    global _dumps  # noqa: PLW0603 - made when first used, and then kept
    if _dumps is None:
        from json import JSONEncoder

        _dumps = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
    body = _dumps(json).encode("utf-8")
    return {"Content-Length": str(len(body)), "Content-Type": "application/json"}, ByteStream(body)
