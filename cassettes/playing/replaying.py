"""Recorded answers, played to the client as the network would have brought them.

Time is virtual: a recorded answer that took longer than the request is willing to wait times out at once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Callable

from ...client import (
    AsyncByteStream,
    ByteStream,
    DecodingError,
    Headers,
    ReadTimeout,
    Request,
    Response,
    SyncByteStream,
    TransportError,
    codes,
)
from ..data.codings import done
from ..errors import CassetteDamaged, CassetteError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ..interactions import Interaction, RecordedError, RecordedResponse
    from ..matching.episodes import Episode

    Cut = Callable[[bytes, RecordedResponse], list[bytes]]

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_NOT_IN_VALUE = re.compile(r"[\r\n\0]")
# Shorter ones say more about the machine that recorded than about the server.
SHORTEST_WAIT = 1.0
_MEND = "Mend that interaction by hand, or record it again."


class PlayedStream(AsyncByteStream, SyncByteStream):
    """A body in the pieces in which it came; where the recorded one broke off, so does this one."""

    def __init__(self, pieces: Any, error: Exception | None = None) -> None:
        self._pieces = pieces
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        if self._error is not None:
            raise self._error


def pieces(content: bytes, recorded: RecordedResponse) -> list[bytes]:
    """Return the body cut where the recorded one was; one edited by hand may have another length."""
    ends = [end for end, _ in recorded.times if end < len(content)]
    starts = [0, *ends]
    return [piece for start, end in zip(starts, [*ends, len(content)]) if (piece := content[start:end])]


def play(episode: Episode, request: Request, cut: Cut = pieces, is_patient: bool = False) -> Response:
    """Return the response of an episode, or raise what was raised in its place.

    `cut` says in which pieces a body comes; `is_patient` leaves it to others to judge how long it took.
    """
    interaction = episode.interaction
    recorded = interaction.response
    if not is_patient:
        _check_patience(interaction, request)
    try:
        error = None if interaction.error is None else _error(interaction.error, request, episode)
        if recorded is None:
            raise _required(error)
        content, fields = _on_the_wire(recorded, request.method, error is not None)
        extensions = _extensions(recorded)
    except ValueError as problem:
        if isinstance(problem, TransportError):
            raise
        raise CassetteDamaged(str(problem), path=episode.path, line=episode.line, mend=_MEND) from problem
    if error is None and recorded.is_cut:
        error = _no_more(episode)
    stream: ByteStream | PlayedStream
    if recorded.file is not None:
        stream = PlayedStream(_FilePieces(episode, str(recorded.file), recorded.digest), error)
    elif error is not None or len(recorded.times) > 1 or cut is not pieces:
        stream = PlayedStream(cut(content, recorded), error)
    else:
        stream = ByteStream(content)
    return Response.received(recorded.status, fields, stream, request, extensions)


def _check_patience(interaction: Interaction, request: Request) -> None:
    """Time out where the recorded wait is longer than the request's patience."""
    recorded = interaction.response
    if recorded is None or interaction.took is None:
        return
    wait = _longest_wait(recorded, interaction.took, interaction.error)
    patience = patience_of(request)
    if patience is not None and wait > max(patience, SHORTEST_WAIT):
        raise ReadTimeout(
            f"{request.method} {request.url.redacted}: no answer within {patience:g} s "
            f"(the recorded one took {wait:g} s; no time has passed)",
            request=request,
        )


def patience_of(request: Request) -> float | None:
    """Return how many seconds of silence a request bears."""
    timeout: Any = request.extensions.get("timeout")
    patience: float | None = timeout.get("read") if timeout else None
    return patience


def _longest_wait(recorded: RecordedResponse, took: float, error: RecordedError | None) -> float:
    if error is not None and error.type.endswith("Timeout"):
        moments = [0.0, *(at for _, at in recorded.times)]  # the silence that follows is the error itself
    elif recorded.longest_wait is not None:
        return recorded.longest_wait
    elif not recorded.times:
        return took
    else:
        moments = [0.0, *(at for _, at in recorded.times), took]
    return max((later - earlier for earlier, later in zip(moments, moments[1:])), default=0.0)


