"""What may stand in each part of a URL, and how everything else is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from understudy.client.errors import InvalidURL
from understudy.client.urls import percent

if TYPE_CHECKING:
    from collections.abc import Callable

PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@pytest.mark.parametrize(
    ("encode", "escaped"),
    [
        (percent.encode_path, '"#<>?\\^`{}'),
        (percent.encode_query, '"#<>'),
        (percent.encode_fragment, '"<>`'),
        (percent.encode_user, '"#/:;<=>?@[\\]^`{|}'),
    ],
)
def test_each_part_escapes_what_would_end_it_and_nothing_more(encode: Callable[[str], str], escaped: str) -> None:
    changed = {character for character in PRINTABLE if encode(character) != character}

    assert changed == set(escaped)
    assert {encode(character) for character in escaped} == {f"%{ord(character):02X}" for character in escaped}


@pytest.mark.parametrize("encode", [percent.encode_path, percent.encode_query, percent.encode_fragment])
@pytest.mark.parametrize("text", ["", "a-b", "%2f%2F%41", "%zz%", "100%", "a;b=c,d+e!$&'()*~:@/"])
def test_what_is_valid_stays_byte_for_byte(encode: Callable[[str], str], text: str) -> None:
    assert encode(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a b", "a%20b"),
        ("a\tb\r\nc\x00", "a%09b%0D%0Ac%00"),
        ("\x7f", "%7F"),
        ("\x80", "%C2%80"),
        ("é", "%C3%A9"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("😀", "%F0%9F%98%80"),
        ("%41 %zz", "%41%20%zz"),
    ],
)
def test_everything_else_becomes_its_utf8_bytes(text: str, written: str) -> None:
    assert percent.encode_path(text) == written
    assert percent.encode_query(text) == written
    assert percent.encode_fragment(text) == written
    assert percent.encode_user(text) == written


def test_a_form_escapes_the_percent_sign_and_writes_a_space_as_plus() -> None:
    assert percent.encode_form("a b%20+é&=/~-._*") == "a+b%2520%2B%C3%A9%26%3D%2F~-._%2A"


@pytest.mark.parametrize(
    "encode", [percent.encode_path, percent.encode_query, percent.encode_user, percent.encode_form]
)
def test_half_a_surrogate_pair_is_not_text(encode: Callable[[str], str]) -> None:
    with pytest.raises(InvalidURL, match="half of a surrogate pair"):
        encode("a\ud800b")


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("abc", "abc"),
        ("a%20b", "a b"),
        ("%C3%A9%c3%a9", "éé"),
        ("%ff", "\ufffd"),
        ("%zz%2", "%zz%2"),
        ("%2541", "%41"),
        ("é%C3%A9", "éé"),
    ],
)
def test_decoding_reads_utf8_and_leaves_what_is_no_escape(text: str, decoded: str) -> None:
    assert percent.decode(text) == decoded


def test_strict_decoding_refuses_what_is_not_utf8() -> None:
    assert percent.decode_strictly("a%C3%A9") == "aé"
    with pytest.raises(UnicodeDecodeError):
        percent.decode_strictly("a%ff")


def test_bytes_become_ascii_text() -> None:
    assert percent.from_bytes(b"/a%20b?c") == "/a%20b?c"
    assert percent.from_bytes("/é\xff".encode("latin-1")) == "/%E9%FF"
