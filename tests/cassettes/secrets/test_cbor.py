"""CBOR without its secrets is CBOR."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest

from understudy import cassettes
from understudy.cassettes.data.plain import is_mapping, is_sequence
from understudy.cassettes.secrets.cbor import is_cbor, without_secrets
from understudy.cassettes.secrets.redaction import Redactor

if TYPE_CHECKING:
    from ..conftest import Stage

LONG = "a-long-secret-" + "x1" * 20
MARK = "__REDACTED_password_1__"


def packed(value: Any) -> bytes:
    """Return a value as CBOR, in its shortest spelling."""
    if is_mapping(value):
        return bytes([0xA0 | len(value)]) + b"".join(packed(name) + packed(item) for name, item in value.items())
    if is_sequence(value):
        return bytes([0x80 | len(value)]) + b"".join(map(packed, value))
    if isinstance(value, str):
        content = value.encode()
        return (bytes([0x60 | len(content)]) if len(content) < 24 else bytes([0x78, len(content)])) + content
    return bytes([value])


OTHERS = b"".join(
    [
        b"\xf4\xf5\xf6\xf7\xe0\xf8\x20\x17\x18\x18\x19\x01\0\x1a\0\x01\0\0\x1b" + b"\0" * 8,
        b"\x37\x38\x18\x39\x01\0\x3a\0\x01\0\0\x3b" + b"\0" * 8,
        b"\xf9\x3c\0\xfa" + struct.pack(">f", 1.5) + b"\xfb" + struct.pack(">d", 1.5),
        b"\x42ab\x58\x02ab\x59\0\x02ab\x5f\x41a\x42bc\xff",
        b"\x61a\x78\x01a\x79\0\x01a\x7a\0\0\0\x01a\x7f\x61a\x62bc\xff",
        b"\x80\x81\x01\x98\x01\x61a\x9f\x01\x61a\xff",
        b"\xa0\xa1\x05\x06\xb8\x01\x61a\x01\xbf\x61a\x01\x7f\x61b\xff\x02\xff",
        b"\xc0\x74" + b"2026-11-29T20:00:00Z" + b"\xd8\x20\x61a\xd9\xd9\xf7\x01",
    ]
)


@pytest.mark.parametrize("secret", ["short", LONG])
def test_what_json_would_hide_is_hidden_with_its_length(secret: str) -> None:
    content = packed({"user": "ada", "password": secret, "deep": [{"password": [secret]}, 1]})

    said = without_secrets(content, Redactor())

    assert said == packed({"user": "ada", "password": MARK, "deep": [{"password": [MARK]}, 1]})


def test_a_mark_that_is_longer_or_shorter_than_its_secret_has_its_own_length() -> None:
    redactor = Redactor()
    redactor.learn("abcdefgh" * 40, "token")

    said = without_secrets(packed(["abcdefgh"]) + b"\x79\x01\x40" + b"abcdefgh" * 40, redactor)

    assert said == packed(["abcdefgh"]) + packed("__REDACTED_token_1__")


def test_a_secret_in_pieces_becomes_one_mark() -> None:
    content = b"\xbf\x7f\x64pass\x64word\xff\xc0\x7f\x67hunter2\x67hunter2\xff\xff"

    said = without_secrets(content, Redactor())

    assert said == b"\xbf\x7f\x64pass\x64word\xff\xc0" + packed(MARK) + b"\xff"


def test_everything_else_keeps_its_bytes() -> None:
    assert without_secrets(OTHERS, Redactor()) == OTHERS


@pytest.mark.parametrize("end", range(1, 40))
def test_what_is_cut_is_left_to_others(end: int) -> None:
    whole = packed({"user": "ada", "password": "a-secret-of-some-length"})

    assert without_secrets(whole[:end], Redactor()) is None


@pytest.mark.parametrize(
    "content",
    [
        *(b"\xff", b"\x1c", b"\x1f", b"\xdf\x01", b"\x81" * 1000 + b"\x01", b"\x61\xff", b"\xbb" + b"\xff" * 8),
        *(b"\x7f\x41a\xff", b"\x7f\x7f\xff\xff", b"\x5f\x41a", b"\x9f\x01", b"\xbf\x61a\xff"),
    ],
)
def test_what_is_none_is_left_to_others(content: bytes) -> None:
    assert without_secrets(content, Redactor()) is None


@pytest.mark.parametrize("media", ["application/cbor", "application/cbor-seq", "application/senml+cbor"])
def test_media_types(media: str) -> None:
    assert is_cbor(media)
    assert not is_cbor(media.replace("cbor", "json"))


def test_it_is_recorded_without_secrets_and_matches_whatever_they_are(stage: Stage) -> None:
    def log_in(password: str) -> bytes:
        content = packed({"user": "ada", "password": password})
        headers = {"Content-Type": "application/cbor"}
        return stage.client.post("https://api.test/", content=content, headers=headers).content

    with stage.use():
        log_in("hunter2hunter2")
    with stage.use("none"):
        log_in("another")

    (interaction,) = cassettes.load(stage.path).interactions
    assert interaction.request.content == packed({"user": "ada", "password": MARK})
