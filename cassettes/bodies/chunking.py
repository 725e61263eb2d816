"""Bodies cut where programs that read them piece by piece like to fail.

Inside characters of several bytes, around line ends, brackets and quotes, byte by byte, or at random:
which of them, and where, depends on a seed alone.
"""

from __future__ import annotations

import random
import re

FUZZ = re.compile(r"fuzz(?::(.+))?\Z")
# Cutting a long body everywhere would only take long.
_MOST_CUTS = 400


def check_chunks(chunks: object) -> None:
    """Raise `ValueError` for what says nothing about pieces."""
    if not isinstance(chunks, str) or (chunks not in ("recorded", "whole") and FUZZ.match(chunks) is None):
        raise ValueError(f"`chunks` is one of recorded, whole, fuzz and fuzz:SEED, not {chunks!r}")


def cut(content: bytes, seed: str) -> list[bytes]:
    """Return a body in pieces that depend on the seed alone."""
    chance = random.Random(seed)
    size = len(content)
    style = chance.randrange(4)
    if style == 0 and size <= _MOST_CUTS:
        places = set(range(1, size))
    elif style == 1:
        places = set(_tender(content))
        places = set(chance.sample(sorted(places), min(len(places), _MOST_CUTS)))
    else:
        few = chance.randrange(1, 8) if style == 2 else chance.randrange(8, 64)
        places = {chance.randrange(1, size) for _ in range(few)} if size > 1 else set[int]()
    ends = [*sorted(places), size]
    return [part for start, end in zip([0, *ends], ends) if (part := content[start:end])]


def _tender(content: bytes) -> list[int]:
    """Return the places inside characters of several bytes, around line ends, and around brackets and quotes."""
    inside = (found.start() for found in re.finditer(rb"[\x80-\xbf]|[\r\n]|(?<=[\r\n\"{}\[\],:])[^\r\n]", content))
    return [place for place in inside if place > 0]
