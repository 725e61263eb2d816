"""Secrets that nobody knew as such when they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import cassettes

if TYPE_CHECKING:
    from understudy.cassettes import Mode

    from ..conftest import Stage

CODE = "code-a1b2c3d4e5f6"
BODIES: dict[str, dict[str, Any]] = {
    "json": {"json": {"data": CODE, "note": "kept"}},
    "text": {"text": f"your code is {CODE}\n"},
    "binary": {"content": b"\xff\0" * 40 + CODE.encode() + b"\0" * 40},
    "file": {"content": b"\xff\0" * 5000 + CODE.encode()},
    "percent-encoded": {"text": CODE.replace("-", "%2D").replace("e", "%65")},
}


def sent(stage: Stage, body: dict[str, Any]) -> None:
    """Ask for a code, and send it as a token."""
    stage.server.reply = lambda request: understudy.Response(200, **body if request.url.path == "/code" else {})
    stage.client.get("https://api.test/code")
    stage.client.get("https://api.test/users", headers={"Authorization": f"Bearer {CODE}"})


def everything(stage: Stage) -> bytes:
    """Return what stands in the cassette, in the files beside it, and in its bodies."""
    files = [path.read_bytes() for path in sorted(stage.path.parent.rglob("*")) if path.is_file()]
    responses = [interaction.response for interaction in cassettes.load(stage.path).interactions]
    return b"".join([*files, *(response.content for response in responses if response is not None)])


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "update"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_sent_as_a_token_is_taken_out_of_the_answer_before_that(
    stage: Stage, body: dict[str, Any], mode: Mode
) -> None:
    with cassettes.use(stage.path, mode):
        sent(stage, body)

    assert CODE.encode() not in everything(stage)
    assert everything(stage).count(b"__REDACTED_token_1__") >= 2
    with stage.use("none"):
        assert b"__REDACTED_token_1__" in stage.client.get("https://api.test/code").content


def test_a_block_that_fails_keeps_no_secret_either(stage: Stage) -> None:
    def failing() -> None:
        with stage.use():
            sent(stage, BODIES["json"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        failing()

    assert CODE.encode() not in everything(stage)
    assert len(cassettes.load(stage.path).interactions) == 2


def test_what_was_there_before_is_its_author_s(stage: Stage) -> None:
    stage.server.reply = lambda request: understudy.Response(200, text=CODE)
    with stage.use():
        stage.client.get("https://api.test/before")
    before = stage.path.read_bytes()

    with stage.use("new_episodes"):
        sent(stage, BODIES["json"])

    assert stage.path.read_bytes().startswith(before)
    assert stage.text.count(CODE) == 1


def test_a_cassette_that_the_block_has_removed_stays_away(stage: Stage) -> None:
    with stage.use():
        sent(stage, BODIES["json"])
        stage.path.unlink()

    assert not stage.path.exists()


def test_secrets_of_several_lines_are_taken_out_too(stage: Stage) -> None:
    key = "first-line-of-it\nsecond-line-of-it"
    stage.server.reply = lambda request: understudy.Response(200, text=f"this:\n{key}\nand more\n")

    with stage.use():
        stage.client.get("https://api.test/")
        stage.client.post("https://api.test/", json={"password": key})

    assert "line-of-it" not in stage.text


def test_text_in_utf_16_among_bytes_is_taken_out_too(stage: Stage) -> None:
    with stage.use():
        sent(stage, {"content": b"\xff\x01" * 20 + CODE.encode("utf-16-le") + b"\xff"})

    assert CODE.encode("utf-16-le") not in everything(stage)
