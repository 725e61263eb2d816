"""What a cassette becomes when a block that recorded it anew has succeeded.

Pure: old file and new recordings in, new file out, by copying ranges of bytes.
What nobody recorded anew is copied as it stands, comments and hand edits included.
Comments above an interaction, and a heading that its author has chosen, stay when it is recorded anew.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Callable, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable

_HEADING = re.compile(rb"^---(?:[ \t][^\n]*)?\n", re.MULTILINE)
# As the recorder heads an interaction: `--- # GET /users -> 200`.
_RECORDED = re.compile(rb"--- # [!#$%&'*+.^_`|~0-9A-Za-z-]+ /.* -> .+\n")


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
    keeps_further: bool = False,
    reconcile: Callable[[bytes, bytes], bytes] | None = None,
) -> bytes:
    """Return the new file.

    The first new recording of a request takes the place of its first old one, and so on; further ones go to the end,
    and old ones that were not recorded as often any more are dropped.
    `keeps_others` keeps requests that were not recorded at all, `keeps_further` those that were recorded more often.
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
            kept.append(_headed(piece.text, text if reconcile is None else reconcile(piece.text, text)))
        elif keeps_further:
            kept.append(piece.text)
    for piece in new:
        if placed.get(piece.key, 0) > 0:
            placed[piece.key] -= 1
        else:
            kept.append(piece.text)
    return b"".join(map(_ended, [head, *kept]))


def pairs(old: list[Piece], new: list[Piece]) -> list[tuple[str | None, str]]:
    """Return the text of each new interaction behind that of the old one whose place it takes, if any."""
    waiting: dict[Hashable, deque[bytes]] = {}
    for piece in old:
        waiting.setdefault(piece.key, deque()).append(piece.text)
    return [
        (waiting[piece.key].popleft().decode("utf-8") if waiting.get(piece.key) else None, piece.text.decode("utf-8"))
        for piece in new
    ]


def _headed(old: bytes, new: bytes) -> bytes:
    """Return the new text below what the author has written above the old one."""
    was, now = _HEADING.search(old), _HEADING.match(new)
    if was is None or now is None:
        return new  # the old one itself, comments and all; or none that a recorder has written
    heading = was[0] if b"#" in was[0] and _RECORDED.match(was[0]) is None else now[0]
    return old[: was.start()] + heading + new[now.end() :]


def _ended(text: bytes) -> bytes:
    return text if not text or text.endswith(b"\n") else text + b"\n"
