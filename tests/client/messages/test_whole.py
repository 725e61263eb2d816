from __future__ import annotations

from typing import Any

import pytest

from understudy import ByteStream, Request, Response


@pytest.mark.parametrize(
    "message",
    [
        Request("POST", "https://api.test/", files={"file": b"abc"}),
        Response(200, stream=ByteStream(b"abc")),
    ],
)
def test_the_body_is_there_once_it_has_been_read(message: Any) -> None:
    before = hasattr(message, "_content")
    content = message.read()

    assert not before
    assert message._content == message.content == content


def test_what_libraries_put_in_the_place_of_the_body_is_the_body() -> None:
    response = Response(200, content=b"one")

    response._content = b"two"
    replaced = response.text
    del response._content
    response.stream = ByteStream(b"three")
    response.is_stream_consumed = response.is_closed = False

    assert replaced == "two"
    assert response.read() == b"three"
