"""Content codings, undone in the file, where bodies are read by people and searched for secrets, and done again."""

from __future__ import annotations

import importlib
import zlib
from typing import Any

from ..client import RequestError, Response

CODINGS = ("gzip", "deflate", "br", "zstd")
_CODECS = {"br": ("brotli", "brotlicffi"), "zstd": ("compression.zstd", "backports.zstd")}


def undone(content: bytes, said: str) -> tuple[bytes, str | None]:
    """Return a body without its one coding, and the coding; as it came where it has another kind, or is none."""
    said = said.strip().lower()
    encoding = "gzip" if said == "x-gzip" else said
    if not content or encoding not in CODINGS:
        return content, None
    try:
        decoded = Response(200, headers={"content-encoding": said}, content=content).content
    except RequestError:
        return content, None
    return (content, None) if decoded == content else (decoded, encoding)


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
