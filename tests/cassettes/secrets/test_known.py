"""Secrets are found again in every spelling, in any text, however many are known."""

from __future__ import annotations

import base64
import html
import json
import time
from typing import Callable
from urllib.parse import quote, quote_plus

import pytest

from understudy.cassettes.secrets.known import KnownSecrets

SECRET = 'Zx9/q+W=é7k P"m&Lw2'


SPELLED = {
    "as it is": SECRET,
    "quoted": quote(SECRET),
    "quoted as in forms": quote_plus(SECRET),
    "quoted whole": quote(SECRET, safe=""),
    "quoted in part": quote(SECRET, safe="/=+ "),
    "quoted in lower case": quote(SECRET, safe="").replace("%C3%A9", "%c3%a9"),
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON of PHP": json.dumps(SECRET)[1:-1].replace("/", "\\/"),
    "JSON without escapes": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "HTML": html.escape(SECRET),
    "a table": SECRET.replace('"', '""'),
    "bytes": SECRET.encode().decode("latin-1"),
}


@pytest.mark.parametrize("spelled", SPELLED.values(), ids=SPELLED)
@pytest.mark.parametrize("others", [0, 500])
def test_a_secret_is_found_in_every_spelling(spelled: str, others: int) -> None:
    known = KnownSecrets()
    for number in range(others):
        known.add(f"another-secret-{number}", "MARK-OTHER")
    known.add(SECRET, "MARK")

    for before in range(6):
        assert known.hidden("." * before + spelled + " end") == "." * before + "MARK end"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("offset", range(4))
def test_a_secret_is_found_in_base64(encode: Callable[[bytes], bytes], offset: int) -> None:
    known = KnownSecrets()
    known.add(SECRET, "MARK")

    text = encode(b"x" * offset + SECRET.encode() + b"after").decode()

    assert "MARK" in known.hidden(text)


def test_a_longer_secret_goes_before_one_that_it_begins_with() -> None:
    known = KnownSecrets()
    known.add("abcdefgh", "SHORT")
    known.add("abcdefgh-and-more", "LONG")

    assert known.hidden("abcdefgh abcdefgh-and-more") == "SHORT LONG"


def test_bytes_that_are_no_text_are_searched_too() -> None:
    known = KnownSecrets()
    known.add(SECRET, "MARK")

    assert known.hidden_bytes(b"\xff\x00" + SECRET.encode() + b"\xfe") == b"\xff\x00MARK\xfe"
    assert known.hidden_bytes(b"\xff" + SECRET.encode("latin-1")) == b"\xffMARK"


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_bytes_are_searched_for_text_in_utf_16(charset: str) -> None:
    known = KnownSecrets()
    known.add(SECRET, "MARK")

    assert known.hidden_bytes(b"\x01" + SECRET.encode(charset) + b"\xff") == b"\x01" + "MARK".encode(charset) + b"\xff"


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_bytes_are_searched_for_text_in_utf_16_beyond_latin_1(charset: str) -> None:
    known = KnownSecrets()
    known.add("pa\u20ac\u20acw0rd-1", "MARK")

    assert known.hidden_bytes(b"\xff" + "pa\u20ac\u20acw0rd-1".encode(charset) + b"\xfe") == b"\xffMARK\xfe"


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le"])
def test_bytes_keep_their_length_where_a_mark_is_shorter_than_its_secret(charset: str) -> None:
    known = KnownSecrets()
    known.add("a-rather-long-secret", "MARK")
    known.add("a-secret", "LONGER-MARK")
    content = "\x14a-rather-long-secret\xff a-secret".encode(charset)

    hidden = known.hidden_bytes(content, keeps_length=True)

    assert hidden == "\x14MARK________________\xff LONGER-MARK".encode(charset)


def test_texts_that_hold_none_are_left_alone() -> None:
    known = KnownSecrets()
    assert known.hidden("100% of nothing") == "100% of nothing"

    known.add(SECRET, "MARK")

    assert len(known.forms) > 0
    assert SECRET in known
    assert "other" not in known
    assert known.hidden("100%25 of nothing") == "100%25 of nothing"
    assert known.hidden("short") == "short"


def test_the_time_for_a_text_does_not_depend_on_how_many_secrets_are_known() -> None:
    known = KnownSecrets()
    for number in range(20_000):
        known.add(f"{number:x}-secret-{number * 7919:x}", "MARK")
    text = "nothing to be seen in here, " * 40

    started = time.process_time()
    for _ in range(500):
        assert known.hidden(text) == text

    assert time.process_time() - started < 2  # one after the other, it took twenty