def _required(error: Exception | None) -> Exception:
    assert error is not None  # an interaction without a response has an error: the reader has checked it
    return error


class _FilePieces:
    """The pieces of a body that is read from its file."""

    def __init__(self, episode: Episode, name: str, digest: str | None) -> None:
        self._episode = episode
        self._name = name
        self._digest = digest

    def __iter__(self) -> Iterator[bytes]:
        episode = self._episode
        try:
            yield from episode.blobs.stream(self._name, self._digest)
        except ValueError as problem:
            raise CassetteDamaged(str(problem), path=episode.path, line=episode.line, mend=_MEND) from problem


def _extensions(recorded: RecordedResponse) -> dict[str, Any]:
    version, phrase = _status_line(recorded.version, recorded.status, recorded.reason)
    extensions: dict[str, Any] = {"http_version": version, "reason_phrase": phrase}
    if recorded.trailers:
        extensions["trailers"] = _checked(recorded.trailers)
    return extensions


@lru_cache(maxsize=128)
def _status_line(version: str, status: int, reason: str | None) -> tuple[bytes, bytes]:
    if reason is None:
        reason = codes.get_reason_phrase(status)  # HTTP/2 sends none, and clients say the usual one
    return b"HTTP/" + version.encode("ascii"), reason.encode("latin-1", "replace")


def _on_the_wire(recorded: RecordedResponse, method: str, is_broken: bool) -> tuple[bytes, Headers]:
    """Return body and fields as they came over the wire: encoded again, and with a length that is true."""
    content, headers = recorded.content, recorded.headers
    if recorded.encoding is not None:
        encoded = done(content, recorded.encoding)
        if encoded is None:  # nobody here could decode it either
            headers = [(name, value) for name, value in headers if name.lower() != "content-encoding"]
        else:
            content = encoded
    pairs = _checked(headers)
    fields = Headers.received(pairs)
    is_whole = not is_broken and not recorded.is_cut and recorded.file is None
    if is_whole and method != "HEAD" and recorded.status not in (204, 304):
        length = str(len(content))
        if fields.get("content-length", length) != length:
            raw = length.encode("ascii")
            return content, Headers.received(
                [(name, raw if name.lower() == b"content-length" else value) for name, value in pairs]
            )
    return content, fields


def _checked(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return the fields as bytes; a file that anybody may edit is not trusted to hold valid ones."""
    return [_checked_field(name, value) for name, value in headers]


@lru_cache(maxsize=1024)
def _checked_field(name: str, value: str) -> tuple[bytes, bytes]:
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is no name of a header field")
    if _NOT_IN_VALUE.search(value):
        raise ValueError(f"the header field {name!r} holds a line end")
    try:
        return name.encode("ascii"), value.encode("latin-1")
    except UnicodeEncodeError:
        return name.encode("ascii"), value.encode("utf-8")


def _error(recorded: RecordedError, request: Request, episode: Episode) -> Exception:
    kinds = error_types()
    kind = kinds.get(recorded.type)
    if kind is None:
        raise ValueError(f"`type: {recorded.type}` is no error of a transport; known are {', '.join(sorted(kinds))}")
    # Whoever reads it would look for the trouble where there is none any more.
    error: Exception = kind(f"{recorded.message} (as recorded in {episode.path}:{episode.line})", request=request)
    return error


def error_types() -> dict[str, Any]:
    """Return the errors that can be recorded and raised again, by name."""
    found: dict[str, type[Any]] = {}
    waiting: list[type[Any]] = [TransportError, DecodingError]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting.extend(other for other in kind.__subclasses__() if other.__module__ == TransportError.__module__)
    return found


def _no_more(episode: Episode) -> CassetteError:
    return CassetteError(
        "the recording of this body ends here: when it was made, the program closed the response early",
        path=episode.path,
        line=episode.line,
        mend="Record it again, with a program that reads on.",
    )
