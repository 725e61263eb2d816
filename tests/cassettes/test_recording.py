"""Whatever kind of response the transport behind returns, all of it is recorded and given to the caller."""

from __future__ import annotations

import errno
import gzip
from typing import TYPE_CHECKING

import pytest

from understudy import BaseTransport, Client, MockTransport, Request, Response, SyncByteStream, cassettes

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


class Late(SyncByteStream):
    """A body whose trailers come behind it."""

    def __init__(self, trailers: list[tuple[bytes, bytes]]) -> None:
        self._trailers = trailers

    def __iter__(self) -> Iterator[bytes]:
        yield b"hello"
        self._trailers.append((b"x-checksum", b"5d41402a"))


class WithTrailers(BaseTransport):
    def handle_request(self, request: Request) -> Response:
        trailers: list[tuple[bytes, bytes]] = []
        return Response(200, stream=Late(trailers), extensions={"trailers": trailers})


def test_trailers_are_recorded_and_come_again(tmp_path: Path) -> None:
    tape = tmp_path / "tape.yaml"

    with Client(transport=WithTrailers()) as client, cassettes.use(tape, mode="once"):
        client.get("https://api.test/")
    with cassettes.use(tape, mode="none"), Client() as client:
        replayed = client.get("https://api.test/")

    assert replayed.extensions["trailers"] == [(b"x-checksum", b"5d41402a")]
    assert "  trailers:\n    x-checksum: 5d41402a\n" in tape.read_text("utf-8")


def test_trailers_that_no_server_could_send_are_damage(tmp_path: Path) -> None:
    tape = tmp_path / "tape.yaml"
    tape.write_text(
        "cassette: 1\n--- # GET / -> 200\nrequest: {method: GET, url: 'https://api.test/'}\n"
        'response: {status: 200, trailers: {x y: "1"}}\n...\n',
        "utf-8",
    )

    with Client() as client, cassettes.use(tape, mode="none"), pytest.raises(cassettes.CassetteDamaged, match="'x y'"):
        client.get("https://api.test/")


def test_a_body_that_the_disk_refuses_reaches_the_caller_and_is_reported_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(spool: object, piece: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("understudy.cassettes.files.blobs.Spool.add", add)
    cassette = cassettes.use(tmp_path / "tape.yaml")

    def answer(request: Request) -> Response:
        return Response(200, headers={"Content-Length": "5"}, stream=OneShot(b"hello"))

    with Client(transport=MockTransport(answer)) as client:
        cassette.__enter__()
        live = client.get("https://api.test/")
        with pytest.raises(cassettes.CassetteError, match="No space left on device"):
            cassette.__exit__(None, None, None)

    assert live.content == b"hello"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("read", [0, 1], ids=["nothing", "one piece"])
def test_a_body_that_came_with_its_head_is_recorded_whole_however_much_of_it_is_read(tmp_path: Path, read: int) -> None:
    tape = tmp_path / "tape.yaml"

    with (
        Client(transport=MockTransport(lambda request: Response(200, content=b"hello"))) as client,
        cassettes.use(tape),
        client.stream("GET", "https://api.test/") as response,
    ):
        for _, piece in zip(range(read), response.iter_raw()):
            assert piece == b"hello"

    said = tape.read_text("utf-8")
    assert "text: hello" in said
    assert "closed_early" not in said
