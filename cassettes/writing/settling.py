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
    from collections.abc import Hashable, Iterator

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
    keeps_order: bool = True,
    reconcile: Callable[[bytes, bytes], bytes] | None = None,
) -> bytes:
    """Return the new file.

    The first new recording of a request takes the place of its first old one, and so on; further ones go behind those
    before them, and old ones that were not recorded as often any more are dropped.
    `keeps_others` keeps requests that were not recorded at all, `keeps_further` those that were recorded more often.
    `keeps_order` leaves recordings where they stood; else the new ones stand in the order in which they were made.
    `reconcile` is given the old and the new bytes of one request, and returns those to write.
    """
    waiting: dict[Hashable, deque[int]] = {}
    for number, piece in enumerate(new):
        waiting.setdefault(piece.key, deque()).append(number)
    kept: list[bytes | int] = []  # the text of an old one that stays, or the number of the new one in its place
    texts = [piece.text for piece in new]
    for piece in old:
        found = waiting.get(piece.key)
        if found:
            number = found.popleft()
            text = texts[number]
            texts[number] = _headed(piece.text, text if reconcile is None else reconcile(piece.text, text))
            kept.append(number)
        elif keeps_others if found is None else keeps_further:
            kept.append(piece.text)
    ordered = _in_old_order(kept, new) if keeps_order else _in_new_order(kept, len(new))
    said = (texts[one] if isinstance(one, int) else one for one in ordered)
    return b"".join(map(_ended, [head, *said]))


def _in_old_order(kept: list[bytes | int], new: list[Piece]) -> Iterator[bytes | int]:
    """Yield what is kept, and new ones beside those that they were recorded beside; equal requests in their order."""
    places = {number: place for place, number in enumerate(kept) if isinstance(number, int)}
    behind: dict[int, list[int]] = {}
    last: dict[Hashable, int] = {}
    place = next((places[number] - 1 for number in range(len(new)) if number in places), len(kept) - 1)
    for number, piece in enumerate(new):
        if number in places:
            place = places[number]
        else:
            place = max(place, last.get(piece.key, -1))
            behind.setdefault(place, []).append(number)
        last[piece.key] = place
    yield from behind.get(-1, ())
    for at, one in enumerate(kept):
        yield one
        yield from behind.get(at, ())


def _in_new_order(kept: list[bytes | int], count: int) -> Iterator[bytes | int]:
    """Yield all new ones in their order, behind each the old ones that stood behind the one whose place it takes."""
    behind: dict[int, list[bytes]] = {}
    number = -1
    for one in kept:
        if isinstance(one, int):
            number = one
        else:
            behind.setdefault(number, []).append(one)
    yield from behind.get(-1, ())
    for number in range(count):
        yield number
        yield from behind.get(number, ())


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
