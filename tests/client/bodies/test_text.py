"""Bytes to text, text to lines, both to pieces: incremental, bounded, and never failing to decode."""

from __future__ import annotations

import codecs
import time

import pytest

from understudy.client.bodies.text import (
    ByteChunker,
    LineDecoder,
    TextChunker,
    TextDecoder,
    decode_text,
    is_known_charset,
    text_codec,
)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("utf-8", "utf-8"),
        ("UTF8", "utf-8"),
        ("Latin-1", "iso8859-1"),
        ("windows-1252", "cp1252"),
        ("cp1252", "cp1252"),
        ("Shift_JIS", "shift_jis"),
        ("koi8-r", "koi8-r"),
        ("cp874", "cp874"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
    ],
)
def test_known_charsets_have_a_codec(name: str, codec: str) -> None:
    assert text_codec(name) == codec
    assert is_known_charset(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "nope",
            "utf-7",
            "UTF7",
            "u7",
            "idna",
            "punycode",
            "rot13",
            "rot_13",
            "zip",
            "zlib_codec",
            "base64",
            "hex",
        ),
        *("bz2", "quopri", "uu", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "charmap", "oem"),
        *("utf\0008", "ütf-8", "os", "../codecs", "utf-8" + "x" * 1_000_000),
    ],
)
def test_no_other_name_is_known(name: str) -> None:
    assert not is_known_charset(name)
    assert text_codec(name, trusted=True) is None


def test_a_name_from_the_network_is_not_looked_up_by_import(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(codecs, "lookup", asked.append)

    assert text_codec("this") is None
    assert asked == []


def test_a_program_may_name_a_codec_that_it_registered() -> None:
    def search(name: str) -> codecs.CodecInfo | None:
        return codecs.lookup("latin-1") if name == "ours" else None

    codecs.register(search)
    try:
        assert text_codec("ours") is None
        assert text_codec("ours", trusted=True) == "iso8859-1"
    finally:
        if hasattr(codecs, "unregister"):  # Python 3.10
            codecs.unregister(search)


@pytest.mark.parametrize(
    ("content", "encoding", "text"),
    [
        (b"", "utf-8", ""),
        ("é€".encode(), "utf-8", "é€"),
        (b"\xe9", "iso-8859-1", "é"),
        (b"a\xff\xe2\x82", "utf-8", "a\ufffd\ufffd"),
        (b"\xef\xbb\xbfa\xef\xbb\xbf", "utf-8", "a\ufeff"),
        (b"\xff\xfea\0", "utf-16-le", "a"),
        (b"\xff\xfea\0", "utf-16", "a"),
        (b"\xfe\xff\0a", "utf-16", "a"),
        (b"a\0", "utf-16", "a"),
        (b"a", "utf-16", "\ufffd"),
        (b"\0\0\xfe\xff\0\0\0a", "utf-32", "a"),
        (b"a\0\0\0", "utf-32", "a"),
        (b"\x80", "cp1252", "€"),
        (b"a", "nope", "a"),
        (b"uryyb", "rot13", "uryyb"),
        (b"+AGE-", "utf-7", "+AGE-"),
        (b"\\x41", "unicode_escape", "\\x41"),
    ],
)
def test_text_is_decoded_whole_and_in_pieces_alike(content: bytes, encoding: str, text: str) -> None:
    decoder = TextDecoder(encoding)
    pieces = [decoder.decode(content[place : place + 1]) for place in range(len(content))]

    assert decode_text(content, encoding) == text
    assert "".join(pieces) + decoder.flush() == text


def test_a_split_character_waits_for_its_rest() -> None:
    decoder = TextDecoder()

    assert [decoder.decode(b"a\xe2\x82"), decoder.decode(b"\xac"), decoder.flush()] == ["a", "€", ""]


def test_a_large_body_is_decoded_at_once() -> None:
    content = bytes(50_000_000)

    started = time.process_time()
    text = decode_text(content)

    assert len(text) == len(content)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([], []),
        ([""], []),
        (["a"], ["a"]),
        (["a\n"], ["a"]),
        (["a\n\nb"], ["a", "", "b"]),
        (["a\r\nb\rc\n"], ["a", "b", "c"]),
        (["a\r", "\nb"], ["a", "b"]),
        (["a\r", "b"], ["a", "b"]),
        (["a\r", "", "\n", "\n"], ["a", ""]),
        (["\r", "\r", "\n"], ["", ""]),
        (["a", "b", "c\nd", "e"], ["abc", "de"]),
        (["a\x0bb\x0cc\x1cd\x1de\x1ef\x85g\u2028h\u2029i"], ["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
        (["a$\n$"], ["a$", "$"]),
        (["\n"], [""]),
        (["\r"], [""]),
    ],
)
def test_lines_end_where_splitlines_ends_them(pieces: list[str], lines: list[str]) -> None:
    decoder = LineDecoder()
    found = [line for piece in pieces for line in decoder.decode(piece)] + decoder.flush()

    assert found == lines == "".join(pieces).splitlines()
    assert decoder.flush() == []


def test_a_line_in_many_pieces_takes_linear_time() -> None:
    decoder = LineDecoder()

    started = time.process_time()
    for _ in range(200_000):
        assert decoder.decode("xxxx") == []

    assert decoder.flush() == ["xxxx" * 200_000]
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("size", "pieces", "chunks"),
    [
        (None, [b"a", b"", b"bc"], [b"a", b"bc"]),
        (1, [b"abc"], [b"a", b"b", b"c"]),
        (2, [b"a", b"bc", b"de"], [b"ab", b"cd", b"e"]),
        (2, [b"ab", b"cd"], [b"ab", b"cd"]),
        (10, [b"a", b"b"], [b"ab"]),
        (2, [b"", b""], []),
        (3, [], []),
    ],
)
def test_chunks_are_of_one_size_but_the_last(size: int | None, pieces: list[bytes], chunks: list[bytes]) -> None:
    in_bytes, in_text = ByteChunker(size), TextChunker(chunk_size=size)

    assert [chunk for piece in pieces for chunk in in_bytes.decode(piece)] + in_bytes.flush() == chunks
    assert [chunk for piece in pieces for chunk in in_text.decode(piece.decode())] + in_text.flush() == [
        chunk.decode() for chunk in chunks
    ]
    assert in_bytes.flush() == []


def test_many_small_pieces_make_a_large_chunk_in_linear_time() -> None:
    chunker = ByteChunker(10_000_000)

    started = time.process_time()
    for _ in range(300_000):
        chunker.decode(b"x")

    assert chunker.flush() == [b"x" * 300_000]
    assert time.process_time() - started < 5


@pytest.mark.parametrize("size", [0, -1])
def test_a_chunk_has_at_least_one_byte(size: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        ByteChunker(size)
