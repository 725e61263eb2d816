"""MessagePack without its secrets is MessagePack."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest

from understudy import cassettes
from understudy.cassettes.data.plain import is_mapping, is_sequence
from understudy.cassettes.secrets.msgpack import is_msgpack, without_secrets
from understudy.cassettes.secrets.redaction import Redactor

if TYPE_CHECKING:
    from ..conftest import Stage

LONG = "a-long-secret-" + "x1" * 20
MARK = "__REDACTED_password_1__"


def packed(value: Any) -> bytes:
    """Return a value as MessagePack, strings and collections in their shortest spelling."""
    if is_mapping(value):
        return bytes([0x80 | len(value)]) + b"".join(packed(name) + packed(item) for name, item in value.items())
    if is_sequence(value):
        return bytes([0x90 | len(value)]) + b"".join(map(packed, value))
    if isinstance(value, str):
        content = value.encode()
        return (bytes([0xA0 | len(content)]) if len(content) < 32 else bytes([0xD9, len(content)])) + content
    return bytes([value])


OTHERS = b"".join(
    [
        b"\xc0\xc2\xc3\x7f\xe0\xff",
        b"\xca" + struct.pack(">f", 1.5) + b"\xcb" + struct.pack(">d", 1.5),
        b"\xcc\x01\xcd\x00\x01\xce\x00\x00\x00\x01\xcf" + b"\0" * 8,
        b"\xd0\x01\xd1\x00\x01\xd2\x00\x00\x00\x01\xd3" + b"\0" * 8,
        *(bytes([0xD4 + power]) + b"\x05" + b"e" * (1 << power) for power in range(5)),
        b"\xc4\x02ab\xc5\x00\x02ab\xc6\x00\x00\x00\x02ab",
        b"\xc7\x02\x01ab\xc8\x00\x02\x01ab\xc9\x00\x00\x00\x02\x01ab",
        b"\xd9\x01a\xda\x00\x01a\xdb\x00\x00\x00\x01a",
        b"\xdc\x00\x01\xa1a\xdd\x00\x00\x00\x01\xa1a",
        b"\xde\x00\x01\xa1a\x01\xdf\x00\x00\x00\x01\xa1a\x01\x81\x05\x06\x90\x80",
    ]
)


@pytest.mark.parametrize("secret", ["short", LONG])
def test_what_json_would_hide_is_hidden_with_its_length(secret: str) -> None:
    content = packed({"user": "ada", "password": secret, "deep": [{"password": [secret]}, 1]})

    said = without_secrets(content, Redactor())

    assert said == packed({"user": "ada", "password": MARK, "deep": [{"password": [MARK]}, 1]})


def test_a_mark_that_is_longer_than_its_secret_has_a_longer_length() -> None:
    redactor = Redactor()
    redactor.learn("abcdefgh" * 40, "token")

    said = without_secrets(packed(["abcdefgh"]) + b"\xda\x01\x40" + b"abcdefgh" * 40, redactor)

    assert said == packed(["abcdefgh"]) + packed("__REDACTED_token_1__")


def test_everything_else_keeps_its_bytes() -> None:
    assert without_secrets(OTHERS, Redactor()) == OTHERS


@pytest.mark.parametrize("end", range(1, 40))
def test_what_is_cut_is_left_to_others(end: int) -> None:
    whole = packed({"user": "ada", "password": "a-secret-of-some-length"})

    assert without_secrets(whole[:end], Redactor()) is None


@pytest.mark.parametrize("content", [b"\xc1", b"\x91" * 1000 + b"\x01", b"\xa1\xff", b"\xdf\xff\xff\xff\xff"])
def test_what_is_none_is_left_to_others(content: bytes) -> None:
    assert without_secrets(content, Redactor()) is None


@pytest.mark.parametrize(
    "media", ["application/msgpack", "application/x-msgpack", "application/vnd.msgpack", "a/b+msgpack"]
)
def test_media_types(media: str) -> None:
    assert is_msgpack(media)
    assert not is_msgpack(media.replace("msg", ""))


def test_it_is_recorded_without_secrets_and_matches_whatever_they_are(stage: Stage) -> None:
    def log_in(password: str) -> bytes:
        content = packed({"user": "ada", "password": password})
        headers = {"Content-Type": "application/msgpack"}
        return stage.client.post("https://api.test/", content=content, headers=headers).content

    with stage.use():
        log_in("hunter2hunter2")
    with stage.use("none"):
        log_in("another")

    (interaction,) = cassettes.load(stage.path).interactions
    assert interaction.request.content == packed({"user": "ada", "password": MARK})
