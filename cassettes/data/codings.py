"""Content codings, undone in the file, where bodies are read by people and searched for secrets, and done again."""

from __future__ import annotations

import contextlib
import importlib
import zlib
from typing import Any

from ...client import ByteStream, RequestError, Response

CODINGS = ("gzip", "deflate", "br", "zstd")
_CODECS = {"br": ("brotli", "brotlicffi"), "zstd": ("compression.zstd", "backports.zstd")}


def undone(content: bytes, said: str) -> tuple[bytes, str | None]:
    """Return a body without its one coding, and the coding; as it came where it has another kind, or is none."""
    encoding = _known(said)
    if not content or encoding is None:
        return content, None
    try:
        decoded = Response(200, headers={"content-encoding": said}, content=content).content
    except RequestError:
        return content, None
    return (content, None) if decoded == content else (decoded, encoding)


def undone_in_part(content: bytes, said: str) -> tuple[bytes, str | None]:
    """Return what can be read of a body that broke off, and its coding; as it came where that is nothing."""
    encoding = _known(said)
    if encoding is None:
        return content, None
    pieces: list[bytes] = []
    with contextlib.suppress(RequestError):
        response = Response(200, headers={"content-encoding": said}, stream=ByteStream(content))
        pieces.extend(response.iter_bytes())
    decoded = b"".join(pieces)
    return (decoded, encoding) if decoded not in (b"", content) else (content, None)


def _known(said: str) -> str | None:
    said = said.strip().lower()
    encoding = "gzip" if said == "x-gzip" else said
    return encoding if encoding in CODINGS else None


def done(content: bytes, encoding: str) -> bytes | None:
    """Return a body with a coding; `None` where nobody here knows it."""
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
