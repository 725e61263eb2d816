"""Content codings undone as a body arrives: gzip, deflate, br, zstd, singly or in a chain.

Rules

1. Output comes in pieces of at most `STEP_SIZE` (brotli may overshoot to twice that), whatever the input would
   inflate to: a body that is streamed costs memory for one step, never for itself.
2. At most `MOST_CODINGS` codings, counted over all header lines, else `DecodingError` before a byte is read.
   A coding that is unknown, or whose package is not installed, leaves the whole body as it came.
3. A body must be complete: corrupt or truncated data is a `DecodingError`, and no codec's own exception ever leaves.
   Several gzip members or zstd frames in a row are one body (RFC 1952, RFC 8878); zero bytes after a gzip member are
   padding, as gzip itself has it. An empty body is empty in every coding.
   What follows a gzip member or a deflate stream and begins no other member is ignored, as browsers ignore it:
   some servers append line ends or notes. After br and zstd, which are younger than such servers, it is an error.
4. Guard: a coding that has given more than `RATIO_FLOOR` and more than `MAX_RATIO` times what came over the wire is
   a bomb, `LimitExceeded`. Each link of a chain is watched, so that nothing can hide in the middle.
5. A codec that takes nothing and gives nothing is stuck, `DecodingError`.
6. A zstd window is at most 8 MiB (RFC 9659).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Callable, Protocol

from ..errors import DecodingError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "MAX_RATIO",
    "MOST_CODINGS",
    "RATIO_FLOOR",
    "STEP_SIZE",
    "ContentDecoder",
    "content_decoder",
    "supported_encodings",
]

STEP_SIZE = 262_144
"""How much one step may give, in bytes."""

MOST_CODINGS = 5
"""How many codings one body may be wrapped in."""

MAX_RATIO = 200
"""How many times its size on the wire a large body may decode to."""

RATIO_FLOOR = 32 * 1024 * 1024
"""Up to how many decoded bytes nobody asks for the ratio."""

_INPUT_SLICE = 65_536
_ZSTD_WINDOW_LOG = 23
_GZIP_MAGIC = b"\x1f\x8b"


class ContentDecoder:
    """Undoes the codings of one body; made by `content_decoder`."""

    def __init__(self, links: list[_Link], guard: _Guard) -> None:
        self._links = links
        self._guard = guard

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what a piece of the body decodes to; must be iterated to its end before the next piece."""
        self._guard.received += len(data)
        return self._through(0, data)

    def flush(self) -> list[bytes]:
        """Say that the body has ended; `DecodingError` where it should not have."""
        for link in self._links:
            link.finish()
        return []

    def _through(self, place: int, data: bytes) -> Iterator[bytes]:
        pieces = self._links[place].feed(data)
        if place + 1 == len(self._links):
            yield from pieces
            return
        for piece in pieces:
            yield from self._through(place + 1, piece)

    def __repr__(self) -> str:
        return f"<ContentDecoder {', '.join(link.name for link in reversed(self._links))}>"


def content_decoder(
    codings: Iterable[str], *, max_ratio: int | None = MAX_RATIO, ratio_floor: int = RATIO_FLOOR
) -> ContentDecoder | None:
    """Return what undoes the given values of Content-Encoding; `None` where there is nothing to undo.

    `codings` are the values of all header lines, in order; each may list several codings.
    """
    names = [name.strip().lower() for value in codings for name in value.split(",") if name.strip()]
    if len(names) > MOST_CODINGS:
        raise DecodingError(
            f"the body is wrapped in {len(names)} codings and at most {MOST_CODINGS} are undone: "
            "read it with `iter_raw()` if that is meant"
        )
    guard = _Guard(max_ratio, ratio_floor)
    links: list[_Link] = []
    for name in reversed(names):
        if name == "identity":
            continue
        make = _CODECS.get(name)
        codec = make() if make is not None else None
        if codec is None:
            return None
        links.append(_Link(name, codec, guard))
    return ContentDecoder(links, guard) if links else None


_supported: list[str] = []


def supported_encodings() -> str:
    """Return the value of Accept-Encoding: the codings that can be undone here; imports none of them."""
    if not _supported:
        known = ["gzip", "deflate"]
        if _is_installed("brotli") or _is_installed("brotlicffi"):
            known.append("br")
        if _is_installed("_zstd") if sys.version_info >= (3, 14) else _is_installed("backports.zstd"):
            known.append("zstd")
        _supported.append(", ".join(known))
    return _supported[0]


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(module) is not None
    except ImportError:
        return False


class _Guard:
    """Counts what came over the wire, and judges what was made of it."""

    __slots__ = ("floor", "ratio", "received")

    def __init__(self, ratio: int | None, floor: int) -> None:
        self.ratio: int | None = ratio
        self.floor: int = floor
        self.received: int = 0

    def check(self, name: str, produced: int) -> None:
        if produced <= self.floor or self.ratio is None:
            return
        limit = max(self.floor, self.ratio * self.received)
        if produced > limit:
            raise LimitExceeded(
                f"the {name} body has decoded to {produced:,} bytes from {self.received:,}, more than {self.ratio}:1: "
                "this looks like a decompression bomb",
                limit=limit,
                value=produced,
            )


class _Codec(Protocol):
    """One coding, undone in bounded steps."""

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """Return a bounded piece of output, the input not yet taken, and whether it wants more input."""
        ...

    def is_complete(self) -> bool:
        """Return whether the body may end here, given that some of it has come."""
        ...


