"""Texts in other charsets than UTF-8 are stored as texts, and come back as the same bytes."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes
from understudy.cassettes.data.charsets import encoded, text_of

if TYPE_CHECKING:
    from ..conftest import Stage

URL = "https://api.test/"
LATIN, JAPANESE = "Größe: 5 €\r\n", "東京は晴れ\n"


def answer(stage: Stage, content: bytes, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    stage.server.reply = lambda request: understudy.Response(200, headers=headers, content=content)


@pytest.mark.parametrize(
    ("content", "content_type", "charset"),
    [
        ("Größe".encode("latin-1"), "text/plain; charset=ISO-8859-1", "iso-8859-1"),
        ("Größe".encode("latin-1"), 'text/plain;charset="latin1"', "iso-8859-1"),
        ("„Größe“".encode("cp1252"), "text/plain; charset=iso-8859-1", "windows-1252"),
        (LATIN.encode("cp1252"), "text/csv; charset=windows-1252", "windows-1252"),
        ("цена".encode("cp1251"), "text/plain; charset=CP1251", "windows-1251"),
        (JAPANESE.encode("shift_jis"), "text/plain; charset=Shift_JIS", "shift_jis"),
        (JAPANESE.encode("euc_jp"), "text/plain; charset=euc-jp", "euc-jp"),
        (JAPANESE.encode("iso2022_jp"), "text/plain; charset=iso-2022-jp", "iso-2022-jp"),
        (codecs.BOM_UTF16_LE + LATIN.encode("utf-16-le"), "text/csv", "utf-16"),
        (codecs.BOM_UTF16_LE + b"a\0", "text/csv; charset=utf-16", "utf-16"),
        (codecs.BOM_UTF16_BE + LATIN.encode("utf-16-be"), "text/csv", "utf-16be"),
        ("plain".encode("utf-16-le"), "text/plain; charset=utf-16le", "utf-16le"),
        ("plain".encode("utf-16-le"), "text/plain; charset=utf-16", "utf-16le"),
        ("plain".encode("utf-16-be"), "text/plain; charset=utf-16", "utf-16be"),
        ('<meta charset="iso-8859-15"><p>5 €'.encode("iso-8859-15"), "text/html", "iso-8859-15"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), "text/xml", "iso-8859-1"),
        (b'{"name": "Zo\xeb"}', "application/json; charset=iso-8859-1", "iso-8859-1"),
        ("Größe".encode(), "text/plain; charset=iso-8859-1", None),
    ],
)
def test_a_text_whose_charset_is_named_is_recorded_as_text(
    stage: Stage, content: bytes, content_type: str, charset: str | None
) -> None:
    answer(stage, content, content_type)

    with stage.use():
        stage.client.get(URL)

    said = f"  charset: {charset}\n"
    assert "  text: " in stage.text
    assert "charset:" not in stage.text if charset is None else said in stage.text
    with stage.use("none"):
        assert stage.client.get(URL).content == content


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("Größe".encode("latin-1"), "text/plain"),
        ("Größe".encode("latin-1"), "text/plain; charset=utf-8"),
        ("Größe".encode("latin-1"), "text/plain; charset=unicode_escape"),
        (b"\x81\x00\xff", "text/plain; charset=shift_jis"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8a", "text/plain"),
        (bytes(range(256)), "image/png; charset=iso-8859-1"),
    ],
)
def test_what_no_charset_gives_back_is_base64(stage: Stage, content: bytes, content_type: str) -> None:
    answer(stage, content, content_type)

    with stage.use():
        stage.client.get(URL)

    assert "  base64: " in stage.text
    with stage.use("none"):
        assert stage.client.get(URL).content == content


@pytest.mark.parametrize("charset", ["utf-16", "windows-1252"])
def test_secrets_are_hidden_in_them_and_such_requests_are_found_again(stage: Stage, charset: str) -> None:
    secret = "hunter2-hunter2"
    content = f'{{"name": "Zoë", "password": "{secret}"}}'.encode(charset)
    content_type = f"application/json; charset={charset}"
    answer(stage, content, content_type)

    with stage.use():
        stage.client.post(URL, content=content, headers={"Content-Type": content_type})

    assert secret not in stage.text
    assert stage.text.count("__REDACTED_password_1__") == 2
    with stage.use("none"):
        again = stage.client.post(URL, content=content, headers={"Content-Type": content_type})
    assert again.text == '{"name": "Zoë", "password": "__REDACTED_password_1__"}'


def test_long_ones_are_files_which_are_searched_for_secrets_too(stage: Stage) -> None:
    content = ("Größe\n" * 20_000 + "AKIA" + "ABCDEFGHIJKLMNOP").encode("utf-16")
    stage.server.reply = lambda request: understudy.Response(200, content=content)

    with pytest.raises(cassettes.SecretFound, match="AWS access key"), stage.use():
        stage.client.get(URL)


def test_the_parts_of_a_form_are_texts_in_their_own_charsets(stage: Stage) -> None:
    files = {"list": ("list.csv", "Größe".encode("latin-1"), "text/csv; charset=iso-8859-1")}

    with stage.use():
        stage.client.post(URL, files=files)

    assert "text: Größe\n      charset: iso-8859-1\n" in stage.text
    with stage.use("none"):
        assert stage.client.post(URL, files=files).status_code == 200


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("text: Größe\n  charset: rot13", "`charset:` is one such as iso-8859-1"),
        ("text: 5 €\n  charset: iso-8859-1", "`charset: iso-8859-1` has no '€', which the text holds"),
        ("text: a\n  charset: utf-16\n  sha256: '0000'", "the text is not what was recorded"),
    ],
)
def test_a_charset_that_cannot_be_is_damage_with_its_line(stage: Stage, said: str, problem: str) -> None:
    stage.written(f"--- # x\nrequest:\n  method: GET\n  url: {URL}\nresponse:\n  status: 200\n  {said}\n...\n")

    with pytest.raises(cassettes.CassetteDamaged, match=problem), stage.use("none"):
        stage.client.get(URL)


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "utf-16be", "gb18030", "iso-8859-16", "macintosh", "koi8-u"])
def test_every_known_charset_gives_back_what_it_took(charset: str) -> None:
    content = encoded("plain text", charset)

    found = text_of(content, f"text/plain; charset={charset}")

    assert found is not None
    assert found.text == "plain text"
    assert encoded(*found) == content
