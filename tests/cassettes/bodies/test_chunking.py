"""Where bodies are cut."""

from __future__ import annotations

import pytest

from understudy.cassettes.bodies.chunking import cut

EVENTS = 'data: {"städte": ["Köln", "Zürich"]}\n\n: still here\r\n\r\n'.encode() * 40


@pytest.mark.parametrize("content", [b"", b"x", b"ab", EVENTS, bytes(range(256)) * 300])
def test_whatever_the_seed_the_pieces_are_the_body(content: bytes) -> None:
    for seed in range(60):
        pieces = cut(content, str(seed))

        assert b"".join(pieces) == content
        assert all(pieces)
        assert len(pieces) <= 402


def test_some_seed_cuts_inside_characters_and_between_line_ends() -> None:
    ends = {piece[-1:] for seed in range(40) for piece in cut(EVENTS, str(seed))}
    starts = {piece[:1] for seed in range(40) for piece in cut(EVENTS, str(seed))}

    assert b"\xc3" in ends
    assert b"\r" in ends
    assert b"\n" in starts


def test_some_seed_gives_every_byte_by_itself() -> None:
    assert any(len(cut(b"0123456789", str(seed))) == 10 for seed in range(20))