class _Link:
    """One coding of a chain: slices its input, bounds its output, translates its errors."""

    __slots__ = ("_codec", "_guard", "_produced", "_started", "name")

    def __init__(self, name: str, codec: _Codec, guard: _Guard) -> None:
        self.name = name
        self._codec = codec
        self._guard = guard
        self._produced = 0
        self._started = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not data:
            return
        self._started = True
        # Sliced, because codecs copy what they have not yet taken, at every step.
        for start in range(0, len(data), _INPUT_SLICE):
            yield from self._feed_slice(data[start : start + _INPUT_SLICE] if len(data) > _INPUT_SLICE else data)

    def _feed_slice(self, data: bytes) -> Iterator[bytes]:
        is_hungry = False
        while not is_hungry:
            try:
                piece, rest, is_hungry = self._codec.step(data)
            except Exception as error:
                raise DecodingError(f"the body is not valid {self.name}: {error}") from error
            if piece:
                self._produced += len(piece)
                self._guard.check(self.name, self._produced)
                yield piece
            elif not is_hungry and rest and len(rest) == len(data):
                raise DecodingError(f"the body is not valid {self.name}: decoding it makes no progress")
            data = rest

    def finish(self) -> None:
        if self._started and not self._codec.is_complete():
            raise DecodingError(f"the body ended in the middle of its {self.name} data")


class _Gzip:
    """RFC 1952: any number of members, zero padding after each; whatever else comes then is ignored."""

    def __init__(self) -> None:
        self._inflate: Any = _inflater(31)
        self._is_between = False
        self._is_over = False
        self._first = b""

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        if self._is_between:
            data = self._first + data if self._first else data.lstrip(b"\0")
            self._first = data if data == _GZIP_MAGIC[:1] else b""
            self._is_over = self._is_over or not _GZIP_MAGIC.startswith(data[:2])
            if self._is_over or len(data) < len(_GZIP_MAGIC):
                return b"", b"", True
            self._inflate = _inflater(31)
            self._is_between = False
        piece = self._inflate.decompress(data, STEP_SIZE)
        if self._inflate.eof:
            self._is_between = True
            rest = self._inflate.unused_data
            return piece, rest, not rest
        return piece, self._inflate.unconsumed_tail, len(piece) < STEP_SIZE

    def is_complete(self) -> bool:
        return self._is_between


class _Deflate:
    """RFC 9110, 8.4.1.2: zlib's format (RFC 1950), or without its wrapper, as some servers send it."""

    def __init__(self) -> None:
        self._inflate: Any = None
        self._first = b""

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        if self._inflate is None:
            data = self._first + data
            if len(data) == 1:
                self._first = data
                return b"", b"", True
            is_wrapped = data[0] & 0x0F == 8 and data[0] >> 4 <= 7 and (data[0] << 8 | data[1]) % 31 == 0
            self._inflate = _inflater(15 if is_wrapped else -15)
        elif self._inflate.eof:
            return b"", b"", True  # ignored
        piece = self._inflate.decompress(data, STEP_SIZE)
        if self._inflate.eof:
            rest = self._inflate.unused_data
            return piece, rest, not rest
        return piece, self._inflate.unconsumed_tail, len(piece) < STEP_SIZE

    def is_complete(self) -> bool:
        return self._inflate is not None and bool(self._inflate.eof)


def _inflater(window_bits: int) -> Any:
    import zlib

    return zlib.decompressobj(window_bits)


class _Brotli:
    """RFC 7932, by either of the two packages."""

    def __init__(self, package: Any) -> None:
        self._decompressor: Any = package.Decompressor()
        self._process: Callable[..., bytes] = (
            getattr(self._decompressor, "process", None) or self._decompressor.decompress
        )
        # Releases before 1.2 cannot be bounded: they get little at a time instead.
        self._is_bounded = hasattr(self._decompressor, "can_accept_more_data")

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        if not self._is_bounded:
            rest = data[256:]
            return self._process(data[:256]), rest, not rest
        if self._decompressor.is_finished() and data:
            raise ValueError("data follows its end")
        piece = self._process(data, output_buffer_limit=STEP_SIZE)
        # It may be willing to accept more and still hold back output that did not fit.
        return piece, b"", len(piece) < STEP_SIZE and bool(self._decompressor.can_accept_more_data())

    def is_complete(self) -> bool:
        return bool(self._decompressor.is_finished())


def _brotli() -> _Codec | None:
    from importlib import import_module  # neither package is typed

    try:
        package = import_module("brotli")
    except ImportError:
        try:
            package = import_module("brotlicffi")
        except ImportError:
            return None
    return _Brotli(package)


class _Zstd:
    """RFC 8878: any number of frames."""

    def __init__(self, package: Any) -> None:
        self._package = package
        self._frame: Any = None

    def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
        if self._frame is None or self._frame.eof:
            parameter = self._package.DecompressionParameter.window_log_max
            self._frame = self._package.ZstdDecompressor(options={parameter: _ZSTD_WINDOW_LOG})
        piece = self._frame.decompress(data, STEP_SIZE)
        if self._frame.eof:
            rest = self._frame.unused_data
            return piece, rest, not rest
        return piece, b"", bool(self._frame.needs_input)

    def is_complete(self) -> bool:
        return bool(self._frame.eof)


def _zstd() -> _Codec | None:
    from importlib import import_module

    try:
        return _Zstd(import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"))
    except ImportError:
        return None


_CODECS: dict[str, Callable[[], _Codec | None]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _brotli,
    "zstd": _zstd,
}
