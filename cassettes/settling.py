"""What a cassette becomes when a block that recorded it anew has succeeded.

Pure: old file and new recordings in, new file out, by copying ranges of bytes.
What nobody recorded anew is copied as it stands, comments and hand edits included.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Callable, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable


class Piece(NamedTuple):
    """One interaction in bytes, and the key of what it answers."""

    key: Hashable
    text: bytes


def settle(
    head: bytes,
    old: list[Piece],
    new: list[Piece],
    *,
    keeps_others: bool,
    reconcile: Callable[[bytes, bytes], bytes] | None = None,
) -> bytes:
    """Return the new file.

    The first new recording of a request takes the place of its first old one, and so on; further ones go to the end,
    and old ones that were not recorded as often any more are dropped.
    `keeps_others` keeps requests that were not recorded at all.
    `reconcile` is given the old and the new bytes of one request, and returns those to write.
    """
    waiting: dict[Hashable, deque[bytes]] = {}
    for piece in new:
        waiting.setdefault(piece.key, deque()).append(piece.text)
    kept: list[bytes] = []
    placed: dict[Hashable, int] = {}
    for piece in old:
        found = waiting.get(piece.key)
        if found is None:
            if keeps_others:
                kept.append(piece.text)
        elif found:
            text = found.popleft()
            placed[piece.key] = placed.get(piece.key, 0) + 1
            kept.append(text if reconcile is None else reconcile(piece.text, text))
    for piece in new:
        if placed.get(piece.key, 0) > 0:
            placed[piece.key] -= 1
        else:
            kept.append(piece.text)
    return b"".join(map(_ended, [head, *kept]))


def _ended(text: bytes) -> bytes:
    return text if not text or text.endswith(b"\n") else text + b"\n"
