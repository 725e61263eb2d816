"""Decoders give back what was encoded, however it is cut, and never fail in another way than theirs."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress
from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from understudy.client.bodies.compress import compress_bytes
from understudy.client.bodies.decode import STEP_SIZE, content_decoder
from understudy.client.bodies.sse import EventParser
from understudy.client.bodies.text import ByteChunker, LineDecoder, TextDecoder, decode_text
from understudy.client.errors import DecodingError, LimitExceeded

brotli: Any = import_module("brotli")  # it has no types


def zstd(content: bytes) -> bytes:
    return compress_bytes(content, "zstd")


def repeated(piece: bytes, times: int) -> bytes:
    return piece * times


PACKERS: dict[str, Any] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd,
}
CODINGS = st.sampled_from(sorted(PACKERS))
CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.builds(repeated, st.binary(max_size=20), st.integers(0, 3_000)),
)
ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "utf-32", "iso-8859-1", "shift_jis", "gb18030", "utf-8-sig", "nope"]
CUTS = st.integers(1, 50)


def pieces_of(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def undone(wire: bytes, codings: list[str], size: int) -> bytes:
    decoder = content_decoder(codings, max_ratio=None)
    assert decoder is not None
    content = b""
    for piece in pieces_of(wire, size):
        for part in decoder.decode(piece):
            assert 0 < len(part) <= 2 * STEP_SIZE
            content += part
    assert decoder.flush() == []
    return content


@given(CONTENTS, st.lists(CODINGS, min_size=1, max_size=5), CUTS)
def test_a_chain_of_codings_is_undone(content: bytes, codings: list[str], cut: int) -> None:
    wire = content
    for coding in codings:
        wire = PACKERS[coding](wire)

    assert undone(wire, codings, cut * max(1, len(wire) // 50)) == content


@given(CODINGS, st.binary(max_size=100), CUTS)
def test_no_bytes_fail_in_another_way(coding: str, wire: bytes, cut: int) -> None:
    with suppress(DecodingError, LimitExceeded):
        undone(wire, [coding], cut)


@given(CODINGS, CONTENTS, st.integers(0, 1_000_000), st.binary(min_size=1, max_size=4), CUTS)
def test_damage_is_an_error_or_does_no_harm(coding: str, content: bytes, place: int, wrong: bytes, cut: int) -> None:
    wire = PACKERS[coding](content)
    at = place % len(wire)

    with suppress(DecodingError, LimitExceeded):
        undone(wire[:at] + wrong + wire[at + len(wrong) :], [coding], cut * max(1, len(wire) // 50))


@given(CODINGS, CONTENTS, st.integers(0, 1_000_000))
def test_a_truncated_body_is_never_taken_for_a_whole_one(coding: str, content: bytes, place: int) -> None:
    wire = PACKERS[coding](content)
    kept = wire[: place % len(wire)]

    try:
        found = undone(kept, [coding], 1_000)
    except DecodingError:
        return
    assert (kept, found) == (b"", b"")


@given(st.binary(max_size=60), st.sampled_from(ENCODINGS), CUTS)
def test_text_is_the_same_whole_and_in_pieces(content: bytes, encoding: str, cut: int) -> None:
    decoder = TextDecoder(encoding)

    assert "".join(map(decoder.decode, pieces_of(content, cut))) + decoder.flush() == decode_text(content, encoding)


@given(st.text("ab\r\n\x0b\x85\u2028$", max_size=30), CUTS)
def test_lines_are_those_of_splitlines(text: str, cut: int) -> None:
    decoder = LineDecoder()
    pieces = [text[start : start + cut] for start in range(0, len(text), cut)]

    assert [line for piece in pieces for line in decoder.decode(piece)] + decoder.flush() == text.splitlines()


@given(st.lists(st.binary(max_size=10), max_size=8), CUTS)
def test_chunks_are_of_one_size_and_lose_nothing(pieces: list[bytes], size: int) -> None:
    chunker = ByteChunker(size)

    chunks = [chunk for piece in pieces for chunk in chunker.decode(piece)] + chunker.flush()

    assert b"".join(chunks) == b"".join(pieces)
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(0 < len(chunk) <= size for chunk in chunks)


@given(
    st.lists(st.sampled_from([b"data: a", b"data", b"id: 1", b"event: x", b":", b"\n", b"\r", b"\r\n", b"\xff", b" "])),
    CUTS,
)
def test_events_do_not_depend_on_how_they_arrive(tokens: list[bytes], cut: int) -> None:
    wire = b"".join(tokens)
    whole, cut_up = EventParser(), EventParser()

    assert [event for piece in pieces_of(wire, cut) for event in cut_up.feed(piece)] == list(whole.feed(wire))
    assert cut_up.last_event_id == whole.last_event_id
