"""Whatever kind of response the transport behind returns, all of it is recorded and given to the caller."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from understudy import BaseTransport, Client, Request, Response, SyncByteStream, cassettes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class OneShot(SyncByteStream):
    """A body that is there once, as bodies from the network are."""

    def __init__(self, content: bytes) -> None:
        self._pieces = [content]

    def __iter__(self) -> Iterator[bytes]:
        while self._pieces:
            yield self._pieces.pop()


class Reading(BaseTransport):
    """A transport that looks at each body before it hands its response on."""

    def __init__(self, headers: dict[str, str], content: bytes) -> None:
        self.headers = headers
        self.content = content

    def handle_request(self, request: Request) -> Response:
        response = Response(200, headers=self.headers, stream=OneShot(self.content))
        response.read()
        return response


@pytest.mark.parametrize(
    ("headers", "raw"),
    [
        ({"Content-Length": "5"}, b"hello"),
        ({"Content-Encoding": "gzip", "Content-Length": "25"}, gzip.compress(b"hello", mtime=0)),
    ],
    ids=["plain", "compressed"],
)
def test_a_body_that_was_read_before_is_recorded_whole(tmp_path: Path, headers: dict[str, str], raw: bytes) -> None:
    tape = tmp_path / "tape.yaml"

    with Client(transport=Reading(headers, raw)) as client, cassettes.use(tape, mode="once"):
        live = client.get("https://api.test/")

    with cassettes.use(tape, mode="none"), Client() as client:
        replayed = client.get("https://api.test/")

    assert live.content == b"hello"
    assert replayed.content == b"hello"
