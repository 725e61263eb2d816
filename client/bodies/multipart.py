"""multipart/form-data (RFC 7578), written part by part as it is sent, so that large files never stand in memory.

Names and filenames are escaped as WHATWG's forms escape them: `"` is %22, CR is %0D, LF is %0A, all else is UTF-8;
other control characters, which WHATWG leaves to the receiver's luck, are escaped in the same way.
Content types and part headers are validated like any header field.
Fields come first, files second, each in the order given; an open file goes out whole, wherever it stands.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from ..errors import LocalProtocolError
from ..messages.headers import Headers
from .files import PathStream, file_stream, is_file
from .forms import form_fields, pairs_of
from .streams import (
    AsyncByteStream,
    AsyncIteratorByteStream,
    ByteStream,
    IteratorByteStream,
    SyncByteStream,
    as_bytes,
    close_iterator,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["MultipartStream"]

_ESCAPES = {code: f"%{code:02X}" for code in (*range(0x20), 0x22, 0x7F)}
_BOUNDARY_CHARACTERS = frozenset(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=? ")
_LONGEST_BOUNDARY = 70


class MultipartStream(SyncByteStream, AsyncByteStream):
    """The body of a form with files, for both worlds.

    A part that is an asynchronous stream needs an asynchronous client.
    """

    def __init__(self, data: Any, files: Any, boundary: bytes | None = None) -> None:
        self.boundary: bytes = os.urandom(16).hex().encode("ascii") if boundary is None else _checked_boundary(boundary)
        self._parts = [
            *(_field_part(name, value) for name, value in form_fields(data)),
            *(_file_part(name, file) for name, file in _pairs_of_files(files)),
        ]
        self._opening = b"--" + self.boundary + b"\r\n"
        self._closing = b"--" + self.boundary + b"--\r\n"

    @property
    def content_type(self) -> str:
        """The Content-Type that announces the boundary."""
        boundary = self.boundary.decode("ascii")
        # RFC 2046, 5.1.1: characters that no token may hold need quotes.
        is_token = not set(boundary) & set('()<>@,;:\\"/[]?= ')
        return f"multipart/form-data; boundary={boundary if is_token else chr(34) + boundary + chr(34)}"

    @property
    def length(self) -> int | None:
        """The size of the whole body; `None` where a part does not know its own."""
        total = len(self._closing)
        for part in self._parts:
            if part.length is None:
                return None
            total += len(self._opening) + len(part.head) + part.length + 2
        return total

    @property
    def is_replayable(self) -> bool:
        """Whether every part can be sent again."""
        return all(part.stream.is_replayable for part in self._parts)

    def described(self) -> dict[str, str]:
        """Return the fields that frame and describe the body."""
        length = self.length
        framing = ("Transfer-Encoding", "chunked") if length is None else ("Content-Length", str(length))
        return dict([framing, ("Content-Type", self.content_type)])

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if not isinstance(part.stream, SyncByteStream):
                raise RuntimeError(
                    "a part of this multipart body is an asynchronous stream: send it with an AsyncClient"
                )
        for part in self._parts:
            yield self._opening + part.head
            yield from cast("SyncByteStream", part.stream)
            yield b"\r\n"
        yield self._closing

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield self._opening + part.head
            if isinstance(part.stream, AsyncByteStream):
                chunks = part.stream.__aiter__()
                try:
                    async for chunk in chunks:
                        yield chunk
                finally:
                    await close_iterator(chunks)
            else:
                for chunk in part.stream:
                    yield chunk
            yield b"\r\n"
        yield self._closing

    def __repr__(self) -> str:
        return f"<MultipartStream [{len(self._parts)} parts]>"


class _Part:
    """One part: its head as sent, its body as a stream."""

    __slots__ = ("head", "length", "stream")

    def __init__(self, head: bytes, stream: SyncByteStream | AsyncByteStream, length: int | None) -> None:
        self.head = head
        self.stream = stream
        self.length = length


def _field_part(name: str, value: bytes) -> _Part:
    return _Part(_disposition(name) + b"\r\n\r\n", ByteStream(value), len(value))


def _pairs_of_files(files: Any) -> list[tuple[Any, Any]]:
    if isinstance(files, Iterable) and not isinstance(files, (str, bytes)) and not is_file(files):
        pairs: list[Any] = list(pairs_of(files))
        if all(isinstance(pair, (tuple, list)) and len(cast("Any", pair)) == 2 for pair in pairs):
            return pairs
    raise TypeError("files= is a mapping of names to files, or a list of pairs, as in files={'name': open(path, 'rb')}")


def _file_part(name: Any, file: Any) -> _Part:
    filename, content, content_type, extra = _told(name, file)
    stream, length = _body_of(name, content)
    fields = Headers(extra)
    if "Content-Type" not in fields and (content_type is not None or filename):
        fields["Content-Type"] = content_type or _guessed_type(filename)
    lines = [_disposition(name, filename), *(key + b": " + value for key, value in fields.raw)]
    return _Part(b"\r\n".join(lines) + b"\r\n\r\n", stream, length)


def _told(name: Any, file: Any) -> tuple[str | None, Any, str | None, Mapping[str, str] | None]:
    """Return the filename, content, content type and headers of any of the forms in which a file may be given."""
    if not isinstance(file, tuple):
        path: Any = cast("Any", file) if isinstance(file, os.PathLike) else getattr(file, "name", None)
        # A file made from a descriptor has a number for its name.
        filename = os.path.basename(_path_text(path)) if isinstance(path, (str, os.PathLike)) else ""
        return filename or "upload", cast("Any", file), None, None
    told: tuple[Any, ...] = cast("Any", file)
    if not 2 <= len(told) <= 4:
        raise ValueError(
            f"file {name!r} is a tuple of {len(told)} items: say (filename, content[, content_type[, headers]])"
        )
    filename, content, content_type, extra = (*told, None, None)[:4]
    return (None if filename is None else _path_text(filename)), content, content_type, extra


def _path_text(path: Any) -> str:
    return os.fsdecode(path)


def _body_of(name: Any, content: Any) -> tuple[SyncByteStream | AsyncByteStream, int | None]:
    if isinstance(content, str):
        content = content.encode("utf-8")
    if isinstance(content, (bytes, bytearray, memoryview)):
        held = as_bytes(cast("object", content))
        return ByteStream(held), len(held)
    if is_file(content):
        try:
            stream = file_stream(content, whole=True)
        except TypeError as error:
            raise TypeError(f"file {name!r}: {error}") from error
        return stream, stream.length
    if isinstance(content, os.PathLike):
        path = PathStream(cast("os.PathLike[str]", content))
        return path, path.length
    if isinstance(content, AsyncIterable):
        return AsyncIteratorByteStream(cast("AsyncIterable[bytes]", content)), None
    if isinstance(content, Iterable) and not isinstance(content, Mapping):
        return IteratorByteStream(cast("Iterable[bytes]", content)), None
    raise TypeError(
        f"file {name!r} is {type(cast('object', content)).__name__}: its content is bytes, text, a path, an open file "
        "or an (asynchronous) iterable of bytes"
    )


def _disposition(name: Any, filename: str | None = None) -> bytes:
    line = f'Content-Disposition: form-data; name="{_escaped(name)}"'
    if filename:
        line += f'; filename="{_escaped(filename)}"'
    return line.encode("utf-8")


def _escaped(name: Any) -> str:
    if isinstance(name, bytes):
        name = name.decode("utf-8")
    if not isinstance(name, str):
        raise TypeError(f"a form field's name is str or bytes, not {type(name).__name__}: {name!r}")
    return name.translate(_ESCAPES)


def _guessed_type(filename: Any) -> str:
    from mimetypes import guess_type

    return guess_type(filename)[0] or "application/octet-stream"


def _checked_boundary(boundary: bytes) -> bytes:
    if (
        not 0 < len(boundary) <= _LONGEST_BOUNDARY
        or not _BOUNDARY_CHARACTERS.issuperset(boundary)
        or boundary.endswith(b" ")
    ):
        raise LocalProtocolError(
            f"multipart boundary {boundary[:80]!r} is not 1 to {_LONGEST_BOUNDARY} of the characters that "
            "RFC 2046 allows, or ends with a space"
        )
    return boundary
