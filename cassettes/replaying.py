"""Recorded answers, played to the client as the network would have brought them."""

from __future__ import annotations

import importlib
import re
import zlib
from typing import TYPE_CHECKING, Any

from ..client import (
    AsyncByteStream,
    ByteStream,
    DecodingError,
    Headers,
    Request,
    Response,
    SyncByteStream,
    TransportError,
    codes,
)
from .errors import CassetteDamaged, CassetteError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .episodes import Episode
    from .interactions import RecordedError, RecordedResponse

_CODECS = {"br": ("brotli", "brotlicffi"), "zstd": ("compression.zstd", "backports.zstd")}
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_NOT_IN_VALUE = re.compile(r"[\r\n\0]")


class CutStream(AsyncByteStream, SyncByteStream):
    """A body that breaks off where the recorded one did."""

    def __init__(self, content: bytes, error: Exception) -> None:
        self._content = content
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        if self._content:
            yield self._content
        raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._content:
            yield self._content
        raise self._error


def play(episode: Episode, request: Request, path: str) -> Response:
    """Return the response of an episode, or raise what was raised in its place."""
    interaction = episode.interaction
    recorded = interaction.response
    try:
        error = None if interaction.error is None else _error(interaction.error, request)
        if recorded is None:
            assert error is not None
            raise error
        content, headers = _on_the_wire(recorded, request.method, error is not None)
        fields = Headers.received(_checked(headers))
    except ValueError as problem:
        if isinstance(problem, TransportError):
            raise
        raise CassetteDamaged(
            str(problem), path=path, line=episode.line, mend="Mend that interaction by hand, or record it again."
        ) from problem
    stream: ByteStream | CutStream = ByteStream(content)
    if error is not None:
        stream = CutStream(content, error)
    elif recorded.is_cut:
        stream = CutStream(content, _no_more(episode, path))
    return Response(recorded.status, headers=fields, stream=stream, request=request, extensions=_extensions(recorded))


def _extensions(recorded: RecordedResponse) -> dict[str, Any]:
    if recorded.reason is None:
        phrase = codes.get_reason_phrase(recorded.status) if recorded.version.startswith("1") else ""
    else:
        phrase = recorded.reason
    return {
        "http_version": b"HTTP/" + recorded.version.encode("ascii"),
        "reason_phrase": phrase.encode("latin-1", "replace"),
    }


def _on_the_wire(recorded: RecordedResponse, method: str, is_broken: bool) -> tuple[bytes, list[tuple[str, str]]]:
    """Return body and fields as they came over the wire: encoded again, and with a length that is true."""
    content, headers = recorded.content, recorded.headers
    if recorded.encoding is not None:
        encoded = _encoded(content, recorded.encoding)
        if encoded is None:  # nobody here could decode it either
            headers = [(name, value) for name, value in headers if name.lower() != "content-encoding"]
        else:
            content = encoded
    if not is_broken and not recorded.is_cut and method != "HEAD" and recorded.status not in (204, 304):
        length = str(len(content))
        headers = [(name, length if name.lower() == "content-length" else value) for name, value in headers]
    return content, headers


def _encoded(content: bytes, encoding: str) -> bytes | None:
    if encoding == "gzip":
        compressor = zlib.compressobj(6, zlib.DEFLATED, 31)
        return compressor.compress(content) + compressor.flush()
    if encoding == "deflate":
        return zlib.compress(content)
    for name in _CODECS[encoding]:
        try:
            module: Any = importlib.import_module(name)
        except ImportError:
            continue
        compressed: bytes = module.compress(content)
        return compressed
    return None


def _checked(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return the fields as bytes; a file that anybody may edit is not trusted to hold valid ones."""
    pairs: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        if not _NAME.match(name):
            raise ValueError(f"{name!r} is no name of a header field")
        if _NOT_IN_VALUE.search(value):
            raise ValueError(f"the header field {name!r} holds a line end")
        try:
            pairs.append((name.encode("ascii"), value.encode("latin-1")))
        except UnicodeEncodeError:
            pairs.append((name.encode("ascii"), value.encode("utf-8")))
    return pairs


def _error(recorded: RecordedError, request: Request) -> Exception:
    kinds = error_types()
    kind = kinds.get(recorded.type)
    if kind is None:
        raise ValueError(f"`type: {recorded.type}` is no error of a transport; known are {', '.join(sorted(kinds))}")
    return kind(recorded.message, request=request)


def error_types() -> dict[str, Any]:
    """Return the errors that can be recorded and raised again, by name."""
    found: dict[str, type[Any]] = {}
    waiting: list[type[Any]] = [TransportError, DecodingError]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting.extend(other for other in kind.__subclasses__() if other.__module__ == TransportError.__module__)
    return found


def _no_more(episode: Episode, path: str) -> CassetteError:
    return CassetteError(
        "the recording of this body ends here: when it was made, the program closed the response early",
        path=path,
        line=episode.line,
        mend="Record it again, with a program that reads on.",
    )
